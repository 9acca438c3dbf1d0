"""A question as people write it in, the facts that it asks about out."""

from collections.abc import Iterator
from itertools import product

from msgspec import Struct

from cop_expert.explain.goal import Goal
from cop_expert.explain.name_book import Individuals, NameBook, UnknownName, folded
from cop_expert.facts import FactBase, Row, quoted
from cop_expert.model.template import Datatype, Template

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
    book = NameBook(facts, subject, place)
    subjects = book.individuals(subject)
    try:
        places = book.individuals(place) if place is not None else {}
    except UnknownName:
        places, templates = {}, [t for t in templates if folded(t.label) == folded(str(place))]
        if not templates:
            raise
    columns = (subjects, places) if places else (subjects,)
    found: dict[Answerable, None] = {}
    for template, fields, fitting in _questions(facts, templates, columns):
        found |= dict.fromkeys(_rows(facts, template, fields, fitting))
        if len(found) >= ENOUGH:
            break
    return list(found)[:ENOUGH]


def goals_asked_about(facts: FactBase, subject: str, place: str | None = None) -> Iterator[Goal]:
    """What might have been concluded about the subject (in the place), the most telling first.

    Raises UnknownName where a name is not known.
    """
    book = NameBook(facts, subject, place)
    columns = tuple(book.individuals(name) for name in (subject, place) if name is not None)
    for template, fields, fitting in _questions(facts, _by_telling(facts), columns):
        if fields in template.asks:
            yield from (Goal(template.name, fields, (row,)) for row in product(*fitting))


def _by_telling(facts: FactBase) -> list[Template]:
    """Templates in the order in which they answer questions."""
    templates = (t for t in facts.vocabulary.templates.values() if not t.given)
    return sorted(templates, key=lambda t: (t.ask_order, t.name))


def _questions(
    facts: FactBase, templates: list[Template], columns: tuple[Individuals, ...]
) -> Iterator[tuple[Template, tuple[str, ...], list[list[int]]]]:
    """The fields in which what was named may stand, and which of it may stand in each."""
    for template in templates:
        begun = [fields[: len(columns)] for fields in template.asks if len(fields) >= len(columns)]
        for fields in dict.fromkeys(begun):
            fitting = [
                _fitting(facts, template.by_name[field].type, individuals)
                for field, individuals in zip(fields, columns, strict=True)
            ]
            if all(fitting):
                yield template, fields, fitting


def _fitting(facts: FactBase, type_: Datatype, individuals: Individuals) -> list[int]:
    """The individuals that can stand in a field of the type, for they are of its classes."""
    declarers = facts.vocabulary.declarers()
    columns = {declarers[name] for name in type_.classes if name in declarers}
    return [code for code in sorted(individuals) if not columns or individuals[code] & columns]


def _rows(
    facts: FactBase, template: Template, fields: tuple[str, ...], fitting: list[list[int]]
) -> Iterator[Answerable]:
    """The template's facts in whose fields these individuals stand, given by their codes."""
    where = " AND ".join(
        f"{quoted(field)} IN ({', '.join(map(str, codes))})"
        for field, codes in zip(fields, fitting, strict=True)
    )
    columns = ", ".join(map(quoted, template.names))
    sql = f"SELECT {columns} FROM {quoted(template.name)} WHERE {where} ORDER BY ALL"
    for row in facts.told(template.kinds, facts.query(sql)):
        yield Answerable(template.name, row)
