"""The published files of O*NET in, a catalogue out: XLSX or tab-separated text, packed or not."""

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from cop_expert.load.archive import open_archive
from cop_expert.load.catalogue import Catalogue, Practice, Rating
from cop_expert.load.csv_file import UnreadableFile
from cop_expert.load.grid import Workbook
from cop_expert.model.arithmetic import UNIT, divide_half_away, to_millionths

OCCUPATIONS, MODEL = "Occupation Data", "Content Model Reference"
RATED = ("Skills", "Knowledge", "Work Activities", "Abilities")
KINDS = (".xlsx", ".txt", ".txt.gz")
CODE, TITLE, ELEMENT, ELEMENT_NAME = "O*NET-SOC Code", "Title", "Element ID", "Element Name"
SCALE, VALUE, SUPPRESS, IRRELEVANT = (
    "Scale ID",
    "Data Value",
    "Recommend Suppress",
    "Not Relevant",
)
LARGEST_TEXT = 300_000_000
Record = dict[str, str]


def open_onet(path: Path) -> Catalogue | None:
    """The folder of the files, or one of those that rate; None where there are none."""
    folder = path if path.is_dir() else path.parent
    names = RATED if path.is_dir() else [n for n in RATED if path.name.startswith(f"{n}.")]
    rated = [file for name in names if (file := _file(folder, name))]
    if not rated:
        return None
    titles: dict[str, str] = {}
    for file in [_file(folder, OCCUPATIONS)] if _file(folder, OCCUPATIONS) else rated:
        assert file
        _read(file, lambda record: titles.setdefault(record.get(CODE, ""), record.get(TITLE, "")))
    titles.pop("", None)
    return Catalogue("O*NET", titles, lambda codes: _profiles(folder, rated, codes))


def _file(folder: Path, name: str) -> Path | None:
    return next((f for kind in KINDS if (f := folder / f"{name}{kind}").is_file()), None)


def _profiles(
    folder: Path, rated: list[Path], codes: set[str]
) -> tuple[list[Practice], list[Rating]]:
    names: dict[str, str] = {}
    kinds: dict[str, str] = {}
    values: dict[tuple[str, str, str], int] = {}

    def take(record: Record) -> None:
        scale = record.get(SCALE, "")
        if record.get(CODE) not in codes or record.get(SUPPRESS) == "Y" or scale not in ENDS:
            return
        if scale == "LV" and record.get(IRRELEVANT) == "Y":
            return
        names[record[ELEMENT]] = record[ELEMENT_NAME]
        values[record[CODE], record[ELEMENT], scale] = _share(record[VALUE], *ENDS[scale])

    for file in rated:
        _read(file, take)
        for element in names.keys() - kinds.keys():
            kinds[element] = file.name.partition(".")[0].casefold()
    names = _told_apart(names, kinds)
    ratings = [
        Rating(code, names[element], importance, values.get((code, element, "LV")))
        for (code, element, scale), importance in values.items()
        if scale == "IM"
    ]
    return _practices(folder, names), ratings


def _told_apart(names: dict[str, str], kinds: dict[str, str]) -> dict[str, str]:
    """Mathematics is a skill as well as knowledge."""
    times = Counter(names.values())
    return {
        element: name if times[name] == 1 else f"{name} ({kinds[element]})"
        for element, name in names.items()
    }


ENDS = {"IM": (1, 5), "LV": (0, 7)}
"""Importance and level, as O*NET's own reference of scales has them."""


def _share(text: str, lowest: int, highest: int) -> int:
    try:
        count = to_millionths(Decimal(text)) - lowest * UNIT
    except InvalidOperation as error:
        raise UnreadableFile(f"a rating is no number: '{text[:20]}'") from error
    return int(min(max(divide_half_away(count, highest - lowest), 0), UNIT))


def _practices(folder: Path, names: dict[str, str]) -> list[Practice]:
    """Each with what it is part of, where the file that says so is there."""
    model: dict[str, str] = {}
    if file := _file(folder, MODEL):
        _read(file, lambda record: model.setdefault(record[ELEMENT], record[ELEMENT_NAME]))
    found = []
    for element, name in sorted(names.items()):
        parent = element.rpartition(".")[0]
        found.append(Practice(name, element, model.get(parent, "")))
        if parent in model:
            found.append(Practice(model[parent], parent))
    return found


# Files


def _read(path: Path, take: Callable[[Record], object]) -> None:
    """Hand on each row by its headings; raises UnreadableFile."""
    if path.suffix == ".xlsx":
        _read_workbook(path, take)
        return
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as file
        ):
            rows = csv.reader(_bounded(file), delimiter="\t", quoting=csv.QUOTE_NONE)
            headings = next(rows, [])
            for row in rows:
                take(dict(zip(headings, row, strict=False)))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"{path.name} cannot be read") from error


def _bounded(lines: Iterator[str]) -> Iterator[str]:
    read = 0
    for line in lines:
        read += len(line)
        if read > LARGEST_TEXT:
            raise UnreadableFile("the file is larger than 300 MB once it is unpacked")
        yield line


def _read_workbook(path: Path, take: Callable[[Record], object]) -> None:
    headings: dict[int, str] = {}

    def take_row(_: int, cells: dict[int, str]) -> None:
        if not headings:
            headings.update(cells)
        else:
            take({headings[column]: cell for column, cell in cells.items() if column in headings})

    with open_archive(path) as archive:
        workbook = Workbook(archive)
        for sheet in workbook.sheets[:1]:
            workbook.read_rows(sheet, take_row)
