"""Knowledge from an ontology editor: own classes and individuals, in Turtle and in OWL's XML."""

import shutil
from pathlib import Path

import pytest
from rdflib import Graph

from cop_expert import pipeline
from cop_expert.explain.outline import outline
from cop_expert.explain.why import Explainer
from cop_expert.explain.words import Speaker
from cop_expert.model.diagnostic import KnowledgeProblem

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"
SPA = """
@prefix cop: <https://cop-expert.org/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix ex: <http://example.org/spa#> .
<http://example.org/spa> a owl:Ontology .
ex:Spa a cop:Unit ; rdfs:label "Spa" ; cop:part_of ex:Grand_Hotel .
ex:masseurs a cop:Post ; cop:role ex:Masseur ; cop:unit ex:Spa ; cop:headcount 3.0 .
ex:use1 a cop:Use ; cop:role ex:Masseur ; cop:practice ex:Massage ; cop:importance 0.9 .
ex:Massage a cop:Practice ; cop:broader ex:Hospitality , ex:Wellness .
ex:Wellness a cop:Practice .
"""


@pytest.fixture
def hotel(tmp_path: Path) -> Path:
    shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))
    (tmp_path / "hotel" / "knowledge").mkdir()
    return tmp_path / "hotel"


@pytest.mark.parametrize("form", ["turtle", "xml"])
def test_individuals_load_like_rows(hotel: Path, form: str) -> None:
    name = {"turtle": "spa.ttl", "xml": "spa.owl"}[form]
    Graph().parse(data=SPA, format="turtle").serialize(hotel / "knowledge" / name, format=form)
    facts = pipeline.read(hotel).facts
    assert facts.records("Post", unit="Spa") == [
        {"post": "Masseur @ Spa", "role": "Masseur", "unit": "Spa", "headcount": 3_000_000}
    ]
    assert facts.records("Unit", unit="Spa")[0]["part_of"] == "Grand Hotel"
    broader = [r["broader"] for r in facts.records("Practice", practice="Massage")]
    assert broader == ["Hospitality", "Wellness"]
    assert facts.origins("Unit", facts.rows("Unit", unit="Spa")[0])[0].source == f"knowledge/{name}"


def test_an_unreadable_ontology_is_located(hotel: Path) -> None:
    (hotel / "knowledge" / "spa.ttl").write_text("ex:Spa a cop:Unit .", encoding="utf-8")
    with pytest.raises(KnowledgeProblem) as problem:
        pipeline.read(hotel)
    (found,) = problem.value.diagnostics
    assert found.code == "unreadable-ontology"
    assert found.origin.source == "knowledge/spa.ttl"


def test_a_template_of_ones_own_is_loaded_used_and_explained() -> None:
    northwater = HOTEL.parent / "northwater"
    run = pipeline.infer(pipeline.read(northwater), "duckdb", "unkept")
    row = run.facts.rows("RenewalHours", community="Engineering and Capital")[0]
    item = outline(
        Explainer(run.facts, run.rulebook, Speaker(run.facts)).prove("RenewalHours", row)
    )
    assert item.text == "Engineering and Capital needs 282.5 hours a year to keep its cards valid"
    assert item.children[0].children[0].origins[0].source == "tables/renewals.csv"
