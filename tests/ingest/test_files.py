"""Files as the study file names them: found or not, stacked over centres, kept or left, hashed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from calliper import ingest
from raw_study import HEADER, PATIENTS, checked, lines, only, study, write_text, write_workbook

ROWS = [HEADER, *PATIENTS]


def test_a_missing_file_names_its_near_miss(tmp_path: Path) -> None:
    write_text(tmp_path / "linyi.csv", ROWS)
    assert only(checked(study({"path": "linyii.csv"}), tmp_path)).line == (
        "linyii.csv: there is no such file (did you mean 'linyi.csv'?); "
        "correct the path in the study file; its folder holds 'linyi.csv'"
    )
    assert only(checked(study({"path": "deep/one.csv"}), tmp_path)).line == (
        "deep/one.csv: there is no such file; its folder is not there: correct the path in the study file"
    )


def test_a_folder_or_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "here.csv").mkdir()
    (tmp_path / "one.pdf").write_bytes(b"$FL2")
    assert lines(
        checked(study({"path": "here.csv"}, {"path": "one.pdf"}, {"path": "old.xls"}), tmp_path)
    ) == [
        "here.csv: this is a folder, not a file; name the file in it",
        "one.pdf: files of the kind '.pdf' are not read; "
        "save it as one of .csv, .tsv, .txt, .xlsx, .xlsm, .parquet, .sav, .zsav, .xpt, .sas7bdat, .dta",
        "old.xls: there is no such file; correct the path in the study file; its folder holds 'one.pdf'",
    ]


def test_a_sheet_of_a_text_file_is_refused(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", ROWS)
    assert only(checked(study({"path": "one.csv", "sheet": "Patients"}), tmp_path)).line == (
        "one.csv: the study file names its sheet 'Patients', but only a workbook has sheets; "
        "remove sheet: from the study file"
    )


def test_columns_missing_or_there_twice_are_named_and_the_rest_is_checked(tmp_path: Path) -> None:
    header = ("ID", "age ", "Size", "Sex", "Start", "Start", "Arm", "Notes")
    write_text(tmp_path / "one.csv", [header, ("P1", "61", "big", "M", None, None, "NEW", None)])
    present = "'ID', 'age', 'Size', 'Sex', 'Start', 'Arm', 'Notes'"
    action = f"correct the name in the study file; the columns are {present}"
    assert lines(checked(study(variables={"age": {"required": True}}), tmp_path)) == [
        f"one.csv, column 'Age': there is no column 'Age' (did you mean 'age'?); {action}",
        "one.csv, column 'Start': 2 columns are named 'Start'; give each column a name of its own",
        f"one.csv, column 'Death': there is no column 'Death'; {action}",
        f"one.csv, column 'Note': there is no column 'Note' (did you mean 'Notes'?); {action}",
        "one.csv, row 2, column 'Size': 'big' is not a number; correct the cell",
    ]


def test_columns_the_study_does_not_name_may_be_anything(tmp_path: Path) -> None:
    header = (*HEADER, "Copy", "Copy", "", "_row")
    write_text(tmp_path / "one.csv", [header, *((*row, "a", "b", "c", "d") for row in PATIENTS)])
    records = checked(study(), tmp_path)
    assert records.problems == ()
    assert records.patients.height == 3
    assert "Copy" not in ingest.read(study(), tmp_path).tables["patients"].frame.columns


@pytest.mark.parametrize("name", ["_row", "_file", "_kept"])
def test_a_column_named_like_a_provenance_column_is_refused(name: str, tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [(*HEADER[:-1], name), *PATIENTS])
    assert only(checked(study(variables={"note": {"column": name}}), tmp_path)).line == (
        f"one.csv, column '{name}': the name '{name}' is kept for Calliper's own columns; "
        "rename the column in the file and in the study file"
    )


def test_three_centres_stack_in_the_order_of_the_study_file(tmp_path: Path) -> None:
    for centre, letter in (("north", "N"), ("south", "S"), ("west", "W")):
        rows = [(f"{letter}{n}", *row[1:]) for n, row in enumerate(PATIENTS)]
        if centre == "south":
            write_workbook(tmp_path / "south.xlsx", {"Other": [("x",)], "Patients": [HEADER, *rows]})
        else:
            write_text(tmp_path / f"{centre}.csv", [HEADER, *rows])
    protocol = study(
        {"path": "west.csv", "centre": "west"},
        {"path": "south.xlsx", "sheet": "Patients", "centre": "south"},
        {"path": "north.csv", "centre": "north"},
        centres={name: {"label": name.title()} for name in ("north", "south", "west")},
    )
    records = checked(protocol, tmp_path)
    assert records.problems == ()
    assert records.patients["patient"].to_list() == ["W0", "W1", "W2", "S0", "S1", "S2", "N0", "N1", "N2"]
    assert records.patients["centre"].to_list() == ["west"] * 3 + ["south"] * 3 + ["north"] * 3
    assert records.patients["_centre"].to_list() == records.patients["centre"].to_list()
    assert records.patients.row(4, named=True) | {"_sheet": "Patients", "_row": 3} == records.patients.row(
        4, named=True
    )


def test_files_are_hashed_once_and_as_they_are(tmp_path: Path) -> None:
    write_workbook(tmp_path / "one.xlsx", {"A": ROWS, "B": [("ID", "Day"), ("P1", None)]})
    contacts = {"files": [{"path": "one.xlsx", "sheet": "B"}], "columns": {"patient": "ID", "date": "Day"}}
    raw = ingest.read(study({"path": "one.xlsx", "sheet": "A"}, tables={"contacts": contacts}), tmp_path)
    content = (tmp_path / "one.xlsx").read_bytes()
    assert [(file.path, file.sha256, file.size) for file in raw.files] == [
        ("one.xlsx", hashlib.sha256(content).hexdigest(), len(content))
    ]


def test_keep_counts_what_it_leaves_and_takes_the_patients_other_rows_along(tmp_path: Path) -> None:
    header = (*HEADER, "Set")
    rows = [(*row, kept) for row, kept in zip(PATIENTS, ("ITT ", "screen failure", "ITT"))]
    write_text(tmp_path / "one.csv", [header, *rows])
    write_text(tmp_path / "contacts.csv", [("ID", "Day"), ("P1", "2019-01-01"), ("P2", "2019-01-01")])
    contacts = {"files": [{"path": "contacts.csv"}], "columns": {"patient": "ID", "date": "Day"}}
    protocol = study({"path": "one.csv", "keep": {"Set": ["ITT"]}}, tables={"contacts": contacts})
    raw = ingest.read(protocol, tmp_path)
    assert (raw.tables["patients"].n_read, raw.tables["patients"].n_kept) == (3, 2)
    assert (raw.tables["contacts"].n_read, raw.tables["contacts"].n_kept) == (2, 1)
    records = checked(protocol, tmp_path)
    assert records.problems == ()
    assert records.patients["patient"].to_list() == ["P1", "P3"]
    assert records.tables["contacts"]["patient"].to_list() == ["P1"]


def test_every_file_is_read_before_any_is_complained_about(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "fake.xlsx").write_bytes(b"ID,Age\n")
    write_text(tmp_path / "one.csv", [HEADER, ("P1", "x", None, None, None, None, "NEW", None)])
    records = checked(
        study(*({"path": name} for name in ("empty.csv", "fake.xlsx", "none.csv", "one.csv"))), tmp_path
    )
    assert [problem.file for problem in records.problems] == ["empty.csv", "fake.xlsx", "none.csv", "one.csv"]
    assert {problem.table for problem in records.problems} == {"patients"}


def test_an_absolute_path_is_read_and_shown_as_written(tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir()
    path = write_text(tmp_path / "drive" / "one.csv", ROWS).as_posix()
    records = checked(study({"path": path}), tmp_path / "elsewhere")
    assert lines(records) == []
    assert [file.path for file in records.files] == [path]


def test_a_path_too_long_for_the_system_is_a_problem(tmp_path: Path) -> None:
    problem = only(checked(study({"path": "x" * 300 + ".csv"}), tmp_path))
    assert problem.message.startswith(("the file cannot be read", "there is no such file"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes as POSIX has them")
def test_a_pipe_is_a_problem_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "one.csv")
    assert only(checked(study({"path": "one.csv"}), tmp_path)).line == (
        "one.csv: this is a device or a pipe, not a file; name a file"
    )


def test_a_file_without_an_extension_is_refused(tmp_path: Path) -> None:
    write_text(tmp_path / "one", ROWS)
    assert only(checked(study({"path": "one"}), tmp_path)).message == (
        "a file without an extension is not read"
    )
