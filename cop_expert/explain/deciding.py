"""A decision as somebody says it in, the row of the decisions table that it would be out."""

import re
from collections.abc import Iterator

from cop_expert.explain.name_book import NameBook, UnknownName
from cop_expert.facts import FactBase
from cop_expert.load.changes import AddRow
from cop_expert.load.words import listed, tidy

LINKS = re.compile(r"\s+(?:to|from|with|into|for|as)\s+|\s*,\s*")
"""What may stand between what a decision is about and whom else it concerns."""
DECIDED = {"reason": "supposed", "by": "somebody", "on": "2000-01-01"}


def decision(text: str, facts: FactBase) -> AddRow:
    """`split Kitchen`, `merge Bar with Kitchen`, `exclude Barista art from Kitchen`.

    Raises ValueError where it is no kind of decision, UnknownName where a name is not known.
    """
    kinds = facts.vocabulary.datatypes["DecisionKind"].choices
    said = tidy(text)
    kind = next((k for k in sorted(kinds, key=len, reverse=True) if _begins(said, k)), "")
    if not kind:
        raise ValueError(f"'{text}' begins with no kind of decision: {listed(list(kinds), 'or')}")
    subject, other = _names(said[len(kind) :].strip(" :,"), NameBook(facts))
    cells = {"decision": kind, "subject": subject, "object": other} | DECIDED
    return AddRow("decisions", tuple(cells.items()))


def _begins(text: str, kind: str) -> bool:
    return text.casefold().startswith(f"{kind.casefold()} ")


def _names(text: str, book: NameBook) -> tuple[str, str]:
    """What it is about, and whom else it concerns; names may hold words that link."""
    for subject, other in _ways(text):
        try:
            book.identities(subject)
            return subject, other
        except UnknownName:
            continue
    book.identities(text)
    return text, ""


def _ways(text: str) -> Iterator[tuple[str, str]]:
    """The whole as one name first, then cut in two, the longest beginning first."""
    yield text, ""
    for link in reversed(list(LINKS.finditer(text))):
        yield text[: link.start()], text[link.end() :]
