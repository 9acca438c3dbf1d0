"""Commands that write what others take away: report, export."""

from functools import partial
from pathlib import Path

import click

from cop_expert.cli import main
from cop_expert.cli.answering import Writing, concluded
from cop_expert.cli.options import ENGINE, FOLDER, SEED, TRIALS, as_form
from cop_expert.cli.telling import failure, progress

FORM_NAMES = (
    "turtle", "csv", "xlsx", "parquet", "duckdb", "graphml", "kumu", "moodle", "degreed", "shacl",
)  # fmt: skip


def or_standard_output(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """`-` is no file, but standard output."""
    return None if path == Path("-") else path


@main.command()
@FOLDER
@as_form("md", "html", "docx", says="Markdown, one HTML file that works offline, or Word.")
@click.option(
    "--audience",
    metavar="WHO",
    default="",
    help="Whom it is for: leader, consultant (everything) or community.",
)
@click.option("--community", metavar="NAME", default="", help="A hand-out for this one community.")
@click.option(
    "--budget-hours",
    type=click.IntRange(min=0),
    metavar="HOURS",
    help="As many hours of learning as there are: what goes first, and what waits.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=or_standard_output,
    help="The file to write; standard output where left out.",
)
@click.option(
    "--robustness",
    "trials",
    type=TRIALS,
    metavar="TRIALS",
    help="Say how firm it is, from so many runs with estimates a little off.",
)
@ENGINE
def report(
    folder: Path,
    form: str,
    audience: str,
    community: str,
    budget_hours: int | None,
    trials: int | None,
    output: Path | None,
    engine: str,
) -> None:
    """Write the strategy document.

    \b
    Examples:
      cop-expert report grand-hotel --format html -o strategy.html
      cop-expert report grand-hotel --format docx --audience leader -o strategy.docx
      cop-expert report grand-hotel --community Kitchen -o kitchen.md
      cop-expert report grand-hotel --budget-hours 200 -o strategy.md
    """
    from cop_expert import pipeline
    from cop_expert.files import write_whole
    from cop_expert.report.render import Request, UnknownCommunity, render

    run = concluded(folder, engine)
    request = Request(form, audience, community, budget_hours)
    try:
        with progress() as stage:
            tried = pipeline.robustness(folder, trials, SEED, stage) if trials else None
            stage("Writing the strategy")
            reckon = partial(pipeline.prices, run, folder, stage)
            document = render(run.facts, run.rulebook, run.manifest, folder, request, reckon, tried)
    except UnknownCommunity as unknown:
        raise failure(f"no community is called '{unknown.name}'", unknown.hint) from None
    if output is None:
        click.echo(document, nl=False)
        return
    write_whole(output, document)
    click.echo(output, err=True)


def described_forms(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Print what each form of export is."""
    if value:
        from cop_expert.export.forms import FORMS

        for name, form in FORMS.items():
            click.echo(f"{name:<9}{form.says}")
        context.exit()


@main.command(cls=Writing)
@FOLDER
@click.option(
    "--to",
    "form",
    type=click.Choice(FORM_NAMES),
    required=True,
    help="The form; --forms says what each is.",
)
@click.option(
    "--forms",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=described_forms,
    help="Say what each form is, and leave.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=or_standard_output,
    help="The file or folder to write; texts go to standard output where left out.",
)
@click.option("--force", is_flag=True, help="Write over what no export has written, too.")
@ENGINE
def export(folder: Path, form: str, output: Path | None, force: bool, engine: str) -> None:
    """Write conclusions as files that other tools take.

    \b
    Examples:
      cop-expert export grand-hotel --to xlsx -o grand-hotel.xlsx
      cop-expert export grand-hotel --to turtle -o grand-hotel.ttl
      cop-expert export --forms
    """
    from cop_expert import pipeline
    from cop_expert.export.forms import FORMS

    if output is None and not FORMS[form].is_text:
        raise click.UsageError(f"{form} is {FORMS[form].says}: -o says where to write it")
    run = concluded(folder, engine)
    with progress() as stage:
        if output is None:
            click.echo(pipeline.exported_text(run, form, stage), nl=False)
            return
        pipeline.export(run, form, output, folder, force, stage)
    click.echo(output, err=True)
