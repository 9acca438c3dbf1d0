"""Text as people type it: tidied, compared and shown again."""

import re
from unicodedata import normalize

# Marks that cannot be seen and that a copy from a web page or a byte-order mark leaves behind.
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
UNCALCULATED = "\x1a"
"""What stands for the value of a formula that has none: no file can hold it in a cell."""
FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet would run as a formula, or takes for a text by the mark in front of one."""
SHOWN = 60
"""The most characters of a cell that a message repeats."""


def tidy(text: str) -> str:
    """One composed form of each letter, no blanks around, one between words, no mark of a text."""
    if not text.isascii():
        text = normalize("NFC", text.translate(INVISIBLE))
    return unguarded(" ".join(text.split()))


def guarded(text: str) -> str:
    """A text that no spreadsheet runs as a formula: with a mark in front that says it is a text."""
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text without that mark."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def plain(heading: str) -> str:
    """What two headings have in common that differ in case, blanks, hyphens or underscores."""
    return re.sub(r"[\s_-]+", "", tidy(heading)).casefold()


def shown(text: str) -> str:
    """The text between quotation marks, cut where it is long, on one line in any terminal."""
    return f"'{printable(text if len(text) <= SHOWN else text[: SHOWN - 1] + '…')}'"


def printable(text: str) -> str:
    """The text without what would move the cursor, turn the writing round or break the line."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def listed(words: list[str], last: str = "and") -> str:
    """`a, b and c`."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def with_article(noun: str) -> str:
    """`a unit`, `an item`."""
    sound = noun.casefold()
    takes_an = sound.startswith(tuple("aeiou")) and not sound.startswith(("uni", "use", "eu"))
    return f"an {noun}" if takes_an else f"a {noun}"
