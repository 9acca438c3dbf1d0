"""A fact in, its proof out: each rule body is asked again with its conclusion bound.

Facts of a recursive stratum may rest only on facts of an earlier round (Soufflé's ranks; Zhao,
Subotić and Scholz 2020), so every proof ends.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase, Row, quoted
from cop_expert.infer.duck import fixed_point
from cop_expert.infer.sql import MACROS, Body, literal, rescaled
from cop_expert.model.arithmetic import INNER_PLACES, PLACES, rescale
from cop_expert.model.measure import measure
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
    Stratum,
    Variable,
    is_aggregated,
    parts,
)
from cop_expert.model.template import Template, Value

LINES = 25
"""Contributions listed in a ledger; the rest is summed up in one line."""
WAYS = 100
"""Derivations listed where all are asked for; the rest is counted."""


class Match(NamedTuple):
    """One binding of a clause's variables, and the facts that it rests on."""

    clause: Clause
    bindings: dict[str, Value]
    facts: dict[int, Row]
    """By position of the condition; a fallback without a fact is left out."""
    amount: int
    """What it contributes to an aggregate, to twelve places; 0 for other clauses."""


class Matches(NamedTuple):
    """The matches listed, how many there are in all, and what all contribute together."""

    listed: list[Match]
    number: int
    total: int


class Explainer:
    """Proves facts of one fact base."""

    def __init__(self, facts: FactBase, rulebook: CheckedRulebook, speaker: Speaker) -> None:
        self.facts = facts
        self.rulebook = rulebook
        self.speaker = speaker
        self.clauses: dict[str, list[Clause]] = {}
        self.strata: dict[str, Stratum] = {}
        self.ranked: set[str] = set()
        self.opened: set[tuple[str, Row]] = set()
        """What the present answer has proved."""
        self.settled: dict[tuple[str, Row], Proof] = {}
        """Given facts and bookkeeping, the same in every answer."""
        for stratum in rulebook.strata:
            self.strata |= dict.fromkeys(stratum.templates, stratum)
            for clause in stratum.clauses:
                self.clauses.setdefault(clause.head.template, []).append(clause)
        facts.connection.execute(MACROS)

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
        for clause in self.clauses.get(template, []):
            wanted = WAYS if every else int(not derivations)
            found = self._matches(clause, row, LINES if clause.aggregates else max(wanted, 1))
            count += bool(found.number) if clause.aggregates else found.number
            if clause.aggregates and found.number and wanted:
                derivations.append(self._ledger(clause, found, depth, full))
            elif wanted:
                derivations += [self._derivation(match, depth, full) for match in found.listed]
        return tuple(derivations), count - len(derivations)

    def _template(self, name: str) -> Template:
        return self.facts.vocabulary.templates[name]

    # Asking a clause again

    def _matches(self, clause: Clause, row: Row, limit: int) -> Matches:
        """The bindings with which the clause concludes the row, the weightiest first."""
        template = self._template(clause.head.template)
        bound: dict[str, Value] = {}
        computed = []
        for field, value in zip(template.names, row, strict=True):
            term = clause.head.term(field)
            if isinstance(term, Variable) and value is not None:
                bound[term.name] = value
            elif isinstance(term, Constant) or term is None:
                if (term.value if term else None) != value:
                    return Matches([], 0, 0)
            elif not is_aggregated(term):
                computed.append((term, value))
        body = Body(clause, self.facts.vocabulary, self._earlier(clause, row), bound)
        same = [f"{body.value(term)} = {literal(value)}" for term, value in computed]
        return self._ask(clause, body, same, limit)

    def _ask(self, clause: Clause, body: Body, same: list[str], limit: int) -> Matches:
        atoms = {
            position: condition.atom.template
            for position, condition in enumerate(clause.body)
            if isinstance(condition, Presence | Fallback)
        }
        names = list(body.values)
        columns = [body.values[name] for name in names]
        for position, template in atoms.items():
            columns += [f"t{position}.{quoted(field)}" for field in self._template(template).names]
        amount, order = self._amount(clause, body)
        found = self.facts.query(
            f"SELECT count(*) OVER (), {amount}, sum({amount}) OVER (), {', '.join(columns) or 1} "
            f"{body.text(*same)} ORDER BY {order}{', '.join(columns) or 1} LIMIT {limit}"
        )
        listed = [self._match(clause, names, atoms, row) for row in found]
        return Matches(listed, found[0][0] if found else 0, int(found[0][2]) if found else 0)

    def _match(
        self, clause: Clause, names: list[str], atoms: dict[int, str], row: tuple[Value, ...]
    ) -> Match:
        _, amount, _, *values = row
        bindings = dict(zip(names, values, strict=False))
        rest = values[len(names) :]
        facts = {}
        for position, template in atoms.items():
            width = len(self._template(template).names)
            fact, rest = tuple(rest[:width]), rest[width:]
            if any(value is not None for value in fact):
                facts[position] = fact
        assert isinstance(amount, int)
        return Match(clause, bindings, facts, amount)

    def _amount(self, clause: Clause, body: Body) -> tuple[str, str]:
        """What a match adds to the first aggregate of the conclusion, and the order of matches."""
        aggregate = _aggregate(clause)
        if aggregate is None or aggregate.function == "count":
            return "0::HUGEINT", ""
        if not body.is_number(aggregate.operand):
            return "0::HUGEINT", f"{body.value(aggregate.operand)}, "
        sql = rescaled(*body.number(aggregate.operand), INNER_PLACES)
        return sql, f"{sql}{'' if aggregate.function == 'min' else ' DESC'}, "

    def _earlier(self, clause: Clause, row: Row) -> Callable[[int, str], str]:
        """In a recursive stratum only the facts of rounds before that of the row."""
        stratum = self.strata[clause.head.template]
        if not stratum.recursive:
            return lambda position, template: quoted(template)
        if stratum.templates[0] not in self.ranked:
            fixed_point(self.facts, stratum, keep_rounds=True)
            self.ranked |= set(stratum.templates)
        names = self._template(clause.head.template).names
        same = " AND ".join(
            f"{quoted(name)} IS NOT DISTINCT FROM {literal(value)}"
            for name, value in zip(names, row, strict=True)
        )
        ranks = quoted(clause.head.template + "@rounds")
        own = f'SELECT "@round" FROM {ranks} WHERE {same}'

        def earlier(position: int, template: str) -> str:
            if template not in stratum.templates:
                return quoted(template)
            return f'(SELECT * FROM {quoted(template + "@rounds")} WHERE "@round" < ({own}))'

        return earlier

    # From matches to premises

    def _derivation(self, match: Match, depth: int, full: bool) -> Derivation:
        rule = self.rulebook.rules[match.clause.rule]
        because = self.speaker.because(
            self.rulebook.sentences[rule.name], match.bindings, match.clause.types
        )
        premises = tuple(self._premises(match, depth if rule.quiet else depth - 1, full))
        return Derivation(rule.name, because, rule.basis, rule.quiet, rule.origin, premises)

    def _ledger(self, clause: Clause, found: Matches, depth: int, full: bool) -> Derivation:
        rule = self.rulebook.rules[clause.rule]
        aggregate = _aggregate(clause)
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
        template = self._template(clause.head.template)
        field = next(name for name, term in clause.head if is_aggregated(term))
        datatype = measure(aggregate.operand, clause.types, self.facts.vocabulary.datatypes)
        if clause.head.term(field) == aggregate:
            datatype = template.by_name[field].type
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


def _aggregate(clause: Clause) -> Aggregate | None:
    """The first aggregate of the conclusion."""
    for _, term in clause.head:
        for part in parts(term):
            if isinstance(part, Aggregate):
                return part
    return None
