"""A published catalogue of occupations in, practices and role profiles on our scale out.

O*NET rates importance and level; ESCO tells essential from optional; NICE and CASE list what
belongs together. What comes out is the same for all: rows for our own tables.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from io import StringIO
from pathlib import Path

from msgspec import Struct

from cop_expert.load.csv_file import UnreadableFile
from cop_expert.load.words import tidy
from cop_expert.model.arithmetic import to_decimal
from cop_expert.model.diagnostic import did_you_mean

CERTAIN = 0.9
"""How well a title must fit a role's name for it to be taken without asking."""
NEAR = 0.5
FILLING = {"and", "or", "of", "the", ""}
EVERY = "*"
"""Stands for all occupations, each a role by its title."""


Table = tuple[list[str], list[list[str]]]
"""Headings and rows."""


class Rating(Struct, frozen=True, order=True):
    """How much a practice matters to an occupation, in millionths."""

    occupation: str
    """Its code."""
    practice: str
    importance: int = 1_000_000
    level: int | None = None
    """How well it has to be mastered; None: the catalogue does not say."""


class Practice(Struct, frozen=True):
    """Something that people do, as a catalogue names it."""

    name: str
    code: str
    broader: str = ""
    """The name of what it is part of."""


class Catalogue(Struct, frozen=True):
    """What a catalogue holds of occupations; what it says of them is read when it is asked."""

    name: str
    """As people call it: `O*NET`."""
    occupations: dict[str, str]
    """Titles by code."""
    profiles: Callable[[set[str]], tuple[list[Practice], list[Rating]]]
    """Practices and ratings of these occupations."""


class NoMatch(Exception):
    """A role or an occupation that is not there, and what to do about it."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class Choice(Struct, frozen=True):
    """An occupation for a role."""

    role: str
    code: str
    title: str
    likeness: float
    others: tuple[str, ...] = ()
    """Further occupations that would fit nearly as well: `35-2014.00 Cooks, Restaurant`."""

    @property
    def is_certain(self) -> bool:
        return self.likeness >= CERTAIN


class Profiles(Struct, frozen=True):
    """The tables that were made: by file name, headings and rows."""

    tables: dict[str, Table]
    left_out: int
    """How many ratings fall below the least importance asked for."""


def open_catalogue(path: Path) -> Catalogue | None:
    """The catalogue that lies there; None where it is none; raises UnreadableFile."""
    from cop_expert.load.esco import open_esco
    from cop_expert.load.frameworks import open_framework
    from cop_expert.load.onet import open_onet

    for open_it in (open_onet, open_esco, open_framework):
        if found := open_it(path):
            if not found.occupations:
                raise UnreadableFile(f"there are no occupations in this {found.name} catalogue")
            return found
    return None


# Which occupation is meant


def choose(wish: str, catalogue: Catalogue) -> Choice:
    """`Chef=35-1011.00`, `Chef=head cook` or just `Chef`; raises NoMatch."""
    role, _, said = map(tidy, wish.partition("="))
    said = said or role
    if said in catalogue.occupations:
        return Choice(role, said, catalogue.occupations[said], 1.0)
    scores = sorted(
        ((-_likeness(said, title), title, code) for code, title in catalogue.occupations.items())
    )
    (best, title, code), *rest = scores[:4]
    if -best < NEAR:
        raise NoMatch(
            f"{catalogue.name} has no occupation like '{said}'",
            "name one by its title or its code, as in --role 'Chef=35-1011.00'",
        )
    others = tuple(f"{c} {t}" for score, t, c in rest if -score >= NEAR)
    return Choice(role, code, title, -best, others)


def choices_for(wishes: Sequence[str], roles: list[str], catalogue: Catalogue) -> list[Choice]:
    """What is wished for; without wishes, whatever is like one of the roles; raises NoMatch."""
    if not wishes:
        return list(_likely(roles, catalogue))
    choices = [choose(wish, catalogue) for wish in wishes]
    for choice in choices:
        if choice.role not in roles:
            near = did_you_mean(choice.role, roles)
            advice = near or "it must stand in the table roles first"
            raise NoMatch(f"there is no role '{choice.role}' in the engagement", advice)
    return choices


def _likely(roles: list[str], catalogue: Catalogue) -> Iterator[Choice]:
    for role in roles:
        with suppress(NoMatch):
            yield choose(role, catalogue)


def _likeness(said: str, title: str) -> float:
    """1 for the same words, less for words in common, whatever their order and number."""
    one, other = _words(said), _words(title)
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    best = [max(SequenceMatcher(None, word, w).ratio() for w in other) for word in sorted(one)]
    covered = sum(score for score in best if score > 0.8) / len(one)
    return min(0.99, 0.85 * covered + 0.14 * len(one) / max(len(one), len(other)))


def _words(text: str) -> frozenset[str]:
    bare = "".join(c if c.isalnum() else " " for c in text.casefold())
    return frozenset(word.removesuffix("s") for word in bare.split()) - FILLING


# What is made of it


def profiles(choices: Iterable[Choice], catalogue: Catalogue, least: int) -> Profiles:
    """Tables of practices, profiles and needed levels; ratings below `least` are left out."""
    roles: dict[str, list[str]] = {}
    for choice in choices:
        roles.setdefault(choice.code, []).append(choice.role)
    practices, ratings = catalogue.profiles(set(roles))
    kept = [rating for rating in ratings if rating.importance >= least]
    used = {rating.practice for rating in kept}
    pairs = sorted((role, rating) for rating in kept for role in roles[rating.occupation])
    tables: dict[str, Table] = {
        "practices.csv": (
            ["practice", "broader", "same as"],
            list(_practice_rows(practices, used, catalogue.name)),
        ),
        "role_practices.csv": (
            ["role", "practice", "importance"],
            [[role, rating.practice, _said(rating.importance)] for role, rating in pairs],
        ),
    }
    levels = [(role, rating) for role, rating in pairs if rating.level is not None]
    if levels:
        tables["needs.csv"] = (
            ["role", "practice", "required", "source"],
            [[role, r.practice, _said(r.level or 0), catalogue.name] for role, r in levels],
        )
    return Profiles(tables, len(ratings) - len(kept))


def every(catalogue: Catalogue) -> list[Choice]:
    """Each occupation as a role by its title."""
    occupations = sorted(catalogue.occupations.items())
    return [Choice(title, code, title, 1.0) for code, title in occupations]


def units_of(choices: Iterable[Choice], catalogue: Catalogue) -> dict[str, Table]:
    """A post for each occupation, in a unit for each of the groups that codes begin with."""
    places = {}
    for choice in choices:
        group = choice.code.partition("-")[0] if choice.code[:1].isdigit() else ""
        places[choice.role] = f"{catalogue.name} {group}".strip()
    return {
        "units.csv": (["unit"], [[unit] for unit in sorted(set(places.values()))]),
        "roles.csv": (["role", "unit"], [list(pair) for pair in sorted(places.items())]),
    }


def _practice_rows(practices: list[Practice], used: set[str], name: str) -> Iterator[list[str]]:
    by_name = {practice.name: practice for practice in practices}
    wanted = sorted(used)
    for practice in wanted:
        found = by_name.get(practice)
        if found and found.broader and found.broader not in used:
            used.add(found.broader)
            wanted.append(found.broader)
    for practice in sorted(used):
        found = by_name.get(practice, Practice(practice, ""))
        broader = found.broader if found.broader != practice else ""
        yield [practice, broader, f"{name} {found.code}".strip() if found.code else ""]


def _said(millionths: int) -> str:
    return f"{to_decimal(millionths):f}"


def remember_profiles(folder: Path, tables: dict[str, Table]) -> list[Path]:
    """Write the tables into a folder of their own, beside what was taken for other roles before."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (headings, rows) in tables.items():
        path = folder / name
        kept = _kept(path, headings, rows) if path.exists() else []
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([headings, *sorted([*kept, *rows])])
        unfinished = path.with_name(f".{name}")
        unfinished.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="\n")
        unfinished.replace(path)
        written.append(path)
    return written


def _kept(path: Path, headings: list[str], rows: list[list[str]]) -> list[list[str]]:
    """The rows of before about what the new ones are not about."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        before, *old = list(csv.reader(file)) or [[]]
    new = {row[0] for row in rows}
    return [row for row in old if row[:1] and row[0] not in new] if before == headings else []
