"""Some values of a fact in, the facts that hold them out: many at once, and each only once."""

from collections.abc import Iterable
from typing import NamedTuple

from cop_expert.facts import FactBase, Row, quoted
from cop_expert.model.template import Kind, Value

FEW = 2
"""Facts that are fetched for each: whether there is none, one, or a choice."""
MANY = 1_000
"""Facts from which on a query for what is sought among them is quicker than to go through them."""


class Lookup(NamedTuple):
    """Facts of a template, by what some of their fields hold, as stored; none is a blank."""

    template: str
    values: tuple[tuple[str, Value], ...]


class Lookups:
    """Looks up what one fact base holds, and remembers it."""

    def __init__(self, facts: FactBase) -> None:
        self.facts = facts
        self._found: dict[Lookup, list[Row]] = {}
        self._all: dict[Lookup, list[Row] | None] = {}

    def rows(self, lookup: Lookup) -> list[Row]:
        """The facts as stored, the first few that come."""
        self.ahead([lookup])
        return self._found[lookup]

    def few(self, lookup: Lookup) -> list[Row] | None:
        """All such facts, where it is known already that they are few."""
        if self.facts.is_known_empty(lookup.template):
            return []
        found = self._found.get(lookup)
        return None if found is None or len(found) == FEW else found

    def all(self, lookup: Lookup) -> list[Row] | None:
        """All such facts, as stored, each once; None where they are many."""
        if lookup not in self._all:
            found = self.few(lookup)
            if found is None:
                columns = ", ".join(map(quoted, self._names(lookup)))
                found = self.facts.query(f"SELECT {columns} {_source(lookup)} LIMIT {MANY}")
                self._found[lookup] = found[:FEW]
            self._all[lookup] = list(dict.fromkeys(found)) if len(found) < MANY else None
        return self._all[lookup]

    def ahead(self, lookups: Iterable[Lookup]) -> None:
        """Fetch at once what will be looked up: a question costs more than what it asks."""
        new = [one for one in dict.fromkeys(lookups) if one not in self._found]
        asked = [one for one in new if self.few(one) is None]
        self._found |= {one: [] for one in new}
        if not asked:
            return
        width = max(len(self._names(one)) for one in asked)
        selects = (self._select(n, one, width) for n, one in enumerate(asked))
        for place, *row in self.facts.query(" UNION ALL ".join(selects)):
            self._found[asked[place]].append(self._read(asked[place], row))

    def _names(self, lookup: Lookup) -> tuple[str, ...]:
        return self.facts.vocabulary.templates[lookup.template].names

    def _select(self, number: int, lookup: Lookup, width: int) -> str:
        """Numbers, codes and truths alike as numbers, since all stand in the same columns."""
        columns = list(map(quoted, self._names(lookup)))
        blank = ["NULL"] * (width - len(columns))
        selected = ", ".join(columns + blank)
        return f"(SELECT {number} AS n, {selected} {_source(lookup)} LIMIT {FEW})"

    def _read(self, lookup: Lookup, row: list[Value]) -> Row:
        kinds = self.facts.vocabulary.templates[lookup.template].kinds
        return tuple(
            bool(value) if kind == Kind.TRUTH and value is not None else value
            for kind, value in zip(kinds, row, strict=False)
        )


def _source(lookup: Lookup) -> str:
    same = [_is(quoted(field), value) for field, value in lookup.values] or ["TRUE"]
    return f"FROM {quoted(lookup.template)} WHERE {' AND '.join(same)}"


def _is(column: str, value: Value) -> str:
    return f"{column} IS NULL" if value is None else f"{column} = {value}"
