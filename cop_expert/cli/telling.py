"""What commands say beside their answers: problems, progress, and what they give to machines."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cop_expert.model.diagnostic import Diagnostic


def tell(diagnostics: Iterable["Diagnostic"], undone: str = "concluded") -> None:
    """All problems on standard error, how many there are, and what was therefore not done."""
    found = list(diagnostics)
    for diagnostic in found:
        severity = "warning" if diagnostic.warning else "error"
        colour = "yellow" if diagnostic.warning else "red"
        first, *rest = str(diagnostic).splitlines()
        marked = first.replace(f"{severity}[", click.style(severity, fg=colour, bold=True) + "[", 1)
        click.echo("\n".join([marked, *rest]), err=True)
    errors = sum(not diagnostic.warning for diagnostic in found)
    if errors:
        click.echo(f"\n{counted(errors, 'problem')} found; nothing was {undone}.", err=True)


def counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def failure(message: str, advice: str = "") -> click.ClickException:
    """What ends a command, with what to do about it where that is known."""
    return click.ClickException(f"{message}; {advice}" if advice else message)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Says on standard error what is being done, once it has taken more than a second."""
    doing = "Working"

    def say() -> None:
        click.echo(f"{doing} …", err=True)

    def begin(stage: str) -> None:
        nonlocal doing
        doing = stage
        if timer.finished.is_set():
            say()

    timer = threading.Timer(1.0, say)
    timer.daemon = True
    timer.start()
    try:
        yield begin
    finally:
        timer.cancel()


def echo_json(thing: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(thing), indent=1))
