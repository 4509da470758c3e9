"""A study whose conclusion hangs on the gap rule, from its records to the page: words, verdicts and printed numbers."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import calliper
from calliper.blocks import Document, Table, Text
from calliper.displays.definition_words import difference
from calliper.pipeline import Run
from calliper.protocol.specs import TimeToEvent
from displays.printed import NUMBER, cells, is_rounding, values
from hand_records import study

START = date(2018, 1, 10)
# Scans by day from the start. The six from n3 on are like TE05 of the worked cases: unseen for 210 days and more
# before the scan with progression.
SCANS: dict[str, list[tuple[int, str]]] = {
    "o1": [(60, "PR"), (100, "PD")],
    "o2": [(60, "SD"), (110, "PD")],
    "o3": [(60, "SD"), (120, "PD")],
    "o4": [(60, "SD"), (130, "PD")],
    "o5": [(60, "SD")],
    "n1": [(60, "PR"), (115, "PD")],
    "n2": [(60, "CR"), (140, "PD")],
    **{f"n{at + 3}": [(33, "SD"), (243 + 7 * at, "PD")] for at in range(6)},
}
DEATHS = {"o5": 90}
STUDY = """\
calliper: 1
study: {title: The gap rule, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  responses: {files: [{path: scans.csv}], columns: {patient: ID, date: Date, response: Response}}
variables:
  start: {type: date, column: Start, label: First treatment}
  death: {type: date, column: Death, label: Death}
arms:
  column: Arm
  groups: {new: {label: New treatment, values: [n]}, old: {label: Old treatment, values: [o]}}
  reference: old
endpoints:
  ttp:
    kind: time_to_event
    label: Time to progression
    short: TTP
    unit: days
    start: start
    events: [{first: responses, where: {response: [PD]}, reason: progression}]
    assessments: {}
    event_label: progressions
  ttp_gap: {like: ttp, label: TTP under the gap rule, short: TTPg, assessments: {max_gap_days: 98}}
  ttp_death:
    like: ttp_gap
    label: TTP with death competing
    short: TTPd
    competing: [{date: death, name: death, reason: death}]
  response:
    kind: response
    label: Response
    criteria: mRECIST
    start: start
    landmarks:
      month_2: {label: 2 months, day: 60, window: [50, 70]}
      month_1: {label: 1 month, day: 33, window: [20, 45]}
analyses:
  - {id: grid, kind: definitions, endpoints: [ttp, ttp_gap, ttp_death, response]}
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("gap")
    on = {day: (START + timedelta(days=day)).isoformat() for day in range(400)}
    with (folder / "patients.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [[name, name[0], on[0], on[DEATHS[name]] if name in DEATHS else ""] for name in SCANS]
        csv.writer(file).writerows([["ID", "Arm", "Start", "Death"], *rows])
    with (folder / "scans.csv").open("w", encoding="utf-8", newline="") as file:
        scans = [[name, on[day], response] for name, held in SCANS.items() for day, response in held]
        csv.writer(file).writerows([["ID", "Date", "Response"], *scans])
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    return calliper.load(folder / "study.yaml").outcome


@pytest.fixture(scope="module")
def made(outcome: Run) -> Document:
    return outcome.document


def tables(made: Document) -> dict[str, Table]:
    found = [block for section in made.sections for block in section.blocks if isinstance(block, Table)]
    return {table.id: table for table in found if table.id.startswith("table-grid")}


def lines(table: Table) -> dict[str, list[str]]:
    return {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.rows}


def test_the_times_are_those_worked_by_hand(outcome: Run) -> None:
    times = {
        name: {row["patient"]: (row["time"], row["event"]) for row in held.frame.iter_rows(named=True)}
        for name, held in outcome.derived.endpoints.items()
        if held.kind == "time_to_event"
    }
    seen = {"o1": 100, "o2": 110, "o3": 120, "o4": 130, "n1": 115, "n2": 140}
    late = {f"n{at + 3}": 243 + 7 * at for at in range(6)}
    expected = {name: (day, 1) for name, day in seen.items()} | {"o5": (60, 0)}
    assert times["ttp"] == expected | {name: (day, 1) for name, day in late.items()}
    assert times["ttp_gap"] == expected | dict.fromkeys(late, (33, 0))
    assert times["ttp_death"] == expected | dict.fromkeys(late, (33, 0)) | {"o5": (90, 0)}


def test_each_definition_in_words_with_its_verdict(made: Document) -> None:
    """The chi-squares of the log-rank tests, 9.39 and 0.96, are worked by hand beside the analysis' tests."""
    found = lines(tables(made)["table-grid"])
    assert list(found) == [
        "Time to progression",
        "Gap rule of 98 days (TTPg)",
        "Death competes, gap rule of 98 days (TTPd)",
        "Death competes, gap rule of 98 days (TTPd): cumulative incidence",
    ]
    first, gap, competing, incidence = found.values()
    assert [*first[:2], *first[-2:]] == ["8/8", "4/5", "0.002", "main definition"]
    assert [*gap[:2], *gap[-2:]] == ["2/8", "4/5", "0.327", "same direction, P on the other side"]
    assert competing[:4] == ["2/8", "4/5", "—", "—"]
    assert incidence[:4] == [""] * 4
    assert competing[-1] == "same direction, P on the other side"


def test_rates_by_landmark_and_denominator(made: Document) -> None:
    """At 2 months 2 of 2 and 1 of 5 respond: Fisher's P = C(5, 1) / C(7, 3) = 1/7. At 1 month nobody does."""
    table = tables(made)["table-grid-rates"]
    responding = [[cell.text for cell in row.cells] for row in table.rows][1:5]
    assert [[row[0], *row[1:3], *row[-2:]] for row in responding] == [
        ["2 months, evaluable patients", "2/2 (100.0)", "1/5 (20.0)", "0.143", "main definition"],
        ["2 months, all patients", "2/8 (25.0)", "1/5 (20.0)", ">0.999", "holds"],
        ["1 month, evaluable patients", "0/6 (0.0)", "—", "—", "cannot be told"],
        ["1 month, all patients", "0/8 (0.0)", "0/5 (0.0)", "—", "cannot be told"],
    ]
    assert [row.role for row in table.rows] == ["group", *["level"] * 4] * 2


def test_the_sentence_says_in_how_many_the_conclusion_held(made: Document) -> None:
    (section,) = (held for held in made.sections if held.id == "definitions")
    paragraphs = [block.text for block in section.blocks if isinstance(block, Text)]
    assert len(paragraphs) == 4
    words = "\n".join(paragraphs)
    assert words.startswith(
        "In 0 of 3 other definitions the conclusion on time to progression (New treatment vs Old"
    )
    assert "P = 0.002) held." in words
    assert (
        "It did not hold under: gap rule of 98 days (TTPg) - same direction, P on the other side; death comp"
        in words
    )
    assert (
        "In 1 of 3 other definitions the conclusion on objective response, 2 months, evaluable patients"
        in words
    )
    assert "in 2 it cannot be told" in words
    assert "exploratory" in words


def test_every_number_is_a_result_rounded(outcome: Run) -> None:
    checked = 0
    for table, cell in cells(outcome.document):
        if not table.id.startswith("table-grid"):
            continue
        for token in NUMBER.findall(cell.text):
            assert any(is_rounding(token, value) for value in values(outcome.results, cell.keys)), cell.text
            checked += 1
    assert checked > 50


def test_every_mark_has_its_footnote(made: Document) -> None:
    for table in tables(made).values():
        marks = {mark for row in table.rows for cell in row.cells for mark in cell.notes}
        assert marks
        assert marks == {note.mark for note in table.footnotes if note.mark}
        assert any("Exploratory" in note.text for note in table.footnotes)


def test_three_arms_have_a_line_each(tmp_path: Path) -> None:
    """The same patients, o3 to o5 as a third arm: the verdict is read off each contrast's interval."""
    arms = "groups: {new: {label: New, values: [n]}, mid: {label: Mid, values: [m]}, old: {label: Old, values: [o]}}"
    text = STUDY.replace(
        "groups: {new: {label: New treatment, values: [n]}, old: {label: Old treatment, values: [o]}}", arms
    )
    on = {day: (START + timedelta(days=day)).isoformat() for day in range(400)}
    rows = "".join(f"{name},{'m' if name in ('o3', 'o4', 'o5') else name[0]},{on[0]},\n" for name in SCANS)
    scans = "".join(f"{name},{on[day]},{what}\n" for name, held in SCANS.items() for day, what in held)
    (tmp_path / "patients.csv").write_text(f"ID,Arm,Start,Death\n{rows}", encoding="utf-8")
    (tmp_path / "scans.csv").write_text(f"ID,Date,Response\n{scans}", encoding="utf-8")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    run = calliper.load(tmp_path / "study.yaml").outcome
    table = tables(run.document)["table-grid"]
    heads = [row.cells[0].text for row in table.rows]
    assert heads[:4] == ["Time to progression", "New vs Old", "Mid vs Old", "Gap rule of 98 days (TTPg)"]
    assert [row.role for row in table.rows][:3] == ["body", "level", "level"]
    for row in table.rows[1:3]:
        assert row.cells[-1].text == "main definition"
    assert any("both intervals, or neither, include 1" in note.text for note in table.footnotes)


BASE: dict[str, Any] = {
    "kind": "time_to_event",
    "label": "TTP",
    "short": "TTP",
    "unit": "days",
    "start": "first_tace",
    "events": [{"first": "responses", "where": {"response": ["PD"]}, "reason": "progression"}],
    "assessments": {"max_gap_days": 98},
    "new_therapy": {"first_of": [{"date": "death_date", "reason": "sorafenib"}]},
}
DEATH = {"date": "death_date", "reason": "death"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"label": "Another", "short": "A", "event_label": "others"}, ""),
        ({"assessments": {"max_gap_days": None}}, "no gap rule"),
        ({"assessments": {"max_gap_days": 120}}, "gap rule of 120 days"),
        ({"new_therapy": {**BASE["new_therapy"], "effect": "ignore"}}, "new therapy ignored"),
        ({"new_therapy": None}, "new therapy ignored"),
        ({"events": [*BASE["events"], DEATH]}, "death counted as an event"),
        ({"competing": [{**DEATH, "name": "death"}]}, "death competes"),
        ({"start": "baseline_scan"}, "counted from baseline scan"),
        ({"add_one_day": True}, "the first day counted"),
        (
            {"assessments": {"max_gap_days": None}, "new_therapy": None, "add_one_day": True},
            "no gap rule, new therapy ignored, the first day counted",
        ),
        ({"censor": [{"last": "contacts", "reason": "alive"}]}, ""),
        ({"assessments": {"max_gap_days": None, "adequate": ["CR"]}}, ""),
        ({"events": [{**DEATH, "reason": "progression"}]}, ""),
        ({"new_therapy": {"first_of": [DEATH], "effect": "ignore"}}, ""),
    ],
)
def test_what_differs_in_words_or_nothing_where_it_has_none(change: dict[str, Any], words: str) -> None:
    protocol = study(endpoints={"main": BASE, "other": {**BASE, **change}})
    main, other = protocol.endpoints["main"], protocol.endpoints["other"]
    assert isinstance(main, TimeToEvent)
    assert isinstance(other, TimeToEvent)
    assert difference(protocol, main, other) == words


def test_an_event_that_becomes_a_competing_one_is_told_once() -> None:
    with_death = {**BASE, "events": [*BASE["events"], DEATH]}
    competing = {**BASE, "competing": [{**DEATH, "name": "death"}]}
    protocol = study(endpoints={"pfs": with_death, "ttp": competing})
    pfs, ttp = protocol.endpoints["pfs"], protocol.endpoints["ttp"]
    assert isinstance(pfs, TimeToEvent)
    assert isinstance(ttp, TimeToEvent)
    assert difference(protocol, pfs, ttp) == "death competes"
    assert difference(protocol, ttp, pfs) == "death counted as an event"


def test_a_cause_that_is_another_thing_is_told_by_its_level() -> None:
    causes = {"CR": "event", "PR": "event", "SD": "censored", "PD": "other_death", "NE": "censored"}
    recorded = {"time": "months", "cause": "best", "causes": causes}
    base = {**{key: BASE[key] for key in ("kind", "label", "short", "unit")}, "recorded": recorded}
    changed = {
        "censored": {"PD": "censored"},
        "event": {"PD": "event", "NE": "event"},
        "competes": {"SD": "another"},
    }
    endpoints = {
        name: {**base, "recorded": {**recorded, "causes": {**causes, **change}}}
        for name, change in changed.items()
    }
    variable = {**base, "recorded": {"time": "months", "event": "died"}}
    protocol = study(endpoints={"main": base, **endpoints, "variable": variable})
    main = protocol.endpoints["main"]
    assert isinstance(main, TimeToEvent)
    told = {name: difference(protocol, main, protocol.endpoints[name]) for name in (*endpoints, "variable")}  # type: ignore[arg-type]
    assert told == {
        "censored": "PD censored",
        "event": "PD counted as an event, NE counted as an event",
        "competes": "SD competes",
        "variable": "",
    }
