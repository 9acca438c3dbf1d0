"""What a user supposes in, an engagement that reads as if it were so out; no file is touched.

The cells of a sheet are changed before anything is read of them, so what is supposed is checked
exactly as the client's own rows are.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cop_expert.facts import FactBase
from cop_expert.load.cells import Scale
from cop_expert.load.engagement import Engagement
from cop_expert.load.findings import Findings
from cop_expert.load.headings import column_fields
from cop_expert.load.settings import parameter_value
from cop_expert.load.sheet import Sheet, lay_out, place
from cop_expert.load.words import listed, plain, shown, tidy
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Template, Value, Vocabulary

SUPPOSED = "what is supposed"
"""The source of a change, in messages."""


Cell = str | int
"""As the client would write it; or a number in millionths, whatever the sheet's own scale is."""


class SetCell(Struct, frozen=True):
    """Another cell in the row in which these names stand, or that was read at this place."""

    table: str
    names: tuple[str, ...]
    heading: str
    cell: Cell
    place: Origin | None = None


class DropRow(Struct, frozen=True):
    """The row in which these names stand, or that was read at this place, is not there."""

    table: str
    names: tuple[str, ...]
    place: Origin | None = None


class AddRow(Struct, frozen=True):
    """One more row, by its headings."""

    table: str
    cells: tuple[tuple[str, Cell], ...]

    @property
    def texts(self) -> dict[str, str]:
        return {heading: str(cell) for heading, cell in self.cells}


Change = SetCell | DropRow | AddRow


class Changes(Struct, frozen=True):
    """Everything that is supposed at once."""

    rows: tuple[Change, ...] = ()
    parameters: dict[str, Value] = {}
    """Numbers in millionths."""
    folder: Path | None = None
    """A folder whose tables stand in for those of the same name."""


NOTHING = Changes()


def supposing(engagement: Engagement, changes: Changes) -> Engagement:
    """The engagement with other parameters, and with tables from elsewhere."""
    tables = {path.name: path for path in engagement.tables}
    workbooks = {path.name: path for path in engagement.workbooks}
    if changes.folder:
        found = [*changes.folder.glob("*.csv"), *changes.folder.glob("tables/*.csv")]
        tables |= {path.name: path for path in sorted(found)}
        workbooks |= {path.name: path for path in sorted(changes.folder.glob("*.xlsx"))}
    return replace(
        engagement,
        parameters=engagement.parameters | changes.parameters,
        tables=tuple(tables[name] for name in sorted(tables)),
        workbooks=tuple(workbooks[name] for name in sorted(workbooks)),
    )


def change_sheets(
    sheets: list[Sheet],
    changes: tuple[Change, ...],
    scales: dict[str, Scale],
    facts: FactBase,
    findings: Findings,
) -> list[Sheet]:
    """The sheets with the changes made, one after the other; what cannot be made is reported."""
    for change in (_written(change, scales) for change in changes):
        template = _template(change.table, facts.vocabulary)
        if template is None:
            findings.add(_no_table(change, facts.vocabulary))
            continue
        sheet = next((s for s in sheets if _is_meant(s, template, change)), None)
        if sheet is None:
            sheet = _new_sheet(template, facts)
            sheets = [*sheets, sheet]
        findings.add(*_make(change, sheet, facts))
    return sheets


def _is_meant(sheet: Sheet, template: Template, change: Change) -> bool:
    place = None if isinstance(change, AddRow) else change.place
    same_file = place is None or place.source == sheet.source
    return same_file and plain(sheet.name) == plain(template.table)


def _written(change: Change, scales: dict[str, Scale]) -> Change:
    """The change with its numbers as the client's sheet has them."""

    def text(heading: str, cell: Cell) -> str:
        scale = scales.get(plain(f"{change.table}.{heading}"))
        if isinstance(cell, str):
            return cell
        return f"{(scale.number(cell) if scale else to_decimal(cell)).normalize():f}"

    match change:
        case SetCell(heading=heading, cell=cell):
            return replace(change, cell=text(heading, cell))
        case AddRow(cells=cells):
            return replace(change, cells=tuple((h, text(h, cell)) for h, cell in cells))
        case DropRow():
            return change


def _template(table: str, vocabulary: Vocabulary) -> Template | None:
    found = (t for t in vocabulary.given() if t.table and plain(t.table) == plain(table))
    return next(found, None)


def _no_table(change: Change, vocabulary: Vocabulary) -> Diagnostic:
    tables = sorted(template.table for template in vocabulary.given() if template.table)
    advice = did_you_mean(change.table, tables) or f"the tables are {listed(tables)}"
    return _problem(f"no table is called {shown(change.table)}", advice)


def _problem(message: str, advice: str) -> Diagnostic:
    return Diagnostic("no-such-row", message, Origin(SUPPOSED), advice)


def _new_sheet(template: Template, facts: FactBase) -> Sheet:
    headings = [field.heading for field in column_fields(template)]
    sheet = Sheet(template.table, f"tables/{template.table}.csv", headings)
    return lay_out(sheet, [[] for _ in headings], [], facts)


def _make(change: Change, sheet: Sheet, facts: FactBase) -> Iterator[Diagnostic]:
    match change:
        case AddRow(cells=cells):
            yield from _add(sheet, dict(cells), facts)
        case SetCell() | DropRow():
            rows = _rows(sheet, change, facts)
            if len(rows) != 1:
                yield _not_one(sheet, change, rows)
            elif isinstance(change, DropRow):
                _alter(sheet, "*", f'WHERE "@row" <> {rows[0]}', facts)
                sheet.rows -= 1
            else:
                yield from _set(sheet, rows[0], change, facts)


def _rows(sheet: Sheet, change: SetCell | DropRow, facts: FactBase) -> list[int]:
    """The rows in whose cells all the names stand, whatever their case; or the one at a place."""
    if change.place:
        sql = f'SELECT "@row" FROM {sheet.relation} WHERE "@line" = ?'
        return [row for (row,) in facts.query(sql, [change.place.line])]
    names = change.names
    cells = ", ".join(f"lower(trim({place(column)}))" for column in range(len(sheet.headings)))
    there = " AND ".join(f"lower(?) IN ({cells})" for _ in names) or "TRUE"
    sql = f'SELECT "@row" FROM {sheet.relation} WHERE {there} ORDER BY "@row"'
    return [row for (row,) in facts.query(sql, list(map(tidy, names)))]


def _not_one(sheet: Sheet, change: SetCell | DropRow, rows: list[int]) -> Diagnostic:
    names = listed([shown(name) for name in change.names])
    if rows:
        message = f"{len(rows)} rows of {sheet.file} have {names}"
        return _problem(message, "name more of the row's cells, until there is one such row")
    return _problem(f"no row of {sheet.file} has {names}", "write the cells as they stand there")


def _set(sheet: Sheet, row: int, change: SetCell, facts: FactBase) -> Iterator[Diagnostic]:
    column = _column(sheet, change.heading)
    if column is None:
        yield _no_column(sheet, change.heading)
        return
    cell = f'CASE WHEN "@row" = {row} THEN ? ELSE {place(column)} END AS {place(column)}'
    _alter(sheet, f"* REPLACE ({cell})", "", facts, [str(change.cell)])


def _add(sheet: Sheet, cells: dict[str, Cell], facts: FactBase) -> Iterator[Diagnostic]:
    columns = {heading: _column(sheet, heading) for heading in cells}
    for heading, column in columns.items():
        if column is None:
            yield _no_column(sheet, heading)
    by_column = {columns[heading]: cell for heading, cell in cells.items()}
    values = [str(by_column.get(column, "")) for column in range(len(sheet.headings))]
    marks = ", ".join("?" for _ in values)
    last = f'SELECT coalesce(max("@row"), -1) + 1, 0, {marks} FROM {sheet.relation}'
    _alter(sheet, "*", f"UNION ALL {last}", facts, values)
    sheet.rows += 1


def _column(sheet: Sheet, heading: str) -> int | None:
    forms = [plain(found) for found in sheet.headings]
    return forms.index(plain(heading)) if plain(heading) in forms else None


def _no_column(sheet: Sheet, heading: str) -> Diagnostic:
    near = did_you_mean(heading, sheet.headings)
    advice = near or f"the headings are {listed(sheet.headings)}"
    return _problem(f"{sheet.file} has no column {shown(heading)}", advice)


def _alter(
    sheet: Sheet, columns: str, rest: str, facts: FactBase, values: list[str] | None = None
) -> None:
    """Let the sheet stand in a relation of its own, made of the one before."""
    before = sheet.relation
    sheet.relation = before.removesuffix('"') + "'\""
    sql = f"CREATE TABLE {sheet.relation} AS SELECT {columns} FROM {before} {rest}"
    facts.query(sql, values or [])


# What users write


def set_cell(text: str) -> SetCell:
    """`needs: Chef, Knife work, current = 0.5`; raises ValueError."""
    table, cells = _table(text, "needs: Chef, Knife work, current = 0.5")
    *names, last = cells
    heading, equals, cell = last.partition("=")
    if not (equals and heading.strip() and names):
        raise ValueError(f"'{text}': write it like this: needs: Chef, Knife work, current = 0.5")
    return SetCell(table, tuple(names), tidy(heading), tidy(cell))


def drop_row(text: str) -> DropRow:
    """`handoffs: Chef, Server`; raises ValueError."""
    table, cells = _table(text, "handoffs: Chef, Server")
    return DropRow(table, tuple(cells))


def add_row(text: str) -> AddRow:
    """`needs: role = Chef, practice = Grilling, required = 1`; raises ValueError."""
    example = "needs: role = Chef, practice = Grilling, required = 1"
    table, cells = _table(text, example)
    pairs = [cell.partition("=") for cell in cells]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError(f"'{text}': write it like this: {example}")
    return AddRow(table, tuple((tidy(heading), tidy(cell)) for heading, _, cell in pairs))


def set_parameter(text: str) -> tuple[str, Value]:
    """`core_reach=0.6`; raises ValueError."""
    name, equals, value = map(tidy, text.partition("="))
    if not (name and equals and value):
        raise ValueError(f"'{text}': write it like this: core_reach=0.6")
    try:
        return name, parameter_value(Decimal(value))
    except InvalidOperation:
        return name, parameter_value(value)


def _table(text: str, example: str) -> tuple[str, list[str]]:
    table, colon, rest = text.partition(":")
    cells = [tidy(cell) for cell in rest.split(",") if cell.strip()]
    if not (colon and table.strip() and cells):
        raise ValueError(f"'{text}': write it like this: {example}")
    return tidy(table), cells
