"""How the conclusions were reached, and what the client's own rules add: from a run."""

from collections import Counter
from collections.abc import Iterator
from hashlib import file_digest

from cop_expert.load.engagement import Engagement
from cop_expert.load.settings import SETTINGS_FILE
from cop_expert.model.rule import CheckedRulebook
from cop_expert.report.known import Known
from cop_expert.report.reasons import Reasons, Sentence
from cop_expert.report.setting import settings
from cop_expert.report.view.method import Addition, Input, Manifest, Method, Principle, RuleFile

SAID = 12
"""Conclusions of a kind that are said; the rest is counted."""
DIGITS = 16
"""Of a file's hash, as many as tell it from any other."""


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
    for record in known.records(template)[:SAID]:
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
        settings=tuple(found for found in settings(known, rulebook) if found.is_own),
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
