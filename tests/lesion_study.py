"""A small study of scans and lesions on disk with nothing wrong in it, for tests that break one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from raw_study import Cell, write_text, write_workbook

STUDY = """\
calliper: 1
study: {title: Scans and lesions, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  imaging:
    files: [{path: scans.xlsx, sheet: Imaging}]
    columns: {patient: ID, scan: Scan, date: Day, modality: Modality, arterial_phase: Arterial, reader: Reader}
  lesions:
    files: [{path: scans.xlsx, sheet: Lesions}]
    columns:
      {patient: ID, scan: Scan, lesion: Lesion, organ: Organ, role: Role, status: Status, whole_mm: Whole,
       viable_mm: Viable, short_axis_mm: Short}
variables:
  birth: {type: date, column: Birth, label: birth}
  sex: {type: category, column: Sex, label: Sex, codes: {M: Male, F: Female}}
  first_tace: {type: date, column: First, label: First TACE, required: true}
  death_date: {type: date, column: Death, label: Death, may_follow_cutoff: true}
arms: {column: Arm, groups: {a: {label: A, values: [a]}}, reference: a}
endpoints:
  response:
    kind: response
    label: Tumour response
    criteria: mRECIST (2010)
    start: first_tace
    death: death_date
    lesions: {rules: mRECIST_2010}
    landmarks: {best: {label: Best response, best: unconfirmed}}
analyses: [{id: response, kind: response, endpoint: response}]
"""

PATIENTS_HEADER = ("ID", "Arm", "Birth", "Sex", "First", "Death")
IMAGING_HEADER = ("ID", "Scan", "Day", "Modality", "Arterial", "Reader")
LESIONS_HEADER = ("ID", "Scan", "Lesion", "Organ", "Role", "Status", "Whole", "Viable", "Short")

PATIENTS: tuple[tuple[Cell, ...], ...] = (
    ("P1", "a", "1950-03-01", "M", "2018-01-10", None),
    ("P2", "a", "1961-07-12", "F", "2018-02-01", "2018-09-20"),
)
IMAGING: tuple[tuple[Cell, ...], ...] = (
    ("P1", "S0", "2018-01-05", "CT", "yes", "A"),
    ("P1", "S1", "2018-02-12", "CT", "yes", "A"),
    ("P1", "S2", "2018-03-19", "CT", "yes", "A"),
    ("P2", "S0", "2018-01-30", "CT", "yes", "A"),
    ("P2", "S1", "2018-03-05", "CT", "yes", "A"),
)
LESIONS: tuple[tuple[Cell, ...], ...] = (
    ("P1", "S0", "T", "liver", "target", None, 120, 100, None),
    ("P1", "S1", "T", "liver", "target", None, 115, 60, None),
    ("P1", "S2", "T", "liver", "target", None, 110, 50, None),
    ("P2", "S0", "T", "liver", "target", None, 130, 110, None),
    ("P2", "S1", "T", "liver", "target", None, 120, 60, None),
)
"""Row n of each is row n + 2 of its file or sheet."""

Rows = Sequence[Sequence[Cell]]


def changed(rows: Rows, row: int, header: Sequence[str], **cells: Cell) -> tuple[tuple[Cell, ...], ...]:
    """The rows with some cells of one row, as a spreadsheet numbers it, changed by their headers."""
    held = [list(cells_of) for cells_of in rows]
    for name, cell in cells.items():
        held[row - 2][header.index(name)] = cell
    return tuple(tuple(cells_of) for cells_of in held)


def scan(row: int, **cells: Cell) -> dict[str, Rows]:
    """IMAGING with a row changed, as `write_study` takes it."""
    return {"imaging": changed(IMAGING, row, IMAGING_HEADER, **cells)}


def lesion(row: int, **cells: Cell) -> dict[str, Rows]:
    """LESIONS with a row changed."""
    return {"lesions": changed(LESIONS, row, LESIONS_HEADER, **cells)}


def write_study(
    folder: Path,
    *,
    text: str = STUDY,
    patients: Rows = PATIENTS,
    imaging: Rows = IMAGING,
    lesions: Rows = LESIONS,
    more: Mapping[str, Rows] | None = None,
) -> Path:
    """The study in a folder, and `more` text files by name, header first; the path of its study file."""
    write_text(folder / "patients.csv", [PATIENTS_HEADER, *patients])
    sheets = {"Imaging": [IMAGING_HEADER, *imaging], "Lesions": [LESIONS_HEADER, *lesions]}
    write_workbook(folder / "scans.xlsx", sheets)
    for name, rows in (more or {}).items():
        write_text(folder / name, rows)
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path
