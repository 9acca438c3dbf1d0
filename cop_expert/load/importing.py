"""A proposal in, the engagement that remembers it out: its settings, the file, other names."""

import csv
import shutil
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import tomlkit
from msgspec import Struct

from cop_expert.facts import FactBase, quoted
from cop_expert.load.csv_file import open_csv
from cop_expert.load.findings import Findings
from cop_expert.load.headings import column_fields
from cop_expert.load.propose import Proposal, near_names
from cop_expert.load.settings import CELL, HEADING, SETTINGS_FILE, Mapping
from cop_expert.load.sheet import Sheet, place
from cop_expert.load.words import plain, tidy
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

FOLDER = "imports"
ALIASES = "aliases.csv"


class SameName(Struct, frozen=True):
    """A name in the file that may well be another's."""

    alias: str
    means: str
    origin: Origin


class DryRun(Struct, frozen=True):
    """What would be read of a file, and what is in doubt."""

    source: str
    headings_row: int
    proposal: Proposal
    rows: dict[str, int]
    """How many rows each table would gain."""
    problems: tuple[Diagnostic, ...]
    elsewhere: int
    """How many problems there are in the engagement's other files."""
    same: tuple[SameName, ...]


def rows_from(source: str, facts: FactBase) -> dict[str, int]:
    """How many facts were read from a file, by table."""
    code = facts.names.code(source)
    counts = {}
    for template in facts.vocabulary.given():
        sql = f'SELECT count(*) FROM {quoted(template.name)} WHERE "@source" = ?'
        if template.table and (count := facts.query(sql, [code])[0][0]):
            counts[template.table] = count
    return counts


# Names that are nearly the same


def names_nearly_alike(
    raw: Sheet, raw_facts: FactBase, mappings: Iterable[Mapping], facts: FactBase
) -> list[SameName]:
    """Names in the file that are nearly those of others, the engagement's own before them."""
    used = _names_used(raw, raw_facts, mappings)
    known = {str(alias).casefold() for alias, _ in facts.rows("Alias")}
    found = []
    for kind, places in sorted(used.items()):
        names = [*_declared(kind, raw.source, facts), *places]
        for first, other in near_names(list(dict.fromkeys(names))):
            if other in places and other.casefold() not in known:
                found.append(SameName(other, first, places[other]))
    return found


def _names_used(
    raw: Sheet, facts: FactBase, mappings: Iterable[Mapping]
) -> dict[str, dict[str, Origin]]:
    """For each class, the names in the file, each with its first place."""
    templates = {plain(t.table): t for t in facts.vocabulary.given()}
    used: dict[str, dict[str, Origin]] = {}
    for mapping in mappings:
        template = templates[plain(mapping.table)]
        for field in column_fields(template):
            theirs = mapping.columns.get(field.heading)
            kinds = field.type.classes
            if theirs is None or theirs == CELL or not kinds:
                continue
            names = used.setdefault(min(kinds), {})
            if theirs == HEADING:
                for number, heading in enumerate(raw.headings):
                    names.setdefault(heading, Origin(raw.source, raw.first_line, number + 1))
                continue
            column = [plain(heading) for heading in raw.headings].index(plain(theirs))
            cells = facts.query(
                f'SELECT {place(column)}, min("@line") FROM {raw.relation} '
                "GROUP BY ALL ORDER BY ALL"
            )
            for cell, line in cells:
                if tidy(cell):
                    names.setdefault(tidy(cell), Origin(raw.source, line, column + 1))
    return used


def _declared(kind: str, source: str, facts: FactBase) -> list[str]:
    """The names of a class that the other files declare."""
    template, field = facts.vocabulary.declarers().get(kind, ("", ""))
    if not template or not facts.vocabulary.templates[template].table:
        return []
    codes = facts.query(
        f'SELECT DISTINCT {quoted(field)} FROM {quoted(template)} WHERE "@source" <> ?',
        [facts.names.code(source)],
    )
    return sorted(str(name) for name in facts.names.texts([code for (code,) in codes]))


# What is kept


def remember(folder: Path, file: Path, mappings: Iterable[Mapping]) -> list[Path]:
    """Lay the file into the engagement, and its mappings into the settings; what was written."""
    place = folder / FOLDER / file.name
    written = []
    if place.resolve() != file.resolve():
        place.parent.mkdir(exist_ok=True)
        unfinished = place.with_name(f".{place.name}")
        shutil.copyfile(file, unfinished)
        unfinished.replace(place)
        written.append(place)
    settings = folder / SETTINGS_FILE
    text = settings.read_text(encoding="utf-8-sig") if settings.exists() else ""
    _replace_text(settings, _with_imports(text, list(mappings)))
    return [*written, settings]


def _with_imports(text: str, mappings: list[Mapping]) -> str:
    """The settings with these imports in place of those of the same file and sheet."""
    document = tomlkit.parse(text)
    sections = tomlkit.aot()
    replaced = {(mapping.file, mapping.sheet) for mapping in mappings}
    for section in document.pop("import", []):
        if (section.get("file"), section.get("sheet", "")) not in replaced:
            sections.append(section)
    for mapping in mappings:
        sections.append(_section(mapping))
    document.append("import", sections)
    return tomlkit.dumps(document)


def _section(mapping: Mapping) -> Any:
    section = tomlkit.table()
    section["file"] = mapping.file
    if mapping.sheet:
        section["sheet"] = mapping.sheet
    section["table"] = mapping.table
    columns = tomlkit.inline_table()
    columns.update(mapping.columns)
    section["columns"] = columns
    if mapping.leave:
        section["leave"] = list(mapping.leave)
    if mapping.scale:
        section["scale"] = [float(end) if end % 1 else int(end) for end in mapping.scale]
    return section


def remember_names(folder: Path, same: Iterable[SameName]) -> Path:
    """Add rows to the table of other names."""
    path = folder / "tables" / ALIASES
    path.parent.mkdir(exist_ok=True)
    before, delimiter, headings = "\ufeff", ",", ["alias", "means"]
    if path.exists():
        file = open_csv(path, ALIASES, Findings())
        before, delimiter = file.text.rstrip("\r\n") + "\n", file.delimiter
        headings = next(csv.reader([file.text.partition("\n")[0]], delimiter=delimiter))
    rows = StringIO()
    writer = csv.writer(rows, delimiter=delimiter, lineterminator="\n")
    if not path.exists():
        writer.writerow(headings)
    forms = list(map(plain, headings))
    for name in same:
        cells = {"alias": name.alias, "means": name.means}
        writer.writerow([cells.get(form, "") for form in forms])
    _replace_text(path, before + rows.getvalue())
    return path


def _replace_text(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    unfinished.replace(path)
