"""A study with tables of treatment and laboratory: what `explain` prints of them, and what a bad row stops."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import calliper
from calliper.errors import DataError
from calliper.study import Study
from small_study import STUDY, write_csv, write_study

TABLES = """\
  sessions:
    files: [{path: tace.csv, centre: north}]
    columns: {patient: ID, session: Session, number: No, date: Day, technique: Technique, ended_by: End}
    not_before: {date: [start]}
  arterial_drugs:
    files: [{path: drugs.csv, centre: north}]
    columns: {patient: ID, session: Session, drug: Drug, dose_mg: mg, before_beads: Before}
  labs:
    files: [{path: labs.csv, centre: north}]
    columns: {patient: ID, date: Day, test: Test, value: Value, unit: Unit, upper_limit: ULN}
variables:
"""
SESSIONS = [
    ["ID", "Session", "No", "Day", "Technique", "End"],
    ["N1", "T2", "2", "2018-03-11", "TAE", ""],
    ["N1", "T1", "1", "2018-01-10", "DEB-TACE", "Stasis"],
]
DRUGS = [["ID", "Session", "Drug", "mg", "Before"], ["N1", "T1", "oxaliplatin", "100", "y"]]
LABS = [["ID", "Day", "Test", "Value", "Unit", "ULN"], ["N1", "2018-01-12", "SGPT", "80", "U/l", "40"]]
TEXT = STUDY.replace("variables:\n", TABLES)


def study(
    folder: Path, *, sessions: list[list[str]] = SESSIONS, drugs: list[list[str]] = DRUGS, text: str = TEXT
) -> Study:
    path = write_study(folder, study=text)
    write_csv(folder / "tace.csv", sessions)
    write_csv(folder / "drugs.csv", drugs)
    write_csv(folder / "labs.csv", LABS)
    return calliper.load(path)


def told(held: Study, patient: str) -> str:
    return re.sub(r" {2,}", " | ", "\n".join(line.strip() for line in held.explain(patient).splitlines()))


def test_explain_shows_the_rows_of_the_tables(tmp_path: Path) -> None:
    held = study(tmp_path)
    text = told(held, "N1")
    assert "\nSession | Number | Date | Technique | Ended by | Record\n" in text
    assert "\nT2 | 2 | 2018-03-11 | TAE | not recorded | tace.csv, row 2\n" in text
    assert "\nT1 | 1 | 2018-01-10 | DEB_TACE | stasis | tace.csv, row 3\n" in text
    assert "\nT1 | oxaliplatin | 100 | yes | drugs.csv, row 2\n" in text
    assert "\n2018-01-12 | SGPT | 80 | U/L | 40 | labs.csv, row 2\n" in text
    other = told(held, "N2")
    assert "Sessions: no row." in other
    assert "Arterial drugs: no row." in other


def test_a_session_before_the_start_and_a_drug_without_its_session_stop_the_run(tmp_path: Path) -> None:
    early = [*SESSIONS, ["N2", "T1", "1", "2018-01-01", "", ""]]
    stray = [*DRUGS, ["N1", "T3", "oxaliplatin", "150", "n"]]
    with pytest.raises(DataError) as raised:
        study(tmp_path, sessions=early, drugs=stray).run()
    assert list(raised.value.problems) == [
        "tace.csv, row 4, column 'Day': '2018-01-01' lies before 'Start' (2018-02-01); correct one of the two dates",
        "drugs.csv, row 3, column 'Session': the patient has no session 'T3' in the table of sessions; there "
        "are 'T2', 'T1'; correct the identifier, or add the session",
    ]


def test_a_row_left_out_is_told_by_explain(tmp_path: Path) -> None:
    stray = [*DRUGS, ["N1", "T3", "oxaliplatin", "150", "n"]]
    text = TEXT.replace("data:\n", "reading: {on_error: exclude_record}\ndata:\n", 1)
    held = study(tmp_path, drugs=stray, text=text)
    assert (
        "Left out: drugs.csv, row 3 of arterial_drugs: column 'Session': the patient has no session"
        in held.explain("N1")
    )
