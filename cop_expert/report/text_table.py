"""Texts in rows in, columns in line out, within the width of a page."""

import textwrap
from collections.abc import Iterator

from msgspec import Struct

WIDTH = 100
"""Characters of a line of a table as text."""
GAP, NARROW = "   ", "  "
"""What stands between columns; the narrow one where words would have to be cut up."""

Row = tuple[str, ...]


class TextTable(Struct, frozen=True):
    """What there is to say on a topic, a row each; a table of one word where there is nothing."""

    title: str
    headings: Row
    rows: tuple[Row, ...]

    def as_text(self) -> str:
        """Columns in line within 100 characters, long cells wrapped."""
        gap, widths = _widths([self.headings, *self.rows])
        sizes = zip(self.headings, widths, strict=True)
        ruler = tuple("-" * min(len(heading), width) for heading, width in sizes)
        lines = [self.headings, *([ruler] if self.rows else []), *self.rows]
        columns = [list(filter(None, column)) for column in zip(*self.rows, strict=True)]
        numeric = [bool(column) and all(map(_is_number, column)) for column in columns]
        told = [self.title, ""]
        for line in lines:
            told += _wrapped(line, gap, widths, numeric or [False])
        return "\n".join([*told, ""])


def _widths(lines: list[Row]) -> tuple[str, list[int]]:
    """What stands between columns and the room of each; the widest give way until all fit.

    Words are kept whole as long as that can be done.
    """
    columns = list(zip(*lines, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [max(map(_longest_word, column)) for column in columns]
    gap = GAP if sum(least) <= _room(GAP, columns) else NARROW
    while sum(widths) > _room(gap, columns):
        wide = [max(0, width - word) and width for width, word in zip(widths, least, strict=True)]
        most = wide if any(wide) else widths
        widths[most.index(max(most))] -= 1
    return gap, widths


def _room(gap: str, columns: list[Row]) -> int:
    return WIDTH - 2 - len(gap) * (len(columns) - 1)


def _longest_word(cell: str) -> int:
    return max(map(len, cell.split()), default=0)


def _wrapped(line: Row, gap: str, widths: list[int], numeric: list[bool]) -> Iterator[str]:
    cells = [textwrap.wrap(c, max(w, 1)) or [""] for c, w in zip(line, widths, strict=True)]
    for depth in range(max(map(len, cells))):
        parts = [cell[depth] if depth < len(cell) else "" for cell in cells]
        set_out = [
            part.rjust(width) if is_number else part.ljust(width)
            for part, width, is_number in zip(parts, widths, numeric, strict=True)
        ]
        yield f"  {gap.join(set_out)}".rstrip()


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "", 1).isdigit()
