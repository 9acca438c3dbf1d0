"""The matcher against experta's own, and what importing experta leaves behind: nothing."""

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cop_expert.infer.experta_mended import AND, NOT, OR, KnowledgeEngine, L, P, Rule, W
from cop_expert.infer.rete import PlainFact, Shell
from cop_expert.infer.rete_rules import is_present

ROOT = Path(__file__).parent.parent


class Edge(PlainFact):
    pass


class Mark(PlainFact):
    pass


def pattern(kind: type[PlainFact], *constraints: Any) -> Any:
    """What stands at each position; None: whatever."""
    return kind.from_iter((i, c) for i, c in enumerate(constraints) if c is not None)


def x_to_z() -> list[Any]:
    return [pattern(Edge, W("x"), W("y")), pattern(Edge, W("y"), W("z"))]


CONDITIONS: dict[str, Callable[[], list[Any]]] = {
    "one": lambda: [pattern(Edge, W("x"), W("y"))],
    "joined": x_to_z,
    "twice the same name": lambda: [pattern(Edge, W("x"), W("x")), pattern(Mark, W("x"), W("m"))],
    "literals": lambda: [pattern(Edge, L(1), W("y")), pattern(Mark, W("y"), L(2))],
    "present": lambda: [pattern(Mark, W("x"), P(is_present, "m"))],
    "absent": lambda: [pattern(Mark, W("x"), L(None))],
    "apart": lambda: [pattern(Edge, W("x"), W("y")), pattern(Mark, W("m"), L(1))],
    "not": lambda: [*x_to_z(), NOT(pattern(Mark, W("x"), W("z")))],
    "not, of a name of its own": lambda: [*x_to_z(), NOT(pattern(Mark, W("z"), W("m")))],
    "not, and joined": lambda: [
        pattern(Edge, W("x"), W("y")),
        NOT(pattern(Mark, W("y"))),
        pattern(Edge, W("y"), W("z")),
    ],
}


def facts(seed: int) -> list[PlainFact]:
    """No two alike in what a pattern asks for: experta counts facts, and we count values."""
    random = Random(seed)
    edges = {(random.randrange(4), random.randrange(4)) for _ in range(7)}
    marks = {(random.randrange(4), random.choice((None, 1, 2))) for _ in range(4)}
    return [*(Edge(*row) for row in sorted(edges)), *(Mark(*row) for row in sorted(marks, key=str))]


def sorted_matches(matches: list[dict[str, Any]]) -> list[str]:
    return sorted(str(sorted(match.items())) for match in matches)


def matches_of_experta(conditions: list[Any], declared: list[PlainFact]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def fire(engine: Any, **match: Any) -> None:
        found.append(match)

    engine = type("Plain", (KnowledgeEngine,), {"rule": Rule(*conditions)(fire)})()
    engine.reset()
    engine.declare(*declared)
    engine.run()
    return found


def shell_with(
    conditions: list[Any], growing: frozenset[type], declared: list[PlainFact]
) -> tuple[Shell, list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []

    def fire(shell: Shell, bindings: dict[str, Any]) -> None:
        found.append(bindings)

    shell = Shell()
    shell.reset()
    shell.declare(*declared)
    shell.matcher.load([Rule(*conditions)(fire)], growing)
    return shell, found


@pytest.mark.parametrize("name", CONDITIONS)
def test_matches_what_experta_matches(name: str) -> None:
    for seed in range(20):
        shell, found = shell_with(CONDITIONS[name](), frozenset(), facts(seed))
        shell.run()
        expected = matches_of_experta(CONDITIONS[name](), facts(seed))
        assert sorted_matches(found) == sorted_matches(expected)


def test_each_match_fires_once_whenever_its_facts_come() -> None:
    edges = list(product(range(3), repeat=2))
    for seed in range(20):
        Random(seed).shuffle(edges)
        shell, found = shell_with(x_to_z(), frozenset({Edge}), [])
        for i in range(0, len(edges), 2):
            shell.declare(*(Edge(*edge) for edge in edges[i : i + 2]))
            shell.run()
        expected = [{"x": x, "y": y, "z": z} for x, y, z in product(range(3), repeat=3)]
        assert sorted_matches(found) == sorted_matches(expected)


def test_facts_that_differ_in_what_is_not_asked_are_one_match() -> None:
    shell, found = shell_with([pattern(Edge, W("x"))], frozenset({Edge}), [Edge(1, 1), Edge(1, 2)])
    shell.declare(Edge(1, 3), Edge(2, 1), Edge(2, 2))
    shell.run()
    assert sorted_matches(found) == sorted_matches([{"x": 1}, {"x": 2}])


@pytest.mark.parametrize("negated", [False, True])
def test_a_fact_that_comes_too_late_is_refused(negated: bool) -> None:
    marked = pattern(Mark, W("x"), L(1))
    conditions = [pattern(Edge, W("x"), W("y")), NOT(marked) if negated else marked]
    shell, _ = shell_with(conditions, frozenset({Edge}), [Edge(1, 2)])
    with pytest.raises(RuntimeError, match="complete"):
        shell.declare(Mark(1, 1))


def test_retracting_is_refused() -> None:
    shell, _ = shell_with(x_to_z(), frozenset(), [Edge(1, 2)])
    with pytest.raises(NotImplementedError):
        shell.retract(1)


def test_alternatives_bind_the_same_names() -> None:
    marked, absent = pattern(Mark, W("x"), W("m")), AND(NOT(pattern(Mark, W("x"))))
    with pytest.raises(TypeError, match="same names"):
        shell_with([*x_to_z(), OR(marked, absent)], frozenset(), [])


def output(code: str, seed: str = "0") -> str:
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


IMPORTED = """
import collections, logging
import cop_expert.infer.rete
print(hasattr(collections, "Mapping"), logging.root.handlers)
"""


def test_importing_experta_leaves_nothing_behind() -> None:
    assert output(IMPORTED) == "False []\n"


INFERRED = """
from cop_expert import pipeline
from cop_expert.resources import resource

knowledge = pipeline.read(resource("kb/examples/grand-hotel"))
pipeline.infer(knowledge, "experta", "unkept")
for name in knowledge.facts.vocabulary.templates:
    print(name, knowledge.facts.query(f'FROM "{name}"'))
"""


def test_the_order_of_hashes_does_not_matter() -> None:
    assert output(INFERRED, "1") == output(INFERRED, "2")
