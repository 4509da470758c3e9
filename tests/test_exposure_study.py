"""Exposure and treatment from files on disk to the tables of the report; and what a run refuses, cell by cell."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

import calliper
from calliper.blocks import Table
from calliper.errors import DataError
from small_study import write_csv, write_sheet

STUDY = """\
calliper: 1
study: {title: Exposure, design: retrospective cohort, cutoff: 2019-12-31}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  exposure:
    files: [{path: given.xlsx, sheet: Given}]
    columns: {patient: ID, drug: Drug, start: From, end: To, dose: mg, reason: Why}
variables:
  first_tace: {type: date, column: TACE, label: First TACE}
  death_date: {type: date, column: Death, label: Death}
arms:
  column: Arm
  groups:
    combination: {label: Combination, values: [C]}
    control: {label: Control, values: [T]}
  reference: control
endpoints:
  given:
    kind: treatments
    label: Treatments
    start: first_tace
    items: {tace: {label: TACE, drugs: [TACE], as: session}}
  drug:
    kind: exposure
    label: Sorafenib
    start: first_tace
    drugs: [Sorafenib]
    planned_mg_per_day: 800
    until: [{date: death_date, reason: death}]
    arms: [combination]
analyses:
  - {id: sessions, kind: treatment, endpoint: given}
  - {id: doses, kind: exposure, endpoint: drug, delay_days: [3, 5], at: [30, 60]}
"""
TACE = date(2018, 1, 1)
STRETCHES = {
    "D1": (3, ((60, 800),)),
    "D2": (4, ((30, 800), (7, 0), (20, 400), (33, 800))),
    "D3": (5, ((30, 800), (30, 400))),
    "D4": (3, ((21, 800), (7, 0), (62, 800))),
    "D5": (9, ((10, 800), (50, 0), (30, 400))),
}
"""Day of the first dose, then days x mg a day."""

PATIENTS = [["ID", "Arm", "TACE", "Death"]] + [
    [name, "T" if name.startswith("T") else "C", TACE.isoformat(), ""]
    for name in (*STRETCHES, "D6", "T1", "T2")
]
HEAD = ["ID", "Drug", "From", "To", "mg", "Why"]


def given() -> list[list[str]]:
    """Rows of the sheet, without its header: the sessions, then the drug; D6 never took it."""
    rows = [[name, "TACE", on, on, "", ""] for name, *_ in PATIENTS[1:] for on in (TACE.isoformat(),)]
    rows.append(["T1", "TACE", "2018-02-12", "2018-02-12", "", ""])
    for name, (first, held) in STRETCHES.items():
        day = TACE + timedelta(days=first)
        for days, mg in held:
            last = day + timedelta(days=days - 1)
            rows.append([name, "Sorafenib", day.isoformat(), last.isoformat(), str(mg), ""])
            day = last + timedelta(days=1)
    return rows


def written(folder: Path, rows: list[list[str]], *, study: str = STUDY) -> Path:
    write_csv(folder / "patients.csv", PATIENTS)
    write_sheet(folder / "given.xlsx", [HEAD, *rows], sheet="Given")
    path = folder / "study.yaml"
    path.write_text(study, encoding="utf-8")
    return path


def lines(path: Path, name: str) -> dict[str, list[str]]:
    made = calliper.load(path).outcome.document
    (table,) = [b for s in made.sections for b in s.blocks if isinstance(b, Table) and b.id == name]
    found: dict[str, list[str]] = {}
    above = ""
    for row in table.rows:
        words = row.cells[0].text
        above = words if row.role != "level" else above
        found[f"{above}: {words}" if row.role == "level" else words] = [cell.text for cell in row.cells[1:]]
    return found


def test_the_worked_examples_from_files_to_the_table(tmp_path: Path) -> None:
    """Durations 60, 90, 60, 90, 90; 48,000, 58,400, 36,000, 66,400, 20,000 mg; RDI 100, 81.11, 75, 92.22, 27.78."""
    shown = lines(written(tmp_path, given()), "table-doses")
    assert shown["Patients"] == ["6"]
    assert shown["Started, n (%)"] == ["5 (83.3)"]
    assert shown["Duration, days: Mean (SD)"] == ["78.0 (16.4)"]
    assert shown["Duration, days: Median (range)"] == ["90 (60 to 90)"]
    assert shown["Days with a dose: Median (range)"] == ["60 (40 to 83)"]
    assert shown["Cumulative dose, mg: Mean (SD)"][0].startswith("45,760 (")
    assert shown["Cumulative dose, mg: Median (range)"] == ["48,000 (20,000 to 66,400)"]
    assert shown["Mean daily dose, mg: Median (range)"] == ["648.9 (222.2 to 800)"]
    assert shown["Mean daily dose without pauses, mg: Median (range)"] == ["703.6 (500 to 800)"]
    assert shown["Relative dose intensity, %: Mean (SD)"][0].startswith("75.2 (")
    assert shown["Relative dose intensity, %: Median (range)"] == ["81.1 (27.8 to 100)"]
    assert shown["Dose reduced, n (%)"] == ["3 (60.0)"]
    # first reductions 37 (D2), 30 (D3) and 60 (D5) days from the first dose; last doses at 59 (D1) and 89 (D4):
    # S = 4/5 at 30, 3/5 at 37, then 3/5 x 1/2 at 60
    assert shown["Dose reduced, n (%): Days to the first reduction, median (95% CI)"][0].startswith("60 (")
    assert shown["Dose reduced, n (%): Reduced by 30 days, % (95% CI)"][0].startswith("20.0 (")
    assert shown["Dose reduced, n (%): Reduced by 60 days, % (95% CI)"][0].startswith("70.0 (")
    assert shown["Interrupted, n (%)"] == ["3 (60.0)"]
    assert shown["Interrupted, n (%): Longest, days, median (range)"] == ["7 (7 to 50)"]
    assert shown["Ended, n (%)"] == ["5 (100.0)"]
    assert shown["Days to the first dose, median (range)"] == ["4 (3 to 9)"]
    assert shown["Days to the first dose, median (range): On day 3 to 5, n/N (%)"] == ["4/5 (80.0)"]


def test_sessions_from_files_to_the_table(tmp_path: Path) -> None:
    shown = lines(written(tmp_path, given()), "table-sessions")
    assert shown["TACE: Sessions"] == ["6", "3", "9"]
    assert shown["TACE: 2 sessions, n (%)"] == ["0 (0.0)", "1 (50.0)", "1 (12.5)"]
    assert shown["TACE: Days between sessions, median (range)"] == ["—", "42 (42 to 42)", "42 (42 to 42)"]


def test_the_order_of_the_rows_of_the_file_changes_no_result(tmp_path: Path) -> None:
    one = calliper.load(written(tmp_path, given())).run()
    other = calliper.load(written(tmp_path, given()[::-1])).run()
    assert one.by_key == other.by_key


def test_the_reason_of_the_last_pause_is_why_the_drug_was_stopped(tmp_path: Path) -> None:
    rows = [*given(), ["D1", "Sorafenib", "2018-03-05", "", "0", "Progression"]]
    shown = lines(written(tmp_path, rows), "table-doses")
    assert shown["Ended, n (%): Stopped: progression"] == ["1 (20.0)"]
    assert shown["Ended, n (%): Stopped, no reason recorded"] == ["4 (80.0)"]


def test_one_patient_is_explained(tmp_path: Path) -> None:
    told = calliper.load(written(tmp_path, given())).explain("D2")
    lines_of = [" ".join(line.split()) for line in told.splitlines()]
    for words in ("Duration days 90", "Relative dose intensity, % 81.11", "First reduction day 41"):
        assert any(line.startswith(words) for line in lines_of), told


FIRST = len(PATIENTS) + 2
"""The row of the sheet with the first period of D1: after the header, the sessions, and one more of T1."""


@pytest.mark.parametrize(
    ("at", "column", "cell", "says"),
    [
        (0, "mg", "", "has no dose; fill in the mg of a day, 0 for a pause"),
        (0, "mg", "1000", "is of 1000 mg a day, more than the 800 mg planned; correct the dose, or planned_mg_per_day"),
        (1, "To", "",
         "shares days with the period from 2018-01-05, which has no end (given.xlsx, sheet 'Given', row {})"),
        (1, "To", "2018-02-04", "shares days with the period from 2018-01-05, which ends on 2018-02-04"),
    ],
)  # fmt: skip
def test_what_a_run_refuses(tmp_path: Path, at: int, column: str, cell: str, says: str) -> None:
    rows = given()
    place = FIRST - 2 + at
    rows[place][HEAD.index(column)] = cell
    with pytest.raises(DataError) as raised:
        calliper.load(written(tmp_path, rows)).run()
    told = list(raised.value.problems)
    assert any(says.format(FIRST + at) in line for line in told), told
    assert all(line.startswith("given.xlsx, sheet 'Given', row ") for line in told), told


def test_a_drug_misspelt_is_a_query(tmp_path: Path) -> None:
    rows = given()
    rows[FIRST - 2][1] = "sorafenib "
    study = calliper.load(written(tmp_path, rows))
    (query,) = [problem for problem in study.outcome.records.problems if problem.rule == "drug"]
    assert query.severity == "query"
    assert query.row == FIRST


def test_a_population_is_described_alone(tmp_path: Path) -> None:
    """Without those who began after day 4, or never: D1, D2 and D4."""
    rule = "drug_start <= 2018-01-05"
    study = STUDY.replace(
        "  death_date:", "  drug_start: {type: date, column: Begun, label: First dose}\n  death_date:"
    ).replace("analyses:\n", f"populations: {{early: {{label: Early starters, rule: {rule}}}}}\nanalyses:\n")
    study = study.replace("endpoint: drug,", "endpoint: drug, population: early,")
    path = written(tmp_path, given(), study=study)
    begun = [(TACE + timedelta(days=first)).isoformat() for first, _ in STRETCHES.values()]
    header, *people = PATIENTS
    rows = [[*row, begun[at] if at < len(begun) else ""] for at, row in enumerate(people)]
    write_csv(tmp_path / "patients.csv", [[*header, "Begun"], *rows])
    shown = lines(path, "table-doses")
    assert shown["Patients"] == shown["Started, n (%)"][0].split()[:1] == ["3"]
    assert shown["Duration, days: Median (range)"] == ["90 (60 to 90)"]
    assert shown["Cumulative dose, mg: Median (range)"] == ["58,400 (48,000 to 66,400)"]
