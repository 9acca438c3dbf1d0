"""A clause in, the SQL that asks it out; shared by the engine and by explanations."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from cop_expert.facts import STORED, FactBase, quoted
from cop_expert.infer.evaluate import NoValue, Number, named, needed, truth_of
from cop_expert.infer.joins import Nearest, asked_of_groups, is_key_among, nearest_of
from cop_expert.infer.sql_terms import CAREFUL, CARELESS, TOO_LARGE, Terms, tried
from cop_expert.model.arithmetic import PLACES
from cop_expert.model.keys import determined
from cop_expert.model.origin import Origin
from cop_expert.model.rule import (
    Absence,
    Aggregate,
    Atom,
    Binding,
    Clause,
    Comparison,
    Condition,
    Constant,
    Expression,
    Fallback,
    Operation,
    Presence,
    Variable,
    expressions,
    is_aggregated,
    outside_aggregates,
    parts,
    variables,
)
from cop_expert.model.template import Field, Template, Value

TableOf = Callable[[int, str], str]
"""The table to ask for the condition at a position, on a template."""


@contextmanager
def care(facts: FactBase) -> Iterator[None]:
    """Where a number in a condition is too large, the condition is not known and nothing is raised.

    The order in which conditions are asked is DuckDB's affair: what is too large in one may be part
    of no binding.
    """
    facts.query(CAREFUL)
    try:
        yield
    finally:
        if CAREFUL not in facts.manners:
            facts.query(CARELESS)


def own_table(position: int, template: str) -> str:
    """Every condition asks its template's own table."""
    return quoted(template)


class Body:
    """The conditions of a clause as FROM and WHERE, and what each variable is there."""

    def __init__(
        self,
        clause: Clause,
        facts: FactBase,
        table_of: TableOf = own_table,
        bound: dict[str, Value] | None = None,
        nearest: Nearest | None = None,
        later: Collection[int] = (),
    ) -> None:
        """`bound` fixes variables; conditions at the positions of `later` are left out."""
        self.clause = clause
        self.templates = facts.vocabulary.templates
        self.terms = Terms(clause.types, facts.names.code)
        self.tables: list[str] = []
        self.joins: list[str] = []
        self.where: list[str] = []
        self.tests: list[str] = []
        """Comparisons; NULL where something is divided by zero."""
        self.decided: dict[str, Value | Number | ArithmeticError] = {}
        """Names that no fact decides."""
        self.left = frozenset(later)
        """The positions of conditions that are not asked."""
        self.begin()
        apart = {*later, *(nearest or ())}
        asked = self.in_order([(i, c) for i, c in enumerate(clause.body) if i not in apart])
        for position, condition in asked:
            if isinstance(condition, Presence):
                self.add_presence(position, table_of(position, condition.atom.template))
        if nearest:
            self._add_nearest(nearest, table_of)
        for position, condition in _in_order_of_need(asked, set(self.terms.values)):
            match condition:
                case Fallback(atom):
                    self._add_fallback(f"t{position}", table_of(position, atom.template), condition)
                case Binding(name, value):
                    self.terms.compute(name, value)
                    if needed(condition) <= self.decided.keys():
                        self._decide(name, value)
        for position, condition in asked:
            match condition:
                case Absence(atom):
                    self.add_absence(position, table_of(position, atom.template), atom)
                case Comparison():
                    self.tests.append(self._test(condition))
                case _:
                    pass
        self.where += [
            self.terms.equals(self.terms.values[name], value)
            for name, value in (bound or {}).items()
        ]

    def _decide(self, name: str, value: Expression) -> None:
        try:
            self.decided[name] = named(value)(self.decided)
        except ArithmeticError as error:
            self.decided[name] = error

    def _test(self, comparison: Comparison) -> str:
        """Where no fact decides: DuckDB 2.0 takes `a * b = c` for false where `c` is too large."""
        if needed(comparison) <= self.decided.keys():
            try:
                return "TRUE" if truth_of(comparison)(self.decided) else "FALSE"
            except NoValue:
                pass
            except ArithmeticError:
                return TOO_LARGE
        return self.terms.comparison(comparison)

    def in_order(self, asked: list[tuple[int, Condition]]) -> list[tuple[int, Condition]]:
        """The conditions in the order in which they are asked."""
        return asked

    def begin(self) -> None:
        """What is known before any condition is asked: nothing."""

    def add_presence(self, position: int, table: str) -> None:
        condition = self.clause.body[position]
        assert isinstance(condition, Presence)
        self.tables.append(f"{table} AS t{position}")
        self.where += self.join(f"t{position}", condition.atom)

    def join(self, alias: str, atom: Atom) -> list[str]:
        """Take the names that the atom binds; what its other terms ask."""
        conditions = []
        for field, term in atom:
            column = f"{alias}.{quoted(field)}"
            if isinstance(term, Constant):
                conditions.append(self.terms.equals(column, term.value))
            elif isinstance(term, Variable) and term.name in self.terms.values:
                conditions.append(f"{column} = {self.terms.values[term.name]}")
            elif isinstance(term, Variable):
                self.terms.take(term.name, column)
                if not self.templates[atom.template].by_name[field].required:
                    conditions.append(f"{column} IS NOT NULL")
        return conditions

    def _add_nearest(self, nearest: Nearest, table_of: TableOf) -> None:
        """DuckDB's ASOF join finds the next fact by sorting, without trying all pairs."""
        presence, comparison = (self.clause.body[position] for position in nearest)
        assert isinstance(presence, Presence) and isinstance(comparison, Comparison)
        alias, template = f"t{nearest.presence}", presence.atom.template
        constants = [
            self.terms.equals(quoted(field), term.value)
            for field, term in presence.atom
            if isinstance(term, Constant)
        ]
        rows = f"(FROM {table_of(nearest.presence, template)} WHERE {all_of(constants)})"
        variable_terms = tuple(
            (field, term) for field, term in presence.atom if isinstance(term, Variable)
        )
        on = self.join(alias, Atom(template, variable_terms, presence.atom.origin))
        on.append(self.terms.comparison(comparison))
        self.joins.append(f"ASOF JOIN {rows} AS {alias} ON {all_of(on)}")

    def _add_fallback(self, alias: str, table: str, condition: Fallback) -> None:
        on = ["TRUE"]
        columns: list[str] = []
        for field, term in condition.atom:
            there = f"{alias}.{quoted(field)}"
            if isinstance(term, Variable) and term.name == condition.name:
                on.append(f"{there} = {columns[0]}" if columns else f"{there} IS NOT NULL")
                columns.append(there)
            elif isinstance(term, Variable):
                on.append(f"{there} = {self.terms.values[term.name]}")
            elif isinstance(term, Constant):
                on.append(self.terms.equals(there, term.value))
        self.joins.append(f"LEFT JOIN {table} AS {alias} ON {all_of(on)}")
        with self.terms.unless(f"({columns[0]} IS NOT NULL)"):
            taken = f"coalesce({columns[0]}, {self.terms.value(condition.value)})"
        self._take_or_compare(condition, taken)

    def _take_or_compare(self, condition: Fallback, taken: str) -> None:
        absent = self.terms.may_be_absent(condition.value)
        if condition.name not in self.terms.values:
            self.terms.take(condition.name, taken, absent)
            return
        self.tests.append(tried(f"{taken} = {self.terms.values[condition.name]}"))
        if absent:
            self.where.append(f"{taken} IS NOT NULL")

    def add_absence(self, position: int, table: str, atom: Atom) -> None:
        self.where.append(self.no_such(f"t{position}", table, atom))

    def no_such(self, alias: str, table: str, atom: Atom) -> str:
        """That there is no fact as the atom says."""
        local: dict[str, str] = {}
        on = []
        for field, term in atom:
            column = f"{alias}.{quoted(field)}"
            if isinstance(term, Constant):
                on.append(self.terms.equals(column, term.value))
            elif isinstance(term, Variable) and term.name in self.terms.values | local:
                on.append(f"{column} = {self.terms.values.get(term.name) or local[term.name]}")
            elif isinstance(term, Variable):
                local[term.name] = column
                on.append(f"{column} IS NOT NULL")
        return f"NOT EXISTS (SELECT 1 FROM {table} AS {alias} WHERE {all_of(on)})"

    def text(self, *extra: str) -> str:
        """FROM and WHERE; what cannot be divided binds nothing."""
        divisible = map(_is_not, self.terms.zeros)
        return self._text([*self.where, *self.tests, *divisible, *extra])

    def undivided(self) -> str:
        """FROM and WHERE for the bindings that would hold if nothing were divided by zero."""
        possible = [f"coalesce({test}, TRUE)" for test in self.tests]
        return self._text([*self.where, *possible, f"({' OR '.join(self.terms.zeros)})"])

    def too_large(self) -> str:
        """FROM and WHERE for the bindings of which it cannot be told whether they hold."""
        tests = [*self.tests, *map(_is_not, self.terms.zeros)]
        possible = [f"coalesce({test}, TRUE)" for test in tests]
        unknown = " OR ".join(f"{test} IS NULL" for test in tests) or "FALSE"
        return self._text([*self.where, *possible, f"({unknown})"])

    def _text(self, conditions: list[str]) -> str:
        return f"{self.source()} WHERE {all_of([*conditions, *self.terms.present])}"

    def source(self) -> str:
        """All that is joined, without what is asked of it."""
        tables = " CROSS JOIN ".join(self.tables) or "(SELECT 1)"
        return f"FROM {tables} {' '.join(self.joins)}"


class Query:
    """What a clause concludes, as SQL: its columns over its body."""

    def __init__(self, clause: Clause, facts: FactBase, table_of: TableOf = own_table) -> None:
        self.clause = clause
        self.vocabulary = facts.vocabulary
        self.grouped = Groups(clause, facts, table_of) if clause.aggregates else None
        self.body = self.grouped.after if self.grouped else Body(clause, facts, table_of)
        self.columns = [
            f"{self._column(field)} AS {quoted(field.name)}"
            for field in self.vocabulary.templates[clause.head.template].fields
        ]

    def _column(self, field: Field) -> str:
        term = self.clause.head.term(field.name) or Constant(None)
        if self.grouped:
            term = self.grouped.renamed(term)
        sql = self.body.terms.value(term)
        if field.required:
            self.body.terms.demand(term, sql)
        # A recursion takes the types of its columns from where it begins; bare NULL has none.
        return f"NULL::{STORED[field.type.kind]}" if sql == "NULL" else sql

    def select(self) -> str:
        """All conclusions, each once, columns in the template's order."""
        bare = self.bare()
        if self.grouped or self.is_single:
            return bare
        return bare.replace("SELECT", "SELECT DISTINCT", 1)

    def bare(self) -> str:
        """All conclusions, some perhaps several times."""
        return f"SELECT {', '.join(self.columns)} {self.body.text()}"

    @property
    def is_single(self) -> bool:
        """True where no two bindings conclude the same fact: keys tell them apart."""
        head = {term.name for _, term in self.clause.head if isinstance(term, Variable)}
        known = determined(self.clause, self.vocabulary, head)
        atoms = [c.atom for c in self.clause.body if isinstance(c, Presence | Fallback)]
        return all(is_key_among(known, atom, self.vocabulary) for atom in atoms)

    def zero_divisions(self) -> list[str]:
        """Queries that count bindings, and groups, that conclude nothing for this reason."""
        queries = []
        for body in self._bodies:
            if body.terms.zeros:
                names = ", ".join(body.terms.values.values()) or 1
                queries.append(f"SELECT DISTINCT {names} {body.undivided()}")
        return [f"SELECT count(*) FROM ({query})" for query in queries]

    def too_large(self) -> list[str]:
        """Queries that find bindings, and groups, with a number that is too large."""
        return [f"SELECT 1 {body.too_large()} LIMIT 1" for body in self._bodies]

    @property
    def _bodies(self) -> list[Body]:
        return [self.grouped.before, self.body] if self.grouped else [self.body]


class Groups:
    """The two halves of a clause that aggregates: what is grouped, and what is made of a group."""

    def __init__(self, clause: Clause, facts: FactBase, table_of: TableOf) -> None:
        nearest = nearest_of(clause)
        later = () if nearest else asked_of_groups(clause, facts.vocabulary)
        self.before = Body(clause, facts, table_of, nearest=nearest, later=later)
        self.after = Body(clause, facts, table_of, later=range(len(clause.body)))
        self.names: dict[Expression, Variable] = {}
        """What stands for the head's expressions once they are grouped by, or totalled."""
        self._columns: list[str] = []
        self._groups: list[str] = []
        for name in self._needed(clause, later):
            self._keep(Variable(name, clause.origin))
        self._demand_names(clause, facts.vocabulary.templates[clause.head.template])
        for term in (part for _, head in clause.head for part in _grouped_parts(head)):
            self._reckon(term, clause.origin)
        self.after.tables.append(f"({self._select()}) AS g")
        for position in later:
            if isinstance(condition := clause.body[position], Presence):
                self.after.add_presence(position, table_of(position, condition.atom.template))
        for position in later:
            if isinstance(condition := clause.body[position], Comparison):
                self.after.tests.append(self.after.terms.comparison(condition))

    def _needed(self, clause: Clause, later: Collection[int]) -> list[str]:
        """The names that are asked for of a group, as far as its bindings tell them."""
        terms = [part for position in later for part in expressions(clause.body[position])]
        found = [variable for term in terms for variable in variables(term)]
        for _, term in clause.head:
            if is_aggregated(term) or isinstance(term, Variable):
                found += outside_aggregates(term)
        names = dict.fromkeys(variable.name for variable in found)
        return [name for name in names if name in self.before.terms.values]

    def _keep(self, variable: Variable) -> None:
        sql, column = self.before.terms.value(variable), quoted(variable.name)
        self._groups.append(sql)
        self._columns.append(f"{sql} AS {column}")
        absent = self.before.terms.may_be_absent(variable)
        self.after.terms.take(variable.name, f"g.{column}", absent)

    def _demand_names(self, clause: Clause, template: Template) -> None:
        """A binding without a name that the conclusion must give is part of no group."""
        terms = self.before.terms
        for field, term in clause.head:
            if template.by_name[field].required and terms.may_be_absent(term):
                terms.demand(term, terms.value(term))

    def _reckon(self, term: Expression, origin: Origin) -> None:
        """An aggregate, or an expression to group by, under a name that no variable can bear."""
        if term in self.names:
            return
        name = f"term {len(self.names)}"
        self.names[term] = Variable(name, origin)
        places: int | None
        if isinstance(term, Aggregate):
            sql, places = self.before.terms.aggregate(term)
        else:
            sql, places = self.before.terms.value(term), PLACES
            self._groups.append(sql)
        self._columns.append(f"{sql} AS {quoted(name)}")
        self.after.terms.hold(name, f"g.{quoted(name)}", places)

    def _select(self) -> str:
        """Without anything to group by SQL would count nothing as 0; here it concludes nothing."""
        groups = ", ".join(dict.fromkeys(self._groups))
        grouping = f"GROUP BY {groups}" if groups else "HAVING count(*) > 0"
        return f"SELECT {', '.join(self._columns)} {self.before.text()} {grouping}"

    def renamed(self, term: Expression) -> Expression:
        """The term of the head with what was reckoned before by its name."""
        if term in self.names:
            return self.names[term]
        if isinstance(term, Operation):
            operands = tuple(map(self.renamed, term.operands))
            return Operation(term.operator, operands, term.origin)
        return term


def _grouped_parts(term: Expression) -> Iterator[Expression]:
    """The aggregates of a head's term, or the whole term where it has none and is reckoned."""
    if is_aggregated(term):
        yield from (part for part in parts(term) if isinstance(part, Aggregate))
    elif isinstance(term, Operation):
        yield term


def _in_order_of_need(
    asked: list[tuple[int, Condition]], known: set[str]
) -> Iterator[tuple[int, Fallback | Binding]]:
    """What takes or computes values, each after those whose names it needs."""
    waiting = [(i, c) for i, c in asked if isinstance(c, Fallback | Binding)]
    while waiting:
        ready = next((pair for pair in waiting if needed(pair[1]) <= known), waiting[0])
        waiting.remove(ready)
        yield ready
        known.add(ready[1].name)


def _is_not(condition: str) -> str:
    return f"(NOT {condition})"


def all_of(conditions: list[str]) -> str:
    """The conditions as one."""
    return " AND ".join(conditions) or "TRUE"
