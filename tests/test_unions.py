"""What duckdb sums over unions with bit strings is what the rules say."""

from decimal import Decimal

import pytest
from engines import Sandbox, rule
from facts_as_text import Tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cop_expert.facts import FactBase
from cop_expert.infer import unions
from cop_expert.infer.unions import UnionSum

SANDBOX = Sandbox(
    given=[
        "Unit(unit: text, learner: text)",
        "Wants(learner: text, topic: text, much: truth?)",
        "Topic(topic*: text, hours: number?, kind: text?)",
        "Priced(topic: text, hours: number)",
        "Open(unit: text)",
    ],
    inferred=[
        "UnitTopic(unit: text, topic: text) on demand",
        "UnitSet(unit*: text, hours: number)",
        "ByTopic(unit: text, topic: text, hours: number)",
    ],
)
UNION = "if Unit(unit, learner), Wants(learner, topic) then UnitTopic(unit, topic)"
OPEN = "if Open(unit), Wants(learner, topic), Unit(learner, unit) then UnitTopic(unit, topic)"
CHOSEN = "if Unit(unit, learner), Wants(learner, topic), topic != unit then UnitTopic(unit, topic)"
SUM = "if UnitTopic(unit, topic), Topic(topic, hours) then UnitSet(unit, hours: sum(hours))"
TURNED = (
    "if Topic(topic: t, hours), UnitTopic(unit, topic: t) then UnitSet(unit, hours: sum(hours))"
)
NO_UNIONS = {
    "twice": "if UnitTopic(unit, topic), Topic(topic, hours)"
    " then UnitSet(unit, hours: sum(hours * 2))",
    "least": "if UnitTopic(unit, topic), Topic(topic, hours) then UnitSet(unit, hours: min(hours))",
    "by kind": "if UnitTopic(unit, topic), Topic(topic, hours, kind: unit)"
    " then UnitSet(unit, hours: sum(hours))",
    "no key": "if UnitTopic(unit, topic), Priced(topic, hours)"
    " then UnitSet(unit, hours: sum(hours))",
    "by topic": "if UnitTopic(unit, topic), Topic(topic, hours)"
    " then ByTopic(unit, topic, hours: sum(hours))",
    "in all": "if UnitTopic(unit, topic), Topic(topic, hours)"
    ' then UnitSet(unit: "a", hours: sum(hours))',
}
NAMES = st.sampled_from(["a", "b", "c", "it's", "😀"])
HOURS = st.sampled_from([Decimal(halves) / 2 for halves in (0, 1, 2, 8, -4, 18 * 10**12)])
TABLES = st.fixed_dictionaries(
    {
        "Unit": st.lists(st.tuples(NAMES, NAMES), unique=True),
        "Wants": st.lists(
            st.tuples(NAMES, NAMES, st.sampled_from([None, True, False])), unique=True
        ),
        "Topic": st.lists(
            st.tuples(NAMES, st.none() | HOURS, st.none() | NAMES), unique_by=lambda row: row[0]
        ),
        "Priced": st.lists(st.tuples(NAMES, HOURS), unique=True),
        "Open": st.lists(st.tuples(NAMES), unique=True),
    }
)


@pytest.fixture(autouse=True)
def used(monkeypatch: pytest.MonkeyPatch) -> list[UnionSum]:
    """The sums that were taken with bit strings: any that can be, however little is in them."""
    taken: list[UnionSum] = []
    select = UnionSum.select

    def noting(union: UnionSum, facts: FactBase) -> str:
        taken.append(union)
        return select(union, facts)

    monkeypatch.setattr(unions, "FEWEST_MEMBERS", 0)
    monkeypatch.setattr(UnionSum, "select", noting)
    return taken


def written(*rules: str) -> str:
    return "".join(rule(text, f"r{place}") for place, text in enumerate(rules))


@pytest.mark.parametrize("summed", [SUM, TURNED])
@pytest.mark.parametrize("union", [UNION, OPEN])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables=TABLES)
def test_a_sum_over_a_union(union: str, summed: str, tables: Tables, used: list[UnionSum]) -> None:
    rulebook = SANDBOX.sound(written(union, summed))
    used.clear()
    assert SANDBOX.infer("duckdb", rulebook, tables) == SANDBOX.infer("naive", rulebook, tables)
    filled = {name for name, rows in tables.items() if rows}
    assert bool(used) == (filled >= {"Unit", "Wants", "Topic", *(["Open"] * (union is OPEN))})


@pytest.mark.parametrize("summed", NO_UNIONS.values(), ids=NO_UNIONS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables=TABLES)
def test_what_only_looks_like_one(summed: str, tables: Tables, used: list[UnionSum]) -> None:
    rulebook = SANDBOX.sound(written(UNION, summed))
    assert SANDBOX.infer("duckdb", rulebook, tables) == SANDBOX.infer("naive", rulebook, tables)
    assert not used


def test_a_union_that_is_chosen_is_none(used: list[UnionSum]) -> None:
    rows = [("a", "a"), ("a", "b")]
    tables: Tables = {"Unit": rows, "Wants": [(*row, None) for row in rows]}
    tables = {**tables, "Topic": [("a", Decimal(1), None), ("b", Decimal(2), None)]}
    rulebook = SANDBOX.sound(written(CHOSEN, SUM))
    expected = {"UnitSet": [("a", Decimal(2))], "UnitTopic": [("a", "b")]}
    assert SANDBOX.infer("duckdb", rulebook, tables) == (expected, [])
    assert not used
