"""The ontologies of an engagement in, sheets and rules out: what was drawn loads like table rows.

An individual of a template's class is a row, its properties are the cells; so is each property
between two things that the ontology says is what a row says. An RDF parser does not tell lines, so
rows are placed in the file as a whole.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product
from math import prod
from typing import NamedTuple

from rdflib import RDF, Graph, Literal, URIRef
from rdflib.term import Node

from cop_expert.facts import FactBase
from cop_expert.load.alignment import FILE, Alignment, Relation
from cop_expert.load.called import Called
from cop_expert.load.entail import Reasons, Triple, entail, says_axiom
from cop_expert.load.headings import ID, column_fields, name_field
from cop_expert.load.sheet import Sheet, lay_out
from cop_expert.load.swrl import read_rules
from cop_expert.load.vocabulary import COP, standard_graph
from cop_expert.load.words import guarded, listed, shown
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Rulebook
from cop_expert.model.template import Field, Kind, Template, Vocabulary

ABSENT = Literal("")
DURATION = re.compile(
    r"P(?:(?P<days>[0-9]+)D)?(?:T(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?)?"
)
"""A length of time as ISO 8601 writes it: PT1H30M."""

MOST_ROWS = 10_000
"""For which one individual may stand: each combination of its values is one."""

Cells = tuple[str, ...]


class Drawn(NamedTuple):
    """A row of the table that a template has, and where it is from."""

    cells: Cells
    source: str
    of_others: bool
    """True where it was read from the words of a standard: it may speak of what is not here."""
    because: Reasons

    @property
    def rank(self) -> tuple[bool, bool, Reasons, str]:
        """What somebody wrote out comes first, then what follows from least."""
        return self.of_others, bool(self.because), self.because, self.source


def _sheet(
    template: Template, source: str, of_others: bool, rows: list[Drawn], facts: FactBase
) -> Sheet:
    headings = [field.heading for field in column_fields(template)]
    if _things(template):
        headings.insert(0, ID)
    sheet = Sheet(template.table, source, headings, first_line=0)
    sheet.of_others = of_others
    sheet.because = {n: _because(row) for n, row in enumerate(rows) if row.because}
    columns = list(zip(*(map(guarded, row.cells) for row in rows), strict=True))
    return lay_out(sheet, columns, [0] * len(rows), facts)


def _because(row: Drawn) -> str:
    """The reasons with the files in which they stand, where these are not the row's own."""
    own = row.source.rpartition("/")[2]
    by_file: dict[str, list[str]] = {}
    for says, file in row.because:
        by_file.setdefault(file, []).append(says)
    said = [
        "; ".join(says) if file == own else f"{'; '.join(says)} ({file})"
        for file, says in by_file.items()
    ]
    return "; ".join(said)


def _things(template: Template) -> Field | None:
    """The field of the things that the template's table names: these go by ids, too."""
    field = name_field(template)
    return field if field and field.type.is_reference else None


class KnowledgeReader:
    """Reads all graphs together; each row is placed in the file that speaks of it."""

    def __init__(
        self, graphs: Mapping[str, Graph], together: Graph, vocabulary: Vocabulary, language: str
    ) -> None:
        """`together` are the triples of all files and of the standard ontology; it will grow."""
        self.graphs = graphs
        self.graph = together
        self.vocabulary = vocabulary
        self.iris = {name: URIRef(iri) for name, iri in vocabulary.iris.items()}
        own = {str(self.iris[name]) for name in vocabulary.templates}
        standard = {iri for iri in vocabulary.iris.values() if iri.startswith(str(COP))}
        self.called = Called(self.graph, language, own | standard)
        self.entailed = entail(graphs, self.called)
        self.called.others = self.entailed.read
        self.alignment = Alignment(self.graph, iris=vocabulary.iris)
        self.too_large: list[Diagnostic] = []
        self.incomplete: dict[str, set[Node]] = defaultdict(set)
        """Things of others that lack what a row needs, by their files."""
        self.complete: set[Node] = set()
        """Things of others that are read as something: a post that nobody holds is still a post."""

    @property
    def problems(self) -> list[Diagnostic]:
        lacking = {source: found - self.complete for source, found in self.incomplete.items()}
        left_out = [
            _left_out(source, sorted(map(self.called.name, found)))
            for source, found in lacking.items()
            if found
        ]
        return [*self.entailed.problems, *self.too_large, *left_out]

    def sheets(self, facts: FactBase) -> list[Sheet]:
        """A sheet for each given template and file that names individuals of it."""
        found = []
        for template in self.vocabulary.given():
            groups: dict[tuple[str, bool], list[Drawn]] = defaultdict(list)
            for row in self.rows_of(template) if template.table else ():
                groups[row.source, row.of_others].append(row)
            found += [_sheet(template, *key, rows, facts) for key, rows in sorted(groups.items())]
        return found

    def rules(self) -> tuple[Rulebook, list[Diagnostic]]:
        """The SWRL rules as rules of ours."""
        return read_rules(self.graphs, self.vocabulary, self.called, self.alignment)

    def rows_of(self, template: Template) -> list[Drawn]:
        """Every row once; a property says nothing new where a row of its own says more."""
        found: dict[Cells, Drawn] = {}
        for row in sorted(self.individuals(template), key=lambda row: row.rank):
            found.setdefault(row.cells, row)
        key = [n for n, f in enumerate(column_fields(template)) if f.name in template.key]
        related = [
            row
            for relation in self.alignment.between(template)
            if relation.subject
            for row in self.related(template, relation)
        ]
        known = {tuple(row.cells[n] for n in key) for row in found.values()}
        for row in sorted(related, key=lambda row: row.rank):
            told = tuple(row.cells[n] for n in key)
            if told not in known:
                known.add(told)
                found[row.cells] = row
        return sorted(found.values())

    def individuals(self, template: Template) -> Iterator[Drawn]:
        """A row for each combination of the values that the fields of an individual have."""
        kind = self.iris[template.name]
        fields = column_fields(template)
        things = _things(template)
        for individual in self.graph.subjects(RDF.type, kind):
            of_others = individual in self.entailed.read
            source = self.source(individual)
            if not source or (individual, None, None) in standard_graph():
                continue  # an axiom speaks of all that has a label, say
            values = [self.values(individual, field, template) for field in fields]
            if (number := prod(map(len, values))) > MOST_ROWS:
                self.too_large.append(_too_many(self.called.name(individual), number, source))
                continue
            for row in product(*values):
                cells = [self.cell(value, field) for value, field in zip(row, fields, strict=True)]
                if of_others and _lacks(cells, fields):
                    self.incomplete[source].add(individual)
                    continue
                self.complete.add(individual)
                if things:
                    place = fields.index(things)
                    cells.insert(0, cells[place])
                    cells[place + 1] = self.called.name(row[place])
                triples = [
                    (individual, self.iris[f.name], v) for f, v in zip(fields, row, strict=True)
                ]
                because = self.because((individual, RDF.type, kind), *triples)
                yield Drawn(tuple(cells), source, of_others, because)

    def related(self, template: Template, relation: Relation) -> Iterator[Drawn]:
        """A row for each two things that a property relates."""
        fields = column_fields(template)
        predicate = URIRef(relation.predicate)
        of_others = relation.predicate in self.alignment.terms
        for subject, found in self.graph.subject_objects(predicate):
            ends = {relation.subject: subject, relation.object: found}
            cells = dict(relation.others) | {
                field.name: self.cell(ends[field.name], field)
                for field in fields
                if field.name in ends
            }
            because = self.because((subject, predicate, found))
            if of_others:
                because += (self.read_as(predicate, template),)
            row = tuple(cells.get(field.name, "") for field in fields)
            yield Drawn(row, self.source(subject), of_others, because)

    def read_as(self, predicate: URIRef, template: Template) -> tuple[str, str]:
        says = says_axiom(COP.readAs, predicate, self.iris[template.name], self.called)
        return says, FILE.rpartition("/")[2]

    def values(self, individual: Node, field: Field, template: Template) -> list[Node]:
        """What the field's property says of the individual; a name is the individual itself."""
        if field.name == template.itself:
            return [individual]
        return list(set(self.graph.objects(individual, self.iris[field.name]))) or [ABSENT]

    def cell(self, value: Node, field: Field) -> str:
        text = self.called.identity(value)
        if field.type.kind == Kind.NUMBER and (length := DURATION.fullmatch(text)):
            return _hours(length) or text
        return text

    def source(self, node: Node) -> str:
        """The first file that says something of it, or to it; empty where none does."""
        for pattern in ((node, None, None), (None, None, node)):
            for source, graph in self.graphs.items():
                if pattern in graph:
                    return source
        return ""

    def because(self, *triples: Triple) -> Reasons:
        """The axioms from which any of the triples follows, each once."""
        found = (reason for t in triples for reason in self.entailed.because.get(t, ()))
        return tuple(dict.fromkeys(found))


def _lacks(cells: list[str], fields: list[Field]) -> bool:
    return any(
        not cell and field.required and field.default is None
        for cell, field in zip(cells, fields, strict=True)
    )


def _too_many(name: str, number: int, source: str) -> Diagnostic:
    stands = f"it stands for {number:,} rows; {MOST_ROWS:,} are the most"
    return Diagnostic(
        "too-large",
        f"{shown(name)} says so much that {stands}",
        Origin(source),
        "give each row an individual of its own, with the values that belong together",
    )


def _left_out(source: str, names: list[str]) -> Diagnostic:
    examples = [shown(name) if name else "what has no name" for name in names[:3]]
    if len(names) > len(examples):
        examples.append(f"{len(names) - len(examples):,} more")
    return Diagnostic(
        "left-out",
        f"left aside, for it lacks what is needed: {listed(examples)}",
        Origin(source),
        "say of a membership who, where and in which role; of a post its role and its unit",
        warning=True,
    )


def _hours(length: re.Match[str]) -> str:
    """As a decimal; nothing where the text says no length at all."""
    parts = [("days", 24 * 60), ("hours", 60), ("minutes", 1)]
    minutes = sum(Decimal(length[name] or 0) * times for name, times in parts)
    return f"{minutes / 60:f}" if any(length.groups()) else ""
