"""A text and a path in, a file that is whole or not there at all out."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write beside the file, then put it in its place; UTF-8, lines end with a line feed."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
