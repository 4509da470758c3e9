"""Deviations, the per-protocol set and the schedule of the demonstration, against slow readings of its workbooks."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import calliper
from calliper.results import Results
from calliper.study import Study
from synth.by_hand import COMBINATION, CONTROL, Demo, Row, kaplan_meier, log_rank, of_patient, read_demo

ARMS = {"combination": COMBINATION, "control": CONTROL}
MONTH = 30.4375
OTHER_BEADS = {"INV-LY-012", "INV-LY-024", "INV-DL-010"}

Judged = Sequence[bool | None]
"""Whether each record met a rule; None where a value was not recorded."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    from calliper.synth.demo import write_demo

    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return calliper.load(folder / "study.yaml")


@pytest.fixture(scope="module")
def demo(study: Study) -> Demo:
    return read_demo(study.loaded.folder)


def value(results: Results, key: str) -> float:
    row = results.get(key)
    assert row is not None, key
    assert row.value is not None, key
    return row.value


def meets(rows: list[Row], *wanted: tuple[str, Callable[[float | str], bool]]) -> Judged:
    """Each row held against what its columns should be; a false one decides, else a blank one leaves it unknown."""
    held: list[bool | None] = []
    for row in rows:
        told = [None if row[column] is None else is_met(row[column]) for column, is_met in wanted]
        held.append(False if False in told else None if None in told else True)
    return held


def is_value(wanted: float | str) -> Callable[[float | str], bool]:
    return lambda found: found == wanted


def lies(low: float, high: float) -> Callable[[float | str], bool]:
    return lambda found: low <= float(found) <= high


def pulses(demo: Demo, patient: Row) -> list[Row]:
    return [row for row in of_patient(demo.steps, patient) if "beads" in row["Action"]]


def phase(demo: Demo, patient: Row, name: str) -> list[Row]:
    return [row for row in of_patient(demo.angiography, patient) if row["Phase"] == name]


OF_RECORDS: dict[str, Callable[[Demo, Row], Judged]] = {
    "B01": lambda demo, patient: meets(
        of_patient(demo.beads, patient),
        ("Smallest bead (µm)", is_value(300)),
        ("Largest bead (µm)", is_value(500)),
    ),
    "B04": lambda demo, patient: meets(of_patient(demo.beads, patient), ("Settling (min)", lies(2, 3))),
    "B05": lambda demo, patient: meets(of_patient(demo.beads, patient), ("Drug (mg)", is_value(60))),
    "B06": lambda demo, patient: meets(of_patient(demo.beads, patient), ("Water (ml)", is_value(5))),
    "B08": lambda demo, patient: meets(
        of_patient(demo.beads, patient), ("Shaken every (min)", is_value(5)), ("Loading (min)", is_value(30))
    ),
    "B09": lambda demo, patient: meets(
        of_patient(demo.beads, patient), ("Beads to contrast", is_value("1:1"))
    ),
    "B10": lambda demo, patient: meets(of_patient(demo.beads, patient), ("Waiting (min)", is_value(5))),
    "P01": lambda demo, patient: meets(
        of_patient(demo.sessions, patient), ("Access", is_value("right femoral"))
    ),
    "P04": lambda demo, patient: meets(of_patient(demo.sessions, patient), ("Microcatheter", is_value("Y"))),
    "P05": lambda demo, patient: meets(
        of_patient(demo.arterial, patient), ("Dose (mg)", lies(100, 150)), ("Before beads", is_value("Y"))
    ),
    "P06": lambda demo, patient: meets(
        pulses(demo, patient), ("Rate (ml/min)", is_value(1)), ("Mode", is_value("pulse"))
    ),
    "P07": lambda demo, patient: meets(of_patient(demo.sessions, patient), ("Ended by", is_value("stasis"))),
    "P08": lambda demo, patient: meets(phase(demo, patient, "after pause"), ("Pause (min)", is_value(5))),
    "P10": lambda demo, patient: meets(phase(demo, patient, "final"), ("Stain left", is_value("none"))),
    "V03": lambda demo, patient: meets(of_patient(demo.visits, patient), ("Contrast", is_value("Y"))),
    "V04": lambda demo, patient: meets(of_patient(demo.visits, patient), ("AFP", is_value("Y"))),
}


def gaps(demo: Demo, patient: Row) -> list[int]:
    """Days from each visit to the one before, the first from the first session."""
    days = [patient["First DEB-TACE"], *(row["Visit date"] for row in of_patient(demo.visits, patient))]
    return [(later - earlier).days for earlier, later in pairwise(days)]


def doses(demo: Demo, patient: Row) -> list[Row]:
    return [
        row
        for row in of_patient(demo.treatments, patient)
        if row["Drug"] == "Sorafenib" and row["Dose (mg)"] > 0
    ]


def ended_with_progression(demo: Demo, patient: Row) -> Judged:
    """S06: a dose that began or ended more than seven days after progression; what has no end is not known."""
    seen = [row["Scan date"] for row in demo.scans(patient) if row["mRECIST"] == "PD"]
    if not seen:
        return [True for _ in doses(demo, patient)]
    week = min(seen) + timedelta(days=7)
    return [None if row["End date"] is None else row["End date"] <= week for row in doses(demo, patient)]


def viable_before(demo: Demo, patient: Row) -> Judged:
    """R01: between a session and the one before lies a scan with viable tumour."""
    days = [row["Date"] for row in of_patient(demo.sessions, patient)]
    viable = [row["Scan date"] for row in demo.scans(patient) if row["mRECIST"] in {"PR", "SD", "PD"}]
    return [True] + [any(before < scan <= day for scan in viable) for before, day in pairwise(days)]


WORKED: dict[str, Callable[[Demo, Row], Judged]] = {
    **OF_RECORDS,
    "V01": lambda demo, patient: [days <= 49 for days in gaps(demo, patient)],
    "V02": lambda demo, patient: [days <= 98 for days in gaps(demo, patient)],
    "R01": viable_before,
    "R02": lambda demo, patient: [
        True, *(
            (later["Date"] - earlier["Date"]).days >= 21
            for earlier, later in pairwise(of_patient(demo.sessions, patient))
        ),
    ],
    "S02": lambda _demo, patient: [
        3 <= (patient["First sorafenib"] - patient["First DEB-TACE"]).days <= 5
        for _ in range(patient["First sorafenib"] is not None)
    ],
    "S06": ended_with_progression,
    "S07": lambda demo, patient: [
        False for _ in doses(demo, patient) if patient["Treatment"] == CONTROL
    ],
}  # fmt: skip


@pytest.mark.parametrize("rule", WORKED)
def test_each_rule_by_hand(study: Study, demo: Demo, rule: str) -> None:
    results = study.run()
    for arm, treatment in ARMS.items():
        counts = Counter(met for patient in demo.arm(treatment) for met in WORKED[rule](demo, patient))
        stem = f"deviations/included/{arm}/{rule}//"
        assert value(results, f"{stem}judged") == counts[True] + counts[False]
        assert value(results, f"{stem}deviations") == counts[False]
        assert value(results, f"{stem}not_recorded") == counts[None]


def test_the_register_is_the_deviations_by_hand(study: Study, demo: Demo, tmp_path: Path) -> None:
    """Besides the rules worked above, one session whose steps were out of order (P09)."""
    with (study.report(tmp_path / "out") / "deviations.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    wanted = Counter(
        (patient["Patient ID"], rule)
        for patient in demo.patients
        for rule, judge in WORKED.items()
        for met in judge(demo, patient)
        if met is False
    )
    wanted["INV-DL-025", "P09"] = 1
    assert Counter((line["patient"], line["rule"]) for line in lines) == wanted
    assert {line["patient"] for line in lines if line["severity"] == "major"} == OTHER_BEADS


def test_overall_survival_in_the_per_protocol_set_by_hand(study: Study, demo: Demo) -> None:
    results = study.run()
    times = {
        arm: [
            demo.overall_survival(patient)
            for patient in demo.arm(treatment)
            if patient["Patient ID"] not in OTHER_BEADS
        ]
        for arm, treatment in ARMS.items()
    }
    assert [len(held) for held in times.values()] == [41, 46]
    for arm, held in times.items():
        stem = f"os_per_protocol/per_protocol/{arm}/os//"
        assert value(results, f"{stem}n") == len(held)
        assert value(results, f"{stem}events") == sum(died for _, died in held)
        median = next(day for day, height in kaplan_meier(held) if height <= 0.5)
        assert value(results, f"{stem}median") == pytest.approx(median / MONTH, rel=1e-12)
    found = value(results, "os_per_protocol/per_protocol/between/os//statistic.logrank")
    assert found == pytest.approx(float(log_rank(*times.values())), rel=1e-9)


def follow_up_ends(demo: Demo, patient: Row) -> date:
    """Progression, death or the last contact, whichever is first."""
    seen = [row["Scan date"] for row in demo.scans(patient) if row["mRECIST"] == "PD"]
    known = [row["Contact date"] for row in of_patient(demo.contacts, patient)]
    ends: date = min([*seen, *([patient["Death date"]] if patient["Death date"] else []), max(known)])
    return ends


def test_visits_held_against_the_schedule_by_hand(study: Study, demo: Demo) -> None:
    results = study.run()
    for arm, treatment in ARMS.items():
        counts: Counter[str] = Counter()
        for patient in demo.arm(treatment):
            end = follow_up_ends(demo, patient)
            days = [row["Visit date"] for row in of_patient(demo.visits, patient) if row["Visit date"] <= end]
            passed = [
                (later - earlier).days for earlier, later in pairwise([patient["First DEB-TACE"], *days])
            ]
            assert max(passed) <= 98, "none after missed ones"
            counts["on time"] += sum(21 <= gap <= 49 for gap in passed)
            counts["late"] += sum(gap >= 50 for gap in passed)
            counts["attended"] += len(days)
            since = (end - days[-1]).days
            counts["missed"] += next(k for k in range(20) if since <= 42 * k + 49)
            content = of_patient(demo.visits, patient)[: len(days)]
            asked = ("Blood count", "Liver function", "Kidney function", "AFP", "Chest CT", "Contrast")
            counts["complete"] += sum(all(row[item] == "Y" for item in asked) for row in content)
        stem = f"follow_up/included/{arm}"
        for name in ("on time", "late", "attended", "missed"):
            assert value(results, f"{stem}/visits/{name}/count") == counts[name]
        due = counts["on time"] + counts["late"] + counts["missed"]
        assert value(results, f"{stem}/visits/due/count") == due
        assert value(results, f"{stem}/content/complete/count") == counts["complete"]
