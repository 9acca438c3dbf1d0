"""Two runs in, what differs between them out, each with the inputs that it comes from."""

from collections.abc import Iterator
from typing import NamedTuple

from cop_expert.explain.deciding import SUPPOSED
from cop_expert.explain.why import WHOLE, Explainer
from cop_expert.facts import Row
from cop_expert.model.difference import Difference, Differences, Input
from cop_expert.model.origin import Origin
from cop_expert.model.proof import Absent, Premise, Proof, all_premises
from cop_expert.model.rule import Constant, expressions, parts
from cop_expert.model.template import Template

SHOWN = 200
"""Conclusions whose causes are looked for."""

Fact = tuple[str, Row]
Pair = tuple[Row | None, Row | None]
"""A fact before and after; none where there was or is none."""


class Changed(NamedTuple):
    """What was given otherwise, by what proofs speak of."""

    facts: dict[Fact, Input]
    templates: dict[str, list[Input]]
    parameters: dict[str, Input]

    @property
    def all(self) -> tuple[Input, ...]:
        found = [*self.facts.values(), *self.parameters.values()]
        return tuple(dict.fromkeys(found))


class Differ:
    """Compares two runs of one vocabulary."""

    def __init__(self, old: Explainer, new: Explainer) -> None:
        self.old = old
        self.new = new
        self.vocabulary = new.facts.vocabulary

    def differences(self, causes: bool = True) -> Differences:
        """Everything that differs; with `causes` each difference is traced to its inputs."""
        changed = self._inputs()
        compared = sorted(
            (t for t in self.vocabulary.templates.values() if t.compare_order),
            key=lambda template: template.compare_order,
        )
        pairs = [(template, pair) for template in compared for pair in self._pairs(template)]
        shown = [self._difference(*pair, changed, causes) for pair in pairs[:SHOWN]]
        return Differences(changed.all, tuple(shown), len(pairs) - len(shown))

    # What was given

    def _inputs(self) -> Changed:
        changed = Changed({}, {}, {})
        for template in self.vocabulary.given():
            for before, after in self._pairs(template):
                found = self._input(template, before, after)
                for row in filter(None, (before, after)):
                    changed.facts[template.name, row] = found
                changed.templates.setdefault(template.name, []).append(found)
        one, other = self.old.rulebook.parameters, self.new.rulebook.parameters
        for name in sorted(one.keys() | other.keys()):
            was, now = self.old.speaker.parameter(name), self.new.speaker.parameter(name)
            if was != now:
                origin = (other.get(name) or one[name]).origin
                changed.parameters[name] = Input(was, now, origin)
        return changed

    def _input(self, template: Template, before: Row | None, after: Row | None) -> Input:
        origins = [
            origin
            for explainer, row in ((self.new, after), (self.old, before))
            if row is not None
            for origin in explainer.facts.origins(template.name, row)
        ]
        return Input(
            self._said(self.old, template, before),
            self._said(self.new, template, after),
            origins[0] if origins else Origin(""),
        )

    # What was concluded

    def _pairs(self, template: Template) -> Iterator[Pair]:
        """The facts that only one run has, those with the same key together."""
        old, new = (self._by_key(explainer, template) for explainer in (self.old, self.new))
        for key in sorted(old.keys() | new.keys(), key=repr):
            before, after = old.get(key, []), new.get(key, [])
            gone = [row for row in before if row not in after]
            fresh = [row for row in after if row not in before]
            for place in range(max(len(gone), len(fresh))):
                yield (
                    gone[place] if place < len(gone) else None,
                    fresh[place] if place < len(fresh) else None,
                )

    def _by_key(self, explainer: Explainer, template: Template) -> dict[Row, list[Row]]:
        places = [template.position(name) for name in template.key]
        found: dict[Row, list[Row]] = {}
        for row in explainer.facts.rows(template.name):
            found.setdefault(tuple(row[place] for place in places), []).append(row)
        return found

    def _said(self, explainer: Explainer, template: Template, row: Row | None) -> str:
        if row is None:
            return ""
        values = zip(template.names, row, strict=True)
        meant = {name: value for name, value in values if (name, value) not in SUPPOSED.items()}
        return explainer.speaker.fact(template.name, meant)

    def _difference(
        self, template: Template, pair: Pair, changed: Changed, causes: bool
    ) -> Difference:
        before, after = (
            self._said(self.old, template, pair[0]),
            self._said(self.new, template, pair[1]),
        )
        found = tuple(self._traced(template, pair, changed)) if causes else ()
        return Difference(template.name, before, after, found or changed.all)

    def _traced(self, template: Template, pair: Pair, changed: Changed) -> dict[Input, None]:
        found: dict[Input, None] = {}
        for explainer, row in zip((self.old, self.new), pair, strict=True):
            if row is not None:
                proof = explainer.prove(template.name, row, WHOLE)
                found |= dict.fromkeys(_causes(explainer, proof, changed))
        return found


def _causes(explainer: Explainer, proof: Proof, changed: Changed) -> Iterator[Input]:
    """The changed inputs that the proof rests on."""
    found = changed.facts.get((proof.template, tuple(proof.values.values())))
    if found:
        yield found
    for derivation in proof.derivations:
        for name in _parameters(explainer, derivation.rule):
            if name in changed.parameters:
                yield changed.parameters[name]
        for premise in all_premises(derivation):
            yield from _causes_of(explainer, premise, changed)


def _causes_of(explainer: Explainer, premise: Premise, changed: Changed) -> Iterator[Input]:
    match premise:
        case Proof():
            yield from _causes(explainer, premise, changed)
        case Absent(template=template):
            yield from changed.templates.get(template, ())


def _parameters(explainer: Explainer, rule: str) -> Iterator[str]:
    """The parameters that the rule's clauses speak of."""
    for clauses in explainer.matcher.clauses.values():
        for clause in (clause for clause in clauses if clause.rule == rule):
            terms = [part for condition in clause.body for part in expressions(condition)]
            for term in [*terms, *(term for _, term in clause.head)]:
                for part in parts(term):
                    if isinstance(part, Constant) and part.parameter:
                        yield part.parameter
