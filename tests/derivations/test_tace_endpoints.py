"""Untreatable progression, TACE progression, refractoriness: the entries of methods/endpoints.md, patients by hand.

Index 2018-01-10, cut-off 2020-06-30 (day 902). Every patient has a baseline of 100 mm five days before. A scan is a day
and the target in mm, with other lesions beside it; the expectations are read off the rules of the page.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import calliper
from calliper.derivations import derive_endpoints
from calliper.derivations.despite import unanswered
from calliper.displays.narrative.times import time_to_event
from calliper.protocol.specs import Despite
from calliper.records.tables import PROVENANCE
from hand_records import records, scans
from hand_records import study as hand_study
from shared import ROOT

START = date(2018, 1, 10)
CUTOFF = date(2020, 6, 30)
PAGE = (ROOT / "docs" / "methods" / "endpoints.md").read_text(encoding="utf-8")
ENTRIES = next(text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)).replace(
    "unit: months", "unit: days"
)

THROMBUS = ("V", "vessel", "new", "thrombus", "", "", "")
LUNG = ("L", "lung", "new", "", "", "12", "")
NODE = ("N", "LN", "new", "", "", "", "16")
NODULE = ("H", "liver", "new", "", "typical", "15", "")


@dataclass(frozen=True)
class Patient:
    """Days from the index: scans with the viable mm of the target, sessions, visits with what each recorded."""

    scans: Sequence[tuple[int, float, tuple[str, ...]] | tuple[int, float]] = ()
    sessions: Sequence[int] = ()
    visits: Sequence[tuple[int, dict[str, object]]] = ()
    untreatable: int | None = None
    no_access: int | None = None
    death: int | None = None
    whole: float | None = None  # of the target, 280 mm unless said
    drugs: Sequence[tuple[int, str]] = field(default=())


def seen(*days: tuple[int, float] | tuple[int, float, tuple[str, ...]]) -> Sequence[tuple]:  # type: ignore[type-arg]
    return days


def child(*days: tuple[int, str]) -> list[tuple[int, dict[str, object]]]:
    return [(day, {"Child": found}) for day, found in days]


EVERY_12_WEEKS = [(day, 100.0) for day in range(33, 875, 84)]

PATIENTS = {
    "invasion": Patient(seen((33, 60), (68, 60, THROMBUS))),
    "spread": Patient(seen((33, 130), (75, 60, LUNG)), sessions=[40]),
    "node": Patient(seen((33, 60), (68, 60, NODE))),
    "transient C": Patient(seen((33, 60), (68, 60)), visits=child((20, "A"), (50, "C"), (80, "B"))),
    "C at baseline": Patient(seen((33, 60), (68, 60)), visits=child((-3, "C"), (0, "C"))),
    "declared": Patient(seen((33, 100), (68, 100), (85, 125)), untreatable=90),
    "ECOG 3": Patient(seen((33, 60), (68, 60)), visits=[(40, {"ECOG": 2}), (60, {"ECOG": 3})]),
    "no access": Patient(seen((33, 60)), no_access=45),
    "treatable": Patient(seen((33, 60), (68, 60, NODULE), (105, 60, NODULE)), sessions=[75]),
    "died": Patient(seen((33, 60)), death=80),
    "C after cut-off": Patient(EVERY_12_WEEKS, visits=child((950, "C"))),
    "C unwatched": Patient(seen((33, 60)), visits=child((200, "C"))),
    "answered": Patient(seen((33, 130), (70, 60), (105, 60)), sessions=[40]),
    "persists": Patient(seen((33, 130), (70, 128), (105, 60)), sessions=[40]),
    "not by 20%": Patient(seen((33, 130), (70, 119), (105, 60)), sessions=[40]),
    "reappears": Patient(seen((33, 130), (70, 60), (105, 75)), sessions=[40]),
    "too late": Patient(seen((33, 130), (70, 100), (105, 100)), sessions=[130]),
    "same day": Patient(seen((33, 130), (70, 60)), sessions=[33]),
    "the day before": Patient(seen((33, 130), (70, 60)), sessions=[32]),
    "day 90": Patient(seen((33, 130), (100, 130), (150, 130)), sessions=[123]),
    "day 91": Patient(seen((33, 130), (100, 130), (150, 130)), sessions=[124]),
    "other drug": Patient(seen((33, 130), (70, 60)), drugs=[(40, "sorafenib")]),
    "late": Patient([*EVERY_12_WEEKS, (880, 130.0)]),
    "answer after cut-off": Patient([*EVERY_12_WEEKS, (880, 130.0)], sessions=[910]),
    # the target stays at 100 mm whole; 60 mm viable on day 40, 55 on day 100
    "R1": Patient(seen((40, 60), (100, 55)), sessions=[60], whole=100),
    "not R1": Patient(seen((40, 60), (100, 40)), sessions=[60], whole=100),
    "R2": Patient(
        seen((40, 40), (100, 40)),
        sessions=[60, 120],
        visits=[(0, {"Nodules": 3}), (59, {"Nodules": 5}), (120, {"Nodules": 7})],
    ),
    "R3": Patient(
        seen((40, 40)), visits=[(-5, {"AFP": 400}), (30, {"AFP": 500}), (60, {"AFP": 700})]
    ),
}  # fmt: skip
"""Every patient has a session on day 0 beside those of `sessions`."""

TTUP: dict[str, tuple[float, int, str]] = {
    "invasion": (68, 1, "new vascular invasion"),
    "spread": (75, 1, "new spread outside the liver"),
    "node": (68, 1, "new spread outside the liver"),
    "transient C": (50, 1, "Child-Pugh C"),
    "C at baseline": (68, 0, "no event at the last adequate scan"),
    "declared": (90, 1, "intrahepatic progression declared untreatable"),
    "ECOG 3": (60, 1, "ECOG 3 or more"),
    "no access": (45, 1, "no access to a feeding artery"),
    "treatable": (105, 0, "no event at the last adequate scan"),
    "died": (33, 0, "no event at the last adequate scan"),
    "C after cut-off": (873, 0, "no event at the last adequate scan"),
    "C unwatched": (
        33,
        0,
        "Child-Pugh C more than 98 days after the last adequate scan; censored at that scan",
    ),
    "answered": (105, 0, "no event at the last adequate scan"),
}
TTTP: dict[str, tuple[float, int, str | None]] = {
    "invasion": (68, 1, "no DEB-TACE within 90 days"),
    "spread": (75, 1, "in spite of DEB-TACE on 2018-02-19, after progression on 2018-02-12"),
    "transient C": (68, 0, None),
    "treatable": (105, 1, "in spite of DEB-TACE on 2018-03-26, after progression on 2018-03-19"),
    "answered": (105, 0, None),
    "persists": (70, 1, "in spite of DEB-TACE on 2018-02-19, after progression on 2018-02-12"),
    "not by 20%": (105, 0, None),
    "reappears": (105, 1, "in spite of DEB-TACE on 2018-02-19, after progression on 2018-02-12"),
    "too late": (33, 1, "no DEB-TACE within 90 days"),
    "same day": (70, 0, None),
    "the day before": (33, 1, "no DEB-TACE within 90 days"),
    "day 90": (150, 1, "in spite of DEB-TACE on 2018-05-13, after progression on 2018-02-12"),
    "day 91": (33, 1, "no DEB-TACE within 90 days"),
    "other drug": (33, 1, "no DEB-TACE within 90 days"),
    "late": (880, 1, "no DEB-TACE by 2020-06-30, 22 days later"),
    "answer after cut-off": (880, 1, "no DEB-TACE by 2020-06-30, 22 days later"),
}
REFRACTORY: dict[str, tuple[float, int, str | None]] = {
    "R1": (100, 1, "R1: 60% and 55% of the treated lesion viable after two sessions in a row"),
    "not R1": (100, 0, None),
    "R2": (120, 1, "R2: 3, 5 and 7 nodules before three sessions in a row"),
    "R3": (60, 1, "R3: marker 400, 500, 700: still rising after the session"),
    "invasion": (68, 1, "R4: new vascular invasion"),
    "spread": (75, 1, "R5: new spread outside the liver"),
    "treatable": (105, 0, None),
}

STUDY = f"""\
calliper: 1
study: {{title: Chemoembolisation, design: retrospective cohort, cutoff: CUTOFF}}
data:
  patients: {{files: [{{path: patients.csv}}], columns: {{patient: ID}}}}
  imaging:
    files: [{{path: scans.csv}}]
    columns: {{patient: ID, scan: Scan, date: Day, modality: Modality, arterial_phase: Arterial}}
  lesions:
    files: [{{path: lesions.csv}}]
    columns:
      {{patient: ID, scan: Scan, lesion: Lesion, organ: Organ, role: Role, kind: Kind, pattern: Pattern,
       whole_mm: Whole, viable_mm: Viable, short_axis_mm: Short}}
  exposure: {{files: [{{path: drugs.csv}}], columns: {{patient: ID, drug: Drug, start: Day}}}}
  visits:
    files: [{{path: visits.csv}}]
    columns: {{patient: ID, date: Day, child_pugh: Child, ecog: ECOG, nodules: Nodules, afp: AFP}}
variables:
  first_tace: {{type: date, column: First, label: First TACE, required: true}}
  untreatable: {{type: date, column: Untreatable, label: Untreatable}}
  no_access: {{type: date, column: Access, label: No access}}
  death_date: {{type: date, column: Death, label: Death, may_follow_cutoff: true}}
arms: {{column: Arm, groups: {{a: {{label: A, values: [a]}}}}, reference: a}}
{ENTRIES}
analyses: [{{id: ttup, kind: survival, endpoint: ttup}}]
"""
VISIT = ("Child", "ECOG", "Nodules", "AFP")


def write(folder: Path, *, shift: int = 0, seed: int | None = None) -> Path:
    """The study on disk; every date `shift` days later, the rows of every file in another order with a `seed`."""

    def on(day: int | None) -> str:
        return "" if day is None else str(START + timedelta(days=day + shift))

    tables: dict[str, list[list[object]]] = {
        "patients": [["ID", "Arm", "First", "Untreatable", "Access", "Death"]],
        "scans": [["ID", "Scan", "Day", "Modality", "Arterial"]],
        "lesions": [["ID", "Scan", "Lesion", "Organ", "Role", "Kind", "Pattern", "Whole", "Viable", "Short"]],
        "drugs": [["ID", "Drug", "Day"]],
        "visits": [["ID", "Day", *VISIT]],
    }
    for name, held in PATIENTS.items():
        tables["patients"].append(
            [name, "a", on(0), on(held.untreatable), on(held.no_access), on(held.death)]
        )
        for at, (day, size, *others) in enumerate([(-5, 100), *held.scans]):
            tables["scans"].append([name, at, on(day), "CT", "yes"])
            whole = held.whole or 280  # less than half of it viable, so that R1 never holds by chance
            tables["lesions"].append([name, at, "T", "liver", "target", "", "", whole, size, ""])
            for lesion, organ, role, kind, pattern, longest, short in others:  # type: ignore[misc]
                tables["lesions"].append([name, at, lesion, organ, role, kind, pattern, longest, "", short])
        tables["drugs"] += [[name, "DEB-TACE", on(day)] for day in (0, *held.sessions)]
        tables["drugs"] += [[name, drug, on(day)] for day, drug in held.drugs]
        tables["visits"] += [
            [name, on(day), *(found.get(role, "") for role in VISIT)] for day, found in held.visits
        ]
    for table, (header, *rows) in tables.items():
        if seed is not None:
            random.Random(seed).shuffle(rows)  # noqa: S311  # an order, not a secret
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    path = folder / "study.yaml"
    path.write_text(STUDY.replace("CUTOFF", str(CUTOFF + timedelta(days=shift))), encoding="utf-8")
    return path


def times(path: Path, endpoint: str) -> pl.DataFrame:
    return calliper.load(path).outcome.derived.endpoints[endpoint].frame


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> calliper.Study:
    held = calliper.load(write(tmp_path_factory.mktemp("tace")))
    assert [problem.line for problem in held.check().problems if problem.severity == "error"] == []
    return held


def row_of(study: calliper.Study, endpoint: str, patient: str) -> dict[str, object]:
    frame = study.outcome.derived.endpoints[endpoint].frame
    return frame.row(by_predicate=pl.col("patient") == patient, named=True)


@pytest.mark.parametrize("patient", TTUP)
def test_untreatable_progression(study: calliper.Study, patient: str) -> None:
    row = row_of(study, "ttup", patient)
    assert (row["time"], row["event"], row["reason"]) == TTUP[patient]


def test_death_competes(study: calliper.Study) -> None:
    row = row_of(study, "ttup_competing", "died")
    assert (row["time"], row["event"], row["cause"]) == (80, 0, "death")
    assert row_of(study, "ttup_competing", "invasion")["cause"] == "event"


@pytest.mark.parametrize("patient", TTTP)
def test_tace_progression(study: calliper.Study, patient: str) -> None:
    time, event, detail = TTTP[patient]
    row = row_of(study, "tttp", patient)
    assert (row["time"], row["event"], row["detail"]) == (time, event, detail)


@pytest.mark.parametrize("patient", REFRACTORY)
def test_refractoriness(study: calliper.Study, patient: str) -> None:
    time, event, detail = REFRACTORY[patient]
    row = row_of(study, "refractoriness", patient)
    assert (row["time"], row["event"], row["detail"]) == (time, event, detail)


def test_the_record_that_decided_is_named(study: calliper.Study) -> None:
    at = [*PATIENTS]
    visits = [(name, day) for name in at for day, _ in PATIENTS[name].visits]
    assert (
        row_of(study, "ttup", "transient C")["source"]
        == f"visits.csv, row {visits.index(('transient C', 50)) + 2}"
    )
    assert (
        row_of(study, "refractoriness", "R3")["source"] == f"visits.csv, row {visits.index(('R3', 60)) + 2}"
    )
    drugs = [
        (name, day)
        for name in at
        for day in (0, *PATIENTS[name].sessions, *(d for d, _ in PATIENTS[name].drugs))
    ]
    assert row_of(study, "refractoriness", "R2")["source"] == f"drugs.csv, row {drugs.index(('R2', 120)) + 2}"
    scans = [(name, day) for name in at for day in (-5, *(scan[0] for scan in PATIENTS[name].scans))]
    assert (
        row_of(study, "tttp", "persists")["source"] == f"scans.csv, row {scans.index(('persists', 70)) + 2}"
    )


@pytest.mark.parametrize("endpoint", ["ttup", "ttup_competing", "tttp", "refractoriness"])
def test_row_order_and_shifted_dates_change_nothing(
    study: calliper.Study, tmp_path: Path, endpoint: str
) -> None:
    columns = ["patient", "time", "event", "cause", "reason"]
    frame = study.outcome.derived.endpoints[endpoint].frame.select(columns)
    for shift, seed in ((0, 7), (-400, 3)):
        (folder := tmp_path / f"{seed}").mkdir()
        assert_frame_equal(times(write(folder, shift=shift, seed=seed), endpoint).select(columns), frame)


def test_the_page_prints_what_is_found(study: calliper.Study) -> None:
    """The table of the page, row by row."""
    rows = {
        "33 PR, 68 PR with a new thrombus": "invasion",
        "33 growth; TACE 40; 75 a response with a new nodule in the lung": "spread",
        "33 and 68 PR; visits 20 A, 50 C, 80 B": "transient C",
        "33 growth; TACE 40; 70 PR; 105 SD": "answered",
        "33 growth; TACE 40; 70 PR on 60 mm; 105 75 mm": "reappears",
        "33 growth; 100 growth; TACE 123 (day 90); 150 growth": "day 90",
        "33 growth; 100 growth; TACE 124 (day 91); 150 growth": "day 91",
    }
    for words, patient in rows.items():
        ttup, tttp = (row_of(study, endpoint, patient) for endpoint in ("ttup", "tttp"))
        start = f"| {words} | {ttup['time']:g}, {ttup['event']} | {tttp['time']:g}, {tttp['event']}"
        assert start in PAGE


def test_the_sentence_of_the_report_says_how(study: calliper.Study) -> None:
    protocol = study.protocol
    words = time_to_event(protocol, protocol.endpoints["tttp"])  # type: ignore[arg-type]
    assert "not followed by DEB-TACE within 90 days, or was seen still or again after it" in words
    words = time_to_event(protocol, protocol.endpoints["refractoriness"])  # type: ignore[arg-type]
    assert "refractory to DEB-TACE by the rules R1, R2, R3, R4 or R5 of JSH-LCSGJ 2014" in words


DAY = st.integers(0, 200)


@given(
    shown=st.lists(DAY, max_size=5, unique=True),
    treated=st.lists(DAY, max_size=4),
    within=st.integers(1, 120),
    until=st.integers(0, 250),
)
def test_as_the_rule_reads_aloud(shown: list[int], treated: list[int], within: int, until: int) -> None:
    """A slow twin: go through the scans that show progression in their order, by hand."""
    read = sorted(day for day in shown if day <= until)
    expected = None
    if read:
        answers = [day for day in sorted(treated) if read[0] <= day <= min(read[0] + within, until)]
        again = [day for day in read if answers and day > answers[0]]
        expected = read[0] if not answers else next(iter(again), None)
    people = pl.DataFrame({"patient": ["P"], "until": [START + timedelta(days=until)]})
    places = {"_centre": "x", "_file": "f", "_sheet": ""}
    rows = pl.DataFrame(
        [
            {"patient": "P", "date": START + timedelta(days=day), "note": None, **places, "_row": at}
            for at, day in enumerate(read)
        ],
        schema={"patient": pl.String, "date": pl.Date, "note": pl.String, **PROVENANCE},
    )
    doses = [{"patient": "P", "drug": "DEB-TACE", "start": START + timedelta(days=day)} for day in treated]
    held = records([{"patient": "P", "first_tace": START}], exposure=doses)
    found = unanswered(rows, Despite(drugs=("DEB-TACE",), within_days=within), people, held)
    assert [(day - START).days for day in found["date"]] == ([] if expected is None else [expected])


def test_r2_and_r3_need_no_lesions() -> None:
    """Nodules 3, 5 and 7 before three sessions, and a marker that rises after the first: R3 holds first, on day 50."""
    spec = {
        "kind": "time_to_event",
        "label": "Refractory",
        "short": "REF",
        "unit": "days",
        "start": "first_tace",
        "events": [{"refractory": {"drugs": ["DEB-TACE"], "rules": ["R2", "R3"]}, "reason": "refractory"}],
        "assessments": {},
    }
    seen = [(0, 3, 400.0), (30, None, 500.0), (50, 5, 700.0), (110, 7, 10.0)]
    held = records(
        [{"patient": "P", "first_tace": START}],
        exposure=[
            {"patient": "P", "drug": "DEB-TACE", "start": START + timedelta(days=day)} for day in (0, 60, 120)
        ],
        visits=[
            {"patient": "P", "date": START + timedelta(days=day), "nodules": count, "afp": value}
            for day, count, value in seen
        ],
        responses=scans(START, "P", (50, "SD"), (120, "SD")),
    )

    def found(rules: list[str]) -> tuple[float, int, str]:
        spec["events"][0]["refractory"]["rules"] = rules  # type: ignore[index]
        protocol = hand_study(endpoints={"ref": spec})
        (row,) = derive_endpoints(protocol, held, held.patients)["ref"].frame.to_dicts()
        return row["time"], row["event"], row["detail"].partition(":")[0]

    assert found(["R2", "R3"]) == (50, 1, "R3")
    assert found(["R2"]) == (120, 1, "R2")
