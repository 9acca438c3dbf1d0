"""The numbers of page 1, what the strategy was made from, and what was found in it."""

from collections.abc import Iterator

from cop_expert.model.rule import CheckedRulebook
from cop_expert.model.template import Datatype
from cop_expert.report.known import Known, Record, number, product
from cop_expert.report.reasons import BRIEF, Reasons, Sentence
from cop_expert.report.view.figures import Figure, Figures
from cop_expert.report.view.setting import Context, Finding, Setting

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
"""Reasons that a vast document gives on findings."""


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


def context(known: Known, rulebook: CheckedRulebook) -> Context:
    vocabulary = known.speaker.vocabulary
    counts = [(t.table, known.facts.count(t.name)) for t in vocabulary.given()]
    return Context(tuple(pair for pair in counts if pair[1]), tuple(settings(known, rulebook)))


def settings(known: Known, rulebook: CheckedRulebook) -> Iterator[Setting]:
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
