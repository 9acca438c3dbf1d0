"""In which order can the templates be concluded? Negation and aggregates need theirs complete."""

from collections.abc import Iterator

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import (
    Absence,
    Binding,
    Clause,
    Condition,
    Constant,
    Fallback,
    Presence,
    Stratum,
    Variable,
)
from cop_expert.model.template import Vocabulary


def stratify(clauses: list[Clause]) -> tuple[Stratum, ...]:
    """Templates that depend on one another together, each after all that it rests on."""
    needs = _needs(clauses)
    reach = {template: _reachable(template, needs) for template in needs}
    order = sorted(needs, key=lambda template: _first_rule(template, clauses))
    placed: set[str] = set()
    strata: list[Stratum] = []
    while len(placed) < len(order):
        for template in order:
            together = {other for other in reach[template] if template in reach[other]} | {template}
            resting_on = reach[template] - together
            if template not in placed and resting_on <= placed:
                strata.append(_stratum(together, clauses, order, template in reach[template]))
                placed |= together
                break
    return tuple(strata)


def _stratum(
    together: set[str], clauses: list[Clause], order: list[str], recursive: bool
) -> Stratum:
    return Stratum(
        tuple(template for template in order if template in together),
        tuple(clause for clause in clauses if clause.head.template in together),
        recursive,
    )


def _needs(clauses: list[Clause]) -> dict[str, set[str]]:
    """For each concluded template, the concluded templates that its clauses mention."""
    concluded = {clause.head.template for clause in clauses}
    needs: dict[str, set[str]] = {template: set() for template in concluded}
    for clause in clauses:
        mentioned = {template for _, template in mentions(clause)}
        needs[clause.head.template] |= mentioned & concluded
    return needs


def mentions(clause: Clause) -> Iterator[tuple[Condition, str]]:
    for condition in clause.body:
        if isinstance(condition, Presence | Absence | Fallback):
            yield condition, condition.atom.template


def _reachable(start: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(needs[start])
    while waiting:
        template = waiting.pop()
        if template not in found:
            found.add(template)
            waiting += needs[template]
    return found


def _first_rule(template: str, clauses: list[Clause]) -> int:
    return next(i for i, clause in enumerate(clauses) if clause.head.template == template)


def check_strata(strata: tuple[Stratum, ...]) -> Iterator[Diagnostic]:
    """No negation, aggregate or new value on a circle: every run must end, and mean one thing."""
    for stratum in (found for found in strata if found.recursive):
        for clause in stratum.clauses:
            recursive = [(c, t) for c, t in mentions(clause) if t in stratum.templates]
            for condition, template in recursive:
                if not isinstance(condition, Presence):
                    yield _circle(clause, stratum, "what is not there", f"`{template}` is absent")
            if recursive and clause.aggregates:
                yield _circle(clause, stratum, "an aggregate", "it counts all of them")
            if recursive and _computes(clause):
                yield Diagnostic(
                    "recursive-value",
                    f"`{clause.rule}` computes a new value from its own conclusions, "
                    "so it might never end",
                    clause.origin,
                    "conclude only values that its conditions bind",
                )


def _computes(clause: Clause) -> bool:
    computed = {c.name for c in clause.body if isinstance(c, Binding)}
    return any(
        not isinstance(term, Variable | Constant)
        or (isinstance(term, Variable) and term.name in computed)
        for _, term in clause.head
    )


def _circle(clause: Clause, stratum: Stratum, what: str, how: str) -> Diagnostic:
    circle = " → ".join([*stratum.templates, stratum.templates[0]])
    return Diagnostic(
        "unstratified",
        f"`{clause.rule}` rests on {what} of its own conclusions: {how} ({circle})",
        clause.origin,
        "break the circle with a template of its own for one of the steps",
    )


def check_reachable(clauses: list[Clause], vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """A rule that waits for what nothing concludes can never fire."""
    possible = {template.name for template in vocabulary.given()}
    waiting = list(clauses)
    while True:
        firing = [clause for clause in waiting if _wants(clause) <= possible]
        if not firing:
            break
        possible |= {clause.head.template for clause in firing}
        waiting = [clause for clause in waiting if clause not in firing]
    for clause in waiting:
        missing = ", ".join(f"`{template}`" for template in sorted(_wants(clause) - possible))
        yield Diagnostic(
            "never-fires",
            f"`{clause.rule}` can never fire: no rule concludes {missing}",
            clause.origin,
            "add a rule that concludes it, or a table that gives it",
        )


def _wants(clause: Clause) -> set[str]:
    return {template for condition, template in mentions(clause) if isinstance(condition, Presence)}
