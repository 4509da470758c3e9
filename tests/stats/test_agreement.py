from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.agreement import agreement, kappa
from stats.tables_fixture import TABLES

SCHEMES = ("none", "linear", "quadratic")
tables = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3).map(np.array)


def weights_of(scheme, k):
    """The weights one at a time: the slow twin."""
    power = {"linear": 1, "quadratic": 2}
    return [
        [float(i == j) if scheme == "none" else 1 - (abs(i - j) / (k - 1)) ** power[scheme] for j in range(k)]
        for i in range(k)
    ]


def kappa_of(shares, scheme):
    k = len(shares)
    w = weights_of(scheme, k)
    seen = sum(w[i][j] * shares[i, j] for i in range(k) for j in range(k))
    chance = sum(w[i][j] * shares[i].sum() * shares[:, j].sum() for i in range(k) for j in range(k))
    return (seen - chance) / (1 - chance)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("case", TABLES["readers"])
def test_kappas_of_vcd(case, scheme):
    found = kappa(case["counts"], weights=scheme)
    assert [found.value, found.error] == pytest.approx(case[scheme], rel=1e-9)


def test_fleiss_levin_and_paik():
    # Statistical Methods for Rates and Proportions (3rd ed., 2003), table 18.1: agreement 0.89, by chance 0.66;
    # standard error of no agreement beyond chance 0.076, z = 8.95 (from 0.68).
    table = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
    found = kappa(table)
    assert found.value == pytest.approx((0.89 - 0.66) / (1 - 0.66), rel=1e-12)
    assert found.z == pytest.approx(8.95, abs=0.1)
    assert found.value / found.z == pytest.approx(0.076, abs=5e-4)
    assert found.p < 1e-15
    assert agreement(table).value == 0.89
    assert (found.upper - found.value, found.value - found.lower) == pytest.approx(
        (1.959964 * found.error,) * 2
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@given(tables)
def test_error_is_that_of_the_delta_method(scheme, table):
    # The slope of kappa in each share by small steps; the variance is (sum p g^2 - (sum p g)^2) / n.
    assume(np.count_nonzero(table.sum(axis=1)) > 1 and np.count_nonzero(table.sum(axis=0)) > 1)
    if scheme == "linear":
        # Readers who use separate parts of the scale are as far apart whomever they read: refused, tested below.
        first, second = (np.flatnonzero(table.sum(axis=axis)) for axis in (1, 0))
        assume(first.max() > second.min() and second.max() > first.min())
    n = table.sum()
    shares = table / n
    found = kappa(table, weights=scheme)
    assert found.value == pytest.approx(kappa_of(shares, scheme), rel=1e-10, abs=1e-12)
    slopes = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            step = np.zeros((3, 3))
            step[i, j] = 1e-5
            # Shares that no longer add to 1 are divided by their sum.
            up, down = (shares + step) / (1 + 1e-5), (shares - step) / (1 - 1e-5)
            slopes[i, j] = (kappa_of(up, scheme) - kappa_of(down, scheme)) / 2e-5
    variance = ((shares * slopes**2).sum() - (shares * slopes).sum() ** 2) / n
    assert found.error**2 == pytest.approx(variance, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(tables, st.randoms())
def test_readers_exchanged_and_scale_reversed(scheme, table, random):
    try:
        one = kappa(table, weights=scheme)
    except CannotEstimate:
        return
    for other in (kappa(table.T, weights=scheme), kappa(table[::-1, ::-1], weights=scheme)):
        assert (other.value, other.error) == pytest.approx((one.value, one.error), rel=1e-7, abs=1e-7)
    if scheme == "none":
        order = random.sample(range(3), 3)
        moved = kappa(table[order][:, order])
        assert (moved.value, moved.error) == pytest.approx((one.value, one.error), rel=1e-7, abs=1e-7)
    four = kappa(4 * table, weights=scheme)
    assert (four.value, 2 * four.error) == pytest.approx((one.value, one.error), rel=1e-7, abs=1e-7)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_with_two_categories_the_weights_do_not_matter(a, b, c, d):
    try:
        found = kappa([[a, b], [c, d]])
    except CannotEstimate:
        assert 0 in (a + b, c + d, a + c, b + d)
        return
    # 2 (ad - bc) / ((a + b) (b + d) + (a + c) (c + d)).
    by_hand = 2 * (a * d - b * c) / ((a + b) * (b + d) + (a + c) * (c + d))
    assert found.value == pytest.approx(by_hand, rel=1e-10, abs=1e-12)
    for scheme in ("linear", "quadratic"):
        assert kappa([[a, b], [c, d]], weights=scheme).error == pytest.approx(found.error, rel=1e-9)


def test_full_agreement_and_none():
    full = kappa([[7, 0], [0, 5]])
    assert (full.value, full.error, full.lower, full.upper) == pytest.approx((1, 0, 1, 1), abs=1e-15)
    assert kappa([[0, 5], [5, 0]]).value == pytest.approx(-1)
    # A category nobody used stretches the scale of linear weights.
    assert kappa([[6, 2, 0], [3, 5, 0], [0, 0, 0]]).value == pytest.approx(kappa([[6, 2], [3, 5]]).value)


def test_no_kappa():
    for table in ([[9, 0], [0, 0]], [[6, 4], [0, 0]], [[0, 6], [0, 4]], [[0, 1], [0, 0]]):
        for scheme in SCHEMES:
            with pytest.raises(CannotEstimate, match="could not differ from chance"):
                kappa(table, weights=scheme)
    # Readers who use separate parts of a scale are as far apart, by linear weights, as they are by chance.
    with pytest.raises(CannotEstimate, match="could not differ from chance"):
        kappa([[0, 0, 3, 4], [0, 0, 5, 1], [0, 0, 0, 0], [0, 0, 0, 0]], weights="linear")
    for measure in (kappa, agreement):
        with pytest.raises(CannotEstimate):
            measure([[0, 0], [0, 0]])
        with pytest.raises(ValueError, match="this one is 2x3"):
            measure([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="weights are 'cubic'"):
        kappa([[1, 2], [3, 4]], weights="cubic")
