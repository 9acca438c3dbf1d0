"""A fact base in, the section on how finely to cut out: each range of running costs and its cut."""

from cop_expert.model.rule import CheckedRulebook
from cop_expert.report.cuts import ALWAYS, Cuts
from cop_expert.report.known import Known, Record, number
from cop_expert.report.reasons import Reasons
from cop_expert.report.view.figures import Figure
from cop_expert.report.view.granularity import CutUnit, Granularity, Stretch

CUTS = 24
"""Units of which it is said what their cut is worth; the rest is counted."""


def granularity(known: Known, reasons: Reasons, rulebook: CheckedRulebook) -> Granularity:
    """How the rules would cut at each running cost, decisions and limits of size included."""
    running, plateau = known.one("RunningCost"), known.one("WidestPlateau")
    stays = [record for record in known.records("Stays") if number(record["hours"])]
    set_to = rulebook.parameters["running"].value if "running" in rulebook.parameters else None
    return Granularity(
        stretches=stretches(Cuts(known)),
        units=_cut_units(known, reasons, stays),
        more_units=max(0, len(stays) - CUTS),
        running=Figure(known.number("RunningCost", "hours"), reasons.cite("RunningCost", running)),
        is_set=set_to is not None,
        plateau_reason=reasons.cite("WidestPlateau", plateau),
    )


def stretches(cuts: Cuts) -> tuple[Stretch, ...]:
    """From one running cost at which the cut changes to the next."""
    joining = cuts.joining()
    highs = [*cuts.edges[1:], None]
    rows = zip(cuts.edges, highs, cuts.counts(), cuts.burdens(), strict=True)
    return tuple(
        Stretch(
            low=low,
            high=high,
            communities=communities,
            wasted=wasted,
            rejoined=tuple(sorted(map(cuts.known.name, joining.get(high or ALWAYS, [])))),
            is_widest=low <= cuts.foot < (high or ALWAYS),
            in_force=low <= cuts.running < (high or ALWAYS),
        )
        for low, high, communities, wasted in rows
    )


def _cut_units(known: Known, reasons: Reasons, stays: list[Record]) -> tuple[CutUnit, ...]:
    groups = known.numbers("GroupCount", "unit", "number")
    cohesion = known.numbers("Cohesion", "unit", "cohesion")
    return tuple(
        CutUnit(
            unit=known.speaker.name(str(record["unit"]), given=True),
            hours=number(record["hours"]),
            groups=groups[str(record["unit"])],
            cohesion=cohesion[str(record["unit"])],
            reason=reasons.cite("Stays", record),
        )
        for record in sorted(stays, key=lambda r: (-number(r["hours"]), str(r["unit"])))[:CUTS]
    )
