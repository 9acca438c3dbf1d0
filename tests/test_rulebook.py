"""The rulebook as it is printed: what is set and replaced, and which templates feed which."""

import json
import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from cop_expert.cli import main

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"

OWN = """\
set relevant = 0.3 "asked by the client in May"

replace rule community-too-small
  if   Community(community, heads)
       heads < 3
  then TooSmall(community, heads)
  because "it has {heads}, and three are enough here"
  basis "House rule."
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_what_is_set_and_replaced_is_said(tmp_path: Path) -> None:
    hotel = shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))
    (hotel / "rules").mkdir()
    (hotel / "rules" / "own.rules").write_text(OWN, encoding="utf-8")
    rules = " ".join(run("rules", hotel).stdout.split())
    wants = "the relevance from which a post wants an item"
    assert (
        f"relevant = 0.3: {wants} (set in own.rules, line 1: asked by the client in May)" in rules
    )
    assert "Community too small (in place of the standard rule): It has ‹heads›, and" in rules
    report = run("report", hotel).stdout
    assert "\n\nIn place of standard rules: community-too-small.\n\n" in report
    assert (
        f"\n\nSet for this engagement: {wants} (30\u00a0%: asked by the client in May).\n\n"
        in report
    )


def test_rules_of_one_template() -> None:
    asked = run("rules", "--of", "heads of a post").stdout
    assert asked.startswith("Heads of a post: Heads(post, heads)\n")
    assert asked.count("  - ") == 3 and "Parameters" not in asked


def test_rules_of_no_template() -> None:
    result = run("rules", "--of", "Assignmnt")
    assert result.exit_code == 1
    assert result.stderr == "Error: no template is called 'Assignmnt'; did you mean 'Assignment'?\n"


def test_what_feeds_a_template() -> None:
    assert (
        run("rules", "--graph", "--of", "item without coverage").stdout
        == """\
Item without coverage: WithoutCoverage(item)
  An item that is about no practice.

Rests in the end on the tables
  item_practices, items

Rests on
  item (Item): item-without-coverage
  no coverage (Coverage): item-without-coverage
"""
    )


def test_what_a_template_feeds() -> None:
    asked = run("rules", "--graph", "--of", "Broader").stdout
    assert "\n  broader practice (Broader): broader-practice-at-a-distance\n" in asked
    assert "\n  practice and broader ones (Upward): practice-counts-for-broader\n" in asked


def test_what_feeds_a_table() -> None:
    asked = run("rules", "--graph", "--of", "hand-off").stdout
    assert "\n  table handoffs\n" in asked
    assert "\nFeeds\n  link of roles (Link): handoff-as-given, handoff-as-taken\n" in asked


def test_graph_in_order_of_reasoning() -> None:
    lines = run("rules", "--graph").stdout.splitlines()
    given, broader = lines.index("Practice (Practice)"), lines.index("Broader practice (Broader)")
    assert given < broader < lines.index("Kin (Kin)") < lines.index("Assignment (Assignment)")
    assert lines[given + 1] == "  table     practices"
    assert lines[broader + 1] == "  rests on  practice, broader practice"
    assert lines[lines.index("Item without coverage (WithoutCoverage)") + 1] == (
        "  rests on  item, no coverage"
    )
    assert max(map(len, lines)) <= 100


def test_graph_for_machines() -> None:
    drawn = run("rules", "--dot", "--of", "WithoutCoverage").stdout
    assert drawn.startswith("digraph rulebook {\n") and drawn.endswith("}\n")
    assert '"Coverage" -> "WithoutCoverage" [style=dashed]' in drawn and "Assignment" not in drawn
    read = json.loads(run("rules", "--graph", "--of", "WithoutCoverage", "--json").stdout)
    assert [node["name"] for node in read["templates"]] == ["Coverage", "Item", "WithoutCoverage"]
    assert read["feeds"][1] == {
        "source": "Coverage",
        "target": "WithoutCoverage",
        "how": "absent",
        "rules": ["item-without-coverage"],
    }
