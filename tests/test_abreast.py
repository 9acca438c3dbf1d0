"""Strata that do not rest on one another may be concluded at the same time: it tells nobody."""

from collections.abc import Callable
from random import Random
from time import sleep

import pytest

from cop_expert.infer.abreast import chains, conclude_abreast, foundations
from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin
from cop_expert.model.rule import Stratum
from cop_expert.pipeline import rulebook_in_force

STRATA = rulebook_in_force(None).rulebook.strata
BELOW = dict(zip((stratum.templates for stratum in STRATA), foundations(STRATA), strict=True))


def concluding(seed: int, wrong: int) -> Callable[[Stratum], list[Diagnostic]]:
    """Takes a while, says which stratum it was, and that some of them are wrong."""
    chance = Random(seed)
    blamed = {stratum.templates for stratum in chance.sample(STRATA, wrong)}
    concluded: set[tuple[str, ...]] = set()

    def conclude(stratum: Stratum) -> list[Diagnostic]:
        assert {STRATA[place].templates for place in BELOW[stratum.templates]} <= concluded
        sleep(chance.random() / 1000)
        concluded.add(stratum.templates)
        warning = stratum.templates not in blamed
        return [Diagnostic("seen", str(stratum.templates), Origin("test"), warning=warning)]

    return conclude


@pytest.mark.parametrize("wrong", [0, 1, 5])
@pytest.mark.parametrize("seed", range(5))
def test_hands_change_nothing(seed: int, wrong: int) -> None:
    alone = conclude_abreast(STRATA, concluding(seed, wrong), 1)
    for hands in (2, 4):
        assert conclude_abreast(STRATA, concluding(seed, wrong), hands) == alone


def test_every_stratum_rests_on_earlier_ones_only() -> None:
    for place, below in enumerate(foundations(STRATA)):
        assert all(other < place for other in below)


def test_what_goes_wrong_in_a_thread_is_raised() -> None:
    def conclude(stratum: Stratum) -> list[Diagnostic]:
        raise ZeroDivisionError(stratum.templates)

    with pytest.raises(ZeroDivisionError):
        conclude_abreast(STRATA, conclude, 2)


def test_after_a_mistake_nothing_more_is_begun() -> None:
    begun: list[Stratum] = []

    def conclude(stratum: Stratum) -> list[Diagnostic]:
        begun.append(stratum)
        sleep(0.01)
        raise ZeroDivisionError(stratum.templates)

    with pytest.raises(ZeroDivisionError):
        conclude_abreast(STRATA, conclude, 3)
    assert len(begun) <= 3


def test_first_comes_what_the_most_hangs_on() -> None:
    assert chains([set(), {0}, set(), {1}, {0, 2}]) == [2, 1, 1, 0, 0]
