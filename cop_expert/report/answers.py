"""An answer in, text for a terminal, Markdown or HTML out: all say the same words.

What the client wrote is text in each of them, whatever it looks like.
"""

import textwrap
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from msgspec import Struct

from cop_expert.explain.outline import Item
from cop_expert.report.escaping import escape_markdown, printable
from cop_expert.report.phrases import Phrases
from cop_expert.report.text_table import TextTable

NARROWEST = 40
"""Characters that a line keeps to itself, however far it is indented."""


class Answer(Struct, frozen=True):
    """What is said to a question."""

    items: tuple[Item, ...]
    remarks: tuple[str, ...] = ()
    """What is said of the answer as a whole."""
    also: tuple[str, ...] = ()
    """What is true beside, in sentences."""
    table: TextTable | None = None


class Line(NamedTuple):
    """A line on a terminal: what leads to it, what it says, and how it is to look."""

    guide: str
    text: str
    tone: str = ""
    """`bold`, `dim` or nothing."""


def as_text(answer: Answer, words: Phrases, width: int = 0) -> Iterator[Line]:
    """Wrapped to so many characters; not at all for 0."""
    for item in answer.items:
        yield from _wrapped("", "", words.sentence(item), width, "bold" if width else "")
        yield from _branches(item, words, "", width)
        if len(answer.items) > 1:
            yield Line("", "")
    for remark in answer.remarks:
        yield Line("", "")
        yield from _wrapped("", "", remark, width, "")
    if answer.also:
        yield Line("", "")
        yield Line("", words.wording.also_true)
        for sentence in answer.also:
            yield from _wrapped("  ", "  ", sentence, width, "")
    if answer.table:
        yield from (Line("", printable(line)) for line in answer.table.as_text().splitlines())


def _branches(item: Item, words: Phrases, indent: str, width: int) -> Iterator[Line]:
    for child in item.children:
        last = child is item.children[-1]
        below = indent + ("   " if last else "│  ")
        tone = "dim" if child.kind == "absent" or child.remark in ("above", "ask", "more") else ""
        guide = indent + ("└─ " if last else "├─ ")
        yield from _wrapped(guide, below, words.line(child), width, tone)
        yield from _branches(child, words, below, width)


def _wrapped(guide: str, below: str, text: str, width: int, tone: str) -> Iterator[Line]:
    text, room = printable(text), max(width - len(guide), NARROWEST)
    lines = textwrap.wrap(text, room, break_on_hyphens=False) if width else [text]
    for number, line in enumerate(lines or [""]):
        yield Line(below if number else guide, line, tone)


def as_markdown(answer: Answer, words: Phrases) -> str:
    lines = []
    for item in answer.items:
        lines += [f"**{_marked(words.sentence(item))}**", ""]
        lines += [*_bullets(item, words, ""), ""]
    for remark in answer.remarks:
        lines += [_marked(remark), ""]
    if answer.also:
        lines += [_marked(words.wording.also_true), ""]
        lines += [*(f"- {_marked(sentence)}" for sentence in answer.also), ""]
    if answer.table:
        rows = [answer.table.headings, ["---"] * len(answer.table.headings), *answer.table.rows]
        lines += [f"| {' | '.join(map(_marked, map(str, row)))} |" for row in rows]
    return "\n".join(lines).rstrip("\n") + "\n"


def _bullets(item: Item, words: Phrases, indent: str) -> Iterator[str]:
    for child in item.children:
        yield f"{indent}- {_marked(words.line(child))}"
        yield from _bullets(child, words, f"{indent}  ")


def _marked(text: str) -> str:
    return escape_markdown(printable(text))


def as_html(answer: Answer, words: Phrases) -> str:
    """A fragment to be put into a page; what lies deeper opens on demand."""
    parts = []
    for item in answer.items:
        parts += [f"<p><strong>{_html(words.sentence(item))}</strong></p>", _list(item, words, 0)]
    parts += [f"<p>{_html(remark)}</p>" for remark in answer.remarks]
    if answer.also:
        sentences = "".join(f"<li>{_html(sentence)}</li>\n" for sentence in answer.also)
        parts.append(f"<p>{_html(words.wording.also_true)}</p>\n<ul>\n{sentences}</ul>")
    if answer.table:
        parts.append(_table(answer.table))
    return '<section class="explanation">\n' + "\n".join(filter(None, parts)) + "\n</section>\n"


def _list(item: Item, words: Phrases, depth: int) -> str:
    if not item.children:
        return ""
    lines = "".join(_entry(child, words, depth) for child in item.children)
    return f"<ul>\n{lines}</ul>"


def _entry(item: Item, words: Phrases, depth: int) -> str:
    places = words.places(item.origins)
    told = _html(words.text(item)) + (f" <small>{_html(places)}</small>" if places else "")
    if not item.children:
        return f"<li>{told}</li>\n"
    opened = " open" if depth == 0 else ""
    below = _list(item, words, depth + 1)
    return f"<li><details{opened}><summary>{told}</summary>\n{below}</details></li>\n"


def _table(table: TextTable) -> str:
    rows = [("th", table.headings), *(("td", row) for row in table.rows)]
    lines = ["".join(f"<{tag}>{_html(str(cell))}</{tag}>" for cell in row) for tag, row in rows]
    return "<table>\n" + "".join(f"<tr>{line}</tr>\n" for line in lines) + "</table>"


def _html(text: str) -> str:
    return escape(printable(text))
