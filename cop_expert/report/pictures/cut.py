"""The cut as pictures: the organisation with its communities, and how finely to cut it."""

from collections.abc import Sequence
from math import log
from typing import Any

from msgspec import Struct

from cop_expert.report.known import Known
from cop_expert.report.pictures.drawing import (
    LINE,
    WIDTH,
    Box,
    Label,
    fitted,
    label,
)
from cop_expert.report.view.figures import WITHHELD
from cop_expert.report.view.granularity import Granularity
from cop_expert.report.view.organisation import Branch


class Tree(Struct, frozen=True):
    """The organisation from left to right."""

    height: float
    boxes: tuple[tuple[Box, Label], ...]


class Steps(Struct, frozen=True):
    """Communities by running cost, on a logarithmic scale."""

    height: float
    bottom: float
    left: float
    right: float
    path: str
    plateau: Box | None
    ticks_x: tuple[Label, ...]
    ticks_y: tuple[Label, ...]


# The organisation

LEAST = 34
"""How high a block is at least."""
TREE_TYPE, BOLD = 12, 1.14
"""Size of type, and how much wider it is set where it is bold."""


def tree(roots: Sequence[Branch], known: Known, words: Any) -> Tree | None:
    if not any(root.branches for root in roots):
        return None
    painter = _Painter(known, words, WIDTH / max(map(_depth, roots)))
    bottom = 0.0
    for root in roots:
        bottom = painter.draw(root, 0, bottom)
    return Tree(bottom, tuple(painter.boxes))


def _depth(branch: Branch) -> int:
    return 1 + max(map(_depth, branch.branches), default=0)


class _Painter:
    """Draws branches in columns of one width; those without branches reach the right edge."""

    def __init__(self, known: Known, words: Any, column: float) -> None:
        self.known = known
        self.words = words
        self.column = column
        self.boxes: list[tuple[Box, Label]] = []

    def draw(self, branch: Branch, x: float, top: float) -> float:
        """Draw the branch with all below it; where the next may begin."""
        bottom = top
        for inner in branch.branches:
            bottom = self.draw(inner, x + self.column, bottom)
        width = (self.column if branch.branches else WIDTH - x) - 3
        said = self._said(branch)
        kind = "community" if branch.community else "unit"
        room = (width - 20) / (BOLD if branch.community else 1)
        lines = len(fitted(said, room, TREE_TYPE, 3))
        bottom = max(bottom, top + LEAST + LINE * (lines - 1))
        box = Box(kind, round(x + 1.5, 1), top + 1.5, round(width, 1), bottom - top - 3)
        middle = (top + bottom) / 2
        self.boxes.append((box, label(said, box.x + 10, middle, room, TREE_TYPE, 3)))
        return bottom

    def _said(self, branch: Branch) -> str:
        words = self.words
        name = _plain(words.own_posts(branch.name)) if branch.is_own else branch.name
        said = [name]
        if branch.people != WITHHELD:
            said.append(self.known.amount(branch.people, "Headcount"))
        if branch.groups:
            said.append(_plain(words.groups_inside(branch.groups)))
        if branch.is_merged:
            said.append(_plain(words.goes_into(branch.community)))
        return " · ".join(said)


def _plain(words: Any) -> str:
    """Words of the template, not yet escaped for HTML."""
    return str(words.unescape())


# Granularity

PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 48, 704, 34, 230


def steps(granularity: Granularity, known: Known) -> Steps | None:
    stretches = granularity.stretches
    if len(stretches) < 2:
        return None
    first, last = stretches[0].low, stretches[-1].low * 2
    most = max(stretch.communities for stretch in stretches)

    def across(cost: int) -> float:
        return PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * log(cost / first) / log(last / first)

    def down(communities: int) -> float:
        return PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP - 16) * communities / most

    path: list[str] = []
    for stretch in stretches:
        start, end, y = across(stretch.low), across(stretch.high or last), down(stretch.communities)
        path.append(f"{'L' if path else 'M'}{start:.1f} {y:.1f}L{end:.1f} {y:.1f}")
    widest = granularity.widest
    plateau = None
    if widest:
        start, end = across(widest.low), across(widest.high or last)
        plateau = Box(
            "plateau", round(start, 1), PLOT_TOP, round(end - start, 1), PLOT_BOTTOM - PLOT_TOP
        )
    return Steps(
        height=PLOT_BOTTOM + 44,
        bottom=PLOT_BOTTOM,
        left=PLOT_LEFT,
        right=PLOT_RIGHT,
        path="".join(path),
        plateau=plateau,
        ticks_x=tuple(
            Label(
                round(across(cost), 1),
                PLOT_BOTTOM + 18,
                (known.exact(cost, "Amount"),),
                "",
                "middle",
            )
            for cost in _apart(granularity, across)
        ),
        ticks_y=tuple(
            Label(PLOT_LEFT - 8, round(down(count) + 4, 1), (str(count),), "", "end")
            for count in _counts_apart(granularity, down)
        ),
    )


def _apart(granularity: Granularity, across: Any) -> list[int]:
    """Costs whose numbers have room: the widest range first, then whatever fits."""
    widest = granularity.widest
    first = [widest.low, widest.high] if widest else []
    costs = [cost for cost in first if cost is not None]
    for stretch in granularity.stretches:
        if all(abs(across(stretch.low) - across(cost)) >= 58 for cost in costs):
            costs.append(stretch.low)
    return sorted(costs)


def _counts_apart(granularity: Granularity, down: Any) -> list[int]:
    """Numbers of communities whose lines have room: the recommended one first."""
    widest = granularity.widest
    counts = [widest.communities] if widest else []
    for stretch in granularity.stretches:
        if all(abs(down(stretch.communities) - down(count)) >= 16 for count in counts):
            counts.append(stretch.communities)
    return sorted(counts)
