"""Conclusions in, a network out: who is in which community, what goes where, what crosses."""

from collections.abc import Iterator

from msgspec import Struct

from cop_expert.export.concluded import Concluded
from cop_expert.export.individuals import segment
from cop_expert.facts import Row
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.template import Template, Value

Attributes = dict[str, str | float]

NODES = {"Community": "community", "Heads": "post", "Item": "item"}
"""The templates whose facts are nodes, and the field that names each."""
EDGES = (
    ("Participation", "post", "community"),
    ("Broker", "post", "other"),
    ("Assignment", "item", "community"),
    ("Crossing", "home", "other"),
    ("Overlap", "one", "other"),
    ("Prerequisite", "requires", "item"),
)
"""The templates whose facts are edges, and the fields in which these begin and end."""
MUTUAL = {"Overlap"}
KINDS = {"home": "community", "one": "community", "other": "community", "requires": "item"}
"""What kind of node a field names, where that is not what the field is called."""


class Node(Struct, frozen=True):
    """A community, a post or an item."""

    id: str
    kind: str
    label: str
    attributes: Attributes


class Edge(Struct, frozen=True):
    """How two of them stand to one another."""

    id: str
    kind: str
    start: str
    end: str
    says: str
    attributes: Attributes
    mutual: bool


class Network(Struct, frozen=True):
    """Nodes and edges in order, each with an id of its own."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def network(concluded: Concluded) -> Network:
    return Network(tuple(_nodes(concluded)), tuple(_edges(concluded)))


def _nodes(concluded: Concluded) -> Iterator[Node]:
    for name, field in NODES.items():
        template = concluded.vocabulary.templates[name]
        for row in concluded.facts.rows(name):
            identity = str(row[template.position(field)])
            yield Node(
                _id(field, identity),
                field,
                concluded.speaker.name(identity),
                _attributes(concluded, template, row, {field}),
            )


def _edges(concluded: Concluded) -> Iterator[Edge]:
    for name, start, end in EDGES:
        template = concluded.vocabulary.templates[name]
        for number, row in enumerate(concluded.facts.rows(name), start=1):
            values = dict(zip(template.names, row, strict=True))
            yield Edge(
                f"{name}/{number}",
                template.label,
                _id(start, str(values[start])),
                _id(end, str(values[end])),
                concluded.speaker.fact(name, values),
                _attributes(concluded, template, row, {start, end}),
                name in MUTUAL,
            )


def _id(field: str, identity: str) -> str:
    return f"{KINDS.get(field, field)}/{segment(identity)}"


def _attributes(concluded: Concluded, template: Template, row: Row, apart: set[str]) -> Attributes:
    """The other fields by their labels: names as people say them, numbers as they are."""

    def plain(value: Value, is_name: bool) -> str | float:
        if type(value) is int:
            return float(to_decimal(value))
        return concluded.speaker.name(str(value)) if is_name else str(value)

    return {
        field.label: plain(value, field.type.is_reference)
        for field, value in zip(template.fields, row, strict=True)
        if value is not None and field.name not in apart
    }
