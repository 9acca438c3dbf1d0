"""The yardstick: an engagement's folder in, what the rulebook concludes by hand-written SQL out.

    python bench/by_hand.py FOLDER [--memory 4GB] [--threads N] [--on-demand] [--compare]

Runs by_hand_load.sql and by_hand.sql in one fresh in-memory DuckDB and prints the seconds of each
and the most memory that the process held. The tables have to be there, all ten, with the headings
that bench/organisation.py writes; decisions and scales are not read.
"""

import argparse
import resource
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from string import Template
from typing import Any

import duckdb

HERE = Path(__file__).parent
DEFAULTS = {
    "full_gap": "0.5",
    "unassessed": "1",
    "kin_share": "0.5",
    "relevant": "0.25",
    "craft_weight": "0.4",
    "handoff_weight": "0.4",
    "goal_weight": "0.2",
    "cohesive": "0.6",
    "largest": "150",
    "running_floor": "24",
    "core_reach": "0.5",
    "core_affinity": "0.5",
    "broker_affinity": "0.35",
}
TOLERANCE = 0
"""Millionths by which a number may differ from the engine's."""
TEMPLATES = [
    "Gap",
    "Want",
    "Fit",
    "Relevance",
    "Wanted",
    "Holds",
    "Teacher",
    "Craft",
    "Closeness",
    "Cohesion",
    "BreakEven",
    "Stays",
    "CutStep",
    "WidestPlateau",
    "RunningCost",
    "Splits",
    "Member",
    "Community",
    "Score",
    "Reach",
    "Assignment",
    "Audience",
    "AssignmentHours",
    "SuperfluousHours",
    "HoursAssigned",
    "HoursSuperfluous",
    "HoursEverything",
    "NeedMet",
    "Priority",
    "Turn",
    "Crossing",
    "Overlap",
    "Affinity",
    "Participation",
    "Broker",
    "Carrier",
    "Step",
    "Uncovered",
    "Idle",
    "WithoutPractices",
    "Unassessed",
    "AssessmentIncomplete",
    "AssessmentUnused",
    "WithoutCoverage",
    "EmptyUnit",
    "TooLarge",
    "TooSmall",
    "NoLead",
    "Advice",
]
DICTIONARIES = {
    "part_name": ("post", "unit", "one", "other", "community", "home"),
    "role_name": ("role",),
    "item_name": ("item",),
    "practice_name": ("practice",),
}
SUBJECTS = {"buy or build": "practice_name", "name a lead": "part_name", "merge": "part_name"}
"""What the subject of an advice is, unless it is an item."""

Watch = Callable[[str, float], None]


def unwatched(statement: str, seconds: float) -> None:
    """A statement that nobody times."""


def parameters(folder: Path) -> dict[str, Any]:
    """The engagement's parameters as SQL takes them: whole millionths."""
    path = folder / "engagement.toml"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    chosen = tomllib.loads(text, parse_float=Decimal).get("parameters", {})
    millionths = {n: round(Decimal(v) * 1_000_000) for n, v in {**DEFAULTS, **chosen}.items()}
    return {"running": "NULL", **millionths}


def load(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    script: str = "by_hand_load.sql",
    watch: Watch = unwatched,
) -> None:
    """Read and check the tables of an engagement; raises duckdb.Error where they do not hold."""
    run(connection, script, {"folder": folder / "tables"}, watch)


def infer(
    connection: duckdb.DuckDBPyConnection,
    values: dict[str, Any],
    by_post: bool = False,
    on_demand: bool = False,
    watch: Watch = unwatched,
) -> None:
    """Conclude everything from the loaded tables.

    With `by_post` posts that are alike are reckoned one by one, as rules about posts would; with
    `on_demand` what holds of each of them is not stored, but looked up when it is asked for.
    """
    shape = {
        "apart": "post" if by_post else "apart",
        "laid_out": "TEMP VIEW" if on_demand else "TABLE",
    }
    run(connection, "by_hand.sql", {**values, **shape, **facts_about(connection)}, watch)


def facts_about(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """What by_hand.sql wants to know of the tables beforehand."""
    found = connection.execute("""
        SELECT (SELECT coalesce(bool_and(headcount % 1000000 = 0), TRUE) FROM posts),
            greatest((SELECT count(*) FROM item_name), (SELECT count(*) FROM practice_name))""")
    whole, topics = found.fetchall()[0]
    return {"person": 1 if whole else 1_000_000, "last_topic": topics}


def run(
    connection: duckdb.DuckDBPyConnection, script: str, values: dict[str, Any], watch: Watch
) -> None:
    """The statements of a script, one by one, its names replaced by their values."""
    text = Template((HERE / script).read_text(encoding="utf-8")).substitute(values)
    for statement in connection.extract_statements(text):
        started = time.perf_counter()
        connection.execute(statement)
        watch(statement.query, time.perf_counter() - started)


def concluded(connection: duckdb.DuckDBPyConnection, template: str) -> list[dict[str, Any]]:
    """The facts of a template, with their names."""
    columns = [name for name, *_ in connection.execute(f'DESCRIBE "{template}"').fetchall()]
    terms, joins = [], []
    for column in columns:
        dictionary = next((d for d, fields in DICTIONARIES.items() if column in fields), None)
        if dictionary:
            key = dictionary.removesuffix("_name")
            joins.append(f"LEFT JOIN {dictionary} AS {column}_ ON {column}_.{key} = fact.{column}")
            terms.append(f"{column}_.name")
        elif column == "subject":
            for other in ("item_name", "practice_name", "part_name"):
                key = other.removesuffix("_name")
                joins.append(f"LEFT JOIN {other} AS {key}_ ON {key}_.{key} = fact.subject")
            cases = [f"WHEN '{a}' THEN {d.removesuffix('name')}.name" for a, d in SUBJECTS.items()]
            terms.append(f"CASE action {' '.join(cases)} ELSE item_.name END")
        else:
            terms.append(f'fact."{column}"')
    rows = connection.execute(
        f'SELECT {", ".join(terms)} FROM "{template}" AS fact {" ".join(joins)}'
    ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def differences(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    """Where our own engine concludes something else from the same folder."""
    from cop_expert import pipeline

    facts = pipeline.infer(pipeline.read(folder), "duckdb", "unkept").facts
    for template in TEMPLATES:
        key = facts.vocabulary.templates[template].key

        def keyed(records: list[dict[str, Any]], key: tuple[str, ...] = key) -> dict[Any, Any]:
            return {tuple(r.get(name) for name in key): r for r in records}

        ours = concluded(connection, template)
        theirs = facts.records(template)
        if len(ours) != len(theirs):
            yield f"{template}: {len(ours)} by hand, {len(theirs)} by rule"
        by_hand, by_rule = keyed(ours), keyed(theirs)
        for name in by_hand.keys() - by_rule.keys():
            yield f"{template}: {name} by hand only"
        for name, fact in by_rule.items():
            if name not in by_hand:
                yield f"{template}: {name} by rule only"
            for field, value in by_hand.get(name, {}).items():
                if not alike(value, fact[field]):
                    yield f"{template}: {name}, {field} {value} by hand, {fact[field]} by rule"


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, int) and isinstance(other, int):
        return abs(one - other) <= TOLERANCE
    return bool(one == other)


def main() -> None:
    parser = argparse.ArgumentParser(description="The conclusions by hand-written SQL.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--memory", help="the most that DuckDB may hold, such as 4GB")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--by-post", action="store_true", help="share nothing between posts")
    parser.add_argument("--on-demand", action="store_true", help="views of what holds of each post")
    parser.add_argument("--declared", action="store_true", help="load with declared keys, and stop")
    parser.add_argument("--statements", action="store_true", help="the seconds of each statement")
    parser.add_argument("--compare", action="store_true", help="with what the rules conclude")
    asked = parser.parse_args()
    given = {"memory_limit": asked.memory, "threads": asked.threads}
    connection = duckdb.connect(config={name: value for name, value in given.items() if value})

    def watch(statement: str, seconds: float) -> None:
        if asked.statements:
            lines = [line for line in statement.splitlines() if line and not line.startswith("--")]
            print(f"{seconds:9.3f}  {' '.join(lines)[:90]}")

    def timed(name: str, work: Callable[[], None]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{name:<7}{wall:8.3f} s, {cpu:.3f} s of all cores")

    script = "by_hand_declared.sql" if asked.declared else "by_hand_load.sql"
    timed("load", lambda: load(connection, asked.folder, script, watch))
    if not asked.declared:
        values = parameters(asked.folder)
        shape = asked.by_post, asked.on_demand
        timed("infer", lambda: infer(connection, values, *shape, watch))
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB")
    if asked.compare and not asked.declared:
        found = list(differences(connection, asked.folder))
        print("\n".join([*found[:50], f"{len(found)} differences"]))
        sys.exit(bool(found))


if __name__ == "__main__":
    main()
