"""A sheet and its template in, columns of values out: what the cells say, taken by themselves."""

from collections.abc import Collection, Sequence
from itertools import compress

from msgspec import Struct

from cop_expert.load.cells import CellReader, Scale, cell_reader
from cop_expert.load.findings import Findings
from cop_expert.load.headings import Layout, match_headings, name_field
from cop_expert.load.sheet import Sheet
from cop_expert.load.words import plain, tidy
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field, Template, Value


class Draft(Struct):
    """A table whose cells are read and whose references are not yet looked up."""

    template: Template
    sheet: Sheet
    columns: dict[str, list[Value]]
    """One list per field of the template, good rows only."""
    lines: list[int]
    """The line of each good row."""
    places: dict[str, int]
    """The column of the sheet, counted from 0, that feeds a field."""
    labels: dict[str, str]
    """Names as shown by identity, where an `id` column makes them differ."""
    doubtful: set[str]
    """What the rows that were left out name: it is known all the same, so that one mistake is
    not reported wherever the name is used."""
    nameless: bool
    """True where it cannot be told what the table names."""

    def origin(self, row: int, field: str = "") -> Origin:
        """The place of a row, or of its cell for a field; rows count from 0."""
        return Origin(self.sheet.source, self.lines[row], self.places.get(field, -1) + 1)

    def leave_out(self, rows: Collection[int]) -> None:
        """Forget these rows, all but their names."""
        if not rows:
            return
        if named := name_field(self.template):
            names = self.columns[named.name]
            self.doubtful |= {name for row in rows if isinstance(name := names[row], str)}
        keep = [row not in rows for row in range(len(self.lines))]
        self.lines = list(compress(self.lines, keep))
        self.columns = {name: list(compress(c, keep)) for name, c in self.columns.items()}


def read_draft(
    sheet: Sheet, template: Template, scales: dict[str, Scale], findings: Findings
) -> Draft:
    """Every cell by the datatype of its field; rows in which one cannot be read are left out."""
    layout = match_headings(sheet, template, findings)
    named = name_field(template)
    bad = set(range(len(sheet.lines))) if layout.missing else set(sheet.ragged)
    columns: dict[str, list[Value]] = {}
    for field in template.fields:
        columns[field.name] = [field.default] * len(sheet.lines)
        if field.name in layout.places:
            cells = _cells(field, sheet, layout, named)
            reader = _reader(field, template, sheet, layout, scales)
            columns[field.name] = [reader[cell] for cell in cells]
            bad |= _report(reader, cells, sheet, layout.places[field.name], findings)
    draft = Draft(
        template=template,
        sheet=sheet,
        columns=columns,
        lines=sheet.lines,
        places=layout.places,
        labels=_labels(sheet, layout, columns[named.name]) if named else {},
        doubtful=set(),
        nameless=named in layout.missing or not (sheet.lines or template.optional_table),
    )
    draft.leave_out(bad)
    return draft


def _cells(field: Field, sheet: Sheet, layout: Layout, named: Field | None) -> Sequence[str]:
    """What stands in the field's column; where an id is blank, the name identifies after all."""
    cells = sheet.columns[layout.places[field.name]]
    if field is named and layout.label is not None:
        names = sheet.columns[layout.label]
        return [own if own.strip() else name for own, name in zip(cells, names, strict=True)]
    return cells


def _reader(
    field: Field, template: Template, sheet: Sheet, layout: Layout, scales: dict[str, Scale]
) -> CellReader:
    heading = sheet.headings[layout.places[field.name]]
    scale = scales.get(plain(f"{template.table}.{field.heading}"))
    return cell_reader(field, heading, scale, sheet.decimal_comma)


def _report(
    reader: CellReader, cells: Sequence[str], sheet: Sheet, column: int, findings: Findings
) -> set[int]:
    """The rows whose cell in this column cannot be read, each with its fault."""
    if not reader.faults:
        return set()
    rows = [row for row, cell in enumerate(cells) if cell in reader.faults]

    def describe(row: int) -> Diagnostic:
        fault = reader.faults[cells[row]]
        place = Origin(sheet.source, sheet.lines[row], column + 1)
        return Diagnostic(fault.code, fault.message, place, fault.help)

    findings.add_rows(sheet.source, rows, describe)
    return set(rows)


def _labels(sheet: Sheet, layout: Layout, names: Sequence[Value]) -> dict[str, str]:
    """The first name given beside each id."""
    labels: dict[str, str] = {}
    if layout.label is not None:
        for name, cell in zip(names, sheet.columns[layout.label], strict=True):
            label = tidy(cell)
            if label and label != name and isinstance(name, str):
                labels.setdefault(name, label)
    return labels
