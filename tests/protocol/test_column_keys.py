"""What a table says of its columns besides their headers: one key broken at a time, its line found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import STUDY, changed, load_text, mistakes_of

WHERE = "  contacts:\n    files: [{path: contacts.csv}]\n"
TABLES = """\
  exposure:
    files: [{path: drugs.csv}]
    columns: {patient: ID, drug: Drug, start: From, end: To, dose: Dose, reason: Reason}
    codes: {reason: {开始: start}, drug: {多吉美: sorafenib}}
    not_before: {start: [first_tace]}
    not_after: {start: [death], end: [death]}
    allowed: {dose: [0, 200, 400.5]}
    arms: {sorafenib: [combination]}
  sessions: {files: [{path: tace.csv}], columns: {patient: ID, session: S, date: Day, access: Access}}
  angiography: {files: [{path: angio.csv}], columns: {patient: ID, session: S, phase: P, vessels: V}}
"""


def study(old: str = "", new: str = "") -> str:
    assert not old or TABLES.count(old) == 1
    return changed(WHERE, TABLES.replace(old, new, 1) + WHERE)


def line_of(text: str, words: str) -> int:
    at = [number for number, line in enumerate(text.splitlines(), start=1) if words in line]
    assert len(at) == 1
    return at[0]


def test_the_keys_are_read(tmp_path: Path) -> None:
    held = load_text(tmp_path, study()).protocol.data.exposure
    assert held is not None
    assert held.codes["reason"] == {"开始": "start"}
    assert held.allowed == {"dose": (0, 200, 400.5)}
    assert held.not_after == {"start": ("death",), "end": ("death",)}
    assert held.arms == {"sorafenib": ("combination",)}


CASES: list[tuple[str, str, str]] = [
    (
        "开始: start",
        "开始: begin",
        "exposure.codes.reason.开始: found 'begin'; expected a word of 'reason': start, adverse_event, tace_pause, "
        "resume, progression, decompensation, patient, cost, death or unknown",
    ),
    (
        "codes: {reason: {开始: start}",
        "codes: {dose: {x: start}",
        "exposure.codes.dose: found 'dose'; expected a role of this table that holds words: drug or reason",
    ),
    (
        "开始: start",
        "NA: start",
        "exposure.codes.reason.NA: found 'NA', which reading.missing calls missing; expected one meaning",
    ),
    (
        "not_before: {start: [first_tace]}",
        "not_before: {dose: [first_tace]}",
        "exposure.not_before.dose: found 'dose'; expected a role of this table that holds dates: start or end",
    ),
    (
        "not_before: {start: [first_tace]}",
        "not_before: {start: [first_tce]}",
        "exposure.not_before.start[1]: found 'first_tce'; expected the name of a date variable (did you mean "
        "'first_tace'?)",
    ),
    (
        "not_after: {start: [death], end: [death]}",
        "not_after: {end: [age]}",
        "exposure.not_after.end[1]: found the number 'age'; expected the name of a date variable",
    ),
    (
        "allowed: {dose: [0, 200, 400.5]}",
        "allowed: {drug: [0, 200]}",
        "exposure.allowed.drug: found 'drug'; expected a role of this table that holds numbers: dose",
    ),
    (
        "allowed: {dose: [0, 200, 400.5]}",
        "allowed: {dose: []}",
        "exposure.allowed.dose: found no value; expected the values that the role may have",
    ),
    (
        "arms: {sorafenib: [combination]}",
        "arms: {sorafenib: [combined]}",
        "exposure.arms.sorafenib[1]: found 'combined'; expected the name of an arm: combination or control (did you "
        "mean 'combination'?)",
    ),
]


@pytest.mark.parametrize(("old", "new", "says"), CASES, ids=[says.split(":")[0] for _, _, says in CASES])
def test_each_mistake(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = study(old, new)
    line = line_of(text, new)
    assert mistakes_of(tmp_path, text) == [f"study.yaml:{line}: data.{says}"]


def test_arms_are_of_drugs(tmp_path: Path) -> None:
    text = study("drug: Drug, ", "").replace(", drug: {多吉美: sorafenib}", "")
    line = line_of(text, "arms: {sorafenib")
    says = "data.exposure.arms: found arms without the role 'drug'; expected the header of its column"
    assert f"study.yaml:{line}: {says}" in mistakes_of(tmp_path, text)


def test_rows_of_sessions_need_the_sessions(tmp_path: Path) -> None:
    sessions = next(line for line in TABLES.splitlines(keepends=True) if "sessions:" in line)
    text = study(sessions, "")
    line = line_of(text, "angiography:")
    says = "data.angiography: found no table data.sessions; expected it, as the rows name its sessions"
    assert mistakes_of(tmp_path, text) == [f"study.yaml:{line}: {says}"]


def test_patients_are_said_under_variables_and_centres(tmp_path: Path) -> None:
    text = STUDY.replace(
        "    columns: {patient: ID}\n", "    columns: {patient: ID}\n    codes: {patient: {a: b}}\n"
    )
    says = "data.patients.codes.patient: found 'patient'; expected a role of this table that holds words"
    line = line_of(text, "codes: {patient")
    assert mistakes_of(tmp_path, text) == [f"study.yaml:{line}: {says}"]
