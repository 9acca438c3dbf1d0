"""What a strategy was made from, and what was found in it."""

from msgspec import Struct

from cop_expert.report.reasons import Sentence


class Setting(Struct, frozen=True):
    """A parameter of the rulebook in force."""

    comment: str
    value: str
    is_own: bool
    """True where the engagement sets it."""
    why: str
    """Its reason, where its rules set it with one."""


class Context(Struct, frozen=True):
    """What the strategy was made from: how many of each, and the parameters."""

    counts: tuple[tuple[str, int], ...]
    """Each table that was filled in, and its rows."""
    settings: tuple[Setting, ...]


class Finding(Struct, frozen=True):
    """All findings of one kind, the weightiest said, the rest counted."""

    template: str
    label: str
    count: int
    said: tuple[Sentence, ...]
