"""What is sound passes the checks, and what an engagement sets and replaces is in force."""

import pytest
from msgspec.structs import replace

from cop_expert.check import check_rulebook
from cop_expert.check.strata import mentions
from cop_expert.load.vocabulary import read_vocabulary
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import CheckedRulebook, Rulebook
from cop_expert.model.template import Value
from cop_expert.parse.rules import parse_rules
from cop_expert.pipeline import rulebook_in_force, standard_rulebook

VOCABULARY = read_vocabulary()

REASONS = 'because "so"\n  basis "A principle."\n'


def checked(
    text: str, settings: dict[str, Value] | None = None, standard: Rulebook | None = None
) -> tuple[CheckedRulebook, list[Diagnostic]]:
    """The standard rulebook with the rules of a text, and everything that is said of them."""
    own, problems = parse_rules(text, "rules/own.rules")
    rulebook, found = check_rulebook(
        standard or standard_rulebook(),
        own,
        settings or {},
        lambda name: Origin("engagement.toml", 2),
        VOCABULARY,
    )
    return rulebook, [*problems, *found]


def test_the_standard_rulebook_has_no_mistake() -> None:
    rulebook = rulebook_in_force(None).rulebook
    assert len(rulebook.rules) > 150


SOUND = [
    # bounds that leave a value
    "Item(item, hours), hours >= 1, hours <= 1",
    "Item(item, hours), hours > 1, hours < 2, hours != 1.5",
    "Item(item, hours), hours != 1, hours != 2",
    "Item(item, hours), hours > 0, 1 >= hours",
    'Item(item), Decision(kind, subject: item), kind != "split", kind >= "exclude"',
    "Item(item, hours), TypicalHours(hours: typical), hours <= typical, typical <= hours",
    "Relevance(post, item, relevance), relevance >= 1",
    # a parameter may have another value tomorrow
    "Item(item, hours), hours > largest, largest < 0",
    "Item(item, hours), relevant > 1",
    # absences that other conditions leave room for
    "Item(item, hours), not Item(item, hours: 3)",
    "Item(item), not Item(item, mandatory)",
    "Item(item), not Prerequisite(item, requires: item)",
    "Item(item), Requires(item: other, requires: item), not Requires(item, requires: other)",
    # recursion that only passes values on
    "Requires(item: middle, requires: item), Idle(item: middle)",
    # a name of one's own that an aggregate asks for, or a comparison
    "Item(item, hours: long), long > 3",
    # names that are reckoned in any order
    "twice = long * 2, long = hours + 1, Item(item, hours), twice > 3",
    # literals on the edge of what can stand there
    "Item(item, hours: 0), Use(role, practice, importance: 1), Coverage(item, practice)",
]


@pytest.mark.parametrize("conditions", SOUND)
def test_sound_conditions(conditions: str) -> None:
    _, problems = checked(f"rule own if {conditions} then Idle(item) {REASONS}")
    assert not problems, "\n".join(map(str, problems))


def test_an_aggregate_may_ask_for_a_name_that_nothing_else_uses() -> None:
    text = "if Contact(role, counterpart: any, strength) then Staffed(role, community: role)"
    aggregate = (
        "if Link(role, counterpart: any, giver, strength), Unit(unit)"
        " then UnitBurden(unit, burden: sum(strength))"
    )
    _, alone = checked(f"rule own {text} {REASONS}")
    _, asked = checked(f"rule own {aggregate} {REASONS}")
    assert "used-once" in {problem.code for problem in alone}
    assert not asked


def test_a_rule_that_waits_for_what_nothing_concludes_never_fires() -> None:
    standard = standard_rulebook()
    rules = tuple(rule for rule in standard.rules if rule.heads[0].template != "Learns")
    _, problems = checked("", standard=replace(standard, rules=rules))
    waiting = {d.message for d in problems if d.code == "never-fires"}
    assert "`gap-of-a-post` can never fire: no rule concludes `Learns`" in waiting


# What an engagement sets and replaces


SET = 'set relevant = 0.3 "asked by the client in May"\n'


@pytest.mark.parametrize(
    ("text", "settings", "value", "warnings"),
    [
        ("# nothing\n", {}, UNIT // 4, []),
        (SET, {}, 3 * UNIT // 10, []),
        ("# nothing\n", {"relevant": UNIT}, UNIT, []),
        (SET, {"relevant": UNIT}, UNIT, ["set-twice"]),
    ],
    ids=["left alone", "set in a rule file", "set in engagement.toml", "set in both"],
)
def test_value_in_force(
    text: str, settings: dict[str, Value], value: int, warnings: list[str]
) -> None:
    rulebook, problems = checked(text, settings)
    assert rulebook.parameters["relevant"].value == value
    assert [problem.code for problem in problems] == warnings
    assert all(problem.warning for problem in problems)


def test_what_is_set_is_told_with_its_reason() -> None:
    rulebook, _ = checked(SET, {"largest": 100 * UNIT})
    told = {found.name: (found.reason, found.origin.source) for found in rulebook.settings}
    assert told == {
        "relevant": ("asked by the client in May", "rules/own.rules"),
        "largest": ("", "engagement.toml"),
    }


def test_a_parameter_without_default_can_be_set() -> None:
    declared = 'parameter fee: Hours "hours a year that each community owes"\n'
    rulebook, problems = checked(declared + 'set fee = 3 "so it was agreed"\n')
    assert rulebook.parameters["fee"].value == 3 * UNIT
    assert not problems


def test_a_rule_takes_the_place_of_a_standard_one() -> None:
    text = f"replace rule item-idle if Item(item, hours: 0) then Idle(item) {REASONS}"
    rulebook, problems = checked(text)
    assert not problems
    assert rulebook.replaced == ("item-idle",)
    assert list(rulebook.rules) == [rule.name for rule in standard_rulebook().rules]
    assert rulebook.rules["item-idle"].origin.source == "rules/own.rules"


# Order


def test_each_stratum_stands_after_all_that_it_rests_on() -> None:
    rulebook = rulebook_in_force(None).rulebook
    concluded: set[str] = set()
    inferred = {name for stratum in rulebook.strata for name in stratum.templates}
    for stratum in rulebook.strata:
        known = concluded | set(stratum.templates)
        for clause in stratum.clauses:
            assert {template for _, template in mentions(clause)} & inferred <= known
        concluded |= set(stratum.templates)
    assert concluded == inferred
