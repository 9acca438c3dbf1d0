"""A clause and what was asked for in, the binding that comes nearest to concluding it out.

The body of the clause is asked with every condition made optional: a fact that is not there is
left blank, a comparison that does not hold is counted. Of all bindings the nearest is the one
for which most conditions hold, then the one whose numbers miss their thresholds by least.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from cop_expert.explain.goal import CANDIDATES, Candidates, Goal, stored
from cop_expert.explain.lookups import Lookup, Lookups
from cop_expert.explain.matches import Match, Question
from cop_expert.explain.settle import Settled, can_settle, lookup_of, settle
from cop_expert.explain.steps import Steps, steps
from cop_expert.facts import STORED, FactBase, Row, quoted, unnested
from cop_expert.infer.evaluate import truth_of
from cop_expert.infer.sql import Body, all_of
from cop_expert.infer.sql_terms import rescaled
from cop_expert.model.arithmetic import PLACES
from cop_expert.model.rule import (
    Absence,
    Atom,
    Clause,
    Comparison,
    Condition,
    Constant,
    Expression,
    Presence,
    Variable,
    expressions,
    variables,
)
from cop_expert.model.template import Kind, Value


class Near(NamedTuple):
    """The binding of a clause that comes nearest."""

    match: Match
    holds: dict[int, bool]
    """By position of the condition, in the order in which they were asked."""
    steps: Steps

    @property
    def failed(self) -> list[int]:
        """The positions of the conditions that do not hold, without those that only lack a value
        which another one, that does not hold either, would have given."""
        bound = {name for name, value in self.match.bindings.items() if value is not None}
        there = {step.position for step in self.steps if step.names & step.known <= bound}
        return [position for position, held in self.holds.items() if not held and position in there]


class NearBody(Body):
    """A clause's body of which no condition need hold; `holds` says which do."""

    def __init__(
        self, clause: Clause, facts: FactBase, candidates: Candidates, steps: Steps
    ) -> None:
        """Of the conditions those of the steps are asked."""
        self.holds: dict[int, str] = {}
        self.candidates = candidates
        self.steps = steps
        self.asked: list[tuple[Value, ...]] = []
        """The values of what several were asked for, for the query to be given."""
        asked = {step.position for step in steps}
        left = [position for position in range(len(clause.body)) if position not in asked]
        super().__init__(clause, facts, later=left)
        compared = [p for p in sorted(asked) if isinstance(clause.body[p], Comparison)]
        for position, test in zip(compared, self.tests[-len(compared) :], strict=False):
            self.holds[position] = f"coalesce({test}, FALSE)"
        self.tests.clear()

    def in_order(self, asked: list[tuple[int, Condition]]) -> list[tuple[int, Condition]]:
        return [(step.position, step.condition) for step in self.steps]

    def begin(self) -> None:
        """A name with one value narrows what is read of each table; several are joined."""
        several: dict[str, Kind] = {}
        known = self.candidates.known
        for name, column in zip(self.candidates.names, self.candidates.columns, strict=True):
            kind = self.clause.types[name].kind
            if name in known:
                value = "NULL" if known[name] is None else known[name]
                self.terms.take(name, f"{value}::{STORED[kind]}")
            else:
                several[name] = kind
                self.asked.append(column)
                self.terms.take(name, f"asked.{quoted(name)}")
        if several:
            self.tables.append(f"{unnested(several)} AS asked")

    def add_presence(self, position: int, table: str) -> None:
        condition, alias = self.clause.body[position], f"t{position}"
        assert isinstance(condition, Presence)
        fields = self.templates[condition.atom.template].fields
        sure = next((field.name for field in fields if field.required), None)
        there = f'(SELECT *, TRUE AS "@there" FROM {table})' if sure is None else table
        on = all_of(self.join(alias, condition.atom))
        self.joins.append(f"LEFT JOIN {there} AS {alias} ON {on}")
        self.holds[position] = f"({alias}.{quoted(sure or '@there')} IS NOT NULL)"

    def add_absence(self, position: int, table: str, atom: Atom) -> None:
        self.holds[position] = self.no_such(f"t{position}", table, atom)

    def text(self, *extra: str) -> str:
        return f"{self.source()} WHERE {all_of([*self.where, *extra])}"

    def misses(self) -> Iterator[str]:
        """By how much each comparison of numbers misses."""
        for position, condition in enumerate(self.clause.body):
            if isinstance(condition, Comparison) and position in self.holds:
                sides = expressions(condition)
                if all(self.terms.is_number(side) for side in sides):
                    one, other = (
                        f"{rescaled(*self.terms.number(side), PLACES)}::HUGEINT"
                        for side in expressions(condition)
                    )
                    yield f"CASE WHEN {self.holds[position]} THEN 0 ELSE abs({one} - {other}) END"


class NearQuery:
    """One query for what is not settled of a clause, and what reads its answer."""

    def __init__(self, clause: Clause, facts: FactBase, settled: Settled) -> None:
        body = NearBody(clause, facts, settled.candidates, settled.rest)
        self.question = Question(clause, body, facts, settled.candidates.known, adds_up=False)
        self.asked = list(body.holds)
        """The positions of the conditions."""
        self.values = body.asked
        flags = [f"{flag} AS h{place}" for place, flag in body.holds.items()]
        misses = [f"{miss} AS m{place}" for place, miss in enumerate(body.misses())]
        met = " + ".join(f"h{place}::INTEGER" for place in body.holds)
        order = [f"{met} DESC", *(f"m{place}" for place in range(len(misses)))]
        self.sql = (
            f"SELECT * FROM (SELECT {', '.join([*flags, self.question.columns, *misses])} "
            f"{body.text()}) ORDER BY {', '.join([*order, *self.question.values])} LIMIT 1"
        )

    def read(self, answer: Row) -> tuple[Match, dict[int, bool]]:
        """The nearest binding, and by position which conditions hold there."""
        (match,) = self.question.matches([answer[len(self.asked) :]])
        return match, dict(zip(self.asked, map(bool, answer), strict=False))


class Nearest:
    """Asks clauses of one fact base how near they come."""

    def __init__(self, facts: FactBase, clauses: dict[str, list[Clause]]) -> None:
        self.facts = facts
        self.clauses = clauses
        self.lookups = Lookups(facts)
        self._meant: dict[tuple[int, Goal], Candidates | None] = {}
        self._ordered: dict[tuple[int, tuple[str, ...]], Steps] = {}
        self._settlings: dict[tuple[int, Candidates], Settled] = {}
        self._answers: dict[tuple[int, Candidates], tuple[Match, dict[int, bool]]] = {}

    def look_ahead(self, goal: Goal) -> None:
        """Fetch at once what the rules will look up, as far down as nothing is there."""
        frontier, seen = [goal], {goal}
        while frontier:
            asked = [one for goal in frontier for one in self._looked_up(goal)]
            self.lookups.ahead(lookup for _, lookup in asked)
            below = dict.fromkeys(self._below(asked))
            frontier = [goal for goal in below if goal not in seen]
            seen.update(frontier)
        self.ask_ahead(seen)

    def _looked_up(self, goal: Goal) -> Iterator[tuple[Condition, Lookup]]:
        """What the clauses will look up of what was asked for alone."""
        for clause in filter(can_settle, self.clauses.get(goal.template, [])):
            candidates = self._candidates(clause, goal)
            if candidates is None:
                continue
            for condition in clause.body:
                if isinstance(condition, Presence | Absence):
                    lookup = lookup_of(condition.atom, candidates.known, self.facts)
                    if lookup.values:
                        yield condition, lookup

    def _below(self, asked: list[tuple[Condition, Lookup]]) -> Iterator[Goal]:
        """What should have been concluded and is not there."""
        for condition, lookup in asked:
            given = self.facts.vocabulary.templates[lookup.template].given
            if isinstance(condition, Presence) and not given and not self.lookups.rows(lookup):
                fields, values = zip(*lookup.values, strict=True)
                if None not in values:
                    yield Goal(lookup.template, fields, (values,))

    def near(self, clause: Clause, goal: Goal) -> Near | None:
        """The nearest binding; None where the clause can never conclude what was asked for."""
        self.ask_ahead([goal])
        candidates = self._candidates(clause, goal)
        if candidates is None:
            return None
        ordered = self._in_order(clause, candidates)
        match, held = self._nearest(clause, candidates)
        told = {step.position: held[step.position] for step in ordered if step.position in held}
        return Near(match, told, ordered)

    def _settled(self, clause: Clause, candidates: Candidates) -> Settled:
        asked = id(clause), candidates
        if asked not in self._settlings:
            ordered = self._in_order(clause, candidates)
            self._settlings[asked] = settle(clause, candidates, ordered, self.facts, self.lookups)
        return self._settlings[asked]

    def _in_order(self, clause: Clause, candidates: Candidates) -> Steps:
        asked = id(clause), candidates.names
        if asked not in self._ordered:
            self._ordered[asked] = steps(clause, candidates.names, self.facts.vocabulary)
        return self._ordered[asked]

    def _candidates(self, clause: Clause, goal: Goal) -> Candidates | None:
        """None where the clause can never conclude what was asked for."""
        asked = id(clause), goal
        if asked not in self._meant:
            can = not _is_off(clause) and _is_meant(clause, goal, self.facts)
            self._meant[asked] = goal.of(clause) if can else None
        return self._meant[asked]

    def _nearest(self, clause: Clause, candidates: Candidates) -> tuple[Match, dict[int, bool]]:
        """The nearest binding, and by position which conditions hold there."""
        settled = self._settled(clause, candidates)
        known, match, holds = settled.candidates.known, Match(clause, {}, {}, 0), settled.holds
        if settled.rest:
            match, asked = self._answers[id(clause), candidates]
            holds = holds | asked
        else:
            known = dict(zip(settled.candidates.names, min(settled.candidates.rows), strict=True))
        bindings = self._told([clause.types[name].kind for name in known], tuple(known.values()))
        facts = match.facts | {
            place: self._fact(clause, place, row) for place, row in settled.found.items()
        }
        return Match(
            clause,
            dict(zip(known, bindings, strict=True)) | match.bindings,
            dict(sorted(facts.items())),
            0,
        ), holds

    def _fact(self, clause: Clause, position: int, row: Row) -> Row:
        condition = clause.body[position]
        assert isinstance(condition, Presence)
        return self._told(self.facts.vocabulary.templates[condition.atom.template].kinds, row)

    def _told(self, kinds: Sequence[Kind], row: Row) -> Row:
        (told,) = self.facts.told(kinds, [row])
        return told

    def ask_ahead(self, goals: Iterable[Goal]) -> None:
        """Ask at once, several at a time, what the rules that conclude such facts will ask."""
        pairs = [
            (c, self._candidates(c, g)) for g in goals for c in self.clauses.get(g.template, [])
        ]
        waiting = {
            (id(clause), candidates): NearQuery(
                clause, self.facts, self._settled(clause, candidates)
            )
            for clause, candidates in pairs
            if candidates
            and (id(clause), candidates) not in self._answers
            and self._settled(clause, candidates).rest
        }

        def ask(facts: FactBase, query: NearQuery) -> Row:
            (answer,) = facts.query(query.sql, query.values)
            return cast(Row, answer)

        answers = self.facts.abreast(ask, waiting.values())
        for (asked, query), answer in zip(waiting.items(), answers, strict=True):
            self._answers[asked] = query.read(answer)

    def missed(self, clause: Clause, goal: Goal, position: int) -> Goal:
        """The facts that the condition would have needed, where those before it hold."""
        condition = clause.body[position]
        assert isinstance(condition, Presence)
        candidates = goal.of(clause)
        assert candidates
        ordered = self._in_order(clause, candidates)
        place = next(n for n, step in enumerate(ordered) if step.position == position)
        known = {
            field: term
            for field, term in condition.atom
            if not isinstance(term, Variable) or term.name in ordered[place].known
        }
        rows = self._where_all_hold(clause, candidates, ordered[:place], list(known.values()))
        kept = tuple(row for row in rows if None not in row) or ((),)
        return Goal(condition.atom.template, tuple(known) if kept != ((),) else (), kept)

    def _where_all_hold(
        self, clause: Clause, candidates: Candidates, before: Steps, terms: list[Expression]
    ) -> list[Row]:
        """What the terms may be where these conditions hold."""
        settled = self._settled(clause, candidates)
        if not all(settled.holds.get(step.position, True) for step in before):
            return []
        rest = tuple(step for step in before if step in settled.rest)
        if not rest:
            return settled.candidates.values(terms, self.facts)
        body = NearBody(clause, self.facts, settled.candidates, rest)
        columns = ", ".join(map(body.terms.value, terms)) or "1"
        return self.facts.query(
            f"SELECT DISTINCT {columns} {body.text(*body.holds.values())} "
            f"ORDER BY ALL LIMIT {CANDIDATES}",
            body.asked,
        )


def _is_meant(clause: Clause, goal: Goal, facts: FactBase) -> bool:
    """Whether the clause's literals allow what was asked for."""
    for place, field in enumerate(goal.fields):
        term = clause.head.term(field)
        if isinstance(term, Constant):
            wanted = {row[place] for row in goal.rows}
            if stored(term.value, facts) not in wanted:
                return False
    return True


def _is_off(clause: Clause) -> bool:
    """True where a comparison of parameters alone switches the clause off."""
    compared = [c for c in clause.body if isinstance(c, Comparison)]
    settled = [c for c in compared if not any(map(variables, expressions(c)))]
    return any(not truth_of(comparison)({}) for comparison in settled)
