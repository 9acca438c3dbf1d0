"""Proofs in, RDF out: what each fact was derived from, by which rule, down to the files.

Facts bear the identifiers that they have in the export of all facts, so both can be put together.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from cop_expert.export.concluded import Concluded
from cop_expert.export.reasons import Fact, Reason
from cop_expert.export.turtle import Located, Turtle
from cop_expert.model.proof import Derivation, Proof, all_premises


def proofs_text(concluded: Concluded, proofs: Iterable[Proof]) -> Iterator[str]:
    """All that the proofs show, each fact once; sorted Turtle, a piece at a time."""
    given: dict[str, set[Located]] = defaultdict(set)
    reasons: dict[Fact, list[Reason]] = {}
    for fact in (fact for proof in proofs for fact in _facts(proof)):
        row = tuple(fact.values.values())
        if concluded.vocabulary.templates[fact.template].given:
            because = concluded.facts.because(fact.template, row)
            given[fact.template] |= {(row, origin, because) for origin in fact.origins}
        else:
            found = reasons.setdefault((fact.template, row), [])
            found += [reason for d in fact.derivations for reason in _reasons(d)]
    turtle = _Entities(concluded)
    templates = concluded.vocabulary.templates
    yield from turtle.prefixes()
    yield "# What was concluded, and from what\n\n"
    for (template, row), why in sorted(reasons.items(), key=lambda pair: repr(pair[0])):
        yield turtle.inferred(templates[template], row, why)
    yield "\n\n# What the client gave\n\n"
    for name, located in sorted(given.items()):
        yield from turtle.given(templates[name], sorted(located, key=repr))
    yield from turtle.sources(origin for found in given.values() for _, origin, _ in found)
    yield "\n\n# The rules\n\n"
    yield from turtle.rules({reason.rule for why in reasons.values() for reason in why})


class _Entities(Turtle):
    """Facts are what provenance is about."""

    def kinds(self, name: str) -> list[str]:
        return [*super().kinds(name), "prov:Entity"]


def _facts(proof: Proof) -> Iterator[Proof]:
    yield proof
    for derivation in proof.derivations:
        for premise in all_premises(derivation):
            if isinstance(premise, Proof):
                yield from _facts(premise)


def _reasons(derivation: Derivation) -> Iterator[Reason]:
    """The rule's own reason, then what is compared or absent, which is no fact to point to."""
    premises = list(all_premises(derivation))
    facts = tuple((p.template, tuple(p.values.values())) for p in premises if isinstance(p, Proof))
    yield Reason(derivation.rule, derivation.because, facts)
    for premise in premises:
        if not isinstance(premise, Proof):
            yield Reason(derivation.rule, premise.says, ())
