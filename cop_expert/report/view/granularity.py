"""How finely to cut, by what a community costs to run."""

from math import inf

from msgspec import Struct

from cop_expert.report.machines import Amount
from cop_expert.report.view.figures import Figure

STRETCHES = 12
"""Ranges of running costs that are listed; the rest is counted."""


class CutUnit(Struct, frozen=True):
    """A unit that is cut while a community costs less than so many hours."""

    unit: str
    hours: int
    groups: int
    cohesion: int
    reason: str


class Stretch(Struct, frozen=True):
    """A range of running costs over which the hours give the same cut."""

    low: Amount
    """What a community costs to run in hours a year, this included."""
    high: Amount | None
    """This not included; none: however much."""
    communities: int
    wasted: Amount
    """Hours that one common set of information in each community would waste."""
    rejoined: tuple[str, ...]
    """Units that stay whole from its upper end on."""
    is_widest: bool
    """True where the widest range over which the hours alone give one cut begins."""
    in_force: bool
    """True where it holds what a community costs to run."""

    @property
    def width(self) -> float:
        """How many times its lower end its upper end is."""
        return self.high / self.low if self.high and self.low else inf


def widest_of(stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Those over the widest ranges of running costs, and the one in force, in order of costs."""

    kept = sorted(stretches, key=lambda one: (one.in_force, one.width), reverse=True)[:STRETCHES]
    return tuple(one for one in stretches if one in kept)


class Granularity(Struct, frozen=True):
    """How finely to cut, by what a community costs to run."""

    stretches: tuple[Stretch, ...]
    units: tuple[CutUnit, ...]
    more_units: int
    running: Figure
    is_set: bool
    """True where the leader set the running cost."""
    plateau_reason: str

    @property
    def widest(self) -> Stretch | None:
        """The cut with which the widest range of the hours alone begins; decisions and sizes may
        have made its own range wider or narrower."""
        return next((stretch for stretch in self.stretches if stretch.is_widest), None)

    @property
    def is_unrivalled(self) -> bool:
        """True where there are others, and none with an upper end stands over so wide a range."""
        ends = [stretch.width for stretch in self.stretches if stretch.high is not None]
        return self.widest is not None and self.widest.width >= max(ends, default=inf)

    @property
    def listed(self) -> tuple[Stretch, ...]:
        """The widest stretches, in order of what a community costs to run."""
        return widest_of(self.stretches)

    @property
    def more_stretches(self) -> int:
        return len(self.stretches) - len(self.listed)
