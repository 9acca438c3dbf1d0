"""What was worked out once is kept under a hash of all that it was worked out from.

A run's conclusions lie in the engagement's folder `.cop/`, the standard knowledge as it was read
in one beside its own files. Whatever is kept is written aside and moved into place whole; what is
missing, damaged or made from other files is worked out anew, so deleting it loses nothing.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from cop_expert.facts import FactBase
from cop_expert.files import DamagedFacts, moved_into
from cop_expert.fingerprint import FOLDER, fingerprint_of_standard, program
from cop_expert.resources import resource

ABANDONED = 3600
"""Seconds after which a file that was never moved into place was left by a run that is gone."""
T = TypeVar("T")


# A run's fact base


def kept_facts(folder: Path, fingerprint: str) -> FactBase | None:
    """The fact base that was kept for these inputs; None where there is none that can be read."""
    from cop_expert.database import duckdb

    path = _place(folder, fingerprint)
    try:
        return FactBase.open(path) if path.is_file() else None
    except (OSError, duckdb.Error, DamagedFacts, LookupError, msgspec.DecodeError):
        return None


def keep_facts(facts: FactBase, folder: Path, fingerprint: str) -> None:
    """Keep a run for the next question, in place of the one before.

    A folder that cannot be written to, or a disk that is full, just keeps nothing.
    """
    from cop_expert.database import duckdb

    place = _place(folder, fingerprint)
    try:
        with moved_into(place) as unfinished:
            facts.save(unfinished)
        _tidy(place)
    except (OSError, duckdb.Error):
        return


def _place(folder: Path, fingerprint: str) -> Path:
    return folder / FOLDER / f"{fingerprint}.duckdb"


def kept_answer(folder: Path, fingerprint: str, name: str, kind: type[T]) -> T | None:
    """What was worked out of a run before by this very program, and kept under the name."""
    try:
        key, _, kept = _answer(folder, fingerprint, name).read_bytes().partition(b"\n")
        return msgspec.json.decode(kept, type=kind) if key.decode() == program() else None
    except (OSError, ValueError):
        return None


def keep_answer(folder: Path, fingerprint: str, name: str, answer: object) -> None:
    """Keep what was worked out of a run, as long as its inputs stay the same."""
    place = _answer(folder, fingerprint, name)
    try:
        with moved_into(place) as unfinished:
            unfinished.write_bytes(program().encode() + b"\n" + msgspec.json.encode(answer))
    except OSError:
        return


def _answer(folder: Path, fingerprint: str, name: str) -> Path:
    return folder / FOLDER / f"{fingerprint}.{name}.json"


def _tidy(kept: Path) -> None:
    """Drop older runs and answers, and what runs have left that were killed."""
    for path in [*kept.parent.glob("*.duckdb*"), *kept.parent.glob("*.json*")]:
        unfinished = path.name.startswith(".")
        is_old = time.time() - path.stat().st_mtime > ABANDONED
        if not path.name.startswith(kept.stem) and (is_old or not unfinished):
            path.unlink(missing_ok=True)


# The standard knowledge


def kept_or_made(name: str, kind: type[T], make: Callable[[], T]) -> T:
    """What was made of the standard files before, else made now and kept for the next time."""
    found = kept_standard(name, kind)
    if found is None:
        found = make()
        keep_standard(name, found)
    return found


def kept_standard(name: str, kind: type[T]) -> T | None:
    """What this very program made of the standard files, and kept under the name."""
    try:
        key, _, kept = _standard(name).read_bytes().partition(b"\n")
        return msgspec.json.decode(kept, type=kind) if key == _standard_key() else None
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return None


def keep_standard(name: str, made: object) -> None:
    """Keep what was made of the standard files; where that cannot be, it is just made again."""
    try:
        with moved_into(_standard(name)) as unfinished:
            unfinished.write_bytes(_standard_key() + b"\n" + msgspec.json.encode(made))
    except OSError:
        return


def _standard(name: str) -> Path:
    return resource("kb") / FOLDER / name


def _standard_key() -> bytes:
    return (fingerprint_of_standard() + program()).encode()
