"""The table of visits, and columns of a study's own in a long table: what is read, and what each bad cell says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from calliper.records.tables import Records
from raw_study import HEADER, PATIENTS, Cell, checked, lines, study, write_text

ROLES = {
    "patient": "ID",
    "date": "Day",
    "kind": "Kind",
    "ecog": "ECOG",
    "child_pugh": "Child",
    "child_points": "Points",
    "nodules": "Nodules",
    "afp": "AFP",
}
FURTHER = {"untreatable": {"column": "Untreatable", "codes": {"Y": "yes", "N": "no"}}}


def read(folder: Path, *rows: tuple[Cell, ...]) -> Records:
    write_text(folder / "one.csv", [HEADER, *PATIENTS])
    write_text(folder / "visits.csv", [(*ROLES.values(), "Untreatable"), *rows])
    table = {"files": [{"path": "visits.csv"}], "columns": ROLES, "further": FURTHER}
    return checked(study(tables={"visits": table}), folder)


def test_what_is_read(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        ("P1", "2018-03-01", "clinic", "3", "c", "10", "4", "60500.5", "Y"),
        ("P1", "2018-04-01", None, None, None, None, None, None, None),
    )
    assert records.problems == ()
    assert records.tables["visits"].select(*ROLES, "untreatable").rows() == [
        ("P1", date(2018, 3, 1), "clinic", 3, "C", 10, 4, 60500.5, "yes"),
        ("P1", date(2018, 4, 1), None, None, None, None, None, None, None),
    ]


def test_each_bad_cell(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        ("P1", "2018-03-01", None, "6", "D", "4", "-1", "<0.6", "maybe"),
        ("P9", "2018-03-01", None, "2.5", "Child C", "16", "2", "-3", "y"),
    )
    assert lines(records) == [
        "visits.csv, row 2, column 'ECOG': '6' is not a performance status from 0 to 5; correct the cell",
        "visits.csv, row 2, column 'Child': 'D' is not one of 'A', 'B', 'C'; correct the cell",
        "visits.csv, row 2, column 'Points': '4' is not a sum of Child-Pugh points from 5 to 15; correct the cell",
        "visits.csv, row 2, column 'Nodules': '-1' lies below 0; correct the cell",
        "visits.csv, row 2, column 'AFP': '<0.6' is a limit, not a number; give the value to use in its place, or "
        "declare the text under reading.missing",
        "visits.csv, row 2, column 'Untreatable': 'maybe' is not a code of untreatable; declared are 'Y', 'N'; "
        "correct the cell, or declare it under data.visits.further.untreatable.codes",
        "visits.csv, row 3, column 'ECOG': '2.5' is not a whole number; correct the cell",
        "visits.csv, row 3, column 'Child': 'Child C' is not one of 'A', 'B', 'C'; correct the cell",
        "visits.csv, row 3, column 'Points': '16' is not a sum of Child-Pugh points from 5 to 15; correct the cell",
        "visits.csv, row 3, column 'AFP': '-3' lies below 0; correct the cell",
        "visits.csv, row 3, column 'Untreatable': 'y' is not a code of untreatable (did you mean 'Y'?); declared are "
        "'Y', 'N'; correct the cell, or declare it under data.visits.further.untreatable.codes",
        "visits.csv, row 3, column 'ID': patient 'P9' is not in the patients table; "
        "correct the identifier, or add the patient to the patients table",
    ]


def test_a_visit_without_a_date_is_a_query(tmp_path: Path) -> None:
    records = read(tmp_path, ("P1", None, None, "3", None, None, None, None, None))
    assert lines(records, "query") == [
        "visits.csv, row 2, column 'Day': the date is not recorded; fill it in, or the row counts for nothing"
    ]
