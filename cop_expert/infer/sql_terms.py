"""Names with their SQL in, the SQL of expressions out: exact decimals as scaled integers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cop_expert.infer.joins import MIRRORED
from cop_expert.model.arithmetic import INNER_PLACES, PLACES, UNIT
from cop_expert.model.rule import (
    Aggregate,
    Comparison,
    Constant,
    Expression,
    Operation,
    Variable,
)
from cop_expert.model.template import Datatype, Kind, Value

SMALL = "BETWEEN -4000000000000000000::HUGEINT AND 4000000000000000000::HUGEINT"
"""Numbers that 64 bits hold, twice over; DuckDB divides those ten times as fast."""
MACROS = f"""
CREATE OR REPLACE MACRO round_half_away(n, d) AS (n + sign(n) * (abs(d) >> 1)) // d;
CREATE OR REPLACE MACRO rounded(n, d) AS
    CASE WHEN n {SMALL} THEN (n::BIGINT + sign(n) * (d::BIGINT >> 1)) // d::BIGINT
    ELSE (n + sign(n) * (d::HUGEINT >> 1)) // d::HUGEINT END;
CREATE OR REPLACE MACRO product_rounded(a, b) AS
    CASE WHEN a BETWEEN 0 AND 4000000000000000000::HUGEINT AND b BETWEEN 0 AND 4000000000000
    THEN (a::BIGINT // 1000000)::HUGEINT * b::BIGINT
        + ((a::BIGINT % 1000000) * b::BIGINT + 500000) // 1000000
    ELSE round_half_away(a::HUGEINT * b, 1000000::HUGEINT) END;
CREATE OR REPLACE MACRO half_and_more(d) AS (d * 500000::BIGINT + (d >> 1)) // 1000000;
CREATE OR REPLACE MACRO rounded_twice(n, d) AS
    ((n + sign(n) * (abs(d) >> 1)) // d + sign(n) * sign(d) * 500000) // 1000000;
CREATE OR REPLACE MACRO quotient_rounded(n, d) AS
    CASE WHEN n BETWEEN 0 AND 4000000000000000000::HUGEINT AND d BETWEEN 1 AND 9000000000000
    THEN (n::BIGINT + half_and_more(d::BIGINT)) // d::BIGINT
    ELSE rounded_twice(n * 1000000::HUGEINT, nullif(d, 0)) END;
CREATE OR REPLACE MACRO tried(condition) AS condition;
"""
"""What every fact base takes with it, into its file too, for whoever asks its rules again.

128 bits are divided ten times as slowly as 64. A product that is rounded to twelve places is
therefore made of two, so that its parts are divided and not the whole:
round(a·b / 10⁶) = ⌊a / 10⁶⌋·b + round((a mod 10⁶)·b / 10⁶).

A quotient is rounded to twelve places and then, as facts hold it, to six. Of numbers that are
not negative both are one division: with n in the places that make the quotient have six,
floor((floor((n·10⁶ + ⌊d/2⌋) / d) + 500000) / 10⁶) = floor((n + ⌊(500000·d + ⌊d/2⌋) / 10⁶⌋) / d).
How often a macro says `n` and `d` counts: DuckDB needs a millisecond for each twenty times or so.
"""
CAREFUL = "CREATE OR REPLACE TEMP MACRO tried(condition) AS TRY(condition)"
"""With this a condition is NULL where a number in it is too large, for one connection."""
CARELESS = "DROP MACRO temp.main.tried"
Number = tuple[str, int]
"""An SQL expression and its decimal places. What facts hold has 64 bits, all that is reckoned of
it 128: the sum of many is taken in 128 by DuckDB itself."""
CodeOf = Callable[[Value], Value]
"""The code under which a fact base holds a text."""


class Terms:
    """What each name is in SQL, and what expressions of names are."""

    def __init__(self, types: dict[str, Datatype], code_of: CodeOf) -> None:
        self.types = types
        self.code_of = code_of
        self.values: dict[str, str] = {}
        """Names as facts hold them."""
        self.numbers: dict[str, Number] = {}
        """Numbers with all their places."""
        self.maybe_absent: set[str] = set()
        """Names that may stand for `none`."""
        self.present: list[str] = []
        """What must hold so that expressions have a value."""
        self.zeros: list[str] = []
        """When something is divided by zero."""
        self._unless = ""
        """A condition under which what is demanded does not matter."""

    def take(self, name: str, value: str, maybe_absent: bool = False) -> None:
        """The name is what facts hold."""
        self.values[name] = value
        if self.types[name].kind == Kind.NUMBER:
            self.numbers[name] = (value, PLACES)
        if maybe_absent:
            self.maybe_absent.add(name)

    def hold(self, name: str, value: str, places: int | None) -> None:
        """The name is what was reckoned before: a number with its places, or none of these."""
        self.values[name] = value
        if places is not None:
            self.values[name], self.numbers[name] = f"{value}::BIGINT", (value, places)

    def compute(self, name: str, expression: Expression) -> None:
        """The name is what an expression makes of other names, with all its places."""
        if self.types[name].kind == Kind.NUMBER:
            self.numbers[name] = self.number(expression)
            # What is too large for a fact matches none.
            self.values[name] = f"TRY_CAST({rescaled(*self.numbers[name], PLACES)} AS BIGINT)"
        else:
            self.values[name] = self.value(expression)
        if self.may_be_absent(expression):
            self.maybe_absent.add(name)

    @contextmanager
    def unless(self, condition: str) -> Iterator[None]:
        self._unless = condition
        yield
        self._unless = ""

    def literal(self, value: Value) -> str:
        match value:
            case None:
                return "NULL"
            case bool():
                return "TRUE" if value else "FALSE"
            case int():
                return f"{value}::BIGINT"
            case _:
                return f"{self.code_of(value)}::INTEGER"

    def equals(self, column: str, value: Value) -> str:
        return f"{column} IS NULL" if value is None else f"{column} = {self.literal(value)}"

    def is_number(self, expression: Expression) -> bool:
        match expression:
            case Variable(name):
                return name in self.numbers
            case Constant(value):
                return type(value) is int
            case _:
                return True

    def may_be_absent(self, expression: Expression) -> bool:
        match expression:
            case Variable(name):
                return name in self.maybe_absent
            case Constant(value):
                return value is None
            case _:
                return False

    def comparison(self, comparison: Comparison) -> str:
        """Only `none` equals `none`; nothing is larger or smaller than it."""
        sides = (comparison.left, comparison.right)
        if None in map(self._plain_column, sides):
            return tried(self._comparison(*sides, comparison.operator))
        return self._comparison(*sides, comparison.operator)

    def _comparison(self, left: Expression, right: Expression, operator: str) -> str:
        one, other = self._sides(left, right)
        relation = "<>" if operator == "!=" else operator
        match self.may_be_absent(left), self.may_be_absent(right):
            case False, False:
                return f"({one} {relation} {other})"
            case True, True if operator in ("=", "!="):
                return f"({one} IS {'NOT ' if operator == '=' else ''}DISTINCT FROM {other})"
            case True, True:
                return f"({one} IS NOT NULL AND {other} IS NOT NULL AND {one} {relation} {other})"
            case False, True:
                one, other, relation = other, one, MIRRORED.get(relation, relation)
        if operator == "!=":
            return f"({one} <> {other} OR ({one} IS NULL AND {other} IS NOT NULL))"
        return f"({one} IS NOT NULL AND {one} {relation} {other})"

    def _sides(self, left: Expression, right: Expression) -> tuple[str, str]:
        """Both sides in a form in which they compare."""
        one, other = self._plain_column(left), self._plain_column(right)
        if one is not None and other is not None:
            return one, other
        if self.is_number(left) or self.is_number(right):
            (a, a_places), (b, b_places) = self.number(left), self.number(right)
            places = max(a_places, b_places)
            return rescaled(a, a_places, places), rescaled(b, b_places, places)
        return self.value(left), self.value(right)

    def guarded(self, expression: Expression, condition: str) -> str:
        """A condition on the expression's value: DuckDB joins by it only where nothing is tried."""
        return condition if self._plain_column(expression) is not None else tried(condition)

    def _plain_column(self, expression: Expression) -> str | None:
        """Facts and literals compare as they are stored, without arithmetic."""
        match expression:
            case Variable(name) if self._is_held(name):
                return self.values[name]
            case Constant(value):
                return self.literal(value)
        return None

    def _is_held(self, name: str) -> bool:
        """True where the name is just what facts hold, or no number."""
        return self.numbers.get(name, (self.values[name], PLACES)) == (self.values[name], PLACES)

    def value(self, expression: Expression) -> str:
        """An expression as a fact would hold it."""
        match expression:
            case Variable(name) if self._is_held(name):
                return self.values[name]
            case Constant(value):
                return self.literal(value)
            case Operation("/", (dividend, divisor)):
                return f"{self._quotient_as_fact(dividend, divisor)}::BIGINT"
            case _:
                sql, places = self.number(expression)
                if places > PLACES:
                    return f"rounded({sql}, {10 ** (places - PLACES)})::BIGINT"
                return f"({rescaled(sql, places, PLACES)})::BIGINT"

    def aggregate(self, aggregate: Aggregate) -> tuple[str, int | None]:
        """Over the bindings of a group, and its places; a text has none."""
        function, operand = aggregate.function, aggregate.operand
        if function == "count":
            return "count(*)::HUGEINT", 0
        if self.is_number(operand):
            inner, places = self._operand(operand)
            return (_sum(inner) if function == "sum" else f"{function}({inner})"), places
        inner = self.value(operand)
        self.demand(operand, inner)
        return f"{function}({inner})", None

    def number(self, expression: Expression) -> Number:
        """A numeric expression, exact or rounded to twelve places, and its places."""
        match expression:
            case Variable(name):
                return self.numbers[name]
            case Constant(None):
                return "NULL::HUGEINT", 0
            case Constant(value):
                assert isinstance(value, int)
                whole = value % UNIT == 0
                return f"{value // UNIT if whole else value}::HUGEINT", 0 if whole else PLACES
            case Operation("/", (dividend, divisor)):
                return self._quotient(dividend, divisor)
            case Operation(operator, operands):
                return self._operation(operator, [self._operand(operand) for operand in operands])
            case Aggregate():
                raise TypeError("an aggregate has a value in a group only")

    def _operand(self, expression: Expression) -> Number:
        """What is reckoned with must be there."""
        sql, places = self.number(expression)
        self.demand(expression, sql)
        return sql, places

    def demand(self, expression: Expression, sql: str) -> None:
        """Without a value for the expression there is no conclusion."""
        if self.may_be_absent(expression):
            there = f"{sql} IS NOT NULL"
            self.present.append(f"({self._unless} OR {there})" if self._unless else there)

    def _operation(self, operator: str, operands: list[Number]) -> Number:
        if operator == "round":
            return f"({rescaled(*operands[0], 0)})", 0
        if operator == "*":
            (a, a_places), (b, b_places) = operands
            return _product(a, b, a_places + b_places)
        places = max(places for _, places in operands)
        same = [rescaled(sql, own, places) for sql, own in operands]
        if operator in ("min", "max"):
            return self._extreme("least" if operator == "min" else "greatest", same), places
        return f"({same[0]}::HUGEINT {operator} {same[1]})", places

    def _extreme(self, function: str, operands: list[str]) -> str:
        """DuckDB passes over NULL, but of what is divided by zero there is no least."""
        extreme = f"{function}({', '.join(operands)})"
        if not self.zeros:
            return extreme
        there = " AND ".join(f"{operand} IS NOT NULL" for operand in operands)
        return f"(CASE WHEN {there} THEN {extreme} END)"

    def _quotient(self, dividend: Expression, divisor: Expression) -> Number:
        numerator, denominator = self._fraction(dividend, divisor, INNER_PLACES)
        if not never_zero(divisor):
            denominator = f"nullif({denominator}, 0)"
        return f"(round_half_away({numerator}, {denominator}))", INNER_PLACES

    def _quotient_as_fact(self, dividend: Expression, divisor: Expression) -> str:
        """What `_quotient` is, rounded once more to the places of a fact."""
        if self.number(dividend)[1] > PLACES + self.number(divisor)[1]:
            sql, places = self._quotient(dividend, divisor)
            return f"({rescaled(sql, places, PLACES)})"
        return f"quotient_rounded({', '.join(self._fraction(dividend, divisor, PLACES))})"

    def _fraction(self, dividend: Expression, divisor: Expression, places: int) -> tuple[str, str]:
        """Integers whose quotient has so many places; what divides by zero is demanded not to."""
        (a, a_places), (b, b_places) = self._operand(dividend), self._operand(divisor)
        shift = places + b_places - a_places
        numerator = f"({a} * {10**shift}::HUGEINT)" if shift else f"{a}::HUGEINT"
        if not never_zero(divisor):
            zero = f"({f'NOT {self._unless} AND ' if self._unless else ''}{tried(f'{b} = 0')})"
            if zero not in self.zeros:
                self.zeros.append(zero)
        return numerator, b


def never_zero(divisor: Expression) -> bool:
    return isinstance(divisor, Constant) and bool(divisor.value)


def tried(condition: str) -> str:
    """A condition in which numbers are reckoned."""
    return f"tried({condition})"


TOO_LARGE = tried("'too large'::BIGINT = 0")
"""A condition of which nothing can be told."""


def rescaled(sql: str, places: int, to: int) -> str:
    """The same number with other decimal places, rounded half away from zero where they shrink."""
    if to == places:
        return sql
    if to > places:
        return f"({sql} * {10 ** (to - places)}::HUGEINT)"
    return f"round_half_away({sql}, {10 ** (places - to)}::HUGEINT)"


def _sum(operand: str) -> str:
    """DuckDB 2.0 takes a sum for 0 where it knows that a LEFT JOIN finds nothing, and leaves out
    what rests on it. Of `xor` it knows nothing."""
    return f"xor(sum({operand}), 0::HUGEINT)"


def _product(a: str, b: str, places: int) -> Number:
    """By way of the quicker macros, whose text is longer, where nothing within is rounded yet."""
    product = f"({a}::HUGEINT * {b})"
    if places <= INNER_PLACES:
        return product, places
    if "rounded(" in product or "round_half_away(" in product:
        return f"({rescaled(product, places, INNER_PLACES)})", INNER_PLACES
    if places == INNER_PLACES + PLACES:
        return f"product_rounded({a}, {b})", INNER_PLACES
    return f"rounded({product}, {10 ** (places - INNER_PLACES)})::HUGEINT", INNER_PLACES
