"""Where a fact, a rule or a mistake was read."""

import re

from msgspec import Struct

SHEET = re.compile(r"(?is)(?P<workbook>.*\.xlsx)/(?P<sheet>.*)")


class Origin(Struct, frozen=True, order=True):
    """A place in one of the files that a run was made from."""

    source: str
    """The file as the user knows it, relative to the engagement: `tables/roles.csv`; a sheet as if
    its workbook were a folder: `client.xlsx/Roles`."""
    line: int = 0
    """Counted from 1; 0 where the whole file is meant."""
    column: int = 0
    """Counted from 1; 0 where the whole line is meant."""

    @property
    def file(self) -> str:
        """`tables/roles.csv`, `client.xlsx`."""
        sheet = SHEET.fullmatch(self.source)
        return sheet["workbook"] if sheet else self.source

    @property
    def sheet(self) -> str:
        """`Roles`; nothing where the file is no workbook."""
        sheet = SHEET.fullmatch(self.source)
        return sheet["sheet"] if sheet else ""

    def __str__(self) -> str:
        """`tables/roles.csv:7:2`; `client.xlsx, sheet Roles, B7`; on one line in any terminal."""
        if self.sheet:
            said = ", ".join(filter(None, [self.file, f"sheet {self.sheet}", self._cell()]))
        else:
            places = [str(place) for place in (self.line, self.column) if place]
            said = ":".join([self.source, *places])
        return "".join(c if c.isprintable() else "\ufffd" for c in said)

    def _cell(self) -> str:
        if self.column:
            return f"{column_name(self.column)}{self.line}"
        return f"row {self.line}" if self.line else ""


def column_name(number: int) -> str:
    """`A` for 1, `AA` for 27."""
    name = ""
    while number:
        number, place = divmod(number - 1, 26)
        name = chr(ord("A") + place) + name
    return name
