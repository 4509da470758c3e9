from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import bdtr, bdtrc

from calliper.errors import CannotEstimate
from calliper.stats.balance import smd_means, smd_proportions
from calliper.stats.conventions import CONVENTIONS
from calliper.stats.multiplicity import benjamini_hochberg, hochberg, holm
from calliper.stats.proportions import clopper_pearson, exact_poisson, newcombe, wald, wilson
from calliper.summaries.moments import Moments
from stats.r_fixture import R

# Responders of those evaluable: percent, Clopper-Pearson and Wilson limits.
RESPONSE = [
    (32, 42, 76.19, 60.55, 87.95, 61.47, 86.52),
    (33, 46, 71.74, 56.54, 84.01, 57.45, 82.68),
    (42, 42, 100, 91.59, 100, 91.62, 100),
    (44, 46, 95.65, 85.16, 99.47, 85.47, 98.80),
    (32, 40, 80.00, 64.35, 90.95, 65.24, 89.50),
    (26, 45, 57.78, 42.15, 72.34, 43.30, 71.03),
    (39, 40, 97.50, 86.84, 99.94, 87.12, 99.56),
    (38, 45, 84.44, 70.54, 93.51, 71.22, 92.25),
]
DIFFERENCES = [
    (32, 42, 33, 46, 4.45, -13.89, 22.08),
    (42, 42, 44, 46, 4.35, -4.60, 14.53),
    (32, 40, 26, 45, 22.22, 2.39, 39.54),
    (39, 40, 38, 45, 13.06, 0.06, 26.44),
]
# Adverse events of 42 or 48 patients: exact limits.
TOXICITY = [
    (14, 42, 19.57, 49.55),
    (17, 48, 22.16, 50.54),
    (0, 42, 0, 8.41),
    (0, 48, 0, 7.40),
    (3, 42, 1.50, 19.48),
]
RATES = [(5, 25.0, 20.0, 6.49, 46.67), (0, 30.0, 0, 0, 12.30), (24, 12.5, 192.0, 123.0, 285.7)]


@pytest.mark.parametrize("row", RESPONSE)
def test_response_rates(row):
    x, n, percent, *limits = row
    exact, score = clopper_pearson(x, n), wilson(x, n)
    found = [exact.lower, exact.upper, score.lower, score.upper]
    assert [100 * limit for limit in found] == pytest.approx(limits, abs=5.1e-3)
    assert 100 * exact.value == pytest.approx(percent, abs=5e-3)


@pytest.mark.parametrize("row", DIFFERENCES)
def test_differences_of_response_rates(row):
    found = newcombe(*row[:4])
    assert [100 * x for x in (found.value, found.lower, found.upper)] == pytest.approx(row[4:], abs=5.1e-3)


@pytest.mark.parametrize("row", TOXICITY)
def test_toxicity_rates(row):
    found = clopper_pearson(*row[:2])
    assert [100 * found.lower, 100 * found.upper] == pytest.approx(row[2:], abs=5.1e-3)


@pytest.mark.parametrize("row", RATES)
def test_rates_of_events(row):
    found = exact_poisson(*row[:2])
    assert [100 * x for x in (found.value, found.lower, found.upper)] == pytest.approx(row[2:], rel=1e-3)


@pytest.mark.parametrize("case", R["proportions"])
def test_intervals_of_r(case):
    x, n = case["x"], case["n"]
    for found, r in (
        (clopper_pearson(x, n), case["exact"]),
        (wilson(x, n), case["wilson"]),
        (exact_poisson(x, n), case["poisson"]),
    ):
        assert [found.lower, found.upper] == pytest.approx(r, rel=1e-10, abs=1e-15)


def test_newcombe_1998_table_ii():
    # His example (a): 56/70 less 48/80, method 10: 0.0524 to 0.3339.
    found = newcombe(56, 70, 48, 80)
    assert (found.value, found.lower, found.upper) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_exact_limits_leave_each_tail_its_probability(case):
    x, n = case
    found = clopper_pearson(x, n)
    if x:
        assert bdtrc(x - 1, n, found.lower) == pytest.approx(0.025, rel=1e-8)
    if x < n:
        assert bdtr(x, n, found.upper) == pytest.approx(0.025, rel=1e-8)
    for interval in (found, wilson(x, n), wald(x, n)):
        assert 0 <= interval.lower <= x / n <= interval.upper <= 1


@given(st.integers(1, 80), st.integers(1, 80), st.data())
def test_a_difference_the_other_way_round_changes_sign(n1, n2, data):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    one, two = newcombe(x1, n1, x2, n2), newcombe(x2, n2, x1, n1)
    assert (one.lower, one.upper) == pytest.approx((-two.upper, -two.lower))


def test_no_denominator():
    for interval in (clopper_pearson, wilson, wald):
        with pytest.raises(CannotEstimate, match="no patient to divide by"):
            interval(0, 0)
        with pytest.raises(ValueError, match="5 of 4"):
            interval(5, 4)
        with pytest.raises(ValueError, match="confidence is 95"):
            interval(1, 4, 95)
    with pytest.raises(CannotEstimate, match="nobody was at risk"):
        exact_poisson(0, 0.0)


def test_standardised_differences_by_hand():
    assert smd_means(Moments(10, 5.0, 9 * 4.0), Moments(10, 4.0, 9 * 1.0)) == pytest.approx(
        1 / math.sqrt(2.5)
    )
    # Male 33/42 and 36/48; metastasis, Child-Pugh B, AFP, cirrhosis of the same published cohort.
    assert smd_proportions([11, 31], [13, 35]) == pytest.approx(0.020, abs=5e-4)
    assert smd_proportions([20, 22], [23, 25]) == pytest.approx(0.006, abs=5e-4)
    p, q = 32 / 40, 26 / 45
    expected = (p - q) / math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert smd_proportions([32, 8], [26, 19]) == pytest.approx(expected, rel=1e-12)


def test_three_levels_by_hand():
    # Shares (.5, .3, .2) and (.3, .3, .4): d = (0, .2) on the last two levels. S has variances .21 and .2
    # and covariance -.09, so that d' S^-1 d = .04 x .21 / (.21 x .2 - .0081).
    found = smd_proportions([50, 30, 20], [30, 30, 40])
    assert found == pytest.approx(math.sqrt(0.04 * 0.21 / (0.21 * 0.2 - 0.0081)), rel=1e-12)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=2, max_size=5), st.randoms())
def test_levels_in_any_order_and_empty_levels_do_not_matter(levels, random):
    a, b = zip(*levels)
    one = smd_proportions(a, b)
    random.shuffle(levels)
    c, d = zip(*levels)
    assert smd_proportions([*c, 0], [*d, 0]) == pytest.approx(one, rel=1e-9, abs=1e-12)
    assert smd_proportions(b, a) == pytest.approx(one, rel=1e-9, abs=1e-12)


def test_differences_that_cannot_be_standardised():
    assert smd_proportions([5, 0], [7, 0]) == 0
    assert smd_means(Moments(3, 1.0, 0.0), Moments(3, 1.0, 0.0)) == 0
    with pytest.raises(CannotEstimate, match="wholly in levels of its own"):
        smd_proportions([5, 0], [0, 7])
    with pytest.raises(CannotEstimate, match="do not vary within either group"):
        smd_means(Moments(3, 1.0, 0.0), Moments(3, 2.0, 0.0))
    with pytest.raises(CannotEstimate, match="a group has no known value"):
        smd_proportions([0, 0], [3, 4])


def test_adjusted_p_values():
    case = R["adjusted"]
    for name, adjust in (("holm", holm), ("hochberg", hochberg), ("bh", benjamini_hochberg)):
        assert adjust(case["p"]) == pytest.approx(case[name], rel=1e-14)
    # Response and disease control at one and three months, Fisher.
    assert holm([0.8085, 0.4953, 0.0364, 0.0612]) == pytest.approx(
        (0.9906, 0.9906, 0.1456, 0.1836), abs=1e-12
    )
    assert holm([]) == ()
    with pytest.raises(ValueError, match="from 0 to 1"):
        holm([0.5, float("nan")])


def test_every_convention_answers_every_question():
    assert set(CONVENTIONS) == {"r", "sas", "spss"}
    assert CONVENTIONS["r"].ties == "efron"
    assert CONVENTIONS["spss"].median_flat == "first"
    assert CONVENTIONS["sas"].survival_ci == "log-log"
