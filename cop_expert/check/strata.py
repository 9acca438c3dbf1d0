"""In which order can the templates be concluded? Negation and aggregates need theirs complete."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from cop_expert.model.rule import Absence, Clause, Condition, Fallback, Presence, Stratum

Needs = dict[str, list[str]]
"""For each concluded template, the concluded templates that its clauses mention."""
Circle = tuple[str, ...]
"""Templates that rest on one another, or one alone."""


def stratify(clauses: list[Clause]) -> tuple[Stratum, ...]:
    """Templates that depend on one another together, each after all that it rests on.

    Where several could come next, the one whose first rule stands first in the rulebook does.
    """
    needs = _needs(clauses)
    position = {template: i for i, template in enumerate(needs)}
    circles = _circles(needs)
    circle_of = {template: circle for circle in circles for template in circle}
    missing = {
        circle: {circle_of[need] for template in circle for need in needs[template]} - {circle}
        for circle in circles
    }
    wanted_by: dict[Circle, list[Circle]] = {circle: [] for circle in circles}
    for circle, below in missing.items():
        for other in below:
            wanted_by[other].append(circle)
    ready = [(position[circle[0]], circle) for circle in circles if not missing[circle]]
    heapify(ready)
    order: list[Circle] = []
    while ready:
        _, circle = heappop(ready)
        order.append(circle)
        for other in wanted_by[circle]:
            missing[other].remove(circle)
            if not missing[other]:
                heappush(ready, (position[other[0]], other))
    return tuple(_strata(order, needs, clauses))


def _strata(order: list[Circle], needs: Needs, clauses: list[Clause]) -> Iterator[Stratum]:
    concluding: dict[str, list[tuple[int, Clause]]] = {template: [] for template in needs}
    for i, clause in enumerate(clauses):
        concluding[clause.head.template].append((i, clause))
    for circle in order:
        own = sorted(pair for template in circle for pair in concluding[template])
        recursive = len(circle) > 1 or circle[0] in needs[circle[0]]
        yield Stratum(circle, tuple(clause for _, clause in own), recursive)


def _needs(clauses: list[Clause]) -> Needs:
    needs: dict[str, dict[str, None]] = {clause.head.template: {} for clause in clauses}
    for clause in clauses:
        mentioned = (template for _, template in mentions(clause) if template in needs)
        needs[clause.head.template].update(dict.fromkeys(mentioned))
    return {template: list(mentioned) for template, mentioned in needs.items()}


def mentions(clause: Clause) -> Iterator[tuple[Condition, str]]:
    for condition in clause.body:
        if isinstance(condition, Presence | Absence | Fallback):
            yield condition, condition.atom.template


def _circles(needs: Needs) -> list[Circle]:
    """The strongly connected parts (Kosaraju's algorithm), each in order of the rulebook."""
    position = {template: i for i, template in enumerate(needs)}
    users: Needs = {template: [] for template in needs}
    for template, below in needs.items():
        for need in below:
            users[need].append(template)
    found: list[Circle] = []
    placed: set[str] = set()
    for start in reversed(_finished(needs)):
        if start not in placed:
            together = _reachable(start, users, placed)
            found.append(tuple(sorted(together, key=position.__getitem__)))
    return found


def _finished(needs: Needs) -> list[str]:
    """The templates in the order in which a walk from need to need leaves them."""
    left: list[str] = []
    seen: set[str] = set()
    for start in needs:
        path = [(start, iter(needs[start]))] if start not in seen else []
        seen.add(start)
        while path:
            template, rest = path[-1]
            need = next((need for need in rest if need not in seen), None)
            if need is None:
                left.append(template)
                path.pop()
            else:
                seen.add(need)
                path.append((need, iter(needs[need])))
    return left


def _reachable(start: str, users: Needs, placed: set[str]) -> list[str]:
    """What can be reached and is not placed yet; it is placed on the way."""
    placed.add(start)
    reached = [start]
    for template in reached:
        for user in users[template]:
            if user not in placed:
                placed.add(user)
                reached.append(user)
    return reached
