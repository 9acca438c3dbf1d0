"""A sheet's headings and a template in, which column feeds which field out."""

import re
from collections.abc import Iterator

from msgspec import Struct

from cop_expert.facts import FactBase
from cop_expert.load.findings import Findings
from cop_expert.load.sheet import Sheet, is_blank, place
from cop_expert.load.words import listed, plain, shown, tidy
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field, Kind, Template

ID = "id"
LABELS = ("name", "label")
"""What may head the names of things that an `id` column identifies."""


class Layout(Struct):
    """Where in a sheet a template's fields stand; columns count from 0."""

    places: dict[str, int]
    """The column that feeds each field."""
    label: int | None
    """The column of names as shown, where an `id` column identifies instead of them."""
    missing: list[Field]
    """Fields that every row needs and no column feeds."""


def bare(heading: str) -> str:
    """What a heading is called whoever wrote it: `Duration (hours)` is `duration`."""
    without = re.sub(r"\([^)]*\)", "", tidy(heading)) or heading
    return re.sub(r"\W+|_", "", without).casefold()


def column_fields(template: Template) -> list[Field]:
    """The fields that columns feed: all but a name that is composed of others."""
    composed = template.itself if template.naming else ""
    return [field for field in template.fields if field.name != composed]


def is_needed(field: Field) -> bool:
    """True where a column must have a cell in every row."""
    return field.required and field.default is None


def name_field(template: Template) -> Field | None:
    """The field that names what a row is about, and that an `id` column stands in for."""
    if template.declares:
        return template.by_name[template.declares]
    if template.itself:
        return None if template.naming else template.by_name[template.itself]
    first = template.fields[0]
    kind = first.type
    is_free_text = kind.kind == Kind.TEXT and not (kind.classes or kind.choices or kind.pattern)
    return first if is_free_text and first.required else None


def match_headings(sheet: Sheet, template: Template, facts: FactBase, findings: Findings) -> Layout:
    """Headings match whatever their case, blanks and underscores; what is odd is reported."""
    fields = column_fields(template)
    by_form = {plain(field.heading): field.name for field in fields}
    known = set(by_form) | set(map(plain, template.also_columns))
    columns = _columns_by_form(sheet, facts, findings)
    places = {by_form[form]: column for form, column in columns.items() if form in by_form}
    named, label = name_field(template), None
    if named and ID in columns and ID not in by_form:
        known |= {ID, *LABELS}
        label = next((columns[f] for f in (plain(named.heading), *LABELS) if f in columns), None)
        places[named.name] = columns[ID]
    absent = [field for field in fields if field.name not in places]
    unknown = [column for form, column in columns.items() if form not in known]
    findings.add(*_misfits(sheet, unknown, absent))
    missing = [field for field in absent if field.required and field.default is None]
    return Layout(places, label, missing)


def _columns_by_form(sheet: Sheet, facts: FactBase, findings: Findings) -> dict[str, int]:
    """The column of each heading; the first where there are several, which is reported."""
    columns: dict[str, int] = {}
    for column, heading in enumerate(sheet.headings):
        form = plain(heading)
        if not form:
            findings.add(*_without_heading(sheet, column, facts))
        elif form in columns:
            findings.add(
                Diagnostic(
                    "repeated-column",
                    f"the column {shown(heading)} stands here twice",
                    Origin(sheet.source, sheet.first_line, column + 1),
                    "remove one of the two",
                    Origin(sheet.source, sheet.first_line, columns[form] + 1),
                    "it stands here already",
                )
            )
        else:
            columns[form] = column
    return columns


def _without_heading(sheet: Sheet, column: int, facts: FactBase) -> list[Diagnostic]:
    filled = f"SELECT 1 FROM {sheet.relation} WHERE NOT {is_blank(place(column))} LIMIT 1"
    if not facts.query(filled):
        return []
    origin = Origin(sheet.source, sheet.first_line, column + 1)
    message = "this column has cells but no heading"
    return [Diagnostic("unknown-column", message, origin, "give it one, or remove it")]


def _misfits(sheet: Sheet, unknown: list[int], absent: list[Field]) -> Iterator[Diagnostic]:
    """Headings without a field and fields without a heading; a mistyped one is reported once."""
    for column in unknown:
        yield _unknown(sheet, column, [field.heading for field in absent])
    for field in absent:
        needed = field.required and field.default is None and sheet.headings
        if needed and not did_you_mean(field.heading, [sheet.headings[c] for c in unknown]):
            yield _missing(sheet, field)


def _unknown(sheet: Sheet, column: int, absent: list[str]) -> Diagnostic:
    """A mistyped heading would lose its cells; a column of the client's own is no mistake."""
    heading = sheet.headings[column]
    near = did_you_mean(heading, absent)
    return Diagnostic(
        "unknown-column",
        f"{shown(heading)} is not a column of {sheet.file}",
        Origin(sheet.source, sheet.first_line, column + 1),
        near or "it is left aside",
        warning=not near,
    )


def _missing(sheet: Sheet, field: Field) -> Diagnostic:
    stand = listed([shown(heading) for heading in sheet.headings if heading])
    return Diagnostic(
        "missing-column",
        f"{sheet.file} has no column '{field.heading}'",
        Origin(sheet.source, sheet.first_line),
        f"the headings are {stand}; name one of them '{field.heading}', or add it",
    )
