"""A clause in, a rule of experta's out: patterns, tests, and what computes, in a good order.

A fallback is a choice between the fact and its absence. What cannot be computed is carried along
as the error that it is, so that the conclusion can tell it, whatever was asked first.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from cop_expert.infer.evaluate import Bindings, named, needed, truth_of, value_of
from cop_expert.infer.experta_mended import AND, NOT, TEST, Fact, L, P, Rule, W
from cop_expert.infer.rete_matcher import EITHER, LET
from cop_expert.model.rule import (
    Absence,
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
    Variable,
    atoms_of,
    expressions,
    parts,
    variables,
)
from cop_expert.model.template import Template, Vocabulary

Elements = list[Any]
"""Facts as patterns, and experta's conditional elements."""
Spread = Callable[[str, frozenset[str], frozenset[str]], float]
"""How many values fields of a template take on average where other fields are fixed."""


class Computed:
    """What `TEST` and `LET` call: a function of bindings as a function of values."""

    def __init__(self, names: list[str], function: Callable[[Bindings], Any]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self.function = function

    def __call__(self, *values: Any) -> Any:
        try:
            return self.function(dict(zip(self.names, values, strict=True)))
        except ArithmeticError as error:
            return error.with_traceback(None)


class Translation:
    """One clause as a rule of experta's."""

    def __init__(
        self,
        clause: Clause,
        vocabulary: Vocabulary,
        fact_types: dict[str, type[Fact]],
        spread: Spread,
    ) -> None:
        self.clause = clause
        self.vocabulary = vocabulary
        self.fact_types = fact_types
        self.spread = spread
        self.bound: set[str] = set()
        self.bindable = set(chain.from_iterable(map(_bound_by, clause.body)))
        self.numbers = {c.name for c in clause.body if isinstance(c, Binding)}
        """Names that may hold more decimal places than facts do."""
        self.computed: list[str] = []
        """Names that may hold an error."""
        self.elements: Elements = []
        for condition in self._in_order():
            self.elements += self._translated(condition)

    def rule(self, function: Callable[..., None]) -> Rule:
        """The rule, which calls the function with each match."""
        return Rule(*self.elements)(function)

    # Joins go from left to right: what is bound is tested, then the pattern that adds the least

    def _in_order(self) -> Iterator[Condition]:
        waiting = list(self.clause.body)
        while waiting:
            condition = min(waiting, key=self._rank)
            waiting.remove(condition)
            yield condition
            self.bound |= _bound_by(condition)

    def _rank(self, condition: Condition) -> tuple[float, ...]:
        """The lowest comes first."""
        if not self._needs(condition) <= self.bound:
            return (9,)
        match condition:
            case Comparison():
                return (2,) if _reckons(condition) else (0,)
            case Absence() | Binding():
                return (1,)
            case Presence(atom):
                return (3, *self._cost(atom))
            case Fallback():
                return (4,)

    def _needs(self, condition: Condition) -> set[str]:
        """What else a negated condition mentions stands for anything."""
        if isinstance(condition, Absence):
            return self.bindable.intersection(_names(condition.atom))
        return needed(condition)

    def _cost(self, atom: Atom) -> tuple[float, float]:
        names = _names(atom)
        apart = bool(self.bound) and bool(names) and self.bound.isdisjoint(names)
        fixed = frozenset(
            field
            for field, term in atom
            if not isinstance(term, Variable) or term.name in self.bound
        )
        fields = frozenset(field for field, _ in atom)
        return float(apart), self.spread(atom.template, fields, fixed)

    # From conditions to experta's elements

    def _translated(self, condition: Condition) -> Elements:
        match condition:
            case Presence(atom):
                return [self._pattern(atom)]
            case Absence(atom):
                return [NOT(self._pattern(atom))]
            case Comparison():
                return self._test(condition)
            case Binding(name, expression):
                return self._let(name, expression)
            case Fallback():
                return [self._choice(condition)]

    def _pattern(self, atom: Atom, free: str = "") -> Fact:
        """The atom as an ordered fact; the name that is free is not joined with."""
        template = self.vocabulary.templates[atom.template]
        constraints = [
            (template.position(field), self._constraint(template, field, term, free))
            for field, term in atom
        ]
        return self.fact_types[atom.template].from_iter(constraints)

    def _constraint(self, template: Template, field: str, term: Expression, free: str) -> Any:
        if isinstance(term, Constant):
            return L(term.value)
        assert isinstance(term, Variable)
        name = term.name if term.name != free else f"any {free}"
        if name in self.numbers:
            name = _held(name)
        return W(name) if template.by_name[field].required else P(is_present, name)

    def _test(self, comparison: Comparison) -> Elements:
        names = [found.name for part in expressions(comparison) for found in variables(part)]
        compared = Computed(names, truth_of(comparison))
        if not _reckons(comparison):
            return [TEST(compared)]
        label = self._label(comparison)
        return [LET(label, compared), _passing(label)]

    def _label(self, condition: Condition) -> str:
        """A name for whether the condition holds, or the error if that cannot be told."""
        label = f"condition {self.clause.body.index(condition)}"
        self.computed.append(label)
        return label

    def _let(self, name: str, expression: Expression) -> Elements:
        names = [found.name for found in variables(expression)]
        self.computed.append(name)
        let = LET(name, Computed(names, named(expression)))
        if not any(name in _names(atom) for atom in atoms_of(self.clause.body)):
            return [let]
        own = Variable(name, self.clause.origin)
        return [let, LET(_held(name), Computed([name], value_of(own)))]

    def _choice(self, fallback: Fallback) -> EITHER:
        name, expression = fallback.name, fallback.value
        there, missing = self._pattern(fallback.atom), self._pattern(fallback.atom, free=name)
        names = [found.name for found in variables(expression)]
        if name not in self.bound:
            self.computed.append(name)
            taken = Computed(names, value_of(expression))
            return EITHER(there, AND(NOT(missing), LET(name, taken)))
        label = self._label(fallback)
        given, yes = value_of(expression), Computed([], lambda bindings: True)
        same = Computed([name, *names], lambda bindings: _is_same(bindings[name], given(bindings)))
        known = TEST(Computed([name], lambda bindings: not _is_error(bindings[name])))
        unknown = TEST(Computed([name], lambda bindings: _is_error(bindings[name])))
        return EITHER(
            AND(there, LET(label, yes)),
            AND(known, NOT(missing), LET(label, same), _passing(label)),
            AND(unknown, LET(label, yes)),
        )


def _passing(label: str) -> TEST:
    """What cannot be told passes, for the conclusion to tell."""
    return TEST(Computed([label], lambda bindings: bindings[label]))


def is_present(found: Any) -> bool:
    """An absent field binds nothing."""
    return found is not None


def _is_error(found: Any) -> bool:
    """What could not be computed; the conclusion tells it."""
    return isinstance(found, ArithmeticError)


def _is_same(one: Any, other: Any) -> bool:
    return one is not None and one == other


def _held(name: str) -> str:
    """The name for a computed number as facts hold it, to six places."""
    return f"{name} as held"


def _reckons(comparison: Comparison) -> bool:
    sides = (comparison.left, comparison.right)
    return any(isinstance(part, Operation) for side in sides for part in parts(side))


def _bound_by(condition: Condition) -> set[str]:
    match condition:
        case Presence(atom):
            return set(_names(atom))
        case Fallback(_, name) | Binding(name):
            return {name}
        case _:
            return set()


def _names(atom: Atom) -> list[str]:
    return [term.name for _, term in atom if isinstance(term, Variable)]
