"""A fact in, its proof out: each rule's conditions are asked again with its conclusion bound.

Facts of a recursive stratum may rest only on facts of an earlier round (Soufflé's ranks; Zhao,
Subotić and Scholz 2020), so every proof ends.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from cop_expert.explain.matches import (
    Match,
    Matcher,
    Matches,
    first_aggregate,
    is_quotient_of_sum,
)
from cop_expert.explain.stakes import Stake, margin, stakes
from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase, Row
from cop_expert.model.arithmetic import INNER_PLACES, PLACES, UNIT, rescale
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
    expressions,
    is_aggregated,
)
from cop_expert.model.template import Template, Value

Decides = Callable[[Match], bool]
"""Whether a contribution is decisive."""

LINES = 25
"""Contributions listed in a ledger; the rest is summed up in one line."""
WAYS = 100
"""Derivations listed where all are asked for; the rest is counted."""


class How(Struct, frozen=True):
    """How far an answer goes."""

    depth: int = 99
    """How many reasons deep."""
    every: bool = False
    """All derivations, and not only the first."""
    full: bool = False
    """Also what is a question of its own."""
    lines: int = LINES
    """How many contributions to a sum are listed."""

    def deeper(self) -> "How":
        return replace(self, depth=self.depth - 1)


WHOLE = How()
BRIEF = How(depth=3, lines=3)
"""What one sentence and up to three reasons are made of."""


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

    def prove(self, template: str, row: Row, how: How = WHOLE) -> Proof:
        """Why the fact holds.

        Facts that are questions of their own are stated and not proved, unless in full; what has
        been proved further up is not proved again, so an answer is linear in the facts it shows.
        """
        self.opened = set()
        return self._prove(template, row, how)

    def _prove(self, template: str, row: Row, how: How, stake: Stake | None = None) -> Proof:
        """`stake` is on a number of the fact, for the sake of what rests on it."""
        fact = (template, row)
        if fact in self.settled and not stake:
            return self.settled[fact]
        kind = self._template(template)
        values = dict(zip(kind.names, row, strict=True))
        says = self.speaker.fact(template, values)
        proof = Proof(template, values, says, obvious=kind.obvious, weighty=kind.weighty)
        if kind.given:
            origins = tuple(self.facts.origins(template, row))
            proof = replace(proof, origins=origins, bookkeeping=True)
        elif fact in self.opened:
            return replace(proof, above=True)
        elif how.depth <= 0:
            return replace(proof, unopened=True)
        else:
            self.opened.add(fact)
            derivations, unshown = self._derivations(template, row, how, stake)
            proof = replace(proof, derivations=derivations, unshown=unshown)
            proof = replace(proof, bookkeeping=_is_bookkeeping(proof))
        if proof.bookkeeping and not stake:
            self.settled[fact] = proof
        return proof

    def _derivations(
        self, template: str, row: Row, how: How, stake: Stake | None
    ) -> tuple[tuple[Derivation, ...], int]:
        """The derivations asked for, and how many more there are."""
        below = replace(how, every=False)
        derivations: list[Derivation] = []
        count = 0
        for clause in self.matcher.clauses.get(template, []):
            wanted = WAYS if how.every else int(not derivations)
            most = how.lines if clause.aggregates else max(wanted, 1)
            found = self.matcher.matches(clause, row, most)
            count += bool(found.number) if clause.aggregates else found.number
            if clause.aggregates and found.number and wanted:
                derivations.append(self._ledger(clause, row, found, below, stake))
            elif wanted:
                derivations += [self._derivation(match, below, stake) for match in found.listed]
        return tuple(derivations), count - len(derivations)

    def _template(self, name: str) -> Template:
        return self.facts.vocabulary.templates[name]

    # From matches to premises

    def _derivation(self, match: Match, how: How, stake: Stake | None = None) -> Derivation:
        rule = self.rulebook.rules[match.clause.rule]
        because = self.speaker.because(rule.sentence, match.bindings, match.clause.types)
        below = how if rule.quiet else how.deeper()
        first = dict(reversed(stakes(match, stake)))
        premises = tuple(self._premises(match, below, first))
        return Derivation(rule.name, because, rule.basis, rule.quiet, rule.origin, premises)

    def _ledger(
        self, clause: Clause, row: Row, found: Matches, how: How, stake: Stake | None
    ) -> Derivation:
        rule = self.rulebook.rules[clause.rule]
        aggregate = first_aggregate(clause)
        assert aggregate
        adds_up = aggregate.function in ("sum", "count")
        listed = found.listed if adds_up else found.listed[:1]
        matters = _decides(clause, self._template(clause.head.template), row, stake)
        lines = tuple(self._line(match, aggregate, found.total, how, matters) for match in listed)
        rest = found.total - sum(match.amount for match in listed)
        ledger = Ledger(
            aggregate.function,
            lines,
            found.number - len(listed),
            self._said_amount(rest, aggregate, clause) if aggregate.function == "sum" else "",
            bool(matters) and not any(line.decisive for line in lines),
        )
        because = lines[0].because if aggregate.function in ("min", "max") else ""
        return Derivation(rule.name, because, rule.basis, rule.quiet, rule.origin, (), ledger)

    def _line(
        self, match: Match, aggregate: Aggregate, total: int, how: How, decides: Decides | None
    ) -> Line:
        derivation = self._derivation(match, how)
        amount = share = ""
        if aggregate.function == "sum":
            amount = self._said_amount(match.amount, aggregate, match.clause)
            if total:
                datatype = self.facts.vocabulary.datatypes["Share"]
                share = self.speaker.amount(match.amount * 10**PLACES // total, datatype)
        decisive = bool(decides and decides(match))
        return Line(derivation.because, amount, share, derivation.premises, decisive)

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

    def _premises(self, match: Match, how: How, staked: dict[int, Stake]) -> Iterator[Premise]:
        for position, condition in enumerate(match.clause.body):
            match condition:
                case Presence(atom) | Fallback(atom) if position in match.facts:
                    stake = staked.get(position)
                    yield self._premise(atom.template, match.facts[position], how, stake)
                case Absence(atom) | Fallback(atom):
                    yield self._absent(atom, match)
                case Comparison():
                    yield self._compared(condition, match)
                case _:
                    pass

    def _premise(self, template: str, row: Row, how: How, stake: Stake | None) -> Proof:
        own_question = self._template(template).own_question and not how.full
        return self._prove(template, row, replace(how, depth=0) if own_question else how, stake)

    def _absent(self, atom: Atom, match: Match) -> Absent:
        says = self.speaker.absence(atom.template, self._known(atom, match))
        return Absent(atom.template, says, self._template(atom.template).table)

    def _known(self, atom: Atom, match: Match) -> dict[str, Value]:
        """The fields of a condition as far as the binding tells them."""
        known: dict[str, Value] = {}
        for field, term in atom:
            if isinstance(term, Constant):
                known[field] = term.value
            elif isinstance(term, Variable):
                known[field] = match.bindings.get(term.name)
        return known

    def _compared(self, comparison: Comparison, match: Match) -> Compared:
        types = match.clause.types
        left, right = (
            self.speaker.expression(side, match.bindings, types) or "–"
            for side in expressions(comparison)
        )
        says = f"{left} {comparison.operator} {right}"
        apart, measured = margin(comparison, match), self.speaker.measure(comparison.left, types)
        if apart is None or not measured.many or "{}" in measured.many.values():
            return Compared(says)
        return Compared(says, self.speaker.apart(apart, measured))


def _decides(clause: Clause, template: Template, row: Row, stake: Stake | None) -> Decides | None:
    """What tells whether the conclusion above a sum would fall without a contribution."""
    aggregate = first_aggregate(clause)
    term = clause.head.term(stake.field) if stake else None
    if not (stake and aggregate and aggregate.function in ("sum", "count") and term):
        return None
    if term != aggregate and not is_quotient_of_sum(term):
        return None
    whole = row[template.position(stake.field)]
    assert isinstance(whole, int)
    counts = aggregate.function == "count"

    def decides(match: Match) -> bool:
        amount = UNIT if counts else rescale(match.amount, INNER_PLACES, PLACES)
        return not stake.holds(whole - amount)

    return decides


def _is_bookkeeping(proof: Proof) -> bool:
    return bool(proof.derivations) and all(
        derivation.quiet
        and all(not isinstance(p, Proof) or p.bookkeeping for p in all_premises(derivation))
        for derivation in proof.derivations
    )
