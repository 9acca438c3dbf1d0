"""Exact arithmetic, the same for every engine: numbers are whole counts of a decimal unit.

A fact's number is a whole number of millionths. Inside a rule an expression carries its own
number of decimal places; each product and quotient is rounded half away from zero to twelve,
sums are exact, and what a rule concludes is rounded to six.
"""

from decimal import Decimal

PLACES = 6
"""Decimal places of a number in a fact."""
INNER_PLACES = 12
"""Decimal places to which a product or a quotient inside a rule is rounded."""
UNIT = 10**PLACES
FACT_LIMIT = 2**63 - 1
"""The largest count of millionths that a fact can hold: 64 bits, about nine trillion."""
INNER_LIMIT = 2**127 - 1
"""The largest count that a step inside a rule can hold: 128 bits."""


class OverflowInRule(ArithmeticError):
    """A step of a rule went beyond 128 bits, or a conclusion beyond 64."""


def of_millionths(count: int) -> tuple[int, int]:
    """A fact's number; whole numbers are carried without places, so that products stay short."""
    return (count // UNIT, 0) if count % UNIT == 0 else (count, PLACES)


def divide_half_away(numerator: int, denominator: int) -> int:
    """The quotient rounded to a whole number, halves away from zero."""
    quotient, rest = divmod(abs(numerator), abs(denominator))
    quotient += 2 * rest >= abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def rescale(count: int, places: int, to: int) -> int:
    """The same number with other decimal places, rounded half away from zero where they shrink."""
    if to >= places:
        return within(count * 10 ** (to - places))
    return divide_half_away(count, 10 ** (places - to))


def within(count: int, limit: int = INNER_LIMIT) -> int:
    """The count itself, or `OverflowInRule` where an engine could not hold it."""
    if abs(count) > limit:
        raise OverflowInRule
    return count


def can_be_held(number: Decimal) -> bool:
    """Whether a fact can hold it; its absolute value may be beyond decimals themselves."""
    most = FACT_LIMIT // UNIT
    return number.is_finite() and -most <= number <= most


def to_millionths(number: Decimal) -> int:
    """A decimal as a fact holds it."""
    numerator, denominator = number.as_integer_ratio()
    return divide_half_away(numerator * UNIT, denominator)


def to_decimal(count: int) -> Decimal:
    """A fact's number as a decimal without trailing zeros."""
    return Decimal(count).scaleb(-PLACES).normalize() + Decimal(0)
