"""Page 1 and what stands around the communities: context, findings, decisions, advice, method."""

from collections import Counter
from collections.abc import Iterator
from hashlib import file_digest

from msgspec.structs import replace

from cop_expert.load.engagement import Engagement
from cop_expert.load.settings import SETTINGS_FILE
from cop_expert.model.rule import CheckedRulebook
from cop_expert.model.template import Datatype
from cop_expert.report.known import Known, Record, number, product
from cop_expert.report.reasons import BRIEF, Reasons, Sentence
from cop_expert.report.view import (
    FIRST,
    Addition,
    Advice,
    Ask,
    Context,
    Decided,
    Figure,
    Figures,
    Finding,
    Input,
    Manifest,
    Method,
    Price,
    Prices,
    Principle,
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
ASSUMED = ("Unassessed", "WithoutPractices", "AssessmentIncomplete", "WithoutCoverage")
"""Those in whose place something is assumed."""
SAID = 6
"""Findings of a kind that are said; the rest is counted."""
REASONS = 60
"""Reasons that a vast document gives on advice, and as many on findings."""
DIGITS = 16
"""Of a file's hash, as many as tell it from any other."""


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
    reasons.grant(REASONS)
    records = sorted(known.records("Advice"), key=lambda record: -number(record["hours"]))
    told = [record for record in records if known.may_tell(_people(known, record))]
    return tuple(
        _advice(known, reasons, record, place < FIRST) for place, record in enumerate(told)
    )


def _people(known: Known, advice: Record) -> int:
    """How many people a piece of advice is about; 0 where it is about a community or an item."""
    match advice["action"]:
        case "buy or build":
            about = {"community": advice["community"], "practice": advice["subject"]}
            return known.number("Uncovered", "heads", **about)
        case "share" | "appoint a broker":
            about = {"community": advice["other"], "item": advice["subject"]}
            return known.number("Wanting", "heads", **about)
        case _:
            return 0


def _advice(known: Known, reasons: Reasons, record: Record, is_first: bool) -> Advice:
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
        because=reasons.because("Advice", record) if is_first else "",
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
    """Each kind that there is; what would single out a small group is counted only."""
    reasons.grant(REASONS)
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
    order = sorted(known.records(template), key=lambda r: -_weight(known, r))
    for record in [one for one in order if known.may_tell(_heads(known, one))][:SAID]:
        yield Sentence(known.fact(template, record), reasons.cite(template, record, BRIEF))


def _heads(known: Known, record: Record) -> int:
    """The people that a finding is about; 0 where it is about none."""
    return known.heads.get(str(record.get("post"))) or number(record.get("heads"))


def _weight(known: Known, record: Record) -> int:
    """How many people a finding is about, and how much it matters to them."""
    post = known.posts.get(str(record.get("post")))
    if post is None:
        return number(record.get("heads"))
    use = known.one("Use", role=post["role"], practice=record.get("practice"))
    importance = number(use["importance"]) if use else 1_000_000
    return product(known.heads[str(record["post"])], importance)


def decisions(known: Known, reasons: Reasons, prices: Prices) -> tuple[Decided, ...]:
    """What the leader decided, in order of time."""
    names = known.speaker.vocabulary.templates["Decision"].names
    records = [
        (dict(zip(names, row, strict=True)), prices.get(str(origin)))
        for row, origin, _ in known.facts.located("Decision")
    ]
    order = sorted(records, key=lambda pair: str(pair[0]["on"]))
    return tuple(_in_force(known, reasons, record, price) for record, price in order)


def lapsed(known: Known) -> tuple[Decided, ...]:
    """What was decided until a day that has passed, in order of time."""
    records = [one.values for one in known.facts.lapsed("Decision")]
    order = sorted(records, key=lambda record: str(record["on"]))
    return tuple(_decided(known, record) for record in order)


def _in_force(known: Known, reasons: Reasons, record: Record, price: Price | None) -> Decided:
    about = {field: record[field] for field in ("kind", "subject", "object")}
    idle = known.one("WithoutEffect", **about)
    reason = reasons.cite("WithoutEffect", idle) or reasons.cite("Decision", record)
    return replace(_decided(known, record), has_effect=idle is None, price=price, reason=reason)


def _decided(known: Known, record: Record) -> Decided:
    value = record["value"]
    return Decided(
        kind=str(record["kind"]),
        subject=known.speaker.name(str(record["subject"]), given=True),
        object=known.speaker.name(str(record["object"] or ""), given=True),
        why=str(record["reason"]),
        by=str(record["by"]),
        on=str(record["on"]),
        value=value if type(value) is int else None,
        until=str(record["until"] or ""),
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
    principles = _principles(known, rulebook)
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
        inputs=tuple(_inputs(engagement)),
        version=manifest.version,
        fingerprint=manifest.fingerprint,
        given=manifest.given,
        concluded=sum(known.facts.counts(given=False).values()),
    )


def _principles(known: Known, rulebook: CheckedRulebook) -> dict[str, tuple[Principle, ...]]:
    """By rule file: each principle once, with what the rules that rest on it conclude."""
    templates = known.speaker.vocabulary.templates
    found: dict[str, dict[str, dict[str, None]]] = {}
    for rule in rulebook.rules.values():
        concludes = found.setdefault(rule.origin.source, {}).setdefault(rule.basis, {})
        concludes |= dict.fromkeys(templates[head.template].label for head in rule.heads)
    return {
        source: tuple(Principle(basis, tuple(labels)) for basis, labels in by_basis.items())
        for source, by_basis in found.items()
    }


def _inputs(engagement: Engagement) -> Iterator[Input]:
    """Every file of the engagement that conclusions rest on."""
    settings = engagement.folder / SETTINGS_FILE
    written = [settings] if settings.is_file() else []
    for path in (*written, *engagement.tables, *engagement.knowledge, *engagement.rules):
        with path.open("rb") as file:
            yield Input(engagement.source(path), file_digest(file, "sha256").hexdigest()[:DIGITS])
