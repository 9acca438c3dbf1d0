"""Conclusions in, the view model of the strategy document out."""

from pathlib import Path

from cop_expert.explain.why import Explainer
from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase
from cop_expert.load.engagement import read_engagement
from cop_expert.model.rule import CheckedRulebook
from cop_expert.report import exchange, people, setting
from cop_expert.report.known import Known
from cop_expert.report.phrases import phrases
from cop_expert.report.reasons import Reasons
from cop_expert.report.view import Manifest, Strategy


def strategy(
    facts: FactBase, rulebook: CheckedRulebook, manifest: Manifest, folder: Path
) -> Strategy:
    """Everything that the document says, each statement with its reason."""
    speaker = Speaker(facts, manifest.language)
    known = Known(facts, speaker)
    explainer = Explainer(facts, rulebook, speaker, many=True)
    reasons = Reasons(facts, explainer, phrases(manifest.language))
    engagement, _ = read_engagement(folder)
    granularity = people.granularity(known, reasons, rulebook)
    figures = setting.figures(known, reasons)
    advice = setting.advice(known, reasons)
    communities = people.communities(known, reasons)
    return Strategy(
        name=manifest.name,
        figures=figures,
        asks=setting.asks(advice),
        context=setting.context(known, rulebook),
        needs=people.needs(known, reasons),
        communities=communities,
        organisation=people.organisation(known),
        matrix=exchange.matrix(known, reasons, communities),
        crossings=exchange.crossings(known, reasons),
        flow=exchange.flow(known, reasons),
        granularity=granularity,
        findings=setting.findings(known, reasons),
        decisions=setting.decisions(known, reasons),
        advice=advice,
        additions=setting.additions(known, reasons, rulebook, engagement),
        method=setting.method(known, rulebook, manifest, engagement),
        reasons=reasons.told(),
    )
