"""The command line as a consultant uses it."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cop_expert.cli import main

EXAMPLES = Path(__file__).parent.parent / "kb" / "examples"


@pytest.fixture
def hotel(tmp_path: Path) -> Path:
    return shutil.copytree(
        EXAMPLES / "grand-hotel", tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop")
    )


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_both_engines_print_the_same_bytes(hotel: Path) -> None:
    first, second = (run("show", hotel, "--json", "--engine", e) for e in ("experta", "duckdb"))
    assert first.exit_code == second.exit_code == 0
    assert first.stdout_bytes == second.stdout_bytes
    expected = json.loads((hotel / "expected.json").read_text(encoding="utf-8"))
    assert list(json.loads(first.stdout)) == list(expected)


def test_a_new_engagement_checks_clean(tmp_path: Path) -> None:
    made = run("new", tmp_path / "bakery", "--name", "Corner Bread")
    assert made.exit_code == 0
    checked = run("check", tmp_path / "bakery")
    assert checked.exit_code == 0
    assert "error" not in checked.stderr
    assert "warning" not in checked.stderr


def test_new_never_writes_over_anything(hotel: Path) -> None:
    before = sorted(hotel.rglob("*"))
    assert run("new", hotel).exit_code == 1
    assert sorted(hotel.rglob("*")) == before


def test_ten_mistakes_get_ten_located_messages(tmp_path: Path) -> None:
    case = Path(__file__).parent / "errors" / "tables" / "ten-mistakes"
    broken = shutil.copytree(case, tmp_path / "broken")
    checked = run("check", broken)
    assert checked.exit_code == 1
    assert checked.stderr.count("error[") >= 10
    assert "Traceback" not in checked.output
    assert not (broken / ".cop").exists()


def test_settings_that_cannot_be_read_are_all_that_is_told(tmp_path: Path) -> None:
    """Without the scales most cells of the tables would look out of range."""
    folder = tmp_path / "northwater"
    shutil.copytree(EXAMPLES / "northwater", folder)
    settings = folder / "engagement.toml"
    settings.write_text(f"{settings.read_text()}\n[scales]\n")
    done = run("check", folder)
    assert done.exit_code == 1
    assert "engagement.toml:" in done.stderr
    assert "stands there twice: delete one of the two" in done.stderr
    assert "1 problem found" in done.stderr


def test_problems_as_json(tmp_path: Path) -> None:
    case = Path(__file__).parent / "errors" / "tables" / "ten-mistakes"
    checked = run("check", shutil.copytree(case, tmp_path / "broken"), "--json")
    assert checked.exit_code == 1
    assert {"code", "message", "origin"} <= json.loads(checked.stdout)[0].keys()


def test_why(hotel: Path) -> None:
    answer = run("why", hotel, "Allergens from kitchen to table", "Kitchen").stdout
    first = answer.splitlines()[0].replace("\xa0", " ")
    assert first.startswith("Allergens from kitchen to table goes to Kitchen as core: 58.3 %")
    assert "Chef: 2 people (28.6 %), without which it would not hold" in answer.replace("\xa0", " ")
    assert "8.3 percentage points to spare" in answer
    assert len(answer.splitlines()) < 20, "fits on a screen"
    whole = run("why", hotel, "Allergens from kitchen to table", "Kitchen", "--full").stdout
    assert "needs.csv, line 7" in whole


def test_why_as_json_names_template_and_values(hotel: Path) -> None:
    proof = json.loads(run("why", hotel, "Knife skills", "Kitchen", "--json").stdout)["proof"]
    assert proof["template"] == "Assignment"
    assert proof["values"]["level"] == "specialist"


def test_depth_ends_the_explanation_early(hotel: Path) -> None:
    short, long = (
        run("why", hotel, "Knife skills", "Kitchen", "--depth", depth).stdout.count("\n")
        for depth in ("2", "9")
    )
    assert short < long


def test_an_unknown_name_gets_a_suggestion(hotel: Path) -> None:
    answer = run("why", hotel, "Knife skils", "Kitchen")
    assert answer.exit_code == 1
    assert "did you mean 'Knife skills'" in answer.stderr


def test_a_changed_cell_changes_the_answer(hotel: Path) -> None:
    before = run("show", hotel, "--json").stdout
    roles = hotel / "tables" / "roles.csv"
    text = roles.read_text(encoding="utf-8").replace(
        "Server,Dining room,8", "Server,Dining room,80"
    )
    roles.write_text(text, encoding="utf-8")
    assert run("show", hotel, "--json").stdout != before


def test_a_damaged_memory_only_costs_a_new_run(hotel: Path) -> None:
    before = run("show", hotel, "--json").stdout
    (kept,) = (hotel / ".cop").glob("*.duckdb")
    kept.write_bytes(b"not a database")
    assert run("show", hotel, "--json").stdout == before


def test_merging_in_a_circle_is_a_contradiction(hotel: Path) -> None:
    (hotel / "tables" / "decisions.csv").write_text(
        "decision,subject,object,reason,by,on\n"
        "merge,Kitchen,Front of house,One team,The director,2026-03-01\n"
        "merge,Front of house,Kitchen,One team,The director,2026-03-02\n",
        encoding="utf-8",
    )
    checked = run("check", hotel)
    assert checked.exit_code == 1
    assert "tables/decisions.csv:2" in checked.stderr
    assert "error[contradiction]" in checked.stderr


def test_a_decision_is_obeyed_and_explained(hotel: Path) -> None:
    (hotel / "tables" / "decisions.csv").write_text(
        "decision,subject,object,reason,by,on\n"
        "split,Kitchen,,The stations hardly meet,The chef,2026-03-01\n",
        encoding="utf-8",
    )
    communities = json.loads(run("show", hotel, "--json").stdout)["communities"]
    assert "Hot station" in communities
    answer = run("why", hotel, "Hot station").stdout
    assert 'The chef decided on 2026-03-01 to split it: "The stations hardly meet"' in answer
    assert "decisions.csv, line 2" in answer


def test_rules_of_ones_own(hotel: Path) -> None:
    (hotel / "rules").mkdir()
    rules = hotel / "rules" / "own.rules"
    rules.write_text(
        "replace rule community-too-small\n"
        "  if   Community(community, heads)\n"
        "       heads < 13\n"
        "  then TooSmall(community, heads)\n"
        '  because "it has {heads}, and this house wants thirteen"\n'
        '  basis "House rule."\n',
        encoding="utf-8",
    )
    in_force = " ".join(run("rules", hotel).stdout.split())
    assert "(in place of the standard rule): It has ‹heads›, and this house wants" in in_force
    rules.write_text(rules.read_text(encoding="utf-8").replace("heads < 13", "head < 13"))
    broken = run("check", hotel)
    assert broken.exit_code == 1
    assert "rules/own.rules:3:8: error[unbound-variable]" in broken.stderr


@pytest.mark.parametrize("topic", ["communities", "assignments", "crossings", "flow", "gaps"])
def test_show_by_topic(hotel: Path, topic: str) -> None:
    shown = run("show", hotel, topic)
    assert shown.exit_code == 0
    assert "Kitchen" in shown.stdout


def test_infer_writes_its_conclusions(hotel: Path, tmp_path: Path) -> None:
    assert run("infer", hotel, "--out", tmp_path / "out").exit_code == 0
    assert "Kitchen" in (tmp_path / "out" / "Community.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["md", "html"])
def test_report(hotel: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"strategy.{form}"
    assert run("report", hotel, "--format", form, "-o", target).exit_code == 0
    assert "Front of house" in target.read_text(encoding="utf-8")


def test_a_document_may_go_where_no_folder_is_yet(hotel: Path, tmp_path: Path) -> None:
    place = tmp_path / "for" / "the leader" / "strategy.md"
    assert run("report", hotel, "--output", place).exit_code == 0
    assert [found.name for found in place.parent.iterdir()] == ["strategy.md"]


def test_a_dash_is_standard_output(
    hotel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (("report", hotel), ("export", hotel, "--to", "turtle")):
        assert run(*command, "-o", "-").stdout == run(*command).stdout != ""
    assert not Path("-").exists()


def test_wrong_usage_is_exit_code_2(hotel: Path) -> None:
    assert run("show", hotel, "nonsense").exit_code == 2
    assert run("check", hotel / "nowhere").exit_code == 2


def test_a_command_that_there_is_not_is_wrong_usage() -> None:
    answer = run("whynot", "hotel")
    assert answer.exit_code == 2
    assert "No such command 'whynot'" in answer.stderr


def test_a_copied_folder_gives_the_same(hotel: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(hotel, tmp_path / "elsewhere")
    assert run("show", hotel, "--json").stdout == run("show", elsewhere, "--json").stdout
