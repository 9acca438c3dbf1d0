"""The command line: the only place that prints or exits."""

import atexit
import gc
from importlib import import_module

import click

from cop_expert import __version__
from cop_expert.cli.answering import Answering

MODULES = {
    "new": "knowledge",
    "import": "importing",
    "check": "knowledge",
    "infer": "concluding",
    "show": "concluding",
    "why": "asking",
    "why-not": "asking",
    "what-would-change": "asking",
    "what-if": "supposing",
    "decide": "supposing",
    "diff": "supposing",
    "granularity": "weighing",
    "report": "handing_over",
    "budget": "weighing",
    "robustness": "weighing",
    "export": "handing_over",
    "rules": "concluding",
}
"""Where each command is, in the order in which a newcomer needs them."""
MANY = 100_000
"""Things to be made between two searches of Python for circles; its own choice is 700."""


class OnDemand(click.Group):
    """Loads the module of the command that is called, and no other: answers begin at once."""

    command_class = Answering

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        # Where no command has the name all are loaded, for click to say which come near.
        for module in [MODULES[cmd_name]] if cmd_name in MODULES else MODULES.values():
            import_module(f"{__name__}.{module}")
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=OnDemand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="cop-expert")
def main() -> None:
    """Which communities of practice there are, what each should learn, and why.

    \b
    Try it:
      cop-expert new hotel
      cop-expert report hotel
      cop-expert why hotel "Knife skills" Kitchen
    """
    # Python would search all that was made for circles again and again, and once more at the end.
    gc.set_threshold(MANY)
    atexit.register(gc.freeze)
