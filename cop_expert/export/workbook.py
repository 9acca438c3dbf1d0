"""Conclusions as a workbook: items by communities on the first sheet, then a sheet for each topic.

Texts are written as texts: no cell is run as a formula, and each comes back as it was.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cop_expert.export.concluded import Concluded
from cop_expert.export.markup import in_xml
from cop_expert.export.reasons import Reasons
from cop_expert.load.words import FORMULA
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.template import Field, Template, Value

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

TOPICS = ("Assignment", "Crossing", "Participation", "Broker", "Uncovered", "Advice")
"""The templates that get a sheet, a row for each fact."""
SHAPES = {
    "heading": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "text": {},
    "formula": {"quote_prefix": True},
    "number": {},
    "share": {"num_format": "0 %"},
    "mandatory": {"bg_color": "#c9b8dc", "indent": 1},
    "decided": {"bg_color": "#f2d59c", "indent": 1},
    "core": {"bg_color": "#9fc5b4", "indent": 1},
    "specialist": {"bg_color": "#d5e8df", "indent": 1},
    "prerequisite": {"bg_color": "#d9d9d9", "indent": 1},
}
"""How cells look: those of each kind, and the levels of an assignment. A text that looks like a
formula is marked as a text, lest it becomes one when the cell is edited."""
UNDATED = datetime(1980, 1, 1, tzinfo=UTC)
"""So that the same conclusions are the same bytes."""
LONGEST_CELL = 32_767
LONGEST_SHEET_NAME = 31
PERCENT = 100
WIDEST = 100
"""Characters of a column; longer texts run out of sight."""
HEADING = 16
"""Characters of a line in a heading, and so of the narrowest column that it can have."""
LINE = 15
"""Points that a line is high."""


def write(concluded: Concluded, path: Path) -> None:
    from xlsxwriter import Workbook

    with Workbook(str(path), {"in_memory": True}) as book:
        book.set_properties({"title": in_xml(concluded.name), "created": UNDATED})
        writer = _Book(concluded, book)
        writer.matrix()
        for name in TOPICS:
            writer.topic(concluded.vocabulary.templates[name])


class _Book:
    def __init__(self, concluded: Concluded, book: "Workbook") -> None:
        self.concluded = concluded
        self.facts = concluded.facts
        self.name = concluded.speaker.name
        self.reasons = Reasons(concluded)
        self.book = book
        self.shapes = {name: book.add_format(shape) for name, shape in SHAPES.items()}

    # What stands where

    def matrix(self) -> None:
        """A row for each item, a column for each community: how the item goes to it."""
        levels = {(r["item"], r["community"]): r["level"] for r in self.facts.records("Assignment")}
        hours = {
            (r["item"], r["community"]): r["hours"] for r in self.facts.records("AssignmentHours")
        }
        communities = [str(record["community"]) for record in self.facts.records("Community")]
        item, each = (self.field("Item", name) for name in ("item", "hours"))
        headings = [item.label, f"{each.label}, each", f"{each.label}, in all"]
        rows = []
        for record in self.facts.records("Item"):
            pairs = [(record["item"], community) for community in communities]
            total = sum(int(hours.get(pair) or 0) for pair in pairs)
            rows.append([record["item"], record["hours"], total, *map(levels.get, pairs)])
        level = self.field("Assignment", "level")
        fields = [item, each, each, *[level] * len(communities)]
        self.sheet("Matrix", [*headings, *map(self.name, communities)], fields, rows)

    def topic(self, template: Template) -> None:
        """A row for each fact, with the reason in a sentence."""
        rows = self.facts.rows(template.name)
        reasons = [self.reasons.because((template.name, row)) for row in rows]
        why = Field("why", self.concluded.vocabulary.datatypes["Text"], label="why")
        self.sheet(
            template.label,
            [field.label for field in (*template.fields, why)],
            [*template.fields, why],
            [(*row, _capital(reason)) for row, reason in zip(rows, reasons, strict=True)],
        )

    def field(self, template: str, name: str) -> Field:
        return self.concluded.vocabulary.templates[template].by_name[name]

    # How it is written

    def sheet(
        self,
        title: str,
        headings: Sequence[str],
        fields: Sequence[Field],
        rows: Iterable[Sequence[Value]],
    ) -> None:
        """Frozen headings with a filter over all columns; the first column stays in sight too."""
        sheet = self.book.add_worksheet(_sheet_name(title))
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_row(0, LINE * max(-(-len(heading) // HEADING) for heading in headings))
        widths = [min(len(heading), HEADING) + 3 for heading in headings]
        for column, heading in enumerate(headings):
            self.text(sheet, 0, column, _capital(heading), "heading")
        last = 0
        for last, row in enumerate(rows, start=1):
            for column, (field, value) in enumerate(zip(fields, row, strict=True)):
                length = self.cell(sheet, last, column, field, value)
                widths[column] = max(widths[column], length)
        sheet.autofilter(0, 0, last, len(headings) - 1)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width, WIDEST))

    def cell(self, sheet: "Worksheet", row: int, column: int, field: Field, value: Value) -> int:
        """Write a value as what it is; how many characters it shows."""
        if type(value) is int:
            shape = self.shapes["share" if field.type.factor == PERCENT else "number"]
            sheet.write_number(row, column, float(to_decimal(value)), shape)
            return len(f"{to_decimal(value):f}")
        text = "" if value is None else str(value)
        if field.type.is_reference:
            text = self.name(text)
        kind = text if field.name == "level" and text in SHAPES else "text"
        self.text(sheet, row, column, text, kind)
        return len(text)

    def text(self, sheet: "Worksheet", row: int, column: int, text: str, kind: str) -> None:
        if text:
            shape = self.shapes["formula" if FORMULA.match(text) else kind]
            sheet.write_string(row, column, in_xml(text)[:LONGEST_CELL], shape)


def _sheet_name(title: str) -> str:
    """A title without what no sheet may be called."""
    return re.sub(r"[\[\]:*?/\\']", " ", in_xml(_capital(title)))[:LONGEST_SHEET_NAME].strip()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
