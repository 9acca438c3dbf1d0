"""The fact base: all facts of one run in DuckDB, one table per template.

Numbers are BIGINT millionths, an absent field NULL. A text or reference is stored as its code,
its place among all texts in order of code points, so that texts join and compare as fast as
numbers do; rules make no texts, so what is given and what rules say is all there ever is. A given
fact also keeps its origin, in the columns `@source` and `@line`, and, where nobody wrote it down,
why it holds, in `@because`. What else a later question needs (the checked rulebook, the vocabulary,
settings) lies beside the facts as JSON.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import msgspec

from cop_expert.database import duckdb
from cop_expert.files import DamagedFacts
from cop_expert.model.lapsed import Lapsed
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field, Kind, Template, Value, Vocabulary

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

STORED = {Kind.NUMBER: "BIGINT", Kind.TEXT: "INTEGER", Kind.TRUTH: "BOOLEAN"}
STAGED = STORED | {Kind.TEXT: "VARCHAR"}
BLOCK_SIZE = 16_384
"""Bytes; the smallest that DuckDB offers, since most of a hundred tables are small."""
ROW_GROUP_SIZE = 16_384
"""Facts of a kept table that are read together: a question asks for a few."""
FEW_NAMES = 50_000
"""Names up to which all are fetched as soon as one is asked for."""
MOST_HANDS = 4
"""Threads beyond which nothing is gained where each asks short questions."""
DESK = '"@desk"'
"""The schema in which tables are laid out while they are read."""
NUMBERS = count(1)
"""What tells apart what one process makes several times on one connection."""
NOWHERE = -1
"""The code of a text that stands in no fact."""
Row = tuple[Value, ...]
R = TypeVar("R")
T = TypeVar("T")


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it is made of."""
    return '"' + name.replace('"', '""') + '"'


def on_desk(name: str) -> str:
    """The name of what is laid out only until the facts are stored."""
    return f"{DESK}.{quoted(name)}"


@cache
def _forms() -> duckdb.DuckDBPyConnection:
    """DuckDB matches patterns in a time that grows with the text alone, whoever wrote them."""
    return duckdb.connect(":memory:", config={"threads": 1})


def has_form(text: str, pattern: str) -> bool:
    """True where the pattern matches the whole text."""
    found = _forms().cursor().execute("SELECT regexp_full_match(?, ?)", [text, pattern]).fetchone()
    return bool(found and found[0])


def is_pattern(text: str) -> bool:
    """True for a regular expression that `has_form` can take."""
    try:
        has_form("", text)
    except duckdb.Error:
        return False
    return True


class Limits(NamedTuple):
    """What a run may use of the machine; nothing stands for DuckDB's own choice."""

    memory: str = ""
    """Such as `2GB`; what does not fit is laid out in temporary files."""
    threads: int | None = None


UNLIMITED = Limits()


class _Staged(NamedTuple):
    """Given facts that are laid out and not yet stored."""

    template: Template
    relation: str
    source: str
    because: Mapping[int, str]


class FactBase:
    """Working memory: the given facts and what the rules conclude from them."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        vocabulary: Vocabulary,
        path: Path | None = None,
        database: str = "",
    ) -> None:
        # DuckDB would draw on standard output how far a long query is.
        self.connection = connection.execute("SET enable_progress_bar = false")
        self.vocabulary = vocabulary
        self.path = path
        """The file that it was opened from."""
        self.database = database
        """The one of the connection's databases that holds it, where it is not the first."""
        if database:
            connection.execute(f"USE {quoted(database)}")
        self.names = Names(self)
        self._kept: dict[str, Any] = {}
        self._staged: list[_Staged] = []
        self.manners: list[str] = []
        """What was run on this connection and on those beside it."""
        self._pool: ThreadPoolExecutor | None = None
        self._beside: dict[int, FactBase] = {}
        """The connection of each thread of the pool."""

    @classmethod
    def new(cls, vocabulary: Vocabulary, limits: Limits = UNLIMITED) -> "FactBase":
        """An empty fact base in memory, with a table for each template."""
        connection = duckdb.connect(":memory:", config=_config(limits))
        facts = cls(connection, vocabulary)
        connection.execute("".join(map(_create, vocabulary.templates.values())))
        connection.execute('CREATE TABLE "@kept" (name VARCHAR, json VARCHAR)')
        connection.execute(f"CREATE SCHEMA {DESK}")
        return facts

    @classmethod
    def open(cls, path: Path) -> "FactBase":
        """The fact base that `save` wrote, to be read only, by one thread for each question.

        Facts lie so that a question reads few of them: a second thread costs more than it brings.
        """
        connection = duckdb.connect(str(path), read_only=True, config={"threads": 1})
        facts = cls(connection, Vocabulary({}, {}, {}, {}), path)
        facts.vocabulary = facts.kept("vocabulary", Vocabulary)
        return facts

    def use_all_threads(self) -> None:
        """For who reads all that a file holds, and gains by it."""
        if self.path:
            self.query(f"SET threads = {os.cpu_count() or 1}")

    def beside(self) -> "FactBase":
        """The same facts by a connection of its own, for another thread."""
        other = self._again(self.connection.cursor(), self.database)
        for sql in self.manners:
            other.set_up(sql)
        return other

    def set_up(self, sql: str) -> None:
        """Run what concerns one connection only, on all beside it and on those yet to be made."""
        if sql not in self.manners:
            self.manners.append(sql)
            for facts in (self, *self._beside.values()):
                facts.query(sql)

    @property
    def threads(self) -> int:
        """How many DuckDB may use for one question."""
        return int(self.query("SELECT current_setting('threads')")[0][0])

    @property
    def hands(self) -> int:
        """How many may ask at a time, each by a connection of its own.

        A kept file gives DuckDB one thread for a question, which is no limit to how many ask.
        """
        return min(os.cpu_count() or 1 if self.path else self.threads, MOST_HANDS)

    def abreast(self, do: Callable[["FactBase", T], R], things: Iterable[T]) -> list[R]:
        """What comes of each thing, in order; several at a time, each by a connection of its own.

        DuckDB itself goes through up to a hundred thousand rows with one thread.
        """
        things = list(things)
        hand = self._beside.get(get_ident())  # of who is asked beside others already
        hands = 1 if hand or len(things) < 2 else self.hands
        if hands == 1:
            return [do(hand or self, thing) for thing in things]
        from concurrent.futures import ThreadPoolExecutor, wait

        self._pool = self._pool or ThreadPoolExecutor(hands)
        futures = [self._pool.submit(self._by_hand, do, thing) for thing in things]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()
            wait(futures)

    def _by_hand(self, do: Callable[["FactBase", T], R], thing: T) -> R:
        """What comes of the thing by the connection that a thread of the pool has to itself."""
        hand = get_ident()
        if hand not in self._beside:
            self._beside[hand] = self.beside()
        return do(self._beside[hand], thing)

    def _let_go(self, wait: bool = True) -> None:
        """End the threads that ask, and with them their connections."""
        if self._pool:
            self._pool.shutdown(wait)
        self._pool = None
        self._beside.clear()

    def _again(self, connection: duckdb.DuckDBPyConnection, database: str) -> "FactBase":
        other = type(self)(connection, self.vocabulary, self.path, database)
        other.names = self.names
        return other

    @contextmanager
    def apart(self, templates: Collection[str]) -> Iterator["FactBase"]:
        """The same facts but for those of these templates, which may be concluded anew."""
        connection, name = self.connection.cursor(), f"apart {next(NUMBERS)}"
        ((here,),) = connection.execute("SELECT current_database()").fetchall()
        connection.execute(f"ATTACH ':memory:' AS {quoted(name)} (READ_WRITE)")
        other = self._again(connection, name)
        for template in self.vocabulary.templates.values():
            if template.name in templates:
                connection.execute(_create(template))
            else:
                table = quoted(template.name)
                connection.execute(f"CREATE VIEW {table} AS FROM {quoted(here)}.{table}")
        try:
            yield other
        finally:
            other._let_go()
            connection.execute(f"USE {quoted(here)}; DETACH {quoted(name)}")

    def save(self, path: Path) -> None:
        """Write everything to a new file."""
        self.keep("sizes", self.sizes())
        name = str(path).replace("'", "''")
        sizes = f"BLOCK_SIZE {BLOCK_SIZE}, ROW_GROUP_SIZE {ROW_GROUP_SIZE}"
        self.connection.execute(f"ATTACH '{name}' AS saved ({sizes})")
        try:
            self.connection.execute("COPY FROM DATABASE memory TO saved (SCHEMA)")
            self._at_once(self._copies())
        finally:
            self.connection.execute("DETACH saved")

    def _at_once(self, statements: list[str]) -> None:
        """Run all of them, or none where one fails."""
        self.connection.begin()
        try:
            self.connection.execute(" ".join(statements))
            self.connection.commit()
        except duckdb.Error:
            with suppress(duckdb.Error):  # a commit that fails has ended it already
                self.connection.rollback()
            raise

    def _copies(self) -> list[str]:
        """What fills each table of the file."""
        return [
            f"INSERT INTO saved.{quoted(table)} FROM {quoted(table)} {self._order(table, size)};"
            for table, size in self.sizes().items()
        ]

    def _order(self, table: str, size: int) -> str:
        """What is concluded of one thing, an item say, lies together, to be found without reading
        all there is."""
        template = self.vocabulary.templates.get(table)
        if template is None or template.given or size <= ROW_GROUP_SIZE:
            return ""
        texts = [field.name for field in template.fields if is_text(field)]
        return f"ORDER BY {quoted(texts[-1])}" if texts else ""

    def keep(self, name: str, thing: Any) -> None:
        """Lay something beside the facts, for later questions, in place of what was there."""
        self._kept.pop(name, None)
        text = msgspec.json.encode(thing).decode()
        self.connection.execute('DELETE FROM "@kept" WHERE name = ?', [name])
        self.connection.execute('INSERT INTO "@kept" VALUES (?, ?)', [name, text])

    def kept(self, name: str, kind: type[T]) -> T:
        """What was kept under the name; raises LookupError where there is nothing."""
        if name not in self._kept:
            found = self.query('SELECT json FROM "@kept" WHERE name = ?', [name])
            if not found:
                raise LookupError(name)
            self._kept[name] = msgspec.json.decode(found[0][0], type=kind)
        return cast(T, self._kept[name])

    def keep_lapsed(self, lapsed: list[Lapsed]) -> None:
        if lapsed:
            self.keep("lapsed", lapsed)

    def lapsed(self, template: str) -> list[Lapsed]:
        """Rows for the template that no longer count, in order of their places."""
        return [one for one in self._lapsed if one.template == template]

    @cached_property
    def _lapsed(self) -> list[Lapsed]:
        try:
            return self.kept("lapsed", list[Lapsed])
        except LookupError:  # nothing has lapsed
            return []

    def stage(
        self,
        template: str,
        relation: str,
        source: str,
        because: Mapping[int, str] | None = None,
    ) -> None:
        """Take given facts: a relation with a column per field, and `@line` for where each is from.

        `because` says why those hold that nobody wrote down, by `@row`. The texts are texts as
        yet; `settle` stores the facts.
        """
        kind = self.vocabulary.templates[template]
        self._staged.append(_Staged(kind, relation, source, because or {}))

    def settle(self, words: Iterable[str] = (), labels: Mapping[str, str] | None = None) -> None:
        """Give each text its code, those that rules say among them, and store what is staged.

        `labels` are names as shown, of what goes by an id.
        """
        texts = [
            f"SELECT {quoted(field.name)} FROM {staged.relation}"
            for staged in self._staged
            for field in filter(is_text, staged.template.fields)
        ]
        sources = {staged.source for staged in self._staged}
        self.names.number(texts, {*words, *sources}, labels or {})
        few = self.names.are_few()

        def store(facts: FactBase, staged: _Staged) -> None:
            because = staged.because
            values = [list(because), list(because.values())] if because else []
            facts.query(_store(staged, few), [self.names.code(staged.source), *values])

        self.abreast(store, self._staged)
        derived = {staged.template.name for staged in self._staged if staged.because}
        self.keep("derived", sorted(derived))
        self._staged.clear()
        self._let_go()
        self.connection.execute(f"DROP SCHEMA IF EXISTS {DESK} CASCADE")

    def add_concluded(self, template: str, rows: Iterable[Row]) -> None:
        """Add inferred facts; they must be new."""
        fields = self.vocabulary.templates[template].fields
        columns: list[Sequence[Value]] = list(zip(*rows, strict=True))
        if columns:
            for place in filter(lambda place: is_text(fields[place]), range(len(fields))):
                columns[place] = self.names.codes(columns[place])
            types = [STORED[field.type.kind] for field in fields]
            self._insert(quoted(template), columns, types)

    def store_on_demand(self, template: str, select: str) -> None:
        """Let the template's facts be what the query selects, whenever they are asked for."""
        name = quoted(template)
        self.connection.execute(f"DROP TABLE {name}; CREATE VIEW {name} AS {select}")

    def _insert(self, table: str, columns: Sequence[Sequence[Value]], types: list[str]) -> None:
        values = ", ".join(f"unnest(?::{column_type}[])" for column_type in types)
        self.connection.execute(f"INSERT INTO {table} SELECT {values}", list(columns))

    def stored(self, template: str, row: Row) -> list[Value]:
        """A fact's values as its table holds them."""
        fields = self.vocabulary.templates[template].fields
        pairs = zip(fields, row, strict=True)
        return [self.names.code(value) if is_text(field) else value for field, value in pairs]

    def told(self, kinds: Sequence[Kind], rows: list[Row]) -> list[Row]:
        """Rows as tables hold them, with texts for their codes."""
        if not rows or Kind.TEXT not in kinds:
            return rows
        columns = [
            self.names.texts(column) if kind == Kind.TEXT else column
            for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)
        ]
        return list(zip(*columns, strict=True))

    def rows(self, template: str, **bound: Value) -> list[Row]:
        """The template's facts with these field values, in order of their values."""
        if self.is_known_empty(template):
            return []
        kind = self.vocabulary.templates[template]
        values = [self.names.code(v) if is_text(kind.by_name[f]) else v for f, v in bound.items()]
        where = f" WHERE {_same(bound)}" if bound else ""
        columns = ", ".join(map(quoted, kind.names))
        found = self.query(f"SELECT {columns} FROM {quoted(template)}{where} ORDER BY ALL", values)
        return self.told(kind.kinds, found)

    def records(self, template: str, **bound: Value) -> list[dict[str, Value]]:
        """The same, each fact as field → value."""
        names = self.vocabulary.templates[template].names
        return [dict(zip(names, row, strict=True)) for row in self.rows(template, **bound)]

    def origins(self, template: str, row: Row) -> list[Origin]:
        """Where a given fact was read."""
        where = _same(self.vocabulary.templates[template].names)
        sql = f'SELECT "@source", "@line" FROM {quoted(template)} WHERE {where} ORDER BY ALL'
        found = self.query(sql, self.stored(template, row))
        return [Origin(str(self.names.text(source)), line) for source, line in found]

    def located(self, template: str) -> list[tuple[Row, Origin, str]]:
        """The given facts in order, where each was read, and why it holds if nobody wrote it."""
        kind = self.vocabulary.templates[template]
        columns = ", ".join(map(quoted, [*kind.names, "@source", "@line", "@because"]))
        found = self.query(f"SELECT {columns} FROM {quoted(template)} ORDER BY ALL")
        rows = self.told([*kind.kinds, Kind.TEXT], [row[:-2] for row in found])
        return [
            (row[:-1], Origin(str(row[-1]), line or 0), because or "")
            for row, (*_, line, because) in zip(rows, found, strict=True)
        ]

    def has(self, template: str, row: Row, select: str = "") -> bool:
        """Whether there is such a fact, or among what the query selects."""
        among = f"({select})" if select else quoted(template)
        where = _same(self.vocabulary.templates[template].names)
        sql = f"SELECT 1 FROM {among} WHERE {where} LIMIT 1"
        return bool(self.query(sql, self.stored(template, row)))

    def because(self, template: str, row: Row) -> str:
        """Why a given fact holds that nobody wrote down; mostly nothing."""
        if template not in self._derived:
            return ""
        where = _same(self.vocabulary.templates[template].names)
        sql = f'SELECT "@because" FROM {quoted(template)} WHERE {where} ORDER BY ALL'
        found = self.query(sql, self.stored(template, row))
        return (found[0][0] or "") if found else ""

    @cached_property
    def _derived(self) -> set[str]:
        """The given templates some of whose facts nobody wrote down."""
        try:
            return self.kept("derived", set[str])
        except LookupError:  # none was read from a file
            return set()

    def count(self, template: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {quoted(template)}")[0][0])

    def counts(self, given: bool | None = None) -> dict[str, int]:
        """Facts per template, given ones or inferred ones only, where there are any.

        Those that are concluded on demand are not counted: it could take longer than all else.
        """
        templates = self.vocabulary.templates.values()
        held = (t for t in templates if not t.on_demand)
        names = sorted(t.name for t in held if given in (None, t.given))
        sql = " UNION ALL ".join(
            f"SELECT {i} AS i, count(*) AS n FROM {quoted(name)}" for i, name in enumerate(names)
        )
        return {names[i]: n for i, n in self.query(f"{sql} ORDER BY i") if n} if names else {}

    def sizes(self) -> dict[str, int]:
        """About how many rows each table has, from DuckDB's own books: quick, for planning."""
        if self._is_as_saved:
            return self._saved_sizes
        books = "duckdb_tables() WHERE database_name = current_database()"
        return dict(self.query(f"SELECT table_name, estimated_size FROM {books}"))

    def is_known_empty(self, template: str) -> bool:
        """Whether it is known without asking that there is no fact of the template."""
        return self._is_as_saved and self.sizes().get(template) == 0

    @property
    def _is_as_saved(self) -> bool:
        """Whether these are the facts of a file, none of them concluded anew."""
        return self.path is not None and not self.database

    @cached_property
    def _saved_sizes(self) -> dict[str, int]:
        """Of a file, whose books would have to be read in all."""
        return self.kept("sizes", dict[str, int])

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of the answer; raises DamagedFacts where a kept file cannot be read."""
        try:
            return self.connection.execute(sql, list(values)).fetchall()
        except duckdb.Error as error:
            if self.path is None:
                raise
            # Questions to a kept file do not err, so its checksums must.
            self.close()
            raise DamagedFacts(self.path) from error

    def close(self) -> None:
        self._let_go(wait=False)  # one of them may be who closes it
        self.connection.close()


class Names:
    """All texts of one fact base, their codes and labels, fetched as they are asked for."""

    def __init__(self, facts: FactBase) -> None:
        self.facts = facts
        self._texts: dict[Value, Value] = {}
        self._codes: dict[Value, Value] = {}
        self._labels: dict[Value, str] = {}
        self._lock = Lock()

    def number(self, selects: list[str], words: set[str], labels: Mapping[str, str]) -> None:
        """Number the texts that the queries select, and the words, whose codes are then known."""
        everything = " UNION ".join(["SELECT unnest(?::VARCHAR[]) AS text", *selects])
        self.facts.query(
            'CREATE TABLE "@names" AS SELECT row_number() OVER (ORDER BY t.text)::INTEGER AS code, '
            f"t.text, l.label FROM ({everything}) t LEFT JOIN "
            "(SELECT unnest(?::VARCHAR[]) AS text, unnest(?::VARCHAR[]) AS label) l USING (text) "
            "WHERE t.text IS NOT NULL ORDER BY t.text",
            [sorted(words), list(labels), list(labels.values())],
        )
        self.codes(sorted(words))

    def are_few(self) -> bool:
        return bool(self.facts.sizes().get("@names", 0) <= FEW_NAMES)

    def code(self, text: Value) -> Value:
        return self.codes([text])[0]

    def codes(self, texts: Sequence[Value]) -> list[Value]:
        """The code of each text; NOWHERE where no fact holds it, none for none."""
        self._fetch("text", self._codes, texts)
        return [None if text is None else self._codes.get(text, NOWHERE) for text in texts]

    def text(self, code: Value) -> Value:
        return self.texts([code])[0]

    def texts(self, codes: Sequence[Value]) -> list[Value]:
        self._fetch("code", self._texts, codes)
        return [None if code is None else self._texts[code] for code in codes]

    def label(self, text: str) -> str:
        """The name as shown of what the text identifies: mostly the text itself."""
        if text not in self._codes:
            self._fetch("text", self._codes, [text])
        return self._labels.get(text, text)

    def _fetch(self, column: str, known: dict[Value, Value], asked: Sequence[Value]) -> None:
        """Look up what is not known yet; in a small fact base all there is."""
        with self._lock:
            if missing := {one for one in asked if one is not None and one not in known}:
                self._learn(column, known, missing)

    def _learn(self, column: str, known: dict[Value, Value], missing: Iterable[Value]) -> None:
        sql = 'SELECT code, text, label FROM "@names"'
        if self.are_few():
            found = [] if known else self.facts.query(sql)
        else:
            found = self.facts.query(f"{sql} WHERE {column} IN (SELECT unnest(?))", [list(missing)])
        self._texts |= {code: text for code, text, _ in found}
        self._codes |= {text: code for code, text, _ in found}
        self._labels |= {text: label for _, text, label in found if label is not None}


def unnested(kinds: Mapping[str, Kind]) -> str:
    """A relation of columns that are given as lists, one parameter for each."""
    columns = (f"unnest(?::{STORED[kind]}[]) AS {quoted(name)}" for name, kind in kinds.items())
    return f"(SELECT {', '.join(columns)})"


def _config(limits: Limits) -> dict[str, Any]:
    """DuckDB's settings: no network, and nothing laid out in the folder that one works in."""
    from tempfile import gettempdir

    config: dict[str, Any] = {
        "autoinstall_known_extensions": "false",
        "temp_directory": str(Path(gettempdir()) / f"cop-expert-{os.getpid()}"),
    }
    if limits.memory:
        config["memory_limit"] = limits.memory
    if limits.threads:
        config["threads"] = limits.threads
    return config


def is_text(field: Field) -> bool:
    """True where the field holds a text or a reference, stored as a code."""
    return field.type.kind == Kind.TEXT


def _same(names: Iterable[str]) -> str:
    return " AND ".join(f"{quoted(name)} IS NOT DISTINCT FROM ?" for name in names)


def _create(template: Template) -> str:
    columns = [f"{quoted(field.name)} {STORED[field.type.kind]}" for field in template.fields]
    if template.given:
        columns += ['"@source" INTEGER', '"@line" INTEGER', '"@because" VARCHAR']
    return f"CREATE TABLE {quoted(template.name)} ({', '.join(columns)});"


def _store(staged: _Staged, few: bool) -> str:
    """From a relation into the template's own table, each text as its code.

    Unless the names are few, each column is joined with its own, not with a hash of all.
    """
    columns, joins = [], []
    for place, field in enumerate(staged.template.fields):
        column = f"s.{quoted(field.name)}"
        if is_text(field):
            given = f"SELECT DISTINCT {column} FROM {staged.relation} s"
            own = f'(FROM "@names" WHERE text IN ({given}))'
            names = '"@names"' if few else own
            joins.append(f"LEFT JOIN {names} n{place} ON n{place}.text = {column}")
            column = f"n{place}.code"
        columns.append(column)
    because = "NULL"
    if staged.because:
        because = "b.because"
        rows = 'SELECT unnest(?::INTEGER[]) AS "@row", unnest(?::VARCHAR[]) AS because'
        joins.append(f'LEFT JOIN ({rows}) b USING ("@row")')
    return (
        f"INSERT INTO {quoted(staged.template.name)} "
        f'SELECT {", ".join(columns)}, ?::INTEGER, s."@line", {because} '
        f"FROM {staged.relation} s {' '.join(joins)}"
    )
