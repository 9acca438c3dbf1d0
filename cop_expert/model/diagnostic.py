"""A problem that an author can mend, as a value: collected, sorted and shown all at once."""

from collections.abc import Iterable
from difflib import get_close_matches

from msgspec import Struct

from cop_expert.model.origin import Origin


class Diagnostic(Struct, frozen=True):
    """One thing that is wrong (or worth a look), where, and what to do about it."""

    code: str
    """A stable name that the reference page explains: `unknown-reference`."""
    message: str
    """What is wrong, in the words of the file that is wrong."""
    origin: Origin
    help: str = ""
    """What to do."""
    second: Origin | None = None
    """The other place, where two clash."""
    second_says: str = ""
    """What stands at the other place: "first defined here"."""
    warning: bool = False
    """True where the run goes on all the same."""

    def __str__(self) -> str:
        severity = "warning" if self.warning else "error"
        lines = [f"{self.origin}: {severity}[{self.code}]: {self.message}"]
        if self.second:
            lines.append(f"  {self.second}: {self.second_says}")
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)


class KnowledgeProblem(Exception):
    """Raised once per stage with every diagnostic that the stage collected."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once, by place, and at one place by what is said."""

    def place(found: Diagnostic) -> tuple[Origin, bool, str, str, str]:
        goes_on = found.code == "more-problems"  # after those that are listed
        return found.origin, goes_on, found.code, found.message, str(found)

    return sorted(set(diagnostics), key=place)


def stop_at_errors(diagnostics: Iterable[Diagnostic]) -> None:
    """Raise `KnowledgeProblem` with all diagnostics where one of them is an error."""
    found = list(diagnostics)
    if any(not diagnostic.warning for diagnostic in found):
        raise KnowledgeProblem(found)


def did_you_mean(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """`did you mean 'Hot station'?`, or nothing where no known name comes near.

    `alike` is how near it must come, from 0 to 1.
    """
    by_fold = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    close = get_close_matches(name.casefold(), by_fold, n=1, cutoff=alike)
    return f"did you mean '{by_fold[close[0]]}'?" if close else ""
