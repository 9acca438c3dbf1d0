"""A fact in, its proof out: each rule's conditions are asked again with its conclusion bound.

Facts of a recursive stratum may rest only on facts of an earlier round (Soufflé's ranks; Zhao,
Subotić and Scholz 2020), so every proof ends.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from cop_expert.explain.matches import Matcher, Matches, Read
from cop_expert.explain.question import Match, first_aggregate, is_quotient_of_sum
from cop_expert.explain.stakes import Stake, margin, stakes
from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase, Row
from cop_expert.infer.evaluate import Bindings, number_of, value_of
from cop_expert.model.arithmetic import INNER_PLACES, PLACES, UNIT, rescale
from cop_expert.model.measure import PLAIN, SHARE
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
    Expression,
    Fallback,
    Operation,
    Presence,
    Variable,
    expressions,
    is_aggregated,
)
from cop_expert.model.template import Template, Value

Fact = tuple[str, Row]

Decides = Callable[[Match], bool]
"""Whether a contribution is decisive."""

LINES = 25
"""Contributions listed in a ledger; the rest is summed up in one line."""
WAYS = 100
"""Derivations listed where all are asked for; the rest is counted."""
STEPS = 64
"""Rules that an answer goes down at most, for a chain may be as long as a table."""
SMALL = 100
"""Steps up to which bookkeeping is told wherever it is needed, rather than once."""


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
    steps: int = STEPS
    """How many rules deep, bookkeeping included."""

    def below(self, quiet: bool) -> "How":
        """What is left of it under a rule."""
        return replace(self, depth=self.depth - (not quiet), steps=self.steps - 1)


WHOLE = How()
BRIEF = How(depth=3, lines=3)
"""What one sentence and up to three reasons are made of."""


class Known(NamedTuple):
    """A proof that holds in every answer that has told nothing of it yet."""

    proof: Proof
    touched: tuple[Fact, ...]
    """The facts that it gives reasons for, as often as it does."""
    opened: frozenset[Fact]
    """Those of them that are not told again."""


class Explainer:
    """Proves facts of one fact base."""

    def __init__(self, facts: FactBase, rulebook: CheckedRulebook, speaker: Speaker) -> None:
        self.facts = facts
        self.rulebook = rulebook
        self.speaker = speaker
        self.matcher = Matcher(facts, rulebook)
        self.opened: set[Fact] = set()
        """What the present answer has proved."""
        self.trail: list[Fact] = []
        """The same in order, and as often as it is told."""
        self.pointed: list[Fact] = []
        """What the present answer has pointed to, for it stands further up."""
        self.told: dict[Fact, Proof] = {}
        """Facts without their reasons."""
        self.known: dict[tuple[Fact, How], Known] = {}
        self.read: dict[str, dict[Row, Read]] = {}
        """Of given facts, as far as that was asked ahead."""

    def prove(self, template: str, row: Row, how: How = WHOLE) -> Proof:
        """Why the fact holds.

        Facts that are questions of their own are stated and not proved, unless in full; what has
        been proved further up is not proved again, so an answer is linear in the facts it shows.
        """
        there = self.facts.has(template, row)
        return self.prove_there(template, row, how if there else replace(how, depth=0))

    def prove_there(self, template: str, row: Row, how: How) -> Proof:
        """The same for what is known to be a fact."""
        self.opened, self.trail, self.pointed = set(), [], []
        return self._prove(template, row, how)

    def forget(self) -> None:
        """Everything that was fetched, or told before."""
        self.matcher.forget()
        for held in (self.known, self.told, self.read):
            held.clear()

    def _prove(self, template: str, row: Row, how: How, stake: Stake | None = None) -> Proof:
        """`stake` is on a number of the fact, for the sake of what rests on it."""
        fact = (template, row)
        proof = self._stated(fact)
        if self._template(template).given:
            return proof
        if fact in self.opened:
            self.pointed.append(fact)
            return replace(proof, above=True)
        if how.depth <= 0 or how.steps <= 0:
            return replace(proof, unopened=True)
        known = self.known.get((fact, how)) if not stake else None
        if known and self.opened.isdisjoint(known.touched):
            self.trail += known.touched
            self.opened |= known.opened
            return known.proof
        return self._opened(proof, fact, how, stake)

    def _stated(self, fact: Fact) -> Proof:
        """The fact by itself: where it was read, or that it is so."""
        if fact not in self.told:
            kind, row = self._template(fact[0]), fact[1]
            values = dict(zip(kind.names, row, strict=True))
            says = self.speaker.fact(kind.name, values)
            origins, because = self._read(kind.name, row) if kind.given else Read((), "")
            if because:
                says = self.speaker.with_reason(says, because)
            self.told[fact] = Proof(
                kind.name,
                values,
                says,
                origins,
                bookkeeping=kind.given,
                weighty=kind.weighty,
                obvious=kind.obvious,
            )
        return self.told[fact]

    def _read(self, template: str, row: Row) -> Read:
        found = self.read.get(template, {}).get(row)
        if found:
            return found
        origins = tuple(self.facts.origins(template, row))
        return Read(origins, self.facts.because(template, row))

    def _opened(self, proof: Proof, fact: Fact, how: How, stake: Stake | None) -> Proof:
        """The fact with its reasons; what they touch is noted, so that nothing is told twice.

        Small bookkeeping is told wherever it is needed, and so are proofs that do not point to
        anything outside of themselves known by heart.
        """
        begun, pointed = len(self.trail), len(self.pointed)
        self.trail.append(fact)
        self.opened.add(fact)
        derivations, unshown = self._derivations(*fact, how, stake)
        bookkeeping = _is_bookkeeping(derivations)
        proof = replace(proof, derivations=derivations, unshown=unshown, bookkeeping=bookkeeping)
        touched = tuple(self.trail[begun:])
        if len(touched) <= SMALL and not stake:
            if proof.bookkeeping:
                self.opened.discard(fact)
            if set(self.pointed[pointed:]) <= set(touched):
                opened = frozenset(self.opened.intersection(touched))
                self.known[fact, how] = Known(proof, touched, opened)
        return proof

    def _derivations(
        self, template: str, row: Row, how: How, stake: Stake | None
    ) -> tuple[tuple[Derivation, ...], int]:
        """The derivations asked for, and how many more there are."""
        below = replace(how, every=False)
        derivations: list[Derivation] = []
        count = 0
        for clause, found in self.ways(template, row, how):
            adds_up = self.matcher.head(clause).aggregates
            count += bool(found.number) if adds_up else found.number
            if found.listed and adds_up:
                derivations.append(self._ledger(clause, row, found, below, stake))
            else:
                derivations += [self._derivation(match, below, stake) for match in found.listed]
        return tuple(derivations), count - len(derivations)

    def ways(self, template: str, row: Row, how: How) -> Iterator[tuple[Clause, Matches]]:
        """Each clause that concludes the fact, with the matches that are told of it."""
        told = False
        for clause in self.matcher.clauses.get(template, []):
            found = self.matcher.matches(clause, row, self.most(clause, how))
            if found.number:
                yield clause, found.first(0) if told and not how.every else found
                told = True

    def most(self, clause: Clause, how: How) -> int:
        """How many matches of a clause are told at most."""
        if self.matcher.head(clause).aggregates:
            return how.lines
        return WAYS if how.every else 1

    def below(self, match: Match, how: How) -> Iterator[tuple[Fact, How]]:
        """The facts that a match rests on, and how far each is asked further."""
        quiet = self.rulebook.rules[match.clause.rule].quiet
        further = replace(how, every=False).below(quiet)
        for position, row in match.facts.items():
            condition = match.clause.body[position]
            assert isinstance(condition, Presence | Fallback)
            template = condition.atom.template
            yield (template, row), self._of_premise(template, further)

    def _template(self, name: str) -> Template:
        return self.facts.vocabulary.templates[name]

    # From matches to premises

    def _derivation(self, match: Match, how: How, stake: Stake | None = None) -> Derivation:
        rule = self.rulebook.rules[match.clause.rule]
        because = self.speaker.because(rule.sentence, match.bindings, match.clause.types)
        below = how.below(rule.quiet)
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
            as_fact(found.total),
            found.number - len(listed),
            as_fact(rest) if adds_up else 0,
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
                datatype = self.facts.vocabulary.datatypes.get(SHARE, PLAIN)
                share = self.speaker.amount(match.amount * 10**PLACES // total, datatype)
        decisive = bool(decides and decides(match))
        value = as_fact(match.amount)
        return Line(derivation.because, value, amount, share, derivation.premises, decisive)

    def _said_amount(self, amount: int, aggregate: Aggregate, clause: Clause) -> str:
        """In the measure of the conclusion; nothing where it is of no kind that people know."""
        field, term = next((name, t) for name, t in clause.head if is_aggregated(t))
        if term == aggregate or is_quotient_of_sum(term):
            datatype = self._template(clause.head.template).by_name[field].type
        elif isinstance(aggregate.operand, Variable):
            datatype = clause.types[aggregate.operand.name]
        else:
            return ""
        return self.speaker.amount(as_fact(amount), datatype)

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
        return self._prove(template, row, self._of_premise(template, how), stake)

    def _of_premise(self, template: str, how: How) -> How:
        """What is a question of its own is not asked further, unless in full."""
        own_question = self._template(template).own_question and not how.full
        return replace(how, depth=0) if own_question else how

    def _absent(self, atom: Atom, match: Match) -> Absent:
        known = self._known(atom, match)
        says = self.speaker.absence(atom.template, known)
        return Absent(atom.template, says, known, self._template(atom.template).table)

    def _known(self, atom: Atom, match: Match) -> dict[str, Value]:
        """The fields of a condition as far as the binding tells them."""
        known: dict[str, Value] = {}
        for field, term in atom:
            if isinstance(term, Constant):
                known[field] = term.value
            elif isinstance(term, Variable) and term.name in match.bindings:
                known[field] = match.bindings[term.name]
        return known

    def _compared(self, comparison: Comparison, match: Match) -> Compared:
        types, sides = match.clause.types, expressions(comparison)
        one, other = (self.speaker.expression(s, match.bindings, types) or "–" for s in sides)
        says = f"{one} {comparison.operator} {other}"
        left, right = (_value(side, match.bindings) for side in expressions(comparison))
        compared = Compared(says, comparison.operator, left, right)
        apart, measured = margin(comparison, match), self.speaker.measure(comparison.left, types)
        if apart is None or not measured.many or "{}" in measured.many.values():
            return compared
        return replace(compared, margin=self.speaker.apart(apart, measured))


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
        amount = UNIT if counts else as_fact(match.amount)
        return not stake.holds(whole - amount)

    return decides


def _value(expression: Expression, bindings: Bindings) -> Value:
    """A side of a comparison, as near as the places of a fact tell it."""
    if not isinstance(expression, Operation):
        return value_of(expression)(bindings)
    try:
        return rescale(*number_of(expression)(bindings), PLACES)
    except ArithmeticError:
        return None


def as_fact(amount: int) -> int:
    """What a match contributes, as a fact would hold it."""
    return rescale(amount, INNER_PLACES, PLACES)


def _is_bookkeeping(derivations: tuple[Derivation, ...]) -> bool:
    return bool(derivations) and all(
        derivation.quiet
        and all(not isinstance(p, Proof) or p.bookkeeping for p in all_premises(derivation))
        for derivation in derivations
    )
