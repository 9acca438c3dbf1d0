"""A clause and what was asked for in, the binding that comes nearest to concluding it out.

The body of the clause is asked with every condition made optional: a fact that is not there is
left blank, a comparison that does not hold is counted. Of all bindings the nearest is the one
for which most conditions hold, then the one whose numbers miss their thresholds by least.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cop_expert.explain.goal import CANDIDATES, Candidates, Goal, stored
from cop_expert.explain.lookups import Lookup, Lookups
from cop_expert.explain.matches import Match, Question
from cop_expert.explain.only_binding import OnlyBinding, can_follow, lookup_of
from cop_expert.facts import STORED, FactBase, Row, quoted
from cop_expert.infer.evaluate import truth_of
from cop_expert.infer.joins import is_key_among
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
from cop_expert.model.template import Value, Vocabulary


class Near(NamedTuple):
    """The binding of a clause that comes nearest."""

    match: Match
    holds: dict[int, bool]
    """By position of the condition, in the order in which they were asked."""
    names: tuple[str, ...]
    """What was known before."""

    @property
    def failed(self) -> list[int]:
        """The positions of the conditions that do not hold, without those that only lack a value
        which another one, that does not hold either, would have given."""
        known, found = set(self.names), []
        for position, held in self.holds.items():
            condition = self.match.clause.body[position]
            names = _names(condition)
            there = all(self.match.bindings.get(name) is not None for name in names & known)
            if not held and there:
                found.append(position)
            if isinstance(condition, Presence):
                known |= names
        return found


class NearBody(Body):
    """A clause's body of which no condition need hold; `holds` says which do."""

    def __init__(self, clause: Clause, facts: FactBase, candidates: Candidates) -> None:
        self.holds: dict[int, str] = {}
        self.present: set[int] = set()
        self.candidates = candidates
        self.asked: list[tuple[Value, ...]] = []
        """The values of what several were asked for, for the query to be given."""
        self.vocabulary = facts.vocabulary
        super().__init__(clause, facts)
        compared = [p for p, c in enumerate(clause.body) if isinstance(c, Comparison)]
        for position, test in zip(compared, self.tests[-len(compared) :], strict=False):
            self.holds[position] = f"coalesce({test}, FALSE)"
        self.tests.clear()

    def in_order(self, asked: list[tuple[int, Condition]]) -> list[tuple[int, Condition]]:
        return in_order(asked, set(self.candidates.names), self.vocabulary)

    def begin(self) -> None:
        """A name with one value narrows what is read of each table; several are joined."""
        sources = []
        for name, column in zip(self.candidates.names, self.candidates.columns, strict=True):
            if len(set(column)) == 1:
                self.terms.take(name, _literal(column[0]))
            else:
                kind = STORED[self.clause.types[name].kind]
                sources.append(f"unnest(?::{kind}[]) AS {quoted(name)}")
                self.asked.append(column)
                self.terms.take(name, f"asked.{quoted(name)}")
        if sources:
            self.tables.append(f"(SELECT {', '.join(sources)}) AS asked")

    def add_presence(self, position: int, table: str) -> None:
        condition, alias = self.clause.body[position], f"t{position}"
        assert isinstance(condition, Presence)
        there = f'(SELECT *, TRUE AS "@there" FROM {table}) AS {alias}'
        self.joins.append(f"LEFT JOIN {there} ON {all_of(self.join(alias, condition.atom))}")
        self.holds[position] = f'coalesce({alias}."@there", FALSE)'
        self.present.add(position)

    def before(self, position: int) -> list[int]:
        """The facts that are looked up before that of the condition."""
        order = [place for place, _ in self.in_order(list(enumerate(self.clause.body)))]
        return [place for place in order[: order.index(position)] if place in self.present]

    def is_known_before(self, name: str, position: int) -> bool:
        atoms = [self.clause.body[place] for place in self.before(position)]
        terms = [part for condition in atoms for part in expressions(condition)]
        known = {variable.name for term in terms for variable in variables(term)}
        return name in known.union(self.candidates.names)

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


def in_order(
    asked: list[tuple[int, Condition]], names: set[str], vocabulary: Vocabulary
) -> list[tuple[int, Condition]]:
    """First what the names known so far determine, then what they are part of, and of that what
    the client gave: where it does not meet what was concluded of it, the latter can be asked
    further."""
    known, ordered = set(names), []
    waiting = [pair for pair in asked if isinstance(pair[1], Presence)]

    def late(pair: tuple[int, Condition]) -> tuple[bool, bool, bool]:
        assert isinstance(pair[1], Presence)
        atom = pair[1].atom
        given = vocabulary.templates[atom.template].given
        return not is_key_among(known, atom, vocabulary), not known & _names(pair[1]), not given

    while waiting:
        chosen = min(waiting, key=late)
        waiting.remove(chosen)
        ordered.append(chosen)
        known |= _names(chosen[1])
    return ordered + [pair for pair in asked if not isinstance(pair[1], Presence)]


def _names(condition: Condition) -> set[str]:
    return {v.name for part in expressions(condition) for v in variables(part)}


class Nearest:
    """Asks clauses of one fact base how near they come."""

    def __init__(self, facts: FactBase, clauses: dict[str, list[Clause]]) -> None:
        self.facts = facts
        self.clauses = clauses
        self.lookups = Lookups(facts)

    def look_ahead(self, goal: Goal) -> None:
        """Fetch at once what the rules will look up, step by step as far down as nothing is there.

        The goal has one row.
        """
        frontier, seen = [goal], {goal}
        while frontier:
            steps = [step for goal in frontier for step in self._steps(goal)]
            self.lookups.ahead(lookup for _, lookup in steps)
            below = dict.fromkeys(self._below(steps))
            frontier = [goal for goal in below if goal not in seen]
            seen.update(frontier)

    def _steps(self, goal: Goal) -> Iterator[tuple[Condition, Lookup]]:
        """What the clauses will look up of what was asked for alone."""
        for clause in filter(can_follow, self.clauses.get(goal.template, [])):
            candidates = self._candidates(clause, goal)
            for condition in clause.body if candidates else []:
                if candidates and isinstance(condition, Presence | Absence):
                    lookup = lookup_of(condition.atom, candidates.known, self.facts)
                    if lookup.values:
                        yield condition, lookup

    def _below(self, steps: list[tuple[Condition, Lookup]]) -> Iterator[Goal]:
        """What should have been concluded and is not there."""
        for condition, lookup in steps:
            given = self.facts.vocabulary.templates[lookup.template].given
            if isinstance(condition, Presence) and not given and not self.lookups.rows(lookup):
                fields, values = zip(*lookup.values, strict=True)
                if None not in values:
                    yield Goal(lookup.template, fields, (values,))

    def near(self, clause: Clause, goal: Goal) -> Near | None:
        """The nearest binding; None where the clause can never conclude what was asked for."""
        candidates = self._candidates(clause, goal)
        if candidates is None:
            return None
        if len(candidates.rows) == 1 and can_follow(clause):
            only = OnlyBinding(clause, candidates.known, self.facts, self.lookups)
            names = set(candidates.names)
            asked = list(enumerate(clause.body))
            if only.follow(in_order(asked, names, self.facts.vocabulary)):
                return Near(only.match, only.holds, candidates.names)
        return self._nearest(clause, candidates)

    def _candidates(self, clause: Clause, goal: Goal) -> Candidates | None:
        """None where the clause can never conclude what was asked for."""
        if _is_off(clause) or not _is_meant(clause, goal, self.facts):
            return None
        return goal.of(clause)

    def _nearest(self, clause: Clause, candidates: Candidates) -> Near | None:
        body = NearBody(clause, self.facts, candidates)
        question = Question(clause, body, self.facts)
        flags = list(body.holds.values())
        met = " + ".join(f"({flag})::INTEGER" for flag in flags) or "0"
        order = ", ".join([f"{met} DESC", *body.misses(), *body.terms.values.values()])
        columns = ", ".join([*flags, question.columns])
        sql = f"SELECT {columns} {body.text()} ORDER BY {order} LIMIT 1"
        found = self.facts.query(sql, body.asked)
        if not found:
            return None
        held = dict(zip(body.holds, found[0], strict=False))
        (match,) = question.matches([found[0][len(flags) :]])
        return Near(match, held, candidates.names)

    def missed(self, clause: Clause, goal: Goal, position: int) -> Goal:
        """The facts that the condition would have needed, where those before it hold."""
        condition = clause.body[position]
        assert isinstance(condition, Presence)
        candidates = goal.of(clause)
        assert candidates
        body = NearBody(clause, self.facts, candidates)
        known = {
            field: term
            for field, term in condition.atom
            if not isinstance(term, Variable) or body.is_known_before(term.name, position)
        }
        before = [body.holds[place] for place in body.before(position)]
        if before or not all(candidates.tell(term) for term in known.values()):
            rows = self._values(body, list(known.values()), before)
        else:
            rows = candidates.values(list(known.values()), self.facts)
        kept = tuple(row for row in rows if None not in row) or ((),)
        return Goal(condition.atom.template, tuple(known) if kept != ((),) else (), kept)

    def _values(self, body: NearBody, terms: list[Expression], before: list[str]) -> list[Row]:
        """What the terms may be where these conditions hold."""
        columns = ", ".join(map(body.terms.value, terms)) or "1"
        return self.facts.query(
            f"SELECT DISTINCT {columns} {body.text(*before)} ORDER BY ALL LIMIT {CANDIDATES}",
            body.asked,
        )


def _is_meant(clause: Clause, goal: Goal, facts: FactBase) -> bool:
    """Whether the clause's literals allow what was asked for."""
    for place, field in enumerate(goal.fields):
        term = clause.head.term(field)
        wanted = {row[place] for row in goal.rows}
        if isinstance(term, Constant) and stored(term.value, facts) not in wanted:
            return False
    return True


def _is_off(clause: Clause) -> bool:
    """True where a comparison of parameters alone switches the clause off."""
    compared = [c for c in clause.body if isinstance(c, Comparison)]
    settled = [c for c in compared if not any(map(variables, expressions(c)))]
    return any(not truth_of(comparison)({}) for comparison in settled)


def _literal(value: Value) -> str:
    """Not a bare number, which in an ORDER BY would count columns."""
    return str(value) if isinstance(value, bool) else f"{value}::BIGINT"
