"""What pictures are made of: labels that fit, boxes, lines.

All lengths are units of a picture 720 wide. Names are wrapped or shortened to the room they have,
by a cautious estimate of how wide they are set; the full name stays in a title.
"""

import unicodedata

from msgspec import Struct

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


class Line(Struct, frozen=True):
    x1: float
    y1: float
    x2: float
    y2: float


def wide(text: str, size: float) -> float:
    """About how wide a text is set; rather too wide than too narrow."""
    return sum(map(_wide, text)) * size


def _wide(character: str) -> float:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0x2FFF:
        return 1.1
    if character in "iljtfrI.,:;!|'()[] ":
        return 0.4
    if character in "mwMW@%—…":
        return 0.98
    return 0.76 if character.isupper() else 0.64


def fitted(text: str, room: float, size: float = NORMAL, most: int = 1) -> tuple[str, ...]:
    """The text in at most so many lines of that width, with an ellipsis where it had to end."""
    lines: list[str] = []
    for word in text[:400].split():
        if lines and wide(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] = " ".join(lines[most - 1 :])
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
