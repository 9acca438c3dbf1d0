"""A clause's bindings as a query selects them in, matches out."""

from collections.abc import Collection
from typing import NamedTuple

from cop_expert.facts import FactBase, Row, quoted
from cop_expert.infer.sql import Body
from cop_expert.infer.sql_terms import rescaled
from cop_expert.model.arithmetic import INNER_PLACES
from cop_expert.model.rule import (
    Aggregate,
    Clause,
    Expression,
    Fallback,
    Operation,
    Presence,
    is_aggregated,
    parts,
)
from cop_expert.model.template import Kind, Value

NOTHING = ("0::HUGEINT", "NULL")
"""What a match adds where nothing is added up."""


class Match(NamedTuple):
    """One binding of a clause's variables, and the facts that it rests on."""

    clause: Clause
    bindings: dict[str, Value]
    facts: dict[int, Row]
    """By position of the condition; a fallback without a fact is left out."""
    amount: int
    """What it contributes to an aggregate, to twelve places; 0 for other clauses."""


class Question:
    """What is selected of a clause's bindings, and how the answers are read."""

    def __init__(
        self,
        clause: Clause,
        body: Body,
        facts: FactBase,
        known: Collection[str] = (),
        adds_up: bool = True,
    ) -> None:
        """Names that are `known` are not asked for; `adds_up` where it matters what a match adds
        to an aggregate."""
        self.clause = clause
        self.facts = facts
        self._asked: dict[tuple[str, Kind], int] = {}
        """Where in an answer each value stands; what is needed several times is asked for once."""
        amount, rank = _amount(clause, body) if adds_up else NOTHING
        self._amount, ranked = self._place(amount, Kind.NUMBER), self._place(rank, Kind.NUMBER)
        self._names = {
            name: self._place(value, clause.types[name].kind)
            for name, value in body.terms.values.items()
            if name not in known
        }
        self._facts: dict[int, list[int]] = {}
        for position, condition in enumerate(clause.body):
            if isinstance(condition, Presence | Fallback) and position not in body.left:
                fields = facts.vocabulary.templates[condition.atom.template].fields
                columns = ((f"t{position}.{quoted(f.name)}", f.type.kind) for f in fields)
                self._facts[position] = [self._place(*column) for column in columns]
        self.columns = ", ".join(f"{sql} AS c{place}" for (sql, _), place in self._asked.items())
        self.kinds = [kind for _, kind in self._asked]
        self.amount = f"c{self._amount}"
        self.values = [f"c{p}" for p in self._asked.values() if p not in (self._amount, ranked)]
        """The columns of the names and of the facts."""
        least_first = _function(clause) == "min"
        rank = f"c{ranked} {'ASC' if least_first else 'DESC'}"
        self.order = ", ".join([rank, *self.values])

    def _place(self, sql: str, kind: Kind) -> int:
        return self._asked.setdefault((sql, kind), len(self._asked))

    def weightiest(self, bindings: str, groups: list[str], limit: int) -> str:
        """At most so many bindings of each group, in order; last come its number and its sum."""
        group = f"PARTITION BY {', '.join(groups)}" if groups else ""
        return (
            f"SELECT *, count(*) OVER ({group}), sum({self.amount}) OVER ({group}) "
            f"FROM ({bindings}) "
            f"QUALIFY row_number() OVER ({group} ORDER BY {self.order}) <= {limit} "
            f"ORDER BY {', '.join([*groups, self.order])}"
        )

    def matches(self, answers: list[Row]) -> list[Match]:
        """What the answers say; columns after those of the question are passed over."""
        width = len(self.kinds)
        told = self.facts.told(self.kinds, [answer[:width] for answer in answers])
        return [self._match(answer) for answer in told]

    def _match(self, answer: Row) -> Match:
        bindings = {name: answer[place] for name, place in self._names.items()}
        facts = {}
        for position, places in self._facts.items():
            fact = tuple([answer[place] for place in places])
            if any(value is not None for value in fact):
                facts[position] = fact
        return Match(self.clause, bindings, facts, int(answer[self._amount] or 0))


def _amount(clause: Clause, body: Body) -> tuple[str, str]:
    """What a match adds to the first aggregate of the conclusion, and what ranks it."""
    for part in (part for _, term in clause.head for part in parts(term)):
        if isinstance(part, Aggregate):
            body.terms.aggregate(part)  # demands that each has something to add
    aggregate = first_aggregate(clause)
    if aggregate is None or aggregate.function == "count":
        return NOTHING
    if not body.terms.is_number(aggregate.operand):
        return "0::HUGEINT", body.terms.value(aggregate.operand)
    sql = f"{rescaled(*body.terms.number(contribution(clause)), INNER_PLACES)}::HUGEINT"
    return sql, sql


def _function(clause: Clause) -> str:
    aggregate = first_aggregate(clause)
    return aggregate.function if aggregate else ""


def first_aggregate(clause: Clause) -> Aggregate | None:
    """The first aggregate of the conclusion: the one that a ledger adds up."""
    found = (part for _, term in clause.head for part in parts(term))
    return next((part for part in found if isinstance(part, Aggregate)), None)


def contribution(clause: Clause) -> Expression:
    """What a match adds: the aggregate's operand, divided as the sum of all is."""
    term = next(term for _, term in clause.head if is_aggregated(term))
    aggregate = first_aggregate(clause)
    assert aggregate
    match term:
        case Operation("/", (dividend, divisor), origin) if is_quotient_of_sum(term):
            assert isinstance(dividend, Aggregate)
            return Operation("/", (dividend.operand, divisor), origin)
        case _:
            return aggregate.operand


def is_quotient_of_sum(term: Expression) -> bool:
    """True for `sum(x) / y`, where y is the same for the whole group."""
    match term:
        case Operation("/", (Aggregate("sum"), whole)):
            return not is_aggregated(whole)
    return False
