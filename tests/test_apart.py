"""Two rules that never conclude the same, by what their conditions say; and some that may."""

from collections.abc import Callable

import pytest
from engines import Sandbox, rule

from cop_expert.infer.apart import are_disjoint, never_clash
from cop_expert.model.rule import Clause
from cop_expert.model.template import Vocabulary

Tell = Callable[[Clause, Clause, Vocabulary], bool]

SMALL = Sandbox(
    given=[
        "Person(name*: text, boss: text?, age: number?)",
        "Likes(who*: text, what*: text, weight: number?)",
        "Word(word*: text, number: number)",
    ],
    inferred=[
        "Named(name*: text, amount: number?)",
        "Pair(one*: text, other*: text, amount: number?)",
    ],
)

APART = {
    "a value, and none": (
        "if Person(name, boss) then Named(name)",
        "if Person(name, boss: none) then Named(name)",
    ),
    "two literals": (
        'if Likes(who, what: "tea") then Pair(one: who, other: "tea")',
        'if Likes(who, what: "tea") then Pair(one: who, other: "rum")',
    ),
    "two literals of what a key tells": (
        'if Person(name, boss: "Ann") then Named(name)',
        'if Person(name, boss: "Bob") then Named(name)',
    ),
    "what is there, and what is not": (
        "if Likes(who, what) then Pair(one: who, other: what)",
        "if Person(name: one), Word(word: other), not Likes(who: one, what: other) "
        "then Pair(one, other)",
    ),
    "anything, and nothing": (
        "if Likes(who) then Named(name: who)",
        "if Person(name), not Likes(who: name) then Named(name)",
    ),
    "any value, and no value": (
        "if Likes(who, what, weight) then Pair(one: who, other: what)",
        "if Person(name), Word(word), not Likes(who: name, what: word, weight: some) "
        "then Pair(one: name, other: word)",
    ),
    "below, and not below": (
        "if Person(name, age), age < 18 then Named(name)",
        "if Person(name, age), age >= 18 then Named(name)",
    ),
    "below, and above, said the other way round": (
        "if Person(name, age), Word(word, number), age < number then Pair(one: name, other: word)",
        "if Person(name, age), Word(word, number), number <= age then Pair(one: name, other: word)",
    ),
    "the same, and not the same": (
        "if Person(name) then Pair(one: name, other: name)",
        "if Person(name), Person(name: other), name != other then Pair(one: name, other)",
    ),
    "by way of another fact's key": (
        "if Person(name, boss), Person(name: boss, age), age > 50 then Named(name)",
        "if Person(name, boss: one), Person(name: one, age: years), years <= 50 then Named(name)",
    ),
}
TOGETHER = {
    "other facts": (
        "if Likes(who, what: one, weight), weight > 1 then Named(name: who)",
        "if Likes(who, what: one, weight), weight <= 1 then Named(name: who)",
    ),
    "a denial that asks for more": (
        "if Likes(who) then Named(name: who)",
        'if Person(name), not Likes(who: name, what: "tea") then Named(name)',
    ),
    "a denial of a value where there may be none": (
        "if Likes(who, what) then Pair(one: who, other: what)",
        "if Person(name), Word(word), not Likes(who: name, what: word, weight: some) "
        "then Pair(one: name, other: word)",
    ),
    "a denial of two that are the same": (
        "if Likes(who, what), Person(name) then Named(name)",
        "if Person(name), not Likes(who: some, what: some) then Named(name)",
    ),
    "comparisons that meet": (
        "if Person(name, age), age <= 18 then Named(name)",
        "if Person(name, age), age >= 18 then Named(name)",
    ),
    "comparisons of others": (
        "if Person(name, age), Word(number), age < number then Named(name)",
        "if Person(name, age), Word(number), age >= number then Named(name)",
    ),
    "a number that is only rounded the same": (
        'if Word(number), third = number / 3, third > 1 then Pair(one: "a", other: "b", '
        "amount: third)",
        'if Word(number), third = number / 3, third <= 1 then Pair(one: "a", other: "b", '
        "amount: third)",
    ),
    "what else gives": (
        'if Person(name), Likes(who: name, what: "tea", weight) else weight = 0, weight > 1 '
        "then Named(name, amount: 1)",
        'if Person(name), Likes(who: name, what: "rum", weight) else weight = 0, weight <= 1 '
        "then Named(name, amount: 1)",
    ),
}


def clauses(texts: tuple[str, str]) -> list[Clause]:
    checked = SMALL.sound("\n".join(rule(text, f"rule-{i}") for i, text in enumerate(texts)))
    return [clause for stratum in checked.strata for clause in stratum.clauses]


# What agrees in the key

ONE = {
    "the same fact says it": (
        "if Person(name, age) then Named(name, amount: age)",
        "if Likes(who: name), Person(name, age) then Named(name, amount: age)",
    ),
    "neither says anything": (
        "if Person(name) then Named(name)",
        "if Likes(who) then Named(name: who)",
    ),
    "both say the same": (
        "if Person(name) then Named(name, amount: 1)",
        "if Likes(who) then Named(name: who, amount: 1)",
    ),
    "never the same key": (
        "if Person(name, boss) then Named(name, amount: 1)",
        "if Person(name, boss: none) then Named(name, amount: 2)",
    ),
}
PERHAPS_TWO = {
    "two literals": (
        "if Person(name) then Named(name, amount: 1)",
        "if Person(name) then Named(name, amount: 2)",
    ),
    "a value, and none": (
        "if Person(name, age) then Named(name, amount: age)",
        "if Person(name) then Named(name)",
    ),
    "other facts": (
        "if Person(name, age) then Named(name, amount: age)",
        "if Likes(who, weight) then Named(name: who, amount: weight)",
    ),
    "what is computed": (
        "if Person(name, age) then Named(name, amount: age + 1)",
        "if Person(name, age) then Named(name, amount: age + 2)",
    ),
    "a key that the fact is not found by": (
        "if Likes(who, what, weight) then Named(name: who, amount: weight)",
        'if Likes(who, what, weight), what != "tea" then Named(name: who, amount: weight)',
    ),
}


TOLD = [
    pytest.param(tell, texts, expected, id=name)
    for tell, cases, expected in (
        (are_disjoint, APART, True),
        (are_disjoint, TOGETHER, False),
        (never_clash, ONE, True),
        (never_clash, PERHAPS_TWO, False),
    )
    for name, texts in cases.items()
]


@pytest.mark.parametrize(("tell", "texts", "expected"), TOLD)
def test_two_rules(tell: Tell, texts: tuple[str, str], expected: bool) -> None:
    one, other = clauses(texts)
    assert tell(one, other, SMALL.words) is expected
    assert tell(other, one, SMALL.words) is expected
