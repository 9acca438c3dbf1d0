"""Patterns and facts in, rows out: the alpha part of a Rete network, where facts are sorted.

A fact goes straight to the memories whose type and literals are its own. What a memory keeps of it
is a row: the values that the names of a pattern stand for, indexed as joins need them.
"""

import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from cop_expert.infer.experta_mended import ANDFC, NOTFC, OR, ORFC, Fact, L, P, W, dnf

Values = tuple[Any, ...]
"""What a fact gives to the names of a pattern, or a token to the names bound so far, in order."""
Key = Any
"""The values that two sides of a join must share."""
Pick = Callable[[Any], Any]
Path = tuple[Any, ...]
"""Steps into a fact: `a__0` is ("a", 0), and no steps lead to the fact itself."""
Test = tuple[Callable[..., Any], tuple[Path, ...]]
"""A function of what stands at some paths."""
Name = Any
"""A variable; a pattern, whose fact was given no name; or something denied."""
ABSENT = (IndexError, KeyError, TypeError)
"""What a path raises that leads nowhere."""


@dataclass(frozen=True)
class Unlike:
    """Whether a value is not as a constraint says, or not what its name stands for."""

    constraint: Any

    def __call__(self, value: Any, *bound: Any) -> bool:
        match self.constraint:
            case L(value=literal) if literal != value:
                return True
            case P(match=holds) if not holds(value):
                return True
        return any(value != other for other in bound)


class Denied:
    """Names a value that must be unlike another; each is a name of its own."""

    def __init__(self, name: str, unlike: Unlike) -> None:
        self.name = name
        self.unlike = unlike

    def refuse(self) -> bool:
        raise RuntimeError(f"`{self.name}` is denied before anything binds it")


class Shape(NamedTuple):
    """What a pattern asks of a fact, whatever its names are: patterns alike share a memory."""

    fact_type: type
    literals: tuple[tuple[Path, Any], ...]
    tests: tuple[Test, ...]
    columns: tuple[Path, ...]
    """What a row holds."""


def read_pattern(pattern: Fact, captured: bool) -> tuple[Shape, tuple[Name, ...]]:
    """The shape of a pattern without `|`, and the names of its columns.

    Where the fact itself is captured, facts that differ in what is not asked for are different
    rows; a pattern that gives it no name is the name.
    """
    asked = Asked()
    if captured or pattern.__bind__:
        asked.bind(pattern.__bind__ or pattern, ())
    for path, constraint in _constraints(pattern):
        asked.ask(path, constraint)
    return asked.shape(type(pattern)), tuple(asked.columns)


class Asked:
    """What a pattern asks, gathered field by field."""

    def __init__(self) -> None:
        self.literals: list[tuple[Path, Any]] = []
        self.tests: list[Test] = []
        self.columns: dict[Name, Path] = {}

    def ask(self, path: Path, constraint: Any) -> None:
        match constraint:
            case NOTFC((L(__bind__=None) | P(__bind__=None) | W(__bind__=None) as denied,)):
                self.tests.append((Unlike(denied), (path,)))
            case NOTFC((denied,)):
                self.columns[Denied(denied.__bind__, Unlike(denied))] = path
            case W(__bind__=None):
                self.tests.append((_is_there, (path,)))
            case L(__bind__=name, value=literal):
                self.literals.append((path, literal))
                self.bind(name, path)
            case P(__bind__=name, match=holds):
                self.tests.append((holds, (path,)))
                self.bind(name, path)
            case W(__bind__=name):
                self.bind(name, path)
            case _:
                self.literals.append((path, constraint))

    def bind(self, name: Name | None, path: Path) -> None:
        if name is not None and self.columns.setdefault(name, path) != path:
            self.tests.append((operator.eq, (self.columns[name], path)))

    def shape(self, fact_type: type) -> Shape:
        columns = tuple(self.columns.values())
        return Shape(fact_type, tuple(self.literals), tuple(self.tests), columns)


def alternatives(pattern: Fact) -> list[Fact]:
    """The pattern without `|`: what matches it matches one of these."""
    if not any(isinstance(value, ANDFC | ORFC | NOTFC) for value in pattern.values()):
        return [pattern]
    simpler = dnf(pattern)
    if isinstance(simpler, OR):
        return [found for part in simpler for found in alternatives(part)]
    return [pattern] if simpler == pattern else alternatives(simpler)


def _constraints(pattern: Fact) -> Iterator[tuple[Path, Any]]:
    """What is asked at each path, in an order that does not depend on how it is written."""
    for key, value in sorted(pattern.items(), key=lambda item: str(item[0])):
        if key != "__bind__":
            for constraint in value if isinstance(value, ANDFC) else (value,):
                yield _path(key), constraint


def _path(key: Any) -> Path:
    if not isinstance(key, str) or key.startswith("__") or key.endswith("__"):
        return (key,)
    return tuple(int(step) if step.isnumeric() else step for step in key.split("__"))


def _is_there(value: Any) -> bool:
    """Whatever can be read is there."""
    return True


class Index:
    """What is kept of rows or tokens, by the values that they must share with others."""

    def __init__(self, key: Pick, kept: Pick) -> None:
        self.key = key
        self.kept = kept
        self.entries: dict[Key, dict[Values, None]] = {}

    def add(self, several: Iterable[Values]) -> None:
        key, kept, entries = self.key, self.kept, self.entries
        for values in several:
            entries.setdefault(key(values), {})[kept(values)] = None

    def remove(self, several: Iterable[Values]) -> None:
        for values in several:
            key = self.key(values)
            entry = self.entries[key]
            del entry[self.kept(values)]
            if not entry:
                del self.entries[key]

    def change(self, several: Iterable[Values], added: bool) -> None:
        (self.add if added else self.remove)(several)


class Memory:
    """Rows, each with how often it is there, indexed as those who look here need them."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: dict[Values, int] = {}
        self.indexes: dict[tuple[int, ...], Index] = {}
        self.lookups: list[Callable[[Values, bool], None]] = []
        """What to tell of each change; who is told comes after those whose tokens reach it."""

    def index(self, by: tuple[int, ...]) -> Index:
        """The rows by the values at some positions; entries hold the values at the others."""
        if by not in self.indexes:
            others = tuple(position for position in range(self.width) if position not in by)
            self.indexes[by] = Index(key_picker(by), picker(others))
            self.indexes[by].add(self.rows)
        return self.indexes[by]

    def change(self, row: Values, added: bool) -> None:
        """Count the row; what looks here hears of its first coming and its last going."""
        count = self.rows.get(row, 0) + (1 if added else -1)
        if count:
            self.rows[row] = count
        else:
            del self.rows[row]
        if count == added:
            for index in self.indexes.values():
                index.change((row,), added)
            # From below, so that no join sees the change in both of its inputs.
            for tell in reversed(self.lookups):
                tell(row, added)


class AlphaMemory(Memory):
    """The rows of one shape."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(len(shape.columns))
        asked = [path for _, paths in shape.tests for path in paths]
        paths = [*shape.columns, *(path for path in asked if path not in shape.columns)]
        self.read = reader(tuple(paths))
        self.tests = [
            (holds, picker(tuple(map(paths.index, asked_here))))
            for holds, asked_here in shape.tests
        ]

    def fill(self, facts: Iterable[Fact]) -> None:
        """Begin with these facts; their literals are known to fit."""
        self.rows = Counter(row for fact in facts if (row := self.row(fact)) is not None)

    def sort(self, fact: Fact, added: bool) -> None:
        """Take in or give up a fact; its literals are known to fit."""
        row = self.row(fact)
        if row is not None:
            self.change(row, added)

    def row(self, fact: Fact) -> Values | None:
        """What the fact gives to the columns; None where it does not fit."""
        try:
            values: Values = self.read(fact)
        except ABSENT:
            return None
        for holds, pick in self.tests:
            if not holds(*pick(values)):
                return None
        return values[: self.width]


class Sorter:
    """Memories of one type whose patterns have literals at the same paths, by the literals."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self.read = reader(paths)
        self.memories: dict[Values, list[AlphaMemory]] = defaultdict(list)

    def memories_for(self, fact: Fact) -> list[AlphaMemory]:
        try:
            return self.memories.get(self.read(fact), [])
        except ABSENT:
            return []


class AlphaNetwork:
    """All facts, and a memory for each shape that patterns ask for."""

    def __init__(self) -> None:
        self.facts: dict[type, dict[int, Fact]] = defaultdict(dict)
        """By identity, for a fact may be given another number when it comes again."""
        self.memories: dict[Shape, AlphaMemory] = {}
        self.sorters: dict[type, dict[tuple[Path, ...], Sorter]] = defaultdict(dict)

    def memory(self, shape: Shape) -> AlphaMemory:
        if shape not in self.memories:
            self.memories[shape] = memory = AlphaMemory(shape)
            sorter = self._sorter(shape)
            sorter.memories[tuple(literal for _, literal in shape.literals)].append(memory)
            facts = self.facts[shape.fact_type].values()
            memory.fill(fact for fact in facts if memory in sorter.memories_for(fact))
        return self.memories[shape]

    def _sorter(self, shape: Shape) -> Sorter:
        paths = tuple(path for path, _ in shape.literals)
        sorters = self.sorters[shape.fact_type]
        if paths not in sorters:
            sorters[paths] = Sorter(paths)
        return sorters[paths]

    def forget_lookups(self) -> None:
        for memory in self.memories.values():
            memory.lookups.clear()

    def __contains__(self, fact: Fact) -> bool:
        return id(fact) in self.facts[type(fact)]

    def add(self, fact: Fact) -> None:
        self.facts[type(fact)][id(fact)] = fact
        self._sort(fact, True)

    def remove(self, fact: Fact) -> None:
        del self.facts[type(fact)][id(fact)]
        self._sort(fact, False)

    def _sort(self, fact: Fact, added: bool) -> None:
        for sorter in self.sorters[type(fact)].values():
            for memory in sorter.memories_for(fact):
                memory.sort(fact, added)


def reader(paths: tuple[Path, ...]) -> Pick:
    """What stands at the paths of a fact, as a tuple; raises one of `ABSENT` where nothing does."""
    if all(len(path) == 1 for path in paths):
        return picker(tuple(step for (step,) in paths))
    return lambda fact: tuple([_follow(fact, path) for path in paths])


def _follow(found: Any, path: Path) -> Any:
    for step in path:
        found = found[step]
    return found


def picker(positions: tuple[Any, ...]) -> Pick:
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
