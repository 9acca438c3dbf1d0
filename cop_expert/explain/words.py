"""Facts and reasons in, sentences out; the wording is the ontology's and the rules'."""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from msgspec.structs import replace

from cop_expert.facts import FactBase
from cop_expert.infer.evaluate import NoValue, number_of
from cop_expert.model.arithmetic import OverflowInRule, rescale, to_decimal
from cop_expert.model.measure import measure
from cop_expert.model.rule import Constant, Expression, Parameter, Sentence, Slot, Variable
from cop_expert.model.template import Datatype, Kind, Value

OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Says = Callable[[Mapping[str, Value]], str | None]
"""Says a value of these bindings; nothing where there is none."""


class Speaker:
    """Says values, facts and reasons aloud in one language."""

    def __init__(self, facts: FactBase, language: str = "en") -> None:
        self.vocabulary = facts.vocabulary
        self.language = language
        self.names = facts.names
        self.parameters = facts.kept("parameters", dict[str, Parameter])
        self._amounts: dict[tuple[int, int], tuple[Datatype, str]] = {}
        self._types: dict[int, tuple[dict[str, Datatype], dict[str, Datatype]]] = {}
        self._reasons: dict[int, tuple[Sentence, list[str | Says]]] = {}
        self._expressions: dict[int, tuple[Expression, Says]] = {}
        """By the identity of what is held with it, so that nothing else takes that."""
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
        key = millionths, id(datatype)
        if key not in self._amounts:
            self._amounts[key] = datatype, self.spelled(millionths, datatype)
        return self._amounts[key][1]

    def spelled(self, millionths: int, datatype: Datatype) -> str:
        """The same, thought about."""
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
        return self._filled(sentence or kind.label, template, known)

    def with_reason(self, says: str, because: str) -> str:
        """A fact that nobody wrote down, said with why it holds."""
        wordings = self.vocabulary.says_because
        wording = wordings.get(self.language) or wordings["en"]
        return fill(wording, {"fact": says, "reason": because}.get)

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
        key = id(sentence)
        if key not in self._reasons:
            self._reasons[key] = sentence, [self._piece(piece, types) for piece in sentence]
        pieces = self._reasons[key][1]
        return "".join(p if isinstance(p, str) else p(bindings) or "–" for p in pieces)

    def _piece(self, piece: str | Slot, types: dict[str, Datatype]) -> "str | Says":
        if isinstance(piece, str):
            return piece
        return self._says(piece.expression, types, self.vocabulary.datatypes.get(piece.datatype))

    def expression(
        self, expression: Expression, bindings: Mapping[str, Value], types: dict[str, Datatype]
    ) -> str | None:
        """An expression's value said aloud, as what it measures."""
        key = id(expression)
        if key not in self._expressions:
            self._expressions[key] = expression, self._says(expression, types)
        return self._expressions[key][1](bindings)

    def _says(
        self, expression: Expression, types: dict[str, Datatype], wanted: Datatype | None = None
    ) -> "Says":
        """What says an expression's value, as the datatype wanted or as what it measures."""
        settings = {name: parameter.value for name, parameter in self.parameters.items()}
        kinds = self._kinds(types)
        datatype = wanted or measure(expression, kinds, self.vocabulary.datatypes)
        if isinstance(expression, Variable):
            name, default = expression.name, settings.get(expression.name)
            return lambda bindings: self.value(bindings.get(name, default), datatype)
        if isinstance(expression, Constant):
            named = wanted or kinds.get(expression.parameter, datatype)
            said = self.value(expression.value, named)
            return lambda bindings: said
        reckon = number_of(expression)

        def reckoned(bindings: Mapping[str, Value]) -> str | None:
            try:
                return self.amount(rescale(*reckon({**settings, **bindings}), 6), datatype)
            except (NoValue, OverflowInRule, KeyError):
                return None

        return reckoned

    def measure(self, expression: Expression, types: dict[str, Datatype]) -> Datatype:
        """The datatype as which an expression's value is said."""
        return measure(expression, self._kinds(types), self.vocabulary.datatypes)

    def _kinds(self, types: dict[str, Datatype]) -> dict[str, Datatype]:
        """The types of a clause's names, and of the parameters."""
        if id(types) not in self._types:
            named = {name: self._kind(p) for name, p in self.parameters.items()}
            self._types[id(types)] = types, named | types
        return self._types[id(types)][1]

    def _kind(self, parameter: Parameter) -> Datatype:
        """A parameter's datatype; one that has none is what its value is."""
        unknown = Datatype("", Kind.NUMBER if type(parameter.value) is int else Kind.TEXT)
        return self.vocabulary.datatypes.get(parameter.datatype, unknown)


@cache
def pieces_of(sentence: str) -> list[tuple[bool, list[str]]]:
    """A sentence cut up: optional or not, each in turn text and name in braces."""
    cut = [PLACEHOLDER.split(piece) for piece in OPTIONAL.split(sentence)]
    return [(place % 2 == 1, piece) for place, piece in enumerate(cut)]


def fill(sentence: str, said: Callable[[str], str | None]) -> str:
    """Put values in the braces; a piece in square brackets goes where a value in it is absent."""
    text = ""
    for optional, piece in pieces_of(sentence):
        values = [said(name) for name in piece[1::2]]
        if not (optional and None in values):
            text += piece[0]
            for value, after in zip(values, piece[2::2], strict=True):
                text += ("–" if value is None else value) + after
    return text
