"""May the rules of a stratum rest on one another? Every run must end, and mean one thing."""

from collections.abc import Iterator

from msgspec import Struct

from cop_expert.check.strata import mentions
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import (
    Binding,
    Clause,
    Constant,
    Expression,
    Fallback,
    Presence,
    Stratum,
    Variable,
)


class Circle(Struct, frozen=True):
    """A clause that needs complete what rests on its own conclusions."""

    clause: Clause
    how: str
    """What it needs: "from all of `Need`"."""
    way: tuple[Clause, ...]
    """The clause, then those by which what it needs rests on what it concludes."""


def check_strata(strata: tuple[Stratum, ...], own: set[str]) -> Iterator[Diagnostic]:
    """No negation, aggregate or new value on a circle.

    `own` names the engagement's rules: where they close a circle through the standard rulebook,
    they are what is to be changed.
    """
    for stratum in (found for found in strata if found.recursive):
        circles = [circle for clause in stratum.clauses for circle in _circles(clause, stratum)]
        mine = [circle for circle in circles if circle.clause.rule in own]
        closed = [circle for circle in circles if _closing(circle.way, own)]
        yield from (_unstratified(circle, own) for circle in mine or closed[:1] or circles)
        computing = [clause for clause in stratum.clauses if _goes_on(clause, stratum)]
        own_computing = [clause for clause in computing if clause.rule in own]
        if not circles:
            yield from map(_recursive_value, own_computing or computing)


def _circles(clause: Clause, stratum: Stratum) -> Iterator[Circle]:
    for condition, template in mentions(clause):
        if template in stratum.templates:
            how = ""
            if not isinstance(condition, Presence):
                how = f"where `{template}` is absent"
            elif clause.aggregates:
                how = f"from all of `{template}`"
            if how:
                yield Circle(clause, how, (clause, *_way_back(template, clause, stratum)))


def _way_back(start: str, clause: Clause, stratum: Stratum) -> tuple[Clause, ...]:
    """The fewest clauses by which the template rests on what the clause concludes."""
    ways: dict[str, tuple[Clause, ...]] = {start: ()}
    waiting = [start]
    for template in waiting:
        for other in stratum.clauses:
            if other.head.template == template:
                for _, need in mentions(other):
                    if need in stratum.templates and need not in ways:
                        ways[need] = (*ways[template], other)
                        waiting.append(need)
    return ways[clause.head.template]


def _closing(way: tuple[Clause, ...], own: set[str]) -> Clause | None:
    return next((clause for clause in way if clause.rule in own), None)


def _unstratified(circle: Circle, own: set[str]) -> Diagnostic:
    clause, way = circle.clause, circle.way
    templates = [step.head.template for step in (*way, clause)]
    turn = f", which rests on `{templates[0]}`" if len(way) > 1 else ""
    says = f"`{clause.rule}` concludes `{templates[0]}` {circle.how}{turn}"
    closing = _closing(way, own) or clause
    if closing is not clause:
        says = f"`{closing.rule}` closes a circle: {says}"
    others = [step for step in way if step is not closing]
    return Diagnostic(
        "unstratified",
        f"{says} ({' → '.join(templates)})",
        closing.origin,
        "break the circle with a template of its own for one of the steps",
        others[0].origin if others else None,
        f"`{others[0].rule}` is on the circle" if others else "",
    )


def _recursive_value(clause: Clause) -> Diagnostic:
    return Diagnostic(
        "recursive-value",
        f"`{clause.rule}` computes a new value from its own conclusions, so it might never end",
        clause.origin,
        "conclude only values that its conditions bind",
    )


def _goes_on(clause: Clause, stratum: Stratum) -> bool:
    """True where it rests on its own conclusions, and concludes values that are in no fact yet."""
    if not any(template in stratum.templates for _, template in mentions(clause)):
        return False
    values = {c.name: c.value for c in clause.body if isinstance(c, Binding | Fallback)}
    return any(_is_computed(term, values) for _, term in clause.head)


def _is_computed(term: Expression, values: dict[str, Expression]) -> bool:
    match term:
        case Constant():
            return False
        case Variable(name):
            others = {other: value for other, value in values.items() if other != name}
            return name in values and _is_computed(values[name], others)
        case _:
            return True
