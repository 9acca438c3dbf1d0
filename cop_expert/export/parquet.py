"""All facts as Parquet, a file for each template."""

from pathlib import Path

from cop_expert.export.columns import sql_text, told, with_facts
from cop_expert.export.concluded import Concluded


def write(concluded: Concluded, path: Path) -> None:
    path.mkdir()
    for template in with_facts(concluded.facts):
        file = sql_text(str(path / f"{template.name}.parquet"))
        concluded.facts.query(f"COPY ({told(template)}) TO {file} (FORMAT parquet)")
