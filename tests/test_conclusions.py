"""The standard rulebook against what is known to be right, on both engines."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import oracle
import pytest
from msgspec.structs import replace
from random_engagement import write_engagement

from cop_expert import pipeline
from cop_expert.model.template import Vocabulary
from cop_expert.report.conclusions import conclusions

ENGINES = ("duckdb", "experta")
EXAMPLES = sorted((Path(__file__).parent.parent / "kb" / "examples").iterdir())
SEEDS = int(os.environ.get("COP_SEEDS", "25"))
DATA = Path(os.environ.get("COP_DATA", Path(__file__).parents[2] / "shared" / "data"))


def concluded(folder: Path, engine: str) -> dict[str, Any]:
    knowledge = pipeline.read(folder)
    run = pipeline.infer(knowledge, engine, "unkept")
    return conclusions(run.facts)


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two objects differ; numbers may differ by a hundred thousandth."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [d for key in one for d in differences(one[key], other[key], f"{path}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{path}[{i}]")]
    if isinstance(one, float | int) and isinstance(other, float | int):
        return [] if abs(one - other) <= 1e-5 else [f"{path}: {one} and {other}"]
    return [] if one == other else [f"{path}: {one} and {other}"]


@pytest.mark.parametrize("engine", ENGINES)
def test_grand_hotel_as_expected(engine: str) -> None:
    folder = next(path for path in EXAMPLES if path.name == "grand-hotel")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    found = concluded(folder, engine)
    assert list(found) == list(expected)
    assert differences(found, expected) == []


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_examples_as_the_second_reading_has_them(folder: Path) -> None:
    assert differences(concluded(folder, "duckdb"), oracle.conclude(folder)) == []


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_engines_agree_fact_by_fact(folder: Path) -> None:
    bases = [pipeline.infer(pipeline.read(folder), engine, "unkept").facts for engine in ENGINES]
    for template in bases[0].vocabulary.templates:
        assert bases[0].rows(template) == bases[1].rows(template), template


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_engagements_as_the_second_reading_has_them(seed: int, tmp_path: Path) -> None:
    write_engagement(tmp_path, seed)
    assert differences(concluded(tmp_path, ENGINES[seed % 2]), oracle.conclude(tmp_path)) == []


def none_on_demand(words: Vocabulary) -> Vocabulary:
    stored = {name: replace(kind, on_demand=False) for name, kind in words.templates.items()}
    return replace(words, templates=stored)


@pytest.mark.parametrize("seed", range(SEEDS // 3))
def test_what_is_looked_up_on_demand_is_what_would_be_stored(seed: int, tmp_path: Path) -> None:
    write_engagement(tmp_path, seed)
    looked_up, stored = (pipeline.read(tmp_path) for _ in range(2))
    stored.facts.vocabulary = none_on_demand(stored.facts.vocabulary)
    for knowledge in (looked_up, stored):
        pipeline.infer(knowledge, "duckdb", "unkept")
    views = looked_up.facts.query("SELECT view_name FROM duckdb_views() WHERE NOT internal")
    assert len(views) > 5 and not stored.facts.vocabulary.on_demand()
    for template in looked_up.facts.vocabulary.templates:
        assert looked_up.facts.rows(template) == stored.facts.rows(template), template


@pytest.fixture(scope="module")
def ddat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The UK government's digital profession: four heads a post, a four-hour item on each skill."""
    source = DATA / "ddat"
    if not source.is_dir():
        pytest.skip(f"the real data is not at {source}; COP_DATA says where it is")
    folder = tmp_path_factory.mktemp("ddat")
    (folder / "tables").mkdir()
    (folder / "engagement.toml").write_text("[parameters]\nlargest = 100000\n", encoding="utf-8")

    def table(name: str, headings: list[str], rows: list[list[str]]) -> None:
        with (folder / "tables" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *rows])

    def source_rows(name: str) -> list[dict[str, str]]:
        with (source / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    skills = source_rows("practices")
    table(
        "units",
        ["id", "unit", "part of"],
        [[row["id"], row["name"], row["parent"]] for row in source_rows("units")],
    )
    table(
        "roles",
        ["id", "role", "unit", "headcount"],
        [[row["id"], row["name"], row["unit"], "4"] for row in source_rows("roles")],
    )
    table("practices", ["id", "practice"], [[row["id"], row["name"]] for row in skills])
    table(
        "role_practices",
        ["role", "practice", "importance"],
        [
            [row["role"], row["practice"], row["importance"]]
            for row in source_rows("role_practices")
        ],
    )
    table("items", ["item", "hours"], [[f"Course on {row['id']}", "4"] for row in skills])
    table(
        "item_practices",
        ["item", "practice"],
        [[f"Course on {row['id']}", row["id"]] for row in skills],
    )
    return folder


def test_ddat_finds_the_eight_role_families_and_their_crossing_skills(ddat: Path) -> None:
    found = concluded(ddat, "duckdb")
    low, high = found["plateau"]
    assert (round(low), round(high)) == (3394, 72487)
    with (DATA / "ddat" / "units.csv").open(encoding="utf-8", newline="") as file:
        families = {row["id"] for row in csv.DictReader(file) if row["kind"] == "role-family"}
    assert set(found["communities"]) == families
    with (DATA / "ddat" / "truth_crossings.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["topic"] for row in csv.DictReader(file)}
    crossing = {crossing["item"].removeprefix("Course on ") for crossing in found["crossings"]}
    assert crossing <= truth
    assert (len(crossing), len(truth)) == (29, 30)
