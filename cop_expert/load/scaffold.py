"""An ontology in, a new engagement out: settings, a table for each given template, a guide."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from cop_expert.load.cells import has_scale
from cop_expert.load.headings import column_fields, is_needed
from cop_expert.load.words import tidy
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field, Template, Vocabulary
from cop_expert.resources import resource

WORKBOOK = "engagement.xlsx"
Row = dict[str, str]
"""Cells by field."""


def sheet_name(template: Template) -> str:
    """`Role practices` for the table role_practices."""
    return template.table.replace("_", " ").capitalize()


class ColumnGuide(Struct, frozen=True):
    """What the guide says about a column."""

    heading: str
    needed: bool
    hint: str


class TableGuide(Struct, frozen=True):
    """What the guide says about a table."""

    name: str
    sheet: str
    comment: str
    optional: bool
    columns: tuple[ColumnGuide, ...]
    also: tuple[str, ...]


def write_engagement(
    folder: Path, vocabulary: Vocabulary, name: str, as_workbook: bool = False
) -> list[Path]:
    """A folder that loads as it is, with example rows; the files that were written.

    Raises `KnowledgeProblem` where the folder holds anything already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise KnowledgeProblem([_not_empty(folder)])
    folder.mkdir(parents=True, exist_ok=True)
    templates = tables_in_order(vocabulary)
    rows = example_rows(templates, vocabulary)
    title = tidy(name) or folder.name
    guide = Guide(title, templates, as_workbook)
    written = [guide.write(folder, file) for file in ("engagement.toml", "README.md")]
    if as_workbook:
        from cop_expert.load.scaffold_workbook import write_workbook

        path, about = folder / WORKBOOK, guide.text("workbook.txt").splitlines()
        write_workbook(path, title, about, templates, rows, vocabulary)
        return [*written, path]
    (folder / "tables").mkdir()
    for template in templates:
        path = folder / "tables" / f"{template.table}.csv"
        _write_table(path, column_fields(template), rows[template.name])
        written.append(path)
    return written


def _not_empty(folder: Path) -> Diagnostic:
    return Diagnostic(
        "not-empty",
        "there is something here already, and nothing is overwritten",
        Origin(folder.as_posix()),
        "name a folder that does not exist yet",
    )


def tables_in_order(vocabulary: Vocabulary) -> list[Template]:
    """Needed tables first, and a table that names things before those that refer to it."""
    names = {template for template, _ in vocabulary.declarers().values()}
    return sorted(
        (template for template in vocabulary.given() if template.table),
        key=lambda t: (t.optional_table, t.name not in names, len(_referred(t)), t.table),
    )


def _referred(template: Template) -> set[str]:
    return {name for field in column_fields(template) for name in field.type.classes}


def example_rows(templates: list[Template], vocabulary: Vocabulary) -> dict[str, list[Row]]:
    """A row of examples for each table, and in front of it rows for what other examples name."""
    rows = {
        template.name: [{field.name: field.example for field in column_fields(template)}]
        for template in templates
    }
    while missing := next(_undeclared(rows, vocabulary), None):
        (name, field), value = missing
        template = vocabulary.templates[name]
        rows[name].insert(0, _shortest_row(template) | {field: value})
    return rows


def _undeclared(
    rows: dict[str, list[Row]], vocabulary: Vocabulary
) -> Iterator[tuple[tuple[str, str], str]]:
    """Names that the rows use and none declares: the template and field to declare each in."""
    declarers = {
        name: (template, own)
        for name, (template, own) in vocabulary.declarers().items()
        if template in rows and own in rows[template][0]
    }
    words = set(vocabulary.individuals.values()) | {""}
    for template, own_rows in rows.items():
        for field in column_fields(vocabulary.templates[template]):
            places = [declarers[name] for name in sorted(field.type.classes & declarers.keys())]
            known = words | {row[own] for name, own in places for row in rows[name]}
            for row in own_rows:
                if places and row[field.name] not in known:
                    yield places[0], row[field.name]


def _shortest_row(template: Template) -> Row:
    """Examples where a cell is needed, blanks elsewhere."""
    return {
        field.name: field.example if is_needed(field) else "" for field in column_fields(template)
    }


def _write_table(path: Path, fields: list[Field], rows: list[Row]) -> None:
    # With the mark in front, spreadsheets open the file as UTF-8 and keep it so.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.heading for field in fields)
        writer.writerows([row[field.name] for field in fields] for row in rows)


class Guide:
    """The files of words that a new engagement begins with."""

    def __init__(self, name: str, templates: list[Template], as_workbook: bool) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(resource("reports/templates/new")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters |= {"toml": _toml, "cell": _markdown_cell}
        self._words = {
            "name": name,
            "workbook": WORKBOOK if as_workbook else "",
            "scales": [
                f"{t.table}.{f.heading}" for t in templates for f in t.fields if has_scale(f)
            ],
            "tables": [_guide(template) for template in templates],
        }

    def text(self, file: str) -> str:
        return self._environment.get_template(f"{file}.j2").render(self._words)

    def write(self, folder: Path, file: str) -> Path:
        path = folder / file
        path.write_text(self.text(file), encoding="utf-8", newline="\n")
        return path


def _guide(template: Template) -> TableGuide:
    return TableGuide(
        name=template.table,
        sheet=sheet_name(template),
        comment=template.comment,
        optional=template.optional_table,
        columns=tuple(
            ColumnGuide(field.heading, is_needed(field), field.hint)
            for field in column_fields(template)
        ),
        also=template.also_columns,
    )


def _toml(text: str) -> str:
    """A basic string of TOML, which escapes as JSON does, and the delete character too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _markdown_cell(text: str) -> str:
    return text.replace("|", "\\|")
