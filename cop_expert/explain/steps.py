"""A clause and the names that are known in, its conditions in the order of asking out."""

from typing import NamedTuple

from cop_expert.infer.joins import is_key_among
from cop_expert.model.rule import Absence, Clause, Condition, Presence, expressions, variables
from cop_expert.model.template import Vocabulary


class Step(NamedTuple):
    """A condition that is asked."""

    position: int
    """Its place in the clause's body."""
    condition: Condition
    names: frozenset[str]
    """All names that it speaks of."""
    known: frozenset[str]
    """The names that are known by then."""


Steps = tuple[Step, ...]


def steps(clause: Clause, names: tuple[str, ...], vocabulary: Vocabulary) -> Steps:
    """First what the names known so far determine, then what the client gave of them: where it
    does not meet what was concluded of it, the latter can be asked further. What should not be
    there comes after what should, and what is no fact comes last."""
    known, ordered = frozenset(names), []
    asked = [(place, condition, _names(condition)) for place, condition in enumerate(clause.body)]
    waiting = [one for one in asked if isinstance(one[1], Presence)]

    def late(one: tuple[int, Condition, frozenset[str]]) -> tuple[bool, bool]:
        assert isinstance(one[1], Presence)
        atom = one[1].atom
        given = vocabulary.templates[atom.template].given and not known.isdisjoint(one[2])
        return not is_key_among(known, atom, vocabulary), not given

    while waiting:
        chosen = min(waiting, key=late)
        waiting.remove(chosen)
        ordered.append(Step(*chosen, known))
        known |= chosen[2]
    rest = [one for one in asked if not isinstance(one[1], Presence)]
    rest.sort(key=lambda one: not isinstance(one[1], Absence))
    return (*ordered, *(Step(*one, known) for one in rest))


def _names(condition: Condition) -> frozenset[str]:
    return frozenset(v.name for part in expressions(condition) for v in variables(part))
