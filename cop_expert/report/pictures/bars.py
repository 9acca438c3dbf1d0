"""Hours as bars: what is of use, superfluous and spared, and the waves of each community."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from cop_expert.report.known import Known
from cop_expert.report.pictures.drawing import (
    NORMAL,
    WIDTH,
    Box,
    Label,
    label,
    wide,
)
from cop_expert.report.view.communities import Community
from cop_expert.report.view.strategy import Strategy


class Row(Struct, frozen=True):
    """A name, a stacked bar and a number."""

    label: Label
    boxes: tuple[Box, ...]
    number: Label


class Waves(Struct, frozen=True):
    """A row for each community: its waves one after the other, along hours of learning."""

    height: float
    bottom: float
    ticks: tuple[Label, ...]
    rows: tuple[tuple[Label, tuple[tuple[Box, Label | None], ...]], ...]


class Hours(Struct, frozen=True):
    """All hours as one bar, and a bar for each community on a scale of its own."""

    height: float
    all: tuple[Box, ...]
    key: tuple[tuple[Box, Label], ...]
    rows: tuple[Row, ...]


BARS_FROM, BARS_TO = 210, 600
ROW = 21
BARS_TOP = 112
ROWS = 6
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


# Waves

WAVES_TOP, WAVE_ROW = 10, 24
NUMBER_ROOM = 16
"""How long a block is at least that bears its number."""
APART = 60
"""Room of a number below the axis."""


def waves(document: Strategy, known: Known) -> Waves | None:
    """Where more than one community, or more than one wave, can be compared."""
    longest = max((one.waves[-1].end for one in document.flow if one.waves), default=0)
    if not longest or max(len(one.waves) for one in document.flow) < 2:
        return None
    room = BARS_TO + 100 - BARS_FROM

    def across(hours: int) -> float:
        return round(BARS_FROM + room * hours / longest, 1)

    rows = []
    for place, one in enumerate(document.flow):
        middle = WAVES_TOP + WAVE_ROW * (place + 0.5)
        blocks = []
        for wave in one.waves:
            start, end = across(wave.start), across(wave.end)
            block = Box(f"wave-{wave.number % 2}", start, middle - 8, round(end - start, 1), 16)
            number = Label((start + end) / 2, middle + 4, (str(wave.number),), "", "middle")
            blocks.append((block, number if end - start > NUMBER_ROOM else None))
        name = label(one.community, BARS_FROM - 12, middle, BARS_FROM - 16)
        rows.append((name, tuple(blocks)))
    bottom = WAVES_TOP + WAVE_ROW * len(rows) + 6
    ends = sorted({wave.end for one in document.flow for wave in one.waves} | {0}, reverse=True)
    ticks: list[int] = []
    for end in ends:
        if all(abs(across(end) - across(tick)) >= APART for tick in ticks):
            ticks.append(end)
    return Waves(
        height=bottom + 38,
        bottom=bottom,
        ticks=tuple(
            Label(across(tick), bottom + 18, (known.plain(tick),), "", "middle") for tick in ticks
        ),
        rows=tuple(rows),
    )
