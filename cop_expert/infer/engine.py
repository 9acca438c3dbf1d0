"""What every engine is, and what is checked after each stratum whichever engine ran it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from cop_expert.facts import FactBase, Row, quoted
from cop_expert.infer.sql import literal, select
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import CheckedRulebook, Clause, Constant, Stratum, is_aggregated
from cop_expert.model.template import Template, Value


class Engine(Protocol):
    """Brings a fact base to its fixed point under a checked rulebook."""

    name: str

    def infer(self, facts: FactBase, rulebook: CheckedRulebook) -> list[Diagnostic]:
        """Add every conclusion; returns what was found on the way (contradictions, overflows)."""


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


def check_keys(facts: FactBase, strata: Sequence[Stratum]) -> Iterator[Diagnostic]:
    """Two values for one key are a contradiction between rules: both are shown."""
    clauses = {
        name: [clause for clause in stratum.clauses if clause.head.template == name]
        for stratum in strata
        for name in stratum.templates
    }
    for name in _clashing(facts, clauses):
        for one, other in _clashes(facts, facts.vocabulary.templates[name]):
            yield _clash(facts, clauses[name], one, other)


def _clashing(facts: FactBase, clauses: dict[str, list[Clause]]) -> list[str]:
    """The templates whose facts clash, found in one query."""
    names = list(clauses)
    queries = []
    for i, name in enumerate(names):
        template = facts.vocabulary.templates[name]
        if set(template.key) != set(template.names) and not _is_grouped(
            clauses[name], template.key
        ):
            twice = f"SELECT 1 FROM {quoted(name)} GROUP BY {_key(template)} HAVING count(*) > 1"
            queries.append(f"SELECT {i} AS i WHERE EXISTS ({twice})")
    if not queries:
        return []
    return [names[i] for (i,) in facts.query(f"{' UNION ALL '.join(queries)} ORDER BY i")]


def _clashes(facts: FactBase, template: Template) -> Iterator[tuple[Row, Row]]:
    """Two facts for each of the first keys that have several."""
    record = ", ".join(f"{quoted(field)} := {quoted(field)}" for field in template.names)
    clashing = facts.query(
        f"SELECT list(struct_pack({record})) FROM {quoted(template.name)} "
        f"GROUP BY {_key(template)} HAVING count(*) > 1 ORDER BY {_key(template)} LIMIT 20"
    )
    for (records,) in clashing:
        one, other, *_ = sorted((tuple(found.values()) for found in records), key=repr)
        yield one, other


def _key(template: Template) -> str:
    return ", ".join(map(quoted, template.key)) or "NULL"


def _is_grouped(clauses: list[Clause], key: tuple[str, ...]) -> bool:
    """One aggregating clause concludes one fact a group; where the key is the group, none clash."""
    return len(clauses) == 1 and all(
        isinstance(term, Constant) or is_aggregated(term) != (field in key)
        for field, term in clauses[0].head
    )


def _clash(facts: FactBase, clauses: list[Clause], one: Row, other: Row) -> Diagnostic:
    first, second = _concluding(facts, clauses, one), _concluding(facts, clauses, other)
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
    names = facts.vocabulary.templates[clauses[0].head.template].names
    same = " AND ".join(
        f"{quoted(name)} IS NOT DISTINCT FROM {literal(value)}"
        for name, value in zip(names, row, strict=True)
    )
    for clause in clauses:
        sql = f"SELECT 1 FROM ({select(clause, facts.vocabulary)}) WHERE {same} LIMIT 1"
        if facts.query(sql):
            return clause
    return clauses[0]
