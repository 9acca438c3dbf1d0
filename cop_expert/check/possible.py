"""Can all conditions of a rule hold at once, whatever the tables say?

A parameter may have another value tomorrow, so nothing is concluded here from those of today.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, product

from msgspec import Struct
from msgspec.structs import replace

from cop_expert.check.safety import bound_names
from cop_expert.check.types import advice_on, bounds_of
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import (
    Absence,
    Atom,
    Clause,
    Comparison,
    Constant,
    Expression,
    Presence,
    Variable,
)
from cop_expert.model.template import Value, Vocabulary

SIGNS = {"<": {-1}, "<=": {-1, 0}, "=": {0}, "!=": {-1, 1}, ">=": {0, 1}, ">": {1}}
"""How the left side may stand to the right one: smaller, equal, larger."""
MIRRORED = {"<": ">", "<=": ">=", "=": "=", "!=": "!=", ">=": "<=", ">": "<"}
AMONG_TWO = ((-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
"""How a value may stand to two others of which the first is the smaller."""


class Name(Struct, frozen=True):
    """Another variable that one is compared with."""

    name: str


class Limit(Struct, frozen=True):
    """What a comparison, or the ontology, says of a variable's values."""

    operator: str
    limit: Value | Name
    says: str
    origin: Origin
    advice: str = ""
    is_certain: bool = True
    """False for the bounds of inferred fields: no conclusion is held to them."""


def check_possible(
    clauses: list[Clause], vocabulary: Vocabulary
) -> tuple[list[Diagnostic], set[str]]:
    """Conditions that exclude one another, and the rules that never fire because of them."""
    problems: list[Diagnostic] = []
    never: set[str] = set()
    for clause in clauses:
        found = [*_comparisons(clause, vocabulary), *_opposites(clause, vocabulary)]
        problems += found
        if any(not problem.warning for problem in found):
            never.add(clause.rule)
    return problems, never


def _never(
    clause: Clause, why: str, origin: Origin, advice: str, is_certain: bool = True
) -> Diagnostic:
    message = f"`{clause.rule}` {'can' if is_certain else 'should'} never fire: {why}"
    return Diagnostic("never-fires", message, origin, advice, warning=not is_certain)


# Comparisons that no value satisfies: alone, with one another, or within a field's bounds


def _comparisons(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    limits: dict[str, list[Limit]] = defaultdict(list)
    bounds: dict[str, list[Limit]] = defaultdict(list)
    for condition in clause.body:
        if isinstance(condition, Presence):
            for name, bound in _bounds(condition.atom, vocabulary):
                bounds[name].append(bound)
        elif isinstance(condition, Comparison) and _is_simple(condition):
            says = f"`{_said(condition.left)} {condition.operator} {_said(condition.right)}`"
            if not _is_possible(condition):
                yield _never(clause, f"{says} is not true", condition.origin, "correct it")
                continue
            for name, operator, limit in _both_ways(condition):
                limits[name].append(Limit(operator, limit, says, condition.origin))
    for name, found in limits.items():
        for one, other in combinations(found, 2):
            if not _fit(one, other):
                why = f"{one.says} and {other.says} exclude one another"
                problem = _never(clause, why, one.origin, "change one of them")
                yield replace(problem, second=other.origin, second_says="the other one")
        for one, bound in product(found, bounds[name]):
            if not _fit(one, bound):
                why = f"{one.says}, but {bound.says}"
                problem = _never(clause, why, one.origin, bound.advice, bound.is_certain)
                yield replace(problem, second=bound.origin, second_says="the field")


def _is_simple(comparison: Comparison) -> bool:
    """Names and literals only, no parameters."""
    return all(
        isinstance(side, Variable)
        or (isinstance(side, Constant) and not side.parameter and side.value is not None)
        for side in (comparison.left, comparison.right)
    )


def _is_possible(comparison: Comparison) -> bool:
    signs = SIGNS[comparison.operator]
    match comparison.left, comparison.right:
        case Variable(one), Variable(other) if one == other:
            return 0 in signs
        case Constant(one), Constant(other) if type(one) is type(other):
            return (one > other) - (one < other) in signs  # type: ignore[operator]
    return True


def _both_ways(comparison: Comparison) -> Iterator[tuple[str, str, Value | Name]]:
    """The comparison as a limit of its left side, and of its right one."""
    left, right = comparison.left, comparison.right
    if isinstance(left, Variable):
        yield left.name, comparison.operator, _limit(right)
    if isinstance(right, Variable):
        yield right.name, MIRRORED[comparison.operator], _limit(left)


def _limit(side: Expression) -> Value | Name:
    if isinstance(side, Variable):
        return Name(side.name)
    assert isinstance(side, Constant)
    return side.value


def _bounds(atom: Atom, vocabulary: Vocabulary) -> Iterator[tuple[str, Limit]]:
    """What the ontology says of each variable that the atom binds."""
    template = vocabulary.templates[atom.template]
    for field, term in atom:
        if isinstance(term, Variable):
            datatype = template.by_name[field].type
            for operator, limit, words in bounds_of(datatype):
                says = f"`{field}` of `{atom.template}` is {words}"
                advice, is_certain = advice_on(datatype), template.given
                yield term.name, Limit(operator, limit, says, term.origin, advice, is_certain)


def _fit(one: Limit, other: Limit) -> bool:
    """True where some value satisfies both."""
    if one.limit == other.limit:
        return bool(SIGNS[one.operator] & SIGNS[other.operator])
    if type(one.limit) is not type(other.limit) or isinstance(one.limit, Name):
        return True
    low, high = (one, other) if one.limit < other.limit else (other, one)  # type: ignore[operator]
    return any(
        to_low in SIGNS[low.operator] and to_high in SIGNS[high.operator]
        for to_low, to_high in AMONG_TWO
    )


def _said(side: Expression) -> str:
    match side:
        case Variable(name):
            return name
        case Constant(bool(value)):
            return str(value).lower()
        case Constant(int(value)):
            return f"{to_decimal(value):f}"
        case Constant(value):
            return f'"{value}"'
    raise TypeError("only names and literals are compared here")


# The same fact as a condition, and as one that must be absent


def _opposites(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    bound = bound_names(clause)
    present = [condition.atom for condition in clause.body if isinstance(condition, Presence)]
    for absent in (condition.atom for condition in clause.body if isinstance(condition, Absence)):
        for atom in present:
            if absent.template == atom.template and _excludes(absent, atom, bound, vocabulary):
                why = f"`not {atom.template}(…)` excludes what another condition asks for"
                problem = _never(clause, why, absent.origin, "take one of them out")
                yield replace(problem, second=atom.origin, second_says="the other one")


def _excludes(absent: Atom, present: Atom, bound: set[str], vocabulary: Vocabulary) -> bool:
    """True where the fact that is there surely is one that must be absent."""
    names = [term.name for _, term in absent if isinstance(term, Variable)]
    for field, term in absent:
        there = present.term(field)
        if isinstance(term, Constant):
            surely = term == there
        elif isinstance(term, Variable) and isinstance(there, Variable) and term.name == there.name:
            surely = True
        elif isinstance(term, Variable) and term.name not in bound and names.count(term.name) == 1:
            required = vocabulary.templates[absent.template].by_name[field].required
            surely = required or isinstance(there, Variable)
        else:
            surely = False
        if not surely:
            return False
    return True
