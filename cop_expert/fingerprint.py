"""Hashes by which one tells whether anything has changed of what conclusions rest on.

This room loads nothing: the files are hashed while the engine is still being loaded. Files that
look as they did when they were hashed before, by their sizes and times, are not hashed again.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread

from cop_expert import __version__
from cop_expert.resources import PACKAGE, resource

INPUTS = (
    "engagement.toml",
    "tables/*",
    "imports/*",
    "imports/*/*",
    "*.[xX][lL][sS][xX]",
    "knowledge/*",
    "rules/*.rules",
)
FOLDER = ".cop"
"""Where an engagement's conclusions are kept."""
SEEN = "seen"
"""The file there with the hash of the inputs, and how they looked."""
SETTLED = 3_000_000_000
"""Nanoseconds that a file must have stayed as it is: a later change could bear the same time."""
CHUNK = 16_000_000
"""Bytes that are hashed at a time: after each, a thread waits for its turn."""
Found = list[tuple[str, os.stat_result]]
"""How files look, after their names wherever the folder lies."""


class Hashing(Thread):
    """Hashes a folder's files meanwhile; what goes wrong is left to whoever needs the hash."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.fingerprint = ""
        self.start()

    def run(self) -> None:
        with suppress(OSError):
            self.fingerprint = fingerprint_of(self.folder)


def fingerprint_of(folder: Path) -> str:
    """Hash of all that conclusions rest on: the same wherever the folder lies."""
    inputs = sorted(path for pattern in INPUTS for path in folder.glob(pattern) if path.is_file())
    files = [(path.relative_to(folder).as_posix(), path) for path in inputs]
    files += [(f"standard/{path.name}", path) for path in standard_files()]
    found = [(name, path.stat()) for name, path in files]
    return _seen(folder, found) or _see(folder, found, _hash(files))


def _seen(folder: Path, found: Found) -> str:
    """The hash of before; nothing where a file looks otherwise."""
    with suppress(OSError, ValueError):
        fingerprint, seal = (folder / FOLDER / SEEN).read_text("ascii").split()
        if seal == _seal(fingerprint, found):
            return fingerprint
    return ""


def _see(folder: Path, found: Found, fingerprint: str) -> str:
    """Remember the hash, where something is kept anyway and nobody is just writing."""
    from cop_expert.files import write_whole

    changed = max(max(look.st_mtime_ns, look.st_ctime_ns) for _, look in found)
    if (folder / FOLDER).is_dir() and time.time_ns() - changed > SETTLED:
        with suppress(OSError):
            text = f"{fingerprint} {_seal(fingerprint, found)}"
            write_whole(folder / FOLDER / SEEN, text.encode())
    return fingerprint


def _seal(fingerprint: str, found: Found) -> str:
    """Fits a hash and how the files looked that have it, and no other."""
    digest = hashlib.sha256(f"{__version__}\0{fingerprint}".encode())
    for name, look in found:
        digest.update(f"\0{name}\0{look.st_size}\0{look.st_mtime_ns}\0".encode())
        digest.update(f"{look.st_ctime_ns}\0{look.st_ino}".encode())
    return digest.hexdigest()


@cache
def fingerprint_of_standard() -> str:
    """Hash of the standard knowledge alone."""
    return _hash((path.name, path) for path in standard_files())


def standard_files() -> list[Path]:
    """The standard ontologies, then the files of the standard rulebook in order of reasoning."""
    ontologies = [resource("kb/cop.ttl"), resource("kb/cop-align.ttl")]
    return [*ontologies, *sorted(resource("rules").glob("*.rules"))]


@cache
def program() -> str:
    """What tells this very program from any other, so that its change is one of everything.

    As Python does for what it has compiled, by when its files were written, and their sizes.
    """
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".lark")):
        found, name = path.stat(), path.relative_to(PACKAGE).as_posix()
        digest.update(f"\0{name}\0{found.st_mtime_ns}\0{found.st_size}".encode())
    return digest.hexdigest()[:32]


def _hash(files: Iterable[tuple[str, Path]]) -> str:
    digest = hashlib.sha256(__version__.encode())
    for name, path in files:
        content = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                content.update(chunk)
        digest.update(f"\0{name}\0".encode() + content.digest())
    return digest.hexdigest()[:32]
