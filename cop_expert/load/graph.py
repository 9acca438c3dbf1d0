"""An ontology file in, its triples out; the one place that opens ontologies."""

from io import BytesIO
from pathlib import Path
from xml.sax import SAXParseException

from rdflib import Graph

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

FORMATS = {".ttl": "turtle", ".nt": "nt", ".rdf": "xml", ".jsonld": "json-ld"}


def read_graph(path: Path, source: str) -> tuple[Graph, list[Diagnostic]]:
    """The triples of one file; `.owl` may be RDF/XML or OWL/XML."""
    try:
        if path.suffix == ".owl":
            return _read_owl(path), []
        return Graph().parse(path, format=FORMATS.get(path.suffix, "turtle")), []
    except Exception as error:  # noqa: BLE001 - each parser has its own family of errors
        return Graph(), [_unreadable(error, source)]


def _read_owl(path: Path) -> Graph:
    """owlready2 reads both XML forms of OWL, in a world of its own; rdflib takes over."""
    from owlready2 import World

    world = World()
    ontology = world.get_ontology(path.resolve().as_uri())
    with path.open("rb") as file:
        ontology.load(fileobj=file, only_local=True)
    triples = BytesIO()
    ontology.save(triples, format="ntriples")
    return Graph().parse(data=triples.getvalue(), format="nt")


def _unreadable(error: Exception, source: str) -> Diagnostic:
    line = getattr(error, "lines", 0)
    if isinstance(error, SAXParseException):
        line = error.getLineNumber() or 0
    words = str(error).splitlines() or [type(error).__name__]
    return Diagnostic(
        "unreadable-ontology",
        f"the file cannot be read as an ontology: {words[0][:200]}",
        Origin(source, line if isinstance(line, int) else 0),
        "open it in Protégé and save it as Turtle",
    )
