"""An engagement's tables in, staged facts out, or all that is wrong with them.

The cells are read column by column, then names are looked up across all tables, then what only
shows in the whole is checked: everything set at a time, so that only what is wrong is looked at
row by row.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from cop_expert.facts import FactBase
from cop_expert.load.cells import Scale, has_scale
from cop_expert.load.changes import Change, change_sheets
from cop_expert.load.circles import check_circles
from cop_expert.load.draft import Aliases, Draft, read_draft
from cop_expert.load.engagement import Engagement
from cop_expert.load.findings import Findings
from cop_expert.load.headings import column_fields
from cop_expert.load.keys import check_clashes, check_duplicates, check_spellings
from cop_expert.load.labels import collect_labels
from cop_expert.load.lapsed import leave_out_lapsed
from cop_expert.load.mapping import read_imports
from cop_expert.load.merge import say_once
from cop_expert.load.references import check_composed, missing_table, resolve_references
from cop_expert.load.sheet import Sheet, read_sheet
from cop_expert.load.words import listed, plain, shown
from cop_expert.load.workbook import read_workbook
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Template, Vocabulary

ALIAS = "Alias"
"""The template of other names for the same thing."""
Check = Callable[[list[Draft], FactBase, Findings], None]
CHECKS: tuple[Check, ...] = (
    check_composed,
    check_duplicates,
    check_clashes,
    check_spellings,
    check_circles,
)


def read_tables(
    engagement: Engagement,
    facts: FactBase,
    more: Sequence[Sheet] = (),
    changes: tuple[Change, ...] = (),
) -> tuple[dict[str, str], list[Diagnostic]]:
    """Stage the rows in which all is well; the labels of ids, and everything that is wrong.

    `more` are sheets that were read elsewhere, from an ontology; `changes` are made to the sheets
    before anything is read of them. A label is the name
    as shown of whatever goes by an `id`, or by a name composed of ids.
    """
    findings = Findings()

    def read_one(own: FactBase, path: Path) -> Sheet:
        return read_sheet(path, engagement.source(path), own, findings)

    def make(own: FactBase, check: Check) -> None:
        check(drafts, own, findings)

    sheets = facts.abreast(read_one, engagement.tables)
    for sheet in facts.abreast(read_one, engagement.catalogues):
        sheet.columns = tuple(range(1, len(sheet.headings) + 1))
        sheets.append(sheet)
    sheets += read_imports(engagement.imports, engagement.path, facts, findings)
    for path in engagement.workbooks:
        sheets += read_workbook(path, engagement.source(path), facts, findings)
    scales = read_scales(engagement, facts.vocabulary, findings)
    sheets = change_sheets([*sheets, *more], changes, scales, facts, findings)
    drafts = read_drafts(sheets, scales, facts, findings)
    if sheets:
        check_missing(drafts, facts.vocabulary, findings)
    leave_out_lapsed(drafts, engagement.settings.as_of, facts, findings)
    resolve_references(drafts, facts, findings)
    facts.abreast(make, CHECKS)
    for draft in drafts:
        sheet = draft.sheet
        facts.stage(draft.template.name, draft.relation, sheet.source, sheet.because)
    return collect_labels(drafts, facts, findings), findings.diagnostics()


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
    sheets: Iterable[Sheet], scales: dict[str, Scale], facts: FactBase, findings: Findings
) -> list[Draft]:
    """The sheets that feed a template, each cell read by itself."""
    aliases: Aliases = {}

    def read_one(own: FactBase, fed: tuple[Sheet, Template]) -> Draft:
        sheet, template = fed
        own_scales = scales if sheet.first_line else {}  # an ontology has datatypes of its own
        return read_draft(sheet, template, own_scales, own, findings, aliases)

    drafts: list[Draft] = []
    fed = _feeding(sheets, facts.vocabulary, findings)
    for _, alike_in_order in groupby(fed, key=lambda pair: _order(pair[0])):
        for draft in facts.abreast(read_one, alike_in_order):
            if draft.sheet.is_foreign:
                say_once(draft, [d for d in drafts if d.template is draft.template], facts)
            if draft.template.name == ALIAS:
                aliases |= _meant(draft, facts)
            drafts.append(draft)
    return drafts


def _feeding(
    sheets: Iterable[Sheet], vocabulary: Vocabulary, findings: Findings
) -> list[tuple[Sheet, Template]]:
    """The sheets that feed a template, in the order in which they are read, and which they feed."""
    templates = {plain(found.table): found for found in vocabulary.given() if found.table}
    feeding: dict[tuple[str, str], Sheet] = {}
    for sheet in sorted(sheets, key=_order):
        folder = sheet.source.rpartition("/")[0]
        table = plain(sheet.name)
        if sheet.columns is not None or not sheet.first_line:
            folder = sheet.relation  # one file, or ontology, may feed a table in several ways
        if table not in templates:
            findings.add(_unknown_table(sheet, [found.table for found in templates.values()]))
        elif (folder, table) in feeding:
            findings.add(_repeated_table(sheet, feeding[folder, table]))
        else:
            findings.add(*check_filled(sheet, templates[table]))
            feeding[folder, table] = sheet
    return [(sheet, templates[table]) for (_, table), sheet in feeding.items()]


def _order(sheet: Sheet) -> tuple[bool, bool]:
    """Other names first, for they hold in all that follows; foreign files last."""
    return plain(sheet.name) != "aliases", sheet.is_foreign


def _meant(draft: Draft, facts: FactBase) -> Aliases:
    names = facts.query(f"SELECT lower(alias), means FROM {draft.relation}")
    return {alias: means for alias, means in names if alias and means}


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
    if sheet.readable and not sheet.rows and not (sheet.headings and template.optional_table):
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
            findings.add(missing_table(template, "which every engagement needs", drafts))
