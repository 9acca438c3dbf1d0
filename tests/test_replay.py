"""Proofs are checked by something that knows nothing of how they are made."""

import os
import shutil
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice, product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from engines import Sandbox, rule
from facts_as_text import Tables, headings, read
from hypothesis import given
from random_engagement import write_engagement
from random_rules import SANDBOX, SOME, VALUES, Case, cases
from test_cases import CASES
from test_engines import SMALL

from cop_expert import pipeline
from cop_expert.explain.in_bulk import prove_all
from cop_expert.explain.why import BRIEF, WHOLE, Explainer, How
from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase, Row
from cop_expert.infer.duck import DuckEngine
from cop_expert.infer.engine import bring_to_fixed_point
from cop_expert.model.arithmetic import to_millionths
from cop_expert.model.proof import Proof, all_premises
from cop_expert.model.rule import CheckedRulebook
from cop_expert.model.template import Value
from cop_expert.replay.replay import Replayer

EXAMPLES = Path(__file__).parent.parent / "kb" / "examples"
HOTEL = EXAMPLES / "grand-hotel"
THOROUGH = bool(os.environ.get("COP_SLOW"))
STEP = How(full=True, every=True, steps=1)
"""One reason and no more."""


@pytest.fixture(scope="module")
def hotel() -> pipeline.Run:
    return pipeline.infer(pipeline.read(HOTEL), "duckdb", "unkept")


@pytest.fixture(scope="module")
def explainer(hotel: pipeline.Run) -> Explainer:
    return Explainer(hotel.facts, hotel.rulebook, Speaker(hotel.facts))


@pytest.fixture(scope="module")
def replayer(hotel: pipeline.Run) -> Replayer:
    return Replayer(hotel.facts, hotel.rulebook, folder=HOTEL)


def concluded(facts: FactBase) -> Iterator[tuple[str, Row]]:
    for template in facts.vocabulary.templates.values():
        if not template.given:
            yield from ((template.name, row) for row in facts.rows(template.name))


def faults(replayer: Replayer, proof: Proof) -> list[tuple[str, str]]:
    return [(fault.says, fault.fault) for fault in replayer.replay(proof).faults]


# What is concluded is proved, and the proof holds


@pytest.mark.parametrize("template", ["Assignment", "Crossing", "Cut", "Advice", "Broker"])
def test_a_whole_proof_holds_down_to_the_tables(
    template: str, explainer: Explainer, replayer: Replayer
) -> None:
    row = explainer.facts.rows(template)[0]
    found = replayer.replay(explainer.prove(template, row, How(full=True)))
    assert not found.faults
    assert not found.assumed
    assert found.steps > 100 and found.rows > 50


def test_a_short_proof_holds_but_for_what_it_leaves_open(
    explainer: Explainer, replayer: Replayer
) -> None:
    row = ("Kitchen", "Knife skills", "specialist")
    found = replayer.replay(explainer.prove("Assignment", row, BRIEF))
    assert not found.faults
    assert "Kitchen has 2 people as Salad cook" in found.assumed


def test_every_conclusion_has_a_reason_that_holds(explainer: Explainer, replayer: Replayer) -> None:
    for template, row in concluded(explainer.facts):
        proof = explainer.prove(template, row, STEP)
        assert proof.derivations
        assert not faults(replayer, proof)


@SOME
@given(cases())
def test_random_rulebooks(case: Case) -> None:
    explainer = explained(SANDBOX, case.tables, case.rulebook)
    if explainer:
        everything_is_proved(explainer)
        nothing_else_is_proved(explainer)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_what_follows_in_a_case_is_proved(case: Path) -> None:
    given, rules, expected = (
        (case / name).read_text(encoding="utf-8")
        for name in ("given.txt", "case.rules", "expected.txt")
    )
    sandbox = Sandbox(headings(given), headings(expected))
    explainer = explained(sandbox, read(given)[0], sandbox.sound(rules))
    if explainer:
        everything_is_proved(explainer)


def explained(sandbox: Sandbox, tables: Tables, rulebook: CheckedRulebook) -> Explainer | None:
    """What explains the conclusions; nothing where they end in an error."""
    sandbox.fill(tables, rulebook)
    found = bring_to_fixed_point(DuckEngine(sandbox.facts), rulebook)
    if not all(diagnostic.warning for diagnostic in found):
        return None
    sandbox.facts.query('DELETE FROM "@kept"')
    sandbox.facts.keep("parameters", rulebook.parameters)
    return Explainer(sandbox.facts, rulebook, Speaker(sandbox.facts))


def everything_is_proved(explainer: Explainer) -> None:
    replayer = Replayer(explainer.facts, explainer.rulebook)
    for template, row in concluded(explainer.facts):
        for how in (How(full=True, every=True), BRIEF):
            found = replayer.replay(explainer.prove(template, row, how))
            assert not found.faults, (template, row)
            assert how is BRIEF or not found.assumed


def nothing_else_is_proved(explainer: Explainer) -> None:
    """Of all facts that might be, a few that are not."""
    for template in SANDBOX.templates.values():
        there = set(explainer.facts.rows(template.name))
        columns = [[*map(inner, VALUES[field.type.name])] for field in template.fields]
        for row in islice(product(*columns), 0, None, 397):
            if not template.given and row not in there:
                assert not explainer.prove(template.name, row).derivations


def inner(value: Any) -> Value:
    return to_millionths(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("seed", range(3))
def test_random_engagements(seed: int, tmp_path: Path) -> None:
    write_engagement(tmp_path / "some", seed)
    run = pipeline.infer(pipeline.read(tmp_path / "some"), "duckdb", "unkept")
    explainer = Explainer(run.facts, run.rulebook, Speaker(run.facts))
    replayer = Replayer(run.facts, run.rulebook, folder=tmp_path / "some")
    for proof in prove_all(explainer, concluded(run.facts), STEP):
        assert proof.derivations
        assert not faults(replayer, proof)


# What has been altered is noticed


def test_whatever_is_altered_in_a_proof_is_noticed(
    explainer: Explainer, replayer: Replayer
) -> None:
    """Each word, number, origin and premise in turn, in a proof by each rule that fired."""
    rules: set[str] = set()
    for template, row in concluded(explainer.facts):
        proof = explainer.prove(template, row, STEP)
        new = {derivation.rule for derivation in proof.derivations} - rules
        if new:
            assert not faults(replayer, proof)
            for place, altered in alterations(proof, step=1 if THOROUGH else 11):
                assert faults(replayer, altered), f"{proof.says}: {place}"
        rules |= new
    assert len(rules) > 100


def test_what_is_altered_deep_down_is_noticed(explainer: Explainer, replayer: Replayer) -> None:
    row = ("Kitchen", "Allergens from kitchen to table", "core")
    proof = explainer.prove("Assignment", row, How(full=True))
    for place, altered in alterations(proof, step=101 if THOROUGH else 4_001):
        assert faults(replayer, altered), place


def alterations(proof: Proof, step: int = 1) -> Iterator[tuple[str, Proof]]:
    """The proof with one thing other than it was, and where; of so many places one."""
    text = msgspec.json.encode(proof)
    told = msgspec.json.decode(text)
    for place in islice(places(told, ()), 0, None, step):
        for change in changes(at(told, place)):
            other = msgspec.json.decode(text)
            at(other, place[:-1])[place[-1]] = change
            yield " ".join(map(str, place)), msgspec.convert(other, Proof)


def places(told: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Where something stands. Of which contributions are decisive the replayer is no judge."""
    inside = enumerate(told) if isinstance(told, list) else told.items()
    for key, value in inside:
        if key not in ("type", "decisive", "firm"):
            yield (*place, key)
            if isinstance(value, list | dict):
                yield from places(value, (*place, key))


def at(told: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        told = told[key]
    return told


def changes(value: Any) -> list[Any]:
    """Values of the same kind, but other."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1]
        case str():
            return [f"{value}x"]
        case list():
            return [value[:-1], [*value, value[-1]]] if value else []
        case _:
            return []


def test_one_true_fact_does_not_stand_for_another(explainer: Explainer, replayer: Replayer) -> None:
    proof = explainer.prove("Assignment", ("Kitchen", "Knife skills", "specialist"), STEP)
    other = explainer.prove("Placement", explainer.facts.rows("Placement")[0], How(depth=0))
    (derivation,) = proof.derivations
    swapped = msgspec.structs.replace(derivation, premises=(other,))
    assert faults(replayer, msgspec.structs.replace(proof, derivations=(swapped,)))


def test_a_proof_may_not_rest_on_itself(explainer: Explainer, replayer: Replayer) -> None:
    proof = explainer.prove("Assignment", ("Kitchen", "Knife skills", "specialist"), STEP)
    (derivation,) = proof.derivations
    (placement,) = (p for p in derivation.premises if isinstance(p, Proof))
    below = explainer.prove("Placement", tuple(placement.values.values()), STEP)
    (reason,) = below.derivations
    circle = msgspec.structs.replace(
        below,
        derivations=(
            msgspec.structs.replace(
                reason,
                premises=tuple(
                    msgspec.structs.replace(p, unopened=False, above=True)
                    if isinstance(p, Proof)
                    else p
                    for p in reason.premises
                ),
            ),
        ),
    )
    found = faults(replayer, circle)
    assert [fault for _, fault in found] == ["it is not shown above"]


def test_a_row_that_has_moved_since_is_noticed(tmp_path: Path, explainer: Explainer) -> None:
    folder = shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))
    needs = folder / "tables" / "needs.csv"
    heading, *rows = needs.read_text(encoding="utf-8").splitlines()
    needs.write_text("\n".join([heading, *rows[1:], rows[0]]), encoding="utf-8")
    replayer = Replayer(explainer.facts, explainer.rulebook, folder=folder)
    found = faults(replayer, explainer.prove("Need", explainer.facts.rows("Need")[0]))
    assert [fault for _, fault in found] == ["it does not stand there"]


@pytest.mark.parametrize("example", ["grand-hotel", "northwater"])
def test_every_row_stands_where_it_was_read(example: str) -> None:
    knowledge = pipeline.read(EXAMPLES / example)
    knowledge.facts.keep("parameters", knowledge.rulebook.parameters)
    explainer = Explainer(knowledge.facts, knowledge.rulebook, Speaker(knowledge.facts))
    replayer = Replayer(knowledge.facts, knowledge.rulebook, folder=EXAMPLES / example)
    for template in knowledge.facts.vocabulary.given():
        for row in knowledge.facts.rows(template.name)[::10]:
            assert not faults(replayer, explainer.prove(template.name, row))


# Recursion

CHAIN = """
rule first
  if   Person(name, boss: none)
  then Named(name)
  because "{name} has nobody above"
  basis "so"

rule next
  if   Person(name, boss)
       Named(name: boss)
  then Named(name)
  because "{name} is below {boss}"
  basis "so"
"""
DOUBLING = """
rule first
  if   Person(name, boss: none)
  then Named(name)
  because "so"
  basis "so"
  quiet

rule next
  if   Person(name, boss)
       Named(name: boss)
  then Named(name)
  because "so"
  basis "so"
  quiet

rule next-but-one
  if   Person(name, boss: middle)
       Person(name: middle, boss)
       Named(name: boss)
       Named(name: middle)
  then Named(name)
  because "so"
  basis "so"
  quiet
"""


def chain(length: int) -> list[tuple[Any, ...]]:
    names = [f"p{number:05}" for number in range(length)]
    return [(name, boss, None, None) for name, boss in zip(names, [None, *names], strict=False)]


def size(proof: Proof) -> int:
    premises = (p for d in proof.derivations for p in all_premises(d) if isinstance(p, Proof))
    return 1 + sum(map(size, premises))


@pytest.mark.parametrize("quiet", [False, True])
def test_a_chain_as_long_as_a_table_is_explained_as_far_as_anybody_reads(quiet: bool) -> None:
    text = CHAIN.replace('basis "so"', 'basis "so"\n  quiet') if quiet else CHAIN
    explainer = explained(SMALL, {"Person": chain(10_000)}, SMALL.sound(text))
    assert explainer
    proof = explainer.prove("Named", ("p09999",))
    assert size(proof) < 200
    found = Replayer(explainer.facts, explainer.rulebook).replay(proof)
    assert not found.faults
    assert len(found.assumed) == 1
    assert not explainer.prove("Named", ("p99999",)).derivations


def test_bookkeeping_that_branches_does_not_double_with_every_step() -> None:
    explainer = explained(SMALL, {"Person": chain(60)}, SMALL.sound(DOUBLING))
    assert explainer
    for how in (WHOLE, How(every=True, full=True)):
        proof = explainer.prove("Named", ("p00059",), how)
        assert size(proof) < 10_000
        found = Replayer(explainer.facts, explainer.rulebook).replay(proof)
        assert not found.faults
        assert not found.assumed


def test_all_pairs_of_a_chain() -> None:
    text = rule("if Person(name, boss) then Path(start: name, finish: boss)", "one") + rule(
        "if Path(start, finish: middle), Path(start: middle, finish) then Path(start, finish)",
        "two",
    )
    explainer = explained(SMALL, {"Person": chain(60)}, SMALL.sound(text))
    assert explainer
    proof = explainer.prove("Path", ("p00059", "p00000"))
    found = Replayer(explainer.facts, explainer.rulebook).replay(proof)
    assert not found.faults
    assert not found.assumed
