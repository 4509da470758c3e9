from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.score_intervals import score_difference, score_ratio

Z = 1.959963984540054
counts = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

# Newcombe (1998, Stat Med 17, 873-890), Table II, method 6, examples (a) to (h).
NEWCOMBE = [
    (56, 70, 48, 80, 0.0528, 0.3382),
    (9, 10, 3, 10, 0.1700, 0.8406),
    (6, 7, 2, 7, 0.0342, 0.8534),
    (5, 56, 0, 29, -0.0326, 0.1933),
    (0, 10, 0, 20, -0.1658, 0.2844),
    (0, 10, 0, 10, -0.2879, 0.2879),
    (10, 10, 0, 20, 0.7156, 1),
    (10, 10, 0, 10, 0.6636, 1),
]
# Printed by the R package ratesci, scoreci(skew = FALSE), with the Hartung and Knapp data of its manual page.
RATESCI = [
    (12, 16, 1, 16, 0.37497827, 0.862899),
    (19, 29, 22, 30, -0.30859360, 0.158172),
    (5, 56, 0, 29, -0.03259659, 0.193331),
]
# Fagerland, Lydersen and Laake (2015, Stat Methods Med Res 24, 224-254), risk ratio, Miettinen-Nurminen.
FAGERLAND = [
    (24, 73, 53, 65, 0.280, 0.560),
    (29, 55, 11, 11, 0.397, 0.742),
    (7, 18, 1, 18, 1.296, 42.544),
]


@pytest.mark.parametrize("case", NEWCOMBE)
def test_differences_of_newcombe(case):
    found = score_difference(*case[:4])
    assert (found.lower, found.upper) == pytest.approx(case[4:], abs=5.1e-5)


@pytest.mark.parametrize("case", RATESCI)
def test_differences_of_ratesci(case):
    found = score_difference(*case[:4])
    assert (found.lower, found.upper) == pytest.approx(case[4:], abs=6e-7)


@pytest.mark.parametrize("case", FAGERLAND)
def test_ratios_of_fagerland(case):
    found = score_ratio(*case[:4])
    assert (found.lower, found.upper) == pytest.approx(case[4:], abs=5.1e-4)


def likeliest_pair(x1, n1, x2, n2, difference):
    """The restricted risks where the likelihood's slope along the second risk, which falls, is zero."""
    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    for _ in range(200):
        r2 = (low + high) / 2
        slope = 0.0
        for x, n, r in ((x1, n1, r2 + difference), (x2, n2, r2)):
            slope += x / max(r, 1e-300) - (n - x) / max(1 - r, 1e-300)
        if slope > 0:
            low = r2
        else:
            high = r2
    return (low + high) / 2 + difference, (low + high) / 2


def likeliest_pair_at_ratio(x1, n1, x2, n2, ratio):
    """The restricted risks by a search of the log-likelihood over a fine grid, then a finer one."""
    low, high = 0.0, min(1.0, 1 / ratio)

    def log_likelihood(r2):
        total = 0.0
        for x, n, r in ((x1, n1, ratio * r2), (x2, n2, r2)):
            total += (x * math.log(r) if x else 0.0) + ((n - x) * math.log1p(-r) if n > x else 0.0)
        return total

    for _ in range(60):  # golden section: the log-likelihood has one top
        one, two = high - (high - low) * 0.6180339887498949, low + (high - low) * 0.6180339887498949
        if log_likelihood(one) < log_likelihood(two):
            low = one
        else:
            high = two
    return ratio * (low + high) / 2, (low + high) / 2


def squared(distance, r1, n1, r2, n2, *, factor=1.0):
    variance = r1 * (1 - r1) / n1 + factor**2 * r2 * (1 - r2) / n2
    return distance**2 / (variance * (n1 + n2) / (n1 + n2 - 1))


@settings(max_examples=100, deadline=None)
@given(counts, counts)
def test_limits_of_the_difference_are_where_the_score_is_z(first, second):
    (x1, n1), (x2, n2) = first, second
    found = score_difference(x1, n1, x2, n2)
    assert -1 <= found.lower <= found.value <= found.upper <= 1
    for limit in (found.lower, found.upper):
        if abs(limit) < 1:
            r1, r2 = likeliest_pair(x1, n1, x2, n2, limit)
            score = squared(found.value - limit, r1, n1, r2, n2)
            assert score == pytest.approx(Z**2, rel=1e-8)


@settings(max_examples=100, deadline=None)
@given(counts, counts)
def test_limits_of_the_ratio_are_where_the_score_is_z(first, second):
    (x1, n1), (x2, n2) = first, second
    if not x1 and not x2:
        with pytest.raises(CannotEstimate, match="neither group has an event"):
            score_ratio(x1, n1, x2, n2)
        return
    found = score_ratio(x1, n1, x2, n2)
    assert found.lower <= found.value <= found.upper
    assert (found.lower == 0) == (x1 == 0)
    assert (found.upper == math.inf) == (x2 == 0)
    for limit in (found.lower, found.upper):
        if 0 < limit < math.inf:
            r1, r2 = likeliest_pair_at_ratio(x1, n1, x2, n2, limit)
            score = squared(x1 / n1 - limit * x2 / n2, r1, n1, r2, n2, factor=limit)
            assert score == pytest.approx(Z**2, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(counts, counts)
def test_groups_and_events_exchanged(first, second):
    (x1, n1), (x2, n2) = first, second
    one = score_difference(x1, n1, x2, n2)
    for other in (score_difference(x2, n2, x1, n1), score_difference(n1 - x1, n1, n2 - x2, n2)):
        assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-10)
    if x1 and x2:
        ratio, turned = score_ratio(x1, n1, x2, n2), score_ratio(x2, n2, x1, n1)
        assert (ratio.lower, ratio.upper) == pytest.approx((1 / turned.upper, 1 / turned.lower), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(counts, counts)
def test_at_no_difference_the_score_test_is_pearson_on_n_less_one(first, second):
    # The limit is 0 (or the ratio's 1) exactly at the confidence of Pearson's chi-square times (N - 1) / N.
    (x1, n1), (x2, n2) = first, second
    if x1 + x2 in (0, n1 + n2) or x1 / n1 == x2 / n2:
        return
    n, events = n1 + n2, x1 + x2
    chi2 = n * (x1 * (n2 - x2) - x2 * (n1 - x1)) ** 2 / (n1 * n2 * events * (n - events)) * (n - 1) / n
    confidence = math.erf(math.sqrt(chi2 / 2))
    if not 0.01 < confidence < 1 - 1e-9:
        return
    found = score_difference(x1, n1, x2, n2, confidence)
    assert (found.lower if found.value > 0 else found.upper) == pytest.approx(0, abs=1e-6)
    ratio = score_ratio(x1, n1, x2, n2, confidence)
    assert (ratio.lower if found.value > 0 else ratio.upper) == pytest.approx(1, abs=1e-5)


def test_groups_that_cannot_be_compared():
    for interval in (score_difference, score_ratio):
        with pytest.raises(CannotEstimate, match="a group holds no patient"):
            interval(0, 0, 3, 5)
        with pytest.raises(ValueError, match="6 of 5"):
            interval(6, 5, 3, 5)
        with pytest.raises(ValueError, match="confidence is 95"):
            interval(1, 5, 3, 5, 95)
