"""Graded laboratory values and what adverse events led to, against slow readings of the demonstration's workbooks."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from statistics import median

import pytest

import calliper
from calliper.blocks import Table
from calliper.results import Results
from calliper.study import Study
from synth.by_hand import COMBINATION, CONTROL, Demo, Row, of_patient, read_demo

ARMS = {"combination": COMBINATION, "control": CONTROL}
UPPER = {
    "ALT": (Decimal("2.5"), 5, 20),
    "AST": (Decimal("2.5"), 5, 20),
    "Bilirubin": (Decimal("1.5"), 3, 10),
    "Creatinine": (Decimal("1.5"), 3, 6),
}
"""CTCAE 3.0: the largest multiples of the upper limit of grades 1, 2 and 3."""
LOWER = {"Albumin": (30, 20, None), "Platelets": (75, 50, 25)}
"""CTCAE 3.0: the lowest values of grades 1, 2 and 3, in g/L and 10^9/L; of albumin there is no grade 4."""


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


def grade(row: Row) -> int:
    """By CTCAE 3.0, in exact decimals."""
    held = Decimal(repr(float(row["Value"])))
    if row["Test"] in UPPER:
        limit = Decimal(repr(float(row["Upper limit"])))
        return (held > limit) + sum(held > limit * times for times in UPPER[row["Test"]])
    size = 10 if row["Unit"] == "g/dL" else 1
    bounds = [bound for bound in LOWER[row["Test"]] if bound is not None]
    is_low = held < Decimal(repr(float(row["Lower limit"])))
    return is_low + sum(held * size < bound for bound in bounds)


def worst(demo: Demo, patient: Row, test: str) -> tuple[int, int]:
    """The grade on admission, and the worst up to day 30 or the day before the second session."""
    first: date = patient["First DEB-TACE"]
    sessions = [row["Date"] for row in of_patient(demo.sessions, patient)]
    last = min([30, *((day - first).days - 1 for day in sessions[1:])])
    rows = [row for row in of_patient(demo.laboratory, patient) if row["Test"] == test]
    (before,) = [row for row in rows if row["Date"] <= first]
    inside = [row for row in rows if 0 < (row["Date"] - first).days <= last]
    return grade(before), max(grade(row) for row in inside)


@pytest.mark.parametrize("test", [*UPPER, *LOWER])
def test_worst_grades_and_shifts_by_hand(study: Study, demo: Demo, test: str) -> None:
    results = study.run()
    for arm, treatment in ARMS.items():
        pairs = Counter(worst(demo, patient, test) for patient in demo.arm(treatment))
        stem = f"laboratory/included/{arm}/{test.lower()}"
        for level in (1, 2, 3, 4):
            wanted = sum(many for (_, after), many in pairs.items() if after == level)
            assert value(results, f"{stem}/grade {level}/count") == wanted
        for before in range(5):
            for after in range(5):
                row = results.get(f"{stem}/{before} to {after}/count")
                assert (0 if row is None else row.value) == pairs[before, after]


def test_what_events_on_sorafenib_led_to_by_hand(study: Study, demo: Demo) -> None:
    results = study.run()
    for action, wanted in (("reduced", 6), ("interrupted", 2), ("stopped", 0)):
        patients = {row["Patient ID"] for row in demo.events if row["Action"] == action}
        assert len(patients) == wanted, "the paper's Results"
        assert value(results, f"sorafenib_safety/included/combination/any/{action}/count") == wanted


def test_every_event_of_the_lists_is_in_a_window(study: Study, demo: Demo) -> None:
    """No event begins outside: the counts of Tables 3 and 4 are those of the lists, whatever their dates."""
    results = study.run()
    tace = [row for row in demo.events if row["Related to"] == "TACE"]
    on_drug = [row for row in demo.events if row["Related to"] == "SORAFENIB"]
    assert value(results, "sorafenib_safety/included/combination/any/any grade/events") == len(on_drug)
    fever = {row["Patient ID"] for row in tace if row["Term"] == "Fever"}
    found = [value(results, f"tace_safety/included/{arm}/fever/any grade/count") for arm in ARMS]
    assert sum(found) == len(fever)


WINDOWS = {
    "before": (-14, 0, None),
    "week_1": (1, 7, None),
    "month_1": (21, 45, 30),
    "month_6": (152, 212, 182),
}
FACTORS = {"mg/dL": 17.1, "g/dL": 10.0}
"""Of bilirubin and albumin, in umol/L and g/L."""


def seen(demo: Demo, patient: Row, test: str, window: tuple[int, int, int | None]) -> float | None:
    """The value nearest to the day of a window, the earlier of two; without a day the last."""
    low, high, target = window
    held = {
        (row["Date"] - patient["First DEB-TACE"]).days: row["Value"] * FACTORS.get(row["Unit"], 1.0)
        for row in of_patient(demo.laboratory, patient)
        if row["Test"] == test
    }
    inside = sorted(day for day in held if low <= day <= high)
    if not inside:
        return None
    return float(
        held[inside[-1] if target is None else min(inside, key=lambda day: (abs(day - target), day))]
    )


@pytest.mark.parametrize("test", ["ALT", "Bilirubin", "Albumin"])
@pytest.mark.parametrize("window", WINDOWS)
def test_medians_over_time_by_hand(study: Study, demo: Demo, test: str, window: str) -> None:
    results = study.run()
    for arm, treatment in ARMS.items():
        found = [seen(demo, patient, test, WINDOWS[window]) for patient in demo.arm(treatment)]
        known = [value for value in found if value is not None]
        stem = f"liver/included/{arm}/{test.lower()}/{window}"
        assert value(results, f"{stem}/n") == len(known)
        assert value(results, f"{stem}/median") == pytest.approx(median(known), rel=1e-12)


def test_a_table_of_laboratory_values_is_headed_so(study: Study) -> None:
    tables = [
        block for section in study.document().sections for block in section.blocks if isinstance(block, Table)
    ]
    heads = {table.caption: table.columns[0].header for table in tables}
    first = {
        caption: head
        for caption, head in heads.items()
        if "30 days of the first" in caption and "grade" not in caption
    }
    assert set(first.values()) == {"Adverse event", "Laboratory value"}
    assert all(
        (head == "Laboratory value") == caption.startswith("Laboratory") for caption, head in first.items()
    )
