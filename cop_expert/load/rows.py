"""The rows of a sheet in, its headings and its columns out, wherever on the sheet they stand."""

from collections.abc import Callable

from cop_expert.load.csv_file import UnreadableFile
from cop_expert.load.findings import DESCRIBED
from cop_expert.load.sheet import headings_of

MOST_CELLS = 3_000_000
"""In all sheets of a workbook, blank cells within a table counted too."""
LOOKED_AT = 20
"""Rows, not counting blank ones, among which the headings are looked for."""
Cells = dict[int, str]
"""By column, from 0; those that are not empty."""


class Rows:
    """Takes the rows of one sheet, and lays them out by column."""

    def __init__(self, are_headings: Callable[[Cells], bool], room: int = MOST_CELLS) -> None:
        self.are_headings = are_headings
        self.room = room
        self.headings: list[str] = []
        self.first_line = 1
        self.lines: list[int] = []
        self.columns: list[list[str]] = []
        self.area = 0
        self.beyond: list[tuple[int, int, str]] = []
        """Row, column and text of the first cells that stand beyond the last heading."""
        self.strays = 0
        self._waiting: list[tuple[int, Cells]] = []

    def take(self, line: int, cells: Cells) -> None:
        if self.headings:
            self._add(line, cells)
            return
        self._waiting.append((line, cells))
        if self.are_headings(cells):
            del self._waiting[:-1]  # a title
            self.finish()
        elif len(self._waiting) == LOOKED_AT:
            self.finish()

    def finish(self) -> None:
        """Take the first row for the headings; nothing where that is known already."""
        if not self._waiting:
            return
        while len(self._waiting) > 1 and len(self._waiting[0][1]) == 1 < len(self._waiting[1][1]):
            del self._waiting[0]  # a title above headings that nobody knows
        (self.first_line, cells), *rows = self._waiting
        self._waiting = []
        row = [cells.get(column, "") for column in range(max(cells) + 1)]
        self.headings = headings_of(row, self.first_line)
        self.columns = [[] for _ in self.headings]
        for line, cells in rows:
            self._add(line, cells)

    def _add(self, line: int, cells: Cells) -> None:
        width = len(self.columns)
        self._set_aside(line, {column: cell for column, cell in cells.items() if column >= width})
        if min(cells) >= width:
            return
        self.area += width
        if self.area > self.room:
            raise UnreadableFile(
                f"there are more than {MOST_CELLS:,} cells",
                "leave out what is no part of the table, or save it as 'CSV UTF-8' into tables",
            )
        self.lines.append(line)
        for column, values in enumerate(self.columns):
            values.append(cells.get(column, ""))

    def _set_aside(self, line: int, cells: Cells) -> None:
        if cells:
            self.strays += 1
            if len(self.beyond) < DESCRIBED:
                column = min(cells)
                self.beyond.append((line, column, cells[column]))
