"""Templates: the kinds of fact that there are, as the ontology states them."""

from collections.abc import Iterable
from enum import Enum
from functools import cached_property

from msgspec import Struct

from cop_expert.model.origin import Origin

Value = int | str | bool | None
"""A field's value: millionths, text or the name of an individual, truth, or absent."""


class Kind(Enum):
    """How a field's values are held."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"


class Datatype(Struct, frozen=True):
    """What values a field takes, and how they are said."""

    name: str
    kind: Kind = Kind.TEXT
    least: int | None = None
    """The smallest number allowed, in millionths."""
    above: int | None = None
    """The number, in millionths, that every value must exceed."""
    most: int | None = None
    choices: tuple[str, ...] = ()
    """The words allowed; empty: any."""
    pattern: str = ""
    """A regular expression that a text must match whole."""
    classes: frozenset[str] = frozenset()
    """The classes whose individuals a reference may name; empty: not a reference."""
    factor: int = 1
    """What a number is multiplied by before it is said: 100 for a percentage."""
    one: dict[str, str] = {}
    """How one is said, by language: {"en": "{} person"}."""
    many: dict[str, str] = {}
    apart: dict[str, str] = {}
    """How a difference of two is said, where it is not said like others."""

    @property
    def is_reference(self) -> bool:
        return bool(self.classes)


class Field(Struct, frozen=True):
    """One named value of a template."""

    name: str
    type: Datatype
    required: bool = True
    many: bool = False
    """True where one individual may have several values, a row each."""
    heading: str = ""
    """The column that feeds it."""
    default: Value = None
    """What a blank cell stands for; None: absent."""
    acyclic: bool = False
    """True where following it must never lead back."""
    also_called: tuple[str, ...] = ()
    """What else the column is headed in the files of others."""
    label: str = ""
    hint: str = ""
    example: str = ""


class Template(Struct, frozen=True, dict=True):
    """A kind of fact with named, typed fields; an OWL class."""

    name: str
    label: str
    comment: str
    given: bool
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    """The fields that tell two facts apart; two facts may not differ in the others alone."""
    itself: str = ""
    """The field that is the individual itself, for classes whose individuals have names."""
    naming: str = ""
    """How the individual's name is composed from other fields: "{role} @ {unit}"."""
    declares: str = ""
    """The field whose values are declared by this template's table."""
    must_be: str = ""
    """The template one of whose composed names this fact's fields must make."""
    table: str = ""
    across: str = ""
    """The field whose values head the columns where others write a matrix; empty: they do not."""
    in_cells: str = ""
    """The field whose values stand in the cells of such a matrix."""
    optional_table: bool = False
    also_columns: tuple[str, ...] = ()
    compare_order: int = 0
    """Where it stands among what is compared between two runs; 0: it is not."""
    change_cost: int = 10
    """How hard it is to change a row of its table, beside others; 1 is easiest."""
    may_change: tuple[str, ...] = ()
    """The fields whose numbers a client can change."""
    says: dict[str, str] = {}
    says_not: dict[str, str] = {}
    problem: bool = False
    """True where any such fact is a contradiction in the knowledge."""
    remark: bool = False
    """True where any such fact is worth a warning."""
    lapses: str = ""
    """The field with the last day on which a given fact holds."""
    asks: tuple[tuple[str, ...], ...] = ()
    """The fields by which a user asks why, subject first."""
    ask_order: int = 99
    """Which template answers first where several match a question."""
    obvious: bool = False
    """True where a fact that others rest on goes without saying."""
    weighty: bool = False
    """True where even the shortest answer says such a fact, if it rests on one."""
    on_demand: bool = False
    """True where facts need not be stored, for they say of each what others say of many."""
    own_question: bool = False
    """True where a fact that others rest on is said and not explained."""
    origin: Origin = Origin("kb/cop.ttl")

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(field.type.kind for field in self.fields)

    def position(self, name: str) -> int:
        return self.names.index(name)


class Vocabulary(Struct, frozen=True, dict=True):
    """Every template and datatype that the ontology states."""

    templates: dict[str, Template]
    datatypes: dict[str, Datatype]
    individuals: dict[str, str]
    """Names that the ontology itself declares, by class: {"Everyone": "everyone"}."""
    above: dict[str, frozenset[str]]
    """For each class, itself and all that it is a subclass of."""
    disjoint: tuple[frozenset[str], ...] = ()
    """Classes no two of which may share a name."""
    iris: dict[str, str] = {}
    """The IRI of each class, field and datatype, by its name."""
    says_because: dict[str, str] = {}
    """By language, how a fact is said with its reason: "{fact}, because {reason}"."""

    def given(self) -> list[Template]:
        return [template for template in self.templates.values() if template.given]

    def on_demand(self) -> list[Template]:
        return [template for template in self.templates.values() if template.on_demand]

    def declarers(self) -> dict[str, tuple[str, str]]:
        """For each class, the template and field whose values are its individuals."""
        found = {}
        for template in self.templates.values():
            if template.itself:
                found[template.name] = (template.name, template.itself)
            if template.declares:
                declared = template.by_name[template.declares].type.classes
                found |= dict.fromkeys(declared, (template.name, template.declares))
        return found

    def fits(self, classes: Iterable[str], wanted: Iterable[str]) -> bool:
        """True where an individual of one of the classes can stand where `wanted` is asked."""
        pairs = [(name, other) for name in classes for other in wanted]
        return any(other in self.above[name] or name in self.above[other] for name, other in pairs)
