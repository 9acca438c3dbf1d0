"""How finely to cut: every cut that the rules would choose, and the best of all."""

import json
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

from click.testing import CliRunner
from documents import HOTEL, NORTHWATER, copy_of, document, write
from hypothesis import given
from hypothesis import strategies as st
from test_conclusions import ddat  # noqa: F401

from cop_expert.cli import main
from cop_expert.explain.words import Speaker
from cop_expert.load.changes import Changes
from cop_expert.model.arithmetic import UNIT
from cop_expert.pipeline import Run, conclude, suppose
from cop_expert.report.choices import Choices, choices
from cop_expert.report.cuts import ALWAYS, Cuts, Node, Place
from cop_expert.report.known import Known
from cop_expert.report.optimum import best_cut

# Every cut that the rules would choose


def weighed(run: Run, every: bool = True) -> Choices:
    known = Known(run.facts, Speaker(run.facts))
    return choices(known, run.rulebook, run.manifest.name, every)


def decided(folder: Path, *rows: str) -> Path:
    """The hotel with these decisions."""
    hotel = copy_of(HOTEL, folder / "hotel")
    lines = ("decision,subject,object,reason,by,on,value", *rows)
    write(hotel, "tables/decisions.csv", "".join(f"{line}\n" for line in lines))
    return hotel


def communities(run: Run) -> set[str]:
    return {str(record["community"]) for record in run.facts.records("Community")}


def hours(run: Run, template: str) -> int:
    return sum(int(str(record["hours"])) for record in run.facts.records(template))


def same_as_a_run(folder: Path, run: Run, costs: Iterator[int]) -> None:
    """What is said of each choice is what the rules conclude where it is in force."""
    found = weighed(run)
    for cost in costs:
        choice = next(
            c for c in found.choices if c.stretch.low <= cost < (c.stretch.high or ALWAYS)
        )
        there = suppose(folder, Changes(parameters={"running": cost}))
        heads = [int(str(record["heads"])) for record in there.facts.records("Community")]
        assert choice.stretch.communities == len(heads)
        assert (choice.smallest, choice.largest) == (min(heads), max(heads))
        assert choice.assigned == hours(there, "HoursAssigned")
        assert choice.superfluous == hours(there, "HoursSuperfluous")
        assert choice.crossings == there.facts.count("Crossing")


def test_each_choice_of_the_hotel_is_what_a_run_concludes() -> None:
    run = conclude(HOTEL)
    lows = [choice.stretch.low for choice in weighed(run).choices]
    same_as_a_run(HOTEL, run, iter([*lows, lows[-1] * 3]))


def test_decisions_mergers_and_sizes_are_part_of_each_choice() -> None:
    run = conclude(NORTHWATER)
    lows = [choice.stretch.low for choice in weighed(run).choices]
    same_as_a_run(NORTHWATER, run, iter([lows[0], lows[4], lows[-3], lows[-1] * 2]))


def test_a_merger_of_what_is_left_of_a_split_unit(tmp_path: Path) -> None:
    """A community of one name may be several sets of people, each in another cut."""
    hotel = decided(
        tmp_path,
        "merge,Cold station,Hot station,One rota,Ines Roth,2026-03-02,",
        "merge,Kitchen,Back office,One corridor,Ines Roth,2026-03-02,",
        "split,Front of house,,Two shifts,Ines Roth,2026-03-02,",
    )
    run = conclude(hotel)
    same_as_a_run(hotel, run, iter([24 * UNIT, 40 * UNIT, 100 * UNIT, 500 * UNIT]))


def test_the_plateau_of_the_hotel() -> None:
    run = conclude(HOTEL)
    found = weighed(run, every=False)
    choice = found.in_force
    assert choice is not None
    stretch = choice.stretch
    assert (stretch.low, stretch.high, stretch.is_widest) == (40_500_000, 213 * UNIT, True)
    assert communities(run) == {"Kitchen", "Front of house", "Back office"}
    assert stretch.communities == choice.best == 3
    assert found.finer is not None and found.coarser is not None
    assert (found.finer.units, found.finer.running) == (("Kitchen",), 40_500_000)
    assert (found.finer.communities, found.finer.wasted) == (2, 81 * UNIT)
    assert (found.coarser.units, found.coarser.wasted) == (("Grand Hotel",), 426 * UNIT)


def test_a_range_ends_only_where_the_cut_changes() -> None:
    """Sizes keep Northwater split beyond the plateau of the hours alone, which ends at 13,256."""
    run = conclude(NORTHWATER)
    cuts = Cuts(Known(run.facts, Speaker(run.facts)))
    each = [set(cuts.places(edge)) for edge in cuts.edges]
    assert all(one != other for one, other in pairwise(each))
    choice = weighed(run).in_force
    assert choice is not None
    stretch = choice.stretch
    assert (stretch.low // UNIT, stretch.high, stretch.is_widest) == (2703, None, True)
    page = document(NORTHWATER).replace("\xa0", " ")
    assert "from 2,704 hours a year on: ten communities, your decisions and the limits" in page
    assert "2,704 hours or more (**the widest range**" in page


def test_a_decision_widens_the_range_in_which_the_widest_plateau_begins(tmp_path: Path) -> None:
    hotel = decided(tmp_path, "split,Kitchen,,Crafts,Ines Roth,2026-03-02,")
    run = conclude(hotel)
    choice = weighed(run).in_force
    assert choice is not None
    stretch = choice.stretch
    assert (stretch.low, stretch.high, stretch.is_widest) == (33 * UNIT, 213 * UNIT, True)
    assert choice.running == 40_500_000
    same_as_a_run(hotel, run, iter([33 * UNIT, 40_500_000, 213 * UNIT]))


def test_eight_families_stand_over_the_widest_range(ddat: Path) -> None:  # noqa: F811
    found = weighed(conclude(ddat), every=False)
    choice = found.in_force
    assert choice is not None and choice.stretch.is_widest
    assert choice.stretch.high is not None
    assert round(choice.stretch.low / UNIT) == 3394
    assert round(choice.stretch.high / UNIT) == 72487
    assert choice.stretch.communities == 8


def test_a_unit_with_a_running_cost_of_its_own(tmp_path: Path) -> None:
    hotel = decided(tmp_path, "set,Kitchen,running,Small rooms,Ines Roth,2026-03-02,10")
    run = conclude(hotel)
    assert {"Cold station", "Hot station", "Stewarding"} < communities(run)
    same_as_a_run(hotel, run, iter([24 * UNIT, 100 * UNIT, 300 * UNIT]))
    choice = weighed(run).in_force
    assert choice is not None
    assert (choice.best, choice.saved, choice.left) == (choice.stretch.communities, 0, ())


def test_a_unit_that_its_own_running_cost_keeps_whole(tmp_path: Path) -> None:
    hotel = decided(tmp_path, "set,Grand Hotel,running,One house,Ines Roth,2026-03-02,500")
    run = conclude(hotel)
    assert communities(run) == {"Grand Hotel"}
    assert {choice.best for choice in weighed(run).choices} == {1}


# The best of all cuts

Tree = dict[str, Node]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A tree of up to twelve units below `0`, each with what it would waste."""
    number = draw(st.integers(1, 12))
    above = {n: draw(st.integers(0, n - 1)) for n in range(1, number)}
    found = {}
    for n in range(number):
        groups = tuple(str(child) for child, parent in above.items() if parent == n)
        own = draw(st.none() | st.integers(0, 30)) if groups else None
        several = len(groups) + (own is not None) > 1
        kept = draw(st.booleans()) if groups else True
        anyway = several and not kept and draw(st.booleans())
        passed = bool(groups) and not several and not kept
        found[str(n)] = Node(
            unit=str(n),
            groups=groups,
            burden=draw(st.integers(0, 100)),
            own=own,
            splits_below=0,
            may_split=several and not kept,
            may_stay=not anyway and not passed,
        )
    return found


def every_cut(tree: Tree, unit: str) -> Iterator[tuple[Place, ...]]:
    """All that decisions and sizes allow, one by one."""
    node = tree[unit]
    if node.may_stay:
        yield (Place(unit, is_own=False),)
    if node.may_split or node.is_passed:
        own = () if node.own is None else (Place(unit, is_own=True),)
        for parts in product(*(list(every_cut(tree, group)) for group in node.groups)):
            yield own + tuple(place for part in parts for place in part)


def comes_to(tree: Tree, cut: tuple[Place, ...], running: int) -> int:
    wasted = (tree[unit].own if is_own else tree[unit].burden for unit, is_own in cut)
    return sum(hours or 0 for hours in wasted) + running * len(cut)


@given(trees(), st.integers(0, 40))
def test_the_best_cut_is_the_best_of_all(tree: Tree, running: int) -> None:
    best = best_cut(tree, ["0"], running)
    allowed = {tuple(sorted(cut)): cut for cut in every_cut(tree, "0")}
    assert best.hours == min(comes_to(tree, cut, running) for cut in allowed.values())
    assert tuple(sorted(best.places)) in allowed
    assert comes_to(tree, best.places, running) == best.hours


LOOKS_AHEAD = {
    "units": "unit,part of\nAll,\nOne,All\nTwo,All\nA,One\nB,One\nC,Two\nD,Two\n",
    "roles": "role,unit,headcount\na,A,10\nb,B,10\nc,C,10\nd,D,10\n",
    "practices": "practice\nbaking\nselling\ndriving\nwriting\n",
    "role_practices": "role,practice\na,baking\nb,selling\nc,baking\nd,selling\n",
    "needs": "role,practice,required,current\na,baking,1,0\nb,selling,1,0\n"
    "c,baking,1,0\nd,selling,1,0\n",
    "items": "item,hours\nBread,10\nTills,10\n",
    "item_practices": "item,practice\nBread,baking\nTills,selling\n",
}
"""Splitting the whole spares nothing, for both halves need everything; splitting on does."""


def test_the_best_cut_looks_further_than_the_rules(tmp_path: Path) -> None:
    for table, text in LOOKS_AHEAD.items():
        write(tmp_path, f"tables/{table}.csv", text)
    run = conclude(tmp_path)
    assert communities(run) == {"All"}
    (choice,) = weighed(run).choices
    assert (choice.stretch.communities, choice.best) == (1, 4)
    assert choice.saved == 400 * UNIT - 3 * 24 * UNIT
    (left,) = choice.left
    assert (left.unit, left.is_cohesive) == ("All", False)
    said = CliRunner().invoke(main, ["granularity", str(tmp_path)]).stdout
    assert "comes to 328 hours less" in said
    assert "All: its own split does not pay, only together with splits further down" in said


# As people see it


def test_the_table_of_the_hotel() -> None:
    answer = CliRunner().invoke(main, ["granularity", str(HOTEL)])
    assert answer.exit_code == 0
    lines = answer.stdout.splitlines()
    (row,) = [line for line in lines if "in force" in line]
    assert row.split()[:8] == ["40.5", "213", "3", "3–14", "378", "122", "2", "3"]
    assert "Below 40.5 hours, split next: Kitchen." in answer.stdout
    assert "From 213 hours on, whole again: Grand Hotel." in answer.stdout


def test_machines_are_told_the_same() -> None:
    answer = CliRunner().invoke(main, ["granularity", str(HOTEL), "--json"])
    found = json.loads(answer.stdout)
    (choice,) = [choice for choice in found["choices"] if choice["stretch"]["in_force"]]
    stretch = choice["stretch"]
    assert (stretch["low"], stretch["high"], stretch["communities"]) == (40.5, 213, 3)
    assert (choice["assigned"], choice["superfluous"], choice["crossings"]) == (378, 122, 2)
    assert (choice["best"], choice["saved"], choice["left"]) == (3, 0, [])


def test_the_picture_is_the_one_that_the_document_carries(tmp_path: Path) -> None:
    picture = tmp_path / "steps.svg"
    answer = CliRunner().invoke(main, ["granularity", str(HOTEL), "--picture", str(picture)])
    assert answer.exit_code == 0
    drawn = picture.read_text(encoding="utf-8")
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    (stairs,) = [part for part in drawn.split("<") if 'class="stairs"' in part]
    assert stairs in document(HOTEL, "html")


def test_the_ranges_are_those_of_the_document() -> None:
    run = conclude(NORTHWATER)
    low_ends = {choice.stretch.low for choice in weighed(run).choices}
    assert low_ends == set(Cuts(Known(run.facts, Speaker(run.facts))).edges)
