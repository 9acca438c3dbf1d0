"""The forms in which conclusions can be had, and what each is written by."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cop_expert.export.concluded import Concluded


class Form(NamedTuple):
    """What comes of an export, and the module whose `write` makes it."""

    module: str
    says: str
    is_text: bool = True
    """False for what makes no sense on a terminal: a folder, or a file of bytes."""

    def write(self, concluded: Concluded, path: Path) -> None:
        write: Callable[[Concluded, Path], None]
        write = import_module(f"cop_expert.export.{self.module}").write
        write(concluded, path)

    def text(self, concluded: Concluded) -> str:
        """What is written, where it is a text."""
        with TemporaryDirectory() as aside:
            self.write(concluded, Path(aside) / self.module)
            return (Path(aside) / self.module).read_text(encoding="utf-8")


FORMS = {
    "turtle": Form("turtle", "RDF: every fact, and what it was derived from"),
    "csv": Form("tables", "a folder of tables: what was given, what was concluded", False),
    "xlsx": Form("workbook", "a workbook: items by communities, with filters", False),
    "parquet": Form("parquet", "a folder of Parquet files, one for each kind of fact", False),
    "duckdb": Form("database", "a DuckDB database, a table for each kind of fact", False),
    "graphml": Form("graphml", "a network for Gephi, yEd or Cytoscape"),
    "kumu": Form("kumu", "a network for Kumu"),
    "moodle": Form("moodle", "a folder of CSV files for Moodle: cohorts, enrolments", False),
    "degreed": Form("degreed", "a CSV file for Degreed: required learning"),
    "shacl": Form("shacl", "RDF: the shapes by which others can check what they send"),
}
