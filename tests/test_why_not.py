"""Why something does not hold: true, located, the nearest first; and contrasts."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice, product
from pathlib import Path

import pytest
from click.testing import CliRunner
from engines import Sandbox, rule
from facts_as_text import Tables
from hypothesis import given
from random_rules import SANDBOX, SOME, VALUES, Case, cases
from test_replay import explained, inner

from cop_expert import pipeline
from cop_expert.cli import main
from cop_expert.explain import lookups, settle
from cop_expert.explain.ask import goals_asked_about
from cop_expert.explain.contrast import contrast
from cop_expert.explain.goal import Goal
from cop_expert.explain.refusals import refusal
from cop_expert.explain.why import Explainer
from cop_expert.explain.why_not import WhyNot
from cop_expert.explain.words import Speaker
from cop_expert.facts import NOWHERE, FactBase
from cop_expert.load.changes import Changes, add_row
from cop_expert.model.arithmetic import to_millionths
from cop_expert.model.miss import Blocked, Lack, Missing, Refusal, Short
from cop_expert.report.phrases import phrases

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"


@pytest.fixture(scope="module")
def run() -> pipeline.Run:
    return pipeline.infer(pipeline.read(HOTEL), "duckdb", "unkept")


def explainer(run: pipeline.Run) -> Explainer:
    return Explainer(run.facts, run.rulebook, Speaker(run.facts))


def refused(run: pipeline.Run, subject: str, place: str | None = None) -> Refusal:
    return WhyNot(explainer(run)).refuse(next(goals_asked_about(run.facts, subject, place)))


def lines(run: pipeline.Run, found: Refusal) -> list[str]:
    words, said = phrases(), []

    def tell(item: object) -> None:
        said.append(words.text(item).replace("\xa0", " "))  # type: ignore[arg-type]
        for child in item.children:  # type: ignore[attr-defined]
            tell(child)

    tell(refusal(found, run.facts.vocabulary.templates[found.template]))
    return said


def roots(found: Refusal) -> list[Lack]:
    """What is lacking in the end, by each rule."""
    ends = []
    for miss in found.misses:
        lack = miss.lack
        while isinstance(lack, Missing) and lack.nearest:
            lack = lack.nearest.lack
        ends.append(lack)
    return ends


def test_nobody_wants_it_for_nobody_uses_what_it_teaches(run: pipeline.Run) -> None:
    said = lines(run, refused(run, "Wine by the glass", "Kitchen"))
    assert said[0] == "Wine by the glass is not assigned to Kitchen"
    assert said[1] == "core, specialist: nobody in Kitchen wants Wine by the glass"
    assert said[2].startswith("the role practices table has no row for Chef with Wine service")


def test_an_item_about_nothing(run: pipeline.Run) -> None:
    said = lines(run, refused(run, "Barista art", "Front of house"))
    assert said[2] == "the item practices table has no row for Barista art"


def test_a_threshold_is_missed_by_so_much(run: pipeline.Run) -> None:
    code = run.facts.names.codes(["Kitchen", "Knife skills", "core"])
    found = WhyNot(explainer(run)).refuse(
        Goal("Placement", ("community", "item", "level"), (tuple(code),))
    )
    (short,) = (lack for lack in roots(found) if isinstance(lack, Short))
    assert (short.operator, short.bound, short.apart) == (
        ">=",
        "50\xa0%",
        "16.7 percentage points",
    )
    assert short.needed
    assert short.needed.then == "Knife skills is wanted by 6 people in Kitchen"
    assert short.needed.apart == "2 people" and short.needed.more


def test_what_stands_in_the_way_is_shown_with_its_place() -> None:
    excluded = add_row(
        "decisions: decision=exclude, subject=Allergens from kitchen to table, object=Kitchen,"
        " reason=Known by heart, by=The chef, on=2026-01-01"
    )
    run = pipeline.suppose(HOTEL, Changes((excluded,)))
    found = refused(run, "Allergens from kitchen to table", "Kitchen")
    blocked = next(lack for lack in roots(found) if isinstance(lack, Blocked))
    assert "exclude" in blocked.proof.says
    assert any("Known by heart" in line for line in lines(run, found))


def test_no_identifier_is_shown(run: pipeline.Run) -> None:
    for subject, place in (
        ("Wine by the glass", "Kitchen"),
        ("Cold station", None),
        ("Chef", "Front of house"),
        ("Payroll", "Kitchen"),
    ):
        for line in lines(run, refused(run, subject, place)):
            assert not set("{}[]_–") & set(line.replace("(–", "")), line


def test_whatever_was_not_concluded_has_a_refusal(run: pipeline.Run) -> None:
    items = [str(row[0]) for row in run.facts.rows("Item")]
    communities = [str(row[0]) for row in run.facts.rows("Community")]
    assigned = {(row[0], row[1]) for row in run.facts.rows("Assignment")}
    asked = [(i, c) for i in items for c in communities if (c, i) not in assigned]
    assert len(asked) > 10
    for item, community in asked:
        found = refused(run, item, community)
        assert found.misses and found.says == f"{item} is not assigned to {community}"
        for lack in roots(found):
            if isinstance(lack, Missing) and lack.table:
                assert run.facts.vocabulary.templates[lack.template].given


def test_looked_up_or_asked_by_a_query_the_answer_is_the_same(
    run: pipeline.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [(str(row[0]), "Kitchen") for row in run.facts.rows("Item")[::3]]
    asked += [(str(row[0]), "Back office") for row in run.facts.rows("Post")]
    goals = [goal for pair in asked for goal in goals_asked_about(run.facts, *pair)]
    looked_up = refusals(explainer(run), goals)
    look_up_little(monkeypatch)
    assert looked_up == refusals(explainer(run), goals)
    monkeypatch.setattr(settle, "can_settle", lambda _: False)
    assert looked_up == refusals(explainer(run), goals)


@SOME
@given(cases())
def test_so_it_is_with_random_rulebooks(case: Case) -> None:
    if explainer := explained(SANDBOX, case.tables, case.rulebook):
        goals = list(possible_goals(explainer.facts))
        looked_up = refusals(explainer, goals)
        with pytest.MonkeyPatch.context() as patch:
            look_up_little(patch)
            assert looked_up == refusals(explainer, goals)
            patch.setattr(settle, "can_settle", lambda _: False)
            assert looked_up == refusals(explainer, goals)


def look_up_little(patch: pytest.MonkeyPatch) -> None:
    """As where there are more facts than are looked up."""
    patch.setattr(lookups, "MANY", 2)
    patch.setattr(settle, "MANY", 2)


def possible_goals(facts: FactBase) -> Iterator[Goal]:
    """Some facts that might be concluded, of each field a known value or none."""
    for template in SANDBOX.templates.values():
        values = [[None, *map(inner, VALUES[field.type.name])] for field in template.fields]
        for row in islice(product(*values), 0, None, 61) if not template.given else ():
            stored = zip(template.names, row, facts.stored(template.name, row), strict=True)
            told = [(name, code) for name, value, code in stored if value is not None]
            fields, codes = zip(*told, strict=True) if told else ((), ())
            if NOWHERE not in codes:
                yield Goal(template.name, fields, (codes,))


def refusals(explainer: Explainer, goals: list[Goal]) -> list[Refusal]:
    return [WhyNot(explainer).refuse(goal) for goal in goals]


def test_what_a_rule_computes_is_told_as_computed() -> None:
    sandbox = Sandbox(["Size(a*: text, n: number)"], ["Big(a: text, m: number)"])
    rules = sandbox.sound(rule("if Size(a, n), m = n * 2, m > 10 then Big(a, m)"))
    explainer = explained(sandbox, {"Size": [("x", Decimal(1))]}, rules)
    assert explainer
    (clause,) = explainer.matcher.clauses["Big"]
    asked = tuple(explainer.facts.stored("Big", ("x", to_millionths(Decimal(30)))))
    near = WhyNot(explainer).nearest.near(clause, Goal("Big", ("a", "m"), (asked,)))
    assert near and near.match.bindings["m"] == to_millionths(Decimal(2))
    assert near.failed == [2]


def test_what_several_facts_tell_alike_is_known_though_a_query_follows() -> None:
    given = ["Part(a: text, b: text, c: text)", "Pay(c*: text, n: number)", "Skill(b: text)"]
    sandbox = Sandbox(given, ["Big(a: text)"])
    rules = sandbox.sound(rule("if Part(a, b, c), Pay(c, n), Skill(b), n > 5 then Big(a)"))
    tables: Tables = {
        "Part": [("house", "hall", "porter"), ("house", "bar", "porter")],
        "Pay": [("porter", Decimal(3))],
        "Skill": [("hall",)],
    }
    explainer = explained(sandbox, tables, rules)
    assert explainer
    (clause,) = explainer.matcher.clauses["Big"]
    asked = tuple(explainer.facts.stored("Big", ("house",)))
    near = WhyNot(explainer).nearest.near(clause, Goal("Big", ("a",), (asked,)))
    assert near and near.failed == [3]
    assert near.match.facts[0] == ("house", "hall", "porter")
    assert near.match.facts[1] == ("porter", to_millionths(Decimal(3)))


def test_a_fact_that_stands_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given = ["Part(a: text, b: text)", "Skill(b: text, z: text)", "Other(z: text)"]
    sandbox = Sandbox(given, ["Big(a: text)"])
    rules = sandbox.sound(rule("if Part(a, b), Skill(b, z), Other(z) then Big(a)"))
    tables: Tables = {
        "Part": [("house", "hall"), ("house", "hall")],
        "Skill": [("hall", "y"), ("bar", "w"), ("hall", "v")],
        "Other": [("u",), ("w",)],
    }
    explainer = explained(sandbox, tables, rules)
    assert explainer
    asked = tuple(explainer.facts.stored("Big", ("house",)))
    goal = Goal("Big", ("a",), (asked,))
    looked_up = refusals(explainer, [goal])
    monkeypatch.setattr(settle, "can_settle", lambda _: False)
    assert looked_up == refusals(explainer, [goal])


def test_a_number_that_nobody_set_is_told_as_none() -> None:
    sandbox = Sandbox(["Size(a*: text, n: number)"], ["Big(a: text)"])
    text = "parameter limit = none\n" + rule("if Size(a, n), n > limit * 2 then Big(a)")
    explainer = explained(sandbox, {"Size": [("x", Decimal(1))]}, sandbox.sound(text))
    assert explainer
    asked = tuple(explainer.facts.stored("Big", ("x",)))
    (miss,) = WhyNot(explainer).refuse(Goal("Big", ("a",), (asked,))).misses
    assert isinstance(miss.lack, Short)
    assert (miss.lack.operator, miss.lack.bound, miss.lack.apart) == (">", "–", "")


def test_what_holds_is_not_refused() -> None:
    answer = CliRunner().invoke(main, ["why-not", str(HOTEL), "Knife skills", "Kitchen"])
    assert answer.exit_code == 1
    assert "goes to Kitchen as specialist" in answer.stderr


def test_a_contrast_shows_what_differs(run: pipeline.Run) -> None:
    found = contrast(explainer(run), "HACCP essentials", ("Kitchen", "Front of house"))
    assert found
    rows = {row.label: tuple(v.replace("\xa0", " ") for v in row.values) for row in found.rows}
    assert rows["assignment"] == ("mandatory", "specialist")
    assert rows["reach"] == ("100 %", "21.4 %")
    assert "Kitchen" in found.answers[0].text and "Front of house" in found.answers[1].text
