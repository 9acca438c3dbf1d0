"""An ontology's individuals in, sheets out: what was drawn in Protégé loads like table rows."""

from collections.abc import Iterator
from itertools import product

from rdflib import DCTERMS, RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.term import Node

from cop_expert.facts import FactBase
from cop_expert.load.headings import ID, column_fields, name_field
from cop_expert.load.sheet import Sheet, lay_out
from cop_expert.load.words import guarded
from cop_expert.model.template import Field, Template

Cells = tuple[str, ...]
ABSENT = Literal("")


def read_individuals(
    graph: Graph, source: str, facts: FactBase, language: str = "en"
) -> list[Sheet]:
    """A sheet for each given template of which the ontology names individuals.

    Plain object and data properties alike; a property with several values makes a row each. An
    RDF parser does not tell lines, so rows are placed in the file as a whole.
    """
    reader = _Reader(graph, facts.vocabulary.iris, language)
    sheets = []
    for template in facts.vocabulary.given():
        if template.table and (rows := reader.rows(template)):
            sheet = Sheet(template.table, source, reader.headings(template), first_line=0)
            columns = list(zip(*rows, strict=True))
            sheets.append(lay_out(sheet, columns, [0] * len(rows), facts))
    return sheets


class _Reader:
    """Reads one graph."""

    def __init__(self, graph: Graph, iris: dict[str, str], language: str) -> None:
        self.graph = graph
        self.iris = iris
        self.language = language

    def headings(self, template: Template) -> list[str]:
        """Things go by an id, which is the same as the name where they have none."""
        headings = [field.heading for field in column_fields(template)]
        return [ID, *headings] if _things(template) else headings

    def rows(self, template: Template) -> list[Cells]:
        rows: set[Cells] = set()
        for individual in self.graph.subjects(RDF.type, URIRef(self.iris[template.name])):
            rows.update(self.rows_of(template, individual))
        return sorted(tuple(map(guarded, row)) for row in rows)

    def rows_of(self, template: Template, individual: Node) -> Iterator[Cells]:
        """A row for each combination of the values that the fields of an individual have."""
        fields = column_fields(template)
        things = _things(template)
        values = [
            [individual] if field.name == template.itself else self.values(individual, field)
            for field in fields
        ]
        for row in product(*values):
            cells = [self.identity(value) for value in row]
            if things:
                place = fields.index(things)
                cells = [cells[place], *cells]
                cells[place + 1] = self.name(row[place])
            yield tuple(cells)

    def values(self, individual: Node, field: Field) -> list[Node]:
        """What the field's property says of the individual."""
        found = set(self.graph.objects(individual, URIRef(self.iris[field.name])))
        return list(found) or [ABSENT]

    def identity(self, node: Node) -> str:
        """What a thing goes by: its identifier, else its name; a literal is what it says."""
        identifiers = sorted(map(str, self.graph.objects(node, DCTERMS.identifier)))
        return identifiers[0] if identifiers else self.name(node)

    def name(self, node: Node) -> str:
        """The label in the engagement's language, else any label, else the end of the IRI."""
        if isinstance(node, Literal):
            return str(node)
        labels = [
            label
            for predicate in (RDFS.label, SKOS.prefLabel)
            for label in sorted(self.graph.objects(node, predicate), key=str)
            if isinstance(label, Literal)
        ]
        best = next((label for label in labels if label.language == self.language), None)
        named = best or next(iter(labels), None)
        return str(named) if named else _local(node).replace("_", " ")


def _things(template: Template) -> Field | None:
    """The field of the things that the template's table names."""
    field = name_field(template)
    return field if field and field.type.is_reference else None


def _local(node: Node) -> str:
    return str(node).replace("#", "/").rsplit("/", 1)[-1] if isinstance(node, URIRef) else ""
