"""A clause and what its names would have to be in, its one binding out where there can be but one.

The conditions are followed one after the other, each with what is known by then; where two facts
would do, there is a choice, which is left to a query (nearly.py).
"""

from cop_expert.explain.goal import stored
from cop_expert.explain.lookups import FEW, Lookup, Lookups
from cop_expert.explain.matches import Match
from cop_expert.explain.steps import Steps
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
    expressions,
    variables,
)
from cop_expert.model.template import Value


class Choice(Exception):
    """More than one fact would do."""


class OnlyBinding:
    """Binds the names of a clause condition by condition; `holds` says which do."""

    def __init__(
        self, clause: Clause, known: dict[str, Value], facts: FactBase, lookups: Lookups
    ) -> None:
        """`known` are names with values as stored."""
        self.clause = clause
        self.facts = facts
        self.lookups = lookups
        self.known = dict(known)
        self.found: dict[int, Row] = {}
        self.holds: dict[int, bool] = {}

    def follow(self, ordered: Steps) -> bool:
        """Whether there is but one binding: such as lack a fact are bound to nothing."""
        try:
            for position, condition, *_ in ordered:
                if isinstance(condition, Presence):
                    self.holds[position] = self._bind(position, condition.atom)
            for position, condition, *_ in ordered:
                if isinstance(condition, Absence):
                    self.holds[position] = not self._rows(condition.atom)
            told = self._told()
            for position, condition, *_ in ordered:
                if isinstance(condition, Comparison):
                    self.holds[position] = _holds(condition, told)
        except (Choice, ArithmeticError):
            return False
        return True

    @property
    def match(self) -> Match:
        facts = {}
        for position, row in sorted(self.found.items()):
            condition = self.clause.body[position]
            assert isinstance(condition, Presence)
            kinds = self.facts.vocabulary.templates[condition.atom.template].kinds
            (facts[position],) = self.facts.told(kinds, [row])
        return Match(self.clause, self._told(), facts, 0)

    def _told(self) -> dict[str, Value]:
        kinds = [self.clause.types[name].kind for name in self.known]
        (values,) = self.facts.told(kinds, [tuple(self.known.values())])
        return dict(zip(self.known, values, strict=True))

    def _bind(self, position: int, atom: Atom) -> bool:
        """Whether there is such a fact; its values become known, or nothing where there is none."""
        rows = self._rows(atom)
        if len(rows) > 1:
            raise Choice
        names = self.facts.vocabulary.templates[atom.template].names
        row = rows[0] if rows else (None,) * len(names)
        for field, term in atom:
            if isinstance(term, Variable):
                self.known.setdefault(term.name, row[names.index(field)])
        if rows:
            self.found[position] = row
        return bool(rows)

    def _rows(self, atom: Atom) -> list[Row]:
        """The facts that the condition speaks of, as far as its names are known."""
        names = {term.name for _, term in atom if isinstance(term, Variable)}
        if any(self.known.get(name, 0) is None for name in names):
            return []
        rows = self.lookups.rows(lookup_of(atom, self.known, self.facts))
        fitting = [row for row in rows if self._fits(atom, row)]
        if len(rows) == FEW > len(fitting):
            raise Choice  # a third one might fit
        return fitting

    def _fits(self, atom: Atom, row: Row) -> bool:
        """Whether the row gives each name that is new one value, and no blank."""
        names = self.facts.vocabulary.templates[atom.template].names
        given: dict[str, Value] = {}
        for field, term in atom:
            if isinstance(term, Variable) and term.name not in self.known:
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


def can_follow(clause: Clause) -> bool:
    """Whether the clause only asks for facts and compares what they hold."""
    asks = (Presence, Absence, Comparison)
    return not clause.aggregates and all(isinstance(c, asks) for c in clause.body)


def _holds(comparison: Comparison, told: dict[str, Value]) -> bool:
    names = {v.name for side in expressions(comparison) for v in variables(side)}
    return all(told.get(name) is not None for name in names) and truth_of(comparison)(told)
