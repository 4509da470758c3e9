from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.estimates import Estimate
from calliper.stats.logrank import logrank, stratified_logrank
from calliper.stats.survival import (
    kaplan_meier,
    quantile,
    rmst,
    rmst_difference,
    survival_at,
)
from calliper.summaries.risk_table import RiskTable, risk_table, risk_tables
from stats.r_fixture import R

# A: 6, 9+, 13, 18, 22+, 30. B: 4, 7, 8, 12, 15+, 20. The numbers below are worked by hand from these.
A = risk_table(np.array([6, 9, 13, 18, 22, 30]), np.array([1, 0, 1, 1, 0, 1]))
B = risk_table(np.array([4, 7, 8, 12, 15, 20]), np.array([1, 1, 1, 1, 0, 1]))

PATIENTS = st.lists(st.tuples(st.integers(1, 20).map(float), st.integers(0, 1)), min_size=2, max_size=40)
SCALES = ["plain", "log", "log-log", "logit", "arcsine"]


def test_curves_by_hand():
    a, b = kaplan_meier(A), kaplan_meier(B)
    assert a.survival == pytest.approx([5 / 6, 5 / 6, 5 / 8, 5 / 12, 5 / 12, 0], rel=1e-15)
    assert b.survival == pytest.approx([5 / 6, 4 / 6, 3 / 6, 2 / 6, 2 / 6, 0], rel=1e-15)
    # Greenwood without censoring before t is the binomial sqrt(S (1 - S) / n).
    assert b.standard_error[:4] == pytest.approx([math.sqrt(k * (6 - k) / 216) for k in (5, 4, 3, 2)])
    # A at 18: (5/12)^2 (1/30 + 1/12 + 1/6).
    assert a.standard_error[3] == pytest.approx(5 / 12 * math.sqrt(1 / 30 + 1 / 12 + 1 / 6), rel=1e-14)
    assert math.isnan(a.standard_error[5])
    assert math.isnan(a.lower[5])


def test_the_symmetric_interval_of_the_median_by_hand():
    # A: S(13) = 5/8, S(18) = 5/12, density (5/24)/5 = 1/24. B: S(7) = 4/6, S(12) = 2/6,
    # density (1/3)/5 = 1/15.
    z = 1.959963984540054
    for table, centre, error in (
        (A, 18, 24 * 5 / 12 * math.sqrt(1 / 30 + 1 / 12 + 1 / 6)),
        (B, 8, 15 * math.sqrt(9 / 216)),
    ):
        found = quantile(kaplan_meier(table), median_flat="first", median_ci="spss")
        assert (found.value, found.lower, found.upper) == pytest.approx(
            (centre, centre - z * error, centre + z * error), rel=1e-12
        )


def test_a_symmetric_interval_needs_a_curve_below_the_45th_percentile():
    table = risk_table(np.array([1, 2, 3, 4]), np.array([1, 1, 0, 0]))
    assert quantile(kaplan_meier(table), median_ci="spss", median_flat="first") == Estimate(2, None, None)


def test_a_curve_that_falls_on_day_0_has_no_symmetric_interval():
    # from 1 to 1/4 at time 0: the slope that the interval needs has no time to be taken over
    table = risk_table(np.array([0, 0, 0, 5]), np.array([1, 1, 1, 0]))
    assert quantile(kaplan_meier(table), median_ci="spss", median_flat="first") == Estimate(0, None, None)


def test_half_reached_in_floating_point_is_found():
    for n in range(2, 200, 2):
        table = risk_table(np.arange(1, n + 1), np.ones(n))
        assert quantile(kaplan_meier(table)).value == n / 2 + 0.5
        assert quantile(kaplan_meier(table), median_flat="first").value == n / 2


def test_survival_at_times():
    a = kaplan_meier(A, interval="log-log")
    at = survival_at(a, 12)
    assert at is not None
    assert at.at_risk == 4
    assert (at.survival, at.lower, at.upper) == pytest.approx((0.8333, 0.2731, 0.9747), abs=5e-5)
    assert survival_at(a, 30.5) is None
    last = survival_at(a, 30)
    assert last is not None
    assert (last.at_risk, last.survival, last.standard_error, last.lower) == (1, 0.0, None, None)
    before = survival_at(a, 0)
    assert before is not None
    assert (before.at_risk, before.survival, before.lower, before.upper) == (6, 1.0, 1.0, 1.0)


def test_a_time_reached_by_arithmetic_is_the_time():
    km = kaplan_meier(risk_table(np.array([0.3, 0.9]), np.array([1, 1])))
    at = survival_at(km, 0.1 * 3)
    assert at is not None
    assert (at.at_risk, at.survival) == (2, 0.5)


def test_restricted_means_by_hand():
    # A to 20: 6 + 7 x 5/6 + 5 x 5/8 + 2 x 5/12; B: 4 + 3 x 5/6 + 1 x 4/6 + 4 x 3/6 + 8 x 2/6.
    a, b = kaplan_meier(A), kaplan_meier(B)
    assert rmst(a, 20).value == pytest.approx(6 + 35 / 6 + 25 / 8 + 10 / 12, rel=1e-14)
    assert rmst(b, 20).value == pytest.approx(4 + 15 / 6 + 4 / 6 + 2 + 16 / 6, rel=1e-14)
    difference = rmst_difference(a, b, 20)
    assert difference.value == pytest.approx(3.9583, abs=5e-5)
    assert difference.lower < 0 < difference.upper


def test_a_restricted_mean_beyond_follow_up_is_refused():
    open_ended = kaplan_meier(risk_table(np.array([3, 5]), np.array([1, 0])))
    with pytest.raises(CannotEstimate, match="no restricted mean to 6: follow-up ends at 5 with survivors"):
        rmst(open_ended, 6)
    assert rmst(kaplan_meier(B), 50).value == rmst(kaplan_meier(B), 20).value


@pytest.mark.parametrize("case", R["curves"])
def test_curves_of_r(case):
    table = risk_table(np.array(case["time"]), np.array(case["event"]))
    for scale in SCALES:
        km, r = kaplan_meier(table, interval=scale), case["scales"][scale]
        assert km.time == pytest.approx(case["at"], rel=1e-12)
        assert km.at_risk.tolist() == case["n_risk"]
        assert km.survival == pytest.approx(case["surv"], rel=1e-10, abs=1e-15)
        ended = km.survival < 1e-12
        for name, ours in (("se", km.standard_error), ("lower", km.lower), ("upper", km.upper)):
            theirs = np.array(case["se"] if name == "se" else r[name], dtype=float)
            assert ours[~ended] == pytest.approx(theirs[~ended], rel=1e-10, abs=1e-14, nan_ok=True), (
                scale,
                name,
            )
            assert np.isnan(ours[ended]).all()
        median = quantile(km)
        assert (median.value, median.lower, median.upper) == (r["median"], r["lcl"], r["ucl"]), scale
    rmean = rmst(kaplan_meier(table), case["tau"])
    assert rmean.value == pytest.approx(case["rmean"], rel=1e-10)
    assert rmean.standard_error == pytest.approx(case["rmean_se"], rel=1e-10)


@given(PATIENTS, st.sampled_from([0.125, 3.0, 30.4375]))
def test_another_unit_of_time_changes_only_times(patients, factor):
    time, event = np.array([t for t, _ in patients]), np.array([e for _, e in patients])
    days, other = kaplan_meier(risk_table(time, event)), kaplan_meier(risk_table(time * factor, event))
    assert days.survival.tolist() == other.survival.tolist()
    for p in (0.25, 0.5, 0.75):
        one, two = quantile(days, p), quantile(other, p)
        for limit in ("value", "lower", "upper"):
            before, after = getattr(one, limit), getattr(two, limit)
            assert after == (None if before is None else pytest.approx(before * factor))


@given(PATIENTS)
def test_without_censoring_the_curve_is_the_share_alive(patients):
    time = np.array([t for t, _ in patients])
    km = kaplan_meier(risk_table(time, np.ones(time.size)))
    assert km.survival == pytest.approx([(time > t).mean() for t in km.time], abs=1e-12)


def test_nobody_has_no_curve():
    with pytest.raises(CannotEstimate, match="no patient has a follow-up time"):
        kaplan_meier(RiskTable())
    with pytest.raises(ValueError, match="p is 50"):
        quantile(kaplan_meier(A), 50)
    with pytest.raises(ValueError, match="expected log, log-log, plain, logit or arcsine"):
        kaplan_meier(A, interval="loglog")


def test_log_rank_by_hand():
    # The sums are written out in docs/methods/logrank.md.
    test = logrank({"A": A, "B": B})
    assert test.observed == (4, 5)
    assert test.expected[0] == pytest.approx(5.7558, abs=5e-5)
    assert test.variance[0][0] == pytest.approx(1.87169, abs=5e-6)
    assert (test.chi2, test.p) == pytest.approx((1.6470, 0.1994), abs=5e-5)
    assert test.df == 1


@given(PATIENTS, PATIENTS, PATIENTS)
def test_the_names_and_order_of_arms_do_not_matter(a, b, c):
    arms = [risk_table(np.array([t for t, _ in arm]), np.array([e for _, e in arm])) for arm in (a, b, c)]
    try:
        one = logrank(dict(zip("xyz", arms)))
    except CannotEstimate:
        return
    two = logrank(dict(zip("pqr", arms[::-1])))
    assert (one.chi2, one.p) == pytest.approx((two.chi2, two.p), rel=1e-6, abs=1e-9)
    assert sum(one.observed) == pytest.approx(sum(one.expected))


def test_strata_of_one_cohort_twice_add_up():
    # Two strata alike double O - E and V, and so the statistic; one stratum of everybody twice would not.
    one, two = logrank({"A": A, "B": B}), stratified_logrank([{"A": A, "B": B}] * 2)
    assert two.chi2 == pytest.approx(2 * one.chi2, rel=1e-12)
    assert two.observed == (8, 10)


def test_log_rank_tests_that_cannot_be_made():
    alive = risk_table(np.array([5, 6]), np.array([0, 0]))
    late = risk_table(np.array([1, 1]), np.array([0, 0]))
    with pytest.raises(CannotEstimate, match="no event in any group"):
        logrank({"A": alive, "B": alive})
    with pytest.raises(CannotEstimate, match="only one group had patients at risk"):
        logrank({"A": A, "B": late})
    with pytest.raises(ValueError, match="same two or more groups"):
        logrank({"A": A})


def test_near_equal_times_in_two_arms_are_one_event_time():
    time, event = np.array([0.3, 0.8, 0.1 * 3, 0.9]), np.array([1, 1, 1, 1])
    arm = np.array(["a", "a", "b", "b"], dtype=object)
    clean = risk_tables(np.round(time, 6), event, arm, groups=["a", "b"])
    assert logrank(risk_tables(time, event, arm, groups=["a", "b"])).chi2 == logrank(clean).chi2
