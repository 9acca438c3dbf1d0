"""Rules: conditions, conclusions, a sentence that says why, and the principle behind them."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from cop_expert.model.origin import Origin
from cop_expert.model.template import Datatype, Value


class Constant(Struct, frozen=True, tag=True):
    """A literal of the rule file, or the value of a parameter."""

    value: Value
    """Numbers in millionths."""
    parameter: str = ""
    """The parameter that it came from."""


class Variable(Struct, frozen=True, tag=True):
    """A name that stands for a value."""

    name: str
    origin: Origin


class Operation(Struct, frozen=True, tag=True):
    """Arithmetic on numbers: + - * / round min max."""

    operator: str
    operands: tuple["Expression", ...]
    origin: Origin


class Aggregate(Struct, frozen=True, tag=True):
    """sum, count, min or max of an expression over a group of bindings."""

    function: str
    operand: "Expression"
    origin: Origin


Expression = Constant | Variable | Operation | Aggregate


class Atom(Struct, frozen=True):
    """A template with a term for each field that matters."""

    template: str
    terms: tuple[tuple[str, Expression], ...]
    origin: Origin
    places: tuple[Origin, ...] = ()
    """Where the name of each field stands."""

    def __iter__(self) -> Iterator[tuple[str, Expression]]:
        return iter(self.terms)

    def term(self, field: str) -> Expression | None:
        return dict(self.terms).get(field)

    def place(self, field: str) -> Origin:
        """Where the field stands, the last time if there are several."""
        names = (name for name, _ in self.terms)
        return dict(zip(names, self.places, strict=False)).get(field, self.origin)


class Presence(Struct, frozen=True, tag=True):
    """There is such a fact."""

    atom: Atom


class Absence(Struct, frozen=True, tag=True):
    """There is no such fact."""

    atom: Atom


class Fallback(Struct, frozen=True, tag=True):
    """There is such a fact; or there is none, and the name takes the value."""

    atom: Atom
    name: str
    value: Expression


class Comparison(Struct, frozen=True, tag=True):
    """Two expressions stand in a relation: < <= = != >= >."""

    operator: str
    left: Expression
    right: Expression
    origin: Origin


class Binding(Struct, frozen=True, tag=True):
    """The name takes the value of the expression."""

    name: str
    value: Expression
    origin: Origin


Condition = Presence | Absence | Fallback | Comparison | Binding


class Slot(Struct, frozen=True, tag=True):
    """A place in a sentence that an expression's value fills: `{weight / total: Share}`."""

    expression: Expression
    datatype: str
    """How to say it; empty: as what it measures."""


Sentence = tuple[str | Slot, ...]
"""A `because`, cut at its slots."""


class Rule(Struct, frozen=True):
    """What follows from what, and why, as its author wrote it."""

    name: str
    body: tuple[Condition, ...]
    heads: tuple[Atom, ...]
    because: str
    sentence: Sentence
    """The `because`, ready to be filled in."""
    basis: str
    quiet: bool
    """True for bookkeeping that an explanation passes over."""
    replaces: bool
    """True where it takes the place of a standard rule of the same name."""
    origin: Origin


class Parameter(Struct, frozen=True):
    """A number or word that an engagement may set."""

    name: str
    value: Value
    datatype: str
    """The ontology's datatype; empty: any."""
    above: int | None
    """The number, in millionths, that its value must exceed."""
    comment: str
    origin: Origin
    has_default: bool = True
    """False where each engagement has to set it."""


class Setting(Struct, frozen=True):
    """The value that an engagement's own rules give to a parameter, and why."""

    name: str
    value: Value
    reason: str
    origin: Origin


class Rulebook(Struct, frozen=True):
    """An ordered set of rules, the parameters that they use, and the values set for these."""

    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    settings: tuple[Setting, ...] = ()
    is_whole: bool = True
    """False where a file has statements that cannot be read."""

    def __add__(self, other: "Rulebook") -> "Rulebook":
        return Rulebook(
            self.parameters + other.parameters,
            self.rules + other.rules,
            self.settings + other.settings,
            self.is_whole and other.is_whole,
        )


class Clause(Struct, frozen=True):
    """A rule with one conclusion, names resolved and variables typed: what an engine runs."""

    rule: str
    head: Atom
    body: tuple[Condition, ...]
    types: dict[str, Datatype]
    """The type of each variable."""
    origin: Origin

    @property
    def aggregates(self) -> bool:
        return any(is_aggregated(term) for _, term in self.head)


class Stratum(Struct, frozen=True):
    """Templates that depend on one another, and the clauses that conclude them."""

    templates: tuple[str, ...]
    clauses: tuple[Clause, ...]
    recursive: bool


class CheckedRulebook(Struct, frozen=True):
    """A rulebook that is safe to run: every name resolved, every type right, strata in order."""

    rules: dict[str, Rule]
    parameters: dict[str, Parameter]
    strata: tuple[Stratum, ...]
    replaced: tuple[str, ...] = ()
    """The standard rules in whose place the engagement put its own."""
    settings: tuple[Setting, ...] = ()
    """The parameters' values that the engagement set, in its rules or in engagement.toml."""


def parts(expression: Expression) -> Iterator[Expression]:
    """The expression and all that it is made of, outermost first."""
    yield expression
    match expression:
        case Operation(operands=operands):
            for operand in operands:
                yield from parts(operand)
        case Aggregate(operand=operand):
            yield from parts(operand)


def variables(expression: Expression) -> list[Variable]:
    return [part for part in parts(expression) if isinstance(part, Variable)]


def is_aggregated(expression: Expression) -> bool:
    return any(isinstance(part, Aggregate) for part in parts(expression))


def outside_aggregates(expression: Expression) -> Iterator[Variable]:
    """The variables that must have one value in a whole group."""
    match expression:
        case Variable():
            yield expression
        case Operation(operands=operands):
            for operand in operands:
                yield from outside_aggregates(operand)


def expressions(condition: Condition) -> Iterator[Expression]:
    """Every expression of a condition, outermost only."""
    match condition:
        case Presence(atom) | Absence(atom):
            yield from (term for _, term in atom)
        case Fallback(atom, _, value):
            yield from (term for _, term in atom)
            yield value
        case Comparison(_, left, right):
            yield left
            yield right
        case Binding(_, value):
            yield value


def atoms_of(body: Iterable[Condition]) -> Iterator[Atom]:
    """The facts that conditions speak of, there or not."""
    for condition in body:
        if isinstance(condition, Presence | Absence | Fallback):
            yield condition.atom


def texts_of(rulebook: CheckedRulebook) -> set[str]:
    """Every text that the rules say, parameters' values included."""
    clauses = [clause for stratum in rulebook.strata for clause in stratum.clauses]
    terms = [term for clause in clauses for _, term in clause.head]
    terms += [part for c in clauses for condition in c.body for part in expressions(condition)]
    found = (part for term in terms for part in parts(term) if isinstance(part, Constant))
    return {constant.value for constant in found if isinstance(constant.value, str)}
