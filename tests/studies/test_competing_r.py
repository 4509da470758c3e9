"""Two more cohorts with competing events, three groups and two, run as studies: equal to R's survival and cmprsk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import calliper
from calliper.results import Results
from shared import ROOT, shared_data
from studies.answers import same, value

FIXTURE = json.loads((ROOT / "tests/fixtures/r/competing_studies.json").read_text(encoding="utf-8"))[
    "studies"
]

STUDY = """\
calliper: 1
convention: {convention}
study: {{title: A cohort with competing events, design: retrospective cohort}}
data:
  patients: {{files: [{{path: patients.csv}}], columns: {{patient: patient}}}}
variables:
  time: {{type: number, column: {time}, label: Time}}
{causes}
arms:
  column: {group}
  groups: {groups}
  reference: {reference}
endpoints:
  first:
    kind: time_to_event
    label: First event
    short: FE
    unit: {unit}
    event_label: {event}
    recorded: {{time: time, cause: ended_by, causes: {{own: event, other: other_event, none: censored}}}}
analyses:
  - {{id: first, kind: competing_risks, endpoint: first, at: {at}}}
"""

BMT = STUDY.format(
    convention="sas",  # intervals on the log-log scale, Breslow's ties
    time="t2",
    causes="""\
  relapsed: {type: integer, column: d2, label: Relapsed}
  died: {type: integer, column: d1, label: Died}
derived:
  ended_by:
    label: First event
    cases:
      - {when: relapsed = 1, level: own}
      - {when: died = 1, level: other}
      - {when: died = 0, level: none}
""",
    group="group",
    groups="{all: {label: ALL, values: ['1']}, low: {label: Low, values: ['2']}, high: {label: High, values: ['3']}}",
    reference="all",
    unit="days",
    event="relapse",
    at="[365, 730]",
)
AIDSSI = STUDY.format(
    convention="r",
    time="time",
    causes="""\
  ended_by:
    type: category
    column: cause
    label: First event
    codes: {AIDS: own, SI: other, event-free: none}
""",
    group="ccr5",
    groups="{ww: {label: WW, values: [WW]}, wm: {label: WM, values: [WM]}}",
    reference="ww",
    unit="years",
    event="AIDS",
    at="[5, 10]",
)
STUDIES: dict[str, tuple[str, str, dict[str, str]]] = {
    "bmt": ("KMsurv_bmt.csv", BMT, {"1": "all", "2": "low", "3": "high"}),
    "aidssi": ("mstate_aidssi.csv", AIDSSI, {"WW": "ww", "WM": "wm"}),
}
CAUSES = {1: "event", 2: "other_event"}


@pytest.fixture(scope="module", params=STUDIES)
def compared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Results, Any, Any]:
    """The results of a study, R's, and our name of each of R's groups."""
    file, text, names = STUDIES[request.param]
    path: Path = tmp_path_factory.mktemp(request.param) / "study.yaml"
    frame = pl.read_csv(shared_data(f"03_survival_classic/{file}"), infer_schema=False)
    frame.with_row_index("patient", offset=1).write_csv(path.parent / "patients.csv")
    path.write_text(text, encoding="utf-8")
    return calliper.load(path).run(), FIXTURE[request.param], names


def test_cumulative_incidence(compared: tuple[Results, Any, Any]) -> None:
    results, r, names = compared
    assert len(r["curves"]) == 2 * len(names)
    for curve in r["curves"]:
        stem = f"first/included/{names[curve['group'][0]]}/first/{CAUSES[curve['cause'][0]]}"
        for position, at in enumerate(curve["at"]):
            for ours, theirs in {"": "p", "_se": "se", "_lower": "lower", "_upper": "upper"}.items():
                key = f"{stem}/incidence{ours}@{at}"
                same(value(results, key), curve[theirs][position], key, 1e-9)


def test_gray(compared: tuple[Results, Any, Any]) -> None:
    results, r, _ = compared
    for position, cause in enumerate(CAUSES.values()):
        stem = f"first/included/between/first/{cause}"
        for ours, theirs in {"statistic": "gray", "df": "gray_df", "p": "gray_p"}.items():
            same(value(results, f"{stem}/{ours}.gray"), r[theirs][position], stem, 1e-9)


def test_hazard_ratios(compared: tuple[Results, Any, Any]) -> None:
    results, r, names = compared
    reference = next(iter(names.values()))
    for model in r["models"]:
        for position, level in enumerate(model["levels"]):
            stem = f"first/included/{names[level]} vs {reference}/first/{CAUSES[model['cause'][0]]}"
            pairs = {
                "coefficient.cause_specific": "cox", "se.cause_specific": "cox_se", "p.cause_specific": "cox_p",
                "coefficient.fine_gray": "crr", "se.fine_gray": "crr_se",
            }  # fmt: skip
            for ours, theirs in pairs.items():
                same(value(results, f"{stem}/{ours}"), model[theirs][position], f"{stem}/{ours}", 1e-7)
