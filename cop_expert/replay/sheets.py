"""The client's own files: whether a row holds what a fact read from it says."""

import unicodedata
from pathlib import Path

from cop_expert.facts import FactBase
from cop_expert.model.origin import Origin
from cop_expert.model.proof import Proof


class Sheets:
    """Looks rows up in the text files of one folder."""

    def __init__(self, folder: Path, facts: FactBase) -> None:
        self.folder = folder
        self.facts = facts
        self._lines: dict[str, list[str]] = {}

    def hold(self, proof: Proof, origin: Origin) -> bool:
        """Whether the row holds every name of the fact, as itself or as what it identifies.

        True of files other than CSV. A composed name need not stand there: its parts do.
        """
        if not origin.source.endswith(".csv"):
            return True
        template = self.facts.vocabulary.templates[proof.template]
        row = _folded(self._row(origin))
        named = [f for f in template.fields if not (template.naming and f.name == template.itself)]
        return all(
            _folded(value) in row or _folded(self.facts.names.label(value)) in row
            for field in named
            if isinstance(value := proof.values[field.name], str) and value != field.default
        )

    def _row(self, origin: Origin) -> str:
        """The line, and those after it into which a cell in quotation marks goes on."""
        if origin.source not in self._lines:
            raw = (self.folder / origin.source).read_bytes()
            self._lines[origin.source] = _decoded(raw).splitlines(keepends=True)
        row = ""
        for line in self._lines[origin.source][origin.line - 1 :]:
            row += line
            if row.count('"') % 2 == 0:
                break
        return row.replace('""', '"')


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
