"""A large engagement with long names: so many communities, each with a craft of its own.

python bench/large_engagement.py FOLDER
"""

import csv
import sys
from pathlib import Path

ROLES, PRACTICES = 4, 6
NAME = "{} {:02} of those who look after the long and winding waterways"
"""60 characters."""


def write_large(folder: Path, communities: int = 40, items: int = 2000) -> None:
    """Each community uses practices of its own, and two that its neighbour uses too."""
    tables = folder / "tables"
    tables.mkdir(parents=True)
    units = [NAME.format("Guild", n)[:60] for n in range(communities)]

    def practice(unit: int, n: int) -> str:
        return NAME.format("Craft", unit % communities * PRACTICES + n)[:60]

    def write(name: str, headings: str, rows: list[tuple[object, ...]]) -> None:
        with (tables / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([headings.split(", "), *rows])

    places = [(unit, role) for unit in range(communities) for role in range(ROLES)]
    crafts = [(unit, n) for unit in range(communities) for n in range(PRACTICES)]
    names = {(u, r): NAME.format(f"Role {r}", u)[:60] for u, r in places}
    write(
        "units",
        "unit, part of, goal",
        [
            ("The whole house", "", ""),
            *((unit, "The whole house", f"Keep {unit}") for unit in units),
        ],
    )
    write("roles", "role, unit, headcount", [(names[u, r], units[u], 5 + r + u) for u, r in places])
    write("practices", "practice", [(practice(u, n),) for u, n in crafts])
    write(
        "role_practices",
        "role, practice, importance",
        [
            (names[u, r], practice(u, n), 1)
            for u, r in places
            for n in {r, (r + 1) % PRACTICES, PRACTICES - 1}
        ]
        + [(names[u, 0], practice(u + 1, n), 0.8) for u in range(communities) for n in (0, 1)],
    )
    catalogue = [f"Item {n:04}: {NAME.format('course', n % 97)}"[:60] for n in range(items)]
    write("items", "item, hours", [(item, 1 + n % 7) for n, item in enumerate(catalogue)])
    write(
        "item_practices",
        "item, practice",
        [(item, practice(*crafts[n % len(crafts)])) for n, item in enumerate(catalogue)],
    )
    write(
        "prerequisites",
        "item, requires",
        [(catalogue[n], catalogue[n - len(crafts)]) for n in range(len(crafts), items, 3)],
    )
    write("handoffs", "from, to", [(names[u, 1], names[u, 2]) for u in range(communities)])


if __name__ == "__main__":
    write_large(Path(sys.argv[1]))
