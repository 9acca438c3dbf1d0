"""What would turn a conclusion round: changes that were really tried."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cop_expert import pipeline
from cop_expert.cli import main
from cop_expert.explain.changing import Search, Ways, Wish
from cop_expert.explain.why import Explainer
from cop_expert.explain.words import Speaker
from cop_expert.load.changes import Changes
from cop_expert.model.template import Value

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"


def explainer(run: pipeline.Run) -> Explainer:
    return Explainer(run.facts, run.rulebook, Speaker(run.facts))


@pytest.fixture(scope="module")
def hotel() -> Explainer:
    return explainer(pipeline.infer(pipeline.read(HOTEL), "duckdb", "unkept"))


def ways(hotel: Explainer, holds: bool, template: str, **values: Value) -> Ways:
    """The ways; each is run once more, to see that it does what it says."""
    tried: list[Changes] = []

    def suppose(changes: Changes) -> Explainer:
        tried.append(changes)
        return explainer(pipeline.suppose(HOTEL, changes))

    found = Search(hotel, suppose).ways(Wish(template, tuple(values.items()), holds))
    assert found.tried == len(tried)
    return found


def said(found: Ways) -> list[str]:
    return [
        given.after.replace("\xa0", " ") or f"without: {given.before}"
        for way in found.found
        for given in way.differences.inputs
    ]


def test_what_would_bring_an_item_to_everybody(hotel: Explainer) -> None:
    found = ways(hotel, True, "Assignment", community="Kitchen", item="Knife skills", level="core")
    assert "Chef was assessed in Knife work: 100 % is asked, 80 % is there" in said(found)
    costs = [way.cost for way in found.found]
    assert costs == sorted(costs)
    for way in found.found:
        changed = {d.template: (d.before, d.after) for d in way.differences.conclusions}
        assert changed["Assignment"] == (
            "Knife skills goes to Kitchen as specialist",
            "Knife skills goes to Kitchen as core",
        )


def test_what_would_undo_an_assignment(hotel: Explainer) -> None:
    found = ways(hotel, False, "Assignment", community="Kitchen", item="Knife skills")
    assert found.found
    for way in found.found:
        gone = {d.before for d in way.differences.conclusions if not d.after}
        assert "Knife skills goes to Kitchen as specialist" in gone


def test_what_would_make_a_community(hotel: Explainer) -> None:
    found = ways(hotel, True, "Cut", community="Cold station")
    assert "split Kitchen" in said(found)


def test_the_answer_fits_on_a_screen() -> None:
    answer = CliRunner().invoke(
        main, ["what-would-change", str(HOTEL), "Knife skills", "Kitchen", "--to", "core"]
    )
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("Knife skills is not assigned to Kitchen as core. ")
    assert len(answer.stdout.splitlines()) <= 24
