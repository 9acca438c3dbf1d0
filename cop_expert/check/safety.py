"""Is every variable bound, every aggregate countable, every sentence sayable?"""

from collections.abc import Iterator

from cop_expert.check.resolve import with_parameters
from cop_expert.check.types import unfit_operands
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.keys import determined
from cop_expert.model.rule import (
    Absence,
    Aggregate,
    Atom,
    Binding,
    Clause,
    Comparison,
    Constant,
    Expression,
    Fallback,
    Operation,
    Parameter,
    Presence,
    Rule,
    Slot,
    Variable,
    atoms_of,
    expressions,
    is_aggregated,
    outside_aggregates,
    parts,
    variables,
)
from cop_expert.model.template import Vocabulary

DEEPEST = 6
"""Products and quotients one of another; each doubles what the engine must plan."""


def check_bound(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """Whatever is compared, reckoned with or concluded must be bound by a condition."""
    bound = bound_names(clause)
    needed: list[tuple[Variable, str]] = []
    for condition in clause.body:
        match condition:
            case Comparison() | Binding():
                found = [v for part in expressions(condition) for v in variables(part)]
                needed += [(variable, "this condition uses") for variable in found]
            case Fallback(atom, name, value):
                inside = [v for _, term in atom for v in variables(term) if v.name != name]
                needed += [(v, "`else` needs") for v in [*inside, *variables(value)]]
    for _, term in clause.head:
        needed += [(variable, "the conclusion uses") for variable in variables(term)]
    for variable, use in needed:
        if variable.name not in bound:
            yield Diagnostic(
                "unbound-variable",
                f"nothing in the conditions binds `{variable.name}`, which {use}",
                variable.origin,
                did_you_mean(variable.name, bound) or "add a condition that binds it",
            )
    for condition in _reckoned_from_themselves(clause):
        yield Diagnostic(
            "unbound-variable",
            f"`{condition.name}` takes its value from itself",
            condition.origin if isinstance(condition, Binding) else condition.atom.origin,
            "bind it by a condition on a template, or reckon it from names that are bound",
        )


def bound_names(clause: Clause) -> set[str]:
    """The names that the conditions give a value."""
    names = set()
    for condition in clause.body:
        match condition:
            case Presence(atom):
                names |= {v.name for _, term in atom for v in variables(term)}
            case Fallback(_, name):
                names.add(name)
            case Binding(name):
                names.add(name)
    return names


def _reckoned_from_themselves(clause: Clause) -> list[Fallback | Binding]:
    """Conditions whose name has a value only if it has one already."""
    waiting = [c for c in clause.body if isinstance(c, Fallback | Binding)]
    unknown = {condition.name for condition in waiting} - {
        variable.name
        for condition in clause.body
        if isinstance(condition, Presence)
        for _, term in condition.atom
        for variable in variables(term)
    }
    while ready := [c for c in waiting if not _names_needed(c) & unknown]:
        unknown -= {condition.name for condition in ready}
        waiting = [condition for condition in waiting if condition not in ready]
    return waiting


def _names_needed(condition: Fallback | Binding) -> set[str]:
    """The name that takes the value may stand in the template, not in the value."""
    names = {v.name for part in expressions(condition) for v in variables(part)}
    return names - {condition.name} | {v.name for v in variables(condition.value)}


def check_patterns(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """Conditions on templates hold names and literals; aggregates stand in conclusions only."""
    for condition in clause.body:
        if isinstance(condition, Presence | Absence | Fallback):
            for field, term in condition.atom:
                if not isinstance(term, Variable | Constant):
                    yield Diagnostic(
                        "pattern-too-deep",
                        f"the field `{field}` is compared with a computed value",
                        condition.atom.place(field),
                        "bind the value on a line of its own: `name = …`",
                    )
        if isinstance(condition, Fallback) and condition.name not in {
            v.name for _, term in condition.atom for v in variables(term)
        }:
            yield Diagnostic(
                "fallback-unused",
                f"`{condition.name}` does not stand in `{condition.atom.template}(…)`",
                condition.atom.origin,
                "name the variable that is to take the value",
            )
        for part in (part for found in expressions(condition) for part in parts(found)):
            if isinstance(part, Aggregate):
                yield Diagnostic(
                    "aggregate-in-condition",
                    f"`{part.function}` of one argument counts over many facts and stands in "
                    "conclusions only",
                    part.origin,
                    "conclude it in a rule of its own, then use what that concludes",
                )


def check_aggregates(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """A sum or count must tell its facts apart: two posts of three heads are not one."""
    functions = {
        part.function
        for _, term in clause.head
        for part in parts(term)
        if isinstance(part, Aggregate)
    }
    if functions & {"sum", "count"}:
        for condition in clause.body:
            if isinstance(condition, Presence | Fallback):
                yield from _unbound_keys(condition.atom, vocabulary)
    yield from _nested_aggregates(clause)
    fields = {term.name for _, term in clause.head if isinstance(term, Variable)}
    group = determined(clause, vocabulary, fields)
    for _, term in clause.head:
        if is_aggregated(term):
            for variable in outside_aggregates(term):
                if variable.name not in group:
                    yield Diagnostic(
                        "not-grouped",
                        f"`{variable.name}` may differ within the group",
                        variable.origin,
                        f"aggregate it too, or conclude `{variable.name}` as a field of its own",
                    )


def _nested_aggregates(clause: Clause) -> Iterator[Diagnostic]:
    for _, term in clause.head:
        for outer in parts(term):
            if isinstance(outer, Aggregate):
                for part in parts(outer.operand):
                    if isinstance(part, Aggregate):
                        yield Diagnostic(
                            "nested-aggregate",
                            f"`{part.function}` stands inside `{outer.function}`",
                            part.origin,
                            "conclude the inner one in a rule of its own, then aggregate that",
                        )


def _unbound_keys(atom: Atom, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    template = vocabulary.templates[atom.template]
    for name in template.key:
        if atom.term(name) is None:
            yield Diagnostic(
                "unbound-key",
                f"several facts of `{atom.template}` may differ in `{name}` only, and would be "
                "counted as one",
                atom.origin,
                f"add `{name}` to the fields",
            )


def shadowed(rules: tuple[Rule, ...], parameters: dict[str, Parameter]) -> dict[str, Variable]:
    """Parameters that bear the name of a bare field, each with the first such field."""
    found: dict[str, Variable] = {}
    for rule in rules:
        for atom in [*atoms_of(rule.body), *rule.heads]:
            for field, term in atom:
                if isinstance(term, Variable) and term.name == field and field in parameters:
                    found.setdefault(field, term)
    return found


def check_depth(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """A rounded number that is rounded again, and again, takes SQL that doubles each time."""
    depths: dict[str, int] = {}
    for condition in clause.body:
        if isinstance(condition, Binding):
            depths[condition.name] = _depth(condition.value, depths)
    found = [part for condition in clause.body for part in expressions(condition)]
    for expression in [*found, *(term for _, term in clause.head)]:
        if isinstance(expression, Operation) and _depth(expression, depths) > DEEPEST:
            yield Diagnostic(
                "too-large",
                f"more than {DEEPEST} products and quotients are taken one of another",
                expression.origin,
                "conclude one of them in a rule of its own, and go on from what that concludes",
            )


def _depth(expression: Expression, depths: dict[str, int]) -> int:
    """How often a part of the expression is rounded on the way to its value."""
    match expression:
        case Variable(name):
            return depths.get(name, 0)
        case Operation(operator, operands):
            deepest = max(_depth(operand, depths) for operand in operands)
            return deepest + (operator in ("*", "/", "round"))
        case Aggregate(_, operand):
            return _depth(operand, depths)
        case _:
            return 0


def check_shadowing(
    shadowed: dict[str, Variable], parameters: dict[str, Parameter]
) -> Iterator[Diagnostic]:
    """A bare field name that is also a parameter would silently become a literal."""
    for name, variable in shadowed.items():
        yield Diagnostic(
            "parameter-as-variable",
            f"the parameter `{name}` bears the name of a field that rules use as a variable",
            parameters[name].origin,
            "give the parameter another name",
            variable.origin,
            "used as a variable here",
        )


def check_sentences(
    rules: tuple[Rule, ...],
    parameters: dict[str, Parameter],
    clauses: list[Clause],
    vocabulary: Vocabulary,
) -> Iterator[Diagnostic]:
    """Whatever a `because` says must be bound, reckoned from numbers, and sayable."""
    by_rule = {clause.rule: clause for clause in clauses}
    for rule in rules:
        clause = by_rule.get(rule.name)
        for slot in (piece for piece in rule.sentence if isinstance(piece, Slot)):
            if clause:
                yield from _check_slot(slot, clause, parameters, vocabulary)
            if slot.datatype and slot.datatype not in vocabulary.datatypes:
                yield Diagnostic(
                    "unknown-datatype",
                    f"no datatype is called `{slot.datatype}`",
                    getattr(slot.expression, "origin", rule.origin),
                    did_you_mean(slot.datatype, vocabulary.datatypes),
                )


def _check_slot(
    slot: Slot, clause: Clause, parameters: dict[str, Parameter], vocabulary: Vocabulary
) -> Iterator[Diagnostic]:
    known = bound_names(clause) | set(parameters)
    unbound = [v for v in variables(slot.expression) if v.name not in known]
    for variable in unbound:
        yield Diagnostic(
            "sentence",
            f"`because` says `{{{variable.name}}}`, which nothing binds",
            variable.origin,
            did_you_mean(variable.name, known) or "name a variable of the conditions",
        )
    for part in parts(slot.expression):
        if isinstance(part, Aggregate):
            yield Diagnostic(
                "sentence",
                f"`{part.function}` of one argument stands in `because`, which speaks of one fact",
                part.origin,
                "leave it out: the sentence of the template says the total",
            )
    if not unbound:
        yield from unfit_operands(with_parameters(slot.expression, parameters), clause, vocabulary)
