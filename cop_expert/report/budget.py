"""Priorities and a number of hours in, what to do first out: greedy, prerequisites with the rest.

Again and again, of all that is not in yet, what meets the most need per hour goes in, together
with whatever it requires that is not in yet, as long as the hours last. Where the best does not
fit, the next best that does goes in; so the hours are used, though not always in the best way that
there is: docs/advice.md says how far that is off.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from cop_expert.load.engagement import Engagement
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.template import Value
from cop_expert.report.known import Known, number
from cop_expert.report.reasons import Reasons
from cop_expert.report.view.budget import BELOW, ENDS, Budget, Claim

WHATEVER = 1
"""The turn of what goes in however few hours there are."""

Key = tuple[str, str]
"""A community and an item."""


class Wanted(NamedTuple):
    """What an assignment asks of the hours, all in millionths."""

    turn: int
    need: int
    hours: int
    firsts: frozenset[Key]
    """What the community takes before it."""


class Refused(NamedTuple):
    """Why something stays out."""

    asks: int
    """The hours that it takes with whatever it requires that is not in yet."""
    left: int
    """The hours that were left when its turn came."""


class Filled(NamedTuple):
    """What goes in, in order, each with what it goes in for; and what stays out, likewise."""

    within: dict[Key, Key]
    below: dict[Key, Refused]


def is_bound(one: Wanted) -> bool:
    """True for what goes in however few hours there are."""
    return one.turn == WHATEVER


Rank = tuple[int, bool, Fraction, Key]


def fill(wanted: dict[Key, Wanted], hours: int) -> Filled:
    """What goes in when there are so many hours. Nothing is in without what it requires."""
    within: dict[Key, Key] = {}
    below: dict[Key, Refused] = {}
    followers: dict[Key, list[Key]] = {}
    for key, one in wanted.items():
        for first in one.firsts:
            followers.setdefault(first, []).append(key)
    queue = [(_rank(key, wanted, within), key) for key in wanted]
    heapify(queue)
    while queue:
        rank, key = heappop(queue)
        if key in within or key in below:
            continue
        now = _rank(key, wanted, within)
        if now != rank:
            heappush(queue, (now, key))
            continue
        package = _package(key, wanted, within)
        asks = sum(wanted[one].hours for one in package)
        if asks > max(0, hours) and not is_bound(wanted[key]):
            below[key] = Refused(asks, max(0, hours))
            continue
        hours -= asks
        within |= dict.fromkeys(package, key)
        for follower in {f for one in package for f in followers.get(one, ())} - within.keys():
            below.pop(follower, None)  # it asks for fewer hours now
            heappush(queue, (_rank(follower, wanted, within), follower))
    order = sorted(below, key=lambda key: _rank(key, wanted, within))
    return Filled(within, {key: below[key] for key in order})


def _package(key: Key, wanted: dict[Key, Wanted], within: dict[Key, Key]) -> list[Key]:
    """It and all that it requires, as far as that is not in yet, first things first."""
    firsts = sorted(wanted[key].firsts - within.keys(), key=lambda f: (len(wanted[f].firsts), f))
    return [*firsts, key]


def _rank(key: Key, wanted: dict[Key, Wanted], within: dict[Key, Key]) -> Rank:
    """The smallest comes first: by turn, what takes no hours, then by need per hour."""
    package = _package(key, wanted, within)
    asks = sum(wanted[one].hours for one in package)
    need = sum(wanted[one].need for one in package)
    return wanted[key].turn, asks > 0, Fraction(-need, asks or 1), key


# In the document


def hours_of(engagement: Engagement, asked: int | None) -> int | None:
    """The hours that are asked about, else those that the engagement sets, in millionths."""
    hours = engagement.settings.budget_hours if asked is None else asked
    return None if hours is None else hours * UNIT


def budget(known: Known, reasons: Reasons | None, hours: int | None) -> Budget | None:
    """What fits into the hours, in order, and what does not; none where no hours are named."""
    if hours is None:
        return None
    wanted = wants(known)
    filled = fill(wanted, hours)
    clerk = _Clerk(known, reasons, wanted)
    within, below = list(clerk.within(filled)), list(clerk.below(filled))
    told, waiting = ([c for c in claims if known.may_tell(c.people)] for claims in (within, below))
    return Budget(
        hours=hours,
        spent=_hours(wanted, filled.within),
        all_hours=_hours(wanted, wanted),
        bound=sum(wanted[k].hours for k, goal in filled.within.items() if is_bound(wanted[goal])),
        need=sum(wanted[key].need for key in filled.within),
        all_need=sum(one.need for one in wanted.values()),
        fitting=len(within),
        all=len(wanted),
        within=tuple(told),
        below=tuple(waiting),
        untold=len(wanted) - len(told) - len(waiting),
    )


def _hours(wanted: dict[Key, Wanted], keys: Iterable[Key]) -> int:
    return sum(wanted[key].hours for key in keys)


def wants(known: Known) -> dict[Key, Wanted]:
    """What each assignment asks, in order of its names."""
    turns = {
        (str(record["community"]), str(record["item"])): number(record["turn"]) // UNIT
        for record in known.records("Turn")
    }
    firsts: dict[Key, set[Key]] = {}
    for record in known.records("TakenFirst"):
        community, item = str(record["community"]), str(record["item"])
        firsts.setdefault((community, item), set()).add((community, str(record["first"])))
    return {
        key: Wanted(
            turn=turn,
            need=known.number("NeedMet", "need", **_pair(key)),
            hours=known.number("AssignmentHours", "hours", **_pair(key)),
            firsts=frozenset(firsts.get(key, set()) & turns.keys()),
        )
        for key, turn in turns.items()
    }


def _pair(key: Key) -> dict[str, Value]:
    return {"community": key[0], "item": key[1]}


class _Clerk:
    """Writes down what goes in and what stays out, as people call it."""

    def __init__(self, known: Known, reasons: Reasons | None, wanted: dict[Key, Wanted]) -> None:
        self.known = known
        self.reasons = reasons
        self.wanted = wanted

    def within(self, filled: Filled) -> Iterator[Claim]:
        """What is shown of it has its reason: both ends of a long list."""
        total, last = 0, len(filled.within) - 1
        for place, (key, goal) in enumerate(filled.within.items()):
            total += self.wanted[key].hours
            aim = self.known.name(goal[1]) if goal != key else ""
            yield self._claim(key, total, aim, None, place <= ENDS or last - place <= ENDS)

    def below(self, filled: Filled) -> Iterator[Claim]:
        total = _hours(self.wanted, filled.within)
        for place, (key, refused) in enumerate(filled.below.items()):
            total += self.wanted[key].hours
            yield self._claim(key, total, "", refused, place < BELOW)

    def _claim(
        self, key: Key, total: int, goal: str, refused: Refused | None, is_shown: bool
    ) -> Claim:
        known, pair = self.known, _pair(key)
        priority = known.one("Priority", **pair)
        return Claim(
            item=known.name(key[1]),
            community=known.name(key[0]),
            level=str((known.one("Assignment", **pair) or {}).get("level", "")),
            people=sum(known.heads[post] for post in known.takers(*key)),
            hours=self.wanted[key].hours,
            priority=number(priority["priority"]) if priority else 0,
            total=total,
            goal=goal,
            asks=refused.asks if refused else 0,
            left=refused.left if refused else 0,
            reason=self.reasons.cite("Priority", priority) if self.reasons and is_shown else "",
        )
