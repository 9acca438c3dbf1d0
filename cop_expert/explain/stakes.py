"""What a conclusion would still stand on: each number that it rests on, with another value.

A comparison in a rule puts a stake on the numbers that it compares. The stake is passed down, from
a share to the heads that it was made of, to the contributions that these are the sum of.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cop_expert.explain.question import Match, contribution, first_aggregate
from cop_expert.infer.evaluate import Bindings, number_of, truth_of, value_of
from cop_expert.model.arithmetic import INNER_PLACES, PLACES, UNIT, rescale
from cop_expert.model.rule import (
    Binding,
    Clause,
    Comparison,
    Expression,
    Fallback,
    Presence,
    Variable,
    expressions,
    is_aggregated,
    variables,
)
from cop_expert.model.template import Kind, Value

LARGEST = 10**15
"""Millionths up to which a number is tried."""

Test = Callable[[Bindings], bool]


class Stake(NamedTuple):
    """A number of a fact, and whether what rests on it would hold with another value."""

    field: str
    holds: Callable[[int], bool]


Staked = list[tuple[int, Stake]]
"""Each stake after the position of the condition on whose fact it is."""


def stakes(match: Match, above: Stake | None = None) -> Staked:
    """The stakes on the numbers of the facts that a clause's conditions found.

    `above` is the stake on the number that the clause itself concludes.
    """
    return list(_staked(match, *_tests(match.clause, above)))


def _staked(match: Match, tests: list[Test], at_stake: set[str]) -> Iterator[tuple[int, Stake]]:
    for position in match.facts:
        condition = match.clause.body[position]
        assert isinstance(condition, Presence | Fallback)
        for field, term in condition.atom:
            if isinstance(term, Variable) and term.name in at_stake:
                yield position, Stake(field, _holds(tests, match, term.name))


def contribution_stakes(match: Match, total: int, above: Stake) -> Staked:
    """The same for a contribution to a sum, a smallest or a largest value.

    `total` is the whole, in millionths, `above` the stake on it.
    """
    aggregate = first_aggregate(match.clause)
    assert aggregate
    term = contribution(match.clause)
    reckon, function = number_of(term), aggregate.function
    rest = total - rescale(match.amount, INNER_PLACES, PLACES)

    def test(bindings: Bindings) -> bool:
        amount = rescale(*reckon(bindings), PLACES)
        extreme = {"min": min, "max": max}.get(function)
        return above.holds(extreme(total, amount) if extreme else rest + amount)

    return list(_staked(match, [test], set(_numbers(match.clause, [term]))))


def opposite(stake: Stake) -> Stake:
    """What is at stake if the conclusion is not wanted."""
    return Stake(stake.field, lambda value: not stake.holds(value))


def _tests(clause: Clause, above: Stake | None) -> tuple[list[Test], set[str]]:
    """What has to hold of the clause's bindings, and the numbers that this speaks of."""
    compared = [c for c in clause.body if isinstance(c, Comparison)]
    tests = [truth_of(comparison) for comparison in compared]
    terms = [side for comparison in compared for side in expressions(comparison)]
    head = clause.head.term(above.field) if above else None
    if above and head and not is_aggregated(head):
        value, holds = value_of(head), above.holds
        tests.append(lambda bindings: holds(_whole(value(bindings))))
        terms.append(head)
    return tests, set(_numbers(clause, terms))


def _numbers(clause: Clause, terms: list[Expression]) -> Iterator[str]:
    """The numeric variables of the terms, and those that these are computed from."""
    for name in [variable.name for term in terms for variable in variables(term)]:
        if clause.types[name].kind == Kind.NUMBER:
            yield name
            yield from _numbers(clause, [b.value for b in _bindings(clause) if b.name == name])


def _bindings(clause: Clause) -> Iterator[Binding]:
    return (condition for condition in clause.body if isinstance(condition, Binding))


def _holds(tests: list[Test], match: Match, name: str) -> Callable[[int], bool]:
    def holds(value: int) -> bool:
        try:
            bindings = _with(match, name, value)
            return all(test(bindings) for test in tests)
        except ArithmeticError:
            return False

    return holds


def _with(match: Match, name: str, value: int) -> Bindings:
    """The bindings with another value for the name, and what is computed of it made anew."""
    bindings: dict[str, Value | tuple[int, int] | ArithmeticError] = dict(match.bindings)
    bindings[name] = value
    for binding in _bindings(match.clause):
        numeric = match.clause.types[binding.name].kind == Kind.NUMBER
        reckon: Callable[[Bindings], Value | tuple[int, int]] = (
            number_of(binding.value) if numeric else value_of(binding.value)
        )
        bindings[binding.name] = reckon(bindings)
    return bindings


def margin(comparison: Comparison, match: Match) -> int | None:
    """How far apart the sides of an inequality are, in millionths; None for other comparisons."""
    if comparison.operator not in ("<", "<=", ">", ">="):
        return None
    found = sides(comparison, match)
    return abs(found[0] - found[1]) if found else None


def sides(comparison: Comparison, match: Match) -> tuple[int, ...]:
    """Both sides of a comparison of numbers, in millionths; none where they have no value."""
    try:
        return tuple(
            rescale(*number_of(side)(match.bindings), PLACES) for side in expressions(comparison)
        )
    except (ArithmeticError, TypeError, AssertionError):
        return ()


def nearest_value(stake: Stake, value: int, whole: bool) -> int | None:
    """The value next to this one with which it would hold, in millionths; None where none does.

    Beyond it all values are taken to hold as well; `whole` asks for whole steps, as of people.
    """
    step = UNIT if whole else 1
    found = [value + n for n in (_steps(stake, value, step), _steps(stake, value, -step)) if n]
    return min(found, key=lambda other: abs(other - value), default=None)


def _steps(stake: Stake, value: int, step: int) -> int:
    """How far to go so that it holds; 0 where it never does."""
    low, high = 0, 1
    while not stake.holds(value + high * step):
        low, high = high, high * 2
        if abs(high * step) > LARGEST or value + high * step < 0:
            return 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if stake.holds(value + middle * step) else (middle, high)
    return high * step


def _whole(value: Value) -> int:
    assert isinstance(value, int)
    return value
