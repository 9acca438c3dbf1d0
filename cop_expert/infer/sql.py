"""A clause in, the SQL that asks it out; shared by the engine and by explanations."""

from collections.abc import Callable

from cop_expert.facts import quoted
from cop_expert.model.arithmetic import INNER_PLACES, PLACES, UNIT
from cop_expert.model.rule import (
    Absence,
    Aggregate,
    Atom,
    Binding,
    Clause,
    Comparison,
    Constant,
    Expression,
    Fallback,
    Operation,
    Presence,
    Variable,
    is_aggregated,
    variables,
)
from cop_expert.model.template import Kind, Value, Vocabulary

MACROS = """
CREATE OR REPLACE TEMP MACRO round_half_away(n, d) AS
  n // d + CASE WHEN abs(n % d) * 2 >= abs(d) THEN sign(n) * sign(d) ELSE 0 END;
"""

Number = tuple[str, int]
"""An SQL expression and its decimal places."""


class Body:
    """The conditions of a clause as FROM and WHERE, and what each variable is there."""

    def __init__(
        self,
        clause: Clause,
        vocabulary: Vocabulary,
        table_of: Callable[[int, str], str] = lambda position, template: quoted(template),
        bound: dict[str, Value] | None = None,
    ) -> None:
        """`table_of` chooses the table for the condition at a position; `bound` fixes variables."""
        self.clause = clause
        self.vocabulary = vocabulary
        self.values: dict[str, str] = {}
        self.numbers: dict[str, Number] = {}
        self.tables: list[str] = []
        self.joins: list[str] = []
        self.where: list[str] = []
        self.divisors: list[str] = []
        """What single bindings are divided by."""
        self.group_divisors: list[str] = []
        """What whole groups are divided by."""
        for position, condition in enumerate(clause.body):
            if isinstance(condition, Presence):
                table = table_of(position, condition.atom.template)
                self._add_presence(f"t{position}", table, condition.atom)
        for position, condition in enumerate(clause.body):
            match condition:
                case Fallback(atom, name, value):
                    self._add_fallback(f"t{position}", table_of(position, atom.template), condition)
                case Binding(name, value):
                    self._bind(name, value)
                case _:
                    pass
        for position, condition in enumerate(clause.body):
            match condition:
                case Absence(atom):
                    self._add_absence(f"t{position}", table_of(position, atom.template), atom)
                case Comparison():
                    self.where.append(self.comparison(condition))
                case _:
                    pass
        self.where += [
            f"{self.values[name]} = {literal(value)}" for name, value in (bound or {}).items()
        ]

    def _is_optional(self, template: str, field: str) -> bool:
        return not self.vocabulary.templates[template].by_name[field].required

    def _add_presence(self, alias: str, table: str, atom: Atom) -> None:
        self.tables.append(f"{table} AS {alias}")
        for field, term in atom:
            column = f"{alias}.{quoted(field)}"
            if isinstance(term, Constant):
                self.where.append(_equals(column, term.value))
            elif isinstance(term, Variable) and term.name in self.values:
                self.where.append(f"{column} = {self.values[term.name]}")
            elif isinstance(term, Variable):
                self._take(term.name, column)
                if self._is_optional(atom.template, field):
                    self.where.append(f"{column} IS NOT NULL")

    def _take(self, name: str, value: str) -> None:
        self.values[name] = value
        if self.clause.types[name].kind == Kind.NUMBER:
            self.numbers[name] = (f"{value}::HUGEINT", PLACES)

    def _add_fallback(self, alias: str, table: str, condition: Fallback) -> None:
        on = ["TRUE"]
        column = "NULL"
        for field, term in condition.atom:
            there = f"{alias}.{quoted(field)}"
            if isinstance(term, Variable) and term.name == condition.name:
                column = there
                on.append(f"{there} IS NOT NULL")
            elif isinstance(term, Variable):
                on.append(f"{there} = {self.values[term.name]}")
            elif isinstance(term, Constant):
                on.append(_equals(there, term.value))
        self.joins.append(f"LEFT JOIN {table} AS {alias} ON {' AND '.join(on)}")
        taken = f"coalesce({column}, {self.value(condition.value)})"
        if condition.name in self.values:
            self.where.append(f"{taken} = {self.values[condition.name]}")
        else:
            self._take(condition.name, taken)

    def _add_absence(self, alias: str, table: str, atom: Atom) -> None:
        local: dict[str, str] = {}
        on = []
        for field, term in atom:
            column = f"{alias}.{quoted(field)}"
            if isinstance(term, Constant):
                on.append(_equals(column, term.value))
            elif isinstance(term, Variable) and (term.name in self.values or term.name in local):
                on.append(f"{column} = {self.values.get(term.name) or local[term.name]}")
            elif isinstance(term, Variable):
                local[term.name] = column
                on.append(f"{column} IS NOT NULL")
        where = f" WHERE {' AND '.join(on)}" if on else ""
        self.where.append(f"NOT EXISTS (SELECT 1 FROM {table} AS {alias}{where})")

    def _bind(self, name: str, value: Expression) -> None:
        if self.clause.types[name].kind == Kind.NUMBER:
            self.numbers[name] = self.number(value)
            self.values[name] = f"({rescaled(*self.numbers[name], PLACES)})::BIGINT"
        else:
            self.values[name] = self.value(value)

    def comparison(self, comparison: Comparison) -> str:
        left, right, operator = comparison.left, comparison.right, comparison.operator
        if _is_absent(left) or _is_absent(right):
            return _compared_with_none(comparison)
        sides = [self._plain_column(left), self._plain_column(right)]
        if None in sides and self.is_number(left):
            (a, a_places), (b, b_places) = self.number(left), self.number(right)
            places = max(a_places, b_places)
            sides = [rescaled(a, a_places, places), rescaled(b, b_places, places)]
        elif None in sides:
            sides = [self.value(left), self.value(right)]
        return f"({sides[0]} {'<>' if operator == '!=' else operator} {sides[1]})"

    def _plain_column(self, expression: Expression) -> str | None:
        """Facts and literals compare as they are stored, without arithmetic."""
        match expression:
            case Variable(name) if self.numbers.get(name, ("", PLACES))[1] == PLACES:
                return self.values[name]
            case Constant(value) if value is not None:
                return literal(value)
        return None

    def is_number(self, expression: Expression) -> bool:
        match expression:
            case Variable(name):
                return name in self.numbers
            case Constant(value):
                return type(value) is int
            case _:
                return True

    def value(self, expression: Expression) -> str:
        """An expression as a fact would hold it."""
        match expression:
            case Variable(name) if name not in self.numbers or self.numbers[name][1] == PLACES:
                return self.values[name]
            case Constant(value):
                return literal(value)
            case Aggregate("min" | "max" as function, operand) if not self.is_number(operand):
                return f"{function}({self.value(operand)})"
            case _:
                return f"({rescaled(*self.number(expression), PLACES)})::BIGINT"

    def number(self, expression: Expression) -> Number:
        """A numeric expression, exact or rounded to twelve places, and its places."""
        match expression:
            case Variable(name):
                return self.numbers[name]
            case Constant(value):
                assert isinstance(value, int)
                whole = value % UNIT == 0
                return f"{value // UNIT if whole else value}::HUGEINT", 0 if whole else PLACES
            case Aggregate(function, operand):
                return self._aggregate(function, operand)
            case Operation("/", (dividend, divisor)):
                return self._quotient(dividend, divisor)
            case Operation(operator, operands):
                return self._operation(operator, [self.number(operand) for operand in operands])

    def _aggregate(self, function: str, operand: Expression) -> Number:
        if function == "count":
            return "count(*)::HUGEINT", 0
        inner, places = self.number(operand)
        return f"({function}({inner})::HUGEINT)", places

    def _operation(self, operator: str, operands: list[Number]) -> Number:
        if operator == "round":
            return f"({rescaled(*operands[0], 0)})", 0
        if operator == "*":
            (a, a_places), (b, b_places) = operands
            return _at_most_inner(f"({a} * {b})", a_places + b_places)
        places = max(places for _, places in operands)
        same = [rescaled(sql, own, places) for sql, own in operands]
        if operator in ("min", "max"):
            return f"{'least' if operator == 'min' else 'greatest'}({', '.join(same)})", places
        return f"({same[0]} {operator} {same[1]})", places

    def _quotient(self, dividend: Expression, divisor: Expression) -> Number:
        (a, a_places), (b, b_places) = self.number(dividend), self.number(divisor)
        shift = INNER_PLACES + b_places - a_places
        numerator = f"({a} * {10**shift}::HUGEINT)" if shift else a
        guarded = self.group_divisors if is_aggregated(divisor) else self.divisors
        if b not in guarded and not (isinstance(divisor, Constant) and divisor.value):
            guarded.append(b)
        return f"(round_half_away({numerator}, {b}))", INNER_PLACES

    def text(self, *extra: str) -> str:
        """FROM and WHERE; what cannot be divided binds nothing."""
        conditions = [*self.where, *(f"{divisor} <> 0" for divisor in self.divisors), *extra]
        return self._text(conditions)

    def undivided(self, divisor: str) -> str:
        """FROM and WHERE for the bindings in which the divisor is zero."""
        return self._text([*self.where, f"{divisor} = 0"])

    def _text(self, conditions: list[str]) -> str:
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"FROM {', '.join(self.tables) or '(SELECT 1)'} {' '.join(self.joins)}{where}"


def select(body: Body) -> str:
    """All conclusions of the clause, each once, columns in the template's order."""
    clause, template = body.clause, body.vocabulary.templates[body.clause.head.template]
    columns, groups = [], []
    for field in template.fields:
        term = clause.head.term(field.name)
        sql = "NULL" if term is None else body.value(term)
        columns.append(f"{sql} AS {quoted(field.name)}")
        if term is not None and variables(term) and not is_aggregated(term):
            groups.append(sql)
    if not clause.aggregates:
        return f"SELECT DISTINCT {', '.join(columns)} {body.text()}"
    having = ["count(*) > 0", *(f"{divisor} <> 0" for divisor in body.group_divisors)]
    grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
    return f"SELECT {', '.join(columns)} {body.text()}{grouping} HAVING {' AND '.join(having)}"


def zero_divisions(clause: Clause, vocabulary: Vocabulary) -> list[str]:
    """For each division by what might be zero, the query that counts how often it is."""
    body = Body(clause, vocabulary)
    select(body)
    return [f"SELECT count(*) {body.undivided(divisor)}" for divisor in body.divisors]


def rescaled(sql: str, places: int, to: int) -> str:
    if to == places:
        return sql
    if to > places:
        return f"({sql} * {10 ** (to - places)}::HUGEINT)"
    return f"round_half_away({sql}, {10 ** (places - to)}::HUGEINT)"


def _at_most_inner(sql: str, places: int) -> Number:
    if places <= INNER_PLACES:
        return sql, places
    return f"({rescaled(sql, places, INNER_PLACES)})", INNER_PLACES


def literal(value: Value) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return f"{value}::BIGINT"
        case _:
            return "'" + value.replace("'", "''") + "'"


def _equals(column: str, value: Value) -> str:
    return f"{column} IS NULL" if value is None else f"{column} = {literal(value)}"


def _is_absent(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value is None


def _compared_with_none(comparison: Comparison) -> str:
    """Only `none` equals `none`; nothing is larger or smaller than it."""
    both = _is_absent(comparison.left) and _is_absent(comparison.right)
    holds = {"=": both, "!=": not both}.get(comparison.operator, False)
    return "TRUE" if holds else "FALSE"
