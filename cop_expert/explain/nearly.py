"""A clause and what was asked for in, the binding that comes nearest to concluding it out.

The body of the clause is asked with every condition made optional: a fact that is not there is
left blank, a comparison that does not hold is counted. Of all bindings the nearest is the one
for which most conditions hold, then the one whose numbers miss their thresholds by least.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cop_expert.explain.matches import ASKED, Match, Question, lay_out_stored
from cop_expert.facts import FactBase, Row, quoted
from cop_expert.infer.evaluate import truth_of
from cop_expert.infer.joins import is_key_among
from cop_expert.infer.sql import Body, all_of
from cop_expert.infer.sql_terms import rescaled
from cop_expert.model.arithmetic import PLACES
from cop_expert.model.rule import (
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
from cop_expert.model.template import Value

CANDIDATES = 5_000
"""Bindings that are followed one step further down."""


class Goal(NamedTuple):
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
        kept = [tuple(row[place] for place in names.values()) for row in rows]
        return Candidates(tuple(names), tuple(dict.fromkeys(kept))) if rows else None

    def varying(self, clause: Clause) -> set[str]:
        """The clause's names for which several values were asked for."""
        columns = zip(self.fields, zip(*self.rows, strict=True), strict=True)
        terms = [clause.head.term(field) for field, values in columns if len(set(values)) > 1]
        return {term.name for term in terms if isinstance(term, Variable)}


class Candidates(NamedTuple):
    """Values that some of a clause's names might have, as stored."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]

    def tell(self, term: Expression) -> bool:
        """Whether the value of the term is known without a look at the facts."""
        return isinstance(term, Constant) or (
            isinstance(term, Variable) and term.name in self.names
        )

    def values(self, terms: list[Expression], facts: FactBase) -> list[Row]:
        """The values of such terms, each combination once."""
        columns = [self._column(term, facts) for term in terms]
        return sorted(set(zip(*columns, strict=True)))[:CANDIDATES]

    def _column(self, term: Expression, facts: FactBase) -> list[Value]:
        if isinstance(term, Constant):
            return [_stored(term.value, facts)] * len(self.rows)
        assert isinstance(term, Variable)
        place = self.names.index(term.name)
        return [row[place] for row in self.rows]


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
            names = {v.name for part in expressions(condition) for v in variables(part)}
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
        self.vocabulary = facts.vocabulary
        super().__init__(clause, facts)
        compared = [p for p, c in enumerate(clause.body) if isinstance(c, Comparison)]
        for position, test in zip(compared, self.tests[-len(compared) :], strict=False):
            self.holds[position] = f"coalesce({test}, FALSE)"
        self.tests.clear()

    def in_order(self, asked: list[tuple[int, Condition]]) -> list[tuple[int, Condition]]:
        """First what the names known so far determine, then what the client gave: where it does
        not meet what was concluded of it, the latter can be asked further."""
        known, ordered = set(self.candidates.names), []
        waiting = [pair for pair in asked if isinstance(pair[1], Presence)]

        def late(pair: tuple[int, Condition]) -> tuple[bool, bool]:
            assert isinstance(pair[1], Presence)
            atom = pair[1].atom
            settled = is_key_among(known, atom, self.vocabulary)
            return not settled, not self.templates[atom.template].given

        while waiting:
            chosen = min(waiting, key=late)
            waiting.remove(chosen)
            ordered.append(chosen)
            known |= {v.name for part in expressions(chosen[1]) for v in variables(part)}
        return ordered + [pair for pair in asked if not isinstance(pair[1], Presence)]

    def begin(self) -> None:
        names, rows = self.candidates
        if len(rows) == 1:  # whose values narrow what is read of each table
            for name, value in zip(names, rows[0], strict=True):
                self.terms.take(name, _literal(value))
            return
        self.tables.append(f"{ASKED} AS asked")
        for name in names:
            self.terms.take(name, f"asked.{quoted(name)}")

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


class Nearest:
    """Asks clauses of one fact base how near they come."""

    def __init__(self, facts: FactBase) -> None:
        self.facts = facts
        self.laid_out: Candidates | None = None

    def _lay_out(self, clause: Clause, candidates: Candidates) -> None:
        """Several candidates are in a table that the clause's body is joined with."""
        names, rows = candidates
        if len(rows) > 1 and candidates != self.laid_out:
            columns = [list(range(len(rows))), *map(list, zip(*rows, strict=True))]
            kinds = [clause.types[name].kind for name in names]
            lay_out_stored(self.facts, list(names), kinds, columns)
            self.laid_out = candidates

    def near(self, clause: Clause, goal: Goal) -> Near | None:
        """The nearest binding; None where the clause can never conclude what was asked for."""
        candidates = goal.of(clause)
        if candidates is None or not _is_meant(clause, goal, self.facts) or _is_off(clause):
            return None
        self._lay_out(clause, candidates)
        body = NearBody(clause, self.facts, candidates)
        question = Question(clause, body, self.facts)
        flags = list(body.holds.values())
        met = " + ".join(f"({flag})::INTEGER" for flag in flags) or "0"
        order = ", ".join([f"{met} DESC", *body.misses(), *body.terms.values.values()])
        columns = ", ".join([*flags, question.columns])
        found = self.facts.query(f"SELECT {columns} {body.text()} ORDER BY {order} LIMIT 1")
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
            self._lay_out(clause, candidates)
            rows = self._values(body, list(known.values()), before)
        else:
            rows = candidates.values(list(known.values()), self.facts)
        kept = tuple(row for row in rows if None not in row) or ((),)
        return Goal(condition.atom.template, tuple(known) if kept != ((),) else (), kept)

    def _values(self, body: NearBody, terms: list[Expression], before: list[str]) -> list[Row]:
        """What the terms may be where these conditions hold."""
        columns = ", ".join(map(body.terms.value, terms)) or "1"
        return self.facts.query(
            f"SELECT DISTINCT {columns} {body.text(*before)} ORDER BY ALL LIMIT {CANDIDATES}"
        )


def _is_meant(clause: Clause, goal: Goal, facts: FactBase) -> bool:
    """Whether the clause's literals allow what was asked for."""
    for place, field in enumerate(goal.fields):
        term = clause.head.term(field)
        wanted = {row[place] for row in goal.rows}
        if isinstance(term, Constant) and _stored(term.value, facts) not in wanted:
            return False
    return True


def _stored(value: Value, facts: FactBase) -> Value:
    return facts.names.code(value) if isinstance(value, str) else value


def _is_off(clause: Clause) -> bool:
    """True where a comparison of parameters alone switches the clause off."""
    compared = [c for c in clause.body if isinstance(c, Comparison)]
    settled = [c for c in compared if not any(map(variables, expressions(c)))]
    return any(not truth_of(comparison)({}) for comparison in settled)


def _literal(value: Value) -> str:
    """Not a bare number, which in an ORDER BY would count columns."""
    return str(value) if isinstance(value, bool) else f"{value}::BIGINT"
