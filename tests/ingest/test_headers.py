"""Headers under a title, in a named row, or broken over lines; and a sheet's name as people see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from raw_study import (
    HEADER,
    PATIENTS,
    checked,
    lines,
    only,
    study,
    write_parquet,
    write_text,
    write_workbook,
)

TITLE = ("Hospital North, 2018", *[None] * (len(HEADER) - 1))
GROUPS = ("ID", "Patient", None, None, "Course", None, "Treatment", None)
ROWS = [HEADER, *PATIENTS]
ACTION = "say header_row: 2 in the file's entry of the study file, or delete the rows above it"


def write(folder: Path, name: str, rows: list[Any]) -> dict[str, Any]:
    """The rows as a file of the kind its name says; its entry in the study file."""
    if name.endswith(".xlsx"):
        write_workbook(folder / name, {"S": rows})
    else:
        write_text(folder / name, rows, separator=";" if "semicolon" in name else ",")
    return {"path": name}


@pytest.mark.parametrize("name", ["comma.csv", "semicolon.csv", "book.xlsx"])
def test_a_title_above_the_header_is_one_problem_that_says_what_to_do(tmp_path: Path, name: str) -> None:
    sheet = ", sheet 'S'" if name.endswith(".xlsx") else ""
    problem = only(checked(study(write(tmp_path, name, [TITLE, *ROWS])), tmp_path))
    found = "row 1 is the first and holds 0 of the 8 named columns; row 2 holds 8"
    assert problem.line == f"{name}{sheet}, row 1: {found}; {ACTION}"


def test_merged_groups_of_columns_above_the_header_are_one_problem(tmp_path: Path) -> None:
    problem = only(checked(study(write(tmp_path, "one.csv", [GROUPS, *ROWS])), tmp_path))
    assert problem.message == "row 1 is the first and holds 1 of the 8 named columns; row 2 holds 8"


@pytest.mark.parametrize("name", ["comma.csv", "semicolon.csv", "book.xlsx"])
def test_the_named_row_is_the_header_and_rows_keep_their_numbers(tmp_path: Path, name: str) -> None:
    entry = {**write(tmp_path, name, [TITLE, *ROWS]), "header_row": 2}
    records = checked(study(entry), tmp_path)
    assert lines(records) == []
    assert records.patients["patient"].to_list() == ["P1", "P2", "P3"]
    assert records.patients["_row"].to_list() == [3, 4, 5]


@pytest.mark.parametrize("name", ["comma.csv", "book.xlsx"])
def test_a_named_row_without_a_value_is_a_problem(tmp_path: Path, name: str) -> None:
    blank = tuple(None for _ in HEADER)
    entry = {**write(tmp_path, name, [TITLE, blank, *ROWS]), "header_row": 2}
    problem = only(checked(study(entry), tmp_path))
    assert problem.message == "row 2 holds nothing, and the study file names it as the header"


def test_a_parquet_file_has_no_row_to_name(tmp_path: Path) -> None:
    write_parquet(tmp_path / "one.parquet", ROWS)
    problem = only(checked(study({"path": "one.parquet", "header_row": 2}), tmp_path))
    assert problem.line == "one.parquet: a Parquet file has no rows above its header; remove header_row:"


@pytest.mark.parametrize("name", ["comma.csv", "book.xlsx"])
def test_a_line_break_in_a_header_is_a_space(tmp_path: Path, name: str) -> None:
    header = tuple("Size\n (cm) " if column == "Size" else column for column in HEADER)
    records = checked(
        study(write(tmp_path, name, [header, *PATIENTS]), variables={"size": {"column": "Size (cm)"}}),
        tmp_path,
    )
    assert lines(records) == []
    assert records.patients["size"].to_list() == [10.5, 12.0, 0.1]


def test_white_space_around_a_sheets_name_is_no_part_of_it(tmp_path: Path) -> None:
    write_workbook(tmp_path / "one.xlsx", {"All patients ": ROWS, "Notes": [["x"]]})
    records = checked(study({"path": "one.xlsx", "sheet": "All patients"}), tmp_path)
    assert lines(records) == []
    assert records.patients["_sheet"].unique().to_list() == ["All patients "]


def test_two_sheets_whose_names_differ_in_white_space_are_told_apart(tmp_path: Path) -> None:
    other = [HEADER, ("P9", *PATIENTS[0][1:])]
    write_workbook(tmp_path / "one.xlsx", {"All": ROWS, "All ": other})
    records = checked(study({"path": "one.xlsx", "sheet": "All"}), tmp_path)
    assert records.patients["patient"].to_list() == ["P1", "P2", "P3"]
