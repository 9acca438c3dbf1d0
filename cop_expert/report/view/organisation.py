"""The units that the communities are cut from."""

from msgspec import Struct


class Branch(Struct, frozen=True):
    """A unit in the picture of the organisation."""

    name: str
    people: int
    community: str
    """The community that it is or goes into; empty where it is cut further."""
    is_own: bool
    """True for the posts that stand directly in a unit that is cut."""
    is_merged: bool
    """True where it goes into another community."""
    groups: int
    branches: tuple["Branch", ...]
