"""Differences in, lines of text out."""

from collections.abc import Iterator

from cop_expert.explain.changing import Way, Ways, Wish
from cop_expert.explain.why import Explainer
from cop_expert.model.difference import Difference, Differences, Input
from cop_expert.model.template import Vocabulary
from cop_expert.report.phrases import Phrases, capital, finished, phrases

BESIDE = 3
"""Side effects of a change that are listed, totals apart; the rest is counted."""
IN_SHORT = ("Community", "Called", "Appointed")


def differences_text(found: Differences, vocabulary: Vocabulary, words: Phrases) -> str:
    """What is given otherwise, then what is concluded otherwise, kind by kind."""
    return "\n".join(_lines(found, vocabulary, words)) + "\n"


def shortened(found: Differences, vocabulary: Vocabulary) -> Differences:
    """Totals, communities, and how they are called and led; the rest is counted."""
    templates = vocabulary.templates
    shown = tuple(
        one
        for one in found.conclusions
        if not templates[one.template].key or one.template in IN_SHORT
    )
    unshown = found.unshown + len(found.conclusions) - len(shown)
    return Differences(found.inputs, shown, unshown)


def _lines(found: Differences, vocabulary: Vocabulary, words: Phrases) -> Iterator[str]:
    wording = words.wording.differences
    yield wording.inputs if found.inputs else wording.same_inputs
    yield from (
        f"  {_changed(given.before, given.after)}{_place(given, words)}" for given in found.inputs
    )
    if not (found.conclusions or found.unshown):
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


def ways_text(found: Ways, wish: Wish, explainer: Explainer) -> str:
    """What would turn a conclusion round: each way, and what else it brings about."""
    speaker, vocabulary = explainer.speaker, explainer.facts.vocabulary
    words = phrases(speaker.language)
    wording = words.wording.differences
    values = dict(wish.values)
    absent = speaker.absence(wish.template, values)
    pattern = wording.to_hold if wish.holds else wording.to_fail
    said = "; ".join(wish.said(explainer, explainer))
    if not found.found:
        none = wording.no_way.format(says=absent if wish.holds else said, n=found.tried)
        return f"{finished(none)}\n"
    lines = [finished(pattern.format(says=said, absent=absent, n=found.tried))]
    for number, way in enumerate(found.found, start=1):
        lines += ["", *_way(number, way, wish, words, vocabulary)]
    return "\n".join(lines) + "\n"


def _way(
    number: int, way: Way, wish: Wish, words: Phrases, vocabulary: Vocabulary
) -> Iterator[str]:
    wording = words.wording.differences
    for given in way.differences.inputs:
        place = _place(given, words)
        if given.before and given.after:
            yield f"{number}. {given.after}{place}"
            yield f"   {wording.instead.format(before=given.before)}"
        elif given.after:
            yield f"{number}. {wording.added.format(after=given.after)}{place}"
        else:
            yield f"{number}. {wording.dropped.format(before=given.before)}{place}"
    if wish.holds and len(wish.values) < len(vocabulary.templates[wish.template].names):
        yield from (f"   {wording.then.format(after=turned)}" for turned in way.turned)
    beside = [d for d in way.differences.conclusions if not {d.before, d.after} & {*way.turned}]
    totals = [d for d in beside if not vocabulary.templates[d.template].key]
    others = [d for d in beside if d not in totals]
    for difference in [*totals, *others[:BESIDE]]:
        yield f"   {_side_effect(difference, words)}"
    if len(others) > BESIDE:
        more = len(others) - BESIDE + way.differences.unshown
        yield f"   {wording.others.format(n=more)}"


def _side_effect(difference: Difference, words: Phrases) -> str:
    wording, before, after = words.wording.differences, difference.before, difference.after
    if before and after:
        return wording.total.format(before=_otherwise(before, after), after=after)
    return wording.then.format(after=after) if after else wording.then_not.format(before=before)


def _otherwise(before: str, after: str) -> str:
    """From where on one sentence goes on otherwise than the other: "378 hours"."""
    words, others = before.split(), after.split()
    same = (
        place for place, pair in enumerate(zip(words, others, strict=False)) if len(set(pair)) > 1
    )
    return " ".join(words[next(same, 0) :])
