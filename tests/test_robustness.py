"""How firm each recommendation is: trials with estimates a little off, in words."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from documents import HOTEL, copy_of, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cop_expert import pipeline
from cop_expert.cli import main
from cop_expert.load.changes import Changes, set_cell
from cop_expert.report.trials import (
    Estimates,
    Outcome,
    Range,
    Robustness,
    Trial,
    drawn,
    estimates,
    outcome,
    robustness,
)

TRIALS = 4
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""However busy the machine is."""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(HOTEL, tmp_path_factory.mktemp("firm") / "hotel")


@pytest.fixture(scope="module")
def found(hotel: Path) -> Robustness:
    return pipeline.robustness(hotel, TRIALS, 1)


# What may be off

THRESHOLDS = {"core_reach": Range(500, 450, 550), "relevant": Range(250, 225, 275)}
KEYS = [("Chef", None, "Knife work"), ("Server", "Bar", "Wine")]
FOUND = Estimates(THRESHOLDS, {key: Range(50, 25, 75) for key in KEYS}, 25)


@patient
@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_chance_moves_nothing_beyond_its_range(seed: int, trial: int) -> None:
    moved = drawn(FOUND, seed, trial)
    assert moved == drawn(FOUND, seed, trial), "the same chance each time"
    for name, value in moved.parameters.items():
        assert value in (FOUND.parameters[name].low, FOUND.parameters[name].high)
    for key, value in moved.assessments.items():
        assert value in (FOUND.assessments[key].low, FOUND.assessments[key].high)


@patient
@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_one_more_assessment_moves_no_other(seed: int, trial: int) -> None:
    fewer = Estimates(FOUND.parameters, {KEYS[0]: FOUND.assessments[KEYS[0]]}, FOUND.step)
    more, less = drawn(FOUND, seed, trial), drawn(fewer, seed, trial)
    assert more.parameters == less.parameters
    assert more.assessments.get(KEYS[0]) == less.assessments.get(KEYS[0])


def test_about_half_of_all_is_moved() -> None:
    moved = sum("relevant" in drawn(FOUND, 1, trial).parameters for trial in range(1000))
    assert 430 < moved < 570


def test_a_step_and_a_tenth(hotel: Path) -> None:
    knowledge = pipeline.read(hotel)
    parameters = knowledge.rulebook.parameters
    may_be_off = estimates(knowledge.facts, parameters, set(parameters))
    assert may_be_off.step == 250_000, "the hotel assesses in quarters"
    assert len(may_be_off.assessments) == 11
    assert may_be_off.parameters["core_reach"] == Range(500_000, 450_000, 550_000)
    assert may_be_off.parameters["largest"] == Range(150_000_000, 135_000_000, 165_000_000)
    assert may_be_off.parameters["unassessed"].high == 1_000_000, "no gap is more than whole"
    assert "running" not in may_be_off.parameters, "it is left to the plateau"


# How firm it is


def toy(trial: Trial) -> Outcome:
    """Knives are for all of the kitchen while Chef is not found better, and the kitchen stands
    while the threshold is not higher."""
    low = trial.assessments.get(KEYS[0]) != FOUND.assessments[KEYS[0]].high
    is_high = trial.parameters.get("core_reach") == THRESHOLDS["core_reach"].high
    communities = {"All" if is_high else "Kitchen": frozenset({"Chef", "Cook"})}
    return Outcome(communities, {("Kitchen", "Knives"): "core" if low else "specialist"})


def test_what_changes_is_counted_and_its_cause_found() -> None:
    firm = robustness(toy(Trial({}, {})), FOUND, 40, 1, toy)
    trials = [drawn(FOUND, 1, trial) for trial in range(1, 41)]
    outcomes = [toy(trial) for trial in trials]
    standing = [one for one in outcomes if "Kitchen" in one.communities]
    (knives,) = firm.assignments
    assert 0 < len(standing) < 40 and knives.of == len(standing) == firm.whole
    assert knives.runs == sum(o.assignments["Kitchen", "Knives"] == "core" for o in standing)
    assert sum(knives.levels.values()) == knives.of
    alone = {
        (s.parameter, s.assessment, s.way): (s.gone, s.new, s.assignments) for s in firm.singles
    }
    assert alone["core_reach", (), 1] == (("Kitchen",), ("All",), ())
    turned = ("Kitchen", "Knives", "core", "specialist")
    assert alone["", KEYS[0], 1] == ((), (), (turned,))
    assert alone["", (), 1] == ((), (), (turned,))
    assert alone["relevant", (), 1] == ((), (), ())


def test_a_community_of_other_people_is_another_whatever_its_name_and_size() -> None:
    def swapped(trial: Trial) -> Outcome:
        posts = {"Chef", "Server" if "core_reach" in trial.parameters else "Cook"}
        return Outcome({"Kitchen": frozenset(posts)}, {("Kitchen", "Knives"): "core"})

    firm = robustness(swapped(Trial({}, {})), FOUND, 40, 1, swapped)
    as_it_is = sum("core_reach" not in drawn(FOUND, 1, t).parameters for t in range(1, 41))
    assert 0 < as_it_is < 40
    assert [(cut.runs, cut.is_ours) for cut in firm.cuts] == [
        (as_it_is, True),
        (40 - as_it_is, False),
    ]
    assert firm.whole == firm.assignments[0].of == as_it_is


def test_a_trial_concludes_what_a_changed_engagement_does(hotel: Path, found: Robustness) -> None:
    one = next(s for s in found.singles if s.parameter == "relevant" and s.way == 1)
    then = pipeline.suppose(hotel, Changes(parameters={"relevant": one.value}))
    ours, supposed = outcome(pipeline.conclude(hotel).facts), outcome(then.facts)
    changed = {
        (*pair, ours.assignments.get(pair, ""), supposed.assignments.get(pair, ""))
        for pair in ours.assignments | supposed.assignments
        if ours.assignments.get(pair) != supposed.assignments.get(pair)
    }
    assert set(one.assignments) == changed != set()


def test_better_assessments_conclude_what_changed_sheets_do(hotel: Path, found: Robustness) -> None:
    better = next(s for s in found.singles if not s.parameter and not s.assessment and s.way == 1)
    rows = pipeline.conclude(hotel).facts.located("Need")
    cells = [
        set_cell(f"needs: {role}, {practice}, current = {min(1, int(current or 0) / 1e6 + 0.25)}")
        for (role, _, practice, _, current), *_ in rows
    ]
    then = outcome(pipeline.suppose(hotel, Changes(tuple(cells))).facts)
    ours = outcome(pipeline.conclude(hotel).facts)
    assert then.communities == ours.communities
    for community, item, before, after in better.assignments:
        assert ours.assignments.get((community, item), "") == before
        assert then.assignments.get((community, item), "") == after
    assert len(better.assignments) == sum(
        ours.assignments.get(pair) != then.assignments.get(pair)
        for pair in ours.assignments | then.assignments
    )


def test_what_was_tried_is_kept_and_tried_anew_when_something_changes(tmp_path: Path) -> None:
    small = copy_of(HOTEL, tmp_path / "small")
    first = run("robustness", small, "--trials", "1", "--json")
    kept = list((small / ".cop").glob("*.robustness-1-1.json"))
    assert len(kept) == 1
    told = json.loads(kept[0].read_bytes().partition(b"\n")[2])
    kept[0].write_bytes(
        kept[0].read_bytes().partition(b"\n")[0]
        + b"\n"
        + json.dumps({**told, "whole": 77}).encode()
    )
    assert json.loads(run("robustness", small, "--trials", "1", "--json").stdout)["whole"] == 77
    kept[0].write_text("damaged", encoding="utf-8")
    assert run("robustness", small, "--trials", "1", "--json").stdout == first.stdout
    text = (small / "engagement.toml").read_text(encoding="utf-8")
    write(small, "engagement.toml", text.replace("# running = 120", "core_reach = 0.6"))
    run("show", small)
    assert not kept[0].exists(), "what no longer holds is dropped"


# In words


def test_the_terminal_says_what_is_firm_and_what_would_change_it(
    hotel: Path, found: Robustness
) -> None:
    said = run("robustness", hotel, "--trials", str(TRIALS)).stdout
    words = " ".join(said.split())
    assert "The cut is firm: all three communities stand, with the same people, in all 4" in words
    assert re.search(r"Of 13 assignments, \w+ are firm, at the same level in every trial", words)
    doubtful = [one.item for one in found.assignments if one.level and not one.is_firm]
    assert doubtful and all(item.split()[0] in said for item in doubtful)


def test_the_document_says_it_too(hotel: Path, found: Robustness) -> None:
    report = run("report", hotel, "--robustness", str(TRIALS)).stdout
    assert report == run("report", hotel, "--robustness", str(TRIALS)).stdout
    assert "It stands in all 4 trials with estimates a little off." in report.partition("## Why")[2]
    section = report.partition("\n## How firm this is\n")[2].partition("\n## ")[0]
    assert "The cut is firm" in section and "| This alone would change it |" in section
    annex = report.partition("\n## What hangs on which estimate\n")[2].partition("\n## ")[0]
    telling = [one for one in found.singles if one.gone or one.new or one.assignments]
    assert annex.count("\n| ") == len(telling) + 2
    assert "changes nothing alone: the cohesion from which a unit is not cut" in annex
    leader = run("report", hotel, "--robustness", str(TRIALS), "--audience", "leader").stdout
    assert "## How firm this is" in leader and "## What hangs on" not in leader
    assert "How firm this is" not in run("report", hotel).stdout
