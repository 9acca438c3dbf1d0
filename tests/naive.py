"""docs/language.md spelled out: a checked rulebook and given facts in, facts and findings out."""

import operator as op
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import reduce
from typing import Any

from cop_expert.model import rule as r
from cop_expert.model.template import Template

Unknown = Enum("Unknown", "TOO_LARGE ZERO ABSENT")  # why there is no value; the last matters most
Facts = set[tuple[str, Any]]  # a template, its fields and their values; decimals keep their places
Names = dict[str, Any]  # what each name stands for, and whether each comparison holds
OPERATORS = {"<": op.lt, "<=": op.le, "=": op.eq, "!=": op.ne, ">=": op.ge, ">": op.gt, "+": op.add}
OPERATORS |= {"-": op.sub, "*": op.mul, "/": op.truediv, "sum": op.add, "min": min, "max": max}


def infer(book: r.CheckedRulebook, kinds: dict[str, Template], facts: Facts) -> tuple[Facts, Any]:
    """Stratum after stratum, until one computes too large a number or its facts clash."""
    findings: list[tuple[Any, ...]] = []
    for stratum in book.strata:
        known, more = None, facts
        while known != more:
            known = more
            outcomes = [(c.rule, list(conclude(c, kinds, known))) for c in stratum.clauses]
            more = known.union(o for _, found in outcomes for o in found if isinstance(o, tuple))
        if too_large := [rule for rule, found in outcomes if Unknown.TOO_LARGE in found]:
            return facts, findings + [("overflow", rule) for rule in too_large]
        findings += [("zero", rule, n) for rule, o in outcomes if (n := o.count(Unknown.ZERO))]
        keys = [(name, *(dict(f)[key] for key in kinds[name].key)) for name, f in more - facts]
        if clashes := {key for key in keys if keys.count(key) > 1}:
            return more, findings + [("clash", *key) for key in clashes]
        facts = more
    return facts, findings


def conclude(clause: r.Clause, kinds: dict[str, Template], facts: Facts) -> Iterator[Any]:
    """The fact that each binding, or each group of bindings, concludes; or why there is none."""
    kind = kinds[clause.head.template]
    terms = {name: clause.head.term(name) or r.Constant(None) for name in kind.names}
    totals = {name: term for name, term in terms.items() if r.is_aggregated(term)}
    summed = [p for t in totals.values() for p in r.parts(t) if isinstance(p, r.Aggregate)]
    groups: dict[Any, list[Names]] = {}
    for names in bind(clause.body, facts):
        key = {name: held(value_of(terms[name], names)) for name in terms if name not in totals}
        missing = [Unknown.ABSENT for f, v in key.items() if v is None and kind.by_name[f].required]
        alone = [value_of(aggregate, names, [names]) for aggregate in summed]
        if why := worst([*names.values(), *key.values(), *missing, *alone]):
            yield why
        else:
            groups.setdefault(tuple(key.items()), []).append(names)
    for fields, group in groups.items():
        fact = dict(fields) | {f: held(value_of(t, group[0], group)) for f, t in totals.items()}
        yield worst(fact.values()) or (kind.name, tuple((name, fact[name]) for name in terms))


def bind(conditions: Iterable[r.Condition], facts: Facts) -> Collection[Names]:
    """Each distinct way in which all conditions hold, or may hold."""
    found: list[Names] = [{}]
    waiting: list[r.Condition] = [c for c in conditions if isinstance(c, r.Presence)]
    waiting += [c for c in conditions if not isinstance(c, r.Presence | r.Absence)]
    while waiting:
        ready = waiting.pop(0)
        try:
            found = [more for names in found for more in extend(names, ready, facts)]
        except KeyError:  # it uses a name that one of the others gives
            waiting.append(ready)
    for atom in (condition.atom for condition in conditions if isinstance(condition, r.Absence)):
        found = [names for names in found if not list(matches(atom, names, facts))]
    return {frozenset(names.items()): names for names in found}.values()


def extend(names: Names, condition: r.Condition, facts: Facts) -> Iterator[Names]:
    """The names with what the condition adds, for each way in which it holds or may hold."""
    match condition:
        case r.Presence(atom):
            yield from matches(atom, names, facts)
        case r.Binding(name, expression):
            yield names | {name: value_of(expression, names)}
        case r.Comparison(relation, left, right):
            if holds := compare(relation, value_of(left, names), value_of(right, names)):
                yield names | {repr(condition): holds}
        case r.Fallback(atom, name, otherwise):
            used = {v.name for part in r.expressions(condition) for v in r.variables(part)}
            found = list(matches(atom, {n: names[n] for n in used - {name}}, facts))
            for value in [more[name] for more in found] or [held(value_of(otherwise, names))]:
                same = name not in names or (value is not None and compare("=", value, names[name]))
                if same:
                    yield {name: value} | names | {repr(condition): same}


def matches(atom: r.Atom, names: Names, facts: Facts) -> Iterator[Names]:
    """The names with those of the atom, for each fact that agrees; only `none` is ever absent."""
    for fact in (dict(fields) for template, fields in facts if template == atom.template):
        more = {t.name: fact[f] for f, t in atom if isinstance(t, r.Variable)} | names
        absent = [isinstance(term, r.Constant) for field, term in atom if fact[field] is None]
        if all(absent) and all(fact[f] == held(value_of(term, more)) for f, term in atom):
            yield more


def compare(relation: str, left: Any, right: Any) -> Any:
    """Only none equals none; it is neither larger nor smaller than anything."""
    if relation != "!=" and None in (left, right):
        return relation == "=" and left is right
    return worst([left, right]) or OPERATORS[relation](left, right)


def value_of(expression: r.Expression, names: Names, group: Collection[Names] = ()) -> Any:
    """An expression's value; of a group, as facts hold it, and aggregates range over the group."""
    match expression:
        case r.Variable(name):
            return held(names[name]) if group else names[name]
        case r.Constant(n):
            return held(Fraction(n, 10**6), 6 * bool(n % 10**6)) if type(n) is int else n
        case r.Aggregate("count"):
            return Decimal(len(group))
        case r.Aggregate(function, operand):
            return reckon(function, [value_of(operand, member) for member in group])
        case r.Operation(function, operands):
            return reckon(function, [value_of(operand, names, group) for operand in operands])


def reckon(function: str, operands: list[Any]) -> Any:
    """One step of arithmetic, or a whole aggregate."""
    zero = [Unknown.ZERO] if function == "/" and operands[1] == 0 else []
    if why := worst([*zero, *(Unknown.ABSENT if value is None else value for value in operands)]):
        return why
    if not isinstance(operands[0], Decimal):
        return reduce(OPERATORS[function], operands)  # the first or last of texts
    exact = reduce(OPERATORS.get(function, min), map(Fraction, operands))
    places = [-operand.as_tuple().exponent for operand in operands]
    whole = {"*": held(exact, sum(places), 128), "/": held(operands[0], 12 + places[-1], 128)}
    to = {"*": min(12, sum(places)), "/": 12, "round": 0}.get(function, max(places))
    return worst([whole.get(function)]) or held(exact, to, 128)


def held(value: Any, places: int = 6, bits: int = 64) -> Any:
    """A number as a fact holds it, halves rounded away from zero; other values as they are."""
    if not isinstance(value, Decimal | Fraction):
        return value
    count = int(abs(Fraction(value)) * 10**places + Fraction(1, 2)) * (1 if value > 0 else -1)
    return Decimal(f"{count}e-{places}") if abs(count) < 2 ** (bits - 1) else Unknown.TOO_LARGE


def worst(values: Iterable[Any]) -> Unknown | None:
    """Why one of the values is not known, if so."""
    return max((v for v in values if isinstance(v, Unknown)), key=lambda v: v.value, default=None)
