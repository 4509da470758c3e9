"""A study file without mistakes that uses every kind of entry, for tests that break one line of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.errors import ProtocolError
from calliper.protocol.load import Loaded, load

STUDY = """\
calliper: 1
study:
  title: A study of everything
  design: retrospective cohort
  cutoff: 2020-06-30
centres:
  north: {label: North, aliases: [N]}
  south: {label: South, aliases: [S]}
reading:
  missing: [NA, -]
  event_codes: {0: 0, 1: 1}
data:
  patients:
    files:
      - {path: north.csv, centre: north}
      - {path: ../south.xlsx, sheet: Patients, centre: south, keep: {Phase: [2, III]}}
    columns: {patient: ID}
  responses:
    files: [{path: scans.csv}]
    columns: {patient: ID, date: Date, visit: Visit, response: mRECIST}
  adverse_events:
    files: [{path: events.csv}]
    columns: {patient: ID, term: Term, grade: Grade, start: Start}
  imaging: {files: [{path: i.csv}], columns: {patient: ID, scan: Scan, date: Day, reader: Reader}}
  lesions: {files: [{path: s.csv}], columns: {patient: ID, scan: S, lesion: L, organ: Organ, role: Role}}
  times: {files: [{path: times.csv}], columns: {patient: ID, endpoint: Name, time: Time, event: Event}}
  contacts:
    files: [{path: contacts.csv}]
    columns: {patient: ID, date: Date, status: Status}
variables:
  age: {type: integer, column: Age, label: Age, range: [18, 110]}
  sex: {type: category, column: Sex, label: Sex, codes: {1: Male, 2: Female}}
  size: {type: number, column: Size, label: Size, unit: cm}
  stage: {type: category, column: Stage, label: Stage, codes: {A: A, B: B, C: C}}
  best: {type: category, column: Best, label: Best response, codes: {CR: CR, PR: PR, SD: SD, PD: PD}}
  pain: {type: integer, column: Pain, label: Pain grade}
  months: {type: number, column: Months, label: Months}
  dead: {type: integer, column: Dead, label: Dead}
  note: {type: text, column: Note, label: Note}
  first_tace: {type: date, column: First TACE, label: First TACE}
  death: {type: date, column: Death, label: Death, not_before: first_tace, impute: {field: death}}
derived:
  size_group: {cut: size, at: [5, 10], labels: [small, medium, large], label: Size}
  advanced: {rule: stage = "C" or size > 10, label: Advanced}
  stage_group: {regroup: stage, groups: {early: [A, B], late: [C]}, label: Stage}
  risk:
    label: Risk
    cases:
      - {when: advanced = "Yes", level: high}
      - {when: age < 70, level: low}
  survived: {from_date: first_tace, to_date: death, label: Survived}
arms:
  column: Arm
  groups:
    combination: {label: Combination, values: [1]}
    control: {label: Control, values: [2, X]}
  reference: control
eligibility:
  - {id: I1, kind: inclusion, text: Adult, rule: age >= 18}
  - {id: E1, kind: exclusion, text: Late, rule: "stage_group = 'late' and size is missing"}
endpoints:
  os:
    kind: time_to_event
    label: Overall survival
    short: OS
    unit: months
    start: first_tace
    events:
      - {date: death, reason: death}
    censor:
      - {last: contacts, where: {status: [alive]}, reason: alive}
  recorded: {kind: time_to_event, label: OS, short: OS, unit: months, recorded: {time: months, event: dead}}
  listed: {kind: time_to_event, label: OS, short: OS, unit: days, recorded: {parameter: 1}}
  caused:
    kind: time_to_event
    label: OS
    short: OS
    unit: days
    recorded: {time: months, cause: best, causes: {CR: event, PR: event, SD: censored, PD: other_death}}
  progression:
    kind: time_to_event
    label: Progression
    short: TTP
    unit: days
    start: first_tace
    counted_from: {first: responses, where: {response: [CR]}, reason: complete response}
    events: [{first: responses, where: {response: [PD]}, reason: progression}]
    competing: [{date: death, name: death, arms: [control], reason: death}]
    assessments: {adequate: [CR, PD], response: response, baseline: first_tace, max_gap_days: 98}
    new_therapy: {first_of: [{first: adverse_events, role: start, reason: event}], effect: ignore}
    add_one_day: true
  response:
    kind: response
    label: Response
    criteria: mRECIST
    start: first_tace
    landmarks:
      week_4: {label: 4 weeks, day: 28, window: [21, 45]}
      month_3: {label: 3 months, visit: M3}
      best: {label: Best, variable: best}
  harm:
    kind: toxicity
    label: Adverse events
    dictionary: CTCAE
    version: 3.0
    start: first_tace
    window_days: [0, 30]
    terms:
      fever: {label: Fever, values: [Fever]}
      pain: {label: Pain, variable: pain}
analyses:
  - {id: baseline, kind: baseline, variables: [age, sex, size_group, advanced, survived], show: {age: median}}
  - {id: response, kind: response, endpoint: response, landmarks: [week_4, best]}
  - {id: os, kind: survival, endpoint: os, at: [6, 12], ticks: [0, 6, 12], by: stage_group}
  - {id: safety, kind: safety, endpoint: harm, terms: [fever], arms: [combination]}
  - id: prognosis
    kind: cox
    endpoint: recorded
    factors: [arm, age, stage, risk]
    references: {arm: control, stage: B}
    models:
      - {id: full, label: Full, factors: [arm, age]}
      - {id: screened, label: Screened, p_below: 0.05}
  - id: competing
    kind: competing_risks
    endpoint: caused
    at: [6, 12]
    ticks: [0, 6, 12]
    by: stage_group
    adjust: [arm, age]
    fine_gray: survival
    figure: false
published: published.yaml
"""


def load_text(folder: Path, text: str | bytes) -> Loaded:
    path = folder / "study.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return load(path)


def mistakes_of(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ProtocolError) as held:
        load_text(folder, text)
    return list(held.value.mistakes)


def changed(old: str, new: str) -> str:
    """The study with one piece of text replaced; it must stand in it exactly once."""
    assert STUDY.count(old) == 1, f"{old!r} stands {STUDY.count(old)} times in the study"
    return STUDY.replace(old, new)
