"""A command in, what it took: its seconds, and the most memory that its process held."""

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

HERE = Path(__file__).parent
COP_EXPERT = Path(sys.executable).with_name("cop-expert")


class Outcome(NamedTuple):
    """What one process took."""

    seconds: float
    """From start to end."""
    megabytes: float
    """The most that it held at a time."""
    parts: dict[str, Any]
    """What bench/jobs.py says of its parts: their seconds, and how many facts there were."""


def run(*command: str | Path) -> Outcome:
    """One process, on its own; raises where it fails."""
    words = [str(word) for word in command]
    with TemporaryFile() as said, TemporaryFile() as complained:
        started = time.perf_counter()
        process = subprocess.Popen(words, stdout=said, stderr=complained)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0), complained.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(words)}\n{complained.read().decode()}")
        parts = json.loads(said.read()) if str(HERE / "jobs.py") in words else {}
    return Outcome(seconds, usage.ru_maxrss / 1024, parts)


def job(*arguments: str | Path) -> Outcome:
    """One of the jobs of bench/jobs.py."""
    return run(sys.executable, HERE / "jobs.py", *arguments)


def ask(*arguments: str | Path) -> Outcome:
    """The command line, as a user starts it."""
    return run(COP_EXPERT, *arguments)


def by_turns(times: int, *works: Callable[[], Outcome]) -> list[Outcome]:
    """The best of several runs of each; they take turns, so that a slow minute hits all alike."""
    turns = [[work() for work in works] for _ in range(times)]
    return [_best(outcomes) for outcomes in zip(*turns, strict=True)]


def _best(outcomes: Sequence[Outcome]) -> Outcome:
    """The least of each figure: what disturbs a run only ever makes it slower."""
    parts = {name: min(o.parts[name] for o in outcomes) for name in outcomes[0].parts}
    return Outcome(min(o.seconds for o in outcomes), min(o.megabytes for o in outcomes), parts)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown, numbers to the right, laid out so that it reads well as text too."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(c.rjust(w) for c, w in zip(cells, widths, strict=True)) + " |"

    rule = "| " + " | ".join("-" * (width - 1) + ":" for width in widths) + " |"
    return "\n".join([line(headings), rule, *map(line, rows)])


def machine() -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "experta", "cop-expert"))
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, {versions}"
    )


def processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()
