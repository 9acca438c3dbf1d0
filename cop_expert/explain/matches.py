"""A clause and a fact in, the bindings with which the clause concludes the fact out.

In a large fact base one fact is asked for with its values bound; many facts are laid into a table
that the conditions are joined with, and each clause is asked once for all of them. In a small one
all bindings of a clause are fetched at once: a query costs more than the rows that it brings.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from cop_expert.explain.question import Match, Question
from cop_expert.explain.ranks import Ranks
from cop_expert.facts import FactBase, Row, quoted, unnested
from cop_expert.infer.duck import own, rounds_of, run_rounds
from cop_expert.infer.sql import Body, Query, own_table
from cop_expert.infer.sql_terms import CAREFUL
from cop_expert.model.origin import Origin
from cop_expert.model.rule import (
    CheckedRulebook,
    Clause,
    Constant,
    Expression,
    Stratum,
    Variable,
    is_aggregated,
)
from cop_expert.model.template import Kind, Template, Value

FEW = 2_000
"""Facts of a template up to which the bindings of all are fetched for a single question."""
MOST = 25
"""Bindings of each that are then fetched: a sum of few may be one of many thousands."""
ALONE = 4
"""Facts of a template up to which each is asked for by itself."""


class Matches(NamedTuple):
    """The weightiest matches, how many there are in all, and what all contribute together."""

    listed: list[Match]
    number: int
    total: int

    def first(self, limit: int) -> "Matches":
        enough = len(self.listed) <= limit
        return self if enough else Matches(self.listed[:limit], self.number, self.total)


NONE = Matches([], 0, 0)
Found = dict[Row, Matches]
"""The matches of facts, by what all bindings for a fact share."""


class Many(NamedTuple):
    """One query for many facts, and what reads its answers."""

    sql: str
    values: list[list[Value]]
    read: Callable[[list[Any]], Iterator[tuple[Row, Matches]]]


class Read(NamedTuple):
    """Where a given fact was read, and why it holds if nobody wrote it down."""

    origins: tuple[Origin, ...]
    because: str


class Head(NamedTuple):
    """What a clause concludes, as far as all bindings for a fact share it: all but aggregates."""

    places: list[int]
    terms: list[Expression]
    kinds: list[Kind]
    aggregates: bool

    def of(self, row: Row) -> Row:
        return tuple(row[place] for place in self.places)


class Matcher:
    """Asks the clauses of one rulebook again."""

    def __init__(self, facts: FactBase, rulebook: CheckedRulebook) -> None:
        self.facts = facts
        self.strata: dict[str, Stratum] = {}
        self.clauses: dict[str, list[Clause]] = {}
        for stratum in rulebook.strata:
            self.strata |= dict.fromkeys(stratum.templates, stratum)
            for clause in stratum.clauses:
                self.clauses.setdefault(clause.head.template, []).append(clause)
        sizes = facts.sizes()
        largest = max((sizes[name] for name in self.strata if name in sizes), default=0)
        self.held = {
            name
            for name, stratum in self.strata.items()
            if sizes.get(name, largest) <= FEW and not stratum.recursive
        }
        """The templates whose bindings are all held in memory, once they are asked for."""
        self.ranks = Ranks(facts, self.strata)
        self._heads: dict[int, Head] = {}
        self._all: dict[tuple[int, int], Found] = {}
        self._ahead: dict[int, Found] = {}
        self._totals: dict[int, set[Row]] = {}
        self._ranked: set[str] = set()
        facts.set_up(CAREFUL)

    def matches(self, clause: Clause, row: Row, limit: int) -> Matches:
        """The bindings with which the clause concludes the row."""
        found = self._ahead.get(id(clause), {}).get(row)
        if found and len(found.listed) >= min(limit, found.number):
            return found.first(limit)
        if not self._concludes(clause, row):
            return NONE
        if clause.head.template in self.held and limit <= MOST:
            group = self.head(clause).of(row)
            return self.all_matches(clause, limit).get(group, NONE)
        return self._matches_of(clause, row, limit)

    def head(self, clause: Clause) -> Head:
        if id(clause) not in self._heads:
            fields = self._template(clause.head.template).fields
            terms = [head_term(clause, field.name) for field in fields]
            places = [place for place, term in enumerate(terms) if not is_aggregated(term)]
            kinds = [fields[place].type.kind for place in places]
            shared = [terms[place] for place in places]
            self._heads[id(clause)] = Head(places, shared, kinds, len(shared) < len(terms))
        return self._heads[id(clause)]

    def _template(self, name: str) -> Template:
        return self.facts.vocabulary.templates[name]

    def _concludes(self, clause: Clause, row: Row) -> bool:
        """Whether what the clause adds up comes to this, where others may conclude it instead."""
        name = clause.head.template
        if not self.head(clause).aggregates or len(self.clauses[name]) == 1:
            return True
        if name in self.held or id(clause) in self._totals:
            return row in self._all_totals(clause)
        return self.facts.has(name, row, Query(clause, self.facts).select())

    def _all_totals(self, clause: Clause) -> set[Row]:
        if id(clause) not in self._totals:
            found = self.facts.query(Query(clause, self.facts).select())
            kinds = self._template(clause.head.template).kinds
            self._totals[id(clause)] = set(self.facts.told(kinds, found))
        return self._totals[id(clause)]

    # One fact

    def _matches_of(self, clause: Clause, row: Row, limit: int) -> Matches:
        """Ask with the row's values bound."""
        bound: dict[str, Value] = {}
        computed = []
        head = self.head(clause)
        for term, value in zip(head.terms, head.of(row), strict=True):
            if isinstance(term, Variable) and value is not None:
                if bound.setdefault(term.name, value) != value:
                    return NONE
            elif isinstance(term, Constant):
                if term.value != value:
                    return NONE
            else:
                computed.append((term, value))
        body = Body(clause, self.facts, self._earlier(clause, row), bound)
        terms = body.terms
        same = [terms.guarded(term, terms.equals(terms.value(term), one)) for term, one in computed]
        question = Question(clause, body, self.facts)
        found = self.facts.query(
            f"SELECT *, count(*) OVER (), sum({question.amount}) OVER () FROM "
            f"(SELECT {question.columns} {body.text(*same)}) "
            f"ORDER BY {question.order} LIMIT {limit}"
        )
        number, total = (found[0][-2], int(found[0][-1])) if found else (0, 0)
        return Matches(question.matches(found), number, total)

    def _earlier(self, clause: Clause, row: Row) -> Callable[[int, str], str]:
        """In a recursive stratum only the facts of rounds before that of the row."""
        stratum = self.strata[clause.head.template]
        if not stratum.recursive:
            return own_table
        stored = tuple(self.facts.stored(clause.head.template, row))
        limit = self.ranks.round_of(clause.head.template, stored)

        def earlier(position: int, template: str) -> str:
            within = template in stratum.templates
            return self.ranks.earlier(template, limit) if within else quoted(template)

        return earlier

    # All facts of a template

    def all_matches(self, clause: Clause, limit: int) -> Found:
        """So many bindings of the clause for each fact, by what these share; asked once."""
        asked = id(clause), limit
        if asked not in self._all:
            query = self._weightiest(clause, limit)
            self._all[asked] = dict(query.read(self.facts.query(query.sql)))
        return self._all[asked]

    def _weightiest(self, clause: Clause, limit: int) -> Many:
        head, body = self.head(clause), self._ranked_body(clause)
        question = Question(clause, body, self.facts)
        shared = [f"g{place}" for place in head.places]
        values = map(body.terms.value, head.terms)
        named = [f"{value} AS {name}" for value, name in zip(values, shared, strict=True)]
        bindings = f"SELECT {', '.join([question.columns, *named])} {body.text()}"
        width = len(question.kinds)

        def read(found: list[Any]) -> Iterator[tuple[Row, Matches]]:
            groups = self.facts.told(head.kinds, [answer[width:-2] for answer in found])
            matches = iter(question.matches(found))
            told = ((group, *answer[-2:]) for group, answer in zip(groups, found, strict=True))
            for (group, number, total), answers in groupby(told):
                listed = [next(matches) for _ in answers]
                yield group, Matches(listed, number, int(total))

        return Many(question.weightiest(bindings, shared, limit), [], read)

    def every(self, clause: Clause) -> Iterator[tuple[Row, Matches]]:
        """Every binding of the clause, by what those for a fact share; not held."""
        head, body = self.head(clause), self._ranked_body(clause)
        question = Question(clause, body, self.facts)
        values = [body.terms.value(term) for term in head.terms]
        found = self.facts.query(
            f"SELECT {', '.join([question.columns, *values])} {body.text()} "
            f"ORDER BY {question.order}"
        )
        width = len(question.kinds)
        groups = self.facts.told(head.kinds, [answer[width:] for answer in found])
        by_group: dict[Row, list[Match]] = defaultdict(list)
        for group, match in zip(groups, question.matches(found), strict=True):
            by_group[group].append(match)
        for group, listed in by_group.items():
            yield group, Matches(listed, len(listed), sum(match.amount for match in listed))

    def _ranked_body(self, clause: Clause, asked: str = "") -> "AskedBody":
        """In a recursion a fact rests on facts of earlier rounds only, so that reasons end."""
        stratum = self.strata[clause.head.template]
        if not stratum.recursive:
            return AskedBody(clause, self.facts, own_table, asked)
        if stratum.templates[0] not in self._ranked:
            run_rounds(self.facts, stratum)
            self._ranked |= set(stratum.templates)
        tables = rounds_of(stratum)
        body = AskedBody(clause, self.facts, lambda _, name: quoted(tables.get(name, name)), asked)
        same = " AND ".join(
            f"h.{quoted(name)} IS NOT DISTINCT FROM {body.terms.value(term)}"
            for name, term in clause.head
        )
        table = quoted(tables[clause.head.template])
        for position in own(clause, stratum):
            earlier = f'(SELECT "@round" FROM {table} h WHERE {same})'
            body.where.append(f't{position}."@round" < {earlier}')
        return body

    # Many facts of a template

    def ask_ahead(self, asked: Iterable[tuple[Clause, list[Row], int]]) -> None:
        """Fetch at once what will be asked: clauses, facts, and how many matches of each."""
        waiting = [one for ask in asked for one in self._ahead_of(*ask)]

        def find(facts: FactBase, one: tuple[Found, Many]) -> list[Any]:
            return facts.query(one[1].sql, one[1].values)

        for (known, many), answers in zip(waiting, self.facts.abreast(find, waiting), strict=True):
            known.update(many.read(answers))

    def _ahead_of(
        self, clause: Clause, rows: list[Row], limit: int
    ) -> Iterator[tuple[Found, Many]]:
        """The query for these facts, after what takes what it finds; none where they are few."""
        template = clause.head.template
        if template in self.held and limit <= MOST:
            if (id(clause), limit) not in self._all:
                yield self._all.setdefault((id(clause), limit), {}), self._weightiest(clause, limit)
            return
        known = self._ahead.setdefault(id(clause), {})
        if len(rows) <= ALONE:
            known |= {row: self.matches(clause, row, limit) for row in rows}
            return
        meant = rows
        if self.head(clause).aggregates and len(self.clauses[template]) > 1:
            meant = [row for row in rows if row in self._all_totals(clause)]
        known.update(dict.fromkeys(rows, NONE))
        many = self._asked(clause, meant, limit)
        if self.strata[template].recursive:  # whose rounds only this connection knows
            known.update(many.read(self.facts.query(many.sql, many.values)))
        else:
            yield known, many

    def forget(self) -> None:
        """What was asked ahead."""
        self._ahead.clear()

    def _asked(self, clause: Clause, rows: list[Row], limit: int) -> Many:
        head = self.head(clause)
        columns = [f"g{place}" for place in head.places]
        values = _columns(self.facts, head.kinds, [head.of(row) for row in rows])
        body = self._ranked_body(clause, numbered(columns, head.kinds))
        question = Question(clause, body, self.facts)
        same = [
            body.terms.guarded(term, f"{body.terms.value(term)} IS NOT DISTINCT FROM a.{column}")
            for term, column in zip(head.terms, columns, strict=True)
        ]
        bindings = f"SELECT {question.columns}, a.n AS n {body.text(*same)}"

        def read(found: list[Any]) -> Iterator[tuple[Row, Matches]]:
            matches = iter(question.matches(found))
            for (place, number, total), group in groupby(found, lambda answer: answer[-3:]):
                listed = [next(matches) for _ in group]
                yield rows[place], Matches(listed, number, int(total))

        return Many(question.weightiest(bindings, ["n"], limit), values, read)

    def read(self, template: str, rows: list[Row]) -> dict[Row, Read]:
        """Where given facts were read, and why those hold that nobody wrote down."""
        kind = self._template(template)
        same = " AND ".join(f"f.{q} IS NOT DISTINCT FROM a.{q}" for q in map(quoted, kind.names))
        found = self.facts.query(
            f'SELECT n, "@source", "@line", "@because" FROM {quoted(template)} f '
            f"JOIN {numbered(kind.names, kind.kinds)} ON {same} ORDER BY ALL",
            _columns(self.facts, kind.kinds, rows),
        )
        read: dict[Row, Read] = {}
        for place, group in groupby(found, lambda answer: answer[0]):
            _, sources, lines, reasons = zip(*group, strict=True)
            texts = map(str, map(self.facts.names.text, sources))
            origins = tuple(map(Origin, texts, lines))
            read[rows[place]] = Read(origins, reasons[0] or "")
        return read


class AskedBody(Body):
    """A clause's body, joined with what is asked about, if it is only about some."""

    def __init__(
        self,
        clause: Clause,
        facts: FactBase,
        table_of: Callable[[int, str], str],
        asked: str,
    ) -> None:
        self.asked = asked
        super().__init__(clause, facts, table_of)

    def begin(self) -> None:
        if self.asked:
            self.tables.append(self.asked)


def numbered(columns: Sequence[str], kinds: Sequence[Kind]) -> str:
    """What is asked about as a relation `a`, a row for each, numbered by `n`."""
    return f"{unnested({'n': Kind.NUMBER} | dict(zip(columns, kinds, strict=True)))} AS a"


def _columns(facts: FactBase, kinds: Sequence[Kind], rows: list[Row]) -> list[list[Value]]:
    """The values of such a relation, as tables hold them."""
    columns = list(map(list, zip(*rows, strict=True))) if rows else [[] for _ in kinds]
    texts = zip(columns, kinds, strict=True)
    told = [facts.names.codes(c) if kind == Kind.TEXT else c for c, kind in texts]
    return [list(range(len(rows))), *told]


def head_term(clause: Clause, field: str) -> Expression:
    """What the conclusion holds; what it leaves out is absent."""
    return clause.head.term(field) or Constant(None)
