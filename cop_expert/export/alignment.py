"""What our classes and fields are in the words of ORG, SKOS, schema.org and PROV-O."""

from typing import NamedTuple

from rdflib import OWL, RDF, RDFS, URIRef
from rdflib.term import Node

from cop_expert.load.graph import read_graph
from cop_expert.load.vocabulary import COP
from cop_expert.model.template import Template
from cop_expert.resources import resource


class Relation(NamedTuple):
    """In each row of a template one field stands to another as a standard property says."""

    subject: str
    """Empty where it is the row itself."""
    predicate: str
    object: str


class Alignment:
    """Looks things up in `kb/cop-align.ttl`; terms are IRIs."""

    def __init__(self) -> None:
        self.graph, problems = read_graph(resource("kb/cop-align.ttl"), "kb/cop-align.ttl")
        assert not problems, problems
        self.terms = {
            str(term): str(kind)
            for term, kind in self.graph.subject_objects(RDF.type)
            if kind != OWL.Ontology and not str(term).startswith(str(COP))
        }
        """What each term of others is: an owl:Class, an owl:ObjectProperty …"""

    def classes(self, name: str) -> list[str]:
        """The standard classes above one of ours."""
        return sorted(map(str, self.graph.objects(COP[name], RDFS.subClassOf)))

    def relations(self, template: Template) -> list[Relation]:
        """What rows of a given template say in standard properties."""
        if not template.given:
            return []
        own = {
            Relation("", str(above), field.name)
            for field in template.fields
            for above in self.graph.objects(COP[field.name], RDFS.subPropertyOf)
        }
        stated = {
            Relation(self._field(node, COP["from"]), str(said), self._field(node, COP.to))
            for node in self.graph.objects(COP[template.name], COP.relation)
            for said in self.graph.objects(node, COP["as"])
        }
        return sorted(own | stated)

    def _field(self, node: Node, end: URIRef) -> str:
        return str(self.graph.value(node, end) or "").removeprefix(str(COP))
