"""What every engine is, and what is checked after each stratum whichever engine ran it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import combinations

from cop_expert.facts import FactBase, Row, quoted
from cop_expert.infer.abreast import conclude_abreast, has_error
from cop_expert.infer.apart import never_clash
from cop_expert.infer.sql import Query, care
from cop_expert.infer.sql_terms import tried
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.keys import determined
from cop_expert.model.rule import (
    CheckedRulebook,
    Clause,
    Stratum,
    Variable,
    is_aggregated,
    variables,
)
from cop_expert.model.template import Template, Value, Vocabulary


class Engine(ABC):
    """Brings a fact base to its fixed point, stratum by stratum."""

    name: str
    hands = 1
    """How many strata it can conclude at a time, each in a thread of its own."""

    @abstractmethod
    def __init__(self, facts: FactBase) -> None:
        """Made anew for each fact base."""

    @property
    @abstractmethod
    def facts(self) -> FactBase:
        """The fact base, as the thread that asks may use it."""

    def at_work(self) -> AbstractContextManager[None]:
        """For as long as it concludes."""
        return nullcontext()

    @abstractmethod
    def conclude(self, stratum: Stratum) -> Iterator[Diagnostic]:
        """Add all that the stratum concludes; yields overflows and divisions by zero."""


def bring_to_fixed_point(engine: Engine, rulebook: CheckedRulebook) -> list[Diagnostic]:
    """Add every conclusion; what was found on the way.

    An overflow or two facts with one key end the run: what rests on them would mean nothing.
    """

    def conclude(stratum: Stratum) -> list[Diagnostic]:
        found = list(engine.conclude(stratum))
        return found if has_error(found) else [*found, *check_keys(engine.facts, stratum)]

    with engine.at_work():
        return conclude_abreast(rulebook.strata, conclude, engine.hands)


def overflow(clause: Clause) -> Diagnostic:
    return Diagnostic(
        "overflow",
        f"`{clause.rule}` computes a number beyond nine trillion",
        clause.origin,
        "look for a number in the tables that is far too large",
    )


def divided_by_zero(clause: Clause, times: int) -> Diagnostic:
    """What is divided by zero binds nothing; the reader should know."""
    return Diagnostic(
        "division-by-zero",
        f"`{clause.rule}` divides by zero {times} times and concludes nothing there",
        clause.origin,
        "add a condition that the divisor is above 0",
        warning=True,
    )


def check_keys(facts: FactBase, stratum: Stratum) -> Iterator[Diagnostic]:
    """Two values for one key are a contradiction between rules: both are shown."""
    for name in stratum.templates:
        template = facts.vocabulary.templates[name]
        clauses = [clause for clause in stratum.clauses if clause.head.template == name]
        if not is_key_kept(clauses, template, facts.vocabulary):
            for one, other in _clashes(facts, template):
                yield _clash(facts, clauses, one, other)


def is_key_kept(clauses: list[Clause], template: Template, vocabulary: Vocabulary) -> bool:
    """True where no two conclusions can agree in the key and differ elsewhere."""
    if set(template.key) == set(template.names):
        return True
    pairs = combinations(clauses, 2)
    return all(never_clash(one, other, vocabulary) for one, other in pairs) and all(
        _tells_all_by_key(clause, template, vocabulary) for clause in clauses
    )


def _tells_all_by_key(clause: Clause, template: Template, vocabulary: Vocabulary) -> bool:
    head = dict(clause.head)
    terms = [head.get(field) for field in template.key]
    if any(term and is_aggregated(term) for term in terms):
        return False
    key = {term.name for term in terms if isinstance(term, Variable)}
    grouped = {v.name for t in head.values() if not is_aggregated(t) for v in variables(t)}
    return grouped <= determined(clause, vocabulary, key)


def _clashes(facts: FactBase, template: Template) -> Iterator[tuple[Row, Row]]:
    """Two facts for each of the first keys that have several."""
    key, record = (", ".join(map(quoted, names)) for names in (template.key, template.names))
    twice = f"FROM {quoted(template.name)} {f'GROUP BY {key}' if key else ''} HAVING count(*) > 1"
    if not facts.query(f"SELECT 1 {twice} LIMIT 1"):
        return
    # Bringing the facts of each key together takes far longer than counting them.
    clashing = facts.query(
        f"SELECT list(row({record}) ORDER BY {record}) {twice} ORDER BY 1 LIMIT 20"
    )
    for (records,) in clashing:
        one, other = facts.told(template.kinds, records[:2])
        yield one, other


def _clash(facts: FactBase, clauses: list[Clause], one: Row, other: Row) -> Diagnostic:
    with care(facts):
        first, second = (_concluding(facts, clauses, row) for row in (one, other))
    template = facts.vocabulary.templates[first.head.template]
    key = [one[template.position(field)] for field in template.key]
    values = ", ".join(_shown(value) for value in key if value is not None)
    subject = f"{template.label} of {values}" if values else template.label
    return Diagnostic(
        "key-clash",
        f"`{first.rule}` and `{second.rule}` conclude different things for {subject}",
        first.origin,
        "make their conditions exclude one another, or mend the knowledge that both rest on",
        second.origin,
        "the other conclusion",
    )


def _shown(value: Value) -> str:
    return f"{to_decimal(value):f}" if type(value) is int else str(value)


def _concluding(facts: FactBase, clauses: list[Clause], row: Row) -> Clause:
    template = facts.vocabulary.templates[clauses[0].head.template]
    same = " AND ".join(tried(f"{quoted(name)} IS NOT DISTINCT FROM ?") for name in template.names)
    for clause in clauses:
        sql = f"SELECT 1 FROM ({Query(clause, facts).bare()}) WHERE {same} LIMIT 1"
        if facts.query(sql, facts.stored(template.name, row)):
            return clause
    return clauses[0]
