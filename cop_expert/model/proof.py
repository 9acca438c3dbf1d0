"""Proofs: why a fact holds, down to the places where the client wrote it."""

from collections.abc import Iterator

from msgspec import Struct

from cop_expert.model.origin import Origin
from cop_expert.model.template import Value


class Absent(Struct, frozen=True, tag="absent"):
    """A premise that holds because there is no such fact."""

    template: str
    """The kind of fact, a class of the ontology."""
    says: str
    """That there is none, in a sentence."""
    values: dict[str, Value] = {}
    """What no fact has, numbers in millionths; fields left out may hold anything."""
    table: str = ""
    """The table in which such a fact would stand; empty where rules would conclude it."""


class Compared(Struct, frozen=True, tag="compared"):
    """A premise that compares two values."""

    says: str
    """The comparison, said aloud."""
    operator: str
    """One of < <= = != >= >."""
    left: Value
    """Numbers in millionths."""
    right: Value
    """The other side."""
    margin: str = ""
    """How far apart the two are, said aloud; empty where they are no amounts."""


class Line(Struct, frozen=True):
    """One contribution to an aggregate."""

    because: str
    """The rule's reason, for this contribution."""
    value: int
    """What it contributes, in millionths; 0 where what it contributes is no number."""
    amount: str
    """The same said aloud; empty where it only counts."""
    share: str
    """Its part of the whole, said aloud; empty where that says nothing."""
    premises: tuple["Premise", ...]
    """What it rests on."""
    decisive: bool = False
    """True where without it the conclusion that rests on the whole would not hold."""


class Ledger(Struct, frozen=True):
    """What an aggregate was made of, the largest contributions first."""

    function: str
    """One of sum, count, min, max; of the latter two only the first line is listed."""
    lines: tuple[Line, ...]
    total: int
    """What all contributions come to, in millionths."""
    unshown: int
    """How many smaller contributions are not listed."""
    unshown_value: int
    """What these come to, in millionths."""
    unshown_amount: str
    """The same said aloud."""
    firm: bool = False
    """True where the conclusion that rests on the whole would hold without any one of them."""


class Derivation(Struct, frozen=True):
    """One way in which a rule concludes a fact."""

    rule: str
    """The rule's name."""
    because: str
    """The rule's reason; empty for a sum, of which each line has one."""
    basis: str
    """The principle that justifies the rule."""
    quiet: bool
    """True for bookkeeping that an explanation passes over."""
    origin: Origin
    """Where the rule is written."""
    premises: tuple["Premise", ...]
    """What it rests on, in the order of the rule's conditions."""
    ledger: Ledger | None = None
    """Where the rule adds up, counts, or takes the least or largest; it has the premises then."""


class Proof(Struct, frozen=True, tag="fact"):
    """A fact and why it holds: where it was given, or how it was derived."""

    template: str
    """The kind of fact, a class of the ontology."""
    values: dict[str, Value]
    """Numbers in millionths."""
    says: str
    """The fact in a sentence."""
    origins: tuple[Origin, ...] = ()
    """Where it was read, for what the client gave."""
    derivations: tuple[Derivation, ...] = ()
    """The ways in which rules conclude it, as far as they were asked for."""
    unshown: int = 0
    """How many further derivations there are."""
    unopened: bool = False
    """True where the proof ends here though the fact was derived."""
    above: bool = False
    """True where the proof stands further up in the same answer."""
    bookkeeping: bool = False
    """True where only quiet rules lie between the fact and what the client gave."""
    weighty: bool = False
    """True where even the shortest answer says it."""
    obvious: bool = False
    """True where it goes without saying, because the names or the reason say it."""


Premise = Proof | Absent | Compared


def all_premises(derivation: Derivation) -> Iterator[Premise]:
    """What a derivation rests on, those of its ledger included."""
    yield from derivation.premises
    for line in derivation.ledger.lines if derivation.ledger else ():
        yield from line.premises


def origins(premise: Premise) -> list[Origin]:
    """Every place that a proof rests on, in order, each once."""
    return list(dict.fromkeys(_origins(premise)))


def _origins(premise: Premise) -> Iterator[Origin]:
    if isinstance(premise, Proof):
        yield from premise.origins
        for derivation in premise.derivations:
            for inner in all_premises(derivation):
                yield from _origins(inner)
