"""Which features of the rule language are at work in a case, in rules that conclude something.

Random rulebooks prove little where nothing happens in them. As a script, `features.py 1000` prints
in what share of so many random cases each feature is at work.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import naive
from naive import Facts, Unknown
from random_rules import SANDBOX, Case, examples

from cop_expert.infer.engine import is_key_kept
from cop_expert.infer.joins import asked_of_groups, nearest_of, only_joins
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
    Operation,
    Presence,
    Stratum,
    Variable,
    expressions,
    is_aggregated,
    outside_aggregates,
    parts,
    variables,
)


def features(case: Case) -> set[str]:
    """The features that are at work in a case."""
    facts, findings = naive.infer(case.rulebook, SANDBOX.templates, SANDBOX.as_facts(case.tables))
    found = {f"found: {finding}" for finding, *_ in findings}
    found |= {"several conclusions" for rule in case.rulebook.rules.values() if rule.heads[1:]}
    views = {name for stratum in case.rulebook.strata for name in _on_demand(stratum)}
    for stratum in case.rulebook.strata:
        found |= set(_of_keys(stratum))
        for clause in stratum.clauses:
            found |= set(_at_work(clause, stratum, facts, views))
    return found


def _on_demand(stratum: Stratum) -> Iterator[str]:
    """The templates that duckdb need not store."""
    for name in stratum.templates if not stratum.recursive else ():
        clauses = [clause for clause in stratum.clauses if clause.head.template == name]
        if SANDBOX.templates[name].on_demand and all(map(only_joins, clauses)):
            yield name


def _of_keys(stratum: Stratum) -> Iterator[str]:
    """Where the rules themselves say that no two conclusions have one key."""
    for name in stratum.templates:
        template = SANDBOX.templates[name]
        clauses = [clause for clause in stratum.clauses if clause.head.template == name]
        if len(clauses) > 1 and is_key_kept(clauses, template, SANDBOX.words):
            for field in template.key if template.key != template.names else ():
                yield f"key kept apart by {type(clauses[0].head.term(field)).__name__.lower()}s"


def _at_work(clause: Clause, stratum: Stratum, facts: Facts, views: set[str]) -> Iterator[str]:
    with patch.object(naive, "held", Halves()) as halves:
        outcomes = list(naive.conclude(clause, SANDBOX.templates, facts))
    if Unknown.ZERO in outcomes:
        yield from _dividing(clause)
    concluded = [dict(outcome[1]) for outcome in outcomes if isinstance(outcome, tuple)]
    if concluded:
        yield from halves.met
        yield from _of_stratum(clause, stratum)
        yield from _of_conclusion(clause)
        yield from _of_views(clause, views)
        yield from _of_groups(clause)
        for condition in clause.body:
            yield from _of_condition(condition, clause)
            if isinstance(condition, Fallback):
                yield from _of_choice(condition, clause, facts)
        for fact in concluded:
            yield from (f"text: {value!r}" for value in fact.values() if isinstance(value, str))


class Halves:
    """Rounds as the naive evaluator does, and notes where a half is met."""

    def __init__(self) -> None:
        self.met: set[str] = set()
        self.held = naive.held

    def __call__(self, value: Any, places: int = 6, bits: int = 64) -> Any:
        is_number = isinstance(value, Decimal | Fraction)
        if is_number and abs(Fraction(value)) * 10**places % 1 == Fraction(1, 2):
            self.met.add(f"half at {places} places, {'above' if value > 0 else 'below'} zero")
        return self.held(value, places, bits)


def _dividing(clause: Clause) -> Iterator[str]:
    """Where a clause may have divided by zero."""
    for condition in clause.body:
        if any("/" in _operators(part) for part in expressions(condition)):
            yield f"division by zero in a {type(condition).__name__.lower()}"
    for _, term in clause.head:
        inside = [part.operand for part in parts(term) if isinstance(part, Aggregate)]
        if any("/" in _operators(operand) for operand in inside):
            yield "division by zero in a contribution"
        elif "/" in _operators(term):
            yield f"division by zero in a {'group' if inside else 'conclusion'}"


def _of_stratum(clause: Clause, stratum: Stratum) -> Iterator[str]:
    kinds = {type(condition) for condition in clause.body}
    if kinds == {Comparison}:
        yield "constants only"
    if Presence not in kinds:
        yield "no presence"
    atoms = [condition.atom for condition in clause.body if isinstance(condition, Presence)]
    own = [atom.template for atom in atoms if atom.template in stratum.templates]
    if own:
        yield "recursion"
        yield from (f"recursion beside a {kind.__name__.lower()}" for kind in kinds - {Presence})
    if len(own) > 1:
        yield "recursion through two conditions"
    if own and clause.head.template not in own:
        yield "recursion through two templates"
    if stratum.recursive and clause.aggregates:
        yield "aggregate that feeds a recursion"


def _of_views(clause: Clause, views: set[str]) -> Iterator[str]:
    made = "total" if clause.aggregates else "view" if clause.head.template in views else "fact"
    if made == "view":
        yield "on demand"
    asked = [c for c in clause.body if isinstance(c, Presence | Absence | Fallback)]
    for condition in asked:
        if condition.atom.template in views:
            yield f"on demand, for a {made}: {type(condition).__name__.lower()}"


def _of_groups(clause: Clause) -> Iterator[str]:
    """What is asked of a group otherwise than by joining everything."""
    if nearest_of(clause):
        yield "asked for the nearest"
    elif clause.aggregates:
        later = [clause.body[place] for place in asked_of_groups(clause, SANDBOX.words)]
        yield from (f"asked of a group: {type(condition).__name__.lower()}" for condition in later)


def _of_condition(condition: Condition, clause: Clause) -> Iterator[str]:
    others = [other for other in clause.body if other is not condition]
    bound = {name for c in others if isinstance(c, Presence) for name in _names(*expressions(c))}
    taking = {c.name for c in others if isinstance(c, Fallback | Binding)}
    names = _names(*expressions(condition))
    yield from (part for found in expressions(condition) for part in _of_expression(found))
    match condition:
        case Presence(atom):
            yield from _of_atom("presence", atom)
            if bound.intersection(names):
                yield "presence: joined"
        case Absence(atom):
            yield from _of_atom("not", atom)
            free = [name for name in names if name not in bound | taking]
            yield from ("not: bound name" for name in names if name in bound)
            yield from ("not: name that takes a value" for name in names if name in taking)
            yield from (f"not: free name {'twice' if free.count(n) > 1 else ''}" for n in free)
            if not others:
                yield "not: alone"
        case Fallback(atom, name, value):
            yield from _of_atom("else", atom)
            yield f"else: {_sort(value)}"
            if name in bound:
                yield "else: for a bound name"
            if name in taking:
                yield "else: for a name that another gives"
            if taking.intersection(_names(value)):
                yield "else: value of another"
        case Comparison(operator, left, right):
            kinds = {_kind(side, clause) for side in (left, right)}
            yield from (f"{kind} {operator}" for kind in kinds - {"none"})
            if "none" in kinds:
                yield f"none {operator}"
            if isinstance(left, Operation) or isinstance(right, Operation):
                yield "comparison of computed values"
        case Binding(_, value):
            yield f"binding: {_kind(value, clause)}"
            if taking.intersection(names):
                yield "binding: of another"


def _of_choice(fallback: Fallback, clause: Clause, facts: Facts) -> Iterator[str]:
    for names in naive.bind(clause.body, facts):
        others = {name: value for name, value in names.items() if name != fallback.name}
        there = any(True for _ in naive.matches(fallback.atom, others, facts))
        yield f"else: {'not needed' if there else 'taken'}"


def _of_atom(place: str, atom: Atom) -> Iterator[str]:
    names = _names(*(term for _, term in atom))
    if not atom.terms:
        yield f"{place}: no field"
    if len(set(names)) < len(names):
        yield f"{place}: name twice"
    for field, term in atom:
        if isinstance(term, Constant):
            yield f"{place}: {'none' if term.value is None else 'literal'}"
        elif not SANDBOX.templates[atom.template].by_name[field].required:
            yield f"{place}: optional field"


def _of_conclusion(clause: Clause) -> Iterator[str]:
    template = SANDBOX.templates[clause.head.template]
    if len(clause.head.terms) < len(template.fields):
        yield "conclusion: field left out"
    aggregates = []
    for name, term in clause.head:
        yield from _of_expression(term)
        aggregates += [part for part in parts(term) if isinstance(part, Aggregate)]
        if isinstance(term, Constant) and term.value is None:
            yield "conclusion: none"
        if isinstance(term, Operation):
            yield f"conclusion: {'reckons with aggregates' if is_aggregated(term) else 'computed'}"
        if is_aggregated(term) and any(True for _ in outside_aggregates(term)):
            yield "conclusion: name beside an aggregate"
        match term:
            case Operation("/", (Aggregate("sum"), Aggregate("sum"))):
                yield "conclusion: sum / sum"
        if is_aggregated(term) and name in template.key != template.names:
            yield "conclusion: aggregate in a key"
    yield from (f"{part.function} of {_kind(part.operand, clause)}" for part in aggregates)
    if len(aggregates) > 1:
        yield "conclusion: several aggregates"
    grouping = [term for _, term in clause.head if not is_aggregated(term) and variables(term)]
    if aggregates and not grouping:
        yield "conclusion: one group"


def _of_expression(expression: Expression) -> Iterator[str]:
    yield from (f"arithmetic: {operator}" for operator in _operators(expression))
    for part in parts(expression):
        if isinstance(part, Constant) and part.parameter:
            yield f"parameter: {'none' if part.value is None else _sort(part)}"


def _operators(expression: Expression) -> set[str]:
    return {part.operator for part in parts(expression) if isinstance(part, Operation)}


def _names(*found: Expression) -> list[str]:
    return [variable.name for expression in found for variable in variables(expression)]


def _sort(expression: Expression) -> str:
    match expression:
        case Constant(None):
            return "none"
        case Constant():
            return "literal"
        case Variable():
            return "name"
    return "computed"


def _kind(expression: Expression, clause: Clause) -> str:
    match expression:
        case Variable(name):
            return clause.types[name].kind.value
        case Constant(value):
            return {bool: "truth", str: "text", type(None): "none"}.get(type(value), "number")
    return "number"


if __name__ == "__main__":
    cases = examples(int(sys.argv[1]))
    counts = Counter(feature for case in cases for feature in features(case))
    for feature, count in sorted(counts.items(), key=lambda pair: (pair[1], pair[0])):
        sys.stdout.write(f"{count / len(cases):7.1%}  {feature}\n")
