"""A small study that has nothing wrong with it, for tests that break one thing at a time."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import xlsxwriter

STUDY = """\
calliper: 1
study: {title: A small study, design: retrospective cohort, cutoff: 2020-06-30}
centres:
  north: {label: North}
  south: {label: South}
data:
  patients:
    files:
      - {path: north.csv, centre: north}
      - {path: south.xlsx, sheet: Patients, centre: south}
    columns: {patient: ID}
  adverse_events:
    files: [{path: events.csv, centre: north}]
    columns: {patient: ID, term: Term, grade: Grade}
variables:
  age: {type: integer, column: Age, label: Age, unit: years, range: [18, 110]}
  sex: {type: category, column: Sex, label: Sex, codes: {M: Male, F: Female}}
  size: {type: number, column: Size, label: Tumour size, unit: cm}
  note: {type: text, column: Note, label: Note}
  start: {type: date, column: Start, label: First treatment}
  death: {type: date, column: Death, label: Death, not_before: start}
  months: {type: number, column: Months, label: Survival, range: [0, null]}
  dead: {type: integer, column: Dead, label: Dead, range: [0, 1]}
arms:
  column: Arm
  groups:
    new: {label: New treatment, values: [NEW]}
    old: {label: Old treatment, values: [OLD]}
  reference: old
eligibility:
  - {id: I1, kind: inclusion, text: Adult, rule: age >= 18}
endpoints:
  os:
    kind: time_to_event
    label: Overall survival
    short: OS
    unit: months
    recorded: {time: months, event: dead}
  harm:
    kind: toxicity
    label: Adverse events
    dictionary: CTCAE
    version: "5.0"
    terms:
      pain: {label: Pain, values: [Pain]}
analyses:
  - {id: baseline, kind: baseline, variables: [age, sex, size]}
  - {id: os, kind: survival, endpoint: os, at: [6, 12], ticks: [0, 6, 12, 18]}
  - id: cox
    kind: cox
    endpoint: os
    factors: [arm, age, size]
    models: [{id: full, label: Full, factors: [arm, age, size]}]
  - {id: harm, kind: safety, endpoint: harm}
"""

HEADER = ["ID", "Age", "Sex", "Size", "Note", "Start", "Death", "Months", "Dead", "Arm"]

NORTH = [
    ["N1", "61", "M", "10.5", "", "2018-01-10", "2018-10-01", "8.7", "1", "NEW"],
    ["N2", "48", "F", "12.0", "", "2018-02-01", "", "20.1", "0", "NEW"],
    ["N3", "70", "M", "9.8", "", "2018-03-05", "2018-09-20", "6.5", "1", "OLD"],
    ["N4", "55", "F", "14.2", "", "2018-03-15", "", "18.3", "0", "OLD"],
    ["N5", "66", "M", "11.1", "", "2018-04-02", "2019-03-30", "11.9", "1", "NEW"],
]
SOUTH = [
    ["S1", "59", "M", "10.9", "", "2018-05-10", "2018-12-10", "7.0", "1", "OLD"],
    ["S2", "73", "F", "13.3", "", "2018-06-01", "2019-02-11", "8.4", "1", "NEW"],
    ["S3", "50", "M", "8.7", "", "2018-06-20", "2018-11-02", "4.4", "1", "OLD"],
    ["S4", "44", "F", "15.0", "", "2018-07-07", "", "15.2", "0", "NEW"],
    ["S5", "68", "M", "12.6", "", "2018-08-01", "2019-05-20", "9.6", "1", "OLD"],
]
EVENTS = [["ID", "Term", "Grade"], ["N1", "Pain", "2"], ["N1", "Pain", "1"], ["S3", "Pain", "3"]]


def write_csv(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def write_sheet(path: Path, rows: list[list[str]], sheet: str = "Patients") -> None:
    """A workbook with one sheet; every cell as a person types it (numbers are numbers, the rest is text)."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": datetime(2020, 1, 1)})
        page = book.add_worksheet(sheet)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                try:
                    page.write_number(row, column, float(cell))
                except ValueError:
                    page.write_string(row, column, cell)


def write_study(
    folder: Path,
    *,
    study: str = STUDY,
    north: list[list[str]] | None = None,
    south: list[list[str]] | None = None,
    header: list[str] | None = None,
    events: list[list[str]] | None = None,
) -> Path:
    """Write the study into a folder and give the path of its study file."""
    write_csv(folder / "north.csv", [header or HEADER, *(NORTH if north is None else north)])
    write_sheet(folder / "south.xlsx", [HEADER, *(SOUTH if south is None else south)])
    write_csv(folder / "events.csv", EVENTS if events is None else events)
    path = folder / "study.yaml"
    path.write_text(study, encoding="utf-8")
    return path


def changed(rows: list[list[str]], patient: str, column: str, value: str) -> list[list[str]]:
    """The rows with one cell of one patient changed."""
    assert any(row[0] == patient for row in rows)
    at = HEADER.index(column)
    return [[value if row[0] == patient and i == at else cell for i, cell in enumerate(row)] for row in rows]
