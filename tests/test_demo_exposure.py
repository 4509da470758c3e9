"""Exposure, sessions and responses after a repeated session of the demonstration, day by day from its workbooks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import pytest

import calliper
from calliper.results import Results
from calliper.study import Study
from synth.by_hand import COMBINATION, CONTROL, CUTOFF, Demo, Row, kaplan_meier, of_patient, read_demo

ARMS = {"combination": COMBINATION, "control": CONTROL}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    from calliper.synth.demo import write_demo

    folder: Path = tmp_path_factory.mktemp("demo")
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


def mg_by_day(demo: Demo, patient: Row) -> dict[int, float]:
    """The dose of every day from the first session that a row of sorafenib covers, one day after the other."""
    last = min(CUTOFF, patient["First DEB-TACE"] + timedelta(demo.overall_survival(patient)[0]))
    days: dict[int, float] = {}
    for row in of_patient(demo.treatments, patient):
        if row["Drug"] != "Sorafenib":
            continue
        day, end = row["Start date"], row["End date"] or max(last, row["Start date"])
        while day <= min(end, CUTOFF):
            at = (day - patient["First DEB-TACE"]).days
            assert at not in days
            days[at] = float(row["Dose (mg)"])
            day += timedelta(1)
    return days


def taken(demo: Demo) -> list[dict[int, float]]:
    held = [mg_by_day(demo, patient) for patient in demo.arm(COMBINATION)]
    return [days for days in held if any(days.values())]


def on(days: dict[int, float]) -> list[int]:
    return sorted(day for day, mg in days.items() if mg)


def test_exposure_by_hand(study: Study, demo: Demo) -> None:
    results, held = study.run(), taken(demo)
    spans = [on(days)[-1] - on(days)[0] + 1 for days in held]
    sums = [sum(days.values()) for days in held]
    expected = {
        "duration_days": spans,
        "on_drug_days": [len(on(days)) for days in held],
        "cumulative_mg": sums,
        "mean_daily_mg": [mg / span for mg, span in zip(sums, spans)],
        "mean_daily_mg_without_pauses": [mg / len(on(days)) for mg, days in zip(sums, held)],
        "rdi_percent": [100 * mg / (800 * span) for mg, span in zip(sums, spans)],
        "delay": [on(days)[0] for days in held],
    }
    assert value(results, "sorafenib/started/combination///n") == len(held) > 30
    for name, numbers in expected.items():
        stem = f"sorafenib/started/combination/{name}//"
        assert value(results, f"{stem}mean") == pytest.approx(fmean(numbers), rel=1e-12)
        assert value(results, f"{stem}median") == pytest.approx(median(numbers), rel=1e-12)
        assert value(results, f"{stem}min") == pytest.approx(min(numbers), rel=1e-12)
        assert value(results, f"{stem}max") == pytest.approx(max(numbers), rel=1e-12)
    inside = sum(3 <= on(days)[0] <= 5 for days in held)
    assert value(results, "sorafenib/started/combination/delay/in time/count") == inside


def first_fall(days: dict[int, float]) -> int | None:
    """The first day on a lower dose than that of the day with a dose before it."""
    return next((after for before, after in pairwise(on(days)) if days[after] < days[before]), None)


def test_reductions_pauses_and_the_time_to_the_first_by_hand(study: Study, demo: Demo) -> None:
    results, held = study.run(), taken(demo)
    falls = [first_fall(days) for days in held]
    pauses = [any(after - before > 1 for before, after in pairwise(on(days))) for days in held]
    assert value(results, "sorafenib/started/combination/reduced//count") == sum(
        day is not None for day in falls
    )
    assert value(results, "sorafenib/started/combination/interrupted//count") == sum(pauses) > 0
    times = [
        ((on(days)[-1] if fall is None else fall) - on(days)[0], fall is not None)
        for days, fall in zip(held, falls)
    ]
    for at in (30, 90):
        heights = [height for day, height in kaplan_meier(times) if day <= at]
        share = 1 - float(heights[-1]) if heights else 0.0
        key = f"sorafenib/started/combination/first_reduction//share@{at}"
        assert value(results, key) == pytest.approx(share, abs=1e-12)


def session_days(demo: Demo, patient: Row) -> list[int]:
    rows = [row for row in of_patient(demo.treatments, patient) if row["Drug"] == "DEB-TACE"]
    return sorted((row["Start date"] - patient["First DEB-TACE"]).days for row in rows)


@pytest.mark.parametrize("arm", ARMS)
def test_sessions_by_hand(study: Study, demo: Demo, arm: str) -> None:
    results = study.run()
    held = [session_days(demo, patient) for patient in demo.arm(ARMS[arm])]
    stem = f"sessions/included/{arm}/tace/"
    assert value(results, f"{stem}/sessions") == sum(len(days) for days in held)
    assert value(results, f"{stem}a patient/median") == median(len(days) for days in held)
    levels = Counter("3 or more" if len(days) > 2 else str(len(days)) for days in held)
    for level in ("0", "1", "2", "3 or more"):
        assert value(results, f"{stem}{level}/count") == levels[level]
    gaps = [after - before for days in held for before, after in pairwise(days)]
    assert value(results, f"{stem}interval/n") == len(gaps)
    assert value(results, f"{stem}interval/median") == median(gaps)


@pytest.mark.parametrize("arm", ARMS)
def test_responses_read_after_a_repeated_session_by_hand(study: Study, demo: Demo, arm: str) -> None:
    """The day of a landmark's scan is the endpoint's; whether a session lies before it is counted here."""
    results = study.run()
    frame = study.outcome.derived.endpoints["response"].frame
    for landmark in ("month_1", "month_3"):
        read_on = {
            row["patient"]: row["day"] for row in frame.iter_rows(named=True) if row["landmark"] == landmark
        }
        expected = 0
        for patient in demo.arm(ARMS[arm]):
            day = read_on[patient["Patient ID"]]
            expected += day is not None and any(0 < at < day for at in session_days(demo, patient))
        assert value(results, f"response/all/{arm}/{landmark}/after repeated treatment/count") == expected
