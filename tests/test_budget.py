"""What to do first when hours are short: the order, the line, and what greedy costs."""

import json
import re
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result
from documents import HOTEL, NORTHWATER, copy_of, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cop_expert.cli import main
from cop_expert.report.budget import WHATEVER, Key, Wanted, fill

PAGES = Path(__file__).parents[1] / "docs"

MOST = 7
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""However busy the machine is."""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@st.composite
def wishes(draw: st.DrawFn) -> dict[Key, Wanted]:
    """Assignments of two communities; what each requires is closed, as the rules conclude it."""
    found: dict[Key, Wanted] = {}
    for place in range(draw(st.integers(1, MOST))):
        community = draw(st.sampled_from("AB"))
        earlier = [key for key in found if key[0] == community]
        direct = draw(st.sets(st.sampled_from(earlier), max_size=2)) if earlier else set()
        firsts = direct.union(*(found[key].firsts for key in direct))
        turn = draw(st.sampled_from([1, 2, 3, 3, 3]))
        need, hours = draw(st.integers(0, 9)), draw(st.integers(0, 9))
        found[community, f"item {place}"] = Wanted(turn, need, hours, frozenset(firsts))
    return found


@patient
@given(wishes(), st.integers(0, 40))
def test_nothing_is_above_the_line_without_what_it_requires(
    wanted: dict[Key, Wanted], hours: int
) -> None:
    filled = fill(wanted, hours)
    assert filled.within.keys() | filled.below.keys() == wanted.keys()
    assert not filled.within.keys() & filled.below.keys()
    done: set[Key] = set()
    for key in filled.within:
        assert wanted[key].firsts <= done, "what it requires comes before it"
        done.add(key)


@patient
@given(wishes(), st.integers(0, 40))
def test_only_what_must_be_goes_beyond_the_hours(wanted: dict[Key, Wanted], hours: int) -> None:
    filled = fill(wanted, hours)
    bound = {key for key, one in wanted.items() if one.turn == WHATEVER}
    bound |= {first for key in bound for first in wanted[key].firsts}
    assert bound <= filled.within.keys()
    spent = sum(wanted[key].hours for key in filled.within)
    assert spent <= max(hours, sum(wanted[key].hours for key in bound))


@patient
@given(wishes(), st.integers(0, 40))
def test_nothing_below_the_line_would_still_fit(wanted: dict[Key, Wanted], hours: int) -> None:
    filled = fill(wanted, hours)
    left = max(0, hours - sum(wanted[key].hours for key in filled.within))
    for key, refused in filled.below.items():
        package = {key, *wanted[key].firsts} - filled.within.keys()
        assert refused.asks == sum(wanted[one].hours for one in package) > left
        assert refused.left >= left, "hours only grow fewer"


@patient
@given(wishes(), st.integers(0, 40))
def test_the_order_of_rows_is_of_no_account(wanted: dict[Key, Wanted], hours: int) -> None:
    backwards = dict(reversed(wanted.items()))
    filled, other = fill(wanted, hours), fill(backwards, hours)
    assert list(filled.within.items()) == list(other.within.items())
    assert list(filled.below.items()) == list(other.below.items())


def best(wanted: dict[Key, Wanted], hours: int) -> int:
    """The most need that can be met, by trying every choice."""
    return max(
        sum(wanted[key].need for key in chosen)
        for size in range(len(wanted) + 1)
        for chosen in combinations(wanted, size)
        if sum(wanted[key].hours for key in chosen) <= hours
        and all(wanted[key].firsts <= set(chosen) for key in chosen)
    )


@patient
@given(wishes(), st.integers(0, 40))
def test_greedy_meets_no_more_than_the_best_choice_does(
    wanted: dict[Key, Wanted], hours: int
) -> None:
    free = {key: one._replace(turn=3) for key, one in wanted.items()}
    met = sum(free[key].need for key in fill(free, hours).within)
    assert met <= best(free, hours)
    if sum(one.hours for one in free.values()) <= hours:
        assert met == best(free, hours)


def test_greedy_is_hardly_worse_than_the_best_choice() -> None:
    """The figures of docs/advice.md."""
    chance = Random(1)
    shares = []
    for _ in range(60):
        wanted: dict[Key, Wanted] = {}
        for place in range(8):
            direct = set(chance.sample(sorted(wanted), min(place, chance.choice([0, 0, 0, 1, 2]))))
            firsts = direct.union(*(wanted[key].firsts for key in direct))
            need, hours = chance.randint(0, 100), chance.randint(1, 40)
            wanted["Kitchen", f"item {place}"] = Wanted(3, need, hours, frozenset(firsts))
        half = sum(one.hours for one in wanted.values()) // 2
        met = sum(wanted[key].need for key in fill(wanted, half).within)
        shares.append(met / best(wanted, half))
    page = (PAGES / "advice.md").read_text(encoding="utf-8")
    figures = re.search(
        r"greedy met (\d+) %.*?in (\d+) of them exactly.*?and (\d+) % in", page, re.DOTALL
    )
    exact, worst = sum(share == 1 for share in shares), min(shares)
    mean = sum(shares) / len(shares)
    assert figures and list(map(int, figures.groups())) == [
        round(100 * mean),
        exact,
        round(100 * worst),
    ]


def test_greedy_may_waste_the_last_hours() -> None:
    """The example of docs/advice.md."""
    wanted = {
        ("Kitchen", "Knives"): Wanted(3, 6, 5, frozenset()),
        ("Kitchen", "Sauces"): Wanted(3, 5, 5, frozenset()),
        ("Kitchen", "Grilling"): Wanted(3, 10, 8, frozenset()),
    }
    filled = fill(wanted, 10)
    assert list(filled.within) == [("Kitchen", "Grilling")]
    assert best(wanted, 10) == 11


# As a consultant asks


def test_the_line_is_drawn_and_what_waits_is_said(tmp_path: Path) -> None:
    said = run("budget", copy_of(HOTEL, tmp_path / "hotel"), "200").stdout
    assert "Nine of 13\nassignments fit; the first that waits is Allergens" in said
    above, line, below = said.partition("\nThe line: 188 of 200 hours, 12 left\n")
    assert line and "Knife skills" in above and "Wine by the glass" in below
    last = " ".join(below.split("Front of house")[2].split())
    assert "takes 98 hours" in last, "HACCP essentials have to come before Allergens"


def test_what_must_be_goes_beyond_the_hours(tmp_path: Path) -> None:
    said = run("budget", copy_of(HOTEL, tmp_path / "hotel"), "20").stdout
    assert "What must be\nalone takes 77 hours, 57 more than there are; nothing else fits." in said


def test_hours_are_set_once_for_all(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    assert run("budget", hotel).exit_code == 2
    text = (hotel / "engagement.toml").read_text(encoding="utf-8")
    write(hotel, "engagement.toml", f"budget_hours = 200\n{text}")
    assert json.loads(run("budget", hotel, "--json").stdout)["hours"] == 200
    report = run("report", hotel, "--audience", "leader").stdout
    assert "1. **200 hours meet 65\u00a0% of the need.** Nine of 13 assignments fit;" in report
    section = report.partition("\n## What comes first when hours are short\n")[2].partition(
        "\n## "
    )[0]
    assert "| **The line: 188 of 200 hours, 12 left** |" in section
    assert run("report", hotel, "--budget-hours", "378").stdout.count("All of it fits.") == 2


@pytest.mark.parametrize("wrong", ["true", "-1", '"200"', "20.5"])
def test_hours_are_a_whole_number(wrong: str, tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    write(hotel, "engagement.toml", f"budget_hours = {wrong}\n")
    checked = run("check", hotel)
    assert checked.exit_code == 1
    assert "budget_hours must be a whole number, 0 or more" in checked.stderr


def test_without_a_budget_nothing_is_said_of_it(tmp_path: Path) -> None:
    assert (
        "What comes first when hours are short"
        not in run("report", copy_of(HOTEL, tmp_path / "hotel")).stdout
    )


def test_a_long_list_is_shown_at_both_ends(tmp_path: Path) -> None:
    client = copy_of(NORTHWATER, tmp_path / "client")
    report = run("report", client, "--budget-hours", "20000", "--audience", "leader").stdout
    section = report.partition("\n## What comes first when hours are short\n")[2].partition(
        "\n## "
    )[0]
    rows = re.findall(r"^\| (?!What|---)(.*)$", section, flags=re.MULTILINE)
    assert any(re.match(r"\d+ more between", row) for row in rows)
    assert 24 < len(rows) <= 12 + 1 + 12 + 1 + 24


def test_what_is_published_singles_out_nobody(tmp_path: Path) -> None:
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    text = (hotel / "engagement.toml").read_text(encoding="utf-8")
    write(hotel, "engagement.toml", f"publish = true\n{text}")
    report = run("report", hotel, "--budget-hours", "200").stdout
    section = report.partition("\n## What comes first")[2].partition("\n## ")[0]
    assert "Nine of 13 assignments fit" in section
    assert "| Handling complaints |" in section and "Knife skills" not in section
    assert "4 items are not told, for fewer than five people take them." in section


def test_the_priority_has_its_reason(tmp_path: Path) -> None:
    report = run("report", copy_of(HOTEL, tmp_path / "hotel"), "--budget-hours", "200").stdout
    assert "it meets the full need of 3.8 people in 24 hours" in report
