"""Who needs what, which communities there are, and how finely they are cut: from conclusions."""

from collections.abc import Iterator

from cop_expert.model.rule import CheckedRulebook
from cop_expert.report.known import Known, Record, number, product
from cop_expert.report.reasons import BRIEF, Reasons, Sentence
from cop_expert.report.view import (
    Assignment,
    Branch,
    Broker,
    Community,
    Craft,
    CutUnit,
    Figure,
    Granularity,
    Member,
    Need,
    Needs,
    Stretch,
)

NEEDS = 12
CRAFTS = 6
BROKERS = 8
MEMBERS = 30
"""Rows shown; the rest is counted."""
WARNINGS = ("TooLarge", "TooSmall", "NoLead")


# Needs


def needs(known: Known, reasons: Reasons) -> Needs:
    """The largest needs: those assessed, or those assumed where nothing was assessed."""
    wants = [record for record in known.records("Want") if number(record["want"])]
    found = [record for record in wants if _assessed(known, record)]
    listed = sorted(found or wants, key=lambda record: _need_order(known, record))
    return Needs(
        tuple(_need(known, reasons, record) for record in listed[:NEEDS]),
        max(0, len(listed) - NEEDS),
        bool(found),
    )


def _assessed(known: Known, want: Record) -> Record | None:
    learner = known.learners[str(want["post"])]
    return known.one("Assessed", learner=learner, practice=want["practice"])


def _need_order(known: Known, record: Record) -> tuple[int, str, str]:
    post, practice = str(record["post"]), str(record["practice"])
    return -product(known.heads[post], number(record["want"])), practice, post


def _need(known: Known, reasons: Reasons, want: Record) -> Need:
    post, assessed = str(want["post"]), _assessed(known, want)
    use = known.one("Use", role=known.posts[post]["role"], practice=want["practice"])
    return Need(
        practice=known.name(want["practice"]),
        post=known.post(post),
        community=known.name(known.home[post]),
        people=known.heads[post],
        required=number(assessed["required"]) if assessed else None,
        current=number(assessed["current"]) if assessed else None,
        importance=number(use["importance"]) if use else 0,
        want=number(want["want"]),
        reason=reasons.cite("Want", want),
    )


# Communities


def communities(known: Known, reasons: Reasons) -> tuple[Community, ...]:
    """A card each, by name."""
    return tuple(
        _community(known, reasons, identity, place)
        for place, identity in enumerate(known.communities, 1)
    )


def _community(known: Known, reasons: Reasons, identity: str, place: int) -> Community:
    unit = known.one("Unit", unit=identity) or {}
    goal = known.one("ServedGoal", unit=identity) or {}
    items = _assignments(known, reasons, identity)
    crafts = _crafts(known, identity)
    brokers = _brokers(known, identity)
    members = known.members[identity]
    people = known.community_heads[identity]
    heads = known.one("Community", community=identity)
    hours = known.one("CommunityHours", community=identity)
    return Community(
        anchor=f"community-{place}",
        name=known.name(identity),
        people=Figure(people, reasons.cite("Community", heads)),
        goal=str(goal.get("goal") or ""),
        lead=str(unit.get("lead") or ""),
        why=tuple(_why(known, reasons, identity)),
        warnings=tuple(_warnings(known, reasons, identity)),
        members=tuple(_member(known, reasons, post) for post in members[:MEMBERS]),
        more_members=max(0, len(members) - MEMBERS),
        craft=tuple(
            Craft(known.name(record["practice"]), number(record["craft"])) for record in crafts
        ),
        craft_reason=reasons.cite_all([("CommunityCraft", record) for record in crafts], BRIEF),
        brokers=tuple(_broker(known, reasons, records) for records in brokers[:BROKERS]),
        more_brokers=max(0, len(brokers) - BROKERS),
        items=items,
        hours=Figure(
            known.number("CommunityHours", "hours", community=identity),
            reasons.cite("CommunityHours", hours),
        ),
        superfluous=sum(item.superfluous for item in items),
        everything=product(people, sum(known.hours.values())),
    )


def _why(known: Known, reasons: Reasons, identity: str) -> Iterator[Sentence]:
    """Why the cut goes down to the community, why no further, and what was decided about it."""
    above = _split_above(known, identity)
    grounds = [("Splits", above), ("Kept", known.one("Kept", unit=identity))]
    if known.one("Splits", unit=identity):
        grounds = [("Cut", known.one("Cut", community=identity))]
    grounds += [("MergedInto", record) for record in known.all("MergedInto", into=identity)]
    grounds.append(("Called", known.one("Called", community=identity)))
    for template, record in grounds:
        if record:
            yield reasons.sentence(template, record)


def _split_above(known: Known, unit: str) -> Record | None:
    """The nearest unit above that is split."""
    record = known.one("Unit", unit=unit)
    while record and record["part_of"]:
        split = known.one("Splits", unit=record["part_of"])
        if split:
            return split
        record = known.one("Unit", unit=record["part_of"])
    return None


def _warnings(known: Known, reasons: Reasons, identity: str) -> Iterator[Sentence]:
    for template in WARNINGS:
        record = known.one(template, community=identity)
        if record:
            yield reasons.sentence(template, record)


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
    records = known.all("Assignment", community=identity)
    found = [_assignment(known, reasons, record) for record in records]
    return tuple(sorted(found, key=lambda one: (-one.hours, one.item)))


def _assignment(known: Known, reasons: Reasons, record: Record) -> Assignment:
    pair = {"community": record["community"], "item": record["item"]}
    posts = sorted((str(r["post"]) for r in known.all("Audience", **pair)), key=known.by_heads)
    return Assignment(
        item=known.name(record["item"]),
        community=known.name(record["community"]),
        level=str(record["level"]),
        people=sum(known.heads[post] for post in posts),
        for_all=len(posts) == len(known.members[str(record["community"])]),
        audience=tuple(dict.fromkeys(map(known.post, posts))),
        wanting=known.number("Wanting", "heads", **pair),
        wanting_reason=reasons.cite("Wanting", known.one("Wanting", **pair)),
        hours=known.number("AssignmentHours", "hours", **pair),
        superfluous=known.number("SuperfluousHours", "hours", **pair),
        reason=reasons.cite("Assignment", record),
    )


# The organisation


def organisation(known: Known) -> tuple[Branch, ...]:
    """The units down to the communities, the largest first."""
    heads = known.numbers("UnitHeads", "unit", "heads")
    below = known.groups("Unit", "part_of", "unit")
    into = {str(r["community"]): str(r["into"]) for r in known.records("MergedInto")}
    final = {one: two for one, two in into.items() if two not in into}
    splits = {str(record["unit"]) for record in known.records("Splits")}
    cuts = {str(record["community"]) for record in known.records("Cut")}
    own = known.numbers("OwnHeads", "unit", "heads")

    def by_heads(unit: str) -> tuple[int, str]:
        return -heads[unit], unit

    def branch(unit: str) -> Branch:
        groups = [child for child in below.get(unit, []) if child in heads]
        whole = unit in cuts and unit not in splits
        inside = [] if whole else [branch(child) for child in sorted(groups, key=by_heads)]
        community = known.name(final.get(unit, unit)) if unit in cuts else ""
        given = known.speaker.name(unit, given=True)
        if unit in splits and unit in cuts:
            inside.append(Branch(given, own[unit], community, True, unit in final, 0, ()))
        return Branch(
            name=community if whole and unit not in final else given,
            people=heads[unit],
            community=community if whole else "",
            is_own=False,
            is_merged=whole and unit in final,
            groups=len(groups) if whole else 0,
            branches=tuple(inside),
        )

    return tuple(map(branch, _roots(known)))


def _roots(known: Known) -> list[str]:
    """Units that are part of nothing larger, with people in them."""
    units = (str(record["unit"]) for record in known.all("Unit", part_of=None))
    return [unit for unit in units if known.one("UnitHeads", unit=unit)]


# Granularity


def granularity(known: Known, reasons: Reasons, rulebook: CheckedRulebook) -> Granularity:
    """How the hours alone would cut at each running cost; decisions and sizes come on top."""
    running, plateau = known.one("RunningCost"), known.one("WidestPlateau")
    set_to = rulebook.parameters["running"].value if "running" in rulebook.parameters else None
    return Granularity(
        stretches=tuple(_stretches(known, plateau)),
        units=_cut_units(known, reasons),
        running=Figure(known.number("RunningCost", "hours"), reasons.cite("RunningCost", running)),
        is_set=set_to is not None,
        plateau_reason=reasons.cite("WidestPlateau", plateau),
    )


def _stretches(known: Known, plateau: Record | None) -> Iterator[Stretch]:
    steps = sorted(number(record["hours"]) for record in known.records("CutStep"))
    stays = known.numbers("Stays", "unit", "hours")
    groups = known.numbers("GroupCount", "unit", "number")
    burdens = known.numbers("UnitBurden", "unit", "burden")
    even = known.numbers("BreakEven", "unit", "hours")
    roots = _roots(known)
    for low, high in zip(steps, [*steps[1:], None], strict=True):
        cut = {unit: groups[unit] // 1_000_000 - 1 for unit, hours in stays.items() if hours > low}
        spared = sum(even[unit] * more for unit, more in cut.items())
        yield Stretch(
            low=low,
            high=high,
            communities=len(roots) + sum(cut.values()),
            wasted=sum(burdens.get(root, 0) for root in roots) - spared,
            rejoined=tuple(sorted(known.name(unit) for unit in stays if stays[unit] == high)),
            is_widest=plateau is not None and plateau["low"] == low,
        )


def _cut_units(known: Known, reasons: Reasons) -> tuple[CutUnit, ...]:
    groups = known.numbers("GroupCount", "unit", "number")
    cohesion = known.numbers("Cohesion", "unit", "cohesion")
    stays = [record for record in known.records("Stays") if number(record["hours"])]
    return tuple(
        CutUnit(
            unit=known.speaker.name(str(record["unit"]), given=True),
            hours=number(record["hours"]),
            groups=groups[str(record["unit"])],
            cohesion=cohesion[str(record["unit"])],
            reason=reasons.cite("Stays", record),
        )
        for record in sorted(stays, key=lambda r: (-number(r["hours"]), str(r["unit"])))
    )
