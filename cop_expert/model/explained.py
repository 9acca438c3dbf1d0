"""Answers as other programs read them: docs/json.md tells what stands in each field."""

from msgspec import Struct

from cop_expert.model.miss import Refusal
from cop_expert.model.proof import Proof

VERSION = 1
"""Goes up when a field changes its meaning or goes away; fields may be added at any time."""


class Fault(Struct, frozen=True):
    """Something in a proof that is not so."""

    says: str
    """The fact in whose proof it stands."""
    fault: str
    """What is wrong with it."""


class Replay(Struct, frozen=True):
    """What came of taking every step of a proof again."""

    faults: tuple[Fault, ...]
    assumed: tuple[str, ...]
    """What the proof rests on without showing why."""
    steps: int
    """Reasons that were taken again."""
    rows: int
    """Given facts that were looked up."""


class Explained(Struct, frozen=True):
    """Why something holds."""

    version: int
    """Of this form."""
    proof: Proof
    """The fact that was asked about, and why it holds."""
    also: tuple[str, ...]
    """What is true of the same things beside, in sentences."""
    replay: Replay | None = None
    """What came of checking the proof; null where that was not asked for."""


class Refused(Struct, frozen=True):
    """Why something does not hold."""

    version: int
    """Of this form."""
    refusal: Refusal
    """The fact that was asked about, and why it does not hold."""
