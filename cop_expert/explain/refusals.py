"""A refusal in, nested lines out: what is lacking, the nearest first, each lack once."""

from collections.abc import Iterator

from msgspec.structs import replace

from cop_expert.explain.outline import Item
from cop_expert.explain.pointers import in_brief
from cop_expert.model.miss import Blocked, Lack, Miss, Missing, Needed, Refusal, Short
from cop_expert.model.template import Template


def refusal(found: Refusal, template: Template) -> Item:
    """Why something does not hold, and what it would take by each rule."""
    ways: dict[Item, list[str]] = {}
    for miss in found.misses:
        ways.setdefault(_lacking(miss.lack), []).extend(_words(miss, template))
    children = [
        replace(item, parts=(*item.parts, ("as", ", ".join(dict.fromkeys(words)))))
        for item, words in ways.items()
    ]
    if found.unshown:
        children.append(Item(str(found.unshown), remark="more_rules"))
    return Item(found.says, children=tuple(children))


def _words(miss: Miss, template: Template) -> list[str]:
    """Words of closed lists that tell this way from others: core, specialist."""
    fields = [field for field in template.fields if field.type.choices]
    return [str(miss.values[f.name]) for f in fields if miss.values.get(f.name) is not None]


def _lacking(lack: Lack) -> Item:
    match lack:
        case Missing():
            return _missing(lack)
        case Blocked(proof=proof):
            return replace(in_brief(proof), remark="blocked")
        case Short():
            return _short(lack)


def _missing(lack: Missing) -> Item:
    """What is missing, and where that comes from; the steps between are passed over."""
    root, among = _root(lack)
    if root is lack:
        return Item(lack.says, children=_lapsed(lack))
    below = _lacking(root)
    if among > 1:
        below = replace(below, parts=(*below.parts, ("among", f"{among:,}")))
    first = next((step.says for step in _steps(lack) if step.says), "")
    if not first or first in below.text:
        return below
    return Item(first, children=below.children if below.text in first else (below,))


def _lapsed(lack: Missing) -> tuple[Item, ...]:
    found = lack.lapsed
    return (Item(found.says, found.origins, remark="lapsed"),) if found else ()


def _root(lack: Missing) -> tuple[Lack, int]:
    """The last lack of the chain that can be said, and of how many it is one."""
    root: Lack = lack
    among = 1
    for step in _steps(lack):
        among = max(among, step.among)
        inner = step.nearest.lack if step.nearest else step
        if not isinstance(inner, Missing) or inner.says:
            root = inner
    return root, 1 if isinstance(root, Missing) and root.of_all else among


def _steps(lack: Lack) -> Iterator[Missing]:
    while isinstance(lack, Missing):
        yield lack
        if not lack.nearest:
            return
        lack = lack.nearest.lack


def _short(lack: Short) -> Item:
    parts = (("relation", lack.operator), ("bound", lack.bound), ("apart", lack.apart))
    below = (_needed(lack.needed),) if lack.needed else ()
    return Item(lack.says, children=below, remark="short", parts=parts)


def _needed(needed: Needed) -> Item:
    remark = "needed_more" if needed.more else "needed_less"
    return Item(needed.then, remark=remark, parts=(("apart", needed.apart),))
