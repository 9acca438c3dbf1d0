"""A decision as somebody says it in, the row of the decisions table that it is out."""

import re
from collections.abc import Iterator, Mapping

from cop_expert.explain.name_book import NameBook, UnknownName, folded
from cop_expert.facts import FactBase
from cop_expert.load.changes import AddRow
from cop_expert.load.words import listed, tidy
from cop_expert.model.origin import Origin
from cop_expert.model.template import Value

LINKS = re.compile(r"\s+(?:to|from|with|into|for|as|of|in)\s+|\s*[,:]\s*")
"""What may stand between what a decision is about and whom else it concerns."""
TURNED = ("for", "to", "of", "in")
"""Links after which it says what an appointment is about: `appoint lead Ines Roth for Kitchen`."""
NUMBER = re.compile(r"(?P<names>.+?)[\s,:]+(?P<parameter>\w+)\s*(?:=|\bto\b)\s*(?P<value>[\d.,]+)")
"""`Kitchen running = 10`."""
SUPPOSED = {"reason": "supposed", "by": "somebody", "on": "2000-01-01"}
"""What stands in the row of a decision that nobody took, and is never said."""
FREE = ("rename", "appoint lead")
"""Kinds whose object is a name that nothing need bear."""


def decision(text: str, facts: FactBase, record: Mapping[str, str] = SUPPOSED) -> AddRow:
    """`split Kitchen`, `merge Bar with Kitchen`, `set Kitchen running = 10`.

    `record` is who decided, when and why. Raises ValueError where it is no kind of decision,
    UnknownName where a name is not known.
    """
    kinds = facts.vocabulary.datatypes["DecisionKind"].choices
    said = tidy(text)
    kind = next((k for k in sorted(kinds, key=len, reverse=True) if _begins(said, k)), "")
    if not kind:
        raise ValueError(f"'{text}' begins with no kind of decision: {listed(list(kinds), 'or')}")
    book, rest = NameBook(facts), said[len(kind) :].strip(" :,")
    cells = {"decision": kind}
    if kind == "set":
        number = NUMBER.fullmatch(rest)
        if not number:
            raise ValueError(f"'{text}': write it like this: set Kitchen running = 10")
        cells |= {"subject": _named(number["names"], book), "object": number["parameter"]}
        cells["value"] = number["value"]
    else:
        subject, other = _names(rest, book, kind.startswith("appoint"))
        cells |= {"subject": _named(subject, book)}
        cells["object"] = other if kind in FREE else _named(other, book, must=False)
    return AddRow("decisions", tuple((cells | dict(record)).items()))


def _begins(text: str, kind: str) -> bool:
    return text.casefold().startswith(f"{kind.casefold()} ")


def _named(name: str, book: NameBook, must: bool = True) -> str:
    """As the tables name it, where that can be told; raises UnknownName where it must be known."""
    if not name:
        return name
    try:
        found = [str(text) for text in book.facts.names.texts(sorted(book.individuals(name)))]
    except UnknownName:
        if must:
            raise
        return name
    exact = [text for text in found if folded(text) == folded(name)]
    return (exact or found)[0] if len(exact or found) == 1 else name


def _names(text: str, book: NameBook, is_appointment: bool) -> tuple[str, str]:
    """What it is about, and whom else it concerns; names may hold words that link."""
    for subject, other in _ways(text, is_appointment):
        try:
            book.individuals(subject)
            return subject, other
        except UnknownName:
            continue
    book.individuals(text)
    return text, ""


def _ways(text: str, is_appointment: bool) -> Iterator[tuple[str, str]]:
    """The whole as one name first, then cut in two, the longest beginning first."""
    yield text, ""
    for link in reversed(list(LINKS.finditer(text))):
        one, other = text[: link.start()], text[link.end() :]
        is_turned = is_appointment and link[0].strip() in TURNED
        yield (other, one) if is_turned else (one, other)


def placed_decision(row: AddRow, facts: FactBase) -> Origin:
    """Where such a decision stands, the latest of several; raises ValueError."""
    asked = {heading: str(cell).casefold() for heading, cell in row.cells}
    template = facts.vocabulary.templates["Decision"]
    places = {
        (str(record["on"]), place): place
        for fact, place, _ in facts.located(template.name)
        if _is_meant(record := dict(zip(template.names, fact, strict=True)), asked)
    }
    if not places:
        raise ValueError("no such decision is in force")
    return places[max(places)]


def _is_meant(record: Mapping[str, Value], asked: Mapping[str, str]) -> bool:
    """True where kind, subject and object are those asked for."""
    fields = {"decision": "kind", "subject": "subject", "object": "object"}
    return all(
        str(record[field] or "").casefold() == asked.get(heading, "")
        for heading, field in fields.items()
    )
