"""What the leader decided, and what is asked of the leader next: from conclusions."""

from msgspec.structs import replace

from cop_expert.report.known import Known, Record, number
from cop_expert.report.reasons import Reasons
from cop_expert.report.view.decisions import FIRST, Advice, Ask, Decided, Price, Prices

REASONS = 60
"""Reasons that a vast document gives on advice."""


def asks(advice: tuple[Advice, ...]) -> tuple[Ask, ...]:
    """The decisions asked of the leader, by the hours at stake."""
    by_action: dict[str, list[Advice]] = {}
    for one in advice:
        by_action.setdefault(one.action, []).append(one)
    found = [
        Ask(action, tuple(group), sum(one.hours for one in group))
        for action, group in by_action.items()
    ]
    return tuple(sorted(found, key=lambda ask: (-ask.hours, ask.action)))


def advice(known: Known, reasons: Reasons) -> tuple[Advice, ...]:
    """What to do next, the most hours at stake first."""
    reasons.grant(REASONS)
    records = sorted(known.records("Advice"), key=lambda record: -number(record["hours"]))
    told = [record for record in records if known.may_tell(_people(known, record))]
    return tuple(
        _advice(known, reasons, record, place < FIRST) for place, record in enumerate(told)
    )


def _people(known: Known, advice: Record) -> int:
    """How many people a piece of advice is about; 0 where it is about a community or an item."""
    match advice["action"]:
        case "buy or build":
            about = {"community": advice["community"], "practice": advice["subject"]}
            return known.number("Uncovered", "heads", **about)
        case "share" | "appoint a broker":
            about = {"community": advice["other"], "item": advice["subject"]}
            return known.number("Wanting", "heads", **about)
        case _:
            return 0


def _advice(known: Known, reasons: Reasons, record: Record, is_first: bool) -> Advice:
    def name(field: str) -> str:
        return known.name(record[field]) if record[field] else ""

    return Advice(
        action=str(record["action"]),
        subject=name("subject"),
        community=name("community"),
        other=name("other"),
        target=name("target"),
        hours=number(record["hours"]),
        says=known.fact("Advice", record),
        because=reasons.because("Advice", record) if is_first else "",
        reason=reasons.cite("Advice", record),
    )


def decisions(known: Known, reasons: Reasons, prices: Prices) -> tuple[Decided, ...]:
    """What the leader decided, in order of time."""
    names = known.speaker.vocabulary.templates["Decision"].names
    records = [
        (dict(zip(names, row, strict=True)), prices.get(str(origin)))
        for row, origin, _ in known.facts.located("Decision")
    ]
    order = sorted(records, key=lambda pair: str(pair[0]["on"]))
    return tuple(_in_force(known, reasons, record, price) for record, price in order)


def lapsed(known: Known) -> tuple[Decided, ...]:
    """What was decided until a day that has passed, in order of time."""
    records = [one.values for one in known.facts.lapsed("Decision")]
    order = sorted(records, key=lambda record: str(record["on"]))
    return tuple(_decided(known, record) for record in order)


def _in_force(known: Known, reasons: Reasons, record: Record, price: Price | None) -> Decided:
    about = {field: record[field] for field in ("kind", "subject", "object")}
    idle = known.one("WithoutEffect", **about)
    reason = reasons.cite("WithoutEffect", idle) or reasons.cite("Decision", record)
    return replace(_decided(known, record), has_effect=idle is None, price=price, reason=reason)


def _decided(known: Known, record: Record) -> Decided:
    value = record["value"]
    return Decided(
        kind=str(record["kind"]),
        subject=known.speaker.name(str(record["subject"]), given=True),
        object=known.speaker.name(str(record["object"] or ""), given=True),
        why=str(record["reason"]),
        by=str(record["by"]),
        on=str(record["on"]),
        value=value if type(value) is int else None,
        until=str(record["until"] or ""),
    )
