"""Tables and queries of SQLite, DuckDB and PostgreSQL, read as every other format is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from calliper.ingest.cells import Fault
from calliper.ingest.database import Answered, ask, tables_of
from raw_study import PATIENTS, TYPED, checked, lines, study

INSERT = "INSERT INTO cohort VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
ROWS = [tuple(str(cell) if isinstance(cell, date) else cell for cell in row) for row in PATIENTS]
CREATE = (
    'CREATE TABLE cohort ("ID" TEXT, "Age" INTEGER, "Size" DOUBLE PRECISION, "Sex" TEXT, "Start" DATE, "Death" DATE, '
    '"Arm" TEXT, "Note" TEXT)'
)


def fill_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(CREATE)
        connection.executemany(INSERT, ROWS)
    connection.close()


def fill_duckdb(path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    connection = duckdb.connect(str(path))
    connection.execute(CREATE)
    connection.executemany(INSERT, ROWS)
    connection.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of Debian's packages, started and filled for the tests alone."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    binaries = found[-1].parent
    home = Path(os.environ.get("TMPDIR", "/tmp")) / f"calliper-pg-{os.getpid()}"  # noqa: S108  # a socket's path is short
    home.mkdir(mode=0o700)
    as_user: list[str] = []
    if os.getuid() == 0:  # the server refuses to run as root
        if not shutil.which("runuser"):
            pytest.skip("PostgreSQL does not run as root, and there is no runuser")
        shutil.chown(home, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data, port = home / "data", "54329"
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "timeout": 60,
    }
    try:
        subprocess.run(
            [*as_user, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "tester", "-N"],
            check=True,
            **quiet,
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c port={port}"
        subprocess.run(
            [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-o", options, "-w", "start"],
            check=True,
            **quiet,
        )
        address = f"postgresql://tester@/postgres?host={home}&port={port}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(CREATE)
            with connection.cursor() as cursor:
                cursor.executemany(INSERT.replace("?", "%s"), ROWS)
        yield address
    finally:
        subprocess.run(
            [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
        shutil.rmtree(home, ignore_errors=True)


def typed(records: Any) -> dict[str, list[object]]:
    held: dict[str, list[object]] = records.patients.drop("_centre", "_file", "_sheet", "_row").to_dict(
        as_series=False
    )
    return held


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_table_of_a_file(kind: str, tmp_path: Path) -> None:
    {"sqlite": fill_sqlite, "duckdb": fill_duckdb}[kind](tmp_path / "cohort.db")
    address = f"{kind}:cohort.db"
    records = checked(study({"path": address, "sheet": "cohort"}), tmp_path)
    assert lines(records) == []
    assert typed(records) == TYPED
    before = records.files
    assert before == checked(study({"path": address, "sheet": "cohort"}), tmp_path).files
    query = checked(study({"path": address, "query": 'SELECT * FROM cohort ORDER BY "ID" DESC'}), tmp_path)
    assert query.patients["patient"].to_list() == ["P3", "P2", "P1"]


def test_a_table_and_a_query_of_a_server(server: str, tmp_path: Path) -> None:
    records = checked(study({"path": server, "sheet": "cohort"}), tmp_path)
    assert lines(records) == []
    assert typed(records) == TYPED
    asked = checked(study({"path": server, "query": "SELECT * FROM cohort WHERE \"Sex\" = 'F'"}), tmp_path)
    assert asked.patients["patient"].to_list() == ["P2"]
    assert tables_of(tmp_path, server) == ["cohort"]
    # nothing is written, whatever a query says
    found = ask(
        tmp_path, server, table=None, query="WITH gone AS (DELETE FROM cohort RETURNING *) SELECT * FROM gone"
    )
    assert isinstance(found, Fault)
    assert "read-only" in found.message
    kept = ask(tmp_path, server, table="cohort", query=None)
    assert isinstance(kept, Answered)
    assert len(kept.rows) == 3


@pytest.mark.parametrize(
    ("path", "more", "said"),
    [
        ("sqlite:none.db", {"sheet": "cohort"}, "there is no such file"),
        ("sqlite:cohort.db", {}, "name one under sheet: or give a query:"),
        ("sqlite:cohort.db", {"sheet": "cohrt"}, "(did you mean 'cohort'?)"),
        ("sqlite:cohort.db", {"query": "DROP TABLE cohort"}, "the query is not one SELECT"),
        ("sqlite:cohort.db", {"query": "SELECT 1; DELETE FROM cohort"}, "the query is not one SELECT"),
        ("sqlite:cohort.db", {"query": "SELECT * FROM nowhere"}, "no such table: nowhere"),
        ("postgresql://anna:secret@127.0.0.1:1/x", {"sheet": "a"}, "the address holds a password"),
        ("postgresql://127.0.0.1:1/x", {"sheet": "a"}, "the database does not answer"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(path: str, more: dict[str, str], said: str, tmp_path: Path) -> None:
    fill_sqlite(tmp_path / "cohort.db")
    if "127.0.0.1:1" in path:
        pytest.importorskip("psycopg", reason="psycopg is not installed")
    (line,) = lines(checked(study({"path": path, **more}), tmp_path))
    assert said in line
    assert "secret" not in line or "password" in line
    with sqlite3.connect(tmp_path / "cohort.db") as connection:
        assert connection.execute("SELECT count(*) FROM cohort").fetchone() == (3,)
    connection.close()
