"""An engagement's tables in, given facts out, or all that is wrong with them.

The cells are read column by column, then names are looked up across all tables, then what only
shows in the whole is checked.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from cop_expert.load.cells import Scale, has_scale
from cop_expert.load.circles import check_circles
from cop_expert.load.draft import Draft, read_draft
from cop_expert.load.engagement import Engagement
from cop_expert.load.findings import Findings
from cop_expert.load.headings import column_fields
from cop_expert.load.keys import check_clashes, check_duplicates, check_spellings
from cop_expert.load.labels import collect_labels
from cop_expert.load.references import check_composed, missing_table, resolve_references
from cop_expert.load.sheet import Sheet, read_sheet
from cop_expert.load.words import listed, plain, shown
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Template, Value, Vocabulary

CHECKS = (
    check_composed,
    check_duplicates,
    check_clashes,
    check_spellings,
    check_circles,
)


class Table(Struct):
    """The facts of one template that stand in one file."""

    template: str
    source: str
    """The file relative to the engagement: `tables/roles.csv`."""
    columns: dict[str, list[Value]]
    """One list per field, in the order of the template's fields."""
    lines: list[int]
    """The line of the file on which each row starts."""


class Given(Struct):
    """All that a client's tables say."""

    tables: list[Table]
    labels: dict[str, str]
    """The name as shown of whatever goes by an `id`, or by a name composed of ids."""


def read_tables(
    engagement: Engagement, vocabulary: Vocabulary, more: Sequence[Sheet] = ()
) -> tuple[Given, list[Diagnostic]]:
    """The rows in which all is well, and everything that is wrong with the others.

    `more` are sheets that were read elsewhere, from a workbook or an ontology.
    """
    findings = Findings()
    sheets = [
        *(read_sheet(path, engagement.source(path), findings) for path in engagement.tables),
        *more,
    ]
    scales = read_scales(engagement, vocabulary, findings)
    drafts = read_drafts(sheets, vocabulary, scales, findings)
    if sheets:
        check_missing(drafts, vocabulary, findings)
    resolve_references(drafts, vocabulary, findings)
    for check in CHECKS:
        check(drafts, vocabulary, findings)
    labels = collect_labels(drafts, vocabulary, findings)
    return Given([_table(draft) for draft in drafts], labels), findings.diagnostics()


def _table(draft: Draft) -> Table:
    return Table(draft.template.name, draft.sheet.source, draft.columns, draft.lines)


def read_scales(
    engagement: Engagement, vocabulary: Vocabulary, findings: Findings
) -> dict[str, Scale]:
    """The scale of each column that has one, set or not, by `plain` table and heading."""
    columns = {
        f"{template.table}.{field.heading}": field
        for template in vocabulary.given()
        for field in column_fields(template)
        if template.table
    }
    by_form = {plain(column): column for column, field in columns.items() if has_scale(field)}
    for form in engagement.scales.keys() - by_form.keys():
        place = engagement.origin(f"scales.{form}")
        findings.add(_no_scale(form, place, sorted(by_form.values())))
    return {
        form: Scale(column, *engagement.scales.get(form, ())) for form, column in by_form.items()
    }


def _no_scale(form: str, place: Origin, columns: list[str]) -> Diagnostic:
    return Diagnostic(
        "unknown-scale",
        "this is no column that has a scale",
        place,
        did_you_mean(form, columns) or f"these have one: {listed(columns)}",
    )


def read_drafts(
    sheets: Iterable[Sheet], vocabulary: Vocabulary, scales: dict[str, Scale], findings: Findings
) -> list[Draft]:
    """The sheets that feed a template, each cell read by itself."""
    templates = {plain(found.table): found for found in vocabulary.given() if found.table}
    drafts: dict[tuple[str, str], Draft] = {}
    for sheet in sheets:
        folder = sheet.source.rpartition("/")[0]
        table = plain(sheet.name)
        if table not in templates:
            findings.add(_unknown_table(sheet, [found.table for found in templates.values()]))
        elif (folder, table) in drafts:
            findings.add(_repeated_table(sheet, drafts[folder, table].sheet))
        else:
            findings.add(*check_filled(sheet, templates[table]))
            drafts[folder, table] = read_draft(sheet, templates[table], scales, findings)
    return list(drafts.values())


def _unknown_table(sheet: Sheet, tables: list[str]) -> Diagnostic:
    near = did_you_mean(sheet.name, tables)
    return Diagnostic(
        "unknown-table",
        f"no table is called {shown(sheet.name)}",
        Origin(sheet.source),
        f"{near or f'the tables are {listed(sorted(tables))};'} other files belong elsewhere",
    )


def _repeated_table(sheet: Sheet, other: Sheet) -> Diagnostic:
    return Diagnostic(
        "repeated-table",
        f"{sheet.file} and {other.file} are the same table",
        Origin(sheet.source),
        "put all rows into one of the two files",
    )


def check_filled(sheet: Sheet, template: Template) -> Iterator[Diagnostic]:
    """A table that may be left out may also hold its headings only."""
    if sheet.readable and not sheet.lines and not (sheet.headings and template.optional_table):
        headings = listed([f"'{field.heading}'" for field in column_fields(template)])
        yield Diagnostic(
            "empty-table",
            f"{sheet.file} is empty",
            Origin(sheet.source),
            f"add rows below the headings {headings}",
            warning=template.optional_table,
        )


def check_missing(drafts: list[Draft], vocabulary: Vocabulary, findings: Findings) -> None:
    """Tables without which nothing can be concluded."""
    there = {draft.template.name for draft in drafts}
    for template in vocabulary.given():
        if template.table and not template.optional_table and template.name not in there:
            findings.add(missing_table(template, "which every engagement needs"))
