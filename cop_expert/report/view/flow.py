"""The order in which things are learned."""

from msgspec import Struct


class WaveItem(Struct, frozen=True):
    """An item at its place in the order."""

    item: str
    hours: int
    after: tuple[str, ...]
    reason: str


class Wave(Struct, frozen=True):
    """What can be taken once the waves before it are done."""

    number: int
    items: tuple[WaveItem, ...]
    hours: int
    start: int
    end: int
    """From which to which hour of learning it lasts for whoever takes most in each wave."""


class Flow(Struct, frozen=True):
    """The order in which a community takes its items."""

    community: str
    waves: tuple[Wave, ...]
