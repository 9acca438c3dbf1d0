"""ESCO's download in, a catalogue out: the portal's CSV files or those of Tabiya's edition."""

import csv
from collections.abc import Iterator
from pathlib import Path

from cop_expert.load.catalogue import Catalogue, Practice, Rating
from cop_expert.load.csv_file import UnreadableFile
from cop_expert.model.arithmetic import UNIT

WEIGHTS = {"essential": UNIT, "optional": UNIT // 2}
FILES = {
    "occupations": ("occupations_*.csv", "occupations.csv"),
    "skills": ("skills_*.csv", "skills.csv"),
    "relations": ("occupationSkillRelations_*.csv", "occupation_to_skill_relations.csv"),
    "broader": ("broaderRelationsSkillPillar_*.csv", "skill_hierarchy.csv"),
}
COLUMNS = {
    "uri": ("conceptUri", "ID"),
    "label": ("preferredLabel", "PREFERREDLABEL"),
    "code": ("code", "CODE"),
    "occupation": ("occupationUri", "OCCUPATIONID"),
    "skill": ("skillUri", "SKILLID"),
    "relation": ("relationType", "RELATIONTYPE"),
    "child": ("conceptUri", "CHILDID"),
    "parent": ("broaderUri", "PARENTID"),
    "origin": ("conceptUri", "ORIGINURI"),
}
"""What the two editions call the same column."""


def open_esco(path: Path) -> Catalogue | None:
    """The folder of the files; None where they are not there."""
    folder = path if path.is_dir() else path.parent
    files = {name: _file(folder, patterns) for name, patterns in FILES.items()}
    if not (files["occupations"] and files["skills"] and files["relations"]):
        return None
    found = {name: file for name, file in files.items() if file}
    rows = {_one(r, "uri"): r for r in _rows(found["occupations"])}
    codes = {_one(row, "code") or uri: uri for uri, row in rows.items()}
    titles = {code: _one(rows[uri], "label") for code, uri in codes.items()}
    return Catalogue("ESCO", titles, lambda wanted: _profiles(found, codes, wanted))


def _file(folder: Path, patterns: tuple[str, ...]) -> Path | None:
    return next((f for pattern in patterns for f in sorted(folder.glob(pattern))), None)


def _profiles(
    files: dict[str, Path], codes: dict[str, str], wanted: set[str]
) -> tuple[list[Practice], list[Rating]]:
    by_uri = {codes[code]: code for code in wanted}
    skills = {_one(row, "uri"): row for row in _rows(files["skills"])}
    weights: dict[tuple[str, str], int] = {}
    for row in _rows(files["relations"]):
        code, skill = by_uri.get(_one(row, "occupation")), _one(row, "skill")
        weight = WEIGHTS.get(_one(row, "relation"), 0)
        if code and skill in skills and weight:
            key = code, _one(skills[skill], "label")
            weights[key] = max(weight, weights.get(key, 0))
    broader: dict[str, str] = {}
    for row in _rows(files["broader"]) if "broader" in files else ():
        broader.setdefault(_one(row, "child"), _one(row, "parent"))
    labels = {uri: _one(row, "label") for uri, row in skills.items()}
    practices = [
        Practice(labels[uri], _one(row, "origin"), labels.get(broader.get(uri, ""), ""))
        for uri, row in skills.items()
    ]
    return practices, [Rating(code, name, weight) for (code, name), weight in weights.items()]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"{path.name} cannot be read") from error


def _one(row: dict[str, str], column: str) -> str:
    """The cell under whichever of its names the edition has."""
    return next((cell for name in COLUMNS[column] if (cell := row.get(name))), "")
