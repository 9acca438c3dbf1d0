"""A CSV file in, its headings and columns of text out, as they stand in the file."""

import csv
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from msgspec import Struct

from cop_expert.load.findings import Findings
from cop_expert.load.words import shown, tidy
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

LARGEST_FILE = 2_000_000_000
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}


class Sheet(Struct):
    """A table as somebody wrote it: nothing is known yet about what its columns mean."""

    name: str
    """The file's name without its ending: `roles`."""
    source: str
    headings: list[str] = []
    """None at all where the file is empty."""
    columns: Sequence[Sequence[str]] = ()
    """The cells below each heading."""
    lines: list[int] = []
    """The line of the file on which each row starts."""
    first_line: int = 1
    """The line of the headings."""
    decimal_comma: bool = False
    """True where `0,5` is a number, because commas do not part the cells."""
    ragged: frozenset[int] = frozenset()
    """The rows, counted from 0, that have more cells than there are headings."""
    readable: bool = True

    @property
    def file(self) -> str:
        """The file as a sentence names it: `units.csv`."""
        return self.source.rpartition("/")[2]


class _Unreadable(Exception):
    """Carries what is said about a file of which nothing can be used."""

    def __init__(self, message: str, advice: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.advice = advice
        self.line = line


def read_sheet(path: Path, source: str, findings: Findings) -> Sheet:
    """The sheet; one that says it is not readable where the file cannot be read."""
    try:
        text = _decode(_read(path), source, findings)
        delimiter = _delimiter(text)
        rows, lines = _rows(text, delimiter)
    except _Unreadable as error:
        place = Origin(source, error.line)
        findings.add(Diagnostic("unreadable", str(error), place, error.advice))
        return Sheet(path.stem, source, readable=False)
    if not rows:
        return Sheet(path.stem, source)
    headings = [tidy(heading) for heading in rows[0]]
    while not headings[-1]:
        headings.pop()
    body, starts = rows[1:], lines[1:]
    ragged = _make_even(body, len(headings))
    findings.add_rows(
        source,
        ragged,
        lambda row: _ragged(Origin(source, starts[row]), body[row], len(headings), delimiter),
    )
    return Sheet(
        name=path.stem,
        source=source,
        headings=headings,
        columns=list(zip(*body, strict=False))[: len(headings)] or [()] * len(headings),
        lines=starts,
        first_line=lines[0],
        decimal_comma=delimiter != ",",
        ragged=frozenset(ragged),
    )


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise _Unreadable("this is not a file")
        if path.stat().st_size > LARGEST_FILE:
            raise _Unreadable("the file is larger than 2 GB")
        return path.read_bytes()
    except OSError as error:
        raise _Unreadable(f"the file cannot be opened: {error.strerror}") from error


def _decode(raw: bytes, source: str, findings: Findings) -> str:
    """Spreadsheets write UTF-8, the older Windows encoding, or UTF-16 with its mark in front."""
    save_as = "save it from the spreadsheet as 'CSV UTF-8'"
    try:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError as error:
            raise _Unreadable("the file is in an unknown encoding", save_as) from error
    findings.add(
        Diagnostic(
            "encoding",
            "the file is not in UTF-8; it was read as Windows-1252 (Western European)",
            Origin(source),
            f"if names with accents come out wrong, {save_as}",
            warning=True,
        )
    )
    return text


def _delimiter(text: str) -> str:
    """The one of comma, semicolon and tab that stands most often in the line of the headings."""
    header = next((line for line in StringIO(text, newline="") if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """All rows that are not blank, each with the line on which it starts."""
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    ended = 0
    try:
        for row in reader:
            if any(map(str.strip, row)):
                rows.append(row)
                lines.append(ended + 1)
            ended = reader.line_num
    except csv.Error as error:
        raise _endless(ended + 1) from error
    if rows and re.search(r"[\r\n]", rows[-1][-1]) and _is_open(text, lines[-1], delimiter):
        raise _endless(lines[-1])
    return rows, lines


def _is_open(text: str, line: int, delimiter: str) -> bool:
    """True where the file ends inside a cell in quotation marks that began in this line."""
    rest = list(StringIO(text, newline=""))[line - 1 :]
    try:
        list(csv.reader(rest, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _endless(line: int) -> _Unreadable:
    advice = 'close the quotation mark; a mark that belongs to the text is written twice: ""'
    return _Unreadable("a cell in this row is far too long, or has no end", advice, line)


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
