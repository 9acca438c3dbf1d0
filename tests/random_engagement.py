"""Small engagements, random but valid, in which splits, crossings, holders and ties do happen.

All numbers come from coarse grids; the weights of an item add up to a power of two, so that what
an item is worth to a post has few decimals and a threshold is met exactly or missed clearly.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random

Row = tuple[object, ...]
QUARTERS = ("0", "0.25", "0.5", "0.75", "1")
SCALES = {  # lowest and highest; the grid above is stretched over them
    "needs.required": (0, 4),
    "needs.current": (0, 4),
    "role_practices.importance": (1, 5),
    "handoffs.strength": (0, 10),
}
PARAMETERS: dict[str, Sequence[float]] = {
    "running": (1, 8, 24, 60, 150.5, 1000),
    "running_floor": (1, 10, 40),
    "largest": (3, 8, 20, 40, 100000),
    "kin_share": (0, 0.25, 0.75, 1),
    "relevant": (0, 0.125, 0.5, 0.75, 1),
    "full_gap": (0.25, 0.75, 1),
    "cohesive": (0, 0.3, 0.9, 1.5),
    "craft_weight": (0, 0.5, 1),
    "handoff_weight": (0, 0.25, 1),
    "goal_weight": (0, 0.5),
    "core_reach": (0.25, 0.75, 1),
    "core_affinity": (0.25, 0.75),
    "broker_affinity": (0, 0.2, 0.75),
}


def write_engagement(folder: Path, seed: int) -> None:
    """One engagement for one seed, always the same."""
    rng = Random(seed)

    def some(chance: float) -> bool:
        return rng.random() < chance

    def sample(names: Sequence[str], most: int) -> list[str]:
        return rng.sample(names, min(len(names), rng.randint(0, most)))

    scales = {column: ends for column, ends in SCALES.items() if some(0.1)}

    def level(column: str, grid: Sequence[str], blank: float) -> str:
        """A number of the grid, on the scale of its column, or sometimes a blank."""
        lowest, highest = scales.get(column, (0, 1))
        value = lowest + float(rng.choice(grid)) * (highest - lowest)
        return "" if some(blank) else f"{value:g}"

    def table(name: str, columns: str, rows: list[Row], optional: str = "") -> None:
        """Rows in any order; what is wholly blank and optional may as well be left out."""
        headings = columns.split(", ")
        rng.shuffle(rows)
        if not rows and name not in ("units", "roles", "practices", "role_practices") and some(0.5):
            return
        dropped = {
            place
            for place, heading in enumerate(headings)
            if heading in optional.split(", ") and not any(row[place] for row in rows) and some(0.5)
        }
        if name in named:  # an id identifies, the name is only shown
            rows = [(row[0], f"{row[0]} in full", *row[1:]) for row in rows]
            headings = ["id", *headings]
            dropped = {place + 1 for place in dropped}
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        path = folder / "tables" / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as lines:
            for row in [tuple(headings), *rows]:
                kept = [cell for place, cell in enumerate(row) if place not in dropped]
                csv.writer(lines, lineterminator="\n").writerow(kept)

    named = {name for name in ("units", "roles", "practices", "items") if some(0.06)}

    # A forest of units, up to five deep, with chains; any of them may stay empty.
    part_of: dict[str, str] = {}
    depth = {"": 0}
    for number in range(1, rng.randint(1, 12) + 1):
        unit = f"U{number}"
        open_ = [u for u in part_of if depth[u] < 5]
        parent = "" if not open_ or some(0.06) else rng.choice([*open_, *open_[:2], open_[-1]])
        part_of[unit] = parent
        depth[unit] = depth[parent] + 1
    units = list(part_of)
    goals = [
        (u, up, rng.choice(("G1", "G2", "G3")) if some(0.4) else "") for u, up in part_of.items()
    ]
    table("units", "unit, part of, goal", [*goals], "goal")

    leaves = [unit for unit in units if unit not in part_of.values()]
    populated = [unit for unit in units if some(0.9 if unit in leaves else 0.25)] or units[:1]
    roles = [f"R{number}" for number in range(1, rng.randint(1, 14) + 1)]
    posts = [(role, rng.choice(populated)) for role in roles]
    posts += [(rng.choice(roles), rng.choice(populated)) for _ in range(rng.randint(0, 11))]
    posts = list(dict.fromkeys(posts))
    heads = [
        (*post, "" if some(0.15) else rng.choice((1, 1, 2, 3, 4, 5, 6, 8, 12))) for post in posts
    ]
    table("roles", "role, unit, headcount", [*heads], "headcount")
    crew = [post for post in posts for _ in range(rng.randint(0, 3))] if some(0.3) else []
    table("people", "person, role, unit", [(f"N{n}", *post) for n, post in enumerate(crew)])

    # Practices below earlier ones; each unit draws on a few, so that units differ.
    practices = [f"P{number}" for number in range(1, rng.randint(2, 12) + 1)]
    broader: list[Row] = []
    for number, practice in enumerate(practices):
        above = sample(practices[:number], 2) if some(0.4) else []
        broader += [(practice, wider) for wider in above or [""]]
    table("practices", "practice, broader", broader, "broader")
    themes = {unit: sample(practices, 4) for unit in units}
    uses: dict[tuple[str, str], str] = {}
    for role, unit in posts:
        for practice in dict.fromkeys(sample(themes[unit], 4) + sample(practices, 1)):
            uses[role, practice] = level("role_practices.importance", (*QUARTERS, "1", "1"), 0.1)
    uses = dict(sorted(uses.items()))
    used: list[Row] = [(*pair, importance) for pair, importance in uses.items()]
    table("role_practices", "role, practice, importance", used, "importance")

    needs: list[Row] = []
    for role, practice in uses:
        for unit in ["", *units]:
            if some(0.5 if not unit else 0.2 if (role, unit) in posts else 0.05):
                required = level("needs.required", ("0.25", "0.5", "0.75", "1"), 0.05)
                current = level("needs.current", (*QUARTERS, "0.5", "0.75", "1"), 0.05)
                needs.append((role, unit, practice, required, current))
    table("needs", "role, unit, practice, required, current", needs, "unit")

    handed = [rng.choices(roles, k=2) for _ in range(rng.randint(0, len(roles)))]
    handed += [[taker, giver] for giver, taker in handed if some(0.3)]
    handoffs: list[Row] = [
        (*pair, level("handoffs.strength", (*QUARTERS, "0.5"), 0.1))
        for pair in dict.fromkeys(map(tuple, handed))
    ]
    table("handoffs", "from, to, strength", handoffs, "strength")

    items = [f"I{number}" for number in range(1, rng.randint(1, 12) + 1)] if some(0.9) else []
    kept: list[Row] = []
    coverage: list[Row] = []
    requires: list[Row] = []
    for number, item in enumerate(items):
        bound = rng.choice(("everyone", rng.choice(units), rng.choice(roles))) if some(0.2) else ""
        kept.append((item, "" if some(0.1) else rng.randint(1, 8), bound))
        weights = rng.choice(
            ((), ("",), ("1",), ("2",), ("1", ""), ("0.5", "1.5"), ("1", "1", "2"))
        )
        covered = rng.sample(practices, min(len(practices), len(weights)))
        coverage += [(item, p, w) for p, w in zip(covered, weights, strict=False)]
        requires += [(item, earlier) for earlier in sample(items[:number], 2) if some(0.4)]
    table("items", "item, hours, mandatory", kept, "hours, mandatory")
    table("item_practices", "item, practice, weight", coverage, "weight")
    table("prerequisites", "item, requires", requires)

    decided: list[tuple[str, str, str]] = []
    if some(0.6):
        decided += [("split", unit, "") for unit in units if some(0.15)]
        decided += [("keep whole", unit, "") for unit in units if some(0.08)]
        order = rng.sample(populated, len(populated))  # merges go one way along it: no circles
        for place, unit in enumerate(order[:-1]):
            if some(0.3):
                decided.append(("merge", unit, rng.choice(order[place + 1 :])))
        for item in items:
            for kind in ("assign", "exclude"):
                if some(0.12):
                    decided.append((kind, item, rng.choice(("", *populated, *populated))))
        decided += [("rename", unit, f"N{unit}") for unit in units if some(0.06)]
    why: list[Row] = [(*row, "as agreed", "The leader", "2024-05-01") for row in decided]
    table("decisions", "decision, subject, object, reason, by, on", why, "object")

    chosen = {name: rng.choice(values) for name, values in PARAMETERS.items() if some(0.08)}
    if chosen or scales or some(0.5):
        toml = ['name = "Random"', "", "[parameters]"]
        toml += [f"{name} = {value}" for name, value in chosen.items()]
        toml += ["", "[scales]"]
        toml += [f'"{column}" = [{low}, {high}]' for column, (low, high) in scales.items()]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "engagement.toml").write_text("\n".join(toml) + "\n", encoding="utf-8")
