"""What was asked for and does not hold in, why not out: rule by rule, the nearest first."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from cop_expert.explain.goal import Goal, stored
from cop_expert.explain.lookups import Lookup
from cop_expert.explain.name_book import folded
from cop_expert.explain.nearly import Near, Nearest
from cop_expert.explain.question import Match
from cop_expert.explain.stakes import Stake, margin, nearest_value, sides, stakes
from cop_expert.explain.why import BRIEF, Explainer
from cop_expert.facts import Row, quoted
from cop_expert.infer.joins import MIRRORED
from cop_expert.model.miss import Blocked, Lack, Miss, Missing, Needed, Refusal, Short
from cop_expert.model.proof import Proof
from cop_expert.model.rule import (
    Absence,
    Atom,
    Clause,
    Comparison,
    Condition,
    Constant,
    Fallback,
    Presence,
    Variable,
    is_aggregated,
    variables,
)
from cop_expert.model.template import Value

RULES = 6
"""Rules that are shown; the rest is counted."""
DEPTH = 8
"""How far down it is asked why a condition was not concluded."""
SPINE = 4
"""Steps from a threshold down to the sum that its number was made of."""
Order = tuple[int, int, int, int]
"""How hard it would be to change, how many conditions fail, how far down, the rule's place."""
BLOCKED = 1
"""The effort to undo what stands in the way."""
ENDLESS = 1_000_000
"""More than any effort."""
CAN_FAIL = (Presence, Absence, Comparison)
WHOLE = ("Headcount", "Count")
"""Datatypes of which people think in whole numbers."""


class Known(NamedTuple):
    """What can be said of a fact that is not there."""

    values: dict[str, Value]
    of_all: bool
    """True where it is said of all that was asked for, and not of the nearest only."""


class WhyNot:
    """Explains what does not hold, on one fact base."""

    def __init__(self, explainer: Explainer) -> None:
        self.explainer = explainer
        self.facts = explainer.facts
        self.speaker = explainer.speaker
        self.clauses = explainer.matcher.clauses
        self.nearest = Nearest(self.facts, self.clauses)
        self._found: dict[tuple[Goal, frozenset[str]], Miss | None] = {}
        self._efforts: dict[str, int] = {}

    def refuse(self, goal: Goal) -> Refusal:
        """Why there is no such fact; the goal has one row."""
        self.nearest.look_ahead(goal)
        misses = list(self._misses(goal, DEPTH, frozenset()))
        kind = self.facts.vocabulary.templates[goal.template]
        (told,) = self.facts.told([kind.by_name[f].type.kind for f in goal.fields], [goal.rows[0]])
        says = self.speaker.absence(goal.template, dict(zip(goal.fields, told, strict=True)))
        # Of rules that are as near, the one of which more holds already tells more.
        ranked = sorted(misses, key=lambda pair: (pair[0][:2], -pair[1].held, pair[0]))
        shown = tuple(miss for _, miss in ranked)
        return Refusal(goal.template, says, shown[:RULES], max(0, len(shown) - RULES))

    def _misses(
        self,
        goal: Goal,
        depth: int,
        above: frozenset[str],
        enough: Callable[[], int] = lambda: ENDLESS,
    ) -> Iterator[tuple[Order, Miss]]:
        """Each rule's miss after its order; bookkeeping gives way to what it passes on.

        What would be harder to change than is `enough` by then is passed over.
        """
        for position, clause in enumerate(self.clauses.get(goal.template, [])):
            near = self.nearest.near(clause, goal)
            if near is None or not near.failed:
                continue
            if self._least_effort(clause.body[near.failed[0]]) > enough():
                continue
            passed_on = self._passed_on(clause, goal, near)
            if passed_on and passed_on.template not in above:
                yield from self._misses(passed_on, depth, above | {goal.template}, enough)
            else:
                miss = self._miss(clause, goal, near, depth, above)
                yield (_effort(miss), miss.failed, _length(miss), position), miss

    def _passed_on(self, clause: Clause, goal: Goal, near: Near) -> Goal | None:
        """What a bookkeeping rule merely passes on, where that is what is missing."""
        rule = self.explainer.rulebook.rules[clause.rule]
        condition = clause.body[near.failed[0]]
        if not rule.quiet or not isinstance(condition, Presence):
            return None
        if self.facts.vocabulary.templates[condition.atom.template].given:
            return None
        return self.nearest.missed(clause, goal, near.failed[0])

    def _miss(
        self, clause: Clause, goal: Goal, near: Near, depth: int, above: frozenset[str]
    ) -> Miss:
        values = self._would_be(clause, near.match)
        return Miss(
            clause.rule,
            self.explainer.rulebook.rules[clause.rule].origin,
            values,
            self.speaker.fact(clause.head.template, values),
            self._lack(clause, goal, near, depth, above | {goal.template}),
            sum(near.holds.values()),
            len(near.failed),
        )

    def _would_be(self, clause: Clause, match: Match) -> dict[str, Value]:
        """The fact as far as the binding and the rule's literals tell it."""
        values: dict[str, Value] = {}
        for field, term in clause.head:
            if isinstance(term, Constant):
                values[field] = term.value
            elif isinstance(term, Variable):
                values[field] = match.bindings.get(term.name)
        return values

    # What the nearest binding lacks

    def _lack(
        self, clause: Clause, goal: Goal, near: Near, depth: int, above: frozenset[str]
    ) -> Lack:
        match condition := clause.body[near.failed[0]]:
            case Presence(atom):
                return self._missing(clause, goal, near, atom, depth, above)
            case Absence(atom):
                return Blocked(self._blocker(near.match, atom))
            case Comparison():
                return self._short(condition, near.match)
        raise TypeError("nothing else can fail")

    def _missing(
        self,
        clause: Clause,
        goal: Goal,
        near: Near,
        atom: Atom,
        depth: int,
        above: frozenset[str],
    ) -> Missing:
        template = self.facts.vocabulary.templates[atom.template]
        known, of_all = self._known(clause, goal, atom, near)
        sayable = self.speaker.can_say_absence(atom.template, known)
        says = self.speaker.absence(atom.template, known) if sayable else ""
        missing = Missing(atom.template, says, template.table, template.change_cost, of_all)
        if template.given:
            return replace(missing, lapsed=self._lapsed(atom.template, known))
        if depth <= 1 or atom.template in above:
            return missing
        missed = self.nearest.missed(clause, goal, near.failed[0])
        if (missed, above) not in self._found:
            self._found[missed, above] = self._nearest_miss(missed, depth - 1, above)
        nearest = self._found[missed, above]
        return replace(missing, nearest=nearest, among=_among(missed, nearest))

    def _nearest_miss(self, goal: Goal, depth: int, above: frozenset[str]) -> Miss | None:
        """The miss of the rule that comes nearest; the others are followed no further than that."""
        best: tuple[Order, Miss] | None = None

        def enough() -> int:
            return best[0][0] if best else ENDLESS

        for found in self._misses(goal, depth, above, enough):
            if best is None or found[0] < best[0]:
                best = found
        return best[1] if best else None

    def _least_effort(self, condition: Condition) -> int:
        """No way to provide what the condition lacks is easier than this."""
        match condition:
            case Presence(atom):
                return self._least(atom.template)
            case Absence():
                return BLOCKED
            case _:
                return 0

    def _least(self, template: str) -> int:
        """The same for any fact of the template; 0 where facts rest on one another by turns."""
        if template not in self._efforts:
            self._efforts[template] = 0
            clauses = self.clauses.get(template, [])
            failing = [c for clause in clauses for c in clause.body if isinstance(c, CAN_FAIL)]
            least = [self._least_effort(c) for c in failing if not _asks_for(c, template)]
            own = self.facts.vocabulary.templates[template].change_cost
            turns = clauses and len(self.explainer.matcher.strata[template].templates) > 1
            self._efforts[template] = 0 if turns else min([own, *least])
        return self._efforts[template]

    def _lapsed(self, template: str, known: dict[str, Value]) -> Proof | None:
        """Such a row that no longer counts, the last of several; names match as people write."""
        asked = {field: folded(str(value)) for field, value in known.items()}
        alike = [
            one
            for one in self.facts.lapsed(template)
            if all(folded(str(one.values[field])) == asked[field] for field in asked)
        ]
        if not alike:
            return None
        last = max(alike, key=lambda one: str(one.values[self._lapses(template)]))
        says = self.speaker.fact(template, last.values)
        return Proof(template, last.values, says, (last.origin,))

    def _lapses(self, template: str) -> str:
        """The field with the last day on which a row holds."""
        return self.facts.vocabulary.templates[template].lapses

    def _known(self, clause: Clause, goal: Goal, atom: Atom, near: Near) -> Known:
        """What is said of the missing fact: no more than is needed for there to be none."""
        names = {f: t.name for f, t in atom if isinstance(t, Variable)}
        literals: dict[str, Value] = {f: t.value for f, t in atom if isinstance(t, Constant)}
        there = {f: near.match.bindings.get(name) for f, name in names.items()}
        known: dict[str, Value] = {f: value for f, value in there.items() if value is not None}
        head = {term.name for _, term in clause.head if isinstance(term, Variable)}
        asked = {field: value for field, value in known.items() if names[field] in head}
        if len(asked) < len(known) and self._is_any(atom.template, asked | literals):
            return Known(known | literals, False)
        varying = goal.varying(clause)
        return Known(asked | literals, not any(names[field] in varying for field in asked))

    def _is_any(self, template: str, values: dict[str, Value]) -> bool:
        """Whether any fact of the template has these values."""
        held = ((field, stored(value, self.facts)) for field, value in values.items())
        return bool(self.nearest.lookups.rows(Lookup(template, tuple(sorted(held)))))

    def values(self, atom: Atom, match: Match) -> dict[str, Value]:
        """What a binding says of the fact that a condition speaks of."""
        known: dict[str, Value] = {}
        for field, term in atom:
            if isinstance(term, Constant):
                known[field] = term.value
            elif isinstance(term, Variable) and match.bindings.get(term.name) is not None:
                known[field] = match.bindings[term.name]
        return known

    def rows(self, template: str, values: dict[str, Value], limit: int) -> list[Row]:
        """The template's facts with these values, at most so many."""
        kind = self.facts.vocabulary.templates[template]
        where, stored = ["TRUE"], []
        for field, value in values.items():
            where.append(f"{quoted(field)} IS NOT DISTINCT FROM ?")
            stored.append(self.facts.names.code(value) if isinstance(value, str) else value)
        columns = ", ".join(map(quoted, kind.names))
        sql = (
            f"SELECT {columns} FROM {quoted(template)} WHERE {' AND '.join(where)} "
            f"ORDER BY ALL LIMIT {limit}"
        )
        return self.facts.told(kind.kinds, self.facts.query(sql, stored))

    def _blocker(self, match: Match, atom: Atom) -> Proof:
        """The fact that stands in the way, and why it is there."""
        (row,) = self.rows(atom.template, self.values(atom, match), 1)
        return self.explainer.prove(atom.template, row, BRIEF)

    # What falls short

    def _short(self, comparison: Comparison, match: Match) -> Short:
        types = match.clause.types
        left, operator, right = comparison.left, comparison.operator, comparison.right
        if not variables(left):
            left, operator, right = right, MIRRORED.get(operator, operator), left
        apart, measured = margin(comparison, match), self.speaker.measure(left, types)
        return Short(
            self._quantity(left, match),
            operator,
            self.speaker.expression(right, match.bindings, types) or "–",
            self.speaker.apart(apart, measured) if apart else "",
            self._off(comparison, match),
            self._needed(match),
        )

    def _off(self, comparison: Comparison, match: Match) -> int:
        apart = margin(comparison, match)
        if apart is None:
            return 1000
        return apart * 1000 // max(1, *(abs(n) for n in sides(comparison, match)))

    def _quantity(self, expression: object, match: Match) -> str:
        """The fact that tells the number, where one does; else the number itself."""
        for position, row in match.facts.items():
            condition = match.clause.body[position]
            assert isinstance(condition, Presence | Fallback)
            if any(term == expression or _same(term, expression) for _, term in condition.atom):
                return self._said(condition.atom.template, row)
        assert not isinstance(expression, str)
        return self.speaker.expression(expression, match.bindings, match.clause.types) or "–"  # type: ignore[arg-type]

    def _said(self, template: str, row: Row, **other: Value) -> str:
        names = self.facts.vocabulary.templates[template].names
        return self.speaker.fact(template, dict(zip(names, row, strict=True)) | other)

    def _needed(
        self, match: Match, above: Stake | None = None, depth: int = DEPTH
    ) -> Needed | None:
        """The sum that the number is made of, as large as it would have to be."""
        for position, stake in stakes(match, above):
            condition = match.clause.body[position]
            assert isinstance(condition, Presence | Fallback)
            found = self._needed_of(condition.atom.template, match.facts[position], stake, depth)
            if found:
                return found
        return None

    def _needed_of(self, template: str, row: Row, stake: Stake, depth: int) -> Needed | None:
        for clause in self.clauses.get(template, []) if depth else []:
            found = self.explainer.matcher.matches(clause, row, 1)
            term = clause.head.term(stake.field)
            if not found.number or term is None:
                continue
            if is_aggregated(term):
                return self._changed(template, row, stake)
            return self._needed(found.listed[0], stake, depth - 1)
        return None

    def _changed(self, template: str, row: Row, stake: Stake) -> Needed | None:
        kind = self.facts.vocabulary.templates[template]
        datatype = kind.by_name[stake.field].type
        value = row[kind.position(stake.field)]
        assert isinstance(value, int)
        other = nearest_value(stake, value, datatype.name in WHOLE)
        if other is None:
            return None
        return Needed(
            self._said(template, row),
            self._said(template, row, **{stake.field: other}),
            self.speaker.apart(abs(other - value), datatype),
            other > value,
        )


def _among(missed: Goal, nearest: Miss | None) -> int:
    """Of how many facts the nearest one is one; where none is there at all it is said of all."""
    lack = nearest.lack if nearest else None
    return 1 if isinstance(lack, Missing) and lack.of_all else len(missed.rows)


def _effort(miss: Miss) -> int:
    """How hard it would be to provide what is lacking: a number counts by how far it is off."""
    lack = miss.lack
    while isinstance(lack, Missing) and lack.nearest:
        lack = lack.nearest.lack
    match lack:
        case Missing(cost=cost):
            return cost
        case Short(off=off):
            return off // 100
        case _:
            return BLOCKED


def _length(miss: Miss) -> int:
    """How many rules lie between what was asked for and what is lacking."""
    below = miss.lack.nearest if isinstance(miss.lack, Missing) else None
    return 1 + (_length(below) if below else 0)


def _asks_for(condition: Condition, template: str) -> bool:
    return isinstance(condition, Presence) and condition.atom.template == template


def _same(term: object, expression: object) -> bool:
    """Whether both are the same name, wherever it stands."""
    return (
        isinstance(term, Variable)
        and isinstance(expression, Variable)
        and term.name == expression.name
    )
