"""Commands that begin an engagement and check what it knows: new, check."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cop_expert.cli import main
from cop_expert.cli.answering import Writing, concluded
from cop_expert.cli.options import AS_JSON, FOLDER
from cop_expert.cli.telling import counted, echo_json, failure, progress, tell

if TYPE_CHECKING:
    from cop_expert.model.diagnostic import Diagnostic


@main.command(cls=Writing)
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--name", help="The client's name; the folder's name where left out.")
@click.option("--workbook", is_flag=True, help="One Excel workbook for all tables.")
def new(folder: Path, name: str | None, workbook: bool) -> None:
    """Write a new engagement whose tables explain themselves.

    \b
    Examples:
      cop-expert new grand-hotel --name "Grand Hotel"
      cop-expert new grand-hotel --workbook
    """
    from cop_expert.load.scaffold import write_engagement
    from cop_expert.pipeline import standard_vocabulary

    vocabulary = standard_vocabulary("en")
    for path in write_engagement(folder, vocabulary, name or folder.name, workbook):
        click.echo(path)
    what = "workbook" if workbook else "tables"
    click.echo(f"\nFill in the {what}, then: cop-expert check {folder}", err=True)


@main.command()
@FOLDER
@click.option(
    "--reason",
    is_flag=True,
    help="Also have HermiT look for contradictions in the ontologies; needs Java.",
)
@AS_JSON
def check(folder: Path, reason: bool, as_json: bool) -> None:
    """Check knowledge, settings and rules; all problems at once.

    \b
    Examples:
      cop-expert check grand-hotel
      cop-expert check grand-hotel --reason
    """
    from cop_expert.model.diagnostic import KnowledgeProblem

    try:
        manifest = concluded(folder).manifest
        found, facts = list(manifest.warnings), manifest.given
    except KnowledgeProblem as problem:
        found, facts = problem.diagnostics, 0
    if reason:
        found += contradictions_found(folder)
    if as_json:
        echo_json(found)
    else:
        tell(found)
    if any(not diagnostic.warning for diagnostic in found):
        sys.exit(1)
    if not as_json:
        click.echo(f"{folder}: {counted(facts, 'fact')} read, no errors.")


def contradictions_found(folder: Path) -> list["Diagnostic"]:
    from cop_expert.load.consistency import NoReasoner
    from cop_expert.pipeline import contradictions_of_ontologies

    try:
        with progress() as stage:
            return contradictions_of_ontologies(folder, stage)
    except NoReasoner as problem:
        raise failure(str(problem)) from problem
