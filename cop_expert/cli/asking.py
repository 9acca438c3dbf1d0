"""Commands that ask for reasons: why, why-not, what-would-change."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cop_expert.cli import main
from cop_expert.cli.answering import concluded, explaining, known_names
from cop_expert.cli.options import AS_JSON, FOLDER, as_form
from cop_expert.cli.telling import echo_json, failure, progress

if TYPE_CHECKING:
    from cop_expert.explain.ask import Answerable
    from cop_expert.explain.changing import Wish
    from cop_expert.explain.goal import Goal
    from cop_expert.explain.why import Explainer
    from cop_expert.load.changes import Changes
    from cop_expert.model.explained import Explained, Replay
    from cop_expert.model.proof import Proof
    from cop_expert.pipeline import Run
    from cop_expert.report.answers import Answer

SUBJECT = click.argument("subject")
PLACE = click.argument("place", metavar="[IN]", required=False)
ANSWERED = "In which form it is answered."
FORM_IS_JSON = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
DATA = ("json", "turtle")
"""Forms that programs read: they hold the whole proof, and no remarks."""
WHOLE = 99
"""Reasons deep where nobody says how deep."""


@main.command()
@FOLDER
@SUBJECT
@PLACE
@click.option("--depth", type=click.IntRange(min=0), help="The proof, so many reasons deep.")
@click.option("--full", is_flag=True, help="The whole proof, down to the tables.")
@click.option("--all", "every", is_flag=True, help="Every way in which it was concluded.")
@click.option("--contrast", metavar="OTHER", help="Why here and not there, or there otherwise.")
@click.option("--check", "checking", is_flag=True, help="Replay the proof, each step by itself.")
@as_form("text", "md", "html", "json", "turtle", says=ANSWERED)
@FORM_IS_JSON
def why(
    folder: Path,
    subject: str,
    place: str | None,
    depth: int | None,
    full: bool,
    every: bool,
    contrast: str | None,
    checking: bool,
    form: str,
    as_json: bool,
) -> None:
    """Say why something was concluded, in short or down to the cell of the client's own sheet.

    \b
    Examples:
      cop-expert why grand-hotel "Knife skills" Kitchen
      cop-expert why grand-hotel "Knife skills" Kitchen --full --check
      cop-expert why grand-hotel "Knife skills" Kitchen --contrast "Front of house"
      cop-expert why grand-hotel "Chef" "Front of house" --format md
    """
    form = "json" if as_json else form
    run = concluded(folder)
    explainer = explaining(run, folder)
    if contrast is not None:
        if place is None or form in DATA:
            raise click.UsageError("--contrast OTHER goes with SUBJECT IN, as text, md or html")
        print_contrast(folder, explainer, subject, (place, contrast), form)
        return
    from cop_expert.explain.in_bulk import prove_all
    from cop_expert.explain.why import BRIEF, How
    from cop_expert.model.explained import VERSION, Explained

    first, *others = answers_to(folder, explainer, subject, place)
    in_short = depth is None and not (full or every or form in DATA)
    how = BRIEF if in_short else How(WHOLE if depth is None else depth, every, full)
    (proof,) = prove_all(explainer, [(first.template, first.row)], how)
    replay = replayed(folder, explainer, proof) if checking else None
    also = tuple(said(explainer, other) for other in others[:5])
    found = Explained(VERSION, proof, also, replay)
    if form == "turtle":
        print_turtle(run, explainer, proof)
    elif form == "json":
        echo_json(found)
    else:
        print_explained(found, explainer, form, in_short)


def answers_to(
    folder: Path, explainer: "Explainer", subject: str, place: str | None
) -> list["Answerable"]:
    """The conclusions that are asked about, of which there is at least one."""
    from cop_expert.explain.ask import facts_asked_about

    with known_names(folder):
        answers = facts_asked_about(explainer.facts, subject, place)
    if not answers:
        raise nothing_concluded(subject, place)
    return answers


def nothing_concluded(subject: str, place: str | None) -> click.ClickException:
    both = f"'{subject}' and '{place}' together" if place else f"'{subject}'"
    return failure(f"the names are known, but nothing was concluded about {both}")


def said(explainer: "Explainer", answer: "Answerable") -> str:
    """A conclusion in a sentence, without its proof."""
    names = explainer.facts.vocabulary.templates[answer.template].names
    return explainer.speaker.fact(answer.template, dict(zip(names, answer.row, strict=True)))


def replayed(folder: Path, explainer: "Explainer", proof: "Proof") -> "Replay":
    """What came of taking each step of the proof again; a fault ends in a message."""
    from cop_expert.replay.aloud import Tongue
    from cop_expert.replay.replay import Replayer
    from cop_expert.report.phrases import phrases

    words = phrases(explainer.speaker.language).wording
    tongue = Tongue(words.language, words.thousands, words.decimal, words.words)
    found = Replayer(explainer.facts, explainer.rulebook, tongue, folder).replay(proof)
    if found.faults:
        wrong = "".join(f"\n  {fault.says}: {fault.fault}" for fault in found.faults)
        raise failure(f"the proof does not hold, which is our mistake:{wrong}")
    return found


def print_contrast(
    folder: Path, explainer: "Explainer", subject: str, places: tuple[str, str], form: str
) -> None:
    from cop_expert.explain.contrast import contrast
    from cop_expert.report.answers import Answer
    from cop_expert.report.phrases import phrases
    from cop_expert.report.text_table import TextTable

    with known_names(folder):
        found = contrast(explainer, subject, places)
    if found is None:
        raise nothing_concluded(subject, places[0])
    wording = phrases(explainer.speaker.language).wording
    rows = tuple((row.label, *row.values) for row in found.rows)
    table = TextTable(wording.contrast, (wording.compared, *found.places), rows)
    print_answer(Answer(found.answers, table=table), explainer, form)


def print_explained(found: "Explained", explainer: "Explainer", form: str, in_short: bool) -> None:
    from cop_expert.explain.pointers import explanation, in_brief
    from cop_expert.report.answers import Answer
    from cop_expert.report.phrases import phrases

    words = phrases(explainer.speaker.language)
    remarks = words.remarks(found.proof, in_short and form == "text", found.replay)
    item = in_brief(found.proof) if in_short else explanation(found.proof)
    print_answer(Answer((item,), tuple(remarks), found.also), explainer, form)


def print_answer(answer: "Answer", explainer: "Explainer", form: str) -> None:
    """As Markdown; as HTML; as text, on a terminal to its width."""
    from shutil import get_terminal_size

    from cop_expert.report.answers import as_html, as_markdown, as_text
    from cop_expert.report.phrases import phrases

    words = phrases(explainer.speaker.language)
    if form != "text":
        write = as_markdown if form == "md" else as_html
        click.echo(write(answer, words), nl=False)
        return
    width = get_terminal_size().columns if sys.stdout.isatty() else 0
    for guide, text, tone in as_text(answer, words, width):
        toned = {"bold": click.style(text, bold=True), "dim": click.style(text, dim=True)}
        click.echo(guide + toned.get(tone, text))


def print_turtle(run: "Run", explainer: "Explainer", proof: "Proof") -> None:
    from cop_expert.export.concluded import Concluded
    from cop_expert.export.proofs import proofs_text

    name, language = run.manifest.name, run.manifest.language
    for part in proofs_text(Concluded(run.facts, explainer.rulebook, name, language), [proof]):
        click.echo(part, nl=False)


@main.command()
@FOLDER
@SUBJECT
@PLACE
@as_form("text", "md", "html", "json", says=ANSWERED)
@FORM_IS_JSON
def why_not(folder: Path, subject: str, place: str | None, form: str, as_json: bool) -> None:
    """Say why something was not concluded, by how much it fails, and what it would take.

    \b
    Example:
      cop-expert why-not grand-hotel "Wine by the glass" Kitchen
    """
    from cop_expert.explain.ask import facts_asked_about
    from cop_expert.explain.refusals import refusal
    from cop_expert.explain.why_not import WhyNot
    from cop_expert.model.explained import VERSION, Refused
    from cop_expert.report.answers import Answer

    run = concluded(folder)
    explainer = explaining(run, folder)
    with known_names(folder):
        goal = goal_of(explainer, subject, place)
        answers = facts_asked_about(run.facts, subject, place)
    for answer in answers:
        if answer.template == goal.template:
            click.echo(f"{said(explainer, answer)}; ask: cop-expert why", err=True)
            sys.exit(1)
    found = WhyNot(explainer).refuse(goal)
    if as_json or form == "json":
        echo_json(Refused(VERSION, found))
        return
    template = run.facts.vocabulary.templates[goal.template]
    print_answer(Answer((refusal(found, template),)), explainer, form)


def goal_of(explainer: "Explainer", subject: str, place: str | None) -> "Goal":
    """What is most tellingly concluded, or not, about what was named."""
    from cop_expert.explain.ask import goals_asked_about

    goal = next(goals_asked_about(explainer.facts, subject, place), None)
    if goal is None:
        raise nothing_concluded(subject, place)
    return goal


@main.command()
@FOLDER
@SUBJECT
@PLACE
@click.option("--to", "word", help="What it should be, where it may be several: core.")
@AS_JSON
def what_would_change(
    folder: Path, subject: str, place: str | None, word: str | None, as_json: bool
) -> None:
    """Say what would bring a conclusion about, or undo it; each answer is tried out.

    \b
    Examples:
      cop-expert what-would-change grand-hotel "Knife skills" Kitchen --to core
      cop-expert what-would-change grand-hotel "Wine by the glass" Kitchen
    """
    from cop_expert.explain.changing import Search
    from cop_expert.pipeline import suppose

    explainer = explaining(concluded(folder), folder)
    with known_names(folder):
        wish = wished(explainer, subject, place, word)

    def supposing(changes: "Changes") -> "Explainer":
        return explaining(suppose(folder, changes), folder)

    with progress() as stage:
        stage("Trying changes")
        found = Search(explainer, supposing).ways(wish)
    if as_json:
        echo_json(found)
        return
    from cop_expert.report.differences import ways_text

    click.echo(ways_text(found, wish, explainer), nl=False)


def wished(explainer: "Explainer", subject: str, place: str | None, word: str | None) -> "Wish":
    """That what was asked about holds where it does not; else that it does not."""
    from cop_expert.explain.changing import Wish

    goal = goal_of(explainer, subject, place)
    template = explainer.facts.vocabulary.templates[goal.template]
    texts = explainer.facts.names.texts(goal.rows[0])
    values = list(zip(goal.fields, texts, strict=True))
    if word is not None:
        fields = [field for field in template.fields if word in field.type.choices]
        if not fields:
            known = [choice for field in template.fields for choice in field.type.choices]
            raise click.UsageError(f"'{word}' is none of: {', '.join(known)}")
        values.append((fields[0].name, word))
    there = explainer.facts.rows(template.name, **dict(values))
    return Wish(template.name, tuple(values), not there)
