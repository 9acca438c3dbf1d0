"""A question as people write it in, the facts that it asks about out."""

from collections.abc import Iterator

from msgspec import Struct

from cop_expert.explain.name_book import NameBook, folded
from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase, Row, quoted
from cop_expert.model.template import Template

ENOUGH = 6
"""Facts that answer one question, and nearby ones; nobody reads more."""


class Answerable(Struct, frozen=True):
    """A fact that a question asks about."""

    template: str
    row: Row


def facts_asked_about(
    facts: FactBase, speaker: Speaker, subject: str, place: str | None = None
) -> list[Answerable]:
    """The facts about the subject (in the place), the most telling kind first.

    Raises UnknownName where a name is not known, and gives an empty list where all names are
    known but nothing was concluded about them together.
    """
    templates = sorted(
        (t for t in facts.vocabulary.templates.values() if not t.given),
        key=lambda t: (t.ask_order, t.name),
    )
    if place is None:
        by_label = [t for t in templates if not t.key and folded(t.label) == folded(subject)]
        if by_label:
            return [Answerable(t.name, row) for t in by_label for row in facts.rows(t.name)]
    book = NameBook(facts)
    subjects = book.identities(subject)
    places = book.identities(place) if place is not None else []
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
