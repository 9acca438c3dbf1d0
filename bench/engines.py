"""Times loading, both engines, one why and the document on the examples, as ratios in one run.

    python bench/engines.py

Each figure is the median of three; ratios are against duckdb on the same engagement.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cop_expert import pipeline
from cop_expert.explain.why import Explainer
from cop_expert.explain.words import Speaker

EXAMPLES = Path(__file__).parent.parent / "kb" / "examples"
RUNS = 3


def timed(work: Callable[[], Any]) -> float:
    """Seconds of wall time."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def inferring(folder: Path, engine: str) -> float:
    knowledge = pipeline.read(folder)
    return timed(lambda: pipeline.infer(knowledge, engine, "unkept"))


def explaining(folder: Path) -> float:
    run = pipeline.infer(pipeline.read(folder), "duckdb", "unkept")
    row = run.facts.rows("Assignment")[0]
    return timed(
        lambda: Explainer(run.facts, run.rulebook, Speaker(run.facts)).prove("Assignment", row)
    )


def main() -> None:
    print(
        f"{'engagement':<14}{'given':>8}{'read':>9}{'duckdb':>9}{'experta':>9}{'ratio':>8}{'why':>9}"
    )
    for folder in sorted(EXAMPLES.iterdir()):
        facts = pipeline.read(folder).facts
        read = statistics.median(timed(lambda f=folder: pipeline.read(f)) for _ in range(RUNS))
        duckdb, experta = (
            statistics.median(inferring(folder, engine) for _ in range(RUNS))
            for engine in ("duckdb", "experta")
        )
        why = statistics.median(explaining(folder) for _ in range(RUNS))
        print(
            f"{folder.name:<14}{sum(facts.counts().values()):>8,}{read:>8.2f}s{duckdb:>8.2f}s"
            f"{experta:>8.2f}s{experta / duckdb:>8.2f}{why:>8.2f}s"
        )


if __name__ == "__main__":
    main()
