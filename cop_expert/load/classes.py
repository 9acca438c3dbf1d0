"""The client's ontologies and the vocabulary read of them in, what nothing can be read as out.

An ontology is read as far as it can be. Here it is told what was passed over: names that no table
and no rule can bear, values that an annotation cannot have, and standard terms made into others.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace
from rdflib import OWL, RDF, RDFS, XSD, Graph, Literal, URIRef
from rdflib.term import Node

from cop_expert.facts import is_pattern
from cop_expert.load.alignment import FROM, TO
from cop_expert.load.findings import Findings
from cop_expert.load.headings import column_fields
from cop_expert.load.references import parts_of
from cop_expert.load.vocabulary import (
    CARDINALITIES,
    COP,
    NUMERIC,
    WHOLE,
    Reader,
    amount,
    name_of,
    read_vocabulary,
    standard_graph,
)
from cop_expert.load.words import listed, plain, shown
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.template import Datatype, Field, Kind, Template, Vocabulary

NAME = re.compile(r"\w[\w.-]{0,99}")
"""What tables, rules and the files of an export can bear."""
TABLE = re.compile(r"\w[\w .-]{0,99}")
BRACES = re.compile(r"\{([^{}]*)\}")
MOST_FIELDS = 500
MOST_CLASSES = 1_000
"""Each has a table of its own in the fact base."""
WHOLE_NUMBERS = (
    *(COP[name] for name in ("askOrder", "changeCost", "compareOrder", "factor", "order")),
    *(predicate for both in CARDINALITIES for predicate in both),
)
MEANING = (RDFS.range, OWL.equivalentClass)
"""What says which values a field or a datatype has."""
BOUNDS = (XSD.minInclusive, XSD.minExclusive, XSD.maxInclusive)


class Ontologies(Struct):
    """The client's files, and what was read of them and the standard ontology together."""

    graphs: Mapping[str, Graph]
    together: Graph
    vocabulary: Vocabulary
    standard: Vocabulary

    @property
    def own(self) -> list[Template]:
        """The templates that are the client's."""
        templates = self.vocabulary.templates.values()
        return [found for found in templates if found.name not in self.standard.templates]

    def unfit(self, node: Node, message: str, advice: str) -> Diagnostic:
        """Placed in the first file that says something of the node, or with it."""
        ways = ((node, None, None), (None, None, node), (None, node, None))
        sources = (source for way in ways for source, g in self.graphs.items() if way in g)
        place = Origin(next(sources, min(self.graphs)))
        return Diagnostic("unfit-class", message, place, advice)

    def about(self, template: Template, says: str, advice: str) -> Diagnostic:
        node = URIRef(self.vocabulary.iris[template.name])
        return self.unfit(node, f"the class {shown(template.name)} {says}", advice)


def read_classes(
    graphs: Mapping[str, Graph], together: Graph, language: str
) -> tuple[Vocabulary, list[Diagnostic]]:
    """The templates of all files together; all that is wrong with their classes and fields."""
    number = len(Reader(together, language).kinds())
    if number > MOST_CLASSES:
        return read_vocabulary(language=language), [_too_many(number, min(graphs))]
    vocabulary, findings = read_vocabulary(together, language), Findings()
    read = Ontologies(graphs, together, vocabulary, read_vocabulary())
    findings.add(*(problem for check in CHECKS for problem in check(read)))
    return vocabulary, findings.diagnostics()


def _too_many(number: int, source: str) -> Diagnostic:
    return Diagnostic(
        "too-large",
        f"the ontologies have {number:,} kinds of facts; {MOST_CLASSES:,} are the most",
        Origin(source),
        "make practices, items and the like individuals of one class, not classes of their own",
    )


def check_names(read: Ontologies) -> Iterator[Diagnostic]:
    """Each name can be borne, and stands for one thing, whatever its case."""
    classes = {node for node, _ in Reader(read.together, "en").kinds()}
    above = {c for node in classes for c in read.together.transitive_objects(node, RDFS.subClassOf)}
    fields = {field for node in above for field in read.together.objects(node, OWL.onProperty)}
    fields |= set(read.together.objects(None, COP.itself))
    yield from _unfit_names(classes, "class", read)
    yield from _unfit_names(fields, "field", read)


def _unfit_names(nodes: Iterable[Node], noun: str, read: Ontologies) -> Iterator[Diagnostic]:
    taken: dict[str, URIRef] = {}
    named = [node for node in nodes if isinstance(node, URIRef)]
    for node in sorted(named, key=lambda node: (not _is_standard(node), node)):
        name = name_of(node)
        first = taken.setdefault(name.casefold(), node)
        if not NAME.fullmatch(name):
            message = f"{shown(node)} ends in no name that a {noun} can have"
            advice = "end it in letters and digits, and say in rdfs:label what people call it"
            yield read.unfit(node, message, advice)
        elif first != node:
            other = f"cop:{name_of(first)}" if _is_standard(first) else shown(first)
            only = "" if name == name_of(first) else ", but for its case"
            message = f"the {noun} {shown(node)} has the same name as {other}{only}"
            advice = f"give it another name, or use {other} in its place"
            yield read.unfit(node, message, advice)


def _is_standard(node: Node) -> bool:
    return str(node).startswith(str(COP))


def check_numbers(read: Ontologies) -> Iterator[Diagnostic]:
    """Places in an order, costs, factors and how many values there may be are whole numbers."""
    for graph in read.graphs.values():
        for predicate in WHOLE_NUMBERS:
            for node, said in graph.subject_objects(predicate):
                if not WHOLE.fullmatch(str(said)):
                    message = f"{_term(predicate)} of {_term(node)} is {shown(str(said))}"
                    yield read.unfit(node, message, "write a whole number, such as 1")
        for datatype in graph.subjects(OWL.onDatatype):
            yield from _unfit_facets(datatype, graph, read)


def _unfit_facets(datatype: Node, graph: Graph, read: Ontologies) -> Iterator[Diagnostic]:
    facets = Reader(graph, "en").facets(graph.value(datatype, OWL.withRestrictions))
    if graph.value(datatype, OWL.onDatatype) in NUMERIC:
        for bound in BOUNDS:
            if bound in facets and amount(facets[bound]) is None:
                message = f"{_term(bound)} of a datatype is {shown(str(facets[bound]))}"
                yield read.unfit(datatype, message, "write a number of at most nine trillion")
    pattern = str(facets.get(XSD.pattern, ""))
    if not is_pattern(pattern):
        message = f"xsd:pattern of a datatype is {shown(pattern)}, which is no regular expression"
        yield read.unfit(datatype, message, "write one without looking ahead or back")


def _term(node: Node) -> str:
    """A property or a thing as somebody wrote it."""
    for prefix, namespace in (("cop", COP), ("owl", OWL), ("xsd", XSD)):
        if str(node).startswith(str(namespace)):
            return f"{prefix}:{name_of(node)}"
    return shown(name_of(node)) if isinstance(node, URIRef) else "a restriction"


def check_standard(read: Ontologies) -> Iterator[Diagnostic]:
    """What the standard ontology says stays as it is; words and translations may be added."""
    ours, theirs = read.standard, read.vocabulary
    changed = [
        name
        for name, template in ours.templates.items()
        if _bones(theirs.templates[name]) != _bones(template)
    ]
    changed += [
        name_of(term)
        for predicate in MEANING
        for graph in read.graphs.values()
        for term, said in graph.subject_objects(predicate)
        if isinstance(said, URIRef)
        and (term, None, None) in standard_graph()
        and (term, RDF.type, OWL.Class) not in standard_graph()
        and (term, predicate, said) not in standard_graph()
    ]
    for name in changed:
        message = f"cop:{name} is a standard term, and kb/cop.ttl says otherwise what it is"
        advice = "leave it as it is, and make a class or a field of your own beside or below it"
        yield read.unfit(COP[name], message, advice)


def _bones(template: Template) -> Template:
    """The template without the words in which people speak of it."""
    fields = tuple(
        replace(field, type=_unworded(field.type), also_called=(), label="", hint="", example="")
        for field in template.fields
    )
    return replace(template, fields=fields, label="", comment="", says={}, says_not={})


def _unworded(datatype: Datatype) -> Datatype:
    return replace(datatype, one={}, many={}, apart={})


def check_fields(read: Ontologies) -> Iterator[Diagnostic]:
    """A class has fields, their columns can be told apart, and their defaults can be values."""
    for template in read.own:
        fields = template.fields
        if not fields:
            advice = "give it a restriction for each field: owl:onProperty, owl:cardinality 1"
            yield read.about(template, "has no fields", advice)
        if len(fields) > MOST_FIELDS:
            says = f"has {len(fields):,} fields; {MOST_FIELDS} are the most"
            yield read.about(template, says, "part it into several classes")
        headings: dict[str, Field] = {}
        for field in column_fields(template):
            other = headings.setdefault(plain(field.heading), field)
            if other != field or not plain(field.heading):
                says = f"has the column {shown(field.heading)} for {field.name}"
                says += f" and for {other.name}" if other != field else ", which is blank"
                yield read.about(template, says, "give each field a cop:column of its own")
        yield from _unfit_defaults(template, read)


def _unfit_defaults(template: Template, read: Ontologies) -> Iterator[Diagnostic]:
    for field in template.fields:
        said = read.together.value(URIRef(read.vocabulary.iris.get(field.name, "")), COP.default)
        if said is not None and field.type.kind == Kind.NUMBER and field.default is None:
            says = f"has the default {shown(str(said))} for {field.name}"
            yield read.about(template, says, "write a number of at most nine trillion")


def check_named_fields(read: Ontologies) -> Iterator[Diagnostic]:
    """Where annotations speak of fields, the class has these."""
    for template in read.own:
        spoken = {
            "cop:says": _in_braces(template.says),
            "cop:saysNot": _in_braces(template.says_not),
            "cop:naming": parts_of(template.naming),
            "cop:asks": [name for asked in template.asks for name in asked],
            "cop:mayChange": template.may_change,
            "cop:lapses": filter(None, [template.lapses]),
            "cop:declares": filter(None, [template.declares]),
            "cop:across": filter(None, [template.across]),
            "cop:inCells": filter(None, [template.in_cells]),
            "cop:relation": _related(template, read),
        }
        for annotation, names in spoken.items():
            for name in sorted(set(names) - set(template.names)):
                says = f"has no field {shown(name)}, of which {annotation} speaks"
                near = did_you_mean(name, template.names)
                fields = f"its fields are {listed(list(template.names))}"
                yield read.about(template, says, near or fields)


def _in_braces(sentences: Mapping[str, str]) -> list[str]:
    return [name for sentence in sentences.values() for name in BRACES.findall(sentence)]


def _related(template: Template, read: Ontologies) -> Iterator[str]:
    """The fields of which a relation speaks, as it calls them."""
    node = URIRef(read.vocabulary.iris[template.name])
    for relation in read.together.objects(node, COP.relation):
        for predicate, said in read.together.predicate_objects(relation):
            if predicate in (FROM, TO):
                yield name_of(said)
            elif isinstance(said, Literal):
                yield name_of(predicate)


def check_kinds(read: Ontologies) -> Iterator[Diagnostic]:
    """What a class is, and what it is said to name, can be."""
    tables = {plain(found.table): found for found in read.standard.given() if found.table}
    both = Reader(read.together, "en")
    twice = set(both.subclasses(COP.Given)) & set(both.subclasses(COP.Inferred))
    for template in read.own:
        if URIRef(read.vocabulary.iris[template.name]) in twice:
            advice = "keep one of the two: what is given is read, what is inferred concluded"
            yield read.about(template, "is below both cop:Given and cop:Inferred", advice)
        if template.table and template.given:
            other = tables.setdefault(plain(template.table), template)
            if not TABLE.fullmatch(template.table) and template.table != template.name:
                says = f"has a table called {shown(template.table)}"
                yield read.about(template, says, "call it by letters and digits")
            elif other != template:
                says = f"has the table {shown(template.table)}, which feeds {other.name}"
                yield read.about(template, says, "give it a cop:table of its own")
        yield from _unfit_naming(template, read)


def _unfit_naming(template: Template, read: Ontologies) -> Iterator[Diagnostic]:
    node, reader = URIRef(read.vocabulary.iris[template.name]), Reader(read.together, "en")
    itself = reader.inherited(node, COP.itself)
    if itself is not None and not template.itself:
        says = f"has cop:itself {shown(str(itself))}, which is no property"
        yield read.about(template, says, "name the property that stands for the thing itself")
    if template.naming and not (template.itself and parts_of(template.naming)):
        says = f"has the names {shown(template.naming)}, made of no fields or for no field"
        yield read.about(
            template, says, 'write it like cop:naming "{role} @ {unit}", with cop:itself'
        )
    declared = template.by_name.get(template.declares)
    if declared and not declared.type.is_reference:
        says = f"declares {declared.name}, which is no reference to a class"
        yield read.about(template, says, "let the field have a class as its rdfs:range")
    made = read.vocabulary.templates.get(template.must_be)
    parts = parts_of(made.naming) if made else []
    if template.must_be and not (parts and set(parts) <= set(template.names)):
        says = f"must be {shown(template.must_be)}, whose names its fields do not make"
        yield read.about(template, says, "name a class with a cop:naming, and have its fields")
    keyed = reader.inherited(node, OWL.hasKey) is not None and not reader.one(node, COP.single)
    if keyed and not template.key:
        yield read.about(template, "has a key of none of its fields", "list some in owl:hasKey")


CHECKS = (check_names, check_numbers, check_standard, check_fields, check_named_fields, check_kinds)
