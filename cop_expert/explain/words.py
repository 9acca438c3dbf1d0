"""Facts and reasons in, sentences out; the wording is the ontology's and the rules'."""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from msgspec.structs import replace

from cop_expert.facts import FactBase
from cop_expert.infer.evaluate import DividedByZero, number_of
from cop_expert.model.arithmetic import OverflowInRule, rescale, to_decimal
from cop_expert.model.measure import measure
from cop_expert.model.rule import Constant, Expression, Parameter, Sentence, Slot, Variable
from cop_expert.model.template import Datatype, Kind, Value

OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Speaker:
    """Says values, facts and reasons aloud in one language."""

    def __init__(self, facts: FactBase, language: str = "en") -> None:
        self.vocabulary = facts.vocabulary
        self.language = language
        self.names = facts.names
        self.parameters = facts.kept("parameters", dict[str, Parameter])
        self.called = {
            str(record["community"]): str(record["name"])
            for record in (facts.records("Called") if "Called" in self.vocabulary.templates else [])
        }

    def name(self, identity: str, given: bool = False) -> str:
        """An individual as people call it; in what the client gave, as the client calls it."""
        label = self.names.label(identity)
        return label if given else self.called.get(identity, label)

    def value(self, value: Value, datatype: Datatype, given: bool = False) -> str:
        if value is None:
            return "–"
        if datatype.kind == Kind.NUMBER and type(value) is int:
            return self.amount(value, datatype)
        return self.name(str(value), given) if datatype.is_reference else str(value)

    def apart(self, millionths: int, datatype: Datatype) -> str:
        """The difference of two numbers: "8.3 percentage points"."""
        wording = datatype.apart or datatype.many
        return self.amount(millionths, replace(datatype, many=wording))

    def amount(self, millionths: int, datatype: Datatype) -> str:
        """A number with its measure: "3 people", "58.3 %"."""
        exact = to_decimal(millionths) * datatype.factor
        places = Decimal("0.01" if datatype.name == "Ratio" else "0.1")
        rounded = exact.quantize(places, ROUND_HALF_UP)
        if rounded == 0 and exact != 0:
            rounded = exact.quantize(Decimal("0.001"), ROUND_HALF_UP)
        wording = datatype.one if abs(exact) == 1 else datatype.many
        pattern = wording.get(self.language) or wording.get("en") or "{}"
        return pattern.replace("{}", f"{rounded.normalize() + 0:,f}")

    def fact(self, template: str, values: Mapping[str, Value]) -> str:
        kind = self.vocabulary.templates[template]
        sentence = kind.says.get(self.language) or kind.says.get("en") or kind.label
        return self._filled(sentence, template, values)

    def absence(self, template: str, known: Mapping[str, Value]) -> str:
        """The sentence that there is no such fact, as far as its fields are known."""
        kind = self.vocabulary.templates[template]
        sentence = kind.says_not.get(self.language) or kind.says_not.get("en")
        return self._filled(sentence or f"there is no {kind.label}", template, known)

    def parameter(self, name: str) -> str:
        """What a parameter is set to: "the share that must want an item: 50 %"."""
        parameter = self.parameters.get(name)
        if parameter is None:
            return ""
        datatype = self.vocabulary.datatypes.get(parameter.datatype, Datatype("", Kind.NUMBER))
        return f"{parameter.comment}: {self.value(parameter.value, datatype)}"

    def can_say_absence(self, template: str, known: Mapping[str, Value]) -> bool:
        """Whether all that the sentence cannot do without is known."""
        kind = self.vocabulary.templates[template]
        sentence = kind.says_not.get(self.language) or kind.says_not.get("en") or ""
        needed = PLACEHOLDER.findall(OPTIONAL.sub("", sentence))
        return all(known.get(name) is not None for name in needed)

    def _filled(self, sentence: str, template: str, values: Mapping[str, Value]) -> str:
        kind = self.vocabulary.templates[template]

        def said(name: str) -> str | None:
            value = values.get(name)
            field = kind.by_name.get(name)
            if value is None or field is None:
                return None
            return self.value(value, field.type, kind.given)

        return fill(sentence, said)

    def because(
        self, sentence: Sentence, bindings: Mapping[str, Value], types: dict[str, Datatype]
    ) -> str:
        """A rule's reason with its values filled in."""
        said = []
        for piece in sentence:
            if isinstance(piece, Slot):
                wanted = self.vocabulary.datatypes.get(piece.datatype)
                said.append(self.expression(piece.expression, bindings, types, wanted) or "–")
            else:
                said.append(piece)
        return "".join(said)

    def expression(
        self,
        expression: Expression,
        bindings: Mapping[str, Value],
        types: dict[str, Datatype],
        wanted: Datatype | None = None,
    ) -> str | None:
        """An expression's value said aloud, as the datatype wanted or as what it measures."""
        values = {name: parameter.value for name, parameter in self.parameters.items()}
        names = values | dict(bindings)
        kinds = self._kinds(types)
        datatype = wanted or measure(expression, kinds, self.vocabulary.datatypes)
        if isinstance(expression, Variable):
            return self.value(names.get(expression.name), datatype)
        if isinstance(expression, Constant):
            named = wanted or kinds.get(expression.parameter, datatype)
            return self.value(expression.value, named)
        try:
            return self.amount(rescale(*number_of(expression)(names), 6), datatype)
        except (DividedByZero, OverflowInRule, KeyError):
            return None

    def measure(self, expression: Expression, types: dict[str, Datatype]) -> Datatype:
        """The datatype as which an expression's value is said."""
        return measure(expression, self._kinds(types), self.vocabulary.datatypes)

    def _kinds(self, types: dict[str, Datatype]) -> dict[str, Datatype]:
        """The types of a clause's names, and of the parameters."""
        return {name: self._kind(p) for name, p in self.parameters.items()} | types

    def _kind(self, parameter: Parameter) -> Datatype:
        """A parameter's datatype; one that has none is what its value is."""
        unknown = Datatype("", Kind.NUMBER if type(parameter.value) is int else Kind.TEXT)
        return self.vocabulary.datatypes.get(parameter.datatype, unknown)


def fill(sentence: str, said: Callable[[str], str | None]) -> str:
    """Put values in the braces; a piece in square brackets goes where a value in it is absent."""

    def optional(piece: re.Match[str]) -> str:
        inside = [said(name) for name in PLACEHOLDER.findall(piece[1])]
        return "" if None in inside else piece[1]

    kept = OPTIONAL.sub(optional, sentence)
    return PLACEHOLDER.sub(lambda found: said(found[1]) or "–", kept)
