"""Drafts in, the same drafts out with every reference in the spelling of the table it refers to."""

import re
from itertools import islice

from cop_expert.load.draft import Draft
from cop_expert.load.findings import Findings
from cop_expert.load.headings import column_fields
from cop_expert.load.names import Declaration, Known, declarations
from cop_expert.load.words import listed, shown, with_article
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field, Template, Value, Vocabulary


def resolve_references(drafts: list[Draft], vocabulary: Vocabulary, findings: Findings) -> None:
    """Look up all references, then compose names from them, then look up references to those."""
    resolver = _Resolver(drafts, vocabulary, findings)
    resolver.resolve(to_composed=False)
    for draft in drafts:
        compose_names(draft)
    resolver.resolve(to_composed=True)


def compose_names(draft: Draft) -> None:
    """The name of each row's individual where it is made from other fields."""
    template = draft.template
    if template.naming:
        draft.columns[template.itself] = composed(template.naming, draft.columns)


def composed(naming: str, columns: dict[str, list[Value]]) -> list[Value]:
    """What `{role} @ {unit}` makes of each row; absent where one of its fields is."""
    rows = zip(*(columns[field] for field in _parts(naming)), strict=True)
    form = re.sub(r"\{\w+\}", "{}", naming)
    return [None if None in values else form.format(*values) for values in rows]


def _parts(naming: str) -> list[str]:
    """The fields that a name is composed of."""
    return re.findall(r"\{(\w+)\}", naming)


class _Resolver:
    """Looks references up in all the tables of one engagement."""

    def __init__(self, drafts: list[Draft], vocabulary: Vocabulary, findings: Findings) -> None:
        self.drafts = drafts
        self.vocabulary = vocabulary
        self.findings = findings
        self.declared = declarations(drafts, vocabulary)
        self.known: dict[frozenset[str], Known] = {}
        self.missed: set[str] = set()
        """Tables whose absence was reported."""

    def resolve(self, to_composed: bool) -> None:
        for draft in self.drafts:
            bad: set[int] = set()
            for field in _references(draft.template):
                declaring = self.declaring(field)
                if any(found.is_composed for found in declaring) == to_composed:
                    bad |= self.resolve_column(draft, field, declaring)
            draft.leave_out(bad)

    def declaring(self, field: Field) -> list[Declaration]:
        """The tables in which the field's values may be declared."""
        return [
            found
            for name, found in self.declared.items()
            if self.vocabulary.fits([name], field.type.classes)
        ]

    def resolve_column(self, draft: Draft, field: Field, declaring: list[Declaration]) -> set[int]:
        """Put the declared spelling in place; the rows whose reference leads nowhere."""
        known = self.known_names(field, declaring)
        names = draft.columns[field.name]
        draft.columns[field.name] = [known[name] for name in names]
        self.report_missing_table(draft, field, declaring)
        rows = [row for row, name in enumerate(names) if name in known.unknown]
        where = _nowhere(declaring)
        tables = listed([found.table for found in declaring], "or")
        noun = f"{declaring[0].noun} " if len(declaring) == 1 else ""

        def describe(row: int) -> Diagnostic:
            name = str(names[row])
            message = f"{noun}{shown(name)} {where}"
            advice = known.suggestion(name) or f"correct it, or add it to {tables}"
            return Diagnostic("unknown-reference", message, draft.origin(row, field.name), advice)

        self.findings.add_rows(draft.sheet.source, rows, describe)
        return set(rows)

    def known_names(self, field: Field, declaring: list[Declaration]) -> Known:
        classes = field.type.classes
        if classes not in self.known:
            names = [
                word
                for owner, word in self.vocabulary.individuals.items()
                if self.vocabulary.fits([owner], classes)
            ]
            labels: dict[str, str] = {}
            for found in declaring:
                names += [*found.names(), *found.doubtful()]
                labels |= found.labels()
            self.known[classes] = Known(names, labels, self.is_complete(classes, declaring))
        return self.known[classes]

    def is_complete(self, classes: frozenset[str], declaring: list[Declaration]) -> bool:
        """True where a name that is not among the known ones is a mistake."""
        owners = (*self.declared, *self.vocabulary.individuals)
        return (
            all(any(self.vocabulary.fits([owner], [name]) for owner in owners) for name in classes)
            and any(found.drafts for found in declaring)
            and not any(_is_in_doubt(found) for found in declaring)
        )

    def report_missing_table(
        self, draft: Draft, field: Field, declaring: list[Declaration]
    ) -> None:
        """Once, where a table is left out, as it may be, and another needs what it declares."""
        if any(found.drafts for found in declaring) or not any(draft.columns[field.name]):
            return
        for found in declaring:
            template = found.template
            if template.optional_table and template.name not in self.missed:
                self.missed.add(template.name)
                because = f"and {draft.sheet.file} names {with_article(found.noun)}"
                self.findings.add(missing_table(template, because))


def missing_table(template: Template, because: str) -> Diagnostic:
    headings = [f"'{field.heading}'" for field in column_fields(template)]
    return Diagnostic(
        "missing-table",
        f"there is no {template.table}.csv, {because}",
        Origin(f"tables/{template.table}.csv"),
        f"add it, with the columns {listed(headings)}",
    )


def _references(template: Template) -> list[Field]:
    """The fields whose values other tables declare, or other rows of the same."""
    own = (template.itself, template.declares)
    return [f for f in template.fields if f.type.is_reference and f.name not in own]


def _is_in_doubt(declaration: Declaration) -> bool:
    """True where the table names more than can be told."""
    if not declaration.drafts:
        return not declaration.template.optional_table
    return any(
        draft.nameless or (declaration.is_composed and len(draft.lines) < len(draft.sheet.lines))
        for draft in declaration.drafts
    )


def _nowhere(declaring: list[Declaration]) -> str:
    """`is neither in units.csv nor in items.csv`."""
    tables = [f"in {found.table}" for found in declaring if found.drafts]
    absent = [f"there is no {found.table}" for found in declaring if not found.drafts]
    places = " nor ".join(tables)
    found_in = f"is neither {places}" if len(tables) > 1 else f"is not {places}"
    return ", and ".join([found_in, *absent])


def check_composed(drafts: list[Draft], vocabulary: Vocabulary, findings: Findings) -> None:
    """Some fields, taken together, must name what another table declares: a person's post."""
    declared = declarations(drafts, vocabulary)
    for draft in drafts:
        found = declared.get(draft.template.must_be)
        if found and found.drafts and not any(other.nameless for other in found.drafts):
            _check_composed(draft, found, findings)


def _check_composed(draft: Draft, target: Declaration, findings: Findings) -> None:
    naming = target.template.naming
    names, doubtful = set(target.names()), target.doubtful()
    made, part = composed(naming, draft.columns), _parts(naming)[0]
    about = draft.columns[part]
    rows = [
        row
        for row, name in enumerate(made)
        if name is not None and name not in names and about[row] not in doubtful
    ]

    def describe(row: int) -> Diagnostic:
        message = f"{target.noun} {shown(str(made[row]))} is not in {target.table}"
        alike = listed([shown(name) for name in _composed_from(target, part, about[row])])
        advice = f"it has {alike}" if alike else f"correct it, or add it to {target.table}"
        return Diagnostic("unknown-reference", message, draft.origin(row, part), advice)

    findings.add_rows(draft.sheet.source, rows, describe)


def _composed_from(target: Declaration, field: str, part: Value) -> list[str]:
    """The first few names that are composed with the same part: the posts of a role."""
    names = (
        str(name)
        for draft in target.drafts
        for name, own in zip(draft.columns[target.field], draft.columns[field], strict=True)
        if own == part
    )
    return list(islice(names, 3))
