"""Drafts and a day in, the same drafts without the rows that had lapsed by then.

What has lapsed is laid beside the facts, so that it can be said where it is missed.
"""

from collections.abc import Iterable, Iterator

from cop_expert.facts import FactBase, quoted
from cop_expert.load.draft import Draft
from cop_expert.load.findings import Findings
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.lapsed import Lapsed


def leave_out_lapsed(
    drafts: Iterable[Draft], as_of: str, facts: FactBase, findings: Findings
) -> None:
    """No clock has a say: where the engagement gives no day, nothing lapses."""
    concerned = [draft for draft in drafts if as_of and draft.template.lapses in draft.places]
    left_out = [one for draft in concerned for one in _left_out(draft, as_of, facts)]
    findings.add(*(_lapsed(one, facts, as_of) for one in left_out))
    facts.keep_lapsed(left_out)


def _left_out(draft: Draft, as_of: str, facts: FactBase) -> Iterator[Lapsed]:
    names, lapses = draft.template.names, draft.template.lapses
    lapsed, columns = f"{quoted(lapses)} < ?", ", ".join(map(quoted, names))
    sql = f'SELECT "@line", {columns} FROM {draft.relation} WHERE {lapsed} ORDER BY "@row"'
    for line, *values in facts.query(sql, [as_of]):
        origin = draft.origin(line, lapses)
        yield Lapsed(draft.template.name, dict(zip(names, values, strict=True)), origin)
    draft.leave_out(lapsed, [as_of], facts)


def _lapsed(one: Lapsed, facts: FactBase, as_of: str) -> Diagnostic:
    template = facts.vocabulary.templates[one.template]
    heading, day = template.by_name[template.lapses].heading, one.values[template.lapses]
    return Diagnostic(
        "lapsed",
        f"this {template.label} held {heading} {day}, and as_of is {as_of}: it no longer counts",
        one.origin,
        "write a later day if it is to hold on; the row may stay as a record",
        warning=True,
    )
