"""A question as people write it in, the facts that it asks about out."""

import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches

from msgspec import Struct

from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase, Row, quoted
from cop_expert.model.template import Kind, Template

ENOUGH = 6
"""Facts that answer one question, and nearby ones; nobody reads more."""


class Answerable(Struct, frozen=True):
    """A fact that a question asks about."""

    template: str
    row: Row


class UnknownName(Exception):
    """A name that stands nowhere in the knowledge, with the names that come near."""

    def __init__(self, name: str, close: list[str]) -> None:
        self.name = name
        self.close = close
        super().__init__(name)


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
        by_label = [t for t in templates if not t.key and _folded(t.label) == _folded(subject)]
        if by_label:
            return [Answerable(t.name, row) for t in by_label for row in facts.rows(t.name)]
    book = _NameBook(facts, speaker)
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
    subjects: list[str],
    places: list[str],
) -> Iterator[Answerable]:
    wanted = [facts.names.codes(names) for names in (subjects, places)][: len(fields)]
    where = " AND ".join(f"list_contains(?, {quoted(field)})" for field in fields)
    columns = ", ".join(map(quoted, template.names))
    sql = f"SELECT {columns} FROM {quoted(template.name)} WHERE {where} ORDER BY ALL"
    for row in facts.told(template.kinds, facts.query(sql, wanted)):
        yield Answerable(template.name, row)


class _NameBook:
    """All names of individuals, found however people write them."""

    def __init__(self, facts: FactBase, speaker: Speaker) -> None:
        self.by_fold: dict[str, set[str]] = {}
        self.shown: dict[str, str] = {}
        for identity in _identities(facts):
            for name in {identity, speaker.name(identity), speaker.name(identity, given=True)}:
                self.by_fold.setdefault(_folded(name), set()).add(identity)
                self.shown[_folded(name)] = name

    def identities(self, name: str) -> list[str]:
        found = self.by_fold.get(_folded(name), set()) | self._posts_called(name)
        found = found or self._only_one_beginning_with(name)
        if not found:
            close = get_close_matches(_folded(name), self.by_fold, n=3, cutoff=0.55)
            raise UnknownName(name, [self.shown[fold] for fold in close])
        return sorted(found)

    def _posts_called(self, name: str) -> set[str]:
        """A post may be called by its role alone."""
        start = f"{_folded(name)} @ "
        return {one for fold, ids in self.by_fold.items() if fold.startswith(start) for one in ids}

    def _only_one_beginning_with(self, name: str) -> set[str]:
        """Anything may be called by its beginning, where that is enough to tell."""
        start = _folded(name)
        found = [ids for fold, ids in self.by_fold.items() if fold.startswith(start)]
        return found[0] if len(found) == 1 else set()


def _identities(facts: FactBase) -> list[str]:
    columns = [
        f"SELECT DISTINCT {quoted(field.name)} AS name FROM {quoted(template.name)}"
        for template in facts.vocabulary.templates.values()
        for field in template.fields
        if template.given and field.type.kind == Kind.TEXT and field.type.is_reference
    ]
    sql = f"SELECT name FROM ({' UNION '.join(columns)}) WHERE name IS NOT NULL ORDER BY name"
    return [str(name) for (name,) in facts.told([Kind.TEXT], facts.query(sql))]


def _folded(name: str) -> str:
    """Without regard to case, accents and spacing."""
    plain = unicodedata.normalize("NFKD", name)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())
