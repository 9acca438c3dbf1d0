"""Priorities and a number of hours in, what to do first out: greedy, prerequisites with the rest.

Again and again, of all that is not in yet, what meets the most need per hour goes in, together
with whatever it requires that is not in yet, as long as the hours last. Where the best does not
fit, the next best that does goes in; so the hours are used, though not always in the best way that
there is: docs/budget.md says how far that is off.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from cop_expert.load.engagement import Engagement
from cop_expert.model.arithmetic import UNIT
from cop_expert.report.known import Known, number
from cop_expert.report.reasons import Reasons
from cop_expert.report.view import Budget, Claim

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
    spent = _hours(wanted, filled.within)
    return Budget(
        hours=hours,
        spent=spent,
        all_hours=_hours(wanted, wanted),
        bound=sum(wanted[k].hours for k, goal in filled.within.items() if is_bound(wanted[goal])),
        need=sum(wanted[key].need for key in filled.within),
        all_need=sum(one.need for one in wanted.values()),
        within=tuple(_within(known, reasons, wanted, filled)),
        below=tuple(_below(known, reasons, wanted, filled)),
    )


def _hours(wanted: dict[Key, Wanted], keys: Iterable[Key]) -> int:
    return sum(wanted[key].hours for key in keys)


def wants(known: Known) -> dict[Key, Wanted]:
    """What each assignment asks, in order of its names."""
    firsts: dict[Key, set[Key]] = {}
    for record in known.records("TakenFirst"):
        community, item = str(record["community"]), str(record["item"])
        firsts.setdefault((community, item), set()).add((community, str(record["first"])))
    found = {}
    for record in known.records("Turn"):
        pair = {"community": record["community"], "item": record["item"]}
        key = str(record["community"]), str(record["item"])
        found[key] = Wanted(
            turn=number(record["turn"]) // UNIT,
            need=known.number("NeedMet", "need", **pair),
            hours=known.number("AssignmentHours", "hours", **pair),
            firsts=frozenset(firsts.get(key, ())),
        )
    return found


def _within(
    known: Known, reasons: Reasons | None, wanted: dict[Key, Wanted], filled: Filled
) -> Iterator[Claim]:
    total = 0
    for key, goal in filled.within.items():
        total += wanted[key].hours
        yield _claim(known, reasons, key, wanted[key], total, goal if goal != key else None)


def _below(
    known: Known, reasons: Reasons | None, wanted: dict[Key, Wanted], filled: Filled
) -> Iterator[Claim]:
    total = _hours(wanted, filled.within)
    for key, refused in filled.below.items():
        total += wanted[key].hours
        yield _claim(known, reasons, key, wanted[key], total, None, refused)


def _claim(
    known: Known,
    reasons: Reasons | None,
    key: Key,
    one: Wanted,
    total: int,
    goal: Key | None,
    refused: Refused | None = None,
) -> Claim:
    pair = {"community": key[0], "item": key[1]}
    posts = [str(record["post"]) for record in known.all("Audience", **pair)]
    return Claim(
        item=known.name(key[1]),
        community=known.name(key[0]),
        level=str((known.one("Assignment", **pair) or {}).get("level", "")),
        people=sum(known.heads[post] for post in posts),
        hours=one.hours,
        priority=known.number("Priority", "priority", **pair),
        total=total,
        goal=known.name(goal[1]) if goal else "",
        asks=refused.asks if refused else 0,
        left=refused.left if refused else 0,
        reason=reasons.cite("Priority", known.one("Priority", **pair)) if reasons else "",
    )
