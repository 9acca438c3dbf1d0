"""A content and a path in, a file that is whole or not there at all out."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file, then put it in its place."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
