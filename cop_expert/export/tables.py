"""All facts as CSV: in `tables` what was given, as an engagement has it; in `conclusions` the rest.

With a file of settings beside it the folder is an engagement that concludes the same.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

from cop_expert.export.concluded import Concluded
from cop_expert.facts import FactBase
from cop_expert.load.headings import ID, column_fields, name_field
from cop_expert.load.words import guarded
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.template import Template, Value


def write(concluded: Concluded, path: Path) -> None:
    facts = concluded.facts
    write_conclusions(facts, path / "conclusions")
    (path / "tables").mkdir()
    for template in facts.vocabulary.given():
        if template.table and facts.count(template.name):
            _write_table(facts, template, path / "tables" / f"{template.table}.csv")


def write_conclusions(facts: FactBase, folder: Path) -> None:
    """Every inferred template that has facts as a CSV, a column for each field."""
    folder.mkdir(parents=True)
    for template in facts.vocabulary.templates.values():
        if not template.given and facts.count(template.name):
            write_csv(folder / f"{template.name}.csv", template.names, facts.rows(template.name))


def _write_table(facts: FactBase, template: Template, path: Path) -> None:
    """A table under the headings that an engagement has; where things go by an id, with it."""
    fields = column_fields(template)
    headings = [field.heading for field in fields]
    places = [template.position(field.name) for field in fields]
    rows = [[row[place] for place in places] for row in facts.rows(template.name)]
    if named := name_field(template):
        place = fields.index(named)
        names = [facts.names.label(str(row[place])) for row in rows]
        if any(name != row[place] for name, row in zip(names, rows, strict=True)):
            headings.insert(0, ID)
            for name, row in zip(names, rows, strict=True):
                row.insert(0, row[place])
                row[place + 1] = name
    write_csv(path, headings, rows)


def write_csv(path: Path, headings: Iterable[str], rows: Iterable[Iterable[Value]]) -> None:
    """Plain decimals; a text that a spreadsheet would run as a formula is kept from it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(map(_cell, row) for row in rows)


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int():
            return f"{to_decimal(value):f}"
        case _:
            return guarded(value)
