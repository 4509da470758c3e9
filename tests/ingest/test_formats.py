"""The same worked patients through every reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from raw_study import HEADER, PATIENTS, TYPED, Cell, checked, study, write_parquet, write_text, write_workbook

ROWS = [HEADER, *PATIENTS]

WRITERS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "csv": ("one.csv", lambda path: write_text(path, ROWS)),
    "csv with a byte-order mark": ("one.csv", lambda path: write_text(path, ROWS, encoding="utf-8-sig")),
    "csv with semicolons": ("one.csv", lambda path: write_text(path, ROWS, separator=";")),
    "tsv": ("one.tsv", lambda path: write_text(path, ROWS, separator="\t")),
    "txt": ("one.txt", lambda path: write_text(path, ROWS, separator="\t")),
    "capital extension": ("ONE.CSV", lambda path: write_text(path, ROWS)),
    "xlsx": ("one.xlsx", lambda path: write_workbook(path, {"S": ROWS})),
    "xlsx, 1904 dates": (
        "one.xlsx",
        lambda path: write_workbook(path, {"S": ROWS}, book={"date_1904": True}),
    ),
    "xlsx away from the corner": ("one.xlsx", lambda path: write_workbook(path, {"S": ROWS}, at=(0, 3))),
    "xlsx of inline strings": (
        "one.xlsx",
        lambda path: write_workbook(path, {"S": ROWS}, book={"constant_memory": True}),
    ),
    "parquet": ("one.parquet", lambda path: write_parquet(path, ROWS)),
}


def typed(frame: pl.DataFrame) -> dict[str, list[object]]:
    return frame.drop("_centre", "_file", "_sheet", "_row").to_dict(as_series=False)


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_table(name: str, tmp_path: Path) -> None:
    path, write = WRITERS[name]
    write(tmp_path / path)
    records = checked(study({"path": path}), tmp_path)
    assert records.problems == ()
    assert typed(records.patients) == TYPED
    assert records.patients["_row"].to_list() == [2, 3, 4]
    assert records.patients["_file"].unique().to_list() == [path]
    assert records.n_read == {"patients": 3}


@pytest.mark.parametrize("name", ["csv", "xlsx", "parquet"])
def test_a_decimal_comma_is_read_where_it_is_declared(name: str, tmp_path: Path) -> None:
    path = f"one.{name}"
    if name == "csv":
        write_text(tmp_path / path, ROWS, separator=";", comma=True)
    else:
        WRITERS[name][1](tmp_path / path)
    records = checked(study({"path": path}, reading={"decimal": "comma"}), tmp_path)
    assert records.problems == ()
    assert typed(records.patients) == TYPED


def test_a_comma_study_takes_text_with_a_point_for_text_but_a_number_for_a_number(tmp_path: Path) -> None:
    sizes: list[Cell] = [1.5, "1.5", "1,5"]
    rows = [("ID", "Size", "Arm"), *((f"P{n}", size, "NEW") for n, size in enumerate(sizes))]
    write_workbook(tmp_path / "one.xlsx", {"S": rows})
    protocol = study({"path": "one.xlsx"}, reading={"decimal": "comma"})
    protocol = protocol.model_copy(update={"variables": {"size": protocol.variables["size"]}})
    records = checked(protocol, tmp_path)
    assert records.patients["size"].to_list() == [1.5, None, 1.5]
    assert [problem.line for problem in records.problems] == [
        "one.xlsx, sheet 'S', row 3, column 'Size': '1.5' is not a number; "
        "write it with a decimal comma and no other mark, as reading.decimal: comma declares"
    ]


def test_parquet_values_are_the_text_that_reads_back(tmp_path: Path) -> None:
    values = [0.1, 1e-07, 1e22, 5e-324, 123456789.123456789, 60.0, None, float("nan")]
    frame = pl.DataFrame({"ID": [f"P{n}" for n in range(8)], "Size": values, "Arm": ["NEW"] * 8})
    frame.write_parquet(tmp_path / "one.parquet")
    protocol = study({"path": "one.parquet"})
    protocol = protocol.model_copy(update={"variables": {"size": protocol.variables["size"]}})
    records = checked(protocol, tmp_path)
    assert records.problems == ()
    assert records.patients["size"].to_list() == [*values[:6], None, None]


def test_parquet_columns_without_a_text_are_named(tmp_path: Path) -> None:
    frame = pl.DataFrame({"ID": ["P1"], "Size": [[1.0, 2.0]], "Arm": ["NEW"]})
    frame.write_parquet(tmp_path / "one.parquet")
    protocol = study({"path": "one.parquet"})
    protocol = protocol.model_copy(update={"variables": {"size": protocol.variables["size"]}})
    assert [problem.line for problem in checked(protocol, tmp_path).problems] == [
        "one.parquet, column 'Size': the column holds List(Float64) values, which are no single number, "
        "text or date; "
        "write it as text, number or date"
    ]
    (tmp_path / "one.parquet").write_bytes(b"PAR1 no more")
    assert checked(protocol, tmp_path).problems[0].rule == "unreadable"
