"""Rules in, clauses out: parameters have their values, names their types, one conclusion each."""

from collections.abc import Iterator

from msgspec.structs import replace

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.measure import measure
from cop_expert.model.origin import Origin
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
    Parameter,
    Presence,
    Rule,
    Variable,
    atoms_of,
    variables,
)
from cop_expert.model.template import Datatype, Kind, Vocabulary


class Resolved:
    """A rule's clauses and what was found wrong on the way."""

    def __init__(
        self, rule: Rule, parameters: dict[str, Parameter], vocabulary: Vocabulary
    ) -> None:
        self.vocabulary = vocabulary
        self.problems: list[Diagnostic] = []
        body = tuple(_condition(condition, parameters) for condition in rule.body)
        self.types: dict[str, Datatype] = {}
        self.places: dict[str, Origin] = {}
        self._type_atoms(body, Presence)
        self._type_atoms(body, Fallback)
        body = self._with_bindings(body)
        self.clauses = [
            Clause(rule.name, _atom(head, parameters), body, self.types, head.origin)
            for head in rule.heads
        ]

    def _type_atoms(self, body: tuple[Condition, ...], kind: type[Presence | Fallback]) -> None:
        for condition in body:
            if isinstance(condition, kind):
                for field, term in condition.atom:
                    if isinstance(term, Variable):
                        expected = self.vocabulary.templates[condition.atom.template].by_name[field]
                        self._narrow(term, expected.type)

    def _narrow(self, variable: Variable, datatype: Datatype) -> None:
        known = self.types.get(variable.name)
        if known is None:
            self.types[variable.name], self.places[variable.name] = datatype, variable.origin
            return
        met = meet(known, datatype, self.vocabulary)
        if met is None:
            self.problems.append(
                Diagnostic(
                    "type-clash",
                    f"`{variable.name}` cannot be {a(datatype)} here",
                    variable.origin,
                    "give one of the two another name",
                    self.places[variable.name],
                    f"it is {a(known)} here",
                )
            )
        else:
            self.types[variable.name] = met

    def _with_bindings(self, body: tuple[Condition, ...]) -> tuple[Condition, ...]:
        """Tell `name = …` that binds from `=` that compares; bindings stand in order of use."""
        waiting = list(body)
        done: list[Condition] = []
        while waiting:
            ready = next((found for found in waiting if self._is_ready(found)), waiting[0])
            waiting.remove(ready)
            if self._binds(ready):
                assert isinstance(ready, Comparison) and isinstance(ready.left, Variable)
                name, value = ready.left.name, ready.right
                if all(variable.name in self.types for variable in variables(value)):
                    self.types[name] = measure(value, self.types, self.vocabulary.datatypes)
                    self.places[name] = ready.left.origin
                ready = Binding(name, value, ready.left.origin)
            done.append(ready)
        return tuple(done)

    def _binds(self, condition: Condition) -> bool:
        return (
            isinstance(condition, Comparison)
            and condition.operator == "="
            and isinstance(condition.left, Variable)
            and condition.left.name not in self.types
        )

    def _is_ready(self, condition: Condition) -> bool:
        if not isinstance(condition, Comparison):
            return True
        needed = variables(condition.right)
        if not self._binds(condition):
            needed += variables(condition.left)
        return all(variable.name in self.types for variable in needed)


def meet(one: Datatype, other: Datatype, vocabulary: Vocabulary) -> Datatype | None:
    """The values that are of both types; None where there are none."""
    if one.kind != other.kind:
        return None
    if one.kind != Kind.TEXT or one.name == other.name:
        return one
    if one.is_reference and other.is_reference:
        classes = frozenset(
            name
            for mine, theirs in ((one, other), (other, one))
            for name in mine.classes
            if vocabulary.above.get(name, frozenset({name})) & theirs.classes
        )
        return Datatype(" or ".join(sorted(classes)), classes=classes) if classes else None
    if one.choices and other.choices:
        return one if set(one.choices) & set(other.choices) else None
    return one if one.is_reference or one.choices else other


def is_within(one: Datatype, other: Datatype, vocabulary: Vocabulary) -> bool:
    """True where every value of the one is a value of the other."""
    if one.kind != other.kind:
        return False
    if other.is_reference:
        return one.is_reference and all(
            vocabulary.above.get(name, frozenset({name})) & other.classes for name in one.classes
        )
    return not other.choices or (bool(one.choices) and set(one.choices) <= set(other.choices))


def a(datatype: Datatype) -> str:
    """A datatype in words: `a unit or a post`."""
    if datatype.is_reference:
        return " or ".join(f"{_article(name)} {name.lower()}" for name in sorted(datatype.classes))
    return {Kind.NUMBER: "a number", Kind.TRUTH: "true or false", Kind.TEXT: "a text"}[
        datatype.kind
    ]


def _article(name: str) -> str:
    """ "unit" and "use" begin with a consonant's sound."""
    return "an" if name[0] in "AEIO" else "a"


def _condition(condition: Condition, parameters: dict[str, Parameter]) -> Condition:
    match condition:
        case Presence(atom):
            return Presence(_atom(atom, parameters))
        case Absence(atom):
            return Absence(_atom(atom, parameters))
        case Fallback(atom, name, value):
            return Fallback(_atom(atom, parameters), name, with_parameters(value, parameters))
        case Comparison(operator, left, right, origin):
            return Comparison(
                operator,
                with_parameters(left, parameters),
                with_parameters(right, parameters),
                origin,
            )
        case Binding(name, value, origin):
            return Binding(name, with_parameters(value, parameters), origin)


def _atom(atom: Atom, parameters: dict[str, Parameter]) -> Atom:
    terms = tuple((field, with_parameters(term, parameters)) for field, term in atom)
    return replace(atom, terms=terms)


def with_parameters(expression: Expression, parameters: dict[str, Parameter]) -> Expression:
    """The expression with the values of parameters for their names."""
    match expression:
        case Variable(name) if name in parameters:
            return Constant(parameters[name].value, name)
        case Operation(operator, operands, origin):
            inner = tuple(with_parameters(operand, parameters) for operand in operands)
            return Operation(operator, inner, origin)
        case Aggregate(function, operand, origin):
            return Aggregate(function, with_parameters(operand, parameters), origin)
        case _:
            return expression


def resolve(
    rules: tuple[Rule, ...], parameters: dict[str, Parameter], vocabulary: Vocabulary
) -> tuple[list[Clause], list[Diagnostic]]:
    """Every rule's clauses; the names in the rules must have been checked."""
    resolved = [Resolved(rule, parameters, vocabulary) for rule in rules]
    return (
        [clause for found in resolved for clause in found.clauses],
        [problem for found in resolved for problem in found.problems],
    )


def heads_and_bodies(clause: Clause) -> Iterator[Atom]:
    yield clause.head
    yield from atoms_of(clause.body)
