"""Ontologies in, the vocabulary of templates out: classes, fields, keys, sentences, columns."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property
from typing import Any, cast

from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from cop_expert.load.graph import new_graph, read_graph
from cop_expert.load.words import with_article
from cop_expert.model.arithmetic import can_be_held, to_millionths
from cop_expert.model.template import Datatype, Field, Kind, Template, Value, Vocabulary
from cop_expert.resources import resource

COP = Namespace("https://cop-expert.org/ns#")

NUMERIC = {
    getattr(XSD, name)
    for name in ("decimal", "integer", "nonNegativeInteger", "positiveInteger", "int", "long")
}
NAMED = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, RDFS.Datatype)
CARDINALITIES = (
    (OWL.cardinality, OWL.qualifiedCardinality),
    (OWL.maxCardinality, OWL.maxQualifiedCardinality),
    (OWL.minCardinality, OWL.minQualifiedCardinality),
)
WHOLE = re.compile(r"[0-9]{1,9}")


def read_vocabulary(graph: Graph | None = None, language: str = "en") -> Vocabulary:
    """The templates of a graph in which the standard ontology stands, too; else of that alone."""
    return Reader(standard_graph() if graph is None else graph, language).vocabulary()


def with_standard(graphs: Iterable[Graph]) -> Graph:
    """The triples of the standard ontology and of all these together."""
    together = new_graph()
    for graph in (standard_graph(), *graphs):
        together += graph
    return together


@cache
def standard_graph() -> Graph:
    graph, problems = read_graph(resource("kb/cop.ttl"), "kb/cop.ttl")
    assert not problems, problems
    return graph


class Reader:
    """Looks things up in one graph; passes over what it cannot use, which `classes` tells."""

    def __init__(self, graph: Graph, language: str) -> None:
        self.graph = graph
        self.language = language

    def vocabulary(self) -> Vocabulary:
        templates = [self.template(node, given) for node, given in self.kinds()]
        return Vocabulary(
            templates={found.name: found for found in sorted(templates, key=lambda t: t.name)},
            datatypes={
                name_of(node): self.datatype(node)
                for node in sorted(self.graph.subjects(RDF.type, RDFS.Datatype), key=_rank)
                if isinstance(node, URIRef)
            },
            individuals={
                name_of(owner): str(word)
                for individual, word in sorted(self.graph.subject_objects(COP.called))
                for owner in self.graph.objects(individual, RDF.type)
                if name_of(owner) in self.above
            },
            above=self.above,
            disjoint=tuple(
                frozenset(map(name_of, filter(self.is_known, self.members(members))))
                for node in self.graph.subjects(RDF.type, OWL.AllDisjointClasses)
                for members in self.graph.objects(node, OWL.members)
            ),
            iris=self.iris,
            says_because=self.texts(COP.Given, COP.saysBecause),
        )

    def kinds(self) -> list[tuple[URIRef, bool]]:
        """The class of each template, and whether its facts are given; the standard ones last."""
        groups = ((COP.Given, True), (COP.Inferred, False))
        found = [(node, given) for group, given in groups for node in self.subclasses(group)]
        return sorted(found, key=lambda kind: _rank(kind[0]))

    @cached_property
    def iris(self) -> dict[str, str]:
        """Where two ontologies use the same name, it is the standard one that counts."""
        nodes = {node for kind in NAMED for node in self.graph.subjects(RDF.type, kind)}
        nodes |= self.classes | set(self.graph.objects(None, OWL.onProperty))
        nodes |= set(self.graph.objects(None, COP.itself))
        named = sorted((node for node in nodes if isinstance(node, URIRef)), key=_rank)
        return {name_of(node): str(node) for node in named}

    def is_known(self, node: Node) -> bool:
        """True for what its name alone stands for."""
        return self.iris.get(name_of(node)) == str(node)

    @cached_property
    def above(self) -> dict[str, frozenset[str]]:
        return {
            name_of(node): frozenset(
                name_of(parent)
                for parent in self.graph.transitive_objects(node, RDFS.subClassOf)
                if isinstance(parent, URIRef)
            )
            for node in sorted(self.classes, key=_rank)
        }

    @cached_property
    def classes(self) -> set[URIRef]:
        """Those that are declared, and those of which it is only said what they are a kind of."""
        named = self.graph.subjects(RDF.type, OWL.Class)
        found = {*named, *self.graph.subjects(RDFS.subClassOf)}
        return {node for node in found if isinstance(node, URIRef)}

    def subclasses(self, node: Node) -> list[URIRef]:
        found = self.graph.transitive_subjects(RDFS.subClassOf, node)
        return sorted(sub for sub in found if isinstance(sub, URIRef) and sub != node)

    def template(self, node: URIRef, given: bool) -> Template:
        named = self.inherited(node, COP.itself)
        itself = named if isinstance(named, URIRef) else None
        fields = self.fields(node)
        if itself:
            own = self.field(itself, None, OWL.cardinality, 1)
            fields = [own, *(field for field in fields if field.name != own.name)]
        asks = sorted(str(text) for text in self.graph.objects(node, COP.asks))
        return Template(
            name=name_of(node),
            label=self.text(node, RDFS.label) or name_of(node),
            comment=self.text(node, RDFS.comment),
            given=given,
            fields=tuple(fields),
            key=self.key(node, fields, name_of(itself) if itself else ""),
            itself=name_of(itself) if itself else "",
            naming=str(self.inherited(node, COP.naming) or ""),
            declares=name_of(self.one(node, COP.declares)),
            must_be=name_of(self.one(node, COP.mustBe)),
            table=self.table(node),
            across=name_of(self.one(node, COP.across)),
            in_cells=name_of(self.one(node, COP.inCells)),
            optional_table=bool(self.one(node, COP.optionalTable)) or self.is_special(node),
            also_columns=tuple(sorted(map(str, self.graph.objects(node, COP.alsoColumn)))),
            says=self.texts(node, COP.says) or self.plain_sentence(node, itself),
            says_not=self.texts(node, COP.saysNot) or self.plain_absence(node, given),
            problem=bool(self.one(node, COP.problem)),
            remark=bool(self.one(node, COP.remark)),
            lapses=str(self.one(node, COP.lapses) or ""),
            asks=tuple(tuple(text.split()) for text in asks),
            own_question=bool(self.one(node, COP.ownQuestion)),
            may_change=tuple(str(self.one(node, COP.mayChange) or "").split()),
            compare_order=self.whole(node, COP.compareOrder, 0),
            change_cost=self.whole(node, COP.changeCost, 10),
            obvious=bool(self.one(node, COP.obvious)),
            weighty=bool(self.one(node, COP.weighty)),
            on_demand=bool(self.one(node, COP.onDemand)),
            ask_order=self.whole(node, COP.askOrder, 99),
        )

    def is_special(self, node: URIRef) -> bool:
        """True for a kind of what another template is, with nothing said of a table."""
        above = set(self.graph.transitive_objects(node, RDFS.subClassOf)) - {node, COP.Given}
        is_kind = any((found, COP.table, None) in self.graph for found in above)
        return is_kind and (node, COP.table, None) not in self.graph

    def table(self, node: URIRef) -> str:
        """A special kind of something has a table, too, which goes by its own name."""
        return name_of(node) if self.is_special(node) else str(self.one(node, COP.table) or "")

    def plain_sentence(self, node: URIRef, itself: Any) -> dict[str, str]:
        """For things of a kind of which nobody has said how to say it."""
        label = self.text(node, RDFS.label) or name_of(node)
        return {"en": f"{{{name_of(itself)}}} is {with_article(label)}"} if itself else {}

    def plain_absence(self, node: URIRef, given: bool) -> dict[str, str]:
        """The same for there being none, as the ontology says it of all."""
        label = self.text(node, RDFS.label) or name_of(node)
        patterns = self.texts(COP.Given if given else COP.Inferred, COP.saysNot)
        return {spoken: text.replace("{label}", label) for spoken, text in patterns.items()}

    def inherited(self, node: Node, predicate: URIRef) -> Any:
        """What is said of the class, or of the nearest one above it."""
        line = self.graph.transitive_objects(node, RDFS.subClassOf)
        said = (self.one(found, predicate) for found in line if found)
        return next((found for found in said if found is not None), None)

    def fields(self, node: URIRef) -> list[Field]:
        """One field per restriction of the class and of the classes above it, in order."""
        found: dict[str, tuple[int, Field]] = {}
        for owner in self.graph.transitive_objects(node, RDFS.subClassOf):
            if owner is None or (owner, RDF.type, OWL.Restriction) not in self.graph:
                continue
            on_property = self.graph.value(owner, OWL.onProperty)
            if not isinstance(on_property, URIRef):
                continue  # of something the other way round, say
            narrowed = self.graph.value(owner, OWL.onClass) or self.graph.value(
                owner, OWL.onDataRange
            )
            for bound, number in self.cardinality(owner):
                field = self.field(on_property, narrowed, bound, number)
                found[field.name] = (self.whole(on_property, COP.order, 1000), field)
        in_order = sorted(found.values(), key=lambda pair: (pair[0], pair[1].name))
        return [field for _, field in in_order]

    def cardinality(self, restriction: Node) -> Iterable[tuple[URIRef, int]]:
        for plain, qualified in CARDINALITIES:
            for predicate in (plain, qualified):
                if (restriction, predicate, None) in self.graph:
                    yield plain, self.whole(restriction, predicate, 1)

    def field(
        self, on_property: URIRef, narrowed: Node | None, bound: URIRef, number: int
    ) -> Field:
        values = narrowed or self.value(on_property, RDFS.range)
        datatype = self.values(values)
        name = name_of(on_property)
        default = self.one(on_property, COP.default)
        return Field(
            name=name,
            type=datatype,
            required=bound == OWL.cardinality or (bound == OWL.minCardinality and number > 0),
            many=bound == OWL.minCardinality,
            heading=str(self.one(on_property, COP.column) or name.replace("_", " ")),
            default=None if default is None else _value(str(default), datatype),
            acyclic=bool(self.one(on_property, COP.acyclic)),
            also_called=tuple(sorted(map(str, self.graph.objects(on_property, COP.alsoCalled)))),
            label=self.text(on_property, RDFS.label) or name.replace("_", " "),
            hint=self.text(on_property, COP.hint),
            example=str(self.one(on_property, COP.example) or ""),
        )

    def key(self, node: URIRef, fields: list[Field], itself: str) -> tuple[str, ...]:
        if self.one(node, COP.single):
            return ()
        if itself:
            return (itself, *(field.name for field in fields if field.many))
        listed = self.inherited(node, OWL.hasKey)
        if listed is None:
            return tuple(field.name for field in fields)
        named = {name_of(member) for member in self.members(listed)}
        return tuple(field.name for field in fields if field.name in named)

    def values(self, node: Node | None) -> Datatype:
        """The datatype of a range: a datatype, a class, or a union of classes."""
        if node is None:
            return Datatype("text")
        if (node, RDF.type, RDFS.Datatype) in self.graph or str(node).startswith(str(XSD)):
            return self.datatype(node)
        union = self.graph.value(node, OWL.unionOf)
        classes = frozenset(map(name_of, self.members(union) if union else [node]))
        return Datatype(" or ".join(sorted(classes)), classes=classes)

    def datatype(self, node: Node) -> Datatype:
        if str(node).startswith(str(XSD)):
            return Datatype(name_of(node), _kind(node))
        meaning = self.value(node, OWL.equivalentClass) or node
        words = self.graph.value(meaning, OWL.oneOf)
        base = self.graph.value(meaning, OWL.onDatatype)
        kind = _kind(base or meaning) if words is None else Kind.TEXT
        facets = self.facets(self.graph.value(meaning, OWL.withRestrictions))
        bounds = facets if kind == Kind.NUMBER else {}
        return Datatype(
            name=name_of(node) if isinstance(node, URIRef) else "",
            kind=kind,
            least=amount(bounds.get(XSD.minInclusive)),
            above=amount(bounds.get(XSD.minExclusive)),
            most=amount(bounds.get(XSD.maxInclusive)),
            choices=tuple(map(str, self.members(words))) if words else (),
            pattern=str(facets.get(XSD.pattern, "")),
            factor=self.whole(node, COP.factor, 1),
            one=self.texts(node, COP.saysOne),
            many=self.texts(node, COP.saysMany),
            apart=self.texts(node, COP.saysApart),
        )

    def facets(self, node: Node | None) -> dict[Node, Node]:
        members = self.members(node) if node else []
        pairs = [pair for facet in members for pair in self.graph.predicate_objects(facet)]
        return dict(pairs)

    def members(self, node: Node) -> list[Any]:
        return list(Collection(self.graph, cast(BNode, node)))

    def value(self, node: Node, predicate: URIRef) -> Node | None:
        """Of a standard term, what the standard ontology says."""
        graphs = (standard_graph(), self.graph)
        return next((v for graph in graphs if (v := graph.value(node, predicate))), None)

    def one(self, node: Node, predicate: URIRef) -> Any:
        """The only value there should be; the first by code point where there are more."""
        return min(self.graph.objects(node, predicate), key=str, default=None)

    def whole(self, node: Node, predicate: URIRef, otherwise: int) -> int:
        said = str(self.one(node, predicate))
        return int(said) if WHOLE.fullmatch(said) else otherwise

    def texts(self, node: Node, predicate: URIRef) -> dict[str, str]:
        found = sorted(self.graph.objects(node, predicate), key=str)
        return {text.language or "en": str(text) for text in found if isinstance(text, Literal)}

    def text(self, node: Node, predicate: URIRef) -> str:
        texts = self.texts(node, predicate)
        return texts.get(self.language) or texts.get("en") or next(iter(texts.values()), "")


def name_of(node: Any) -> str:
    """The last part of an IRI."""
    return "" if node is None else str(node).replace("#", "/").rsplit("/", 1)[-1]


def _rank(node: Node) -> tuple[bool, str]:
    """Those of the standard ontology last: where names are the same, they count."""
    return str(node).startswith(str(COP)), str(node)


def _kind(node: Node) -> Kind:
    if node in NUMERIC:
        return Kind.NUMBER
    return Kind.TRUTH if node == XSD.boolean else Kind.TEXT


def amount(literal: Node | str | None) -> int | None:
    """A number in millionths, read from the literal's own text; none where it is no number."""
    try:
        number = Decimal(str(literal))
    except InvalidOperation:
        return None
    return to_millionths(number) if can_be_held(number) else None


def _value(text: str, datatype: Datatype) -> Value:
    match datatype.kind:
        case Kind.NUMBER:
            return amount(text)
        case Kind.TRUTH:
            return text == "true"
        case Kind.TEXT:
            return text
