"""What communities share as pictures: circles for up to three of them, an UpSet plot for more."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from cop_expert.report.pictures.drawing import (
    NORMAL,
    SMALL,
    WIDTH,
    Box,
    Label,
    Line,
    fitted,
    label,
    wide,
)
from cop_expert.report.view.exchange import Region
from cop_expert.report.view.strategy import Strategy


class Circle(Struct, frozen=True):
    """A community in a Venn diagram."""

    x: float
    y: float
    r: float
    label: Label


class Venn(Struct, frozen=True):
    """Two or three equal circles and the numbers of items in their regions."""

    height: float
    circles: tuple[Circle, ...]
    numbers: tuple[Label, ...]


class UpSet(Struct, frozen=True):
    """Sets of communities as columns of dots, with bars for their sizes."""

    width: float
    height: float
    names: tuple[Label, ...]
    stripes: tuple[Box, ...]
    bars: tuple[Box, ...]
    numbers: tuple[Label, ...]
    dots: tuple[tuple[float, float, bool], ...]
    """Centre, and whether the community is in the set."""
    links: tuple[Line, ...]
    unshown: tuple[Region, ...]


# What communities share

SHAPES = {
    2: (((300, 104), (420, 104)), 96, 208),
    3: (((300, 104), (420, 104), (360, 205)), 96, 338),
}
"""Centres, radius and height, by the number of communities."""


def venn(document: Strategy) -> Venn | None:
    """Circles of equal size: three cannot in general be drawn to scale."""
    names = [community.name for community in document.communities]
    if len(names) not in SHAPES or not document.crossings.regions:
        return None
    centres, radius, height = SHAPES[len(names)]
    circles = tuple(
        Circle(x, y, radius, _venn_name(name, x, y, place, len(names)))
        for place, (name, (x, y)) in enumerate(zip(names, centres, strict=True))
    )
    sizes = {region.members: len(region.items) for region in document.crossings.regions}
    numbers = tuple(
        _venn_number(members, sizes.get(members, 0), centres) for members in _subsets(len(names))
    )
    return Venn(height, circles, numbers)


def _venn_name(name: str, x: float, y: float, place: int, count: int) -> Label:
    if place == 2:
        return label(name, x, y + 114, 320, NORMAL, 2, "middle strong")
    side = -1 if place == 0 else 1
    style = "end strong" if place == 0 else "strong"
    return label(name, x + side * 106, y - 30 if count == 3 else y, 180, NORMAL, 3, style)


def _venn_number(
    members: tuple[int, ...], size: int, centres: Sequence[tuple[float, float]]
) -> Label:
    """In the middle of the region: outward for one circle, between centres for several."""
    middle_x = sum(x for x, _ in centres) / len(centres)
    middle_y = sum(y for _, y in centres) / len(centres)
    x = sum(centres[place][0] for place in members) / len(members)
    y = sum(centres[place][1] for place in members) / len(members)
    alone = 0.42 if len(members) == 1 else 0
    push = {1: 0.42, 2: 0.5, 3: 0}[len(members)] if len(centres) == 3 else alone
    x, y = x + (x - middle_x) * push, y + (y - middle_y) * push
    style = "middle large" if size else "middle faint"
    return Label(round(x, 1), round(y + 7, 1), (str(size),), "", style)


def _subsets(count: int) -> Iterator[tuple[int, ...]]:
    for bits in range(1, 2**count):
        yield tuple(place for place in range(count) if bits >> place & 1)


COLUMN, MATRIX_ROW = 24, 24
COLUMNS = 16
NAMES_TO, TOTALS_TO = 190, 250
BARS_HEIGHT = 110


def upset(document: Strategy) -> UpSet | None:
    """For more communities than circles can show."""
    communities, crossings = document.communities, document.crossings
    if len(communities) <= max(SHAPES) or not crossings.regions:
        return None
    shown = crossings.regions[:COLUMNS]
    top = BARS_HEIGHT + 24
    rows = [top + MATRIX_ROW * (place + 0.5) for place in range(len(communities))]
    columns = [TOTALS_TO + 26 + COLUMN * (place + 0.5) for place in range(len(shown))]
    width = columns[-1] + COLUMN
    most = max(crossings.totals) or 1
    names, totals = [], []
    for community, total, y in zip(communities, crossings.totals, rows, strict=True):
        names.append(label(community.name, NAMES_TO, y, NAMES_TO - 4, 12))
        length = (TOTALS_TO - NAMES_TO - 30) * total / most
        totals.append(Box("total", NAMES_TO + 8, y - 6, round(length, 1), 12))
        names.append(label(str(total), NAMES_TO + 14 + length, y, 40, SMALL, 1, "start faint"))
    bars, numbers = _upset_bars(shown, columns)
    return UpSet(
        width=width,
        height=rows[-1] + MATRIX_ROW / 2 + 2,
        names=tuple(names),
        stripes=tuple(Box("stripe", 0, y - MATRIX_ROW / 2, width, MATRIX_ROW) for y in rows[::2]),
        bars=(*totals, *bars),
        numbers=numbers,
        dots=tuple(
            (x, y, place in region.members)
            for x, region in zip(columns, shown, strict=True)
            for place, y in enumerate(rows)
        ),
        links=tuple(
            Line(x, rows[region.members[0]], x, rows[region.members[-1]])
            for x, region in zip(columns, shown, strict=True)
        ),
        unshown=crossings.regions[COLUMNS:],
    )


def _upset_bars(
    shown: Sequence[Region], columns: Sequence[float]
) -> tuple[list[Box], tuple[Label, ...]]:
    most = max(len(region.items) for region in shown)
    bars, numbers = [], []
    for x, region in zip(columns, shown, strict=True):
        size = len(region.items)
        height = round(BARS_HEIGHT * size / most, 1)
        bars.append(Box("size", x - 8, BARS_HEIGHT + 16 - height, 16, height))
        numbers.append(Label(x, BARS_HEIGHT + 11 - height, (str(size),), "", "middle"))
    return bars, tuple(numbers)


# What goes to whom

MATRIX_ROWS = 48
MARK_ROW = 15
HEADS_LEAST, HEADS_MOST = 60, 210
"""Room above the columns, where the names stand upright."""


class Marks(Struct, frozen=True):
    """Items down, communities across, a mark for the level of each assignment."""

    height: float
    size: float
    """Of the type of the heads."""
    heads: tuple[Label, ...]
    names: tuple[Label, ...]
    stripes: tuple[Box, ...]
    marks: tuple[tuple[str, float, float], ...]
    """Level, and the middle of the mark."""


def matrix(document: Strategy) -> Marks | None:
    """The items with the most hours, for more communities than a table can show."""
    communities, rows = document.matrix.communities, document.matrix.rows[:MATRIX_ROWS]
    if not document.matrix.is_wide or not rows:
        return None
    column = min(24.0, (WIDTH - 240) / len(communities))
    left = WIDTH - column * len(communities)
    xs = [round(left + column * (place + 0.5), 1) for place in range(len(communities))]
    size = min(SMALL, round(column * 0.8, 1))
    longest = max(wide(name, size) for name in communities)
    top = round(min(HEADS_MOST, max(HEADS_LEAST, longest + 14)))
    ys = [top + MARK_ROW * (place + 0.5) for place in range(len(rows))]
    return Marks(
        height=top + MARK_ROW * len(rows) + 2,
        size=size,
        heads=tuple(
            Label(x + 3.5, top - 6, fitted(name, top - 12, size), name)
            for x, name in zip(xs, communities, strict=True)
        ),
        names=tuple(
            label(row.item, left - 8, y, left - 12, SMALL, 1, "end")
            for row, y in zip(rows, ys, strict=True)
        ),
        stripes=tuple(Box("stripe", 0, y - MARK_ROW / 2, WIDTH, MARK_ROW) for y in ys[::2]),
        marks=tuple(
            (cell.level, x, y)
            for row, y in zip(rows, ys, strict=True)
            for cell, x in zip(row.cells, xs, strict=True)
            if cell
        ),
    )
