"""A small study of events, drugs, sessions and values that has nothing wrong, for tests that break one thing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

STUDY = """\
calliper: 1
study: {title: A small study of harm, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  adverse_events:
    files: [{path: events.csv}]
    columns:
      {patient: ID, term: Term, grade: Grade, start: From, end: To, serious: Serious, related: Related,
       action: Action, outcome: Outcome, dictionary_version: Version}
    impute: {start: {field: ae_start, not_before: [birth], not_after: [death]}}
    not_before: {start: [birth]}
    not_after: {start: [death], end: [death]}
  exposure:
    files: [{path: drugs.csv}]
    columns: {patient: ID, drug: Drug, start: From, end: To, dose: mg per day}
    not_before: {start: [admission]}
    not_after: {start: [death], end: [death]}
    allowed: {dose: [0, 200, 400, 600, 800]}
    arms: {sorafenib: [combination]}
  sessions:
    files: [{path: sessions.csv}]
    columns: {patient: ID, session: Session, number: "No", date: Date}
    not_before: {date: [admission]}
    not_after: {date: [death]}
  labs:
    files: [{path: labs.csv}]
    columns: {patient: ID, date: Date, test: Test, value: Value, unit: Unit, lower_limit: LLN, upper_limit: ULN}
    not_before: {date: [birth]}
    not_after: {date: [death]}
variables:
  birth: {type: date, column: Birth, label: Birth}
  admission: {type: date, column: Admission, label: Admission}
  first_tace: {type: date, column: First TACE, label: First TACE, not_before: admission}
  death: {type: date, column: Death, label: Death, not_before: first_tace}
  last_contact: {type: date, column: Last contact, label: Last contact}
arms:
  column: Arm
  groups:
    combination: {label: TACE + sorafenib, values: [TACE + sorafenib]}
    control: {label: TACE, values: [TACE]}
  reference: control
endpoints:
  harm:
    kind: toxicity
    label: Events in 30 days
    dictionary: CTCAE
    version: "5.0"
    start: first_tace
    window_days: [0, 30]
    terms:
      fever: {label: Fever, values: [Fever]}
      pain: {label: Pain, values: [Pain]}
      alt: {label: ALT increased, lab: alt}
  taken:
    kind: exposure
    label: Sorafenib
    start: first_tace
    drugs: [sorafenib]
    planned_mg_per_day: 800
    until: [{date: death, reason: death}, {date: last_contact, reason: last contact}]
    arms: [combination]
analyses:
  - {id: harm, kind: safety, endpoint: harm, any_event: true}
  - {id: taken, kind: exposure, endpoint: taken}
"""

Row = tuple[str, ...]

PATIENTS = [
    ("ID", "Arm", "Birth", "Admission", "First TACE", "Death", "Last contact"),
    ("C1", "TACE + sorafenib", "1950-03-01", "2018-01-08", "2018-01-10", "2018-09-20", "2018-09-20"),
    ("C2", "TACE + sorafenib", "1961-07-12", "2018-02-01", "2018-02-03", "", "2019-12-30"),
    ("T1", "TACE", "1948-11-30", "2018-03-05", "2018-03-05", "", "2020-01-15"),
    ("T2", "TACE", "1955-05-05", "2018-04-09", "2018-04-10", "2019-02-01", "2019-02-01"),
]
EVENTS = [
    ("ID", "Term", "Grade", "From", "To", "Serious", "Related", "Action", "Outcome", "Version"),
    ("C1", "Fever", "2", "2018-01-11", "2018-01-13", "no", "TACE", "none", "recovered", "5.0"),
    ("C2", "Pain", "1", "2018-02-03", "2018-02-05", "no", "TACE", "none", "recovered", "5.0"),
    ("T1", "Fever", "1", "2018-03-06", "2018-03-08", "no", "TACE", "", "recovered", "5.0"),
    ("T2", "Pain", "3", "2018-04-11", "2018-04-15", "yes", "TACE", "", "recovered", "5.0"),
]
DRUGS = [
    ("ID", "Drug", "From", "To", "mg per day"),
    ("C1", "sorafenib", "2018-01-14", "2018-03-14", "800"),
    ("C1", "sorafenib", "2018-03-15", "2018-09-01", "400"),
    ("C2", "sorafenib", "2018-02-07", "2019-01-31", "800"),
]
SESSIONS = [
    ("ID", "Session", "No", "Date"),
    ("C1", "S1", "1", "2018-01-10"),
    ("C1", "S2", "2", "2018-03-01"),
    ("C2", "S1", "1", "2018-02-03"),
    ("T1", "S1", "1", "2018-03-05"),
    ("T2", "S1", "1", "2018-04-10"),
]
LABS = [
    ("ID", "Date", "Test", "Value", "Unit", "LLN", "ULN"),
    ("C1", "2018-01-09", "ALT", "30", "U/L", "5", "40"),
    ("C1", "2018-01-12", "ALT", "130", "U/L", "5", "40"),
    ("C2", "2018-02-05", "ALT", "39", "U/L", "5", "40"),
    ("T1", "2018-03-07", "ALT", "41", "U/L", "5", "40"),
    ("T2", "2018-04-12", "ALT", "250", "U/L", "5", "40"),
]
FILES = {"patients": PATIENTS, "events": EVENTS, "drugs": DRUGS, "sessions": SESSIONS, "labs": LABS}


def write_study(folder: Path, *, study: str = STUDY, **files: Sequence[Row]) -> Path:
    """Write the study into a folder, some of its files replaced, and give the path of its study file."""
    for name, rows in {**FILES, **files}.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    path = folder / "study.yaml"
    path.write_text(study, encoding="utf-8")
    return path


def changed(name: str, row: int, **cells: str) -> dict[str, list[Row]]:
    """A file in which some cells of one row (numbered as a spreadsheet does) are others; `_` in a header is a space."""
    rows = list(FILES[name])
    header = rows[0]
    new = {column.replace("_", " "): text for column, text in cells.items()}
    assert set(new) <= set(header)
    rows[row - 1] = tuple(new.get(column, text) for column, text in zip(header, rows[row - 1], strict=True))
    return {name: rows}


def added(name: str, *row: str) -> dict[str, list[Row]]:
    """A file with one more row."""
    assert len(row) == len(FILES[name][0])
    return {name: [*FILES[name], row]}
