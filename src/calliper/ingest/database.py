"""A table or a query of a database, named by its address: SQLite, DuckDB, PostgreSQL, a folder of tables.

    sqlite:cohort.db      duckdb:cohort.duckdb      postgresql://host:5432/registry      folder:omop_cdm

A folder of CSV and Parquet files is a database too, each file a table by its name: so is an OMOP common data model
read, by a query of Polars' SQL; cells of CSV are text in it, to be CAST where numbers are meant.
Opened for reading only. A password stands in no study file: PostgreSQL takes it from PGPASSWORD or ~/.pgpass. The rows
of a table are sorted by their text, as a database has no order of its own; those of a query stand as it gives them.
Nothing is asked of a network unless the study file names a server.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from calliper.ingest.cells import Cells, Fault, arrange, as_text, locate, refused
from calliper.protocol.check_files import DATABASES
from calliper.records.wording import listed, suggestion

MOST_ROWS = 5_000_000
_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@|[?&]password=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a table or query gave: its columns' names and rows, every value as text."""

    names: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]

    @property
    def sha256(self) -> str:
        """The hash of names and rows: two runs that saw the same rows have the same."""
        made = hashlib.sha256()
        for row in (self.names, *self.rows):
            made.update("\x1f".join("\x00" if text is None else text for text in row).encode() + b"\x1e")
        return made.hexdigest()


def is_database(path: str) -> bool:
    """Whether a path is the address of a database.

    >>> is_database("sqlite:cohort.db"), is_database("cohort.db")
    (True, False)
    """
    return path.startswith(DATABASES)


def tables_of(folder: Path, address: str) -> list[str] | Fault:
    """The tables and views of a database, by name."""
    made = _ask(folder, address, lambda ask, kind: ask(_TABLES[kind]))
    return made if isinstance(made, Fault) else [str(row[0]) for row in made[1]]


def ask(
    folder: Path, address: str, *, table: str | None, query: str | None, decimal: str = "point"
) -> Answered | Fault:
    """The rows of a table or a query; a Fault says why there are none."""
    if (table is None) == (query is None):
        return Fault(
            "sheet", "a database has many tables", "name one under sheet: or give a query:, in the study file"
        )
    if table is not None:
        known = tables_of(folder, address)
        if isinstance(known, Fault):
            return known
        if table not in known:
            message = f"there is no table '{table}'{suggestion(table, known)}"
            return Fault(
                "sheet", message, f"correct the name in the study file; the tables are {listed(known)}"
            )
    text = query if query is not None else f"SELECT * FROM {_quoted(table or '')}"  # noqa: S608  # a known table's name
    if query is not None and (fault := _unfit(query)):
        return fault
    made = _ask(folder, address, lambda ask_, _kind: ask_(text))
    if isinstance(made, Fault):
        return made
    names, found = made
    rows = [tuple(as_text(value, decimal) for value in row) for row in found]
    if table is not None:
        rows.sort(key=lambda row: [(text is not None, text or "") for text in row])
    return Answered(tuple(names), tuple(rows))


def read_answered(answered: Answered, columns: Sequence[str]) -> Cells:
    """The named columns; rows are numbered from 2, as if the columns' names were row 1 of a spreadsheet."""
    positions, faults = locate(answered.names, columns)
    if not answered.names:
        return refused(columns, Fault("empty", "the query gives no columns", "correct the query"))
    schema = {"_row": pl.Int64, **dict.fromkeys(positions, pl.String)}
    wanted = tuple(positions.values())
    held = [(number, *(row[at] for at in wanted)) for number, row in enumerate(answered.rows, start=2)]
    frame = pl.DataFrame(held, schema=schema, orient="row")
    return Cells(arrange(frame, columns), len(held), faults, positions)


_TABLES = {
    "folder": "SHOW TABLES",
    "sqlite": (
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ),
    "duckdb": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY table_name",
    "postgresql": (
        "SELECT CASE WHEN table_schema = 'public' THEN table_name ELSE table_schema || '.' || table_name END "
        "FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    ),
}

Rows = tuple[Sequence[str], list[tuple[Any, ...]]]
Ask = Callable[[str], Rows]


def _quoted(table: str) -> str:
    """The name of a table, or schema and table, as SQL quotes it."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split(".", 1))


def _unfit(query: str) -> Fault | None:
    """A query reads: it begins with SELECT or WITH, and is one statement."""
    bare = re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", " ", query, flags=re.DOTALL).strip().rstrip(";")
    if not re.match(r"(?i)(select|with)\b", bare) or ";" in bare:
        return Fault(
            "query", "the query is not one SELECT", "write one SELECT; nothing else is sent to a database"
        )
    return None


def _ask(folder: Path, address: str, work: Callable[[Ask, str], Rows]) -> Rows | Fault:
    if _PASSWORD.search(address):
        return Fault(
            "database", "the address holds a password", "take it out; give it as PGPASSWORD or in ~/.pgpass"
        )
    kind, _, rest = address.partition(":")
    kind = "postgresql" if kind == "postgres" else kind
    place = folder / rest.removeprefix("//")
    if kind != "postgresql" and not (place.is_dir() if kind == "folder" else place.is_file()):
        what = "folder" if kind == "folder" else "file"
        return Fault("file", f"there is no such {what}", "correct the address in the study file")
    try:
        with _OPEN[kind](address if kind == "postgresql" else str(place)) as asked:
            return work(asked, kind)
    except ImportError:
        package = {"duckdb": "duckdb", "postgresql": "psycopg[binary]"}[kind]
        return Fault("database", f"{kind} cannot be read here", f"install it: pip install '{package}'")
    except _TooManyError:
        return Fault("too_large", f"more than {MOST_ROWS:,} rows", "ask for fewer with a query")
    except Exception as error:  # three drivers, each with a tree of its own
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return Fault(
            "database", f"the database does not answer ({why})", "check its address, and who may read it"
        )


class _TooManyError(Exception):
    """More rows than are read."""


def _fetched(cursor: Any) -> Rows:
    rows = cursor.fetchmany(MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise _TooManyError
    return [held[0] for held in cursor.description or ()], rows


@contextmanager
def _sqlite(place: str) -> Iterator[Ask]:
    from urllib.parse import quote

    with closing(sqlite3.connect(f"file:{quote(place)}?mode=ro", uri=True)) as connection:
        yield lambda query: _fetched(connection.execute(query))


@contextmanager
def _duckdb(place: str) -> Iterator[Ask]:
    import duckdb

    # no file or address that a query names is opened, and no extension loaded
    settings: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoload_known_extensions": "false",
    }
    with closing(duckdb.connect(place, read_only=True, config=settings)) as connection:
        yield lambda query: _fetched(connection.execute(query))


@contextmanager
def _postgresql(address: str) -> Iterator[Ask]:
    import psycopg

    with psycopg.connect(address, connect_timeout=10) as connection:
        connection.read_only = True
        with connection.cursor() as cursor:

            def asked(query: str) -> Rows:
                cursor.execute(query.encode())
                return _fetched(cursor)

            yield asked


@contextmanager
def _folder(place: str) -> Iterator[Ask]:
    frames: dict[str, pl.LazyFrame] = {}
    for path in sorted(Path(place).iterdir()):
        if path.suffix.lower() == ".csv":
            frames[path.stem] = pl.scan_csv(path, infer_schema=False)
        elif path.suffix.lower() == ".parquet":
            frames[path.stem] = pl.scan_parquet(path)

    def asked(query: str) -> Rows:
        if query == _TABLES["folder"]:
            return ["name"], [(name,) for name in frames]
        found = pl.SQLContext(frames).execute(query, eager=True)
        if found.height > MOST_ROWS:
            raise _TooManyError
        return found.columns, found.rows()

    yield asked


_OPEN: dict[str, Callable[[str], Any]] = {
    "sqlite": _sqlite,
    "duckdb": _duckdb,
    "postgresql": _postgresql,
    "folder": _folder,
}
