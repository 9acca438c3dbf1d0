"""What the leader decided, and what is asked of the leader next."""

from msgspec import Struct

FIRST = 10
"""Pieces of advice that are said with their reasons; a table holds the rest."""


class Price(Struct, frozen=True):
    """What a strategy has more of, or less, for a decision; found by a run without it."""

    communities: int
    running: int
    """Hours a year of running them."""
    assigned: int
    superfluous: int
    crossings: int

    @property
    def is_nothing(self) -> bool:
        return not (self.communities or self.assigned or self.superfluous or self.crossings)


Prices = dict[str, Price]
"""By the place of the decision: `tables/decisions.csv:2`."""


class Decided(Struct, frozen=True):
    """A decision of the leader."""

    kind: str
    subject: str
    object: str
    why: str
    by: str
    on: str
    value: int | None
    until: str
    has_effect: bool = True
    price: Price | None = None
    """None where it was not looked for, or nothing would hold without the decision."""
    reason: str = ""


class Advice(Struct, frozen=True):
    """What to do next, and the hours at stake."""

    action: str
    subject: str
    community: str
    other: str
    target: str
    hours: int
    says: str
    because: str
    """Why, in a sentence; empty where its reason is a sum."""
    reason: str


class Ask(Struct, frozen=True):
    """A decision asked of the leader: all advice of one kind."""

    action: str
    advice: tuple[Advice, ...]
    hours: int
