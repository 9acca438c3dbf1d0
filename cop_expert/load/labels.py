"""Drafts in, the names out under which people know what the tables identify by an `id`."""

from itertools import combinations

from cop_expert.facts import FactBase, quoted
from cop_expert.load.draft import Draft
from cop_expert.load.findings import Findings
from cop_expert.load.headings import name_field
from cop_expert.load.names import Declaration, declarations
from cop_expert.load.references import parts_of
from cop_expert.load.words import shown
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field


def collect_labels(drafts: list[Draft], facts: FactBase, findings: Findings) -> dict[str, str]:
    """The name as shown of each identity that differs from it, composed ones among them."""
    if not any(draft.labels for draft in drafts):
        return {}
    labels = {name: label for draft in drafts for name, label in draft.labels.items()}
    naming = [draft for draft in drafts if name_field(draft.template)]
    for one, other in combinations(naming, 2):
        if at_odds := _at_odds(one, other, facts):
            findings.add(_shared_id(one, other, min(at_odds)))
            labels = {name: label for name, label in labels.items() if name not in at_odds}
    declared = declarations(drafts, facts.vocabulary)
    for draft in drafts:
        labels |= _composed_labels(draft, declared, facts)
    return labels


def _at_odds(one: Draft, other: Draft, facts: FactBase) -> set[str]:
    """The ids that two tables use for things of different names: neither name can be shown."""
    if not one.labels and not other.labels:
        return set()
    common = _names(one, facts) & _names(other, facts)
    return {name for name in common if one.labels.get(name, name) != other.labels.get(name, name)}


def _names(draft: Draft, facts: FactBase) -> set[str]:
    field = name_field(draft.template)
    assert field
    sql = f"SELECT DISTINCT {quoted(field.name)} FROM {draft.relation}"
    return {name for (name,) in facts.query(sql) if name is not None}


def _shared_id(one: Draft, other: Draft, name: str) -> Diagnostic:
    return Diagnostic(
        "shared-id",
        f"{one.sheet.file} and {other.sheet.file} use the id {shown(name)} for different things, "
        "which are therefore shown by their ids",
        Origin(other.sheet.source),
        "give each table ids of its own, such as u1 and i1",
        warning=True,
    )


def _composed_labels(
    draft: Draft, declared: dict[str, Declaration], facts: FactBase
) -> dict[str, str]:
    """For each name made from ids, the name made from what those ids are called."""
    template = draft.template
    if not template.naming:
        return {}
    parts = parts_of(template.naming)
    called = [_labels(template.by_name[part], declared) for part in parts]
    columns = ", ".join(map(quoted, [template.itself, *parts]))
    labels = {}
    for name, *ids in facts.query(f"SELECT DISTINCT {columns} FROM {draft.relation}"):
        label = template.naming
        for part, own, known in zip(parts, ids, called, strict=True):
            label = label.replace(f"{{{part}}}", known.get(own, own))
        if name is not None and label != name:
            labels[name] = label
    return labels


def _labels(field: Field, declared: dict[str, Declaration]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in field.type.classes & declared.keys():
        found |= declared[name].labels()
    return found
