"""An expression and a binding in, its value out: the arithmetic of arithmetic.py, one at a time."""

import operator
from collections.abc import Mapping
from typing import cast

from cop_expert.model.arithmetic import (
    FACT_LIMIT,
    INNER_PLACES,
    PLACES,
    divide_half_away,
    of_millionths,
    rescale,
    within,
)
from cop_expert.model.rule import (
    Absence,
    Binding,
    Comparison,
    Condition,
    Constant,
    Expression,
    Fallback,
    Operation,
    Presence,
    Variable,
    variables,
)
from cop_expert.model.template import Datatype, Kind, Value

Number = tuple[int, int]
"""(count, places): (1250000, 6) is 1.25."""
Bindings = Mapping[str, Value | Number | ArithmeticError]
"""Facts' values; a number computed by a binding keeps its places, or is the error that it met."""

RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


class NoValue(ArithmeticError):
    """The expression has no value, for one of its operands is absent."""


class DividedByZero(NoValue):
    """The expression has no value, for a divisor is zero."""


def is_number(expression: Expression, types: Mapping[str, Datatype]) -> bool:
    match expression:
        case Variable(name):
            return types[name].kind == Kind.NUMBER
        case Constant(value):
            return type(value) is int
        case _:
            return True


def number(expression: Expression, bindings: Bindings) -> Number:
    """A numeric expression's value, exact or rounded to twelve places."""
    match expression:
        case Variable(name):
            found = _bound(name, bindings)
            if isinstance(found, tuple):
                return found
            return _present(found), PLACES
        case Constant(value):
            return of_millionths(_present(value))
        case Operation(name, operands):
            return reckon(name, [number(operand, bindings) for operand in operands])
        case _:
            raise TypeError("an aggregate has no value of its own")


def _bound(name: str, bindings: Bindings) -> Value | Number:
    found = bindings[name]
    if isinstance(found, ArithmeticError):
        raise found.with_traceback(None)
    return found


def _present(operand: Value) -> int:
    if operand is None:
        raise NoValue
    assert isinstance(operand, int)
    return operand


def reckon(name: str, operands: list[Number]) -> Number:
    """One step of arithmetic, as the reference page of the rule language defines it."""
    if name == "round":
        return rescale(*operands[0], 0), 0
    if name == "*":
        (a, a_places), (b, b_places) = operands
        product, places = within(a * b), a_places + b_places
        return (product, places) if places <= INNER_PLACES else _inner(product, places)
    if name == "/":
        (a, a_places), (b, b_places) = operands
        if b == 0:
            raise DividedByZero
        shifted = within(a * 10 ** (INNER_PLACES + b_places - a_places))
        return divide_half_away(shifted, b), INNER_PLACES
    places = max(own for _, own in operands)
    counts = [rescale(count, own, places) for count, own in operands]
    if name in ("min", "max"):
        return (min if name == "min" else max)(counts), places
    return within(counts[0] + counts[1] if name == "+" else counts[0] - counts[1]), places


def _inner(count: int, places: int) -> Number:
    return rescale(count, places, INNER_PLACES), INNER_PLACES


def value(expression: Expression, bindings: Bindings) -> Value:
    """The expression as a fact would hold it."""
    match expression:
        case Variable(name) if not isinstance(found := _bound(name, bindings), tuple):
            return found
        case Constant(constant):
            return constant
        case _:
            return within(rescale(*number(expression, bindings), PLACES), FACT_LIMIT)


def needed(condition: Condition) -> set[str]:
    """The names that must be bound before the condition can bind or compare anything."""
    match condition:
        case Comparison(_, left, right):
            found = variables(left) + variables(right)
        case Binding(_, expression):
            found = variables(expression)
        case Fallback(atom, name, expression):
            inside = [v for _, term in atom for v in variables(term) if v.name != name]
            found = inside + variables(expression)
        case Presence() | Absence():
            found = []
    return {variable.name for variable in found}


def holds(comparison: Comparison, bindings: Bindings) -> bool:
    """Whether the relation holds; only `none` equals `none`, and nothing is larger than it."""
    sides, relation = (comparison.left, comparison.right), comparison.operator
    absent = [is_absent(side, bindings) for side in sides]
    if any(absent) and relation != "!=":
        return relation == "=" and all(absent)
    left, right = (_comparable(side, bindings) for side in sides)
    if any(absent):
        return not all(absent)
    if isinstance(left, tuple) and isinstance(right, tuple):
        places = max(left[1], right[1])
        counts = (rescale(*left, places), rescale(*right, places))
        return bool(RELATIONS[relation](*counts))
    # The check has made sure that both are of one kind.
    return bool(RELATIONS[relation](cast(str, left), cast(str, right)))


def is_absent(expression: Expression, bindings: Bindings) -> bool:
    match expression:
        case Variable(name):
            return bindings.get(name, 0) is None
        case Constant(constant):
            return constant is None
        case _:
            return False


def _comparable(expression: Expression, bindings: Bindings) -> str | bool | Number | None:
    match expression:
        case Variable(name):
            found = _bound(name, bindings)
            if isinstance(found, int) and not isinstance(found, bool):
                return found, PLACES
            return found
        case Constant(constant):
            if isinstance(constant, int) and not isinstance(constant, bool):
                return of_millionths(constant)
            return constant
        case _:
            return number(expression, bindings)
