"""A foreign file and a mapping in, a sheet as if the client had filled in our table out.

The file stays as it is: it is read on every run, and what it says is placed in its own cells.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from cop_expert.facts import FactBase, on_desk
from cop_expert.load.archive import open_archive
from cop_expert.load.csv_file import UnreadableFile, open_csv, rows_of
from cop_expert.load.engagement import OTHER_SHEETS
from cop_expert.load.findings import Findings
from cop_expert.load.grid import SheetEntry, Workbook
from cop_expert.load.headings import bare, column_fields, is_needed
from cop_expert.load.rows import Rows
from cop_expert.load.settings import CELL, HEADING, Mapping
from cop_expert.load.sheet import DECIMAL_MARKS, Sheet, is_blank, lay_out, place
from cop_expert.load.words import listed, plain, shown, tidy
from cop_expert.load.workbook import IGNORED, spread
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Template, Vocabulary

MARKS = ("x", "✓", "✔", "•", "yes", "y", "ja", "oui")
"""What stands in a matrix for: yes, this one."""
NOTHING = ("", "✗", "✘", "-", "–", "—", "no", "n", "n/a", "none", ".")


def known_headings(vocabulary: Vocabulary) -> set[str]:
    """What may head a column of any file that is about what we know of."""
    return {
        bare(name)
        for template in vocabulary.given()
        for field in column_fields(template)
        for name in (field.heading, *field.also_called)
        if template.table
    }


def read_imports(
    mappings: Sequence[Mapping],
    path_of: Callable[[str], Path],
    facts: FactBase,
    findings: Findings,
) -> list[Sheet]:
    """The tables that the mappings make of foreign files, each file read once."""
    raw: dict[tuple[str, str], Sheet] = {}
    sheets: dict[str, Sheet] = {}
    for number, mapping in enumerate(mappings):
        key = mapping.file, mapping.sheet
        if key not in raw:
            path = path_of(mapping.file)
            raw[key] = read_foreign(path, mapping.file, mapping.sheet, facts, findings)
        template = _template(mapping, facts.vocabulary)
        problems = [_no_table(mapping, facts.vocabulary)] if template is None else []
        if template and raw[key].readable:
            problems += _misfits(mapping, template, raw[key])
        findings.add(*problems)
        if template and raw[key].readable and not problems:
            relation = on_desk(f"import {number} {template.table}")
            sheets[relation] = _mapped(mapping, template, raw[key], relation, facts)
        elif template:
            unread = Sheet(template.table, raw[key].source, readable=False)
            sheets.setdefault(f"{unread.source} {unread.name}", unread)
    return list(sheets.values())


def _template(mapping: Mapping, vocabulary: Vocabulary) -> Template | None:
    form = plain(mapping.table)
    return next((t for t in vocabulary.given() if t.table and plain(t.table) == form), None)


def _no_table(mapping: Mapping, vocabulary: Vocabulary) -> Diagnostic:
    tables = sorted(template.table for template in vocabulary.given() if template.table)
    message = f"no table is called {shown(mapping.table)}"
    advice = did_you_mean(mapping.table, tables) or f"the tables are {listed(tables)}"
    return Diagnostic("unknown-table", message, mapping.origin, advice)


# The file as it is


def read_foreign(path: Path, source: str, sheet: str, facts: FactBase, findings: Findings) -> Sheet:
    """The file's own columns; one that says it is not readable where it cannot be read."""
    known = known_headings(facts.vocabulary)
    rows = Rows(lambda cells: sum(bare(cell) in known for cell in cells.values()) > 1)
    found = Sheet(path.stem, source)
    try:
        if path.suffix.lower() in OTHER_SHEETS - {".tsv"}:
            message = "this kind of spreadsheet is not read"
            raise UnreadableFile(message, "save it as an Excel workbook (.xlsx) or as CSV UTF-8")
        if path.suffix.lower() == ".xlsx":
            _read_workbook(path, sheet, rows, found, findings)
        else:
            file = open_csv(path, source, findings)
            found.decimal_mark = DECIMAL_MARKS[file.delimiter]
            for line, row in rows_of(file):
                rows.take(line, {n: cell for n, cell in enumerate(row) if cell.strip()})
            rows.finish()
    except UnreadableFile as error:
        place = Origin(found.source, error.line)
        findings.add(Diagnostic("unreadable", str(error), place, error.advice))
        found.readable = False
        return found
    if not rows.headings:
        place, advice = Origin(found.source), "see whether it was saved whole, or name another"
        findings.add(Diagnostic("unreadable", "the file is empty", place, advice))
        found.readable = False
    found.headings, found.first_line = rows.headings, rows.first_line
    return lay_out(found, rows.columns, rows.lines, facts) if rows.headings else found


def _read_workbook(path: Path, name: str, rows: Rows, found: Sheet, findings: Findings) -> None:
    with open_archive(path) as archive:
        workbook = Workbook(archive)
        entry = _entry(workbook, name)
        found.name = tidy(entry.name)
        found.source = f"{found.source}/{found.name.replace('/', '-')}"
        merged = workbook.read_rows(entry, rows.take)
        rows.finish()
        known = {plain(heading) for heading in rows.headings}
        findings.add(*spread(rows, merged, found, known))


def _entry(workbook: Workbook, name: str) -> SheetEntry:
    """The sheet of this name, or the first that is there for reading."""
    entries = [entry for entry in workbook.sheets if IGNORED not in entry.name.casefold()]
    names = [tidy(entry.name) for entry in entries]
    if name:
        entries = [entry for entry in entries if plain(entry.name) == plain(name)]
    else:
        entries = [e for e in entries if not e.hidden and _has_rows(workbook, e)]
    if not entries:
        message = f"no sheet is called {shown(name)}" if name else "all sheets are empty"
        advice = did_you_mean(name, names) or f"the sheets are {listed(list(map(shown, names)))}"
        raise UnreadableFile(message, advice if name else "")
    return entries[0]


def _has_rows(workbook: Workbook, entry: SheetEntry) -> bool:
    found: list[int] = []
    workbook.read_rows(entry, lambda row, _: found.append(row))
    return bool(found)


# The table that is made of it


def _misfits(mapping: Mapping, template: Template, raw: Sheet) -> list[Diagnostic]:
    """Headings that are not there, on either side."""
    ours = [field.heading for field in column_fields(template)]
    problems = [
        Diagnostic(
            "unknown-column",
            f"{shown(heading)} is not a column of {template.table}",
            mapping.origin,
            did_you_mean(heading, ours) or f"its columns are {listed(ours)}",
        )
        for heading in mapping.columns
        if plain(heading) not in map(plain, ours)
    ]
    theirs = [*filter(None, raw.headings)]
    for heading in mapping.columns.values():
        if heading not in (HEADING, CELL) and plain(heading) not in map(plain, theirs):
            message = f"{raw.file} has no column {shown(heading)}"
            advice = did_you_mean(heading, theirs) or f"it has {listed(list(map(shown, theirs)))}"
            place = Origin(raw.source, raw.first_line)
            problems.append(
                Diagnostic("missing-column", message, place, advice, mapping.origin, "named here")
            )
    return problems


def _mapped(
    mapping: Mapping, template: Template, raw: Sheet, relation: str, facts: FactBase
) -> Sheet:
    """A sheet with the template's headings, over the file's cells."""
    by_form = {
        plain(heading): number for number, heading in reversed(list(enumerate(raw.headings)))
    }
    places = {
        ours: by_form[plain(theirs)]
        for ours, theirs in mapping.columns.items()
        if theirs not in (HEADING, CELL)
    }
    sheet = Sheet(
        template.table,
        raw.source,
        list(mapping.columns),
        relation,
        raw.rows,
        raw.first_line,
        raw.decimal_mark,
        columns=tuple(places.get(ours, -1) + 1 for ours in mapping.columns),
        scale=mapping.scale,
    )
    kept = _says_something(mapping, template, places)
    if not mapping.is_matrix:
        cells = "".join(
            f", {place(column)} AS {place(number)}"
            for number, column in enumerate(places[ours] for ours in mapping.columns)
        )
        facts.query(
            f"CREATE VIEW {sheet.relation} AS "
            f'SELECT "@row", "@line"{cells} FROM {raw.relation} WHERE {kept}'
        )
        sheet.rows = facts.query(f"SELECT count(*) FROM {sheet.relation}")[0][0]
        return sheet
    across = matrix_columns(mapping, raw)
    _unpivot(mapping, sheet, raw, places, across, facts)
    return sheet


def _says_something(mapping: Mapping, template: Template, places: dict[str, int]) -> str:
    """The rows with all that the table needs; those without simply say nothing about it.

    But where somebody works is never left out without a word.
    """
    if template.naming or template.must_be:
        return "TRUE"
    needed = {plain(field.heading) for field in column_fields(template) if is_needed(field)}
    blank = [is_blank(place(column)) for ours, column in places.items() if plain(ours) in needed]
    return f"NOT ({' OR '.join(blank or ['FALSE'])})"


def matrix_columns(mapping: Mapping, raw: Sheet) -> list[int]:
    """The columns of the file that are neither mapped nor left, and have a heading."""
    others = set(map(plain, (*mapping.columns.values(), *mapping.leave)))
    return [n for n, heading in enumerate(raw.headings) if heading and plain(heading) not in others]


def _unpivot(
    mapping: Mapping,
    sheet: Sheet,
    raw: Sheet,
    places: dict[str, int],
    across: list[int],
    facts: FactBase,
) -> None:
    """A row for each cell of the matrix that says something."""
    highest = f"{sheet.scale[1]:f}" if sheet.scale else "1"
    sources = {HEADING: "heading", CELL: "cell"}
    cells = "".join(
        f", {sources.get(theirs) or 'r.' + place(places[ours])} AS {place(number)}"
        for number, (ours, theirs) in enumerate(mapping.columns.items())
    )
    values = ", ".join(f"{place(column)}" for column in across) or "''"
    facts.query(
        f"CREATE TABLE {sheet.relation} AS SELECT "
        f'(row_number() OVER (ORDER BY r."@row", r.number) - 1)::INTEGER AS "@row", r."@line", '
        f'r.number + 1 AS "@column"{cells} FROM (SELECT *, '
        f"CASE WHEN lower(trim(written)) IN (SELECT unnest(?::VARCHAR[])) THEN ? ELSE written END "
        f"AS cell FROM (SELECT *, unnest([{values}]) AS written, unnest(?::VARCHAR[]) AS heading, "
        f"unnest(?::INTEGER[]) AS number FROM {raw.relation})) r "
        f"WHERE lower(trim(r.written)) NOT IN (SELECT unnest(?::VARCHAR[]))",
        [list(MARKS), highest, [raw.headings[n] for n in across], across, list(NOTHING)],
    )
    sheet.rows = facts.query(f"SELECT count(*) FROM {sheet.relation}")[0][0]
