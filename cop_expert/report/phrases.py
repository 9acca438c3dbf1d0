"""An explanation's line in, the words that a reader sees out; the wording is a file's."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

from msgspec import Struct, convert

from cop_expert.explain.outline import Item
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.explained import Replay
from cop_expert.model.origin import Origin
from cop_expert.model.proof import Proof
from cop_expert.model.template import Value
from cop_expert.resources import resource

MORE = re.compile(r"(?P<n>\d+)(?: \((?P<amount>.*)\))?")
NUMBER = re.compile(r"\d[\d,.]*(?<=\d)")


class Wording(Struct, frozen=True):
    """How explanations and tables speak in one language; see reports/templates/phrases.*.toml."""

    language: str
    thousands: str
    decimal: str
    line: str
    file: str
    row: str
    sheet: str
    places: str
    above: str
    ask: str
    decisive: str
    firm: str
    margin: str
    none: str
    deeper: str
    also_true: str
    checked: str
    checks: dict[str, tuple[str, str, str]]
    """What of it is said of none, of one and of many."""
    short: str
    short_by: str
    needed_more: str
    needed_less: str
    blocked: str
    lapsed: str
    among: str
    as_word: str
    more_rules: str
    relations: dict[str, str]
    contrast: str
    compared: str
    more_one: str
    more_many: str
    more_amount: str
    more_ways_one: str
    more_ways_many: str
    yes: str
    no: str
    no_longer: str
    differences: "DifferenceWords"
    topics: dict[str, "TopicWords"]
    choices: "ChoiceWords"
    rulebook: "RulebookWords"
    feeds: "FeedWords"
    words: dict[str, str]
    """What the words that rules conclude are called: core, shared, retire."""


class TopicWords(Struct, frozen=True):
    """What a topic of `show` is called."""

    title: str
    headings: tuple[str, ...]
    nothing: str


class DifferenceWords(Struct, frozen=True):
    """What stands around the differences of two runs."""

    inputs: str
    same_inputs: str
    same: str
    because: str
    more: str
    to_hold: str
    to_fail: str
    no_way: str
    instead: str
    added: str
    dropped: str
    then: str
    then_not: str
    total: str
    others: str
    running: str


class ChoiceWords(Struct, frozen=True):
    """What stands in and below the table of `granularity`."""

    in_force: str
    widest: str
    unlisted: str
    as_found: str
    as_set: str
    finer: str
    coarser: str
    is_best: str
    differs: str
    cohesive: str
    further_down: str


class RulebookWords(Struct, frozen=True):
    """What stands around the rules where `rules` prints them."""

    parameters: str
    none: str
    basis: str
    replaces: str
    set: str
    set_because: str


class FeedWords(Struct, frozen=True):
    """How `rules --graph` says which templates feed which."""

    rests_on: str
    feeds: str
    table: str
    tables: str
    absent: str
    otherwise: str


class Phrases:
    """Says the lines of an explanation."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording

    def sentence(self, item: Item) -> str:
        """The first line of an explanation: "Kitchen is one community: …"."""
        return finished(item.text)

    def line(self, item: Item) -> str:
        """A line below it, with what it was read from: "… (needs.csv, line 7)"."""
        places = self.places(item.origins)
        return self.text(item) + (self.wording.places.format(places=places) if places else "")

    def text(self, item: Item) -> str:
        """A line without its places."""
        match item.remark:
            case "more":
                return self._more(item.text)
            case "":
                text = item.text
            case "short":
                text = self._short(item.text, **dict(item.parts))
            case remark:
                pattern: str = getattr(self.wording, remark)
                text = pattern.format(text=item.text, **dict(item.parts))
        if among := dict(item.parts).get("among"):
            text = self.wording.among.format(text=text, n=among)
        words = [self.word(word) for word in dict(item.parts).get("as", "").split(", ") if word]
        return self.wording.as_word.format(words=", ".join(words), text=text) if words else text

    def _short(self, text: str, relation: str, bound: str, apart: str, **_: str) -> str:
        """What a number is, and what is asked of it."""
        asked = self.wording.relations[relation].format(bound=bound)
        pattern = self.wording.short_by if apart else self.wording.short
        return pattern.format(text=text, relation=asked, apart=apart)

    def places(self, origins: tuple[Origin, ...]) -> str:
        return "; ".join(map(self.place, origins))

    def place(self, origin: Origin) -> str:
        """Where something was read: "needs.csv, line 7", "client.xlsx, sheet Needs, row 7"."""
        pattern = self.wording.line if origin.line else self.wording.file
        if origin.sheet:
            pattern = self.wording.row if origin.line else self.wording.sheet
        file = PurePosixPath(origin.file).name
        return pattern.format(file=file, sheet=origin.sheet, line=origin.line)

    def word(self, word: Value) -> str:
        """What a word that rules conclude is called."""
        return self.wording.words.get(str(word), str(word))

    def more(self, number: int) -> str:
        """The line that stands for what is not listed."""
        return self._more(str(number))

    def _more_ways(self, number: int) -> str:
        one, many = self.wording.more_ways_one, self.wording.more_ways_many
        return (one if number == 1 else many).format(n=self.number(f"{number:,}"))

    def number(self, text: str) -> str:
        """The numbers in a text ("1,044.5 hours") as the language writes them."""
        if self.wording.decimal == ".":
            return text
        signs = {",": self.wording.thousands, ".": self.wording.decimal}
        return NUMBER.sub(lambda found: "".join(signs.get(c, c) for c in found[0]), text)

    def running(self, communities: int, hours: int) -> str:
        """What it takes to run more communities, or spares to run fewer; hours in millionths."""
        signed = (f"{communities:+,}", f"{hours / UNIT:+,.1f}".removesuffix(".0"))
        count, amount = (self.number(one.replace("-", "−")) for one in signed)
        return self.wording.differences.running.format(communities=count, hours=amount)

    def remarks(self, proof: Proof, in_short: bool, replay: Replay | None) -> Iterator[str]:
        """What is said of a proof as a whole."""
        if proof.unshown:
            yield self._more_ways(proof.unshown)
        if replay:
            yield self._checked(replay)
        if in_short and proof.derivations:
            yield self.wording.deeper

    def _checked(self, replay: Replay) -> str:
        """What came of replaying a proof that holds."""
        counts = {"reasons": replay.steps, "rows": replay.rows, "rest": len(replay.assumed)}
        told = {
            name: self.wording.checks[name][min(number, 2)].format(n=f"{number:,}")
            for name, number in counts.items()
        }
        return self.wording.checked.format(**told)

    def _more(self, text: str) -> str:
        found = MORE.fullmatch(text)
        if found is None:
            return self.wording.more_many.format(n=text)
        pattern = self.wording.more_one if found["n"] == "1" else self.wording.more_many
        amount = self.wording.more_amount.format(amount=found["amount"]) if found["amount"] else ""
        return pattern.format(n=self.number(f"{int(found['n']):,}")) + amount


@cache
def phrases(language: str = "en") -> Phrases:
    """The wording of a language, in English where there is none."""
    path = resource(f"reports/templates/phrases.{language}.toml")
    if not language.isalpha() or not path.is_file():
        path = resource("reports/templates/phrases.en.toml")
    return Phrases(convert(tomllib.loads(path.read_text(encoding="utf-8")), Wording))


def finished(text: str) -> str:
    """A sentence as it is printed: a capital at the front, a stop at the end."""
    text = capital(text)
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
