"""A graph in, what its nodes are called out."""

from collections.abc import Collection
from urllib.parse import unquote

from rdflib import DCTERMS, FOAF, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.paths import Path
from rdflib.term import Node

SCHEMA = Namespace("https://schema.org/")
SKOSXL = Namespace("http://www.w3.org/2008/05/skos-xl#")
LABELS: tuple[Node | Path, ...] = (
    RDFS.label,
    SKOS.prefLabel,
    SKOSXL.prefLabel / SKOSXL.literalForm,
    FOAF.name,
    SCHEMA.name,
    DCTERMS.title,
)
"""The properties, and the path, that say what something is called."""


class Called:
    """Names in one language, as far as there are any in it."""

    def __init__(self, graph: Graph, language: str, ours: Collection[str] = ()) -> None:
        """`ours` are the classes whose individuals go by their identifiers, where they have one.

        In files of others an identifier is some code that nobody here goes by.
        """
        self.graph = graph
        self.language = language.casefold()
        self.ours = ours
        self.others: Collection[Node] = ()
        """What others wrote, though it is read as ours."""
        self._names: dict[Node, str] = {}
        self._identities: dict[Node, str] = {}

    def identity(self, node: Node) -> str:
        """What a thing goes by: its identifier, else its name; a literal is what it says."""
        if node not in self._identities:
            found = sorted(map(str, self.graph.objects(node, DCTERMS.identifier)))
            counts = found and node not in self.others and self.is_ours(node)
            self._identities[node] = found[0] if counts else self.name(node)
        return self._identities[node]

    def is_ours(self, node: Node) -> bool:
        return any(str(kind) in self.ours for kind in self.graph.objects(node, RDF.type))

    def name(self, node: Node) -> str:
        """The label that speaks the language best, else the end of the IRI."""
        if isinstance(node, Literal):
            return str(node)
        if node not in self._names:
            ranked = [
                (self.rank(label), place, str(label))
                for place, predicate in enumerate(LABELS)
                for label in self.graph.objects(node, predicate)
                if isinstance(label, Literal)
            ]
            self._names[node] = min(ranked)[2] if ranked else last_part(node)
        return self._names[node]

    def rank(self, label: Literal) -> int:
        """The language itself, a kind of it, none, English, any other."""
        spoken = (label.language or "").casefold()
        if spoken == self.language:
            return 0
        if spoken.partition("-")[0] == self.language.partition("-")[0]:
            return 1
        return {"": 2, "en": 3}.get(spoken, 4)


def last_part(node: Node) -> str:
    """The end of an IRI as people would write it; nothing of what has no name."""
    if not isinstance(node, URIRef):
        return ""
    return unquote(str(node).replace("#", "/").rstrip("/").rsplit("/", 1)[-1]).replace("_", " ")
