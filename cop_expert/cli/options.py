"""Arguments and options that several commands take."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

FOLDER_THERE = click.Path(exists=True, file_okay=False, path_type=Path)
FOLDER = click.argument("folder", type=FOLDER_THERE, metavar="FOLDER")
ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "experta", "duckdb"]),
    default="auto",
    show_default=True,
    help="Which engine infers; both conclude the same.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
TRIALS = click.IntRange(1, 1000)
SEED = 1
"""From which chance is drawn where nobody says from which."""


def as_form(*names: str, says: str) -> Callable[[F], F]:
    """In which form something is printed; the first where nobody says in which."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help=says,
    )
