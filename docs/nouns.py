"""The nouns of answers in, the page that tells what stands in their JSON out, and a schema."""

import ast
import re
from collections.abc import Iterator
from inspect import getsource
from typing import Any

import msgspec
from msgspec import Struct

from cop_expert.model import miss, proof
from cop_expert.model.explained import VERSION, Explained, Fault, Refused, Replay
from cop_expert.model.origin import Origin
from cop_expert.report import choices, trials
from cop_expert.report.view.budget import Budget, Claim
from cop_expert.report.view.granularity import Stretch

EXPLAINING: list[type[Struct]] = [
    Explained, proof.Proof, proof.Derivation, proof.Ledger, proof.Line, proof.Absent,
    proof.Compared, Replay, Fault, Refused, miss.Refusal, miss.Miss, miss.Short, miss.Needed,
    miss.Missing, miss.Blocked, Origin,
]  # fmt: skip
LEADING: list[type[Struct]] = [
    choices.Choices, choices.Choice, Stretch, choices.Left, choices.Turn, Budget,
    Claim, trials.Robustness, trials.Range, trials.FirmCut, trials.FirmAssignment,
    trials.Single,
]  # fmt: skip
PLAIN = {
    "str": "text",
    "int": "whole number",
    "bool": "true or false",
    "Amount": "number",
    "Value": "whole number, text, true or false, or null",
    "Premise": "[Proof](#proof), [Absent](#absent) or [Compared](#compared)",
    "Lack": "[Short](#short), [Missing](#missing) or [Blocked](#blocked)",
}

JSON = f"""\
# Answers as JSON

`--json` prints what other programs can read. Texts are said in the engagement's language; they are
text and nothing more: whoever puts them into a page escapes them. The first part of this page is
about explanations, [the second](#what-a-leader-asks) about how finely to cut, short hours, and how
firm it all is.

## Why, and why not

`cop-expert why … --format json` prints an [Explained](#explained),
`cop-expert why-not … --format json` a [Refused](#refused). This is version {VERSION} of the form:
fields may be added, but none changes its meaning or goes away without a new version.
[explanation.schema.json](explanation.schema.json) is the same as a JSON schema.

- Numbers in `values`, and others of which that is said, are exact: whole counts of millionths.
  333333 is 0.333333.
- Where several kinds of thing may stand, `type` says which one does.
- `why --full --format json` gives a proof whole; without it, facts that are questions of their own
  are `unopened`. A fact that was proved before in the same answer is `above`."""

CHOICES = """\
## What a leader asks

`cop-expert granularity … --json` prints [Choices](#choices), `cop-expert budget … --json` a
[Budget](#budget), `cop-expert robustness … --json` a [Robustness](#robustness). Here a number is
the number itself: hours, people, or a share from 0 to 1."""


def json_page() -> Iterator[str]:
    """Every noun with its fields."""
    for text, nouns in ((JSON, EXPLAINING), (CHOICES, LEADING)):
        yield from (text, "")
        yield from _described(nouns)


def _described(nouns: list[type[Struct]]) -> Iterator[str]:
    for noun in nouns:
        yield from ("", f"### {noun.__name__}", "", *_told(noun), "")
        yield "| field | what stands there | |"
        yield "| --- | --- | --- |"
        tag = noun.__struct_config__.tag
        if tag:
            yield f"| `type` | `{tag}` | |"
        for field, annotation, means in _fields(noun):
            yield f"| `{field}` | {_plainly(annotation)} | {means} |"


def json_schema() -> str:
    """The same for machines."""
    _, nouns = msgspec.json.schema_components([Explained, Refused], ref_template="#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Explanations of cop-expert, version {VERSION}",
        "anyOf": [{"$ref": f"#/$defs/{noun.__name__}"} for noun in (Explained, Refused)],
        "$defs": dict(sorted(nouns.items())),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n"


def _told(noun: type[Struct]) -> list[str]:
    return [" ".join((noun.__doc__ or "").split())]


def _fields(noun: type[Struct]) -> Iterator[tuple[str, str, str]]:
    """Each field, its type as written, and what its docstring says."""
    (definition,) = ast.parse(getsource(noun)).body
    assert isinstance(definition, ast.ClassDef)
    following = [*definition.body[1:], None]
    for statement, after in zip(definition.body, following, strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, ast.unparse(statement.annotation), _docstring(after)


def _docstring(statement: Any) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""


def _plainly(annotation: str) -> str:
    """`tuple['Line', ...]` as people say it."""
    bare = annotation.replace("'", "")
    if found := re.fullmatch(r"tuple\[(\w+), \.\.\.\]", bare):
        return f"list of {_plainly(found[1])}"
    if re.fullmatch(r"tuple\[tuple\[(str, )+str\], \.\.\.\]", bare):
        return "list of lists of text"
    if bare == "tuple[str | None, ...]":
        return "list of text or null"
    if found := re.fullmatch(r"dict\[str, (\w+)\]", bare):
        return f"object, to each name {_plainly(found[1])}"
    if found := re.fullmatch(r"(\w+) \| None", bare):
        return f"{_plainly(found[1])}, or null"
    return PLAIN.get(bare) or f"[{bare}](#{bare.lower()})"
