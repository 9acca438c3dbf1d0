"""Each folder in errors/rules holds a mistake in a rule file and exactly what is said of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from cop_expert.check import check_rulebook
from cop_expert.load.vocabulary import read_vocabulary
from cop_expert.model.diagnostic import in_order
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Rulebook
from cop_expert.parse.files import read_rules
from cop_expert.pipeline import rulebook_in_force, standard_rulebook

CASES = sorted((Path(__file__).parent / "errors" / "rules").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_mistake(case: Path, golden: Callable[[Path, str], None]) -> None:
    own, problems = read_rules([(case / "mistake.rules", "rules/mistake.rules")])
    standard = standard_rulebook()
    _, found = check_rulebook(standard, own, {}, lambda name: Origin(name), read_vocabulary())
    said = "\n\n".join(map(str, in_order([*problems, *found])))
    assert f"[{case.name}]" in said
    golden(case / "expected.txt", said + "\n")


def test_a_rule_that_waits_for_what_nothing_concludes_never_fires() -> None:
    vocabulary = read_vocabulary()
    standard = standard_rulebook()
    rules = tuple(rule for rule in standard.rules if rule.heads[0].template != "Holds")
    short = replace(standard, rules=rules)
    _, found = check_rulebook(short, Rulebook(), {}, lambda name: Origin(name), vocabulary)
    waiting = {d.message for d in found if d.code == "never-fires"}
    assert "`teacher-of-an-item` can never fire: no rule concludes `Holds`" in waiting


def test_the_standard_rulebook_has_no_mistake() -> None:
    rulebook, _ = rulebook_in_force(None)
    assert len(rulebook.rules) > 150
