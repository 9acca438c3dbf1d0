"""An engine's rules and facts in, activations out: a matcher for experta whose joins are looked up.

It stands in for experta's own, which tries each fact with each token, in any `KnowledgeEngine`, and
brings the same matches; docs/engines.md says where it does better. Two conditional elements are
added to experta's, `LET` and `EITHER`.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cop_expert.infer.experta_mended import (
    AND,
    EXISTS,
    FORALL,
    NOT,
    OR,
    TEST,
    ConditionalElement,
    Fact,
    InitialFact,
    KnowledgeEngine,
    Matcher,
    Rule,
    prepare_rule,
)
from cop_expert.infer.rete_alpha import (
    AlphaNetwork,
    Denied,
    Memory,
    Name,
    alternatives,
    read_pattern,
)
from cop_expert.infer.rete_nodes import (
    Activation,
    Collector,
    ConflictSet,
    Filter,
    Join,
    Let,
    Negation,
    Node,
    Terminal,
)


class LET(ConditionalElement):  # type: ignore[misc]  # experta has no types
    """`LET(name, function)` binds the name to what the function makes of its parameters."""


class EITHER(ConditionalElement):  # type: ignore[misc]  # experta has no types
    """Like `OR`, of alternatives that bind the same names and of which one at most can hold."""


class HashedMatcher(Matcher):  # type: ignore[misc]  # experta has no types
    """Made the `__matcher__` of a `KnowledgeEngine`, it matches its rules."""

    activation: type[Activation] = Activation
    captures = True
    """Whether facts count, or else the values that conditions ask for, each once."""

    def __init__(self, engine: KnowledgeEngine) -> None:
        super().__init__(engine)
        # Prepared rules are new ones; experta's lets go of the engine that asked for them last.
        self.rules = list(dict.fromkeys(map(prepare_rule, engine.get_rules())))
        self.reset()

    def reset(self) -> None:
        """Forget all facts."""
        self.alpha = AlphaNetwork()
        self.load(self.rules)

    def load(self, rules: Iterable[Rule], growing: frozenset[type] | None = None) -> None:
        """Match these rules in place of those before; if told, only growing types still change."""
        self.growing = growing
        self.conflict_set = ConflictSet(self.activation)
        self.alpha.forget_lookups()
        self.root = Node()
        for rule in rules:
            for end in self._wire(self.root, rule):
                Terminal(end, rule, self.conflict_set)
        self.root.activate([()], True)

    def changes(
        self, adding: Iterable[Fact] | None = None, deleting: Iterable[Fact] | None = None
    ) -> tuple[list[Activation], list[Activation]]:
        """The matches that have come and those that have gone since the last call."""
        passing = set()
        for fact in deleting or ():
            if fact in self.alpha:
                self.alpha.remove(fact)
            else:
                passing.add(id(fact))
        for fact in adding or ():
            if id(fact) not in passing:
                self.alpha.add(fact)
        return self.conflict_set.take()

    # From conditions to nodes

    def _wire(self, node: Node, conditions: Iterable[Any]) -> list[Node]:
        """The nodes below which all conditions hold, made where there are none yet."""
        nodes = [node]
        for condition in conditions:
            nodes = [end for node in nodes for end in self._after(node, condition)]
        return nodes

    def _after(self, above: Node, condition: Any) -> list[Node]:
        key = _identity(condition)
        if key not in above.after:
            above.after[key] = self._nodes(above, condition)
        return above.after[key]

    def _nodes(self, above: Node, condition: Any) -> list[Node]:
        match condition:
            case Fact():
                return [self._join(above, pattern) for pattern in alternatives(condition)]
            case TEST((function,)):
                return [Filter(above, *_of_values(function, above.names))]
            case LET((name, function)):
                return [Let(above, name, *_of_values(function, above.names))]
            case AND():
                return self._wire(above, condition)
            case OR():
                return [node for one in condition for node in self._after(above, one)]
            case EITHER():
                return [self._either(above, condition)]
            case NOT((Fact() as pattern,)):
                return [self._no(above, alternatives(pattern))]
            case NOT():
                return [self._without(above, condition)]
            case EXISTS():
                return self._exists(above, condition)
            case FORALL((leader, *others)):
                return self._forall(above, leader, others)
        raise TypeError(f"no node for {condition!r}")

    def _join(self, above: Node, pattern: Fact) -> Node:
        shape, names = read_pattern(pattern, self.captures)
        for early in _denied(above.names):
            if early.name in names and early.name not in above.names:
                above = Filter(above, early.refuse, ())
        changing = self._is_changing(pattern)
        node: Node = Join(above, self.alpha.memory(shape), names, changing)
        for denied in _denied(names):
            if denied.name in node.names:
                node = Filter(node, denied.unlike, (denied, denied.name))
        return node

    def _no(self, above: Node, patterns: Iterable[Fact]) -> Node:
        for pattern in patterns:
            shape, names = read_pattern(pattern, self.captures)
            if any(_denied(names)):
                above = self._without(above, [pattern])
            else:
                changing = self._is_changing(pattern)
                above = Negation(above, self.alpha.memory(shape), names, changing)
        return above

    def _without(self, above: Node, conditions: Iterable[Any]) -> Node:
        """The tokens below which the conditions do not hold."""
        memory = Memory(len(above.names))
        for end in self._wire(above, conditions):
            Collector(end, above.names, memory)
        return Negation(above, memory, above.names)

    # Experta evaluates these two for themselves, and lets the initial fact stand for them

    def _exists(self, above: Node, conditions: EXISTS) -> list[Node]:
        _refuse_or(conditions)
        found = Memory(0)
        for end in self._wire(self.root, conditions):
            Collector(end, (), found)
        return [Join(node, found, ()) for node in self._after(above, InitialFact())]

    def _forall(self, above: Node, leader: Any, others: Sequence[Any]) -> list[Node]:
        _refuse_or((leader, *others))
        lacking = Memory(0)
        for end in self._wire(self.root, [leader]):
            Collector(self._without(end, others), (), lacking)
        return [Negation(node, lacking, ()) for node in self._after(above, InitialFact())]

    def _either(self, above: Node, alternatives: EITHER) -> Node:
        ends = self._wire(above, [OR(*alternatives)])
        together = Node(names=ends[0].names)
        for end in ends:
            if end.names != together.names:
                raise TypeError("alternatives must bind the same names in the same order")
            end.children.append(together)
        return together

    def _is_changing(self, pattern: Fact) -> bool:
        return self.growing is None or type(pattern) in self.growing


def _identity(condition: Any) -> Any:
    """What tells a condition from others; experta's elements are equal where their parts are."""
    if isinstance(condition, ConditionalElement):
        return type(condition), *map(_identity, condition)
    return condition


def _denied(names: Iterable[Name]) -> list[Denied]:
    return [name for name in names if isinstance(name, Denied)]


def _refuse_or(conditions: Iterable[Any]) -> None:
    if any(isinstance(condition, OR) for condition in conditions):
        raise SyntaxError("OR cannot stand inside EXISTS or FORALL")


def _of_values(
    function: Callable[..., Any], bound: Sequence[Name]
) -> tuple[Callable[..., Any], Sequence[Name]]:
    """A function of named parameters as one of values, and their names; what is not bound is None.

    Parameters that Python could not name are in the attribute `names`, in order.
    """
    names = getattr(function, "names", None)
    if names is not None:
        return function, names
    parameters = inspect.signature(function).parameters
    known = [name for name in parameters if name in bound]
    unknown = {name: None for name in parameters if name not in bound}
    return lambda *values: function(**unknown, **dict(zip(known, values, strict=True))), known
