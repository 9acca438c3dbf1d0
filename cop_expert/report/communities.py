"""Conclusions in, a card for each community out."""

from collections.abc import Iterator

from cop_expert.report.known import Known, Record, number, product
from cop_expert.report.needs import measure
from cop_expert.report.reasons import BRIEF, Reasons
from cop_expert.report.view.communities import Assignment, Broker, Community, Craft, Member
from cop_expert.report.view.figures import WITHHELD, Figure

ROOM, LEAST = 900, 12
"""Items listed for all communities together, and for each at least; the rest is counted."""
REASONS = 400
"""Reasons that a vast document gives about all communities together."""
CRAFTS = 6
BROKERS = 8
MEMBERS = 30
"""Rows shown; the rest is counted."""
WARNINGS = ("TooLarge", "TooSmall", "NoLead")


def communities(known: Known, reasons: Reasons) -> tuple[Community, ...]:
    """A card each, by name."""
    reasons.expect(ground for identity in known.told for ground in _said(known, identity))
    return tuple(
        _community(known, reasons, identity, place)
        for place, identity in enumerate(known.communities, 1)
        if identity in known.told
    )


def rows(communities: int) -> int:
    """Of the items of each community, as many as a document has room for."""
    return max(LEAST, ROOM // max(1, communities))


def _community(known: Known, reasons: Reasons, identity: str, place: int) -> Community:
    reasons.grant(REASONS // len(known.communities))
    unit = known.one("Unit", unit=identity) or {}
    goal = known.one("ServedGoal", unit=identity) or {}
    people, hours = known.community_heads[identity], known.one("CommunityHours", community=identity)
    is_told = known.may_tell(people)
    head = Figure(people, reasons.cite("Community", known.one("Community", community=identity)))
    why = [reasons.sentence(*ground) for ground in _grounds(known, identity) if is_told]
    warnings = [reasons.sentence(*found) for found in _warnings(known, identity) if is_told]
    hours_reason = reasons.cite("CommunityHours", hours)
    crafts = _crafts(known, identity)
    craft_reason = reasons.cite_all([("CommunityCraft", record) for record in crafts], BRIEF)
    items = _assignments(known, reasons, identity)
    told = tuple(item for item in items if known.may_tell(item.people))
    members = [post for post in known.members[identity] if known.may_tell(known.heads[post])]
    brokers = _brokers(known, identity)
    lent, visits = known.all("Crossing", home=identity), known.all("Crossing", other=identity)
    return Community(
        anchor=f"community-{place}",
        name=known.name(identity),
        people=head,
        is_told=is_told,
        goal=str(goal.get("goal") or ""),
        lead=_lead(known, identity) or str(unit.get("lead") or ""),
        why=tuple(why),
        warnings=tuple(warnings),
        members=tuple(_member(known, reasons, post) for post in members[:MEMBERS]),
        more_members=len(known.members[identity]) - len(members[:MEMBERS]),
        craft=tuple(
            Craft(known.name(record["practice"]), number(record["craft"])) for record in crafts
        ),
        craft_reason=craft_reason,
        brokers=tuple(_broker(known, reasons, records) for records in brokers[:BROKERS]),
        more_brokers=max(0, len(brokers) - BROKERS),
        items=told,
        untold=len(items) - len(told),
        owns=known.names(sorted(str(r["item"]) for r in known.all("Home", community=identity))),
        lends=tuple(sorted({known.name(r["item"]) for r in lent})),
        visits=tuple(sorted((known.name(r["item"]), known.name(r["home"])) for r in visits)),
        measure=measure(known, reasons, identity),
        hours=Figure(number(hours["hours"]) if hours else 0, hours_reason),
        superfluous=sum(item.superfluous for item in items),
        everything=product(people, sum(known.hours.values())),
    )


def _lead(known: Known, identity: str) -> str:
    """Who was appointed to lead it, over whom its unit names."""
    return ", ".join(str(record["name"]) for record in known.all("Appointed", community=identity))


def _said(known: Known, identity: str) -> Iterator[tuple[str, Record]]:
    """The facts that a card says in sentences with their reason."""
    yield from _grounds(known, identity)
    yield from _warnings(known, identity)


def _grounds(known: Known, identity: str) -> Iterator[tuple[str, Record]]:
    """Why the cut goes down to the community, why no further, and what was decided about it."""
    above = _split_above(known, identity)
    grounds = [("Splits", above), ("Kept", known.one("Kept", unit=identity))]
    if known.one("Splits", unit=identity):
        grounds = [("Cut", known.one("Cut", community=identity))]
    grounds += [("MergedInto", record) for record in known.all("MergedInto", into=identity)]
    grounds.append(("Called", known.one("Called", community=identity)))
    for template, record in grounds:
        if record:
            yield template, record


def _split_above(known: Known, unit: str) -> Record | None:
    """The nearest unit above that is split."""
    record = known.one("Unit", unit=unit)
    while record and record["part_of"]:
        split = known.one("Splits", unit=record["part_of"])
        if split:
            return split
        record = known.one("Unit", unit=record["part_of"])
    return None


def _warnings(known: Known, identity: str) -> Iterator[tuple[str, Record]]:
    for template in WARNINGS:
        record = known.one(template, community=identity)
        if record:
            yield template, record


def _member(known: Known, reasons: Reasons, post: str) -> Member:
    record = known.one("Participation", post=post)
    level = str(record["level"]) if record else ""
    reason = reasons.cite("Participation", record, BRIEF)
    return Member(known.post(post), known.heads[post], level, reason)


def _crafts(known: Known, identity: str) -> list[Record]:
    found = known.all("CommunityCraft", community=identity)
    return sorted(found, key=lambda r: (-number(r["craft"]), str(r["practice"])))[:CRAFTS]


def _brokers(known: Known, identity: str) -> list[list[Record]]:
    """The brokers at home in the community, a list of links each; who carries most comes first."""
    links: dict[str, list[Record]] = {}
    for record in known.all("Broker", home=identity):
        if known.may_tell(known.heads[str(record["post"])]):
            links.setdefault(str(record["post"]), []).append(record)
    order = sorted(links, key=lambda post: (-_carried(known, post), known.by_heads(post)))
    return [links[post] for post in order]


def _broker(known: Known, reasons: Reasons, records: list[Record]) -> Broker:
    post = str(records[0]["post"])
    others = tuple(sorted(known.name(record["other"]) for record in records))
    reason = reasons.cite_all([("Broker", record) for record in records], BRIEF)
    return Broker(known.post(post), others, _carried(known, post), reason)


def _carried(known: Known, post: str) -> int:
    """How many crossings the post carries."""
    return len(known.all("Carrier", post=post))


def _assignments(known: Known, reasons: Reasons, identity: str) -> tuple[Assignment, ...]:
    """What the community takes, the most hours first."""

    def order(record: Record) -> tuple[int, str]:
        taken = {"community": identity, "item": record["item"]}
        return -known.number("AssignmentHours", "hours", **taken), known.name(record["item"])

    return tuple(
        _assignment(known, reasons, record)
        for record in sorted(known.all("Assignment", community=identity), key=order)
    )


def _assignment(known: Known, reasons: Reasons, record: Record) -> Assignment:
    pair = {"community": record["community"], "item": record["item"]}
    posts = known.takers(**pair)
    named = [post for post in posts if known.may_tell(known.heads[post])]
    wanting = known.number("Wanting", "heads", **pair)
    return Assignment(
        item=known.name(record["item"]),
        community=known.name(record["community"]),
        level=str(record["level"]),
        people=sum(known.heads[post] for post in posts),
        for_all=len(posts) == len(known.members[str(record["community"])]),
        audience=tuple(dict.fromkeys(map(known.post, named))),
        wanting=wanting if known.may_tell(wanting) else WITHHELD,
        wanting_reason=reasons.cite("Wanting", known.one("Wanting", **pair)),
        hours=known.number("AssignmentHours", "hours", **pair),
        superfluous=known.number("SuperfluousHours", "hours", **pair),
        prepares=_prepares(known, record),
        reason=reasons.cite("Assignment", record),
    )


def _prepares(known: Known, record: Record) -> tuple[str, ...]:
    """What a prerequisite is taken for."""
    if record["level"] != "prerequisite":
        return ()
    pair = {"community": record["community"], "item": record["item"]}
    targets = {str(prepared["target"]) for prepared in known.all("Prepared", **pair)}
    return tuple(sorted(map(known.name, targets)))
