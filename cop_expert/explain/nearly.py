"""A clause and what was asked for in, the binding that comes nearest to concluding it out.

Of all bindings the nearest is the one for which most conditions hold, then the one whose numbers
miss their thresholds by least. What looking up settles is not asked (settle.py); a query asks what
is left (near_query.py).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cop_expert.explain.goal import CANDIDATES, Candidates, Goal, stored
from cop_expert.explain.lookups import Lookup, Lookups
from cop_expert.explain.near_query import NearBody, ask_nearest
from cop_expert.explain.question import Match
from cop_expert.explain.settle import Settled, can_settle, lookup_of, settle
from cop_expert.explain.steps import Steps, steps
from cop_expert.facts import FactBase, Row
from cop_expert.infer.evaluate import truth_of
from cop_expert.model.rule import (
    Absence,
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


Key = tuple[int, Candidates]
"""A clause, by its identity, and what its names may be."""


class Nearest:
    """Asks clauses of one fact base how near they come."""

    def __init__(self, facts: FactBase, clauses: dict[str, list[Clause]]) -> None:
        self.facts = facts
        self.clauses = clauses
        self.lookups = Lookups(facts)
        self._meant: dict[tuple[int, Goal], Candidates | None] = {}
        self._ordered: dict[tuple[int, tuple[str, ...]], Steps] = {}
        self._settlings: dict[Key, Settled] = {}
        self._found: dict[Key, Near | None] = {}

    def look_ahead(self, goal: Goal) -> None:
        """Fetch at once what the rules will look up, as far down as nothing is there."""
        frontier, seen = [goal], {goal}
        while frontier:
            asked = [one for goal in frontier for one in self._looked_up(goal)]
            self.lookups.ahead(lookup for _, lookup in asked)
            below = dict.fromkeys(self._below(asked))
            frontier = [goal for goal in below if goal not in seen]
            seen.update(frontier)

    def _looked_up(self, goal: Goal) -> Iterator[tuple[Condition, Lookup]]:
        """What the clauses will look up of what was asked for alone."""
        for clause in filter(can_settle, self.clauses.get(goal.template, [])):
            if not (candidates := self._candidates(clause, goal)):
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
                values = dict(lookup.values)
                fields = tuple([field for field, _ in condition.atom if field in values])
                if None not in values.values():
                    row = tuple([values[field] for field in fields])
                    yield Goal(lookup.template, fields, (row,))

    def near(self, clause: Clause, goal: Goal) -> Near | None:
        """The nearest binding; None where the clause can never conclude what was asked for."""
        candidates = self._candidates(clause, goal)
        if candidates is None:
            return None
        asked = id(clause), candidates
        if asked not in self._found:
            self._found[asked] = self._nearest(clause, candidates)
        return self._found[asked]

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

    def _nearest(self, clause: Clause, candidates: Candidates) -> Near | None:
        """The nearest binding, of what is settled and what is asked."""
        settled, ordered = self._settled(clause, candidates), self._in_order(clause, candidates)
        known, match, holds = settled.candidates.known, Match(clause, {}, {}, 0), settled.holds
        if settled.rest:
            answer = ask_nearest(clause, self.facts, settled)
            if answer is None:
                return None
            match, holds = answer[0], holds | answer[1]
        else:
            known = dict(zip(settled.candidates.names, min(settled.candidates.rows), strict=True))
        bindings = self._told([clause.types[name].kind for name in known], tuple(known.values()))
        facts = match.facts | {
            place: self._fact(clause, place, known, rows) for place, rows in settled.found.items()
        }
        match = Match(
            clause,
            dict(zip(known, bindings, strict=True)) | match.bindings,
            dict(sorted(facts.items())),
            0,
        )
        told = {step.position: holds[step.position] for step in ordered if step.position in holds}
        return Near(match, told, ordered)

    def _fact(self, clause: Clause, position: int, known: dict[str, Value], rows: list[Row]) -> Row:
        """The one of the facts that does for what is known, the first of several."""
        condition = clause.body[position]
        assert isinstance(condition, Presence)
        template = self.facts.vocabulary.templates[condition.atom.template]
        names = {f: t.name for f, t in condition.atom if isinstance(t, Variable)}
        asked = [(template.position(f), known[name]) for f, name in names.items() if name in known]
        fitting = (row for row in rows if all(row[place] == value for place, value in asked))
        return self._told(template.kinds, min(fitting, key=_blanks_last))

    def _told(self, kinds: Sequence[Kind], row: Row) -> Row:
        (told,) = self.facts.told(kinds, [row])
        return told

    def missed(self, clause: Clause, goal: Goal, position: int) -> Goal:
        """The facts that the condition would have needed, where those before it hold."""
        condition = clause.body[position]
        assert isinstance(condition, Presence)
        candidates = self._candidates(clause, goal)
        assert candidates
        ordered = self._in_order(clause, candidates)
        place = next(n for n, step in enumerate(ordered) if step.position == position)
        known = {
            field: term
            for field, term in condition.atom
            if not isinstance(term, Variable) or term.name in ordered[place].known
        }
        rows = []
        if known:
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
        columns = ", ".join(map(body.terms.value, terms))
        return self.facts.query(
            f"SELECT DISTINCT {columns} {body.text(*body.holds.values())} "
            f"ORDER BY ALL LIMIT {CANDIDATES}",
            body.asked,
        )


def _blanks_last(row: Row) -> list[tuple[bool, Value]]:
    """Sorts as DuckDB does."""
    return [(value is None, value) for value in row]


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
    try:
        return not all(truth_of(comparison)({}) for comparison in settled)
    except ArithmeticError:  # such as a division by a parameter that is zero
        return True
