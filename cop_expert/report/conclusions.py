"""The fact base in, one plain object of all conclusions out: what `show --json` prints."""

from typing import Any

from cop_expert.facts import FactBase
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.template import Value

Json = dict[str, Any]


def conclusions(facts: FactBase) -> Json:
    """Names are identities, numbers are plain; every list is in order of its names."""
    return {
        "running": _single(facts, "RunningCost", "hours"),
        "plateau": _plateau(facts),
        "breakeven": _by_name(facts, "BreakEven", "unit", "hours"),
        "cohesion": _by_name(facts, "Cohesion", "unit", "cohesion"),
        "communities": _communities(facts),
        "assignments": _assignments(facts),
        "crossings": _records(facts, "Crossing", "item", "home", "other", "kind"),
        "participation": _by_name(facts, "Participation", "post", "level"),
        "brokers": _records(facts, "Broker", "post", "home", "other"),
        "teachers": _records(facts, "Teacher", "item", "post"),
        "uncovered": _records(facts, "Uncovered", "community", "practice", "heads"),
        "idle": sorted(str(record["item"]) for record in facts.records("Idle")),
        "overlaps": [
            {"a": record["one"], "b": record["other"], "share": _plain(record["share"])}
            for record in _ordered(facts.records("Overlap"), "one", "other")
        ],
        "hours": {
            "assigned": _single(facts, "HoursAssigned", "hours") or 0.0,
            "superfluous": _single(facts, "HoursSuperfluous", "hours") or 0.0,
            "everything_to_everyone": _single(facts, "HoursEverything", "hours") or 0.0,
        },
    }


def _plain(value: Value) -> Value | float:
    return value / UNIT if type(value) is int else value


def _single(facts: FactBase, template: str, field: str) -> Any:
    return next((_plain(record[field]) for record in facts.records(template)), None)


def _plateau(facts: FactBase) -> list[Any]:
    return [_single(facts, "WidestPlateau", "low"), _single(facts, "WidestPlateau", "high")]


def _by_name(facts: FactBase, template: str, name: str, field: str) -> Json:
    return {
        str(record[name]): _plain(record[field])
        for record in _ordered(facts.records(template), name)
    }


def _records(facts: FactBase, template: str, *fields: str) -> list[Json]:
    return [
        {field: _plain(record[field]) for field in fields}
        for record in _ordered(facts.records(template), *fields)
    ]


def _ordered(records: list[dict[str, Value]], *fields: str) -> list[dict[str, Value]]:
    return sorted(records, key=lambda record: tuple(str(record[field]) for field in fields))


def _communities(facts: FactBase) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for record in _ordered(facts.records("Member"), "community", "post"):
        members.setdefault(str(record["community"]), []).append(str(record["post"]))
    return members


def _assignments(facts: FactBase) -> list[Json]:
    audiences: dict[tuple[Value, Value], list[str]] = {}
    for record in _ordered(facts.records("Audience"), "community", "item", "post"):
        pair = (record["community"], record["item"])
        audiences.setdefault(pair, []).append(str(record["post"]))
    scores = {(r["community"], r["item"]): r["score"] for r in facts.records("Score")}
    reaches = {(r["community"], r["item"]): r["reach"] for r in facts.records("Reach")}
    return [
        {
            "community": record["community"],
            "item": record["item"],
            "level": record["level"],
            "score": _plain(scores.get((record["community"], record["item"]), 0)),
            "reach": _plain(reaches.get((record["community"], record["item"]), 0)),
            "audience": audiences.get((record["community"], record["item"]), []),
        }
        for record in _ordered(facts.records("Assignment"), "community", "item")
    ]
