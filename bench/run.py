"""Sizes in, a page of measurements out: how quick cop-expert is, how much it holds, against what.

make bench
make bench PEOPLE="100 1000 10000"
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from math import log
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from large_engagement import write_large
from measure import Outcome, ask, by_turns, job, machine, table
from organisation import Organisation

HERE = Path(__file__).parent
HOTEL = HERE.parent / "kb" / "examples" / "grand-hotel"
PEOPLE = (100, 1_000, 10_000, 100_000, 1_000_000)
FEW = (50, 140, 420, 960)
"""People of organisations among which the two engines change places."""
REPORTED = 100_000
"""People up to which the strategy is written."""
SHORT = 100_000
"""People up to which a job takes a second or two, and is disturbed so easily that it runs more
often."""
LITTLE = "500MB"
THREADS = str(os.cpu_count() or 1)
Column = tuple[str, Callable[[Any], str]]
"""A heading, and what stands below it in a row."""


def laid_out(columns: Iterable[Column], rows: Iterable[Any]) -> str:
    headings, cells = zip(*columns, strict=True)
    return table(headings, [[cell(row) for cell in cells] for row in rows])


def made(people: int, desk: Path) -> Path:
    """The folder of an organisation, written unless it is there."""
    folder = desk / str(people)
    if not (folder / "engagement.toml").exists():
        Organisation(people).write(folder)
    return folder


# Load, infer, hold, grow


class Size(NamedTuple):
    """An organisation, and what each of the measured took with it."""

    people: int
    folder: Path
    ours: Outcome
    by_hand: Outcome
    stored: Outcome
    """By hand, with tables also of what holds of each post."""
    declared: Outcome
    """Loading by DuckDB alone, with declared keys."""

    @property
    def facts(self) -> int:
        return int(self.ours.parts["given"] + self.ours.parts["concluded"])


def measured(people: int, desk: Path, times: int) -> Size:
    folder = made(people, desk)
    jobs = ("duckdb", "by-hand", "by-hand-stored", "declared")
    works = [lambda name=name: job(name, folder, THREADS) for name in jobs]
    outcomes = by_turns(times if people > SHORT else 3 * times, *works)
    return Size(people, folder, *outcomes)


def people(size: Size) -> str:
    return f"{size.people:,}"


def count(name: str) -> Callable[[Size], str]:
    return lambda size: f"{size.ours.parts[name]:,}"


def seconds(who: str, part: str) -> Callable[[Size], str]:
    return lambda size: f"{getattr(size, who).parts[part]:.2f}"


def megabytes(who: str) -> Callable[[Size], str]:
    return lambda size: f"{getattr(size, who).parts['megabytes']:,.0f}"


def ratio(part: str, who: str) -> Callable[[Size], str]:
    """How many times what the other took, ours took."""
    return lambda size: f"{size.ours.parts[part] / getattr(size, who).parts[part]:.2f}"


LOADING: tuple[Column, ...] = (
    ("people", people),
    ("facts given", count("given")),
    ("first", seconds("ours", "first")),
    ("ours", seconds("ours", "load")),
    ("declared keys", seconds("declared", "load")),
    ("ours / declared", ratio("load", "declared")),
    ("by hand", seconds("by_hand", "load")),
    ("ours / by hand", ratio("load", "by_hand")),
)
INFERENCE: tuple[Column, ...] = (
    ("people", people),
    ("facts given", count("given")),
    ("concluded", count("concluded")),
    ("ours", seconds("ours", "infer")),
    ("by hand", seconds("by_hand", "infer")),
    ("ours / by hand", ratio("infer", "by_hand")),
    ("all stored", seconds("stored", "infer")),
    ("ours / all stored", ratio("infer", "stored")),
)
MEMORY: tuple[Column, ...] = (
    ("people", people),
    ("ours", megabytes("ours")),
    ("by hand", megabytes("by_hand")),
    ("ours / by hand", ratio("megabytes", "by_hand")),
    ("all stored", megabytes("stored")),
    ("ours / all stored", ratio("megabytes", "stored")),
)


class Step(NamedTuple):
    """From one size to the next."""

    small: Size
    large: Size

    def exponent(self, factor: float) -> str:
        return f"{log(factor) / log(self.large.facts / self.small.facts):.2f}"

    def growth(self, part: str) -> str:
        return self.exponent(self.large.ours.parts[part] / self.small.ours.parts[part])

    def asked(self) -> str:
        """The exponent of facts × log facts."""
        small, large = (size.facts * log(size.facts) for size in self)
        return self.exponent(large / small)


GROWTH: tuple[Column, ...] = (
    ("from", lambda step: people(step.small)),
    ("to people", lambda step: people(step.large)),
    ("times the facts", lambda step: f"{step.large.facts / step.small.facts:.1f}"),
    ("load", lambda step: step.growth("load")),
    ("infer", lambda step: step.growth("infer")),
    ("facts × log facts", Step.asked),
)


# What a user waits for


class Waiting(NamedTuple):
    people: int
    infer: Outcome
    why: Outcome
    units: int
    granularity: Outcome
    kept: float
    """The megabytes of the kept file."""


def waiting(size: Size, times: int) -> Waiting:
    forget(size.folder)
    inferred = ask("infer", size.folder)
    named = size.ours.parts["item"], size.ours.parts["community"]
    (why,) = by_turns(4 * times, lambda: ask("why", size.folder, *named))
    (granularity,) = by_turns(times, lambda: ask("granularity", size.folder))
    units = len((size.folder / "tables" / "units.csv").read_text(encoding="utf-8").splitlines()) - 1
    kept = size.ours.parts["megabytes kept"]
    return Waiting(size.people, inferred, why, units, granularity, kept)


def forget(folder: Path) -> None:
    """Let nothing be kept of what was concluded."""
    shutil.rmtree(folder / ".cop", ignore_errors=True)


WAITING: tuple[Column, ...] = (
    ("people", lambda row: f"{row.people:,}"),
    ("infer", lambda row: f"{row.infer.seconds:.2f}"),
    ("its MB", lambda row: f"{row.infer.megabytes:,.0f}"),
    ("kept, MB", lambda row: f"{row.kept:,.1f}"),
    ("why", lambda row: f"{row.why.seconds:.2f}"),
    ("units", lambda row: f"{row.units:,}"),
    ("granularity", lambda row: f"{row.granularity.seconds:.2f}"),
)


# The document


class Reporting(NamedTuple):
    name: str
    whole: Outcome
    """With nothing kept."""
    kept: Outcome
    """Of what is kept."""
    page: float
    """The megabytes of the HTML file."""


def reporting(name: str, folder: Path, desk: Path, times: int) -> Reporting:
    page = desk / "strategy.html"
    written = ("report", folder, "--format", "html", "--output", page)

    def whole() -> Outcome:
        forget(folder)
        return ask(*written)

    first, again = by_turns(times, whole, lambda: ask(*written))
    return Reporting(name, first, again, page.stat().st_size / 2**20)


def reported(sizes: list[int], desk: Path) -> Iterator[tuple[str, Path]]:
    """Organisations by their people, and one of many communities and items with long names."""
    for number in sizes:
        if number <= REPORTED:
            yield f"{number:,} people", made(number, desk)
    folder = desk / "large"
    if not folder.exists():
        write_large(folder)
    yield "40 communities, 2,000 items", folder


REPORTING: tuple[Column, ...] = (
    ("engagement", lambda row: row.name),
    ("report", lambda row: f"{row.whole.seconds:.2f}"),
    ("of what is kept", lambda row: f"{row.kept.seconds:.2f}"),
    ("MB held", lambda row: f"{row.whole.megabytes:,.0f}"),
    ("MB of the page", lambda row: f"{row.page:.2f}"),
)


# Explanations


class Explaining(NamedTuple):
    size: Size
    answers: Outcome

    def of_infer(self, part: str) -> str:
        return f"{self.answers.parts[part] / self.size.ours.parts['infer']:.2f}"

    def milliseconds(self, part: str) -> str:
        return f"{self.answers.parts[part] * 1000:,.0f}"


def explaining(size: Size, times: int) -> Explaining:
    """Of what was kept while one waited."""
    (answers,) = by_turns(times, lambda: job("explain", size.folder, THREADS))
    return Explaining(size, answers)


EXPLAINING: tuple[Column, ...] = (
    ("people", lambda row: people(row.size)),
    ("why, ms", lambda row: row.milliseconds("why")),
    ("the first", lambda row: row.milliseconds("first why")),
    ("why-not, ms", lambda row: row.milliseconds("why not")),
    ("the first", lambda row: row.milliseconds("first why not")),
    ("assignments", lambda row: f"{row.answers.parts['assignments']:,}"),
    ("their reasons, s", lambda row: f"{row.answers.parts['reasons']:.2f}"),
    ("reasons / infer", lambda row: row.of_infer("reasons")),
    ("short answers, s", lambda row: f"{row.answers.parts['answers']:.2f}"),
    ("answers / infer", lambda row: row.of_infer("answers")),
)


# Both engines


class Engines(NamedTuple):
    """Both engines on one engagement: inference alone, and whole processes."""

    name: str
    experta: Outcome
    duckdb: Outcome
    experta_cold: Outcome
    duckdb_cold: Outcome


def both_engines(name: str, folder: Path, times: int) -> Engines:
    def cold(engine: str) -> Outcome:
        forget(folder)
        return ask("infer", folder, "--engine", engine)

    engines = ("experta", "duckdb")
    works = [lambda engine=engine: job(engine, folder, THREADS) for engine in engines]
    works += [lambda engine=engine: cold(engine) for engine in engines]
    return Engines(name, *by_turns(times, *works))


def few(desk: Path) -> Iterator[tuple[str, Path]]:
    """The Grand Hotel, and organisations of up to some thousand facts."""
    hotel = desk / "grand-hotel"
    shutil.copytree(HOTEL, hotel, ignore=shutil.ignore_patterns(".cop"), dirs_exist_ok=True)
    yield "Grand Hotel", hotel
    for number in FEW:
        yield f"{number:,} people", made(number, desk)


ENGINES: tuple[Column, ...] = (
    ("engagement", lambda row: row.name),
    ("facts given", lambda row: f"{row.duckdb.parts['given']:,}"),
    ("concluded", lambda row: f"{row.duckdb.parts['concluded']:,}"),
    ("experta", lambda row: f"{row.experta.parts['infer']:.2f}"),
    ("duckdb", lambda row: f"{row.duckdb.parts['infer']:.2f}"),
    (
        "experta / duckdb",
        lambda row: f"{row.experta.parts['infer'] / row.duckdb.parts['infer']:.2f}",
    ),
    ("whole: experta", lambda row: f"{row.experta_cold.seconds:.2f}"),
    ("whole: duckdb", lambda row: f"{row.duckdb_cold.seconds:.2f}"),
)


# The page


def with_little(size: Size) -> tuple[Size, Outcome]:
    forget(size.folder)
    return size, ask("infer", size.folder, "--memory", LITTLE)


MEMORY_LIMITED: tuple[Column, ...] = (
    ("people", lambda row: people(row[0])),
    ("--memory", lambda row: LITTLE),
    ("seconds", lambda row: f"{row[1].seconds:.2f}"),
    ("MB held", lambda row: f"{row[1].megabytes:,.0f}"),
)


def sections(sizes: list[int], desk: Path, times: int) -> Iterator[tuple[str, str]]:
    """What the page leaves open, by name, as it is measured."""
    yield "machine", machine()
    yield "threads", THREADS
    yield "times", str(times)
    yield "short", f"{SHORT:,}"
    found = [measured(number, desk, times) for number in sizes]
    yield "loading", laid_out(LOADING, found)
    yield "inference", laid_out(INFERENCE, found)
    yield "memory", laid_out(MEMORY, found)
    yield "growth", laid_out(GROWTH, (Step(*pair) for pair in pairwise(found)))
    yield "waiting", laid_out(WAITING, [waiting(size, times) for size in found])
    documents = [reporting(*pair, desk, times) for pair in reported(sizes, desk)]
    yield "reporting", laid_out(REPORTING, documents)
    yield "explaining", laid_out(EXPLAINING, [explaining(size, times) for size in found])
    yield "engines", laid_out(ENGINES, [both_engines(*pair, times) for pair in few(desk)])
    yield "little", laid_out(MEMORY_LIMITED, [with_little(found[-1])])


def main() -> None:
    parser = argparse.ArgumentParser(description="How quick cop-expert is, and against what.")
    parser.add_argument("people", type=int, nargs="*", default=PEOPLE, help="sizes to measure")
    parser.add_argument("--times", type=int, default=5, help="runs of each; the best counts")
    parser.add_argument("--desk", type=Path, default=HERE.parent / "build" / "bench")
    asked = parser.parse_args()
    asked.desk.mkdir(parents=True, exist_ok=True)
    page = Template((HERE / "page.md").read_text(encoding="utf-8"))
    filled: dict[str, str] = {}
    for name, text in sections(sorted(asked.people), asked.desk, asked.times):
        filled[name] = text
        print(f"{name} …", file=sys.stderr)
    print(page.substitute(filled))


if __name__ == "__main__":
    main()
