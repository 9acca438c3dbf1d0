"""Drafts and a day in, the same drafts without the rows that had lapsed by then."""

from collections.abc import Iterable

from cop_expert.facts import FactBase, quoted
from cop_expert.load.draft import Draft
from cop_expert.load.findings import Findings
from cop_expert.model.diagnostic import Diagnostic


def leave_out_lapsed(
    drafts: Iterable[Draft], as_of: str, facts: FactBase, findings: Findings
) -> None:
    """No clock has a say: where the engagement gives no day, nothing lapses."""
    for draft in drafts:
        if as_of and draft.template.lapses in draft.places:
            _leave_out(draft, as_of, facts, findings)


def _leave_out(draft: Draft, as_of: str, facts: FactBase, findings: Findings) -> None:
    field = draft.template.lapses
    lapsed = f"{quoted(field)} < ?"
    sql = f'SELECT "@line", {quoted(field)} FROM {draft.relation} WHERE {lapsed} ORDER BY "@row"'
    for line, day in facts.query(sql, [as_of]):
        findings.add(_lapsed(draft, line, str(day), as_of))
    draft.leave_out(lapsed, [as_of], facts)


def _lapsed(draft: Draft, line: int, day: str, as_of: str) -> Diagnostic:
    field = draft.template.by_name[draft.template.lapses]
    return Diagnostic(
        "lapsed",
        f"this {draft.template.label} held {field.heading} {day}, and as_of is {as_of}: "
        "it no longer counts",
        draft.origin(line, field.name),
        "write a later day if it is to hold on; the row may stay as a record",
        warning=True,
    )
