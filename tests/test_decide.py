"""A leader's decisions: recorded, obeyed, priced, explained, and taken back."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from documents import HOTEL, NORTHWATER, copy_of, document, write
from openpyxl import Workbook, load_workbook

from cop_expert.cli import main
from cop_expert.pipeline import conclude, prices

WHY = ("--reason", "Three crafts, three rhythms", "--by", "Ines Roth", "--on", "2026-03-02")
HEADINGS = "decision,subject,object,reason,by,on,value,until\n"
SPLIT = 'split,Kitchen,,"Three crafts, three rhythms",Ines Roth,2026-03-02,,\n'
UNIT = 1_000_000


@pytest.fixture
def hotel(tmp_path: Path) -> Path:
    return copy_of(HOTEL, tmp_path / "hotel")


def decide(folder: Path, *words: str, answer: str = "y\n", code: int = 0) -> Result:
    found = CliRunner().invoke(main, ["decide", str(folder), *words], input=answer)
    assert found.exit_code == code, found.output
    return found


def decided(folder: Path) -> str:
    return (folder / "tables" / "decisions.csv").read_bytes().decode("utf-8")


def show(folder: Path, *words: str) -> str:
    return CliRunner().invoke(main, [*words[:1], str(folder), *words[1:]]).stdout


def test_recorded_obeyed_explained_and_undone(hotel: Path) -> None:
    said = decide(hotel, "split", "kitchen", *WHY).stdout
    assert "- all assignments together waste 122\xa0hours" in said.replace(" hours", "\xa0hours")
    assert "+ Hot station is a community of 5" in said
    assert decided(hotel) == HEADINGS + SPLIT
    assert "Hot station" in show(hotel, "show", "communities")
    why = show(hotel, "why", "Kitchen")
    assert 'Ines Roth decided on 2026-03-02 to split it: "Three crafts, three rhythms"' in why
    assert "(decisions.csv, line 2)" in why
    decide(hotel, "split", "Kitchen", "--undo")
    assert decided(hotel) == HEADINGS
    assert "Hot station" not in show(hotel, "show", "communities")


def test_nothing_is_written_unless_it_is_confirmed(hotel: Path) -> None:
    decide(hotel, "split", "Kitchen", *WHY, answer="n\n", code=1)
    decide(hotel, "split", "Kitchen", *WHY, answer="", code=1)
    assert not (hotel / "tables" / "decisions.csv").exists()


def test_a_decision_needs_its_reason_and_its_author(hotel: Path) -> None:
    said = decide(hotel, "split", "Kitchen", "--by", "Ines Roth", code=2)
    assert "a decision needs --reason and --by" in said.output


def test_what_cannot_be_followed_is_not_written(hotel: Path) -> None:
    write(hotel, "tables/decisions.csv", HEADINGS + "rename,Kitchen,Cooks,So,A,2026-03-01,,\n")
    said = decide(hotel, "rename", "Kitchen: The brigade", *WHY, "--yes", code=1)
    assert "contradict one another" in said.output
    assert "nothing was written" in said.output
    assert decided(hotel).count("\n") == 2


def test_what_would_change_nothing_is_said_before_it_is_asked(hotel: Path) -> None:
    said = decide(hotel, "merge", "Cold station", "into", "Kitchen", *WHY, answer="n\n", code=1)
    assert "warning[without-effect]" in said.output


NEEDLESS = (
    "split,Grand Hotel",
    "keep whole,Front of house",
    "exclude,Barista art,Kitchen",
    "assign,HACCP essentials,Kitchen",
)
NEEDED = (
    "split,Kitchen",
    "keep whole,Grand Hotel",
    "exclude,Knife skills,Kitchen",
    "exclude,HACCP essentials,Front of house",
    "assign,Barista art,Kitchen",
)
CONCLUDED = ("Member", "Assignment", "Audience", "Crossing", "Advice", "Turn")


@pytest.mark.parametrize("said", [*NEEDLESS, *NEEDED])
def test_a_decision_that_the_rules_would_take_alike_is_reported(hotel: Path, said: str) -> None:
    """It says that it changes nothing where nothing but itself differs, and only there."""
    before = conclude(hotel).facts
    kind, subject, *rest = said.split(",")
    row = f"{kind},{subject},{''.join(rest)},Because,Ines Roth,2026-03-02,,\n"
    write(hotel, "tables/decisions.csv", HEADINGS + row)
    after = conclude(hotel).facts
    is_alike = all(before.rows(name) == after.rows(name) for name in CONCLUDED)
    warned = CliRunner().invoke(main, ["check", str(hotel)]).stderr
    assert ("decisions.csv:2: warning[without-effect]" in warned) == is_alike
    assert is_alike == (said in NEEDLESS)


def test_it_is_said_in_the_language_of_the_engagement(hotel: Path) -> None:
    settings = (hotel / "engagement.toml").read_text(encoding="utf-8")
    write(hotel, "engagement.toml", settings.replace('"en"', '"de"'))
    rows = "set,Kitchen,running,Drei Handwerke,Ines Roth,2026-03-02,10,\n"
    rows += "appoint lead,Grand Hotel,Ada,Sie kann es,Ines Roth,2026-03-02,,\n"
    write(hotel, "tables/decisions.csv", HEADINGS + rows)
    warned = CliRunner().invoke(main, ["check", str(hotel)]).stderr
    assert "Leitung ernennen: Grand Hotel (Ada) – ändert nichts" in warned
    assert "Grand Hotel ist keine Gemeinschaft" in warned
    why = show(hotel, "why", "Kitchen")
    assert "für Kitchen gilt: Kosten einer Gemeinschaft 10: Ines Roth hat" in why
    page = document(hotel).replace("\xa0", " ")
    assert "Für Kitchen kostet eine Gemeinschaft 10 Stunden im Jahr" in page
    assert "Kitchen ist running" not in page and "statt cohesive" not in page


@pytest.mark.parametrize(
    ("words", "row"),
    [
        ("keep whole grand hotel", "keep whole,Grand Hotel,,"),
        ("merge Back office into front of house", "merge,Back office,Front of house,"),
        ("rename Kitchen as The brigade", "rename,Kitchen,The brigade,"),
        ("assign Barista art to Front of house", "assign,Barista art,Front of house,"),
        ("exclude Knife skills from Kitchen", "exclude,Knife skills,Kitchen,"),
        ("exclude Knife skills", "exclude,Knife skills,,"),
        ("appoint lead Kitchen: Ines Roth", "appoint lead,Kitchen,Ines Roth,"),
        ("appoint lead Ines Roth for Kitchen", "appoint lead,Kitchen,Ines Roth,"),
        ("appoint broker Server to Kitchen", "appoint broker,Kitchen,Server,"),
        ("set Kitchen running = 10", "set,Kitchen,running,"),
    ],
)
def test_every_kind_is_recorded_as_it_is_said(hotel: Path, words: str, row: str) -> None:
    decide(hotel, *words.split(), *WHY, "--until", "2027-03-01", "--yes")
    value = "10" if words.startswith("set") else ""
    why = '"Three crafts, three rhythms",Ines Roth,2026-03-02'
    assert decided(hotel) == f"{HEADINGS}{row}{why},{value},2027-03-01\n"
    assert "changes nothing" not in show(hotel, "show", "gaps")
    decide(hotel, *words.split(), "--undo", "--yes")
    assert decided(hotel) == HEADINGS


FILES = {
    "semicolons": b"decision;subject;object;reason;by;on\r\nmerge;Bar;Bar;x;y;2025-01-01\r\n",
    "a mark": "\ufeffdecision,subject,object,reason,by,on\nsplit,Kitchen,,ä,y,2025-01-01".encode(),
    "windows": "on,by,reason,subject,decision,note\n2025-01-01,y,für,Bar,split,n\n".encode(
        "cp1252"
    ),
    "lines": b'decision,subject,object,reason,by,on\nsplit,"Bar",,"two\nlines",y,2025-01-01\n\n',
    "said": b"sep=;\r\ndecision;subject;reason;by;on\r\n",
}


@pytest.mark.parametrize("name", FILES)
def test_other_rows_stay_as_they_were_written(tmp_path: Path, name: str) -> None:
    """Whatever the file is written in, a row goes to its end, and comes out of it again."""
    from cop_expert.load.csv_file import open_csv, rows_of
    from cop_expert.load.findings import Findings
    from cop_expert.load.record import append_row, remove_row

    path = tmp_path / "decisions.csv"
    path.write_bytes(FILES[name])
    before = [row for _, row in rows_of(open_csv(path, "", Findings()))]
    cells = {"decision": "set", "subject": "Kitchen", "reason": "a, b; c", "value": "3"}
    append_row(path, cells, HEADINGS.strip().split(","))
    read = list(rows_of(open_csv(path, "", Findings())))
    headings, *rows, (line, last) = read[0][1], *(row for _, row in read[1:-1]), read[-1]
    assert rows == before[1:]
    assert {h: c for h, c in zip(headings, last, strict=True) if c} == cells
    written = path.read_bytes()
    body = FILES[name].split(b"\n", 2 if name == "said" else 1)[-1].strip()
    assert body in written
    remove_row(path, line)
    assert [row for _, row in rows_of(open_csv(path, "", Findings()))][1:] == before[1:]


def test_a_workbook_is_left_as_it_is(hotel: Path) -> None:
    """What stands in it counts together with what is decided beside it, and is mended there."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "decisions"
    sheet.append(HEADINGS.strip().split(",")[:6])
    sheet.append(["keep whole", "Front of house", "", "They share a room", "GM", "2026-01-05"])
    book.save(hotel / "client.xlsx")
    before = (hotel / "client.xlsx").read_bytes()
    decide(hotel, "split", "Kitchen", *WHY, "--yes")
    assert (hotel / "client.xlsx").read_bytes() == before
    assert load_workbook(hotel / "client.xlsx")
    assert conclude(hotel).facts.count("Decision") == 2
    said = decide(hotel, "keep whole", "Front of house", "--undo", code=1)
    assert "client.xlsx" in said.output and "delete it there" in said.output


def test_what_has_lapsed_is_not_obeyed(hotel: Path) -> None:
    decide(hotel, "split", "Kitchen", *WHY, "--until", "2026-06-30", "--yes")
    settings = (hotel / "engagement.toml").read_text(encoding="utf-8")
    for day, is_split in (("2026-06-30", True), ("2026-07-01", False)):
        write(hotel, "engagement.toml", f"as_of = {day}\n{settings}")
        assert ("Hot station" in show(hotel, "show", "communities")) == is_split
        warned = CliRunner().invoke(main, ["check", str(hotel)]).stderr
        assert ("warning[lapsed]" in warned) == (not is_split)


def test_what_has_lapsed_is_said_where_it_is_missed(hotel: Path) -> None:
    """In the strategy, in the list of decisions, and where it is asked why something is not so."""
    rows = (
        "assign,barista art,Front of house,They asked,Ines Roth,2026-03-02,,2026-06-29\n"
        "assign,Barista art,Front of house,They asked again,GM,2026-03-09,,2026-06-30\n"
        "merge,Bar annex,Kitchen,It was closed,GM,2026-03-04,,2026-05-30\n"
    )
    write(hotel, "tables/decisions.csv", HEADINGS + rows)
    settings = (hotel / "engagement.toml").read_text(encoding="utf-8")
    write(hotel, "engagement.toml", f"as_of = 2026-07-01\n{settings}")
    said = show(hotel, "why-not", "Barista art", "Front of house")
    last = "no longer in force: GM decided on 2026-03-09 to assign Barista art (Front of house)"
    assert f'{last}, until 2026-06-30: "They asked again" (decisions.csv, line 3)' in said
    assert said.count("no longer in force") == 1
    assert show(hotel, "show", "decisions").count("no, it has lapsed") == 3
    page = document(hotel)
    assert "No decision is in force any more." in page
    assert "Merge Bar annex into Kitchen, until 2026-05-30 | It was closed |" in page
    german = settings.replace('"en"', '"de"')
    write(hotel, "engagement.toml", f"as_of = 2026-07-01\n{german}")
    assert "Keine Entscheidung gilt mehr." in document(hotel)
    assert "gilt nicht mehr: GM hat" in show(hotel, "why-not", "Barista art", "Front of house")


def test_the_price_is_what_a_run_without_it_has_less(hotel: Path) -> None:
    decide(hotel, "split", "Kitchen", *WHY, "--yes")
    run = conclude(hotel)
    found = prices(run, hotel)["tables/decisions.csv:2"]
    assert (found.communities, found.running) == (2, 81 * UNIT)
    assert (found.assigned, found.superfluous) == (-15 * UNIT, -15 * UNIT)
    page = document(hotel).replace("\xa0", " ")
    assert "2 communities more (81 hours of running); 15 hours less of learning" in page


def test_every_decision_of_northwater_has_a_price() -> None:
    run = conclude(NORTHWATER)
    found = prices(run, NORTHWATER)
    assert len(found) == run.facts.count("Decision") == 5
    merged = found["tables/decisions.csv:3"]
    assert merged.communities == -1
    assert merged.running == -next(int(str(r["hours"])) for r in run.facts.records("RunningCost"))


def test_a_lead_who_was_appointed_leads(tmp_path: Path) -> None:
    folder = copy_of(NORTHWATER, tmp_path / "northwater")
    without = {str(record["community"]) for record in conclude(folder).facts.records("NoLead")}
    assert without
    decide(folder, "appoint lead", f"{min(without)}: Ada Miller", *WHY, "--yes")
    run = conclude(folder)
    assert {str(r["community"]) for r in run.facts.records("NoLead")} == without - {min(without)}
    assert "Lead: Ada Miller" in document(folder).replace("*", "")
