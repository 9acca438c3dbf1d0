"""IRIs and values in, the way that Turtle writes them out."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from urllib.parse import quote

from cop_expert.load.vocabulary import COP
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.template import Datatype

PREFIXES = {
    "cop": str(COP),
    "dct": "http://purl.org/dc/terms/",
    "esco": "http://data.europa.eu/esco/model#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
IN_STRINGS = re.compile(r'[\x00-\x1f"\\\x7f]')
NOT_IN_IRIS = re.compile(r'[\x00-\x20<>"{}|^`\\\x7f]')


@cache
def term(iri: str) -> str:
    """`cop:Unit`, or the whole IRI where no prefix is known."""
    for prefix, start in PREFIXES.items():
        if iri.startswith(start) and LOCAL.fullmatch(iri, len(start)):
            return f"{prefix}:{iri[len(start) :]}"
    return f"<{iri_safe(iri)}>"


def iri_safe(iri: str) -> str:
    """Without what could end an IRI early, in Turtle or in SPARQL."""
    return NOT_IN_IRIS.sub(lambda found: quote(found[0]), iri)


def literal(text: str) -> str:
    return f'"{IN_STRINGS.sub(_escaped, text)}"'


def number(millionths: int, datatype: Datatype) -> str:
    """A decimal; in a field of whole numbers of another kind, one of these."""
    digits = f"{to_decimal(millionths):f}"
    if "." in digits:
        return digits
    is_of_xsd = datatype.name[:1].islower() and datatype.name != "decimal"
    return f'"{digits}"^^xsd:{datatype.name}' if is_of_xsd else f"{digits}.0"


def block(subject: str, kinds: Iterable[str], said: Mapping[str, Iterable[str]]) -> str:
    """A subject, what it is and what is said of it, each thing once."""
    parts = [f"a {', '.join(kinds)}"]
    for predicate, objects in said.items():
        if distinct := list(dict.fromkeys(objects)):
            parts.append(f"{predicate} {', '.join(distinct)}")
    separated = " ;\n    ".join(parts)
    return f"{subject} {separated} .\n"


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04X}"
