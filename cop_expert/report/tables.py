"""The fact base in, plain tables out: for the terminal by topic, and as CSV whole."""

import csv
import shutil
import textwrap
from pathlib import Path
from tempfile import mkdtemp

from msgspec import Struct

from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.template import Template, Value
from cop_expert.report.phrases import capital, phrases

TOPICS = {
    "communities": ("Community", "Called", "TooLarge", "TooSmall", "NoLead"),
    "assignments": ("Assignment",),
    "crossings": ("Crossing", "Carrier", "Overlap"),
    "members": ("Member", "Participation"),
    "brokers": ("Broker",),
    "flow": ("Step",),
    "gaps": (
        "Uncovered",
        "Idle",
        "WithoutPractices",
        "WithoutCoverage",
        "EmptyUnit",
        "AssessmentIncomplete",
        "AssessmentUnused",
        "WithoutEffect",
    ),
    "decisions": ("Decision",),
    "advice": ("Advice",),
    "hours": (
        "RunningCost",
        "WidestPlateau",
        "BreakEven",
        "CommunityHours",
        "HoursAssigned",
        "HoursSuperfluous",
        "HoursEverything",
    ),
}
"""What each topic of `show` consists of."""
WIDEST = 38
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class TopicTable(Struct, frozen=True):
    """One template's facts, said aloud."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_text(self) -> str:
        """Columns in line, long cells wrapped."""
        cells = [[textwrap.wrap(c, WIDEST) or [""] for c in row] for row in self._lines()]
        widths = [max(len(line) for row in cells for line in row[i]) for i in range(len(cells[0]))]
        lines = [self.title, ""]
        for row in cells:
            for depth in range(max(map(len, row))):
                parts = [cell[depth] if depth < len(cell) else "" for cell in row]
                padded = [part.ljust(width) for part, width in zip(parts, widths, strict=True)]
                lines.append(f"  {'   '.join(padded)}".rstrip())
        return "\n".join([*lines, ""])

    def _lines(self) -> list[tuple[str, ...]]:
        if not self.rows:
            return [self.headings]
        return [self.headings, tuple("-" * len(heading) for heading in self.headings), *self.rows]


def topic_tables(facts: FactBase, speaker: Speaker, topic: str) -> list[TopicTable]:
    """A table for each template of the topic that has facts; a word where there are none."""
    words = phrases(speaker.language).wording.topics[topic]
    first, *rest = (facts.vocabulary.templates[name] for name in TOPICS[topic])
    titles = [(first, words.title), *((template, capital(template.label)) for template in rest)]
    tables = [
        _table(facts, speaker, template, title)
        for template, title in titles
        if facts.count(template.name)
    ]
    return tables or [TopicTable(words.title, (words.nothing,), ())]


def _table(facts: FactBase, speaker: Speaker, template: Template, title: str) -> TopicTable:
    rows = [
        tuple(
            "" if value is None else speaker.value(value, field.type)
            for field, value in zip(template.fields, row, strict=True)
        )
        for row in facts.rows(template.name)
    ]
    filled = [i for i in range(len(template.fields)) if any(row[i] for row in rows)]
    return TopicTable(
        title,
        tuple(template.fields[i].label for i in filled),
        tuple(tuple(row[i] for i in filled) for row in rows),
    )


def write_csv(facts: FactBase, folder: Path) -> None:
    """Every inferred template with facts as a CSV; the folder appears whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for template in facts.vocabulary.templates.values():
            if not template.given and facts.count(template.name):
                _write_table(facts, template, unfinished / f"{template.name}.csv")
        folder.mkdir(exist_ok=True)
        for path in sorted(unfinished.iterdir()):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(unfinished)


def _write_table(facts: FactBase, template: Template, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(template.names)
        for row in facts.rows(template.name):
            writer.writerow(map(_cell, row))


def _cell(value: Value) -> str:
    """Plain decimals; a text that a spreadsheet would run as a formula is kept from it."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, int):
        return f"{to_decimal(value):f}"
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value
