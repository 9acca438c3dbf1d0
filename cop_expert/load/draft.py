"""A sheet and its template in, a relation of values out: what the cells say, taken by themselves.

However often a text stands in a column, it is read once; what need not be read at all, a text
that is written as it is meant, is not even fetched.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from cop_expert.facts import STAGED, FactBase, on_desk, quoted
from cop_expert.load.cells import LONGEST_TEXT, CellReader, Scale, cell_reader
from cop_expert.load.findings import DESCRIBED, Findings
from cop_expert.load.headings import Layout, match_headings, name_field
from cop_expert.load.sheet import Sheet, is_blank, place
from cop_expert.load.words import plain, shown, tidy
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field, Kind, Template, Value

TIDY = r"'[!\"$-&(-~][!-~]*( [!-~]+)*'"
"""What is tidy to the eye of `tidy` without a closer look: words of ASCII, one blank between.
An apostrophe in front, and errors of spreadsheets such as #REF!, are looked at."""


Aliases = dict[str, str]
"""What is meant by other names, these in lower case."""


class Draft(Struct):
    """A table whose cells are read and whose references are not yet looked up."""

    template: Template
    sheet: Sheet
    relation: str
    """`@row` and `@line` of the sheet, and a column for each field, good rows only."""
    rows: int
    places: dict[str, int]
    """The column of the sheet, counted from 0, that feeds a field."""
    labels: dict[str, str]
    """Names as shown by identity, where an `id` column makes them differ."""
    doubtful: set[str]
    """What the rows that were left out name: it is known all the same, so that one mistake is
    not reported wherever the name is used."""
    nameless: bool
    """True where it cannot be told what the table names."""

    def origin(self, line: int, field: str = "") -> Origin:
        """The place of a row, or of its cell for a field; the file where there are no lines."""
        column = self.sheet.column(self.places[field]) if line and field in self.places else 0
        return Origin(self.sheet.source, line, column)

    def leave_out(self, condition: str, values: Sequence[Any], facts: FactBase) -> None:
        """Forget the rows of which the condition holds, all but their names."""
        if named := name_field(self.template):
            name = quoted(named.name)
            sql = f"SELECT DISTINCT {name} FROM {self.relation} WHERE {condition}"
            self.doubtful |= {text for (text,) in facts.query(sql, values) if text is not None}
        (left_out,) = facts.query(f"DELETE FROM {self.relation} WHERE {condition}", values)[0]
        self.rows -= left_out


class Column:
    """How the cells of one column become values of a field."""

    def __init__(
        self, field: Field, cell: str, reader: CellReader, aliases: Sequence[str] = ()
    ) -> None:
        self.field = field
        self.aliases = aliases
        """Other names of things, in lower case, which are not values as they stand."""
        self.cell = cell
        """The cell in SQL."""
        self.reader = reader
        kind = field.type
        self.as_it_is = kind.kind == Kind.TEXT and not (kind.choices or kind.name == "Date")
        """True where most texts are values as they stand."""

    @property
    def unread(self) -> str:
        """The distinct cells that must be read."""
        if not self.as_it_is:
            return f"list(DISTINCT {self.cell})"
        tidy_text = f"regexp_full_match({self.cell}, {TIDY}) AND length({self.cell})"
        kept = f"({tidy_text} <= {LONGEST_TEXT})"
        if form := self.field.type.pattern:
            kept += f" AND regexp_full_match({self.cell}, {_constant(form)})"
        if self.aliases:
            kept += f" AND lower({self.cell}) NOT IN ({', '.join(map(_constant, self.aliases))})"
        return f"list(DISTINCT {self.cell}) FILTER (NOT ({kept}))"

    @property
    def with_comma(self) -> list[str]:
        """The cells that were read as numbers though they have a comma."""
        is_number = self.field.type.kind == Kind.NUMBER
        return [cell for cell in self.reader if "," in cell] if is_number else []

    def mapping(self, cells: list[str]) -> list[list[Value]]:
        """The cells, the value of each, and whether it could not be read."""
        values = [self.reader[cell] for cell in cells]
        return [list(cells), values, [cell in self.reader.faults for cell in cells]]

    def sql(self, alias: str) -> str:
        """The value, where the mapping is joined under this alias."""
        if self.as_it_is:
            return f"CASE WHEN {alias}.cell IS NULL THEN {self.cell} ELSE {alias}.value END"
        return f"{alias}.value"


def read_draft(
    sheet: Sheet,
    template: Template,
    scales: dict[str, Scale],
    facts: FactBase,
    findings: Findings,
    aliases: Aliases | None = None,
) -> Draft:
    """Every cell by the datatype of its field; rows in which one cannot be read are left out."""
    layout = match_headings(sheet, template, facts, findings)
    named = name_field(template)
    columns = []
    for field in template.fields:
        if field.name in layout.places:
            reader = _reader(field, template, sheet, layout, scales)
            names = aliases if aliases and (field is named or field.type.is_reference) else {}
            reader.aliases = names
            columns.append(Column(field, _cell(field, layout, named), reader, sorted(names)))
    draft = Draft(
        template=template,
        sheet=sheet,
        relation=on_desk(f"draft {sheet.source} {sheet.name} {sheet.relation}"),
        rows=sheet.rows,
        places=layout.places,
        labels={},
        doubtful=set(),
        nameless=named in layout.missing or not (sheet.rows or template.optional_table),
    )
    _fill(draft, columns, facts)
    for column in columns:
        _report(column, sheet, layout.places[column.field.name], facts, findings)
    _tell_commas(draft, columns, facts, findings)
    if named:
        draft.labels = _labels(draft, layout, quoted(named.name), facts)
    if layout.missing:
        draft.leave_out("TRUE", (), facts)
    elif sheet.ragged or any(column.reader.faults for column in columns):
        ragged = '"@row" IN (SELECT unnest(?::INTEGER[]))'
        draft.leave_out(f'"@bad" OR {ragged}', [list(sheet.ragged)], facts)
    return draft


def _cell(field: Field, layout: Layout, named: Field | None) -> str:
    """What stands in the field's column; where an id is blank, the name identifies after all."""
    cell = f"s.{place(layout.places[field.name])}"
    if field is named and layout.label is not None:
        return f"(CASE WHEN {is_blank(cell)} THEN s.{place(layout.label)} ELSE {cell} END)"
    return cell


def _reader(
    field: Field, template: Template, sheet: Sheet, layout: Layout, scales: dict[str, Scale]
) -> CellReader:
    heading = sheet.headings[layout.places[field.name]]
    scale = scales.get(plain(f"{template.table}.{field.heading}"))
    if scale and sheet.scale:
        scale = Scale(scale.column, *sheet.scale)
    return cell_reader(field, heading, scale, sheet.decimal_mark)


def _fill(draft: Draft, columns: list[Column], facts: FactBase) -> None:
    """Read the distinct cells, and put their values in the cells' places."""
    unread = _unread(draft.sheet, columns, facts)
    fed = {column.field.name: column.cell for column in columns}
    joins, bad, mappings = [], [], []
    for number, (column, cells) in enumerate(zip(columns, unread, strict=True)):
        if cells or not column.as_it_is:
            alias = f"m{number}"
            fed[column.field.name] = column.sql(alias)
            joins.append(_mapping_table(alias, column))
            bad.append(f"coalesce({alias}.bad, FALSE)")
            mappings += column.mapping(cells)
    values = [
        f"{fed.get(field.name) or _constant(field.default)}::{STAGED[field.type.kind]} "
        f"AS {quoted(field.name)}"
        for field in draft.template.fields
    ]
    facts.query(
        f'CREATE TABLE {draft.relation} AS SELECT "@row", "@line", {", ".join(values)}, '
        f'{" OR ".join(bad) or "FALSE"} AS "@bad" FROM {_cells(draft.sheet)} {" ".join(joins)}',
        mappings,
    )


def _cells(sheet: Sheet) -> str:
    """The sheet's relation; where nothing could be read, one without rows."""
    nothing = '(SELECT 0 AS "@row", 0 AS "@line" LIMIT 0)'
    return f"{sheet.relation or nothing} s"


def _unread(sheet: Sheet, columns: list[Column], facts: FactBase) -> list[list[str]]:
    """For each column the distinct cells that must be read, in order."""
    if not columns:
        return []
    lists = ", ".join(column.unread for column in columns)
    return [sorted(cells or ()) for cells in facts.query(f"SELECT {lists} FROM {_cells(sheet)}")[0]]


def _mapping_table(alias: str, column: Column) -> str:
    stored = STAGED[column.field.type.kind]
    return (
        f"LEFT JOIN (SELECT unnest(?::VARCHAR[]) AS cell, unnest(?::{stored}[]) AS value, "
        f"unnest(?::BOOLEAN[]) AS bad) {alias} ON {alias}.cell = {column.cell}"
    )


def _constant(value: Value) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            return str(value)


def _report(column: Column, sheet: Sheet, number: int, facts: FactBase, findings: Findings) -> None:
    """Each cell in the column that cannot be read, with its fault."""
    faults = column.reader.faults
    if not faults:
        return

    def describe(row: tuple[int, int, str]) -> Diagnostic:
        line, place, cell = row
        fault = faults[cell]
        return Diagnostic(fault.code, fault.message, Origin(sheet.source, line, place), fault.help)

    found = (
        f'SELECT "@line", {sheet.column(number) or quoted("@column")}, {column.cell} AS cell, '
        f"count(*) OVER () AS number "
        f"FROM {_cells(sheet)} WHERE cell IN (SELECT unnest(?::VARCHAR[])) "
        f'ORDER BY "@row" LIMIT {DESCRIBED}'
    )
    rows = facts.query(found, [list(faults)])
    findings.add_rows(sheet.source, [row[:3] for row in rows], describe, rows[0][3])


def _tell_commas(draft: Draft, columns: list[Column], facts: FactBase, findings: Findings) -> None:
    """One warning for a sheet, at the first number that has a comma for its point."""
    found = []
    for column in columns:
        cells = [cell for cell in column.with_comma if cell not in column.reader.faults]
        first = (
            f'SELECT "@line", {column.cell} FROM {_cells(draft.sheet)} '
            f'WHERE {column.cell} IN (SELECT unnest(?::VARCHAR[])) ORDER BY "@row" LIMIT 1'
        )
        for line, cell in facts.query(first, [cells]) if cells else ():
            found.append((draft.origin(line, column.field.name), tidy(cell)))
    if found:
        origin, cell = min(found)
        message = f"commas part decimals: {shown(cell)} was read as {cell.replace(',', '.')}"
        findings.add(Diagnostic("decimal-comma", message, origin, warning=True))


def _labels(draft: Draft, layout: Layout, name: str, facts: FactBase) -> dict[str, str]:
    """The first name given beside each id."""
    labels: dict[str, str] = {}
    if layout.label is not None:
        beside = (
            f"SELECT d.{name}, s.{place(layout.label)} FROM {draft.relation} d "
            f'JOIN {_cells(draft.sheet)} USING ("@row") WHERE d.{name} IS NOT NULL ORDER BY "@row"'
        )
        for identity, cell in facts.query(beside):
            label = tidy(cell)
            if label and label != identity:
                labels.setdefault(identity, label)
    return labels
