"""Differences between two runs: what is new, gone or another, and which inputs it comes from."""

from msgspec import Struct

from cop_expert.model.origin import Origin


class Input(Struct, frozen=True):
    """Something given that differs: a fact of one run only, or a parameter."""

    before: str
    """As it was said before; empty where it is new."""
    after: str
    """As it is said now; empty where it is gone."""
    origin: Origin


class Difference(Struct, frozen=True):
    """A conclusion that differs."""

    template: str
    before: str
    """As it was said before; empty where it is new."""
    after: str
    """As it is said now; empty where it is gone."""
    causes: tuple[Input, ...]
    """The inputs that it comes from, as far as its proofs tell; all of them where they do not."""


class Differences(Struct, frozen=True):
    """What differs between two runs."""

    inputs: tuple[Input, ...]
    conclusions: tuple[Difference, ...]
    unshown: int = 0
    """How many further conclusions differ."""
