"""A clause and what was asked for in, what looking up settles of its conditions out.

A condition is settled where no fact would do for it, or just one, whichever of the candidates is
meant; what it tells is known to the next. What is left is asked by a query (near_query.py).
"""

from typing import NamedTuple

from cop_expert.explain.goal import Candidates, stored
from cop_expert.explain.lookups import FEW, Lookup, Lookups
from cop_expert.explain.steps import Step, Steps
from cop_expert.facts import FactBase, Row
from cop_expert.infer.evaluate import truth_of
from cop_expert.model.rule import (
    Absence,
    Atom,
    Clause,
    Comparison,
    Constant,
    Presence,
    Variable,
)
from cop_expert.model.template import Value


class Settled(NamedTuple):
    """What is settled of a clause, and what is left."""

    candidates: Candidates
    """What the names may be, those among them that the settled conditions told."""
    found: dict[int, Row]
    """By position of the condition, the fact that does for it, as stored."""
    holds: dict[int, bool]
    """By position, whether a settled condition holds."""
    rest: Steps
    """The conditions that are not settled."""


def settle(
    clause: Clause, candidates: Candidates, ordered: Steps, facts: FactBase, lookups: Lookups
) -> Settled:
    if not can_settle(clause):
        return Settled(candidates, {}, {}, ordered)
    settling = Settling(clause, candidates, facts, lookups)
    rest = tuple([step for step in ordered if not settling.settles(step)])
    told = {n: v for n, v in settling.known.items() if n not in candidates.names}
    return Settled(candidates.also(told), settling.found, settling.holds, rest)


class Settling:
    """Goes through the conditions of a clause, one after the other."""

    def __init__(
        self, clause: Clause, candidates: Candidates, facts: FactBase, lookups: Lookups
    ) -> None:
        self.clause = clause
        self.facts = facts
        self.lookups = lookups
        self.bound = set(candidates.names)
        """The names that are not new."""
        self.known = dict(candidates.known)
        """Those among them with one value, as stored; a blank where a fact is not there."""
        self.found: dict[int, Row] = {}
        self.holds: dict[int, bool] = {}

    def settles(self, step: Step) -> bool:
        match step.condition:
            case Presence(atom):
                held = self._has_one(step, atom)
            case Absence(atom):
                held = self._has_none(step, atom)
            case Comparison():
                held = self._holds(step, step.condition)
            case _:
                held = None
        if held is not None:
            self.holds[step.position] = held
        return held is not None

    def _has_one(self, step: Step, atom: Atom) -> bool | None:
        """Whether there is one such fact, or none; its values are known from then on."""
        rows, tells_all = self._rows(step, atom), self._tells_all(step)
        new = {t.name: f for f, t in atom if isinstance(t, Variable) and t.name not in self.bound}
        self.bound |= step.names
        if rows is None or len(rows) > 1 or (rows and not tells_all):
            return None
        names = self.facts.vocabulary.templates[atom.template].names
        told = rows[0] if rows else (None,) * len(names)
        self.known |= {name: told[names.index(field)] for name, field in new.items()}
        if rows:
            self.found[step.position] = told
        return bool(rows)

    def _has_none(self, step: Step, atom: Atom) -> bool | None:
        """Whether there is no such fact."""
        rows = self._rows(step, atom)
        return None if rows is None or (rows and not self._tells_all(step)) else not rows

    def _holds(self, step: Step, comparison: Comparison) -> bool | None:
        """Whether the comparison holds of what is known."""
        if not step.names <= self.known.keys():
            return None
        names = sorted(step.names)
        values = tuple(self.known[name] for name in names)
        if None in values:
            return False
        (told,) = self.facts.told([self.clause.types[name].kind for name in names], [values])
        try:
            return truth_of(comparison)(dict(zip(names, told, strict=True)))
        except ArithmeticError:
            return None

    def _tells_all(self, step: Step) -> bool:
        """Whether each name that the condition shares with others is known."""
        return step.names & self.bound <= self.known.keys()

    def _rows(self, step: Step, atom: Atom) -> list[Row] | None:
        """The facts of which the atom may speak, as far as is known; None where they are many."""
        if any(self.known.get(name, 0) is None for name in step.names):
            return []
        lookup = lookup_of(atom, self.known, self.facts)
        if not lookup.values or not (self._tells_all(step) or self.lookups.has(lookup)):
            return None  # most likely there are many
        rows = self.lookups.rows(lookup)
        fitting = [row for row in rows if self._fits(atom, row)]
        # A further one, that was not fetched, might fit.
        return None if len(rows) == FEW > len(fitting) else fitting

    def _fits(self, atom: Atom, row: Row) -> bool:
        """Whether the row gives each name that is new one value, and no blank."""
        names = self.facts.vocabulary.templates[atom.template].names
        given: dict[str, Value] = {}
        for field, term in atom:
            if isinstance(term, Variable) and term.name not in self.bound:
                value = row[names.index(field)]
                if value is None or given.setdefault(term.name, value) != value:
                    return False
        return True


def lookup_of(atom: Atom, known: dict[str, Value], facts: FactBase) -> Lookup:
    """What the names that are known, as stored, and literals tell of the fact."""
    values: list[tuple[str, Value]] = []
    for field, term in atom:
        if isinstance(term, Constant):
            values.append((field, stored(term.value, facts)))
        elif isinstance(term, Variable) and term.name in known:
            values.append((field, known[term.name]))
    return Lookup(atom.template, tuple(sorted(values)))


def can_settle(clause: Clause) -> bool:
    """Whether the clause only asks for facts and compares what they hold."""
    return all(isinstance(c, Presence | Absence | Comparison) for c in clause.body)
