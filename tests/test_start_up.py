"""What a process loads: a question about an unchanged engagement must answer at once."""

import shutil
import subprocess
import sys
from pathlib import Path

from cop_expert.cli import MODULES

HOTEL = Path(__file__).parent.parent / "kb" / "examples" / "grand-hotel"


def loaded_by(arguments: list[str]) -> set[str]:
    """The modules that a command has loaded when it is done."""
    program = (
        "import sys; from cop_expert.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by(["--help"]) & {
        "duckdb",
        "rdflib",
        "owlready2",
        "lark",
        "experta",
        "jinja2",
    }


def test_a_second_question_reads_no_ontology_and_parses_no_rule(tmp_path: Path) -> None:
    hotel = shutil.copytree(HOTEL, tmp_path / "hotel", ignore=shutil.ignore_patterns(".cop"))
    question = ["why", str(hotel), "Knife skills", "Kitchen"]
    loaded_by(question)
    assert not loaded_by(question) & {"rdflib", "owlready2", "lark", "experta"}


def test_a_command_loads_no_other_commands_module() -> None:
    loaded = loaded_by(["why", "--help"])
    assert "cop_expert.cli.asking" in loaded
    assert not loaded & {f"cop_expert.cli.{module}" for module in {*MODULES.values()} - {"asking"}}
