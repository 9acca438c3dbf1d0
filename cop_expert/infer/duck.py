"""The engine `duckdb`: each stratum set at a time, recursive ones semi-naively."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import local
from typing import cast

from cop_expert.database import duckdb
from cop_expert.facts import FactBase, quoted
from cop_expert.infer.apart import are_disjoint
from cop_expert.infer.engine import Engine, divided_by_zero, overflow
from cop_expert.infer.evaluate import truth_of
from cop_expert.infer.joins import only_joins
from cop_expert.infer.sql import Query, care
from cop_expert.infer.sql_terms import MACROS
from cop_expert.infer.unions import UnionSum, union_sum
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import (
    Aggregate,
    Clause,
    Comparison,
    Condition,
    Constant,
    Expression,
    Operation,
    Presence,
    Stratum,
    Variable,
    expressions,
    parts,
    variables,
)

OVERFLOW = (duckdb.OutOfRangeException, duckdb.ConversionException)
GROWING = '"@growing"'
"""What a recursion has concluded in its last round."""


class DuckEngine(Engine):
    """Evaluates whole relations in SQL; made for size."""

    name = "duckdb"

    def __init__(self, facts: FactBase) -> None:
        self._facts = facts
        facts.query(MACROS)
        self._own = local()
        self.threads = facts.threads
        self.hands = min(facts.hands, self.threads)
        self.filled = set(facts.counts(given=True))
        """The templates that have facts: without them most rules need not be asked."""
        self.positive: dict[tuple[str, str], bool] = {}
        """Whether a field of a template is always above 0."""
        self.unions: dict[str, Clause] = {}
        """What one clause concludes on demand."""

    @property
    def facts(self) -> FactBase:
        if not hasattr(self._own, "facts"):
            self._own.facts = self._facts.beside()
        return cast(FactBase, self._own.facts)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Each hand is a thread of its own, so DuckDB gets so many fewer."""
        self._facts.query(f"SET threads = {self.threads - self.hands + 1}")
        try:
            yield
        finally:
            self._facts.query(f"SET threads = {self.threads}")

    def conclude(self, stratum: Stratum) -> Iterator[Diagnostic]:
        clauses = [clause for clause in stratum.clauses if self._can_fire(clause, stratum)]
        try:
            yield from self._conclude(stratum, clauses)
        except OVERFLOW:
            yield from self._conclude_with_care(stratum, clauses)

    def _conclude(self, stratum: Stratum, clauses: list[Clause]) -> list[Diagnostic]:
        """Add what follows; what was divided by zero."""
        if stratum.recursive:
            self._recur(stratum, clauses)
        else:
            for name in stratum.templates:
                self._insert(name, [c for c in clauses if c.head.template == name])
        return list(self._divided_by_zero(clauses))

    def _divided_by_zero(self, clauses: list[Clause]) -> Iterator[Diagnostic]:
        for clause in clauses:
            if any(self._may_be_zero(divisor, clause) for divisor in divisors(clause)):
                counts = Query(clause, self.facts).zero_divisions()
                if times := sum(self.facts.query(sql)[0][0] for sql in counts):
                    yield divided_by_zero(clause, times)

    def _conclude_with_care(self, stratum: Stratum, clauses: list[Clause]) -> list[Diagnostic]:
        """Begin anew, and look for what is too large in bindings that hold otherwise."""
        for name in stratum.templates:
            self.facts.query(f"DELETE FROM {quoted(name)}")
        with care(self.facts):
            found = list(map(overflow, self._overflowing(stratum, clauses)))
            return found or self._conclude(stratum, clauses)

    def _may_be_zero(self, divisor: Expression, clause: Clause) -> bool:
        """Whether a look at the columns that it is made of cannot rule that out."""
        match divisor:
            case Constant(value):
                return not value
            case _ if is_asked_to_be_positive(divisor, clause):
                return False
            case Variable(name):
                columns = columns_of(name, clause)
                return not any(map(self._is_positive, columns))
            case Operation("*", (Variable() as one, Variable() as other)):
                return self._may_be_zero(one, clause) or self._may_be_zero(other, clause)
            case Aggregate("sum", total):
                return self._may_be_zero(total, clause)
            case Aggregate("count"):
                return False
            case _:
                return True

    def _is_positive(self, column: tuple[str, str]) -> bool:
        if column not in self.positive:
            template, field = map(quoted, column)
            sql = f"SELECT 1 FROM {template} WHERE {field} <= 0 LIMIT 1"
            self.positive[column] = not self.facts.query(sql)
        return self.positive[column]

    def _can_fire(self, clause: Clause, stratum: Stratum) -> bool:
        there = self.filled.union(stratum.templates)
        return not any(
            condition.atom.template not in there
            if isinstance(condition, Presence)
            else isinstance(condition, Comparison) and never_holds(condition)
            for condition in clause.body
        )

    def _insert(self, name: str, clauses: list[Clause]) -> None:
        if not clauses:
            return
        if self.facts.vocabulary.templates[name].on_demand and all(map(only_joins, clauses)):
            self.facts.store_on_demand(name, self._together(clauses))
            self.filled.add(name)
            if len(clauses) == 1:
                self.unions[name] = clauses[0]
        elif union := self._union_sum(clauses):
            self._add(name, union.select(self.facts))
        else:
            self._add(name, self._together(clauses))

    def _together(self, clauses: list[Clause]) -> str:
        return together([Query(clause, self.facts) for clause in clauses])

    def _union_sum(self, clauses: list[Clause]) -> UnionSum | None:
        if len(clauses) != 1:
            return None
        union = union_sum(clauses[0], self.unions, self.facts.vocabulary)
        return union if union and union.is_worthwhile(self.facts) else None

    def _add(self, name: str, conclusions: str) -> None:
        (count,) = self.facts.query(f"INSERT INTO {quoted(name)} {conclusions}")[0]
        if count:
            self.filled.add(name)

    def _recur(self, stratum: Stratum, clauses: list[Clause]) -> None:
        if len(stratum.templates) == 1 and all(len(own(c, stratum)) <= 1 for c in clauses):
            self._insert_recursively(stratum, clauses)
        else:
            fixed_point(self.facts, stratum)
            self.filled.update(stratum.templates)

    def _insert_recursively(self, stratum: Stratum, clauses: list[Clause]) -> None:
        """One recursive query, whose memory is linear in what it concludes."""
        (name,) = stratum.templates

        def growing(position: int, template: str) -> str:
            return GROWING if template == name else quoted(template)

        steps = [Query(c, self.facts, growing).bare() for c in clauses if own(c, stratum)]
        first = [clause for clause in clauses if not own(clause, stratum)]
        if not first or not steps:
            self._insert(name, first)
            return
        conclusions = self._together(first)
        union = f"({conclusions}) UNION ({' UNION ALL '.join(steps)})"
        self._add(name, f"WITH RECURSIVE {GROWING} AS ({union}) FROM {GROWING}")

    def _overflowing(self, stratum: Stratum, clauses: Iterable[Clause]) -> Iterator[Clause]:
        """The clauses to blame; those of a recursion with what it had concluded by then."""
        working: dict[str, str] = {}
        if stratum.recursive:
            working = rounds_of(stratum)
            with suppress(*OVERFLOW):
                run_rounds(self.facts, stratum)
        for clause in clauses:
            query = Query(clause, self.facts, lambda _, name: quoted(working.get(name, name)))
            try:
                # A count would let DuckDB pass over the very column that overflows.
                self.facts.query(f'CREATE OR REPLACE TEMP TABLE "@tried" AS {query.select()}')
                if any(map(self.facts.query, query.too_large())):
                    yield clause
            except OVERFLOW:
                yield clause


def divisors(clause: Clause) -> Iterator[Expression]:
    """What the clause divides by."""
    terms = [part for condition in clause.body for part in expressions(condition)]
    for part in (part for term in [*terms, *(t for _, t in clause.head)] for part in parts(term)):
        if isinstance(part, Operation) and part.operator == "/":
            yield part.operands[1]


def is_asked_to_be_positive(term: Expression, clause: Clause) -> bool:
    """True where a condition says that a name, or a name less a number, is above 0."""
    match term:
        case Variable(name):
            floor = 0
        case Operation("-", (Variable(name), Constant(int(floor)))):
            pass
        case _:
            return False
    return any(asks_for_more(condition, name, floor) for condition in clause.body)


def asks_for_more(condition: Condition, name: str, floor: int) -> bool:
    """True where the name is compared with a number such that it must be above the floor."""
    match condition:
        case Comparison(">" | ">=" as operator, Variable(found), Constant(int(least))):
            pass
        case Comparison("<" | "<=" as operator, Constant(int(least)), Variable(found)):
            pass
        case _:
            return False
    return found == name and (least > floor or (least == floor and operator in "<>"))


def columns_of(name: str, clause: Clause) -> list[tuple[str, str]]:
    """The templates and fields whose values the name takes."""
    return [
        (condition.atom.template, field)
        for condition in clause.body
        if isinstance(condition, Presence)
        for field, term in condition.atom
        if isinstance(term, Variable) and term.name == name
    ]


def own(clause: Clause, stratum: Stratum) -> list[int]:
    """The positions of conditions on what the clause's stratum itself concludes."""
    return [
        position
        for position, condition in enumerate(clause.body)
        if isinstance(condition, Presence) and condition.atom.template in stratum.templates
    ]


def together(queries: list[Query]) -> str:
    """What the queries conclude, each fact once."""
    return " UNION ALL ".join(
        group[0].select() if len(group) == 1 else f"({' UNION '.join(q.bare() for q in group)})"
        for group in overlapping(queries)
    )


def overlapping(queries: list[Query]) -> list[list[Query]]:
    """Together those that may conclude the same."""
    groups: list[list[Query]] = []
    for query in queries:
        meets = [group for group in groups if any(may_meet(query, other) for other in group)]
        groups = [group for group in groups if group not in meets]
        groups.append([*(other for group in meets for other in group), query])
    return groups


def may_meet(one: Query, other: Query) -> bool:
    return not are_disjoint(one.clause, other.clause, one.vocabulary)


def never_holds(comparison: Comparison) -> bool:
    """True where parameters alone decide that it does not."""
    if any(variables(side) for side in expressions(comparison)):
        return False
    try:
        return not truth_of(comparison)({})
    except ArithmeticError:
        return False  # to be found and told


def fixed_point(facts: FactBase, stratum: Stratum) -> None:
    """Semi-naive rounds: each asks only what the facts of the round before make new."""
    run_rounds(facts, stratum)
    for name, table in rounds_of(stratum).items():
        facts.query(f'INSERT INTO {quoted(name)} SELECT * EXCLUDE ("@round") FROM {quoted(table)}')
        facts.query(f"DROP TABLE {quoted(table)}")


def rounds_of(stratum: Stratum) -> dict[str, str]:
    """The tables in which the facts of a recursion gather, each with its round."""
    return {name: f"{name}@rounds" for name in stratum.templates}


def run_rounds(facts: FactBase, stratum: Stratum) -> None:
    working = rounds_of(stratum)
    for name, table in working.items():
        facts.query(
            f'CREATE OR REPLACE TEMP TABLE {quoted(table)} AS SELECT *, 0 AS "@round" '
            f"FROM {quoted(name)} LIMIT 0"
        )
    step = 1
    while _round(facts, stratum, working, step):
        step += 1


def _round(facts: FactBase, stratum: Stratum, working: dict[str, str], step: int) -> bool:
    """One round; true where it concluded anything new."""
    queries: dict[str, list[str]] = {name: [] for name in stratum.templates}
    for clause in stratum.clauses:
        queries[clause.head.template] += _delta_queries(facts, clause, stratum, working, step)
    new = {}
    for name, selects in queries.items():
        if selects:
            columns = ", ".join(map(quoted, facts.vocabulary.templates[name].names))
            known = f"SELECT {columns} FROM {quoted(working[name])}"
            new[name] = facts.query(
                f"CREATE OR REPLACE TEMP TABLE {quoted(name + '@new')} AS "
                f"({' UNION '.join(selects)}) EXCEPT {known}"
            )[0][0]
    for name in new:
        facts.query(
            f"INSERT INTO {quoted(working[name])} SELECT *, {step} FROM {quoted(name + '@new')}"
        )
    return any(new.values())


def _delta_queries(
    facts: FactBase, clause: Clause, stratum: Stratum, working: dict[str, str], step: int
) -> Iterator[str]:
    recursive = own(clause, stratum)
    if step == 1:
        if not recursive:
            yield Query(clause, facts).bare()
        return
    for changed in recursive:

        def table_of(position: int, template: str, changed: int = changed) -> str:
            table = quoted(working.get(template, template))
            if position != changed:
                return table
            return f'(SELECT * FROM {table} WHERE "@round" = {step - 1})'

        yield Query(clause, facts, table_of).bare()
