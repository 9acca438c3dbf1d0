"""What our classes and fields are in the words of ORG, SKOS, schema.org, ESCO and PROV-O.

Both ways: what is exported is said in these words too, and what others wrote in them is read.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from rdflib import OWL, RDF, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from cop_expert.load.graph import read_graph
from cop_expert.load.vocabulary import COP, name_of
from cop_expert.model.template import Template
from cop_expert.resources import resource

FILE = "kb/cop-align.ttl"
FROM, TO, AS = COP["from"], COP.to, COP["as"]


class Relation(NamedTuple):
    """In each row of a template one field stands to another as a property says."""

    subject: str
    """Empty where it is the row itself."""
    predicate: str
    """An IRI."""
    object: str
    others: tuple[tuple[str, str], ...] = ()
    """What other fields hold then."""


@cache
def standard_alignment() -> Graph:
    graph, problems = read_graph(resource(FILE), FILE)
    assert not problems, problems
    return graph


class Alignment:
    """Looks things up in the alignment that comes with the program, and in graphs beside it."""

    def __init__(self, *more: Graph, iris: Mapping[str, str] = {}) -> None:
        """`iris` are those of classes and fields, where not all are the standard ontology's."""
        self.graphs = (standard_alignment(), *more)
        self.iris = iris
        self.terms = {
            str(term): str(kind)
            for term, kind in standard_alignment().subject_objects(RDF.type)
            if kind != OWL.Ontology and not str(term).startswith(str(COP))
        }
        """What each term of others is: an owl:Class, an owl:ObjectProperty …"""

    def classes(self, name: str) -> list[str]:
        """The standard classes above one of ours."""
        return sorted(map(str, self._objects(COP[name], RDFS.subClassOf)))

    def relations(self, template: Template) -> list[Relation]:
        """What rows of a given template say in properties between two things."""
        if not template.given:
            return []
        own = {
            Relation("", str(above), field.name)
            for field in template.fields
            for above in self._objects(COP[field.name], RDFS.subPropertyOf)
        }
        return sorted(own | self.between(template))

    def between(self, template: Template) -> set[Relation]:
        """Those that the ontology states as relations."""
        return {
            Relation(self._field(node, FROM), str(said), self._field(node, TO), self._others(node))
            for node in self._objects(self._iri(template.name), COP.relation)
            for said in self._objects(node, AS)
        }

    def _iri(self, name: str) -> URIRef:
        return URIRef(self.iris.get(name, COP[name]))

    def _objects(self, subject: Node, predicate: Node) -> Iterator[Node]:
        return (found for graph in self.graphs for found in graph.objects(subject, predicate))

    def _field(self, node: Node, end: URIRef) -> str:
        return name_of(next(self._objects(node, end), None))

    def _others(self, node: Node) -> tuple[tuple[str, str], ...]:
        return tuple(
            sorted(
                (name_of(field), str(value))
                for graph in self.graphs
                for field, value in graph.predicate_objects(node)
                if isinstance(value, Literal)
            )
        )
