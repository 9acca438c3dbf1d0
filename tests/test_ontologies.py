"""Ontologies as they are found: in every form, in the words of others, with axioms and rules."""

import re
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph

from cop_expert import pipeline
from cop_expert.cli import main
from cop_expert.explain.in_bulk import prove_all
from cop_expert.explain.outline import outline
from cop_expert.explain.why import Explainer, How
from cop_expert.explain.words import Speaker
from cop_expert.facts import has_form
from cop_expert.load.called import Called
from cop_expert.load.graph import read_graph
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem
from cop_expert.replay.replay import Replayer

SAID_OTHERWISE = "the fact is said otherwise"
HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"
PREFIXES = """
@prefix : <http://hotel.example/spa#> .
@prefix cop: <https://cop-expert.org/ns#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix esco: <http://data.europa.eu/esco/model#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix skosxl: <http://www.w3.org/2008/05/skos-xl#> .
@prefix swrl: <http://www.w3.org/2003/11/swrl#> .
@prefix swrlb: <http://www.w3.org/2003/11/swrlb#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix swrla: <http://swrl.stanford.edu/ontologies/3.3/swrla.owl#> .
"""
SPA = """
:Spa a cop:Unit ; rdfs:label "Spa"@en , "Kurhaus"@de ; cop:part_of :House .
:House a cop:Unit ; rdfs:label "House" .
:masseurs a cop:Post ; cop:role :Masseur ; cop:unit :Spa ; cop:headcount 2.5 .
:use a cop:Use ; cop:role :Masseur ; cop:practice :Massage ; cop:importance 0.9 .
:Massage a cop:Practice ; cop:broader :Wellness .
:Wellness a cop:Practice .
"""

Read = Callable[[dict[str, str]], pipeline.Knowledge]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a connection fails."""

    def refuse(*_: Any) -> None:
        raise AssertionError("something is fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads an engagement of these files; those of ontologies get the prefixes."""

    def write_and_read(files: dict[str, str]) -> pipeline.Knowledge:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            text = PREFIXES + text if path.suffix == ".ttl" else text
            path.write_text(text, encoding="utf-8")
        return pipeline.read(tmp_path)

    return write_and_read


def spa(more: str) -> dict[str, str]:
    return {"knowledge/spa.ttl": SPA + more}


def rows(knowledge: pipeline.Knowledge, template: str) -> list[tuple[Any, ...]]:
    return knowledge.facts.rows(template)


def why(knowledge: pipeline.Knowledge, template: str, **bound: str) -> str:
    (row,) = knowledge.facts.rows(template, **bound)
    return knowledge.facts.because(template, row)


def problems(read: Read, files: dict[str, str]) -> list[Diagnostic]:
    with pytest.raises(KnowledgeProblem) as problem:
        read(files)
    return problem.value.diagnostics


# Forms

OWL_XML = """<?xml version="1.0"?>
<Ontology xmlns="http://www.w3.org/2002/07/owl#" xml:base="http://hotel.example/spa"
     ontologyIRI="http://hotel.example/spa">
    <Prefix name="" IRI="http://hotel.example/spa#"/>
    <Prefix name="cop" IRI="https://cop-expert.org/ns#"/>
    <Prefix name="rdfs" IRI="http://www.w3.org/2000/01/rdf-schema#"/>
    <Prefix name="xsd" IRI="http://www.w3.org/2001/XMLSchema#"/>
    <Declaration><NamedIndividual IRI="#Spa"/></Declaration>
    {individuals}
    <ObjectPropertyAssertion><ObjectProperty abbreviatedIRI="cop:part_of"/>
        <NamedIndividual IRI="#Spa"/><NamedIndividual IRI="#House"/></ObjectPropertyAssertion>
    <ObjectPropertyAssertion><ObjectProperty abbreviatedIRI="cop:role"/>
        <NamedIndividual IRI="#masseurs"/><NamedIndividual IRI="#Masseur"/>
    </ObjectPropertyAssertion>
    <ObjectPropertyAssertion><ObjectProperty abbreviatedIRI="cop:unit"/>
        <NamedIndividual IRI="#masseurs"/><NamedIndividual IRI="#Spa"/></ObjectPropertyAssertion>
    <DataPropertyAssertion><DataProperty abbreviatedIRI="cop:headcount"/>
        <NamedIndividual IRI="#masseurs"/>
        <Literal datatypeIRI="http://www.w3.org/2001/XMLSchema#decimal">2.5</Literal>
    </DataPropertyAssertion>
    <ObjectPropertyAssertion><ObjectProperty abbreviatedIRI="cop:role"/>
        <NamedIndividual IRI="#use"/><NamedIndividual IRI="#Masseur"/></ObjectPropertyAssertion>
    <ObjectPropertyAssertion><ObjectProperty abbreviatedIRI="cop:practice"/>
        <NamedIndividual IRI="#use"/><NamedIndividual IRI="#Massage"/></ObjectPropertyAssertion>
    <DataPropertyAssertion><DataProperty abbreviatedIRI="cop:importance"/>
        <NamedIndividual IRI="#use"/>
        <Literal datatypeIRI="http://www.w3.org/2001/XMLSchema#decimal">0.9</Literal>
    </DataPropertyAssertion>
    <ObjectPropertyAssertion><ObjectProperty abbreviatedIRI="cop:broader"/>
        <NamedIndividual IRI="#Massage"/><NamedIndividual IRI="#Wellness"/>
    </ObjectPropertyAssertion>
    <AnnotationAssertion><AnnotationProperty abbreviatedIRI="rdfs:label"/>
        <IRI>#House</IRI><Literal>House</Literal></AnnotationAssertion>
</Ontology>
""".replace(
    "{individuals}",
    "".join(
        f'<ClassAssertion><Class abbreviatedIRI="cop:{kind}"/><NamedIndividual IRI="#{name}"/>'
        "</ClassAssertion>"
        for name, kind in {
            "Spa": "Unit", "House": "Unit", "masseurs": "Post", "use": "Use",
            "Massage": "Practice", "Wellness": "Practice",
        }.items()
    ),
)  # fmt: skip
PROTEGE = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [
    <!ENTITY cop "https://cop-expert.org/ns#" >
    <!ENTITY decimal "http://www.w3.org/2001/XMLSchema#decimal" >
    <!ENTITY spa "http://hotel.example/spa#" >
]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cop="&cop;">
    <cop:Unit rdf:about="&spa;House"/>
    <cop:Unit rdf:about="&spa;Spa"><cop:part_of rdf:resource="&spa;House"/></cop:Unit>
    <cop:Post rdf:about="&spa;masseurs">
        <cop:role rdf:resource="&spa;Masseur"/><cop:unit rdf:resource="&spa;Spa"/>
        <cop:headcount rdf:datatype="&decimal;">2.5</cop:headcount>
    </cop:Post>
    <cop:Use rdf:about="&spa;use">
        <cop:role rdf:resource="&spa;Masseur"/><cop:practice rdf:resource="&spa;Massage"/>
        <cop:importance rdf:datatype="&decimal;">0.9</cop:importance>
    </cop:Use>
    <cop:Practice rdf:about="&spa;Massage">
        <cop:broader rdf:resource="&spa;Wellness"/>
    </cop:Practice>
    <cop:Practice rdf:about="&spa;Wellness"/>
</rdf:RDF>
"""


def converted(form: str) -> str:
    return Graph().parse(data=PREFIXES + SPA, format="turtle").serialize(format=form)


FORMS = {
    "spa.ttl": SPA,
    "turtle.owl": PREFIXES + SPA,
    "spa.nt": converted("nt"),
    "spa.rdf": converted("xml"),
    "rdfxml.owl": converted("xml"),
    "protege.owl": PROTEGE,
    "spa.jsonld": converted("json-ld"),
    "named.jsonld": f'{{"@id": "urn:spa", "@graph": {converted("json-ld")}}}',
    "owlxml.owl": OWL_XML,
    "spa.owx": OWL_XML,
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_says_the_same(name: str, read: Read) -> None:
    knowledge = read({f"knowledge/{name}": FORMS[name]})
    assert rows(knowledge, "Post") == [("Masseur @ Spa", "Masseur", "Spa", 2_500_000)]
    assert [row[:2] for row in rows(knowledge, "Unit")] == [("House", None), ("Spa", "House")]
    assert rows(knowledge, "Use") == [("Masseur", "Massage", 900_000)]
    assert ("Massage", "Wellness") in rows(knowledge, "Practice")
    (origin,) = knowledge.facts.origins("Use", rows(knowledge, "Use")[0])
    assert str(origin) == f"knowledge/{name}"


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Spa"), ("de", "Kurhaus"), ("de-AT", "Kurhaus"), ("fr", "Spa")]
)
def test_names_are_in_the_language_of_the_engagement(language: str, name: str, read: Read) -> None:
    knowledge = read(spa("") | {"engagement.toml": f'language = "{language}"\n'})
    assert name in {row[0] for row in rows(knowledge, "Unit")}


def test_a_name_without_a_language_comes_before_english() -> None:
    graph = Graph().parse(data=PREFIXES + ':x rdfs:label "eaux"@fr , "water"@en , "H2O" .')
    assert Called(graph, "sv").name(next(graph.subjects())) == "H2O"


def test_files_are_read_together(read: Read) -> None:
    knowledge = read(
        {
            "knowledge/units.ttl": ":Spa a cop:Unit ; cop:part_of :House . :House a cop:Unit .",
            "knowledge/more.ttl": ":Gym a cop:Unit ; cop:part_of :House .",
            "knowledge/names.ttl": ':House rdfs:label "The house" .',
            "tables/roles.csv": "role,unit\nMasseur,Spa\nTrainer,Gym\n",
        }
    )
    assert {row[:2] for row in rows(knowledge, "Unit")} == {
        ("The house", None), ("Spa", "The house"), ("Gym", "The house"),
    }  # fmt: skip


# Axioms

STAFF = ":Gym a cop:Unit ; cop:part_of :House . :trainer a cop:Post ; cop:role :T ; cop:unit :Gym ."
AXIOMS = {
    "subclass": (
        ':Hall rdfs:label "hall" ; rdfs:subClassOf cop:Unit . :Pool a :Hall ; cop:part_of :Spa .',
        ("Pool", "Spa"),
        "every hall is a unit",
    ),
    "equivalent class": (
        ":Hall owl:equivalentClass cop:Unit . :Pool a :Hall ; cop:part_of :Spa .",
        ("Pool", "Spa"),
        "every Hall is a unit",
    ),
    "sub-property": (
        ':lies_in rdfs:label "lies in" ; rdfs:subPropertyOf cop:part_of . '
        ":Pool a cop:Unit ; :lies_in :Spa .",
        ("Pool", "Spa"),
        "“lies in” means “part of” too",
    ),
    "inverse": (
        ":has owl:inverseOf cop:part_of . :Pool a cop:Unit . :Spa :has :Pool .",
        ("Pool", "Spa"),
        "“has” says “part of” the other way round",
    ),
    "domain": (
        ":depth_in_m rdfs:domain cop:Unit . :Pool :depth_in_m 2 ; cop:part_of :Spa .",
        ("Pool", "Spa"),
        "whatever has “depth in m” is a unit",
    ),
    "range": (
        ":cleans rdfs:range cop:Unit . :robot :cleans :Pool . :Pool cop:part_of :Spa .",
        ("Pool", "Spa"),
        "whatever “cleans” leads to is a unit",
    ),
}


@pytest.mark.parametrize("axiom", AXIOMS)
def test_an_axiom_acts_as_a_rule(axiom: str, read: Read) -> None:
    text, row, because = AXIOMS[axiom]
    knowledge = read(spa(text))
    assert row in {found[:2] for found in rows(knowledge, "Unit")}
    assert why(knowledge, "Unit", unit="Pool") == because
    assert why(knowledge, "Unit", unit="Spa") == ""


@pytest.mark.parametrize("axiom", AXIOMS)
def test_an_axiom_is_said_in_the_language_of_the_engagement(axiom: str, read: Read) -> None:
    text, *_ = AXIOMS[axiom]
    files = spa(text) | {"engagement.toml": 'language = "de"\n'}
    because = why(read(files), "Unit", unit="Pool")
    assert re.search("heißt|ist auch|umgekehrt|ist „Einheit“", because), because


def test_a_property_that_goes_both_ways_or_on(read: Read) -> None:
    text = (
        ":near a owl:SymmetricProperty ; rdfs:subPropertyOf cop:hands_to . :Masseur :near :Cook . "
        ":cook a cop:Post ; cop:role :Cook ; cop:unit :House . "
        ":below a owl:TransitiveProperty ; rdfs:subPropertyOf cop:broader . "
        ":A a cop:Practice ; :below :B . :B a cop:Practice ; :below :C . :C a cop:Practice ."
    )
    knowledge = read(spa(text))
    assert {row[:2] for row in rows(knowledge, "Handoff")} == {
        ("Masseur", "Cook"), ("Cook", "Masseur"),
    }  # fmt: skip
    assert "“near” goes both ways" in why(knowledge, "Handoff", giver="Cook")
    assert "goes both ways" not in why(knowledge, "Handoff", giver="Masseur")
    assert "carries on" in why(knowledge, "Practice", practice="A", broader="C")
    assert "carries on" not in why(knowledge, "Practice", practice="A", broader="B")


def test_what_somebody_wrote_needs_no_axiom(read: Read) -> None:
    text = ":lies_in rdfs:subPropertyOf cop:part_of . :Spa :lies_in :House ."
    assert why(read(spa(text)), "Unit", unit="Spa") == ""


def test_the_standard_ontology_declares_nothing(read: Read) -> None:
    """That a unit is what something is part of does not make it one."""
    found = problems(read, spa(":Gym a cop:Unit ; cop:part_of :Nowhere ."))
    assert [problem.code for problem in found] == ["unknown-reference"]


def hotel_that_says(text: str, folder: Path) -> Path:
    """The hotel with an ontology of its own."""
    hotel = shutil.copytree(HOTEL, folder / "hotel", ignore=shutil.ignore_patterns(".cop"))
    (hotel / "knowledge").mkdir()
    (hotel / "knowledge" / "kitchen.ttl").write_text(PREFIXES + text, encoding="utf-8")
    return hotel


BADGES = """
:badge rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:string ;
    owl:withRestrictions ( [ xsd:pattern "[A-Z]'[0-9]+" ] ) ] .
:holder rdfs:range cop:Text .
:Badge rdfs:subClassOf cop:Given ,
    [ a owl:Restriction ; owl:onProperty :holder ; owl:cardinality 1 ] ,
    [ a owl:Restriction ; owl:onProperty :badge ; owl:cardinality 1 ] ; cop:table "badges" .
"""


def test_forms_are_looked_at_set_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def recording(text: str, pattern: str) -> bool:
        asked.append(text)
        return has_form(text, pattern)

    monkeypatch.setattr("cop_expert.load.cells.has_form", recording)
    hotel = hotel_that_says(BADGES, tmp_path)
    rows = [f"Ann {number},A'{number}" for number in range(50)]
    table = hotel / "tables" / "badges.csv"
    table.write_text("\n".join(["holder,badge", *rows, "Bob, B'1 "]), encoding="utf-8")
    assert ("B'1", "Bob") in pipeline.read(hotel).facts.rows("Badge")
    assert asked == ["B'1"]
    table.write_text("\n".join(["holder,badge", *rows, "Cy,1'A"]), encoding="utf-8")
    with pytest.raises(KnowledgeProblem) as found:
        pipeline.read(hotel)
    (problem,) = found.value.diagnostics
    assert (problem.code, str(problem.origin)) == ("malformed", "tables/badges.csv:52:2")


def test_a_derived_fact_is_explained(tmp_path: Path) -> None:
    text = (
        ':Kitchen rdfs:label "Kitchen" . :Station rdfs:subClassOf cop:Unit ; rdfs:label "station" .'
        ":Sauces a :Station ; cop:part_of :Kitchen . :s a cop:Post ; cop:role :Saucier ; "
        "cop:unit :Sauces ."
    )
    hotel = hotel_that_says(text, tmp_path)
    run = pipeline.infer(pipeline.read(hotel), "duckdb", "not kept")
    (row,) = run.facts.rows("Within", unit="Sauces", whole="Kitchen")
    explainer = Explainer(run.facts, run.rulebook, Speaker(run.facts))
    said = str(outline(explainer.prove("Within", row, How(full=True))))
    assert "part of Kitchen, because every station is a unit" in said
    assert "because every station is a unit" in pipeline.exported_text(run, "turtle")


def test_names_in_braces_stay_as_they_are_beside_a_reason(tmp_path: Path) -> None:
    text = (
        ':Kitchen rdfs:label "Kitchen" . :Station rdfs:subClassOf cop:Unit ; rdfs:label "station" .'
        ':Sauces a :Station ; rdfs:label "Sauces {reason}" ; cop:part_of :Kitchen . '
        ":s a cop:Post ; cop:role :Saucier ; cop:unit :Sauces ."
    )
    hotel = hotel_that_says(text, tmp_path)
    asked = ["why", str(hotel), "Sauces {reason}", "--full", "--check"]
    answer = CliRunner().invoke(main, asked)
    assert answer.exit_code == 0, answer.output
    assert "Sauces {reason} is a unit, part of Kitchen, because every station" in answer.stdout


HAS = (
    ':Kitchen rdfs:label "Kitchen" ; :has :Sauces . :has owl:inverseOf cop:part_of . '
    ":Sauces a cop:Unit . :s a cop:Post ; cop:role :Saucier ; cop:unit :Sauces ."
)


def test_what_an_axiom_says_is_checked_in_german_too(tmp_path: Path) -> None:
    hotel = hotel_that_says(HAS, tmp_path)
    settings = hotel / "engagement.toml"
    german = settings.read_text(encoding="utf-8").replace('language = "en"', 'language = "de"')
    settings.write_text(german, encoding="utf-8")
    asked = ["why", str(hotel), "Saucier @ Sauces", "Kitchen", "--full", "--check"]
    answer = CliRunner().invoke(main, asked)
    assert answer.exit_code == 0, answer.output
    assert "denn „has“ sagt „part of“ in umgekehrter Richtung" in answer.stdout


def test_what_an_axiom_says_is_part_of_a_proof_and_checked(tmp_path: Path) -> None:
    hotel = hotel_that_says(HAS, tmp_path)
    because = "because “has” says “part of” the other way round"
    asked = ["why", str(hotel), "Saucier @ Sauces", "Kitchen", "--full", "--check"]
    answer = CliRunner().invoke(main, asked)
    assert answer.exit_code == 0, answer.output
    assert f"part of Kitchen, {because}" in answer.stdout

    run = pipeline.infer(pipeline.read(hotel), "duckdb", "not kept")
    explainer = Explainer(run.facts, run.rulebook, Speaker(run.facts))
    replayer = Replayer(run.facts, run.rulebook, folder=hotel)
    (row,) = run.facts.rows("Unit", unit="Sauces")
    proof = explainer.prove("Unit", row)
    assert list(prove_all(explainer, [("Unit", row)])) == [proof]
    assert not replayer.replay(proof).faults
    assert proof.says.endswith(f", {because}")
    plain = proof.says.removesuffix(f", {because}")
    for says in (plain, f"{plain}, because “has” says “part of”", f"{plain}, because it is so"):
        altered = msgspec.structs.replace(proof, says=says)
        assert [fault.fault for fault in replayer.replay(altered).faults] == [SAID_OTHERWISE]

    (written,) = run.facts.rows("Unit", unit="Hot station")
    proof = explainer.prove("Unit", written)
    assert not replayer.replay(proof).faults
    altered = msgspec.structs.replace(proof, says=f"{proof.says}, {because}")
    assert [fault.fault for fault in replayer.replay(altered).faults] == [SAID_OTHERWISE]


def test_what_follows_comes_back_from_an_export(read: Read, tmp_path: Path) -> None:
    """Also that something is of a kind of the client's own."""
    text = """
    :Station rdfs:subClassOf cop:Unit ; rdfs:label "station" . :has owl:inverseOf cop:part_of .
    :Spa :has :Pool . :Pool a :Station .
    """
    knowledge = read(spa(text))
    run = pipeline.infer(knowledge, "duckdb", "not kept")
    again = tmp_path / "again" / "knowledge" / "exported.ttl"
    again.parent.mkdir(parents=True)
    again.write_text(pipeline.exported_text(run, "turtle"), encoding="utf-8")
    back = pipeline.infer(pipeline.read(again.parent.parent), "duckdb", "not kept")
    assert run.facts.rows("Station") == [("Pool", "Spa", None, None)]
    for template in run.facts.vocabulary.templates:
        assert back.facts.rows(template) == run.facts.rows(template)


def test_a_kind_of_unit_can_be_asked_for_in_rules(tmp_path: Path, read: Read) -> None:
    rules = (
        "rule stations-train\n"
        "  if   Station(unit)\n       Post(post, unit)\n       Item(item)\n"
        "  then Wanted(post, item)\n"
        '  because "whoever stands at a station is trained"\n  basis "House rule."\n'
    )
    text = ":Station rdfs:subClassOf cop:Unit . :Pool a :Station ; cop:part_of :Spa . " + (
        ":guard a cop:Post ; cop:role :Guard ; cop:unit :Pool . :Rescue a cop:Item ."
    )
    knowledge = read(spa(text) | {"rules/own.rules": rules})
    run = pipeline.infer(knowledge, "duckdb", "not kept")
    assert run.facts.rows("Wanted") == [("Guard @ Pool", "Rescue")]


def test_a_property_that_joins_all_with_all_ends(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cop_expert.load.entail.MOST", 1000)
    chain = " ".join(f":p{n} a cop:Practice ; :on :p{n + 1} ." for n in range(100))
    found = problems(read, spa(f":on a owl:TransitiveProperty . {chain} :p100 a cop:Practice ."))
    assert [problem.code for problem in found] == ["too-large"]


def test_a_thing_that_stands_for_too_many_rows_is_told(read: Read) -> None:
    many = [f":{kind}{n}" for kind in "rp" for n in range(101)]
    roles, practices = " , ".join(many[:101]), " , ".join(many[101:])
    found = problems(read, spa(f":all a cop:Use ; cop:role {roles} ; cop:practice {practices} ."))
    assert [problem.message for problem in found if problem.code == "too-large"] == [
        "'all' says so much that it stands for 10,201 rows; 10,000 are the most"
    ]


# In the words of others


def test_the_organization_ontology(read: Read) -> None:
    text = """
    :acme a org:FormalOrganization ; skos:prefLabel "Acme" ; org:hasUnit :lab .
    :lab a org:OrganizationalUnit ; rdfs:label "Lab" ; dct:identifier "7" .
    :chemist a org:Role ; rdfs:label "Chemist" .
    :post1 a org:Post ; org:role :chemist ; org:postIn :lab .
    :ada a foaf:Person ; foaf:name "Ada Miller" .
    [] a org:Membership ; org:member :ada ; org:organization :lab ; org:role :chemist .
    [] a org:Membership ; org:member :ada ; org:organization :acme .
    :bob a foaf:Person ; foaf:name "Bob" ; org:holds :post2 ; org:headOf :lab .
    :post2 a org:Post ; org:role :clerk ; org:postIn :acme .
    :clerk a org:Role ; skosxl:prefLabel [ skosxl:literalForm "Clerk"@en , "commis"@fr ] .
    """
    knowledge = read({"knowledge/org.ttl": text})
    assert rows(knowledge, "Unit") == [("Acme", None, None, None), ("Lab", "Acme", None, "Bob")]
    assert [row[:3] for row in rows(knowledge, "Post")] == [
        ("Chemist @ Lab", "Chemist", "Lab"), ("Clerk @ Acme", "Clerk", "Acme"),
    ]  # fmt: skip
    assert rows(knowledge, "Person") == [
        ("Ada Miller", "Chemist", "Lab"), ("Bob", "Clerk", "Acme"),
    ]  # fmt: skip
    assert rows(knowledge, "Practice") == []
    reasons = why(knowledge, "Unit", unit="Lab")
    assert "every OrganizationalUnit is an Organization; " in reasons
    assert "“Organization” is read as “unit”" in reasons
    assert "“headOf” says “lead” the other way round" in reasons
    assert [warning.code for warning in knowledge.warnings] == ["left-out"]


def test_what_the_tables_say_counts_before_what_others_say(read: Read) -> None:
    text = """
    :b a org:FormalOrganization ; rdfs:label "bakery ltd" ; org:hasUnit :c , :d .
    :c a org:OrganizationalUnit ; rdfs:label "Bakery" . :d a org:Organization ; rdfs:label "Shop" .
    :p a org:Post ; org:postIn :c ; org:role [ a org:Role ; rdfs:label "Baker" ] .
    """
    knowledge = read(
        {
            "knowledge/org.ttl": text,
            "tables/units.csv": "unit,part of,goal\nBakery Ltd,,Bread\nBakery,Bakery Ltd,\n",
            "tables/roles.csv": "role,unit,headcount\nBaker,Bakery,3\n",
        }
    )
    assert [row[:3] for row in rows(knowledge, "Unit")] == [
        ("Bakery", "Bakery Ltd", None), ("Bakery Ltd", None, "Bread"), ("Shop", "Bakery Ltd", None),
    ]  # fmt: skip
    assert [row[3] for row in rows(knowledge, "Post")] == [3_000_000]
    assert not knowledge.warnings


def test_esco_and_skos(read: Read) -> None:
    text = """
    <http://data.europa.eu/esco/skill/1> a esco:Skill , skos:Concept ;
        skos:prefLabel "give massages"@en , "massieren"@de ; skos:broader <http://x.example/2> .
    <http://x.example/2> a skos:Concept ; skos:prefLabel "care for the body"@en ;
        skos:narrower <http://x.example/3> .
    <http://x.example/3> a skos:Concept ; skos:prefLabel "oil"@en .
    <http://data.europa.eu/esco/occupation/1> a esco:Occupation , skos:Concept ;
        skos:prefLabel "masseur"@en ;
        esco:relatedEssentialSkill <http://data.europa.eu/esco/skill/1> .
    <http://x.example/3> esco:isOptionalSkillFor <http://data.europa.eu/esco/occupation/1> .
    <http://data.europa.eu/esco/occupation/2> a esco:Occupation ; skos:prefLabel "diver"@en ;
        esco:relatedEssentialSkill <http://x.example/3> .
    """
    knowledge = read(spa(text))
    assert set(rows(knowledge, "Practice")) >= {
        ("give massages", "care for the body"), ("oil", "care for the body"),
    }  # fmt: skip
    assert "masseur" not in {row[0] for row in rows(knowledge, "Practice")}
    assert set(rows(knowledge, "Use")) == {
        ("Masseur", "Massage", 900_000),
        ("Masseur", "give massages", 1_000_000),
        ("Masseur", "oil", 500_000),
    }
    (warning,) = knowledge.warnings
    assert warning.code == "left-out"
    assert "one row speaks of a role that is not here" in warning.message


def test_courses_in_json_ld(read: Read) -> None:
    text = """
    {"@context": "http://schema.org/", "@graph": [
      {"@id": "urn:a", "@type": "Course", "name": "Deep tissue", "timeRequired": "PT2H30M",
       "teaches": {"@id": "http://hotel.example/spa#Massage"},
       "coursePrerequisites": {"@id": "urn:b"}},
      {"@id": "urn:b", "@type": "LearningResource", "name": "Anatomy"}]}
    """
    knowledge = read(spa("") | {"knowledge/courses.jsonld": text})
    assert [row[:2] for row in rows(knowledge, "Item")] == [
        ("Anatomy", 1_000_000), ("Deep tissue", 2_500_000),
    ]  # fmt: skip
    assert rows(knowledge, "Coverage") == [("Deep tissue", "Massage", 1_000_000)]
    assert why(knowledge, "Coverage") == "“teaches” is read as “coverage” (cop-align.ttl)"


def test_plain_properties(read: Read) -> None:
    text = """
    :Masseur cop:uses :Wellness , :Massage .
    :Oils a cop:Item ; cop:teaches :Massage ; cop:comes_after :Basics . :Basics a cop:Item .
    """
    knowledge = read(spa(text))
    assert set(rows(knowledge, "Use")) == {
        ("Masseur", "Massage", 900_000), ("Masseur", "Wellness", 1_000_000),
    }  # fmt: skip
    assert rows(knowledge, "Coverage") == [("Oils", "Massage", 1_000_000)]
    assert rows(knowledge, "Prerequisite") == [("Oils", "Basics")]
    assert why(knowledge, "Prerequisite") == ""


# SWRL

RULE = """
:p a swrl:Variable . :r a swrl:Variable . :h a swrl:Variable . :w a swrl:Variable .
:Rescue a cop:Item .
:imp a swrl:Imp ; rdfs:label "Rescue for all" ; rdfs:comment "{r} works near water" ; {more}
  swrl:body (
    [ a swrl:ClassAtom ; swrl:classPredicate cop:Post ; swrl:argument1 :p ]
    [ a swrl:IndividualPropertyAtom ; swrl:propertyPredicate cop:role ;
      swrl:argument1 :p ; swrl:argument2 :r ]
    [ a swrl:DatavaluedPropertyAtom ; swrl:propertyPredicate cop:headcount ;
      swrl:argument1 :p ; swrl:argument2 :h ]
    [ a swrl:BuiltinAtom ; swrl:builtin {builtin} ; swrl:arguments ( :h 2.25 ) ] ) ;
  swrl:head (
    [ a swrl:ClassAtom ; swrl:classPredicate {conclusion} ; swrl:argument1 :w ]
    [ a swrl:IndividualPropertyAtom ; swrl:propertyPredicate cop:post ;
      swrl:argument1 :w ; swrl:argument2 :p ]
    [ a swrl:IndividualPropertyAtom ; swrl:propertyPredicate cop:item ;
      swrl:argument1 :w ; swrl:argument2 :Rescue ] ) .
"""


def rule(builtin: str = "swrlb:greaterThan", conclusion: str = "cop:Wanted", more: str = "") -> str:
    text = RULE.replace("{builtin}", builtin).replace("{conclusion}", conclusion)
    return text.replace("{more}", more)


@pytest.mark.parametrize("engine", ["experta", "duckdb"])
@pytest.mark.parametrize(("builtin", "fires"), [("greaterThan", True), ("lessThan", False)])
def test_a_swrl_rule_runs_like_our_own(engine: str, builtin: str, fires: bool, read: Read) -> None:
    run = pipeline.infer(read(spa(rule(f"swrlb:{builtin}"))), engine, "not kept")
    assert run.facts.rows("Wanted") == ([("Masseur @ Spa", "Rescue")] if fires else [])
    if fires:
        explainer = Explainer(run.facts, run.rulebook, Speaker(run.facts))
        (proof,) = explainer.prove("Wanted", run.facts.rows("Wanted")[0]).derivations
        assert proof.because == "Masseur works near water"
        assert proof.rule == "rescue-for-all"
        assert str(proof.origin) == "knowledge/spa.ttl"


@pytest.mark.parametrize("other", ["a_b", "A b", "é b", "http://other.example/#a-b"])
def test_variables_that_look_alike_are_not_one(other: str, read: Read) -> None:
    name = other.replace(" ", "%20")
    iri = name if ":" in name else f"urn:swrl:var#{name}"
    alike = rule(more="").replace(":p ", "<urn:swrl:var#a-b> ").replace(":Rescue ", f"<{iri}> ")
    text = f"""{alike.replace(f"<{iri}> a cop:Item", f"<{iri}> a swrl:Variable")}
    :Rescue a cop:Item ."""
    body = f"[ a swrl:ClassAtom ; swrl:classPredicate cop:Item ; swrl:argument1 <{iri}> ]"
    text = text.replace("swrl:body (", f"swrl:body ( {body}")
    text = text.replace("{r} works near water", f"{{r}} takes {{{name.rpartition('#')[2]}}}")
    run = pipeline.infer(read(spa(text)), "duckdb", "not kept")
    (row,) = run.facts.rows("Wanted")
    assert row == ("Masseur @ Spa", "Rescue")
    (proof,) = (
        Explainer(run.facts, run.rulebook, Speaker(run.facts)).prove("Wanted", row).derivations
    )
    assert proof.because.startswith("Masseur takes ")


RULE_XML = """
<DLSafeRule>
  <Annotation><AnnotationProperty abbreviatedIRI="rdfs:label"/>
    <Literal>Rescue for all</Literal></Annotation>
  <Annotation><AnnotationProperty abbreviatedIRI="rdfs:comment"/>
    <Literal xml:lang="en">{r} works near water</Literal></Annotation>
  <Body>
    <ClassAtom><Class abbreviatedIRI="cop:Post"/><Variable IRI="urn:swrl:var#p"/></ClassAtom>
    <ObjectPropertyAtom><ObjectProperty abbreviatedIRI="cop:role"/>
      <Variable IRI="urn:swrl:var#p"/><Variable IRI="urn:swrl:var#r"/></ObjectPropertyAtom>
    <DataPropertyAtom><DataProperty IRI="https://cop-expert.org/ns#headcount"/>
      <Variable IRI="urn:swrl:var#p"/><Variable IRI="urn:swrl:var#h"/></DataPropertyAtom>
    <BuiltInAtom IRI="http://www.w3.org/2003/11/swrlb#greaterThan">
      <Variable IRI="urn:swrl:var#h"/>
      <Literal datatypeIRI="http://www.w3.org/2001/XMLSchema#decimal">2.25</Literal></BuiltInAtom>
  </Body>
  <Head>
    <ClassAtom><Class abbreviatedIRI="cop:Wanted"/><Variable IRI="urn:swrl:var#w"/></ClassAtom>
    <ObjectPropertyAtom><ObjectProperty abbreviatedIRI="cop:post"/>
      <Variable IRI="urn:swrl:var#w"/><Variable IRI="urn:swrl:var#p"/></ObjectPropertyAtom>
    <ObjectPropertyAtom><ObjectProperty abbreviatedIRI="cop:item"/>
      <Variable IRI="urn:swrl:var#w"/><NamedIndividual IRI="#Rescue"/></ObjectPropertyAtom>
  </Head>
</DLSafeRule>
<ClassAssertion><Class abbreviatedIRI="cop:Item"/><NamedIndividual IRI="#Rescue"/></ClassAssertion>
"""


def test_a_rule_in_owl_xml_runs_like_our_own(read: Read) -> None:
    xml = OWL_XML.replace("</Ontology>", f"{RULE_XML}</Ontology>")
    in_xml = pipeline.infer(read({"knowledge/spa.owx": xml}), "duckdb", "not kept")
    assert in_xml.facts.rows("Wanted") == [("Masseur @ Spa", "Rescue")]
    explainer = Explainer(in_xml.facts, in_xml.rulebook, Speaker(in_xml.facts))
    (proof,) = explainer.prove("Wanted", in_xml.facts.rows("Wanted")[0]).derivations
    assert (proof.rule, proof.because) == ("rescue-for-all", "Masseur works near water")


def test_a_rule_that_is_switched_off_is_none(read: Read) -> None:
    knowledge = read(spa(rule(more="swrla:isRuleEnabled false ;")))
    assert "rescue-for-all" not in knowledge.rulebook.rules


@pytest.mark.parametrize(
    "text",
    [rule("swrlb:matches"), rule(conclusion=":Sunny"), rule(conclusion="cop:Person")],
    ids=["built-in", "class", "property"],
)
def test_a_rule_that_cannot_be_one_of_ours_is_told(text: str, read: Read) -> None:
    assert {problem.code for problem in problems(read, spa(text))} == {"unfit-rule"}


# Files that mean harm

DEEP = "<urn:a> <urn:b> " + "[ <urn:b> " * 50_000
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + ']><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="urn:x">'
    '<rdf:Description rdf:about="urn:a"><x:b>&i;</x:b></rdf:Description></rdf:RDF>'
)
HOSTILE = {
    "deep.ttl": DEEP,
    "deep.jsonld": "[" * 100_000,
    "bomb.owl": BOMB,
    "elsewhere.rdf": BOMB.replace('"aaaaaaaaaa"', 'SYSTEM "file:///etc/passwd"'),
    "remote.jsonld": '{"@context": "https://evil.example/context", "@id": "urn:a"}',
    "inside.jsonld": '{"@context": {"k": {"@id": "urn:k", "@context": "http://evil.example/"}}}',
    "imported.jsonld": '{"@context": {"@import": "http://evil.example/"}, "@id": "urn:a"}',
    "no-text.ttl": "\ufeff\x00\x01",
    "functional.owl": "Prefix(:=<urn:x>)\nOntology(<urn:x>)",
    "rules.owx": OWL_XML.replace(
        "</Ontology>", "<DLSafeRule><Body><A/></Body></DLSafeRule></Ontology>"
    ),
    "broken.owx": OWL_XML.replace("</Ontology>", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_means_harm_is_told_at_once(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(HOSTILE[name], encoding="utf-8")
    started = time.process_time()
    graph, (problem,) = read_graph(tmp_path / name, name)
    assert time.process_time() - started < 10
    assert problem.code == "unreadable-ontology"
    assert len(graph) == 0
    assert "Traceback" not in str(problem)


IMPORTED = ("http://evil.example/x", "file:///etc/hostname")


TOO_MUCH = {
    "round list": ":list <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> :list .",
    "long rule": rule("swrlb:add").replace(":h 2.25", ":h " + "2 " * 3000),
    "infinite": rule().replace("2.25", '"INF"^^<http://www.w3.org/2001/XMLSchema#double>'),
    "no number": rule().replace("2.25", '"NaN"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
    "huge": rule().replace("2.25", '"1e99999999"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_never_ends_is_told(name: str, read: Read) -> None:
    found = {problem.code for problem in problems(read, spa(TOO_MUCH[name]))}
    assert found & {"unreadable-ontology", "unfit-rule"}


def test_an_axiom_about_all_that_has_a_label_is_about_the_files_only(read: Read) -> None:
    knowledge = read(spa("rdfs:label rdfs:domain cop:Unit ."))
    assert [row[0] for row in rows(knowledge, "Unit")] == ["House", "Spa"]


@pytest.mark.parametrize("imported", IMPORTED)
def test_imports_are_not_followed(imported: str, read: Read) -> None:
    read(spa(f"<http://hotel.example/spa> a owl:Ontology ; owl:imports <{imported}> ."))


@pytest.mark.parametrize("imported", IMPORTED)
def test_imports_of_owl_xml_are_not_followed(imported: str, read: Read) -> None:
    importing = f"<Import>{imported}</Import><Declaration>"
    knowledge = read({"knowledge/spa.owx": OWL_XML.replace("<Declaration>", importing, 1)})
    assert rows(knowledge, "Use") == [("Masseur", "Massage", 900_000)]


# Classes that mean harm

OWN = """
:Oven a owl:Class ; rdfs:label "oven" ; cop:table "ovens" ; cop:optionalTable true ;
    cop:says "an oven of {unit} takes {heat}"@en ; rdfs:subClassOf cop:Given ,
    [ a owl:Restriction ; owl:onProperty cop:unit ; owl:cardinality 1 ] ,
    [ a owl:Restriction ; owl:onProperty :heat ; owl:maxCardinality 1 ] .
:heat rdfs:range cop:Amount . :o a :Oven ; cop:unit :Spa ; :heat 3 .
"""
THINGS = (
    ":Oven :heat :other :o :Spa cop:Unit cop:Use cop:Post cop:unit cop:role cop:Given cop:Inferred "
    "cop:Hours cop:Amount xsd:string owl:Class rdfs:Datatype <urn:a/@names>"
)
VALUES = [
    *THINGS.split(), "[]", "()", "( cop:unit )", "1", "-1", "true", '"abc"', '""', '"units"',
    '"heat unit"', '"{heat} {"', '"{unit} @ {heat}"', "[ owl:unionOf ( cop:Unit :o ) ]",
    "[ owl:onProperty :other ; owl:cardinality 1 ]",
    "[ cop:from :heat ; cop:as cop:uses ; cop:to cop:unit ]",
    "[ owl:onDatatype xsd:decimal ; owl:withRestrictions ( [ xsd:minInclusive 9 ] ) ]",
]  # fmt: skip
SAID = (
    "a rdfs:subClassOf rdfs:range rdfs:label owl:equivalentClass owl:hasKey owl:onProperty "
    "owl:cardinality owl:maxCardinality owl:inverseOf owl:unionOf cop:across cop:acyclic cop:as "
    "cop:alsoCalled cop:alsoColumn cop:askOrder cop:asks cop:called cop:changeCost cop:column "
    "cop:compareOrder cop:declares cop:default cop:example cop:factor cop:from cop:hint "
    "cop:inCells cop:itself cop:lapses cop:mayChange cop:mustBe cop:naming cop:onDemand "
    "cop:optionalTable cop:order cop:problem cop:readAs cop:readBackAs cop:relation cop:remark "
    "cop:says cop:saysNot cop:saysOne cop:single cop:table cop:to"
)
statements = st.lists(
    st.tuples(
        st.sampled_from(THINGS.split()), st.sampled_from(SAID.split()), st.sampled_from(VALUES)
    ),
    min_size=1,
    max_size=4,
)


def test_a_taxonomy_of_classes_is_told_to_be_one_of_individuals(read: Read) -> None:
    text = " ".join(f":Skill{n} rdfs:subClassOf cop:Practice ." for n in range(1_000))
    (found,) = problems(read, spa(text))
    assert found.code == "too-large"
    assert "individuals of one class" in found.help


def test_bad_names_without_end_are_counted(read: Read) -> None:
    text = " ".join(f"<urn:x/@{n}> rdfs:subClassOf cop:Unit ." for n in range(200))
    found = problems(read, spa(text))
    assert len(found) == 101
    assert found[-1].code == "more-problems"


def test_a_class_of_ones_own_is_fine(read: Read) -> None:
    assert rows(read(spa(OWN)), "Oven") == [("Spa", 3_000_000)]


@given(statements)
@settings(max_examples=30, deadline=None)
def test_no_class_makes_it_fall(said: list[tuple[str, str, str]]) -> None:
    """Whatever ontologies say of classes, fields and datatypes, it is read or told."""
    text = " ".join(f"{subject} {predicate} {found} ." for subject, predicate, found in said)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "knowledge" / "spa.ttl"
        path.parent.mkdir()
        path.write_text(PREFIXES + SPA + OWN + text, encoding="utf-8")
        try:
            pipeline.read(Path(folder))
        except KnowledgeProblem as problem:
            assert all(found.origin.source for found in problem.diagnostics)


JAVA = pytest.mark.skipif(not shutil.which("java"), reason="HermiT needs Java")


@JAVA
def test_the_reasoner_names_the_fewest_statements(tmp_path: Path) -> None:
    text = """
    :Wet a owl:Class ; owl:disjointWith :Dry . :Dry a owl:Class .
    :Pool a cop:Unit , :Wet , :Dry ; rdfs:label "Pool" .
    """
    path = tmp_path / "knowledge" / "spa.ttl"
    path.parent.mkdir()
    path.write_text(PREFIXES + text, encoding="utf-8")
    (problem,) = pipeline.contradictions_of_ontologies(tmp_path)
    assert problem.code == "inconsistent"
    said = problem.message.partition(": ")[2]
    assert said == "Pool is a Dry, Pool is a Wet and no Wet is a Dry"
    path.write_text(PREFIXES + text.replace(", :Dry ;", ";"), encoding="utf-8")
    assert pipeline.contradictions_of_ontologies(tmp_path) == []


@JAVA
def test_the_reasoner_follows_no_imports(tmp_path: Path) -> None:
    """Nor those of an ontology that has no name."""
    path = tmp_path / "knowledge" / "spa.ttl"
    path.parent.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        text = f"[] a owl:Ontology ; owl:imports <{address}> . :o <urn:1> 3 ."
        path.write_text(PREFIXES + text, encoding="utf-8")
        assert pipeline.contradictions_of_ontologies(tmp_path) == []
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_file_that_is_too_large_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cop_expert.load.graph.LARGEST", 10)
    (tmp_path / "large.ttl").write_text("<urn:a> <urn:b> <urn:c> .", encoding="utf-8")
    _, (problem,) = read_graph(tmp_path / "large.ttl", "large.ttl")
    assert "larger than" in problem.message
