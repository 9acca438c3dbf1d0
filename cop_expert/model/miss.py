"""Misses: why a fact does not hold, rule by rule, and what the nearest one lacks."""

from msgspec import Struct

from cop_expert.model.origin import Origin
from cop_expert.model.proof import Proof
from cop_expert.model.template import Value


class Needed(Struct, frozen=True):
    """What would meet a threshold: a fact as it is, and as it would have to be."""

    now: str
    """The fact as it is, in a sentence."""
    then: str
    """As it would have to be."""
    apart: str
    """The difference, said aloud."""
    more: bool
    """True where it would have to be more."""


class Short(Struct, frozen=True, tag="short"):
    """A comparison that does not hold."""

    says: str
    """The fact whose number falls short, or the number itself."""
    operator: str
    """What its number would have to be beside the bound: one of < <= = != >= >."""
    bound: str
    """What it would have to reach, said aloud."""
    apart: str
    """By how much it misses; empty where it is no amount."""
    off: int = 0
    """The same as a part of the larger side, in thousandths."""
    needed: Needed | None = None
    """The sum that it is made of, as large as it would have to be."""


class Missing(Struct, frozen=True, tag="missing"):
    """There is no such fact."""

    template: str
    """The kind of fact, a class of the ontology."""
    says: str
    """Empty where what is missing has no name."""
    table: str = ""
    """The table in which it would stand; empty where rules would conclude it."""
    cost: int = 0
    """How hard it would be to add it to its table, beside others."""
    of_all: bool = False
    """True where it is said of all such facts, and not of the nearest."""
    among: int = 1
    """How many facts would each have done, where what is said is said of one of them."""
    nearest: "Miss | None" = None
    """Why it was not concluded."""
    lapsed: Proof | None = None
    """Such a fact that once held, and no longer does."""


class Blocked(Struct, frozen=True, tag="blocked"):
    """There is a fact that must not be there."""

    proof: Proof
    """That fact, and why it is there."""


Lack = Short | Missing | Blocked


class Miss(Struct, frozen=True):
    """A rule that might have concluded the fact, as near as it came."""

    rule: str
    """The rule's name."""
    origin: Origin
    """Where it is written."""
    values: dict[str, Value]
    """The fact as far as it is known what it would have been."""
    says: str
    """The fact, said as if it held."""
    lack: Lack
    """The first condition that does not hold."""
    held: int
    """How many conditions hold."""
    failed: int
    """How many do not."""


class Refusal(Struct, frozen=True):
    """Why a fact does not hold: the rules that might have concluded it, the nearest first."""

    template: str
    """The kind of fact, a class of the ontology."""
    says: str
    """That it does not hold, in a sentence."""
    misses: tuple[Miss, ...]
    """Each rule, and what it lacks."""
    unshown: int = 0
    """How many further rules there are."""
