"""A template in, why each of its facts holds out: the facts that it rests on, and a sentence.

All facts of a template at once, and all of their reasons: a document asks why of a few facts, what
is exported says it of each.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from cop_expert.export.concluded import Concluded
from cop_expert.facts import Row, quoted
from cop_expert.infer.duck import run_rounds
from cop_expert.infer.sql import Body, TableOf, own_table
from cop_expert.infer.sql_terms import CAREFUL
from cop_expert.model.rule import Clause, Fallback, Presence, Stratum, is_aggregated
from cop_expert.model.template import Kind, Value

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
        self.strata = {
            name: stratum for stratum in concluded.rulebook.strata for name in stratum.templates
        }
        self._ranked: set[str] = set()
        self._known: dict[str, dict[Row, list[Reason]]] = {}
        self.facts.query(CAREFUL)

    def of(self, template: str) -> Iterator[tuple[Row, list[Reason]]]:
        """Each fact in order, with its reasons; given ones have none."""
        rows = self.facts.rows(template)
        stratum = self.strata.get(template)
        clauses = [c for c in stratum.clauses if c.head.template == template] if stratum else []
        found = [self._by_group(clause) for clause in clauses] if rows else []
        for row in rows:
            reasons = [
                reason
                for positions, by_group in found
                for reason in by_group.get(tuple(row[place] for place in positions), ())
            ]
            yield row, list(dict.fromkeys(reasons))

    def because(self, fact: Fact) -> str:
        """The sentence of its first reason; bookkeeping passes on that of what it rests on."""
        template, row = fact
        if template not in self._known:
            self._known[template] = dict(self.of(template))
        for reason in self._known[template].get(row, [])[:1]:
            if not self.rules[reason.rule].quiet:
                return reason.because
            inferred = [found for found in reason.premises if found[0] in self.strata]
            return self.because(inferred[0]) if len(inferred) == 1 else ""
        return ""

    def _by_group(self, clause: Clause) -> tuple[list[int], dict[Row, list[Reason]]]:
        """The reasons by the values that all bindings for a fact share: all but aggregates."""
        fields = self.facts.vocabulary.templates[clause.head.template].fields
        positions, terms = [], []
        for place, field in enumerate(fields):
            term = clause.head.term(field.name)
            if term is None or not is_aggregated(term):
                positions.append(place)
                terms.append(term)
        question = _Question(clause, self)
        values = [question.body.terms.value(term) if term else "NULL" for term in terms]
        kinds = [fields[place].type.kind for place in positions]
        by_group: dict[Row, list[Reason]] = defaultdict(list)
        for group, reason in question.answers(values, kinds):
            by_group[group].append(reason)
        if clause.aggregates:
            return positions, {g: [_together(reasons)] for g, reasons in by_group.items()}
        return positions, by_group

    def table_of(self, stratum: Stratum) -> TableOf:
        """In a recursion facts come with the round in which each first appeared."""
        if not stratum.recursive:
            return own_table
        if stratum.templates[0] not in self._ranked:
            run_rounds(self.facts, stratum)
            self._ranked |= set(stratum.templates)

        def ranked(position: int, template: str) -> str:
            return quoted(f"{template}@rounds" if template in stratum.templates else template)

        return ranked


def _together(reasons: list[Reason]) -> Reason:
    premises = (fact for reason in reasons for fact in reason.premises)
    return Reason(reasons[0].rule, "", tuple(dict.fromkeys(premises)))


class _Question:
    """What is asked of a clause's bindings, and how the answers are read."""

    def __init__(self, clause: Clause, reasons: Reasons) -> None:
        self.clause = clause
        self.is_total = clause.aggregates
        self.facts = reasons.facts
        self.rule = reasons.rules[clause.rule]
        self.speaker = reasons.speaker
        stratum = reasons.strata[clause.head.template]
        self.body = Body(clause, self.facts, reasons.table_of(stratum))
        self.names = list(self.body.terms.values)
        self.columns = [self.body.terms.values[name] for name in self.names]
        self.kinds = [clause.types[name].kind for name in self.names]
        self.places: list[tuple[str, slice]] = []
        """Where in an answer the fact of each condition stands."""
        for position, condition in enumerate(clause.body):
            if isinstance(condition, Presence | Fallback):
                self._add(position, condition.atom.template)
                # In a recursion a fact may rest on earlier rounds only, so that reasons end.
                if stratum.recursive and condition.atom.template in stratum.templates:
                    self.body.where.append(f't{position}."@round" < {self._own_round()}')

    def _add(self, position: int, template: str) -> None:
        fields = self.facts.vocabulary.templates[template].fields
        start = len(self.kinds)
        self.kinds += [field.type.kind for field in fields]
        self.columns += [f"t{position}.{quoted(field.name)}" for field in fields]
        self.places.append((template, slice(start, len(self.kinds))))

    def _own_round(self) -> str:
        head = self.clause.head
        same = " AND ".join(
            f"h.{quoted(name)} IS NOT DISTINCT FROM {self.body.terms.value(term)}"
            for name, term in head
        )
        return f'(SELECT "@round" FROM {quoted(head.template + "@rounds")} h WHERE {same})'

    def answers(self, groups: list[str], kinds: list[Kind]) -> Iterator[tuple[Row, Reason]]:
        """Each binding as a reason, with what it has in common with the others for its fact."""
        width = len(self.kinds)
        columns = ", ".join([*self.columns, *groups]) or "1"
        found = self.facts.query(f"SELECT {columns} {self.body.text()} ORDER BY ALL")
        for answer in self.facts.told([*self.kinds, *kinds], found):
            yield answer[width:], self._reason(answer)

    def _reason(self, answer: Row) -> Reason:
        bindings: dict[str, Value] = dict(zip(self.names, answer, strict=False))
        facts = ((template, answer[place]) for template, place in self.places)
        premises = tuple(fact for fact in facts if any(value is not None for value in fact[1]))
        if self.is_total:
            return Reason(self.rule.name, "", premises)
        because = self.speaker.because(self.rule.sentence, bindings, self.clause.types)
        return Reason(self.rule.name, because, premises)
