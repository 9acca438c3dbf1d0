"""Rows and tokens in, matches out: the beta part of a Rete network, where facts meet.

Each node hears of tokens that come and of tokens that go, and tells those below it the same way.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from cop_expert.infer.experta_mended import Fact, Rule
from cop_expert.infer.rete_alpha import Index, Memory, Name, Values, key_picker, picker

Token = Values


class Node:
    """Passes tokens on, each the values of `names`."""

    def __init__(self, above: "Node | None" = None, names: tuple[Name, ...] = ()) -> None:
        self.names = names
        self.children: list[Node] = []
        self.after: dict[Any, list[Node]] = {}
        """Where rules go on that ask a condition here: those that begin alike share their nodes."""
        if above:
            above.children.append(self)

    def activate(self, tokens: list[Token], added: bool) -> None:
        self.pass_on(self.passing(tokens), added)

    def pass_on(self, tokens: list[Token], added: bool) -> None:
        if tokens:
            for child in self.children:
                child.activate(tokens, added)

    def passing(self, tokens: list[Token]) -> list[Token]:
        return tokens

    def places(self, names: Iterable[Name]) -> tuple[int, ...]:
        return tuple(map(self.names.index, names))


class Lookup(Node):
    """Looks up the rows that share values with a token."""

    def __init__(
        self, above: Node, memory: Memory, names: tuple[Name, ...], changing: bool = True
    ) -> None:
        super().__init__(above, above.names)
        shared = [name for name in names if name in above.names]
        self.key = key_picker(above.places(shared))
        self.index = memory.index(tuple(map(names.index, shared)))
        self.waiting = Index(self.key, whole) if changing else None
        """The tokens so far, for rows that come or go later; none where all rows are there."""
        memory.lookups.append(self.activate_right)

    def activate(self, tokens: list[Token], added: bool) -> None:
        if self.waiting is not None:
            self.waiting.change(tokens, added)
        self.pass_on(self.passing(tokens), added)

    def activate_right(self, row: Values, added: bool) -> None:
        raise NotImplementedError

    def waiting_for(self, row: Values) -> Iterable[Token]:
        if self.waiting is None:
            raise RuntimeError("a fact came after the rules that take its kind to be complete")
        return self.waiting.entries.get(self.index.key(row), ())


class Join(Lookup):
    """Adds what the rows give to names that are not bound yet."""

    def __init__(
        self, above: Node, memory: Memory, names: tuple[Name, ...], changing: bool = True
    ) -> None:
        super().__init__(above, memory, names, changing)
        self.names += tuple(name for name in names if name not in above.names)

    def passing(self, tokens: list[Token]) -> list[Token]:
        key, entries = self.key, self.index.entries
        return [token + rest for token in tokens for rest in entries.get(key(token), ())]

    def activate_right(self, row: Values, added: bool) -> None:
        rest = self.index.kept(row)
        self.pass_on([token + rest for token in self.waiting_for(row)], added)


class Negation(Lookup):
    """Passes the tokens for which there is no row."""

    def passing(self, tokens: list[Token]) -> list[Token]:
        key, entries = self.key, self.index.entries
        return [token for token in tokens if key(token) not in entries]

    def activate_right(self, row: Values, added: bool) -> None:
        rows = self.index.entries.get(self.index.key(row), ())
        if len(rows) == added:  # the first came, or the last went
            self.pass_on(list(self.waiting_for(row)), not added)


class Filter(Node):
    """Passes the tokens for which a function holds."""

    def __init__(self, above: Node, function: Callable[..., Any], names: Iterable[Name]) -> None:
        super().__init__(above, above.names)
        self.function = function
        self.pick = picker(above.places(names))

    def passing(self, tokens: list[Token]) -> list[Token]:
        return [token for token in tokens if self.function(*self.pick(token))]


class Let(Node):
    """Adds what a function makes of the token."""

    def __init__(
        self, above: Node, name: str, function: Callable[..., Any], names: Iterable[Name]
    ) -> None:
        super().__init__(above, (*above.names, name))
        self.function = function
        self.pick = picker(above.places(names))

    def passing(self, tokens: list[Token]) -> list[Token]:
        return [(*token, self.function(*self.pick(token))) for token in tokens]


class Collector(Node):
    """Makes tokens the rows of a memory, by what they give to some names."""

    def __init__(self, above: Node, names: tuple[Name, ...], memory: Memory) -> None:
        super().__init__(above)
        self.pick = picker(above.places(names))
        self.memory = memory

    def activate(self, tokens: list[Token], added: bool) -> None:
        for token in tokens:
            self.memory.change(self.pick(token), added)


class Terminal(Node):
    """Brings the matches of a rule to the conflict set."""

    def __init__(self, above: Node, rule: Rule, conflict_set: "ConflictSet") -> None:
        super().__init__(above, above.names)
        self.rule = rule
        self.conflict_set = conflict_set

    def activate(self, tokens: list[Token], added: bool) -> None:
        self.conflict_set.change(self, tokens, added)


class Activation:
    """A match of a rule, as the agenda holds it."""

    __slots__ = ("key", "names", "rule", "token")

    def __init__(self, terminal: Terminal, token: Token) -> None:
        self.rule = terminal.rule
        self.names = terminal.names
        self.token = token
        self.key: Any = None
        """What the strategy orders by."""

    @property
    def facts(self) -> set[Fact]:
        """The facts that were matched, but for those that only had to exist."""
        return {fact for fact in self.token if isinstance(fact, Fact)}

    @property
    def context(self) -> dict[str, Any]:
        """What the rule's function is called with."""
        bound = zip(self.names, self.token, strict=True)
        return {name: value for name, value in bound if isinstance(name, str)}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Activation)
            and self.rule is other.rule
            and self.names == other.names
            and self.token == other.token
        )

    def __hash__(self) -> int:
        return hash((id(self.rule), self.token))

    def __lt__(self, other: "Activation") -> bool:
        return bool(self.key < other.key)


class ConflictSet:
    """The matches that have come or gone since they were last asked for."""

    def __init__(self, activation: type[Activation]) -> None:
        self.activation = activation
        self.added: dict[Terminal, dict[Token, None]] = defaultdict(dict)
        self.removed: dict[Terminal, dict[Token, None]] = defaultdict(dict)

    def change(self, terminal: Terminal, tokens: list[Token], added: bool) -> None:
        """A match that goes again before anybody has asked never came, and the reverse."""
        own, opposite = (self.added, self.removed) if added else (self.removed, self.added)
        undone = opposite.get(terminal, {})
        for token in tokens:
            if token in undone:
                del undone[token]
            else:
                own[terminal][token] = None

    def take(self) -> tuple[list[Activation], list[Activation]]:
        """What came and what went."""
        return self._taken(self.added), self._taken(self.removed)

    def _taken(self, matches: dict[Terminal, dict[Token, None]]) -> list[Activation]:
        if not matches:
            return []
        taken = [self.activation(end, token) for end, tokens in matches.items() for token in tokens]
        matches.clear()
        return taken


def whole(token: Token) -> Token:
    return token
