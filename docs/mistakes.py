"""A page of tests/errors in, the same page out with what is really said of its mistakes.

Each page is named after a code. Each of its sections is a mistake: files, and what is said of them.
A block of rules without a path stands alone and is checked with the standard rulebook; all else is
laid over the engagement in tests/errors/corner-bread. What a block cannot show is said in italics.
"""

import csv
import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace
from xlsxwriter import Workbook

from cop_expert.check import check_rulebook
from cop_expert.load.changes import Changes, set_cell
from cop_expert.load.scaffold import write_engagement
from cop_expert.load.vocabulary import read_vocabulary
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem, in_order
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Rulebook
from cop_expert.model.template import Vocabulary
from cop_expert.parse.rules import parse_rules
from cop_expert.pipeline import (
    conclude,
    contradictions_of_ontologies,
    export,
    standard_rulebook,
    suppose,
)
from cop_expert.report.render import Request, render

MISTAKES = Path(__file__).resolve().parent.parent / "tests" / "errors"
BASE = MISTAKES / "corner-bread"
ALONE = "rules/mistake.rules"
BLOCK = re.compile(r"(?ms)^(?:`(?P<path>[^`\n]+)`\n\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$")


class Mistake(Struct, frozen=True):
    """A section of a page."""

    text: str

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0].lstrip("# ")

    @property
    def files(self) -> dict[str, str]:
        """The text of each file that is shown."""
        blocks = BLOCK.finditer(self.text)
        return {b["path"] or ALONE: b["text"] for b in blocks if b["path"] or b["kind"]}

    def asides(self, pattern: str) -> list[re.Match[str]]:
        """What is said in italics, on lines of their own."""
        return list(re.finditer(rf"(?m)^\*{pattern}\*$", self.text))

    @property
    def said(self) -> str:
        """What is said of it: the only block that is no file."""
        return next(b["text"] for b in BLOCK.finditer(self.text) if not b["path"] and not b["kind"])

    def renewed(self) -> str:
        """The section with what is said now, as far as that can be known here."""
        if self.asides("`cop-expert check --reason` is asked for") and not shutil.which("java"):
            return self.text
        return self.text.replace(f"\n```\n{self.said}```\n", f"\n```\n{said_of(self)}```\n")


def mistakes(page: str) -> list[Mistake]:
    """The sections of a page; one without headings is a single mistake."""
    first, *sections = re.split(r"(?m)^(?=## )", page)
    return [Mistake(section) for section in sections] or [Mistake(first)]


def renewed(page: str) -> str:
    """The page with what is really said."""
    before, heading, _ = page.partition("\n## ")
    sections = "".join(mistake.renewed() for mistake in mistakes(page))
    return f"{before}\n{sections}" if heading else sections


def said_of(mistake: Mistake) -> str:
    """What is said of it, every problem on lines of its own."""
    if mistake.files.keys() == {ALONE}:
        found: Iterable[Diagnostic] = _said_of_rules(mistake.files[ALONE])
    else:
        found = _said_of_folder(mistake)
    return "".join(f"{problem}\n" for problem in found)


@cache
def _standard() -> tuple[Rulebook, Vocabulary]:
    return standard_rulebook(), read_vocabulary()


def _said_of_rules(text: str) -> list[Diagnostic]:
    own, problems = parse_rules(text, ALONE)
    if own == Rulebook(is_whole=False):
        return problems
    standard, vocabulary = _standard()
    _, found = check_rulebook(standard, own, {}, lambda name: Origin(name), vocabulary)
    return in_order([*problems, *found])


def _said_of_folder(mistake: Mistake) -> Iterable[Diagnostic]:
    with TemporaryDirectory() as name:
        folder = Path(name) / "corner-bread"
        if not mistake.asides("nothing else is in the folder"):
            shutil.copytree(BASE, folder, ignore=shutil.ignore_patterns(".cop"))
        _write_files(mistake, folder)
        try:
            if mistake.asides("`cop-expert new` is given this folder"):
                write_engagement(folder, read_vocabulary(), "Corner Bread")
            other = mistake.asides("the folder is called `(.+)`")
            asked = folder.with_name(other[0][1]) if other else folder
            supposed = [set_cell(m[1]) for m in mistake.asides("supposing that `(.+)`")]
            if supposed:
                return suppose(asked, Changes(tuple(supposed))).manifest.warnings
            run = conclude(asked)
            if mistake.asides("`cop-expert check --reason` is asked for"):
                return contradictions_of_ontologies(asked)
            for wanted in mistake.asides("`cop-expert export --to (.+) -o (.+)` is asked for"):
                export(run, wanted[1], folder / wanted[2], folder)
            if mistake.asides("`cop-expert report` is asked for a strategy"):
                render(run.facts, run.rulebook, run.manifest, asked, Request("html"))
            return run.manifest.warnings
        except KnowledgeProblem as problem:
            return [_relative(found, name) for found in problem.diagnostics]


def _write_files(mistake: Mistake, folder: Path) -> None:
    encodings = {m[1]: m[2] for m in mistake.asides("`(.+)` is written in (.+)")}
    merged = {m[1]: m[2] for m in mistake.asides("in `(.+)` the cells (.+) are merged")}
    sheets = {path: text for path, text in mistake.files.items() if Origin(path).sheet}
    _write_workbook(folder, sheets, merged)
    for path, text in mistake.files.items() - sheets.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding=encodings.get(path, "utf-8"), newline="\n")
    for absent in mistake.asides("without `(.+)`"):
        (folder / absent[1]).unlink()
    for link in mistake.asides("`(.+)` is a link to `(.+)`"):
        (folder / link[1]).symlink_to(link[2])


def _write_workbook(folder: Path, sheets: dict[str, str], merged: dict[str, str]) -> None:
    """The sheets, shown as CSV, of one workbook; its formulas have never been calculated."""
    if not sheets:
        return
    with Workbook(folder / Origin(next(iter(sheets))).file) as book:
        for source, text in sheets.items():
            sheet = book.add_worksheet(Origin(source).sheet)
            for number, row in enumerate(csv.reader(text.splitlines())):
                sheet.write_row(number, 0, row)
                for column in (c for c, cell in enumerate(row) if cell.startswith("=")):
                    sheet.write_formula(number, column, row[column], None, "")
            if block := merged.get(source):
                first = block.partition(":")[0]
                sheet.merge_range(block, "")
                sheet.write(first, csv_cell(text, first))


def csv_cell(text: str, address: str) -> str:
    """What stands at an address such as `B2`."""
    row = list(csv.reader(text.splitlines()))[int(address[1:]) - 1]
    return row[ord(address[0]) - ord("A")]


def _relative(found: Diagnostic, folder: str) -> Diagnostic:
    """Without the name of the temporary folder."""
    source = found.origin.source.removeprefix(Path(folder).as_posix() + "/")
    return replace(found, origin=replace(found.origin, source=source))
