"""Fields that must never lead back to where they started, such as a unit that is part of itself."""

from collections import defaultdict, deque
from collections.abc import Iterator

from cop_expert.load.draft import Draft
from cop_expert.load.findings import Findings
from cop_expert.load.words import shown
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.template import Field, Template, Value, Vocabulary

LONGEST_SHOWN = 12
"""A circle of more names than this is shown without its middle."""

Graph = dict[str, list[str]]
"""For each name, those that it leads to."""


def check_circles(drafts: list[Draft], vocabulary: Vocabulary, findings: Findings) -> None:
    """One problem for each set of names that lead to one another, shown as a shortest circle."""
    for template in vocabulary.given():
        own = [draft for draft in drafts if draft.template is template]
        for field in template.fields:
            if own and field.acyclic:
                start = _start(template, field)
                graph = _graph(own, start, field.name)
                for members in knots(graph):
                    circle = shortest_circle(graph, members)
                    findings.add(_described(own, start, field, circle))


def _start(template: Template, field: Field) -> str:
    """The field from which the other leads on: the individual itself, or one of the same kind."""
    alike = (f.name for f in template.fields if f.type.classes == field.type.classes)
    return template.itself or next(name for name in alike if name != field.name)


def _graph(drafts: list[Draft], start: str, end: str) -> Graph:
    graph: Graph = defaultdict(list)
    for draft in drafts:
        for name, after in _steps(draft, start, end):
            if isinstance(name, str) and isinstance(after, str):
                graph[name].append(after)
    return dict(graph)


def _steps(draft: Draft, start: str, end: str) -> Iterator[tuple[Value, Value]]:
    return zip(draft.columns[start], draft.columns[end], strict=True)


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


def _described(drafts: list[Draft], start: str, field: Field, circle: list[str]) -> Diagnostic:
    """Located at the row of the circle's first step."""
    steps = [shown(name)[1:-1] for name in circle]
    if len(steps) > LONGEST_SHOWN:
        half = LONGEST_SHOWN // 2
        steps[half:-half] = [f"… ({len(circle) - LONGEST_SHOWN} more) …"]
    return Diagnostic(
        "circle",
        f"{' → '.join(steps)} is a circle",
        next(
            draft.origin(row, field.name)
            for draft in drafts
            for row, pair in enumerate(_steps(draft, start, field.name))
            if pair == (circle[0], circle[1])
        ),
        f"one of these steps in the column '{field.heading}' must go",
    )
