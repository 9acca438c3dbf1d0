"""The text of a rule file in; its parameters, settings and rules out."""

import re
from collections.abc import Iterator
from itertools import pairwise

from lark import UnexpectedInput

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Parameter, Rule, Rulebook, Setting
from cop_expert.parse.build import Builder, place_of
from cop_expert.parse.grammar import MOST_STEPS, TooManySteps, parse
from cop_expert.parse.mistakes import syntax_problem

MOST_PROBLEMS = 100
"""Statements that cannot be read, after which the rest of a file is left alone."""
BLANK = r"(?:[^\S\n]|[\u00ad\u200b\u2060\ufeff])"
"""What is not seen within a line."""
BEGINS = re.compile(
    rf'(?m)^{BLANK}*(?:(?:replace{BLANK}+)?rule(?={BLANK}+[\w"]|{BLANK}*$)'
    rf"|(?:parameter|set)(?={BLANK}+\w))"
)
"""The words with which a line begins a statement, whatever stands before it."""
SILENT = re.compile(rf"{BLANK}*(?:#.*)?")
"""A blank line, or a comment alone."""


def parse_rules(text: str, source: str) -> tuple[Rulebook, list[Diagnostic]]:
    """Every statement of one file that can be read, and what is wrong with the others."""
    statements: list[Parameter | Setting | Rule] = []
    problems: list[Diagnostic] = [] if text.strip() else [_empty(source)]
    unread = 0
    for begin, piece in _pieces(text, source):
        try:
            tree = parse(piece)
        except UnexpectedInput as error:
            problems.append(syntax_problem(error, piece, begin))
        except TooManySteps as error:
            problems.append(_too_many_steps(place_of(error.token, begin)))
        else:
            builder = Builder(begin)
            statements.append(builder.build(tree))
            problems += builder.problems
            continue
        unread += 1
        if unread == MOST_PROBLEMS:
            problems.append(_no_further(begin))
            break
    return Rulebook(
        parameters=tuple(found for found in statements if isinstance(found, Parameter)),
        rules=tuple(found for found in statements if isinstance(found, Rule)),
        settings=tuple(found for found in statements if isinstance(found, Setting)),
        is_whole=not unread,
    ), problems


def _pieces(text: str, source: str) -> Iterator[tuple[Origin, str]]:
    """The statements, each with its place: one that cannot be read does not hide the next."""
    starts = [0, *(found.start() for found in BEGINS.finditer(text)), len(text)]
    line = 1
    for start, end in pairwise(starts):
        piece = text[start:end]
        if not _is_silent(piece):
            yield Origin(source, line, 1), piece + "\n"
        line += piece.count("\n")


def _is_silent(text: str) -> bool:
    """True for blank lines and comments."""
    return all(SILENT.fullmatch(line) for line in text.split("\n"))


def _empty(source: str) -> Diagnostic:
    return Diagnostic(
        "no-rules",
        "there is nothing in this file",
        Origin(source),
        "write a rule, or take the file away",
        warning=True,
    )


def _too_many_steps(place: Origin) -> Diagnostic:
    return Diagnostic(
        "too-large",
        f"the expression has more than {MOST_STEPS} operators and brackets",
        place,
        "bind parts of it on lines of their own: `name = …`",
    )


def _no_further(place: Origin) -> Diagnostic:
    return Diagnostic(
        "more-problems",
        "the rest of this file was not read",
        place,
        "mend the ones above first: many may have the same cause",
    )
