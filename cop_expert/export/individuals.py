"""Facts and names in, the identifiers by which other tools know them out.

An identifier is plain ASCII that may stand in an IRI, whatever the client's names are made of, and
no two names share one: `Unit/Hot_station`, `Use/Chef+Knife_work`.
"""

import re
from functools import cache
from hashlib import sha256
from urllib.parse import quote

from cop_expert.facts import FactBase, Row, quoted
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.template import Field, Template, Value

LONGEST = 200
"""Characters of a name; of a longer one a digest tells the rest."""


class Individuals:
    """Tells of one fact base what each name stands for."""

    def __init__(self, facts: FactBase) -> None:
        self.vocabulary = facts.vocabulary
        self.declared = _declared(facts)
        """The names of each class that a table, or the ontology itself, declares."""
        self._kinds: dict[tuple[frozenset[str], str], str] = {}
        self._keys = {
            template.name: [template.position(field) for field in _key(template)]
            for template in facts.vocabulary.templates.values()
        }

    def kind(self, field: Field, name: str) -> str:
        """The class of what a field refers to, which may be one of several."""
        asked = (field.type.classes, name)
        if asked not in self._kinds:
            fitting = [
                kind
                for kind, names in self.declared.items()
                if name in names and self.vocabulary.fits([kind], field.type.classes)
            ]
            own = [kind for kind in fitting if kind in field.type.classes]
            self._kinds[asked] = next(iter([*own, *fitting]), min(field.type.classes))
        return self._kinds[asked]

    def reference(self, field: Field, name: str) -> str:
        """The individual that a field refers to."""
        return f"{self.kind(field, name)}/{segment(name)}"

    def fact(self, template: Template, row: Row) -> str:
        """A fact by its key; a thing with a name by its name."""
        parts = "+".join([_part(row[place]) for place in self._keys[template.name]])
        return f"{template.name}/{parts}" if parts else template.name


def _key(template: Template) -> tuple[str, ...]:
    return (template.itself,) if template.itself else template.key


def _declared(facts: FactBase) -> dict[str, frozenset[str]]:
    found = {name: frozenset([word]) for name, word in facts.vocabulary.individuals.items()}
    for name, (template, field) in facts.vocabulary.declarers().items():
        codes = facts.query(f"SELECT DISTINCT {quoted(field)} FROM {quoted(template)}")
        found[name] = frozenset(map(str, facts.names.texts([code for (code,) in codes])))
    return dict(sorted(found.items()))


def _part(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int():
            return f"{to_decimal(value):f}"
        case _:
            return segment(value)


@cache
def segment(name: str) -> str:
    """A name as a part of an identifier."""
    escaped = quote(name, safe="").replace("_", "%5F").replace("~", "%7E").replace("%20", "_")
    if len(escaped) <= LONGEST:
        return escaped
    return f"{re.sub('%.?$', '', escaped[:LONGEST])}~{sha256(name.encode()).hexdigest()[:32]}"
