"""The triples of all ontologies in, what follows from their axioms out, with a why of its own.

Axioms about classes and properties act as rules: subclass, sub-property, inverse, symmetric,
transitive, domain and range, each in the direction in which OWL 2 RL reads it. Those of the
standard ontology do not, for what a field refers to must be declared by somebody. What is written
in the words of a standard, and in none of ours, is read as the alignment says.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from rdflib import OWL, RDF, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from cop_expert.load.alignment import FILE, standard_alignment
from cop_expert.load.called import Called
from cop_expert.load.vocabulary import COP
from cop_expert.load.words import with_article
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

MOST = 2_000_000
"""Triples that may follow; a transitive property can make many of few."""

Triple = tuple[Node, Node, Node]
Reasons = tuple[tuple[str, str], ...]
"""The axioms from which something follows, in words, each with the file in which it stands."""


class Axiom(NamedTuple):
    """A statement about a class or a property as a rule, and how it reads."""

    kind: str
    subject: Node
    """The class or property of what it speaks of."""
    object: Node
    says: str
    file: str

    @property
    def reason(self) -> tuple[str, str]:
        return self.says, self.file


class Entailed(NamedTuple):
    """What follows from triples beside which it now stands, and why."""

    because: Mapping[Triple, Reasons]
    read: frozenset[Node]
    """The things of others that are read as ours."""
    problems: list[Diagnostic]


PREDICATES = (
    ("class", RDFS.subClassOf, False),
    ("class", OWL.equivalentClass, True),
    ("property", RDFS.subPropertyOf, False),
    ("property", OWL.equivalentProperty, True),
    ("inverse", OWL.inverseOf, True),
    ("domain", RDFS.domain, False),
    ("range", RDFS.range, False),
    ("read", COP.readAs, False),
    ("inverse", COP.readBackAs, False),
)
"""The kind of axiom that each predicate states, and whether it does so in both directions."""
KINDS_OF_PROPERTY = (
    ("symmetric", OWL.SymmetricProperty),
    ("transitive", OWL.TransitiveProperty),
)
BUILT_IN = (str(OWL), str(RDFS), str(RDF), "http://www.w3.org/2001/XMLSchema#")


def entail(graphs: Mapping[str, Graph], called: Called) -> Entailed:
    """Add to the graph of all files together what follows from the axioms in each."""
    axioms = [
        axiom
        for source, graph in {**graphs, FILE: standard_alignment()}.items()
        for axiom in sorted(_axioms(graph, called, source.rpartition("/")[2]))
    ]
    closure = _Closure(called, axioms)
    closure.close()
    read = closure.read_others()
    closure.close()
    problems = [_too_many(min(graphs))] if closure.is_too_large else []
    return Entailed(closure.because, read, problems)


def _too_many(source: str) -> Diagnostic:
    return Diagnostic(
        "too-large",
        f"more than {MOST:,} statements follow from the axioms of the ontologies",
        Origin(source),
        "a transitive property may join all with all: state less",
    )


def _axioms(graph: Graph, called: Called, file: str) -> Iterator[Axiom]:
    """The axioms of one file, but for what begins with a term of ours."""
    pairs = [
        (kind, predicate, *ends)
        for kind, predicate, both_ways in PREDICATES
        for pair in graph.subject_objects(predicate)
        for ends in ([pair, pair[::-1]] if both_ways else [pair])
    ]
    pairs += [
        (kind, kind_of_property, found, found)
        for kind, kind_of_property in KINDS_OF_PROPERTY
        for found in graph.subjects(RDF.type, kind_of_property)
    ]
    for kind, said, subject, found in pairs:
        if not (isinstance(subject, URIRef) and isinstance(found, URIRef)):
            continue
        if subject.startswith(str(COP)) or str(found).startswith(BUILT_IN):
            continue
        kind = "property" if kind == "read" and not _is_class(found) else kind
        yield Axiom(kind, subject, found, says_axiom(said, subject, found, called), file)


def says_axiom(said: Node, subject: Node, found: Node, called: Called) -> str:
    """The axiom in words; `said` is its property, or the class that makes the subject what it is.

    Raises LookupError where the alignment does not tell how it is said.
    """
    texts = [t for t in standard_alignment().objects(said, COP.saysAxiom) if isinstance(t, Literal)]
    if not texts:
        raise LookupError(said)
    name = called.name(found)
    text = min(texts, key=called.rank)
    return text.format(subject=called.name(subject), object=name, a_object=with_article(name))


def _is_class(term: URIRef) -> bool:
    """Of our terms: classes have capital letters in front, and fields have not."""
    return term.removeprefix(str(COP))[:1].isupper()


class _Closure:
    """Applies axioms to triples until nothing new follows."""

    def __init__(self, called: Called, axioms: list[Axiom]) -> None:
        self.called = called
        self.graph = called.graph
        self.because: dict[Triple, Reasons] = {}
        self.is_too_large = False
        self.by_class: dict[Node, list[Axiom]] = defaultdict(list)
        self.by_property: dict[Node, list[Axiom]] = defaultdict(list)
        self.readings: dict[Node, list[Axiom]] = defaultdict(list)
        for axiom in axioms:
            if axiom.kind == "read":
                self.readings[axiom.subject].append(axiom)
            elif axiom.kind == "class":
                self.by_class[axiom.subject].append(axiom)
            else:
                self.by_property[axiom.subject].append(axiom)
        of_classes = (self.graph.triples((None, RDF.type, kind)) for kind in self.by_class)
        of_properties = (self.graph.triples((None, found, None)) for found in self.by_property)
        self.waiting = deque(sorted(chain(*of_classes, *of_properties), key=str))

    def close(self) -> None:
        while self.waiting and not self.is_too_large:
            triple = self.waiting.popleft()
            for axiom, new, other in self.consequences(triple):
                self.add(new, (*self.why(triple), *self.why(other), axiom.reason))

    def why(self, triple: Triple | None) -> Reasons:
        return self.because.get(triple, ()) if triple else ()

    def add(self, triple: Triple, reasons: Reasons) -> None:
        if triple not in self.graph:
            self.graph.add(triple)
            self.because[triple] = tuple(dict.fromkeys(reasons))
            self.waiting.append(triple)
            self.is_too_large = len(self.because) > MOST

    def consequences(self, triple: Triple) -> Iterator[tuple[Axiom, Triple, Triple | None]]:
        """What follows from a triple, alone or with another one."""
        subject, predicate, found = triple
        if predicate == RDF.type:
            for axiom in self.by_class.get(found, ()):
                yield axiom, (subject, RDF.type, axiom.object), None
        for axiom in self.by_property.get(predicate, ()):
            match axiom.kind:
                case "property":
                    yield axiom, (subject, axiom.object, found), None
                case "domain":
                    yield axiom, (subject, RDF.type, axiom.object), None
                case _ if isinstance(found, Literal):
                    continue
                case "range":
                    yield axiom, (found, RDF.type, axiom.object), None
                case "inverse":
                    yield axiom, (found, axiom.object, subject), None
                case "symmetric":
                    yield axiom, (found, predicate, subject), None
                case "transitive":
                    for after in list(self.graph.objects(found, predicate)):
                        yield axiom, (subject, predicate, after), (found, predicate, after)
                    for before in list(self.graph.subjects(predicate, subject)):
                        yield axiom, (before, predicate, found), (before, predicate, subject)

    def read_others(self) -> frozenset[Node]:
        """Take the things of others for ours, by the most special of their classes."""
        things = {thing for kind in self.readings for thing in self.graph.subjects(RDF.type, kind)}
        read = set()
        for thing in sorted(things, key=str):
            if self.called.is_ours(thing):
                continue
            kinds = set(self.graph.objects(thing, RDF.type))
            fitting = kinds & self.readings.keys()
            general = {a.object for kind in fitting for a in self.by_class.get(kind, ())}
            for kind in sorted(fitting - general, key=str):
                for axiom in self.readings[kind]:
                    reasons = (*self.why((thing, RDF.type, kind)), axiom.reason)
                    self.add((thing, RDF.type, axiom.object), reasons)
            read.add(thing)
        return frozenset(read)
