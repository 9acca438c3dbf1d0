"""Conclusions in, the view model of the strategy document out."""

from cop_expert.explain.why import Explainer
from cop_expert.load.engagement import Engagement
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.rule import CheckedRulebook
from cop_expert.report.budget import budget
from cop_expert.report.communities import communities, rows
from cop_expert.report.decisions import advice, asks, decisions, lapsed
from cop_expert.report.exchange import crossings, matrix
from cop_expert.report.flow import flow
from cop_expert.report.granularity import granularity
from cop_expert.report.known import Known
from cop_expert.report.method import additions, method
from cop_expert.report.needs import needs
from cop_expert.report.organisation import organisation
from cop_expert.report.phrases import Phrases
from cop_expert.report.reasons import Reasons
from cop_expert.report.robustness import firmness
from cop_expert.report.setting import ASSUMED, context, figures, findings
from cop_expert.report.trials import Robustness
from cop_expert.report.view.decisions import FIRST, Prices
from cop_expert.report.view.method import Manifest
from cop_expert.report.view.strategy import Strategy

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
    # Reasons are numbered as they are first cited, so the order counts.
    cut = granularity(known, reasons, rulebook)
    numbers = figures(known, reasons)
    advised = advice(known, reasons)
    cards = communities(known, reasons)
    found = findings(known, reasons)
    return Strategy(
        name=manifest.name,
        publish=engagement.settings.publish,
        figures=numbers,
        asks=asks(advised),
        context=context(known, rulebook),
        assumptions=tuple(one for one in found if one.template in ASSUMED),
        needs=needs(known, reasons),
        communities=cards,
        organisation=organisation(known),
        matrix=matrix(known, reasons, cards),
        crossings=crossings(known, reasons),
        flow=flow(known, reasons),
        granularity=cut,
        findings=found,
        decisions=decisions(known, reasons, prices),
        lapsed=lapsed(known),
        advice=advised,
        budget=budget(known, reasons, hours),
        robustness=firmness(known, rulebook, tried),
        additions=additions(known, reasons, rulebook, engagement),
        method=method(known, rulebook, manifest, engagement),
        first=FIRST,
        rows=rows(len(cards)),
        long_rows=LONG,
        reasons=reasons.told(),
    )
