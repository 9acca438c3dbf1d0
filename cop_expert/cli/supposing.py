"""Commands that compare what is concluded with what else would be: what-if, decide, diff."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cop_expert.cli import main
from cop_expert.cli.answering import Writing, concluded, explaining, known_names
from cop_expert.cli.options import AS_JSON, FOLDER, FOLDER_THERE
from cop_expert.cli.telling import echo_json, failure, progress, tell

if TYPE_CHECKING:
    from datetime import datetime

    from cop_expert.explain.why import Explainer
    from cop_expert.load.changes import AddRow, Change
    from cop_expert.model.origin import Origin
    from cop_expert.pipeline import Run

DAY = click.DateTime(["%Y-%m-%d"])


@main.command()
@FOLDER
@click.option("--set", "cells", multiple=True, metavar="CELL", help="Another cell in a row.")
@click.option("--add", "added", multiple=True, metavar="ROW", help="One more row.")
@click.option("--drop", "dropped", multiple=True, metavar="ROW", help="A row less.")
@click.option("--decide", "decisions", multiple=True, metavar="DECISION", help="A decision more.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A setting.")
@click.option(
    "--with",
    "other",
    type=FOLDER_THERE,
    help="A folder whose tables stand in for those of the same name.",
)
@AS_JSON
def what_if(
    folder: Path,
    cells: tuple[str, ...],
    added: tuple[str, ...],
    dropped: tuple[str, ...],
    decisions: tuple[str, ...],
    parameters: tuple[str, ...],
    other: Path | None,
    as_json: bool,
) -> None:
    """Say what would be concluded otherwise if something were otherwise; nothing is changed.

    \b
    Examples:
      cop-expert what-if grand-hotel --set "needs: Chef, Menu costing, current = 0.9"
      cop-expert what-if grand-hotel --decide "split Kitchen"
      cop-expert what-if grand-hotel --parameter core_reach=0.6
    """
    from cop_expert.explain.deciding import decision
    from cop_expert.load.changes import Changes, add_row, drop_row, set_cell, set_parameter
    from cop_expert.pipeline import suppose

    run = concluded(folder)
    with understood(folder):
        rows: tuple[Change, ...] = (
            *map(set_cell, cells),
            *map(add_row, added),
            *map(drop_row, dropped),
            *(decision(text, run.facts) for text in decisions),
        )
        changes = Changes(rows, dict(map(set_parameter, parameters)), other)
    with progress() as stage:
        supposed = suppose(folder, changes, stage)
    print_differences(explaining(run, folder), explaining(supposed, folder), as_json)


@contextmanager
def understood(folder: Path) -> Iterator[None]:
    """What cannot be read as a change or a decision is wrong usage."""
    try:
        with known_names(folder):
            yield
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def print_differences(
    old: "Explainer", new: "Explainer", as_json: bool, in_short: bool = False
) -> None:
    from cop_expert.explain.differ import Differ

    found = Differ(old, new).differences(causes=not in_short)
    if as_json:
        echo_json(found)
        return
    from cop_expert.report.differences import differences_text, shortened
    from cop_expert.report.phrases import phrases
    from cop_expert.report.price import price

    vocabulary, words = new.facts.vocabulary, phrases(new.speaker.language)
    found = shortened(found, vocabulary) if in_short else found
    click.echo(differences_text(found, vocabulary, words), nl=False)
    cost = price(new.facts, old.facts)
    if cost.communities and cost.running:
        click.echo(f"\n{words.running(cost.communities, cost.running)}")


@main.command(cls=Writing)
@FOLDER
@click.argument("words", nargs=-1, required=True, metavar="DECISION…")
@click.option("--reason", default="", help="Why, in one sentence.")
@click.option("--by", default="", help="Who decides.")
@click.option("--on", type=DAY, help="The day of the decision; today where left out.")
@click.option("--until", type=DAY, help="The last day on which it holds.")
@click.option("--undo", is_flag=True, help="Take such a decision back.")
@click.option("--yes", is_flag=True, help="Do not ask, do it.")
def decide(
    folder: Path,
    words: tuple[str, ...],
    reason: str,
    by: str,
    on: "datetime | None",
    until: "datetime | None",
    undo: bool,
    yes: bool,
) -> None:
    """Record a decision: say what it changes, ask, and write it into the decisions table.

    \b
    Examples:
      cop-expert decide grand-hotel split Kitchen --reason "Three crafts" --by "Ines Roth"
      cop-expert decide grand-hotel appoint lead Kitchen: Ines Roth --reason "…" --by "…"
      cop-expert decide grand-hotel set Kitchen running = 10 --reason "…" --by "…"
      cop-expert decide grand-hotel split Kitchen --undo
    """
    from cop_expert.explain.deciding import decision, placed_decision
    from cop_expert.load.record import table_file

    if not undo and not (reason.strip() and by.strip()):
        raise click.UsageError("a decision needs --reason and --by")
    run = concluded(folder)
    with understood(folder):
        row = decision(" ".join(words), run.facts, recorded(reason, by, on, until))
        place = placed_decision(row, run.facts) if undo else None
    path = table_file(folder, row.table)
    if place and folder / place.source != path:
        raise failure(f"this decision stands in {place}: delete it there")
    print_consequences(folder, run, row, place)
    if not yes:
        click.confirm(f"\n{'Take it back' if undo else 'Record it'}?", abort=True)
    write_decision(path, run, row, place)
    click.echo(path, err=True)


def recorded(
    reason: str, by: str, on: "datetime | None", until: "datetime | None"
) -> dict[str, str]:
    """Who decided, when and why, as the decisions table has it."""
    from datetime import datetime

    day = on or datetime.now().astimezone()  # goes into the table, and has no say in what follows
    record = {"reason": reason, "by": by, "on": f"{day:%Y-%m-%d}"}
    return record | ({"until": f"{until:%Y-%m-%d}"} if until else {})


def print_consequences(folder: Path, run: "Run", row: "AddRow", place: "Origin | None") -> None:
    """What one more decision changes, or one less where it has a place from which it is taken."""
    from cop_expert.load.changes import Changes, DropRow
    from cop_expert.pipeline import suppose

    change = DropRow(row.table, (), place) if place else row
    with progress() as stage:
        supposed = suppose(folder, Changes((change,)), stage)
    before, after = explaining(run, folder), explaining(supposed, folder)
    print_differences(before, after, as_json=False, in_short=True)
    tell(set(supposed.manifest.warnings) - set(run.manifest.warnings))


def write_decision(path: Path, run: "Run", row: "AddRow", place: "Origin | None") -> None:
    """Add the row to the table, or remove the one at the place."""
    from cop_expert.load.csv_file import UnreadableFile
    from cop_expert.load.record import append_row, remove_row
    from cop_expert.pipeline import decision_headings

    try:
        if place:
            remove_row(path, place.line)
        else:
            append_row(path, row.texts, decision_headings(run))
    except UnreadableFile as error:
        raise failure(f"{path.name}: {error}") from error


@main.command()
@click.argument("old", type=FOLDER_THERE)
@click.argument("new", type=FOLDER_THERE)
@AS_JSON
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Say what is concluded otherwise in another state of the engagement, and from what it comes.

    \b
    Example:
      cop-expert diff grand-hotel-2025 grand-hotel-2026
    """
    before, after = concluded(old), concluded(new)
    language = after.manifest.language
    print_differences(explaining(before, old, language), explaining(after, new), as_json)
