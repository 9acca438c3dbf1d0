"""A proof in, its faults out: every step is taken again, from the rules and the fact base alone.

Of each fact it is asked whether it is there; of what was given, where it was read; of each reason,
whether the rule's conditions, looked up one by one, conclude just this; of each sum, whether it is
the sum of all there is to add; of each sentence, whether it says these very values. A proof may
not rest on itself. What it leaves unopened is taken as it stands, and listed.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cop_expert.facts import FactBase, Row
from cop_expert.model.explained import Fault, Replay
from cop_expert.model.proof import Derivation, Proof, all_premises
from cop_expert.model.rule import CheckedRulebook
from cop_expert.model.template import Template
from cop_expert.replay.aloud import ENGLISH, Tongue
from cop_expert.replay.reasons import Reasons
from cop_expert.replay.sheets import Sheets
from cop_expert.replay.ways import TooMany

Fact = tuple[str, Row]


class Replayer:
    """Replays proofs made of one fact base."""

    def __init__(
        self,
        facts: FactBase,
        rulebook: CheckedRulebook,
        tongue: Tongue = ENGLISH,
        folder: Path | None = None,
    ) -> None:
        """With the client's folder, what was read is looked up in its files too."""
        self.facts = facts
        self.reasons = Reasons(facts, rulebook, tongue)
        self.sheets = Sheets(folder, facts) if folder else None

    def replay(self, proof: Proof) -> Replay:
        self.reasons.assumed.clear()
        walk = _Walk(self)
        walk.fact(proof)
        assumed = dict.fromkeys([*walk.assumed, *self.reasons.assumed])
        faults = dict.fromkeys(walk.faults)
        return Replay(tuple(faults), tuple(assumed), walk.steps, len(walk.given))


class _Walk:
    """Goes through one proof."""

    def __init__(self, replayer: Replayer) -> None:
        self.facts = replayer.facts
        self.reasons = replayer.reasons
        self.sheets = replayer.sheets
        self.open: set[Fact] = set()
        self.done: dict[Fact, Proof] = {}
        self.given: set[Fact] = set()
        self.faults: list[Fault] = []
        self.assumed: list[str] = []
        self.steps = 0

    def fact(self, proof: Proof) -> None:
        """A fact, and all that its proof rests on."""
        fact = (proof.template, tuple(proof.values.values()))
        if self.done.get(fact) == proof:
            return
        found = list(self._faults(proof, fact))
        self.faults += [Fault(proof.says, fault) for fault in found]
        if found or proof.above:
            return
        if proof.unopened:
            self.assumed.append(proof.says)
            return
        self.open.add(fact)
        for derivation in proof.derivations:
            self._reason(proof, derivation)
        self.open.discard(fact)
        self.done[fact] = proof

    def _reason(self, proof: Proof, derivation: Derivation) -> None:
        self.steps += 1
        self.faults += [Fault(proof.says, f) for f in self.reasons.faults(proof, derivation)]
        for premise in all_premises(derivation):
            if isinstance(premise, Proof):
                self.fact(premise)

    def _faults(self, proof: Proof, fact: Fact) -> Iterator[str]:
        """What is wrong with the fact itself, whatever its proof rests on."""
        if not self.reasons.ways.has(proof):
            yield "there is no such fact"
        else:
            template = self.facts.vocabulary.templates[proof.template]
            if proof.says != self._ought_to_say(proof, fact, template):
                yield "the fact is said otherwise"
            told = (proof.obvious, proof.weighty, proof.bookkeeping)
            if told != (template.obvious, template.weighty, _is_bookkeeping(proof, template)):
                yield "it is passed over, or not, against what the ontology and the rules say"
            check = self._of_given if template.given else self._of_concluded
            yield from check(proof, fact)

    def _ought_to_say(self, proof: Proof, fact: Fact, template: Template) -> str:
        """The fact, and of what nobody wrote down why it holds."""
        says = self.reasons.aloud.fact(proof.template, proof.values)
        because = self.facts.because(*fact) if template.given else ""
        return self.reasons.aloud.reasoned(says, because) if because else says

    def _of_given(self, proof: Proof, fact: Fact) -> Iterator[str]:
        self.given.add(fact)
        if proof.derivations or proof.above or proof.unopened or proof.unshown:
            yield "it was read, and not concluded"
        if proof.origins != tuple(self.facts.origins(*fact)):
            yield "it was not read there"
        elif self.sheets and not all(self.sheets.hold(proof, place) for place in proof.origins):
            yield "it does not stand there"

    def _of_concluded(self, proof: Proof, fact: Fact) -> Iterator[str]:
        if proof.origins:
            yield "it was concluded, and not read"
        if fact in self.open:
            yield "it rests on itself"
        elif proof.above and fact not in self.done:
            yield "it is not shown above"
        elif not (proof.above or proof.unopened):
            yield from self._of_number(proof)
        elif proof.derivations or proof.unshown or proof.above is proof.unopened:
            yield "it is not opened here, and yet shown"

    def _of_number(self, proof: Proof) -> Iterator[str]:
        """In a recursion the ways that rest on the fact itself are not told."""
        if not proof.derivations:
            yield "no reason is given"
            return
        told = len(proof.derivations) + proof.unshown
        with suppress(TooMany):
            ways, recursive = self.reasons.number(proof)
            if told > ways or (told < ways and not recursive):
                yield "there are not so many ways in which it follows"


def _is_bookkeeping(proof: Proof, template: Template) -> bool:
    quiet = all(
        derivation.quiet
        and all(not isinstance(p, Proof) or p.bookkeeping for p in all_premises(derivation))
        for derivation in proof.derivations
    )
    return template.given or (bool(proof.derivations) and quiet)
