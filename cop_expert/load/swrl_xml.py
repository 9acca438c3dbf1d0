"""The SWRL rules of an OWL/XML file in, triples that say the same out; owlready2 skips them."""

from collections.abc import Iterable
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, fromstring

from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

SWRL = Namespace("http://www.w3.org/2003/11/swrl#")
OWL_XML = "{http://www.w3.org/2002/07/owl#}"
XML = "{http://www.w3.org/XML/1998/namespace}"
ATOMS = {
    "ClassAtom": (SWRL.ClassAtom, SWRL.classPredicate),
    "ObjectPropertyAtom": (SWRL.IndividualPropertyAtom, SWRL.propertyPredicate),
    "DataPropertyAtom": (SWRL.DatavaluedPropertyAtom, SWRL.propertyPredicate),
    "DataRangeAtom": (SWRL.DataRangeAtom, SWRL.dataRange),
    "SameIndividualAtom": (SWRL.SameIndividualAtom, None),
    "DifferentIndividualsAtom": (SWRL.DifferentIndividualsAtom, None),
}
"""What each kind of atom is in RDF, and what leads to its class or property."""
MEANT = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl": "http://www.w3.org/2002/07/owl#",
}
"""Prefixes that need no declaration."""


def add_rules(content: bytes, base: str, graph: Graph) -> None:
    """Add the rules of the file; its entities have been looked at."""
    root = fromstring(content)
    reader = _Reader(root, root.get(f"{XML}base", base), graph)
    for rule in root.iter(f"{OWL_XML}DLSafeRule"):
        reader.add(rule)


class _Reader:
    """Reads rules of one file into a graph."""

    def __init__(self, root: Element, base: str, graph: Graph) -> None:
        self.base = base
        self.graph = graph
        declared = root.iter(f"{OWL_XML}Prefix")
        self.prefixes = MEANT | {p.get("name", ""): p.get("IRI", "") for p in declared}

    def add(self, rule: Element) -> None:
        imp = BNode()
        self.graph.add((imp, RDF.type, SWRL.Imp))
        for annotation in rule.findall(f"{OWL_XML}Annotation"):
            *_, said, value = map(self.node, annotation)
            self.graph.add((imp, said, value))
        for end, predicate in (("Body", SWRL.body), ("Head", SWRL.head)):
            atoms = [self.atom(atom) for part in rule.findall(OWL_XML + end) for atom in part]
            self.graph.add((imp, predicate, self.listed(atoms)))

    def atom(self, element: Element) -> Node:
        atom, kind = BNode(), element.tag.removeprefix(OWL_XML)
        if kind == "BuiltInAtom":
            self.graph.add((atom, RDF.type, SWRL.BuiltinAtom))
            self.graph.add((atom, SWRL.builtin, self.node(element)))
            self.graph.add((atom, SWRL.arguments, self.listed(map(self.node, element))))
            return atom
        if kind not in ATOMS:
            raise ValueError(f"a rule in it holds {kind[:60]}, which is no atom")
        meaning, predicate = ATOMS[kind]
        self.graph.add((atom, RDF.type, meaning))
        parts = list(element)
        if predicate:
            self.graph.add((atom, predicate, self.node(parts.pop(0))))
        for number, part in enumerate(parts, start=1):
            self.graph.add((atom, SWRL[f"argument{number}"], self.node(part)))
        return atom

    def node(self, element: Element) -> Node:
        """What an element stands for; what has no name, such as a class expression, is blank."""
        kind, text = element.tag.removeprefix(OWL_XML), element.text or ""
        if kind == "Literal":
            datatype = element.get("datatypeIRI")
            language = element.get(f"{XML}lang") or None
            return Literal(text, lang=language, datatype=None if language else datatype)
        if kind == "IRI":
            return URIRef(urljoin(self.base, text))
        node = self.named(element)
        if kind == "Variable":
            self.graph.add((node, RDF.type, SWRL.Variable))
        return node

    def named(self, element: Element) -> Node:
        if iri := element.get("IRI"):
            return URIRef(urljoin(self.base, iri))
        if short := element.get("abbreviatedIRI"):
            prefix, _, name = short.partition(":")
            return URIRef(self.prefixes.get(prefix, f"{prefix}:") + name)
        return BNode()

    def listed(self, nodes: Iterable[Node]) -> Node:
        head = BNode()
        Collection(self.graph, head, list(nodes))
        return head
