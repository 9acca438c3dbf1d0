"""An engine's rules and facts in, activations out: a matcher for experta that looks joins up.

In any `KnowledgeEngine` it can take the place of experta's own, which tries each fact with each
token, and brings the same matches. For rules that are loaded later there are two conditional
elements more, `LET` and `EITHER`.
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
    """A Rete network; `__matcher__ = HashedMatcher` gives it to a `KnowledgeEngine`."""

    activation: type[Activation] = Activation
    captures = True
    """Whether each fact is a match, or else the values that are asked for, each once."""

    def __init__(self, engine: KnowledgeEngine) -> None:
        super().__init__(engine)
        # A rule calls the engine that asked for it last; what is prepared is a rule of our own.
        self.rules = list(dict.fromkeys(map(prepare_rule, engine.get_rules())))
        self.reset()

    def reset(self) -> None:
        """Forget all facts."""
        self.alpha = AlphaNetwork()
        self.load(self.rules)

    def load(self, rules: Iterable[Rule], growing: frozenset[type] | None = None) -> None:
        """Match these rules in place of those before; if told, only facts of some types change."""
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
        passed_by = set()
        for fact in deleting or ():
            if fact in self.alpha:
                self.alpha.remove(fact)
            else:
                passed_by.add(id(fact))
        for fact in adding or ():
            if id(fact) not in passed_by:
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
            case TEST():
                return [
                    Filter(node, *_of_values(condition[0], node)) for node in self._begun(above)
                ]
            case LET():
                name, function = condition
                return [Let(above, name, *_of_values(function, above))]
            case AND():
                return self._wire(above, condition)
            case OR():
                return [node for one in condition for node in self._after(above, one)]
            case EITHER():
                return [self._either(above, condition)]
            case NOT():
                return [self._not(above, *condition)]
            case EXISTS():
                return self._exists(above, condition)
            case FORALL():
                return self._forall(above, *condition)
        raise TypeError(f"no node for {condition!r}")

    def _begun(self, above: Node) -> list[Node]:
        """A rule that begins with no fact begins with the initial one."""
        return self._after(above, InitialFact()) if above is self.root else [above]

    def _join(self, above: Node, pattern: Fact) -> Node:
        shape, names = read_pattern(pattern, self.captures)
        for early in _denied(above.names):
            if early.name in names and early.name not in above.names:
                above = Filter(above, early.refuse, ())
        node: Node = Join(above, self.alpha.memory(shape), names, self._is_changing(pattern))
        for denied in _denied(names):
            if denied.name in node.names:
                node = Filter(node, denied.unlike, (denied, denied.name))
        return node

    def _not(self, above: Node, condition: Any) -> Node:
        if not isinstance(condition, Fact):
            return self._without(above, [condition])
        for pattern in alternatives(condition):
            shape, names = read_pattern(pattern, self.captures)
            if _denied(names):
                above = self._without(above, [pattern])
            else:
                memory = self.alpha.memory(shape)
                above = Negation(above, memory, names, self._is_changing(pattern))
        return above

    def _without(self, above: Node, conditions: Iterable[Any]) -> Node:
        """The tokens below which the conditions do not hold."""
        memory = Memory(len(above.names))
        for end in self._wire(above, conditions):
            Collector(end, above.names, memory)
        return Negation(above, memory, above.names)

    # As in experta, these two see no names of the rule, and the initial fact stands for their facts

    def _exists(self, above: Node, conditions: EXISTS) -> list[Node]:
        _refuse_or(conditions)
        found = Memory(0)
        for end in self._wire(self.root, conditions):
            Collector(end, (), found)
        return [Join(node, found, ()) for node in self._after(above, InitialFact())]

    def _forall(self, above: Node, leader: Any, *others: Any) -> list[Node]:
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
    """What tells conditions apart; experta's are equal where their parts are, whatever they are."""
    if isinstance(condition, ConditionalElement):
        return type(condition), *map(_identity, condition)
    return condition


def _denied(names: Iterable[Name]) -> list[Denied]:
    return [name for name in names if isinstance(name, Denied)]


def _refuse_or(conditions: Iterable[Any]) -> None:
    if any(isinstance(condition, OR) for condition in conditions):
        raise SyntaxError("OR cannot stand inside EXISTS or FORALL")


def _of_values(
    function: Callable[..., Any], node: Node
) -> tuple[Callable[..., Any], Sequence[Name]]:
    """A function of named parameters as one of values, and their names; what is not bound is None.

    Parameters that Python could not name are in the attribute `names`, in order.
    """
    names = getattr(function, "names", None)
    if names is not None:
        return function, names
    parameters = inspect.signature(function).parameters
    bound = [name for name in parameters if name in node.names]
    unbound = dict.fromkeys(name for name in parameters if name not in node.names)
    return lambda *values: function(**unbound, **dict(zip(bound, values, strict=True))), bound
