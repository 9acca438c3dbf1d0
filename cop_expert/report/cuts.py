"""A fact base in, every cut that its rules would choose out, by what a community costs to run.

A place where a community may be, a whole unit or the posts directly in one, is cut out over one
range of running costs: from the cost at which the unit stays whole to the one at which something
around it does. So all cuts together are a list of ranges, and each figure of a cut is a sum over
those that hold its cost. Mergers that were decided come on top.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from cop_expert.report.known import Known, number

ALWAYS = 1 << 80
"""A running cost beyond all that are possible."""


class Place(NamedTuple):
    """Where a community may be: a whole unit, or the posts that stand directly in it."""

    unit: str
    is_own: bool


class Node(NamedTuple):
    """A unit with people in it."""

    unit: str
    groups: tuple[str, ...]
    """Its child units with people."""
    burden: int
    """Hours that would be superfluous if it had one common set of information."""
    own: int | None
    """The same of its own posts, where they are a group beside its child units."""
    splits_below: int
    """The running cost below which the rules split it; ALWAYS or 0 where it matters to none."""
    may_split: bool
    may_stay: bool

    @property
    def is_passed(self) -> bool:
        """True where it holds one group only and hands on to it."""
        return not (self.may_split or self.may_stay)


class Span(NamedTuple):
    """The running costs, `low` included, at which a place is a community before mergers."""

    place: Place
    low: int
    high: int
    burden: int


Possible = tuple[str, frozenset[Place]]
"""A community of some cut: the unit that it is named after, and all that went into it."""


class Cuts:
    """Every cut of one engagement."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.tree = {node.unit: node for node in _nodes(known)}
        roots = (str(record["unit"]) for record in known.all("Unit", part_of=None))
        self.roots = [unit for unit in roots if unit in self.tree]
        self.spans = list(_spans(self.tree, self.roots))
        self.running = known.number("RunningCost", "hours")
        self.floor = min((number(r["hours"]) for r in known.records("CutStep")), default=0)
        self.foot = number((known.one("WidestPlateau") or {}).get("low"))
        """Where the widest plateau of the hours alone begins."""
        self.merges = {
            str(record["subject"]): str(record["object"])
            for record in known.all("Decision", kind="merge")
            if record["object"] in self.tree and record["subject"] in self.tree
        }

    @cached_property
    def edges(self) -> list[int]:
        """The least running cost, then those at which a community comes or goes."""
        start = min(self.floor, self.running)
        found = {edge for span in self.spans for edge in (span.low, span.high)}
        return sorted({start} | {edge for edge in found if start < edge < ALWAYS})

    def counts(self) -> list[int]:
        """Communities from each edge on."""
        spans = [(span.low, span.high, 1) for span in self.spans]
        return self._sums([*spans, *((low, high, -1) for low, high in self._mergers())])

    def burdens(self) -> list[int]:
        """Hours that a common set in each community would waste, before mergers."""
        return self._sums((span.low, span.high, span.burden) for span in self.spans)

    def _sums(self, ranges: Iterable[tuple[int, int, int]]) -> list[int]:
        steps = [0] * (len(self.edges) + 1)
        for low, high, amount in ranges:
            steps[self._stretch(low)] += amount
            steps[self._stretch(high)] -= amount
        return list(accumulate(steps))[:-1]

    def _stretch(self, cost: int) -> int:
        """The first edge from which a range that begins or ends at the cost counts, or not."""
        return len(self.edges) if cost >= ALWAYS else max(0, bisect_right(self.edges, cost) - 1)

    def _mergers(self) -> Iterator[tuple[int, int]]:
        """The running costs at which both ends of a merger are communities."""
        for one, other in self.merges.items():
            low = max(self._range(one)[0], self._range(other)[0])
            high = min(self._range(one)[1], self._range(other)[1])
            if low < high:
                yield low, high

    def _range(self, unit: str) -> tuple[int, int]:
        """A unit lends its name to its own posts while it is split, to all while it is not."""
        found = [span for span in self._by_unit.get(unit, []) if span.low < span.high]
        return min((s.low for s in found), default=0), max((s.high for s in found), default=0)

    @cached_property
    def _by_unit(self) -> dict[str, list[Span]]:
        found: dict[str, list[Span]] = {}
        for span in self.spans:
            found.setdefault(span.place.unit, []).append(span)
        return found

    def joining(self) -> dict[int, list[str]]:
        """By running cost, the units that stay whole from there on, and are split below."""
        found: dict[int, list[str]] = {}
        for span in self.spans:
            if span.low and not span.place.is_own:
                found.setdefault(span.low, []).append(span.place.unit)
        return found

    def places(self, cost: int) -> list[Place]:
        """The cut at a running cost, before mergers."""
        return [span.place for span in self.spans if span.low <= cost < span.high]

    def merged(self, places: Iterable[Place]) -> list[Possible]:
        """The communities of a cut, once what was decided to be merged is."""
        places = list(places)
        there = {place.unit for place in places}
        found: dict[str, set[Place]] = {}
        for place in places:
            name = place.unit
            while self.merges.get(name) in there:
                name = self.merges[name]
            found.setdefault(name, set()).add(place)
        return [(name, frozenset(parts)) for name, parts in found.items()]


def _nodes(known: Known) -> Iterator[Node]:
    groups = known.groups("Group", "unit", "group")
    even = known.numbers("BreakEven", "unit", "hours")
    anyway = {str(record["unit"]) for record in known.records("SplitsAnyway")}
    passed = {str(record["unit"]) for record in known.records("PassedThrough")}
    whole = {str(r["subject"]) for r in known.all("Decision", kind="keep whole")} - anyway
    own_cost = {
        str(r["unit"]): number(r["value"]) for r in known.all("SetFor", parameter="running")
    }
    burdens = known.numbers("UnitBurden", "unit", "burden")
    own_burdens = known.numbers("OwnBurden", "unit", "burden")

    bound = anyway | whole | (own_cost.keys() & even.keys())

    def splits_below(unit: str) -> int:
        if unit in anyway:
            return ALWAYS
        if unit in whole or unit not in even:
            return 0
        if unit in own_cost:
            return ALWAYS if even[unit] > own_cost[unit] else 0
        return max(0, even[unit])

    for record in known.records("UnitHeads"):
        unit = str(record["unit"])
        below, most = groups.get(unit, []), splits_below(unit)
        yield Node(
            unit=unit,
            groups=tuple(group for group in below if group != unit),
            burden=burdens.get(unit, 0),
            own=own_burdens.get(unit, 0) if unit in below else None,
            splits_below=most,
            may_split=len(below) > 1 and (most > 0 or unit not in bound),
            may_stay=unit not in passed and (most == 0 or unit not in bound),
        )


def _spans(tree: dict[str, Node], roots: list[str]) -> Iterator[Span]:
    """From the roots down, with the running cost below which each unit is reached."""
    waiting = [(root, ALWAYS) for root in roots]
    for unit, reached_below in waiting:
        node = tree[unit]
        below = reached_below if node.is_passed else min(reached_below, node.splits_below)
        if below < reached_below:
            yield Span(Place(unit, is_own=False), below, reached_below, node.burden)
        if below and node.own is not None:
            yield Span(Place(unit, is_own=True), 0, below, node.own)
        if below:
            waiting += [(group, below) for group in node.groups]
