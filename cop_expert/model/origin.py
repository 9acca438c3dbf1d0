"""Where a fact, a rule or a mistake was read."""

from msgspec import Struct


class Origin(Struct, frozen=True, order=True):
    """A place in one of the files that a run was made from."""

    source: str
    """The file as the user knows it, relative to the engagement: `tables/roles.csv`."""
    line: int = 0
    """Counted from 1; 0 where the whole file is meant."""
    column: int = 0
    """Counted from 1; 0 where the whole line is meant."""

    def __str__(self) -> str:
        places = [str(place) for place in (self.line, self.column) if place]
        return ":".join([self.source, *places])
