"""The parts of a workbook in, the cells of its sheets out, as texts: numbers, dates, formulas."""

import posixpath
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import cached_property, lru_cache

from msgspec import Struct

from cop_expert.load.archive import SAVE_ANEW, Archive, Handler
from cop_expert.load.csv_file import UnreadableFile
from cop_expert.load.words import UNCALCULATED
from cop_expert.model.origin import column_name

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
LONGEST_CELL = 40_000
"""Characters; a spreadsheet holds 32,767. What goes beyond is cut, and reported as too long."""
MOST_STRINGS = 5_000_000
MOST_MERGED = 100_000
DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""The numbers of the formats that every spreadsheet has and that show dates or times."""
NOT_SHOWN = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)
"""What in a format says nothing about the number: words, colours, padding."""
FIFTEEN_DIGITS = Context(prec=15)
"""A spreadsheet shows no more; 0.30000000000000004 is what it keeps for 0.3."""
MINUTES = 24 * 60
LAST_DAY = 2_900_000
"""Before the year 9999 ends."""


class SheetEntry(Struct, frozen=True):
    """A sheet that a workbook lists."""

    name: str
    part: str
    hidden: bool


class Merged(Struct, frozen=True, order=True):
    """A block of cells that shows as one; rows count from 1, columns from 0."""

    left: int
    top: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{column_name(self.left + 1)}{self.top}:{column_name(self.right + 1)}{self.bottom}"


TakeRow = Callable[[int, dict[int, str]], None]
"""Takes the number of a row and its cells, by column, that are not empty."""


class Workbook:
    """What the sheets of a workbook have in common."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._main = self._targets("").get("officeDocument", "xl/workbook.xml")
        self._list = _SheetList()
        archive.scan(self._main, self._list)

    @cached_property
    def sheets(self) -> list[SheetEntry]:
        parts = self._targets(self._main)
        return [
            SheetEntry(name, parts[identity], hidden)
            for name, identity, hidden in self._list.sheets
            if identity in parts
        ]

    def read_rows(self, sheet: SheetEntry, take_row: TakeRow) -> list[Merged]:
        """Hand on the rows that are not empty, in order; the cells that are merged."""
        cells = _Cells(self._strings, self._date_styles, self._list.from_1904, take_row)
        self._archive.scan(sheet.part, cells)
        return cells.merged

    @cached_property
    def _strings(self) -> list[str]:
        found = _Strings()
        part = self._targets(self._main).get("sharedStrings", "")
        if self._archive.holds(part):
            self._archive.scan(part, found)
        return found.strings

    @cached_property
    def _date_styles(self) -> set[str]:
        found = _Styles()
        part = self._targets(self._main).get("styles", "")
        if self._archive.holds(part):
            self._archive.scan(part, found)
        return found.date_styles

    def _targets(self, part: str) -> dict[str, str]:
        """The parts that a part relates to, by identity and by kind."""
        folder, name = posixpath.split(part)
        relations, found = posixpath.join(folder, "_rels", f"{name}.rels"), _Relations(folder)
        if self._archive.holds(relations):
            self._archive.scan(relations, found)
        return found.targets


class _Relations(Handler):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.targets: dict[str, str] = {}
        self.starts = {"Relationship": self._take}

    def _take(self, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join(self.folder, attributes.get("Target", "")))
            for key in (attributes.get("Id", ""), posixpath.basename(attributes.get("Type", ""))):
                self.targets[key] = target.lstrip("/")


class _SheetList(Handler):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, bool]] = []
        """Name, identity and whether it is hidden."""
        self.from_1904 = False
        self.starts = {"workbookPr": self._take_start, "sheet": self._take_sheet}

    def _take_start(self, attributes: dict[str, str]) -> None:
        self.from_1904 = attributes.get("date1904", "0") in ("1", "true")

    def _take_sheet(self, attributes: dict[str, str]) -> None:
        identity = next((value for key, value in attributes.items() if key.endswith(":id")), "")
        hidden = attributes.get("state", "visible") != "visible"
        self.sheets.append((attributes.get("name", ""), identity, hidden))


class _Styles(Handler):
    """Which styles of cells show a number as a date."""

    def __init__(self) -> None:
        super().__init__()
        self.date_styles: set[str] = set()
        self._formats = {str(number) for number in DATE_FORMATS}
        self._number = -1
        """Of the style; -1 outside of the list of styles that cells refer to."""
        self.starts = {
            "numFmt": self._take_format,
            "cellXfs": lambda _: self._count_from(0),
            "xf": self._take_style,
        }
        self.ends = {"cellXfs": lambda: self._count_from(-1)}

    def _count_from(self, number: int) -> None:
        self._number = number

    def _take_format(self, attributes: dict[str, str]) -> None:
        if _shows_dates(attributes.get("formatCode", "")):
            self._formats.add(attributes.get("numFmtId", ""))

    def _take_style(self, attributes: dict[str, str]) -> None:
        if self._number >= 0:
            if attributes.get("numFmtId") in self._formats:
                self.date_styles.add(str(self._number))
            self._number += 1


def _shows_dates(code: str) -> bool:
    shown = NOT_SHOWN.sub("", code[:1000].partition(";")[0])
    return shown.casefold() != "general" and bool(re.search("[dmyhs]", shown, re.IGNORECASE))


class _Text(Handler):
    """Puts together the pieces of a text, without how it is pronounced."""

    def __init__(self) -> None:
        super().__init__()
        self.starts = {"t": self._listen, "rPh": self._turn_aside}
        self.ends = {"t": self._stop, "rPh": self._turn_back}
        self._pieces: list[str] = []
        self._length = 0
        self._listening = False
        self._aside = False

    def _listen(self, _: dict[str, str]) -> None:
        self._listening = not self._aside

    def _stop(self) -> None:
        self._listening = False

    def _turn_aside(self, _: dict[str, str]) -> None:
        self._aside = True

    def _turn_back(self) -> None:
        self._aside = False

    def text(self, text: str) -> None:
        if self._listening and self._length <= LONGEST_CELL:
            self._pieces.append(text)
            self._length += len(text)

    def taken(self) -> str:
        whole = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        return whole


class _Strings(_Text):
    """The texts that cells refer to by number."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self.ends |= {"si": self._take}

    def _take(self) -> None:
        self.strings.append(self.taken())
        if len(self.strings) > MOST_STRINGS:
            raise UnreadableFile(f"the workbook has more than {MOST_STRINGS:,} texts")


class _Cells(_Text):
    """The rows of a sheet; what it says of its own size is not believed."""

    def __init__(
        self, strings: list[str], date_styles: set[str], from_1904: bool, take_row: TakeRow
    ) -> None:
        super().__init__()
        self.starts |= {
            "row": self._begin_row,
            "c": self._begin_cell,
            "v": self._listen,
            "f": self._begin_formula,
            "mergeCell": self._merge,
        }
        self.ends |= {"row": self._end_row, "c": self._end_cell, "v": self._stop}
        self.merged: list[Merged] = []
        self._strings = strings
        self._date_styles = date_styles
        self._from_1904 = from_1904
        self._take_row = take_row
        self._row, self._column = 0, -1
        self._placed = False
        """Whether it is known which row this is."""
        self._cells: dict[int, str] = {}
        self._kind = self._style = ""
        self._has_formula = False

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r")
        self._column, self._placed = -1, number is not None
        self._go_to(int(number) if number and number.isdecimal() else self._row + 1)

    def _go_to(self, row: int) -> None:
        if not self._row <= row <= LAST_ROW or (self._cells and row != self._row):
            raise _misplaced(f"row {row}")
        self._row = row

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        if address is None:
            self._column += 1
        else:
            self._column, row = _place(address)
            if not self._placed:
                self._placed = True
                self._go_to(row)
        if self._column >= LAST_COLUMN:
            raise _misplaced(address or f"row {self._row}")
        self._kind, self._style = attributes.get("t", ""), attributes.get("s", "")
        self._has_formula = False

    def _begin_formula(self, _: dict[str, str]) -> None:
        self._has_formula = True

    def _end_row(self) -> None:
        if self._cells:
            self._take_row(self._row, self._cells)
            self._cells = {}

    def _end_cell(self) -> None:
        text = self.taken()
        if text:
            text = self._told(text)
        elif self._has_formula and self._kind != "str":
            text = UNCALCULATED
        if text and not text.isspace():
            self._cells[self._column] = text

    def _told(self, text: str) -> str:
        """What a cell shows."""
        match self._kind:
            case "s":
                try:
                    return self._strings[int(text)]
                except (ValueError, IndexError):
                    raise _misplaced(f"{column_name(self._column + 1)}{self._row}") from None
            case "b":
                return "true" if text == "1" else "false"
            case "" | "n":
                if self._style in self._date_styles:
                    return _date(text, self._from_1904)
                return text if text.isdecimal() else _number(text)
            case _:
                return text

    def _merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes.get("ref", "").partition(":")
        if last and len(self.merged) < MOST_MERGED:
            (left, top), (right, bottom) = _place(first), _place(last)
            self.merged.append(Merged(left, top, bottom, right))


def _misplaced(where: str) -> UnreadableFile:
    return UnreadableFile(f"the workbook is damaged at {where}", SAVE_ANEW)


@lru_cache(maxsize=1 << 15)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _place(address: str) -> tuple[int, int]:
    """Column, from 0, and row, from 1, of an address such as `C7`."""
    letters = address.rstrip("0123456789")
    digits = address[len(letters) :]
    if not (letters.isascii() and letters.isupper() and len(letters) <= 3 and 0 < len(digits) < 8):
        raise _misplaced(address[:20])
    return _column(letters), int(digits)


@lru_cache(maxsize=1 << 15)
def _number(text: str) -> str:
    """A number as a person reads it; what is no number as it stands, to be reported."""
    try:
        number = FIFTEEN_DIGITS.create_decimal(text.strip())
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > 50:
        return text
    return f"{number.normalize():f}" if number else "0"


@lru_cache(maxsize=1 << 15)
def _date(text: str, from_1904: bool) -> str:
    """The day that a number of days stands for, with the time of day where there is one."""
    try:
        minutes = int((Decimal(text) * MINUTES).to_integral_value())
    except (InvalidOperation, OverflowError, ValueError):
        return text
    days, minutes = divmod(minutes, MINUTES)
    if not 0 <= days <= LAST_DAY:
        return _number(text)
    time = f"{minutes // 60:02}:{minutes % 60:02}"
    if not days:
        return time
    start = date(1904, 1, 1) if from_1904 else date(1899, 12, 30 if days >= 60 else 31)
    day = (start + timedelta(days)).isoformat()
    return f"{day} {time}" if minutes else day
