"""A workbook in, a sheet out for each of its sheets that is named like a table."""

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from cop_expert.facts import FactBase
from cop_expert.load.archive import open_archive
from cop_expert.load.csv_file import UnreadableFile
from cop_expert.load.findings import DESCRIBED, Findings
from cop_expert.load.grid import Merged, SheetEntry, Workbook
from cop_expert.load.headings import ID, LABELS, column_fields
from cop_expert.load.sheet import Sheet, headings_of, lay_out
from cop_expert.load.words import listed, plain, shown, tidy
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Template

IGNORED = "(ignore)"
"""What a sheet's name holds that is for people."""
MOST_CELLS = 3_000_000
"""In all sheets of a workbook, blank cells within a table counted too."""
ALIKE = 0.75
"""How alike the name of a sheet and that of a table must be for it to be a mistake."""
LOOKED_AT = 20
"""Rows, not counting blank ones, among which the headings are looked for."""


def read_workbook(path: Path, source: str, facts: FactBase, findings: Findings) -> list[Sheet]:
    """Its sheets; where it cannot be read, one for each table, which says so."""
    tables = {plain(found.table): found for found in facts.vocabulary.given() if found.table}
    reader = _Reader(source, facts, findings)
    try:
        with open_archive(path) as archive:
            return list(reader.sheets(Workbook(archive), tables))
    except UnreadableFile as error:
        place = Origin(reader.place, error.line)
        findings.add(Diagnostic("unreadable", str(error), place, error.advice))
        return [Sheet(name, f"{source}/{name}", readable=False) for name in tables]


class _Reader:
    """Goes through the sheets of one workbook."""

    def __init__(self, source: str, facts: FactBase, findings: Findings) -> None:
        self.source = source
        self.place = source
        """What is being read."""
        self.facts = facts
        self.findings = findings
        self.room = MOST_CELLS

    def sheets(self, workbook: Workbook, tables: dict[str, Template]) -> Iterator[Sheet]:
        """Those that are named like tables and are not hidden; the others are reported."""
        names: set[str] = set()
        for entry in workbook.sheets:
            name = tidy(entry.name).replace("/", "-")
            if name.casefold() in names:
                raise UnreadableFile(f"two of its sheets are called {shown(name)}")
            names.add(name.casefold())
            self.place = f"{self.source}/{name}"
            template = tables.get(plain(name))
            if IGNORED in name.casefold():
                continue
            if template and not entry.hidden:
                yield self.sheet(workbook, entry, Sheet(name, self.place), template)
            elif template or (not entry.hidden and not _is_empty(workbook, entry)):
                self.findings.add(self.left_aside(name, entry, tables))

    def sheet(
        self, workbook: Workbook, entry: SheetEntry, sheet: Sheet, template: Template
    ) -> Sheet:
        table = _Table(template, self.room)
        merged = workbook.read_rows(entry, table.take)
        table.finish()
        self.room -= table.area
        sheet.headings, sheet.first_line = table.headings, table.first_line
        self.findings.add(*_spread(table, merged, sheet))
        self.findings.add_rows(
            sheet.source, table.beyond, lambda found: _beyond(sheet, *found), table.strays
        )
        return lay_out(sheet, table.columns, table.lines, self.facts) if table.headings else sheet

    def left_aside(self, name: str, entry: SheetEntry, tables: dict[str, Template]) -> Diagnostic:
        """A mistyped name would lose its rows; a sheet of the client's own is no mistake."""
        near = did_you_mean(name, [template.table for template in tables.values()], ALIKE)
        message = "the sheet is named like no table"
        advice = near or f"it is left aside; with {IGNORED} in its name it is so without a word"
        if entry.hidden:
            message, advice = "the sheet is hidden, and not read", "show it, or delete it"
        return Diagnostic(
            "unknown-table",
            message,
            Origin(self.place),
            advice,
            warning=entry.hidden or not near,
        )


def _is_empty(workbook: Workbook, entry: SheetEntry) -> bool:
    rows: list[int] = []
    workbook.read_rows(entry, lambda row, _: rows.append(row))
    return not rows


class _Table:
    """Takes the rows of one sheet, and lays them out by column."""

    def __init__(self, template: Template, room: int) -> None:
        self.known = {plain(field.heading) for field in column_fields(template)} | {ID, *LABELS}
        self.room = room
        self.headings: list[str] = []
        self.first_line = 1
        self.lines: list[int] = []
        self.columns: list[list[str]] = []
        self.area = 0
        self.beyond: list[tuple[int, int, str]] = []
        """Row, column and text of the first cells that stand beyond the last heading."""
        self.strays = 0
        self._waiting: list[tuple[int, dict[int, str]]] = []

    def take(self, line: int, cells: dict[int, str]) -> None:
        if self.headings:
            self._add(line, cells)
            return
        self._waiting.append((line, cells))
        if any(plain(cell) in self.known for cell in cells.values()):
            del self._waiting[:-1]  # a title
            self.finish()
        elif len(self._waiting) == LOOKED_AT:
            self.finish()

    def finish(self) -> None:
        """Take the first row for the headings; nothing where that is known already."""
        if not self._waiting:
            return
        (self.first_line, cells), *rows = self._waiting
        self._waiting = []
        row = [cells.get(column, "") for column in range(max(cells) + 1)]
        self.headings = headings_of(row, self.first_line)
        self.columns = [[] for _ in self.headings]
        for line, cells in rows:
            self._add(line, cells)

    def _add(self, line: int, cells: dict[int, str]) -> None:
        width = len(self.columns)
        self._set_aside(line, {column: cell for column, cell in cells.items() if column >= width})
        if min(cells) >= width:
            return
        self.area += width
        if self.area > self.room:
            raise UnreadableFile(
                f"the workbook has more than {MOST_CELLS:,} cells",
                "save its sheets as 'CSV UTF-8' into the folder tables, which takes far more",
            )
        self.lines.append(line)
        for column, values in enumerate(self.columns):
            values.append(cells.get(column, ""))

    def _set_aside(self, line: int, cells: dict[int, str]) -> None:
        if cells:
            self.strays += 1
            if len(self.beyond) < DESCRIBED:
                column = min(cells)
                self.beyond.append((line, column, cells[column]))


def _beyond(sheet: Sheet, line: int, column: int, cell: str) -> Diagnostic:
    return Diagnostic(
        "ragged-row",
        f"{shown(tidy(cell))} stands beyond the last heading, and is left aside",
        Origin(sheet.source, line, column + 1),
        "give the column a heading, or move the note to another sheet",
        warning=True,
    )


def _spread(table: _Table, merged: list[Merged], sheet: Sheet) -> Iterator[Diagnostic]:
    """Read a merged cell for each of its rows, as the eye does, and say so."""
    below = [table.first_line] * len(table.columns)
    """The row in each column down to which all is done: blocks do not overlap."""
    for block in sorted(merged):
        if block.left >= len(table.columns) or block.top <= below[block.left]:
            continue
        below[block.left] = max(block.top, block.bottom)
        across = _known_headings(table, block)
        start = bisect_left(table.lines, block.top)
        if across and start < len(table.lines) and table.lines[start] == block.top:
            rows = _fill_down(table, block, start)
            if (rows > 1 or len(across) > 1) and table.columns[block.left][start]:
                yield _merged(sheet, block, table.columns[block.left][start], across)


def _known_headings(table: _Table, block: Merged) -> list[str]:
    """The headings above the block that mean something, its first column's among them."""
    headings = table.headings[block.left : block.right + 1]
    known = [heading for heading in headings if plain(heading) in table.known]
    return known if headings[0] in known else []


def _fill_down(table: _Table, block: Merged, start: int) -> int:
    """The number of rows, the first included, that have the block's text now."""
    column = table.columns[block.left]
    row = start + 1
    while row < len(table.lines) and table.lines[row] <= block.bottom and not column[row]:
        column[row] = column[start]
        row += 1
    return row - start


def _merged(sheet: Sheet, block: Merged, cell: str, headings: list[str]) -> Diagnostic:
    message = f"{block} is one merged cell; {shown(tidy(cell))} was read "
    first, *others = map(shown, headings)
    if others:
        message += f"as {first}, with {listed(others)} blank"
    else:
        message += "for each of its rows"
    return Diagnostic(
        "merged-cell",
        message,
        Origin(sheet.source, block.top, block.left + 1),
        "to be sure, unmerge the cells and write the text into each",
        warning=True,
    )
