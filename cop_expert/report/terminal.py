"""What the document says in one section, as text for the terminal, in the same words."""

import textwrap
from pathlib import Path

from cop_expert.facts import FactBase
from cop_expert.load.engagement import read_engagement
from cop_expert.model.rule import CheckedRulebook
from cop_expert.report.budget import budget, hours_of
from cop_expert.report.known import Known
from cop_expert.report.language import LocalSpeaker, translated
from cop_expert.report.phrases import phrases
from cop_expert.report.robustness import firmness
from cop_expert.report.templates import Templates, Words, environment
from cop_expert.report.text_table import WIDTH, TextTable
from cop_expert.report.trials import Robustness
from cop_expert.report.view.budget import Budget, Claim
from cop_expert.report.view.firmness import Doubt, Firmness

TOTAL = 4
"""The column of what adds up, which says nothing of what waits."""


class Terminal:
    """Knows a run's facts and says what is found in them."""

    def __init__(self, facts: FactBase, language: str, folder: Path) -> None:
        wording = phrases(language)
        self.engagement, _ = read_engagement(folder)
        self.known = Known(facts, LocalSpeaker(facts, wording))
        self.language = wording.wording.language
        self.templates = Templates(folder)
        filled = environment(self.templates, self.known, wording, "text")
        self.words = Words(filled, self.templates, self.language)

    def budget(self, hours: int | None) -> Budget | None:
        """What goes first; none where neither the user nor the engagement says how many hours."""
        return budget(self.known, None, hours_of(self.engagement, hours))

    def budget_text(self, found: Budget) -> str:
        words = self.words
        headings = words.claim_headings
        within = tuple(self._claim(claim, True) for claim in found.within)
        below = tuple(self._waiting(claim) for claim in found.below)
        line = str(words.line_drawn(found))
        tables = [TextTable(words.titles["budget"], headings, within).as_text()]
        if below:
            waiting = (*headings[:TOTAL], *headings[TOTAL + 1 :])
            tables.append(TextTable(line, waiting, below).as_text())
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

    def robustness_text(self, found: Robustness, rulebook: CheckedRulebook) -> str:
        words, rulebook = self.words, translated(rulebook, self.language, self.templates)
        told = firmness(self.known, rulebook, found)
        assert told is not None
        says = [
            words.firm_intro(told),
            words.firm_cut(told),
            *(words.cut_doubt(cut, told) for cut in told.cuts),
            *([words.other_cuts(told.other_cuts)] if told.other_cuts else []),
        ]
        lines = [textwrap.fill(str(said), WIDTH) for said in says]
        title = str(words.firm_assignments(told))
        rows = tuple(self._doubt(one, told) for one in told.doubts)
        table = TextTable(title, words.doubt_headings, rows).as_text()
        lines.append(table.rstrip("\n") if rows else title)
        if told.coming:
            lines += ["", textwrap.fill(str(words.coming(told.coming)), WIDTH)]
        return "\n".join(lines) + "\n"

    def _doubt(self, one: Doubt, told: Firmness) -> tuple[str, ...]:
        words = self.words
        says = words.firm_in(one), words.otherwise(one), words.ifs(one.ifs, told)
        return one.item, one.community, *map(str, says)
