"""Does every value fit where it stands?"""

from collections.abc import Iterator

from cop_expert.check.resolve import a, heads_and_bodies, is_within, meet
from cop_expert.facts import has_form
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
    Fallback,
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
            if isinstance(term, Constant):
                field = vocabulary.templates[atom.template].by_name[name]
                yield from _literal_problem(atom, field, term)


def _literal_problem(atom: Atom, field: Field, literal: Constant) -> Iterator[Diagnostic]:
    """Of a parameter only the kind is looked at: its value may be another one tomorrow."""
    value, datatype, place = literal.value, field.type, atom.place(field.name)
    where = f"the field `{field.name}` of `{atom.template}`"
    if value is None:
        if field.required and not literal.parameter:
            yield Diagnostic("never-absent", f"{where} is never absent", place, "leave it out")
    elif _kind_of(value) != datatype.kind:
        message = f"{where} is {a(datatype)}, not {a(Datatype('', _kind_of(value)))}"
        yield Diagnostic("wrong-type", message, place, "write a value of that kind")
    elif literal.parameter:
        return
    elif datatype.choices and value not in datatype.choices:
        yield _unknown_word(str(value), where, datatype, place)
    elif isinstance(value, int) and (broken := _broken_bound(value, datatype)):
        message = f"{where} is {broken}, and {to_decimal(value):f} never stands there"
        yield Diagnostic("out-of-range", message, place, advice_on(datatype))
    elif datatype.pattern and not has_form(str(value), datatype.pattern):
        message = f'"{value}" does not have the form of {where}'
        advice = f'write it like "{field.example}"' if field.example else field.hint
        yield Diagnostic("malformed", message, place, advice)


def _unknown_word(word: str, where: str, datatype: Datatype, place: Origin) -> Diagnostic:
    choices = ", ".join(f'"{choice}"' for choice in datatype.choices)
    return Diagnostic(
        "unknown-word",
        f'"{word}" is not a word for {where}',
        place,
        did_you_mean(word, datatype.choices) or f"it is one of {choices}",
    )


def bounds_of(datatype: Datatype) -> Iterator[tuple[str, int, str]]:
    """What the numbers of a datatype are held to: an operator, a limit, and both in words."""
    for operator, limit, words in (
        (">=", datatype.least, "{} at least"),
        (">", datatype.above, "more than {}"),
        ("<=", datatype.most, "{} at most"),
    ):
        if limit is not None:
            yield operator, limit, words.format(f"{to_decimal(limit):f}")


def _broken_bound(value: int, datatype: Datatype) -> str:
    """The bound, in words, that the number does not keep to."""
    for operator, limit, words in bounds_of(datatype):
        kept = {">=": value >= limit, ">": value > limit, "<=": value <= limit}
        if not kept[operator]:
            return words
    return ""


def advice_on(datatype: Datatype) -> str:
    """What to write where a number of the datatype was expected."""
    if datatype.factor == 100:
        return "a share is written as a number from 0 to 1: 25 % is `0.25`"
    return "write a number that can stand there"


def _kind_of(value: object) -> Kind:
    return {bool: Kind.TRUTH, str: Kind.TEXT}.get(type(value), Kind.NUMBER)


def check_arithmetic(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """Only numbers are added, multiplied and summed."""
    for expression in _all_expressions(clause):
        yield from unfit_operands(expression, clause, vocabulary)


def unfit_operands(
    expression: Expression, clause: Clause, vocabulary: Vocabulary
) -> Iterator[Diagnostic]:
    for part in parts(expression):
        operands: tuple[Expression, ...] = ()
        if isinstance(part, Operation):
            operands = part.operands
        elif isinstance(part, Aggregate) and part.function == "sum":
            operands = (part.operand,)
        for operand in (operand for operand in operands if _is_typed(operand, clause)):
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
    """Both sides must be of one kind, and able to be equal where that is asked."""
    for condition in clause.body:
        if not isinstance(condition, Comparison):
            continue
        sides = list(expressions(condition))
        if all(_is_typed(side, clause) for side in sides) and not any(map(_is_unset, sides)):
            left, right = (measure(side, clause.types, vocabulary.datatypes) for side in sides)
            yield from _compared(condition, left, right, vocabulary)


def _compared(
    comparison: Comparison, left: Datatype, right: Datatype, vocabulary: Vocabulary
) -> Iterator[Diagnostic]:
    both = f"{_said(comparison.left)} is {a(left)} and {_said(comparison.right)} is {a(right)}"
    if left.kind != right.kind:
        yield Diagnostic(
            "wrong-type",
            f"{both}; they cannot be compared",
            comparison.origin,
            "compare numbers with numbers and names with names",
        )
    elif comparison.operator in ("=", "!="):
        if meet(left, right, vocabulary) is None:
            message = f"{both}; they are never equal"
            yield Diagnostic("type-clash", message, comparison.origin, "compare like with like")
        for side, other, datatype in (
            (comparison.left, comparison.right, right),
            (comparison.right, comparison.left, left),
        ):
            if isinstance(side, Constant) and not side.parameter and datatype.choices:
                word = str(side.value)
                if word not in datatype.choices:
                    yield _unknown_word(word, _said(other), datatype, comparison.origin)


def check_choices(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """What a name takes where there is no such fact is of the same kind as what facts give it."""
    for condition in clause.body:
        if isinstance(condition, Fallback) and not _is_unset(condition.value):
            expected = clause.types.get(condition.name)
            if expected and _is_typed(condition.value, clause):
                found = measure(condition.value, clause.types, vocabulary.datatypes)
                if found.kind != expected.kind:
                    yield Diagnostic(
                        "wrong-type",
                        f"`{condition.name}` is {a(expected)} in `{condition.atom.template}`, "
                        f"and {_said(condition.value)} is {a(found)}",
                        condition.atom.origin,
                        "write a value of that kind",
                    )


def check_conclusion_types(clause: Clause, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    template = vocabulary.templates[clause.head.template]
    for name, term in clause.head:
        field = template.by_name[name]
        if isinstance(term, Constant) or not _is_typed(term, clause):
            continue
        found = measure(term, clause.types, vocabulary.datatypes)
        if not is_within(found, field.type, vocabulary):
            yield Diagnostic(
                "wrong-type",
                f"the field `{name}` of `{template.name}` is {a(field.type)}, "
                f"and {_said(term)} is {a(found)}",
                clause.head.place(name),
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


def _is_typed(expression: Expression, clause: Clause) -> bool:
    """False where a name stands in it that nothing binds, which is a problem of its own."""
    return all(variable.name in clause.types for variable in variables(expression))


def _is_unset(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value is None


def _said(expression: Expression) -> str:
    match expression:
        case Variable(name):
            return f"`{name}`"
        case Constant(str(value), ""):
            return f'`"{value}"`'
        case Constant(value, parameter):
            number = f"{to_decimal(value):f}" if type(value) is int else value
            return f"`{parameter or number}`"
        case _:
            return "this expression"
