"""A study of adverse events from files to the report: every table and figure, rows twice, the time to a first event."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from calliper import study
from calliper.blocks import Figure, Table
from calliper.results import Results
from small_study import write_csv

STUDY = """\
calliper: 1
study: {title: Adverse events, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  adverse_events:
    files: [{path: events.csv}]
    columns: {patient: ID, term: Term, category: Class, grade: Grade, start: Start, serious: Serious, action: Action,
              outcome: Outcome}
  exposure: {files: [{path: exposure.csv}], columns: {patient: ID, drug: Drug, start: Start, end: End}}
variables:
  start: {type: date, column: Start, label: First TACE}
  death: {type: date, column: Death, label: Death}
  last: {type: date, column: Last, label: Last contact}
arms:
  column: Arm
  groups:
    new: {label: New treatment, values: [NEW]}
    old: {label: Old treatment, values: [OLD]}
  reference: old
endpoints:
  treatments:
    kind: treatments
    label: Treatments
    start: start
    items: {tace: {label: TACE, drugs: [TACE], as: session}}
  harm:
    kind: toxicity
    label: Adverse events
    dictionary: CTCAE
    version: "4.03"
    start: start
    after_each: {drugs: [TACE], days: [0, 30]}
    followed_to: [{date: last, reason: last contact}]
    terms:
      fever: {label: Fever, values: [Fever]}
      pain: {label: Pain, values: [Pain, Ache]}
      rash: {label: Rash, values: [Rash]}
      abscess: {label: Liver abscess, values: [Liver abscess]}
  severe_fever:
    kind: time_to_event
    label: Time to the first fever of grade 2 or worse
    short: TTF
    unit: days
    event_label: fevers of grade 2 or worse
    start: start
    events: [{first: adverse_events, where: {term: [Fever], grade: ["2", "3", "4", "5"]}, reason: fever}]
    competing: [{date: death, name: death, reason: death}]
    censor: [{date: last, reason: last contact}]
analyses:
  - id: harm
    kind: safety
    endpoint: harm
    any_event: true
    categories: true
    kinds: [serious, reduced, interrupted, stopped, fatal]
    words: {serious: [yes]}
    patient_years: true
    sessions: treatments
    shifts: [fever, rash]
    figures: [dots, grades]
  - {id: severe_fever, kind: competing_risks, endpoint: severe_fever, at: [30]}
"""

PATIENTS = [
    ["ID", "Start", "Death", "Last", "Arm"],
    ["A1", "2018-01-10", "", "2018-12-01", "NEW"],
    ["A2", "2018-02-01", "2018-02-20", "2018-02-20", "NEW"],
    ["A3", "2018-02-01", "", "2018-12-01", "NEW"],
    ["B1", "2018-03-01", "", "2018-10-01", "OLD"],
    ["B2", "2018-03-01", "", "2018-10-01", "OLD"],
    ["B3", "2018-03-01", "", "2018-03-11", "OLD"],
]
SESSIONS = [
    ["ID", "Drug", "Start", "End"],
    *(
        [who, "TACE", day, day]
        for who, day in (
            ("A1", "2018-01-10"), ("A1", "2018-03-10"), ("A2", "2018-02-01"), ("A3", "2018-02-01"),
            ("B1", "2018-03-01"), ("B1", "2018-03-21"), ("B2", "2018-03-01"), ("B3", "2018-03-01"),
        )
    ),
]  # fmt: skip
HEADER = ["ID", "Term", "Class", "Grade", "Start", "Serious", "Action", "Outcome"]
EVENTS = [
    # A1: a rash before, worse after; a fever of day 2 after each session, the second worse
    ["A1", "Rash", "Skin", "1", "2018-01-02", "no", "none", "ongoing"],
    ["A1", "Rash", "Skin", "2", "2018-01-15", "no", "reduced", "recovered"],
    ["A1", "Fever", "General", "1", "2018-01-12", "no", "none", "recovered"],
    ["A1", "Fever", "General", "2", "2018-03-12", "no", "none", "recovered"],
    # A2 died of a fever; A3 had pain under two names, one of them in no window
    ["A2", "Fever", "General", "5", "2018-02-10", "yes", "none", "fatal"],
    ["A3", "Pain", "General", "1", "2018-02-03", "no", "none", "recovered"],
    ["A3", "Ache", "General", "3", "2018-05-20", "yes", "stopped", "recovered"],
    ["B1", "Ache", "General", "3", "2018-03-25", "no", "interrupted", "recovered"],
]


def write(folder: Path, events: Sequence[Sequence[str]], text: str = STUDY) -> Path:
    for name, rows in (
        ("patients", PATIENTS),
        ("exposure", SESSIONS),
        ("events", [HEADER, *events]),
    ):
        write_csv(folder / f"{name}.csv", rows)
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> study.Study:
    return study.load(write(tmp_path_factory.mktemp("safety"), EVENTS))


def value(results: Results, key: str) -> float | None:
    row = results.get(key)
    assert row is not None, key
    return row.value


def test_counts_by_hand(run: study.Study) -> None:
    made = run.run()
    new = "harm/included/new/"
    assert value(made, f"{new}fever/any grade/count") == 2
    assert value(made, f"{new}fever/any grade/events") == 3
    assert value(made, f"{new}category:General/any grade/count") == 3
    assert value(made, f"{new}pain/grade >=3/count") == 0  # A3's ache of grade 3 lies in no window
    assert value(made, f"{new}any/fatal/count") == 1
    assert value(made, f"{new}any/reduced/count") == 1
    assert value(made, f"{new}any/stopped/count") == 0
    assert value(made, "harm/included/old/any/interrupted/count") == 1
    # four sessions of the new arm: fever after both of A1's and after A2's
    assert value(made, f"{new}fever/session/n") == 4
    assert value(made, f"{new}fever/session/count") == 3
    assert value(made, f"{new}rash/session/count") == 1
    assert value(made, f"{new}rash/1 to 2/count") == 1
    assert value(made, f"{new}rash/worsened/count") == 1


def test_days_at_risk_by_hand(run: study.Study) -> None:
    """Fever, both ends inside. A1: on day 2, 3 days. A2: on day 9, 10 days. A3: none in 31 days.

    B1: windows of days 0 to 19 and 20 to 50, 51 days; B2: 31; B3 was followed to day 10, 11 days.
    """
    made = run.run()
    first = "fever/first event/"
    assert value(made, f"harm/included/new/{first}person_time") == pytest.approx((3 + 10 + 31) / 365.25)
    assert value(made, f"harm/included/old/{first}person_time") == pytest.approx((51 + 31 + 11) / 365.25)
    assert value(made, f"harm/included/new/{first}rate") == pytest.approx(100 * 2 / (44 / 365.25))
    assert value(made, f"harm/included/new vs old/{first}rate_difference") == pytest.approx(
        100 * 2 / (44 / 365.25)
    )


def test_time_to_a_first_event_with_death_competing(run: study.Study) -> None:
    """A1: fever of grade 2 on day 61 (that of grade 1 is none); A2: on day 9; at 30 days one of six: 1/6."""
    made = run.run()
    here = "severe_fever/included/overall/severe_fever/"
    assert value(made, f"{here}event/events") == 2
    assert value(made, f"{here}death/events") == 0
    assert value(made, f"{here}event/incidence@30") == pytest.approx(1 / 6)


def test_rows_written_twice_change_only_the_number_of_events(run: study.Study, tmp_path: Path) -> None:
    twice = study.load(write(tmp_path, [*reversed(EVENTS), *EVENTS[3:6]])).run()
    once = run.run()
    assert [row.key for row in twice] == [row.key for row in once]
    changed = [row.key for row in once if twice.by_key[row.key].value != row.value]
    assert changed
    assert all(key.endswith("/events") and key.startswith("harm/") for key in changed)


def test_every_block_is_there(run: study.Study) -> None:
    (section,) = [held for held in run.outcome.document.sections if held.id == "safety"]
    named = [block.id for block in section.blocks if isinstance(block, Table | Figure)]
    assert named == [
        "table-harm-overview", "table-harm", "figure-harm-dots", "figure-harm-grades", "table-harm-kinds",
        "table-harm-rates", "table-harm-shifts",
    ]  # fmt: skip
    text = " ".join(block.text for block in section.blocks if hasattr(block, "text"))
    assert (
        "Patients with a serious event: 1/3 (33.3%) with New treatment and 0/3 (0.0%) with Old treatment."
        in text
    )
    assert "Patients with a fatal event: 1/3 (33.3%) with New treatment" in text


def test_the_methods_say_how(run: study.Study) -> None:
    (section,) = [held for held in run.outcome.document.sections if held.id == "methods"]
    text = " ".join(block.text for block in section.blocks if hasattr(block, "text"))
    for words in (
        r"Events recorded as serious \(yes\) are counted by patient",
        r"patients with the event per 100 patient-years at risk",
        r"Sessions \(TACE\) with the event are counted among all sessions",
        r"by the grade before treatment and the worst grade after",
    ):
        assert re.search(words, text), words
