"""What the document says in one section, as text for the terminal, in the same words."""

import textwrap
from pathlib import Path

from cop_expert.facts import FactBase
from cop_expert.load.engagement import read_engagement
from cop_expert.report.budget import budget, hours_of
from cop_expert.report.known import Known
from cop_expert.report.language import LocalSpeaker
from cop_expert.report.phrases import phrases
from cop_expert.report.tables import WIDTH, TopicTable
from cop_expert.report.templates import Templates, Words, environment
from cop_expert.report.view import Budget, Claim

TOTAL = 4
"""The column of what adds up, which says nothing of what waits."""


class Terminal:
    """Knows a run's facts and says what is found in them."""

    def __init__(self, facts: FactBase, language: str, folder: Path) -> None:
        wording = phrases(language)
        self.engagement, _ = read_engagement(folder)
        self.known = Known(facts, LocalSpeaker(facts, wording))
        templates = Templates(folder)
        filled = environment(templates, self.known, wording, "text")
        self.words = Words(filled, templates, wording.wording.language)

    def budget(self, hours: int | None) -> Budget | None:
        """What goes first; none where neither the user nor the engagement says how many hours."""
        return budget(self.known, None, hours_of(self.engagement, hours))

    def budget_text(self, found: Budget) -> str:
        words = self.words
        headings = words.claim_headings
        within = tuple(self._claim(claim, True) for claim in found.within)
        below = tuple(self._waiting(claim) for claim in found.below)
        line = str(words.line_drawn(found))
        tables = [TopicTable(words.titles["budget"], headings, within).as_text()]
        if below:
            waiting = (*headings[:TOTAL], *headings[TOTAL + 1 :])
            tables.append(TopicTable(line, waiting, below).as_text())
        else:
            tables.append(f"{line}\n")
        return "\n".join([*textwrap.wrap(str(words.budget_intro(found)), WIDTH), "", *tables])

    def _claim(self, claim: Claim, is_in: bool) -> tuple[str, ...]:
        plain = self.known.plain
        return (
            claim.item,
            claim.community,
            plain(claim.people),
            plain(claim.hours),
            plain(claim.total),
            self.known.exact(claim.priority, "Amount"),
            str(self.words.claim(claim, is_in)),
        )

    def _waiting(self, claim: Claim) -> tuple[str, ...]:
        cells = self._claim(claim, False)
        return (*cells[:TOTAL], *cells[TOTAL + 1 :])
