"""The matcher against experta's own at random, and what it adds; what importing experta leaves."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from cop_expert.infer.experta_mended import (
    AND,
    EXISTS,
    FORALL,
    NOT,
    OR,
    TEST,
    Agenda,
    Fact,
    KnowledgeEngine,
    L,
    P,
    ReteMatcher,
    Rule,
    Strategy,
    W,
)
from cop_expert.infer.rete_matcher import EITHER, LET, HashedMatcher
from cop_expert.infer.rete_shell import PlainFact, Shell

ROOT = Path(__file__).parent.parent


class One(Fact):  # type: ignore[misc]  # experta has no types
    pass


class Other(Fact):  # type: ignore[misc]  # experta has no types
    pass


# Random rules over random facts that come and go, with experta's matcher and with ours


class Anywhere(Strategy):  # type: ignore[misc]  # experta has no types
    """Removes a match wherever it stands; experta's own strategy looks at three places only."""

    def _update_agenda(self, agenda: Agenda, added: Iterable[Any], removed: Iterable[Any]) -> None:
        for match in removed:
            agenda.activations.remove(match)
        agenda.activations.extend(added)


class Drawer:
    """Draws facts, and rules but for what is in `SHORTCOMINGS` of test_experta.py."""

    predicates = (bool, {0, 1}.__contains__, {1, 2}.__contains__)
    tests = (lambda x: x != 1, lambda y, z: y == z, lambda x, z: (x or 0) <= (z or 0))

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.bound: set[str] = set()

    def one_of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def fact(self) -> Fact:
        nested = self.one_of({}, {"n": {"a": self.value()}})
        row = [self.value() for _ in range(self.random.randrange(3))]
        return self.one_of(Fact, One, Other).from_iter([*enumerate(row), *nested.items()])

    def value(self) -> int:
        return self.random.randrange(3)

    def rule(self) -> list[Any]:
        """Conditions that begin with no TEST."""
        self.bound = set()
        kinds = [self.fact_pattern] * 4 + [self.captured, self.absence, self.choice]
        kinds += [self.existence, self.generality]
        later = [self.one_of(*kinds, self.test) for _ in range(self.random.randrange(4))]
        return [draw() for draw in (self.one_of(*kinds), *later)]

    def test(self) -> Any:
        return TEST(self.one_of(*self.tests))

    def captured(self) -> Any:
        return "f" << self.fact_pattern()

    def absence(self) -> Any:
        """Of one, of both or of either."""
        kept = set(self.bound)
        one, other = self.fact_pattern(), self.fact_pattern()
        self.bound = kept
        return self.one_of(NOT(one), NOT(one), NOT(AND(one, other)), NOT(OR(one, other)))

    def choice(self) -> Any:
        return OR(self.apart(), self.apart())

    def existence(self) -> Any:
        return EXISTS(self.one_of(self.apart(), AND(self.apart(), self.apart())))

    def generality(self) -> Any:
        return FORALL(*(self.apart() for _ in range(self.random.randrange(2, 4))))

    def apart(self) -> Fact:
        """A pattern that does not bind for the others."""
        kept, self.bound = self.bound, set()
        pattern = self.fact_pattern()
        self.bound = kept
        return pattern

    def fact_pattern(self) -> Fact:
        denied = self.random.sample(sorted(self.bound), len(self.bound))
        keys = [key for key in (0, 1, "n__a") if self.one_of(True, False)]
        found = [(key, self.constraint(denied)) for key in keys]
        return self.one_of(Fact, One, Other).from_iter(found)

    def constraint(self, denied: list[str]) -> Any:
        if denied and self.random.randrange(5) == 0:
            return ~W(denied.pop())
        value, holds = self.value(), self.one_of(*self.predicates)
        unnamed = self.one_of(
            ~L(value), ~P(holds), L(value) | L(self.value()), P(holds) & ~L(value)
        )
        if self.one_of(True, False):
            return self.one_of(value, L(value), P(holds), W(), unnamed)
        name = self.one_of("x", "y", "z")
        self.bound.add(name)
        return self.one_of(W(name), W(name), L(value, name), P(holds, name), W(name) & unnamed)


def engine_with(matcher: type, rules: list[list[Any]]) -> Any:
    """An engine with these rules, each known by its salience."""
    named = {f"rule{i}": Rule(*rule, salience=i)(lambda: None) for i, rule in enumerate(rules)}
    members = {"__matcher__": matcher, "__strategy__": Anywhere, **named}
    engine = type("Random", (KnowledgeEngine,), members)()
    engine.reset()
    return engine


def agenda(engine: Any) -> Counter[Any]:
    """Rule, facts and bindings of each match."""
    return Counter(
        (
            match.rule.salience,
            frozenset(fact.__factid__ for fact in match.facts),
            frozenset((n, v) for n, v in match.context.items() if not n.startswith("__")),
        )
        for match in engine.agenda.activations
    )


def change(engine: Any, retracted: list[int], declared: list[Fact]) -> None:
    """Retract and declare at once, as the firing of a rule does."""
    engine.running = True
    for number in retracted:
        engine.retract(number)
    engine.declare(*(fact.copy() for fact in declared))
    engine.running = False
    engine.strategy.update_agenda(engine.agenda, *engine.get_activations())


@settings(max_examples=int(os.environ.get("RULEBOOKS", "100")), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_matches_what_experta_matches(seed: int) -> None:
    drawer = Drawer(seed)
    rules = [drawer.rule() for _ in range(4)]
    note(f"rules {rules}")
    engines = [engine_with(matcher, rules) for matcher in (ReteMatcher, HashedMatcher)]
    for _ in range(12):
        there = list(engines[0].facts)
        retracted = drawer.random.sample(there, min(len(there), drawer.random.randrange(3)))
        declared = [drawer.fact() for _ in range(drawer.random.randrange(4))]
        note(f"retract {retracted}, declare {declared}")
        for engine in engines:
            change(engine, retracted, declared)
        assert agenda(engines[1]) == agenda(engines[0])


# How it matches


def engine_of(*conditions: Any) -> Any:
    return engine_with(HashedMatcher, [list(conditions)])


def test_what_is_gone_is_forgotten() -> None:
    """Nothing is left of facts that went, whatever the rules have made of them."""
    for seed in range(50):
        drawer = Drawer(seed)
        engine = engine_with(HashedMatcher, [drawer.rule() for _ in range(4)])
        empty = held(engine)
        change(engine, [], [drawer.fact() for _ in range(12)])
        change(engine, [number for number in engine.facts if number], [])
        assert held(engine) == empty


def held(engine: Any) -> Counter[str]:
    """How much the nodes and memories hold, which are all there is."""
    alpha = engine.matcher.alpha
    found = Counter(facts=sum(map(len, alpha.facts.values())))
    for memory in alpha.memories.values():
        found["rows"] += len(memory.rows)
        found["indexed"] += sum(len(index.entries) for index in memory.indexes.values())
    nodes = [engine.matcher.root]
    for node in nodes:
        nodes += node.children
        if waiting := getattr(node, "waiting", None):
            found["waiting"] += len(waiting.entries)
        if memory := getattr(node, "memory", None):
            found["collected"] += len(memory.rows)
    return found


class Counted:
    """A value that counts how often it is compared."""

    compared = 0

    def __init__(self, value: int) -> None:
        self.value = value

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return isinstance(other, Counted) and self.value == other.value


@pytest.mark.parametrize(
    "conditions",
    [
        [One(W("x")), Other(W("x"))],
        [One(W("x")), NOT(Other(W("x")))],
        [One(W("x")), Other(0, W("x"))],
    ],
)
def test_joins_look_up_instead_of_trying_out(conditions: list[Any]) -> None:
    engine = engine_of(*conditions)
    values = [Counted(i) for i in range(200)]
    Counted.compared = 0
    engine.declare(*(kind(Counted(i)) for kind in (One, Other) for i in range(200)))
    engine.declare(*(Other(0, value) for value in values))
    assert Counted.compared < 200 * 20


def test_literals_are_looked_up() -> None:
    engine = engine_with(HashedMatcher, [[One(Counted(i), W("x"))] for i in range(100)])
    Counted.compared = 0
    engine.declare(*(One(Counted(i), i) for i in range(100)))
    assert len(engine.agenda.activations) == 100
    assert Counted.compared < 100 * 20


def test_patterns_alike_ask_once() -> None:
    asked = []

    def ask(value: int) -> bool:
        asked.append(value)
        return value > 1

    rules: list[list[Any]] = [[One(P(ask))], [Other(W("y")), One(P(ask, "x"))], [NOT(One(P(ask)))]]
    engine = engine_with(HashedMatcher, rules)
    engine.declare(One(1), One(2))
    assert asked == [1, 1, 2, 2]  # Once with a name and once without: these are not alike.


def test_rules_that_begin_alike_share_what_they_find() -> None:
    tested = []

    def test(x: int, y: int) -> bool:
        tested.append((x, y))
        return True

    begin = [One(W("x")), Other(W("y")), TEST(test)]
    engine = engine_with(HashedMatcher, [begin, [*begin, One(W("y"))], [*begin, NOT(One(W("y")))]])
    engine.declare(One(1), Other(2))
    assert tested == [(1, 2)]


def test_rules_that_begin_with_other_elements_share_nothing() -> None:
    elements = (NOT, EXISTS, lambda pattern: pattern)
    engine = engine_with(HashedMatcher, [[One(), element(Other(1))] for element in elements])
    engine.declare(One())
    assert [match.rule.salience for match in engine.agenda.activations] == [0]
    engine.declare(Other(1))
    assert sorted(match.rule.salience for match in engine.agenda.activations) == [1, 2]


def test_a_predicate_sees_only_facts_with_the_literals() -> None:
    engine = engine_of(One("number", P(lambda x: x < 3)))
    engine.declare(One("text", "long"), One("number", 2))
    assert len(engine.agenda.activations) == 1


def test_equal_matches_fire_in_order_of_name() -> None:
    """Those of the same facts: the last first, as all that comes later."""
    fired: list[str] = []

    def telling(name: str) -> Callable[..., None]:
        return lambda self: fired.append(name)

    rules = {name: Rule(One(W("x")))(telling(name)) for name in "cab"}
    engine = type("Named", (KnowledgeEngine,), {"__matcher__": HashedMatcher, **rules})()
    engine.reset()
    engine.declare(One(1))
    engine.run()
    assert fired == ["c", "b", "a"]


# As the engine `experta` uses it: rules are loaded, and facts only come


class Edge(PlainFact):
    pass


class Mark(PlainFact):
    pass


def pattern(kind: type[PlainFact], *constraints: Any) -> Any:
    """What stands at each position; None: whatever."""
    return kind.from_iter((i, c) for i, c in enumerate(constraints) if c is not None)


def x_to_z() -> list[Any]:
    return [pattern(Edge, W("x"), W("y")), pattern(Edge, W("y"), W("z"))]


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


def in_order(matches: list[dict[str, Any]]) -> list[str]:
    return sorted(str(sorted(match.items())) for match in matches)


def test_each_match_fires_once_whenever_its_facts_come() -> None:
    edges = list(product(range(3), repeat=2))
    for seed in range(20):
        Random(seed).shuffle(edges)
        shell, found = shell_with(x_to_z(), frozenset({Edge}), [])
        for i in range(0, len(edges), 2):
            shell.declare(*(Edge(*edge) for edge in edges[i : i + 2]))
            shell.run()
        expected = [{"x": x, "y": y, "z": z} for x, y, z in product(range(3), repeat=3)]
        assert in_order(found) == in_order(expected)


def test_facts_that_differ_in_what_is_not_asked_are_one_match() -> None:
    shell, found = shell_with([pattern(Edge, W("x"))], frozenset({Edge}), [Edge(1, 1), Edge(1, 2)])
    shell.declare(Edge(1, 3), Edge(2, 1), Edge(2, 2))
    shell.run()
    assert in_order(found) == in_order([{"x": 1}, {"x": 2}])


@pytest.mark.parametrize("negated", [False, True])
def test_a_fact_that_comes_too_late_is_refused(negated: bool) -> None:
    marked = pattern(Mark, W("x"), L(1))
    conditions = [pattern(Edge, W("x"), W("y")), NOT(marked) if negated else marked]
    shell, _ = shell_with(conditions, frozenset({Edge}), [Edge(1, 2)])
    with pytest.raises(RuntimeError, match="complete"):
        shell.declare(Mark(1, 1))


def test_rules_take_the_place_of_those_before() -> None:
    shell, found = shell_with([pattern(Edge, W("x"))], frozenset({Edge}), [Edge(1)])
    shell.run()
    shell.matcher.load(
        [Rule(pattern(Edge, W("y")))(lambda shell, bindings: found.append(bindings))]
    )
    shell.declare(Edge(2))
    shell.run()
    assert in_order(found) == in_order([{"x": 1}, {"y": 1}, {"y": 2}])


def test_what_is_let_is_bound() -> None:
    def added(x: int, y: int) -> int:
        return x + y

    both = [pattern(Edge, W("x"), W("y")), LET("z", added), pattern(Mark, W("z"))]
    _, found = run_shell(both, [Edge(1, 2), Edge(2, 2), Mark(3)])
    assert found == [{"x": 1, "y": 2, "z": 3}]


def test_either_holds() -> None:
    marked, missing = pattern(Mark, W("y"), W("m")), NOT(pattern(Mark, W("y")))
    unmarked = AND(missing, LET("m", lambda: "none"))
    _, found = run_shell([pattern(Edge, W("x"), W("y")), EITHER(marked, unmarked)], EDGES_AND_MARKS)
    assert in_order(found) == in_order([{"x": 1, "y": 2, "m": 7}, {"x": 1, "y": 3, "m": "none"}])


EDGES_AND_MARKS = [Edge(1, 2), Edge(1, 3), Mark(2, 7)]


def run_shell(
    conditions: list[Any], declared: list[PlainFact]
) -> tuple[Shell, list[dict[str, Any]]]:
    shell, found = shell_with(conditions, frozenset(), declared)
    shell.run()
    return shell, found


def test_either_binds_the_same_names() -> None:
    marked, absent = pattern(Mark, W("x"), W("m")), NOT(pattern(Mark, W("x")))
    with pytest.raises(TypeError, match="same names"):
        shell_with([*x_to_z(), EITHER(marked, absent)], frozenset(), [])


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(TypeError, match="no node"):
        shell_with(["a fact"], frozenset(), [])


# What importing experta leaves behind, and what hashes have a say in: nothing


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
