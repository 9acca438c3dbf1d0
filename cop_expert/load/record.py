"""One row of a table in, written at its end or taken out again; the other rows stay as they are.

A workbook is never written to, for nobody but its own program keeps all that is in one: what is
decided beside it goes into a CSV file of the same table, which is read together with it.
"""

import csv
from collections.abc import Mapping
from io import StringIO
from itertools import pairwise
from pathlib import Path

from cop_expert.files import moved_into
from cop_expert.load.csv_file import CsvFile, open_csv, rows_of
from cop_expert.load.findings import Findings
from cop_expert.load.words import plain

FOLDER = "tables"


def table_file(folder: Path, table: str) -> Path:
    """The CSV file of a table, whether or not there is one yet."""
    files = sorted((folder / FOLDER).glob("*.[cC][sS][vV]"))
    found = (path for path in files if plain(path.stem) == plain(table))
    return next(found, folder / FOLDER / f"{table}.csv")


def append_row(path: Path, cells: Mapping[str, str], headings: list[str]) -> None:
    """Write a row by its headings; a file that is not there begins with all `headings`.

    Raises UnreadableFile.
    """
    if not path.exists():
        _write(path, _line(headings, ",", "\n") + _row(cells, headings, ",", "\n"), "utf-8")
        return
    file = open_csv(path, path.name, Findings())
    encoding, text = _as_written(path)
    end = "\r\n" if "\r\n" in text else "\n"
    rows = rows_of(file)
    _, there = next(rows, (0, []))
    there = [heading.strip() for heading in there]
    known = {plain(heading) for heading in there}
    missing = [one for one in headings if cells.get(one) and plain(one) not in known]
    if not there:
        text, missing = "", headings
    if text and not text.endswith(("\n", "\r")):
        text += end
    text = _with_headings(text, file, missing, end)
    _write(path, text + _row(cells, [*there, *missing], file.delimiter, end), encoding)


def remove_row(path: Path, line: int) -> None:
    """Take out the row that begins on a line; raises UnreadableFile."""
    file = open_csv(path, path.name, Findings())
    encoding, text = _as_written(path)
    lines = list(StringIO(text, newline=""))
    above = len(lines) - len(list(StringIO(file.text, newline="")))
    starts = [start + above for start, _ in rows_of(file)]
    after = dict(pairwise([*starts, len(lines) + 1]))
    begin = line + above
    _write(path, "".join(lines[: begin - 1] + lines[after[begin] - 1 :]), encoding)


def _as_written(path: Path) -> tuple[str, str]:
    """The encoding of a file that can be read, and all of its text."""
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", raw.decode("utf-16")
    for encoding in ("utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8", "cp1252"):
        try:
            return encoding, raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("a file that was read can be decoded")


def _with_headings(text: str, file: CsvFile, missing: list[str], end: str) -> str:
    """The text with more headings at the end of the line of headings: rows may be shorter."""
    if not missing:
        return text
    if not text:
        return _line(missing, file.delimiter, end)
    lines = list(StringIO(text, newline=""))
    place = next(number for number, line in enumerate(lines) if _is_heading(line, file))
    bare = lines[place].rstrip("\r\n")
    more = "".join(file.delimiter + heading for heading in missing)
    lines[place] = bare + more + lines[place][len(bare) :]
    return "".join(lines)


def _is_heading(line: str, file: CsvFile) -> bool:
    """True of the first line that is not blank, nor `sep=;`, which spreadsheets understand."""
    return bool(line.strip("\ufeff\r\n\t ;,")) and not line.lower().startswith("sep=")


def _row(cells: Mapping[str, str], headings: list[str], delimiter: str, end: str) -> str:
    by_form = {plain(heading): cell for heading, cell in cells.items()}
    return _line([by_form.get(plain(heading), "") for heading in headings], delimiter, end)


def _line(cells: list[str], delimiter: str, end: str) -> str:
    out = StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerow(cells)
    return out.getvalue()


def _write(path: Path, text: str, encoding: str) -> None:
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:  # Windows-1252 has no such letter
        content = text.encode("utf-8-sig")
    with moved_into(path) as unfinished:
        unfinished.write_bytes(content)
