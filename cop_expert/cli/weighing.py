"""Commands that weigh choices for whoever decides: granularity, budget, robustness."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cop_expert.cli import main
from cop_expert.cli.answering import concluded
from cop_expert.cli.options import AS_JSON, ENGINE, FOLDER, SEED, TRIALS
from cop_expert.cli.telling import echo_json, failure, progress

if TYPE_CHECKING:
    from cop_expert.pipeline import Run


@main.command()
@FOLDER
@click.option("--all", "every", is_flag=True, help="Every range of running costs, however narrow.")
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg",
    help="Also write the picture of it that the strategy carries.",
)
@AS_JSON
def granularity(folder: Path, every: bool, picture: Path | None, as_json: bool) -> None:
    """Say how finely to cut: what each choice comes to, as a community costs more or less to run.

    \b
    Examples:
      cop-expert granularity grand-hotel
      cop-expert granularity grand-hotel --picture steps.svg
    """
    from cop_expert.report.choices import choices
    from cop_expert.report.choices_text import choices_text
    from cop_expert.report.known import Known
    from cop_expert.report.language import LocalSpeaker
    from cop_expert.report.phrases import phrases

    run = concluded(folder)
    words = phrases(run.manifest.language)
    known = Known(run.facts, LocalSpeaker(run.facts, words))
    with progress() as stage:
        stage("Weighing every cut")
        found = choices(known, run.rulebook, run.manifest.name, every)
    if picture:
        write_picture(run, folder, picture)
    if as_json:
        echo_amounts(found)
        return
    click.echo(choices_text(found, known, words), nl=False)


def write_picture(run: "Run", folder: Path, path: Path) -> None:
    from cop_expert.files import write_whole
    from cop_expert.report.render import draw_steps

    drawn = draw_steps(run.facts, run.manifest, folder)
    if not drawn:
        raise failure("there is one cut only, at any cost, so there is no picture")
    write_whole(path, drawn.encode())
    click.echo(path, err=True)


def echo_amounts(found: Any) -> None:
    """As JSON, with amounts as people write them."""
    from cop_expert.report.machines import for_machines

    echo_json(for_machines(found))


@main.command()
@FOLDER
@click.argument("hours", type=click.IntRange(min=0), metavar="[HOURS]", required=False)
@ENGINE
@AS_JSON
def budget(folder: Path, hours: int | None, engine: str, as_json: bool) -> None:
    """Say what to do first when there are only so many hours of learning, and what waits.

    \b
    Examples:
      cop-expert budget grand-hotel 200

    Left out, HOURS are those that engagement.toml sets as budget_hours.
    """
    from cop_expert.report.terminal import Terminal

    run = concluded(folder, engine)
    terminal = Terminal(run.facts, run.manifest.language, folder)
    found = terminal.budget(hours)
    if found is None:
        raise click.UsageError("say how many hours there are: cop-expert budget FOLDER 200")
    if as_json:
        echo_amounts(found)
        return
    click.echo(terminal.budget_text(found), nl=False)


@main.command()
@FOLDER
@click.option(
    "--trials", type=TRIALS, default=40, show_default=True, help="How many runs by chance."
)
@click.option("--seed", default=SEED, show_default=True, help="From which number chance is drawn.")
@AS_JSON
def robustness(folder: Path, trials: int, seed: int, as_json: bool) -> None:
    """Say how firm the recommendations are if assessments and thresholds are a little off.

    The rules are run again and again, each time with every assessment a step higher, a step lower
    or as it is, and every threshold likewise by a tenth. What came of it is kept.

    \b
    Example:
      cop-expert robustness grand-hotel --trials 40
    """
    from cop_expert import pipeline
    from cop_expert.report.terminal import Terminal

    with progress() as stage:
        found = pipeline.robustness(folder, trials, seed, stage)
    if as_json:
        echo_amounts(found)
        return
    run = concluded(folder)
    terminal = Terminal(run.facts, run.manifest.language, folder)
    click.echo(terminal.robustness_text(found, run.rulebook), nl=False)
