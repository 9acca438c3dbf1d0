"""Conclusions in, the view model of the strategy document out."""

from cop_expert.explain.why import Explainer
from cop_expert.load.engagement import Engagement
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.rule import CheckedRulebook
from cop_expert.report import exchange, people, setting
from cop_expert.report.budget import budget
from cop_expert.report.granularity import granularity
from cop_expert.report.known import Known
from cop_expert.report.phrases import Phrases
from cop_expert.report.reasons import Reasons
from cop_expert.report.robustness import firmness
from cop_expert.report.trials import Robustness
from cop_expert.report.view import FIRST, Manifest, Prices, Strategy

LONG = 100
"""Rows of a table about all communities; the rest is counted."""
FEW = 5 * UNIT
"""People from which a group may be singled out in what is published."""


def strategy(
    known: Known,
    rulebook: CheckedRulebook,
    manifest: Manifest,
    engagement: Engagement,
    wording: Phrases,
    has_reasons: bool,
    prices: Prices,
    hours: int | None = None,
    tried: Robustness | None = None,
) -> Strategy:
    """Everything that the document says; each statement with its reason where it has reasons.

    `hours`, in millionths, are as many as there are for learning; `tried` is what came of
    trials with other numbers.
    """
    explainer = Explainer(known.facts, rulebook, known.speaker)
    is_whole = known.told == known.communities
    reasons = Reasons(known.facts, explainer, wording, has_reasons, is_whole)
    cut = granularity(known, reasons, rulebook)
    figures = setting.figures(known, reasons)
    advice = setting.advice(known, reasons)
    communities = people.communities(known, reasons)
    findings = setting.findings(known, reasons)
    return Strategy(
        name=manifest.name,
        publish=engagement.settings.publish,
        figures=figures,
        asks=setting.asks(advice),
        context=setting.context(known, rulebook),
        assumptions=tuple(one for one in findings if one.template in setting.ASSUMED),
        needs=people.needs(known, reasons),
        communities=communities,
        organisation=people.organisation(known),
        matrix=exchange.matrix(known, reasons, communities),
        crossings=exchange.crossings(known, reasons),
        flow=exchange.flow(known, reasons),
        granularity=cut,
        findings=findings,
        decisions=setting.decisions(known, reasons, prices),
        lapsed=setting.lapsed(known),
        advice=advice,
        budget=budget(known, reasons, hours),
        robustness=firmness(known, rulebook, tried),
        additions=setting.additions(known, reasons, rulebook, engagement),
        method=setting.method(known, rulebook, manifest, engagement),
        first=FIRST,
        rows=people.rows(len(communities)),
        long_rows=LONG,
        reasons=reasons.told(),
    )
