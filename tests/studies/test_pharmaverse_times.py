"""Times of 254 patients from dates and scans, equal to admiralonco's own ADTTE; each difference has its reason.

The scans are the investigator's of eight patients; the others have none.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

import calliper
from shared import shared_data

STUDY = """\
calliper: 1
study: {{title: Oncology data of the pharmaverse, design: randomised trial}}
data:
  patients:
    files: [{{path: {adsl}, keep: {{SAFFL: [Y]}}}}]
    columns: {{patient: USUBJID}}
  responses:
    files: [{{path: {rs}, keep: {{RSEVAL: [INVESTIGATOR]}}}}]
    columns: {{patient: USUBJID, date: RSDTC, response: RSSTRESC}}
    # one scan, not evaluable, has no day
    impute: {{date: {{field: progression}}}}
variables:
  randomised: {{type: date, column: RANDDT, label: randomisation}}
  death: {{type: date, column: DTHDT, label: death}}
  alive: {{type: date, column: LSTALVDT, label: last known alive}}
arms:
  column: ARM
  groups:
    placebo: {{label: Placebo, values: [Placebo]}}
    active: {{label: Xanomeline, values: [Xanomeline Low Dose, Xanomeline High Dose]}}
  reference: placebo
endpoints:
  os:
    kind: time_to_event
    label: Overall survival
    short: OS
    unit: days
    start: randomised
    events: [{{date: death, reason: death}}]
    censor: [{{date: alive, reason: last known alive}}]
    add_one_day: true
  pfs:
    kind: time_to_event
    label: Progression-free survival
    short: PFS
    unit: days
    start: randomised
    events: &ends
      - {{first: responses, where: {{response: [PD]}}, reason: progression}}
      - {{date: death, reason: death}}
    assessments: &scans {{adequate: [CR, PR, SD, PD, NON-CR/NON-PD]}}
    add_one_day: true
  rsd:
    kind: time_to_event
    label: Duration of response
    short: DoR
    unit: days
    start: randomised
    counted_from: {{first: responses, where: {{response: [CR, PR]}}, reason: first response}}
    events: *ends
    assessments: *scans
    add_one_day: true
analyses: [{{id: os, kind: survival, endpoint: os, figure: false}}]
"""
ALIVE_BEFORE_THE_START = {"01-705-1018", "01-705-1382"}
"""Last known alive days before their randomisation: admiral counts one day, and we leave the time out."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, Any]]]:
    adsl = shared_data("02_pharmaverse_onco/adam/adsl.csv")
    rs = shared_data("02_pharmaverse_onco/sdtm/rs_onco_recist.csv")
    path = tmp_path_factory.mktemp("study") / "study.yaml"
    path.write_text(STUDY.format(adsl=adsl.as_posix(), rs=rs.as_posix()), encoding="utf-8")
    endpoints = calliper.load(path).outcome.derived.endpoints
    return {
        name: {row["patient"]: row for row in endpoint.frame.iter_rows(named=True)}
        for name, endpoint in endpoints.items()
    }


def answers(parameter: str) -> dict[str, tuple[float, int]]:
    path: Path = shared_data("02_pharmaverse_onco/adam/adtte_onco.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["PARAMCD"] == parameter]
    return {row["USUBJID"]: (float(row["AVAL"]), 1 - int(row["CNSR"])) for row in rows}


def test_overall_survival(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    expected = answers("OS")
    assert len(found["os"]) == len(expected) == 254
    for patient, answer in expected.items():
        row = found["os"][patient]
        if patient in ALIVE_BEFORE_THE_START:
            assert answer == (1, 0)
            assert (row["time"], row["reason"]) == (None, "last known alive, before randomisation")
        else:
            assert (row["time"], row["event"]) == answer


def test_progression_free_survival(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    expected = answers("PFS")
    assert {patient: (row["time"], row["event"]) for patient, row in found["pfs"].items()} == expected
    assert sum(event for _, event in expected.values()) == 6


def test_duration_of_response(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    times = {patient: (row["time"], row["event"]) for patient, row in found["rsd"].items()}
    assert {patient: time for patient, time in times.items() if time[0] is not None} == answers("RSD")
    assert len(answers("RSD")) == 4
    assert {row["reason"] for row in found["rsd"].values() if row["time"] is None} == {"no first response"}
