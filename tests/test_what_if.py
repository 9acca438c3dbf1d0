"""What would be otherwise: supposed changes, and two states of one engagement."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from cop_expert import pipeline
from cop_expert.cli import main
from cop_expert.explain.deciding import decision
from cop_expert.explain.differ import Differ
from cop_expert.explain.why import Explainer
from cop_expert.explain.words import Speaker
from cop_expert.load.changes import Change, Changes, add_row, drop_row, set_cell, set_parameter
from cop_expert.model.diagnostic import KnowledgeProblem
from cop_expert.model.difference import Differences

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"


@pytest.fixture(scope="module")
def run() -> pipeline.Run:
    return pipeline.infer(pipeline.read(HOTEL), "duckdb", "unkept")


def explainer(run: pipeline.Run) -> Explainer:
    return Explainer(run.facts, run.rulebook, Speaker(run.facts))


def supposing(run: pipeline.Run, *rows: str, **parameters: str) -> Differences:
    """`set needs: …`, `add …`, `drop …`, `decide …`; parameters by name."""
    makers: dict[str, Callable[[str], Change]] = {"set": set_cell, "add": add_row, "drop": drop_row}
    made: list[Change] = []
    for text in rows:
        kind, _, rest = text.partition(" ")
        made.append(decision(rest, run.facts) if kind == "decide" else makers[kind](rest))
    settings = dict(set_parameter(f"{name}={value}") for name, value in parameters.items())
    supposed = pipeline.suppose(HOTEL, Changes(tuple(made), settings))
    return Differ(explainer(run), explainer(supposed)).differences()


def said(found: Differences, template: str) -> set[tuple[str, str]]:
    return {
        (difference.before.replace("\xa0", " "), difference.after.replace("\xa0", " "))
        for difference in found.conclusions
        if difference.template == template
    }


def test_nothing_supposed_is_nothing_otherwise(run: pipeline.Run) -> None:
    found = supposing(run)
    assert not found.inputs and not found.conclusions


def test_a_decision_supposed(run: pipeline.Run) -> None:
    found = supposing(run, "decide split Kitchen")
    communities = said(found, "Community")
    assert ("Kitchen is a community of 12 people", "") in communities
    assert ("", "Hot station is a community of 5 people") in communities
    assert said(found, "HoursAssigned") and said(found, "HoursSuperfluous")
    (given,) = found.inputs
    assert given.after == "split Kitchen"


def test_a_parameter_supposed(run: pipeline.Run) -> None:
    found = supposing(run, core_reach="0.6")
    assert (
        "Wine by the glass goes to Front of house as core",
        "Wine by the glass goes to Front of house as specialist",
    ) in said(found, "Assignment")
    (given,) = found.inputs
    assert "50" in given.before and "60" in given.after


def test_each_difference_names_what_it_comes_from(run: pipeline.Run) -> None:
    found = supposing(
        run,
        "decide assign Allergens from kitchen to table to Back office",
        "drop handoffs: Chef, Server",
    )
    assert len(found.inputs) == 2
    for difference in found.conclusions:
        causes = " ".join(cause.before + cause.after for cause in difference.causes)
        if difference.template == "Assignment":
            assert "assign Allergens" in causes and "hands work" not in causes
        if difference.template == "Broker":
            assert "hands work" in causes and "to assign" not in causes


def test_names_that_hold_linking_words(run: pipeline.Run) -> None:
    row = decision("exclude Allergens from kitchen to table from Kitchen", run.facts)
    assert dict(row.cells)["subject"] == "Allergens from kitchen to table"
    assert dict(row.cells)["object"] == "Kitchen"
    row = decision("keep whole Front of house", run.facts)
    assert (dict(row.cells)["decision"], dict(row.cells)["subject"]) == (
        "keep whole",
        "Front of house",
    )


def test_a_cell_supposed_is_read_like_one_that_stands_there(run: pipeline.Run) -> None:
    with pytest.raises(KnowledgeProblem) as problem:
        supposing(run, "set needs: Tomato chopper, Knife work, current = 7")
    assert "needs.csv" in str(problem.value.diagnostics[0])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("set needs: Tomato choper, Knife work, current = 0.5", "no row of needs.csv has"),
        ("set needs: Knife work, current = 0.5", "rows of needs.csv have"),
        ("set neds: Chef, Knife work, current = 0.5", "no table is called"),
        ("set needs: Tomato chopper, Knife work, curent = 0.5", "no column 'curent'"),
        ("drop handoffs: Chef, Bookkeeper", "no row of handoffs.csv has"),
    ],
)
def test_what_cannot_be_supposed_is_told(run: pipeline.Run, row: str, says: str) -> None:
    with pytest.raises(KnowledgeProblem) as problem:
        supposing(run, row)
    assert says in str(problem.value.diagnostics[0])


def test_nothing_is_changed_by_what_is_supposed(tmp_path: Path) -> None:
    hotel = tmp_path / "hotel"
    shutil.copytree(HOTEL, hotel, ignore=shutil.ignore_patterns(".cop"))
    before = {path: path.read_bytes() for path in hotel.rglob("*") if path.is_file()}
    answer = CliRunner().invoke(main, ["what-if", str(hotel), "--decide", "split Kitchen"])
    assert answer.exit_code == 0, answer.output
    assert "+ Hot station is a community of 5 people" in answer.stdout.replace("\xa0", " ")
    after = {path: path.read_bytes() for path in before}
    assert after == before


def test_two_states_of_an_engagement(tmp_path: Path) -> None:
    hotel = tmp_path / "hotel"
    shutil.copytree(HOTEL, hotel, ignore=shutil.ignore_patterns(".cop"))
    needs = hotel / "tables" / "needs.csv"
    text = needs.read_text(encoding="utf-8")
    needs.write_text(text.replace("Chef,,Allergen handling,1,0.75", "Chef,,Allergen handling,1,1"))
    answer = CliRunner().invoke(main, ["diff", str(HOTEL), str(hotel)])
    assert answer.exit_code == 0, answer.output
    assert "needs.csv, line" in answer.stdout
