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
    """Draws rules and facts, but for the rules that experta's matcher falls short of.

    These are in `SHORTCOMINGS` of test_experta.py, and besides: `~` of a name in the first fact.
    """

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
        found = [self.one_of(*kinds)()]
        for _ in range(self.random.randrange(4)):
            found.append(self.one_of(*kinds, self.test)())
        return found

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


@settings(max_examples=int(os.environ.get("RULEBOOKS", "100")), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_matches_what_experta_matches(seed: int) -> None:
    drawer = Drawer(seed)
    rules = [drawer.rule() for _ in range(4)]
    engines = [engine_with(matcher, rules) for matcher in (ReteMatcher, HashedMatcher)]
    note(f"rules {rules}")
    for _ in range(12):
        numbers = list(engines[0].facts)
        facts = [drawer.fact() for _ in range(drawer.random.randrange(1, 4))]
        gone = drawer.one_of(None, None, *numbers)
        note(f"retract {gone}" if gone is not None else f"declare {facts}")
        for engine in engines:
            if gone is not None:
                engine.retract(gone)
            else:
                engine.declare(*(fact.copy() for fact in facts))
        assert agenda(engines[1]) == agenda(engines[0])
