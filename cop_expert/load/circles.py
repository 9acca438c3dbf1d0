"""Fields that must never lead back to where they started, such as a unit that is part of itself."""

from collections import defaultdict, deque
from collections.abc import Iterator

from cop_expert.facts import FactBase, quoted
from cop_expert.load.draft import Draft
from cop_expert.load.findings import Findings
from cop_expert.load.words import shown
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.template import Field, Template

LONGEST_SHOWN = 12
"""A circle of more names than this is shown without its middle."""

Graph = dict[str, list[str]]
"""For each name, those that it leads to."""


def check_circles(drafts: list[Draft], facts: FactBase, findings: Findings) -> None:
    """One problem for each set of names that lead to one another, shown as a shortest circle."""
    for template in facts.vocabulary.given():
        own = [draft for draft in drafts if draft.template is template]
        for field in template.fields:
            if own and field.acyclic:
                start = start_of(template, field)
                graph = _graph(own, start, field.name, facts)
                for members in knots(graph):
                    circle = shortest_circle(graph, members)
                    findings.add(_described(own, start, field, circle, facts))


def start_of(template: Template, field: Field) -> str:
    """The field from which the other leads on: the individual itself, or one of the same kind."""
    alike = (f.name for f in template.fields if f.type.classes == field.type.classes)
    return template.itself or next(name for name in alike if name != field.name)


def _graph(drafts: list[Draft], start: str, end: str, facts: FactBase) -> Graph:
    graph: Graph = defaultdict(list)
    name, after = quoted(start), quoted(end)
    for draft in drafts:
        steps = (
            f"SELECT {name}, {after} FROM {draft.relation} "
            f'WHERE {name} IS NOT NULL AND {after} IS NOT NULL ORDER BY "@row"'
        )
        for one, other in facts.query(steps):
            graph[one].append(other)
    return dict(graph)


def knots(graph: Graph) -> Iterator[set[str]]:
    """The strongly connected components that hold a circle, in linear time (Kosaraju)."""
    back: Graph = defaultdict(list)
    for name, ahead in graph.items():
        for after in ahead:
            back[after].append(name)
    seen: set[str] = set()
    for root in reversed(_finished(graph)):
        members = set(_walk(back, root, seen))
        if len(members) > 1 or root in graph.get(root, ()):
            yield members


def _finished(graph: Graph) -> list[str]:
    """All names that lead anywhere, each after those that it leads to, as far as that can be."""
    order: list[str] = []
    seen: set[str] = set()
    for root in graph:
        order += _walk(graph, root, seen)
    return order


def _walk(graph: Graph, root: str, seen: set[str]) -> Iterator[str]:
    """What a name leads to and was not seen before, deepest first; a long chain needs no stack."""
    trail: list[tuple[str, Iterator[str]]] = []
    if root not in seen:
        seen.add(root)
        trail.append((root, iter(graph.get(root, ()))))
    while trail:
        name, ahead = trail[-1]
        after = next((a for a in ahead if a not in seen), None)
        if after is None:
            trail.pop()
            yield name
        else:
            seen.add(after)
            trail.append((after, iter(graph.get(after, ()))))


def shortest_circle(graph: Graph, members: set[str]) -> list[str]:
    """The shortest way from the first of the names, in alphabetical order, back to itself."""
    start = min(members)
    came_from: dict[str, str] = {}
    queue = deque([start])
    while start not in came_from:
        name = queue.popleft()
        for after in graph[name]:
            if after in members and after not in came_from:
                came_from[after] = name
                queue.append(after)
    circle = [start]
    while came_from[circle[-1]] != start:
        circle.append(came_from[circle[-1]])
    return [start, *reversed(circle[1:]), start]


def _described(
    drafts: list[Draft], start: str, field: Field, circle: list[str], facts: FactBase
) -> Diagnostic:
    """Located at the row of the circle's first step."""
    steps = [shown(name)[1:-1] for name in circle]
    if len(steps) > LONGEST_SHOWN:
        half = LONGEST_SHOWN // 2
        steps[half:-half] = [f"… ({len(circle) - LONGEST_SHOWN} more) …"]
    step = f"{quoted(start)} = ? AND {quoted(field.name)} = ?"
    places = [
        draft.origin(line, field.name)
        for draft in drafts
        for (line,) in facts.query(
            f'SELECT "@line" FROM {draft.relation} WHERE {step} ORDER BY "@row"', circle[:2]
        )
    ]
    return Diagnostic(
        "circle",
        f"{' → '.join(steps)} is a circle",
        places[0],
        f"one of these steps in the column '{field.heading}' must go",
    )
