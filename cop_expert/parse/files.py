"""Rule files in, one rulebook out, in the order of the files."""

from collections.abc import Iterable
from pathlib import Path
from unicodedata import normalize

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Rulebook

LARGEST = 1_000_000
"""Bytes that the rule files of one engagement may have in all: some five thousand rules."""


class _Unreadable(Exception):
    """Carries what is said about a file of which nothing can be used."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_rules(files: Iterable[tuple[Path, str]]) -> tuple[Rulebook, list[Diagnostic]]:
    """The statements of all files, and what is wrong; `files` gives each path and its name."""
    rulebook, problems = Rulebook(), []
    room = LARGEST
    for path, source in files:
        try:
            raw = _read(path, source, room)
            room -= len(raw)
            found, wrong = _parsed(_text(raw, source), source)
        except _Unreadable as error:
            found, wrong = Rulebook(is_whole=False), [error.problem]
        rulebook += found
        problems += wrong
    return rulebook, problems


def _parsed(text: str, source: str) -> tuple[Rulebook, list[Diagnostic]]:
    """Most engagements have no rules of their own, and need no parser."""
    from cop_expert.parse.rules import parse_rules

    return parse_rules(text, source)


def _read(path: Path, source: str, room: int) -> bytes:
    place = Origin(source)
    try:
        if not path.is_file():
            raise _Unreadable(Diagnostic("unreadable", "this is not a file", place))
        size = path.stat().st_size
        if size > room:
            message = f"with this file, of {size:,} bytes, the rules grow beyond {LARGEST:,} bytes"
            advice = "rules are written by people; what comes from a program belongs into a table"
            raise _Unreadable(Diagnostic("too-large", message, place, advice))
        return path.read_bytes()
    except OSError as error:
        message = f"the file cannot be opened: {error.strerror}"
        raise _Unreadable(Diagnostic("unreadable", message, place)) from error


def _text(raw: bytes, source: str) -> str:
    """The text with one form of each letter and of each line end."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].split(b"\n")
        place = Origin(source, len(before), len(before[-1]) + 1)
        message = "from here on the file is not written in UTF-8"
        advice = "save it as UTF-8 with the editor that it was written with"
        raise _Unreadable(Diagnostic("unreadable", message, place, advice)) from error
    return normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
