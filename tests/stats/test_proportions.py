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
from calliper.stats.proportions import (
    agresti_caffo,
    agresti_coull,
    clopper_pearson,
    exact_poisson,
    hauck_anderson,
    jeffreys,
    newcombe,
    wald,
    wald_corrected,
    wald_difference_corrected,
    wilson,
    wilson_corrected,
)
from calliper.summaries.moments import Moments
from stats.r_fixture import R

# Adverse events of 42 or 48 patients: exact limits.
TOXICITY = [
    (14, 42, 19.57, 49.55),
    (17, 48, 22.16, 50.54),
    (0, 42, 0, 8.41),
    (0, 48, 0, 7.40),
    (3, 42, 1.50, 19.48),
]
RATES = [(5, 25.0, 20.0, 6.49, 46.67), (0, 30.0, 0, 0, 12.30), (24, 12.5, 192.0, 123.0, 285.7)]


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


# Newcombe (1998, Stat Med 17, 857-872), Table I: 81/263, 15/148, 0/20, 1/29; Wilson's limits, and corrected.
SINGLE = [
    (81, 263, 0.2553, 0.3662, 0.2535, 0.3682),
    (15, 148, 0.0624, 0.1605, 0.0598, 0.1644),
    (0, 20, 0.0000, 0.1611, 0.0000, 0.2005),
    (1, 29, 0.0061, 0.1718, 0.0018, 0.1963),
]


@pytest.mark.parametrize("row", SINGLE)
def test_newcombe_1998_table_i(row):
    plain, corrected = wilson(*row[:2]), wilson_corrected(*row[:2])
    found = [plain.lower, plain.upper, corrected.lower, corrected.upper]
    assert found == pytest.approx(row[2:], abs=5.1e-5)


# Newcombe (1998, Stat Med 17, 873-890), Table II, and Garner (2016, WUSS paper 127): SAS PROC FREQ's limits of
# 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/20 and 84/101 - 89/105.
PAIRS = [(56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 20), (84, 101, 89, 105)]
SAS_DIFFERENCES = [
    (agresti_caffo, [(0.0525, 0.3358), (0.1600, 0.8400), (0.6922, 1), (-0.1168, 0.0850)]),
    (hauck_anderson, [(0.0494, 0.3506), (0.1922, 1), (0.9500, 1), (-0.1216, 0.0898)]),
    (wald_difference_corrected, [(0.0441, 0.3559), (0.1605, 1), (0.9250, 1), (-0.1259, 0.0940)]),
    (newcombe, [(0.0524, 0.3339), (0.1705, 0.8090), (0.6791, 1), (-0.1177, 0.0851)]),
]


@pytest.mark.parametrize(("interval", "limits"), SAS_DIFFERENCES)
def test_differences_of_sas(interval, limits):
    for pair, (lower, upper) in zip(PAIRS, limits, strict=True):
        found = interval(*pair)
        assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=5.1e-5)


def test_agresti_coull_of_tern():
    # 4 of 6 at 90% and 4 of 4 at 95%, printed by its s_proportion.
    for case, lower, upper in (((4, 6, 0.9), 34.35850, 88.61537), ((4, 4, 0.95), 45.40497, 100)):
        found = agresti_coull(*case)
        assert [100 * found.lower, 100 * found.upper] == pytest.approx([lower, upper], abs=5.1e-6)


def test_agresti_coull_is_centred_where_wilson_is():
    for x, n in ((3, 17), (8, 40), (200, 300)):
        added, score = agresti_coull(x, n), wilson(x, n)
        assert added.lower + added.upper == pytest.approx(score.lower + score.upper, rel=1e-12)
        assert added.lower < score.lower
        assert score.upper < added.upper


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_events_and_others_exchanged(case):
    x, n = case
    for interval in (wilson, wilson_corrected, agresti_coull, jeffreys, wald, wald_corrected):
        one, other = interval(x, n), interval(n - x, n)
        assert 0 <= one.lower <= one.value <= one.upper <= 1
        assert (one.lower, one.upper) == pytest.approx((1 - other.upper, 1 - other.lower), abs=1e-12)
    assert wilson_corrected(x, n).lower <= wilson(x, n).lower
    assert wilson(x, n).upper <= wilson_corrected(x, n).upper


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_corrected_limits_are_where_the_corrected_score_is_z(case):
    x, n = case
    found = wilson_corrected(x, n)
    for limit in (found.lower, found.upper):
        if 0 < limit < 1:
            score = (abs(x / n - limit) - 1 / (2 * n)) / math.sqrt(limit * (1 - limit) / n)
            assert score == pytest.approx(1.959963984540054, rel=1e-8)


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
    for interval in (newcombe, agresti_caffo, hauck_anderson, wald_difference_corrected):
        if interval is hauck_anderson and min(n1, n2) < 2:
            with pytest.raises(CannotEstimate, match="one patient only"):
                interval(x1, n1, x2, n2)
            continue
        one, two = interval(x1, n1, x2, n2), interval(x2, n2, x1, n1)
        assert (one.lower, one.upper) == pytest.approx((-two.upper, -two.lower))
        assert -1 <= one.lower <= one.upper <= 1


def test_no_denominator():
    for difference in (newcombe, agresti_caffo, hauck_anderson, wald_difference_corrected):
        with pytest.raises(CannotEstimate, match="no patient to divide by"):
            difference(3, 5, 0, 0)
    singles = (clopper_pearson, wilson, wilson_corrected, agresti_coull, jeffreys, wald, wald_corrected)
    for interval in singles:
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
