"""Two runs in, what the one comes to against the other out: what a decision costs."""

from typing import Any

from cop_expert.facts import FactBase
from cop_expert.report.known import number
from cop_expert.report.view.decisions import Price


def price(facts: FactBase, without: FactBase) -> Price:
    """What there is more of, or less, than in the run without it."""
    here, there = _totals(facts), _totals(without)
    more = {name: here[name] - there[name] for name in here}
    running = _total(facts, "RunningCost") * more["communities"]
    return Price(running=running, **more)


def _totals(facts: FactBase) -> dict[str, Any]:
    return {
        "communities": facts.count("Community"),
        "assigned": _total(facts, "HoursAssigned"),
        "superfluous": _total(facts, "HoursSuperfluous"),
        "crossings": facts.count("Crossing"),
    }


def _total(facts: FactBase, template: str) -> int:
    """The hours of the only fact, where there is one."""
    return sum(number(record["hours"]) for record in facts.records(template))
