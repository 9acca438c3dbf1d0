"""What tests of the engines share: rulebooks in short, and a run on each engine."""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from itertools import starmap
from typing import Any

import naive
from facts_as_text import ABOVE, DATATYPES, DISJOINT, Outcome, Rows, Tables, template

from cop_expert.check import check_rulebook
from cop_expert.facts import STAGED, FactBase, Limits, Names, quoted
from cop_expert.infer.duck import DuckEngine
from cop_expert.infer.engine import Engine, bring_to_fixed_point
from cop_expert.infer.rete import ReteEngine
from cop_expert.model.arithmetic import to_decimal, to_millionths
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import CheckedRulebook, Rulebook, texts_of
from cop_expert.model.template import Template, Value, Vocabulary
from cop_expert.parse.rules import parse_rules

ENGINES: dict[str, type[Engine]] = {"experta": ReteEngine, "duckdb": DuckEngine}
ALL = [*ENGINES, "naive"]


def rule(text: str, name: str = "one") -> str:
    """Conditions and conclusions as a rule with its reasons."""
    return f'rule {name}\n  {text.strip()}\n  because "so"\n  basis "so"\n'


NEW = FactBase.new


class CutUp(FactBase):
    """A fact base that deals even small tables out to several threads."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.query("PRAGMA verify_parallelism")


def in_parallel(words: Vocabulary, threads: int) -> FactBase:
    """An empty fact base; for several threads even small tables are cut up."""
    facts = NEW(words, Limits(threads=threads))
    return CutUp(facts.connection, words) if threads > 1 else facts


class Sandbox:
    """A vocabulary and a fact base that runs fill anew: to make one takes longer than to run."""

    def __init__(self, given: Iterable[str], inferred: Iterable[str], threads: int = 1) -> None:
        """Templates as headings: `Likes(who*: text, what*: text, weight: number?)`."""
        self.threads = threads
        self.given, self.inferred = list(given), list(inferred)
        templates = [template(text, given=True) for text in self.given]
        templates += map(template, self.inferred)
        self.templates = {found.name: found for found in templates}
        self.words = Vocabulary(self.templates, DATATYPES, {}, ABOVE, DISJOINT)
        self.laid: tuple[Tables, CheckedRulebook] | None = None
        """What the fact base was last filled with."""

    @cached_property
    def facts(self) -> FactBase:
        return in_parallel(self.words, self.threads)

    @cached_property
    def shapes(self) -> dict[str, str]:
        """The SQL that makes each template's table."""
        return dict(NEW(self.words).query("SELECT table_name, sql FROM duckdb_tables()"))

    def check(self, rulebook: Rulebook) -> tuple[CheckedRulebook, list[Diagnostic]]:
        """The rulebook, ready to run, and the errors in it."""
        checked, found = check_rulebook(rulebook, Rulebook(), {}, Origin, self.words)
        return checked, [problem for problem in found if not problem.warning]

    def sound(self, text: str) -> CheckedRulebook:
        """The rulebook of a text that has no errors."""
        rulebook, problems = parse_rules(text, "test.rules")
        checked, found = self.check(rulebook)
        assert not [*problems, *found], "\n".join(map(str, [*problems, *found]))
        return checked

    def infer(self, engine: str, rulebook: CheckedRulebook, tables: Tables) -> Outcome:
        """What an engine, or the naive evaluator, makes of the tables."""
        if engine == "naive":
            return self._infer_naively(rulebook, tables)
        self.fill(tables, rulebook)
        found = bring_to_fixed_point(ENGINES[engine](self.facts), rulebook)
        on_demand = [template.name for template in self.words.on_demand()]
        concluded = {
            name: [tuple(map(_shown, row)) for row in rows]
            for name in sorted([*self.facts.counts(given=False), *on_demand])
            if (rows := self.facts.rows(name))
        }
        return concluded, sorted(map(gist, found))

    def _infer_naively(self, rulebook: CheckedRulebook, tables: Tables) -> Outcome:
        given = self.as_facts(tables)
        facts, found = naive.infer(rulebook, self.templates, given)
        concluded: dict[str, Rows] = {}
        for name, fields in facts - given:
            concluded.setdefault(name, []).append(tuple(value for _, value in fields))
        in_order = {name: sorted(rows, key=_by_value) for name, rows in concluded.items()}
        return in_order, sorted(starmap(self._said, found))

    def _said(self, finding: str, subject: str, *rest: Any) -> str:
        match finding:
            case "overflow":
                return f"`{subject}` computes a number beyond nine trillion"
            case "zero":
                return f"`{subject}` divides by zero {rest[0]} times and concludes nothing there"
        key = ", ".join(str(value) for value in rest if value is not None)
        return f"different things for {self.templates[subject].label}" + (
            f" of {key}" if key else ""
        )

    def as_facts(self, tables: Tables) -> naive.Facts:
        """The tables as the naive evaluator takes them."""
        return {
            (name, tuple(zip(self.templates[name].names, map(_decimal, row), strict=True)))
            for name, rows in tables.items()
            for row in rows
        }

    def fill(self, tables: Tables, rulebook: CheckedRulebook) -> None:
        """Lay these facts into the fact base, and no others."""
        again = self.laid and self.laid[0] is tables and self.laid[1] is rulebook
        for (name,) in self.facts.query("SELECT view_name FROM duckdb_views() WHERE NOT internal"):
            self.facts.query(f"DROP VIEW {quoted(name)}")
            self.facts.query(self.shapes[name])
        emptied = [name for name, kind in self.templates.items() if not (again and kind.given)]
        self.facts.connection.execute("".join(f"DELETE FROM {quoted(name)};" for name in emptied))
        if not again:
            self._lay(tables, rulebook)
            self.laid = tables, rulebook

    def _lay(self, tables: Tables, rulebook: CheckedRulebook) -> None:
        self.facts.query('DROP TABLE IF EXISTS "@names"')
        self.facts.names = Names(self.facts)
        for name, rows in tables.items():
            if rows:
                relation = _relation(self.templates[name], rows)
                self.facts.stage(name, relation, f"{name}.csv")
        self.facts.settle(texts_of(rulebook))


def _relation(kind: Template, rows: Rows) -> str:
    """Rows as given facts, a line each, in SQL."""
    names = ", ".join(map(quoted, ("@line", *kind.names)))
    types = [STAGED[found] for found in kind.kinds]
    lines = [
        ", ".join([f"{n}", *(f"{_literal(v)}::{t}" for v, t in zip(row, types, strict=True))])
        for n, row in enumerate(rows, start=2)
    ]
    return f"(FROM (VALUES ({'), ('.join(lines)})) AS given({names}))"


def _literal(value: Any) -> str:
    """A value as SQL writes it, numbers in millionths."""
    match _held(value):
        case None:
            return "NULL"
        case str(text):
            return "'" + text.replace("'", "''") + "'"
        case found:
            return str(found)


def gist(found: Diagnostic) -> str:
    """The message, without the rules that clash: which of them are named is the engines' affair."""
    return re.sub(r"^.* conclude (?=different things)", "", found.message)


def _held(value: Any) -> Value:
    return to_millionths(Decimal(value)) if type(value) in (int, Decimal) else value


def _shown(value: Value) -> Any:
    return to_decimal(value) if type(value) is int else value


def _decimal(value: Any) -> Any:
    return naive.held(Decimal(value)) if type(value) is int else naive.held(value)


def _by_value(row: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    """Absent values come last."""
    return [(value is None, value) for value in row]
