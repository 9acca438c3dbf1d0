"""Strata in, each concluded as soon as all that it rests on has been; several at a time."""

from collections.abc import Callable, Iterator, Sequence
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from threading import Condition

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import Stratum, atoms_of

Conclude = Callable[[Stratum], list[Diagnostic]]
"""Concludes a stratum and returns what was found on the way."""


def conclude_abreast(strata: Sequence[Stratum], conclude: Conclude, hands: int) -> list[Diagnostic]:
    """What was found, in order of the strata, up to the first with an error: it ends the run.

    `hands` are the threads that may be at work. Which stratum ends the run does not hang on them:
    those before it in order are still concluded.
    """
    from concurrent.futures import ThreadPoolExecutor

    if hands == 1:
        return _one_by_one(strata, conclude)
    work = Work(strata, conclude)
    with ThreadPoolExecutor(hands) as pool:
        try:
            for hand in [pool.submit(work.carry_on) for _ in range(hands)]:
                hand.result()
        finally:
            work.stop()
    return work.findings()


class Work:
    """What is left to conclude; each hand takes what is next, first what the most hangs on."""

    def __init__(self, strata: Sequence[Stratum], conclude: Conclude) -> None:
        self.strata = strata
        self.conclude = conclude
        self.found: dict[int, list[Diagnostic]] = {}
        below = list(foundations(strata))
        self.chains = chains(below)
        self.order = TopologicalSorter(dict(enumerate(below)))
        self.order.prepare()
        self.ready: list[tuple[int, int]] = []
        """A heap: the longest chain first, then as the strata are ordered."""
        self.at_work = 0
        self.end = len(strata)
        """The place from which nothing more is concluded."""
        self.turn = Condition()
        self._make_ready()

    def carry_on(self) -> None:
        """Work until nothing is left, or something goes wrong."""
        try:
            while (place := self._next()) is not None:
                self._note(place, self.conclude(self.strata[place]))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Let nobody begin anything more."""
        with self.turn:
            self.end = 0
            self.turn.notify_all()

    def findings(self) -> list[Diagnostic]:
        """In order of the strata, up to the first error."""
        found: list[Diagnostic] = []
        for place in sorted(self.found):
            found += self.found[place]
            if has_error(found):
                break
        return found

    def _next(self) -> int | None:
        with self.turn:
            self.turn.wait_for(lambda: self.ready or not self.at_work or not self.end)
            while self.ready:
                _, place = heappop(self.ready)
                if place < self.end:
                    self.at_work += 1
                    return place
        return None

    def _note(self, place: int, found: list[Diagnostic]) -> None:
        with self.turn:
            self.at_work -= 1
            self.found[place] = found
            if has_error(found):
                self.end = min(self.end, place)
            self.order.done(place)
            self._make_ready()
            self.turn.notify_all()

    def _make_ready(self) -> None:
        for place in self.order.get_ready():
            heappush(self.ready, (-self.chains[place], place))


def chains(below: Sequence[set[int]]) -> list[int]:
    """How many strata rest on each of them, one upon the other; a stratum rests on earlier ones."""
    longest = [0] * len(below)
    for place in reversed(range(len(below))):
        for other in below[place]:
            longest[other] = max(longest[other], longest[place] + 1)
    return longest


def _one_by_one(strata: Sequence[Stratum], conclude: Conclude) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for stratum in strata:
        found += conclude(stratum)
        if has_error(found):
            break
    return found


def has_error(found: list[Diagnostic]) -> bool:
    """True where one of them is more than a warning."""
    return not all(diagnostic.warning for diagnostic in found)


def foundations(strata: Sequence[Stratum]) -> Iterator[set[int]]:
    """The places of the strata that each of them rests on."""
    place_of = {name: place for place, stratum in enumerate(strata) for name in stratum.templates}
    for place, stratum in enumerate(strata):
        asked = {atom.template for clause in stratum.clauses for atom in atoms_of(clause.body)}
        yield {place_of[name] for name in asked & place_of.keys()} - {place}
