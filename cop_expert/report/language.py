"""A language's wording in, a speaker and a rulebook that speak it out.

The ontology says facts in every language that it knows; what rules say is theirs alone, in one
language. A file of sentences, reports/templates/rules.*.toml, says it in another: slot by slot the
same, so that only words change.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from cop_expert.explain.why import Explainer
from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase
from cop_expert.model.rule import CheckedRulebook, Rule, Sentence, Slot
from cop_expert.model.template import Datatype, Value
from cop_expert.report.phrases import Phrases, phrases
from cop_expert.report.templates import STANDARD, Templates

SLOT = re.compile(r"\{([^{}]*)\}")


class LocalSpeaker(Speaker):
    """Says numbers and the words that rules conclude as the language has them."""

    def __init__(self, facts: FactBase, phrases: Phrases) -> None:
        super().__init__(facts, phrases.wording.language)
        self.phrases = phrases

    def spelled(self, millionths: int, datatype: Datatype) -> str:
        return self.phrases.number(super().spelled(millionths, datatype))

    def value(self, value: Value, datatype: Datatype, given: bool = False) -> str:
        said = super().value(value, datatype, given)
        return self.phrases.word(said) if datatype.choices else said


def local_explainer(
    facts: FactBase, rulebook: CheckedRulebook, language: str, folder: Path
) -> Explainer:
    """What explains an engagement's conclusions in a language, with the engagement's own words."""
    speaker = LocalSpeaker(facts, phrases(language))
    said = translated(rulebook, speaker.language, Templates(folder))
    speaker.parameters = said.parameters
    return Explainer(facts, said, speaker)


def translated(rulebook: CheckedRulebook, language: str, templates: Templates) -> CheckedRulebook:
    """The rulebook with what it says in the language, as far as the files of sentences go."""
    name = f"rules.{language}.toml"
    said: dict[str, str] = templates.toml(f"{STANDARD}{name}") | templates.toml(name)
    if not said:
        return rulebook
    return replace(
        rulebook,
        rules={name: _translated(rule, said) for name, rule in rulebook.rules.items()},
        parameters={
            name: replace(one, comment=said.get(one.comment, one.comment))
            for name, one in rulebook.parameters.items()
        },
    )


def _translated(rule: Rule, said: Mapping[str, str]) -> Rule:
    because = said.get(rule.because, rule.because)
    slots = dict(zip(SLOT.findall(rule.because), _slots(rule.sentence), strict=True))
    if not set(SLOT.findall(because)) <= slots.keys():
        because = rule.because
    sentence = tuple(_filled(because, slots))
    basis = said.get(rule.basis, rule.basis)
    return replace(rule, because=because, sentence=sentence, basis=basis)


def _slots(sentence: Sentence) -> list[Slot]:
    return [piece for piece in sentence if isinstance(piece, Slot)]


def _filled(because: str, slots: Mapping[str, Slot]) -> list[str | Slot]:
    """The sentence cut at its slots; every other piece is one."""
    pieces = SLOT.split(because)
    return [slots[piece] if place % 2 else piece for place, piece in enumerate(pieces)]
