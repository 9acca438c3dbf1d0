"""Conclusions in, the units down to the communities out."""

from cop_expert.report.known import Known
from cop_expert.report.view.figures import WITHHELD
from cop_expert.report.view.organisation import Branch


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

    def told(people: int) -> int:
        return people if known.may_tell(people) else WITHHELD

    def branch(unit: str) -> Branch:
        groups = [child for child in below.get(unit, []) if child in heads]
        whole = unit in cuts and unit not in splits
        inside = [] if whole else [branch(child) for child in sorted(groups, key=by_heads)]
        community = known.name(final.get(unit, unit)) if unit in cuts else ""
        given = known.speaker.name(unit, given=True)
        if unit in splits and unit in cuts:
            inside.append(Branch(given, told(own[unit]), community, True, unit in final, 0, ()))
        return Branch(
            name=community if whole and unit not in final else given,
            people=told(heads[unit]),
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
