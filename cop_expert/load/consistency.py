"""Ontologies in, what in them cannot hold at once out: HermiT judges, the answer is in words.

HermiT comes with owlready2 and needs Java; it is an option of `check`, never a requirement. It says
only that there is a contradiction, so the fewest statements that make one are looked for by leaving
others out (Junker, "QuickXplain", 2004).
"""

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from rdflib import OWL, RDF, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from cop_expert.load.called import Called, last_part
from cop_expert.load.entail import Triple, says_axiom
from cop_expert.load.graph import new_graph
from cop_expert.load.vocabulary import standard_graph, with_standard
from cop_expert.load.words import listed, with_article
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

SECONDS = 60
"""The longest that HermiT may take for one answer."""
JVM = ("-Xmx1000M", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A bounded memory, and nothing prepared for a run that is longer than a second."""
THING = URIRef("urn:cop-expert:something")

Statement = frozenset[Triple]
"""A triple between named things, or one that leads to nameless ones together with these."""


class NoReasoner(Exception):
    """Why HermiT gives no answer."""


def check_consistency(graphs: Mapping[str, Graph], language: str) -> Iterator[Diagnostic]:
    """What of the ontologies contradicts the standard one, or itself; raises NoReasoner."""
    statements = {s: source for source, graph in graphs.items() for s in _statements(graph)}
    called = Called(with_standard(graphs.values()), language)
    hermit = _Hermit(standard_graph())
    ordered = sorted(statements, key=_place)
    if not hermit.is_consistent(ordered):
        yield _contradiction("these", hermit.culprits(ordered), statements, called)
        return
    for name in hermit.impossible(ordered):
        thing = frozenset({(THING, RDF.type, name)})
        found = hermit.culprits(ordered, [thing])
        what = f"nothing can be {with_article(called.name(name))}, for these"
        yield _contradiction(what, found, statements, called)


def _contradiction(
    what: str, found: list[Statement], statements: Mapping[Statement, str], called: Called
) -> Diagnostic:
    said = list(dict.fromkeys(_said(statement, called) for statement in found))
    sources = sorted({statements[statement] for statement in found})
    return Diagnostic(
        "inconsistent",
        f"{what} cannot hold at once with what cop.ttl says: {listed(said)}",
        Origin(sources[0] if sources else next(iter(statements.values()))),
        "change or delete one of them",
    )


def _statements(graph: Graph) -> Iterator[Statement]:
    """The triples of a file, those of nameless things with the one that leads to them."""
    graph = _without_imports(graph)
    for triple in graph:
        if not isinstance(triple[0], BNode):
            yield frozenset({triple, *_below(graph, triple[2], set())})
    for node in set(graph.subjects()) - set(graph.objects()):
        if isinstance(node, BNode):  # disjoint classes, and the like
            yield frozenset(_below(graph, node, set()))


def _without_imports(graph: Graph) -> Graph:
    """HermiT would fetch what is imported, whoever imports it: a thing without a name, too."""
    found = new_graph()
    for triple in graph:
        if triple[1] != OWL.imports:
            found.add(triple)
    return found


def _place(statement: Statement) -> list[list[str]]:
    """Where it stands in order, whatever nameless things were called on reading."""
    return sorted(
        [str(t) if not isinstance(t, BNode) else "" for t in triple] for triple in statement
    )


def _below(graph: Graph, node: Node, seen: set[Node]) -> Iterator[Triple]:
    if isinstance(node, BNode) and node not in seen:
        seen.add(node)
        for triple in graph.triples((node, None, None)):
            yield triple
            yield from _below(graph, triple[2], seen)


def _said(statement: Statement, called: Called) -> str:
    """A statement in words, as far as it is about named things."""
    named = sorted(triple for triple in statement if not isinstance(triple[0], BNode))
    for subject, predicate, found in named[:1]:
        name = called.name(subject)
        if isinstance(found, BNode):
            return f"what is said of {name} with “{last_part(predicate)}”"
        other = called.name(found)
        if predicate == RDF.type:
            return f"{name} is {with_article(other)}"
        if predicate == OWL.disjointWith:
            return f"no {name} is {with_article(other)}"
        with suppress(LookupError):
            return says_axiom(predicate, subject, found, called)
        shown = str(found) if isinstance(found, Literal) else other
        return f"{name} “{called.name(predicate)}” {shown}"
    return "what is said of several at once"


class _Hermit:
    """Asks HermiT about statements beside the standard ontology."""

    def __init__(self, standard: Graph) -> None:
        from owlready2.reasoning import _HERMIT_CLASSPATH

        java = shutil.which("java")
        if java is None:
            raise NoReasoner("HermiT needs Java, which is not installed")
        self.standard = standard
        main = "org.semanticweb.HermiT.cli.CommandLine"
        self.command = [java, *JVM, "-cp", _HERMIT_CLASSPATH, main]

    def is_consistent(self, statements: Iterable[Statement]) -> bool:
        done = self._ask("-k", statements)
        if done.returncode and "InconsistentOntologyException" not in done.stderr:
            raise NoReasoner(f"HermiT gives no answer: {done.stderr.strip()[:200]}")
        return not done.returncode

    def impossible(self, statements: Iterable[Statement]) -> list[URIRef]:
        """The classes of which nothing can be."""
        told = self._ask("-U", statements).stdout
        names = {name for s in statements for t in s for name in t if isinstance(name, URIRef)}
        lines = {line.strip().strip("<>") for line in told.splitlines()}
        return sorted(name for name in names if str(name) in lines and name != OWL.Nothing)

    def culprits(
        self, statements: list[Statement], given: list[Statement] | None = None
    ) -> list[Statement]:
        """The fewest statements that contradict what is given: none could be left out."""
        return self._explain(given or [], bool(given), statements)

    def _explain(
        self, given: list[Statement], has_grown: bool, statements: list[Statement]
    ) -> list[Statement]:
        if has_grown and not self.is_consistent(given):
            return []
        if len(statements) == 1:
            return statements
        middle = len(statements) // 2
        first, second = statements[:middle], statements[middle:]
        of_second = self._explain([*given, *first], bool(first), second)
        of_first = self._explain([*given, *of_second], bool(of_second), first)
        return [*of_first, *of_second]

    def _ask(
        self, option: str, statements: Iterable[Statement]
    ) -> "subprocess.CompletedProcess[str]":
        graph = Graph()
        graph += self.standard
        for triple in (triple for statement in statements for triple in statement):
            graph.add(triple)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "asked.nt"
            graph.serialize(path, format="nt", encoding="utf-8")
            try:
                return subprocess.run(
                    [*self.command, option, path.as_uri()],
                    capture_output=True,
                    text=True,
                    timeout=SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise NoReasoner(f"HermiT came to no end within {SECONDS} seconds") from None
