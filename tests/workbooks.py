"""Workbooks as files are made of, for tests: written by hand, so that anything can be wrong."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from cop_expert.model.origin import column_name

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def write_parts(path: Path, sheets: Mapping[str, str | Iterable[str]], **parts: str) -> Path:
    """A workbook of sheets by name, each the inside of its element; other parts by their names."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        listed = related = ""
        for number, (name, inside) in enumerate(sheets.items(), start=1):
            state = ' state="hidden"' if name.startswith("hidden ") else ""
            shown = quoteattr(name.removeprefix("hidden "))
            listed += f'<sheet name={shown}{state} sheetId="{number}" r:id="r{number}"/>'
            related += _relation(f"r{number}", "worksheet", f"worksheets/s{number}.xml")
            with archive.open(f"xl/worksheets/s{number}.xml", "w", force_zip64=True) as file:
                file.write(f'{HEAD}<worksheet xmlns="{MAIN}">'.encode())
                for piece in [inside] if isinstance(inside, str) else inside:
                    file.write(piece.encode())
                file.write(b"</worksheet>")
        for name, text in parts.items():
            related += _relation(name, name, f"{name}.xml")
            archive.writestr(f"xl/{name}.xml", text)
        book = f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><sheets>{listed}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", parts.get("workbook", HEAD + book))
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(related))
        archive.writestr(
            "_rels/.rels", _relations(_relation("r1", "officeDocument", "xl/workbook.xml"))
        )
    return path


def _relations(inside: str) -> str:
    return f'{HEAD}<Relationships xmlns="{RELATIONS}">{inside}</Relationships>'


def _relation(identity: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{identity}" Type="{KINDS}/{kind}" Target="{target}"/>'


def sheet(*rows: Iterable[object], first: int = 1, merged: Iterable[str] = ()) -> str:
    """Rows as a person typed them: texts, numbers, blanks, formulas that begin with `=`."""
    lines = "".join(line(number, row) for number, row in enumerate(rows, start=first))
    blocks = "".join(f'<mergeCell ref="{block}"/>' for block in merged)
    after = f"<mergeCells>{blocks}</mergeCells>" if blocks else ""
    return f"<sheetData>{lines}</sheetData>{after}"


def line(number: int, row: Iterable[object]) -> str:
    cells = (
        cell(f"{column_name(column)}{number}", value)
        for column, value in enumerate(row, start=1)
        if value not in (None, "")
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def cell(address: str, value: object) -> str:
    if isinstance(value, int | float):
        return f'<c r="{address}"><v>{value}</v></c>'
    if str(value).startswith("="):
        return f'<c r="{address}"><f>{escape(str(value)[1:])}</f></c>'
    if str(value).startswith("#"):
        return f'<c r="{address}" t="e"><v>{value}</v></c>'
    return f'<c r="{address}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
