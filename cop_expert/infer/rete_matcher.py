"""Rules and facts in, activations out: a Rete network for experta whose joins are hashed.

experta's own matcher tries each fact with each token; this one looks up what agrees. It reads the
conditions that `rete_rules.py` writes: facts with the field constraints `L`, `W` and `P`, `NOT`,
`TEST`, `LET`, and `OR` of alternatives that bind the same names. Rules come a load at a time and
facts only ever come; what a `NOT` asks for comes before the rules do, for strata see to that.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from cop_expert.infer.experta_mended import (
    AND,
    NOT,
    OR,
    TEST,
    Agenda,
    ConditionalElement,
    Fact,
    KnowledgeEngine,
    L,
    Matcher,
    P,
    Rule,
    Strategy,
)

Values = tuple[Any, ...]
"""What a fact gives to the names of a pattern, or a token to the names bound so far, in order."""
Key = Any
"""The values that two sides of a join must share."""
Pick = Callable[[Values], Any]


class LET(ConditionalElement):  # type: ignore[misc]  # experta has no types
    """`LET(name, function)` binds the name to what the function makes of its `names`.

    Like those of `TEST`, the function takes values in the order of its attribute `names`.
    """


class Activation:
    """A match of a rule; experta's own keeps a set and two dictionaries for each."""

    __slots__ = ("names", "rule", "token")
    facts = ()

    def __init__(self, rule: Rule, names: tuple[str, ...], token: Values) -> None:
        self.rule = rule
        self.names = names
        self.token = token

    @property
    def context(self) -> dict[str, dict[str, Any]]:
        """What the rule's function is called with; a variable may bear any name, even `self`."""
        return {"bindings": dict(zip(self.names, self.token, strict=True))}


class InTurn(Strategy):  # type: ignore[misc]  # experta has no types
    """The last match first: where nothing is retracted, any order concludes the same."""

    def _update_agenda(
        self, agenda: Agenda, added: Iterable[Activation], removed: Iterable[Activation]
    ) -> None:
        agenda.activations.extend(added)


class Shape(NamedTuple):
    """What a pattern asks of a fact, whatever its names are: patterns alike share a memory."""

    fact_type: type
    literals: tuple[tuple[int, Any], ...]
    predicates: tuple[tuple[int, Callable[[Any], bool]], ...]
    same: tuple[tuple[int, int], ...]
    """Positions that bear the same name."""
    positions: tuple[int, ...]
    """Where each name stands first."""

    def among(self, facts: Iterable[Fact]) -> Iterable[Fact]:
        """The facts that have this shape."""
        for position, value in self.literals:
            facts = [fact for fact in facts if fact[position] == value]
        for position, holds in self.predicates:
            facts = [fact for fact in facts if holds(fact[position])]
        for one, other in self.same:
            facts = [fact for fact in facts if fact[one] == fact[other]]
        return facts


def read_pattern(pattern: Fact) -> tuple[Shape, tuple[str, ...]]:
    """The shape of a pattern, and its names in the order of `Shape.positions`."""
    first: dict[str, int] = {}
    literals, predicates, same = [], [], []
    for position, constraint in sorted(pattern.items()):
        if isinstance(constraint, L):
            literals.append((position, constraint.value))
            continue
        if isinstance(constraint, P):
            predicates.append((position, constraint.match))
        known = first.setdefault(constraint.__bind__, position)
        if known != position:
            same.append((known, position))
    positions = tuple(first.values())
    shape = Shape(type(pattern), tuple(literals), tuple(predicates), tuple(same), positions)
    return shape, tuple(first)


class AlphaMemory:
    """What the facts of one shape give to its names, each once, indexed as joins need it."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.rows: dict[Values, None] = {}
        self.indexes: dict[tuple[int, ...], Index] = {}
        self.lookups: list[Lookup] = []
        """The nodes that look here, each after those above it."""

    def index(self, by: tuple[int, ...]) -> "Index":
        if by not in self.indexes:
            self.indexes[by] = Index(by, len(self.shape.positions))
            self.indexes[by].add(self.rows)
        return self.indexes[by]

    def add(self, facts: Iterable[Fact]) -> None:
        found = dict.fromkeys(map(picker(self.shape.positions), self.shape.among(facts)))
        new = [row for row in found if row not in self.rows]
        if not new:
            return
        self.rows.update(dict.fromkeys(new))
        for index in self.indexes.values():
            index.add(new)
        # From below, so that a join does not see a new row in both of its inputs.
        for lookup in reversed(self.lookups):
            lookup.activate_right(new)


class Index:
    """Rows by the values at some positions; each entry holds the values at the others."""

    def __init__(self, by: tuple[int, ...], width: int) -> None:
        self.key = key_picker(by)
        self.rest = picker(tuple(position for position in range(width) if position not in by))
        self.entries: dict[Key, list[Values]] = {}

    def add(self, rows: Iterable[Values]) -> None:
        for row in rows:
            self.entries.setdefault(self.key(row), []).append(self.rest(row))


class Node:
    """Passes tokens on, each the values of `names`."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self.names = names
        self.children: list[Node] = []
        self.after: dict[Any, Node] = {}
        """Where rules go on that ask a condition here: those that begin alike share their nodes."""

    def activate(self, tokens: list[Values]) -> None:
        self.pass_on(self.passing(tokens))

    def pass_on(self, tokens: list[Values]) -> None:
        if tokens:
            for child in self.children:
                child.activate(tokens)

    def passing(self, tokens: list[Values]) -> list[Values]:
        return tokens

    def places(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(map(self.names.index, names))


class Lookup(Node):
    """Looks up the facts that share values with a token; they are all there, or more may come."""

    def __init__(self, above: Node, pattern: Fact, memory: AlphaMemory) -> None:
        names = read_pattern(pattern)[1]
        shared = [name for name in names if name in above.names]
        super().__init__(above.names)
        self.new_names = tuple(name for name in names if name not in shared)
        self.key = key_picker(above.places(shared))
        self.index = memory.index(tuple(map(names.index, shared)))
        memory.lookups.append(self)

    def activate_right(self, rows: list[Values]) -> None:
        raise RuntimeError("a fact came after the rules that take its kind to be complete")


class Join(Lookup):
    """Adds what the facts give to names that are not bound yet."""

    def __init__(self, above: Node, pattern: Fact, memory: AlphaMemory) -> None:
        super().__init__(above, pattern, memory)
        self.names += self.new_names

    def passing(self, tokens: list[Values]) -> list[Values]:
        key, entries = self.key, self.index.entries
        return [token + rest for token in tokens for rest in entries.get(key(token), ())]


class GrowingJoin(Join):
    """Remembers its tokens, for more facts may come."""

    def __init__(self, above: Node, pattern: Fact, memory: AlphaMemory) -> None:
        super().__init__(above, pattern, memory)
        self.waiting: dict[Key, list[Values]] = {}

    def passing(self, tokens: list[Values]) -> list[Values]:
        for token in tokens:
            self.waiting.setdefault(self.key(token), []).append(token)
        return super().passing(tokens)

    def activate_right(self, rows: list[Values]) -> None:
        key, rest, waiting = self.index.key, self.index.rest, self.waiting
        self.pass_on([token + rest(row) for row in rows for token in waiting.get(key(row), ())])


class Negation(Lookup):
    """Passes the tokens for which there is no such fact."""

    def passing(self, tokens: list[Values]) -> list[Values]:
        key, entries = self.key, self.index.entries
        return [token for token in tokens if key(token) not in entries]


class Filter(Node):
    """Passes the tokens for which a function holds."""

    def __init__(self, above: Node, function: Any) -> None:
        super().__init__(above.names)
        self.function = function
        self.pick = picker(above.places(function.names))

    def passing(self, tokens: list[Values]) -> list[Values]:
        return [token for token in tokens if self.function(*self.pick(token))]


class Let(Node):
    """Adds what a function makes of the token."""

    def __init__(self, above: Node, name: str, function: Any) -> None:
        super().__init__((*above.names, name))
        self.function = function
        self.pick = picker(above.places(function.names))

    def passing(self, tokens: list[Values]) -> list[Values]:
        return [(*token, self.function(*self.pick(token))) for token in tokens]


class Terminal(Node):
    """Lays a rule's matches ready for the agenda."""

    def __init__(self, above: Node, rule: Rule, ready: list[Activation]) -> None:
        super().__init__(above.names)
        self.rule = rule
        self.ready = ready

    def passing(self, tokens: list[Values]) -> list[Values]:
        self.ready += [Activation(self.rule, self.names, token) for token in tokens]
        return []


class HashedMatcher(Matcher):  # type: ignore[misc]  # experta has no types
    """The matcher of a `KnowledgeEngine` whose rules change while its facts stay."""

    def __init__(self, engine: KnowledgeEngine) -> None:
        super().__init__(engine)
        self.reset()

    def reset(self) -> None:
        self.facts: dict[type, list[Fact]] = defaultdict(list)
        self.memories: dict[type, dict[Shape, AlphaMemory]] = defaultdict(dict)
        self.ready: list[Activation] = []

    def load(self, rules: Sequence[Rule], growing: frozenset[type] = frozenset()) -> None:
        """Take these rules in place of those before; facts of growing types may still come."""
        for memories in self.memories.values():
            for memory in memories.values():
                memory.lookups.clear()
        root = Node()
        for rule in rules:
            node = self._wire(root, rule, growing)
            node.children.append(Terminal(node, rule, self.ready))
        root.activate([()])

    def changes(
        self, adding: Iterable[Fact] = (), deleting: Sequence[Fact] = ()
    ) -> tuple[list[Activation], list[Activation]]:
        """The matches since the last call, those that new facts bring included."""
        if deleting:
            raise NotImplementedError("nothing is ever retracted here")
        new: dict[type, list[Fact]] = defaultdict(list)
        for fact in adding:
            new[type(fact)].append(fact)
        for fact_type, facts in new.items():
            self.facts[fact_type] += facts
            for memory in self.memories[fact_type].values():
                memory.add(facts)
        added, self.ready[:] = self.ready[:], []
        return added, []

    def _wire(self, node: Node, conditions: Iterable[Any], growing: frozenset[type]) -> Node:
        """The node below which all conditions hold, made where there is none yet."""
        for condition in conditions:
            key = (type(condition), condition)
            if key not in node.after:
                branch = self._branch if isinstance(condition, OR) else self._child
                node.after[key] = branch(node, condition, growing)
            node = node.after[key]
        return node

    def _branch(self, above: Node, alternatives: OR, growing: frozenset[type]) -> Node:
        elements = [one if isinstance(one, AND) else (one,) for one in alternatives]
        ends = [self._wire(above, one, growing) for one in elements]
        together = Node(ends[0].names)
        for end in ends:
            if end.names != together.names:
                raise TypeError("alternatives must bind the same names in the same order")
            end.children.append(together)
        return together

    def _child(self, above: Node, condition: Any, growing: frozenset[type]) -> Node:
        child = self._node(above, condition, growing)
        above.children.append(child)
        return child

    def _node(self, above: Node, condition: Any, growing: frozenset[type]) -> Node:
        match condition:
            case Fact():
                kind = GrowingJoin if type(condition) in growing else Join
                return kind(above, condition, self._memory(condition))
            case NOT():
                return Negation(above, condition[0], self._memory(condition[0]))
            case TEST():
                return Filter(above, condition[0])
            case LET():
                return Let(above, *condition)
        raise TypeError(f"no node for {condition!r}")

    def _memory(self, pattern: Fact) -> AlphaMemory:
        shape, _ = read_pattern(pattern)
        memories = self.memories[shape.fact_type]
        if shape not in memories:
            memories[shape] = AlphaMemory(shape)
            memories[shape].add(self.facts[shape.fact_type])
        return memories[shape]


def picker(positions: tuple[int, ...]) -> Pick:
    """What stands at the positions, as a tuple."""
    match positions:
        case ():
            return lambda values: ()
        case (position,):
            return lambda values: (values[position],)
    return itemgetter(*positions)


def key_picker(positions: tuple[int, ...]) -> Pick:
    """The same as a key: a single value stands for itself."""
    return itemgetter(*positions) if positions else lambda values: ()
