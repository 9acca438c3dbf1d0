"""Hashes by which one tells whether anything has changed of what conclusions rest on.

This room loads nothing: the files are hashed while the engine is still being loaded.
"""

import hashlib
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
CHUNK = 16_000_000
"""Bytes that are hashed at a time: after each, a thread waits for its turn."""


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
    named = [(path.relative_to(folder).as_posix(), path) for path in inputs]
    return _hash([*named, *((f"standard/{path.name}", path) for path in standard_files())])


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
