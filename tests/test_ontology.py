"""The ontology is sound by itself, and says all that the rules speak of."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

ROOT = Path(__file__).parents[1]
COP = Namespace("https://cop-expert.org/ns#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
KINDS = (
    OWL.Class,
    OWL.ObjectProperty,
    OWL.DatatypeProperty,
    OWL.AnnotationProperty,
    OWL.NamedIndividual,
    RDFS.Datatype,
)
PROPERTIES = (OWL.ObjectProperty, OWL.DatatypeProperty)
LEAST = {  # how many values a restriction asks for, of those that a template may use
    OWL.cardinality: 1,
    OWL.qualifiedCardinality: 1,
    OWL.maxCardinality: 0,
    OWL.maxQualifiedCardinality: 0,
    OWL.minCardinality: 0,
}
OWL2_DATATYPES = {  # those of the OWL 2 datatype map that this ontology needs
    XSD.string,
    XSD.decimal,
    XSD.integer,
    XSD.nonNegativeInteger,
    XSD.boolean,
}
FACETS = {XSD.minInclusive, XSD.maxInclusive, XSD.minExclusive, XSD.maxExclusive, XSD.pattern}


@dataclass(frozen=True)
class Atom:
    """`Use(role, practice: "Plating")` of a rule: its fields, and what stands for them."""

    template: str
    terms: dict[str, str]
    place: str
    """The rule file and the line."""
    concluded: bool
    absent: bool
    """True after `not`, and before `else` too."""
    given_by_else: str
    """The variable that takes its value from `else`."""


@cache
def graph(*names: str) -> Graph:
    together = Graph()
    for name in names or ("cop", "cop-align"):
        together.parse(ROOT / "kb" / f"{name}.ttl")
    return together


@cache
def atoms() -> list[Atom]:
    """Every atom of the rulebook: conditions and conclusions stand on a line each."""
    found = []
    for path in sorted((ROOT / "rules").glob("*.rules")):
        concluded = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            concluded = line.startswith("  then ") or (concluded and line.startswith("      "))
            match = re.match(
                r" +(?:(?:if|then) +)?(not )?([A-Z]\w*)\((.*)\)(?: else (\w+) = .*)?$", line
            )
            if not match:
                continue
            absent, template, inside, alternative = match.groups()
            while "(" in inside:
                inside = re.sub(r"\([^()]*\)", "", inside)
            terms = dict(re.findall(r"(\w+)(?:: ([^,]+))?", inside))
            found.append(
                Atom(
                    template,
                    {field: term or field for field, term in terms.items()},
                    f"{path.name}:{number}",
                    concluded,
                    bool(absent or alternative),
                    alternative or "",
                )
            )
    return found


def local(term: Node | None) -> str:
    return str(term).removeprefix(str(COP))


def below(kind: str) -> set[str]:
    """The templates that are given, or inferred."""
    return {local(name) for name in graph("cop").subjects(RDFS.subClassOf, COP[kind])}


def restrictions(template: str) -> Iterator[Node]:
    for parent in graph("cop").objects(COP[template], RDFS.subClassOf):
        if isinstance(parent, BNode):
            yield parent


def fields(template: str) -> dict[str, int]:
    """The fields of a template and how many values each has at least."""
    found = {local(itself): 1 for itself in graph("cop").objects(COP[template], COP.itself)}
    for restriction in restrictions(template):
        (least,) = (n for kind, n in LEAST.items() if (restriction, kind, None) in graph("cop"))
        found[local(graph("cop").value(restriction, OWL.onProperty))] = least
    return found


def key(template: str) -> list[str]:
    listed = graph("cop").value(COP[template], OWL.hasKey)
    return [local(field) for field in Collection(graph("cop"), listed)] if listed else []


def words(datatype: Node | None) -> set[str]:
    """The words of a closed list; empty: any."""
    meant = graph("cop").value(datatype, OWL.equivalentClass)
    listed = graph("cop").value(meant, OWL.oneOf)
    return {str(word) for word in Collection(graph("cop"), listed)} if listed else set()


def datatype(template: str, field: str) -> Node | None:
    """What a template narrows the field to, else the field's range."""
    for restriction in restrictions(template):
        if graph("cop").value(restriction, OWL.onProperty) == COP[field]:
            narrowed = graph("cop").value(restriction, OWL.onDataRange)
            if narrowed is not None:
                return narrowed
    return graph("cop").value(COP[field], RDFS.range)


def sentences(template: str, *kinds: str) -> list[str]:
    return [str(said) for kind in kinds for said in graph("cop").objects(COP[template], COP[kind])]


def in_braces(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", sentence))


def outside_brackets(sentence: str) -> str:
    return re.sub(r"\[[^\[\]]*\]", "", sentence)


def texts(prefix: str, subjects: Iterable[Node]) -> dict[str, list[str]]:
    return {
        local(subject): [str(text) for text in graph("cop").objects(subject, COP[prefix])]
        for subject in subjects
    }


TEMPLATES = sorted(below("Given") | below("Inferred"))
GIVEN = sorted(below("Given"))


def test_nothing_is_fetched() -> None:
    assert not list(graph().objects(None, OWL.imports))


def test_owlready2_loads_both_files_in_one_world() -> None:
    world = import_module("owlready2").World()
    for name, iri in (("cop", "https://cop-expert.org/ns#"), ("cop-align", "urn:cop-align#")):
        triples = BytesIO(graph(name).serialize(format="nt", encoding="utf-8"))
        world.get_ontology(iri).load(fileobj=triples)
    loaded = {entity.iri for entity in world.classes()}
    assert loaded == {str(name) for name in named(OWL.Class)}
    assert {str(COP[template]) for template in TEMPLATES} < loaded
    assert [individual.name for individual in world.individuals()] == ["everyone"]
    properties = {*world.object_properties(), *world.data_properties()}
    assert {entity.iri for entity in properties} == {
        str(name) for kind in PROPERTIES for name in named(kind)
    }


def named(kind: Node) -> set[Node]:
    return {term for term in graph().subjects(RDF.type, kind) if isinstance(term, URIRef)}


def test_no_name_is_declared_in_two_ways() -> None:
    kinds = Counter(term for kind in KINDS for term in named(kind))
    assert [term for term, times in kinds.items() if times > 1] == []


def test_only_datatypes_and_facets_of_owl_2() -> None:
    used = {term for triple in graph() for term in triple if str(term).startswith(str(XSD))}
    typed = {
        term.datatype for term in graph().objects() if isinstance(term, Literal) and term.datatype
    }
    assert used | typed <= OWL2_DATATYPES | FACETS


def test_every_term_is_declared() -> None:
    """Those of others too: an undeclared one makes tools call the file not DL."""
    known = tuple(str(namespace) for namespace in (RDF, RDFS, OWL, XSD))
    for name in ("cop", "cop-align"):
        ontologies = set(graph().subjects(RDF.type, OWL.Ontology))
        declared = {term for kind in KINDS for term in graph(name).subjects(RDF.type, kind)}
        used = {term for triple in graph(name) for term in triple if isinstance(term, URIRef)}
        foreign = {term for term in used if not str(term).startswith(known)}
        assert foreign - ontologies - declared == set()


def test_the_alignment_speaks_of_terms_that_there_are() -> None:
    for kind in KINDS:
        aligned = set(graph("cop-align").subjects(RDF.type, kind))
        own = {term for term in aligned if str(term).startswith(str(COP))}
        assert own <= set(graph("cop").subjects(RDF.type, kind))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_complete(template: str) -> None:
    schema = graph("cop")
    for text in (RDFS.label, RDFS.comment, COP.says, COP.saysNot):
        said = list(schema.objects(COP[template], text))
        languages = sorted(str(word.language) for word in said if isinstance(word, Literal))
        assert languages == (["en"] if text == RDFS.comment else ["de", "en"]), text
    itself, single = ((COP[template], said, None) in schema for said in (COP.itself, COP.single))
    assert [bool(key(template)), itself, single].count(True) == 1, "a key, a name or a single fact"
    assert set(key(template)) <= fields(template).keys()
    assert len(list(restrictions(template))) + itself == len(fields(template)), "a field twice"
    for field in fields(template):
        assert schema.value(COP[field], RDFS.range), field
        assert any((COP[field], RDF.type, kind) in schema for kind in PROPERTIES), field


def test_a_template_is_given_or_inferred() -> None:
    assert not below("Given") & below("Inferred")
    concluded = {atom.template for atom in atoms() if atom.concluded}
    assert concluded == below("Inferred"), "each inferred template is concluded by some rule"


@pytest.mark.parametrize("field", sorted({field for name in TEMPLATES for field in fields(name)}))
def test_a_field_is_complete(field: str) -> None:
    for text in (RDFS.label, RDFS.comment, RDFS.range, COP.order):
        assert len(list(graph("cop").objects(COP[field], text))) == 1, text


def test_fields_have_places_of_their_own() -> None:
    places = Counter(str(place) for place in graph("cop").objects(None, COP.order))
    assert [place for place, times in places.items() if times > 1] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_sentences_speak_of_the_fields(template: str) -> None:
    optional = {field for field, least in fields(template).items() if not least}
    for sentence in sentences(template, "says", "saysNot"):
        assert in_braces(sentence) <= fields(template).keys()
        plain = outside_brackets(sentence)
        assert not re.search(r"[\[\]]", plain), "brackets that do not match"
        assert not in_braces(plain) & optional, "an optional field outside square brackets"
        assert not re.search(r"{\w*[^}\w]|^{?}| \.|\.$", plain)
        for piece in re.findall(r"\[([^\[\]]*)\]", sentence):
            assert in_braces(piece), f"nothing in [{piece}] could be absent"
    for sentence in sentences(template, "says"):
        assert set(key(template)) <= in_braces(sentence), "the key is said"


def test_rules_use_templates_and_fields_that_there_are() -> None:
    assert len(atoms()) > 400
    for atom in atoms():
        assert atom.template in TEMPLATES, atom.place
        assert atom.terms.keys() <= fields(atom.template).keys(), atom.place


def test_rules_conclude_all_that_is_required() -> None:
    for atom in atoms():
        if atom.concluded:
            required = {field for field, least in fields(atom.template).items() if least}
            assert required <= atom.terms.keys(), atom.place


def test_rules_use_words_of_the_closed_lists() -> None:
    for atom in atoms():
        for field, term in atom.terms.items():
            allowed = words(datatype(atom.template, field))
            if term.startswith('"') and allowed:
                assert term.strip('"') in allowed, atom.place
            elif term.startswith('"'):
                called = {str(word) for word in graph("cop").objects(None, COP.called)}
                assert (atom.template, field) == ("Item", "mandatory"), atom.place
                assert term.strip('"') in called, atom.place


def test_absence_is_said_with_what_the_rule_knows() -> None:
    """Outside square brackets stand only fields that the rule has bound."""
    for atom in atoms():
        if atom.absent:
            known = {f for f, term in atom.terms.items() if term != atom.given_by_else}
            for sentence in sentences(atom.template, "saysNot"):
                assert in_braces(outside_brackets(sentence)) <= known, atom.place


def test_parameters_have_datatypes_that_there_are() -> None:
    for path in (ROOT / "rules").glob("*.rules"):
        rules = path.read_text(encoding="utf-8")
        for name in re.findall(r"^parameter \w+: (\w+)", rules, re.MULTILINE):
            assert (COP[name], RDF.type, RDFS.Datatype) in graph("cop"), f"{path.name}: {name}"


@pytest.mark.parametrize("template", GIVEN)
def test_a_table_can_be_written_down(template: str) -> None:
    schema = graph("cop")
    assert len(list(schema.objects(COP[template], COP.table))) == 1
    composed = {str(field) for field in schema.objects(COP[template], COP.itself)}
    has_composed_name = (COP[template], COP.naming, None) in schema
    for field in fields(template):
        if has_composed_name and str(COP[field]) in composed:
            continue
        (example,) = texts("example", [COP[field]])[field]
        (hint,) = texts("hint", [COP[field]])[field]
        assert hint.endswith("."), field
        allowed = words(datatype(template, field))
        assert not allowed or example in allowed, field


def test_every_question_names_fields() -> None:
    orders = Counter(str(order) for order in graph("cop").objects(None, COP.askOrder))
    assert [order for order, times in orders.items() if times > 1] == []
    for template, asked in texts("asks", (COP[name] for name in TEMPLATES)).items():
        assert bool(asked) == ((COP[template], COP.askOrder, None) in graph("cop")), template
        for question in asked:
            assert set(question.split()) <= fields(template).keys(), template


def test_datatypes_of_numbers_have_words() -> None:
    for kind in named(RDFS.Datatype):
        meant = graph("cop").value(kind, OWL.equivalentClass)
        assert meant is not None
        if XSD.decimal in (meant, graph("cop").value(meant, OWL.onDatatype)):
            for words_for in (COP.saysOne, COP.saysMany):
                said = list(graph("cop").objects(kind, words_for))
                assert said
                assert all("{}" in str(words) for words in said)
