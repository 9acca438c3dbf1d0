"""An ontology's individuals in, sheets out: what was drawn in Protégé loads like table rows."""

from itertools import product

from rdflib import RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.term import Node

from cop_expert.facts import FactBase
from cop_expert.load.headings import column_fields
from cop_expert.load.sheet import Sheet, lay_out
from cop_expert.model.template import Template


def read_individuals(
    graph: Graph, source: str, facts: FactBase, language: str = "en"
) -> list[Sheet]:
    """A sheet for each given template of which the ontology names individuals.

    Plain object and data properties alike; a property with several values makes a row each. An
    RDF parser does not tell lines, so rows are placed in the file as a whole.
    """
    sheets = []
    for template in facts.vocabulary.given():
        if template.table and (rows := _rows(graph, template, language)):
            headings = [field.heading for field in column_fields(template)]
            sheet = Sheet(template.table, source, headings, first_line=0)
            columns = list(zip(*rows, strict=True))
            sheets.append(lay_out(sheet, columns, [0] * len(rows), facts))
    return sheets


def _rows(graph: Graph, template: Template, language: str) -> list[tuple[str, ...]]:
    fields = column_fields(template)
    rows = []
    for individual in _individuals(graph, template.name):
        cells = [
            [_name(graph, individual, language)]
            if field.name == template.itself
            else _values(graph, individual, field.name, language) or [""]
            for field in fields
        ]
        rows += list(product(*cells))
    return sorted(rows)


def _individuals(graph: Graph, template: str) -> list[Node]:
    kinds = {kind for kind in graph.objects(None, RDF.type) if _local(kind) == template}
    return sorted({found for kind in kinds for found in graph.subjects(RDF.type, kind)}, key=str)


def _values(graph: Graph, individual: Node, field: str, language: str) -> list[str]:
    """What the properties named like the field say of the individual."""
    found = graph.predicate_objects(individual)
    return sorted(
        str(value) if isinstance(value, Literal) else _name(graph, value, language)
        for predicate, value in found
        if _local(predicate) == field
    )


def _name(graph: Graph, node: Node, language: str) -> str:
    """The label in the engagement's language, else any label, else the end of the IRI."""
    labels = [
        label
        for predicate in (RDFS.label, SKOS.prefLabel)
        for label in sorted(graph.objects(node, predicate), key=str)
        if isinstance(label, Literal)
    ]
    best = next((label for label in labels if label.language == language), None)
    named = best or next(iter(labels), None)
    return str(named) if named else _local(node).replace("_", " ")


def _local(node: Node) -> str:
    return str(node).replace("#", "/").rsplit("/", 1)[-1] if isinstance(node, URIRef) else ""
