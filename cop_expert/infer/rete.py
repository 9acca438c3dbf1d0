"""The engine `experta`: each clause as rules of the classical shell, match by match."""

from collections.abc import Iterator
from functools import partial
from operator import itemgetter

from cop_expert.facts import FactBase, Row
from cop_expert.infer.engine import Engine, divided_by_zero, overflow
from cop_expert.infer.experta_mended import Rule
from cop_expert.infer.rete_conclusions import Conclusion, Total
from cop_expert.infer.rete_rules import Translation
from cop_expert.infer.rete_shell import PlainFact, Shell
from cop_expert.infer.sql_terms import MACROS
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import Clause, Presence, Stratum, atoms_of
from cop_expert.model.template import Value


class ReteEngine(Engine):
    """Matches fact by fact; made for small fact bases, and the second opinion on `duckdb`."""

    name = "experta"

    def __init__(self, facts: FactBase) -> None:
        self.memory = WorkingMemory(facts)
        facts.query(MACROS)

    @property
    def facts(self) -> FactBase:
        return self.memory.base

    def conclude(self, stratum: Stratum) -> Iterator[Diagnostic]:
        conclusions = self.memory.conclude(stratum)
        overflowing = [found.clause for found in conclusions if found.overflows]
        if overflowing:
            yield from map(overflow, overflowing)
            return
        self.memory.write(stratum)
        for found in conclusions:
            if found.divisions:
                yield divided_by_zero(found.clause, found.divisions)


class WorkingMemory:
    """The fact base as experta holds it: a template's facts from when they are first asked for."""

    def __init__(self, base: FactBase) -> None:
        self.base = base
        self.templates = base.vocabulary.templates
        self.shell = Shell()
        self.shell.reset()
        self.fact_types = {name: type(name, (PlainFact,), {}) for name in self.templates}
        self.rows: dict[str, list[Row]] = {}
        """The facts of templates that are complete."""
        self.declared: set[str] = set()
        self.concluded: dict[str, dict[Row, None]] = {}
        """What the stratum at hand has concluded so far, each fact once."""
        self.growing: frozenset[str] = frozenset()
        """The templates of the stratum at hand, where it is recursive."""
        self.distinct: dict[tuple[str, frozenset[str]], int] = {}

    def conclude(self, stratum: Stratum) -> list[Conclusion]:
        """Let the stratum's rules fire until none has a match left."""
        self.concluded = {name: {} for name in stratum.templates}
        self.growing = frozenset(stratum.templates if stratum.recursive else ())
        self._recall(stratum)
        conclusions, rules = [], []
        for clause in filter(self._may_fire, stratum.clauses):
            conclusion, rule = self._translate(clause)
            conclusions.append(conclusion)
            rules.append(rule)
        self.shell.matcher.load(rules, frozenset(self.fact_types[name] for name in self.growing))
        self.shell.run()
        for conclusion in conclusions:
            conclusion.finish()
        # What a group concludes may be what a recursion waits for.
        self.shell.run()
        return conclusions

    def write(self, stratum: Stratum) -> None:
        """Bring what was concluded to the fact base, in order of its values."""
        for name in stratum.templates:
            self.rows[name] = sorted(self.concluded[name], key=_by_value)
            self.base.add_concluded(name, self.rows[name])

    def spread(self, template: str, fields: frozenset[str], fixed: frozenset[str]) -> float:
        """How many values the fields take on average where some of them are fixed."""
        if template in self.growing:
            return 0
        return self._distinct(template, fields) / max(1, self._distinct(template, fixed))

    def _distinct(self, template: str, fields: frozenset[str]) -> int:
        known = (template, fields)
        if known not in self.distinct:
            names = self.templates[template].names
            places = [place for place, name in enumerate(names) if name in fields]
            values = itemgetter(*places) if places else len
            self.distinct[known] = len(set(map(values, self.rows[template])))
        return self.distinct[known]

    def _recall(self, stratum: Stratum) -> None:
        """Declare the facts that the stratum's clauses mention, unless experta has them."""
        mentioned = dict.fromkeys(
            atom.template for c in stratum.clauses for atom in atoms_of(c.body)
        )
        for name in mentioned:
            if name not in self.declared and name not in self.growing:
                if name not in self.rows:
                    self.rows[name] = list(dict.fromkeys(self.base.rows(name)))
                self.shell.declare(*(self.fact_types[name](*row) for row in self.rows[name]))
            self.declared.add(name)

    def _may_fire(self, clause: Clause) -> bool:
        """Unless a template that it asks for has no facts, and will have none."""
        asked = (c.atom.template for c in clause.body if isinstance(c, Presence))
        return all(name in self.growing or self.rows[name] for name in asked)

    def _translate(self, clause: Clause) -> tuple[Conclusion, Rule]:
        translation = Translation(clause, self.base.vocabulary, self.fact_types, self.spread)
        template = self.templates[clause.head.template]
        kind = Total if clause.aggregates else Conclusion
        add = partial(self._add, template.name)
        conclusion = kind(clause, template, translation.computed, add)
        return conclusion, translation.rule(conclusion.fire)

    def _add(self, template: str, row: Row) -> None:
        """Keep a conclusion; where rules of this stratum wait for it, declare it at once."""
        concluded = self.concluded[template]
        if row not in concluded:
            concluded[row] = None
            if template in self.growing:
                self.shell.declare(self.fact_types[template](*row))


def _by_value(row: Row) -> tuple[tuple[bool, Value], ...]:
    """Absent values come last."""
    return tuple((found is None, found) for found in row)
