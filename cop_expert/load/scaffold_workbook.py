"""An ontology's tables in, a workbook to fill in out: a sheet for each, with drop-downs and notes.

What a drop-down offers stands in a hidden sheet, whose formulas gather the names from the others.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from cop_expert.load.headings import column_fields, is_needed
from cop_expert.load.scaffold import Row, sheet_name
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.origin import column_name
from cop_expert.model.template import Field, Kind, Template, Vocabulary

READ_ME, LISTS = "Read me (ignore)", "Lists (ignore)"
LAST_ROW = 5000
"""Down to here cells have drop-downs."""
LAST_LISTED = 500
"""Down to here the names in a sheet are offered in others."""
WIDTHS = {Kind.NUMBER: 13, Kind.TRUTH: 13, Kind.TEXT: 26}
WIDE = 48
LOOKS: dict[str, dict[str, Any]] = {
    "title": {"font_size": 20, "bold": True, "font_color": "#1F3A4D"},
    "text": {"text_wrap": True, "valign": "top"},
    "link": {"font_color": "#1F6F8B", "underline": 1, "valign": "top"},
    "needed": {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F6F8B", "valign": "vcenter"},
    "optional": {"bold": True, "font_color": "#1F3A4D", "bg_color": "#CFE3EA", "valign": "vcenter"},
    "number": {"valign": "top", "align": "center"},
    "day": {"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"},
}


class NameList(Struct, frozen=True):
    """The names in a column of a sheet, each once, as two columns of the hidden sheet."""

    template: Template
    field: Field
    names: list[str]
    """As they are now."""
    column: int
    """Where the names are counted; they themselves stand in the next."""

    @property
    def source(self) -> str:
        fields = column_fields(self.template)
        letter = column_name(fields.index(self.field) + 1)
        return f"'{sheet_name(self.template)}'!${letter}$"

    def counts(self, row: int) -> str:
        """Counts a name where it stands for the first time."""
        cell, above = f"{self.source}{row}", f"{column_name(self.column + 1)}{row - 1}"
        first = f'AND({cell}<>"",COUNTIF({self.source}2:{cell.partition("!")[2]},{cell})=1)'
        return f"=N({above})+IF({first},1,0)"

    def lists(self, row: int) -> str:
        names = f"{self.source}2:{self.source.partition('!')[2]}{LAST_LISTED}"
        counted = _down(self.column).partition("!")[2]
        return f'=IFERROR(INDEX({names},MATCH({row - 1},{counted},0)),"")'


class Choice(Struct, frozen=True):
    """What a drop-down offers: words, then names."""

    words: tuple[str, ...]
    tables: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"list_{'_or_'.join([*map(str.casefold, self.words), *self.tables])}"


def write_workbook(
    path: Path,
    title: str,
    about: Sequence[str],
    templates: list[Template],
    rows: dict[str, list[Row]],
    vocabulary: Vocabulary,
) -> None:
    """`about` are the paragraphs that the first sheet says above the list of tables."""
    with Workbook(str(path)) as book:
        book.set_properties({"title": title, "created": datetime(2000, 1, 1, tzinfo=UTC)})
        looks = {name: book.add_format(look) for name, look in LOOKS.items()}
        _write_read_me(book.add_worksheet(READ_ME), title, about, templates, looks)
        choices = _choices(templates, vocabulary)
        for template in templates:
            sheet = book.add_worksheet(sheet_name(template))
            sheet.set_tab_color("#CFE3EA" if template.optional_table else "#1F6F8B")
            for column, field in enumerate(column_fields(template)):
                cells = [row[field.name] for row in rows[template.name]]
                choice = choices.get((template.name, field.name))
                _write_column(sheet, column, field, cells, choice, looks)
            sheet.freeze_panes(1, 0)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            sheet.autofilter(0, 0, LAST_ROW - 1, len(column_fields(template)) - 1)
        _write_lists(book, set(choices.values()), templates, rows, vocabulary)


def _choices(templates: list[Template], vocabulary: Vocabulary) -> dict[tuple[str, str], Choice]:
    """What is offered in each column of references, but for those that declare the names."""
    declarers = {
        name: template
        for name, (template, field) in vocabulary.declarers().items()
        if not vocabulary.templates[template].naming
        or field != vocabulary.templates[template].itself
    }
    found = {}
    for template in templates:
        own = {template.itself, template.declares}
        for field in column_fields(template):
            if field.type.classes and field.name not in own:
                fitting = {
                    vocabulary.templates[declarer].table
                    for name, declarer in declarers.items()
                    if vocabulary.fits([name], field.type.classes)
                }
                words = [
                    word
                    for owner, word in vocabulary.individuals.items()
                    if vocabulary.fits([owner], field.type.classes)
                ]
                found[template.name, field.name] = Choice(tuple(words), tuple(sorted(fitting)))
    return found


# A sheet for a table


def _write_column(
    sheet: Worksheet,
    column: int,
    field: Field,
    cells: list[str],
    choice: Choice | None,
    looks: dict[str, Any],
) -> None:
    look = looks[_look(field)]
    is_prose = field.type.kind == Kind.TEXT and len(field.example) > WIDTHS[Kind.TEXT]
    width = WIDE if is_prose else WIDTHS[field.type.kind]
    sheet.set_column(column, column, width, look)
    heading = looks["needed" if is_needed(field) else "optional"]
    sheet.write_string(0, column, field.heading, heading)
    sheet.write_comment(0, column, _note(field), {"author": "", "x_scale": 2, "font_size": 9})
    for row, cell in enumerate(cells, start=1):
        if cell:
            sheet.write(row, column, _typed(cell, field), look)
    if rule := _rule(field, choice):
        sheet.data_validation(1, column, LAST_ROW - 1, column, rule)


def _look(field: Field) -> str:
    if field.type.name == "Date":
        return "day"
    return "number" if field.type.kind == Kind.NUMBER else "text"


def _typed(cell: str, field: Field) -> str | float | date:
    """An example as a spreadsheet holds it."""
    if field.type.name == "Date":
        return date.fromisoformat(cell)
    return float(cell) if field.type.kind == Kind.NUMBER else cell


def _note(field: Field) -> str:
    """What the heading says when one points at it."""
    needed = "Needs a value in every row." if is_needed(field) else "May be left blank."
    example = [f"Example: {field.example}"] if field.example else []
    return "\n".join([field.hint, needed, *example])


def _rule(field: Field, choice: Choice | None) -> dict[str, Any] | None:
    """What the spreadsheet offers, and asks about where something else is written."""
    kind, advice = field.type, field.hint[:255]
    if choice:
        rule: dict[str, Any] = {"validate": "list", "source": f"={choice.name}"}
        sheets = " or ".join(table.replace("_", " ").capitalize() for table in choice.tables)
        advice = f"This name does not stand in the sheet {sheets} yet. Keep it all the same?"
    elif kind.choices or kind.kind == Kind.TRUTH:
        rule = {"validate": "list", "source": list(kind.choices or ("yes", "no"))}
    elif kind.name == "Date":
        rule = {"validate": "date", "criteria": ">=", "value": date(1900, 1, 1)}
    elif kind.kind == Kind.NUMBER and (bounds := _bounds(field)):
        rule = {"validate": "decimal", **bounds}
    else:
        return None
    title = f"'{field.heading}'"[:32]
    return {**rule, "error_type": "warning", "error_title": title, "error_message": advice}


def _bounds(field: Field) -> dict[str, Any]:
    least, above, most = field.type.least, field.type.above, field.type.most
    if least is not None and most is not None:
        ends = {"minimum": float(to_decimal(least)), "maximum": float(to_decimal(most))}
        return {"criteria": "between", **ends}
    if above is not None:
        return {"criteria": ">", "value": float(to_decimal(above))}
    return {} if least is None else {"criteria": ">=", "value": float(to_decimal(least))}


# The first sheet


def _write_read_me(
    sheet: Worksheet,
    title: str,
    about: Sequence[str],
    templates: list[Template],
    looks: dict[str, Any],
) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 84)
    sheet.set_row(0, 32)
    sheet.write_string(0, 0, title, looks["title"])
    row = 2
    for paragraph in about:
        sheet.merge_range(row, 0, row, 1, paragraph, looks["text"])
        sheet.set_row(row, 16 * (1 + len(paragraph) // 100))
        row += 1
    row += 1
    for template in templates:
        name = sheet_name(template)
        may = " May be left empty." if template.optional_table else ""
        sheet.write_url(row, 0, f"internal:'{name}'!A1", looks["link"], name)
        sheet.write_string(row, 1, template.comment + may, looks["text"])
        row += 1


# The hidden sheet


def _write_lists(
    book: Workbook,
    choices: set[Choice],
    templates: list[Template],
    rows: dict[str, list[Row]],
    vocabulary: Vocabulary,
) -> None:
    sheet = book.add_worksheet(LISTS)
    sheet.hide()
    lists = _name_lists({table for c in choices for table in c.tables}, templates, rows, vocabulary)
    for found in lists.values():
        _write_name_list(sheet, found)
    for number, choice in enumerate(sorted(choices, key=lambda c: c.name)):
        parts = [lists[table] for table in choice.tables]
        column = 2 * len(lists) + number
        count = "+".join([str(len(choice.words)), *(f"MAX({_down(p.column)})" for p in parts)])
        if len(parts) == 1 and not choice.words:
            column = parts[0].column + 1
        else:
            _write_choice(sheet, column, choice, parts)
        first = f"'{LISTS}'!${column_name(column + 1)}$2"
        book.define_name(choice.name, f"=OFFSET({first},0,0,MAX(1,{count}),1)")


def _name_lists(
    tables: set[str],
    templates: list[Template],
    rows: dict[str, list[Row]],
    vocabulary: Vocabulary,
) -> dict[str, NameList]:
    found: dict[str, NameList] = {}
    for template in templates:
        if template.table in tables:
            field = template.by_name[template.declares or template.itself]
            names = list(dict.fromkeys(filter(None, (r[field.name] for r in rows[template.name]))))
            found[template.table] = NameList(template, field, names, 2 * len(found))
    return found


def _write_name_list(sheet: Worksheet, found: NameList) -> None:
    for row in range(2, LAST_LISTED + 1):
        place = row - 2
        name = found.names[place] if place < len(found.names) else ""
        count = min(row - 1, len(found.names))
        sheet.write_formula(row - 1, found.column, found.counts(row), None, count)
        sheet.write_formula(row - 1, found.column + 1, found.lists(row), None, name)


def _write_choice(sheet: Worksheet, column: int, choice: Choice, parts: list[NameList]) -> None:
    """The words and names one below the other."""
    known = [*choice.words, *(name for part in parts for name in part.names)]
    for row in range(2, LAST_LISTED * max(1, len(parts)) + 1):
        if row - 2 < len(choice.words):
            sheet.write_string(row - 1, column, choice.words[row - 2])
            continue
        formula, passed = "", str(len(choice.words))
        ends = []
        for part in parts:
            place = f"{row - 1}-({passed})"
            inside = f"{place}<=MAX({_down(part.column)})"
            ends.append(f"IF({inside},INDEX({_down(part.column + 1)},{place}),")
            passed = f"{passed}+MAX({_down(part.column)})"
        formula = "=" + "".join(ends) + '""' + ")" * len(ends)
        name = known[row - 2] if row - 2 < len(known) else ""
        sheet.write_formula(row - 1, column, formula, None, name)


def _down(column: int) -> str:
    """A column of the hidden sheet."""
    letter = column_name(column + 1)
    return f"'{LISTS}'!${letter}$2:${letter}${LAST_LISTED}"
