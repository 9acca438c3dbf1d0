"""A workbook in, a sheet out for each of its sheets that is named like a table."""

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from cop_expert.facts import FactBase
from cop_expert.load.archive import open_archive
from cop_expert.load.csv_file import UnreadableFile
from cop_expert.load.findings import Findings
from cop_expert.load.grid import Merged, SheetEntry, Workbook
from cop_expert.load.headings import ID, LABELS, column_fields
from cop_expert.load.rows import MOST_CELLS, Rows
from cop_expert.load.sheet import Sheet, lay_out
from cop_expert.load.words import listed, plain, shown, tidy
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Template

IGNORED = "(ignore)"
"""What a sheet's name holds that is for people."""
ALIKE = 0.75
"""How alike the name of a sheet and that of a table must be for it to be a mistake."""


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
        known = {plain(field.heading) for field in column_fields(template)} | {ID, *LABELS}
        table = Rows(lambda cells: any(plain(cell) in known for cell in cells.values()), self.room)
        merged = workbook.read_rows(entry, table.take)
        table.finish()
        self.room -= table.area
        sheet.headings, sheet.first_line = table.headings, table.first_line
        self.findings.add(*spread(table, merged, sheet, known))
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


def _beyond(sheet: Sheet, line: int, column: int, cell: str) -> Diagnostic:
    return Diagnostic(
        "ragged-row",
        f"{shown(tidy(cell))} stands beyond the last heading, and is left aside",
        Origin(sheet.source, line, column + 1),
        "give the column a heading, or move the note to another sheet",
        warning=True,
    )


def spread(
    table: Rows, merged: list[Merged], sheet: Sheet, known: set[str]
) -> Iterator[Diagnostic]:
    """Read a merged cell for each of its rows, as the eye does, and say so of `known` headings."""
    below = [table.first_line] * len(table.columns)
    """The row in each column down to which all is done: blocks do not overlap."""
    for block in sorted(merged):
        if block.left >= len(table.columns) or block.top <= below[block.left]:
            continue
        below[block.left] = max(block.top, block.bottom)
        across = _known_headings(table, block, known)
        start = bisect_left(table.lines, block.top)
        if across and start < len(table.lines) and table.lines[start] == block.top:
            rows = _fill_down(table, block, start)
            if (rows > 1 or len(across) > 1) and table.columns[block.left][start]:
                yield _merged(sheet, block, table.columns[block.left][start], across)


def _known_headings(table: Rows, block: Merged, forms: set[str]) -> list[str]:
    """The headings above the block that mean something, its first column's among them."""
    headings = table.headings[block.left : block.right + 1]
    known = [heading for heading in headings if plain(heading) in forms]
    return known if headings[0] in known else []


def _fill_down(table: Rows, block: Merged, start: int) -> int:
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
