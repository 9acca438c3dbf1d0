"""What goes to whom, what crosses between communities, and in which order: from conclusions."""

from collections.abc import Iterator

from cop_expert.report.known import Known, Record, number, product
from cop_expert.report.reasons import BRIEF, Reasons, Sentence
from cop_expert.report.view import (
    Carrier,
    Community,
    Crossing,
    Crossings,
    Flow,
    Matrix,
    MatrixRow,
    Overlap,
    Region,
    Wave,
    WaveItem,
)

CARRIERS = 3
OVERLAPS = 15
"""Rows shown; the rest is counted."""


def matrix(known: Known, reasons: Reasons, communities: tuple[Community, ...]) -> Matrix:
    """Items that somebody takes, the most hours first, and the others."""
    cells = {(one.item, one.community): one for card in communities for one in card.items}
    names = tuple(card.name for card in communities)
    rows = []
    for item, hours in known.hours.items():
        name = known.name(item)
        row = tuple(cells.get((name, community)) for community in names)
        taken = [cell for cell in row if cell]
        if taken:
            people = sum(cell.people for cell in taken)
            rows.append(MatrixRow(name, hours, row, people, sum(cell.hours for cell in taken)))
    idle = [
        Sentence(known.name(record["item"]), reasons.cite("Idle", record))
        for record in known.records("Idle")
    ]
    return Matrix(names, tuple(sorted(rows, key=lambda row: (-row.hours, row.item))), tuple(idle))


def crossings(known: Known, reasons: Reasons) -> Crossings:
    found = sorted(
        (_crossing(known, reasons, record) for record in known.records("Crossing")),
        key=lambda one: (-one.hours, one.item, one.other),
    )
    regions = tuple(_regions(known))
    overlaps = sorted(
        known.records("Overlap"),
        key=lambda r: (-number(r["share"]), str(r["one"]), str(r["other"])),
    )
    return Crossings(
        shared=tuple(one for one in found if one.kind == "shared"),
        on_request=tuple(one for one in found if one.kind != "shared"),
        overlaps=tuple(_overlap(known, reasons, record) for record in overlaps[:OVERLAPS]),
        more_overlaps=max(0, len(overlaps) - OVERLAPS),
        regions=regions,
        totals=tuple(
            sum(len(region.items) for region in regions if place in region.members)
            for place in range(len(known.communities))
        ),
    )


def _crossing(known: Known, reasons: Reasons, record: Record) -> Crossing:
    item, other = str(record["item"]), str(record["other"])
    wanting = known.number("Wanting", "heads", community=other, item=item)
    wanted = known.one("Wanting", community=other, item=item)
    carriers = sorted(
        known.all("Carrier", item=item, home=record["home"], other=other),
        key=lambda r: (str(r["capacity"]) != "teacher", known.by_heads(str(r["post"]))),
    )
    return Crossing(
        item=known.name(item),
        home=known.name(record["home"]),
        other=known.name(other),
        kind=str(record["kind"]),
        wanting=wanting,
        wanting_reason=reasons.cite("Wanting", wanted),
        of=known.community_heads[other],
        hours=product(wanting, known.hours[item]),
        carriers=tuple(
            Carrier(known.post(r["post"]), str(r["capacity"]), reasons.cite("Carrier", r, BRIEF))
            for r in carriers[:CARRIERS]
        ),
        more_carriers=max(0, len(carriers) - CARRIERS),
        reason=reasons.cite("Crossing", record),
    )


def _overlap(known: Known, reasons: Reasons, record: Record) -> Overlap:
    pair = {"one": record["one"], "other": record["other"]}
    return Overlap(
        one=known.name(record["one"]),
        other=known.name(record["other"]),
        share=number(record["share"]),
        hours=known.number("CommonHours", "hours", **pair),
        reason=reasons.cite("Overlap", record, BRIEF),
    )


def _regions(known: Known) -> Iterator[Region]:
    """Every set of communities with what exactly these learn, the most items first."""
    places = {community: place for place, community in enumerate(known.communities)}
    found: dict[tuple[int, ...], list[str]] = {}
    for item, communities in known.groups("ByRelevance", "item", "community").items():
        members = tuple(sorted(places[community] for community in communities))
        found.setdefault(members, []).append(item)
    for members in sorted(found, key=lambda one: (-len(found[one]), len(one), one)):
        items = sorted(found[members], key=known.name)
        yield Region(members, known.names(items), sum(known.hours[item] for item in items))


def flow(known: Known, reasons: Reasons) -> tuple[Flow, ...]:
    """The waves of each community that takes anything."""
    return tuple(
        Flow(known.name(community), tuple(_waves(known, reasons, community)))
        for community in known.communities
        if known.one("Step", community=community)
    )


def _waves(known: Known, reasons: Reasons, community: str) -> Iterator[Wave]:
    for place, items in waves(known, community):
        yield Wave(
            place,
            tuple(_wave_item(known, reasons, community, item, after) for item, after in items),
            sum(_taken(known, community, item) for item, _ in items),
        )


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
