"""Every number in the Grand Hotel's document, held against the fact base.

The document is read as text. Each line is matched by patterns, each with a function that works out
anew, from facts alone, what must stand there; no digit may be left that no pattern has matched.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache
from math import floor

import pytest
from documents import HOTEL, document

from cop_expert.model.template import Value
from cop_expert.pipeline import Run, conclude

Record = dict[str, Value]
LINK = re.compile(r"\[([^\]]*)\]\(#reason-\d+\)")
SPELLED = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


@cache
def run() -> Run:
    return conclude(HOTEL)


@cache
def records(template: str) -> list[Record]:
    return run().facts.records(template)


def of(template: str, field: str = "hours", **bound: Value) -> Fraction:
    """The field of all facts with these values, added up."""
    return sum((of_number(record[field]) for record in every(template, **bound)), Fraction())


def total(template: str, items: Iterable[str], **bound: Value) -> Fraction:
    """The hours of all these items."""
    return sum((of(template, "hours", item=item, **bound) for item in items), Fraction())


def every(template: str, **bound: Value) -> list[Record]:
    return [r for r in records(template) if all(r[f] == value for f, value in bound.items())]


def half_up(number: Fraction, step: Fraction) -> Fraction:
    return floor(number / step + Fraction(1, 2)) * step


def said(number: Fraction | int, exact: bool = False) -> str:
    """As people read it: whole from ten on, or from a hundred on where a threshold hangs on it."""
    number = Fraction(number)
    step = Fraction(1) if number >= (100 if exact else 10) else Fraction(1, 10)
    rounded = half_up(number, step)
    return f"{float(rounded):,.1f}".removesuffix(".0")


def share(number: Fraction) -> str:
    return said(number * 100)


@cache
def home_of() -> dict[str, str]:
    return {str(r["post"]): str(r["community"]) for r in records("Member")}


def heads(post: str) -> Fraction:
    return of("Heads", "heads", post=post)


def post_of(role: str) -> str:
    return str(every("Post", role=role)[0]["post"])


def communities() -> list[str]:
    return sorted(str(r["community"]) for r in records("Community"))


def people(community: str | None = None) -> Fraction:
    if community is None:
        return of("Community", "heads")
    return of("Community", "heads", community=community)


def superfluous(community: str) -> Fraction:
    return of("SuperfluousHours", community=community)


def everything(community: str) -> Fraction:
    return people(community) * of("Item")


def stake(action: str) -> Fraction:
    return of("Advice", action=action)


def running() -> Fraction:
    return of("RunningCost")


def plateau() -> tuple[Fraction, Fraction]:
    return of("WidestPlateau", "low"), of("WidestPlateau", "high")


# What must stand in sentences: a pattern with groups, and the text of each group


def patterns_of_advice(n: str) -> Iterator[tuple[str, Callable[..., tuple[object, ...]]]]:
    """What to do next, a line each: what is at stake is told with what it comes from."""
    asked = r"\*\*{} (.+?) \((.+?)\)\.\*\*"
    stake = rf" {n} hours at stake"

    def brief(item: str, where: str, *_: str) -> tuple[object, ...]:
        unwanted = of("SuperfluousHours", item=item, community=where)
        wanted = of("AssignmentHours", item=item, community=where) - unwanted
        at_stake = of("Advice", action="brief instead of a course", subject=item, community=where)
        return item, where, said(unwanted), said(wanted), said(at_stake)

    def build(practice: str, where: str, *_: str) -> tuple[object, ...]:
        heads = of("Uncovered", "heads", practice=practice, community=where)
        at_stake = of("Advice", subject=practice, community=where)
        return practice, where, said(heads), said(of("TypicalHours")), said(at_stake)

    def together(item: str, home: str, other: str, *_: str) -> tuple[object, ...]:
        heads = of("Wanting", "heads", item=item, community=other)
        at_stake = of("Advice", action="share", subject=item, community=home, other=other)
        return item, home, other, said(heads), other, said(at_stake)

    yield (
        r"\*\*Brief on (.+?) instead of a course \((.+?)\)\.\*\* .+ costs "
        rf"{n} hours that nobody wants and {n} hours that somebody does\.{stake}",
        brief,
    )
    yield (
        rf"{asked.format('Buy or build for')} {n} people want it .+ would take {n} hours\.{stake}",
        build,
    )
    yield (
        r"\*\*Share (.+?) \((.+?) with (.+?)\)\.\*\* "
        rf"{n} people in (.+?) want it too .+?\.{stake}",
        together,
    )


def patterns() -> Iterator[tuple[str, Callable[..., tuple[object, ...]]]]:
    assigned, wasted, all_of_it = of("HoursAssigned"), of("HoursSuperfluous"), of("HoursEverything")
    n = r"([\d,.]*\d)"
    yield from patterns_of_advice(n)
    word = f"({'|'.join(SPELLED)})"
    yield f"(?:recommend|same|the) {word} communities", lambda _: (spelled(len(communities())),)
    yield rf"for the {n} people of", lambda _: (said(people()),)
    yield rf"{n} hours of learning, where", lambda _: (said(assigned),)
    yield (
        rf"would take {n}\. That spares {n} %",
        lambda *_: (
            said(all_of_it),
            share((all_of_it - assigned) / all_of_it),
        ),
    )
    yield rf"takes {n} or {n} hours a year", lambda *_: tuple(said(one, True) for one in plateau())
    yield (
        rf"Of {n} hours, {n} \({n} %\) go to",
        lambda *_: (
            said(assigned),
            said(assigned - wasted),
            share((assigned - wasted) / assigned),
        ),
    )
    yield rf"The other {n} are", lambda _: (said(wasted),)
    yield (
        rf"{word} topics cross",
        lambda _: (spelled(len({r["item"] for r in records("Crossing")})),),
    )
    yield f"{word} crossings are worth", lambda _: (spelled(len(every("Crossing", kind="shared"))),)
    yield rf"{word} needs are not met", lambda _: (spelled(len(records("Uncovered"))),)
    yield rf"and {n} more are wanted", lambda _: (len(records("Uncovered")) - 3,)
    yield rf"offered to everyone, it takes {n} hours", lambda _: (said(stake("retire")),)
    yield (
        rf"and {n} more\. {n} hours, if each takes",
        lambda *_: (
            len(records("Uncovered")) - 3,
            said(stake("buy or build")),
        ),
    )
    yield rf"{n} hours would go to people", lambda _: (said(stake("brief instead of a course")),)
    yield rf"{n} hours can be learned together", lambda _: (said(stake("share")),)
    for thing, template in {
        "units": "Unit", "posts": "Post", "practices,": "Practice", "uses of practices": "Use",
        "assessments": "Need", "hand-offs": "Handoff", "items,": "Item",
        "practices of items": "Coverage", "prerequisites": "Prerequisite",
    }.items():  # fmt: skip
        yield rf"{n} {thing}", lambda _, t=template: (len(records(t)),)
    yield rf"{n} needs were assessed by nobody", lambda _: (len(records("Unassessed")),)
    yield rf"of what {n} item is about", lambda _: (len(records("WithoutCoverage")),)
    yield (
        rf"With {n} people, (.*?) is too small: it has {n} people; a community needs five",
        (lambda _, name, __: (said(people(name)), name, said(people(name)))),
    )
    yield rf"With {n} people, (.*?) is too small$", lambda _, name: (said(people(name)), name)
    yield (
        rf": (.*?) is split: each further community spares {n} hours a year, more than the {n}",
        (lambda unit, *_: (unit, said(of("BreakEven", unit=unit), True), said(running(), True))),
    )
    yield (
        rf": (.*?) stays whole: .* would spare {n} hours a year, and it takes more than {n}",
        (lambda unit, *_: (unit, said(of("BreakEven", unit=unit), True), said(running(), True))),
    )
    yield (
        rf"range, {n} to {n} hours a year: it hangs",
        lambda *_: tuple(said(one, True) for one in plateau()),
    )
    yield (
        rf"(.*) is wanted by {n} people in (.*), and no item",
        lambda practice, _, community: (
            practice,
            said(of("Uncovered", "heads", practice=practice.strip("- "), community=community)),
            community,
        ),
    )
    for kind, template in {
        "needs that no item covers": "Uncovered", "item that nobody needs": "Idle",
        "community that is very small": "TooSmall", "needs that nobody has assessed": "Unassessed",
        "item that is about no practice": "WithoutCoverage",
    }.items():  # fmt: skip
        yield rf"\*\*{n} {kind}", lambda _, t=template: (len(records(t)),)
    yield rf"- and {n} more$", lambda _: (len(records("Unassessed")) - 6,)
    facts = run().facts.counts(given=False)
    yield (
        rf"read {n} facts .* concluded {n} more by {n} rules",
        lambda *_: (
            run().manifest.given,
            f"{sum(facts.values()):,}",
            len(run().rulebook.rules),
        ),
    )
    yield r"inputs (\w+)$", lambda _: (run().manifest.fingerprint,)


def crossing_items() -> set[Value]:
    return {record["item"] for record in records("Crossing")}


def spelled(number: int) -> str:
    return SPELLED[number]


FIXED = (
    r"cop-expert 0\.1\.0", r"60 to 90 days", r"after 90 days", r"levels 3 and 4", r"SHA-256",
    r"^\d+\. ", r"from 0 to 100 %", r"Need per 100 hours",
)  # fmt: skip


# What must stand in tables, by heading: a row's cells in, the same cells worked out anew


def needs_row(row: list[str]) -> list[object]:
    practice, role = row[:2]
    post = post_of(role)
    use = every("Use", role=role, practice=practice)[0]
    (learns,) = every("Learns", post=post)
    (assessed,) = every("Assessed", learner=learns["learner"], practice=practice)
    levels = [of_number(assessed["required"]), of_number(assessed["current"])]
    want = of("Want", "want", post=post, practice=practice)
    shares = [*levels, of_number(use["importance"]), want]
    return [practice, role, said(heads(post)), *(f"{share(one)} %" for one in shares)]


def of_number(value: Value) -> Fraction:
    assert isinstance(value, int)
    return Fraction(value, 10**6)


def item_row(row: list[str], community: str) -> list[object]:
    item, level, _, why, _ = row
    pair = {"community": community, "item": item}
    assert every("Assignment", level=level, **pair)
    wanting = of("Wanting", "heads", **pair)
    told = re.sub(r"\d+ of \d+", f"{said(wanting)} of {said(people(community))}", why)
    if "only they" in why:
        assert of("AssignmentHours", **pair) == wanting * of("Item", item=item)
    return [*row[:3], told, said(of("AssignmentHours", **pair))]


def matrix_row(row: list[str]) -> list[object]:
    item, *cells, _ = row
    told = []
    for community, cell in zip(communities(), cells, strict=True):
        hours = of("AssignmentHours", item=item, community=community)
        takers = hours / of("Item", item=item)
        numbers = f"{said(takers)} people, {said(hours)} hours"
        told.append(f"{cell.partition(',')[0]}, {numbers}" if cell else "")
        assert bool(cell) == bool(every("Assignment", item=item, community=community))
    return [item, *told, f"{said(of('AssignmentHours', item=item))} hours"]


def crossing_row(row: list[str]) -> list[object]:
    item, home, other, _, _, carried, form = row
    wanting = of("Wanting", "heads", item=item, community=other)
    carriers = len(every("Carrier", item=item, home=home, other=other))
    carried = re.sub(r"and \d+ more", f"and {carriers - 3} more", carried)
    of_people = f"{said(wanting)} of {said(people(other))}"
    return [item, home, other, of_people, said(wanting * of("Item", item=item)), carried, form]


def region_row(row: list[str]) -> list[object]:
    members = re.split(", | and ", row[0].removeprefix("only "))
    by_item: dict[str, set[str]] = {}
    for record in records("ByRelevance"):
        by_item.setdefault(str(record["item"]), set()).add(str(record["community"]))
    items = [item for item, found in by_item.items() if found == set(members)]
    return [row[0], len(items), row[2], said(total("Item", items))]


def overlap_row(row: list[str]) -> list[object]:
    pair = dict(zip(("one", "other"), row[0].split(" and "), strict=True))
    return [row[0], f"{share(of('Overlap', 'share', **pair))} %", said(of("CommonHours", **pair))]


def effort_row(row: list[str]) -> list[object]:
    chosen = communities() if row[0] == "All together" else [row[0]]
    taken = sum((of("CommunityHours", community=one) for one in chosen), Fraction())
    wasted = sum(map(superfluous, chosen), Fraction())
    all_of_it = sum(map(everything, chosen), Fraction())
    numbers = [sum(map(people, chosen), Fraction()), taken, taken - wasted, wasted, all_of_it]
    return [row[0], *map(said, [*numbers, all_of_it - taken])]


def stretch_row(row: list[str]) -> list[object]:
    """Each unit that stays cut above the lower end adds communities and spares its burden."""
    low = next(s for s in steps() if row[0].startswith(said(s, True)))
    higher = [step for step in steps() if step > low]
    cut = [str(r["unit"]) for r in records("Stays") if of_number(r["hours"]) > low]
    more = {unit: of("GroupCount", "number", unit=unit) - 1 for unit in cut}
    spared = sum((of("BreakEven", unit=unit) * more[unit] for unit in cut), Fraction())
    wasted = of("UnitBurden", "burden", unit="Grand Hotel") - spared
    to = f" to {said(min(higher), True)} hours" if higher else " hours or more"
    widest = " (widest)" if low == plateau()[0] else ""
    return [f"{said(low, True)}{to}{widest}", 1 + sum(more.values()), said(wasted), row[3]]


def steps() -> list[Fraction]:
    return sorted(of_number(record["hours"]) for record in records("CutStep"))


def cut_row(row: list[str]) -> list[object]:
    unit = row[0]
    cohesion = of("Cohesion", "cohesion", unit=unit)
    hours = f"{said(of('Stays', unit=unit), True)} hours"
    return [unit, said(of("GroupCount", "number", unit=unit)), f"{share(cohesion)} %", hours]


def evaluation_row(row: list[str]) -> list[object]:
    return [row[0], measure(row[1]), row[2]]


def measure(text: str) -> str:
    found = re.match(r"(.*) \([\d.]+ people\): (.*) assessed again", text)
    if not found:
        return text
    role, practice = found.groups()
    (assessed,) = every("Assessed", practice=practice, learner=role)
    levels = [share(of_number(assessed[field])) for field in ("current", "required")]
    who = f"{role} ({said(heads(post_of(role)))} people)"
    return f"{who}: {practice} assessed again, from {levels[0]} % to {levels[1]} %"


def advice_row(row: list[str]) -> list[object]:
    action, about, _ = row
    subject, _, places = about.rstrip(")").partition(" (")
    home, _, other = places.partition(" to ")
    bound = {"action": action.lower(), "subject": subject}
    bound |= {"community": home} if home else {}
    bound |= {"other": other} if other else {}
    return [action, about, said(of("Advice", **bound))]


def setting_row(row: list[str]) -> list[object]:
    parameters = run().rulebook.parameters.values()
    (one,) = (p for p in parameters if p.comment[:1].upper() + p.comment[1:] == row[0])
    if one.value is None:
        return [row[0], "none"]
    number = of_number(one.value)
    words = {"Hours": f"{said(number)} hours", "Headcount": f"{said(number)} people"}
    return [row[0], words.get(one.datatype, f"{share(number)} %")]


def file_row(row: list[str]) -> list[object]:
    content = (HOTEL / row[0].replace("\\", "")).read_bytes()
    return [row[0], hashlib.sha256(content).hexdigest()[:16]]


TABLES: dict[str, Callable[[list[str]], list[object]]] = {
    "Practice": needs_row,
    "Topic": crossing_row,
    "Community": lambda row: (effort_row if len(row) == 7 else evaluation_row)(row),
    "Communities": lambda row: (region_row if len(row) == 4 else overlap_row)(row),
    "If one costs, a year": stretch_row,
    "Unit": cut_row,
    "What to do": advice_row,
    "What calls for judgment": setting_row,
    "File": file_row,
}


# Lists within a community


def list_line(line: str, community: str) -> str:
    """A line of a card, a charter or the flow, worked out anew; other lines as they are."""
    head, _, rest = line.partition(": ")
    match head.strip("-* ").partition("*")[0]:
        case "Core" | "Active" | "Peripheral":
            posts = [text.rpartition(" (")[0] for text in rest.split(", ")]
            return f"{head}: " + ", ".join(f"{one} ({said(heads(post_of(one)))})" for one in posts)
        case "Shared craft":
            crafts = [text.rpartition(" ")[0].rpartition(" ")[0] for text in rest.split(", ")]
            here = {"community": community}
            shares = [share(of("CommunityCraft", "craft", practice=one, **here)) for one in crafts]
            told = [f"{one} {how} %" for one, how in zip(crafts, shares, strict=True)]
            return f"{head}: " + ", ".join(told)
        case "Hours":
            taken, wasted = of("CommunityHours", community=community), superfluous(community)
            parts = [f"{said(taken)} hours, {said(taken / people(community))} hours a head"]
            parts += [f", {said(wasted)} of them superfluous"] if wasted else []
            return f"{head}: {''.join(parts)}; {said(everything(community) - taken)} hours spared"
        case wave if wave.startswith("Wave "):
            items = line.partition("): ")[2]
            return f"- **{wave}** ({span(community, int(wave[5:]))}): {items}"
        case "Members":
            posts = [post for post, home in home_of().items() if home == community]
            now = f"{said(people(community))} people in {len(posts)}"
            return re.sub(r"\d+ people in \d+", now, line)
        case "Activities":
            now = f"{len(every('Assignment', community=community))} items"
            return re.sub(r"\d+ items", now, line)
        case "Resources":
            hours = f"{said(of('CommunityHours', community=community))} hours of learning"
            return f"{head}: {hours}, and {said(running())} hours a year to run it"
        case "Measures":
            return f"{head}: {measure(rest)}"
    return line


def span(community: str, number: int) -> str:
    """From when to when the wave lasts for whoever takes most in each, and its hours in all."""
    taken = [str(record["item"]) for record in every("Step", community=community)]
    first: dict[str, set[str]] = {item: set() for item in taken}
    for record in every("TakenFirst", community=community):
        first[str(record["item"])].add(str(record["first"]))

    def depth(item: str) -> int:
        return 1 + max(map(depth, first[item]), default=0)

    ends = [Fraction()]
    for wave in range(1, number + 1):
        items = [item for item in first if depth(item) == wave]
        each: Counter[Value] = Counter()
        for item in items:
            for taker in every("Audience", community=community, item=item):
                each[taker["post"]] += int(of("Item", item=item) * 10**6)
        ends.append(ends[-1] + Fraction(max(each.values()), 10**6))
    hours = total("AssignmentHours", items, community=community)
    return f"hour {said(ends[-2])} to {said(ends[-1])}; {said(hours)} hours in all"


def lines() -> Iterator[tuple[str, str, str]]:
    """Each line of the document, up to its reasons, with its section and its community."""
    text = document(HOTEL).partition("\n## Reasons\n")[0].replace("\u00a0", " ")
    section = community = ""
    for line in text.splitlines():
        if line.startswith("## "):
            section, community = line[3:], ""
        elif line.startswith("### "):
            community = line[4:].removeprefix("Charter of ")
        yield section, community, LINK.sub(lambda m: "" if m[1] == "why?" else m[1], line).rstrip()


def test_every_number() -> None:
    heading = ""
    checked = 0
    for section, community, line in lines():
        if section == "The rules and their principles":
            check_principle(line)
        elif line.startswith("| "):
            cells = [cell.strip(" *") for cell in line.strip("|").split(" |")]
            cells = [cell.replace("(**the widest range** )", "(widest)") for cell in cells]
            if heading and not line.startswith("| ---"):
                assert [str(cell) for cell in expected(heading, cells, community)] == cells, line
                checked += 1
            heading = heading or cells[0]
        else:
            heading = ""
            checked += check_line(line, community)
    assert checked > 150


def expected(heading: str, cells: list[str], community: str) -> list[object]:
    if heading == "Item":
        return item_row(cells, community) if community else matrix_row(cells)
    return TABLES[heading](cells)


def check_principle(line: str) -> None:
    """A principle as the rulebook states it, and the number of rules of a topic."""
    if line.startswith("### "):
        count = int(re.findall(r"(\d+) rules", line)[0])
        sources = Counter(rule.origin.source for rule in run().rulebook.rules.values())
        assert count in sources.values()
    elif line.startswith("- "):
        assert any(line[2:].startswith(rule.basis) for rule in run().rulebook.rules.values()), line


def check_line(line: str, community: str) -> int:
    """1 where the line has a number; each number must be matched and right."""
    if community in communities():
        assert list_line(line, community).replace("  ", " ") == line.replace("  ", " ")
        if line.startswith("- ") and list_line(line, community) is not line:
            return 1
        if re.fullmatch(r"[\d.]+ people", line):
            assert line == f"{said(people(community))} people"
            return 1
    rest = line
    for fixed in FIXED:
        rest = re.sub(fixed, "", rest)
    for pattern, worked_out in patterns():
        for found in re.finditer(pattern, rest, re.IGNORECASE):
            worked = [str(one) for one in worked_out(*found.groups())]
            stands = [word.lower() if word.lower() in SPELLED else word for word in found.groups()]
            assert worked == stands, line
            rest = rest.replace(found[0], "")
    assert not re.search(r"\d", rest), f"nothing checks this: {rest}"
    return int(rest != line)


WRONG = ["377 hours of learning, where", "With 4 people, Back office is too small"]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_number_is_found(wrong: str) -> None:
    with pytest.raises(AssertionError):
        check_line(wrong, "")
