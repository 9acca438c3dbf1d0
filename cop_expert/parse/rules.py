"""The text of a rule file in, its parameters and rules out."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from cop_expert.model.arithmetic import to_millionths
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import (
    Absence,
    Aggregate,
    Atom,
    Binding,
    Comparison,
    Constant,
    Expression,
    Fallback,
    Operation,
    Parameter,
    Presence,
    Rule,
    Rulebook,
    Sentence,
    Slot,
    Variable,
)

BRACES = re.compile(r"\{([^{}]*)\}")
AGGREGATES = {"sum", "count", "min", "max"}

# What the grammar's tokens are called when one of them was expected.
IN_WORDS = {
    "AND": "`and`",
    "_NL": "a new line",
    "COMMA": "a comma",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "COMPARISON": "a comparison such as `>=`",
    "NAME": "a name in lower case",
    "TEMPLATE": "a template such as `Post`",
    "NUMBER": "a number",
    "STRING": 'a text in "quotation marks"',
    "RULE_NAME": "the rule's name",
    "FUNCTION": "`sum`, `count`, `min`, `max` or `round`",
    "$END": "the end of the file",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "TIMES": "`*`",
    "OVER": "`/`",
}


class _Brackets:
    """Drops the line ends inside brackets, where lines do not count."""

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        for token in stream:
            depth += (token.type == "LPAR") - (token.type == "RPAR")
            if token.type != "_NL" or depth <= 0:
                yield token


@cache
def _parser(start: str) -> Lark:
    grammar = files("cop_expert.parse").joinpath("rules.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", start=start, postlex=_Brackets(), maybe_placeholders=True)


def parse_rules(text: str, source: str) -> tuple[Rulebook, list[Diagnostic]]:
    """Every parameter and rule of one file, or the place where it cannot be read."""
    try:
        tree = _parser("start").parse(text + "\n")
    except UnexpectedInput as error:
        return Rulebook(), [_syntax_problem(error, text, source)]
    builder = _Builder(source)
    statements = builder.transform(tree)
    return Rulebook(
        parameters=tuple(found for found in statements if isinstance(found, Parameter)),
        rules=tuple(found for found in statements if isinstance(found, Rule)),
    ), builder.problems


def _parse_sentence(text: str) -> tuple[Sentence, list[str]]:
    """A `because` cut at its braces, and what stands between braces and is no expression."""
    pieces: list[str | Slot] = []
    unreadable = []
    for position, piece in enumerate(BRACES.split(text)):
        if position % 2 == 0:
            pieces.append(piece)
            continue
        expression, _, datatype = piece.partition(":")
        try:
            tree = _parser("sum").parse(expression)
        except UnexpectedInput:
            unreadable.append(piece)
            continue
        pieces.append(Slot(_Builder("").transform(tree), datatype.strip()))
    return tuple(pieces), unreadable


def _syntax_problem(error: UnexpectedInput, text: str, source: str) -> Diagnostic:
    line, column = max(error.line, 1), max(error.column, 1)
    lines = text.splitlines()
    token = getattr(error, "token", None)
    if (token is not None and token.type == "$END") or line > len(lines):
        found, line, column = "the file ends", max(len(lines), 1), 1
    else:
        word = str(token).strip() if token is not None else lines[line - 1][column - 1 : column]
        found = f"`{word}` stands here" if word else "the line ends"
    names = getattr(error, "accepts", None) or getattr(error, "expected", None) or set()
    expected = sorted({IN_WORDS.get(name, f"`{name.lower()}`") for name in set(names) - {"$END"}})
    choice = " or ".join(filter(None, [", ".join(expected[:-1]), *expected[-1:]]))
    return Diagnostic(
        "syntax",
        f"{found}, where {choice} was expected" if choice else f"{found}, which fits no rule",
        Origin(source, line, column),
        "compare with a rule that works, such as those that `cop-expert rules` prints",
    )


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Turns the parse tree into the model, each node with its place."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source = source
        self.problems: list[Diagnostic] = []

    def _origin(self, token: Token) -> Origin:
        return Origin(self._source, token.line or 0, token.column or 0)

    def start(self, *statements: Any) -> tuple[Any, ...]:
        return statements

    def parameter(
        self,
        name: Token,
        datatype: Token | None,
        value: Constant,
        above: Constant | None,
        comment: Token | None,
    ) -> Parameter:
        bound = above.value if above is not None else None
        return Parameter(
            str(name),
            value.value if isinstance(value, Constant) else None,
            str(datatype or ""),
            bound if isinstance(bound, int) else None,
            _unquote(comment) if comment else "",
            self._origin(name),
        )

    def rule(
        self,
        replace: Token | None,
        name: Token,
        body: tuple[Any, ...],
        heads: tuple[Atom, ...],
        because: str,
        basis: str,
        quiet: bool,
    ) -> Rule:
        origin = self._origin(name)
        sentence, unreadable = _parse_sentence(because)
        for text in unreadable:
            message = f"`{{{text}}}` in `because` is no expression"
            self.problems.append(Diagnostic("sentence", message, origin, "write `{name}`"))
        replaces = replace is not None
        return Rule(str(name), body, heads, because, sentence, basis, quiet, replaces, origin)

    def body(self, *conditions: Any) -> tuple[Any, ...]:
        return conditions

    def conclusions(self, *atoms: Atom) -> tuple[Atom, ...]:
        return atoms

    def because(self, text: Token | None) -> str:
        return _unquote(text) if text else ""

    basis = because

    def quiet(self, word: Token | None) -> bool:
        return word is not None

    def presence(self, atom: Atom) -> Presence:
        return Presence(atom)

    def absence(self, atom: Atom) -> Absence:
        return Absence(atom)

    def fallback(self, atom: Atom, name: Token, value: Expression) -> Fallback:
        return Fallback(atom, str(name), value)

    def comparison(self, left: Expression, operator: Token, right: Expression) -> Comparison:
        return Comparison(str(operator), left, right, self._origin(operator))

    def equality(self, left: Expression, right: Expression) -> Comparison | Binding:
        """`name = …` binds where nothing else does; the check tells which of the two it is."""
        origin = left.origin if isinstance(left, Variable | Operation) else Origin(self._source)
        return Comparison("=", left, right, origin)

    def atom(self, template: Token, *arguments: tuple[str, Expression] | None) -> Atom:
        terms = tuple(argument for argument in arguments if argument is not None)
        return Atom(str(template), terms, self._origin(template))

    def argument(self, name: Token, term: Expression | None) -> tuple[str, Expression]:
        return str(name), term if term is not None else Variable(str(name), self._origin(name))

    def operation(self, left: Expression, operator: Token, right: Expression) -> Operation:
        return Operation(str(operator), (left, right), self._origin(operator))

    def call(self, function: Token, *operands: Expression) -> Operation | Aggregate:
        origin = self._origin(function)
        if len(operands) == 1 and str(function) in AGGREGATES:
            return Aggregate(str(function), operands[0], origin)
        return Operation(str(function), operands, origin)

    def negative(self, minus: Token, operand: Expression) -> Expression:
        if isinstance(operand, Constant) and type(operand.value) is int:
            return Constant(-operand.value)
        return Operation("-", (Constant(0), operand), self._origin(minus))

    def variable(self, name: Token) -> Variable:
        return Variable(str(name), self._origin(name))

    def number(self, text: Token) -> Constant:
        return Constant(to_millionths(Decimal(str(text))))

    def string(self, text: Token) -> Constant:
        return Constant(_unquote(text))

    def true(self) -> Constant:
        return Constant(True)

    def false(self) -> Constant:
        return Constant(False)

    def none(self) -> Constant:
        return Constant(None)


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
