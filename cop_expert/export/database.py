"""All facts as a DuckDB database, a table for each template, with what the ontology says of it.

DuckDB gives each file a number of its own, so two exports hold the same and differ in some bytes.
"""

from collections.abc import Iterator
from pathlib import Path

from cop_expert.export.columns import sql_text, told, with_facts
from cop_expert.export.concluded import Concluded
from cop_expert.facts import BLOCK_SIZE, quoted
from cop_expert.model.template import Template


def write(concluded: Concluded, path: Path) -> None:
    query = concluded.facts.query
    query(f"ATTACH {sql_text(str(path))} AS exported (READ_WRITE, BLOCK_SIZE {BLOCK_SIZE})")
    try:
        for template in with_facts(concluded.facts):
            query(f"CREATE TABLE {_name(template)} AS {told(template)}")
            for comment in _comments(template):
                query(comment)
    finally:
        query("DETACH exported")


def _name(template: Template) -> str:
    return f"exported.{quoted(template.name)}"


def _comments(template: Template) -> Iterator[str]:
    yield f"COMMENT ON TABLE {_name(template)} IS {sql_text(template.comment)}"
    for field in template.fields:
        column = f"{_name(template)}.{quoted(field.name)}"
        yield f"COMMENT ON COLUMN {column} IS {sql_text(field.label)}"
