"""What was asked for, and what a clause's names would have to be for it."""

from functools import cached_property

from msgspec import Struct

from cop_expert.facts import FactBase, Row
from cop_expert.model.rule import Clause, Constant, Expression, Variable
from cop_expert.model.template import Value

CANDIDATES = 5_000
"""Bindings that are followed one step further down."""


class Goal(Struct, frozen=True, cache_hash=True):
    """Facts that were asked for: a template, and what some of their fields may be, as stored."""

    template: str
    fields: tuple[str, ...]
    rows: tuple[Row, ...]

    def of(self, clause: Clause) -> "Candidates | None":
        """What the clause's names would have to be; None where it concludes no such fact."""
        names: dict[str, int] = {}
        rows = list(self.rows)
        for place, field in enumerate(self.fields):
            term = clause.head.term(field)
            if isinstance(term, Variable) and term.name not in names:
                names[term.name] = place
            elif isinstance(term, Variable):
                rows = [row for row in rows if row[place] == row[names[term.name]]]
        if len(names) < len(self.fields):
            kept = [tuple([row[place] for place in names.values()]) for row in rows]
            rows = list(dict.fromkeys(kept))
        return Candidates(tuple(names), tuple(rows)) if rows else None

    def varying(self, clause: Clause) -> set[str]:
        """The clause's names for which several values were asked for."""
        columns = zip(self.fields, zip(*self.rows, strict=True), strict=True)
        terms = [clause.head.term(field) for field, values in columns if len(set(values)) > 1]
        return {term.name for term in terms if isinstance(term, Variable)}


class Candidates(Struct, frozen=True, dict=True, cache_hash=True):
    """Values that some of a clause's names might have, as stored."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]

    @cached_property
    def columns(self) -> list[tuple[Value, ...]]:
        """The values of each name."""
        return list(zip(*self.rows, strict=True))

    @cached_property
    def known(self) -> dict[str, Value]:
        """The names that are the same in all rows."""
        alike = zip(self.names, map(set, self.columns), strict=False)
        return {name: values.pop() for name, values in alike if len(values) == 1}

    def also(self, known: dict[str, Value]) -> "Candidates":
        """The same with further names, each with one value."""
        if not known:
            return self
        rows = tuple([(*row, *known.values()) for row in self.rows])
        return Candidates((*self.names, *known), rows)

    def values(self, terms: list[Expression], facts: FactBase) -> list[Row]:
        """The values of such terms, each combination once."""
        columns = [self._column(term, facts) for term in terms]
        return sorted(set(zip(*columns, strict=True)))[:CANDIDATES]

    def _column(self, term: Expression, facts: FactBase) -> list[Value]:
        if isinstance(term, Constant):
            return [stored(term.value, facts)] * len(self.rows)
        assert isinstance(term, Variable)
        place = self.names.index(term.name)
        return [row[place] for row in self.rows]


def stored(value: Value, facts: FactBase) -> Value:
    """A literal as tables hold it."""
    return facts.names.code(value) if isinstance(value, str) else value
