"""Whatever a cell holds: it is read as one of the things its role can be, or a line names it. Nothing is dropped."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calliper.protocol.roles import ROLES_OF
from calliper.protocol.specs import Protocol
from calliper.records.check import check
from calliper.records.tables import PROVENANCE, RawRecords, RawTable
from raw_study import study

TABLES = [table for table in ROLES_OF if table != "patients"]
ODD = [
    "", " ", "0", "1", "-1", "1.5", "1,5", "1:1", "0:0", ":", ";", "; ;", "a;b", "yes;no", "NA", "none", "2018-02-30",
    "2018-02-28", "2018-02", "Ｙ", "#DIV/0!", "1e308", "1e400", "nan", "S1", "P1", "P9", "U/L", "alt", "coeliac",
    "coeliac; phrenic", "coeliac; knee", "\u2212", "Straße", "ß", "İ", "3.0", "v5",
]  # fmt: skip


def words_of(table: str) -> list[str]:
    return [word for role in ROLES_OF[table].values() for word in role.words]


def of_table(table: str) -> Protocol:
    held = {
        name: {"files": [{"path": f"{name}.csv"}], "columns": {r: r for r in ROLES_OF[name]}}
        for name in ({table, "sessions"} if "session" in ROLES_OF[table] else {table})
    }
    return study(tables=held)


def raw(name: str, frame: pl.DataFrame) -> RawTable:
    rows = frame.height
    places = pl.DataFrame(
        {
            "_centre": [""] * rows,
            "_file": [f"{name}.csv"] * rows,
            "_sheet": [""] * rows,
            "_row": range(2, rows + 2),
        },
        schema=PROVENANCE,
    )
    return RawTable(name, frame.hstack(places), rows, rows)


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_every_cell_is_read_or_named(table: str, data: st.DataObject) -> None:
    texts = st.sampled_from([*ODD, *words_of(table)]) | st.text(max_size=6)
    n = data.draw(st.integers(1, 4))
    cells = {role: data.draw(st.lists(st.none() | texts, min_size=n, max_size=n)) for role in ROLES_OF[table]}
    cells["patient"] = ["P1"] * n
    protocol = of_table(table)
    people = pl.DataFrame(
        {name: ["P1"] for name in ("ID",)}
        | {spec.column: ["NEW" if spec.column == "Arm" else None] for spec in protocol.variables.values()}
        | {"Arm": ["NEW"]},
        schema_overrides=dict.fromkeys((s.column for s in protocol.variables.values()), pl.String),
    )
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    tables = {"patients": raw("patients", people), table: raw(table, frame)}
    if table != "sessions" and "session" in ROLES_OF[table]:
        empty = pl.DataFrame(schema=dict.fromkeys(ROLES_OF["sessions"], pl.String))
        tables["sessions"] = raw("sessions", empty)
    records = check(protocol, RawRecords(tables, (), ()))
    named = {(problem.row, problem.column) for problem in records.problems if problem.table == table}
    for role, held in cells.items():
        typed = records.tables[table][role].to_list()
        for at, (cell, value) in enumerate(zip(held, typed), start=2):
            if cell is not None and cell.strip() and value is None:
                assert (at, role) in named, (role, cell)
            if value is not None and ROLES_OF[table][role].kind == "words":
                assert value in ROLES_OF[table][role].words.values()
