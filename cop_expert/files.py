"""Files and folders that are written whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DamagedFacts(Exception):
    """A kept fact base cannot be read; the run must be made anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(path)


@contextmanager
def moved_into(place: Path) -> Iterator[Path]:
    """A path beside the place, to be made a file or a folder, which is then moved into it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    from secrets import token_hex  # heavy, and needed only where something is written

    unfinished = place.with_name(f".{place.name[:100]}.{token_hex(8)}")
    try:
        yield unfinished
        _exchange(place, unfinished)
    finally:
        for left in place.parent.glob(f"{unfinished.name}*"):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink(missing_ok=True)


def write_whole(place: Path, content: bytes) -> None:
    """The file with this content; its folder is made where there is none."""
    try:
        with moved_into(place) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:  # nobody knows the unfinished file by its name
        raise OSError(error.errno, error.strerror, str(place)) from error


def _exchange(place: Path, unfinished: Path) -> None:
    """A folder cannot be replaced while there is anything in it, so it steps aside."""
    if not place.is_dir():
        unfinished.replace(place)
        return
    aside = unfinished.with_name(f"{unfinished.name}.aside")
    place.rename(aside)
    try:
        unfinished.replace(place)
    except OSError:
        aside.rename(place)
        raise
