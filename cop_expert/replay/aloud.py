"""Values in, the sentences that they make out: what a proof ought to say."""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

from cop_expert.facts import FactBase
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.measure import measure
from cop_expert.model.rule import CheckedRulebook, Constant, Expression, Sentence, Slot
from cop_expert.model.template import Datatype, Value
from cop_expert.replay.reckon import Names, NoValue, plain, reckoned, rounded, stored

UNKNOWN = "–"


class Tongue(NamedTuple):
    """How a language writes numbers, and the words that rules conclude."""

    language: str = "en"
    thousands: str = ","
    decimal: str = "."
    words: Mapping[str, str] = {}


ENGLISH = Tongue()


class Aloud:
    """Says facts and reasons in one language."""

    def __init__(self, facts: FactBase, rulebook: CheckedRulebook, tongue: Tongue) -> None:
        self.names = facts.names
        self.words = facts.vocabulary
        self.tongue = tongue
        self.parameters = rulebook.parameters
        renamed = facts.records("Called") if "Called" in self.words.templates else []
        self.called = {str(record["community"]): str(record["name"]) for record in renamed}

    def fact(self, template: str, values: Mapping[str, Value]) -> str:
        kind = self.words.templates[template]
        return self._filled(self._own(kind.says) or kind.label, template, values)

    def absence(self, template: str, values: Mapping[str, Value]) -> str:
        kind = self.words.templates[template]
        return self._filled(self._own(kind.says_not) or kind.label, template, values)

    def reasoned(self, fact: str, reason: str) -> str:
        """A fact that nobody wrote down, and why it holds."""
        pieces = re.split(r"\{(fact|reason)\}", self._own(self.words.says_because))
        told = {"fact": fact, "reason": reason}
        return "".join(told[p] if n % 2 else p for n, p in enumerate(pieces))

    def _own(self, wordings: Mapping[str, str]) -> str:
        return wordings.get(self.tongue.language) or wordings.get("en") or ""

    def _filled(self, sentence: str, template: str, values: Mapping[str, Value]) -> str:
        kind = self.words.templates[template]

        def said(name: str) -> str | None:
            value = values.get(name)
            if value is None or name not in kind.by_name:
                return None
            return self.value(value, kind.by_name[name].type, kind.given)

        # What stands in square brackets is left out where it would say nothing.
        pieces = re.split(r"\[([^\[\]]*)\]", sentence)
        told = [filled(p, said, optional=bool(n % 2)) for n, p in enumerate(pieces)]
        return "".join(told)

    def value(self, value: Value, datatype: Datatype, given: bool = False) -> str:
        if type(value) is int:
            return self.amount(value, datatype)
        text = "" if value is None else str(value)
        if datatype.is_reference and text:
            label = self.names.label(text)
            text = label if given else self.called.get(text, label)
        elif datatype.choices:
            text = self.tongue.words.get(text, text)
        return text or UNKNOWN

    def amount(self, millionths: int, datatype: Datatype, apart: bool = False) -> str:
        """A number with its measure, or what two of them are apart."""
        exact = Fraction(millionths * datatype.factor, UNIT)
        shown = rounded(exact, 2 if datatype.name == "Ratio" else 1)
        shown = shown or rounded(exact, 3)
        whole = f"{abs(shown).__floor__():,}".replace(",", self.tongue.thousands)
        fraction = f"{int(abs(shown) % 1 * 1000):03}".rstrip("0")
        digits = "-" * (shown < 0) + whole + (self.tongue.decimal + fraction if fraction else "")
        wording = datatype.one if abs(exact) == 1 else (apart and datatype.apart) or datatype.many
        return (self._own(wording) or "{}").replace("{}", digits)

    def because(self, sentence: Sentence, names: Names, types: dict[str, Datatype]) -> str:
        """A rule's reason."""
        said = ""
        for piece in sentence:
            if isinstance(piece, Slot):
                wanted = self.words.datatypes.get(piece.datatype)
                said += self.expression(piece.expression, names, types, wanted)
            else:
                said += piece
        return said

    def expression(
        self,
        expression: Expression,
        names: Names,
        types: dict[str, Datatype],
        wanted: Datatype | None = None,
    ) -> str:
        """An expression's value."""
        settings = {name: plain(p.value) for name, p in self.parameters.items()}
        datatype = wanted or self.measure(expression, types)
        if isinstance(expression, Constant) and expression.parameter and not wanted:
            datatype = self._types(types).get(expression.parameter, datatype)
        try:
            value = reckoned(expression, settings | names)
        except NoValue:
            return UNKNOWN
        return self.value(stored(value), datatype)

    def measure(self, expression: Expression, types: dict[str, Datatype]) -> Datatype:
        return measure(expression, self._types(types), self.words.datatypes)

    def _types(self, types: dict[str, Datatype]) -> dict[str, Datatype]:
        known = self.words.datatypes
        return {n: known.get(p.datatype, Datatype("")) for n, p in self.parameters.items()} | types


def filled(piece: str, said: Callable[[str], str | None], optional: bool) -> str:
    """The piece with values in its braces; nothing where it is optional and one is absent."""
    text = ""
    for position, part in enumerate(re.split(r"\{([^{}]*)\}", piece)):
        told = said(part) if position % 2 else part
        if told is None and optional:
            return ""
        text += UNKNOWN if told is None else told
    return text
