"""What stands if the estimates are a little off."""

from msgspec import Struct


class If(Struct, frozen=True):
    """Something that would make a difference if it were otherwise."""

    parameter: str
    """What the parameter is; empty: an assessment, or all of them."""
    value: str
    """What the parameter would be."""
    now: str
    role: str
    """Whose assessment; empty: all of them."""
    practice: str
    way: int
    """-1: lower, 1: higher."""
    level: str
    """What comes of it: a level; empty: not assigned, or no community."""


class Doubt(Struct, frozen=True):
    """An assignment that does not come out in every trial."""

    item: str
    community: str
    level: str
    """Empty for one that only comes up in trials."""
    runs: int
    of: int
    """Trials in which its community stands."""
    otherwise: tuple[tuple[str, int], ...]
    """Other levels and in how many trials; empty for not assigned."""
    ifs: tuple[If, ...]


class CutDoubt(Struct, frozen=True):
    """Communities of ours that do not stand in every trial, but in as many of them each."""

    communities: tuple[str, ...]
    runs: int
    ifs: tuple[If, ...]


class Moved(Struct, frozen=True):
    """One thing moved alone, and what it changes."""

    what: If
    gone: tuple[str, ...]
    new: tuple[str, ...]
    assignments: tuple[tuple[str, str, str, str], ...]
    """Item, community, and the level before and after, empty for none."""

    @property
    def changes(self) -> bool:
        return bool(self.gone or self.new or self.assignments)


class Firmness(Struct, frozen=True):
    """What stands if the estimates are a little off."""

    samples: int
    seed: int
    step: str
    """By how much an assessment may be off; empty where there is none."""
    communities: int
    standing: int
    """Communities of ours that stand in every trial."""
    whole: int
    """In how many trials the cut as a whole is ours."""
    cuts: tuple[CutDoubt, ...]
    """The least firm first."""
    other_cuts: tuple[tuple[str, int], ...]
    """Communities that only come up in trials, and in how many, the most frequent first."""
    assignments: int
    firm: int
    """Assignments that come out the same in every trial in which their community stands."""
    doubts: tuple[Doubt, ...]
    """The least firm first."""
    coming: tuple[Doubt, ...]
    """What only comes up in trials, the most frequent first."""
    moved: tuple[Moved, ...]

    @property
    def telling(self) -> tuple[Moved, ...]:
        """What changes something."""
        return tuple(one for one in self.moved if one.changes)

    @property
    def idle(self) -> tuple[str, ...]:
        """Parameters that change nothing, whichever way they are moved."""
        telling = {one.what.parameter for one in self.telling}
        names = dict.fromkeys(one.what.parameter for one in self.moved if one.what.parameter)
        return tuple(name for name in names if name not in telling)

    @property
    def is_cut_firm(self) -> bool:
        return self.standing == self.communities
