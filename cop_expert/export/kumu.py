"""The network as Kumu's blueprints have it: docs.kumu.io/guides/import/blueprints."""

import json
from pathlib import Path
from typing import Any

from cop_expert.export.concluded import Concluded
from cop_expert.export.network import Edge, Node, network


def write(concluded: Concluded, path: Path) -> None:
    found = network(concluded)
    blueprint = {
        "elements": [_element(node) for node in found.nodes],
        "connections": [_connection(edge) for edge in found.edges],
    }
    text = json.dumps(blueprint, indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _element(node: Node) -> dict[str, Any]:
    return {"id": node.id, "label": node.label, "type": node.kind, **node.attributes}


def _connection(edge: Edge) -> dict[str, Any]:
    return {
        "id": edge.id,
        "from": edge.start,
        "to": edge.end,
        "direction": "mutual" if edge.mutual else "directed",
        "type": edge.kind,
        "description": edge.says,
        **edge.attributes,
    }
