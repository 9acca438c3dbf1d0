"""What may be said once only: a key twice, one name for two things, two spellings of one name."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from cop_expert.facts import FactBase, quoted
from cop_expert.load.draft import Draft
from cop_expert.load.findings import DESCRIBED, Findings
from cop_expert.load.names import Declaration, declarations, grouped
from cop_expert.load.words import listed, shown, with_article
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.template import Template, Value

Key = tuple[Value, ...]


def check_duplicates(drafts: list[Draft], facts: FactBase, findings: Findings) -> None:
    """Two rows with the same key; a blank counts as a value."""
    groups: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[draft.template.name].append(draft)
    for group in groups.values():
        key = ", ".join(map(quoted, group[0].template.key))
        columns = ", ".join(map(quoted, group[0].template.names))
        rows = " UNION ALL ".join(
            f'SELECT {number} AS draft, "@row", "@line", {columns} FROM {draft.relation}'
            for number, draft in enumerate(group)
        )
        grouped_by = f"GROUP BY {key}" if key else ""
        twice = f"SELECT 1 FROM ({rows}) {grouped_by} HAVING count(*) > 1 LIMIT 1"
        if facts.query(twice):
            _report_duplicates(group, rows, key, facts, findings)


def _report_duplicates(
    drafts: list[Draft], rows: str, key: str, facts: FactBase, findings: Findings
) -> None:
    """Each row whose key stands further up already, with the place where it stands first."""
    template = drafts[0].template
    others = [field for field in template.fields if field.name not in template.key]
    alike = f'(PARTITION BY {key or "NULL"} ORDER BY draft, "@row")'
    differs = ", ".join(
        f"{quoted(field.name)} IS DISTINCT FROM first({quoted(field.name)}) OVER {alike}"
        for field in others
    )
    again = (
        f'SELECT *, first(draft) OVER {alike} AS first_draft, first("@line") OVER {alike} AS '
        f"first_line, row_number() OVER {alike} AS occurrence, [{differs}]::BOOLEAN[] AS differs "
        f"FROM ({rows})"
    )
    for number, draft in enumerate(drafts):
        found = facts.query(
            f'SELECT count(*) OVER (), "@line", first_draft, first_line, differs'
            f"{f', {key}' if key else ''} FROM ({again}) WHERE occurrence > 1 AND draft = {number} "
            f'ORDER BY "@row" LIMIT {DESCRIBED}'
        )

        def describe(row: tuple[Any, ...], draft: Draft = draft) -> Diagnostic:
            _, line, first_draft, first_line, differs, *values = row
            first = drafts[first_draft]
            pairs = zip(others, differs, strict=True)
            unlike = [f"'{field.heading}'" for field, differ in pairs if differ]
            message = f"{_said(draft.template, tuple(values))} stands here a second time"
            return Diagnostic(
                "duplicate",
                f"{message}, with another {listed(unlike)}" if unlike else message,
                draft.origin(line),
                _keep_one(draft, first),
                first.origin(first_line),
                "first given here",
            )

        if found:
            findings.add_rows(draft.sheet.source, found, describe, found[0][0])


def _keep_one(draft: Draft, first: Draft) -> str:
    if draft is first:
        return "keep one of the two rows"
    return (
        f"{draft.sheet.file} and {first.sheet.file} feed the same table: "
        "keep the row in one of the two"
    )


def _said(template: Template, key: Key) -> str:
    """`unit 'Bakery'`, `the row for 'Chef' and 'Grilling'`, `this decision`."""
    values = [_shown(value) for value in key if value is not None]
    if not values or len(key) == len(template.fields) > 2:
        return f"this {template.label}"
    if len(key) == 1:
        return f"{template.by_name[template.key[0]].label} {values[0]}"
    return f"the row for {listed(values)}"


def _shown(value: Value) -> str:
    return f"{to_decimal(value):f}" if type(value) is int else shown(str(value))


def check_clashes(drafts: list[Draft], facts: FactBase, findings: Findings) -> None:
    """One name for individuals of two classes that rules must be able to tell apart."""
    declared = declarations(drafts, facts.vocabulary)
    for classes in facts.vocabulary.disjoint:
        for one, other in combinations(sorted(classes & declared.keys()), 2):
            findings.add(*_clashes(declared[one], declared[other], facts))


def _clashes(one: Declaration, other: Declaration, facts: FactBase) -> Iterator[Diagnostic]:
    common = f"({one.names()}) INTERSECT ({other.names()}) ORDER BY name"
    names = [name for (name,) in facts.query(common) if name is not None]
    first, second = _first_places(one, names, facts), _first_places(other, names, facts)
    for name in names:
        yield Diagnostic(
            "clash",
            f"{shown(name)} is the name of {with_article(other.noun)} "
            f"and of {with_article(one.noun)}",
            second[name],
            "give one of the two another name",
            first[name],
            f"the {one.noun} stands here",
        )


def check_spellings(drafts: list[Draft], facts: FactBase, findings: Findings) -> None:
    """Warn of names that differ only in case, which are hardly meant to be two."""
    for declaration in declarations(drafts, facts.vocabulary).values():
        if declaration.drafts and not declaration.is_composed:
            alike = (
                f"SELECT unnest(list(DISTINCT name)) FROM ({declaration.names()}) "
                "GROUP BY lower(name) HAVING count(DISTINCT name) > 1"
            )
            names = [name for (name,) in facts.query(alike)]
            findings.add(*_spellings(declaration, names, facts))


def _spellings(declaration: Declaration, names: list[str], facts: FactBase) -> Iterator[Diagnostic]:
    places = _first_places(declaration, names, facts)
    for alike in grouped((name.lower(), name) for name in names).values():
        first, *others = sorted(alike, key=places.__getitem__)
        for name in others:
            yield Diagnostic(
                "spelling",
                f"{shown(name)} differs from {shown(first)} only in case, and counts as another",
                places[name],
                "if they are the same, write them alike",
                places[first],
                f"{shown(first)} stands here",
                warning=True,
            )


def _first_places(declaration: Declaration, names: list[str], facts: FactBase) -> dict[str, Origin]:
    """The first place where the table gives each of the names."""
    places: dict[str, Origin] = {}
    field = quoted(declaration.field)
    for draft in declaration.drafts if names else ():
        sql = (
            f'SELECT {field}, arg_min("@line", "@row") FROM {draft.relation} '
            f"WHERE {field} IN (SELECT unnest(?::VARCHAR[])) GROUP BY {field}"
        )
        for name, line in facts.query(sql, [names]):
            places.setdefault(name, draft.origin(line, declaration.field))
    return places
