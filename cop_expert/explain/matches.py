"""A clause and a fact in, the bindings with which the clause concludes the fact out.

In a large fact base one fact is asked for with its values bound. In a small one, and where many
will be asked for (a whole document), all bindings of a clause are fetched at once and found by
the fact from then on: a query costs more than the rows that it brings.
"""

from collections.abc import Callable
from typing import NamedTuple

from cop_expert.explain.ranks import Ranks
from cop_expert.facts import FactBase, Row, quoted
from cop_expert.infer.sql import Body, Query, own_table
from cop_expert.infer.sql_terms import CAREFUL, rescaled
from cop_expert.model.arithmetic import INNER_PLACES
from cop_expert.model.rule import (
    Aggregate,
    CheckedRulebook,
    Clause,
    Constant,
    Expression,
    Fallback,
    Operation,
    Presence,
    Stratum,
    Variable,
    is_aggregated,
    parts,
)
from cop_expert.model.template import Kind, Template, Value

FEW = 2_000
"""Facts of a template up to which all of its bindings are fetched for a single question."""
MANY = 200_000
"""The same for a whole document."""


class Match(NamedTuple):
    """One binding of a clause's variables, and the facts that it rests on."""

    clause: Clause
    bindings: dict[str, Value]
    facts: dict[int, Row]
    """By position of the condition; a fallback without a fact is left out."""
    amount: int
    """What it contributes to an aggregate, to twelve places; 0 for other clauses."""


class Matches(NamedTuple):
    """The weightiest matches, how many there are in all, and what all contribute together."""

    listed: list[Match]
    number: int
    total: int


NONE = Matches([], 0, 0)


class Matcher:
    """Asks the clauses of one rulebook again."""

    def __init__(self, facts: FactBase, rulebook: CheckedRulebook, many: bool = False) -> None:
        self.facts = facts
        self.strata: dict[str, Stratum] = {}
        self.clauses: dict[str, list[Clause]] = {}
        for stratum in rulebook.strata:
            self.strata |= dict.fromkeys(stratum.templates, stratum)
            for clause in stratum.clauses:
                self.clauses.setdefault(clause.head.template, []).append(clause)
        most, sizes = MANY if many else FEW, facts.sizes()
        largest = max((sizes[name] for name in self.strata if name in sizes), default=0)
        self.held = {
            name
            for name, stratum in self.strata.items()
            if sizes.get(name, largest) <= most and not stratum.recursive
        }
        """The templates whose bindings are all held in memory, once they are asked for."""
        self.ranks = Ranks(facts, self.strata)
        self._all: dict[int, dict[Row, list[Match]]] = {}
        self._totals: dict[int, set[Row]] = {}
        facts.query(CAREFUL)

    def matches(self, clause: Clause, row: Row, limit: int) -> Matches:
        """The bindings with which the clause concludes the row."""
        name = clause.head.template
        if not self.concludes(clause, row):
            return NONE
        if name in self.held:
            found = self._all_matches(clause).get(_group(clause, self._template(name), row), [])
            return Matches(found[:limit], len(found), sum(match.amount for match in found))
        return self._matches_of(clause, row, limit)

    def _template(self, name: str) -> Template:
        return self.facts.vocabulary.templates[name]

    def concludes(self, clause: Clause, row: Row) -> bool:
        """Whether what the clause adds up comes to this, where others may conclude it instead."""
        name = clause.head.template
        if not clause.aggregates or len(self.clauses[name]) == 1:
            return True
        if name not in self.held:
            return self.facts.has(name, row, Query(clause, self.facts).select())
        if id(clause) not in self._totals:
            found = self.facts.query(Query(clause, self.facts).select())
            self._totals[id(clause)] = set(self.facts.told(self._template(name).kinds, found))
        return row in self._totals[id(clause)]

    def _matches_of(self, clause: Clause, row: Row, limit: int) -> Matches:
        """Ask with the row's values bound."""
        bound: dict[str, Value] = {}
        computed = []
        for field, value in zip(self._template(clause.head.template).names, row, strict=True):
            term = head_term(clause, field)
            if isinstance(term, Variable) and value is not None:
                if bound.setdefault(term.name, value) != value:
                    return NONE
            elif isinstance(term, Constant):
                if term.value != value:
                    return NONE
            elif not is_aggregated(term):
                computed.append((term, value))
        body = Body(clause, self.facts, self._earlier(clause, row), bound)
        same = [body.terms.equals(body.terms.value(term), value) for term, value in computed]
        question = Question(clause, body, self.facts)
        found = self.facts.query(
            f"SELECT *, count(*) OVER (), sum({question.amount}) OVER () FROM "
            f"(SELECT {question.columns} {body.text(*same)}) "
            f"ORDER BY {question.order} LIMIT {limit}"
        )
        number, total = (found[0][-2], int(found[0][-1])) if found else (0, 0)
        matches = question.matches([answer[:-2] for answer in found])
        return Matches(matches, number, total)

    def _all_matches(self, clause: Clause) -> dict[Row, list[Match]]:
        """Every binding of the clause, by what it concludes; asked once."""
        if id(clause) not in self._all:
            template = self._template(clause.head.template)
            body = Body(clause, self.facts)
            question = Question(clause, body, self.facts)
            grouped = [
                (field, term)
                for field in template.fields
                if not is_aggregated(term := head_term(clause, field.name))
            ]
            values = [body.terms.value(term) for _, term in grouped]
            found = self.facts.query(
                f"SELECT {', '.join([question.columns, *values])} "
                f"{body.text()} ORDER BY {question.order}"
            )
            width = len(grouped)
            heads = [answer[len(answer) - width :] for answer in found]
            heads = self.facts.told([field.type.kind for field, _ in grouped], heads)
            matches = question.matches([answer[: len(answer) - width] for answer in found])
            by_head: dict[Row, list[Match]] = {}
            for head, match in zip(heads, matches, strict=True):
                by_head.setdefault(head, []).append(match)
            self._all[id(clause)] = by_head
        return self._all[id(clause)]

    def _earlier(self, clause: Clause, row: Row) -> Callable[[int, str], str]:
        """In a recursive stratum only the facts of rounds before that of the row."""
        stratum = self.strata[clause.head.template]
        if not stratum.recursive:
            return own_table
        stored = tuple(self.facts.stored(clause.head.template, row))
        limit = self.ranks.round_of(clause.head.template, stored)

        def earlier(position: int, template: str) -> str:
            within = template in stratum.templates
            return self.ranks.earlier(template, limit) if within else quoted(template)

        return earlier


def _group(clause: Clause, template: Template, row: Row) -> Row:
    """The values of a row that its matches share: all but aggregates."""
    pairs = zip(template.names, row, strict=True)
    return tuple(value for name, value in pairs if not is_aggregated(head_term(clause, name)))


def head_term(clause: Clause, field: str) -> Expression:
    """What the conclusion holds; what it leaves out is absent."""
    return clause.head.term(field) or Constant(None)


class Question:
    """What is selected of a clause's bindings, and how the answers are read."""

    def __init__(self, clause: Clause, body: Body, facts: FactBase) -> None:
        self.clause = clause
        self.facts = facts
        self.names = list(body.terms.values)
        self.kinds = [Kind.NUMBER, Kind.NUMBER, *(clause.types[n].kind for n in self.names)]
        self.places: dict[int, slice] = {}
        """Where in an answer the fact of a condition stands."""
        values = [body.terms.values[name] for name in self.names]
        for position, condition in enumerate(clause.body):
            if isinstance(condition, Presence | Fallback):
                fields = facts.vocabulary.templates[condition.atom.template].fields
                start = len(self.kinds)
                self.kinds += [field.type.kind for field in fields]
                self.places[position] = slice(start, len(self.kinds))
                values += [f"t{position}.{quoted(field.name)}" for field in fields]
        columns = [*_amount(clause, body), *values]
        named = [f"c{place}" for place in range(len(columns))]
        self.columns = ", ".join(map("{} AS {}".format, columns, named))
        self.amount, rank, *rest = named
        least_first = _function(clause) == "min"
        self.order = ", ".join([f"{rank} {'ASC' if least_first else 'DESC'}", *rest])

    def matches(self, answers: list[Row]) -> list[Match]:
        return [self._match(answer) for answer in self.facts.told(self.kinds, answers)]

    def _match(self, answer: Row) -> Match:
        bindings = dict(zip(self.names, answer[2:], strict=False))
        found = {position: answer[place] for position, place in self.places.items()}
        facts = {p: fact for p, fact in found.items() if any(v is not None for v in fact)}
        return Match(self.clause, bindings, facts, int(answer[0] or 0))


def _amount(clause: Clause, body: Body) -> tuple[str, str]:
    """What a match adds to the first aggregate of the conclusion, and what ranks it."""
    for part in (part for _, term in clause.head for part in parts(term)):
        if isinstance(part, Aggregate):
            body.terms.aggregate(part)  # demands that each has something to add
    aggregate = first_aggregate(clause)
    if aggregate is None or aggregate.function == "count":
        return "0::HUGEINT", "NULL"
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
