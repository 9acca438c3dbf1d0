"""Drafts in, the same drafts out with every reference in the spelling of the table it refers to."""

import re

from cop_expert.facts import FactBase, quoted
from cop_expert.load.draft import Draft
from cop_expert.load.findings import DESCRIBED, Findings
from cop_expert.load.headings import column_fields
from cop_expert.load.names import Declaration, Known, declarations, source_beside
from cop_expert.load.sheet import table_file
from cop_expert.load.words import listed, shown, with_article
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field, Template

AMONG = "IN (SELECT unnest(?::VARCHAR[]))"


def resolve_references(drafts: list[Draft], facts: FactBase, findings: Findings) -> None:
    """Look up all references, then compose names from them, then look up references to those."""
    resolver = _Resolver(drafts, facts, findings)
    resolver.resolve(to_composed=False)
    for draft in drafts:
        compose_names(draft, facts)
    resolver.resolve(to_composed=True)


def compose_names(draft: Draft, facts: FactBase) -> None:
    """The name of each row's individual where it is made from other fields."""
    template = draft.template
    if template.naming:
        name = quoted(template.itself)
        facts.query(f"UPDATE {draft.relation} SET {name} = {composed(template.naming)}")


def composed(naming: str) -> str:
    """What `{role} @ {unit}` makes of each row, in SQL; absent where one of its fields is."""
    pieces = re.split(r"\{(\w+)\}", naming)
    texts = ["'" + piece.replace("'", "''") + "'" for piece in pieces[::2]]
    fields = [quoted(piece) for piece in pieces[1::2]]
    return " || ".join(piece for pair in zip(texts, [*fields, "''"], strict=True) for piece in pair)


def parts_of(naming: str) -> list[str]:
    """The fields that a name is composed of."""
    return re.findall(r"\{(\w+)\}", naming)


class _Resolver:
    """Looks references up in all the tables of one engagement."""

    def __init__(self, drafts: list[Draft], facts: FactBase, findings: Findings) -> None:
        self.drafts = drafts
        self.facts = facts
        self.vocabulary = facts.vocabulary
        self.findings = findings
        self.declared = declarations(drafts, facts.vocabulary)
        self.missed: set[str] = set()
        """Tables whose absence was reported."""

    def resolve(self, to_composed: bool) -> None:
        for draft in self.drafts:
            nowhere: dict[str, list[str]] = {}
            for field in _references(draft.template):
                declaring = self.declaring(field)
                if any(found.is_composed for found in declaring) == to_composed:
                    nowhere[field.name] = self.resolve_column(draft, field, declaring)
            unknown = {name: texts for name, texts in nowhere.items() if texts}
            if unknown:
                condition = " OR ".join(f"{quoted(name)} {AMONG}" for name in unknown)
                rows = draft.rows
                draft.leave_out(condition, list(unknown.values()), self.facts)
                if draft.sheet.of_others:
                    self.findings.add(_left_aside(draft, list(unknown), rows - draft.rows))

    def declaring(self, field: Field) -> list[Declaration]:
        """The tables in which the field's values may be declared."""
        return [
            found
            for name, found in self.declared.items()
            if self.vocabulary.fits([name], field.type.classes)
        ]

    def resolve_column(self, draft: Draft, field: Field, declaring: list[Declaration]) -> list[str]:
        """Put the declared spelling in place; the names that lead nowhere."""
        if not draft.sheet.of_others:
            self.report_missing_table(draft, field, declaring)
        known = Known(declaring, self.words(field), self.facts)
        others = known.others(draft, field.name)
        meant = {text: name for text in others if (name := known.meant(text)) is not None}
        if meant:
            self.respell(draft, field, meant)
        if not self.is_complete(field.type.classes, declaring):
            return []
        unknown = [text for text in others if text not in meant]
        if unknown and not draft.sheet.of_others:
            self.report_unknown(draft, field, unknown, known, declaring)
        return unknown

    def words(self, field: Field) -> list[str]:
        """The individuals that the ontology itself names, such as everyone."""
        return [
            word
            for owner, word in self.vocabulary.individuals.items()
            if self.vocabulary.fits([owner], field.type.classes)
        ]

    def respell(self, draft: Draft, field: Field, meant: dict[str, str]) -> None:
        name = quoted(field.name)
        self.facts.query(
            f"UPDATE {draft.relation} SET {name} = m.name FROM (SELECT "
            f"unnest(?::VARCHAR[]) AS text, unnest(?::VARCHAR[]) AS name) m WHERE {name} = m.text",
            [list(meant), list(meant.values())],
        )

    def report_unknown(
        self,
        draft: Draft,
        field: Field,
        unknown: list[str],
        known: Known,
        declaring: list[Declaration],
    ) -> None:
        where = _nowhere(declaring)
        tables = listed([found.table for found in declaring], "or")
        noun = f"{declaring[0].noun} " if len(declaring) == 1 else ""

        def describe(row: tuple[int, str]) -> Diagnostic:
            line, name = row
            message = f"{noun}{shown(name)} {where}"
            advice = known.suggestion(name) or f"correct it, or add it to {tables}"
            return Diagnostic("unknown-reference", message, draft.origin(line, field.name), advice)

        column = quoted(field.name)
        found = self.facts.query(
            f'SELECT "@line", {column}, count(*) OVER () FROM {draft.relation} '
            f'WHERE {column} {AMONG} ORDER BY "@row" LIMIT {DESCRIBED}',
            [unknown],
        )
        rows = [row[:2] for row in found]
        self.findings.add_rows(draft.sheet.source, rows, describe, found[0][2])

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
        missing = [
            found.template
            for found in declaring
            if found.template.optional_table and found.template.name not in self.missed
        ]
        if any(found.drafts for found in declaring) or not missing:
            return
        column = quoted(field.name)
        if self.facts.query(f"SELECT 1 FROM {draft.relation} WHERE {column} <> '' LIMIT 1"):
            for template in missing:
                self.missed.add(template.name)
                noun = next(found.noun for found in declaring if found.template is template)
                because = f"and {draft.sheet.file} names {with_article(noun)}"
                self.findings.add(missing_table(template, because, self.drafts))


def missing_table(template: Template, because: str, drafts: list[Draft]) -> Diagnostic:
    headings = [f"'{field.heading}'" for field in column_fields(template)]
    source = source_beside(drafts, template)
    return Diagnostic(
        "missing-table",
        f"there is no {table_file(source)}, {because}",
        Origin(source),
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
        draft.nameless or (declaration.is_composed and draft.rows < draft.sheet.rows)
        for draft in declaration.drafts
    )


def _nowhere(declaring: list[Declaration]) -> str:
    """`is neither in units.csv nor in items.csv`."""
    tables = [f"in {found.table}" for found in declaring if found.drafts]
    absent = [f"there is no {found.table}" for found in declaring if not found.drafts]
    places = " nor ".join(tables)
    found_in = f"is neither {places}" if len(tables) > 1 else f"is not {places}"
    return ", and ".join([found_in, *absent])


def _left_aside(draft: Draft, fields: list[str], number: int) -> Diagnostic:
    """What others wrote of a whole sector is not all about this client."""
    labels = listed([draft.template.by_name[name].label for name in fields], "or")
    rows = "one row speaks" if number == 1 else f"{number:,} rows speak"
    return Diagnostic(
        "left-out",
        f"{rows} of {with_article(labels)} that is not here: left aside ({draft.template.label})",
        Origin(draft.sheet.source),
        "give it the name that it has here as its label, or list that in the table aliases",
        warning=True,
    )


def check_composed(drafts: list[Draft], facts: FactBase, findings: Findings) -> None:
    """Some fields, taken together, must name what another table declares: a person's post."""
    declared = declarations(drafts, facts.vocabulary)
    for draft in drafts:
        found = declared.get(draft.template.must_be)
        if found and found.drafts and not any(other.nameless for other in found.drafts):
            _check_composed(draft, found, facts, findings)


def _check_composed(draft: Draft, target: Declaration, facts: FactBase, findings: Findings) -> None:
    naming = target.template.naming
    part = parts_of(naming)[0]
    about = quoted(part)
    found = facts.query(
        f'SELECT "@line", made, {about}, count(*) OVER () FROM '
        f"(SELECT *, {composed(naming)} AS made FROM {draft.relation}) d "
        f"ANTI JOIN ({target.names()}) k ON k.name = d.made "
        f"WHERE made IS NOT NULL AND NOT coalesce({about} {AMONG}, FALSE) "
        f'ORDER BY "@row" LIMIT {DESCRIBED}',
        [sorted(target.doubtful())],
    )
    if not found:
        return

    def describe(row: tuple[int, str, str]) -> Diagnostic:
        line, made, own = row
        message = f"{target.noun} {shown(made)} is not in {target.table}"
        alike = listed([shown(name) for name in _composed_from(target, part, own, facts)])
        advice = f"it has {alike}" if alike else f"correct it, or add it to {target.table}"
        return Diagnostic("unknown-reference", message, draft.origin(line, part), advice)

    findings.add_rows(draft.sheet.source, [row[:3] for row in found], describe, found[0][3])


def _composed_from(target: Declaration, field: str, part: str, facts: FactBase) -> list[str]:
    """The first few names that are composed with the same part: the posts of a role."""
    names: list[str] = []
    for draft in target.drafts:
        sql = (
            f"SELECT {quoted(target.field)} FROM {draft.relation} WHERE {quoted(field)} = ? "
            'ORDER BY "@row" LIMIT 3'
        )
        names += [name for (name,) in facts.query(sql, [part])]
    return names[:3]
