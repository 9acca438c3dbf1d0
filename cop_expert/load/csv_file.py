"""A CSV file in, its text and rows out: encodings, delimiters, quotation marks, line ends."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from msgspec import Struct

from cop_expert.load.findings import Findings
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

LARGEST_FILE = 2_000_000_000
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
SAID_DELIMITER = re.compile(r"(?i)sep=([,;\t])\s*?(?=[\r\n])")
"""A first line that spreadsheets take as an order, and do not show."""
PATTERN = "*?[]{}"
"""What DuckDB would take for a pattern of many files."""
SAVE_AS = "save it from the spreadsheet as 'CSV UTF-8'"


class UnreadableFile(Exception):
    """Carries what is said about a file of which nothing can be used."""

    def __init__(self, message: str, advice: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.advice = advice
        self.line = line


class CsvFile(Struct, frozen=True):
    """A file's text and what it is written in."""

    path: Path
    text: str
    delimiter: str
    plain: bool
    """True where each line is a row and each delimiter parts two cells, come what may."""


def open_csv(path: Path, source: str, findings: Findings) -> CsvFile:
    """Raises UnreadableFile."""
    raw = _read(path)
    text = _decode(raw, source, findings)
    if said := SAID_DELIMITER.match(text):
        return CsvFile(path, text[said.end() :], said[1], plain=False)
    plain = _is_plain(raw) and not set(str(path)) & set(PATTERN)
    return CsvFile(path, text, _delimiter(text), plain)


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UnreadableFile("this is not a file")
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableFile("the file is larger than 2 GB")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"the file cannot be opened: {error.strerror}") from error


def _is_plain(raw: bytes) -> bool:
    """No quotation marks, no blank lines, and line ends of one kind, in ASCII."""
    line_end = b"\r\n" if b"\r" in raw else b"\n"
    return (
        raw.isascii()
        and not any(mark in raw for mark in (b'"', b"\0", line_end * 2))
        and not raw.startswith(line_end)
        and raw.count(b"\r") in (0, raw.count(b"\r\n"))
        and raw.count(b"\n") == raw.count(line_end)
    )


def _decode(raw: bytes, source: str, findings: Findings) -> str:
    """Spreadsheets write UTF-8, the older Windows encoding, or UTF-16 with its mark in front."""
    try:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError as error:
            raise UnreadableFile("the file is in an unknown encoding", SAVE_AS) from error
    findings.add(
        Diagnostic(
            "encoding",
            "the file is not in UTF-8; it was read as Windows-1252 (Western European)",
            Origin(source),
            f"if names with accents come out wrong, {SAVE_AS}",
            warning=True,
        )
    )
    return text


def _delimiter(text: str) -> str:
    """The one of comma, semicolon and tab that stands most often in the line of the headings."""
    header = re.search(r"[^\r\n]*\S[^\r\n]*", text)
    bare = re.sub(r'"[^"]*"', "", header[0] if header else "")
    return max(DELIMITERS, key=bare.count)


def rows_of(file: CsvFile) -> Iterator[tuple[int, list[str]]]:
    """All rows that are not blank, each with the line on which it starts; raises UnreadableFile."""
    reader = csv.reader(StringIO(file.text, newline=""), delimiter=file.delimiter)
    ended, start, row = 0, 0, [""]
    try:
        for row in reader:
            start = ended + 1
            ended = reader.line_num
            if any(map(str.strip, row)):
                yield start, row
    except csv.Error as error:
        raise _endless(ended + 1) from error
    if re.search(r"[\r\n]", row[-1] if row else "") and _is_open(file, start):
        raise _endless(start)


def _is_open(file: CsvFile, line: int) -> bool:
    """True where the file ends inside a cell in quotation marks that began in this line."""
    rest = list(StringIO(file.text, newline=""))[line - 1 :]
    try:
        list(csv.reader(rest, delimiter=file.delimiter, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _endless(line: int) -> UnreadableFile:
    advice = 'close the quotation mark; a mark that belongs to the text is written twice: ""'
    return UnreadableFile("a cell in this row is far too long, or has no end", advice, line)
