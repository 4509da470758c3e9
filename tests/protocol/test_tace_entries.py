"""Entries that read visits, further columns, answered progression and refractoriness: what loads, and each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import load_text, mistakes_of

STUDY = """\
calliper: 1
study: {title: Chemoembolisation, design: retrospective cohort}
reading: {missing: [NA]}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  responses:
    files: [{path: responses.csv}]
    columns: {patient: ID, date: Date, response: mRECIST}
    further: {untreatable: {column: Untreatable, codes: {Y: yes, N: no}}}
  imaging: {files: [{path: scans.csv}], columns: {patient: ID, scan: Scan, date: Date}}
  lesions: {files: [{path: lesions.csv}], columns: {patient: ID, scan: Scan, lesion: L, organ: O, role: R}}
  exposure: {files: [{path: drugs.csv}], columns: {patient: ID, drug: Drug, start: Start}}
  visits: {files: [{path: visits.csv}], columns: {patient: ID, date: Date, child_pugh: Child, ecog: ECOG}}
variables:
  start: {type: date, column: Start, label: Start}
arms: {column: Arm, groups: {a: {label: A, values: [a]}}, reference: a}
endpoints:
  response:
    kind: response
    label: Response
    criteria: mRECIST (2010)
    start: start
    lesions: {rules: mRECIST_2010}
    landmarks: {best: {label: Best, best: unconfirmed}}
  ttup:
    kind: time_to_event
    label: Untreatable progression
    short: TTUP
    unit: days
    start: start
    events:
      - {first: responses, where: {new_site: [vessel]}, reason: invasion}
      - {first: visits, where: {child_pugh: [C]}, reason: Child-Pugh C}
      - {refractory: {drugs: [DEB-TACE], rules: [R1, R4, R5]}, reason: refractory}
    assessments: {response: response}
  recorded:
    kind: time_to_event
    label: As recorded
    short: REC
    unit: days
    start: start
    events:
      - {first: responses, where: {untreatable: ["yes"]}, reason: untreatable}
      - {first: responses, where: {response: [PD]}, despite: {drugs: [DEB-TACE], within_days: 90}, reason: TACE}
    assessments: {}
analyses: [{id: ttup, kind: survival, endpoint: ttup}]
"""

MISTAKES = [
    (
        "where: {child_pugh: [C]}",
        "where: {child_pugh: [c]}",
        "ttup.events[2].where.child_pugh[1]: found 'c'; expected a value of 'child_pugh': A, B or C "
        "(did you mean 'C'?)",
    ),
    (
        "where: {child_pugh: [C]}",
        "where: {ecog: [3, 6]}",
        "ttup.events[2].where.ecog[2]: found '6'; expected a value of 'ecog': 0, 1, 2, 3, 4 or 5",
    ),
    (
        "where: {child_pugh: [C]}",
        "where: {child: [C]}",
        "ttup.events[2].where.child: found 'child'; expected a role of data.visits.columns: patient, date, "
        "child_pugh or ecog",
    ),
    (
        "where: {new_site: [vessel]}",
        "where: {new_site: [vessels]}",
        "ttup.events[1].where.new_site[1]: found 'vessels'; expected a value of 'new_site': liver, vessel, node, "
        "effusion or extrahepatic (did you mean 'vessel'?)",
    ),
    (
        'where: {untreatable: ["yes"]}',
        "where: {untreatable: [Y]}",
        "recorded.events[1].where.untreatable[1]: found 'Y'; expected a value of 'untreatable': yes or no",
    ),
    (
        "rules: [R1, R4, R5]",
        "rules: [R1, R2]",
        "ttup.events[3].refractory: found R2 without the role 'nodules' of data.visits; expected it, or rules: "
        "without R2",
    ),
    (
        "rules: [R1, R4, R5]",
        "rules: [R6]",
        "ttup.events[3].refractory.rules[1]: found 'R6'; expected R1, R2, R3, R4 or R5",
    ),
    (
        "    assessments: {response: response}\n",
        "    assessments: {}\n",
        "ttup.events[3].refractory: found R1 without responses derived from lesions (assessments.response)",
    ),
    (
        "within_days: 90",
        "within_days: 0",
        "recorded.events[2].despite.within_days: found 0; expected a number of at least 1",
    ),
    (
        "where: {response: [PD]}, despite",
        "despite",
        "recorded.events[2]: found despite; expected it only with first: responses and a where: that says what "
        "progression is",
    ),
    (
        "{refractory: {drugs: [DEB-TACE], rules: [R1, R4, R5]},",
        "{date: start, refractory: {drugs: [DEB-TACE]},",
        "ttup.events[3]: found date and refractory; expected exactly one of date, first, last and refractory",
    ),
    (
        "{refractory: {drugs: [DEB-TACE], rules: [R1, R4, R5]},",
        "{refractory: {drugs: [DEB-TACE], rules: [R1]}, where: {drug: [x]},",
        "ttup.events[3]: found where with refractory; expected where only with first or last",
    ),
]


def test_it_loads(tmp_path: Path) -> None:
    held = load_text(tmp_path, STUDY).protocol
    assert held.data.responses is not None
    assert held.endpoints["ttup"].events[2].refractory.rules == ("R1", "R4", "R5")  # type: ignore[union-attr]


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES)
def test_mistakes(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert STUDY.count(old) == 1
    found = mistakes_of(tmp_path, STUDY.replace(old, new))
    assert any(f"endpoints.{says}" in line for line in found), found


TABLES = [
    (
        "untreatable: {column",
        "response: {column",
        "data.responses.further.response: found the name 'response', which a role has; expected it under columns",
    ),
    (
        "codes: {Y: yes, N: no}",
        "codes: {NA: yes}",
        "data.responses.further.untreatable.codes.NA: found 'NA', which reading.missing calls missing; expected one "
        "meaning",
    ),
    (
        "columns: {patient: ID}}\n  responses",
        "columns: {patient: ID}, further: {x: {column: X, codes: {a: b}}}}\n  responses",
        "data.patients.further.x: found 'x'; expected columns of the patients table under variables",
    ),
    (
        "ecog: ECOG}",
        "ecgo: ECOG}",
        "data.visits.columns.ecgo: found the role 'ecgo'; expected patient, date, kind, ecog, child_pugh, "
        "child_points, nodules, afp",
    ),
]


@pytest.mark.parametrize(("old", "new", "says"), TABLES)
def test_mistakes_of_tables(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert STUDY.count(old) == 1
    found = mistakes_of(tmp_path, STUDY.replace(old, new))
    assert any(says in line for line in found), found
