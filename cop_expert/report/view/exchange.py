"""What goes to whom, and what crosses between communities."""

from msgspec import Struct

from cop_expert.report.reasons import Sentence
from cop_expert.report.view.communities import Assignment

COLUMNS = 6
"""Communities up to which a table has a column for each."""


class MatrixRow(Struct, frozen=True):
    """An item and what each community makes of it."""

    anchor: str
    item: str
    hours_each: int
    cells: tuple[Assignment | None, ...]
    people: int
    hours: int


class Matrix(Struct, frozen=True):
    """What goes to whom: items down, communities across."""

    communities: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    idle: tuple[Sentence, ...]

    @property
    def is_wide(self) -> bool:
        """True for more communities than a table has columns for."""
        return len(self.communities) > COLUMNS


class Carrier(Struct, frozen=True):
    """Who carries an item across."""

    post: str
    capacity: str
    reason: str


class Crossing(Struct, frozen=True):
    """An item that is at home in one community and matters in another."""

    item: str
    home: str
    other: str
    kind: str
    wanting: int
    wanting_reason: str
    of: int
    """People in the other community."""
    hours: int
    """Hours of those who want it there."""
    carriers: tuple[Carrier, ...]
    more_carriers: int
    form: str
    """What suits it: shared session, briefing, job shadowing, checklist."""
    reason: str

    @property
    def is_carried(self) -> bool:
        return bool(self.carriers or self.more_carriers)


class Overlap(Struct, frozen=True):
    """How much of what two communities learn is the same."""

    one: str
    other: str
    share: int
    hours: int
    reason: str


class Region(Struct, frozen=True):
    """What exactly these communities learn for its own sake, and no other."""

    members: tuple[int, ...]
    """Positions in the list of communities."""
    communities: tuple[str, ...]
    items: tuple[str, ...]
    hours: int


class Crossings(Struct, frozen=True):
    """What crosses, and what is common to which communities."""

    shared: tuple[Crossing, ...]
    on_request: tuple[Crossing, ...]
    overlaps: tuple[Overlap, ...]
    more_overlaps: int
    regions: tuple[Region, ...]
    totals: tuple[int, ...]
    """Items that each community learns for its own sake."""

    @property
    def all(self) -> tuple[Crossing, ...]:
        return self.shared + self.on_request
