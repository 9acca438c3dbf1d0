"""The whole document."""

from msgspec import Struct

from cop_expert.report.reasons import Reason
from cop_expert.report.view.budget import Budget
from cop_expert.report.view.communities import Community
from cop_expert.report.view.decisions import Advice, Ask, Decided
from cop_expert.report.view.exchange import Crossings, Matrix
from cop_expert.report.view.figures import Figures
from cop_expert.report.view.firmness import Firmness
from cop_expert.report.view.flow import Flow
from cop_expert.report.view.granularity import Granularity
from cop_expert.report.view.method import Addition, Method
from cop_expert.report.view.needs import Needs
from cop_expert.report.view.organisation import Branch
from cop_expert.report.view.setting import Context, Finding


class Strategy(Struct, frozen=True):
    """The whole document."""

    name: str
    publish: bool
    """True where no small group of people is singled out."""
    figures: Figures
    asks: tuple[Ask, ...]
    context: Context
    needs: Needs
    assumptions: tuple[Finding, ...]
    """Findings in whose place something is assumed."""
    communities: tuple[Community, ...]
    organisation: tuple[Branch, ...]
    matrix: Matrix
    crossings: Crossings
    flow: tuple[Flow, ...]
    granularity: Granularity
    findings: tuple[Finding, ...]
    decisions: tuple[Decided, ...]
    lapsed: tuple[Decided, ...]
    """Decisions that no longer hold."""
    advice: tuple[Advice, ...]
    budget: Budget | None
    """None where no number of hours is named."""
    robustness: Firmness | None
    """None where nothing was tried."""
    additions: tuple[Addition, ...]
    method: Method
    first: int
    """Pieces of advice that are said with their reasons; a table holds the rest."""
    rows: int
    """Rows shown of each table within a community; the rest is counted."""
    long_rows: int
    """The same of each table about all communities."""
    reasons: tuple[Reason, ...]

    def has(self, section: str) -> bool:
        """False for a section that has nothing to say and need not stand."""
        there = {
            "additions": bool(self.additions),
            "budget": self.budget is not None,
            "robustness": self.robustness is not None,
            "trials": self.robustness is not None,
            "further": len(self.advice) > self.first,
        }
        return there.get(section, True)
