"""A subject and two places in, what differs between them out: why here so, and there otherwise."""

from msgspec import Struct

from cop_expert.explain.ask import Answerable, facts_asked_about, goals_asked_about
from cop_expert.explain.goal import Goal
from cop_expert.explain.outline import Item
from cop_expert.explain.pointers import in_brief
from cop_expert.explain.refusals import refusal
from cop_expert.explain.why import BRIEF, Explainer
from cop_expert.explain.why_not import WhyNot
from cop_expert.model.template import Template, Value


class Compared(Struct, frozen=True):
    """A number or word that is known of both places."""

    label: str
    values: tuple[str, str]


class Contrast(Struct, frozen=True):
    """One subject in two places."""

    places: tuple[str, str]
    answers: tuple[Item, Item]
    """Why it is so in each."""
    rows: tuple[Compared, ...]
    """What is known of both and differs."""


def contrast(explainer: Explainer, subject: str, places: tuple[str, str]) -> Contrast | None:
    """None where nothing is known of the subject in the first place. Raises UnknownName."""
    found = [facts_asked_about(explainer.facts, subject, place) for place in places]
    if not found[0]:
        return None
    first = found[0][0]
    return Contrast(
        places,
        (_why(explainer, first), _other(explainer, first, found[1], subject, places[1])),
        tuple(_compared(explainer, subject, places)),
    )


def _why(explainer: Explainer, answer: Answerable) -> Item:
    return in_brief(explainer.prove(answer.template, answer.row, BRIEF))


def _other(
    explainer: Explainer, first: Answerable, found: list[Answerable], subject: str, place: str
) -> Item:
    """Why the same holds there, with whatever numbers; or why nothing of the kind does."""
    same = next((answer for answer in found if answer.template == first.template), None)
    if same:
        return _why(explainer, same)
    goals = goals_asked_about(explainer.facts, subject, place)
    goal = next(goal for goal in goals if goal.template == first.template)
    template = explainer.facts.vocabulary.templates[goal.template]
    return refusal(WhyNot(explainer).refuse(goal), template)


def _compared(explainer: Explainer, subject: str, places: tuple[str, str]) -> list[Compared]:
    """Every field of what may be asked of the pair that is known of one place at least."""
    goals = [
        {goal.template: goal for goal in goals_asked_about(explainer.facts, subject, place)}
        for place in places
    ]
    rows: list[Compared] = []
    for name in goals[0]:
        template = explainer.facts.vocabulary.templates[name]
        if name in goals[1] and set(template.key) == set(goals[0][name].fields):
            found = [_row(explainer, template, side[name]) for side in goals]
            rows += _differing(explainer, template, found)
    return rows


def _row(explainer: Explainer, template: Template, goal: Goal) -> dict[str, Value]:
    """The fact with this key; nothing where there is none."""
    names = explainer.facts.names.texts(goal.rows[0])
    records = explainer.facts.records(template.name, **dict(zip(goal.fields, names, strict=True)))
    return records[0] if records else {}


def _differing(
    explainer: Explainer, template: Template, found: list[dict[str, Value]]
) -> list[Compared]:
    told = [field for field in template.fields if field.name not in template.key]
    rows = []
    for field in told:
        one, other = (
            explainer.speaker.value(side[field.name], field.type) if side else "–" for side in found
        )
        if one != other:
            label = template.label if len(told) == 1 else f"{template.label}: {field.label}"
            rows.append(Compared(label, (one, other)))
    return rows
