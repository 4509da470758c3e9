"""The checks as a whole: records left out, no NaN, and what may not matter does not."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.records.check import check
from calliper.records.tables import RawRecords, RawTable, Records
from raw_study import HEADER, PATIENTS, Cell, checked, study, write_text, write_workbook

DAYS = {"files": [{"path": "days.csv"}], "columns": {"patient": "ID", "date": "Day"}}


def excluded(folder: Path, *patients: tuple[Cell, ...], days: tuple[tuple[Cell, ...], ...] = ()) -> Records:
    write_text(folder / "one.csv", [HEADER, *patients])
    write_text(folder / "days.csv", [("ID", "Day"), *days])
    return checked(study(reading={"on_error": "exclude_record"}, tables={"contacts": DAYS}), folder)


def test_a_record_with_errors_is_left_out_with_its_reasons_and_its_patients_rows(tmp_path: Path) -> None:
    bad = ("P9", "old", None, "X", None, None, "NEW", None)
    days = (("P9", "2019-01-01"), ("P1", "2019-01-01"), ("P2", "2019-02-30"), ("P3", None))
    records = excluded(tmp_path, *PATIENTS, bad, days=days)
    assert records.patients["patient"].to_list() == ["P1", "P2", "P3"]
    assert records.tables["contacts"]["patient"].to_list() == ["P1", "P3"]
    assert [dataclasses.astuple(record) for record in records.excluded] == [
        (
            "patients",
            "P9",
            "one.csv",
            "",
            5,
            "column 'Age': 'old' is not a number; column 'Sex': 'X' is not a code of sex; declared are 'M', "
            "'F'",
            False,
        ),
        (
            "contacts",
            "P2",
            "days.csv",
            "",
            4,
            "column 'Day': '2019-02-30' is a day that does not exist",
            False,
        ),
        ("contacts", "P9", "days.csv", "", 2, "the patient's own record is left out", True),
    ]
    assert records.n_read == {"patients": 4, "contacts": 4}
    assert [problem.severity for problem in records.problems] == ["error", "error", "error", "query"]


def test_both_records_of_a_patient_in_two_arms_are_left_out(tmp_path: Path) -> None:
    other = ("P1", *PATIENTS[0][1:6], "OLD", None)
    records = excluded(tmp_path, *PATIENTS, other)
    assert records.patients["patient"].to_list() == ["P2", "P3"]
    assert [(record.patient, record.row) for record in records.excluded] == [("P1", 2), ("P1", 5)]


def test_a_ragged_row_is_a_record_left_out(tmp_path: Path) -> None:
    rows = "\r\n".join([",".join(HEADER), "P1,61,,M,,,NEW,", "P2,48"])
    (tmp_path / "one.csv").write_text(rows, encoding="utf-8")
    records = checked(study(reading={"on_error": "exclude_record"}), tmp_path)
    assert [(record.row, record.reason) for record in records.excluded] == [
        (3, "the row has 2 fields and the header 8")
    ]
    assert records.patients["patient"].to_list() == ["P1"]


def test_with_stop_every_row_stays_and_only_the_bad_cell_is_null(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, ("P1", "old", 3.5, "M", None, None, "NEW", None)])
    records = checked(study(), tmp_path)
    row = records.patients.row(0, named=True)
    assert (row["age"], row["size"], row["sex"], records.excluded) == (None, 3.5, "Male", ())


def test_no_value_is_a_nan(tmp_path: Path) -> None:
    rows = [
        (f"P{n}", None, text, "M", None, None, "NEW", None)
        for n, text in enumerate(("nan", "NaN", "inf", ""))
    ]
    write_text(tmp_path / "one.csv", [HEADER, *rows])
    records = checked(study(), tmp_path)
    for frame in records.tables.values():
        for name in frame.select(pl.col(pl.Float64)).columns:
            assert frame[name].is_nan().sum() == 0
    assert [problem.row for problem in records.problems] == [2, 3, 4]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_only_row_numbers(seed: int, tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        *PATIENTS,
        ("P4", "x", 3, "M", "2018-02-30", None, "NEW", None),
        ("P5", 130, "1,5", "Q", "2018-03-05", "2018-03-04", "NONE", None),
        ("P1", 61, 10.5, "M", None, None, "OLD", None),
    ]
    shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311  # no secret
    found = []
    for name, order in (("a", rows), ("b", shuffled)):
        folder = tmp_path / name
        folder.mkdir()
        write_text(folder / "one.csv", [HEADER, *order])
        records = checked(study(), folder)
        typed = records.patients.drop("_row").sort(pl.exclude("_row"))
        problems = sorted(
            (problem.rule, problem.patient, problem.column, problem.value) for problem in records.problems
        )
        found.append((typed.rows(), problems))
    assert found[0] == found[1]


def test_every_value_leads_back_to_its_cell_in_a_workbook_with_blank_rows(tmp_path: Path) -> None:
    """Row 4 + 3n of the sheet holds patient n, whose size is 4 + 3n: the value names its row."""
    rows: list[tuple[Cell, ...]] = [("ID", "Size", "Arm")]
    for n in range(5):
        rows += [(None, None, None), (None, None, None), (f"P{n}", float(4 + 3 * n), "NEW")]
    write_workbook(tmp_path / "one.xlsx", {"Other": [("x",)], "S": rows}, at=(0, 4))
    protocol = study({"path": "one.xlsx", "sheet": "S"})
    protocol = protocol.model_copy(update={"variables": {"size": protocol.variables["size"]}})
    patients = checked(protocol, tmp_path).patients
    assert patients["size"].to_list() == patients["_row"].to_list() == [4, 7, 10, 13, 16]
    assert patients["_sheet"].unique().to_list() == ["S"]


@given(
    table=st.lists(
        st.tuples(
            *(st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["NEW", "M", "1", "2018-02-01"])),)
            * 8
        ),
        max_size=6,
    )
)
def test_no_text_raises_and_every_row_is_kept_or_left_out(table: list[tuple[str | None, ...]]) -> None:
    columns = {name: [row[at] for row in table] for at, name in enumerate(HEADER)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(HEADER, pl.String)).with_columns(
        _centre=pl.lit(""),
        _file=pl.lit("one.csv"),
        _sheet=pl.lit(""),
        _row=pl.int_range(2, len(table) + 2, dtype=pl.Int64),
    )
    raw = RawRecords({"patients": RawTable("patients", frame, len(table), len(table))}, (), ())
    stopped = check(study(), raw)
    left = check(study(reading={"on_error": "exclude_record"}), raw)
    assert stopped.patients.height == len(table)
    assert left.patients.height + len(left.excluded) == len(table)
    assert all(problem.line.isprintable() for problem in stopped.problems)
    errors = {problem.row for problem in stopped.problems if problem.severity == "error"}
    assert errors == {record.row for record in left.excluded}
