"""A question as people write it in, the facts that it asks about out."""

from collections.abc import Iterator
from itertools import product

from msgspec import Struct

from cop_expert.explain.name_book import NameBook, UnknownName, folded
from cop_expert.explain.nearly import Goal
from cop_expert.facts import FactBase, Row, quoted
from cop_expert.model.template import Template

ENOUGH = 6
"""Facts that answer one question, and nearby ones; nobody reads more."""


class Answerable(Struct, frozen=True):
    """A fact that a question asks about."""

    template: str
    row: Row


def facts_asked_about(facts: FactBase, subject: str, place: str | None = None) -> list[Answerable]:
    """The facts about the subject (in the place), the most telling kind first.

    In place of the place may stand what kind of fact is meant, such as advice. Raises UnknownName
    where a name is not known, and gives an empty list where all names are known but nothing was
    concluded about them together.
    """
    templates = _by_telling(facts)
    if place is None:
        by_label = [t for t in templates if not t.key and folded(t.label) == folded(subject)]
        if by_label:
            return [Answerable(t.name, row) for t in by_label for row in facts.rows(t.name)]
    book = NameBook(facts)
    subjects = book.identities(subject)
    try:
        places = book.identities(place) if place is not None else []
    except UnknownName:
        places, templates = [], [t for t in templates if folded(t.label) == folded(str(place))]
        if not templates:
            raise
    found: list[Answerable] = []
    for template in templates:
        for fields in template.asks:
            if not places:
                found += _rows(facts, template, fields[:1], subjects, [])
            elif len(fields) > 1:
                found += _rows(facts, template, fields, subjects, places)
        if len(found) >= ENOUGH:
            break
    return list(dict.fromkeys(found))[:ENOUGH]


def goals_asked_about(facts: FactBase, subject: str, place: str | None = None) -> Iterator[Goal]:
    """What might have been concluded about the subject (in the place), the most telling first.

    Raises UnknownName where a name is not known.
    """
    book = NameBook(facts)
    subjects = book.identities(subject)
    places = book.identities(place) if place is not None else []
    width = 2 if place is not None else 1
    for template in _by_telling(facts):
        for fields in (asked for asked in template.asks if len(asked) == width):
            columns = zip(fields, (subjects, places), strict=False)
            fitting = [_fitting(facts, template, field, codes) for field, codes in columns]
            yield from (Goal(template.name, fields, (row,)) for row in product(*fitting))


def _by_telling(facts: FactBase) -> list[Template]:
    """Templates in the order in which they answer questions."""
    templates = (t for t in facts.vocabulary.templates.values() if not t.given)
    return sorted(templates, key=lambda t: (t.ask_order, t.name))


def _fitting(facts: FactBase, template: Template, field: str, codes: list[int]) -> list[int]:
    """The individuals that can stand in the field, for they are of its classes."""
    declarers = facts.vocabulary.declarers()
    classes = template.by_name[field].type.classes
    columns = sorted({declarers[name] for name in classes if name in declarers})
    listed = ", ".join(map(str, codes))
    sql = " UNION ".join(
        f"SELECT {quoted(column)} FROM {quoted(table)} WHERE {quoted(column)} IN ({listed})"
        for table, column in columns
    )
    return sorted(code for (code,) in facts.query(sql)) if sql else codes


def _rows(
    facts: FactBase,
    template: Template,
    fields: tuple[str, ...],
    subjects: list[int],
    places: list[int],
) -> Iterator[Answerable]:
    """The template's facts in whose fields these individuals stand, given by their codes."""
    wanted = zip(fields, (subjects, places), strict=False)
    where = " AND ".join(f"{quoted(f)} IN ({', '.join(map(str, codes))})" for f, codes in wanted)
    columns = ", ".join(map(quoted, template.names))
    sql = f"SELECT {columns} FROM {quoted(template.name)} WHERE {where} ORDER BY ALL"
    for row in facts.told(template.kinds, facts.query(sql)):
        yield Answerable(template.name, row)
