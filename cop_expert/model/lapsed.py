"""Rows that no longer count: they held until a day that has passed."""

from msgspec import Struct

from cop_expert.model.origin import Origin
from cop_expert.model.template import Value


class Lapsed(Struct, frozen=True):
    """A row as it was given, and where; names are as written there."""

    template: str
    values: dict[str, Value]
    """Of all fields, numbers in millionths."""
    origin: Origin
