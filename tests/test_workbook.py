"""Workbooks in, facts or mistakes out, each located in its cell; hostile ones are survived."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_BZIP2, ZipFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from test_tables import VOCABULARY, Given, load, write
from workbooks import HEAD, MAIN, line, sheet, write_parts

from cop_expert.load.scaffold import WORKBOOK, write_engagement
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

UNITS = sheet(["unit", "part of"], ["Bakery Ltd"], ["Bakery", "Bakery Ltd"], ["Shop", "Bakery Ltd"])
ROLES = sheet(["role", "unit", "headcount"], ["Baker", "Bakery", 3], ["Seller", "Shop"])


def read(folder: Path, sheets: dict[str, str], **parts: str) -> tuple[Given, list[str]]:
    """What a workbook with these sheets holds, and what is said of it."""
    write_parts(folder / "client.xlsx", {"Units": UNITS, "Roles": ROLES} | sheets, **parts)
    tables, problems = load(folder)
    return tables, list(map(str, problems))


def said(problems: list[Diagnostic]) -> list[tuple[str, str]]:
    return [(str(problem.origin), problem.code) for problem in problems]


# What a person fills in


def test_a_new_workbook_is_in_order(tmp_path: Path) -> None:
    written = write_engagement(tmp_path / "new", VOCABULARY, "Corner Bread", as_workbook=True)
    assert [path.name for path in written] == ["engagement.toml", "README.md", WORKBOOK]
    tables, problems = load(tmp_path / "new")
    assert not problems
    given = {template.name for template in VOCABULARY.given() if template.table}
    assert set(tables.facts.counts()) == given
    again = write_engagement(tmp_path / "again", VOCABULARY, "Corner Bread", as_workbook=True)
    assert again[-1].read_bytes() == written[-1].read_bytes()


def test_a_new_workbook_explains_every_column(tmp_path: Path) -> None:
    write_engagement(tmp_path / "new", VOCABULARY, "Corner Bread", as_workbook=True)
    book = openpyxl.load_workbook(tmp_path / "new" / WORKBOOK)
    for template in VOCABULARY.given():
        if template.table:
            headings = book[template.table.replace("_", " ").capitalize()][1]
            notes = [cell.comment.text for cell in headings if cell.comment]
            assert len(notes) == len(headings)
            assert all(len(note) > 20 for note in notes)


def offered(page: Worksheet, address: str) -> str:
    """What the drop-down of a cell draws on."""
    (rule,) = [r for r in page.data_validations.dataValidation if address in r.sqref]
    return str(rule.formula1)


def filled_in(folder: Path) -> None:
    """What a person makes of a new workbook, by hand and with a slip here and there."""
    write_engagement(folder, VOCABULARY, "Corner Bread", as_workbook=True)
    book = openpyxl.load_workbook(folder / WORKBOOK)
    units, roles, needs = book["Units"], book["Roles"], book["Needs"]
    for row in (["Shop", "Corner Bread Ltd"], ["Night shift", "Bakery"], ["Day shift", "Bakery"]):
        units.append(row)
    assert offered(roles, "B4") == "list_units"
    roles.append(["Baker", "Night shift", "=2+3"])
    roles.append(["Apprentice", "Night shift", 2])
    roles.append(["Oven hand", None, 1])
    roles.merge_cells("B5:B6")
    roles.append(["Seller", "Shopp", 4])
    assert offered(needs, "A3") == "list_roles"
    needs.append(["Baker", "Night shift", "Bread baking", 3, 0.25])
    needs.append(["Apprentice", None, "Bread baking", "0,75", 0.5])
    book["Decisions"]["A2"] = "asign"
    book.create_sheet("To do (ignore)").append(["ask Ada about the ovens"])
    book.save(folder / WORKBOOK)


def test_a_workbook_filled_in_by_a_person(tmp_path: Path) -> None:
    filled_in(tmp_path / "bakery")
    _, problems = load(tmp_path / "bakery")
    assert "\n".join(map(str, problems)) == (
        "engagement.xlsx, sheet Decisions, A2: error[unknown-word]: decision 'asign' is not known\n"
        "  help: did you mean 'assign'?\n"
        "engagement.xlsx, sheet Needs, D3: error[out-of-range]: required 3 is above 1\n"
        "  help: a sheet with another scale needs this in engagement.toml, below [scales]: "
        '"needs.required" = [0, 4]\n'
        "engagement.xlsx, sheet Needs, D4: warning[decimal-comma]: "
        "commas part decimals: '0,75' was read as 0.75\n"
        "engagement.xlsx, sheet Roles, C4: error[no-value]: "
        "the formula in this cell has never been calculated\n"
        "  help: open the workbook in a spreadsheet program and save it\n"
        "engagement.xlsx, sheet Roles, B5: warning[merged-cell]: "
        "B5:B6 is one merged cell; 'Night shift' was read for each of its rows\n"
        "  help: to be sure, unmerge the cells and write the text into each\n"
        "engagement.xlsx, sheet Roles, B7: error[unknown-reference]: "
        "unit 'Shopp' is not in sheet Units\n"
        "  help: did you mean 'Shop'?"
    )


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_a_spreadsheet_program_calculates_the_formula(tmp_path: Path) -> None:
    filled_in(tmp_path / "bakery")
    saved = tmp_path / "saved"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    convert = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(saved)]
    subprocess.run([*convert, str(tmp_path / "bakery" / WORKBOOK)], check=True, capture_output=True)
    tables, problems = load(saved)
    assert [problem.code for problem in problems if not problem.warning] == [
        "unknown-word",
        "out-of-range",
        "unknown-reference",
    ]
    assert 5_000_000 in tables.column("Post", "headcount")


# What spreadsheets write


def test_origins_are_sheet_and_row(tmp_path: Path) -> None:
    tables, problems = read(tmp_path, {})
    assert not problems
    row = tables.facts.rows("Post")[0]
    (origin,) = tables.facts.origins("Post", row)
    assert origin == Origin("client.xlsx/Roles", 2)
    assert (origin.file, origin.sheet) == ("client.xlsx", "Roles")
    assert str(origin) == "client.xlsx, sheet Roles, row 2"


def test_blank_rows_and_columns_titles_and_wrong_dimensions(tmp_path: Path) -> None:
    rows = [line(4, ["Roles of the bakery"]), line(6, ["", "role", "", "unit"])]
    rows += [line(9, ["", "Baker", "", "Bakery"]), line(1_048_576, ["", "Seller", " ", "Shop"])]
    roles = f'<dimension ref="A1:A1"/><sheetData>{"".join(rows)}</sheetData>'
    tables, problems = read(tmp_path, {"Roles": roles})
    assert not problems
    assert tables.column("Post", "role") == ["Baker", "Seller"]
    assert tables.lines("Post") == [9, 1_048_576]


def test_cells_need_not_say_where_they_are(tmp_path: Path) -> None:
    text = "<c t='inlineStr'><is><t>{}</t></is></c>".format
    rows = "".join(
        f"<row>{text(a)}{text(b)}</row>" for a, b in [("role", "unit"), ("Baker", "Shop")]
    )
    prefixed = f"<x:sheetData xmlns:x='{MAIN}'><x:row r='2'/></x:sheetData>"
    tables, problems = read(
        tmp_path, {"Roles": f"<sheetData>{rows}</sheetData>", "People": prefixed}
    )
    assert tables.lines("Post") == [2]
    assert [problem.split(": ")[1] for problem in problems] == ["warning[empty-table]"]


def test_texts_are_put_together_and_tidied(tmp_path: Path) -> None:
    strings = (
        "<si><r><t>Mai&#x302;</t></r><r><t>tre </t></r><rPh><t>mate</t></rPh></si>"
        "<si><t>  Bakery\u200b</t></si><si><t>role</t></si><si><t>unit</t></si>"
    )
    indexes = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>{a}</v></c><c r="B{row}" t="s"><v>{b}</v></c></row>'
        for row, a, b in [(1, 2, 3), (2, 0, 1)]
    )
    shared = f'{HEAD}<sst xmlns="{MAIN}">{strings}</sst>'
    roles = f"<sheetData>{indexes}</sheetData>"
    tables, problems = read(tmp_path, {"Roles": roles}, sharedStrings=shared)
    assert not problems
    assert tables.column("Post", "post") == ["Maître @ Bakery"]


STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" '
    'formatCode="[$-407]d/\\ mmmm\\ yyyy"/>'
    '<numFmt numFmtId="165" formatCode="[Red]0.00&quot;d&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ('<c r="F2" s="1"><v>45747</v></c>', "2025-03-31"),
        ('<c r="F2" s="2"><v>45747.0</v></c>', "2025-03-31"),
        ('<c r="F2" s="1"><v>61</v></c>', "1900-03-01"),
        ('<c r="F2" s="1"><v>59</v></c>', "1900-02-28"),
        ('<c r="F2" t="d"><v>2025-03-31</v></c>', "2025-03-31"),
        ('<c r="F2" t="str"><f>TEXT(A1)</f><v>31.3.2025</v></c>', "2025-03-31"),
        ('<c r="F2" s="3"><v>45747</v></c>', "45747: malformed"),
        ('<c r="F2" s="1"><v>45747.5</v></c>', "2025-03-31 12:00: malformed"),
        ('<c r="F2" s="1"><v>9e99</v></c>', "malformed"),
        ('<c r="F2" t="inlineStr"><is><t>3/31/2025</t></is></c>', "3/31/2025: malformed"),
    ],
)
def test_dates_are_read_as_they_are_shown(tmp_path: Path, cell: str, day: str) -> None:
    first = line(1, ["decision", "subject", "object", "reason", "by", "on"])
    row = line(2, ["split", "Bakery", "", "Two crafts", "Ada"]).replace("</row>", f"{cell}</row>")
    decisions = f"<sheetData>{first}{row}</sheetData>"
    tables, problems = read(tmp_path, {"Decisions": decisions}, styles=STYLES)
    if day.endswith("malformed"):
        (problem,) = problems
        assert problem.startswith("client.xlsx, sheet Decisions, F2: error[malformed]")
        assert day.removesuffix(": malformed").removesuffix("malformed") in problem
    else:
        assert not problems
        assert tables.column("Decision", "on") == [day]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("3", 3_000_000),
        ("0.30000000000000004", 300_000),
        ("0.29999999999999999", 300_000),
        ("2.5E-1", 250_000),
        ("1.0E3", 1_000_000_000),
    ],
)
def test_numbers_are_read_as_they_are_shown(tmp_path: Path, written: str, read_as: int) -> None:
    roles = ROLES.replace("<v>3</v>", f"<v>{written}</v>")
    tables, problems = read(tmp_path, {"Roles": roles})
    assert not problems
    assert tables.column("Post", "headcount") == [read_as, None]


def test_numbers_name_things_too(tmp_path: Path) -> None:
    rows = sheet(["role", "unit"], [7, "Shop"], [1.5, "Shop"], [1e15, "Shop"])
    tables, problems = read(tmp_path, {"Roles": rows})
    assert not problems
    assert tables.column("Post", "role") == ["7", "1.5", "1000000000000000"]


def test_formulas_count_by_their_values(tmp_path: Path) -> None:
    rows = [
        line(1, ["role", "unit", "headcount", "cost"]),
        '<row r="2"><c r="A2" t="str"><f>B2</f><v>Baker</v></c><c r="B2" t="str"><f>B1</f>'
        '<v>Shop</v></c><c r="C2" t="str"><f>""</f><v></v></c><c r="D2"><f>1/0</f></c></row>',
        '<row r="3"><c r="A3"><f>A2</f></c><c r="B3" t="e"><f>X</f><v>#NAME?</v></c></row>',
    ]
    roles = f"<sheetData>{''.join(rows)}</sheetData>"
    tables, problems = read(tmp_path, {"Roles": roles})
    assert tables.column("Post", "headcount") == [None]
    assert [problem.partition("\n")[0] for problem in problems] == [
        "client.xlsx, sheet Roles, D1: warning[unknown-column]: "
        "'cost' is not a column of sheet Roles",
        "client.xlsx, sheet Roles, A3: error[no-value]: "
        "the formula in this cell has never been calculated",
        "client.xlsx, sheet Roles, B3: error[no-value]: '#NAME?' is an error of the spreadsheet",
    ]


def test_merged_cells_are_read_as_the_eye_does(tmp_path: Path) -> None:
    rows = sheet(
        ["role", "unit", "headcount", "note"],
        ["Baker", "Bakery", 2, "x"],
        ["Seller", "", 1],
        [],
        ["Cleaner", "Shop"],
        ["Guard", "Shop"],
        merged=["A1:B1", "B2:B4", "B5:C6", "D2:D3", "A9:A99", "B2:B4", "A5:A5"],
    )
    tables, problems = read(tmp_path, {"Roles": rows})
    assert tables.column("Post", "unit") == ["Bakery", "Bakery", "Shop", "Shop"]
    assert [problem.partition("\n")[0] for problem in problems][1:] == [
        "client.xlsx, sheet Roles, B2: warning[merged-cell]: "
        "B2:B4 is one merged cell; 'Bakery' was read for each of its rows",
        "client.xlsx, sheet Roles, B5: warning[merged-cell]: "
        "B5:C6 is one merged cell; 'Shop' was read as 'unit', with 'headcount' blank",
    ]


def test_notes_beside_a_table_are_left_aside(tmp_path: Path) -> None:
    rows = sheet(["role", "unit"], ["Baker", "Shop", "", "ask Ada"], ["", "", "and Bo"])
    tables, problems = read(tmp_path, {"Roles": rows})
    assert tables.column("Post", "role") == ["Baker"]
    assert [problem.split(": ")[:2] for problem in problems] == [
        ["client.xlsx, sheet Roles, D2", "warning[ragged-row]"],
        ["client.xlsx, sheet Roles, C3", "warning[ragged-row]"],
    ]


def test_which_sheets_are_read(tmp_path: Path) -> None:
    other = sheet(["ask", "Ada"])
    sheets = {"Rolles": other, "Notes": other, "Sheet3": "<sheetData/>", "roles (Ignore)": ROLES}
    sheets |= {"hidden People": other, "hidden x": other, "ROLE practices": "<sheetData/>"}
    _, problems = read(tmp_path, sheets)
    assert [problem.split(": ")[:2] for problem in problems] == [
        ["client.xlsx, sheet Notes", "warning[unknown-table]"],
        ["client.xlsx, sheet People", "warning[unknown-table]"],
        ["client.xlsx, sheet ROLE practices", "warning[empty-table]"],
        ["client.xlsx, sheet Rolles", "error[unknown-table]"],
    ]


def test_tables_and_a_workbook_are_one(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "people.csv").write_text("person,role,unit\nAda,baker,Bakery\n")
    (tmp_path / "tables" / "roles.csv").write_text("role,unit\nOven hand,Bakery\n")
    tables, problems = read(tmp_path, {})
    assert not problems
    assert tables.column("Person", "role") == ["Baker"]
    assert set(tables.column("Post", "role")) == {"Baker", "Seller", "Oven hand"}


def test_a_table_that_is_given_twice_in_contradiction(tmp_path: Path) -> None:
    write(tmp_path)
    _, problems = read(tmp_path, {"Roles": ROLES.replace("<v>3</v>", "<v>4</v>")})
    assert problems[0] == (
        "client.xlsx, sheet Roles, row 2: error[duplicate]: "
        "post 'Baker @ Bakery' stands here a second time, with another 'headcount'\n"
        "  tables/roles.csv:2: first given here\n"
        "  help: sheet Roles and roles.csv feed the same table: keep the row in one of the two"
    )


def test_what_is_missing_is_missing_from_the_workbook(tmp_path: Path) -> None:
    people = sheet(["person", "role", "unit"], ["Ada", "Baker", "Bakery"])
    write_parts(tmp_path / "client.xlsx", {"Units": UNITS, "People": people})
    _, problems = load(tmp_path)
    assert [str(problem).partition("\n")[0] for problem in problems] == [
        "client.xlsx, sheet roles: error[missing-table]: "
        "there is no sheet roles, which every engagement needs"
    ]


def test_two_hundred_thousand_rows_with_a_hundred_mistakes(tmp_path: Path) -> None:
    def rows() -> Iterator[str]:
        yield "<sheetData>" + line(1, ["role", "unit", "headcount"])
        for number in range(2, 200_002):
            unit = "Bakry" if number % 4000 == 17 else "Bakery"
            heads = "few" if number % 4000 == 2018 else number % 9 + 1
            yield line(number, [f"Role {number}", unit, heads])
        yield "</sheetData>"

    write_parts(tmp_path / "client.xlsx", {"Units": UNITS, "Roles": rows()})
    started = time.process_time()
    _, problems = load(tmp_path)
    seconds = time.process_time() - started
    cells = [f"B{number}" for number in range(2, 200_002) if number % 4000 == 17]
    cells += [f"C{number}" for number in range(2, 200_002) if number % 4000 == 2018]
    assert len(cells) == 100
    assert {place for place, _ in said(problems)} == {
        f"client.xlsx, sheet Roles, {cell}" for cell in cells
    }
    assert seconds < 60


# Hostile files


def refused(folder: Path) -> Diagnostic:
    """What is said of a workbook of which nothing can be used: one thing, and soon."""
    started = time.process_time()
    tables, (problem,) = load(folder)
    assert time.process_time() - started < 60
    assert problem.code == "unreadable"
    assert not any(tables.facts.counts().values())
    return problem


def test_two_cells_far_apart_take_no_room(tmp_path: Path) -> None:
    corner = f'{line(2, ["Baker", "Shop"])}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    roles = f"<sheetData>{line(1, ['role', 'unit'])}{corner}</sheetData>"
    tables, problems = read(tmp_path, {"Roles": roles})
    assert tables.column("Post", "role") == ["Baker"]
    assert problems[0].startswith("client.xlsx, sheet Roles, XFD1048576: warning[ragged-row]")


def test_a_million_blank_rows_are_read_past(tmp_path: Path) -> None:
    def rows() -> Iterator[str]:
        yield "<sheetData>" + line(1, ["role", "unit"]) + line(3, ["Baker", "Shop"])
        for n in range(4, 1_048_577):
            yield f'<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>'
        yield "</sheetData>"

    write_parts(tmp_path / "client.xlsx", {"Units": UNITS, "Roles": rows()})
    tables, problems = load(tmp_path)
    assert not problems
    assert tables.lines("Post") == [3]


def test_ten_million_cells_are_too_many(tmp_path: Path) -> None:
    def rows() -> Iterator[str]:
        yield "<sheetData>" + line(1, ["role", "unit", *map(str, range(8))])
        cells = "<c><v>1</v></c>" * 10
        for _ in range(100_000):
            yield f"<row>{cells}</row>" * 10
        yield "</sheetData>"

    write_parts(tmp_path / "client.xlsx", {"Units": UNITS, "Roles": rows()})
    problem = refused(tmp_path)
    assert problem.message == "there are more than 3,000,000 cells"


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (["<sheetData><row><c t='inlineStr'><is><t>", *repeat("x" * 1_000_000, 310)], "too large"),
        (["<sheetData>", *repeat("<x/>" * 250_000, 310)], "too large"),
        (["<sheetData>", "<row/>" * 2_000_000], "damaged at row 1048577"),
        ("<a>" * 1_000_000, "damaged"),
        (["<!--", *repeat("x" * 1_000_000, 50)], "too large"),
        ("<sheetData><row r='1'>" + "<c><v>1</v></c>" * 20_000, "damaged at row 1"),
        ("<sheetData><row r='2000000'><c><v>1</v></c></row>", "damaged at row 2000000"),
        ("<sheetData><row r='5'/><row r='4'/>", "damaged at row 4"),
        ("<sheetData><row><c r='A'><v>1</v></c></row>", "damaged at A"),
        ("<sheetData><row><c t='s'><v>7</v></c></row>", "damaged at A1"),
    ],
)
def test_hostile_sheets(tmp_path: Path, inside: str | list[str], message: str) -> None:
    write_parts(tmp_path / "client.xlsx", {"Units": UNITS, "Roles": inside})
    assert message in refused(tmp_path).message


def test_entities_are_refused(tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for declared in (f'<!ENTITY l0 "ha">{laughs}', '<!ENTITY l9 SYSTEM "file:///etc/hostname">'):
        strings = f"{HEAD}<!DOCTYPE sst [{declared}]><sst><si><t>&l9;</t></si></sst>"
        write_parts(tmp_path / "client.xlsx", {"Roles": ROLES}, sharedStrings=strings)
        roles = ROLES.replace('t="inlineStr"><is><t>Baker</t></is>', 't="s"><v>0</v>')
        write_parts(tmp_path / "client.xlsx", {"Roles": roles}, sharedStrings=strings)
        assert refused(tmp_path).message == "the workbook is damaged"


def test_what_only_looks_like_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "client.xlsx"
    for raw, message in {
        b"": "not an Excel workbook",
        b"role,unit\n": "not an Excel workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1": "locked by a password",
        b"PK\5\6" + bytes(18): "damaged",
    }.items():
        path.write_bytes(raw)
        assert message in refused(tmp_path).message
    with ZipFile(path, "w", ZIP_BZIP2) as archive:
        archive.writestr("xl/workbook.xml", f"<workbook xmlns='{MAIN}'/>")
    assert refused(tmp_path).message == "the workbook is damaged"


def test_other_kinds_of_sheets_are_not_read(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "client.ods").touch()
    (tmp_path / "tables" / "people.xls").touch()
    (tmp_path / "~$client.xlsx").touch()
    _, problems = load(tmp_path)
    assert said(problems) == [("client.ods", "not-read"), ("tables/people.xls", "not-read")]


def whole(folder: Path) -> bytes:
    strings = f'{HEAD}<sst xmlns="{MAIN}"><si><t>Baker</t></si></sst>'
    sheets = {"Units": UNITS, "Roles": ROLES}
    path = write_parts(folder / "whole.xlsx", sheets, sharedStrings=strings, styles=STYLES)
    return path.read_bytes()


CELLS = ["<c>", "</c>", "<c t='s' s='1'>", "<c t='e'>", "<c r='ZZZ9'>", "<v>7</v>", "<v>#N/A</v>"]
AROUND = ["<row r='3'>", "</row>", "<is>", "<t>x</t>", "<f>", "<mergeCell ref='A1:B3'/>"]
PIECES = st.sampled_from([*CELLS, *AROUND])


@settings(max_examples=50, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join), st.binary(max_size=40), st.integers(0, 4000))
def test_no_workbook_makes_it_fall(pieces: str, bytes_put_in: bytes, place: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        roles = ROLES.replace("</sheetData>", f"{pieces}</sheetData>")
        write_parts(folder / "pieces.xlsx", {"Roles": roles, "Units": UNITS})
        raw = whole(folder)
        place %= len(raw)
        (folder / "whole.xlsx").write_bytes(raw[:place] + bytes_put_in + raw[place:])
        tables, problems = load(folder)
        assert all(map(str, problems))
        tables.facts.close()
