"""What is not settled of a clause in, one query for the nearest of its bindings out.

The body of the clause is asked with every condition made optional: a fact that is not there is
left blank, a comparison that does not hold is counted.
"""

from collections.abc import Iterator

from cop_expert.explain.goal import Candidates
from cop_expert.explain.question import Match, Question
from cop_expert.explain.settle import Settled
from cop_expert.explain.steps import Steps
from cop_expert.facts import STORED, FactBase, quoted, unnested
from cop_expert.infer.sql import Body, all_of
from cop_expert.infer.sql_terms import rescaled
from cop_expert.model.arithmetic import PLACES
from cop_expert.model.rule import (
    Atom,
    Binding,
    Clause,
    Comparison,
    Condition,
    Fallback,
    Presence,
    expressions,
)
from cop_expert.model.template import Kind, Value

Nearby = tuple[Match, dict[int, bool]]
"""A binding, and by position which conditions hold there."""


class NearBody(Body):
    """A clause's body of which no condition need hold; `holds` says which do."""

    def __init__(
        self, clause: Clause, facts: FactBase, candidates: Candidates, steps: Steps
    ) -> None:
        """Of the conditions those of the steps are asked."""
        self.holds: dict[int, str] = {}
        self.candidates = candidates
        self.steps = steps
        self.asked: list[tuple[Value, ...]] = []
        """The values of what several were asked for, for the query to be given."""
        asked = {step.position for step in steps}
        left = [position for position in range(len(clause.body)) if position not in asked]
        super().__init__(clause, facts, later=left)
        compared = [p for p in sorted(asked) if isinstance(clause.body[p], Comparison)]
        for position, test in zip(compared, self.tests[-len(compared) :], strict=False):
            self.holds[position] = f"coalesce({test}, FALSE)"
        self.tests.clear()

    def in_order(self, asked: list[tuple[int, Condition]]) -> list[tuple[int, Condition]]:
        return [(step.position, step.condition) for step in self.steps]

    def begin(self) -> None:
        """A name with one value narrows what is read of each table; several are joined."""
        several: dict[str, Kind] = {}
        known = self.candidates.known
        for name, column in zip(self.candidates.names, self.candidates.columns, strict=True):
            kind = self.clause.types[name].kind
            if name in known:
                value = "NULL" if known[name] is None else known[name]
                self.terms.take(name, f"{value}::{STORED[kind]}")
            else:
                several[name] = kind
                self.asked.append(column)
                self.terms.take(name, f"asked.{quoted(name)}")
        if several:
            self.tables.append(f"{unnested(several)} AS asked")

    def add_presence(self, position: int, table: str) -> None:
        condition, alias = self.clause.body[position], f"t{position}"
        assert isinstance(condition, Presence)
        fields = self.templates[condition.atom.template].fields
        sure = next((field.name for field in fields if field.required), None)
        there = f'(SELECT *, TRUE AS "@there" FROM {table})' if sure is None else table
        on = all_of(self.join(alias, condition.atom))
        self.joins.append(f"LEFT JOIN {there} AS {alias} ON {on}")
        self.holds[position] = f"({alias}.{quoted(sure or '@there')} IS NOT NULL)"

    def add_absence(self, position: int, table: str, atom: Atom) -> None:
        self.holds[position] = self.no_such(f"t{position}", table, atom)

    def text(self, *extra: str) -> str:
        return f"{self.source()} WHERE {all_of([*self.where, *extra])}"

    def misses(self) -> Iterator[str]:
        """By how much each comparison of numbers misses."""
        for position, condition in enumerate(self.clause.body):
            if isinstance(condition, Comparison) and position in self.holds:
                sides = expressions(condition)
                if all(self.terms.is_number(side) for side in sides):
                    one, other = (
                        f"{rescaled(*self.terms.number(side), PLACES)}::HUGEINT"
                        for side in expressions(condition)
                    )
                    yield f"CASE WHEN {self.holds[position]} THEN 0 ELSE abs({one} - {other}) END"


def ask_nearest(clause: Clause, facts: FactBase, settled: Settled) -> Nearby | None:
    """The nearest binding; None where what is computed has no value in any."""
    body = NearBody(clause, facts, settled.candidates, settled.rest)
    # What is computed is told as it was computed, whatever was asked for.
    computed = {c.name for c in clause.body if isinstance(c, Binding | Fallback)}
    known = settled.candidates.known.keys() - computed
    question = Question(clause, body, facts, known, adds_up=False)
    answers = facts.query(_sql(body, question), body.asked)
    if not answers:
        return None
    (answer,) = answers
    (match,) = question.matches([answer[len(body.holds) :]])
    return match, dict(zip(body.holds, map(bool, answer), strict=False))


def _sql(body: NearBody, question: Question) -> str:
    """Selects which conditions hold, then what the question asks; the nearest comes first."""
    flags = [f"{flag} AS h{place}" for place, flag in body.holds.items()]
    misses = [f"{miss} AS m{place}" for place, miss in enumerate(body.misses())]
    met = " + ".join(f"h{place}::INTEGER" for place in body.holds)
    order = [f"{met} DESC"] if met else []
    order += [*(f"m{place}" for place in range(len(misses))), *question.values]
    in_order = f"ORDER BY {', '.join(order)}" if order else ""
    return (
        f"SELECT * FROM (SELECT {', '.join([*flags, question.columns, *misses])} "
        f"{body.text()}) {in_order} LIMIT 1"
    )
