"""What goes first when there are fewer hours than learning."""

from msgspec import Struct

from cop_expert.report.machines import Amount

ENDS = 12
"""Rows at each end of what fits into the hours; what is between is counted."""


BELOW = 2 * ENDS
"""Rows of what does not fit; the rest is counted."""


class Claim(Struct, frozen=True):
    """An assignment in the order in which it goes first when hours are short."""

    item: str
    community: str
    level: str
    people: Amount
    hours: Amount
    priority: Amount
    """The need that a hundred hours of it meet, in people with a full need."""
    total: Amount
    """The hours of all down to here."""
    goal: str
    """What requires it, where it goes in for that; empty where for its own sake."""
    asks: Amount
    """Where it stays out, the hours that it takes with what it requires that is not in."""
    left: Amount
    """Where it stays out, the hours that were left when its turn came."""
    reason: str
    """Its place in the annex of a document; empty elsewhere."""


class Budget(Struct, frozen=True):
    """What to do first when there are fewer hours than learning."""

    hours: Amount
    """As many as there are."""
    spent: Amount
    """Hours of what goes in."""
    all_hours: Amount
    """Hours of all assignments."""
    bound: Amount
    """Hours of what must be, however few there are, and of what that requires."""
    need: Amount
    """The need that is met, in people with a full need."""
    all_need: Amount
    """The need that all assignments would meet."""
    fitting: int
    """How many assignments go in."""
    all: int
    """How many assignments there are."""
    within: tuple[Claim, ...]
    """What goes in, in order; what a thing requires stands before it."""
    below: tuple[Claim, ...]
    """What stays out, in order."""
    untold: int
    """Assignments that so few people take that nothing is said of them."""

    @property
    def top(self) -> tuple[Claim, ...]:
        """The first of what goes in; all of it where there is little."""
        return self.within if len(self.within) <= 2 * ENDS + 1 else self.within[:ENDS]

    @property
    def last(self) -> tuple[Claim, ...]:
        """The last of what goes in, where there is more between."""
        return self.within[-ENDS:] if self.between else ()

    @property
    def between(self) -> int:
        """How many of what goes in are not listed."""
        return max(0, len(self.within) - len(self.top) - ENDS) if self.top != self.within else 0

    @property
    def over(self) -> int:
        """Hours beyond those that there are: what must be takes more."""
        return max(0, self.spent - self.hours)

    @property
    def left(self) -> int:
        return max(0, self.hours - self.spent)

    @property
    def waiting(self) -> tuple[Claim, ...]:
        """The first of what stays out."""
        return self.below[:BELOW]
