"""Published catalogues in, role profiles on our scale out."""

import json
import os
import resource
import shutil
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_tables import load

from cop_expert.cli import main
from cop_expert.load.catalogue import Catalogue, NoMatch, choose, open_catalogue, profiles
from cop_expert.load.csv_file import UnreadableFile

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"
DATA = Path(os.environ.get("COP_DATA", Path(__file__).parents[2] / "shared" / "data")) / "onet"
HEADINGS = (
    "O*NET-SOC Code\tTitle\tElement ID\tElement Name\tScale ID\tData Value\t"
    "Recommend Suppress\tNot Relevant"
)
SKILLS = f"""\
{HEADINGS}
35-1011.00\tChefs and Head Cooks\t2.A.1.e\tMathematics\tIM\t3.0\tN\t
35-1011.00\tChefs and Head Cooks\t2.A.1.e\tMathematics\tLV\t3.5\tN\tN
35-1011.00\tChefs and Head Cooks\t2.B.1.a\tCoordination\tIM\t5\tN\t
35-1011.00\tChefs and Head Cooks\t2.B.1.a\tCoordination\tLV\t7\tN\tY
35-1011.00\tChefs and Head Cooks\t2.B.1.e\tInstructing\tIM\t4\tY\t
35-2014.00\tCooks, Restaurant\t2.B.1.a\tCoordination\tIM\t1\tN\t
"""
KNOWLEDGE = f"{HEADINGS}\n35-1011.00\tChefs and Head Cooks\t2.C.4.a\tMathematics\tIM\t2\tN\t\n"
MODEL = "Element ID\tElement Name\tDescription\n2.B.1\tSocial Skills\tx\n"


def onet(folder: Path) -> Path:
    folder.mkdir()
    (folder / "Skills.txt").write_text(SKILLS)
    (folder / "Knowledge.txt").write_text(KNOWLEDGE)
    (folder / "Content Model Reference.txt").write_text(MODEL)
    return folder


def opened(path: Path) -> Catalogue:
    catalogue = open_catalogue(path)
    assert catalogue
    return catalogue


def tables(catalogue: Catalogue, *wishes: str, least: int = 0) -> dict[str, list[list[str]]]:
    made = profiles([choose(wish, catalogue) for wish in wishes], catalogue, least)
    return {name.removesuffix(".csv"): rows for name, (_, rows) in made.tables.items()}


def test_onet_is_put_on_our_scale(tmp_path: Path) -> None:
    catalogue = opened(onet(tmp_path / "onet"))
    assert catalogue.occupations["35-2014.00"] == "Cooks, Restaurant"
    found = tables(catalogue, "Chef=35-1011.00")
    assert found["role_practices"] == [
        ["Chef", "Coordination", "1"],
        ["Chef", "Mathematics (knowledge)", "0.25"],
        ["Chef", "Mathematics (skills)", "0.5"],
    ]
    assert found["needs"] == [["Chef", "Mathematics (skills)", "0.5", "O*NET"]]
    assert found["practices"][0] == ["Coordination", "Social Skills", "O*NET 2.B.1.a"]
    assert [row[1] for row in tables(catalogue, "Chef=35-1011.00", least=500_000)["needs"]] == [
        "Mathematics (skills)"
    ]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ("Chef=35-1011.00", "35-1011.00"),
        ("Chef=chefs and head cooks", "35-1011.00"),
        ("Head chef=head cook", "35-1011.00"),
        ("Cook=restaurant cooks", "35-2014.00"),
    ],
)
def test_occupations_are_chosen_by_code_or_title(tmp_path: Path, wish: str, code: str) -> None:
    choice = choose(wish, opened(onet(tmp_path / "onet")))
    assert (choice.role, choice.code) == (wish.partition("=")[0], code)


def test_what_is_like_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoMatch, match="no occupation like 'Astronaut'"):
        choose("Astronaut", opened(onet(tmp_path / "onet")))


ESCO = {
    "portal": {
        "occupations_en.csv": "conceptUri,preferredLabel,code\nu/o1,head chef,3434.1\n",
        "skills_en.csv": "conceptUri,preferredLabel\nu/s1,cook sauces\nu/s2,order supplies\n"
        "u/s0,cook\n",
        "occupationSkillRelations_en.csv": "occupationUri,relationType,skillUri\n"
        "u/o1,essential,u/s1\nu/o1,optional,u/s2\nu/o9,essential,u/s2\n",
        "broaderRelationsSkillPillar_en.csv": "conceptUri,broaderUri\nu/s1,u/s0\n",
    },
    "tabiya": {
        "occupations.csv": "ORIGINURI,ID,CODE,PREFERREDLABEL\nu/o1,1,3434.1,head chef\n",
        "skills.csv": "ORIGINURI,ID,PREFERREDLABEL\nu/s1,7,cook sauces\nu/s2,8,order supplies\n"
        "u/s0,9,cook\n",
        "occupation_to_skill_relations.csv": "OCCUPATIONID,RELATIONTYPE,SKILLID\n"
        "1,essential,7\n1,optional,8\n",
        "skill_hierarchy.csv": "PARENTID,CHILDID\n9,7\n",
    },
}


@pytest.mark.parametrize("edition", ESCO)
def test_esco_tells_essential_from_optional(tmp_path: Path, edition: str) -> None:
    for name, text in ESCO[edition].items():
        (tmp_path / name).write_text(text)
    found = tables(opened(tmp_path), "Chef=head chef")
    assert found["role_practices"] == [
        ["Chef", "cook sauces", "1"],
        ["Chef", "order supplies", "0.5"],
    ]
    assert ["cook sauces", "cook", "ESCO u/s1"] in found["practices"]
    assert "needs" not in found


def nice(folder: Path) -> Path:
    def element(kind: str, code: str, title: str, text: str) -> dict[str, str]:
        return {"element_type": kind, "element_identifier": code, "title": title, "text": text}

    def relation(source: str, dest: str) -> dict[str, str]:
        return {"source_element_identifier": source, "dest_element_identifier": dest}

    content = {
        "documents": [],
        "elements": [
            element("work_role", "DD-WRL-001", "Security Architecture", "Designs"),
            element("skill", "S0615", "", "Skill in drawing networks"),
            element("opm_code", "651", "", "651"),
        ],
        "relationships": [relation("DD-WRL-001", "S0615"), relation("DD-WRL-001", "651")],
    }
    (folder / "nice.json").write_text(json.dumps({"response": {"elements": content}}))
    return folder / "nice.json"


def test_nice_lists_what_counts(tmp_path: Path) -> None:
    found = tables(opened(nice(tmp_path)), "Architect=security architecture")
    assert found["role_practices"] == [["Architect", "Skill in drawing networks", "1"]]
    assert found["practices"] == [["Skill in drawing networks", "", "NICE S0615"]]


def test_case_leads_from_the_top_to_what_is_below(tmp_path: Path) -> None:
    items = {"a": "Cook", "b": "Sauces", "c": "Make a roux", "d": "Make a stock"}
    content = {
        "CFDocument": {"title": "Kitchen"},
        "CFItems": [{"identifier": k, "fullStatement": v} for k, v in items.items()],
        "CFAssociations": [
            {
                "associationType": "isChildOf",
                "originNodeURI": {"identifier": child},
                "destinationNodeURI": {"identifier": parent},
            }
            for child, parent in [("b", "a"), ("c", "b"), ("d", "b"), ("a", "b")]
        ],
    }
    (tmp_path / "case.json").write_text(json.dumps(content))
    found = tables(opened(tmp_path / "case.json"), "Chef=cook")
    assert [row[1] for row in found["role_practices"]] == ["Make a roux", "Make a stock"]
    assert ["Make a roux", "Sauces"] in [row[:2] for row in found["practices"]]


@pytest.mark.parametrize(
    "text", ["", "[" * 100_000, "{}", '{"elements": 7}', "\0", '{"a":' * 50_000]
)
def test_odd_files_are_no_catalogue(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(UnreadableFile):
        open_catalogue(tmp_path / "odd.json")


def hotel(folder: Path) -> Path:
    shutil.copytree(HOTEL, folder, ignore=shutil.ignore_patterns(".cop"))
    return folder


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["import", *map(str, arguments)])
    return result.exit_code, result.output


def test_roles_are_taken_one_after_the_other(tmp_path: Path) -> None:
    folder, catalogue = hotel(tmp_path / "hotel"), onet(tmp_path / "onet")
    assert run(folder, catalogue, "--role", "Chef=35-1011.00", "--write")[0] == 0
    assert (
        run(folder, catalogue, "--role", "Grill cook=35-2014.00", "--least", 0, "--write")[0] == 0
    )
    given, problems = load(folder)
    assert not problems
    new = {
        row[0]
        for row in given.facts.rows("Use")
        if given.facts.origins("Use", row)[0].source == "imports/onet/role_practices.csv"
    }
    assert new == {"Chef", "Grill cook"}


def test_nothing_in_doubt_is_written(tmp_path: Path) -> None:
    folder, catalogue = hotel(tmp_path / "hotel"), onet(tmp_path / "onet")
    code, said = run(folder, catalogue)
    assert code == 0
    assert "Chef ← 35-1011.00 Chefs and Head Cooks" in said
    assert run(folder, catalogue, "--role", "Chef=cook for guests", "--write")[0] == 1
    assert run(folder, catalogue, "--role", "Cheff=35-1011.00", "--write")[0] == 1
    assert not (folder / "imports").exists()


@pytest.mark.skipif(not DATA.is_dir(), reason="the full O*NET is not here")
def test_onet_at_full_size(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    started = time.process_time()
    assert run(folder, DATA, "--role", "*", "--least", 0, "--write")[0] == 0
    assert time.process_time() - started < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_048_576
    rows = (folder / "imports" / "onet" / "role_practices.csv").read_text().splitlines()
    assert len(rows) == 1 + 879 * 68 - 19
    given, problems = load(folder)
    assert not problems
    assert len(given.facts.rows("Use")) == len(rows) - 1
