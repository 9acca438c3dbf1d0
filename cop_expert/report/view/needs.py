"""Who needs what, and what would show that it is met."""

from msgspec import Struct


class Need(Struct, frozen=True):
    """A post that needs to learn a practice."""

    practice: str
    post: str
    community: str
    people: int
    required: int | None
    """None where nobody has assessed it."""
    current: int | None
    importance: int
    want: int
    reason: str


class Needs(Struct, frozen=True):
    """What is needed most, by people and how much they want it."""

    largest: tuple[Need, ...]
    unshown: int
    are_assessed: bool
    """False where there is no assessment with a gap, so that assumed gaps are listed."""


class Measure(Struct, frozen=True):
    """What would show on the job that a community has learned: its largest assessed need."""

    practice: str
    post: str
    people: int
    required: int
    current: int
    reason: str
