"""A clause in, the SQL that asks it out; shared by the engine and by explanations."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cop_expert.facts import FactBase, quoted
from cop_expert.infer.evaluate import needed
from cop_expert.infer.sql_terms import MIRRORED, Terms
from cop_expert.model.keys import determined
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
    Presence,
    Variable,
    expressions,
    is_aggregated,
    outside_aggregates,
    parts,
    variables,
)
from cop_expert.model.template import Value

TableOf = Callable[[int, str], str]
"""The table to ask for the condition at a position, on a template."""


def own_table(position: int, template: str) -> str:
    """Every condition asks its template's own table."""
    return quoted(template)


class Nearest(NamedTuple):
    """A condition of which only the fact next to a value counts: `min(x)` where `x > value`."""

    presence: int
    """The position of the condition that binds the name."""
    comparison: int
    """The position of the comparison that bounds it."""


class Body:
    """The conditions of a clause as FROM and WHERE, and what each variable is there."""

    def __init__(
        self,
        clause: Clause,
        facts: FactBase,
        table_of: TableOf = own_table,
        bound: dict[str, Value] | None = None,
        nearest: Nearest | None = None,
    ) -> None:
        """`bound` fixes variables."""
        self.clause = clause
        self.templates = facts.vocabulary.templates
        self.terms = Terms(clause.types, facts.names.code)
        self.tables: list[str] = []
        self.joins: list[str] = []
        self.where: list[str] = []
        self.tests: list[str] = []
        """Comparisons; NULL where something is divided by zero."""
        for position, condition in enumerate(clause.body):
            if isinstance(condition, Presence) and position not in (nearest or ()):
                table = table_of(position, condition.atom.template)
                self._add_presence(f"t{position}", table, condition.atom)
        if nearest:
            self._add_nearest(nearest, table_of)
        for position, condition in _in_order_of_need(clause, set(self.terms.values)):
            match condition:
                case Fallback(atom):
                    self._add_fallback(f"t{position}", table_of(position, atom.template), condition)
                case Binding(name, value):
                    self.terms.compute(name, value)
        for position, condition in enumerate(clause.body):
            match condition:
                case Absence(atom):
                    self._add_absence(f"t{position}", table_of(position, atom.template), atom)
                case Comparison() if position not in (nearest or ()):
                    self.tests.append(self.terms.comparison(condition))
                case _:
                    pass
        self.where += [
            self.terms.equals(self.terms.values[name], value)
            for name, value in (bound or {}).items()
        ]

    def _add_presence(self, alias: str, table: str, atom: Atom) -> None:
        self.tables.append(f"{table} AS {alias}")
        self.where += self._join(alias, atom)

    def _join(self, alias: str, atom: Atom) -> list[str]:
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
        rows = f"(FROM {table_of(nearest.presence, template)} WHERE {_all(constants)})"
        variable_terms = tuple(
            (field, term) for field, term in presence.atom if isinstance(term, Variable)
        )
        on = self._join(alias, Atom(template, variable_terms, presence.atom.origin))
        on.append(self.terms.comparison(comparison))
        self.joins.append(f"ASOF JOIN {rows} AS {alias} ON {_all(on)}")

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
        self.joins.append(f"LEFT JOIN {table} AS {alias} ON {_all(on)}")
        with self.terms.unless(f"({columns[0]} IS NOT NULL)"):
            taken = f"coalesce({columns[0]}, {self.terms.value(condition.value)})"
        self._take_or_compare(condition, taken)

    def _take_or_compare(self, condition: Fallback, taken: str) -> None:
        absent = self.terms.may_be_absent(condition.value)
        if condition.name not in self.terms.values:
            self.terms.take(condition.name, taken, absent)
            return
        self.tests.append(f"{taken} = {self.terms.values[condition.name]}")
        if absent:
            self.where.append(f"{taken} IS NOT NULL")

    def _add_absence(self, alias: str, table: str, atom: Atom) -> None:
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
        self.where.append(f"NOT EXISTS (SELECT 1 FROM {table} AS {alias} WHERE {_all(on)})")

    def text(self, *extra: str) -> str:
        """FROM and WHERE; what cannot be divided binds nothing."""
        divisible = map(_is_not, self.terms.of_binding.zeros)
        return self._text([*self.where, *self.tests, *divisible, *extra])

    def undivided(self) -> str:
        """FROM and WHERE for the bindings that would hold if nothing were divided by zero."""
        possible = [f"coalesce({test}, TRUE)" for test in self.tests]
        return self._text([*self.where, *possible, f"({' OR '.join(self.terms.of_binding.zeros)})"])

    def _text(self, conditions: list[str]) -> str:
        tables = " CROSS JOIN ".join(self.tables) or "(SELECT 1)"
        present = self.terms.of_binding.present
        return f"FROM {tables} {' '.join(self.joins)} WHERE {_all([*conditions, *present])}"


class Query:
    """What a clause concludes, as SQL: its columns over its body, grouped where it aggregates."""

    def __init__(self, clause: Clause, facts: FactBase, table_of: TableOf = own_table) -> None:
        self.clause = clause
        self.vocabulary = facts.vocabulary
        self.body = Body(clause, facts, table_of, nearest=_nearest(clause))
        self.groups: list[str] = []
        self.columns = [
            f"{self._column(clause.head.term(field.name), field.required)} AS {quoted(field.name)}"
            for field in self.vocabulary.templates[clause.head.template].fields
        ]

    def _column(self, term: Expression | None, required: bool) -> str:
        term = term or Constant(None)
        terms = self.body.terms
        if is_aggregated(term):
            sql = terms.value_of_group(term)
            self.groups += [terms.values[v.name] for v in outside_aggregates(term)]
        else:
            sql = terms.value(term)
            self.groups += [sql] if variables(term) else []
        if required:
            terms.demand(term, sql)
        return sql

    def select(self) -> str:
        """All conclusions, each once, columns in the template's order."""
        bare = self.bare()
        if self.clause.aggregates or self.is_single:
            return bare
        return bare.replace("SELECT", "SELECT DISTINCT", 1)

    def bare(self) -> str:
        """All conclusions, some perhaps several times."""
        grouped = f" {self._grouped()}" if self.clause.aggregates else ""
        return f"SELECT {', '.join(self.columns)} {self.body.text()}{grouped}"

    @property
    def only_joins(self) -> bool:
        """True where nothing is reckoned: each conclusion only brings facts together."""
        terms = [term for _, term in self.clause.head]
        terms += [part for condition in self.clause.body for part in expressions(condition)]
        return all(isinstance(term, Variable | Constant) for term in terms)

    @property
    def is_single(self) -> bool:
        """True where no two bindings conclude the same fact: keys tell them apart."""
        head = {term.name for _, term in self.clause.head if isinstance(term, Variable)}
        known = determined(self.clause, self.vocabulary, head)
        atoms = [c.atom for c in self.clause.body if isinstance(c, Presence | Fallback)]
        return all(self._is_key_known(atom, known) for atom in atoms)

    def _is_key_known(self, atom: Atom, known: set[str]) -> bool:
        terms = [atom.term(field) for field in self.vocabulary.templates[atom.template].key]
        return all(
            isinstance(term, Constant) or (isinstance(term, Variable) and term.name in known)
            for term in terms
        )

    def _grouped(self, *having: str) -> str:
        """Without anything to group by SQL would count nothing as 0; here it concludes nothing."""
        demands = self.body.terms.of_group
        conditions = [*demands.present, *(having or map(_is_not, demands.zeros))]
        if not self.groups:
            return f"HAVING {_all(['count(*) > 0', *conditions])}"
        grouped = f"GROUP BY {', '.join(dict.fromkeys(self.groups))}"
        return f"{grouped} HAVING {_all(conditions)}" if conditions else grouped

    def zero_divisions(self) -> list[str]:
        """Queries that count bindings, and groups, that conclude nothing for this reason."""
        terms, queries = self.body.terms, []
        if terms.of_binding.zeros:
            names = ", ".join(terms.values.values()) or 1
            queries.append(f"SELECT DISTINCT {names} {self.body.undivided()}")
        if terms.of_group.zeros:
            zero = f"({' OR '.join(terms.of_group.zeros)})"
            queries.append(f"SELECT 1 {self.body.text()} {self._grouped(zero)}")
        return [f"SELECT count(*) FROM ({query})" for query in queries]


def _nearest(clause: Clause) -> Nearest | None:
    """Where only the least value above another matters, or the largest below."""
    aggregates = [p for _, term in clause.head for p in parts(term) if isinstance(p, Aggregate)]
    if len(aggregates) != 1 or not isinstance(aggregates[0].operand, Variable):
        return None
    name = aggregates[0].operand.name
    wanted = {"min": (">", ">="), "max": ("<", "<=")}.get(aggregates[0].function, ())
    using = [
        place
        for place, condition in enumerate(clause.body)
        if name in {v.name for part in expressions(condition) for v in variables(part)}
    ]
    if len(using) != 2:
        return None
    presence, comparison = sorted(using, key=lambda place: _is_comparison(clause.body[place]))
    bound = _bound_by_others(clause, presence)
    fits = _binds_only(clause.body[presence], name, bound) and any(
        _compares(clause.body[comparison], name, operator, bound) for operator in wanted
    )
    return Nearest(presence, comparison) if fits else None


def _is_comparison(condition: Condition) -> bool:
    return isinstance(condition, Comparison)


def _bound_by_others(clause: Clause, presence: int) -> set[str]:
    """The names that facts bind in other conditions."""
    return {
        variable.name
        for place, condition in enumerate(clause.body)
        if isinstance(condition, Presence) and place != presence
        for part in expressions(condition)
        for variable in variables(part)
    }


def _binds_only(condition: Condition, name: str, bound: set[str]) -> bool:
    """True where a condition tells this name, once, and for the rest only asks what is bound."""
    if not isinstance(condition, Presence):
        return False
    names = [term.name for _, term in condition.atom if isinstance(term, Variable)]
    return names.count(name) == 1 and set(names) <= bound | {name}


def _compares(condition: Condition, name: str, operator: str, bound: set[str]) -> bool:
    """True where the name stands in this relation to one that is bound."""
    if not isinstance(condition, Comparison):
        return False
    left, right = condition.left, condition.right
    if condition.operator == MIRRORED.get(operator):
        left, right = right, left
    elif condition.operator != operator:
        return False
    one, other = (side.name if isinstance(side, Variable) else "" for side in (left, right))
    return one == name and other in bound


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


def _all(conditions: list[str]) -> str:
    return " AND ".join(conditions) or "TRUE"
