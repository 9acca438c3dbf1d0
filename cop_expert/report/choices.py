"""A fact base and its rules in, what each choice of cut comes to out, beside the best one.

What a community would take does not hang on which others there are, so the rules are asked once
about all communities of all cuts, as if each were one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from cop_expert.facts import FactBase
from cop_expert.infer.otherwise import concluded_otherwise
from cop_expert.model.rule import CheckedRulebook
from cop_expert.report.cuts import Cuts, Place, Possible
from cop_expert.report.granularity import stretches
from cop_expert.report.known import Known
from cop_expert.report.machines import Amount
from cop_expert.report.optimum import best_cut
from cop_expert.report.view.granularity import Stretch, widest_of

ASKED = ("Community", "AssignmentHours", "SuperfluousHours", "ByRelevance")
MEMBERS = """
    SELECT p.post, c.name FROM "Post" p JOIN "Within" w USING (unit) JOIN {chosen} c
        ON w.whole = c.unit WHERE NOT c.is_own
    UNION ALL SELECT p.post, c.name FROM "Post" p JOIN {chosen} c USING (unit) WHERE c.is_own"""
"""The posts of each place, by the name of the community that it is part of."""
CHOSEN = "(SELECT unnest({}) AS name, unnest({}) AS unit, unnest({}::BOOLEAN[]) AS is_own)"


BEYOND = 1
"""A millionth of an hour: at the very edge of a range two cuts are equal but for rounding."""


class Left(Struct, frozen=True):
    """A unit that the rules leave whole and the best cut does not."""

    unit: str
    cohesion: Amount
    is_cohesive: bool
    """True where it is left for holding together; else its first split does not pay by itself."""


class Choice(Struct, frozen=True):
    """A cut, what it comes to by the rules, and the best one at the same running cost."""

    stretch: Stretch
    """The running costs at which the rules choose it."""
    smallest: Amount
    """People in the smallest community."""
    largest: Amount
    """People in the largest one."""
    assigned: Amount
    """Hours of learning."""
    superfluous: Amount
    """Those of them that nobody wants and nobody must take."""
    crossings: int
    """Topics that would have to be carried across."""
    running: Amount
    """What a community is taken to cost: what it does where the cut is in force, else the least."""
    best: int
    """Communities of the cut that comes to the fewest hours."""
    saved: Amount
    """Hours, wasted or of running, by which that cut comes to less."""
    left: tuple[Left, ...]
    """Where the two differ."""


class Turn(Struct, frozen=True):
    """What happens at one end of the range over which the cut in force stands."""

    running: Amount
    """The running cost at which it happens."""
    units: tuple[str, ...]
    """Units that are whole above, and split below."""
    communities: int
    """How many more there are below."""
    wasted: Amount
    """Hours in common sets that are spared below."""


class Choices(Struct, frozen=True):
    """How finely to cut: all choices, and what is next to the one in force."""

    name: str
    """The client's."""
    running: Amount
    """What a community costs to run, in hours a year."""
    is_set: bool
    """True where the leader set the running cost."""
    choices: tuple[Choice, ...]
    """By running cost, the least first."""
    unlisted: int
    """Choices over narrower ranges."""
    finer: Turn | None
    """What would split next."""
    coarser: Turn | None
    """What would be whole again next."""

    @property
    def in_force(self) -> Choice | None:
        return next((choice for choice in self.choices if choice.stretch.in_force), None)


class Taken(NamedTuple):
    """What a community takes, hours as the rules hold them."""

    heads: int
    assigned: int
    superfluous: int
    relevant: tuple[int, ...]
    """The items that it takes by relevance, by their codes."""


NOTHING = Taken(0, 0, 0, ())


def choices(known: Known, rulebook: CheckedRulebook, name: str, every: bool = False) -> Choices:
    """Those over the widest ranges of running costs, or every one."""
    cuts = Cuts(known)
    found = stretches(cuts)
    listed = found if every else widest_of(found)
    cut_at = {s.low: cuts.merged(cuts.places(s.low)) for s in listed}
    taken = judged(known.facts, rulebook, (one for cut in cut_at.values() for one in cut))
    running = rulebook.parameters.get("running")
    return Choices(
        name=name,
        running=cuts.running,
        is_set=running is not None and running.value is not None,
        choices=tuple(_choice(cuts, s, [taken[one] for one in cut_at[s.low]]) for s in listed),
        unlisted=len(found) - len(listed),
        **_turns(found),
    )


def _choice(cuts: Cuts, stretch: Stretch, taken: list[Taken]) -> Choice:
    items = Counter(item for one in taken for item in one.relevant)
    running = cuts.running if stretch.in_force else stretch.low
    places = set(cuts.places(stretch.low))
    best = best_cut(cuts.tree, cuts.roots, running + BEYOND)
    least = best.hours - BEYOND * len(best.places)
    return Choice(
        stretch=stretch,
        smallest=min((one.heads for one in taken), default=0),
        largest=max((one.heads for one in taken), default=0),
        assigned=sum(one.assigned for one in taken),
        superfluous=sum(one.superfluous for one in taken),
        crossings=sum(number - 1 for number in items.values()),
        running=running,
        best=len(cuts.merged(best.places)),
        saved=stretch.wasted + running * len(places) - least,
        left=tuple(_left(cuts, places - set(best.places))),
    )


def _left(cuts: Cuts, places: Iterable[Place]) -> Iterator[Left]:
    known = cuts.known
    for unit in sorted(place.unit for place in places):
        yield Left(
            unit=known.speaker.name(unit, given=True),
            cohesion=known.number("Cohesion", "cohesion", unit=unit),
            is_cohesive=known.one("BreakEven", unit=unit) is None,
        )


def _turns(found: tuple[Stretch, ...]) -> dict[str, Turn | None]:
    """What comes next below and above the range of the cut in force."""
    place = next((place for place, one in enumerate(found) if one.in_force), None)
    finer = coarser = None
    if place is not None:
        here = found[place]
        if place:
            finer = _turn(here.low, found[place - 1], here)
        if place + 1 < len(found):
            coarser = _turn(found[place + 1].low, here, found[place + 1])
    return {"finer": finer, "coarser": coarser}


def _turn(running: int, fine: Stretch, coarse: Stretch) -> Turn:
    return Turn(
        running, fine.rejoined, fine.communities - coarse.communities, coarse.wasted - fine.wasted
    )


def judged(
    facts: FactBase, rulebook: CheckedRulebook, possible: Iterable[Possible]
) -> dict[Possible, Taken]:
    """What each possible community would take; those of one name are asked about one by one."""
    rounds: list[dict[str, Possible]] = []
    for one in dict.fromkeys(possible):
        free = next((taken for taken in rounds if one[0] not in taken), None)
        if free is None:
            rounds.append({one[0]: one})
        else:
            free[one[0]] = one
    found: dict[Possible, Taken] = {}
    for asked in rounds:
        taken = _judged_at_once(facts, rulebook, asked)
        found |= {one: taken.get(name, NOTHING) for name, one in asked.items()}
    return found


def _judged_at_once(
    facts: FactBase, rulebook: CheckedRulebook, asked: dict[str, Possible]
) -> dict[str, Taken]:
    rows = [(name, place.unit, place.is_own) for name, (_, ps) in asked.items() for place in ps]
    names, units, own = zip(*rows, strict=True)
    codes = [facts.names.codes(names), facts.names.codes(units), list(own)]
    select = MEMBERS.format(chosen=CHOSEN.format(*codes))
    with concluded_otherwise(facts, rulebook, ASKED, {"Member": (select, ())}) as other:
        assigned = dict(other.query(_hours("AssignmentHours")))
        superfluous = dict(other.query(_hours("SuperfluousHours")))
        relevant = dict(other.query('SELECT community, list(item) FROM "ByRelevance" GROUP BY 1'))
        heads = dict(other.query('SELECT community, heads FROM "Community"'))
    texts = facts.names.texts(list(heads))
    return {
        str(text): Taken(
            heads[code],
            assigned.get(code, 0),
            superfluous.get(code, 0),
            tuple(relevant.get(code, ())),
        )
        for code, text in zip(heads, texts, strict=True)
    }


def _hours(template: str) -> str:
    return f'SELECT community, sum(hours)::BIGINT FROM "{template}" GROUP BY 1'
