"""Strata in, each concluded as soon as all that it rests on has been; several at a time."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import Stratum, atoms_of

Conclude = Callable[[Stratum], list[Diagnostic]]
"""Concludes a stratum and returns what was found on the way."""


def conclude_abreast(strata: Sequence[Stratum], conclude: Conclude, hands: int) -> list[Diagnostic]:
    """What was found, in order of the strata, up to the first with an error: it ends the run.

    `hands` are the threads that may be at work. Which stratum ends the run does not hang on them:
    those before it in order are still concluded.
    """
    if hands == 1:
        return _one_by_one(strata, conclude)
    waiting = dict(enumerate(foundations(strata)))
    found: dict[int, list[Diagnostic]] = {}
    running: dict[Future[list[Diagnostic]], int] = {}
    end = len(strata)
    pool = ThreadPoolExecutor(hands)
    try:
        while True:
            ready = [p for p, below in waiting.items() if p < end and below <= found.keys()]
            for place in ready:
                running[pool.submit(conclude, strata[place])] = place
                del waiting[place]
            if not running:
                return [d for place in sorted(found) if place <= end for d in found[place]]
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                place = running.pop(future)
                found[place] = future.result()
                end = min(end, place) if has_error(found[place]) else end
    finally:
        pool.shutdown(cancel_futures=True)


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
