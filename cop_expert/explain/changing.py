"""What would turn a conclusion round: remedies that were tried by running the rules on each.

What is lacking after one change may be mended by another, so where no single change is enough the
cheapest ones are tried in pairs.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from cop_expert.explain.differ import Differ
from cop_expert.explain.remedies import Remedies, Remedy
from cop_expert.explain.why import Explainer
from cop_expert.explain.why_not import WhyNot
from cop_expert.facts import Row
from cop_expert.load.changes import Changes
from cop_expert.model.diagnostic import KnowledgeProblem
from cop_expert.model.difference import Differences
from cop_expert.model.template import Value

ENOUGH = 4
"""Changes that an answer offers."""
TRIES = 20
"""Runs of the rules that an answer may take."""
BASES = 3
"""Changes that are not enough alone and are tried together with others."""

Suppose = Callable[[Changes], Explainer]
"""Runs the rules on a changed engagement; raises KnowledgeProblem where it cannot be so."""


class Wish(NamedTuple):
    """What is wanted: that a fact with these values is concluded, or that none is."""

    template: str
    values: tuple[tuple[str, Value], ...]
    holds: bool

    def rows(self, explainer: Explainer) -> list[Row]:
        return explainer.facts.rows(self.template, **dict(self.values))

    def is_met(self, explainer: Explainer) -> bool:
        return bool(self.rows(explainer)) == self.holds

    def said(self, now: Explainer, supposed: Explainer) -> tuple[str, ...]:
        """What meets the wish then, or against the wish holds now, in sentences."""
        explainer = supposed if self.holds else now
        names = explainer.facts.vocabulary.templates[self.template].names
        facts = (dict(zip(names, row, strict=True)) for row in self.rows(explainer))
        return tuple(explainer.speaker.fact(self.template, values) for values in facts)

    def remedies(self, explainer: Explainer) -> list[Remedy]:
        """What might bring it about, the easiest first."""
        remedies = Remedies(WhyNot(explainer))
        if self.holds:
            found = set(remedies.to_hold(remedies.goal(self.template, dict(self.values))))
        else:
            rows = self.rows(explainer)
            found = {remedy for row in rows for remedy in remedies.to_fail(self.template, row)}
        return _in_turn(sorted(found, key=lambda remedy: (remedy.cost, repr(remedy))))


class Way(NamedTuple):
    """A change that was tried and does it, with all that it brings about."""

    cost: int
    differences: Differences
    turned: tuple[str, ...]
    """What was wished, as far as it holds then or held until then, in sentences."""


class Ways(NamedTuple):
    """The ways found, the easiest first."""

    found: tuple[Way, ...]
    tried: int


class Search:
    """Looks for changes that meet a wish."""

    def __init__(self, explainer: Explainer, suppose: Suppose) -> None:
        self.explainer = explainer
        self.suppose = suppose
        self.tried = 0

    def ways(self, wish: Wish) -> Ways:
        found, bases = self._try(wish.remedies(self.explainer), wish)
        for remedy, supposed in bases if not found else []:
            further = [_joined(remedy, other) for other in wish.remedies(supposed)]
            found += self._try(further, wish)[0]
        ways = sorted(found, key=lambda way: (way.cost, repr(way.differences.inputs)))
        return Ways(tuple(ways[:ENOUGH]), self.tried)

    def _try(
        self, proposed: list[Remedy], wish: Wish
    ) -> tuple[list[Way], list[tuple[Remedy, Explainer]]]:
        """The ways among what is proposed; and the first few that are not enough alone."""
        found: list[Way] = []
        bases: list[tuple[Remedy, Explainer]] = []
        for remedy in proposed:
            if len(found) == ENOUGH or self.tried == TRIES:
                break
            supposed = self._supposed(remedy)
            if supposed is None:
                continue
            if wish.is_met(supposed):
                differences = Differ(self.explainer, supposed).differences(causes=False)
                found.append(Way(remedy.cost, differences, wish.said(self.explainer, supposed)))
            elif len(bases) < BASES:
                bases.append((remedy, supposed))
        return found, bases

    def _supposed(self, remedy: Remedy) -> Explainer | None:
        self.tried += 1
        try:
            return self.suppose(Changes(remedy.rows, dict(remedy.parameters)))
        except KnowledgeProblem:
            return None


def _in_turn(remedies: list[Remedy]) -> list[Remedy]:
    """The easiest in each table first, then the second of each: many ways are tried, not many
    rows of one table."""
    met: Counter[str] = Counter()
    ranked = []
    for remedy in remedies:
        table = remedy.rows[0].table if remedy.rows else ""
        ranked.append((met[table], remedy.cost, remedy))
        met[table] += 1
    return [remedy for *_, remedy in sorted(ranked, key=lambda entry: entry[:2])]


def _joined(one: Remedy, other: Remedy) -> Remedy:
    return Remedy(one.cost + other.cost, one.rows + other.rows, one.parameters + other.parameters)
