"""A fact in, its proof out: each rule's conditions are asked again with its conclusion bound.

Facts of a recursive stratum may rest only on facts of an earlier round (Soufflé's ranks; Zhao,
Subotić and Scholz 2020), so every proof ends.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from cop_expert.explain.matches import (
    Match,
    Matcher,
    Matches,
    first_aggregate,
    is_quotient_of_sum,
)
from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase, Row
from cop_expert.model.arithmetic import INNER_PLACES, PLACES, rescale
from cop_expert.model.proof import (
    Absent,
    Compared,
    Derivation,
    Ledger,
    Line,
    Premise,
    Proof,
    all_premises,
)
from cop_expert.model.rule import (
    Absence,
    Aggregate,
    Atom,
    CheckedRulebook,
    Clause,
    Comparison,
    Constant,
    Fallback,
    Presence,
    Variable,
    is_aggregated,
)
from cop_expert.model.template import Template, Value

LINES = 25
"""Contributions listed in a ledger; the rest is summed up in one line."""
WAYS = 100
"""Derivations listed where all are asked for; the rest is counted."""


class Explainer:
    """Proves facts of one fact base."""

    def __init__(
        self, facts: FactBase, rulebook: CheckedRulebook, speaker: Speaker, many: bool = False
    ) -> None:
        """With `many`, made for explaining a whole document rather than one fact."""
        self.facts = facts
        self.rulebook = rulebook
        self.speaker = speaker
        self.matcher = Matcher(facts, rulebook, many)
        self.opened: set[tuple[str, Row]] = set()
        """What the present answer has proved."""
        self.settled: dict[tuple[str, Row], Proof] = {}
        """Given facts and bookkeeping, the same in every answer."""

    def prove(
        self, template: str, row: Row, depth: int = 99, every: bool = False, full: bool = False
    ) -> Proof:
        """Why the fact holds, `depth` reasons deep; with `every`, all its derivations.

        Facts that are questions of their own are stated and not proved, unless `full`; what has
        been proved further up is not proved again, so an answer is linear in the facts it shows.
        """
        self.opened = set()
        return self._prove(template, row, depth, every, full)

    def _prove(
        self, template: str, row: Row, depth: int, every: bool = False, full: bool = False
    ) -> Proof:
        fact = (template, row)
        if fact in self.settled:
            return self.settled[fact]
        kind = self._template(template)
        values = dict(zip(kind.names, row, strict=True))
        says = self.speaker.fact(template, values)
        proof = Proof(template, values, says, obvious=kind.obvious)
        if kind.given:
            origins = tuple(self.facts.origins(template, row))
            proof = replace(proof, origins=origins, bookkeeping=True)
        elif fact in self.opened:
            return replace(proof, above=True)
        elif depth <= 0:
            return replace(proof, unopened=True)
        else:
            self.opened.add(fact)
            derivations, unshown = self._derivations(template, row, depth, every, full)
            proof = replace(proof, derivations=derivations, unshown=unshown)
            proof = replace(proof, bookkeeping=_is_bookkeeping(proof))
        if proof.bookkeeping:
            self.settled[fact] = proof
        return proof

    def _derivations(
        self, template: str, row: Row, depth: int, every: bool, full: bool
    ) -> tuple[tuple[Derivation, ...], int]:
        """The derivations asked for, and how many more there are."""
        derivations: list[Derivation] = []
        count = 0
        for clause in self.matcher.clauses.get(template, []):
            wanted = WAYS if every else int(not derivations)
            found = self.matcher.matches(
                clause, row, LINES if clause.aggregates else max(wanted, 1)
            )
            count += bool(found.number) if clause.aggregates else found.number
            if clause.aggregates and found.number and wanted:
                derivations.append(self._ledger(clause, found, depth, full))
            elif wanted:
                derivations += [self._derivation(match, depth, full) for match in found.listed]
        return tuple(derivations), count - len(derivations)

    def _template(self, name: str) -> Template:
        return self.facts.vocabulary.templates[name]

    # From matches to premises

    def _derivation(self, match: Match, depth: int, full: bool) -> Derivation:
        rule = self.rulebook.rules[match.clause.rule]
        because = self.speaker.because(rule.sentence, match.bindings, match.clause.types)
        premises = tuple(self._premises(match, depth if rule.quiet else depth - 1, full))
        return Derivation(rule.name, because, rule.basis, rule.quiet, rule.origin, premises)

    def _ledger(self, clause: Clause, found: Matches, depth: int, full: bool) -> Derivation:
        rule = self.rulebook.rules[clause.rule]
        aggregate = first_aggregate(clause)
        assert aggregate
        listed = found.listed if aggregate.function in ("sum", "count") else found.listed[:1]
        lines = tuple(self._line(match, aggregate, found.total, depth, full) for match in listed)
        rest = found.total - sum(match.amount for match in listed)
        ledger = Ledger(
            aggregate.function,
            lines,
            found.number - len(listed),
            self._said_amount(rest, aggregate, clause) if aggregate.function == "sum" else "",
        )
        because = lines[0].because if aggregate.function in ("min", "max") else ""
        return Derivation(rule.name, because, rule.basis, rule.quiet, rule.origin, (), ledger)

    def _line(self, match: Match, aggregate: Aggregate, total: int, depth: int, full: bool) -> Line:
        derivation = self._derivation(match, depth, full)
        amount = share = ""
        if aggregate.function == "sum":
            amount = self._said_amount(match.amount, aggregate, match.clause)
            if total:
                datatype = self.facts.vocabulary.datatypes["Share"]
                share = self.speaker.amount(match.amount * 10**PLACES // total, datatype)
        return Line(derivation.because, amount, share, derivation.premises)

    def _said_amount(self, amount: int, aggregate: Aggregate, clause: Clause) -> str:
        """In the measure of the conclusion; nothing where it is of no kind that people know."""
        field, term = next((name, t) for name, t in clause.head if is_aggregated(t))
        if term == aggregate or is_quotient_of_sum(term):
            datatype = self._template(clause.head.template).by_name[field].type
        elif isinstance(aggregate.operand, Variable):
            datatype = clause.types[aggregate.operand.name]
        else:
            return ""
        return self.speaker.amount(rescale(amount, INNER_PLACES, PLACES), datatype)

    def _premises(self, match: Match, depth: int, full: bool) -> Iterator[Premise]:
        for position, condition in enumerate(match.clause.body):
            match condition:
                case Presence(atom) | Fallback(atom) if position in match.facts:
                    yield self._premise(atom.template, match.facts[position], depth, full)
                case Absence(atom) | Fallback(atom):
                    known = self._known(atom, match)
                    yield Absent(atom.template, self.speaker.absence(atom.template, known))
                case Comparison():
                    yield Compared(self._comparison(condition, match))
                case _:
                    pass

    def _premise(self, template: str, row: Row, depth: int, full: bool) -> Proof:
        own_question = self._template(template).own_question and not full
        return self._prove(template, row, 0 if own_question else depth, full=full)

    def _known(self, atom: Atom, match: Match) -> dict[str, Value]:
        """The fields of a condition as far as the binding tells them."""
        known: dict[str, Value] = {}
        for field, term in atom:
            if isinstance(term, Constant):
                known[field] = term.value
            elif isinstance(term, Variable):
                known[field] = match.bindings.get(term.name)
        return known

    def _comparison(self, comparison: Comparison, match: Match) -> str:
        sides = [
            self.speaker.expression(side, match.bindings, match.clause.types) or "–"
            for side in (comparison.left, comparison.right)
        ]
        return f"{sides[0]} {comparison.operator} {sides[1]}"


def _is_bookkeeping(proof: Proof) -> bool:
    return bool(proof.derivations) and all(
        derivation.quiet
        and all(not isinstance(p, Proof) or p.bookkeeping for p in all_premises(derivation))
        for derivation in proof.derivations
    )
