"""A proof in, nested lines out: what is said, in which order, and what is left out.

Bookkeeping rules are passed over, and a fact that follows from given facts by bookkeeping alone
is said once, with its place.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from cop_expert.model.origin import Origin
from cop_expert.model.proof import (
    Absent,
    Compared,
    Derivation,
    Line,
    Premise,
    Proof,
    origins,
)

REASONS = 3
"""Reasons in a brief answer."""


class Item(Struct, frozen=True):
    """A line of an explanation and what lies under it."""

    text: str
    origins: tuple[Origin, ...] = ()
    children: tuple["Item", ...] = ()
    remark: str = ""
    """How the line is worded: `above` (as shown above), `ask` (a question apart), `more` (so
    many), `decisive` (without it the conclusion would not hold), and what else stands among the
    phrases of reports/templates."""
    parts: tuple[tuple[str, str], ...] = ()
    """What else that wording takes: its names and what they stand for."""
    kind: str = ""
    """What it is: `absent` (there is no such fact), `line` (a contribution), `firm` (none of the
    contributions is decisive), `margin` (by how much a threshold is met), `weighty` (what even
    the shortest answer says)."""


def outline(proof: Proof) -> Item:
    """The whole explanation under its first sentence."""
    if not proof.derivations:
        return _said(proof)
    ways = [_way(derivation, frozenset()) for derivation in proof.derivations]
    if len(ways) > 1:
        return Item(proof.says, children=tuple(ways))
    main = _main_derivation(proof.derivations[0])
    if main is None:
        return Item(proof.says, children=ways[0].children)
    way = _way(main, frozenset())
    return Item(f"{proof.says}: {way.text}", children=way.children + tuple(_margins(main)))


def opened(proof: Proof) -> Item:
    """A fact and its reasons, even where these are bookkeeping."""
    way = _way(proof.derivations[0], frozenset())
    return Item(f"{proof.says}: {way.text}" if way.text else proof.says, children=way.children)


def brief(item: Item) -> Item:
    """The answer with the few reasons that matter, and what numbers among them are made of."""
    against = [child for child in item.children if child.kind == "absent"]
    reasons = [child for child in item.children if child.kind not in ("absent", "margin")]
    opened = [child for child in reasons if child.remark != "ask"] or reasons
    children = [_in_brief(child) for child in opened[:REASONS]]
    children += [child for child in item.children if child.kind == "margin"]
    if len(against) > 1:
        places = tuple(dict.fromkeys(place for child in against for place in child.origins))
        children.append(Item(str(len(against)), places, kind="absent", remark="none"))
    else:
        children += against
    return replace(item, children=tuple(children))


def _in_brief(reason: Item) -> Item:
    """A reason with the contributions that it comes down to, or what somebody decided."""
    if any(child.kind == "line" for child in reason.children):
        return replace(reason, children=tuple(map(_bare, reason.children)))
    decided = [child for child in reason.children if child.kind == "weighty"]
    if decided:
        return replace(reason, origins=decided[0].origins, children=())
    below = [_in_brief(child) for child in reason.children if child.children]
    lines = next((item.children for item in below if _is_telling(item.children)), ())
    return replace(reason, children=lines or tuple(item for item in below if item.origins))


def _is_telling(items: tuple[Item, ...]) -> bool:
    """True of contributions among which there is something to compare, or one that decides."""
    lines = [item for item in items if item.kind == "line"]
    return len(lines) > 1 or any(item.remark == "decisive" for item in lines)


def _bare(item: Item) -> Item:
    return replace(item, children=())


def _margins(derivation: Derivation) -> Iterator[Item]:
    """The narrowest margin by which a threshold is met."""
    found = [p for p in derivation.premises if isinstance(p, Compared) and p.margin]
    if len(found) == 1:
        yield Item(found[0].margin, kind="margin", remark="margin")


def _main_derivation(derivation: Derivation) -> Derivation | None:
    """The derivation whose reason is told; behind bookkeeping that of what it passes on."""
    if not derivation.ledger and not derivation.quiet and derivation.because:
        return derivation
    derived = [p for p in derivation.premises if isinstance(p, Proof) and not p.bookkeeping]
    if derivation.quiet and len(derived) == 1 and derived[0].derivations:
        return _main_derivation(derived[0].derivations[0])
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
            yield Item(says, kind="absent")
        case Proof(obvious=True):
            return
        case Proof() if premise.bookkeeping:
            kind = "weighty" if premise.weighty else ""
            yield Item(premise.says, tuple(origins(premise)[:1]), kind=kind)
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
            remark = "decisive" if line.decisive else ""
            yield Item(_line_text(line), children=_hoisted(below), remark=remark, kind="line")
    if ledger.unshown and ledger.function in ("sum", "count"):
        amount = f" ({ledger.unshown_amount})" if ledger.unshown_amount else ""
        yield Item(f"{ledger.unshown}{amount}", remark="more", kind="line")
    if ledger.firm:
        yield Item("", remark="firm", kind="firm")


def _is_asked_apart(premise: Premise) -> bool:
    return isinstance(premise, Proof) and premise.unopened


def _line_text(line: Line) -> str:
    text = line.because
    if line.amount and line.amount not in text:
        text = f"{text} — {line.amount}"
    return f"{text} ({line.share})" if line.share else text
