"""A text in, what XML may hold of it out."""

import re

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def in_xml(text: str) -> str:
    """Without the control characters, halves of characters and non-characters of XML 1.0."""
    return NOT_XML.sub("\ufffd", text)
