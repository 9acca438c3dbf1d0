"""Two engines, one meaning: every feature of the rule language against a table, then at random."""

from decimal import Decimal

import pytest
from engines import ALL, ENGINES, Sandbox, rule
from facts_as_text import Tables

from cop_expert.infer.engine import bring_to_fixed_point

SMALL = Sandbox(
    given=[
        "Person(name*: text, boss: text?, age: number?, active: truth?)",
        "Likes(who*: text, what*: text, weight: number?)",
        "Word(word*: text, number: number)",
    ],
    inferred=[
        "Named(name: text)",
        "Pair(one: text, other: text)",
        "Path(start: text, finish: text)",
        "Amount(name: text, amount: number)",
        "Keyed(name*: text, amount: number)",
        "Note(name: text, text: text?, amount: number?, flag: truth?)",
        "Total(total: number)",
        "Range(low: text, high: text)",
        "Ratio(name: text, part: number, ratio: number)",
        "Rated(name*: text, by: number, ratio: number)",
    ],
)


D = Decimal
PEOPLE = [
    ("Ann", None, 50, True),
    ("Bob", "Ann", 30, None),
    ("Cy", "Ann", None, False),
    ("Dee", "Bob", 20, True),
]
LIKES = [("Ann", "tea", 2), ("Bob", "tea", None), ("Bob", "rum", D("0.5")), ("Dee", "rum", 3)]
WORDS = [("a", 1), ("b", 0), ("Z", -3), ("é", D("2.5")), ("it's", D("0.000001"))]
GIVEN: Tables = {"Person": PEOPLE, "Likes": LIKES, "Word": WORDS}

CASES = {
    "presence": (
        "if Likes(who, what) then Pair(one: who, other: what)",
        {"Pair": [("Ann", "tea"), ("Bob", "rum"), ("Bob", "tea"), ("Dee", "rum")]},
    ),
    "a fact once": (
        "if Likes(who) then Named(name: who)",
        {"Named": [("Ann",), ("Bob",), ("Dee",)]},
    ),
    "join": (
        "if Likes(who: one, what), Likes(who: other, what), one < other then Pair(one, other)",
        {"Pair": [("Ann", "Bob"), ("Bob", "Dee")]},
    ),
    "repeated variable in one condition": (
        "if Likes(who: x, what: x) then Named(name: x)",
        {},
    ),
    "repeated variable that is met": (
        "if Person(name: x), Person(name: y), x = y then Pair(one: x, other: y)",
        {"Pair": [("Ann", "Ann"), ("Bob", "Bob"), ("Cy", "Cy"), ("Dee", "Dee")]},
    ),
    "literals": (
        'if Person(name, boss: "Ann", age: 30) then Named(name)',
        {"Named": [("Bob",)]},
    ),
    "truth": ("if Person(name, active: false) then Named(name)", {"Named": [("Cy",)]}),
    "an absent field binds nothing": (
        "if Person(name, age) then Amount(name, amount: age)",
        {"Amount": [("Ann", 50), ("Bob", 30), ("Dee", 20)]},
    ),
    "only none matches what is absent": (
        "if Person(name, age: none) then Named(name)",
        {"Named": [("Cy",)]},
    ),
    "absent joins with nothing": (
        "if Person(name: one, boss), Person(name: other, boss), one < other then Pair(one, other)",
        {"Pair": [("Bob", "Cy")]},
    ),
    "absence": ("if Person(name), not Likes(who: name) then Named(name)", {"Named": [("Cy",)]}),
    "absence of an absent field": (
        "if Person(name), not Person(name, boss) then Named(name)",
        {"Named": [("Ann",)]},
    ),
    "absence with none": (
        "if Person(name), not Person(name, active: none) then Named(name)",
        {"Named": [("Ann",), ("Cy",), ("Dee",)]},
    ),
    "absence of a repeated variable": (
        "if Word(word), not Likes(who: x, what: x) then Named(name: word)",
        {"Named": [("Z",), ("a",), ("b",), ("it's",), ("é",)]},
    ),
    "absence of a computed value": (
        "if Word(word, number), half = number / 2, not Likes(weight: half) "
        "then Amount(name: word, amount: half)",
        {
            "Amount": [
                ("Z", D("-1.5")),
                ("b", 0),
                ("it's", D("0.000001")),
                ("é", D("1.25")),
            ]
        },
    ),
    "without any presence": (
        'if not Person(name: "Eve") then Named(name: "Eve")',
        {"Named": [("Eve",)]},
    ),
    "without any presence, in vain": ("if not Person() then Total(total: 1)", {}),
    "constants only": ('if 1 < 2 then Named(name: "yes")', {"Named": [("yes",)]}),
    "constants only, in vain": ("if 1 + 1 > 2, Person(name) then Named(name)", {}),
    "a condition without fields": (
        "if Person(), Word(word) then Named(name: word)",
        {"Named": [("Z",), ("a",), ("b",), ("it's",), ("é",)]},
    ),
    "code points": (
        'if Word(word), word > "a" then Named(name: word)',
        {"Named": [("b",), ("it's",), ("é",)]},
    ),
    "at most": (
        "if Word(word, number), number <= 0 then Named(name: word)",
        {"Named": [("Z",), ("b",)]},
    ),
    "below": ("if Word(word, number), number < 0 then Named(name: word)", {"Named": [("Z",)]}),
    "at least": (
        "if Word(word, number), number >= 1 then Named(name: word)",
        {"Named": [("a",), ("é",)]},
    ),
    "above": ("if Word(word, number), number > 1 then Named(name: word)", {"Named": [("é",)]}),
    "equal": ("if Word(word, number), number + 1 = 2 then Named(name: word)", {"Named": [("a",)]}),
    "unequal": (
        "if Word(word, number), number * 2 != 2 then Named(name: word)",
        {"Named": [("Z",), ("b",), ("it's",), ("é",)]},
    ),
    "to twelve places": (
        'if Word(word: "it\'s", number), number / 3 < 0.000001 / 2, number / 3 > 0 '
        'then Amount(name: "third", amount: number / 3 * 3000000)',
        {"Amount": [("third", D("0.999999"))]},
    ),
    "half away from zero": (
        "if Word(word, number) then Amount(name: word, amount: round(number))",
        {"Amount": [("Z", -3), ("a", 1), ("b", 0), ("it's", 0), ("é", 3)]},
    ),
    "arithmetic": (
        "if Word(word, number) then Amount(name: word, "
        "amount: min(number, 1) - max(0, number, 2) * (number + 0.5))",
        {
            "Amount": [
                ("Z", 2),
                ("a", -2),
                ("b", -1),
                ("it's", D("-1.000001")),
                ("é", D("-6.5")),
            ]
        },
    ),
    "a binding keeps its places": (
        "if Word(word, number), third = number / 3 then Amount(name: word, amount: third * 3)",
        {"Amount": [("Z", -3), ("a", 1), ("b", 0), ("it's", D("0.000001")), ("é", D("2.5"))]},
    ),
    "a binding of words": (
        "if Person(name, boss), chief = boss then Pair(one: name, other: chief)",
        {"Pair": [("Bob", "Ann"), ("Cy", "Ann"), ("Dee", "Bob")]},
    ),
    "bindings in any order": (
        'if z = y + 1, y = n * 2, Word(word: "a", number: n) then Total(total: z)',
        {"Total": [(3,)]},
    ),
    "fallback taken or not": (
        "if Person(name), Likes(who: name, weight) else weight = 7 "
        "then Amount(name, amount: weight)",
        {"Amount": [("Ann", 2), ("Bob", D("0.5")), ("Cy", 7), ("Dee", 3)]},
    ),
    "fallback to a computed value": (
        "if Word(word, number), Likes(what: word, weight) else weight = number / 3 "
        "then Amount(name: word, amount: weight * 3)",
        {"Amount": [("Z", -3), ("a", D("0.999999")), ("b", 0), ("it's", 0), ("é", D("2.499999"))]},
    ),
    "fallback for a name that is bound": (
        "if Person(name, age), Word(word: name, number: age) else age = 30 then Named(name)",
        {"Named": [("Bob",)]},
    ),
    "fallback alone": (
        'if Word(word: "none such", number) else number = 4 then Total(total: number)',
        {"Total": [(4,)]},
    ),
    "fallbacks on fallbacks": (
        "if Person(name), Person(name, age) else age = 0, "
        'Likes(who: name, what: "tea", weight) else weight = 1, '
        "Word(word: name, number) else number = age + weight then Amount(name, amount: number)",
        {"Amount": [("Ann", 52), ("Bob", 31), ("Cy", 1), ("Dee", 21)]},
    ),
    "fallback to none": (
        "if Person(name), Person(name, boss) else boss = none then Note(name, text: boss)",
        {
            "Note": [
                ("Ann", None, None, None),
                ("Bob", "Ann", None, None),
                ("Cy", "Ann", None, None),
                ("Dee", "Bob", None, None),
            ]
        },
    ),
    "what must be there is not concluded as none": (
        "if Person(name), Person(name, boss) else boss = none then Pair(one: name, other: boss)",
        {"Pair": [("Bob", "Ann"), ("Cy", "Ann"), ("Dee", "Bob")]},
    ),
    "none joins with nothing": (
        "if Person(name), Person(name, boss) else boss = none, not Person(name: boss) "
        "then Named(name)",
        {"Named": [("Ann",)]},
    ),
    "none equals none": (
        "if Person(name), Person(name, boss) else boss = none, boss = none then Named(name)",
        {"Named": [("Ann",)]},
    ),
    "none is not larger": (
        "if Person(name), Person(name, age) else age = none, age >= 30 then Named(name)",
        {"Named": [("Ann",), ("Bob",)]},
    ),
    "none cannot be reckoned with": (
        "if Person(name), Person(name, age) else age = none then Amount(name, amount: age + 1)",
        {"Amount": [("Ann", 51), ("Bob", 31), ("Dee", 21)]},
    ),
    "sum": (
        "if Likes(who, what, weight) then Amount(name: what, amount: sum(weight))",
        {"Amount": [("rum", D("3.5")), ("tea", 2)]},
    ),
    "sum over distinct bindings": (
        'if Likes(who, what), Word(word: "a", number) then Amount(name: what, amount: sum(number))',
        {"Amount": [("rum", 2), ("tea", 2)]},
    ),
    "sum of sums": (
        "if Likes(who, what, weight) then Amount(name: what, amount: sum(weight) / count(who) + 1)",
        {"Amount": [("rum", D("2.75")), ("tea", 3)]},
    ),
    "count of nothing": ('if Likes(who: "Cy", what) then Total(total: count(what))', {}),
    "count without a group": (
        "if Likes(who, what) then Total(total: count(what))",
        {"Total": [(4,)]},
    ),
    "least and largest": (
        "if Word(word, number) then Range(low: min(word), high: max(word))",
        {"Range": [("Z", "é")]},
    ),
    "least and largest of numbers": (
        "if Word(word, number) then Total(total: max(number) - min(number / 3))",
        {"Total": [(D("3.5"),)]},
    ),
    "a group by a computed value": (
        'if Person(name, age) then Note(name: "old", amount: max(age), flag: true)',
        {"Note": [("old", None, 50, True)]},
    ),
    "a group's own value as facts hold it": (
        'if Word(word: "a", number), third = number / 3, Person(name) '
        'then Ratio(name: "a", part: third, ratio: third * count(name))',
        {"Ratio": [("a", D("0.333333"), D("1.333332"))]},
    ),
    "several aggregates": (
        "if Person(name, age) "
        "then Note(name: min(name), text: max(name), amount: sum(age) / count(age))",
        {"Note": [("Ann", "Dee", D("33.333333"), None)]},
    ),
    "an absent field concluded": (
        "if Person(name, age: none) then Note(name)",
        {"Note": [("Cy", None, None, None)]},
    ),
}


@pytest.mark.parametrize("engine", ALL)
@pytest.mark.parametrize("name", CASES)
def test_concludes(name: str, engine: str) -> None:
    text, expected = CASES[name]
    assert SMALL.infer(engine, SMALL.sound(rule(text)), GIVEN) == (expected, [])


BOOKS = {
    "several conclusions": (
        [
            "if Likes(who, what, weight) "
            "then Pair(one: who, other: what), Amount(name: what, amount: sum(weight)), "
            "Named(name: who)"
        ],
        {
            "Amount": [("rum", D("3.5")), ("tea", 2)],
            "Named": [("Ann",), ("Bob",), ("Dee",)],
            "Pair": [("Ann", "tea"), ("Bob", "rum"), ("Dee", "rum")],
        },
    ),
    "the same conclusion of two rules": (
        ["if Likes(who) then Named(name: who)", "if Person(name) then Named(name)"],
        {"Named": [("Ann",), ("Bob",), ("Cy",), ("Dee",)]},
    ),
    "recursion": (
        [
            "if Person(name: start, boss: finish) then Path(start, finish)",
            "if Path(start, finish: middle), Path(start: middle, finish) then Path(start, finish)",
        ],
        {"Path": [("Bob", "Ann"), ("Cy", "Ann"), ("Dee", "Ann"), ("Dee", "Bob")]},
    ),
    "recursion in a circle": (
        [
            "if Likes(who: start, what: finish) then Path(start, finish)",
            "if Path(start: finish, finish: start) then Path(start, finish)",
            "if Path(start, finish: middle), Path(start: middle, finish), start != finish "
            "then Path(start, finish)",
        ],
        {
            "Path": [
                (one, other)
                for one in ("Ann", "Bob", "Dee", "rum", "tea")
                for other in ("Ann", "Bob", "Dee", "rum", "tea")
                if one != other
            ]
        },
    ),
    "recursion through two templates": (
        [
            'if Word(word: "a") then Named(name: "Ann")',
            "if Named(name: other), Person(name: one, boss: other) then Pair(one, other)",
            "if Pair(one) then Named(name: one)",
        ],
        {
            "Named": [("Ann",), ("Bob",), ("Cy",), ("Dee",)],
            "Pair": [("Bob", "Ann"), ("Cy", "Ann"), ("Dee", "Bob")],
        },
    ),
    "recursion beside absence": (
        [
            "if Person(name: start, boss: finish) then Path(start, finish)",
            "if Path(start, finish: middle), Person(name: middle, boss: finish), "
            'not Likes(who: start, what: "rum") then Path(start, finish)',
        ],
        {"Path": [("Bob", "Ann"), ("Cy", "Ann"), ("Dee", "Bob")]},
    ),
    "strata": (
        [
            "if Path(start) then Amount(name: start, amount: 2)",
            "if Person(name), not Path(start: name) then Named(name)",
            "if Person(name: start, boss: finish), not Likes(who: start) then Path(start, finish)",
            "if Named(name), Amount(name: other, amount), amount > 1, not Path(start: name) "
            "then Note(name: other, amount: count(name))",
        ],
        {
            "Amount": [("Cy", 2)],
            "Named": [("Ann",), ("Bob",), ("Dee",)],
            "Note": [("Cy", None, 3, None)],
            "Path": [("Cy", "Ann")],
        },
    ),
    "aggregates on conclusions": (
        [
            "if Person(name), Likes(who: name, weight) else weight = 1 "
            "then Amount(name, amount: weight)",
            "if Amount(name, amount) then Total(total: sum(amount))",
            "if Total(total), Person(name, age), age > total * 5 then Named(name)",
        ],
        {
            "Amount": [("Ann", 2), ("Bob", D("0.5")), ("Cy", 1), ("Dee", 3)],
            "Named": [("Ann",)],
            "Total": [(D("6.5"),)],
        },
    ),
    "names that Python takes for itself": (
        [
            "if Likes(who: self, what: __what), shell = __what, bindings = self, "
            "not Likes(who: __what) then Pair(one: self, other: shell), Named(name: bindings)"
        ],
        {
            "Named": [("Ann",), ("Bob",), ("Dee",)],
            "Pair": [("Ann", "tea"), ("Bob", "rum"), ("Bob", "tea"), ("Dee", "rum")],
        },
    ),
}


@pytest.mark.parametrize("engine", ALL)
@pytest.mark.parametrize("name", BOOKS)
def test_concludes_together(name: str, engine: str) -> None:
    texts, expected = BOOKS[name]
    text = "\n".join(rule(text, f"rule-{i}") for i, text in enumerate(texts))
    assert SMALL.infer(engine, SMALL.sound(text), GIVEN) == (expected, [])


def divided(times: int, name: str = "rule-0") -> str:
    return f"`{name}` divides by zero {times} times and concludes nothing there"


# Rules, what they conclude, and what is found on the way.
FINDINGS = {
    "a conclusion divided by zero": (
        ["if Word(word, number) then Amount(name: word, amount: 1 / number)"],
        {"Amount": [("Z", D("-0.333333")), ("a", 1), ("it's", 1000000), ("é", D("0.4"))]},
        [divided(1)],
    ),
    "a comparison divided by zero": (
        ['if Word(word, number), 1 / number > 0, word < "c" then Named(name: word)'],
        {"Named": [("a",)]},
        [divided(1)],
    ),
    "what fails otherwise is not counted": (
        ['if Word(word, number), 1 / number > 0, word != "b" then Named(name: word)'],
        {"Named": [("a",), ("it's",), ("é",)]},
        [],
    ),
    "what fails by another division is not counted": (
        ["if Word(word, number), 1 / number > 0, 1 / (number - 1) > 5 then Named(name: word)"],
        {},
        [divided(1)],
    ),
    "a binding divided by zero": (
        [
            "if Word(word, number), x = 1 / number, y = x + 1, y != 5, min(y, 3) < 9, "
            "not Likes(weight: y) then Amount(name: word, amount: y)"
        ],
        {"Amount": [("Z", D("0.666667")), ("it's", 1000001), ("é", D("1.4"))]},
        [divided(1)],
    ),
    "two divisions in one binding": (
        ["if Word(word, number) then Amount(name: word, amount: 1 / number + 2 / (number * 2))"],
        {"Amount": [("Z", D("-0.666667")), ("a", 2), ("it's", 2000000), ("é", D("0.8"))]},
        [divided(1)],
    ),
    "a fallback divided by zero": (
        [
            "if Word(word, number), Word(word: other, number: less), less = number - 1, "
            "Likes(who: word, weight) else weight = 1 / less "
            "then Amount(name: word, amount: weight)"
        ],
        {},
        [divided(1)],
    ),
    "a fallback that is not needed divides by nothing": (
        [
            'if Likes(who, what, weight), Word(word: "b", number), '
            "Likes(who, what, weight: found) else found = 1 / number "
            "then Amount(name: who, amount: found)"
        ],
        {"Amount": [("Ann", 2), ("Bob", D("0.5")), ("Dee", 3)]},
        [],
    ),
    "a contribution divided by zero": (
        ['if Word(word, number) then Note(name: "all", amount: sum(1 / number), text: max(word))'],
        {"Note": [("all", "é", D("1000001.066667"), None)]},
        [divided(1)],
    ),
    "a group divided by zero": (
        ["if Word(word, number) then Amount(name: word, amount: count(word) / sum(number))"],
        {"Amount": [("Z", D("-0.333333")), ("a", 1), ("it's", 1000000), ("é", D("0.4"))]},
        [divided(1)],
    ),
    "a group divided by its own value": (
        [
            "if Word(word, number), Person(name) "
            "then Ratio(name: word, part: number, ratio: count(name) / number)",
        ],
        {
            "Ratio": [
                ("Z", -3, D("-1.333333")),
                ("a", 1, 4),
                ("it's", D("0.000001"), 4000000),
                ("é", D("2.5"), D("1.6")),
            ]
        },
        [divided(1)],
    ),
    "bindings are counted, not facts": (
        ["if Likes(who), Word(number), number <= 0 then Amount(name: who, amount: 1 / number)"],
        {"Amount": [("Ann", D("-0.333333")), ("Bob", D("-0.333333")), ("Dee", D("-0.333333"))]},
        [divided(3)],
    ),
    "a key with two values": (
        ['if Word(word, number), number > 0 then Keyed(name: "k", amount: number)'],
        {"Keyed": [("k", D("0.000001")), ("k", 1), ("k", D("2.5"))]},
        ["different things for keyed of k"],
    ),
    "nothing rests on keys that clash": (
        [
            'if Word(word, number), number > 0 then Keyed(name: "k", amount: number)',
            'if Keyed(name), Word(word: "é", number) then Amount(name, amount: sum(number))',
        ],
        {
            "Keyed": [("k", D("0.000001")), ("k", 1), ("k", D("2.5"))],
        },
        ["different things for keyed of k"],
    ),
    "a key that is not the group": (
        [
            'if Likes(who, what), Word(word, number), word < "b" '
            "then Rated(name: what, by: number, ratio: count(who))"
        ],
        {
            "Rated": [("rum", -3, 2), ("rum", 1, 2), ("tea", -3, 2), ("tea", 1, 2)],
        },
        [
            "different things for rated of rum",
            "different things for rated of tea",
        ],
    ),
    "a conclusion beyond nine trillion": (
        ["if Word(word, number) then Amount(name: word, amount: number * 4000000000000)"],
        {},
        ["`rule-0` computes a number beyond nine trillion"],
    ),
    "a step beyond 128 bits": (
        [
            "if Person(name) then Named(name)",
            "if Word(word, number), 4000000000000 * 4000000000000 * 4000000000000 * number > 1 "
            "then Pair(one: word, other: word), Amount(name: word, amount: 1)",
            "if Named(name) then Total(total: count(name))",
        ],
        {"Named": [("Ann",), ("Bob",), ("Cy",), ("Dee",)]},
        ["`rule-1` computes a number beyond nine trillion"],
    ),
    "a sum beyond nine trillion": (
        ["if Word(word, number) then Total(total: sum(number * number * 1000000000000))"],
        {},
        ["`rule-0` computes a number beyond nine trillion"],
    ),
}


@pytest.mark.parametrize("engine", ALL)
@pytest.mark.parametrize("name", FINDINGS)
def test_finds(name: str, engine: str) -> None:
    texts, expected, found = FINDINGS[name]
    text = "\n".join(rule(text, f"rule-{i}") for i, text in enumerate(texts))
    assert SMALL.infer(engine, SMALL.sound(text), GIVEN) == (expected, found)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_clash_names_its_rules_on_a_fact_base_of_its_own(engine: str) -> None:
    sandbox = Sandbox(SMALL.given, SMALL.inferred)
    texts = [
        "if Word(word, number) then Keyed(name: word, amount: round(number / 2))",
        'if Word(word: "é", number) then Keyed(name: "a", amount: number)',
    ]
    text = "\n".join(rule(text, f"rule-{i}") for i, text in enumerate(texts))
    sandbox.fill(GIVEN, rulebook := sandbox.sound(text))
    found = bring_to_fixed_point(ENGINES[engine](sandbox.facts), rulebook)
    assert [diagnostic.message for diagnostic in found] == [
        "`rule-0` and `rule-1` conclude different things for keyed of a"
    ]
