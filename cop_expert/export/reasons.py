"""A template in, why each of its facts holds out: the facts that it rests on, and a sentence.

All facts of a template at once, and all of their reasons: a document asks why of a few facts, what
is exported says it of each.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cop_expert.explain.matches import Matcher, Matches
from cop_expert.explain.question import Match
from cop_expert.export.concluded import Concluded
from cop_expert.facts import Row
from cop_expert.model.rule import Clause, Fallback, Presence

Fact = tuple[str, Row]


class Reason(NamedTuple):
    """One way in which a rule concludes a fact."""

    rule: str
    because: str
    """Empty for a total, of which each contribution has a reason of its own."""
    premises: tuple[Fact, ...]


class Reasons:
    """Asks the clauses of a rulebook again, each for all that it concludes."""

    def __init__(self, concluded: Concluded) -> None:
        self.facts = concluded.facts
        self.rules = concluded.rulebook.rules
        self.speaker = concluded.speaker
        self.matcher = Matcher(concluded.facts, concluded.rulebook)
        self._known: dict[str, dict[Row, list[Reason]]] = {}

    def of(self, template: str) -> Iterator[tuple[Row, list[Reason]]]:
        """Each fact in order, with its reasons; given ones have none."""
        rows = self.facts.rows(template)
        clauses = self.matcher.clauses.get(template, []) if rows else []
        found = [(self.matcher.head(clause), dict(self._by_group(clause))) for clause in clauses]
        for row in rows:
            reasons = [reason for head, by in found for reason in by.get(head.of(row), ())]
            yield row, list(dict.fromkeys(reasons))

    def because(self, fact: Fact) -> str:
        """The sentence of its first reason; bookkeeping passes on that of what it rests on."""
        template, row = fact
        if template not in self._known:
            self._known[template] = dict(self.of(template))
        for reason in self._known[template].get(row, [])[:1]:
            if not self.rules[reason.rule].quiet:
                return reason.because
            inferred = [found for found in reason.premises if found[0] in self.matcher.strata]
            return self.because(inferred[0]) if len(inferred) == 1 else ""
        return ""

    def _by_group(self, clause: Clause) -> Iterator[tuple[Row, list[Reason]]]:
        """The reasons by what all bindings for a fact share; those for a total as one."""
        is_total = self.matcher.head(clause).aggregates
        for group, found in self.matcher.every(clause):
            if is_total:
                yield group, [self._total(clause, found)]
            else:
                yield group, [self._reason(match) for match in found.listed]

    def _reason(self, match: Match) -> Reason:
        rule = self.rules[match.clause.rule]
        because = self.speaker.because(rule.sentence, match.bindings, match.clause.types)
        return Reason(rule.name, because, tuple(_premises(match)))

    def _total(self, clause: Clause, found: Matches) -> Reason:
        premises = (fact for match in found.listed for fact in _premises(match))
        return Reason(clause.rule, "", tuple(dict.fromkeys(premises)))


def _premises(match: Match) -> Iterator[Fact]:
    for position, row in match.facts.items():
        condition = match.clause.body[position]
        assert isinstance(condition, Presence | Fallback)
        yield condition.atom.template, row
