"""The steps of the calibration: sound on any seed, and the stored cohort is what they made."""

from __future__ import annotations

import os
from collections import Counter
from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.synth.cohort import invent_baselines
from calliper.synth.draws import Draws
from calliper.synth.estimators import cox_each, cox_together, log_rank, median_crossing
from calliper.synth.patients import read_patients, to_csv
from calliper.synth.schedule import Course, scan_course
from calliper.synth.targets import ARMS, Arm


@pytest.mark.parametrize("arm", ["combination", "control"])
@pytest.mark.parametrize("seed", ["one", "two"])
def test_any_seed_gives_the_margins_and_moments_of_the_arm(arm: Arm, seed: str) -> None:
    patients, target = invent_baselines(arm, Draws(seed)), ARMS[arm]
    assert Counter(p.bclc for p in patients) == target.table_1["bclc"]
    assert Counter(str(p.ecog) for p in patients) == target.table_1["ecog"]
    assert (
        Counter("Y" if p.has_vascular_invasion else "N" for p in patients)
        == target.table_1["vascular_invasion"]
    )
    for values, moments in (
        ([p.age for p in patients], target.age_years),
        ([p.largest_cm for p in patients], target.largest_diameter_cm),
    ):
        assert round(mean(values), 1) == moments.mean
        assert round(stdev(values), 1) == moments.sd


def test_the_published_columns_add_up() -> None:
    for target in ARMS.values():
        assert {sum(levels.values()) for levels in target.table_1.values()} == {target.patients}
    evaluable = [(sum(t.month_1.values()), sum(t.month_3.values())) for t in ARMS.values()]
    assert evaluable == [(42, 40), (46, 45)]


@settings(max_examples=60, deadline=None)
@given(st.integers(119, 640), st.booleans(), st.sampled_from("abcdef"))
def test_scans_show_the_course_they_were_made_for(day: int, progressed: bool, seed: str) -> None:
    scans = scan_course(Course("PR", "SD", day, progressed), Draws(seed))
    assert scans[-1].day == day
    assert (scans[-1].response == "PD") == progressed
    assert all(scan.response != "PD" for scan in scans[:-1])
    month_1 = [scan for scan in scans if 21 <= scan.day <= 45]
    month_3 = min((scan for scan in scans if 70 <= scan.day <= 112), key=lambda s: (abs(s.day - 91), s.day))
    assert [scan.response for scan in month_1] == ["PR"]
    assert month_3.response == "SD"


def test_a_course_that_no_schedule_can_show_is_refused() -> None:
    with pytest.raises(ValueError, match="no scans 28 to 42 days apart"):
        scan_course(Course("NE", "NE", 119, progressed=True), Draws("a"))


def test_draws_keep_their_promises() -> None:
    draws = Draws("seed")
    assert {draws.between(1, 3) for _ in range(200)} == {1, 2, 3}
    assert all(2.0 <= draws.within(2.0, 2.5) < 2.5 for _ in range(200))
    some = draws.some("abcdef", 3)
    assert len(set(some)) == 3
    assert some == sorted(some)
    assert sorted(draws.shuffled(range(9))) == list(range(9))
    assert Draws("x").uniform() == Draws("x").uniform() != Draws("y").uniform()
    with pytest.raises(ValueError, match="3 of 2"):
        draws.some("ab", 3)
    with pytest.raises(ValueError, match="from 2 to 1"):
        draws.between(2, 1)


def test_log_rank_by_hand() -> None:
    # Deaths on days 1 (group 1; 2 of 4 at risk), 2 (group 0; 1 of 3) and 3 (group 1; 1 of 2); then censored.
    # O - E = 2 - (1/2 + 1/3 + 1/2) = 2/3; V = 1/4 + 2/9 + 1/4 = 13/18; chi-square = (4/9) / (13/18) = 8/13.
    days = np.array([1, 2, 3, 4])
    event = np.array([True, True, True, False])
    group = np.array([True, False, True, False])
    assert log_rank(days, event, group) == pytest.approx(8 / 13, rel=1e-14)
    day, before, after = median_crossing(days, event)
    assert (day, before, after) == (2, 0.75, pytest.approx(0.5))


def test_cox_by_hand() -> None:
    # Deaths: x=1 with {1,0,1} at risk, then x=0 with {0,1}. With w = exp(b), U = 1/(2w+1) - w/(1+w) is zero
    # where 1 + w = w (2w + 1): w = 1/sqrt(2). The information there is 2w/(2w+1)^2 + w/(1+w)^2.
    days, died = np.array([1, 2, 3]), np.array([True, True, False])
    x = np.array([[1.0], [0.0], [1.0]])
    w = 0.5**0.5
    information = 2 * w / (2 * w + 1) ** 2 + w / (1 + w) ** 2
    for fit in (cox_each(days, died, x), cox_together(days, died, x)):
        assert fit.coefficient[0] == pytest.approx(np.log(w), rel=1e-9)
        assert fit.standard_error[0] == pytest.approx(information**-0.5, rel=1e-9)


def test_a_curve_that_stays_high_has_no_median() -> None:
    with pytest.raises(ValueError, match=r"above 0\.5"):
        median_crossing(np.array([1, 2, 3]), np.array([True, False, False]))


def test_the_stored_table_reads_back_and_writes_the_same() -> None:
    patients = read_patients()
    assert len(patients) == 90
    from importlib.resources import files

    assert to_csv(patients) == files("calliper.synth").joinpath("demo_patients.csv").read_text(
        encoding="utf-8"
    )


@pytest.mark.skipif(
    "CALLIPER_RECALIBRATE" not in os.environ, reason="takes some seconds; set CALLIPER_RECALIBRATE"
)
def test_the_search_gives_the_stored_cohort_again() -> None:
    from calliper.synth.calibrate import calibrate

    assert to_csv(calibrate()) == to_csv(read_patients())
