"""What is wrong with the tables: so much of it as a person reads, the rest counted."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypeVar

from cop_expert.model.diagnostic import Diagnostic, in_order

LIMIT = 100
"""The most problems that are listed for one file."""
DESCRIBED = LIMIT + 1
"""So many of a kind are described: the last one is where the list is cut."""
Row = TypeVar("Row")


class Findings:
    """Collects diagnostics; a column that is wrong throughout costs no more than one that is not.

    A file's list is by line, so that no pass over it needs to describe more than its first few.
    """

    def __init__(self) -> None:
        self._described: list[Diagnostic] = []
        self._counted: Counter[str] = Counter()
        self._lock = Lock()

    def add(self, *found: Diagnostic) -> None:
        self._described += found

    def add_rows(
        self,
        source: str,
        rows: Sequence[Row],
        describe: Callable[[Row], Diagnostic],
        number: int | None = None,
    ) -> None:
        """One problem of the same kind for each row, in order; `number` where there are more."""
        described = rows[:DESCRIBED]
        self._described += map(describe, described)
        with self._lock:  # several files are read at a time
            self._counted[source] += max(number or 0, len(rows)) - len(described)

    def diagnostics(self) -> list[Diagnostic]:
        """All files' problems by place, each file's list cut where it grows too long."""
        by_source: dict[str, list[Diagnostic]] = defaultdict(list)
        for found in in_order(self._described):
            by_source[found.origin.source].append(found)
        return [
            found
            for source, listed in by_source.items()
            for found in _cut(listed, self._counted[source])
        ]


def _cut(listed: list[Diagnostic], more: int) -> list[Diagnostic]:
    if len(listed) <= LIMIT:
        return listed
    more += len(listed) - LIMIT
    problems = "problem follows" if more == 1 else "problems follow"
    last = Diagnostic(
        "more-problems",
        f"{more:,} more {problems} in this file from here on",
        listed[LIMIT].origin,
        "mend the ones above first: many may have the same cause",
    )
    return [*listed[:LIMIT], last]
