"""A proof in, nested lines out: what is said, in which order, and what is left out.

Bookkeeping rules are passed over, and a fact that follows from given facts by bookkeeping alone
is said once, with its place.
"""

from collections.abc import Iterator

from msgspec import Struct

from cop_expert.model.origin import Origin
from cop_expert.model.proof import Absent, Derivation, Line, Premise, Proof, origins


class Item(Struct, frozen=True):
    """A line of an explanation and what lies under it."""

    text: str
    origins: tuple[Origin, ...] = ()
    children: tuple["Item", ...] = ()
    remark: str = ""
    """How the line ends: `above` (as shown above), `ask` (a question apart), `more` (so many)."""


def outline(proof: Proof) -> Item:
    """The whole explanation under its first sentence."""
    if not proof.derivations:
        return _said(proof)
    ways = [_way(derivation, frozenset()) for derivation in proof.derivations]
    if len(ways) > 1:
        return Item(proof.says, children=tuple(ways))
    if ways[0].text:
        return Item(f"{proof.says}: {ways[0].text}", children=ways[0].children)
    main = _main_reason(proof.derivations[0])
    if main is None:
        return Item(proof.says, children=ways[0].children)
    return Item(f"{proof.says}: {main.text}", children=main.children)


def _main_reason(derivation: Derivation) -> Item | None:
    """Behind bookkeeping: the reason of the one derived fact that it passes on."""
    derived = [p for p in derivation.premises if isinstance(p, Proof) and not p.bookkeeping]
    if derivation.quiet and len(derived) == 1 and derived[0].derivations:
        inner = _way(derived[0].derivations[0], frozenset())
        return inner if inner.text else _main_reason(derived[0].derivations[0])
    return None


def _way(derivation: Derivation, seen: frozenset[Item]) -> Item:
    """One derivation: its reason, and what that rests on; `seen` stands above it already."""
    if derivation.ledger:
        return Item("", children=tuple(_lines(derivation, seen)))
    text = "" if derivation.quiet else derivation.because
    return Item(text, children=_children(derivation.premises, seen))


def _children(premises: tuple[Premise, ...], seen: frozenset[Item]) -> tuple[Item, ...]:
    """Each line once, the given facts not repeated further down."""
    plain = {item for premise in premises if _is_plain(premise) for item in _items(premise, seen)}
    below = seen | plain
    items = [
        item
        for premise in premises
        for item in _items(premise, seen if _is_plain(premise) else below)
        if item not in seen
    ]
    return tuple(dict.fromkeys(items))


def _is_plain(premise: Premise) -> bool:
    return not isinstance(premise, Proof) or premise.bookkeeping


def _items(premise: Premise, seen: frozenset[Item]) -> Iterator[Item]:
    """The lines that say a premise: none where it is obvious, several where it is bookkeeping."""
    match premise:
        case Absent(says=says):
            yield Item(says)
        case Proof(obvious=True):
            return
        case Proof() if premise.bookkeeping:
            yield Item(premise.says, tuple(origins(premise)[:1]))
        case Proof(derivations=(derivation, *_)) if derivation.quiet:
            yield from _way(derivation, seen).children
        case Proof(derivations=(derivation, *_)) if derivation.ledger:
            yield Item(premise.says, children=_way(derivation, seen).children)
        case Proof(derivations=(derivation, *_)):
            way = _way(derivation, seen)
            yield Item(f"{premise.says}: {way.text}", children=_hoisted(way.children))
        case Proof():
            yield _said(premise)
        case _:
            return


def _hoisted(children: tuple[Item, ...]) -> tuple[Item, ...]:
    """An only child that merely names a sum gives way to what the sum is made of."""
    if len(children) == 1 and children[0].children and ": " not in children[0].text:
        return children[0].children
    return children


def _said(proof: Proof) -> Item:
    remark = "above" if proof.above else "ask" if proof.unopened else ""
    return Item(proof.says, proof.origins, remark=remark)


def _lines(derivation: Derivation, seen: frozenset[Item]) -> Iterator[Item]:
    """The contributions to a sum; of a smallest or largest value only what decides it."""
    ledger = derivation.ledger
    assert ledger
    for line in ledger.lines:
        below = _children(tuple(p for p in line.premises if not _is_asked_apart(p)), seen)
        if derivation.quiet and ledger.function in ("min", "max"):
            yield from below
        else:
            yield Item(_line_text(line), children=_hoisted(below))
    if ledger.unshown and ledger.function in ("sum", "count"):
        amount = f" ({ledger.unshown_amount})" if ledger.unshown_amount else ""
        yield Item(f"{ledger.unshown}{amount}", remark="more")


def _is_asked_apart(premise: Premise) -> bool:
    return isinstance(premise, Proof) and premise.unopened


def _line_text(line: Line) -> str:
    text = line.because
    if line.amount and line.amount not in text:
        text = f"{text} — {line.amount}"
    return f"{text} ({line.share})" if line.share else text
