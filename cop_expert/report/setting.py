"""Page 1 and what stands around the communities: context, findings, decisions, advice, method."""

from collections import Counter
from collections.abc import Iterator

from cop_expert.load.engagement import Engagement
from cop_expert.model.rule import CheckedRulebook
from cop_expert.model.template import Datatype
from cop_expert.report.known import Known, Record, number, product
from cop_expert.report.reasons import BRIEF, Reasons, Sentence
from cop_expert.report.view import (
    Addition,
    Advice,
    Ask,
    Context,
    Decided,
    Figure,
    Figures,
    Finding,
    Manifest,
    Method,
    RuleFile,
    Setting,
)

FINDINGS = (
    "Uncovered",
    "Idle",
    "TooLarge",
    "TooSmall",
    "NoLead",
    "Unassessed",
    "AssessmentIncomplete",
    "AssessmentUnused",
    "WithoutPractices",
    "WithoutCoverage",
    "EmptyUnit",
    "WithoutEffect",
)
"""Kinds of finding, in the order in which they are read."""
SAID = 6
"""Findings of a kind that are said; the rest is counted."""


# Page 1


def figures(known: Known, reasons: Reasons) -> Figures:
    return Figures(
        people=sum(known.community_heads.values()),
        items=len(known.hours),
        assigned=_figure(known, reasons, "HoursAssigned"),
        superfluous=_figure(known, reasons, "HoursSuperfluous"),
        everything=_figure(known, reasons, "HoursEverything"),
    )


def _figure(known: Known, reasons: Reasons, template: str) -> Figure:
    record = known.one(template)
    return Figure(number(record["hours"]) if record else 0, reasons.cite(template, record))


def asks(advice: tuple[Advice, ...]) -> tuple[Ask, ...]:
    """The decisions asked of the leader, by the hours at stake."""
    by_action: dict[str, list[Advice]] = {}
    for one in advice:
        by_action.setdefault(one.action, []).append(one)
    found = [
        Ask(action, tuple(group), sum(one.hours for one in group))
        for action, group in by_action.items()
    ]
    return tuple(sorted(found, key=lambda ask: (-ask.hours, ask.action)))


def advice(known: Known, reasons: Reasons) -> tuple[Advice, ...]:
    """What to do next, the most hours at stake first."""
    records = sorted(known.records("Advice"), key=lambda record: -number(record["hours"]))
    return tuple(_advice(known, reasons, record) for record in records)


def _advice(known: Known, reasons: Reasons, record: Record) -> Advice:
    def name(field: str) -> str:
        return known.name(record[field]) if record[field] else ""

    return Advice(
        action=str(record["action"]),
        subject=name("subject"),
        community=name("community"),
        other=name("other"),
        target=name("target"),
        hours=number(record["hours"]),
        says=known.fact("Advice", record),
        reason=reasons.cite("Advice", record),
    )


# Context


def context(known: Known, rulebook: CheckedRulebook) -> Context:
    vocabulary = known.speaker.vocabulary
    counts = [(t.table, known.facts.count(t.name)) for t in vocabulary.given()]
    return Context(tuple(pair for pair in counts if pair[1]), tuple(_settings(known, rulebook)))


def _settings(known: Known, rulebook: CheckedRulebook) -> Iterator[Setting]:
    datatypes = known.speaker.vocabulary.datatypes
    why = {setting.name: setting.reason for setting in rulebook.settings}
    for name, parameter in rulebook.parameters.items():
        yield Setting(
            comment=parameter.comment,
            value=known.speaker.value(
                parameter.value, datatypes.get(parameter.datatype, Datatype(""))
            ),
            is_own=name in why,
            why=why.get(name, ""),
        )


# Findings and decisions


def findings(known: Known, reasons: Reasons) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            template=template,
            label=known.speaker.vocabulary.templates[template].label,
            count=len(known.records(template)),
            said=tuple(_said(known, reasons, template)),
        )
        for template in FINDINGS
        if known.records(template)
    )


def _said(known: Known, reasons: Reasons, template: str) -> Iterator[Sentence]:
    """The weightiest findings of a kind."""
    for record in sorted(known.records(template), key=lambda r: -_weight(known, r))[:SAID]:
        yield Sentence(known.fact(template, record), reasons.cite(template, record, BRIEF))


def _weight(known: Known, record: Record) -> int:
    """How many people a finding is about, and how much it matters to them."""
    post = known.posts.get(str(record.get("post")))
    if post is None:
        return number(record.get("heads"))
    use = known.one("Use", role=post["role"], practice=record.get("practice"))
    importance = number(use["importance"]) if use else 1_000_000
    return product(known.heads[str(record["post"])], importance)


def decisions(known: Known, reasons: Reasons) -> tuple[Decided, ...]:
    """What the leader decided, in order of time."""
    order = sorted(known.records("Decision"), key=lambda record: str(record["on"]))
    return tuple(_decided(known, reasons, record) for record in order)


def _decided(known: Known, reasons: Reasons, record: Record) -> Decided:
    about = {field: record[field] for field in ("kind", "subject", "object")}
    idle = known.one("WithoutEffect", **about)
    return Decided(
        kind=str(record["kind"]),
        subject=known.speaker.name(str(record["subject"]), given=True),
        object=known.speaker.name(str(record["object"] or ""), given=True),
        why=str(record["reason"]),
        by=str(record["by"]),
        on=str(record["on"]),
        has_effect=idle is None,
        reason=reasons.cite("WithoutEffect", idle) or reasons.cite("Decision", record),
    )


# The engagement's own rules, and the method


def own_sources(engagement: Engagement) -> set[str]:
    return {engagement.source(path) for path in engagement.rules}


def additions(
    known: Known, reasons: Reasons, rulebook: CheckedRulebook, engagement: Engagement
) -> tuple[Addition, ...]:
    """What only the engagement's own rules conclude."""
    sources: dict[str, set[str]] = {}
    for stratum in rulebook.strata:
        for clause in stratum.clauses:
            sources.setdefault(clause.head.template, set()).add(clause.origin.source)
    own = own_sources(engagement)
    return tuple(
        Addition(
            label=known.speaker.vocabulary.templates[template].label,
            count=len(known.records(template)),
            said=tuple(_additions_said(known, reasons, template)),
        )
        for template in sorted(sources)
        if sources[template] <= own and known.records(template)
    )


def _additions_said(known: Known, reasons: Reasons, template: str) -> Iterator[Sentence]:
    for record in known.records(template)[: 2 * SAID]:
        yield Sentence(known.fact(template, record), reasons.cite(template, record))


def method(
    known: Known, rulebook: CheckedRulebook, manifest: Manifest, engagement: Engagement
) -> Method:
    own = own_sources(engagement)
    rules = Counter(rule.origin.source for rule in rulebook.rules.values())
    principles = Counter(
        source for source, _ in {(r.origin.source, r.basis) for r in rulebook.rules.values()}
    )
    files = [
        RuleFile(
            topic=source.rpartition("/")[2].removesuffix(".rules").lstrip("0123456789-"),
            rules=rules[source],
            principles=principles[source],
            is_own=source in own,
        )
        for source in sorted(rules)
    ]
    return Method(
        files=tuple(files),
        replaced=manifest.replaced,
        settings=tuple(found for found in _settings(known, rulebook) if found.is_own),
        version=manifest.version,
        fingerprint=manifest.fingerprint,
        given=manifest.given,
        concluded=sum(known.facts.counts(given=False).values()),
    )
