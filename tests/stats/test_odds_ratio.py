from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.fisher import fisher_2x2
from calliper.stats.odds_ratio import exact_odds_ratio, fisher_mid_p
from calliper.stats.roots import crossing
from stats.tables_fixture import TABLES, numbers

cells = st.integers(0, 12)
tables = st.tuples(cells, cells, cells, cells).filter(
    lambda t: 0 not in (t[0] + t[1], t[2] + t[3], t[0] + t[2], t[1] + t[3])
)


@pytest.mark.parametrize("case", TABLES["odds_ratios"])
def test_odds_ratios_of_r(case):
    found = exact_odds_ratio(case["counts"])
    assert [found.value, found.lower, found.upper] == pytest.approx(numbers(case["exact"]), rel=1e-10)
    # fisher.test itself stops at about 1e-4 of the odds ratio, or of 1 over it.
    assert [found.value, found.lower, found.upper] == pytest.approx(numbers(case["fisher_test"]), rel=1e-2)
    shorter = exact_odds_ratio(case["counts"], mid_p=True)
    assert [shorter.lower, shorter.upper] == pytest.approx(numbers(case["mid_p_limits"]), rel=1e-10)
    assert fisher_mid_p(case["counts"]) == pytest.approx(case["mid_p"], rel=1e-9)


def test_four_cups_of_tea():
    # Of eight cups each poured first is named right three times of four: 0.21 to 626.17 is the exact interval
    # printed by Agresti (2002, Categorical Data Analysis, 2nd ed., sec. 3.6.1); p = 34/70 = 0.486.
    found = exact_odds_ratio([[3, 1], [1, 3]])
    assert (found.lower, found.upper) == pytest.approx((0.21, 626.2), abs=0.05)
    # P(X = x) = C(4, x)^2 psi^x / sum: the estimate solves E(X) = 3, that is psi^4 = 8 psi^3 ... in whole numbers.
    ways = [1, 16, 36, 16, 1]
    psi = found.value
    assert sum(x * w * psi**x for x, w in enumerate(ways)) == pytest.approx(
        3 * sum(w * psi**x for x, w in enumerate(ways)), rel=1e-12
    )
    assert fisher_mid_p([[3, 1], [1, 3]]) == pytest.approx(34 / 70 - 8 / 70, rel=1e-12)


def exactly(table, psi):
    """Every value of the first cell with its probability, in fractions: the slow twin."""
    a, b, c, d = table
    psi = Fraction(psi)
    values = range(max(0, a - d), min(a + b, a + c) + 1)
    weights = [math.comb(a + b, u) * math.comb(c + d, a + c - u) * psi**u for u in values]
    return {u: w / sum(weights) for u, w in zip(values, weights, strict=True)}


@settings(max_examples=60, deadline=None)
@given(tables, st.booleans())
def test_limits_leave_each_tail_its_probability(table, mid_p):
    a, b, c, d = table
    found = exact_odds_ratio([[a, b], [c, d]], mid_p=mid_p)
    own = Fraction(1, 2) if mid_p else 1
    if found.lower:
        p = exactly(table, found.lower)
        assert float(sum(p[u] for u in p if u > a) + own * p[a]) == pytest.approx(0.025, rel=1e-9)
    if found.upper < math.inf:
        p = exactly(table, found.upper)
        assert float(sum(p[u] for u in p if u < a) + own * p[a]) == pytest.approx(0.025, rel=1e-9)
    if 0 < found.value < math.inf:
        p = exactly(table, found.value)
        assert float(sum(u * p[u] for u in p)) == pytest.approx(a, rel=1e-10)
    assert (found.lower == 0) == (a == max(0, a - d))
    assert (found.upper == math.inf) == (a == min(a + b, a + c))
    assert found.lower <= found.value <= found.upper


@settings(max_examples=60, deadline=None)
@given(tables)
def test_rows_exchanged_turn_the_odds_ratio_over(table):
    a, b, c, d = table
    one, other = exact_odds_ratio([[a, b], [c, d]]), exact_odds_ratio([[c, d], [a, b]])
    turned = [math.inf if x == 0 else 1 / x for x in (other.value, other.upper, other.lower)]
    assert [one.value, one.lower, one.upper] == pytest.approx(turned, rel=1e-9)
    side = exact_odds_ratio([[a, c], [b, d]])
    assert (side.value, side.lower, side.upper) == pytest.approx((one.value, one.lower, one.upper), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_mid_p_is_within_the_exact(table):
    a, b, c, d = table
    wide, near = exact_odds_ratio([[a, b], [c, d]]), exact_odds_ratio([[a, b], [c, d]], mid_p=True)
    assert wide.lower <= near.lower
    assert near.upper <= wide.upper
    assert 0 < fisher_mid_p([[a, b], [c, d]]) < fisher_2x2([[a, b], [c, d]])


def test_tables_without_an_odds_ratio():
    for table in ([[0, 0], [3, 4]], [[0, 5], [0, 4]], [[0, 0], [0, 0]]):
        with pytest.raises(CannotEstimate, match="a row or a column of the table holds nobody"):
            exact_odds_ratio(table)
    with pytest.raises(ValueError, match="this one is 2x3"):
        exact_odds_ratio([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="confidence is 95"):
        exact_odds_ratio([[1, 2], [3, 4]], confidence=95)
    with pytest.raises(ValueError, match="whole numbers"):
        exact_odds_ratio([[1.5, 2], [3, 4]])


def test_many_patients():
    # With n large the exact interval nears Woolf's: log OR -/+ 1.96 sqrt(1/a + 1/b + 1/c + 1/d).
    found = exact_odds_ratio([[40000, 50000], [41000, 53000]])
    odds, error = 40 * 53 / (50 * 41), math.sqrt(sum(1 / n for n in (40000, 50000, 41000, 53000)))
    assert found.value == pytest.approx(odds, rel=1e-5)
    assert math.log(found.upper / found.lower) == pytest.approx(2 * 1.959963984540054 * error, rel=1e-2)


def test_crossing():
    assert crossing(lambda x: 2 - x * x, 0.0, 2.0) == pytest.approx(math.sqrt(2), rel=1e-15)
    assert crossing(lambda x: -x, -3.0, 3.0) == pytest.approx(0, abs=1e-15)
    assert crossing(lambda _: 1.0, 0.0, 1.0) == pytest.approx(1)
    with pytest.raises(ValueError, match="not a number"):
        crossing(lambda _: math.nan, 0.0, 1.0)
