"""Files of other people in, proposals and located doubts out; nothing is merged without a word."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from test_tables import VOCABULARY, load
from workbooks import sheet, write_parts

from cop_expert.cli import main
from cop_expert.facts import FactBase
from cop_expert.load.findings import Findings
from cop_expert.load.mapping import read_foreign
from cop_expert.load.propose import Proposal, Wishes, near_names, propose
from cop_expert.model.origin import Origin

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"
NONE = Wishes()
STAFF = sheet(
    ["Staff of the bakery, May 2025"],
    [],
    ["Emp no", "Full name", "Job title", "Department", "Division", "FTE"],
    [1, "Ada", "Baker", "Bakery", "Production", 1],
    [2, "Bo", "Baker", "Bakery", "Production", 0.5],
    [3, "Cy", "Sous chef", "Kitchen", "Production", 1],
    [4, "Di", "sous-chef", "Kitchen", "Production", 1],
    [5, "Ed", "Shop assistant", "Shop", "Sales", 1],
)
MATRIX = "Role;Knife skills;Sauces;Baking;Comments\nBaker;1;0,5;x;\nCook;-;4;2;talk to Bo\n"
PEOPLE = "Name,Job title,Knives,Sauces,Baking\nAda,Baker,1,2,5\nBo,baker,2,2,4\nCy,Cook,5,,1\n"
LMS = (
    "Course title,Duration (hours),Provider,Mandatory for,Skill,Prerequisites\n"
    "Knife safety,2,Acme,Baker,Knife skills,\nSauces II,6,Acme,,Sauces,Knife safety\n"
)
NHS = (
    "Type of Training,Staff Groups,Frequency,Delivery Method,Other Information,"
    "Location of records\n"
    "Fire safety,Baker,Annual,E-learning,,ESR\n"
)


def proposed(path: Path, wishes: Wishes = NONE) -> Proposal:
    facts, findings = FactBase.new(VOCABULARY), Findings()
    raw = read_foreign(path, f"imports/{path.name}", "", facts, findings)
    assert not findings.diagnostics()
    return propose(raw, f"imports/{path.name}", wishes, facts)


def columns(found: Proposal) -> list[tuple[str, dict[str, str]]]:
    return [(mapping.table, mapping.columns) for mapping in found.mappings]


def staff(folder: Path) -> Path:
    return write_parts(folder / "staff.xlsx", {"Read me (ignore)": sheet(["x"]), "Staff": STAFF})


def text(folder: Path, content: str) -> Path:
    path = folder / "file.csv"
    path.write_text(content, encoding="utf-8")
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, ["import", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


# What is proposed


def test_a_list_of_employees(tmp_path: Path) -> None:
    found = proposed(staff(tmp_path))
    assert columns(found) == [
        ("people", {"person": "Full name", "role": "Job title", "unit": "Department"}),
        ("roles", {"role": "Job title", "unit": "Department"}),
        ("units", {"unit": "Department", "part of": "Division"}),
        ("units", {"unit": "Division"}),
    ]
    assert found.left == ("Emp no", "FTE")


def test_a_matrix_of_roles_and_skills(tmp_path: Path) -> None:
    found = proposed(text(tmp_path, MATRIX))
    assert columns(found) == [
        ("practices", {"practice": "(heading)"}),
        ("role_practices", {"role": "Role", "practice": "(heading)", "importance": "(cell)"}),
    ]
    assert found.left == ("Comments",)
    assert found.doubts == ("the numbers for role_practices seem to run from 0 to 4",)


def test_a_matrix_of_people_and_skills_is_about_needs(tmp_path: Path) -> None:
    found = proposed(text(tmp_path, PEOPLE))
    assert columns(found)[1] == (
        "needs",
        {"role": "Job title", "practice": "(heading)", "current": "(cell)"},
    )


def test_a_matrix_of_courses_and_skills(tmp_path: Path) -> None:
    file = text(tmp_path, "Course,Knives,Sauces,Baking\nKnife safety,3,,1\nSauces II,,3,1\n")
    assert columns(proposed(file)) == [
        ("practices", {"practice": "(heading)"}),
        ("item_practices", {"item": "Course", "practice": "(heading)", "weight": "(cell)"}),
    ]


def test_numbers_of_a_catalogue_make_no_matrix(tmp_path: Path) -> None:
    file = text(tmp_path, "Course,Hours,Price,Seats,Since\nSafety,2,450,12,2019\n")
    assert columns(proposed(file)) == [("items", {"item": "Course", "hours": "Hours"})]


ALLERGENS = """
@prefix : <https://hotel.example/ns#> .
@prefix cop: <https://cop-expert.org/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:allergen rdfs:range cop:Text . :traces rdfs:range cop:Amount .
:dish rdfs:range cop:Text ; cop:alsoCalled "meal" .
:Allergen rdfs:subClassOf cop:Given ,
        [ a owl:Restriction ; owl:onProperty :dish ; owl:cardinality 1 ] ,
        [ a owl:Restriction ; owl:onProperty :allergen ; owl:cardinality 1 ] ,
        [ a owl:Restriction ; owl:onProperty :traces ; owl:cardinality 1 ] ;
    owl:hasKey ( :dish :allergen ) ; cop:table "allergens" ; cop:optionalTable true ;
    cop:across :allergen ; cop:inCells :traces .
"""


def test_a_matrix_of_the_clients_own(tmp_path: Path) -> None:
    """What a matrix is made of stands in the ontology, not in the program."""
    folder = shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))
    (folder / "knowledge").mkdir()
    (folder / "knowledge" / "own.ttl").write_text(ALLERGENS)
    file = text(tmp_path, "Meal;Nuts;Milk;Eggs\nOmelette;0;2;5\nPesto;5;3;0\n")
    said = " ".join(run(folder, file).split())
    assert "allergens 6 rows dish ← Meal, allergen ← (heading), traces ← (cell)" in said


def test_a_catalogue_of_courses(tmp_path: Path) -> None:
    assert columns(proposed(text(tmp_path, LMS))) == [
        ("item_practices", {"item": "Course title", "practice": "Skill"}),
        (
            "items",
            {
                "item": "Course title",
                "hours": "Duration (hours)",
                "mandatory": "Mandatory for",
            },
        ),
        ("practices", {"practice": "Skill"}),
        ("prerequisites", {"item": "Course title", "requires": "Prerequisites"}),
    ]


def test_a_training_list_of_the_nhs(tmp_path: Path) -> None:
    found = proposed(text(tmp_path, NHS))
    assert columns(found) == [("items", {"item": "Type of Training", "mandatory": "Staff Groups"})]
    assert "Frequency" in found.left


def test_what_only_sounds_alike_is_in_doubt(tmp_path: Path) -> None:
    found = proposed(text(tmp_path, "Postion title,Dept.,Team\nBaker,Bakery,Ovens\n"))
    assert columns(found)[0] == ("roles", {"role": "Postion title", "unit": "Dept."})
    assert found.doubts == (
        "'Dept.' is taken for unit; so could 'Team' be",
        "'Postion title' is taken for role because it sounds like it",
    )


def test_the_user_knows_better(tmp_path: Path) -> None:
    wishes = Wishes(("roles",), {("roles", "unit"): "Team", ("roles", "headcount"): "n"})
    found = proposed(text(tmp_path, "Job,Dept,Team,n\nBaker,Bakery,Ovens,3\n"), wishes)
    assert columns(found) == [("roles", {"role": "Job", "unit": "Team", "headcount": "n"})]


# What is read


def remembered(folder: Path, file: Path, *options: str) -> Path:
    folder.mkdir(exist_ok=True)
    run(folder, file, "--write", *options)
    return folder


def test_each_thing_is_said_once(tmp_path: Path) -> None:
    tables, problems = load(remembered(tmp_path / "bakery", staff(tmp_path)))
    assert not problems
    assert sorted(map(str, tables.column("Unit", "unit"))) == [
        "Bakery", "Kitchen", "Production", "Sales", "Shop",
    ]  # fmt: skip
    assert len(tables.column("Person", "person")) == 5
    posts = [str(post) for post in tables.column("Post", "post")]
    assert posts.count("Baker @ Bakery") == 1
    (origin,) = tables.facts.origins("Post", tables.facts.rows("Post", role="Sous chef")[0])
    assert origin == Origin("imports/staff.xlsx/Staff", 6)


def test_nothing_is_merged_but_what_the_user_says(tmp_path: Path) -> None:
    folder, file = tmp_path / "bakery", staff(tmp_path)
    folder.mkdir()
    said = run(folder, file)
    assert (
        "'sous-chef' (imports/staff.xlsx, sheet Staff, C7) may be the same as 'Sous chef'" in said
    )
    assert not list(folder.iterdir())
    tables, _ = load(remembered(folder, file))
    assert "sous-chef @ Kitchen" in tables.column("Post", "post")
    tables, _ = load(remembered(folder, file, "--aliases"))
    aliases = folder / "tables" / "aliases.csv"
    assert aliases.read_text(encoding="utf-8-sig") == "alias,means\nsous-chef,Sous chef\n"
    assert "sous-chef @ Kitchen" not in tables.column("Post", "post")
    assert tables.column("Person", "role").count("Sous chef") == 2
    aliases.write_text("alias,means\n")
    tables, _ = load(folder)
    assert "sous-chef @ Kitchen" in tables.column("Post", "post")


def test_aliases_hold_in_the_clients_own_tables_too(tmp_path: Path) -> None:
    folder = remembered(tmp_path / "bakery", staff(tmp_path))
    (folder / "tables").mkdir()
    (folder / "tables" / "aliases.csv").write_text(
        "alias,means\nAll staff,everyone\nbread, Baker\n"
    )
    (folder / "tables" / "items.csv").write_text("item,mandatory\nFire,all staff\nRye,Bread\n")
    tables, problems = load(folder)
    assert not problems
    assert tables.column("Item", "mandatory") == ["everyone", "Baker"]


def test_a_matrix_is_read_in_its_cells(tmp_path: Path) -> None:
    file = text(tmp_path, MATRIX.replace("2;talk", "seven;talk"))
    folder = remembered(tmp_path / "bakery", file, "--scale", "0..5")
    (folder / "tables").mkdir()
    (folder / "tables" / "units.csv").write_text("unit\nBakery\n")
    (folder / "tables" / "roles.csv").write_text("role,unit\nBaker,Bakery\nCook,Bakery\n")
    tables, problems = load(folder)
    assert [(str(p.origin), p.code) for p in problems if not p.warning] == [
        ("imports/file.csv:3:4", "unreadable-number")
    ]
    uses = zip(
        *(tables.column("Use", name) for name in ("role", "practice", "importance")), strict=True
    )
    assert set(uses) == {
        ("Baker", "Knife skills", 200_000),
        ("Baker", "Sauces", 100_000),
        ("Baker", "Baking", 1_000_000),
        ("Cook", "Sauces", 800_000),
    }


def test_levels_of_people_become_the_mean_of_their_role(tmp_path: Path) -> None:
    folder = remembered(tmp_path / "bakery", text(tmp_path, PEOPLE), "--scale", "0..5")
    (folder / "tables").mkdir()
    (folder / "tables" / "units.csv").write_text("unit\nBakery\n")
    (folder / "tables" / "roles.csv").write_text("role,unit\nBaker,Bakery\nCook,Bakery\n")
    tables, problems = load(folder)
    assert not problems
    levels = zip(*(tables.column("Need", n) for n in ("role", "practice", "current")), strict=True)
    assert set(levels) == {
        ("Baker", "Knives", 300_000),
        ("Baker", "Sauces", 400_000),
        ("Baker", "Baking", 900_000),
        ("Cook", "Knives", 1_000_000),
        ("Cook", "Baking", 200_000),
    }


def test_what_the_engagement_knows_is_not_said_again_but_contradictions_are(tmp_path: Path) -> None:
    folder = tmp_path / "hotel"
    shutil.copytree(HOTEL, folder, ignore=shutil.ignore_patterns(".cop"))
    matrix = "Role,Knife work,Wine service,Plating\nServer,,0.6,\nChef,0.2,,1\n"
    tables, problems = load(remembered(folder, text(tmp_path, matrix)))
    assert [(str(p.origin), p.code) for p in problems] == [("imports/file.csv:3", "duplicate")]
    assert "imports/file.csv" not in {
        origin.source
        for row in tables.facts.rows("Practice")
        for origin in tables.facts.origins("Practice", row)
    }


def test_a_new_export_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "bakery"
    folder.mkdir()
    settings = '# by Ada\nname = "Bakery"  # the client\n\n[parameters]\nrunning = 12\n'
    (folder / "engagement.toml").write_text(settings)
    remembered(folder, staff(tmp_path))
    write_parts(tmp_path / "staff.xlsx", {"Staff": STAFF.replace("Kitchen", "Cellar")})
    tables, problems = load(remembered(folder, tmp_path / "staff.xlsx"))
    assert not problems
    assert "Cellar" in tables.column("Unit", "unit")
    kept = (folder / "engagement.toml").read_text()
    assert kept.startswith(settings)
    assert kept.count("[[import]]") == 4


def test_what_does_not_fit_any_more_is_said(tmp_path: Path) -> None:
    folder = remembered(tmp_path / "bakery", staff(tmp_path))
    write_parts(
        folder / "imports" / "staff.xlsx", {"Staff": STAFF.replace("Job title", "Job tilte")}
    )
    _, problems = load(folder)
    settings = (folder / "engagement.toml").read_text(encoding="utf-8").splitlines()
    assert str(problems[0]) == (
        "imports/staff.xlsx, sheet Staff, row 3: error[missing-column]: "
        "sheet Staff has no column 'Job title'\n"
        f"  engagement.toml:{settings.index('[[import]]') + 1}: named here\n"
        "  help: did you mean 'Job tilte'?"
    )
    (folder / "imports" / "staff.xlsx").unlink()
    _, problems = load(folder)
    assert {problem.code for problem in problems} == {"unreadable"}


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["Sous chef", "sous-chef", "SOUS CHEF"], [("Sous chef", "sous-chef")]),
        (["Receptionist", "Receptionists"], [("Receptionist", "Receptionists")]),
        (["Chef", "Chefs"], [("Chef", "Chefs")]),
        (["Knife skills", "Knife skils"], [("Knife skills", "Knife skils")]),
        (["Nurse I", "Nurse II", "Team A", "Team B", "Level 10", "Level 11"], []),
        (["Chef", "Chief", "Cook", "Book"], []),
    ],
)
def test_names_that_are_nearly_alike(names: list[str], pairs: list[tuple[str, str]]) -> None:
    assert list(near_names(names)) == pairs


def test_a_dry_run_for_machines(tmp_path: Path) -> None:
    (tmp_path / "bakery").mkdir()
    found = json.loads(run(tmp_path / "bakery", staff(tmp_path), "--json"))
    assert found["rows"] == {"people": 5, "roles": 4, "units": 5}
    assert found["same"][0]["alias"] == "sous-chef"


def test_an_import_that_reaches_outside_is_refused(tmp_path: Path) -> None:
    for file in ("../secret.csv", "imports/../../secret.csv", "/etc/passwd", "tables/x.csv"):
        section = f'[[import]]\nfile = "{file}"\ntable = "units"\ncolumns = {{unit = "x"}}\n'
        (tmp_path / "engagement.toml").write_text(section)
        _, problems = load(tmp_path)
        assert [(str(p.origin), p.code) for p in problems if p.code != "no-tables"] == [
            ("engagement.toml:1", "malformed-import")
        ]


HEADS = st.sampled_from(["Role", "Skill", "Name", "Dept", "(cell)", "x", "", "Knife", "Level", '"'])
CELLS = st.sampled_from(
    ["1", "x", "-", "Baker", "", "0,5", "\0", '"', "=1", "9" * 400, "✓", "#N/A"]
)
FILES = st.builds(
    lambda headings, rows: "\n".join(map(",".join, [headings, *rows])).encode(),
    st.lists(HEADS, max_size=8),
    st.lists(st.lists(CELLS, max_size=8), max_size=6),
)


@settings(max_examples=60, deadline=None)
@given(FILES | st.binary(max_size=100))
def test_no_file_makes_it_fall(raw: bytes) -> None:
    with TemporaryDirectory() as name:
        file, folder = Path(name) / "file.csv", Path(name) / "bakery"
        file.write_bytes(raw)
        folder.mkdir()
        result = CliRunner().invoke(main, ["import", str(folder), str(file), "--write"])
        assert result.exit_code in (0, 1), result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        _, problems = load(folder)
        assert all(map(str, problems))
