"""A clause in, what can be asked of it better than by joining everything: what is nearest, and what
is looked up for a group as a whole.
"""

from collections.abc import Set
from typing import NamedTuple

from cop_expert.model.keys import determined
from cop_expert.model.rule import (
    Absence,
    Aggregate,
    Atom,
    Binding,
    Clause,
    Comparison,
    Condition,
    Constant,
    Fallback,
    Operation,
    Presence,
    Variable,
    expressions,
    is_aggregated,
    parts,
    variables,
)
from cop_expert.model.template import Vocabulary

MIRRORED = {"<": ">", "<=": ">=", ">=": "<=", ">": "<"}


def only_joins(clause: Clause) -> bool:
    """True where nothing is reckoned or chosen: each conclusion only brings facts together."""
    terms = [term for _, term in clause.head]
    terms += [part for condition in clause.body for part in expressions(condition)]
    chooses = any(isinstance(condition, Fallback) for condition in clause.body)
    return not chooses and all(isinstance(term, Variable | Constant) for term in terms)


class Nearest(NamedTuple):
    """A condition of which only the fact next to a value counts: `min(x)` where `x > value`."""

    presence: int
    """The position of the condition that binds the name."""
    comparison: int
    """The position of the comparison that bounds it."""


def nearest_of(clause: Clause) -> Nearest | None:
    """Where only the least value above another matters, or the largest below."""
    aggregates = [p for _, term in clause.head for p in parts(term) if isinstance(p, Aggregate)]
    if len(aggregates) != 1 or not isinstance(aggregates[0].operand, Variable):
        return None
    name = aggregates[0].operand.name
    if [v.name for _, term in clause.head for v in variables(term)].count(name) > 1:
        return None
    if divides_bindings(clause):
        return None
    wanted = {"min": (">", ">="), "max": ("<", "<=")}.get(aggregates[0].function, ())
    using = [
        place
        for place, condition in enumerate(clause.body)
        if name in {v.name for part in expressions(condition) for v in variables(part)}
    ]
    if len(using) != 2:
        return None
    presence, comparison = sorted(using, key=lambda place: _is_comparison(clause.body[place]))
    bound = _told(clause, [presence])
    fits = _binds_only(clause.body[presence], name, bound) and any(
        _compares(clause.body[comparison], name, operator, bound) for operator in wanted
    )
    return Nearest(presence, comparison) if fits else None


def divides_bindings(clause: Clause) -> bool:
    """True where a binding may be divided by zero: each one is counted, so each must be asked."""
    terms = [term for condition in clause.body for term in expressions(condition)]
    terms += [t for _, t in clause.head if not is_aggregated(t)]
    terms += [p.operand for _, t in clause.head for p in parts(t) if isinstance(p, Aggregate)]
    steps = (part for term in terms for part in parts(term) if isinstance(part, Operation))
    return any(step.operator == "/" for step in steps)


def _is_comparison(condition: Condition) -> bool:
    return isinstance(condition, Comparison)


def _binds_only(condition: Condition, name: str, bound: set[str]) -> bool:
    """True where a condition tells this name, once, and for the rest only asks what is bound."""
    if not isinstance(condition, Presence):
        return False
    names = [term.name for _, term in condition.atom if isinstance(term, Variable)]
    return names.count(name) == 1 and set(names) <= bound | {name}


def _compares(condition: Condition, name: str, operator: str, bound: set[str]) -> bool:
    """True where the name stands in this relation to one that is bound."""
    if not isinstance(condition, Comparison):
        return False
    left, right = condition.left, condition.right
    if condition.operator == MIRRORED.get(operator):
        left, right = right, left
    elif condition.operator != operator:
        return False
    one, other = (side.name if isinstance(side, Variable) else "" for side in (left, right))
    return one == name and other in bound


def is_key_among(known: Set[str], atom: Atom, vocabulary: Vocabulary) -> bool:
    """True where the known names, and literals, tell one fact of the template from all others."""
    terms = [atom.term(field) for field in vocabulary.templates[atom.template].key]
    return all(
        isinstance(term, Constant) or (isinstance(term, Variable) and term.name in known)
        for term in terms
    )


def asked_of_groups(clause: Clause, vocabulary: Vocabulary) -> list[int]:
    """The positions of conditions that only look something up for a group as a whole.

    Asked after grouping, they neither widen the joins nor the groups.
    """
    if divides_bindings(clause):
        return []
    group = {term.name for _, term in clause.head if isinstance(term, Variable)}
    known = determined(clause, vocabulary, group)
    needed = _needed_of_bindings(clause)
    later: list[int] = []
    for position, condition in enumerate(clause.body):
        if isinstance(condition, Presence) and _names(condition) <= known:
            told = _told(clause, [*later, position])
            own = _names(condition) - told
            comparing = [
                i for i, c in enumerate(clause.body) if _is_comparison(c) and _names(c) & own
            ]
            if (
                own
                and is_key_among(known & told, condition.atom, vocabulary)
                and not own & needed
                and all(_names(clause.body[place]) <= known for place in comparing)
            ):
                later += [position, *(place for place in comparing if place not in later)]
    return later


def _names(condition: Condition) -> set[str]:
    return {variable.name for part in expressions(condition) for variable in variables(part)}


def _told(clause: Clause, without: list[int]) -> set[str]:
    """The names that facts bind in conditions at other positions."""
    presences = [
        c for i, c in enumerate(clause.body) if isinstance(c, Presence) and i not in without
    ]
    return {name for condition in presences for name in _names(condition)}


def _needed_of_bindings(clause: Clause) -> set[str]:
    """The names that each binding must have, before any is grouped."""
    terms = [
        part.operand for _, t in clause.head for part in parts(t) if isinstance(part, Aggregate)
    ]
    terms += [t for _, t in clause.head if not isinstance(t, Variable) and not is_aggregated(t)]
    for condition in clause.body:
        if isinstance(condition, Absence | Fallback | Binding):
            terms += expressions(condition)
    return {variable.name for term in terms for variable in variables(term)}
