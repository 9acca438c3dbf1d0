"""A framework published as JSON in, a catalogue out: NICE (NIST) or 1EdTech CASE.

They list what belongs together and rate nothing: what is listed counts 1.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from cop_expert.load.catalogue import Catalogue, Practice, Rating
from cop_expert.load.csv_file import UnreadableFile
from cop_expert.load.words import tidy

LARGEST = 200_000_000
STATEMENTS = {"task", "knowledge", "skill"}


def open_framework(path: Path) -> Catalogue | None:
    """None where the file is no JSON; raises UnreadableFile where it is no framework."""
    if path.suffix.lower() != ".json":
        return None
    content = _decoded(path)
    if nice := _holder(content, "elements", "relationships"):
        return _nice(nice["elements"], nice["relationships"])
    if case := _holder(content, "CFItems", "CFAssociations"):
        return _case(case["CFItems"], case["CFAssociations"])
    raise UnreadableFile("this JSON file is neither NICE nor CASE")


def _decoded(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableFile("the file is larger than 200 MB")
        return msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableFile("the file is no JSON") from error


def _holder(content: Any, *names: str) -> dict[str, Any] | None:
    """The object that has these lists, which some editions wrap."""
    for _ in range(4):
        if not isinstance(content, dict):
            return None
        if all(isinstance(content.get(name), list) for name in names):
            return content
        content = next((v for v in content.values() if isinstance(v, dict)), None)
    return None


def _text(item: Any, *names: str) -> str:
    if not isinstance(item, dict):
        return ""
    found = (item.get(name) for name in names)
    return tidy(next((text for text in found if isinstance(text, str) and text.strip()), ""))


def _nice(elements: list[Any], relationships: list[Any]) -> Catalogue:
    kinds = {_text(e, "element_identifier"): _text(e, "element_type") for e in elements}
    titles = {_text(e, "element_identifier"): _text(e, "title", "text") for e in elements}
    said = {_text(e, "element_identifier"): _text(e, "text", "title") for e in elements}
    below: dict[str, list[str]] = defaultdict(list)
    for relation in relationships:
        source = _text(relation, "source_element_identifier")
        below[source].append(_text(relation, "dest_element_identifier"))
    roles = {code: titles[code] for code, kind in kinds.items() if kind == "work_role"}

    def profiles(codes: set[str]) -> tuple[list[Practice], list[Rating]]:
        pairs = {(c, d) for c in codes for d in below[c] if kinds.get(d) in STATEMENTS and said[d]}
        used = sorted({statement for _, statement in pairs})
        return (
            [Practice(said[s], s) for s in used],
            [Rating(code, said[statement]) for code, statement in sorted(pairs)],
        )

    return Catalogue("NICE", roles, profiles)


def _case(items: list[Any], associations: list[Any]) -> Catalogue:
    """What has children is offered as an occupation; what it needs is all below that has none."""
    said = {_text(i, "identifier"): _text(i, "fullStatement") for i in items}
    codes = {_text(i, "identifier"): _text(i, "humanCodingScheme", "identifier") for i in items}
    below: dict[str, list[str]] = defaultdict(list)
    for association in associations:
        if _text(association, "associationType") == "isChildOf":
            child, parent = (
                _text(association.get(end), "identifier")
                for end in ("originNodeURI", "destinationNodeURI")
            )
            below[parent].append(child)
    parents = {codes[node]: node for node in below if said.get(node)}

    def profiles(wanted: set[str]) -> tuple[list[Practice], list[Rating]]:
        leaves = {code: _leaves(parents[code], below) for code in wanted}
        above = {child: parent for parent, children in below.items() for child in children}
        used = sorted({leaf for found in leaves.values() for leaf in found if said.get(leaf)})
        practices = [Practice(said[x], codes[x], said.get(above.get(x, ""), "")) for x in used]
        pairs = [(code, leaf) for code in sorted(wanted) for leaf in leaves[code]]
        ratings = [Rating(code, said[leaf]) for code, leaf in pairs if said.get(leaf)]
        return practices, ratings

    return Catalogue("CASE", {code: said[node] for code, node in parents.items()}, profiles)


def _leaves(node: str, below: dict[str, list[str]]) -> list[str]:
    """All that is below and has nothing below itself, however deep, circles or not."""
    found, seen, waiting = [], {node}, [node]
    while waiting:
        children = [c for c in below.get(waiting.pop(), ()) if c not in seen]
        seen.update(children)
        found += [child for child in children if not below.get(child)]
        waiting += [child for child in children if below.get(child)]
    return sorted(found)
