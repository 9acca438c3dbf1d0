"""A page in, the same page out with what its commands really print.

In a page, a ```console block holds commands (`$ cop-expert …`) and their output, a ```sh block
commands alone. All commands of a page run one after another in one empty folder that holds
`kb/examples` as a checkout does. A block that follows the comment <!-- file: path --> is written to
that file first, so that a reader and this script follow the same steps. One that follows
<!-- include: path --> shows that file.
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from cop_expert.cli import main

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(
    r"(?ms)^(?:<!-- (?P<verb>file|include): (?P<path>\S+) -->\n)?"
    r"```(?P<kind>\w*)\n(?P<text>.*?)^```$"
)
PASSING = re.compile(r"^([A-Z][\w ]+ …|\d+\.\d\d s)$")
"""What depends on the speed of the machine."""


def refreshed(page: str) -> str:
    """The page with the output of every command as it is now."""
    with _workplace() as folder:

        def renew(block: re.Match[str]) -> str:
            if block["verb"] == "include":
                text = (ROOT / block["path"]).read_text(encoding="utf-8")
                return f"<!-- include: {block['path']} -->\n```{block['kind']}\n{text}```"
            if block["verb"] == "file":
                path = folder / block["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block["text"], encoding="utf-8")
            if block["kind"] == "sh":
                for command in block["text"].splitlines():
                    list(_run(command, folder))
            if block["kind"] != "console":
                return block[0]
            lines = [line for command in commands(block["text"]) for line in _run(command, folder)]
            return "```console\n" + "".join(f"{line}\n" for line in lines) + "```"

        return BLOCK.sub(renew, page)


def commands(console: str) -> list[str]:
    """The commands of a console block."""
    return [line[2:] for line in console.splitlines() if line.startswith("$ ")]


@contextmanager
def _workplace() -> Iterator[Path]:
    """An empty folder with the examples in it, in which the commands run."""
    before = Path.cwd()
    with TemporaryDirectory() as name:
        hidden = shutil.ignore_patterns(".cop")
        shutil.copytree(ROOT / "kb" / "examples", Path(name, "kb", "examples"), ignore=hidden)
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


def _run(command: str, folder: Path) -> Iterator[str]:
    """The command and what it prints; what is not our own program is left to the shell."""
    yield f"$ {command}"
    ours, _, rest = command.partition(" | ")
    program, *arguments = shlex.split(ours)
    if Path(program).name == "make":
        return
    if Path(program).name == "cop-expert":
        result = CliRunner().invoke(main, arguments, prog_name="cop-expert")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        output = _in_shell(rest, folder, result.stdout) if rest else result.output
    else:
        output = _in_shell(command, folder)
    for line in output.rstrip("\n").splitlines():
        if not PASSING.match(line):
            yield line.rstrip()


def _in_shell(command: str, folder: Path, given: str = "") -> str:
    return subprocess.run(
        command, shell=True, cwd=folder, input=given, capture_output=True, text=True, check=True
    ).stdout
