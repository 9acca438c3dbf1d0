"""What goes to whom and what crosses between communities: from conclusions."""

from collections.abc import Iterator

from cop_expert.report.known import Known, Record, number, product
from cop_expert.report.reasons import BRIEF, Reasons, Sentence
from cop_expert.report.view.communities import Community
from cop_expert.report.view.exchange import (
    Carrier,
    Crossing,
    Crossings,
    Matrix,
    MatrixRow,
    Overlap,
    Region,
)

REASONS = 100
"""Reasons that a vast document gives on what crosses."""
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
            rows.append((name, hours, row, people, sum(cell.hours for cell in taken)))
    idle = [
        Sentence(known.name(record["item"]), reasons.cite("Idle", record))
        for record in known.records("Idle")
    ]
    rows.sort(key=lambda row: (-row[-1], row[0]))
    placed = tuple(MatrixRow(f"item-{place}", *row) for place, row in enumerate(rows, 1))
    return Matrix(names, placed, tuple(idle))


def crossings(known: Known, reasons: Reasons) -> Crossings:
    """The most hours first; what so few want that they would be singled out is left out."""
    reasons.grant(REASONS)

    def order(record: Record) -> tuple[int, str, str]:
        item, other = str(record["item"]), record["other"]
        wanting = known.number("Wanting", "heads", community=other, item=item)
        return -product(wanting, known.hours[item]), known.name(item), known.name(other)

    every = (
        _crossing(known, reasons, record)
        for record in sorted(known.records("Crossing"), key=order)
        if record["home"] in known.told or record["other"] in known.told
    )
    found = [one for one in every if known.may_tell(one.wanting)]
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
    named = [r for r in carriers if known.may_tell(known.heads[str(r["post"])])][:CARRIERS]
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
            for r in named
        ),
        more_carriers=len(carriers) - len(named),
        form=_form(str(record["kind"]), {str(r["capacity"]) for r in carriers}),
        reason=reasons.cite("Crossing", record),
    )


def _form(kind: str, capacities: set[str]) -> str:
    """How to cross: together where many want it, else from somebody at work, else on paper."""
    if not capacities:
        return "checklist"
    if kind != "shared":
        return "job shadowing"
    return "shared session" if "teacher" in capacities else "briefing"


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
    """Every set of communities with what exactly these learn, those of several first."""
    places = {community: place for place, community in enumerate(known.communities)}
    found: dict[tuple[int, ...], list[str]] = {}
    for item, communities in known.groups("ByRelevance", "item", "community").items():
        members = tuple(sorted(places[community] for community in communities))
        found.setdefault(members, []).append(item)
    for members in sorted(found, key=lambda one: (len(one) == 1, -len(found[one]), one)):
        items = sorted(found[members], key=known.name)
        names = known.names(known.communities[place] for place in members)
        yield Region(members, names, known.names(items), sum(known.hours[item] for item in items))
