"""A clause and what was asked for in, what looking up settles of its conditions out.

A condition is settled where facts do for it whichever of the candidates is meant, or for none of
them; what they tell is known to the next. What is left is asked by a query (near_query.py).
"""

from operator import itemgetter
from typing import NamedTuple

from cop_expert.explain.goal import Candidates, stored
from cop_expert.explain.lookups import MANY, Lookup, Lookups
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
    found: dict[int, list[Row]]
    """By position of the condition, the facts that do for it, as stored; of several the candidates
    tell which."""
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
    for step in ordered:
        settling.settle(step)
    return settling.settled(ordered)


class Settling:
    """Goes through the conditions of a clause, one after the other."""

    def __init__(
        self, clause: Clause, candidates: Candidates, facts: FactBase, lookups: Lookups
    ) -> None:
        self.clause = clause
        self.facts = facts
        self.templates = facts.vocabulary.templates
        self.lookups = lookups
        self.asked = candidates
        self.candidates = candidates
        """What has become of them: as many as the facts tell of."""
        self.bound = set(candidates.names)
        """The names that are not new."""
        self.told: dict[str, Value] = {}
        """What is the same for all of them; a blank where a fact is not there."""
        self.known = dict(candidates.known)
        """All names with one value, as stored."""
        self.found: dict[int, list[Row]] = {}
        self.holds: dict[int, bool] = {}

    def settled(self, ordered: Steps) -> Settled:
        """What has come of all these conditions."""
        if len(self.holds) == len(ordered):
            return Settled(self.candidates.also(self.told), self.found, self.holds, ())
        # A query goes by itself through what becomes of each candidate.
        found = {place: rows for place, rows in self.found.items() if len(rows) == 1}
        again = self.found.keys() - found.keys()
        holds = {place: held for place, held in self.holds.items() if place not in again}
        rest = tuple([step for step in ordered if step.position not in holds])
        return Settled(self.asked.also(self.told), found, holds, rest)

    def settle(self, step: Step) -> None:
        match step.condition:
            case Presence(atom):
                held = self._is_there(step, atom)
            case Absence(atom):
                each = self._facts_of_each(step, atom)
                held = None if each is None else not each
            case Comparison():
                held = self._holds(step, step.condition)
            case _:
                held = None
        if held is not None:
            self.holds[step.position] = held

    def _is_there(self, step: Step, atom: Atom) -> bool | None:
        """Whether there is such a fact; what it tells is known from then on."""
        each, template = self._facts_of_each(step, atom), self.templates[atom.template]
        terms = ((term.name, field) for field, term in atom if isinstance(term, Variable))
        new = {n: template.position(field) for n, field in terms if n not in self.bound}
        self.bound |= step.names
        if each is None:
            return None
        if each:
            return True if self._follow(step.position, new, each) else None
        self._tell(dict.fromkeys(new))
        return False

    def _facts_of_each(self, step: Step, atom: Atom) -> list[list[Row]] | None:
        """The facts that do for each of the candidates, nothing where none does for any; None
        where only some have one, where they are many, or rest on a name that is not settled."""
        if any(self.known.get(name, 0) is None for name in step.names):
            return []
        lookup = lookup_of(atom, self.known, self.facts)
        if not lookup.values:
            return None
        tells_all = step.names & self.bound <= self.known.keys() | set(self.candidates.names)
        rows = self.lookups.all(lookup) if tells_all else self.lookups.few(lookup)
        if rows is None:
            return None
        fitting = self._fitting(atom, rows)
        if not fitting:
            return []
        return self._of_each(atom, fitting) if tells_all else None

    def _fitting(self, atom: Atom, rows: list[Row]) -> list[Row]:
        """Those that give each name one value, and no blank."""
        template = self.templates[atom.template]
        places: dict[str, list[int]] = {}
        for field, term in atom:
            if isinstance(term, Variable):
                places.setdefault(term.name, []).append(template.position(field))
        for first, *others in places.values():
            if others or not template.fields[first].required:
                rows = [
                    row
                    for row in rows
                    if row[first] is not None and all(row[o] == row[first] for o in others)
                ]
        return rows

    def _of_each(self, atom: Atom, rows: list[Row]) -> list[list[Row]] | None:
        """Those of the facts that do for each of the candidates."""
        places = {name: place for place, name in enumerate(self.candidates.names)}
        shared = [
            (self.templates[atom.template].position(field), places[term.name])
            for field, term in atom
            if isinstance(term, Variable) and term.name in places and term.name not in self.known
        ]
        if not shared:
            return [rows] * len(self.candidates.rows)
        of_fact = itemgetter(*[place for place, _ in shared])
        of_candidate = itemgetter(*[place for _, place in shared])
        asked = list(map(of_candidate, self.candidates.rows))
        fitting: dict[object, list[Row]] = {one: [] for one in asked}
        for row in rows:
            if (one := of_fact(row)) in fitting:
                fitting[one].append(row)
        each = [fitting[one] for one in asked]
        if not any(each):
            return []
        return each if all(each) else None

    def _follow(self, position: int, new: dict[str, int], each: list[list[Row]]) -> bool:
        """Go on with what the facts tell of each candidate; False where that is too much."""
        if len(each[0]) == 1 and all(rows == each[0] for rows in each):
            self.found[position] = each[0]
            self._tell({name: each[0][0][place] for name, place in new.items()})
            return True
        if sum(map(len, each)) > MANY:
            return False
        self.found[position] = list(dict.fromkeys(row for rows in each for row in rows))
        several = (
            (*one, *[row[place] for place in new.values()])
            for one, rows in zip(self.candidates.rows, each, strict=True)
            for row in rows
        )
        names = (*self.candidates.names, *new)
        self.candidates = Candidates(names, tuple(dict.fromkeys(several)))
        self.known |= self.candidates.known
        return True

    def _tell(self, told: dict[str, Value]) -> None:
        self.told |= told
        self.known |= told

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
