"""An expression in, a function of bindings out: the arithmetic of arithmetic.py, one at a time."""

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, itemgetter, le, lt, ne
from typing import Any

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
    "<": lt,
    "<=": le,
    "=": eq,
    "!=": ne,
    ">=": ge,
    ">": gt,
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


def number_of(expression: Expression) -> Callable[[Bindings], Number]:
    """What reckons a numeric expression, exactly or rounded to twelve places."""
    match expression:
        case Variable(name):
            return lambda bindings: _number(bindings[name])
        case Constant(constant):
            return lambda bindings: of_millionths(_present(constant))
        case Operation(name, operands):
            step, reckoned = STEPS[name], [number_of(operand) for operand in operands]
            return lambda bindings: step([reckon(bindings) for reckon in reckoned])
    raise TypeError("an aggregate has no value of its own")


def value_of(expression: Expression) -> Callable[[Bindings], Value]:
    """What gives the expression as a fact would hold it."""
    match expression:
        case Variable(name):
            return lambda bindings: _held(bindings[name])
        case Constant(constant):
            return lambda bindings: constant
    reckon = number_of(expression)
    return lambda bindings: _rounded(reckon(bindings))


def named(expression: Expression) -> Callable[[Bindings], Any]:
    """What gives what a binding binds: numbers with all their places."""
    match expression:
        case Variable(name):
            return itemgetter(name)
        case Constant(None | str() | bool()):
            return value_of(expression)
    return number_of(expression)


def truth_of(comparison: Comparison) -> Callable[[Bindings], bool]:
    """What tells whether the relation holds; only `none` equals `none`, and nothing is larger."""
    sides, operator = (comparison.left, comparison.right), comparison.operator
    left, right = map(_comparable, sides)
    relation = RELATIONS[operator]

    def holds(bindings: Bindings) -> bool:
        absent = sum([is_absent(side, bindings) for side in sides])
        if absent and operator != "!=":
            return operator == "=" and absent == len(sides)
        one, other = left(bindings), right(bindings)
        if absent:
            return absent < len(sides)
        if isinstance(one, tuple) and isinstance(other, tuple):
            places = max(one[1], other[1])
            one, other = (rescale(count, own, places) for count, own in (one, other))
        return bool(relation(one, other))

    return holds


def _number(found: Value | Number | ArithmeticError) -> Number:
    if type(found) is int:
        return found, PLACES
    if isinstance(found, tuple):
        return found
    return _present(_told(found)), PLACES


def _told(found: Any) -> Any:
    """What is bound, unless it is the error that was met on the way."""
    if isinstance(found, ArithmeticError):
        raise found.with_traceback(None)
    return found


def _present(operand: Value) -> int:
    if operand is None:
        raise NoValue
    assert isinstance(operand, int)
    return operand


def _held(found: Value | Number | ArithmeticError) -> Value:
    return _rounded(found) if isinstance(found, tuple) else _told(found)


def _rounded(found: Number) -> int:
    return within(rescale(*found, PLACES), FACT_LIMIT)


def _comparable(expression: Expression) -> Callable[[Bindings], Any]:
    """What gives a side of a comparison: numbers with their places."""
    match expression:
        case Variable(name):
            return lambda bindings: _placed(_told(bindings[name]), lambda count: (count, PLACES))
        case Constant(constant):
            placed = _placed(constant, of_millionths)
            return lambda bindings: placed
    return number_of(expression)


def _placed(found: Any, places: Callable[[int], Number]) -> Any:
    return places(found) if type(found) is int else found


def is_absent(expression: Expression, bindings: Bindings) -> bool:
    match expression:
        case Variable(name):
            return bindings.get(name, 0) is None
        case Constant(constant):
            return constant is None
    return False


# Steps of arithmetic, as the reference page of the rule language defines them


def _round(operands: list[Number]) -> Number:
    return rescale(*operands[0], 0), 0


def _multiply(operands: list[Number]) -> Number:
    (a, a_places), (b, b_places) = operands
    product, places = within(a * b), a_places + b_places
    if places <= INNER_PLACES:
        return product, places
    return rescale(product, places, INNER_PLACES), INNER_PLACES


def _divide(operands: list[Number]) -> Number:
    (a, a_places), (b, b_places) = operands
    if b == 0:
        raise DividedByZero
    shifted = within(a * 10 ** (INNER_PLACES + b_places - a_places))
    return divide_half_away(shifted, b), INNER_PLACES


def _aligned(step: Callable[[list[int]], int]) -> Callable[[list[Number]], Number]:
    """A step on counts of the same unit."""

    def take(operands: list[Number]) -> Number:
        places = max([own for _, own in operands])
        return step([rescale(count, own, places) for count, own in operands]), places

    return take


STEPS: dict[str, Callable[[list[Number]], Number]] = {
    "round": _round,
    "*": _multiply,
    "/": _divide,
    "+": _aligned(lambda counts: within(counts[0] + counts[1])),
    "-": _aligned(lambda counts: within(counts[0] - counts[1])),
    "min": _aligned(min),
    "max": _aligned(max),
}


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
