"""The view model in, the geometry of its pictures out; reports/templates/pictures.svg.j2 draws it.

All lengths are units of a picture 720 wide. Names are wrapped or shortened to the room they have,
by a cautious estimate of how wide they are set; the full name stays in a title.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from math import log
from typing import Any

from msgspec import Struct

from cop_expert.report.known import Known
from cop_expert.report.view import WITHHELD, Branch, Community, Granularity, Region, Strategy

WIDTH = 720
SMALL, NORMAL, LARGE = 11, 13, 20
"""Sizes of type."""
LINE = 15
"""From one line of a label to the next."""


class Label(Struct, frozen=True):
    """Words at a place; `y` is the base of the first line."""

    x: float
    y: float
    lines: tuple[str, ...]
    full: str
    """The whole name where it had to be shortened, else empty."""
    style: str = ""


class Box(Struct, frozen=True):
    """A rectangle of some kind."""

    kind: str
    x: float
    y: float
    width: float
    height: float


class Row(Struct, frozen=True):
    """A name, a stacked bar and a number."""

    label: Label
    boxes: tuple[Box, ...]
    number: Label


class Hours(Struct, frozen=True):
    """All hours as one bar, and a bar for each community on a scale of its own."""

    height: float
    all: tuple[Box, ...]
    key: tuple[tuple[Box, Label], ...]
    rows: tuple[Row, ...]


class Tree(Struct, frozen=True):
    """The organisation from left to right."""

    height: float
    boxes: tuple[tuple[Box, Label], ...]


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


class Line(Struct, frozen=True):
    x1: float
    y1: float
    x2: float
    y2: float


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

    @property
    def unshown_items(self) -> int:
        return sum(len(region.items) for region in self.unshown)


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


# Type


def wide(text: str, size: float) -> float:
    """About how wide a text is set; rather too wide than too narrow."""
    return sum(map(_wide, text)) * size


def _wide(character: str) -> float:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0x2FFF:
        return 1.1
    if character in "iljtfrI.,:;!|'()[] ":
        return 0.36
    return 0.78 if character.isupper() or character in "mwMW@%—" else 0.6


def fitted(text: str, room: float, size: float = NORMAL, most: int = 1) -> tuple[str, ...]:
    """The text in at most so many lines of that width, with an ellipsis where it had to end."""
    lines: list[str] = []
    for word in text[:400].split():
        if lines and wide(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    kept = lines[:most]
    if len(lines) > most or len(text) > 400:
        kept[-1] += " …"
    return tuple(_shortened(line, room, size) for line in kept)


def _shortened(line: str, room: float, size: float) -> str:
    if wide(line, size) <= room:
        return line
    while len(line) > 1 and wide(f"{line}…", size) > room:
        line = line[:-1]
    return f"{line.rstrip(' …')}…"


def label(
    text: str, x: float, y: float, room: float, size: float = NORMAL, most: int = 1, style: str = ""
) -> Label:
    """A name where there is room; `y` is the middle of its lines."""
    lines = fitted(text, room, size, most)
    top = y + size * 0.36 - (len(lines) - 1) * LINE / 2
    shortened = any(line.endswith("…") for line in lines)
    return Label(x, top, lines, text[:1000] if shortened else "", style)


# Hours

BARS_FROM, BARS_TO = 210, 600
ROW = 21
BARS_TOP = 112
ROWS = 10
"""Communities with a bar of their own; the others share one."""


def hours(document: Strategy, known: Known, words: Any) -> Hours | None:
    figures = document.figures
    if not figures.everything.value:
        return None
    parts = (
        ("use", figures.useful, words.picture_of_use),
        ("waste", figures.superfluous.value, words.picture_of_superfluous),
        ("free", figures.spared, words.picture_of_spared),
    )
    said = [(kind, f"{known.plain(value)} {words}") for kind, value, words in parts]
    sizes = [(kind, value) for kind, value, _ in parts]
    rows = tuple(_hours_rows(document.communities, known, str(words.picture_others)))
    return Hours(
        height=BARS_TOP + ROW * len(rows) if len(rows) > 1 else BARS_TOP - 42,
        all=tuple(_stacked(sizes, figures.everything.value, 0, WIDTH, 19, 26)),
        key=tuple(_key(said)),
        rows=rows if len(rows) > 1 else (),
    )


def _key(said: Sequence[tuple[str, str]]) -> Iterator[tuple[Box, Label]]:
    x = 0.0
    for kind, text in said:
        yield Box(kind, x, 56, 12, 12), Label(x + 18, 66.5, (text,), "")
        x += 18 + wide(text, NORMAL) + 24


def _hours_rows(communities: Sequence[Community], known: Known, others: str) -> Iterator[Row]:
    ordered = sorted(communities, key=lambda one: (not one.is_told, -one.hours.value, one.name))
    most = min(ROWS, sum(one.is_told for one in ordered))
    groups = [(one.name, [one]) for one in ordered[:most]]
    if ordered[most:]:
        groups.append((others, ordered[most:]))
    totals = [sum(one.hours.value for one in group) for _, group in groups]
    most = max(totals, default=0) or 1
    for place, ((name, group), total) in enumerate(zip(groups, totals, strict=True)):
        middle = BARS_TOP + ROW * place + ROW / 2
        use = sum(one.useful for one in group)
        parts = (("use", use), ("waste", total - use))
        boxes = tuple(_stacked(parts, most, BARS_FROM, BARS_TO - BARS_FROM, middle - 7, 14))
        end = max((box.x + box.width for box in boxes), default=BARS_FROM)
        yield Row(
            label(name, BARS_FROM - 12, middle, BARS_FROM - 16),
            boxes,
            label(known.plain(total), end + 8, middle, 110),
        )


def _stacked(
    parts: Sequence[tuple[str, int]], whole: int, x: float, room: float, y: float, height: float
) -> Iterator[Box]:
    for kind, value in parts:
        if value > 0:
            width = room * value / whole
            yield Box(kind, round(x, 1), y, round(width, 1), height)
            x += width


# The organisation

LEAST = 34
TREE_TYPE = 12
"""How high a block is at least."""


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
        lines = len(fitted(said, width - 20, TREE_TYPE, 3))
        bottom = max(bottom, top + LEAST + LINE * (lines - 1))
        kind = "community" if branch.community else "unit"
        box = Box(kind, round(x + 1.5, 1), top + 1.5, round(width, 1), bottom - top - 3)
        middle = (top + bottom) / 2
        self.boxes.append((box, label(said, box.x + 10, middle, width - 20, TREE_TYPE, 3)))
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
    if widest and widest.high is not None:
        start, end = across(widest.low), across(widest.high)
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
