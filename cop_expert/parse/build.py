"""A parse tree in, the model's nouns out, each with its place."""

import re
from decimal import Decimal
from typing import Any

from lark import Token, Tree, UnexpectedInput
from msgspec.structs import replace

from cop_expert.model.arithmetic import FACT_LIMIT, PLACES, to_millionths
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import (
    Absence,
    Aggregate,
    Atom,
    Comparison,
    Constant,
    Expression,
    Fallback,
    Operation,
    Parameter,
    Presence,
    Rule,
    Sentence,
    Setting,
    Slot,
    Variable,
)
from cop_expert.parse.grammar import TooManySteps, parse
from cop_expert.parse.mistakes import shown

MOST_LINES = 100
"""Conditions, or conclusions, that one rule may have."""
BRACES = re.compile(r"\{([^{}]*)\}")
AGGREGATES = {"sum", "count", "min", "max"}


class Builder:
    """Turns the nodes of one statement's tree into the model, from the leaves up.

    Each method bears the name of a node in rules.lark and takes what its children were turned into.
    """

    def __init__(self, begin: Origin) -> None:
        """`begin` is where the text of the tree begins in its file."""
        self._begin = begin
        self.problems: list[Diagnostic] = []

    def build(self, node: Tree[Token]) -> Any:
        children = [self.build(c) if isinstance(c, Tree) else c for c in node.children]
        return getattr(self, node.data)(*children)

    def _origin(self, token: Token) -> Origin:
        return place_of(token, self._begin)

    # Statements

    def parameter(
        self,
        name: Token,
        datatype: Token | None,
        value: Constant | None,
        above: Constant | None,
        comment: Token | None,
    ) -> Parameter:
        bound = above.value if above else None
        return Parameter(
            name=str(name),
            value=value.value if value else None,
            datatype=str(datatype or ""),
            above=bound if isinstance(bound, int) else None,
            comment=_unquote(comment) if comment else "",
            origin=self._origin(name),
            has_default=value is not None,
        )

    def setting(self, name: Token, value: Constant, reason: Token | None) -> Setting:
        said = _unquote(reason) if reason else ""
        return Setting(str(name), value.value, said, self._origin(name))

    def rule(
        self,
        instead: Token | None,
        name: Token,
        body: list[Any],
        heads: list[Atom],
        because: Token | None,
        basis: Token | None,
        quiet: Token | None,
    ) -> Rule:
        origin = self._origin(name)
        for lines, what in ((body, "conditions"), (heads, "conclusions")):
            if len(lines) > MOST_LINES:
                message = f"`{name}` has {len(lines):,} {what}; {MOST_LINES} are the most"
                advice = "conclude a part of it in a rule of its own, and go on from there"
                self.problems.append(Diagnostic("too-large", message, origin, advice))
        return Rule(
            name=str(name),
            body=tuple(body[:MOST_LINES]),
            heads=tuple(heads[:MOST_LINES]),
            because=_unquote(because) if because else "",
            sentence=self._sentence(because) if because else (),
            basis=_unquote(basis) if basis else "",
            quiet=quiet is not None,
            replaces=instead is not None,
            origin=origin,
        )

    def body(self, *conditions: Any) -> list[Any]:
        return list(conditions)

    def conclusions(self, *atoms: Atom) -> list[Atom]:
        return list(atoms)

    def because(self, text: Token | None) -> Token | None:
        return text

    basis = quiet = because

    def _sentence(self, because: Token) -> Sentence:
        """A `because` cut at its braces."""
        begin = self._origin(because)
        pieces: list[str | Slot] = []
        end = 1
        for braces in BRACES.finditer(because):
            pieces.append(_unescaped(because[end : braces.start()]))
            end = braces.end()
            place = replace(begin, column=begin.column + braces.start() + 1)
            if slot := self._slot(braces[1], place):
                pieces.append(slot)
        return (*pieces, _unescaped(because[end:-1]))

    def _slot(self, text: str, place: Origin) -> Slot | None:
        expression, _, datatype = text.partition(":")
        try:
            tree = parse(expression, "sum")
        except (UnexpectedInput, TooManySteps):
            message = f"`{{{shown(text)}}}` in `because` is no expression"
            self.problems.append(Diagnostic("sentence", message, place, "write `{name}`"))
            return None
        inside = Builder(place)
        slot = Slot(inside.build(tree), datatype.strip())
        self.problems += inside.problems
        return slot

    # Conditions

    def presence(self, atom: Atom) -> Presence:
        return Presence(atom)

    def absence(self, atom: Atom) -> Absence:
        return Absence(atom)

    def fallback(self, atom: Atom, name: Token, value: Expression) -> Fallback:
        return Fallback(atom, str(name), value)

    def comparison(self, left: Expression, operator: Token, right: Expression) -> Comparison:
        return Comparison(str(operator), left, right, self._origin(operator))

    def equality(self, left: Expression, sign: Token, right: Expression) -> Comparison:
        """`name = …` binds where nothing else does; the check tells which of the two it is."""
        origin = left.origin if isinstance(left, Variable) else self._origin(sign)
        return Comparison("=", left, right, origin)

    def atom(self, template: Token, *arguments: tuple[Token, Expression] | None) -> Atom:
        given = [argument for argument in arguments if argument]
        return Atom(
            template=str(template),
            terms=tuple((str(name), term) for name, term in given),
            origin=self._origin(template),
            places=tuple(self._origin(name) for name, _ in given),
        )

    def argument(self, name: Token, term: Expression | None) -> tuple[Token, Expression]:
        return name, term or self.variable(name)

    # Expressions

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

    def number(self, *tokens: Token | None) -> Constant:
        """Digits, perhaps with a minus before them."""
        *signs, digits = tokens
        assert digits
        count = _millionths(digits)
        if count > FACT_LIMIT:
            message = "this number is beyond nine trillion, and no fact can hold it"
            place, advice = self._origin(digits), "write a smaller one"
            self.problems.append(Diagnostic("out-of-range", message, place, advice))
        return Constant(-count if any(signs) else count)

    def string(self, text: Token) -> Constant:
        return Constant(_unquote(text))

    def true(self) -> Constant:
        return Constant(True)

    def false(self) -> Constant:
        return Constant(False)

    def none(self) -> Constant:
        return Constant(None)


def place_of(token: Token, begin: Origin) -> Origin:
    """A token's place in the file, where the text that it was read from begins at `begin`."""
    line, column = token.line or 1, token.column or 1
    across = begin.column - 1 if line == 1 else 0
    return Origin(begin.source, begin.line + line - 1, column + across)


def _millionths(digits: str) -> int:
    """No more digits are read than matter: those of a fact, and one more place for the rounding."""
    whole, _, fraction = digits.partition(".")
    if len(whole) > len(str(FACT_LIMIT)):
        whole = whole.lstrip("0")[: len(str(FACT_LIMIT))]
    return to_millionths(Decimal(f"{whole}.{fraction[: PLACES + 1]}"))


def _unquote(text: str) -> str:
    return _unescaped(text[1:-1])


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
