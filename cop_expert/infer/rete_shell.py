"""Experta's engine for rules that come a stratum at a time and facts that only ever come."""

from collections.abc import Iterable
from typing import Any

from cop_expert.infer.experta_mended import Agenda, Fact, KnowledgeEngine, Strategy
from cop_expert.infer.rete_matcher import HashedMatcher
from cop_expert.infer.rete_nodes import Activation
from cop_expert.model.template import Value


class PlainFact(Fact):  # type: ignore[misc]  # experta has no types
    """A row as an ordered fact; experta would freeze each value anew and search it for patterns."""

    def __init__(self, *row: Value) -> None:
        dict.update(self, enumerate(row))

    def has_field_constraints(self) -> bool:
        return False

    def has_nested_accessor(self) -> bool:
        return False


class Match(Activation):
    """A match of values; a variable may bear any name, even `self`."""

    __slots__ = ()

    @property
    def facts(self) -> set[Fact]:
        return set()

    @property
    def context(self) -> dict[str, Any]:
        return {"bindings": dict(zip(self.names, self.token, strict=True))}


class ValueMatcher(HashedMatcher):
    """Matches values: facts that differ in what is not asked for are one match."""

    activation = Match
    captures = False


class InTurn(Strategy):  # type: ignore[misc]  # experta has no types
    """The last match first: where nothing is retracted, any order concludes the same."""

    def _update_agenda(
        self, agenda: Agenda, added: Iterable[Activation], removed: Iterable[Activation]
    ) -> None:
        agenda.activations.extend(added)


class Shell(KnowledgeEngine):  # type: ignore[misc]  # experta has no types
    """The expert-system shell, whose rules are loaded one stratum after another."""

    __matcher__ = ValueMatcher
    __strategy__ = InTurn
