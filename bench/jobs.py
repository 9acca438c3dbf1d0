"""One piece of work in a process of its own: prints the seconds of its parts as JSON.

python bench/jobs.py (duckdb | experta | by-hand | by-hand-stored | declared | explain) \
  FOLDER THREADS
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Any

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"
Parts = dict[str, Any]
"""Seconds, counts and names."""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds that it took, and what came of it."""
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def by_rules(engine: str, folder: Path, threads: int) -> Parts:
    """Load, infer and save with one of our engines."""
    from cop_expert import pipeline
    from cop_expert.facts import Limits
    from cop_expert.infer.duck import DuckEngine
    from cop_expert.infer.engine import bring_to_fixed_point
    from cop_expert.infer.rete import ReteEngine

    first, _ = timed(lambda: pipeline.read(HOTEL))
    loading, knowledge = timed(lambda: pipeline.read(folder, limits=Limits(threads=threads)))
    facts = knowledge.facts
    made = {"duckdb": DuckEngine, "experta": ReteEngine}[engine]
    inferring, _ = timed(lambda: bring_to_fixed_point(made(facts), knowledge.rulebook))
    held = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    with TemporaryDirectory() as desk:
        kept = Path(desk) / "kept.duckdb"
        saving, _ = timed(lambda: facts.save(kept))
        size = kept.stat().st_size / 2**20
    given, concluded = (sum(facts.counts(given=which).values()) for which in (True, False))
    assignments = facts.records("Assignment")
    subject = assignments[len(assignments) // 2]
    return {
        "first": first,
        "load": loading,
        "infer": inferring,
        "megabytes": held,
        "save": saving,
        "megabytes kept": size,
        "given": given,
        "concluded": concluded,
        "item": subject["item"],
        "community": subject["community"],
    }


def by_hand(folder: Path, threads: int, on_demand: bool) -> Parts:
    """Load and conclude with hand-written SQL; what holds of each post is stored, or is views."""
    import by_hand as script
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    loading, _ = timed(lambda: script.load(connection, folder))
    values = script.parameters(folder)
    inferring, _ = timed(lambda: script.infer(connection, values, on_demand=on_demand))
    held = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    return {"load": loading, "infer": inferring, "megabytes": held}


def declared(folder: Path, threads: int) -> Parts:
    """Load with declared keys, references and ranges."""
    import by_hand as script
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    return {"load": timed(lambda: script.load(connection, folder, "by_hand_declared.sql"))[0]}


def explain(folder: Path) -> Parts:
    """Answer within one process about what was concluded and kept."""
    from cop_expert import pipeline
    from cop_expert.explain.ask import facts_asked_about, goals_asked_about
    from cop_expert.explain.in_bulk import prove_all
    from cop_expert.explain.why import BRIEF, Explainer
    from cop_expert.explain.why_not import WhyNot
    from cop_expert.explain.words import Speaker
    from cop_expert.export.concluded import Concluded
    from cop_expert.export.reasons import Reasons

    run = pipeline.conclude(folder)
    facts, rulebook = run.facts, run.rulebook
    assignments = facts.rows("Assignment")
    there, absent = subjects(facts.records("Assignment"), facts.records("Item"))

    def explainer() -> Explainer:
        return Explainer(facts, rulebook, Speaker(facts))

    def why() -> object:
        answer = facts_asked_about(facts, *there)[0]
        return explainer().prove(answer.template, answer.row, BRIEF)

    def why_not() -> object:
        return WhyNot(explainer()).refuse(next(goals_asked_about(facts, *absent)))

    def reasons() -> int:
        concluded = Concluded(facts, rulebook, run.manifest.name, "en")
        return sum(len(found) for _, found in Reasons(concluded).of("Assignment"))

    def answers() -> int:
        asked = (("Assignment", row) for row in assignments)
        return sum(len(proof.derivations) for proof in prove_all(explainer(), asked))

    parts: Parts = {"assignments": len(assignments)}
    for name, work in (("why", why), ("why not", why_not)):
        parts[f"first {name}"] = timed(work)[0]
        parts[name] = min(timed(work)[0] for _ in range(5))
    for name, work in (("reasons", reasons), ("answers", answers)):
        parts[name] = timed(work)[0]
    return parts


def subjects(
    assignments: list[dict[str, Any]], items: list[dict[str, Any]]
) -> tuple[tuple[str, str], tuple[str, str]]:
    """An item and a community that takes it, and one that it does not take."""
    subject = assignments[len(assignments) // 2]
    community = subject["community"]
    taken = {one["item"] for one in assignments if one["community"] == community}
    absent = [item["item"] for item in items if item["item"] not in taken]
    return (subject["item"], community), (absent[len(absent) // 2], community)


def main() -> None:
    name, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    match name:
        case "by-hand" | "by-hand-stored":
            parts = by_hand(folder, threads, on_demand=name == "by-hand")
        case "explain":
            parts = explain(folder)
        case "declared":
            parts = declared(folder, threads)
        case _:
            parts = by_rules(name, folder, threads)
    print(json.dumps(parts))


if __name__ == "__main__":
    main()
