"""The command that reads files of other people's: import."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cop_expert.cli import main
from cop_expert.cli.options import AS_JSON, FOLDER
from cop_expert.cli.telling import counted, echo_json, failure, progress

if TYPE_CHECKING:
    from decimal import Decimal

    from cop_expert.load.catalogue import Choice, Profiles
    from cop_expert.load.importing import DryRun, SameName

NOT_WRITTEN = "\nNothing was written; --write remembers it."


def column_wishes(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> dict[tuple[str, str], str]:
    """`roles.role=Job title` as table and column, and the heading."""
    from cop_expert.load.words import plain

    found = {}
    for value in values:
        ours, equals, theirs = value.partition("=")
        table, dot, column = ours.partition(".")
        if not (equals and dot and table.strip() and column.strip()):
            raise click.BadParameter(f"'{value}': write it like this: roles.role=Job title")
        found[plain(table), plain(column)] = theirs.strip()
    return found


def scale_wish(
    _: click.Context, __: click.Parameter, value: str | None
) -> tuple["Decimal", "Decimal"] | None:
    """`1..5` as two numbers."""
    from decimal import Decimal

    if value is None:
        return None
    ends = re.fullmatch(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)", value)
    if not ends or Decimal(ends[1]) >= Decimal(ends[2]):
        raise click.BadParameter(f"'{value}': write the lowest and the highest number: 1..5")
    return Decimal(ends[1]), Decimal(ends[2])


@main.command("import")
@FOLDER
@click.argument("file", type=click.Path(exists=True, path_type=Path), metavar="FILE")
@click.option("--sheet", default="", help="The sheet of a workbook; the first where left out.")
@click.option("--as", "tables", multiple=True, metavar="TABLE", help="A table that it feeds.")
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="TABLE.COLUMN=HEADING",
    callback=column_wishes,
    help="Which of its columns feeds one of ours; nothing after the = for none.",
)
@click.option(
    "--scale",
    metavar="LOWEST..HIGHEST",
    callback=scale_wish,
    help="Where its numbers begin and end, such as 1..5.",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE=OCCUPATION",
    help="Of a catalogue: a role of ours, and the title or code of its occupation; * for all.",
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Of a catalogue: the least importance that counts.",
)
@click.option("--aliases", is_flag=True, help="With --write: names that are nearly alike are one.")
@click.option("--write", is_flag=True, help="Remember it, and read the file with every run.")
@AS_JSON
def import_file(
    folder: Path,
    file: Path,
    sheet: str,
    tables: tuple[str, ...],
    columns: dict[tuple[str, str], str],
    scale: tuple["Decimal", "Decimal"] | None,
    roles: tuple[str, ...],
    least: float,
    aliases: bool,
    write: bool,
    as_json: bool,
) -> None:
    """Read a file of other people's: say which column is which, and what is in doubt.

    Nothing is written but with --write, and nothing is merged but with --aliases.

    \b
    Examples:
      cop-expert import grand-hotel staff.xlsx
      cop-expert import grand-hotel skills.csv --scale 0..4 --write
      cop-expert import grand-hotel staff.xlsx --map "roles.role=Job title" --write
      cop-expert import grand-hotel onet --role "Chef=35-1011.00" --write

    A folder or a JSON file is a catalogue: O*NET, ESCO, NICE or CASE.
    """
    if file.is_dir() or file.suffix.lower() == ".json" or roles:
        import_catalogue(folder, file, roles, least, write)
        return
    from cop_expert.load.importing import remember, remember_names
    from cop_expert.load.propose import Wishes
    from cop_expert.pipeline import try_import

    found = try_import(folder, file, sheet, Wishes(tables, columns, scale))
    if as_json:
        echo_json(found)
    else:
        print_dry_run(found)
    if not found.proposal.mappings:
        raise failure("none of our tables can be made of it; say which column is which with --map")
    if not write:
        click.echo(NOT_WRITTEN, err=True)
        return
    written = remember(folder, file, found.proposal.mappings)
    if aliases and found.same:
        written.append(remember_names(folder, found.same))
    for path in written:
        click.echo(path, err=True)


def print_dry_run(found: "DryRun") -> None:
    """What feeds what, how much that is, and what to look at; foreign texts are only shown."""
    from cop_expert.load.words import printable
    from cop_expert.model.origin import Origin

    click.echo(f"{Origin(found.source)}: headings in row {found.headings_row}\n")
    width = max((len(mapping.table) for mapping in found.proposal.mappings), default=0)
    rows = dict(found.rows)
    for mapping in found.proposal.mappings:
        pairs = ", ".join(f"{ours} ← {theirs}" for ours, theirs in mapping.columns.items())
        count = counted(rows.pop(mapping.table), "row") if mapping.table in rows else ""
        click.echo(f"  {mapping.table:{width}}  {count:>10}  {printable(pairs)}")
    if found.proposal.left:
        click.echo(f"\nLeft aside: {printable(', '.join(found.proposal.left))}")
    doubts = [*found.proposal.doubts, *map(same_name, found.same)]
    if doubts:
        click.echo("\nIn doubt:")
        for doubt in doubts:
            click.echo(f"  {printable(doubt)}")
    if found.problems:
        click.echo()
        for problem in found.problems:
            click.echo(str(problem))
    if found.elsewhere:
        click.echo(f"\n{counted(found.elsewhere, 'problem')} in other files; see check.")


def same_name(same: "SameName") -> str:
    return f"'{same.alias}' ({same.origin}) may be the same as '{same.means}'"


def import_catalogue(
    folder: Path, path: Path, roles: tuple[str, ...], least: float, write: bool
) -> None:
    """Say which occupation is taken for which role, and write what it needs."""
    from cop_expert.load.catalogue import NoMatch, open_catalogue, remember_profiles
    from cop_expert.load.csv_file import UnreadableFile
    from cop_expert.model.arithmetic import UNIT
    from cop_expert.pipeline import try_catalogue

    try:
        with progress() as stage:
            stage("Reading the catalogue")
            catalogue = open_catalogue(path)
            if catalogue is None:
                raise failure(f"{path} holds no catalogue: O*NET, ESCO, NICE or CASE")
            choices, made = try_catalogue(folder, catalogue, roles, round(least * UNIT))
    except (UnreadableFile, NoMatch) as error:
        raise failure(f"{path.name}: {error}", error.advice) from error
    print_choices(choices)
    print_amounts(made)
    if not write:
        click.echo(NOT_WRITTEN, err=True)
        return
    if not (roles and all(choice.is_certain for choice in choices)):
        message = "say with --role which occupation each role has, by its code where it is in doubt"
        raise failure(message)
    name = "".join(letter for letter in catalogue.name.casefold() if letter.isalnum())
    for written in remember_profiles(folder / "imports" / name, made.tables):
        click.echo(written, err=True)


def print_choices(choices: list["Choice"]) -> None:
    """Every choice, or of a great many those in doubt."""
    for choice in choices:
        if choice.is_certain and len(choices) >= 100:
            continue
        click.echo(f"{choice.role} ← {choice.code} {choice.title}")
        if not choice.is_certain:
            others = f"; or {', '.join(choice.others)}" if choice.others else ""
            click.echo(f"  in doubt{others}")


def print_amounts(made: "Profiles") -> None:
    """How much would be written, and how much falls below what was asked for."""
    click.echo()
    for name, (_, rows) in made.tables.items():
        click.echo(f"  {name.removesuffix('.csv'):15} {counted(len(rows), 'row'):>12}")
    if made.left_out:
        click.echo(f"\n{counted(made.left_out, 'rating')} below the least importance left out.")
