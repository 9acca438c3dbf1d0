"""Facts that a document states in, their numbered explanations for its annex out."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from cop_expert.explain.in_bulk import fetch
from cop_expert.explain.outline import Item, outline
from cop_expert.explain.why import Explainer, How
from cop_expert.facts import FactBase, Row
from cop_expert.model.proof import Proof
from cop_expert.model.template import Value
from cop_expert.report.phrases import Phrases, finished

WHOLE = 99
"""Reasons deep where a document can afford it."""
LONG = 4
"""Reasons deep where it would grow too long."""
BRIEF = 1
"""Reasons deep for what is simple, or what other reasons explain further."""
ENDLESS = 10**9
MANY = 60
"""Assignments from which a document counts as long."""
VAST = 400
"""Assignments from which it has room for the weightiest reasons only."""
CITED = re.compile(r"#(reason-\d+)")
LISTED = 12
"""Lines under one line; the rest is counted."""
WEIGHTIEST = 3
"""The same where there is room for the weightiest reasons only, and how deep these go."""

Fact = tuple[str, Row]


class Line(Struct, frozen=True):
    """A line of an explanation, the places it was read from, and what lies under it."""

    text: str
    places: str = ""
    lines: tuple["Line", ...] = ()
    see: str = ""
    """The anchor of the reason that explains it further."""


class Told(Struct, frozen=True):
    """One fact explained."""

    sentence: str
    places: str
    lines: tuple[Line, ...]
    basis: str
    """The principle behind the rule that concluded it."""


class Sentence(Struct, frozen=True):
    """A conclusion as the ontology says it, and the anchor of its reason."""

    text: str
    reason: str


class Reason(Struct, frozen=True):
    """An entry of the annex: why what the document states somewhere holds."""

    number: int
    told: tuple[Told, ...]

    @property
    def anchor(self) -> str:
        return anchor(self.number)

    @property
    def size(self) -> int:
        """How many lines it has, at every depth."""
        return sum(_size(line) for told in self.told for line in told.lines)


def _size(line: Line) -> int:
    return 1 + sum(map(_size, line.lines))


def cited(reasons: tuple[Reason, ...], text: str) -> tuple[Reason, ...]:
    """The reasons that a text leads to, and those that they lead to."""
    by_anchor = {reason.anchor: reason for reason in reasons}
    found: set[str] = set()
    waiting = CITED.findall(text)
    while waiting:
        place = waiting.pop()
        if place in by_anchor and place not in found:
            found.add(place)
            waiting += _seen(line for told in by_anchor[place].told for line in told.lines)
    return tuple(reason for reason in reasons if reason.anchor in found)


def _seen(lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        yield line.see
        yield from _seen(line.lines)


def anchor(number: int) -> str:
    return f"reason-{number}"


class Reasons:
    """Numbers each statement's reason when it is first cited; proves each once."""

    def __init__(
        self,
        facts: FactBase,
        explainer: Explainer,
        phrases: Phrases,
        has_any: bool = True,
        is_whole: bool = True,
    ) -> None:
        """A document about one community, not the whole, has room for all of its reasons."""
        self.facts = facts
        self.explainer = explainer
        self.phrases = phrases
        assignments = facts.count("Assignment")
        self.is_long = assignments >= MANY
        self.is_vast = is_whole and assignments >= VAST
        self.room = self.most = ENDLESS if has_any else 0
        self.numbers: dict[tuple[Fact, ...], int] = {}
        """What is cited, and its number."""
        self.depths: list[int] = []

    def grant(self, number: int) -> None:
        """From here on a vast document has room for so many more; others for all.

        What is cited beyond that goes without a reason.
        """
        if self.is_vast:
            self.room = min(self.most, len(self.numbers) + number)

    def cite(self, template: str, record: dict[str, Value] | None, depth: int = WHOLE) -> str:
        """The anchor of the fact's explanation; empty where there is no such fact."""
        return self.cite_all([(template, record)] if record else [], depth)

    def cite_all(self, facts: list[tuple[str, dict[str, Value]]], depth: int = WHOLE) -> str:
        """The same for several facts that one statement rests on."""
        key = tuple((template, tuple(record.values())) for template, record in facts)
        if not key or (key not in self.numbers and len(self.numbers) >= self.room):
            return ""
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers) + 1
            self.depths.append(min(depth, self.deepest))
        return anchor(self.numbers[key])

    @property
    def deepest(self) -> int:
        if self.is_vast:
            return WEIGHTIEST
        return LONG if self.is_long else WHOLE

    def _how(self, depth: int) -> How:
        return How(depth, lines=WEIGHTIEST) if self.is_vast else How(depth)

    def expect(self, facts: Iterable[tuple[str, dict[str, Value]]]) -> None:
        """Ask at once for what sentences about these facts are made of."""
        how = self._how(BRIEF)
        rows = ((template, tuple(record.values())) for template, record in facts)
        fetch(self.explainer, dict.fromkeys(rows, how))

    def sentence(self, template: str, record: dict[str, Value]) -> Sentence:
        """The fact said with its reason in short, and where that is explained."""
        proof = self.explainer.prove_there(template, tuple(record.values()), self._how(BRIEF))
        return Sentence(finished(outline(proof).text), self.cite(template, record))

    def because(self, template: str, record: dict[str, Value]) -> str:
        """Why, in a sentence; empty where the fact is a sum and each part has a reason."""
        proof = self.explainer.prove_there(template, tuple(record.values()), self._how(BRIEF))
        derivation = proof.derivations[0]
        return "" if derivation.ledger else finished(derivation.because)

    def told(self) -> tuple[Reason, ...]:
        """Every reason that was cited, in order."""
        said: dict[str, str] = {}
        for key, number in self.numbers.items():
            said |= {self._says(*fact): anchor(number) for fact in key if len(key) == 1}
        writer = _Writer(self.phrases, said)
        cited = zip(self.numbers, self.depths, strict=True)
        fetch(self.explainer, {fact: self._how(depth) for key, depth in cited for fact in key})
        return tuple(
            Reason(number, tuple(self._told(fact, depth, anchor(number), writer) for fact in key))
            for (key, number), depth in zip(self.numbers.items(), self.depths, strict=True)
        )

    def _told(self, fact: Fact, depth: int, own: str, writer: "_Writer") -> Told:
        proof = self.explainer.prove_there(*fact, self._how(depth))
        item = outline(proof)
        lines = writer.lines(item.children, own)
        return Told(finished(item.text), self.phrases.places(item.origins), lines, _basis(proof))

    def _says(self, template: str, row: Row) -> str:
        names = self.facts.vocabulary.templates[template].names
        return self.explainer.speaker.fact(template, dict(zip(names, row, strict=True)))


def _basis(proof: Proof) -> str:
    """The principle of the first rule that is not mere bookkeeping."""
    for derivation in proof.derivations:
        if not derivation.quiet:
            return derivation.basis
        for premise in derivation.premises:
            if isinstance(premise, Proof) and not premise.bookkeeping:
                return _basis(premise)
    return ""


class _Writer:
    """Turns items into lines; what has a reason of its own is pointed to, not told again."""

    def __init__(self, phrases: Phrases, said: dict[str, str]) -> None:
        self.phrases = phrases
        self.said = said

    def lines(self, items: tuple[Item, ...], own: str) -> tuple[Line, ...]:
        items = tuple(item for item in items if item.remark != "above")
        lines = tuple(self._line(item, own) for item in items[:LISTED])
        rest = len(items) - LISTED
        if rest > 0:
            lines += (Line(self.phrases.more(rest + _counted(items[-1]))),)
        return lines

    def _line(self, item: Item, own: str) -> Line:
        see = self._elsewhere(item, own)
        text = item.text if item.remark == "ask" else self.phrases.text(item)
        below = () if see else self.lines(item.children, own)
        return Line(text, self.phrases.places(item.origins), below, see)

    def _elsewhere(self, item: Item, own: str) -> str:
        """Where the sentence at the front of the line is explained."""
        if item.remark == "more" or not (item.children or item.remark):
            return ""
        front, colon, rest = item.text.partition(": ")
        while front not in self.said and colon:
            more, colon, rest = rest.partition(": ")
            front = f"{front}: {more}"
        found = self.said.get(front, "")
        return "" if found == own else found


def _counted(last: Item) -> int:
    """A last line that already stands for others counts as many, itself left out."""
    if last.remark != "more":
        return 0
    return int(last.text.partition(" ")[0]) - 1
