"""What may be said once only: a key twice, one name for two things, two spellings of one name."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from cop_expert.load.draft import Draft
from cop_expert.load.findings import Findings
from cop_expert.load.names import Declaration, declarations, grouped
from cop_expert.load.words import listed, shown, with_article
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.template import Template, Value, Vocabulary

Key = tuple[Value, ...]


def check_duplicates(drafts: list[Draft], vocabulary: Vocabulary, findings: Findings) -> None:
    """Two rows with the same key; a blank counts as a value."""
    groups: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[draft.template.name].append(draft)
    for group in groups.values():
        keys = [_keys(draft) for draft in group]
        if len(set().union(*keys)) < sum(map(len, keys)):
            _report_duplicates(group, keys, findings)


def _keys(draft: Draft) -> list[Key]:
    """One key per row: the same for all rows of a template that may have one fact only."""
    if not draft.template.key:
        return [()] * len(draft.lines)
    return list(zip(*(draft.columns[field] for field in draft.template.key), strict=True))


def _report_duplicates(drafts: list[Draft], keys: list[list[Key]], findings: Findings) -> None:
    first: dict[Key, Origin] = {}
    for draft, own in zip(drafts, keys, strict=True):
        again = []
        for row, key in enumerate(own):
            if key in first:
                again.append(row)
            else:
                first[key] = draft.origin(row)
        _report_again(draft, own, again, first, findings)


def _report_again(
    draft: Draft, keys: list[Key], rows: list[int], first: dict[Key, Origin], findings: Findings
) -> None:
    def describe(row: int) -> Diagnostic:
        return Diagnostic(
            "duplicate",
            f"{_said(draft.template, keys[row])} stands here a second time",
            draft.origin(row),
            "keep one of the two rows",
            first[keys[row]],
            "first given here",
        )

    findings.add_rows(draft.sheet.source, rows, describe)


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


def check_clashes(drafts: list[Draft], vocabulary: Vocabulary, findings: Findings) -> None:
    """One name for individuals of two classes that rules must be able to tell apart."""
    declared = declarations(drafts, vocabulary)
    for classes in vocabulary.disjoint:
        for one, other in combinations(sorted(classes & declared.keys()), 2):
            findings.add(*_clashes(declared[one], declared[other]))


def _clashes(one: Declaration, other: Declaration) -> Iterator[Diagnostic]:
    common = set(one.names()) & set(other.names())
    first, second = _first_places(one, common), _first_places(other, common)
    for name in common:
        yield Diagnostic(
            "clash",
            f"{shown(name)} is the name of {with_article(other.noun)} "
            f"and of {with_article(one.noun)}",
            second[name],
            "give one of the two another name",
            first[name],
            f"the {one.noun} stands here",
        )


def check_spellings(drafts: list[Draft], vocabulary: Vocabulary, findings: Findings) -> None:
    """Warn of names that differ only in case, which are hardly meant to be two."""
    for declaration in declarations(drafts, vocabulary).values():
        names = set() if declaration.is_composed else set(declaration.names())
        if len({name.casefold() for name in names}) < len(names):
            findings.add(*_spellings(declaration, names))


def _spellings(declaration: Declaration, names: set[str]) -> Iterator[Diagnostic]:
    places = _first_places(declaration, names)
    for alike in grouped((name.casefold(), name) for name in names).values():
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


def _first_places(declaration: Declaration, names: set[str]) -> dict[str, Origin]:
    """The first place where the table gives each of the names."""
    places: dict[str, Origin] = {}
    for draft in declaration.drafts:
        for row, name in enumerate(draft.columns[declaration.field]):
            if isinstance(name, str) and name in names and name not in places:
                places[name] = draft.origin(row, declaration.field)
    return places
