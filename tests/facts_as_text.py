"""Facts as a text that people can read and write, and back.

    Likes(who*: text, what*: text, weight: number?)
      "Ann"  "tea"  2
      "Bob"  "tea"  none

A line for each template, with `*` at its key fields and `?` at what may be absent, then its facts.
` on demand` behind it means that they need not be stored. Lines that are neither say what was found
on the way.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cop_expert.model.template import Datatype, Field, Kind, Template

Rows = list[tuple[Any, ...]]
"""Texts, truths, None and decimals."""
Tables = Mapping[str, Rows]
Outcome = tuple[Tables, list[str]]
"""The facts of each template that has any, in order; and what was found on the way."""

CLASSES = {
    "person": ["person"],
    "place": ["place"],
    "town": ["town"],
    "either": ["person", "place"],
}
"""What references may name; a person is never a place, and a town is one."""
ABOVE = {name: frozenset([name]) for name in ("person", "place")}
ABOVE["town"] = frozenset(["town", "place"])
DISJOINT = (frozenset(["person", "place"]),)
DATATYPES = {
    "text": Datatype("text"),
    "number": Datatype("number", Kind.NUMBER),
    "truth": Datatype("truth", Kind.TRUTH),
    "either": Datatype("either", classes=frozenset(["person", "place"])),
    **{name: Datatype(name, classes=frozenset([name])) for name in ABOVE},
}
ON_DEMAND = " on demand"
HEADING = re.compile(rf"^(\w+)\(.*\)({ON_DEMAND})?$")
CELL = re.compile(r'"(?:\\.|[^"\\])*"|\S+')
WORDS: dict[str, Any] = {"none": None, "true": True, "false": False}


def template(heading: str, given: bool = False) -> Template:
    """The template of a heading."""
    name, _, inside = heading.removesuffix(ON_DEMAND).rstrip(")").partition("(")
    fields, key = [], []
    for part in inside.split(", "):
        field, _, kind = part.partition(": ")
        fields.append(Field(field.rstrip("*"), DATATYPES[kind.rstrip("?")], kind[-1] != "?"))
        key += [field.rstrip("*")] if field.endswith("*") else []
    names = tuple(field.name for field in fields)
    return Template(
        name,
        name.lower(),
        comment="",
        given=given,
        fields=tuple(fields),
        key=tuple(key) or names,
        on_demand=heading.endswith(ON_DEMAND),
    )


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if HEADING.match(line)]


def read(text: str) -> Outcome:
    """The facts, and what was found on the way."""
    tables: dict[str, Rows] = {}
    findings, rows = [], Rows()
    for line in filter(None, text.splitlines()):
        if heading := HEADING.match(line):
            rows = tables.setdefault(heading[1], [])
        elif line.startswith(" "):
            rows.append(tuple(map(_value, CELL.findall(line))))
        else:
            findings.append(line)
    return {name: rows for name, rows in tables.items() if rows}, findings


def written(headings: Iterable[str], outcome: Outcome) -> str:
    """The text, one paragraph for each heading."""
    tables, findings = outcome
    paragraphs = [
        [heading, *_lines(tables.get(heading.partition("(")[0], []))] for heading in headings
    ]
    paragraphs += [findings] if findings else []
    return "\n\n".join("\n".join(lines) for lines in paragraphs) + "\n"


def _lines(rows: Rows) -> Iterable[str]:
    cells = [[spelled(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  " + "  ".join(map(str.ljust, row, widths)).rstrip()


def spelled(value: Any) -> str:
    """A value as a rule file holds it."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case int() | Decimal():
            return f"{Decimal(value).normalize():f}"
    raise TypeError(value)


def _value(cell: str) -> Any:
    if cell.startswith('"'):
        return re.sub(r"\\(.)", r"\1", cell[1:-1])
    return WORDS[cell] if cell in WORDS else Decimal(cell)
