"""Choices of cut in, what the terminal is told of them out."""

from collections.abc import Iterator

from cop_expert.report.choices import Choice, Choices, Turn
from cop_expert.report.known import Known
from cop_expert.report.phrases import Phrases
from cop_expert.report.text_table import TextTable

NAMED = 4
"""Units that a sentence names; the rest is counted."""


def choices_text(found: Choices, known: Known, words: Phrases) -> str:
    """The table, then what the cut in force rests on and what is next to it."""
    topic = words.wording.topics["granularity"]
    rows = tuple(_row(choice, known, words) for choice in found.choices)
    table = TextTable(topic.title, topic.headings if rows else (topic.nothing,), rows)
    return "\n".join([table.as_text(), *_sentences(found, known, words), ""])


def _row(choice: Choice, known: Known, words: Phrases) -> tuple[str, ...]:
    stretch, wording = choice.stretch, words.wording.choices
    least, most = known.plain(choice.smallest), known.plain(choice.largest)
    marks = {wording.in_force: stretch.in_force, wording.widest: stretch.is_widest}
    return (
        known.exact(stretch.low, "Amount"),
        "" if stretch.high is None else known.exact(stretch.high, "Amount"),
        words.number(f"{stretch.communities:,}"),
        least if least == most else f"{least}–{most}",
        known.plain(choice.assigned),
        known.plain(choice.superfluous),
        words.number(f"{choice.crossings:,}"),
        words.number(f"{choice.best:,}"),
        ", ".join(mark for mark, is_so in marks.items() if is_so),
    )


def _sentences(found: Choices, known: Known, words: Phrases) -> Iterator[str]:
    wording, choice = words.wording.choices, found.in_force
    if found.unlisted:
        yield wording.unlisted.format(n=words.number(f"{found.unlisted:,}")) + "\n"
    if choice is None:
        return
    running = known.exact(found.running, "Hours")
    yield (wording.as_set if found.is_set else wording.as_found).format(running=running)
    for pattern, turn, sign in (
        (wording.finer, found.finer, 1),
        (wording.coarser, found.coarser, -1),
    ):
        if turn and turn.units:
            yield _turn(pattern, turn, sign, known, words)
    yield from _best(choice, known, words)


def _turn(pattern: str, turn: Turn, sign: int, known: Known, words: Phrases) -> str:
    units = list(turn.units[:NAMED])
    if len(turn.units) > NAMED:
        units.append(words.more(len(turn.units) - NAMED))
    return pattern.format(
        running=known.exact(turn.running, "Hours"),
        units=", ".join(units),
        communities=words.number(f"{sign * turn.communities:+,}".replace("-", "−")),
        hours=("−" if sign > 0 else "+") + known.plain(turn.wasted),
    )


def _best(choice: Choice, known: Known, words: Phrases) -> Iterator[str]:
    """Whether another cut would come to less, and why the rules do not choose it."""
    wording = words.wording.choices
    said = {
        "running": known.exact(choice.running, "Hours"),
        "saved": known.amount(choice.saved, "Hours"),
        "best": words.number(f"{choice.best:,}"),
        "communities": words.number(f"{choice.stretch.communities:,}"),
    }
    yield (wording.differs if choice.left else wording.is_best).format(**said)
    for left in choice.left[:NAMED]:
        pattern = wording.cohesive if left.is_cohesive else wording.further_down
        cohesion = known.amount(left.cohesion, "Share")
        yield f"  {pattern.format(unit=left.unit, cohesion=cohesion)}"
    if len(choice.left) > NAMED:
        yield f"  {words.more(len(choice.left) - NAMED)}"
