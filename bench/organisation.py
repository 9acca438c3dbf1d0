"""A number of people in, the engagement of an organisation of that size out, always the same one.

Units form a tree of divisions, departments and teams; each division has professions of its own,
so that there is something to cut. Practices form a forest, their use is skewed, and needs, items,
prerequisites and hand-offs follow from who uses what.

    python bench/organisation.py 100000 FOLDER
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from itertools import accumulate
from math import isqrt, log10
from pathlib import Path
from random import Random
from typing import NamedTuple

PEOPLE_A_TEAM = 40
PEOPLE_A_POST = 6
BRANCHES = 6
Row = tuple[object, ...]


class Team(NamedTuple):
    """A unit with posts of its own."""

    unit: str
    division: int
    people: int


class Organisation:
    """Draws an organisation from one source of chance."""

    def __init__(self, people: int, seed: int = 1) -> None:
        self.people = people
        self.random = Random(seed)
        root = isqrt(people)
        self.divisions = round(8 * log10(people)) - 12
        self.floor = 5 * root
        self.roles = self.split_up([f"Role {n:05}" for n in range(max(12, 2 * root))])
        self.practices = [f"Practice {n:04}" for n in range(20 + root // 2)]
        self.crafts = self.split_up(self.practices)
        self.items = [f"Item {n:04}" for n in range(10 + root * 3 // 2)]

    def split_up(self, names: list[str]) -> list[list[str]]:
        """A share of the names for each division."""
        return [names[division :: self.divisions] for division in range(self.divisions)]

    def some(self, chance: float) -> bool:
        return self.random.random() < chance

    def skewed(self, names: list[str], most: int) -> list[str]:
        """Some of the names, the first far more often than the last (Zipf)."""
        weights = list(accumulate(1 / rank for rank in range(1, len(names) + 1)))
        number = self.random.randint(1, min(most, len(names)))
        drawn = self.random.choices(names, cum_weights=weights, k=number)
        return list(dict.fromkeys(drawn))

    def teams(self) -> Iterator[tuple[Row, Team | None]]:
        """Every unit as a row of its table, and the team that it is, if it is one."""
        yield ("Organisation", "", "Serve the public", ""), None
        for division in range(self.divisions):
            share = self.people // self.divisions + (division < self.people % self.divisions)
            yield from self.below("Organisation", f"Division {division:02}", division, share)

    def below(
        self, above: str, unit: str, division: int, people: int
    ) -> Iterator[tuple[Row, Team | None]]:
        goal = f"Goal of {unit}" if self.some(0.1) or above == "Organisation" else ""
        row = (unit, above, goal, f"Lead of {unit}" if self.some(0.7) else "")
        if people <= PEOPLE_A_TEAM:
            yield row, Team(unit, division, people) if people else None
            return
        yield row, None
        parts = min(BRANCHES, -(-people // PEOPLE_A_TEAM))
        for part in range(parts):
            share = people // parts + (part < people % parts)
            yield from self.below(unit, f"{unit}.{part}", division, share)

    def write(self, folder: Path) -> None:
        """All tables, and the settings."""
        units, teams = zip(*self.teams(), strict=True)
        posts = [post for team in teams if team for post in self.posts(team)]
        filled = {role for role, _, _ in posts}
        self.roles = [[role for role in roles if role in filled] for roles in self.roles]
        uses = {role: self.uses(d) for d, roles in enumerate(self.roles) for role in roles}
        self.table(folder, "units", "unit,part of,goal,lead", units)
        self.table(folder, "roles", "role,unit,headcount", self.heads(posts))
        self.table(folder, "people", "person,role,unit", self.persons(posts))
        self.table(folder, "practices", "practice,broader", self.forest())
        self.table(folder, "role_practices", "role,practice,importance", self.importances(uses))
        self.table(folder, "needs", "role,unit,practice,required,current", self.needs(uses, posts))
        self.table(folder, "handoffs", "from,to,strength", self.handoffs())
        self.table(folder, "items", "item,hours,mandatory", self.catalogue())
        self.table(folder, "item_practices", "item,practice,weight", self.coverage())
        self.table(folder, "prerequisites", "item,requires", self.prerequisites())
        settings = (
            f'name = "{self.people:,} people"\n\n[parameters]\n'
            f"largest = {self.people}\nrunning_floor = {self.floor}\n"
        )
        (folder / "engagement.toml").write_text(settings, encoding="utf-8")

    def table(self, folder: Path, name: str, headings: str, rows: Iterable[Row]) -> None:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        path = folder / "tables" / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(headings.split(","))
            writer.writerows(rows)

    def posts(self, team: Team) -> Iterator[tuple[str, str, int]]:
        """Role, unit and how many people hold it."""
        number = max(1, team.people // PEOPLE_A_POST)
        roles = self.skewed(self.roles[team.division], number)
        for place, role in enumerate(roles):
            people = team.people // len(roles) + (place < team.people % len(roles))
            if people:
                yield role, team.unit, people

    def heads(self, posts: list[tuple[str, str, int]]) -> Iterator[Row]:
        """The people are listed, so most head counts are left blank."""
        for role, unit, people in posts:
            yield role, unit, people if self.some(0.2) else ""

    def persons(self, posts: list[tuple[str, str, int]]) -> Iterator[Row]:
        number = 0
        for role, unit, people in posts:
            for _ in range(people):
                yield f"Person {number:07}", role, unit
                number += 1

    def forest(self) -> Iterator[Row]:
        """A tenth are roots, the others below one that came before them in the same division."""
        for crafts in self.crafts:
            for place, practice in enumerate(crafts):
                above = "" if place < 2 or self.some(0.1) else crafts[(place - 1) // 4]
                yield practice, above

    def uses(self, division: int) -> list[str]:
        """Mostly the division's own practices, and a few that everybody knows."""
        own = self.skewed(self.crafts[division], 9)
        return sorted({*own, *self.skewed(self.practices, 3)})

    def importances(self, uses: dict[str, list[str]]) -> Iterator[Row]:
        for role, practices in uses.items():
            for practice in practices:
                yield role, practice, self.random.choice(("0.2", "0.4", "0.6", "0.8", "1"))

    def needs(self, uses: dict[str, list[str]], posts: list[tuple[str, str, int]]) -> Iterator[Row]:
        for role, practices in uses.items():
            yield from (self.need(role, "", p) for p in practices if self.some(0.9))
        for role, unit, _ in posts:
            if self.some(0.1):
                yield self.need(role, unit, self.random.choice(uses[role]))

    def need(self, role: str, unit: str, practice: str) -> Row:
        required = self.random.choice(("0.5", "0.75", "1"))
        return role, unit, practice, required, self.random.choice(("0", "0.25", "0.5", "0.75"))

    def handoffs(self) -> Iterator[Row]:
        pairs: set[tuple[str, str]] = set()
        for division, roles in enumerate(self.roles):
            for giver in roles:
                near = roles if self.some(0.9) else self.roles[(division + 1) % self.divisions]
                pairs |= {(giver, taker) for taker in self.skewed(near, 3) if taker != giver}
        for giver, taker in sorted(pairs):
            yield giver, taker, self.random.choice(("0.25", "0.5", "0.75", "1"))

    def catalogue(self) -> Iterator[Row]:
        for item in self.items:
            bound = ""
            if self.some(0.02):
                bound = self.random.choice(("everyone", "Division 03", self.roles[0][0]))
            yield item, self.random.choice(("1", "2", "4", "8", "16")), bound

    def coverage(self) -> Iterator[Row]:
        for place, item in enumerate(self.items):
            crafts = self.crafts[place % self.divisions] if self.some(0.9) else self.practices
            covered = self.random.sample(crafts, min(len(crafts), self.random.randint(1, 4)))
            yield from ((item, practice, self.random.choice(("1", "2"))) for practice in covered)

    def prerequisites(self) -> Iterator[Row]:
        """Within a division, and never a later one."""
        for place, item in enumerate(self.items):
            earlier = self.items[place % self.divisions : place : self.divisions]
            if earlier and self.some(0.3):
                yield item, self.random.choice(earlier)


if __name__ == "__main__":
    Organisation(int(sys.argv[1])).write(Path(sys.argv[2]))
