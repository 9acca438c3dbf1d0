"""A tree of units and a running cost in, the cut that costs the fewest hours out.

The rules go down from the root and stop where a split does not pay by itself. This looks at all
cuts at once: what a unit comes to at best is the lesser of what it comes to whole and what its
groups come to at best (dynamic programming, from the leaves up).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cop_expert.report.cuts import Node, Place


class Best(NamedTuple):
    """The best cut of all, and what it comes to: hours wasted and hours of running."""

    hours: int
    places: tuple[Place, ...]


def best_cut(tree: Mapping[str, Node], roots: Iterable[str], running: int) -> Best:
    """Decisions and limits of size bind it as they bind the rules; of equals, the coarser cut."""
    hours: dict[str, int] = {}
    splits: set[str] = set()
    order = list(_from_the_roots(tree, roots))
    for node in reversed(order):
        whole, apart = node.burden + running, _apart(node, hours, running)
        if node.is_passed or (node.may_split and (apart < whole or not node.may_stay)):
            splits.add(node.unit)
        hours[node.unit] = apart if node.unit in splits else whole
    return Best(sum(hours[root] for root in roots), tuple(_places(tree, roots, splits)))


def _from_the_roots(tree: Mapping[str, Node], roots: Iterable[str]) -> Iterator[Node]:
    waiting = list(roots)
    for unit in waiting:
        yield tree[unit]
        waiting += tree[unit].groups


def _apart(node: Node, hours: Mapping[str, int], running: int) -> int:
    """What the unit comes to when it is split and its groups are cut at best."""
    own = 0 if node.own is None else node.own + running
    return own + sum(hours[group] for group in node.groups)


def _places(tree: Mapping[str, Node], roots: Iterable[str], splits: set[str]) -> Iterator[Place]:
    waiting = list(roots)
    for unit in waiting:
        if unit not in splits:
            yield Place(unit, is_own=False)
            continue
        if tree[unit].own is not None:
            yield Place(unit, is_own=True)
        waiting += tree[unit].groups
