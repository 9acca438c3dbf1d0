"""Tables in, facts or located mistakes out."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cop_expert.facts import FactBase, Limits
from cop_expert.load.engagement import read_engagement
from cop_expert.load.scaffold import write_engagement
from cop_expert.load.sheet import Sheet, lay_out
from cop_expert.load.tables import read_tables
from cop_expert.load.vocabulary import read_vocabulary
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem
from cop_expert.model.origin import Origin
from cop_expert.model.template import Value

CASES = Path(__file__).parent / "errors" / "tables"
VOCABULARY = read_vocabulary()
SMALL = {
    "units": "unit,part of\nBakery Ltd,\nBakery,Bakery Ltd\nShop,Bakery Ltd\n",
    "roles": "role,unit,headcount\nBaker,Bakery,3\nSeller,Shop,\n",
}


class Given:
    """What was read, in the order of the files' lines."""

    def __init__(self, facts: FactBase, labels: dict[str, str]) -> None:
        self.facts = facts
        self.labels = labels

    def column(self, template: str, field: str) -> list[Value]:
        kind = self.facts.vocabulary.templates[template]
        rows = self.facts.query(f'FROM "{template}" ORDER BY "@source", "@line"')
        told = self.facts.told(kind.kinds, [row[: len(kind.kinds)] for row in rows])
        return [row[kind.position(field)] for row in told]

    def lines(self, template: str) -> list[int]:
        rows = self.facts.query(f'SELECT "@line" FROM "{template}" ORDER BY "@source", "@line"')
        return [line for (line,) in rows]


def load(
    folder: Path, more: Callable[[FactBase], list[Sheet]] = lambda _: []
) -> tuple[Given, list[Diagnostic]]:
    engagement, problems = read_engagement(folder)
    facts = FactBase.new(VOCABULARY, Limits(threads=1))
    labels, found = read_tables(engagement, facts, more(facts))
    facts.settle()
    return Given(facts, labels), problems + found


def write(folder: Path, **tables: str | bytes) -> Path:
    """An engagement with the small tables and these ones."""
    (folder / "tables").mkdir(exist_ok=True)
    for name, text in {**SMALL, **tables}.items():
        raw = text if isinstance(text, bytes) else text.encode()
        (folder / "tables" / f"{name}.csv").write_bytes(raw)
    return folder


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_all_mistakes_are_shown(case: Path, golden: Callable[[Path, str], None]) -> None:
    _, problems = load(case)
    golden(case / "expected.txt", "\n\n".join(map(str, problems)) + "\n")


def test_a_row_becomes_a_fact(tmp_path: Path) -> None:
    tables, problems = load(write(tmp_path))
    assert not problems
    assert tables.column("Post", "post") == ["Baker @ Bakery", "Seller @ Shop"]
    assert tables.column("Post", "role") == ["Baker", "Seller"]
    assert tables.column("Post", "unit") == ["Bakery", "Shop"]
    assert tables.column("Post", "headcount") == [3_000_000, None]
    assert tables.lines("Post") == [2, 3]
    assert tables.facts.origins("Post", tables.facts.rows("Post")[1]) == [
        Origin("tables/roles.csv", 3)
    ]
    assert tables.labels == {}


def test_blank_cells_and_left_out_columns_take_the_default(tmp_path: Path) -> None:
    practices, uses = "practice\nBaking\nSelling\n", "role,practice\nBaker,Baking\n"
    tables, problems = load(
        write(tmp_path, practices=practices, role_practices=uses, items="item,hours\nTill,\n")
    )
    assert not problems
    assert tables.column("Use", "importance") == [1_000_000]
    assert tables.column("Item", "hours") == [1_000_000]
    assert tables.column("Item", "mandatory") == [None]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    units = '\n,,\nunit,part of,goal\r\n"Bakery\nLtd",,"Bread\n\nfor all"\n\n ,,\nShop,bakery ltd\n'
    tables, problems = load(write(tmp_path, units=units, roles="role,unit\nSeller,SHOP\n"))
    assert not problems
    assert tables.lines("Unit") == [4, 10]
    assert tables.column("Unit", "goal") == ["Bread for all", None]
    assert tables.column("Unit", "part_of") == [None, "Bakery Ltd"]
    assert tables.column("Post", "unit") == ["Shop"]


@pytest.mark.parametrize(
    "raw",
    [
        "role;unit;headcount\nMaître;Bakery;2,5\n".encode(),
        "role\tunit\theadcount\nMaître\tBakery\t2,5\n".encode("utf-16"),
        "role,unit,headcount\r\nMaître,Bakery,2.5\r\n".encode("utf-8-sig"),
        "role,unit,headcount\rMai\u0302tre\u200b,\xa0Bakery,+2.50\r".encode(),
        "head-count,ROLE,_Unit_\n2.5,Maître,Bakery\n".encode("cp1252"),
        "sep=;\r\nrole;unit;headcount\r\nMaître;Bakery;2,5\r\n".encode("cp1252"),
        'role,unit,headcount\nMaître,Bakery,"2,5"\n'.encode(),
    ],
)
def test_spreadsheets_write_in_many_ways(tmp_path: Path, raw: bytes) -> None:
    tables, problems = load(write(tmp_path, roles=raw))
    assert all(problem.code in ("encoding", "decimal-comma") for problem in problems)
    assert tables.column("Post", "post") == ["Maître @ Bakery"]
    assert tables.column("Post", "headcount") == [2_500_000]


@pytest.mark.parametrize(
    ("delimiter", "number", "read_as"),
    [
        (";", "1,500", 1_500_000),
        (";", "1.5", 1_500_000),
        (";", "1.500", "write 1,500 or 1500"),
        (",", "1.500", 1_500_000),
        (",", '"0,125"', 125_000),
        (",", '"1,500"', "write 1.500 or 1500"),
        (",", '"1,234,567"', "leave out the marks between thousands"),
        ("\t", "0,125", 125_000),
        ("\t", "1.125", "write 1.1250 or 1125"),
        ("\t", "1.1250", 1_125_000),
        (";", "#DIV/0!", "mend the formula in this cell"),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_not_guessed(
    tmp_path: Path, delimiter: str, number: str, read_as: int | str
) -> None:
    rows = [["role", "unit", "headcount"], ["Baker", "Bakery", number]]
    tables, problems = load(write(tmp_path, roles="\n".join(map(delimiter.join, rows))))
    if isinstance(read_as, int):
        assert not any(not problem.warning for problem in problems)
        assert tables.column("Post", "headcount") == [read_as]
    else:
        assert [problem.help for problem in problems] == [read_as]


def test_what_was_assumed_of_numbers_is_said_once(tmp_path: Path) -> None:
    items = "item;hours\nTill;2\nOven;2,5\nFloor;,5\n"
    _, problems = load(write(tmp_path, items=items))
    assert list(map(str, problems)) == [
        "tables/items.csv:3:2: warning[decimal-comma]: commas part decimals: '2,5' was read as 2.5"
    ]


def test_an_exact_name_wins_over_one_in_another_case(tmp_path: Path) -> None:
    roles = "role,unit\nbaker,Bakery\nBaker,Bakery\nSELLER,Shop\n"
    handoffs = "from,to\nBaker,seller\nbaker,Seller\n"
    tables, problems = load(write(tmp_path, roles=roles, handoffs=handoffs))
    assert [problem.code for problem in problems] == ["spelling"]
    assert tables.column("Handoff", "giver") == ["Baker", "baker"]
    assert tables.column("Handoff", "taker") == ["SELLER", "SELLER"]


def test_ids_identify_and_names_are_shown(tmp_path: Path) -> None:
    units = "id,name,part of\nu1,Bakery Ltd,\nu2,Bakery,u1\n,Shop,u1\n"
    roles = "id,role,unit\nr1,Baker,u2\nr2,r2,Shop\n"
    people = "id,person,role,unit\n7,Ada,r1,u2\n8,Ada,r1,u2\n"
    tables, problems = load(write(tmp_path, units=units, roles=roles, people=people))
    assert not problems
    assert tables.column("Unit", "unit") == ["u1", "u2", "Shop"]
    assert tables.column("Post", "post") == ["r1 @ u2", "r2 @ Shop"]
    assert tables.column("Person", "person") == ["7", "8"]
    assert tables.labels == {
        "u1": "Bakery Ltd",
        "u2": "Bakery",
        "r1": "Baker",
        "7": "Ada",
        "8": "Ada",
        "r1 @ u2": "Baker @ Bakery",
    }


def test_scales_are_applied_exactly(tmp_path: Path) -> None:
    (tmp_path / "engagement.toml").write_text('[scales]\n"Needs.Required" = [1, 7]\n')
    needs = "role,practice,required,current\nBaker,Baking,5,0.3333335\nSeller,Baking,3,\n"
    tables, problems = load(write(tmp_path, practices="practice\nBaking\n", needs=needs))
    assert not problems
    assert tables.column("Need", "required") == [666_667, 333_333]
    assert tables.column("Need", "current") == [333_334, None]


def test_sheets_that_were_read_elsewhere_are_one_with_the_tables(tmp_path: Path) -> None:
    def more(facts: FactBase) -> list[Sheet]:
        sheet = Sheet("units", "knowledge/more.ttl", ["unit", "part of"])
        cells = [["Cellar", "Bakery"], ["Shop", "Bakery Ltd"]]
        return [lay_out(sheet, cells, [7, 9], facts)]

    tables, problems = load(write(tmp_path), more)
    units = set(tables.column("Unit", "unit"))
    assert units == {"Bakery Ltd", "Bakery", "Shop", "Cellar"}
    assert [(problem.code, str(problem.second)) for problem in problems] == [
        ("duplicate", "tables/units.csv:3")
    ]


def test_one_mistake_is_not_reported_again_wherever_its_name_stands(tmp_path: Path) -> None:
    units = "unit,part of\nBakery,Bakry\nShop,\n"
    people = "person,role,unit\nAda,Baker,Bakery\nBo,Seller,Shop\n"
    roles = "role,unit,headcount\nBaker,Bakery,many\nSeller,Shop,2\n"
    _, problems = load(write(tmp_path, units=units, roles=roles, people=people))
    assert [problem.code for problem in problems] == ["unreadable-number", "unknown-reference"]


def test_a_deep_organisation_is_no_trouble(tmp_path: Path) -> None:
    chain = "".join(f"U{number},U{number + 1}\n" for number in range(20_000))
    units = f"unit,part of\nBakery,\nShop,\n{chain}U20000,\n"
    assert not load(write(tmp_path, units=units))[1]
    _, problems = load(write(tmp_path, units=units.replace("U20000,\n", "U20000,U0\n")))
    assert [problem.code for problem in problems] == ["circle"]


def test_a_text_without_end_is_refused(tmp_path: Path) -> None:
    _, problems = load(write(tmp_path, units=f'unit,part of\nBakery,\nShop,"{"x" * 2_000_000}\n'))
    assert [(problem.code, problem.origin.line) for problem in problems] == [("unreadable", 3)]


def test_files_that_differ_in_case_are_the_same_table(tmp_path: Path) -> None:
    _, problems = load(write(tmp_path, Units="unit\nCellar\n"))
    assert "repeated-table" in [problem.code for problem in problems]


def test_a_table_of_far_too_many_columns_is_refused(tmp_path: Path) -> None:
    for between in ("", '"x",'):
        units = f"unit,{between}part of{',x' * 100_000}\nBakery,\n"
        _, problems = load(write(tmp_path, units=units))
        assert [(problem.code, problem.origin.line) for problem in problems] == [("unreadable", 1)]


def test_a_million_problems_are_counted(tmp_path: Path) -> None:
    roles = "role,unit\n" + "Baker,Bakry\n" * 1_000_000
    _, problems = load(write(tmp_path, roles=roles))
    assert len(problems) == 101
    assert problems[-1].message == "999,900 more problems follow in this file from here on"


def test_links_out_of_the_engagement_are_refused(tmp_path: Path) -> None:
    folder, outside = tmp_path / "inside", tmp_path / "outside"
    for place in (folder, outside):
        place.mkdir()
        write(place)
    (folder / "tables" / "roles.csv").unlink()
    (folder / "tables" / "roles.csv").symlink_to(outside / "tables" / "roles.csv")
    (folder / "tables" / "people.csv").symlink_to("people.csv")
    (folder / "engagement.toml").symlink_to(outside / "engagement.toml")
    engagement, problems = read_engagement(folder)
    assert [path.name for path in engagement.tables] == ["units.csv"]
    assert [problem.code for problem in problems] == ["outside"] * 3


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", Path(__file__)):
        tables, problems = load(folder)
        assert [problem.code for problem in problems] == ["no-folder"]
        assert not tables.facts.counts()


def test_settings_are_read_as_rules_hold_them(tmp_path: Path) -> None:
    (tmp_path / "engagement.toml").write_text(
        '\ufeffname = " Corner  Bread "\n[parameters]\nrunning = "none"\nlargest = 1e2\n'
        "relevant = 0.2500005\n'kept' = true\n[scales]\nneeds.required = [0, 4]\n"
    )
    engagement, problems = read_engagement(write(tmp_path))
    assert not problems
    assert (engagement.name, engagement.language) == ("Corner Bread", "en")
    assert engagement.parameters == {
        "running": None,
        "largest": 100_000_000,
        "relevant": 250_001,
        "kept": True,
    }
    assert engagement.scales == {"needs.required": (Decimal(0), Decimal(4))}
    places = [engagement.origin(key).line for key in ("name", "kept", "scales.needs.required", "x")]
    assert places == [1, 6, 8, 0]


def test_a_new_engagement_is_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "client"
    written = write_engagement(folder, VOCABULARY, 'The "Corner" \\ |\n\x7f Ltd')
    assert sorted(written) == sorted(path for path in folder.rglob("*") if path.is_file())
    tables, problems = load(folder)
    assert not problems
    assert set(tables.facts.counts()) == {
        template.name for template in VOCABULARY.given() if template.table
    }
    guide = (folder / "README.md").read_text(encoding="utf-8")
    for template in VOCABULARY.given():
        assert all(field.hint.replace("|", "\\|") in guide for field in template.fields)


def test_a_new_engagement_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(KnowledgeProblem, match="not-empty"):
        write_engagement(tmp_path, VOCABULARY, "Corner Bread")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


# Pieces from which tables are made that are nearly right, or wrong in ways that nobody thought of.
NAMES = st.sampled_from(["Baker", "bakery", "Bakery", "Shop", "everyone", "Bakery Ltd", "é"])
WORDS = st.sampled_from(["0.5", "1e999", "nan", "-1", "2025-03-31", "2025-02-30", "split", ""])
ODD = st.sampled_from([" ", '"', "\0", "x" * 11_000, "\u202e", "\u0338", "=1+1", "\r", "id"])
CELLS = NAMES | WORDS | ODD
HEADINGS = sorted({f.heading for t in VOCABULARY.given() for f in t.fields} | {"id", "name", ""})
ROWS = st.lists(st.lists(CELLS, max_size=6).map(",".join), max_size=6)
SHEETS = st.builds(
    lambda headings, rows: "\n".join([",".join(headings), *rows]).encode(),
    st.lists(st.sampled_from(HEADINGS), max_size=7),
    ROWS,
)
TABLES = st.sampled_from([t.table for t in VOCABULARY.given() if t.table] + ["whatever"])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TABLES, st.one_of(st.binary(max_size=200), SHEETS), max_size=4), st.binary())
def test_no_bytes_make_it_fall(sheets: dict[str, bytes], toml: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = write(Path(name), **sheets)
        (folder / "engagement.toml").write_bytes(toml)
        tables, problems = load(folder)
        assert all(map(str, problems))
        tables.facts.close()


NUMBERS = st.sampled_from(["1", "nan", "1e400", "-1e-999999999", "9" * 5000])
ENDS = st.sampled_from(["[0, 4]", "[nan, 1]", "[0, 1e-999999999]", "[true, 2]", "[" * 3000])
SETTINGS = NUMBERS | ENDS | st.sampled_from(["true", "'none'", "2025-03-31", "{}"])
KEYS = st.sampled_from(["name", "language", "parameters", "scales", "x", "parameters.y", "''"])
LINES = st.builds("{} = {}".format, KEYS | st.just("scales.needs.required"), SETTINGS)


@settings(deadline=None)
@given(st.lists(LINES, max_size=5).map("\n".join) | st.text(max_size=50))
def test_no_settings_make_it_fall(text: str) -> None:
    with TemporaryDirectory() as name:
        folder = write(Path(name))
        (folder / "engagement.toml").write_text(text, encoding="utf-8", newline="")
        tables, problems = load(folder)
        assert all(map(str, problems))
        tables.facts.close()


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=10**12, allow_nan=False, places=9))
def test_numbers_keep_six_places(number: Decimal) -> None:
    with TemporaryDirectory() as name:
        folder = write(Path(name), items=f"item,hours\nTill,{number}\n")
        tables, problems = load(folder)
    rounded = number.quantize(Decimal("0.000001"), ROUND_HALF_UP)
    assert not problems
    assert tables.column("Item", "hours") == [int(rounded.scaleb(6))]
