"""Text that somebody else wrote in, the same out as text and nothing more."""

import re

MARKED = re.compile(r"[\\`*_\[\]<>|~#$&]|^[-+=]")
"""What Markdown would read as more than text."""
NUMBERED = re.compile(r"^(\d+)(?=[.)](?:\s|$))")
"""A number at the front that would begin a list."""
ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Without control characters, changes of the direction of writing, halves of characters."""
    return UNPRINTABLE.sub(" ", text)


def escape_markdown(text: str) -> str:
    """As Markdown shows it."""
    escaped = MARKED.sub(lambda found: ENTITIES.get(found[0], f"\\{found[0]}"), text)
    return NUMBERED.sub(r"\1\\", escaped)
