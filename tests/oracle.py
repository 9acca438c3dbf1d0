"""The rulebook page read a second time, in plain Python and exact fractions.

It shares nothing with the package: where the two disagree, one of them has misread the page.
It takes well-formed engagements only, and concludes what `expected.json` of the examples holds.
"""

import csv
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from pathlib import Path
from typing import Any, NamedTuple

ZERO, ONE, HALF = Fraction(0), Fraction(1), Fraction(1, 2)
DEFAULTS = """full_gap 0.5, kin_share 0.5, relevant 0.25, craft_weight 0.4, handoff_weight 0.4,
    goal_weight 0.2, cohesive 0.6, running_floor 24, largest 150, core_affinity 0.5,
    broker_affinity 0.35, core_reach 0.5"""
NAMED = {"units": "unit", "roles": "role", "practices": "practice", "items": "item"}


class Post(NamedTuple):
    role: str
    unit: str

    def __str__(self) -> str:
        return f"{self.role} @ {self.unit}"


@dataclass
class Assignment:
    score: Fraction
    reach: Fraction
    level: str = ""  # blank: not assigned
    audience: set[Post] = field(default_factory=set)

    def by_relevance(self) -> bool:
        if self.level == "mandatory":
            return self.reach > 0
        return self.level in ("core", "specialist", "decided")


def total(numbers: Iterable[Fraction]) -> Fraction:
    return sum(numbers, ZERO)


def plain(heading: str) -> str:
    return heading.lower().replace(" ", "").replace("_", "")


def read(folder: Path, table: str) -> list[defaultdict[str, str]]:
    """The rows of a table; a column that is left out reads as blank."""
    rows: list[defaultdict[str, str]] = []
    path = folder / "tables" / f"{table}.csv"
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for cells in csv.DictReader(lines):
                row = {plain(heading): cell.strip() for heading, cell in cells.items()}
                if table in NAMED and row.get("id"):  # "identifies instead of the name"
                    row[NAMED[table]] = row["id"]
                rows.append(defaultdict(str, row))
    return rows


def closure(direct: Mapping[str, set[str]]) -> defaultdict[str, set[str]]:
    """All that is reached in one step or more."""
    reached: defaultdict[str, set[str]] = defaultdict(set)
    for start in direct:
        ahead = [start]
        while ahead:
            new = direct.get(ahead.pop(), set()) - reached[start]
            reached[start] |= new
            ahead += new
    return reached


class Reading:
    """One method for each section of the page; each fills in what the later ones read."""

    def __init__(self, folder: Path) -> None:
        self.given(folder)
        self.needs()
        self.closeness()
        self.cut()
        self.assign()
        self.cross()
        self.participate()
        self.miss()

    def given(self, folder: Path) -> None:
        toml = folder / "engagement.toml"
        text = toml.read_text(encoding="utf-8") if toml.exists() else ""
        settings = tomllib.loads(text, parse_float=Fraction)
        scales = {plain(column): ends for column, ends in settings.get("scales", {}).items()}
        defaults = dict(pair.split() for pair in DEFAULTS.split(","))
        chosen = defaults | settings.get("parameters", {})
        self.parameter = {name: Fraction(value) for name, value in chosen.items()}

        def scaled(table: str, column: str, cell: str) -> Fraction:
            """(value - lowest) / (highest - lowest); blank is 1 whatever the scale."""
            lowest, highest = map(Fraction, scales.get(plain(f"{table}.{column}"), (0, 1)))
            return (Fraction(cell) - lowest) / (highest - lowest) if cell else ONE

        units = {row["unit"]: row for row in read(folder, "units")}
        self.above = {unit: [unit] for unit in units}  # itself, then all it is part of, in order
        for chain in self.above.values():
            while units[chain[-1]]["partof"]:
                chain.append(units[chain[-1]]["partof"])
        goals = {unit: [units[up]["goal"] for up in self.above[unit]] for unit in units}
        self.goal = {unit: next(filter(None, goals[unit]), "") for unit in units}

        people = Counter(Post(row["role"], row["unit"]) for row in read(folder, "people"))
        self.heads: dict[Post, Fraction] = {}
        for row in read(folder, "roles"):
            post = Post(row["role"], row["unit"])
            self.heads[post] = Fraction(row["headcount"] or people[post] or 1)
        self.inside = {u: [p for p in self.heads if u in self.above[p.unit]] for u in units}
        self.own = {u: [p for p in self.heads if p.unit == u] for u in units}

        broader: dict[str, set[str]] = defaultdict(set)
        for row in read(folder, "practices"):
            broader[row["practice"]] |= {row["broader"]} - {""}
        self.broader = closure(broader)
        self.uses: dict[str, dict[str, Fraction]] = defaultdict(dict)
        for row in read(folder, "role_practices"):
            importance = scaled("role_practices", "importance", row["importance"])
            self.uses[row["role"]][row["practice"]] = importance
        self.short: dict[tuple[str, str, str], Fraction] = {}  # required - current
        for row in read(folder, "needs"):
            if row["required"] and row["current"]:  # "blank: no assessment"
                required, current = (scaled("needs", c, row[c]) for c in ("required", "current"))
                self.short[row["role"], row["unit"], row["practice"]] = required - current
        self.strength: dict[frozenset[str], Fraction] = defaultdict(Fraction)
        for row in read(folder, "handoffs"):  # "once per pair, the larger direction"
            pair, strength = frozenset((row["from"], row["to"])), row["strength"]
            self.strength[pair] = max(self.strength[pair], scaled("handoffs", "strength", strength))

        items = {row["item"]: row for row in read(folder, "items")}
        self.hours = {item: Fraction(row["hours"] or 1) for item, row in items.items()}
        self.mandatory = {item: row["mandatory"] for item, row in items.items()}
        self.covers: dict[str, dict[str, Fraction]] = {item: {} for item in items}
        for row in read(folder, "item_practices"):
            self.covers[row["item"]][row["practice"]] = Fraction(row["weight"] or 1)
        requires: dict[str, set[str]] = defaultdict(set)
        for row in read(folder, "prerequisites"):
            requires[row["item"]].add(row["requires"])
        self.requires = closure(requires)
        decisions = read(folder, "decisions")
        self.decisions = [(row["decision"], row["subject"], row["object"]) for row in decisions]

    def headcount(self, posts: Iterable[Post]) -> Fraction:
        return total(self.heads[post] for post in posts)

    def kin(self, practice: str) -> set[str]:
        return self.broader[practice] | {p for p, up in self.broader.items() if practice in up}

    def handoff(self, one: Post, other: Post) -> Fraction:
        return self.strength.get(frozenset((one.role, other.role)), ZERO)

    def decided(self, kind: str, subject: str, community: str = "") -> bool:
        """A blank object speaks of all communities."""
        return any((kind, subject) == (k, s) and o in ("", community) for k, s, o in self.decisions)

    def needs(self) -> None:
        kin = {practice: self.kin(practice) for practice in list(self.broader)}

        def gap(post: Post, practice: str) -> Fraction:
            for unit in (*self.above[post.unit], ""):  # "the nearest unit, else everywhere"
                short = self.short.get((post.role, unit, practice))
                if short is not None:
                    return min(ONE, max(ZERO, short) / self.parameter["full_gap"])
            return ONE  # unassessed

        def spread(
            values: Mapping[str, Fraction], to: Mapping[str, set[str]]
        ) -> dict[str, Fraction]:
            """The largest over the practices used: 1 for itself, kin_share for the others."""
            largest: dict[str, Fraction] = defaultdict(Fraction)
            for used, value in values.items():
                largest[used] = max(largest[used], value)
                for other in to[used]:
                    largest[other] = max(largest[other], value * self.parameter["kin_share"])
            return dict(largest)

        self.want: dict[Post, dict[str, Fraction]] = {}
        self.fit: dict[Post, dict[str, Fraction]] = {}
        self.craft: dict[Post, dict[str, Fraction]] = {}
        self.relevance: dict[str, dict[Post, Fraction]] = {item: {} for item in self.hours}
        self.holds: dict[str, set[Post]] = {item: set() for item in self.hours}
        for post in self.heads:
            uses = self.uses[post.role]
            gaps = {practice: gap(post, practice) for practice in uses}
            self.want[post] = {p: uses[p] * gaps[p] for p in uses}
            self.fit[post] = fit = spread(self.want[post], kin)
            crafts = {p: uses[p] * (1 + gaps[p]) / 2 for p in uses}
            self.craft[post] = spread(crafts, self.broader)
            for item, weights in self.covers.items():
                fits = (weight * fit[p] for p, weight in weights.items() if p in fit)
                self.relevance[item][post] = total(fits) / (total(weights.values()) or 1)
                used = uses.keys() & weights.keys()
                if used and all(gaps[practice] == 0 for practice in used):
                    self.holds[item].add(post)
        relevant = self.parameter["relevant"]
        self.wanted = {
            item: {post for post, relevance in relevances.items() if relevance >= relevant}
            for item, relevances in self.relevance.items()
        }

    def group_craft(self, posts: Sequence[Post]) -> dict[str, Fraction]:
        """The headcount-weighted mean of the posts' crafts."""
        heads, summed = self.headcount(posts), defaultdict[str, Fraction](Fraction)
        for post in posts:
            for practice, craft in self.craft[post].items():
                summed[practice] += craft * self.heads[post]
        return {practice: craft / heads for practice, craft in summed.items()}

    def closeness(self) -> None:
        """Parts of a unit, their closeness, and the cohesion of every unit."""
        self.children = {  # "with anyone in them"
            unit: [u for u, up in self.above.items() if up[1:2] == [unit] and self.inside[u]]
            for unit in self.above
        }
        parts = {
            unit: [(self.inside[u], self.goal[u]) for u in self.children[unit]]
            + [([post], self.goal[unit]) for post in self.own[unit]]
            for unit in self.above
        }
        self.cohesion: dict[str, Fraction] = {}
        for unit, of in parts.items():
            described = [(self.group_craft(posts), posts, goal) for posts, goal in of]
            closeness, weight = ZERO, ZERO
            for (craft_a, a, goal_a), (craft_b, b, goal_b) in combinations(described, 2):
                both = [
                    sorted((craft_a.get(practice, ZERO), craft_b.get(practice, ZERO)))
                    for practice in craft_a.keys() | craft_b.keys()
                ]
                largest = total(high for _, high in both)
                ruzicka = total(low for low, _ in both) / (largest or 1)
                handed = total(
                    self.heads[x] * self.heads[y] * self.handoff(x, y) for x in a for y in b
                )
                heads = self.headcount(a) * self.headcount(b)
                weight += heads
                closeness += heads * (
                    self.parameter["craft_weight"] * ruzicka
                    + self.parameter["handoff_weight"] * handed / heads
                    + self.parameter["goal_weight"] * (goal_a == goal_b != "")
                )
            self.cohesion[unit] = closeness / weight if weight else ONE

    def cut(self) -> None:
        """Groups, burden, break-even, the widest plateau, which units split, merges."""
        groups = {
            unit: [self.inside[child] for child in children]
            + ([self.own[unit]] if children and self.own[unit] else [])
            for unit, children in self.children.items()
        }
        passed_through = {
            unit
            for unit, of in groups.items()
            if len(of) == 1 and not self.decided("keep whole", unit)
        }
        topics = [(self.hours[item], who) for item, who in self.wanted.items()]
        if not self.hours:  # "each practice that any post uses stands for a one-hour item"
            practices = {practice for post in self.heads for practice in self.uses[post.role]}
            relevant = self.parameter["relevant"]
            for p in practices:
                fits = {post for post, fit in self.fit.items() if fit.get(p, ZERO) >= relevant}
                topics.append((ONE, fits))

        def burden(posts: Sequence[Post]) -> Fraction:
            who = set(posts)
            return total(h * self.headcount(who - wants) for h, wants in topics if who & wants)

        self.breakeven = {
            unit: (burden(self.inside[unit]) - total(map(burden, of))) / (len(of) - 1)
            for unit, of in groups.items()
            if len(of) > 1 and self.cohesion[unit] < self.parameter["cohesive"]
        }
        stays = {
            min(self.breakeven.get(u, ZERO) for u in self.above[unit] if u not in passed_through)
            for unit in self.breakeven
        }
        floor = self.parameter["running_floor"]
        steps = sorted({floor} | {hours for hours in stays if hours > floor})
        widest = max(pairwise(steps), key=lambda pair: (pair[1] / pair[0], pair), default=None)
        self.plateau: tuple[Fraction, Fraction | None] = widest or (floor, None)
        self.running = self.parameter.get("running", self.plateau[0])

        def splits(unit: str) -> bool:
            if self.decided("split", unit) or self.decided("keep whole", unit):
                return len(groups[unit]) > 1 and self.decided("split", unit)
            return len(groups[unit]) > 1 and (
                self.breakeven.get(unit, self.running) > self.running
                or self.headcount(self.inside[unit]) > self.parameter["largest"]
            )

        produced: dict[str, list[Post]] = {}
        reached = [unit for unit, up in self.above.items() if len(up) == 1]
        for unit in reached:  # grows while we go down
            cut = unit in passed_through or splits(unit)
            reached += self.children[unit] if cut else []
            produced[unit] = self.own[unit] if cut else self.inside[unit]
        produced = {unit: posts for unit, posts in produced.items() if posts}
        into = {s: o for k, s, o in self.decisions if k == "merge" and {s, o} <= produced.keys()}
        self.communities: dict[str, list[Post]] = defaultdict(list)
        for unit, posts in produced.items():
            final = unit
            while final in into:
                final = into[final]
            self.communities[final] += posts

    def assign(self) -> None:
        """What goes to whom: by community and item."""
        self.assignments: dict[tuple[str, str], Assignment] = {}
        for community, posts in self.communities.items():
            heads, everybody = self.headcount(posts), set(posts)
            for item, relevance in self.relevance.items():
                score = total(self.heads[post] * relevance[post] for post in posts) / heads
                wants, to = everybody & self.wanted[item], self.mandatory[item]
                reach = self.headcount(wants) / heads
                a = self.assignments[community, item] = Assignment(score, reach)
                bound = {p for p in posts if to in ("everyone", p.role, *self.above[p.unit])}
                if self.decided("exclude", item, community):
                    continue
                if bound:
                    a.level, a.audience = "mandatory", bound | wants
                elif self.decided("assign", item, community):
                    a.level, a.audience = "decided", everybody
                elif reach >= self.parameter["core_reach"]:
                    a.level, a.audience = "core", everybody
                elif reach > 0:
                    a.level, a.audience = "specialist", wants
        first = [(key, frozenset(a.audience)) for key, a in self.assignments.items()]
        for (community, item), audience in first:
            for required in self.requires[item]:
                takers = audience - self.holds[required]
                if takers and not self.decided("exclude", required, community):
                    a = self.assignments[community, required]
                    a.level, a.audience = a.level or "prerequisite", a.audience | takers
        self.assignments = {key: a for key, a in sorted(self.assignments.items()) if a.level}

    def cross(self) -> None:
        """What crosses: overlaps, crossings with their home, teachers."""
        relevant: dict[str, set[str]] = {community: set() for community in self.communities}
        for (community, item), assignment in self.assignments.items():
            if assignment.by_relevance():
                relevant[community].add(item)
        self.overlaps: dict[tuple[str, str], Fraction] = {}
        for a, b in combinations(sorted(relevant), 2):
            both = total(self.hours[item] for item in relevant[a] & relevant[b])
            if both > 0:
                either = total(self.hours[item] for item in relevant[a] | relevant[b])
                self.overlaps[a, b] = both / either

        self.crossings: list[tuple[str, str, str, str]] = []
        heads = {community: self.headcount(posts) for community, posts in self.communities.items()}
        for item in self.hours:
            takers = [community for community in relevant if item in relevant[community]]
            takers.sort(key=lambda c: (-self.assignments[c, item].score, -heads[c], c))
            for other in takers[1:]:
                wanting = self.headcount(self.wanted[item].intersection(self.communities[other]))
                enough = max(Fraction(3), heads[other] / 10)
                kind = "shared" if wanting >= enough else "on request"
                self.crossings.append((item, takers[0], other, kind))
        self.teachers = [
            (item, str(post))
            for item, holders in self.holds.items()
            for post in holders
            if any(self.uses[post.role].get(p, ZERO) >= HALF for p in self.covers[item])
        ]

    def participate(self) -> None:
        """Members: affinity, participation in one's own community, brokers to another."""
        craft = {
            community: self.group_craft(posts) for community, posts in self.communities.items()
        }

        def affinity(post: Post, community: str) -> Fraction:
            own, theirs = self.craft[post], craft[community]
            shared = total(min(much, theirs.get(p, ZERO)) for p, much in own.items())
            return shared / (total(own.values()) or 1)

        def participation(post: Post, home: str) -> str:
            core, own = self.parameter["core_affinity"], affinity(post, home)
            return "core" if own >= core else "active" if own >= core / 2 else "peripheral"

        def brokers(post: Post, home: str, other: str) -> bool:
            if any(self.handoff(post, there) >= HALF for there in self.communities[other]):
                return True
            overlap = {(home, other), (other, home)} & self.overlaps.keys()
            return bool(overlap) and affinity(post, other) >= self.parameter["broker_affinity"]

        self.participation = {
            str(post): participation(post, home)
            for home, posts in self.communities.items()
            for post in posts
        }
        self.brokers = [
            (str(post), home, other)
            for home, other in permutations(self.communities, 2)
            for post in self.communities[home]
            if brokers(post, home, other)
        ]

    def miss(self) -> None:
        """What is missing: wanted practices without an item on them or their kin; idle items."""
        covered = {practice for weights in self.covers.values() for practice in weights}
        self.uncovered: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for community, posts in self.communities.items():
            for post in posts:
                for practice, want in self.want[post].items():
                    kin = self.kin(practice) | {practice}
                    if want >= self.parameter["relevant"] and not covered & kin:
                        self.uncovered[community, practice] += self.heads[post]
        self.idle = self.hours.keys() - {item for _, item in self.assignments}
        self.assigned, self.superfluous = ZERO, ZERO
        for (_, item), a in self.assignments.items():
            useless = set() if a.level == "mandatory" else a.audience - self.wanted[item]
            self.assigned += self.hours[item] * self.headcount(a.audience)
            self.superfluous += self.hours[item] * self.headcount(useless)

    def expected(self) -> dict[str, Any]:
        """In the shape of `expected.json`."""

        def named(columns: str, rows: Iterable[tuple[object, ...]]) -> list[dict[str, object]]:
            return [dict(zip(columns.split(), row, strict=True)) for row in sorted(rows)]

        lowest, highest = self.plateau
        everything = total(self.hours.values()) * self.headcount(self.heads)
        return {
            "running": float(self.running),
            "plateau": [float(lowest), None if highest is None else float(highest)],
            "breakeven": {unit: float(hours) for unit, hours in self.breakeven.items()},
            "cohesion": {unit: float(value) for unit, value in self.cohesion.items()},
            "communities": {
                community: sorted(map(str, posts))
                for community, posts in sorted(self.communities.items())
            },
            "assignments": named(
                "community item level score reach audience",
                (
                    (*key, a.level, float(a.score), float(a.reach), sorted(map(str, a.audience)))
                    for key, a in self.assignments.items()
                ),
            ),
            "crossings": named("item home other kind", self.crossings),
            "participation": dict(sorted(self.participation.items())),
            "brokers": named("post home other", self.brokers),
            "teachers": named("item post", self.teachers),
            "uncovered": named(
                "community practice heads",
                ((*key, float(heads)) for key, heads in self.uncovered.items()),
            ),
            "idle": sorted(self.idle),
            "overlaps": named(
                "a b share", ((*pair, float(share)) for pair, share in self.overlaps.items())
            ),
            "hours": {
                "assigned": float(self.assigned),
                "superfluous": float(self.superfluous),
                "everything_to_everyone": float(everything),
            },
        }


def conclude(folder: Path) -> dict[str, Any]:
    return Reading(folder).expected()
