"""A table as somebody wrote it, in DuckDB: nothing is known yet about what its columns mean.

A plain CSV file is read by DuckDB itself, any other in Python; either way the cells come to stand
in a relation, so that no later step goes through them one by one.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from zlib import crc32

from msgspec import Struct

from cop_expert.database import duckdb
from cop_expert.facts import FactBase, on_desk, quoted
from cop_expert.load.csv_file import DELIMITERS, CsvFile, UnreadableFile, open_csv, rows_of
from cop_expert.load.findings import Findings
from cop_expert.load.words import shown, tidy
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

DECIMAL_MARKS = {",": ".", ";": ",", "\t": ""}
"""Spreadsheets part cells by semicolons where commas part decimals; tabs go with either."""
MOST_COLUMNS = 2_000
WHITE = r"'[\s\v\x1c-\x1f\x85\p{Z}]*'"
"""What a blank cell may hold."""


class Sheet(Struct):
    """The cells of one table."""

    name: str
    """The file's name without its ending: `roles`."""
    source: str
    headings: list[str] = []
    """None at all where the file is empty."""
    relation: str = ""
    """Where the cells stand: `@row`, counted from 0, `@line`, and for each heading a column named
    by its place from 0, all of texts."""
    rows: int = 0
    first_line: int = 1
    """The line of the headings."""
    decimal_mark: str = "."
    """What parts decimals for certain, so that even `1,500` is no thousands; empty: not certain."""
    ragged: tuple[int, ...] = ()
    """The rows that have more cells than there are headings."""
    readable: bool = True
    columns: tuple[int, ...] | None = None
    """For a table made of another's columns: the column of the file, counted from 1, that each was
    made of; 0 for one that was made of several, where `@column` says which."""
    scale: tuple[Decimal, Decimal] | None = None
    """The lowest and the highest of its numbers, where it has a scale of its own."""
    of_others: bool = False
    """True where rows that refer to what is not here are no mistakes, and left aside."""
    because: dict[int, str] = {}
    """Why rows hold that nobody wrote down, by `@row`."""

    @property
    def is_foreign(self) -> bool:
        """True for a file of other people: what the client's own tables say already is left out."""
        return self.columns is not None or self.of_others

    def column(self, place: int) -> int:
        """The column of the file, counted from 1, in which a column stands; 0: in several."""
        return place + 1 if self.columns is None else self.columns[place]

    @property
    def file(self) -> str:
        """The file as a sentence names it: `units.csv`, `sheet Units`."""
        return table_file(self.source)


def read_sheet(path: Path, source: str, facts: FactBase, findings: Findings) -> Sheet:
    """The sheet; one that says it is not readable where the file cannot be read."""
    try:
        file = open_csv(path, source, findings)
        sheet = Sheet(path.stem, source, decimal_mark=DECIMAL_MARKS[file.delimiter])
        if file.plain and _read_by_duckdb(sheet, file, facts):
            return sheet
        return _read_in_python(sheet, file, facts, findings)
    except UnreadableFile as error:
        place = Origin(source, error.line)
        findings.add(Diagnostic("unreadable", str(error), place, error.advice))
        return Sheet(path.stem, source, readable=False)


def lay_out(
    sheet: Sheet, columns: Sequence[Sequence[str]], lines: Sequence[int], facts: FactBase
) -> Sheet:
    """Give the sheet its cells, a column for each heading."""
    sheet.relation, sheet.rows = _relation(sheet), len(lines)
    cells = "".join(f", unnest(?::VARCHAR[]) AS {place(n)}" for n in range(len(columns)))
    facts.query(
        f"CREATE TABLE {sheet.relation} AS SELECT "
        f'unnest(range({len(lines)}))::INTEGER AS "@row", unnest(?::INTEGER[]) AS "@line"{cells}',
        [lines, *columns],
    )
    return sheet


def table_file(source: str) -> str:
    """How a sentence names what a table was read from: `units.csv`, `sheet Units`."""
    sheet = Origin(source).sheet
    return f"sheet {sheet}" if sheet else source.rpartition("/")[2]


def place(column: int) -> str:
    """The name of a sheet's column."""
    return quoted(str(column))


def is_blank(cell: str) -> str:
    return f"regexp_full_match({cell}, {WHITE})"


def _relation(sheet: Sheet) -> str:
    # To DuckDB, Units.csv and units.csv are one name.
    apart = crc32(sheet.source.encode("utf-8", "surrogateescape"))
    others = " of others" if sheet.of_others else ""
    return on_desk(f"sheet {sheet.source} {sheet.name}{others} {apart:x}")


def headings_of(row: Sequence[str], line: int) -> list[str]:
    """Raises UnreadableFile where no person would have made so many columns."""
    if len(row) > MOST_COLUMNS:
        message = f"this row has more than {MOST_COLUMNS:,} cells"
        raise UnreadableFile(message, "delete the columns that are no part of the table", line)
    headings = [tidy(heading) for heading in row]
    while headings and not headings[-1]:
        headings.pop()
    return headings


def _read_by_duckdb(sheet: Sheet, file: CsvFile, facts: FactBase) -> bool:
    """False where the file is not so plain after all: one row has too many cells, say."""
    first = file.text.partition("\n")[0].rstrip("\r")
    cells = first.split(file.delimiter, MOST_COLUMNS)
    if not cells[-1].strip():
        return False
    sheet.headings = headings_of(cells, 1)
    names = [place(column) for column in range(len(cells))]
    shape = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    raw = on_desk(f"raw {_relation(sheet)}")
    try:
        facts.connection.execute(
            f"CREATE TABLE {raw} AS FROM read_csv(?, delim = ?, quote = '', escape = '', "
            f"header = false, skip = 1, auto_detect = false, null_padding = true, "
            f"columns = {{{shape}}})",
            [str(file.path), file.delimiter],
        )
    except duckdb.Error:
        return False
    sheet.relation = _relation(sheet)
    texts = "".join(f", coalesce({name}, '') AS {name}" for name in names)
    blank = " AND ".join(f"({name} IS NULL OR {is_blank(name)})" for name in names)
    facts.query(
        f'CREATE VIEW {sheet.relation} AS SELECT rowid::INTEGER AS "@row", '
        f'(rowid + 2)::INTEGER AS "@line"{texts} FROM {raw} '
        f"WHERE {names[0]} > ' ' OR NOT ({blank})"
    )
    sheet.rows = facts.query(f"SELECT count(*) FROM {sheet.relation}")[0][0]
    return True


def _read_in_python(sheet: Sheet, file: CsvFile, facts: FactBase, findings: Findings) -> Sheet:
    rows = list(rows_of(file))
    if not rows:
        return sheet
    sheet.first_line, first = rows[0]
    sheet.headings = headings_of(first, sheet.first_line)
    width, body = len(sheet.headings), [row for _, row in rows[1:]]
    lines = [line for line, _ in rows[1:]]
    ragged = _make_even(body, width)
    sheet.ragged = tuple(ragged)
    findings.add_rows(
        sheet.source,
        ragged,
        lambda row: _ragged(Origin(sheet.source, lines[row]), body[row], width, file.delimiter),
    )
    columns = list(zip(*body, strict=False))[:width] or [()] * width
    return lay_out(sheet, columns, lines, facts)


def _make_even(rows: list[list[str]], width: int) -> list[int]:
    """Bring all rows to the same width; the numbers of those that had too much in them."""
    ragged = []
    for number, row in enumerate(rows):
        if len(row) < width:
            row.extend([""] * (width - len(row)))
        elif len(row) > width and any(map(str.strip, row[width:])):
            ragged.append(number)
    return ragged


def _ragged(origin: Origin, row: list[str], width: int, delimiter: str) -> Diagnostic:
    column, cell = next((n, c) for n, c in enumerate(row[width:], start=width + 1) if c.strip())
    return Diagnostic(
        "ragged-row",
        f"{shown(tidy(cell))} stands beyond the last heading",
        Origin(origin.source, origin.line, column),
        "give the column a heading; or, if the text goes on after a "
        f"{DELIMITERS[delimiter]}, put it in quotation marks",
    )
