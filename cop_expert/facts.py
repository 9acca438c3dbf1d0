"""The fact base: all facts of one run in DuckDB, one table per template.

Numbers are BIGINT millionths, text and references VARCHAR, an absent field NULL. A given fact
also keeps its origin in the columns `@source` and `@line`. What else a later question needs
(the checked rulebook, the vocabulary, settings, names) lies beside the facts as JSON.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec

from cop_expert.model.origin import Origin
from cop_expert.model.template import Kind, Template, Value, Vocabulary

COLUMN_TYPES = {Kind.NUMBER: "BIGINT", Kind.TEXT: "VARCHAR", Kind.TRUTH: "BOOLEAN"}
BLOCK_SIZE = 16_384
"""Bytes; the smallest that DuckDB offers, since most of a hundred tables are small."""
SMALL_FILE = 64_000_000
"""Bytes; in a smaller fact base a second thread costs more than it brings."""
Row = tuple[Value, ...]
T = TypeVar("T")


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it is made of."""
    return '"' + name.replace('"', '""') + '"'


class FactBase:
    """Working memory: the given facts and what the rules conclude from them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, vocabulary: Vocabulary) -> None:
        self.connection = connection
        self.vocabulary = vocabulary

    @classmethod
    def new(cls, vocabulary: Vocabulary, threads: int | None = None) -> "FactBase":
        """An empty fact base in memory, with a table for each template."""
        connection = duckdb.connect(":memory:", config={"threads": threads} if threads else {})
        facts = cls(connection, vocabulary)
        connection.execute("".join(map(_create, vocabulary.templates.values())))
        connection.execute('CREATE TABLE "@kept" (name VARCHAR, json VARCHAR)')
        return facts

    @classmethod
    def open(cls, path: Path) -> "FactBase":
        """The fact base that `save` wrote, to be read only."""
        threads = 1 if path.stat().st_size < SMALL_FILE else os.cpu_count() or 1
        connection = duckdb.connect(str(path), read_only=True, config={"threads": threads})
        facts = cls(connection, Vocabulary({}, {}, {}, {}))
        facts.vocabulary = facts.kept("vocabulary", Vocabulary)
        return facts

    def save(self, path: Path) -> None:
        """Write everything to one file, whole or not at all."""
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.unlink(missing_ok=True)
        try:
            name = str(unfinished).replace("'", "''")
            self.connection.execute(f"ATTACH '{name}' AS saved (BLOCK_SIZE {BLOCK_SIZE})")
            self.connection.execute("COPY FROM DATABASE memory TO saved")
            self.connection.execute("DETACH saved")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def keep(self, name: str, thing: Any) -> None:
        """Lay something beside the facts, for later questions."""
        text = msgspec.json.encode(thing).decode()
        self.connection.execute('INSERT INTO "@kept" VALUES (?, ?)', [name, text])

    def kept(self, name: str, kind: type[T]) -> T:
        """What was kept under the name; raises LookupError where there is nothing."""
        found = self.query('SELECT json FROM "@kept" WHERE name = ?', [name])
        if not found:
            raise LookupError(name)
        return msgspec.json.decode(found[0][0], type=kind)

    def add_given(
        self, template: str, columns: Sequence[Sequence[Value]], source: str, lines: Sequence[int]
    ) -> None:
        """Add given facts, column by column, each with the line that it was read from."""
        self._add(template, [*columns, [source] * len(lines), lines], ["VARCHAR", "INTEGER"])

    def add_concluded(self, template: str, rows: Iterable[Row]) -> None:
        """Add inferred facts; they must be new."""
        columns = list(zip(*rows, strict=True))
        if columns:
            self._add(template, columns)

    def _add(
        self, template: str, columns: Sequence[Sequence[Value]], extra_types: Sequence[str] = ()
    ) -> None:
        fields = self.vocabulary.templates[template].fields
        types = [*(COLUMN_TYPES[field.type.kind] for field in fields), *extra_types]
        values = ", ".join(f"unnest(?::{column_type}[])" for column_type in types)
        self.connection.execute(f"INSERT INTO {quoted(template)} SELECT {values}", list(columns))

    def rows(self, template: str, **bound: Value) -> list[Row]:
        """The template's facts with these field values, in order of their values."""
        columns = ", ".join(map(quoted, self.vocabulary.templates[template].names))
        condition = " AND ".join(f"{quoted(name)} IS NOT DISTINCT FROM ?" for name in bound)
        where = f" WHERE {condition}" if bound else ""
        sql = f"SELECT {columns} FROM {quoted(template)}{where} ORDER BY ALL"
        return self.query(sql, list(bound.values()))

    def records(self, template: str, **bound: Value) -> list[dict[str, Value]]:
        """The same, each fact as field → value."""
        names = self.vocabulary.templates[template].names
        return [dict(zip(names, row, strict=True)) for row in self.rows(template, **bound)]

    def origins(self, template: str, row: Row) -> list[Origin]:
        """Where a given fact was read."""
        names = self.vocabulary.templates[template].names
        condition = " AND ".join(f"{quoted(name)} IS NOT DISTINCT FROM ?" for name in names)
        sql = f'SELECT "@source", "@line" FROM {quoted(template)} WHERE {condition} ORDER BY ALL'
        return [Origin(source, line) for source, line in self.query(sql, row)]

    def count(self, template: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {quoted(template)}")[0][0])

    def counts(self) -> dict[str, int]:
        """Facts per template, those without any left out."""
        names = sorted(self.vocabulary.templates)
        sql = " UNION ALL ".join(
            f"SELECT {i} AS i, count(*) AS n FROM {quoted(name)}" for i, name in enumerate(names)
        )
        return {names[i]: n for i, n in self.query(f"{sql} ORDER BY i") if n}

    def sizes(self) -> dict[str, int]:
        """About how many facts each template has, from DuckDB's own books: quick, for planning."""
        return dict(self.query("SELECT table_name, estimated_size FROM duckdb_tables()"))

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        return self.connection.execute(sql, list(values)).fetchall()

    def close(self) -> None:
        self.connection.close()


def _create(template: Template) -> str:
    columns = [f"{quoted(field.name)} {COLUMN_TYPES[field.type.kind]}" for field in template.fields]
    if template.given:
        columns += ['"@source" VARCHAR', '"@line" INTEGER']
    return f"CREATE TABLE {quoted(template.name)} ({', '.join(columns)});"
