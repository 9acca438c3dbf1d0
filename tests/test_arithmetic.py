"""DuckDB's arithmetic is that of arithmetic.py, to the last place."""

from collections.abc import Callable
from functools import cache

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cop_expert.infer.sql_terms import MACROS
from cop_expert.model.arithmetic import (
    FACT_LIMIT,
    INNER_LIMIT,
    INNER_PLACES,
    PLACES,
    UNIT,
    OverflowInRule,
    divide_half_away,
    rescale,
    within,
)


@cache
def reckoner() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(MACROS)
    return connection


def in_sql(macro: str, n: int, d: int) -> int | None:
    """What a macro makes of two numbers; None where one on the way is too large."""
    sql = f"SELECT TRY({macro}(n, d)) FROM (SELECT ?::HUGEINT AS n, ?::HUGEINT AS d)"
    found: tuple[int | None] | None = reckoner().execute(sql, [str(n), str(d)]).fetchone()
    return found and found[0]


def quotient_rounded(n: int, d: int) -> int:
    """To twelve places, and then to those of a fact, in which n is counted already."""
    exact: int = divide_half_away(within(n * UNIT), d)
    return rescale(exact, INNER_PLACES, PLACES)


MACRO: dict[str, Callable[[int, int], int]] = {
    "round_half_away": divide_half_away,
    "rounded": divide_half_away,
    "quotient_rounded": quotient_rounded,
}
EDGES = [1, UNIT, 9 * 10**12, 4 * 10**18, FACT_LIMIT, 10**32, INNER_LIMIT // UNIT, INNER_LIMIT]
"""Where another way of reckoning begins, or something is too large."""
HALVES = [5_000_000, 4_999_995, 10_000_000]
"""In ten-millionths, what is rounded up by a hair; the second only if it is rounded twice."""


@st.composite
def numbers(draw: st.DrawFn) -> int:
    """Of any size, often close to an edge."""
    bits = st.integers(0, 60) | st.integers(0, 127)
    size = draw(st.sampled_from(EDGES) | bits.map(lambda place: 1 << place))
    count = draw(st.sampled_from([size, 2 * size, 4 * size]) | st.integers(0, size))
    count = min(INNER_LIMIT, count + draw(st.integers(-2, 2)))
    return draw(st.sampled_from([count, -count]))


@st.composite
def fractions(draw: st.DrawFn, divisors: st.SearchStrategy[int]) -> tuple[int, int]:
    """Two numbers whose quotient is often half-way between two that can be held."""
    n, d = draw(numbers()), draw(divisors)
    if draw(st.booleans()):
        n += d * draw(st.sampled_from(HALVES)) // 10**7 - n % d + draw(st.integers(-1, 1))
    # To round, DuckDB adds half of what it divides by: so close to the limit it finds no room.
    half = max(abs(d), UNIT)
    assume(abs(n) < INNER_LIMIT - half and abs(abs(n * UNIT) - INNER_LIMIT) > half)
    return n, d


@pytest.mark.parametrize("macro", MACRO)
def test_macros(macro: str) -> None:
    divisors = numbers().filter(bool)
    if macro == "rounded":  # to other decimal places, never more than twelve fewer
        divisors = st.integers(0, INNER_PLACES).map(lambda places: 10**places)

    @settings(max_examples=200, deadline=None)
    @given(fractions(divisors))
    def agrees(fraction: tuple[int, int]) -> None:
        n, d = fraction
        try:
            expected = MACRO[macro](n, d)
        except OverflowInRule:
            expected = None
        assert in_sql(macro, n, d) == expected

    agrees()
