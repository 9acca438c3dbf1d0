"""Differences in, lines of text out."""

from collections.abc import Iterator

from cop_expert.model.difference import Difference, Differences, Input
from cop_expert.model.template import Vocabulary
from cop_expert.report.phrases import Phrases, capital, phrases


def differences_text(found: Differences, vocabulary: Vocabulary, language: str = "en") -> str:
    """What is given otherwise, then what is concluded otherwise, kind by kind."""
    return "\n".join(_lines(found, vocabulary, phrases(language))) + "\n"


def _lines(found: Differences, vocabulary: Vocabulary, words: Phrases) -> Iterator[str]:
    wording = words.wording.differences
    yield wording.inputs if found.inputs else wording.same_inputs
    yield from (
        f"  {_changed(given.before, given.after)}{_place(given, words)}" for given in found.inputs
    )
    if not found.conclusions:
        yield f"\n{wording.same}"
    several = len(found.inputs) > 1
    kind = ""
    for difference in found.conclusions:
        if difference.template != kind:
            kind = difference.template
            yield f"\n{capital(vocabulary.templates[kind].label)}"
        yield f"  {_changed(difference.before, difference.after)}"
        if several and len(difference.causes) < len(found.inputs):
            yield from _causes(difference, words)
    if found.unshown:
        yield f"\n{wording.more.format(n=f'{found.unshown:,}')}"


def _changed(before: str, after: str) -> str:
    """`+ new`, `- gone`, or both where one became the other."""
    if before and after:
        return f"- {before}\n  + {after}"
    return f"+ {after}" if after else f"- {before}"


def _place(given: Input, words: Phrases) -> str:
    return (
        words.wording.places.format(places=words.place(given.origin)) if given.origin.source else ""
    )


def _causes(difference: Difference, words: Phrases) -> Iterator[str]:
    for cause in difference.causes:
        yield f"      {words.wording.differences.because.format(cause=cause.after or cause.before)}"
