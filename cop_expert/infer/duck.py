"""The engine `duckdb`: each stratum set at a time, recursive ones semi-naively."""

from collections.abc import Iterator

import duckdb

from cop_expert.facts import FactBase, quoted
from cop_expert.infer.engine import check_keys, divided_by_zero, overflow
from cop_expert.infer.sql import MACROS, select, zero_divisions
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import CheckedRulebook, Clause, Presence, Stratum


class DuckEngine:
    """Evaluates whole relations in SQL; made for size."""

    name = "duckdb"

    def infer(self, facts: FactBase, rulebook: CheckedRulebook) -> list[Diagnostic]:
        facts.connection.execute(MACROS)
        found: list[Diagnostic] = []
        for done, stratum in enumerate(rulebook.strata):
            try:
                if stratum.recursive:
                    fixed_point(facts, stratum)
                else:
                    _conclude(facts, stratum)
            except (duckdb.OutOfRangeException, duckdb.ConversionException):
                found += check_keys(facts, rulebook.strata[:done])
                return [*found, *map(overflow, _overflowing(facts, stratum))]
            found += check_divisions(facts, stratum)
        return [*found, *check_keys(facts, rulebook.strata)]


def _conclude(facts: FactBase, stratum: Stratum) -> None:
    for name in stratum.templates:
        selects = [
            select(clause, facts.vocabulary)
            for clause in stratum.clauses
            if clause.head.template == name
        ]
        facts.connection.execute(f"INSERT INTO {quoted(name)} {' UNION '.join(selects)}")


def fixed_point(facts: FactBase, stratum: Stratum, keep_rounds: bool = False) -> None:
    """Semi-naive rounds: each asks only what the facts of the round before make new.

    With `keep_rounds` the conclusions are left in place and the tables `T@rounds` say in which
    round each fact of T first appeared.
    """
    working = {name: f"{name}@rounds" if keep_rounds else name for name in stratum.templates}
    for name, table in working.items():
        if keep_rounds:
            facts.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {quoted(table)} AS FROM {quoted(name)} LIMIT 0"
            )
        facts.connection.execute(
            f'ALTER TABLE {quoted(table)} ADD COLUMN IF NOT EXISTS "@round" INTEGER'
        )
    step = 1
    while _round(facts, stratum, working, step):
        step += 1
    if not keep_rounds:
        for table in working.values():
            facts.connection.execute(f'ALTER TABLE {quoted(table)} DROP COLUMN "@round"')


def _round(facts: FactBase, stratum: Stratum, working: dict[str, str], step: int) -> bool:
    """One round; true where it concluded anything new."""
    queries: dict[str, list[str]] = {name: [] for name in stratum.templates}
    for clause in stratum.clauses:
        queries[clause.head.template] += _delta_queries(facts, clause, working, step)
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
        facts.connection.execute(
            f"INSERT INTO {quoted(working[name])} SELECT *, {step} FROM {quoted(name + '@new')}"
        )
    return any(new.values())


def _delta_queries(
    facts: FactBase, clause: Clause, working: dict[str, str], step: int
) -> Iterator[str]:
    recursive = [
        position
        for position, condition in enumerate(clause.body)
        if isinstance(condition, Presence) and condition.atom.template in working
    ]
    if step == 1:
        if not recursive:
            yield select(clause, facts.vocabulary)
        return
    for changed in recursive:

        def table_of(position: int, template: str, changed: int = changed) -> str:
            table = quoted(working.get(template, template))
            if position != changed:
                return table
            return f'(SELECT * FROM {table} WHERE "@round" = {step - 1})'

        yield select(clause, facts.vocabulary, table_of)


def _overflowing(facts: FactBase, stratum: Stratum) -> Iterator[Clause]:
    for clause in stratum.clauses:
        try:
            # A count would let DuckDB pass over the very column that overflows.
            conclusions = select(clause, facts.vocabulary)
            facts.connection.execute(f'CREATE OR REPLACE TEMP TABLE "@tried" AS {conclusions}')
        except (duckdb.OutOfRangeException, duckdb.ConversionException):
            yield clause


def check_divisions(facts: FactBase, stratum: Stratum) -> Iterator[Diagnostic]:
    for clause in stratum.clauses:
        times = sum(facts.query(sql)[0][0] for sql in zero_divisions(clause, facts.vocabulary))
        if times:
            yield divided_by_zero(clause, times)
