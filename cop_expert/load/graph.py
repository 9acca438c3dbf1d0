"""An ontology file in, its triples out; the one place that opens ontologies.

Nothing is fetched: imports are not followed, and a JSON-LD context must stand in the file, but for
that of schema.org, whose terms all begin alike.
"""

import json
import logging
import re
from contextlib import redirect_stderr
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter
from xml.sax import SAXParseException

from rdflib import RDF, Dataset, Graph, URIRef

from cop_expert.load.swrl_xml import add_rules
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

LARGEST = 200_000_000
"""Bytes of a file; its triples take many times as much in memory."""
BASE = "https://cop-expert.org/engagement/here"
"""What relative IRIs are relative to, wherever the file lies."""
SCHEMA, OLD_SCHEMA = "https://schema.org/", "http://schema.org/"
"""Many still write the old one, and mean the same."""
SCHEMA_CONTEXT = re.compile(r"https?://schema\.org(/|/docs/jsonldcontext\.json(ld)?)?")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
XML = re.compile(rb"\s*<(\?xml|!--|!DOCTYPE|[\w.-]+:RDF[\s>]|Ontology[\s>])")
ENTITY = re.compile(rb"""<!ENTITY\s+(?:%\s+)?[^\s"'>]+\s+("[^"]*"|'[^']*'|SYSTEM|PUBLIC)""")
LONGEST_ENTITY = 500
OWL_XML = re.compile(rb"<Ontology[\s>]")
HEAD = 100_000
"""Bytes in which a file tells what it is."""
SAVE_AS_TURTLE = "open it in Protégé and save it as Turtle"

# rdflib says of odd IRIs that they cannot be written out again; what we write makes them safe.
logging.getLogger("rdflib").setLevel(logging.ERROR)


class NotRead(Exception):
    """Why a file is not read, and what to do about it."""

    def __init__(self, message: str, advice: str) -> None:
        self.advice = advice
        super().__init__(message)


def new_graph() -> Graph:
    """A graph that keeps no contexts, which takes half the time and memory."""
    return Graph("SimpleMemory")


def read_graph(path: Path, source: str) -> tuple[Graph, list[Diagnostic]]:
    """The triples of one file, in whichever form it is written."""
    try:
        if path.stat().st_size > LARGEST:
            message = f"it is larger than {LARGEST // 1_000_000} MB"
            raise NotRead(message, "leave out what the engagement does not need")
        content = path.read_bytes()
        graph = _read(content, path.suffix.lower())
        check_lists(graph)
        return _with_new_schema(graph) if OLD_SCHEMA.encode() in content else graph, []
    except NotRead as problem:
        return new_graph(), [_unreadable(str(problem), Origin(source), problem.advice)]
    except Exception as error:  # noqa: BLE001 - each parser has its own family of errors
        return new_graph(), [
            _unreadable(_words(error), Origin(source, _line(error)), SAVE_AS_TURTLE)
        ]


def _read(content: bytes, suffix: str) -> Graph:
    if XML.match(content.removeprefix(BYTE_ORDER_MARK)):
        check_entities(content)
        if OWL_XML.search(content[:HEAD]):
            return _read_owl_xml(content)
        return new_graph().parse(data=content, format="xml", publicID=BASE)
    text = content.decode("utf-8-sig")
    if suffix == ".jsonld" or text.lstrip().startswith("{"):
        return _read_json(json.loads(text))
    if re.match(r"\s*(Prefix|Ontology)\(", text):
        raise NotRead("it is written in OWL's functional syntax", SAVE_AS_TURTLE)
    return new_graph().parse(data=text, format="turtle", publicID=BASE)


def check_entities(content: bytes) -> None:
    """Abbreviations of IRIs are fine; what grows, or stands elsewhere, raises NotRead."""
    for value in ENTITY.findall(content):
        if value.startswith((b"SYSTEM", b"PUBLIC")) or b"&" in value or len(value) > LONGEST_ENTITY:
            message = "it declares entities that are no plain abbreviations"
            raise NotRead(message, SAVE_AS_TURTLE)


def check_lists(graph: Graph) -> None:
    """Each ends somewhere; else NotRead is raised."""
    onward = dict(graph.subject_objects(RDF.rest))
    while onward:
        node, after = onward.popitem()
        walked = {node}
        while after in onward:
            walked.add(after)
            after = onward.pop(after)
        if after in walked:
            raise NotRead("a list in it leads back to itself", "write it anew in Protégé")


def _read_owl_xml(content: bytes) -> Graph:
    """owlready2 reads OWL/XML, in a world of its own; rdflib takes over."""
    from owlready2 import World
    from owlready2.base import OwlReadyOntologyParsingError

    ontology = World().get_ontology(BASE)
    try:
        with redirect_stderr(StringIO()):  # on which owlready2 prints what goes wrong
            # ontology.load would fetch what the file imports, or open it if it lies here.
            ontology.graph.parse(BytesIO(content), default_base=BASE)
    except OwlReadyOntologyParsingError as error:
        place = re.search(r"line (\d+)", str(error))
        raise SyntaxError("it is no OWL/XML", ("", int(place[1]) if place else 0, 0, "")) from error
    triples = BytesIO()
    ontology.save(triples, format="ntriples")
    graph = new_graph().parse(data=triples.getvalue(), format="nt")
    add_rules(content, BASE, graph)
    return graph


def _read_json(thing: Any) -> Graph:
    """The triples of all the graphs that the file names."""
    parts, graph = Dataset(default_union=True), new_graph()
    with catch_warnings():  # rdflib warns of what it does itself
        simplefilter("ignore", DeprecationWarning)
        parts.parse(data=json.dumps(_offline(thing)), format="json-ld", publicID=BASE)
        for triple in parts.triples((None, None, None)):
            graph.add(triple)
    return graph


def _offline(thing: Any) -> Any:
    """JSON-LD whose contexts all stand in it; raises NotRead where one stands on the web."""
    match thing:
        case dict():
            return {
                key: _context(inner) if key == "@context" else _offline(inner)
                for key, inner in thing.items()
            }
        case list():
            return [_offline(inner) for inner in thing]
        case _:
            return thing


def _context(context: Any) -> Any:
    match context:
        case str() if SCHEMA_CONTEXT.fullmatch(context):
            return {"@vocab": SCHEMA}
        case str():
            raise NotRead(
                f"its context is on the web ({context[:80]}), and nothing is fetched",
                "write the context into the file, in place of its address",
            )
        case list():
            return [_context(inner) for inner in context]
        case dict() if "@import" in context:
            return _context(str(context["@import"]))
        case _:
            return _offline(context)


def _with_new_schema(graph: Graph) -> Graph:
    """The triples with https in the terms of schema.org."""
    for triple in list(graph):
        if any(term.startswith(OLD_SCHEMA) for term in triple if isinstance(term, URIRef)):
            graph.remove(triple)
            graph.add(tuple(map(_new_term, triple)))
    return graph


def _new_term(term: Any) -> Any:
    if isinstance(term, URIRef) and term.startswith(OLD_SCHEMA):
        return URIRef(SCHEMA + term.removeprefix(OLD_SCHEMA))
    return term


def _words(error: Exception) -> str:
    """What a parser says is wrong, on one line."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "it is not written in UTF-8"
    said = " ".join(str(getattr(error, "msg", None) or error).split())
    within = re.search(r"Bad syntax \((.*?)\) at \^", said)  # rdflib goes on with half the file
    return (within[1] if within else said)[:200] or type(error).__name__


def _line(error: Exception) -> int:
    if isinstance(error, SAXParseException):
        return error.getLineNumber() or 0
    line = getattr(error, "lines", getattr(error, "lineno", 0))
    return line if isinstance(line, int) else 0


def _unreadable(message: str, place: Origin, advice: str) -> Diagnostic:
    says = f"the file cannot be read as an ontology: {message}"
    return Diagnostic("unreadable-ontology", says, place, advice)
