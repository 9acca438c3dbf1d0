"""A document in Markdown and its pictures in, a Word file in the client's own look out.

Word's own means only: styles, numbering, real tables, captions with numbers of their own, links
inside the document, a table of contents. Whatever the reference document holds in headers and
footers stays; its text goes.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from cop_expert.report.escaping import printable
from cop_expert.report.pictures.alone import picture_style, standing_alone

ANCHOR = re.compile(r'<a id="([\w-]+)">')
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of everything inside the file: the same input gives the same bytes."""
ZOOM = 2
"""Pixels of a picture for each of its units."""
LANGUAGES = {"en": "en-GB", "de": "de-DE"}
TABLE_POINTS, REASON_POINTS = 9, 8
TABLE = "Strategy Table"
"""The style of a client's own tables; without it they have lines between rows, and no others."""
WIDEST = 60
"""Characters from which a column takes no more room."""
BOLD = 1
"""Letters more that the longest word of a heading takes, for it is bold."""
LETTER, PADDING = 82_000, 150_000
"""About how wide a letter in a table is, and what a cell leaves free (914,400 to the inch)."""
SMALL = 10
"""Rows up to which a table stays on one page."""


class Captions(NamedTuple):
    """What captions begin with, and the title of the contents."""

    figure: str
    table: str
    contents: str


def write_word(
    text: str,
    pictures: Mapping[str, str],
    captions: Captions,
    reference: Path | None,
    title: str,
    language: str,
) -> bytes:
    """`pictures` are SVG by name; the text shows them as `![caption](picture:name)`."""
    from docx import Document
    from markdown_it import MarkdownIt

    document = Document(str(reference) if reference else None)
    _empty(document)
    if reference is None:
        _set_page(document)
    document.core_properties.title = printable(title)
    document.core_properties.author = ""
    document.core_properties.language = LANGUAGES.get(language, language)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    _Writer(document, pictures, captions).write(tokens)
    return _timeless(document)


def _empty(document: Any) -> None:
    """Take the text out, but for the last section, which knows page, headers and footers."""
    body = document.element.body
    for element in list(body):
        if not element.tag.endswith("}sectPr"):
            body.remove(element)


def _set_page(document: Any) -> None:
    """Without a reference document: A4, margins and type that leave page 1 on one page."""
    from docx.shared import Cm, Pt

    section = document.sections[-1]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2)
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(10)
    for name in ("Normal", "List Bullet", "List Number"):
        document.styles[name].paragraph_format.space_after = Pt(4)


def _timeless(document: Any) -> bytes:
    """The file with every part dated alike."""
    written, result = BytesIO(), BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, EPOCH)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return result.getvalue()


class _Writer:
    """Writes Markdown's tokens one after the other."""

    def __init__(self, document: Any, pictures: Mapping[str, str], captions: Captions) -> None:
        self.document = document
        self.pictures = pictures
        self.captions = captions
        self.styles = {style.name for style in document.styles}
        self.numbers = {captions.figure: 0, captions.table: 0}
        self.lists: list[tuple[str, int | None]] = []
        """The lists that are open: their style, and their numbering."""
        self.headings: list[tuple[int, str, str]] = []
        self.contents: Any = None
        self.bookmarks = 0
        self.size: Any = None
        """The size of type where it is not the style's own."""

    def write(self, tokens: Sequence[Any]) -> None:
        tokens = list(tokens)
        while tokens:
            token = tokens.pop(0)
            match token.type:
                case "heading_open":
                    self._heading(int(token.tag[1]), tokens.pop(0))
                case "inline":
                    self._paragraph(token, leads_on=_is_before_display(tokens))
                case "bullet_list_open":
                    self.lists.append(("List Bullet", None))
                case "ordered_list_open":
                    self.lists.append(("List Number", self._new_numbering()))
                case "bullet_list_close" | "ordered_list_close":
                    self.lists.pop()
                case "table_open":
                    self._table(tokens)
                case "fence" | "code_block":
                    self.document.add_paragraph(printable(token.content), self._style("Normal"))
        self._fill_contents()

    def _style(self, name: str) -> str | None:
        """The style, where the client's document has it."""
        return name if name in self.styles else None

    # Paragraphs

    def _heading(self, level: int, inline: Any) -> None:
        """The document's title, then sections; the contents come before the second section."""
        name = "Title" if level == 1 else f"Heading {level - 1}"
        if level == 2 and sum(known == 2 for known, _, _ in self.headings) == 1:
            self.contents = self.document.add_paragraph()
            self.contents.paragraph_format.page_break_before = True
        paragraph = self.document.add_paragraph(style=self._style(name))
        paragraph.paragraph_format.keep_with_next = True
        if level == 2 and self.contents is not None and self._is_first_after_contents():
            paragraph.paragraph_format.page_break_before = True
        anchor = f"section_{len(self.headings) + 1}"
        self._bookmark(paragraph, anchor)
        self._runs(paragraph, inline.children)
        self.headings.append((level, paragraph.text, anchor))

    def _is_first_after_contents(self) -> bool:
        return sum(known == 2 for known, _, _ in self.headings) == 1

    def _paragraph(self, inline: Any, leads_on: bool) -> None:
        """`leads_on` keeps it on the page of the table or picture that it is about."""
        children = inline.children
        only = children[0] if len(children) == 1 else None
        if only is not None and only.type == "image":
            self._picture(str(only.attrs["src"]), only.content)
            return
        if len(children) == 3 and children[0].attrs.get("href") == "caption:table":
            self._caption(self.captions.table, children[1].content, above=True)
            return
        style, numbering = self._list_style()
        paragraph = self.document.add_paragraph(style=style)
        paragraph.paragraph_format.keep_with_next = leads_on or None
        if numbering is not None:
            self._number(paragraph, numbering)
        self._runs(paragraph, children)

    def _list_style(self) -> tuple[str | None, int | None]:
        if not self.lists:
            return self._style("Normal"), None
        style, numbering = self.lists[-1]
        depth = min(len(self.lists), 3)
        return self._style(style if depth == 1 else f"{style} {depth}"), numbering

    def _runs(self, paragraph: Any, children: Sequence[Any], bold: bool = False) -> None:
        """Text with its emphasis and links."""
        italic, link, is_note = False, "", False
        for child in children:
            match child.type:
                case "strong_open" | "strong_close":
                    bold = child.type == "strong_open"
                case "em_open" | "em_close":
                    italic = child.type == "em_open"
                case "link_open":
                    link = str(child.attrs.get("href", ""))
                    is_note = child.attrs.get("title") == "note"
                case "link_close":
                    link, is_note = "", False
                case "html_inline":
                    if found := ANCHOR.match(child.content):
                        self._begin_reasons()
                        self._bookmark(paragraph, _bookmark_name(found[1]))
                case "softbreak" | "hardbreak":
                    paragraph.add_run(" ")
                case "text" | "code_inline":
                    run = self._run(paragraph, child.content, bold, italic, link)
                    run.font.superscript = is_note or None

    def _run(self, paragraph: Any, text: str, bold: bool, italic: bool, link: str) -> Any:
        run = paragraph.add_run(printable(text))
        run.bold, run.italic = bold or None, italic or None
        if self.size:
            run.font.size = self.size
        if link.startswith("#"):
            wrapped = _element("w:hyperlink", anchor=_bookmark_name(link[1:]), history="1")
            run._r.addprevious(wrapped)
            wrapped.append(run._r)
        return run

    def _bookmark(self, paragraph: Any, name: str) -> None:
        self.bookmarks += 1
        paragraph._p.append(_element("w:bookmarkStart", id=str(self.bookmarks), name=name))
        paragraph._p.append(_element("w:bookmarkEnd", id=str(self.bookmarks)))

    def _begin_reasons(self) -> None:
        """The first reason begins a part in two columns of small print."""
        from docx.enum.section import WD_SECTION
        from docx.shared import Pt

        if self.size is None:
            self.size = Pt(REASON_POINTS)
            last = self.document.paragraphs[-1]._p
            section = self.document.add_section(WD_SECTION.CONTINUOUS)
            last.addprevious(last.getnext())
            columns = section._sectPr.find("{*}cols")
            if columns is not None:
                section._sectPr.remove(columns)
            section._sectPr.append(_element("w:cols", num="2", space="400"))

    # Lists

    def _new_numbering(self) -> int | None:
        """A numbering that begins at one, after the style's own."""
        numbering = self.document.part.numbering_part.element
        style = self.document.styles["List Number"] if "List Number" in self.styles else None
        properties = style.element.pPr if style is not None else None
        if properties is None or properties.numPr is None:
            return None
        own = properties.numPr.numId.val
        abstract = next(n for n in numbering.num_lst if n.numId == own).abstractNumId.val
        number = numbering.add_num(abstract)
        number.add_lvlOverride(ilvl=0).add_startOverride(1)
        return int(number.numId)

    def _number(self, paragraph: Any, numbering: int) -> None:
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_numId().val = numbering
        properties.get_or_add_ilvl().val = 0

    # Tables

    def _table(self, tokens: list[Any]) -> None:
        rows, align = _cells(tokens)
        table = self.document.add_table(rows=0, cols=len(align), style=self._style(TABLE))
        if not self._style(TABLE):
            table._tbl.tblPr.append(_lines_between_rows())
        widths = self._widths(rows)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for place, cells in enumerate(rows):
            row = table.add_row()
            properties = row._tr.get_or_add_trPr()
            properties.append(_element("w:cantSplit"))
            if place == 0:
                properties.append(_element("w:tblHeader"))
            for cell, inline, side, width in zip(row.cells, cells, align, widths, strict=True):
                cell.width = width
                self._cell(cell, inline, side, place == 0)
            if not any(map(_text, cells[1:])):
                row.cells[0].merge(row.cells[-1])
            if place == 0 or place + 1 < len(rows) <= SMALL:
                for cell in row.cells:
                    cell.paragraphs[0].paragraph_format.keep_with_next = True
        self.document.add_paragraph(style=self._style("Normal"))

    def _widths(self, rows: list[list[Any]]) -> list[int]:
        """Room for the longest word of each column; the rest by how much there is to say."""
        texts = [[_text(inline) for inline in column] for column in zip(*rows, strict=True)]
        least = [max(map(_longest, column)) for column in texts]
        least = [max(one, _longest(c[0]) + BOLD) for one, c in zip(least, texts, strict=True)]
        asked = [min(max(map(len, column)), WIDEST) for column in texts]
        more = [max(one - other, 0) for one, other in zip(asked, least, strict=True)]
        width = self._room()
        own = [LETTER * letters + PADDING for letters in least]
        if sum(own) >= width:
            return [width * one // sum(own) for one in own]
        rest = width - sum(own)
        return [
            one + rest * extra // (sum(more) or 1) for one, extra in zip(own, more, strict=True)
        ]

    def _room(self) -> int:
        """The width of the text."""
        section = self.document.sections[-1]
        return int(section.page_width - section.left_margin - section.right_margin)

    def _cell(self, cell: Any, inline: Any, side: str, is_head: bool) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.paragraph_format.space_before = Pt(2)
        if side == "right":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self._runs(paragraph, inline.children or (), bold=is_head)
        for run in paragraph._p.iter("{*}r"):
            size = _element("w:sz", val=str(2 * TABLE_POINTS))
            run.get_or_add_rPr().append(size)

    # Pictures and captions

    def _picture(self, source: str, caption: str) -> None:
        svg = self.pictures.get(source.removeprefix("picture:"))
        if svg is None:
            return
        section = self.document.sections[-1]
        height = section.page_height - section.top_margin - section.bottom_margin
        paragraph = self.document.add_paragraph(style=self._style("Normal"))
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(
            BytesIO(as_png(svg)), width=round(0.9 * self._room())
        )
        if shape.height > 0.85 * height:
            shape.width = round(shape.width * 0.85 * height / shape.height)
            shape.height = round(0.85 * height)
        described = re.search(r"<desc[^>]*>(.*?)</desc>", svg, re.DOTALL)
        shape._inline.docPr.set("descr", _plain(described[1]) if described else caption)
        shape._inline.docPr.set("title", printable(caption))
        self._caption(self.captions.figure, caption)

    def _caption(self, kind: str, text: str, above: bool = False) -> None:
        """ "Figure 1: …", numbered by a field of Word's own."""
        self.numbers[kind] += 1
        paragraph = self.document.add_paragraph(style=self._style("Caption"))
        paragraph.paragraph_format.keep_with_next = above or None
        paragraph.add_run(f"{kind} ")
        _field(paragraph, f"SEQ {kind} \\* ARABIC", str(self.numbers[kind]))
        paragraph.add_run(f": {printable(text)}")

    # Contents

    def _fill_contents(self) -> None:
        """A field that Word brings up to date, and until then links to every section."""
        if self.contents is None:
            return
        self.contents.add_run(self.captions.contents).bold = True
        self.size = None
        entries = [(text, anchor) for level, text, anchor in self.headings if level == 2]
        at = self.contents._p
        for place, (text, anchor) in enumerate(entries):
            paragraph = self.document.add_paragraph(style=self._style("toc 1"))
            at.addnext(paragraph._p)
            at = paragraph._p
            if place == 0:
                for mark in _begin('TOC \\o "1-1" \\h \\z \\u', dirty=True):
                    paragraph._p.append(mark)
            self._run(paragraph, text, bold=False, italic=False, link=f"#{anchor}")
            if place == len(entries) - 1:
                paragraph._p.append(_mark("end"))


def _is_before_display(tokens: Sequence[Any]) -> bool:
    """True at the end of a paragraph that a table, its caption or a picture follows."""
    follows = list(tokens[1:3])
    if not follows or follows[0].type != "paragraph_open":
        return bool(follows) and follows[0].type == "table_open"
    first = follows[1].children[0]
    return bool(first.type == "image" or first.attrs.get("href") == "caption:table")


def _text(inline: Any) -> str:
    """What a cell says."""
    return "".join(child.content for child in inline.children or () if child.type == "text")


def _longest(text: str) -> int:
    """Letters that are not parted; a number stays with its measure."""
    return max(map(len, text.split(" ")))


def _lines_between_rows() -> Any:
    borders = _element("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(f"w:{side}", val="single", sz="4", space="0", color="B8C0C7"))
    return borders


def _cells(tokens: list[Any]) -> tuple[list[list[Any]], list[str]]:
    """The rows of a table, taken off the tokens, and how each column is aligned."""
    rows: list[list[Any]] = []
    align: list[str] = []
    while (token := tokens.pop(0)).type != "table_close":
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open":
            align.append("right" if "right" in str(token.attrs.get("style", "")) else "left")
        elif token.type == "inline":
            rows[-1].append(token)
    return rows, align


def _bookmark_name(anchor: str) -> str:
    """Word's bookmarks hold letters, digits and underscores."""
    return re.sub(r"\W", "_", anchor)


def _element(tag: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def _mark(kind: str, dirty: bool = False) -> Any:
    run = _element("w:r")
    attributes = {"fldCharType": kind} | ({"dirty": "true"} if dirty else {})
    run.append(_element("w:fldChar", **attributes))
    return run


def _begin(instruction: str, dirty: bool = False) -> Iterator[Any]:
    """The beginning of a field, up to where its result stands."""
    yield _mark("begin", dirty)
    run, text = _element("w:r"), _element("w:instrText")
    text.text = f" {instruction} "
    run.append(text)
    yield run
    yield _mark("separate")


def _field(paragraph: Any, instruction: str, result: str) -> None:
    for mark in _begin(instruction):
        paragraph._p.append(mark)
    paragraph.add_run(result)
    paragraph._p.append(_mark("end"))


def _plain(text: str) -> str:
    import html

    return printable(html.unescape(text))


def as_png(svg: str) -> bytes:
    """The picture as it is printed: dark on white."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=standing_alone(svg, has_style=False),
            background="#ffffff",
            zoom=ZOOM,
            style_sheet=picture_style(),
            sans_serif_family="DejaVu Sans",
            serif_family="DejaVu Serif",
        )
    )
