"""Entries of time-to-event endpoints that cannot be meant: one broken at a time, its line of words found again."""

from __future__ import annotations

from pathlib import Path

import pytest

import calliper
from protocol.study_text import changed, load_text, mistakes_of

CASES: dict[str, tuple[str, str, str]] = {
    "neither censor nor assessments": (
        "    censor:\n      - {last: contacts, where: {status: [alive]}, reason: alive}\n",
        "",
        "endpoints.os: found start and events; expected recorded alone, or start with events and censor (or "
        "assessments)",
    ),
    "recorded and counted at once": (
        "short: OS, unit: days, recorded: {parameter: 1}}",
        "short: OS, unit: days, recorded: {parameter: 1}, add_one_day: true}",
        "endpoints.listed: found recorded and add_one_day; expected recorded alone",
    ),
    "therapy without scans": (
        "    assessments: {adequate: [CR, PD], response: response, baseline: first_tace, max_gap_days: 98}\n",
        "    censor: [{last: contacts, reason: alive}]\n",
        "endpoints.progression: found new_therapy without assessments; expected assessments:",
    ),
    "cause that is the event": (
        "competing: [{date: death, name: death,",
        "competing: [{date: death, name: event,",
        "endpoints.progression.competing[1]: found the name 'event', which results use; expected another name",
    ),
    "competing event without a name": (
        "competing: [{date: death, name: death,",
        "competing: [{date: death,",
        "endpoints.progression.competing[1].name: found nothing",
    ),
    "arm of a date": (
        "arms: [control], reason",
        "arms: [controll], reason",
        "endpoints.progression.competing[1].arms[1]: found 'controll'; expected the name of an arm",
    ),
    "role of a table that has none": (
        "{first: adverse_events, role: start,",
        "{first: contacts, role: start,",
        "found role: start; expected it only with first or last of adverse_events, exposure or other_therapy",
    ),
    "end that is not mapped": (
        "{first: adverse_events, role: start,",
        "{first: adverse_events, role: end,",
        "endpoints.progression.new_therapy.first_of[1].first: found no role 'end' in data.adverse_events.columns",
    ),
    "response that is none": (
        "response: response, baseline",
        "response: harm, baseline",
        "endpoints.progression.assessments.response: found 'harm'; expected the name of a response endpoint",
    ),
    "baseline that is no date": (
        "baseline: first_tace, max",
        "baseline: stage, max",
        "endpoints.progression.assessments.baseline: found the category 'stage'; expected the name of a date variable",
    ),
    "gap of no days": (
        "max_gap_days: 98",
        "max_gap_days: 0",
        "endpoints.progression.assessments.max_gap_days: found 0; expected a number of at least 1",
    ),
    "nothing adequate": (
        "adequate: [CR, PD]",
        "adequate: []",
        "endpoints.progression.assessments.adequate: found an empty list; expected at least 1 entry",
    ),
    "effect that is none": (
        "effect: ignore",
        "effect: censor",
        "endpoints.progression.new_therapy.effect: found 'censor'; expected censor_at_last_assessment or ignore",
    ),
    "day 0 without a table": (
        "counted_from: {first: responses, where: {response: [CR]}",
        "counted_from: {first: exposure, where: {drug: [S]}",
        "endpoints.progression.counted_from.first: found no table data.exposure",
    ),
    "cause and event": (
        "recorded: {time: months, cause: best,",
        "recorded: {time: months, event: dead, cause: best,",
        "endpoints.caused.recorded: found time and event and cause; expected time and event (two variables), "
        "time and cause, or parameter",
    ),
    "cause without causes": (
        "recorded: {time: months, cause: best, causes: {CR: event, PR: event, SD: censored, PD: other_death}}",
        "recorded: {time: months, cause: best}",
        "endpoints.caused.recorded: found cause without causes; expected both together",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_entry(tmp_path: Path, case: str) -> None:
    old, new, words = CASES[case]
    lines = mistakes_of(tmp_path, changed(old, new))
    assert any(words in line for line in lines), lines


LESIONS = """\
calliper: 1
study: {title: No responses recorded, design: retrospective cohort}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  imaging: {files: [{path: scans.csv}], columns: {patient: ID, scan: Scan, date: Date}}
  lesions: {files: [{path: lesions.csv}], columns: {patient: ID, scan: Scan, lesion: L, organ: O, role: R}}
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
  ttp:
    kind: time_to_event
    label: Time to progression
    short: TTP
    unit: days
    start: start
    events: [{first: responses, where: {response: [PD]}, reason: progression}]
    assessments: {response: response}
analyses: [{id: ttp, kind: survival, endpoint: ttp}]
"""


def test_derived_responses_need_no_table_of_them(tmp_path: Path) -> None:
    assert load_text(tmp_path, LESIONS).protocol.data.responses is None
    assert mistakes_of(tmp_path, LESIONS.replace("where: {response: [PD]}", "where: {status: [PD]}")) == [
        "study.yaml:24: endpoints.ttp.events[1].where.status: found 'status'; expected a role of derived responses: "
        "patient, date, visit, response, scan, target, non_target, new, new_site or overall"
    ]
    (line, *_) = mistakes_of(
        tmp_path, LESIONS.replace("assessments: {response: response}", "assessments: {}")
    )
    assert "found no table data.responses" in line


def test_derived_responses_alone_make_times(tmp_path: Path) -> None:
    """100 mm, then 40 on day 33 and 48 on day 68, which is 20% above 40: progression under mRECIST."""
    columns = "viable_mm: V"
    text = LESIONS.replace("role: R}", f"role: R, {columns}}}").replace(
        "date: Date}", "date: Date, arterial_phase: A, modality: M}"
    )
    (tmp_path / "patients.csv").write_text("ID,Arm,Start\nP,a,2018-01-10\n", encoding="utf-8")
    (tmp_path / "scans.csv").write_text(
        "ID,Scan,Date,A,M\nP,0,2018-01-05,yes,CT\nP,1,2018-02-12,yes,CT\nP,2,2018-03-19,yes,CT\n",
        encoding="utf-8",
    )
    (tmp_path / "lesions.csv").write_text(
        "ID,Scan,L,O,R,V\nP,0,T1,liver,target,100\nP,1,T1,liver,target,40\nP,2,T1,liver,target,48\n",
        encoding="utf-8",
    )
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    frame = calliper.load(tmp_path / "study.yaml").outcome.derived.endpoints["ttp"].frame
    assert frame.select("time", "event", "cause").rows() == [(68.0, 1, "event")]
