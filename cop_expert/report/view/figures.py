"""The numbers of page 1, and how any number stands in a document."""

from msgspec import Struct

WITHHELD = -1
"""In place of a number that would tell of a few people."""


class Figure(Struct, frozen=True):
    """A number and why it is so."""

    value: int
    reason: str = ""


class Figures(Struct, frozen=True):
    """The numbers of page 1."""

    people: int
    items: int
    """How many items there are to learn."""
    assigned: Figure
    superfluous: Figure
    everything: Figure

    @property
    def useful(self) -> int:
        return self.assigned.value - self.superfluous.value

    @property
    def spared(self) -> int:
        return self.everything.value - self.assigned.value
