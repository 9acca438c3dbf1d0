"""The strategy as Word reads it, and as LibreOffice lays it out."""

import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from documents import HOTEL, content, copy_of
from docx import Document

SOFFICE = shutil.which("soffice")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def word() -> Any:
    return Document(BytesIO(content(HOTEL, "docx")))


def test_headings_and_title_are_styles(word: Any) -> None:
    styled = [(p.style.name, p.text) for p in word.paragraphs]
    assert styled[0] == ("Title", "Grand Hotel: Learning strategy")
    sections = [text for style, text in styled if style == "Heading 1"]
    assert sections[:2] == ["Our recommendation", "What to do next"]
    assert sections[-1] == "Reasons"
    assert ("Heading 2", "Kitchen") in styled


def test_tables_are_tables_whose_head_repeats(word: Any) -> None:
    effort = next(t for t in word.tables if t.cell(0, 1).text == "People" and len(t.columns) == 7)
    rows = [[re.sub(r"(?<=\d)\s", "", cell.text) for cell in row.cells] for row in effort.rows]
    assert [row[0] for row in rows[1:]] == [
        "Back office",
        "Front of house",
        "Kitchen",
        "All together",
    ]
    for table in word.tables:
        assert table.rows[0]._tr.trPr.find(f"{W}tblHeader") is not None
        assert all(row._tr.trPr.find(f"{W}cantSplit") is not None for row in table.rows)


def test_pictures_have_captions_and_say_what_they_show(word: Any) -> None:
    pictures = word.inline_shapes
    assert len(pictures) == 5
    for picture in pictures:
        assert len(picture._inline.docPr.get("descr")) > 20
    captions = [p.text for p in word.paragraphs if p.style.name == "Caption"]
    figures = [text for text in captions if text.startswith("Figure")]
    assert [text.partition(":")[0] for text in figures] == [f"Figure {n}" for n in range(1, 6)]
    assert len(captions) - len(figures) == len(word.tables)


def test_every_link_leads_somewhere(word: Any) -> None:
    body = word.element.body
    names = [mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")]
    assert len(names) == len(set(names))
    links = {link.get(f"{W}anchor") for link in body.iter(f"{W}hyperlink")}
    assert len(links) > 50
    assert links <= set(names)


def test_there_is_a_table_of_contents(word: Any) -> None:
    fields = [text.text for text in word.element.body.iter(f"{W}instrText")]
    assert any("TOC" in field for field in fields)
    begins = [mark.get(f"{W}fldCharType") for mark in word.element.body.iter(f"{W}fldChar")]
    assert begins.count("begin") == begins.count("separate") == begins.count("end")


def test_each_numbered_list_begins_at_one(word: Any) -> None:
    numbered = [p._p.pPr.numPr.numId.val for p in word.paragraphs if p.style.name == "List Number"]
    assert len(set(numbered)) == 3


def test_a_client_s_own_document_keeps_its_look_and_loses_its_text(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    own = Document()
    own.sections[0].header.paragraphs[0].text = "Grand Hotel, confidential"
    own.styles["Heading 1"].font.name = "Hotel Serif"
    own.add_paragraph("Lorem ipsum")
    (hotel / "templates").mkdir()
    own.save(str(hotel / "templates" / "reference.docx"))
    word = Document(BytesIO(content(hotel, "docx")))
    assert word.sections[0].header.paragraphs[0].text == "Grand Hotel, confidential"
    assert word.styles["Heading 1"].font.name == "Hotel Serif"
    assert not any("Lorem" in paragraph.text for paragraph in word.paragraphs)


def test_the_same_input_gives_the_same_bytes() -> None:
    assert content(HOTEL, "docx") == content(HOTEL, "docx")


@pytest.mark.skipif(SOFFICE is None, reason="there is no LibreOffice here")
def test_libreoffice_lays_it_out(tmp_path: Path) -> None:
    assert SOFFICE
    (tmp_path / "strategy.docx").write_bytes(content(HOTEL, "docx", audience="leader"))
    home = f"-env:UserInstallation=file://{tmp_path}/profile"
    target = ["--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "strategy.docx")]
    subprocess.run(
        [SOFFICE, home, "--headless", *target], check=True, timeout=300, capture_output=True
    )
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "strategy.pdf").read_bytes())
    assert 8 <= len(pages) <= 60
