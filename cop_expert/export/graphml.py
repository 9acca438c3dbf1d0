"""The network as GraphML (graphml.graphdrawing.org), which Gephi, yEd and Cytoscape open."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from cop_expert.export.concluded import Concluded
from cop_expert.export.markup import in_xml
from cop_expert.export.network import Attributes, Edge, Network, Node, network

SCHEMA = "http://graphml.graphdrawing.org/xmlns"


def write(concluded: Concluded, path: Path) -> None:
    lines = _Lines(network(concluded))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{in_xml(line)}\n" for line in lines.all(concluded.name))


def _of_node(node: Node) -> Attributes:
    return {"label": node.label, "kind": node.kind, **node.attributes}


def _of_edge(edge: Edge) -> Attributes:
    return {"label": edge.says, "kind": edge.kind, **edge.attributes}


class _Lines:
    """Writes one network; each attribute is declared before it is used."""

    def __init__(self, found: Network) -> None:
        self.found = found
        self.keys = {
            "node": _keys("n", map(_of_node, found.nodes)),
            "edge": _keys("e", map(_of_edge, found.edges)),
        }

    def all(self, name: str) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield f"<graphml xmlns={quoteattr(SCHEMA)}>"
        for kind, keys in self.keys.items():
            for (label, is_text), key in keys.items():
                yield (
                    f'  <key id="{key}" for="{kind}" attr.name={quoteattr(label)} '
                    f'attr.type="{"string" if is_text else "double"}"/>'
                )
        yield '  <graph id="conclusions" edgedefault="directed">'
        yield f"    <desc>{escape(name)}</desc>"
        for node in self.found.nodes:
            yield f"    <node id={quoteattr(node.id)}>"
            yield from self.data("node", _of_node(node))
            yield "    </node>"
        for edge in self.found.edges:
            yield (
                f"    <edge id={quoteattr(edge.id)} source={quoteattr(edge.start)} "
                f'target={quoteattr(edge.end)} directed="{str(not edge.mutual).lower()}">'
            )
            yield from self.data("edge", _of_edge(edge))
            yield "    </edge>"
        yield "  </graph>"
        yield "</graphml>"

    def data(self, kind: str, attributes: Attributes) -> Iterator[str]:
        for label, value in attributes.items():
            key = self.keys[kind][label, isinstance(value, str)]
            yield f'      <data key="{key}">{escape(str(value))}</data>'


def _keys(start: str, found: Iterable[Attributes]) -> dict[tuple[str, bool], str]:
    """An id for each attribute, by its label and whether it is a text."""
    used = {(label, isinstance(v, str)) for attributes in found for label, v in attributes.items()}
    return {pair: f"{start}{number}" for number, pair in enumerate(sorted(used))}
