"""A proof in, its explanation out in which whatever points up points to a line that is there.

A proof says once what several of its steps rest on. Lines pass over bookkeeping, and with it, now
and then, over the very place where that was said: it is said then where it is first pointed to.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from cop_expert.explain.outline import Item, brief, opened, outline
from cop_expert.model.proof import Proof, all_premises


def explanation(proof: Proof) -> Item:
    """The whole explanation, each sentence with its reasons once."""
    found = {one.says: one for one in _opened(proof)}
    return _Reader(found).read(outline(proof))


def in_brief(proof: Proof) -> Item:
    """The short answer; of what it leaves out nothing is said to stand above."""
    return _Reader({}).read(brief(explanation(proof)))


class _Reader:
    """Reads an explanation from its top, as people do."""

    def __init__(self, reasons: dict[str, Proof]) -> None:
        self.reasons = reasons
        self.read_before: set[str] = set()

    def read(self, item: Item) -> Item:
        if item.remark == "above" and item.text not in self.read_before:
            if item.text not in self.reasons:
                return replace(item, remark="")
            item = opened(self.reasons[item.text])
        if item.children:
            fronts = set(_fronts(item.text))
            if item.kind == "" and self.read_before & fronts:
                front = min(self.read_before & fronts, key=len)
                return Item(front, remark="above")
            self.read_before |= fronts
        return replace(item, children=tuple(map(self.read, item.children)))


def _fronts(text: str) -> Iterator[str]:
    """What a line says before each of its colons: the fact, then its reason."""
    pieces = text.split(": ")
    yield from (": ".join(pieces[:end]) for end in range(1, len(pieces) + 1))


def _opened(proof: Proof) -> Iterator[Proof]:
    if proof.derivations:
        yield proof
    for derivation in proof.derivations:
        for premise in all_premises(derivation):
            if isinstance(premise, Proof):
                yield from _opened(premise)
