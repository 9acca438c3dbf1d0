"""An expression and what its names stand for in, its value out: docs/language.md in fractions."""

import operator as op
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from cop_expert.model import rule as r
from cop_expert.model.arithmetic import INNER_PLACES, PLACES, UNIT
from cop_expert.model.template import Value

Names = dict[str, Any]
"""What each name stands for: numbers are fractions, with all their places."""
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": op.lt, "<=": op.le, "=": op.eq, "!=": op.ne, ">=": op.ge, ">": op.gt,
}  # fmt: skip


TOTALS: dict[str, Callable[[Any], Any]] = {"sum": sum, "min": min, "max": max}


class NoValue(Exception):
    """An operand is absent, or a divisor is zero."""


def plain(value: Value) -> Any:
    """What a fact holds, as the value that it is."""
    return Fraction(value, UNIT) if type(value) is int else value


def stored(value: Any) -> Value:
    """A value as a fact holds it."""
    return _count(value, PLACES) if isinstance(value, Fraction) else value


def rounded(number: Fraction, places: int) -> Fraction:
    """Halves go away from zero."""
    return Fraction(_count(number, places), 10**places)


def _count(number: Fraction, places: int) -> int:
    above, below = abs(number.numerator) * 10**places, number.denominator
    count: int = (2 * above + below) // (2 * below)
    return count if number > 0 else -count


def reckoned(expression: r.Expression, names: Names, group: Sequence[Names] = ()) -> Any:
    """Over a group aggregates have a value, and names are as facts hold them."""
    match expression:
        case r.Variable(name):
            return plain(stored(names[name])) if group else names[name]
        case r.Constant(value):
            return plain(value)
        case r.Aggregate("count"):
            return Fraction(len(group))
        case r.Aggregate(function, operand):
            values = [_there(reckoned(operand, member)) for member in group]
            return TOTALS[function](values)
        case r.Operation(operator, operands):
            return _step(operator, [_there(reckoned(o, names, group)) for o in operands])


def _there(value: Any) -> Any:
    if value is None:
        raise NoValue
    return value


def _step(operator: str, operands: list[Fraction]) -> Fraction:
    match operator, operands:
        case "+", [one, other]:
            return one + other
        case "-", [one, other]:
            return one - other
        case "*", [one, other]:
            return rounded(one * other, INNER_PLACES)
        case "/", [one, other] if other:
            return rounded(one / other, INNER_PLACES)
        case "round", [one]:
            return rounded(one, 0)
        case (("min" | "max"), _):
            return min(operands) if operator == "min" else max(operands)
    raise NoValue


def holds(comparison: r.Comparison, names: Names) -> bool:
    """Only none equals none; it is neither larger nor smaller than anything."""
    one, other = reckoned(comparison.left, names), reckoned(comparison.right, names)
    if comparison.operator != "!=" and (one is None or other is None):
        return comparison.operator == "=" and one is other
    return RELATIONS[comparison.operator](one, other)
