"""An engagement's folder `commentary/` in, what a consultant wrote by hand for each section out.

A file is named after the section or the community that it belongs to: `needs.md`, `Kitchen.md`. No
run ever writes there.
"""

from collections.abc import Iterable
from pathlib import Path

from cop_expert.load.engagement import leads_outside
from cop_expert.load.words import plain
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem, did_you_mean
from cop_expert.model.origin import Origin

FOLDER = "commentary"
LARGEST = 1_000_000
"""Bytes of one file."""


class Commentary:
    """Texts in Markdown, by what they are about."""

    def __init__(self, folder: Path, subjects: Iterable[str]) -> None:
        """`subjects` are what can be written about; raises KnowledgeProblem on any other file."""
        known = {plain(subject): subject for subject in subjects}
        self.texts: dict[str, str] = {}
        problems = []
        for path in sorted((folder / FOLDER).glob("*.md")):
            found = _text(path, folder)
            if isinstance(found, Diagnostic):
                problems.append(found)
            elif plain(path.stem) not in known:
                problems.append(_unknown(path, known.values()))
            else:
                self.texts[plain(path.stem)] = found
        if problems:
            raise KnowledgeProblem(problems)

    def about(self, subject: str) -> str:
        """What was written about a section or a community; empty where nothing was."""
        return self.texts.get(plain(subject), "")


def _text(path: Path, folder: Path) -> str | Diagnostic:
    if leads_outside(path, folder):
        return _problem(path, "this is a link that leads out of the engagement")
    if path.stat().st_size > LARGEST:
        return _problem(path, "the commentary is larger than a megabyte")
    try:
        return path.read_bytes().decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return _problem(path, "the commentary is not written in UTF-8", "save it as UTF-8")


def _unknown(path: Path, known: Iterable[str]) -> Diagnostic:
    named = sorted(known)
    advice = did_you_mean(path.stem, named) or "name the file after a section or a community"
    return _problem(path, f"no section or community is called '{path.stem}'", advice)


def _problem(path: Path, message: str, advice: str = "") -> Diagnostic:
    return Diagnostic("commentary", message, Origin(f"{FOLDER}/{path.name}"), advice)
