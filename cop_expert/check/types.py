"""Does every value fit where it stands?"""

from collections.abc import Iterator

from cop_expert.check.resolve import a, heads_and_bodies, is_within, meet
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.measure import measure
from cop_expert.model.origin import Origin
from cop_expert.model.rule import (
    Absence,
    Aggregate,
    Atom,
    Clause,
    Comparison,
    Constant,
    Expression,
    Operation,
    Variable,
    expressions,
    parts,
    variables,
)
from cop_expert.model.template import Datatype, Field, Kind, Vocabulary


def check_literals(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """Words of a closed list, numbers within bounds, `none` only where it can be."""
    for atom in heads_and_bodies(clause):
        for name, term in atom:
            if isinstance(term, Constant) and not term.parameter:
                field = vocabulary.templates[atom.template].by_name[name]
                yield from _literal_problem(atom, field, term, vocabulary)


def _literal_problem(
    atom: Atom, field: Field, literal: Constant, vocabulary: Vocabulary
) -> Iterator[Diagnostic]:
    value, datatype = literal.value, field.type
    where = f"the field `{field.name}` of `{atom.template}`"
    if value is None:
        if field.required:
            yield Diagnostic(
                "never-absent", f"{where} is never absent", atom.origin, "leave the field out"
            )
    elif _kind_of(value) != datatype.kind:
        message = f"{where} is {a(datatype)}, not {a(Datatype('', _kind_of(value)))}"
        yield Diagnostic("wrong-type", message, atom.origin, "write a value of that kind")
    elif datatype.choices and value not in datatype.choices:
        choices = ", ".join(f'"{choice}"' for choice in datatype.choices)
        yield Diagnostic(
            "unknown-word",
            f'"{value}" is not a word for {where}',
            atom.origin,
            did_you_mean(str(value), datatype.choices) or f"it is one of {choices}",
        )


def _kind_of(value: object) -> Kind:
    return {bool: Kind.TRUTH, str: Kind.TEXT}.get(type(value), Kind.NUMBER)


def check_arithmetic(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """Only numbers are added, multiplied and summed."""
    for expression in _all_expressions(clause):
        for part in parts(expression):
            operands: tuple[Expression, ...] = ()
            if isinstance(part, Operation):
                operands = part.operands
            elif isinstance(part, Aggregate) and part.function == "sum":
                operands = (part.operand,)
            for operand in operands:
                datatype = measure(operand, clause.types, vocabulary.datatypes)
                if datatype.kind != Kind.NUMBER and not _is_unset(operand):
                    assert isinstance(part, Operation | Aggregate)
                    yield Diagnostic(
                        "not-a-number",
                        f"{_said(operand)} is {a(datatype)}, and only numbers can be reckoned with",
                        part.origin,
                        "use a field that holds a number",
                    )


def check_comparisons(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    for condition in clause.body:
        if not isinstance(condition, Comparison):
            continue
        sides = [variable for side in expressions(condition) for variable in variables(side)]
        if any(variable.name not in clause.types for variable in sides):
            continue
        left, right = (
            measure(side, clause.types, vocabulary.datatypes)
            for side in (condition.left, condition.right)
        )
        absent = _is_unset(condition.left) or _is_unset(condition.right)
        if not absent and left.kind != right.kind:
            yield Diagnostic(
                "wrong-type",
                f"{_said(condition.left)} is {a(left)} and {_said(condition.right)} is {a(right)}; "
                "they cannot be compared",
                condition.origin,
                "compare numbers with numbers and names with names",
            )


def check_conclusion_types(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    template = vocabulary.templates[clause.head.template]
    for name, term in clause.head:
        field = template.by_name[name]
        if isinstance(term, Constant) and not term.parameter:
            continue
        found = measure(term, clause.types, vocabulary.datatypes)
        if not is_within(found, field.type, vocabulary):
            yield Diagnostic(
                "wrong-type",
                f"the field `{name}` of `{template.name}` is {a(field.type)}, "
                f"and {_said(term)} is {a(found)}",
                _place(term, clause.head.origin),
                "add a condition that makes sure of its kind"
                if meet(found, field.type, vocabulary)
                else "conclude a value of that kind",
            )


def check_negated_types(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """A variable must be able to occur where a `not` looks for it."""
    for condition in clause.body:
        if not isinstance(condition, Absence):
            continue
        atom = condition.atom
        for name, term in atom:
            if isinstance(term, Variable) and term.name in clause.types:
                expected = vocabulary.templates[atom.template].by_name[name].type
                if meet(clause.types[term.name], expected, vocabulary) is None:
                    yield Diagnostic(
                        "type-clash",
                        f"`{term.name}` is {a(clause.types[term.name])} and can never be "
                        f"{a(expected)}, as the field `{name}` of `{atom.template}` is",
                        term.origin,
                        "use another field or another name",
                    )


def _all_expressions(clause: Clause) -> Iterator[Expression]:
    for condition in clause.body:
        yield from expressions(condition)
    yield from (term for _, term in clause.head)


def _is_unset(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value is None


def _said(expression: Expression) -> str:
    match expression:
        case Variable(name):
            return f"`{name}`"
        case Constant(value, parameter):
            number = f"{to_decimal(value):f}" if type(value) is int else value
            return f"`{parameter or number}`"
        case _:
            return "this expression"


def _place(term: Expression, otherwise: Origin) -> Origin:
    return otherwise if isinstance(term, Constant) else term.origin
