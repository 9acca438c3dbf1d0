"""What every export is made from."""

from functools import cached_property

from msgspec import Struct

from cop_expert.explain.words import Speaker
from cop_expert.facts import FactBase
from cop_expert.model.rule import CheckedRulebook
from cop_expert.model.template import Vocabulary


class Concluded(Struct, frozen=True, dict=True):
    """A fact base at its fixed point, the rules that brought it there, and whose it is."""

    facts: FactBase
    rulebook: CheckedRulebook
    name: str
    """The client's."""
    language: str

    @property
    def vocabulary(self) -> Vocabulary:
        return self.facts.vocabulary

    @cached_property
    def speaker(self) -> Speaker:
        return Speaker(self.facts, self.language)
