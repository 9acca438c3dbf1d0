"""Where an export goes: whole or not at all, and never over what somebody else has written."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from cop_expert.files import moved_into
from cop_expert.model.diagnostic import Diagnostic, KnowledgeProblem
from cop_expert.model.origin import Origin

Make = Callable[[Path], None]
RECORD = ".cop/exports.json"


def put(path: Path, make: Make, engagement: Path, force: bool = False) -> None:
    """Have a file or a folder made, and put it there; raises KnowledgeProblem where it may not.

    The engagement keeps a record of what was written where. With `force` a file that is not in it
    is replaced; files are put into a folder that is not in it, among what else is there.
    """
    record = engagement / RECORD
    ours = path.exists() and _recorded(record).get(str(path.resolve())) == _digest(path)
    if path.exists() and not (ours or force):
        raise KnowledgeProblem([_not_ours(path)])
    if path.is_dir() and not ours:
        _put_into(path, make)
    else:
        with moved_into(path) as unfinished:
            make(unfinished)
            if path.is_dir() and unfinished.is_file():
                raise KnowledgeProblem([_folder(path)])
    _write_down(path, record)


def _put_into(folder: Path, make: Make) -> None:
    with TemporaryDirectory(prefix=".export.", dir=folder) as aside:
        made = Path(aside) / "made"
        make(made)
        if made.is_file():
            raise KnowledgeProblem([_folder(folder)])
        for path in sorted(made.rglob("*")):
            target = folder / path.relative_to(made)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                path.replace(target)


def _not_ours(path: Path) -> Diagnostic:
    return Diagnostic(
        "not-ours",
        "this was not written by an export, or was changed since, and is left as it is",
        Origin(path.as_posix()),
        "name another place; --force writes here all the same",
    )


def _folder(path: Path) -> Diagnostic:
    return Diagnostic(
        "not-ours",
        "this is a folder, and what is exported is a file",
        Origin(path.as_posix()),
        "name a file",
    )


def _recorded(record: Path) -> dict[str, str]:
    """What was written where, by its digest; nothing where that cannot be read."""
    try:
        return msgspec.json.decode(record.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def _write_down(path: Path, record: Path) -> None:
    """A folder that cannot be written to keeps no record: then nothing is overwritten."""
    there = {place: digest for place, digest in _recorded(record).items() if Path(place).exists()}
    there[str(path.resolve())] = _digest(path)
    try:
        with moved_into(record) as unfinished:
            unfinished.write_bytes(msgspec.json.encode(there, order="sorted"))
    except OSError:
        return


def _digest(path: Path) -> str:
    """A hash of all that is in a file or folder."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        digest.update(f"\0{file.relative_to(path).as_posix()}\0".encode())
        if file.is_file():
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
