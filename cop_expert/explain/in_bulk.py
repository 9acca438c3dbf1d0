"""Many facts in, their proofs out: each rule is asked once for all facts of a step, not for each.

The facts that are asked about are laid into a table that the rule's conditions join; so are then
those that they rest on, step by step, as deep as the answers go. Proofs are put together from what
was fetched, and are the same as if each had been asked for by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from cop_expert.explain.matches import NONE, Match, Matcher, Matches, Question, head_term
from cop_expert.explain.why import BRIEF, Explainer, Fact, How
from cop_expert.explain.words import Speaker
from cop_expert.facts import STORED, FactBase, Row, is_text, quoted
from cop_expert.infer.sql import Body
from cop_expert.model.origin import Origin
from cop_expert.model.rule import (
    CheckedRulebook,
    Clause,
    Constant,
    Presence,
    Variable,
    expressions,
    is_aggregated,
    variables,
)
from cop_expert.model.proof import Proof

ASKED = '"@asked"'
"""The table of the facts that are asked about."""
AT_ONCE = 5_000
"""Facts that are explained together; what was fetched for them is forgotten then."""
FEW = 20
"""Given facts of a kind up to which each is looked up by itself."""


class BulkExplainer(Explainer):
    """Proves many facts of one fact base."""

    def __init__(self, facts: FactBase, rulebook: CheckedRulebook, speaker: Speaker) -> None:
        super().__init__(facts, rulebook, speaker, many=True)
        self.matcher: BulkMatcher = BulkMatcher(facts, rulebook)
        self.places: dict[str, dict[Row, list[Origin]]] = {}

    def prove_all(self, facts: Iterable[Fact], how: How = BRIEF) -> Iterator[Proof]:
        """Why each of these facts, which must be so, holds."""
        waiting = iter(facts)
        while chunk := list(islice(waiting, AT_ONCE)):
            self.fetch(chunk, how)
            for template, row in chunk:
                self._begin()
                yield self._prove(template, row, how)
            self.matcher.fetched.clear()
            self.known.clear()
            self.told.clear()

    def fetch(self, facts: Iterable[Fact], how: How) -> None:
        """All that proofs of these facts will ask for."""
        step = dict.fromkeys(facts, how)
        depths: dict[Fact, int] = {}
        while step:
            depths |= {fact: own.depth for fact, own in step.items()}
            self._ask(step)
            below = (pair for fact, own in step.items() for pair in self._below(fact, own))
            step = {}
            for fact, own in below:
                deepest = max(depths.get(fact, 0), step[fact].depth if fact in step else 0)
                if own.depth > deepest:
                    step[fact] = own

    def _ask(self, step: dict[Fact, How]) -> None:
        rows: dict[str, dict[Row, None]] = defaultdict(dict)
        for template, row in step:
            rows[template][row] = None
        for template, asked in rows.items():
            for clause in self.matcher.clauses.get(template, []):
                ...

    def origins(self, template: str, row: Row) -> list[Origin]: ...
