"""Explanations: true, complete, and down to the client's own rows."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cop_expert import pipeline
from cop_expert.explain import matches
from cop_expert.explain.ask import facts_asked_about
from cop_expert.explain.in_bulk import prove_all
from cop_expert.explain.name_book import UnknownName
from cop_expert.explain.outline import Item, brief, outline
from cop_expert.explain.pointers import explanation, in_brief
from cop_expert.explain.ranks import Ranks
from cop_expert.explain.why import BRIEF, Explainer, Fact, How
from cop_expert.explain.words import Speaker
from cop_expert.model.proof import Compared, Derivation, Premise, Proof, all_premises, origins

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"


@pytest.fixture(scope="module")
def run() -> pipeline.Run:
    return pipeline.infer(pipeline.read(HOTEL), "duckdb", "unkept")


@pytest.fixture
def explainer(run: pipeline.Run) -> Explainer:
    return Explainer(run.facts, run.rulebook, Speaker(run.facts))


def ask(explainer: Explainer, subject: str, place: str | None = None, **how: Any) -> Proof:
    answer = facts_asked_about(explainer.facts, subject, place)[0]
    return explainer.prove(answer.template, answer.row, How(**how))


def lines(item: Item) -> Iterator[str]:
    yield item.text.replace("\xa0", " ")
    for child in item.children:
        yield from lines(child)


def premises(proof: Proof) -> Iterator[Premise]:
    for derivation in proof.derivations:
        for premise in all_premises(derivation):
            yield premise
            if isinstance(premise, Proof):
                yield from premises(premise)


def derivations(proof: Proof) -> Iterator[Derivation]:
    for derivation in proof.derivations:
        yield derivation
        for premise in all_premises(derivation):
            if isinstance(premise, Proof):
                yield from derivations(premise)


def test_why_an_item_goes_to_a_community(explainer: Explainer) -> None:
    proof = ask(explainer, "allergens from kitchen to table", "kitchen")
    said = list(lines(outline(proof)))
    assert said[0] == (
        "Allergens from kitchen to table goes to Kitchen as core: 58.3 % of its people want it; "
        "50 % is asked for everyone to take it"
    )
    for post, heads in (("Grill cook", 3), ("Chef", 2), ("Salad cook", 2)):
        assert any(line.startswith(f"{post} @") and f"{heads} people" in line for line in said)
    needs = {origin.line for origin in origins(proof) if origin.source == "tables/needs.csv"}
    assert needs == {5, 6, 7}


def test_every_place_named_holds_what_is_said_of_it(explainer: Explainer) -> None:
    proof = ask(explainer, "Allergens from kitchen to table", "Kitchen", full=True)
    given = [p for p in premises(proof) if isinstance(p, Proof) and p.origins]
    assert len(given) > 20
    for fact in given:
        for origin in fact.origins:
            line = (HOTEL / origin.source).read_text(encoding="utf-8").splitlines()[origin.line - 1]
            cells = set(next(csv.reader([line])))
            names = {str(v) for v in fact.values.values() if isinstance(v, str)}
            assert all(set(name.split(" @ ")) <= cells for name in names), (origin, names)


def test_everything_concluded_can_be_explained(run: pipeline.Run) -> None:
    explainer = Explainer(run.facts, run.rulebook, Speaker(run.facts))
    for proof in prove_all(explainer, concluded(run), How(depth=1)):
        assert proof.derivations, proof.says


def concluded(run: pipeline.Run) -> Iterator[Fact]:
    for template in run.facts.vocabulary.templates.values():
        if not template.given:
            yield from ((template.name, row) for row in run.facts.rows(template.name))


@pytest.mark.parametrize("alone", [-1, matches.ALONE])
@pytest.mark.parametrize("how", [BRIEF, How(depth=2, every=True), How(depth=4, full=True)])
def test_one_by_one_and_all_at_once_explain_alike(
    how: How, alone: int, run: pipeline.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = [fact for number, fact in enumerate(concluded(run)) if number % 5 == 0]
    one = Explainer(run.facts, run.rulebook, Speaker(run.facts))
    proofs = [one.prove(*fact, how) for fact in facts]
    monkeypatch.setattr(matches, "FEW", -1)
    monkeypatch.setattr(matches, "ALONE", alone)
    together = Explainer(run.facts, run.rulebook, Speaker(run.facts))
    assert list(prove_all(together, facts, how)) == proofs


def test_nothing_is_asked_twice(run: pipeline.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matches, "FEW", -1)
    asked: list[str] = []
    query = run.facts.query

    def noted(sql: str, *values: Any) -> Any:
        asked.append(sql)
        return query(sql, *values)

    monkeypatch.setattr(run.facts, "query", noted)
    fact = ("Assignment", run.facts.rows("Assignment")[0])
    counts = []
    for prove in (lambda e: e.prove(*fact, BRIEF), lambda e: list(prove_all(e, [fact]))):
        asked.clear()
        prove(Explainer(run.facts, run.rulebook, Speaker(run.facts)))
        counts.append(len(asked))
    assert counts[1] <= counts[0]


def test_nothing_false_is_explained(explainer: Explainer) -> None:
    assert not explainer.prove("Assignment", ("Kitchen", "Wine by the glass", "core")).derivations
    assert not explainer.prove("Reach", ("Kitchen", "Knife skills", 990_000)).derivations
    assert not explainer.prove("Within", ("Kitchen", "Front of house")).derivations


def test_comparisons_are_part_of_the_proof(explainer: Explainer) -> None:
    proof = ask(explainer, "Allergens from kitchen to table", "Kitchen")
    compared = [p.says for p in premises(proof) if isinstance(p, Compared)]
    assert "58.3\xa0% >= 50\xa0%" in compared


@pytest.mark.parametrize(
    ("subject", "place", "says"),
    [
        ("Kitchen", None, "Kitchen is one community"),
        ("chef", "Front of house", "is a broker to Front of house"),
        ("Maitre d'", None, "Maître d' @ Reception belongs to Front of house"),
        ("HACCP essentials", "Front of house", "goes to Front of house as specialist"),
        ("widest plateau", None, "begins at 40.5 hours"),
        ("Barista art", None, "Barista art"),
        ("Grilling", "Kitchen", "wanted by 5 people in Kitchen"),
    ],
)
def test_questions_as_people_write_them(
    explainer: Explainer, subject: str, place: str | None, says: str
) -> None:
    assert says in ask(explainer, subject, place).says


def test_the_cut_is_explained_in_hours(explainer: Explainer) -> None:
    said = " ".join(lines(outline(ask(explainer, "Kitchen"))))
    assert "Grand Hotel is split: each further community spares 213 hours a year" in said
    assert "Kitchen stays whole: each further community would spare 40.5 hours" in said


def test_no_machine_words_in_what_is_said(explainer: Explainer) -> None:
    for subject, place in (("Kitchen", None), ("Knife skills", "Kitchen"), ("chef", None)):
        for line in lines(outline(ask(explainer, subject, place))):
            assert not set("{}[]_") & set(line), line


def test_all_ways(explainer: Explainer) -> None:
    one = ask(explainer, "Chef", "Front of house")
    every = ask(explainer, "Chef", "Front of house", every=True)
    assert len(every.derivations) == 1 + one.unshown


def test_each_explainer_ranks_anew(explainer: Explainer) -> None:
    facts, strata = explainer.facts, explainer.matcher.strata
    row = tuple(facts.query('SELECT unit, goal FROM "ServedGoal" ORDER BY ALL LIMIT 1')[0])
    for _ in range(10):
        ranks = Ranks(facts, strata)
        earlier = ranks.earlier("ServedGoal", ranks.round_of("ServedGoal", row) + 1)
        assert facts.query(f"SELECT unit, goal FROM {earlier} ORDER BY ALL").count(row) == 1


def test_an_unknown_name_is_met_with_the_nearest(explainer: Explainer) -> None:
    with pytest.raises(UnknownName) as unknown:
        facts_asked_about(explainer.facts, "Knife skils", "Kitchen")
    assert unknown.value.close[0] == "Knife skills"


def brief_lines(explainer: Explainer, subject: str, place: str | None = None) -> list[str]:
    return list(lines(brief(outline(ask(explainer, subject, place, depth=3, lines=3)))))


def test_a_contribution_is_decisive_where_its_absence_undoes_the_conclusion(
    explainer: Explainer,
) -> None:
    proof = ask(explainer, "Allergens from kitchen to table", "Kitchen")
    ledgers = [d.ledger for d in derivations(proof) if d.ledger]
    assert [(line.because.replace("\xa0", " "), line.decisive) for line in ledgers[0].lines] == [
        ("Grill cook: 3 people", True),
        ("Chef: 2 people", True),
        ("Salad cook: 2 people", True),
    ]
    specialist = ask(explainer, "Knife skills", "Kitchen")
    ledgers = [d.ledger for d in derivations(specialist) if d.ledger]
    assert ledgers[0].firm and not any(line.decisive for line in ledgers[0].lines)


def test_the_short_answer_fits_in_a_few_lines(explainer: Explainer) -> None:
    for subject, place in (("Kitchen", None), ("Knife skills", "Kitchen"), ("Barista art", None)):
        assert 2 <= len(brief_lines(explainer, subject, place)) <= 8


def items(item: Item) -> Iterator[Item]:
    yield item
    for child in item.children:
        yield from items(child)


@pytest.mark.parametrize("how", [How(), How(full=True), How(full=True, every=True)])
def test_what_is_shown_above_is_shown_above(how: How, explainer: Explainer) -> None:
    for row in explainer.facts.rows("Assignment"):
        shown: set[str] = set()
        for item in items(explanation(explainer.prove("Assignment", row, how))):
            if item.remark == "above":
                assert any(text.startswith(item.text) for text in shown), item.text
            elif item.children:
                shown.add(item.text)


def test_the_short_answer_does_not_point_to_what_it_leaves_out(
    explainer: Explainer, run: pipeline.Run
) -> None:
    for fact in list(concluded(run))[::3]:
        shown: list[str] = []
        for item in items(in_brief(explainer.prove(*fact, BRIEF))):
            assert item.remark != "above" or any(text.startswith(item.text) for text in shown)
            shown.append(item.text)
