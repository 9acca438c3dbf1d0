"""What the tables name, by class, and which name is meant by what somebody wrote."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import NamedTuple

from cop_expert.facts import FactBase, quoted
from cop_expert.load.draft import Draft
from cop_expert.load.sheet import table_file
from cop_expert.load.words import listed, shown
from cop_expert.model.diagnostic import did_you_mean
from cop_expert.model.template import Template, Vocabulary

NEIGHBOURS = 100
"""How many names on either side of a mistyped one are compared with it."""


class Declaration(NamedTuple):
    """The template and field whose values are the individuals of a class."""

    template: Template
    field: str
    drafts: list[Draft]
    source: str
    """Where the table would stand if it were there."""

    @property
    def noun(self) -> str:
        return self.template.by_name[self.field].label

    @property
    def is_composed(self) -> bool:
        return self.field == self.template.itself and bool(self.template.naming)

    @property
    def table(self) -> str:
        """The file as a sentence names it, also where there is none."""
        files = [draft.sheet.file for draft in self.drafts]
        return listed(files) or table_file(self.source)

    def names(self) -> str:
        """A query for the column `name`: the names of good rows, as often as they stand there."""
        selects = [f"SELECT {quoted(self.field)} AS name FROM {d.relation}" for d in self.drafts]
        return " UNION ALL ".join(selects) or "SELECT NULL::VARCHAR AS name"

    def doubtful(self) -> set[str]:
        """The names of rows that were left out."""
        return set().union(*(draft.doubtful for draft in self.drafts))

    def labels(self) -> dict[str, str]:
        return {name: label for draft in self.drafts for name, label in draft.labels.items()}


def declarations(drafts: Iterable[Draft], vocabulary: Vocabulary) -> dict[str, Declaration]:
    """What declares each class that a table can declare, whether or not the table is there."""
    drafts = list(drafts)
    by_template: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        by_template[draft.template.name].append(draft)
    return {
        name: Declaration(kind, field, by_template[kind.name], source_beside(drafts, kind))
        for name, (template, field) in vocabulary.declarers().items()
        if (kind := vocabulary.templates[template]).table
    }


def source_beside(drafts: Iterable[Draft], template: Template) -> str:
    """Where the template's table would stand: in the workbook that holds all the others, if any."""
    origins = [draft.origin(0) for draft in drafts]
    workbooks = sorted({origin.file for origin in origins if origin.sheet})
    if workbooks and not any(origin.source.endswith(".csv") for origin in origins):
        return f"{workbooks[0]}/{template.table}"
    return f"tables/{template.table}.csv"


class Known:
    """All names that a reference may mean."""

    def __init__(self, declaring: list[Declaration], words: Iterable[str], facts: FactBase) -> None:
        self.facts = facts
        self.more = sorted({*words, *(name for d in declaring for name in d.doubtful())})
        self.query = " UNION ALL ".join(
            [*(found.names() for found in declaring), "SELECT unnest(?::VARCHAR[]) AS name"]
        )
        self._labels = {
            name: label for found in declaring for name, label in found.labels().items()
        }

    def others(self, draft: Draft, field: str) -> list[str]:
        """What the field holds that is none of the names."""
        column = quoted(field)
        sql = (
            f"SELECT DISTINCT {column} FROM {draft.relation} d "
            f"ANTI JOIN ({self.query}) k ON k.name = d.{column} "
            f"WHERE {column} IS NOT NULL ORDER BY {column}"
        )
        return [text for (text,) in self.facts.query(sql, [self.more])]

    def meant(self, text: str) -> str | None:
        """The only name that differs from the text in case at most."""
        alike = self._folded.get(text.casefold(), [])
        return alike[0] if len(alike) == 1 else None

    def suggestion(self, text: str) -> str:
        """What somebody may have meant by a name that is not known; empty: no idea."""
        if ids := self._by_label.get(text.casefold()):
            return f"use its id {listed(sorted(map(shown, ids)), 'or')}"
        if near := self._nearby.suggestion(text):
            return near
        near = self._nearby_labels.suggestion(text)
        return near and f"{near} use its id"

    @cached_property
    def _names(self) -> list[str]:
        sql = f"SELECT DISTINCT name FROM ({self.query}) WHERE name IS NOT NULL ORDER BY name"
        return [name for (name,) in self.facts.query(sql, [self.more])]

    @cached_property
    def _folded(self) -> dict[str, list[str]]:
        return grouped((name.casefold(), name) for name in self._names)

    @cached_property
    def _by_label(self) -> dict[str, list[str]]:
        return grouped((label.casefold(), name) for name, label in self._labels.items())

    @cached_property
    def _nearby(self) -> "_Nearby":
        return _Nearby(self._names)

    @cached_property
    def _nearby_labels(self) -> "_Nearby":
        return _Nearby(self._labels.values())


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names under each key."""
    groups: dict[str, list[str]] = defaultdict(list)
    for key, name in pairs:
        groups[key].append(name)
    return dict(groups)


class _Nearby:
    """Names ordered from the front and from the back: one slip leaves one end of a name intact."""

    def __init__(self, names: Collection[str]) -> None:
        self._from_front = sorted((name.casefold(), name) for name in names)
        self._from_back = sorted((name.casefold()[::-1], name) for name in names)

    def suggestion(self, text: str) -> str:
        folded = text.casefold()
        around = _around(self._from_front, folded) + _around(self._from_back, folded[::-1])
        return did_you_mean(text, around)


def _around(ordered: list[tuple[str, str]], key: str) -> list[str]:
    middle = bisect_left(ordered, (key, ""))
    return [name for _, name in ordered[max(0, middle - NEIGHBOURS) : middle + NEIGHBOURS]]
