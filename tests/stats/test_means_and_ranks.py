from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.means import anova, kruskal_wallis, levene, mann_whitney, t_pooled, t_welch
from calliper.summaries.moments import Moments, moments, value_counts
from stats.r_fixture import R

VALUES = st.lists(st.integers(-50, 50).map(float), min_size=3, max_size=20)


@pytest.mark.parametrize("case", R["two_groups"])
def test_two_groups_of_r(case):
    a, b = np.array(case["a"], dtype=float), np.array(case["b"], dtype=float)
    for name, test in (("welch", t_welch), ("pooled", t_pooled)):
        found, r = test(moments(a), moments(b)), case[name]
        assert (found.t, found.df, found.p, found.lower, found.upper) == pytest.approx(
            (r["t"], r["df"], r["p"], r["lower"], r["upper"]), rel=1e-10
        )
    spread = levene([a, b])
    assert spread.df2 == case["levene"]["df2"]
    assert (spread.f, spread.p) == pytest.approx(
        (case["levene"]["f"], case["levene"]["p"]), rel=1e-9, abs=1e-20
    )
    x, y = value_counts(a), value_counts(b)
    assert mann_whitney(x, y).u == case["w"]
    assert mann_whitney(x, y).p == pytest.approx(case["rank_p"], rel=1e-10)
    assert mann_whitney(x, y, continuity=False).p == pytest.approx(case["rank_p_uncorrected"], rel=1e-10)
    assert mann_whitney(x, y, exact=False).p == pytest.approx(case["rank_p_normal"], rel=1e-10)


@pytest.mark.parametrize("case", R["many_groups"])
def test_many_groups_of_r(case):
    groups = [np.array(group, dtype=float) for group in case["groups"]]
    f = anova([moments(group) for group in groups])
    assert (f.df1, f.df2) == (case["df1"], case["df2"])
    assert (f.f, f.p) == pytest.approx((case["f"], case["p"]), rel=1e-10)
    h = kruskal_wallis([value_counts(group) for group in groups])
    assert (h.chi2, h.df, h.p) == pytest.approx((case["h"], case["h_df"], case["h_p"]), rel=1e-10)


def test_a_published_baseline_from_its_means():
    # Age 60.3 (14.0) of 42 and 59.7 (13.3) of 48; the published 0.417 is one-sided.
    a, b = Moments(42, 60.3, 41 * 14.0**2), Moments(48, 59.7, 47 * 13.3**2)
    assert t_pooled(a, b).p == pytest.approx(0.8354, abs=2e-3)
    assert t_pooled(a, b).df == 88


def test_welch_by_hand():
    # Variances 1 and 4 of three values each: SE^2 = 5/3, df = (5/3)^2 / ((1/9 + 16/9) / 2) = 50/17.
    test = t_welch(Moments(3, 2, 2), Moments(3, 4, 8))
    assert (test.t, test.df) == pytest.approx((-2 / (5 / 3) ** 0.5, 50 / 17), rel=1e-14)


@given(VALUES, VALUES)
def test_the_other_way_round_only_signs_change(a, b):
    x, y = np.array(a), np.array(b)
    try:
        one, two = t_welch(moments(x), moments(y)), t_welch(moments(y), moments(x))
    except CannotEstimate:
        assert np.ptp(x) == np.ptp(y) == 0
        return
    assert (one.t, one.p, one.lower) == pytest.approx((-two.t, two.p, -two.upper))
    ranks, reverse = (
        mann_whitney(value_counts(x), value_counts(y)),
        mann_whitney(value_counts(y), value_counts(x)),
    )
    assert ranks.u + reverse.u == x.size * y.size
    assert ranks.p == pytest.approx(reverse.p, rel=1e-9)


@given(VALUES, VALUES)
def test_two_groups_are_the_smallest_case_of_many(a, b):
    x, y = moments(np.array(a)), moments(np.array(b))
    try:
        t, f = t_pooled(x, y), anova([x, y])
    except CannotEstimate:
        return
    assert f.f == pytest.approx(t.t**2, rel=1e-9, abs=1e-20)
    assert f.p == pytest.approx(t.p, rel=1e-8)


def test_an_exact_rank_test_by_counting():
    # Of the 20 ways to place three ranks among six, one has U = 0 and one U = 9.
    test = mann_whitney(value_counts(np.array([1, 2, 3])), value_counts(np.array([4, 5, 6])))
    assert (test.u, test.p, test.method) == (0, pytest.approx(2 / 20), "exact")


def test_comparisons_that_cannot_be_made():
    one, flat, some = (value_counts(np.array(v)) for v in ([], [2, 2], [1, 5]))
    with pytest.raises(CannotEstimate, match="a group has no known value"):
        mann_whitney(one, some)
    with pytest.raises(CannotEstimate, match="all values are equal"):
        mann_whitney(flat, flat)
    with pytest.raises(CannotEstimate, match="all values are equal"):
        kruskal_wallis([flat, flat])
    with pytest.raises(CannotEstimate, match="some values are tied"):
        mann_whitney(flat, some, exact=True)
    with pytest.raises(CannotEstimate, match="1 and 5 known values, two in each are needed"):
        t_welch(Moments(1, 2.0, 0.0), Moments(5, 2.0, 3.0))
    with pytest.raises(CannotEstimate, match="do not vary within either group"):
        t_pooled(Moments(3, 2.0, 0.0), Moments(5, 3.0, 0.0))
    with pytest.raises(CannotEstimate, match="fewer than two groups"):
        anova([Moments(3, 2.0, 1.0), Moments()])
