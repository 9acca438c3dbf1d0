"""In which order a community takes what it takes: from conclusions."""

from collections import Counter
from collections.abc import Iterator

from cop_expert.report.known import Known
from cop_expert.report.reasons import Reasons
from cop_expert.report.view.flow import Flow, Wave, WaveItem

REASONS = 100
"""Reasons that a vast document gives on the order."""


def flow(known: Known, reasons: Reasons) -> tuple[Flow, ...]:
    """The waves of each community that takes anything."""
    reasons.grant(REASONS)
    return tuple(
        Flow(known.name(community), tuple(_waves(known, reasons, community)))
        for community in known.told
        if known.one("Step", community=community)
        and known.may_tell(known.community_heads[community])
    )


def _waves(known: Known, reasons: Reasons, community: str) -> Iterator[Wave]:
    start = 0
    for place, items in waves(known, community):
        end = start + _length(known, community, [item for item, _ in items])
        yield Wave(
            place,
            tuple(_wave_item(known, reasons, community, item, after) for item, after in items),
            sum(_taken(known, community, item) for item, _ in items),
            start,
            end,
        )
        start = end


def _length(known: Known, community: str, items: list[str]) -> int:
    """The hours that whoever takes most of these items spends on them."""
    each: Counter[str] = Counter()
    for item in items:
        for post in known.takers(community, item):
            each[post] += known.hours[item]
    return max(each.values(), default=0)


def waves(known: Known, community: str) -> Iterator[tuple[int, list[tuple[str, list[str]]]]]:
    """Items by the longest chain of prerequisites that the community takes, each with its own."""
    after = {
        str(step["item"]): [
            str(r["first"]) for r in known.all("TakenFirst", community=community, item=step["item"])
        ]
        for step in known.all("Step", community=community)
    }
    by_number: dict[int, list[str]] = {}
    for item in after:
        by_number.setdefault(_wave(item, after), []).append(item)
    for place in sorted(by_number):
        items = sorted(by_number[place], key=lambda item: (-_taken(known, community, item), item))
        yield place, [(item, after[item]) for item in items]


def _wave(item: str, after: dict[str, list[str]]) -> int:
    """Prerequisites hold no circles, and each is transitive: the deepest one decides."""
    return 1 + max((_wave(first, after) for first in after[item]), default=0)


def _taken(known: Known, community: str, item: str) -> int:
    return known.number("AssignmentHours", "hours", community=community, item=item)


def _wave_item(
    known: Known, reasons: Reasons, community: str, item: str, after: list[str]
) -> WaveItem:
    step = known.one("Step", community=community, item=item)
    assigned = known.one("Assignment", community=community, item=item)
    reason = reasons.cite("Step", step) if after else reasons.cite("Assignment", assigned)
    return WaveItem(
        item=known.name(item),
        hours=_taken(known, community, item),
        after=tuple(sorted(map(known.name, after))),
        reason=reason,
    )
