"""A clause in, the SQL that asks it out; shared by the engine and by explanations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cop_expert.facts import quoted
from cop_expert.infer.evaluate import needed
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
CREATE OR REPLACE TEMP MACRO round_half_away(n, d) AS (n + sign(n) * (abs(d) // 2)) // d;
"""

TableOf = Callable[[int, str], str]
"""The table to ask for the condition at a position, on a template."""

MIRRORED = {"<": ">", "<=": ">=", ">=": "<=", ">": "<"}

Number = tuple[str, int]
"""An SQL expression and its decimal places."""


class Body:
    """The conditions of a clause as FROM and WHERE, and what each variable is there."""

    def __init__(
        self,
        clause: Clause,
        vocabulary: Vocabulary,
        table_of: TableOf = lambda position, template: quoted(template),
        bound: dict[str, Value] | None = None,
        once: bool = False,
    ) -> None:
        """`bound` fixes variables; with `once` each binding comes once, whatever is not asked."""
        self.clause = clause
        self.vocabulary = vocabulary
        self.once = once
        self.values: dict[str, str] = {}
        self.numbers: dict[str, Number] = {}
        self.tables: list[str] = []
        self.joins: list[str] = []
        self.where: list[str] = []
        self.tests: list[str] = []
        """Comparisons; NULL where something is divided by zero."""
        self.zeros: list[str] = []
        """When a binding divides by zero."""
        self.having: list[str] = []
        self.group_zeros: list[str] = []
        """When a group divides by zero."""
        self.maybe_absent: set[str] = set()
        """Names that may stand for `none`."""
        self._of_group = False
        self._unless = ""
        for position, condition in enumerate(clause.body):
            if isinstance(condition, Presence):
                table = table_of(position, condition.atom.template)
                self._add_presence(f"t{position}", table, condition.atom)
        for position, condition in _in_order_of_need(clause, set(self.values)):
            match condition:
                case Fallback(atom):
                    self._add_fallback(f"t{position}", table_of(position, atom.template), condition)
                case Binding(name, value):
                    self._bind(name, value)
        for position, condition in enumerate(clause.body):
            match condition:
                case Absence(atom):
                    self._add_absence(f"t{position}", table_of(position, atom.template), atom)
                case Comparison():
                    self.tests.append(self.comparison(condition))
                case _:
                    pass
        self.where += [
            f"{self.values[name]} = {literal(value)}" for name, value in (bound or {}).items()
        ]

    def _is_optional(self, template: str, field: str) -> bool:
        return not self.vocabulary.templates[template].by_name[field].required

    def _rows(self, table: str, atom: Atom) -> str:
        """Facts that differ only in fields that are not asked for would give a binding twice.

        Given facts need no such care where their key is asked for: loading sees to keys.
        """
        template = self.vocabulary.templates[atom.template]
        fields = dict(atom.terms)
        if not self.once or template.given or len(fields) == len(template.fields):
            return table
        return f"(SELECT DISTINCT {', '.join(map(quoted, fields)) or 1} FROM {table})"

    def _add_presence(self, alias: str, table: str, atom: Atom) -> None:
        self.tables.append(f"{self._rows(table, atom)} AS {alias}")
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
        columns: list[str] = []
        for field, term in condition.atom:
            there = f"{alias}.{quoted(field)}"
            if isinstance(term, Variable) and term.name == condition.name:
                on.append(f"{there} = {columns[0]}" if columns else f"{there} IS NOT NULL")
                columns.append(there)
            elif isinstance(term, Variable):
                on.append(f"{there} = {self.values[term.name]}")
            elif isinstance(term, Constant):
                on.append(_equals(there, term.value))
        rows = self._rows(table, condition.atom)
        self.joins.append(f"LEFT JOIN {rows} AS {alias} ON {' AND '.join(on)}")
        self._unless = f"({columns[0]} IS NOT NULL)"
        taken = f"coalesce({columns[0]}, {self.value(condition.value)})"
        self._unless = ""
        self._take_or_compare(condition, taken)

    def _take_or_compare(self, condition: Fallback, taken: str) -> None:
        absent = self._may_be_absent(condition.value)
        if condition.name not in self.values:
            self._take(condition.name, taken)
            self.maybe_absent |= {condition.name} if absent else set()
            return
        self.tests.append(f"{taken} = {self.values[condition.name]}")
        if absent:
            self.where.append(f"{taken} IS NOT NULL")

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
        if self._may_be_absent(value):
            self.maybe_absent.add(name)

    def _may_be_absent(self, expression: Expression) -> bool:
        match expression:
            case Variable(name):
                return name in self.maybe_absent
            case Constant(value):
                return value is None
            case _:
                return False

    def comparison(self, comparison: Comparison) -> str:
        """Only `none` equals `none`; nothing is larger or smaller than it."""
        left, right, operator = comparison.left, comparison.right, comparison.operator
        one, other = self._sides(left, right)
        relation = "<>" if operator == "!=" else operator
        match self._may_be_absent(left), self._may_be_absent(right):
            case False, False:
                return f"({one} {relation} {other})"
            case True, True if operator in ("=", "!="):
                return f"({one} IS {'NOT ' if operator == '=' else ''}DISTINCT FROM {other})"
            case True, True:
                return f"({one} IS NOT NULL AND {other} IS NOT NULL AND {one} {relation} {other})"
            case False, True:
                one, other, relation = other, one, MIRRORED.get(relation, relation)
        if operator == "!=":
            return f"({one} <> {other} OR ({one} IS NULL AND {other} IS NOT NULL))"
        return f"({one} IS NOT NULL AND {one} {relation} {other})"

    def _sides(self, left: Expression, right: Expression) -> tuple[str, str]:
        """Both sides in a form in which they compare."""
        one, other = self._plain_column(left), self._plain_column(right)
        if one is not None and other is not None:
            return one, other
        if self.is_number(left) and self.is_number(right):
            (a, a_places), (b, b_places) = self.number(left), self.number(right)
            places = max(a_places, b_places)
            return rescaled(a, a_places, places), rescaled(b, b_places, places)
        return self.value(left), self.value(right)

    def _plain_column(self, expression: Expression) -> str | None:
        """Facts and literals compare as they are stored, without arithmetic."""
        match expression:
            case Variable(name) if self.numbers.get(name, ("", PLACES))[1] == PLACES:
                return self.values[name]
            case Constant(value):
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
                return self._aggregate_of_words(function, operand)
            case _:
                return f"({rescaled(*self.number(expression), PLACES)})::BIGINT"

    def number(self, expression: Expression) -> Number:
        """A numeric expression, exact or rounded to twelve places, and its places."""
        match expression:
            case Variable(name) if self._of_group:
                return f"{self.values[name]}::HUGEINT", PLACES
            case Variable(name):
                return self.numbers[name]
            case Constant(None):
                return "NULL::HUGEINT", 0
            case Constant(value):
                assert isinstance(value, int)
                whole = value % UNIT == 0
                return f"{value // UNIT if whole else value}::HUGEINT", 0 if whole else PLACES
            case Aggregate(function, operand):
                return self._aggregate(function, operand)
            case Operation("/", (dividend, divisor)):
                return self._quotient(dividend, divisor)
            case Operation(operator, operands):
                return self._operation(operator, [self._operand(operand) for operand in operands])

    def _operand(self, expression: Expression) -> Number:
        """What is reckoned with must be there."""
        sql, places = self.number(expression)
        self.demand_presence(expression, sql)
        return sql, places

    def demand_presence(self, expression: Expression, sql: str) -> None:
        if self._may_be_absent(expression):
            there = f"{sql} IS NOT NULL"
            conditions = self.having if self._of_group else self.where
            conditions.append(f"({self._unless} OR {there})" if self._unless else there)

    def _aggregate(self, function: str, operand: Expression) -> Number:
        if function == "count":
            return "count(*)::HUGEINT", 0
        with self._of_bindings():
            inner, places = self._operand(operand)
        return f"({function}({inner})::HUGEINT)", places

    @contextmanager
    def _of_bindings(self) -> Iterator[None]:
        """What stands inside an aggregate is asked of each binding, not of the group."""
        before, self._of_group = self._of_group, False
        yield
        self._of_group = before

    def _aggregate_of_words(self, function: str, operand: Expression) -> str:
        with self._of_bindings():
            inner = self.value(operand)
            self.demand_presence(operand, inner)
        return f"{function}({inner})"

    def _operation(self, operator: str, operands: list[Number]) -> Number:
        if operator == "round":
            return f"({rescaled(*operands[0], 0)})", 0
        if operator == "*":
            (a, a_places), (b, b_places) = operands
            return _at_most_inner(f"({a} * {b})", a_places + b_places)
        places = max(places for _, places in operands)
        same = [rescaled(sql, own, places) for sql, own in operands]
        if operator in ("min", "max"):
            return self._extreme("least" if operator == "min" else "greatest", same), places
        return f"({same[0]} {operator} {same[1]})", places

    def _extreme(self, function: str, operands: list[str]) -> str:
        """DuckDB passes over NULL, but of what is divided by zero there is no least."""
        extreme = f"{function}({', '.join(operands)})"
        if not self.zeros and not self.group_zeros:
            return extreme
        there = " AND ".join(f"{operand} IS NOT NULL" for operand in operands)
        return f"(CASE WHEN {there} THEN {extreme} END)"

    def _quotient(self, dividend: Expression, divisor: Expression) -> Number:
        (a, a_places), (b, b_places) = self._operand(dividend), self._operand(divisor)
        shift = INNER_PLACES + b_places - a_places
        numerator = f"({a} * {10**shift}::HUGEINT)" if shift else a
        if not (isinstance(divisor, Constant) and divisor.value):
            zero = f"({f'NOT {self._unless} AND ' if self._unless else ''}{b} = 0)"
            zeros = self.group_zeros if self._of_group else self.zeros
            if zero not in zeros:
                zeros.append(zero)
        return f"(round_half_away({numerator}, nullif({b}, 0)))", INNER_PLACES

    def of_group(self, term: Expression) -> str:
        """A term of the conclusion that holds aggregates; other names have one value a group."""
        self._of_group = True
        sql = self.value(term)
        self._of_group = False
        return sql

    def text(self, *extra: str) -> str:
        """FROM and WHERE; what cannot be divided binds nothing."""
        return self._text([*self.where, *self.tests, *map(_is_not, self.zeros), *extra])

    def undivided(self) -> str:
        """FROM and WHERE for the bindings that would hold if nothing were divided by zero."""
        possible = [f"coalesce({test}, TRUE)" for test in self.tests]
        return self._text([*self.where, *possible, f"({' OR '.join(self.zeros)})"])

    def _text(self, conditions: list[str]) -> str:
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        tables = " CROSS JOIN ".join(self.tables) or "(SELECT 1)"
        return f"FROM {tables} {' '.join(self.joins)}{where}"


def select(
    clause: Clause,
    vocabulary: Vocabulary,
    table_of: TableOf = lambda position, template: quoted(template),
) -> str:
    """All conclusions of the clause, each once, columns in the template's order."""
    body = Body(clause, vocabulary, table_of, once=clause.aggregates)
    columns, groups = _columns(body)
    if not clause.aggregates:
        return f"SELECT DISTINCT {', '.join(columns)} {body.text()}"
    having = [*body.having, *map(_is_not, body.group_zeros)]
    return f"SELECT {', '.join(columns)} {body.text()}{_grouped(groups, having)}"


def _columns(body: Body) -> tuple[list[str], list[str]]:
    """What the clause concludes, and what it groups by."""
    template = body.vocabulary.templates[body.clause.head.template]
    columns, groups = [], []
    for field in template.fields:
        term = body.clause.head.term(field.name) or Constant(None)
        grouped = not is_aggregated(term)
        sql = body.value(term) if grouped else body.of_group(term)
        if field.required:
            body.demand_presence(term, sql)
        columns.append(f"{sql} AS {quoted(field.name)}")
        if grouped and variables(term):
            groups.append(sql)
    return columns, groups


def _grouped(groups: list[str], having: list[str]) -> str:
    """Without anything to group by SQL would count nothing as 0; here it concludes nothing."""
    grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
    return f"{grouping} HAVING {' AND '.join(['count(*) > 0', *having])}"


def zero_divisions(clause: Clause, vocabulary: Vocabulary) -> list[str]:
    """Queries that count the bindings, and the groups, that conclude nothing for this reason."""
    body = Body(clause, vocabulary, once=True)
    _, groups = _columns(body)
    queries = []
    if body.zeros:
        names = ", ".join(body.values.values()) or 1
        queries.append(f"SELECT DISTINCT {names} {body.undivided()}")
    if body.group_zeros:
        zero = f"({' OR '.join(body.group_zeros)})"
        queries.append(f"SELECT 1 {body.text()}{_grouped(groups, [*body.having, zero])}")
    return [f"SELECT count(*) FROM ({query})" for query in queries]


def _in_order_of_need(clause: Clause, known: set[str]) -> Iterator[tuple[int, Fallback | Binding]]:
    """What takes or computes values, each after those whose names it needs."""
    waiting = [(i, c) for i, c in enumerate(clause.body) if isinstance(c, Fallback | Binding)]
    while waiting:
        ready = next((pair for pair in waiting if needed(pair[1]) <= known), waiting[0])
        waiting.remove(ready)
        yield ready
        known.add(ready[1].name)


def _is_not(condition: str) -> str:
    return f"NOT {condition}"


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
