"""How the conclusions were reached, and what the client's own rules add to them."""

from typing import Protocol

from msgspec import Struct

from cop_expert.report.reasons import Sentence
from cop_expert.report.view.setting import Setting


class Manifest(Protocol):
    """What a document says about the run that it reports on."""

    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def given(self) -> int: ...
    @property
    def replaced(self) -> tuple[str, ...]: ...


class Addition(Struct, frozen=True):
    """What the engagement's own rules conclude."""

    label: str
    count: int
    said: tuple[Sentence, ...]


class Principle(Struct, frozen=True):
    """What justifies some rules of a topic, and what these conclude."""

    basis: str
    concludes: tuple[str, ...]


class RuleFile(Struct, frozen=True):
    """A topic of the rulebook."""

    topic: str
    rules: int
    principles: tuple["Principle", ...]
    is_own: bool


class Input(Struct, frozen=True):
    """A file that the strategy was made from."""

    file: str
    hash: str
    """The first digits of its SHA-256."""


class Method(Struct, frozen=True):
    """How the conclusions were reached; the same from either engine."""

    files: tuple[RuleFile, ...]
    replaced: tuple[str, ...]
    settings: tuple[Setting, ...]
    """The parameters that the engagement sets."""
    inputs: tuple[Input, ...]
    version: str
    fingerprint: str
    given: int
    concluded: int
