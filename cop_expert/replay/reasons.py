"""A reason of a fact in, what is wrong with it out: does the rule conclude this from these?"""

from collections.abc import Iterator, Sequence
from typing import TypeGuard

from cop_expert.facts import FactBase, Row
from cop_expert.model import rule as r
from cop_expert.model.arithmetic import FACT_LIMIT
from cop_expert.model.proof import Absent, Compared, Derivation, Ledger, Premise, Proof
from cop_expert.model.template import Datatype, Value
from cop_expert.replay.aloud import Aloud, Tongue
from cop_expert.replay.ledgers import Adding
from cop_expert.replay.reckon import Names, NoValue, plain, reckoned, stored
from cop_expert.replay.ways import TooMany, Ways, known_fields

SAID = {r.Presence: (Proof,), r.Fallback: (Proof, Absent), r.Absence: (Absent,)}
"""What stands in a proof for each condition; a comparison stands for one, a binding for nothing."""


class Reasons:
    """Takes the rules' word for nothing but what they conclude."""

    def __init__(self, facts: FactBase, rulebook: r.CheckedRulebook, tongue: Tongue) -> None:
        self.templates = facts.vocabulary.templates
        self.rulebook = rulebook
        self.strata = {name: s for s in rulebook.strata for name in s.templates}
        self.ways = Ways(facts)
        self.aloud = Aloud(facts, rulebook, tongue)
        self.assumed: list[str] = []

    def number(self, proof: Proof) -> tuple[int, bool]:
        """In how many ways the fact follows, and whether some may rest on the fact itself."""
        found = 0
        for clause in self._clauses(proof.template):
            group = self._group(clause, proof)
            if not clause.aggregates:
                found += len(group)
            elif group and self._total(clause, proof, group) == proof.values:
                found += 1
        return found, self.strata[proof.template].recursive

    def faults(self, proof: Proof, derivation: Derivation) -> list[str]:
        """Of a rule that concludes several facts of a kind, by the conclusion that fits best."""
        rule = self.rulebook.rules.get(derivation.rule)
        clauses = [c for c in self._clauses(proof.template) if c.rule == derivation.rule]
        if not rule or not clauses:
            return ["no such rule concludes it"]
        told = (derivation.basis, derivation.quiet, derivation.origin)
        if told != (rule.basis, rule.quiet, rule.origin):
            return ["the rule reads otherwise"]
        found = [list(self._of_clause(clause, proof, derivation)) for clause in clauses]
        return min(found, key=len)

    def _clauses(self, template: str) -> list[r.Clause]:
        return [c for c in self.strata[template].clauses if c.head.template == template]

    def _of_clause(self, clause: r.Clause, proof: Proof, told: Derivation) -> Iterator[str]:
        if clause.aggregates != bool(told.ledger):
            yield "the rule does not add up so"
        elif told.ledger:
            yield from self._of_ledger(clause, proof, told, told.ledger)
        else:
            names = self._names(clause, told.premises)
            if names is None or not self._concludes(clause, proof, names):
                yield "it does not follow"
            else:
                yield from self._of_words(clause, told.because, told.premises, names)

    def _names(self, clause: r.Clause, premises: Sequence[Premise]) -> Names | None:
        """What these premises make of the clause's names; None where they do not fit it."""
        asked = [(n, c) for n, c in enumerate(clause.body) if not isinstance(c, r.Binding)]
        names: Names = {}
        wanted: dict[int, Row] = {}
        if len(asked) != len(premises):
            return None
        for (position, condition), premise in zip(asked, premises, strict=True):
            if not isinstance(premise, SAID.get(type(condition), (Compared,))):
                return None
            if isinstance(premise, Proof):
                assert isinstance(condition, r.Presence | r.Fallback)
                if premise.template != condition.atom.template or not self.ways.has(premise):
                    return None
                wanted[position] = tuple(premise.values.values())
                names |= _read(condition.atom, premise)
        return next(self.ways.of(clause, names, wanted), None)

    def _concludes(self, clause: r.Clause, proof: Proof, names: Names) -> bool:
        """Whether this is what the clause concludes then, aggregates aside."""
        terms = [(f, clause.head.term(f) or r.Constant(None)) for f in proof.values]
        try:
            return all(
                stored(reckoned(term, names)) == proof.values[field]
                for field, term in terms
                if not r.is_aggregated(term)
            )
        except NoValue:
            return False

    # What is said of the conditions

    def _of_words(
        self, clause: r.Clause, because: str, premises: Sequence[Premise], names: Names
    ) -> Iterator[str]:
        told = {name: plain(stored(value)) for name, value in names.items()}
        sentence = self.rulebook.rules[clause.rule].sentence
        if because != self.aloud.because(sentence, told, clause.types):
            yield "the reason is said otherwise"
        asked = (c for c in clause.body if not isinstance(c, r.Binding))
        for condition, premise in zip(asked, premises, strict=True):
            if isinstance(condition, r.Comparison):
                ought: Premise = self._compared(condition, told, clause.types)
            elif isinstance(condition, r.Absence | r.Fallback) and isinstance(premise, Absent):
                ought = self._absent(condition.atom, told)
            else:
                continue
            if premise != ought:
                yield f"this is said otherwise: {premise.says}"

    def _absent(self, atom: r.Atom, told: Names) -> Absent:
        values = {field: _held(value) for field, value in known_fields(atom, told).items()}
        says = self.aloud.absence(atom.template, values)
        return Absent(atom.template, says, values, self.templates[atom.template].table)

    def _compared(self, c: r.Comparison, told: Names, types: dict[str, Datatype]) -> Compared:
        one, other = (self.aloud.expression(side, told, types) for side in (c.left, c.right))
        left, right = (value_of(side, told) for side in (c.left, c.right))
        measured, margin = self.aloud.measure(c.left, types), ""
        has_margin = measured.many and "{}" not in measured.many.values()
        if c.operator not in ("=", "!=") and has_margin and type(left) is type(right) is int:
            margin = self.aloud.amount(abs(left - right), measured, apart=True)
        return Compared(f"{one} {c.operator} {other}", c.operator, left, right, margin)

    # Sums, counts, least and greatest

    def _group(self, clause: r.Clause, proof: Proof) -> list[Names]:
        """Every way in which the clause concludes the fact, or adds to it; raises TooMany."""
        read = {v.name for c in clause.body if isinstance(c, r.Presence) for v in _variables(c)}
        names = {
            term.name: plain(proof.values[field])
            for field, term in clause.head
            if isinstance(term, r.Variable) and term.name in read
        }
        return [way for way in self.ways.of(clause, names) if self._adds(clause, proof, way)]

    def _adds(self, clause: r.Clause, proof: Proof, way: Names) -> bool:
        """Whether it belongs to the fact's group; what has no value adds nothing."""
        added = [part for _, term in clause.head for part in r.parts(term) if _is_added(part)]
        return self._concludes(clause, proof, way) and all(
            value_of(part.operand, way) is not None for part in added
        )

    def _of_ledger(
        self, clause: r.Clause, proof: Proof, told: Derivation, ledger: Ledger
    ) -> Iterator[str]:
        listed: list[Names] = []
        for line in ledger.lines:
            names = self._names(clause, line.premises)
            if names is None or not self._adds(clause, proof, names):
                yield f"this does not add to it: {line.because}"
                return
            listed.append(names)
            yield from self._of_words(clause, line.because, line.premises, names)
        because = ledger.lines[0].because if listed and ledger.function in ("min", "max") else ""
        if told.premises or told.because != because:
            yield "the reason is said otherwise"
        try:
            group = self._group(clause, proof)
        except TooMany:
            self.assumed.append(f"{proof.says} (so much as was not listed)")
            return
        if not listed or self._total(clause, proof, group) != proof.values:
            yield "it does not add up to this"
            return
        adding = Adding(clause, self.templates[proof.template], self.aloud)
        if ledger != adding.ledger(ledger, listed, group):
            yield "what adds up to it is told otherwise"

    def _total(self, clause: r.Clause, proof: Proof, group: list[Names]) -> dict[str, Value]:
        """The fact that all ways make together."""
        distinct = list({frozenset(names.items()): names for names in group}.values())
        return proof.values | {
            field: value_of(term, distinct[0], distinct)
            for field, term in clause.head
            if distinct and r.is_aggregated(term)
        }


def value_of(expression: r.Expression, names: Names, group: Sequence[Names] = ()) -> Value:
    """As a fact would hold it; none where there is no value."""
    try:
        return stored(reckoned(expression, names, group))
    except NoValue:
        return None


def _held(value: Value) -> Value:
    """None where it is more than any fact holds."""
    return None if type(value) is int and abs(value) > FACT_LIMIT else value


def _variables(condition: r.Condition) -> Iterator[r.Variable]:
    return (v for part in r.expressions(condition) for v in r.variables(part))


def _read(atom: r.Atom, fact: Proof) -> Names:
    """The names that a fact gives."""
    pairs = [(field, term) for field, term in atom if isinstance(term, r.Variable)]
    return {term.name: plain(fact.values.get(field)) for field, term in pairs}


def _is_added(part: r.Expression) -> TypeGuard[r.Aggregate]:
    return isinstance(part, r.Aggregate) and part.function != "count"
