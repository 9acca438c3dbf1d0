"""Facts of a recursion in, the round of a naive evaluation in which each first appears out.

Only what the facts asked about may rest on is looked at, so that a question about one fact among
millions stays a small one; the rounds are the same as if all were (Zhao, Subotić and Scholz 2020
call them ranks).
"""

from collections.abc import Iterator, Mapping
from itertools import count

from cop_expert.facts import NUMBERS, STORED, FactBase, Row, quoted
from cop_expert.infer.duck import own
from cop_expert.infer.sql import Query
from cop_expert.model.rule import Clause, Stratum, Variable

Fact = tuple[str, Row]
"""A template and the values of its fields as tables hold them."""

FEW = 2_000
"""Facts of a stratum up to which all are ranked at once."""
MANY = 200_000
"""The same, where those asked for rest on others a long way down."""
PATIENCE = 30
"""Steps down after which that is so."""
LISTED = 200
"""Values up to which a query names those that it asks for."""


class Ranks:
    """The rounds of facts, as far as they were asked for."""

    def __init__(self, facts: FactBase, strata: Mapping[str, Stratum]) -> None:
        self.facts = facts
        self.strata = strata
        self.rounds: dict[Fact, int] = {}
        self._number = next(NUMBERS)
        """Tells its tables from those of others that asked by the same connection before."""

    def round_of(self, template: str, row: Row) -> int:
        """The first round that concludes the fact; 0 where none does."""
        if (template, row) not in self.rounds:
            stratum = self.strata[template]
            facts = {(template, row)}
            if self._size(stratum) <= FEW:
                facts |= self._all(stratum)
            self._add(facts, stratum)
        return self.rounds.get((template, row), 0)

    def earlier(self, template: str, limit: int) -> str:
        """A query for the template's facts of rounds before `limit`, as far as they are ranked."""
        table = self._table(template)
        return f'(SELECT * FROM {table} WHERE "@round" < {limit})'

    def _size(self, stratum: Stratum) -> int:
        return sum(self.facts.count(name) for name in stratum.templates)

    def _all(self, stratum: Stratum) -> set[Fact]:
        return {(name, row) for name in stratum.templates for row in self._rows(name)}

    def _rows(self, name: str) -> list[Row]:
        columns = ", ".join(map(quoted, self.facts.vocabulary.templates[name].names))
        return self.facts.query(f"SELECT {columns} FROM {quoted(name)}")

    def _add(self, facts: set[Fact], stratum: Stratum) -> None:
        ways: dict[Fact, list[tuple[Fact, ...]]] = {}
        asked = facts
        for step in count():
            if not asked:
                break
            if step == PATIENCE and self._size(stratum) <= MANY:
                asked = self._all(stratum) - ways.keys()
            found = list(self._ways(asked, stratum))
            for fact, below in found:
                ways.setdefault(fact, []).append(below)
            asked = {fact for _, below in found for fact in below} - ways.keys() - asked
        new = {fact: step for fact, step in rounds(ways).items() if fact not in self.rounds}
        self.rounds |= new
        for name in stratum.templates:
            self._hold(name, {row: step for (of, row), step in new.items() if of == name})

    def _ways(self, asked: set[Fact], stratum: Stratum) -> Iterator[tuple[Fact, tuple[Fact, ...]]]:
        """Each way in which clauses conclude the facts, and what it rests on in the stratum."""
        for clause in stratum.clauses:
            rows = {row for name, row in asked if name == clause.head.template}
            if rows:
                yield from self._ways_of(clause, stratum, rows)

    def _ways_of(
        self, clause: Clause, stratum: Stratum, rows: set[Row]
    ) -> Iterator[tuple[Fact, tuple[Fact, ...]]]:
        name, width = clause.head.template, len(next(iter(rows)))
        query = Query(clause, self.facts)
        columns, parts = list(query.columns), []
        for position in own(clause, stratum):
            template = clause.body[position].atom.template  # type: ignore[union-attr]
            fields = self.facts.vocabulary.templates[template].names
            parts.append((template, len(columns), len(columns) + len(fields)))
            columns += [f"t{position}.{quoted(field)}" for field in fields]
        wanted = self._among(query, rows)
        sql = f"SELECT DISTINCT {', '.join(columns)} {query.body.text(*wanted)}"
        for answer in self.facts.query(sql):
            if answer[:width] in rows:
                below = tuple((template, answer[start:end]) for template, start, end in parts)
                yield (name, answer[:width]), below

    def _among(self, query: Query, rows: set[Row]) -> Iterator[str]:
        """Conditions that keep most of what is not asked for away."""
        names = self.facts.vocabulary.templates[query.clause.head.template].names
        for place, name in enumerate(names):
            term = query.clause.head.term(name)
            values = {row[place] for row in rows}
            if isinstance(term, Variable) and len(values) <= LISTED and None not in values:
                listed = ", ".join(map(str, sorted(values, key=str)))
                terms = query.body.terms
                yield terms.guarded(term, f"{terms.values[term.name]} IN ({listed})")

    def _table(self, template: str) -> str:
        table = quoted(f"{template}@rounds {self._number}")
        self.facts.query(
            f'CREATE TEMP TABLE IF NOT EXISTS {table} AS SELECT *, 0 AS "@round" '
            f"FROM {quoted(template)} LIMIT 0"
        )
        return table

    def _hold(self, template: str, new: dict[Row, int]) -> None:
        table = self._table(template)
        if new:
            columns = [list(column) for column in zip(*new, strict=True)]
            types = [STORED[kind] for kind in self.facts.vocabulary.templates[template].kinds]
            values = ", ".join(f"unnest(?::{name}[])" for name in [*types, "INTEGER"])
            self.facts.query(f"INSERT INTO {table} SELECT {values}", [*columns, list(new.values())])


def rounds(ways: Mapping[Fact, list[tuple[Fact, ...]]]) -> dict[Fact, int]:
    """The first round of each fact: one more than the latest that its earliest way rests on."""
    found: dict[Fact, int] = {}
    above: dict[Fact, set[Fact]] = {}
    for fact, found_ways in ways.items():
        for below in (b for way in found_ways for b in way):
            above.setdefault(below, set()).add(fact)
    waiting, step = set(ways), 1
    while new := {f for f in waiting if any(all(b in found for b in way) for way in ways[f])}:
        found |= dict.fromkeys(new, step)
        waiting = {f for fact in new for f in above.get(fact, ()) if f not in found}
        step += 1
    return found
