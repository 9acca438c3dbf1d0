"""The text of one statement or expression in, its parse tree out."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree

MOST_STEPS = 100
"""Operators and brackets that one expression may have: the rest of the house recurses into them."""


class TooManySteps(Exception):
    """An expression goes deeper than anybody would write it."""

    def __init__(self, token: Token) -> None:
        super().__init__(str(token))
        self.token = token


class _Lines:
    """Drops line ends where they do not count: inside brackets, and after one another."""

    always_accept = ("_NL",)
    steps = frozenset({"LPAR", "PLUS", "MINUS", "TIMES", "OVER"})
    ends = frozenset({"_NL", "COMMA", "THEN"})

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = taken = 0
        before = ""
        for token in stream:
            kind = token.type
            depth = max(0, depth + (kind == "LPAR") - (kind == "RPAR"))
            if depth == 0 and kind in self.ends:
                taken = 0
            taken += kind in self.steps
            if taken > MOST_STEPS:
                raise TooManySteps(token)
            if kind != "_NL" or (depth == 0 and before != "_NL"):
                before = kind
                yield token


def parse(text: str, start: str = "statement") -> Tree[Token]:
    """The tree of a `statement` or of an expression (a `sum`); raises UnexpectedInput."""
    return _parser().parse(text, start=start)


@cache
def _parser() -> Lark:
    grammar = files("cop_expert.parse").joinpath("rules.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        start=["statement", "sum"],
        postlex=_Lines(),
        maybe_placeholders=True,
    )
