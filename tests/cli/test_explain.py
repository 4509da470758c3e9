"""`calliper explain`: every cell that was recorded, every decision with its rule, and nothing of another patient."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import calliper
from calliper.cli.main import run_command
from calliper.errors import DataError
from small_study import EVENTS, NORTH, STUDY, changed, write_study

DERIVED = """\
derived:
  old: {cut: age, at: [65], labels: [younger, older], label: Age group}
  large: {rule: size > 10, label: Large tumour}
  risk:
    label: Risk
    cases:
      - {when: large = "Yes" and age >= 60, level: high}
      - {when: age >= 18, level: low}
arms:
"""
TOLD = STUDY.replace("arms:\n", DERIVED).replace(
    "rule: age >= 18}\n",
    "rule: age >= 18}\n  - {id: E1, kind: exclusion, text: Small tumour, rule: size < 9 or sex is missing}\n",
)


def told(folder: Path, patient: str, *, study: str = TOLD) -> str:
    """The text with runs of spaces as one, so that columns may be set as they will."""
    text = calliper.load(write_study(folder, study=study)).explain(patient)
    return re.sub(r" {2,}", " | ", "\n".join(line.strip() for line in text.splitlines()))


def test_every_recorded_value_with_its_place(tmp_path: Path) -> None:
    text = told(tmp_path, "N1")
    assert "The patient's own record: north.csv, row 2" in text
    for line in (
        "Centre | North",
        "Arm | Arm | New treatment",
        "Age, years | Age | 61",
        "Sex | Sex | Male",
        "Tumour size, cm | Size | 10.5",
        "Note | Note | not recorded",
        "First treatment | Start | 2018-01-10",
        "Survival | Months | 8.7",
    ):
        assert line in text
    assert "Pain | 2 | events.csv, row 2" in text
    assert "Pain | 1 | events.csv, row 3" in text
    assert "Responses" not in text, "the study has no such table"
    assert "The checks found no problem in these records." in text


def test_a_table_without_a_row_of_the_patient_says_so(tmp_path: Path) -> None:
    assert "Adverse events: no row." in told(tmp_path, "N2")


def test_the_sheet_of_a_workbook_is_named(tmp_path: Path) -> None:
    assert "The patient's own record: south.xlsx, sheet 'Patients', row 4" in told(tmp_path, "S3")


def test_eligibility_criterion_by_criterion(tmp_path: Path) -> None:
    text = told(tmp_path, "N1")
    assert "Included: meets every criterion." in text
    inclusion = "I1, inclusion: Adult\nRule | age >= 18\nValues | age = 61\nVerdict | met\n"
    exclusion = (
        "E1, exclusion: Small tumour\nRule | size < 9 or sex is missing\nValues | size = 10.5, sex = Male\n"
        "Verdict | does not apply\n"
    )
    assert inclusion in text
    assert exclusion in text


def test_an_excluded_patient_has_the_deciding_criterion_and_no_endpoint(tmp_path: Path) -> None:
    """S3 has a tumour of 8.7 cm."""
    text = told(tmp_path, "S3")
    assert (
        "Excluded: Small tumour: applies; size = 8.7, sex = Male; rule: size < 9 or sex is missing." in text
    )
    assert "Verdict | applies; decides" in text
    assert "Large tumour\nValue | No\nMade from | rule: size > 10; size = 8.7" in text
    assert "No endpoint: the endpoints are those of included patients." in text


def test_derived_variables_say_what_they_are_made_from(tmp_path: Path) -> None:
    text = told(tmp_path, "N1")
    assert (
        "Age group\nValue | younger\nMade from | cut at 65, a value at a cut to the lower group; age = 61"
        in text
    )
    decided = (
        'Risk\nValue | high\nMade from | first true case: large = "Yes" and age >= 60; large = Yes, age = 61'
    )
    assert decided in text
    assert "first true case: age >= 18" in told(tmp_path, "N2")


def test_a_date_taken_from_a_table_names_its_row(tmp_path: Path) -> None:
    dated = TOLD.replace("grade: Grade}", "grade: Grade, start: Day}").replace(
        "derived:\n",
        "derived:\n  hurt: {first: adverse_events, where: {term: [Pain, Fever]}, label: First event}\n",
    )
    days = ["Day", "2018-03-05", "2018-02-01", "2018-02-02"]
    events = [[*row, day] for row, day in zip(EVENTS, days, strict=True)]

    def of(patient: str) -> str:
        path = write_study(tmp_path, study=dated, events=events)
        return re.sub(
            r" {2,}", " | ", "\n".join(map(str.strip, calliper.load(path).explain(patient).split("\n")))
        )

    made = "first start in adverse_events of the rows where term is Pain or Fever"
    assert f"First event\nValue | 2018-02-01\nMade from | {made}: events.csv, row 3" in of("N1")
    assert f"First event\nValue | not recorded\nMade from | {made}: no such row" in of("N2")


def test_endpoints_with_their_reason_and_record(tmp_path: Path) -> None:
    text = told(tmp_path, "N1")
    assert (
        "Overall survival, months\nTime | 8.7\nEnded by | events\nReason | event, as recorded\n"
        "Record | north.csv, row 2"
    ) in text
    assert "Ended by | censored\nReason | censored, as recorded" in told(tmp_path, "N2")
    assert "Adverse events, Pain\nWorst grade | 2\nOccurred | yes\nEvents | 2" in text
    assert "Adverse events\nDid not occur | 1 term" in told(tmp_path, "N2")


def test_a_query_of_the_patient_is_listed(tmp_path: Path) -> None:
    study = TOLD.replace("label: Tumour size, unit: cm}", "label: Tumour size, unit: cm, plausible: [0, 10]}")
    text = told(tmp_path, "N1", study=study)
    assert "query: north.csv, row 2, column 'Size'" in text
    assert "row 3, column 'Size'" not in text


def test_nothing_of_another_patient_is_told(tmp_path: Path) -> None:
    text = told(tmp_path, "N1")
    for row in NORTH[1:]:
        assert row[0] not in text
    assert "events.csv, row 4" not in text
    assert len(EVENTS) == 4


def test_the_command_prints_the_same_and_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path, study=TOLD)
    assert run_command(["explain", str(path), "N1"]) == 0
    assert capsys.readouterr().out == calliper.load(path).explain("N1")
    assert {held.name for held in tmp_path.iterdir()} == {
        "study.yaml",
        "north.csv",
        "south.xlsx",
        "events.csv",
    }


def test_an_unknown_patient_is_an_error_that_names_near_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["explain", str(write_study(tmp_path)), "n3"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("found no patient 'n3' among the 10 of the study (did you mean 'N3'")
    assert run_command(["explain", str(write_study(tmp_path)), "99999"]) == 1
    assert capsys.readouterr().err == "found no patient '99999' among the 10 of the study\n"


def test_records_that_stop_a_run_stop_this_too(tmp_path: Path) -> None:
    path = write_study(tmp_path, north=changed(NORTH, "N2", "Age", "old"))
    with pytest.raises(DataError, match="column 'Age'"):
        calliper.load(path).explain("N1")


def test_a_patient_whose_record_is_left_out_is_told_why(tmp_path: Path) -> None:
    study = STUDY.replace("data:\n", "reading: {on_error: exclude_record}\ndata:\n", 1)
    path = write_study(tmp_path, study=study, north=changed(NORTH, "N1", "Age", "old"))
    with pytest.raises(
        DataError, match=r"north.csv, row 2: the record of patient 'N1' is left out: column 'Age'"
    ):
        calliper.load(path).explain("N1")


def test_a_hostile_cell_moves_no_cursor(tmp_path: Path) -> None:
    study = STUDY.replace("label: Note}", "label: Note}")
    path = write_study(tmp_path, study=study, north=changed(NORTH, "N1", "Note", "a\x1b[2Jb"))
    assert "\x1b" not in calliper.load(path).explain("N1")


LESIONS = """\
calliper: 1
study: {title: One tumour, design: retrospective cohort}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  imaging:
    files: [{path: scans.csv}]
    columns: {patient: ID, scan: Scan, date: Date, modality: Modality, arterial_phase: Arterial}
  lesions:
    files: [{path: lesions.csv}]
    columns: {patient: ID, scan: Scan, lesion: Lesion, organ: Organ, role: Role, whole_mm: Whole, viable_mm: Viable}
variables:
  first_tace: {type: date, column: First TACE, label: First TACE}
arms: {column: Arm, groups: {a: {label: A, values: [A]}}, reference: a}
endpoints:
  response:
    kind: response
    label: Response
    criteria: mRECIST (2010)
    start: first_tace
    lesions: {rules: mRECIST_2010}
    landmarks: {month_1: {label: 1 month, day: 30, window: [21, 45]}}
analyses:
  - {id: response, kind: response, endpoint: response}
"""


def test_each_scan_with_its_sum_nadir_and_reason(tmp_path: Path) -> None:
    """The viable part shrinks from 100 mm to 40 mm, and then grows to 48 mm: +20% on the nadir."""
    (tmp_path / "study.yaml").write_text(LESIONS, encoding="utf-8")
    (tmp_path / "patients.csv").write_text("ID,First TACE,Arm\nP1,2018-01-10,A\n", encoding="utf-8")
    scans = ["0,2018-01-05", "1,2018-02-12", "2,2018-03-19"]
    text = "ID,Scan,Date,Modality,Arterial\n" + "".join(f"P1,{scan},CT,yes\n" for scan in scans)
    (tmp_path / "scans.csv").write_text(text, encoding="utf-8")
    sizes = ["0,T1,liver,target,115,100", "1,T1,liver,target,110,40", "2,T1,liver,target,108,48"]
    text = "ID,Scan,Lesion,Organ,Role,Whole,Viable\n" + "".join(f"P1,{size}\n" for size in sizes)
    (tmp_path / "lesions.csv").write_text(text, encoding="utf-8")
    told_text = re.sub(r" {2,}", " | ", calliper.load(tmp_path / "study.yaml").explain("P1"))
    lines = [line.strip(" |") for line in told_text.splitlines()]
    assert "Response, mRECIST (2010), 1 month" in lines
    at = lines.index("Response, mRECIST (2010), scan 2018-03-19 (day 68)")
    assert lines[at + 1] == "Sum | 48 mm; baseline 100 mm (-52%); nadir 40 mm on 2018-02-12 (+20%)"
    assert lines[at + 2].startswith("Target, non-target, new | PD, ")
    assert lines[at + 3].startswith("Overall | PD, rule ")
    assert "Record | scans.csv, row 4" in lines[at + 4 :]
    assert "Start | First TACE, 2018-01-10" in lines
