"""A card for each community: who they are, what they share, what they take."""

from msgspec import Struct

from cop_expert.report.reasons import Sentence
from cop_expert.report.view.figures import Figure
from cop_expert.report.view.needs import Measure


class Member(Struct, frozen=True):
    """A post in its community."""

    post: str
    people: int
    level: str
    reason: str


class Craft(Struct, frozen=True):
    """A practice that a community shares."""

    practice: str
    share: int


class Broker(Struct, frozen=True):
    """A post that links its community with others."""

    post: str
    others: tuple[str, ...]
    carries: int
    """Crossings that it carries."""
    reason: str


class Assignment(Struct, frozen=True):
    """An item that a community takes."""

    item: str
    community: str
    level: str
    people: int
    """Who takes it."""
    for_all: bool
    audience: tuple[str, ...]
    """The posts that take it; those that may not be singled out are left out."""
    wanting: int
    """People who want it."""
    wanting_reason: str
    hours: int
    superfluous: int
    prepares: tuple[str, ...]
    """What it comes before, where it is taken for nothing else."""
    reason: str


class Community(Struct, frozen=True):
    """A card: who they are, what they share, why they are one, what they take."""

    anchor: str
    name: str
    people: Figure
    is_told: bool
    """False where so few people belong to it that nothing is said of them."""
    goal: str
    lead: str
    why: tuple[Sentence, ...]
    """Why it is not cut coarser, not finer, and what was decided."""
    warnings: tuple[Sentence, ...]
    members: tuple[Member, ...]
    more_members: int
    craft: tuple[Craft, ...]
    craft_reason: str
    brokers: tuple[Broker, ...]
    more_brokers: int
    items: tuple[Assignment, ...]
    untold: int
    """Items that so few people take that nothing is said of them."""
    owns: tuple[str, ...]
    """Topics that are at home in it."""
    lends: tuple[str, ...]
    """Those of them that others need too."""
    visits: tuple[tuple[str, str], ...]
    """Topics that come to it from elsewhere, and from where."""
    measure: Measure | None
    hours: Figure
    superfluous: int
    everything: int

    @property
    def useful(self) -> int:
        return self.hours.value - self.superfluous

    @property
    def spared(self) -> int:
        return self.everything - self.hours.value
