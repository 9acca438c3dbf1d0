"""What holds or does not in, changes to the client's tables that might turn it round out.

Nothing here is sure: each remedy mends the first thing that is lacking, by the nearest number or
row that would do. Whoever proposes it has to try it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cop_expert.explain.deciding import SUPPOSED
from cop_expert.explain.goal import Goal
from cop_expert.explain.nearly import Near
from cop_expert.explain.question import Match
from cop_expert.explain.stakes import (
    Stake,
    Staked,
    contribution_stakes,
    nearest_value,
    opposite,
    sides,
    stakes,
)
from cop_expert.explain.why_not import WHOLE, WhyNot
from cop_expert.facts import Row
from cop_expert.load.changes import AddRow, Cell, Change, DropRow, SetCell
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.rule import (
    Absence,
    Atom,
    Clause,
    Comparison,
    Constant,
    Fallback,
    Presence,
    expressions,
    is_aggregated,
)
from cop_expert.model.template import Field, Kind, Template, Value

DEPTH = 18
"""Rules between what is asked for and the table in which something is changed."""
LOOKS = 400
"""Facts that are looked at for one answer."""
EACH = 8
"""Facts, contributions and missing facts that are looked at in one place."""
STEP = 10
"""What lies between two costs, so that of two changes in one table the smaller comes first."""
FAR = 60
"""The most that the size of a change counts."""
FARTHEST = 10
"""How many times as large as now, or as one, a number is proposed to be at most."""
PARAMETER_COST = 7
"""How hard it is to change a parameter, beside rows of tables."""
DEAREST = 6
"""The cost up to which rows are proposed that are not there, or should not be."""


class Remedy(NamedTuple):
    """A change that may help, and how hard it is beside others."""

    cost: int
    rows: tuple[Change, ...] = ()
    parameters: tuple[tuple[str, Value], ...] = ()


class Remedies:
    """Proposes changes on one fact base."""

    def __init__(self, why_not: WhyNot) -> None:
        self.why_not = why_not
        self.facts = why_not.facts
        self.clauses = why_not.clauses
        self.matcher = why_not.explainer.matcher
        self.templates = self.facts.vocabulary.templates
        self._seen: set[object] = set()
        """What has been looked at: it proposes the same wherever it is met again."""

    def _is_new(self, *place: object) -> bool:
        """Whether something is still to be looked at; not for ever."""
        if place in self._seen or len(self._seen) == LOOKS:
            return False
        self._seen.add(place)
        return True

    # So that something holds

    def to_hold(self, goal: Goal, depth: int = DEPTH) -> Iterator[Remedy]:
        """Whatever might bring about a fact as the goal has it."""
        if not self._is_new("hold", goal) or not depth:
            return
        for clause in self.clauses.get(goal.template, []):
            near = self.why_not.nearest.near(clause, goal)
            if near and near.failed:
                yield from self._provide(clause, goal, near, depth - 1)

    def _provide(self, clause: Clause, goal: Goal, near: Near, depth: int) -> Iterator[Remedy]:
        """What the nearest binding of the clause lacks first."""
        position = near.failed[0]
        match condition := clause.body[position]:
            case Presence(atom) if self.templates[atom.template].given:
                yield from self._add(atom, near)
            case Presence():
                yield from self._conclude(
                    self.why_not.nearest.missed(clause, goal, position), depth
                )
            case Absence(atom):
                for row in self._found(atom, near.match):
                    yield from self.to_fail(atom.template, row, depth)
            case Comparison():
                yield from self._parameters(condition, near.match)
                yield from self._move_all(near.match, stakes(near.match), depth)

    def _conclude(self, missed: Goal, depth: int) -> Iterator[Remedy]:
        for row in missed.rows[:EACH]:
            yield from self.to_hold(Goal(missed.template, missed.fields, (row,)), depth)

    def _add(self, atom: Atom, near: Near) -> Iterator[Remedy]:
        """The row that is missing; or another cell in the row that there is."""
        template = self.templates[atom.template]
        known = self.why_not.values(atom, near.match)
        if not template.table or template.change_cost > DEAREST:
            return
        key = {name: known[name] for name in template.key if name in known}
        there = self.why_not.rows(template.name, key, 2) if key else []
        if len(there) == 1 and len(key) == len(template.key):
            yield from self._set(template, there[0], known)
        elif all(name in known for name in self._required_key(template)):
            row = AddRow(template.table, _cells(template, known))
            yield Remedy(template.change_cost * STEP, (row,))

    def _required_key(self, template: Template) -> Iterator[str]:
        """The fields without which a row cannot be told from others."""
        for name in template.key:
            field = template.by_name[name]
            if field.required and name not in SUPPOSED:
                yield name

    def _set(self, template: Template, row: Row, known: dict[str, Value]) -> Iterator[Remedy]:
        (place, *_) = self.facts.origins(template.name, row)
        rows = tuple(
            SetCell(template.table, (), template.by_name[name].heading, _cell(value), place)
            for name, value in known.items()
            if name not in template.key and value is not None
        )
        if rows:
            yield Remedy(template.change_cost * STEP, rows)

    # So that something does not hold

    def to_fail(self, template: str, row: Row, depth: int = DEPTH) -> Iterator[Remedy]:
        """Whatever might undo the fact: its first derivation, or the row that gives it."""
        kind = self.templates[template]
        if kind.given:
            if kind.table and kind.change_cost <= DEAREST:
                place = self.facts.origins(template, row)[0]
                yield Remedy(kind.change_cost * STEP, (DropRow(kind.table, (), place),))
            return
        if not self._is_new("fail", template, row) or not depth:
            return
        for clause in self.clauses.get(template, []):
            found = self.matcher.matches(clause, row, 1)
            for match in found.listed:
                yield from self._undo(clause, match, depth - 1)

    def _undo(self, clause: Clause, match: Match, depth: int) -> Iterator[Remedy]:
        for atom in (c.atom for c in clause.body if isinstance(c, Absence)):
            known = self.why_not.values(atom, match)
            yield from self.to_hold(self.goal(atom.template, known), depth)
        against = [(place, opposite(stake)) for place, stake in stakes(match)]
        yield from self._move_all(match, against, depth)
        for position, condition in enumerate(clause.body):
            match condition:
                case Comparison():
                    yield from self._parameters(condition, match)
                case Presence(atom) if position in match.facts:
                    if not self.templates[atom.template].obvious:
                        yield from self.to_fail(atom.template, match.facts[position], depth)

    # By another number

    def _move_all(self, match: Match, staked: Staked, depth: int) -> Iterator[Remedy]:
        for position, stake in staked:
            condition = match.clause.body[position]
            assert isinstance(condition, Presence | Fallback)
            yield from self._move(condition.atom.template, match.facts[position], stake, depth)

    def _move(self, template: str, row: Row, stake: Stake, depth: int) -> Iterator[Remedy]:
        """Change the number of a fact: in its table, or by what it was concluded from."""
        kind = self.templates[template]
        if kind.given:
            yield from self._set_number(kind, row, stake)
            return
        if depth <= 0 or not self._is_new("move", template, row, stake.field):
            return
        for clause in self.clauses.get(template, []):
            term = clause.head.term(stake.field)
            found = self.matcher.matches(clause, row, EACH)
            if term is None or not found.number:
                continue
            if not is_aggregated(term):
                yield from self._move_all(
                    found.listed[0], stakes(found.listed[0], stake), depth - 1
                )
                continue
            whole = row[kind.position(stake.field)]
            assert isinstance(whole, int)
            for match in found.listed:
                staked = contribution_stakes(match, whole, stake)
                yield from self._move_all(match, staked, depth - 1)
            yield from self._contribute(clause, kind, row, depth - 1)

    def _set_number(self, kind: Template, row: Row, stake: Stake) -> Iterator[Remedy]:
        field = kind.by_name[stake.field]
        value = row[kind.position(stake.field)]
        if stake.field not in kind.may_change or not isinstance(value, int):
            return
        other = _rounded(stake, value, field)
        if other is not None and abs(other) <= FARTHEST * max(abs(value), UNIT):
            place = self.facts.origins(kind.name, row)[0]
            change = SetCell(kind.table, (), field.heading, other, place)
            far = abs(other - value) * STEP // max(abs(value), UNIT // 10)
            yield Remedy(kind.change_cost * STEP + min(far, FAR), (change,))

    def _contribute(self, clause: Clause, kind: Template, row: Row, depth: int) -> Iterator[Remedy]:
        """Further contributions to a sum: what lacks a single condition to be one."""
        key = {name: row[kind.position(name)] for name in kind.key}
        goal = self.goal(kind.name, key)
        for position, condition in enumerate(clause.body):
            if isinstance(condition, Presence):
                template = self.templates[condition.atom.template]
                if not template.given and not template.obvious:
                    yield from self._conclude(
                        self.why_not.nearest.missed(clause, goal, position), depth
                    )

    def _parameters(self, comparison: Comparison, match: Match) -> Iterator[Remedy]:
        """A parameter that would let the comparison turn out otherwise."""
        found = sides(comparison, match)
        for side, other in zip(expressions(comparison), reversed(found), strict=False):
            if isinstance(side, Constant) and side.parameter:
                for value in (other, other + 1, other - 1):
                    yield Remedy(PARAMETER_COST * STEP, (), ((side.parameter, value),))

    # Facts and what is known of them

    def goal(self, template: str, known: dict[str, Value]) -> Goal:
        """The facts with these values, as they are asked for."""
        kind = self.templates[template]
        named = {name: value for name, value in known.items() if value is not None}
        whole = tuple(named.get(name) for name in kind.names)
        row = dict(zip(kind.names, self.facts.stored(template, whole), strict=True))
        return Goal(template, tuple(named), (tuple(row[name] for name in named),))

    def _found(self, atom: Atom, match: Match) -> list[Row]:
        return self.why_not.rows(atom.template, self.why_not.values(atom, match), EACH)


def _cells(template: Template, known: dict[str, Value]) -> tuple[tuple[str, Cell], ...]:
    """A row as complete as it has to be; what is not known is what a client would likely write."""
    cells = []
    for field in template.fields:
        value = known.get(field.name, SUPPOSED.get(field.name))
        is_counted = field.type.kind == Kind.NUMBER and field.default is None
        is_asked = field.required or field.name in template.may_change
        if value is None and is_counted and is_asked:
            value = field.type.most if field.type.most is not None else UNIT
        if value is not None:
            cells.append((field.heading, _cell(value)))
    return tuple(cells)


def _cell(value: Value) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int) else str(value)


def _rounded(stake: Stake, value: int, field: Field) -> int | None:
    """The nearest number that would do, as round as can be, within the datatype's bounds."""
    exact = nearest_value(stake, value, field.type.name in WHOLE)
    if exact is None:
        return None
    for digits in (UNIT // 10, UNIT // 20, UNIT // 100, UNIT // 1000, 1):
        beyond = -(-exact // digits) * digits if exact > value else exact // digits * digits
        if stake.holds(beyond) and _fits(beyond, field):
            return beyond
    return None


def _fits(value: int, field: Field) -> bool:
    kind = field.type
    return not (
        (kind.least is not None and value < kind.least)
        or (kind.above is not None and value <= kind.above)
        or (kind.most is not None and value > kind.most)
    )
