"""The random comparison notices: where one engine takes an operator for its neighbour, it fails."""

from collections.abc import Callable

import pytest
from engines import ENGINES
from msgspec.structs import replace
from random_rules import SANDBOX, Case, examples

from cop_expert.infer import evaluate
from cop_expert.infer.sql_terms import Terms
from cop_expert.model.rule import Comparison

NEIGHBOURS = {"<": "<=", "<=": "<", "=": "!=", "!=": "=", ">=": ">", ">": ">="}
CASES = 60


def mutate_experta(monkeypatch: pytest.MonkeyPatch, operator: str) -> None:
    monkeypatch.setitem(evaluate.RELATIONS, operator, evaluate.RELATIONS[NEIGHBOURS[operator]])


def mutate_duckdb(monkeypatch: pytest.MonkeyPatch, operator: str) -> None:
    written = Terms.comparison

    def mutant(terms: Terms, comparison: Comparison) -> str:
        if comparison.operator == operator:
            comparison = replace(comparison, operator=NEIGHBOURS[operator])
        return written(terms, comparison)

    monkeypatch.setattr(Terms, "comparison", mutant)


MUTATE: dict[str, Callable[[pytest.MonkeyPatch, str], None]] = {
    "experta": mutate_experta,
    "duckdb": mutate_duckdb,
}


@pytest.mark.parametrize("operator", NEIGHBOURS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_mutant_is_caught(engine: str, operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTATE[engine](monkeypatch, operator)
    comparing = (case for case in examples(CASES) if compares(case, operator))
    caught = next((case for case in comparing if differs(case, engine)), None)
    assert caught, "the comparison holds all the same"
    monkeypatch.undo()
    assert not differs(caught, engine)


def differs(case: Case, engine: str) -> bool:
    found, expected = (
        SANDBOX.infer(name, case.rulebook, case.tables) for name in (engine, "naive")
    )
    return found != expected


def compares(case: Case, operator: str) -> bool:
    """True where a rule compares by the operator."""
    return any(
        isinstance(condition, Comparison) and condition.operator == operator
        for stratum in case.rulebook.strata
        for clause in stratum.clauses
        for condition in clause.body
    )
