from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.rates import (
    rate_difference,
    rate_log,
    rate_ratio,
    rate_ratio_p,
    rate_ratio_wald,
    rate_wald,
)
from stats.tables_fixture import TABLES, numbers

Z = 1.959963984540054
events, times = st.integers(0, 30), st.floats(0.5, 500)


@pytest.mark.parametrize("case", TABLES["rates"])
def test_rates_of_r(case):
    x1, time1, x2, time2 = case["case"]
    found = rate_ratio(x1, time1, x2, time2)
    assert [found.value, found.lower, found.upper] == pytest.approx(numbers(case["ratio"]), rel=1e-10)
    assert rate_ratio_p(x1, time1, x2, time2) == pytest.approx(case["p"], rel=1e-9)


def test_by_hand():
    found = rate_ratio_wald(11, 800, 10, 3011)
    ratio, reach = 11 * 3011 / (10 * 800), Z * math.sqrt(1 / 11 + 1 / 10)
    assert (found.value, found.lower, found.upper) == pytest.approx(
        (ratio, ratio * math.exp(-reach), ratio * math.exp(reach)), rel=1e-12
    )
    difference = rate_difference(11, 800, 10, 3011)
    error = math.sqrt(11 / 800**2 + 10 / 3011**2)
    assert difference.value == pytest.approx(11 / 800 - 10 / 3011, rel=1e-12)
    assert (difference.upper - difference.lower) / 2 == pytest.approx(Z * error, rel=1e-12)


def test_breast_cancer_after_fluoroscopy():
    # Boice and Monson's 41 cases in 28,010 woman-years and 15 in 19,017, in Rothman, Greenland and Lash (2008,
    # Modern Epidemiology, 3rd ed., ch. 14): rate ratio 1.86, 1.03 to 3.35.
    ratio = rate_ratio_wald(41, 28010, 15, 19017)
    assert (ratio.value, ratio.lower, ratio.upper) == pytest.approx((1.86, 1.03, 3.35), abs=6e-3)


@settings(max_examples=60, deadline=None)
@given(events, times, events, times)
def test_limits_leave_each_tail_its_probability(x1, time1, x2, time2):
    if not x1 + x2:
        return
    found, n = rate_ratio(x1, time1, x2, time2), x1 + x2

    def tail(ratio, cells):
        share = Fraction(ratio) * Fraction(time1)
        share = share / (share + Fraction(time2))
        return float(sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in cells))

    if x1:
        assert tail(found.lower, range(x1, n + 1)) == pytest.approx(0.025, rel=1e-8)
    if x2:
        assert tail(found.upper, range(x1 + 1)) == pytest.approx(0.025, rel=1e-8)
    assert (found.lower == 0, found.upper == math.inf) == (x1 == 0, x2 == 0)


@settings(max_examples=60, deadline=None)
@given(events, times, events, times)
def test_groups_exchanged_and_units_changed(x1, time1, x2, time2):
    if not x1 + x2:
        return
    one, other = rate_ratio(x1, time1, x2, time2), rate_ratio(x2, time2, x1, time1)
    turned = [math.inf if x == 0 else 1 / x for x in (other.value, other.upper, other.lower)]
    assert [one.value, one.lower, one.upper] == pytest.approx(turned, rel=1e-9)
    months = rate_ratio(x1, 12 * time1, x2, 12 * time2)
    assert [one.lower, one.upper] == pytest.approx([months.lower, months.upper], rel=1e-9)
    p = rate_ratio_p(x1, time1, x2, time2)
    assert 0 < p <= 1
    assert p == pytest.approx(rate_ratio_p(x2, time2, x1, time1), rel=1e-9)
    difference, back = rate_difference(x1, time1, x2, time2), rate_difference(x2, time2, x1, time1)
    assert (difference.lower, difference.upper) == pytest.approx((-back.upper, -back.lower), rel=1e-12)


def test_rates_that_cannot_be_compared():
    for compare in (rate_ratio, rate_ratio_p, rate_ratio_wald, rate_difference):
        with pytest.raises(CannotEstimate, match="no event in either group"):
            compare(0, 10.0, 0, 5.0)
        with pytest.raises(CannotEstimate, match="nobody was at risk"):
            compare(0, 0.0, 2, 5.0)
        with pytest.raises(ValueError, match="-1 events"):
            compare(-1, 10.0, 2, 5.0)
        with pytest.raises(ValueError, match="in nan of"):
            compare(1, math.nan, 2, 5.0)
    with pytest.raises(CannotEstimate, match="a group has no event"):
        rate_ratio_wald(0, 10.0, 2, 5.0)
    with pytest.raises(CannotEstimate, match="there was no event"):
        rate_log(0, 10.0)
    assert rate_wald(0, 10.0).upper == 0
