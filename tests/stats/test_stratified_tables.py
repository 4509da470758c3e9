from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.contingency import odds_ratio, pearson
from calliper.stats.stratified_tables import common_odds_ratio, general_association, mantel_haenszel
from stats.tables_fixture import TABLES

two_by_two = st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=2, max_size=2)
three_by_three = st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3), min_size=3, max_size=3)


def is_two_by_two(case):
    return np.shape(case["tables"])[1:] == (2, 2)


@pytest.mark.parametrize("case", [c for c in TABLES["strata"] if is_two_by_two(c)])
def test_two_by_two_strata_of_r(case):
    test = mantel_haenszel(case["tables"])
    assert (test.chi2, test.df, test.p) == pytest.approx((case["chi2"], 1, case["p"]), rel=1e-10)
    corrected = mantel_haenszel(case["tables"], corrected=True)
    assert (corrected.chi2, corrected.p) == pytest.approx((case["corrected"], case["corrected_p"]), rel=1e-10)
    found = common_odds_ratio(case["tables"])
    assert [found.value, found.lower, found.upper] == pytest.approx(case["odds_ratio"], rel=1e-10)
    general = general_association(case["tables"])
    assert (general.chi2, general.df) == pytest.approx((case["chi2"], 1), rel=1e-10)


@pytest.mark.parametrize("case", [c for c in TABLES["strata"] if not is_two_by_two(c)])
def test_larger_strata_of_r(case):
    test = general_association(case["tables"])
    assert (test.chi2, test.df, test.p) == pytest.approx((case["chi2"], case["df"], case["p"]), rel=1e-10)


def test_admissions_to_berkeley():
    # Admission by sex in six departments (Bickel, Hammel and O'Connell 1975): chi-square 1.43 corrected, common
    # odds ratio 0.90 in Agresti (2002, Categorical Data Analysis, 2nd ed., sec. 6.3).
    tables = TABLES["strata"][0]["tables"]
    assert mantel_haenszel(tables, corrected=True).chi2 == pytest.approx(1.4269, abs=5e-5)
    assert common_odds_ratio(tables).value == pytest.approx(0.9047, abs=5e-5)


def test_by_hand():
    # n = 16 and 11; E a = 8 x 9 / 16 = 4.5 and 5 x 6 / 11; V = 8 8 9 7 / (256 x 15) and 5 6 6 5 / (121 x 10).
    tables = [[[6, 2], [3, 5]], [[4, 1], [2, 4]]]
    distance = 6 - 4.5 + 4 - 30 / 11
    variance = 8 * 8 * 9 * 7 / (256 * 15) + 900 / 1210
    assert mantel_haenszel(tables).chi2 == pytest.approx(distance**2 / variance, rel=1e-14)
    corrected = mantel_haenszel(tables, corrected=True)
    assert corrected.chi2 == pytest.approx((distance - 0.5) ** 2 / variance, rel=1e-14)
    assert common_odds_ratio(tables).value == pytest.approx(
        (30 / 16 + 16 / 11) / (6 / 16 + 2 / 11), rel=1e-14
    )


@given(two_by_two)
def test_one_stratum_is_pearson_and_woolf(table):
    assume(min(map(min, table)) > 0)
    n = sum(map(sum, table))
    test, found, woolf = mantel_haenszel([table]), common_odds_ratio([table]), odds_ratio(table)
    assert test.chi2 == pytest.approx(pearson(table).chi2 * (n - 1) / n, rel=1e-10, abs=1e-12)
    assert (found.value, found.lower, found.upper) == pytest.approx(
        (woolf.value, woolf.lower, woolf.upper), rel=1e-10
    )


@given(three_by_three)
def test_one_larger_stratum_is_pearson(table):
    n = sum(map(sum, table))
    assert general_association([table]).chi2 == pytest.approx(
        pearson(table).chi2 * (n - 1) / n, rel=1e-9, abs=1e-12
    )


@settings(deadline=None)
@given(st.lists(three_by_three, min_size=1, max_size=4), st.randoms())
def test_order_of_strata_and_levels_does_not_matter(tables, random):
    one = general_association(tables)
    strata = np.array(random.sample(tables, len(tables)))
    strata = strata[:, random.sample(range(3), 3)][:, :, random.sample(range(3), 3)].transpose(0, 2, 1)
    assert general_association(list(strata)).chi2 == pytest.approx(one.chi2, rel=1e-8, abs=1e-10)
    with_empty = np.pad(strata, ((0, 1), (0, 1), (0, 1)))
    assert general_association(list(with_empty)).chi2 == pytest.approx(one.chi2, rel=1e-8, abs=1e-10)


@given(st.lists(two_by_two, min_size=1, max_size=5), st.randoms())
def test_two_by_two_strata_moved_and_doubled(tables, random):
    try:
        one, found = mantel_haenszel(tables), common_odds_ratio(tables)
    except CannotEstimate:
        return
    moved = [table[::-1] for table in random.sample(tables, len(tables))]
    turned = common_odds_ratio(moved)
    assert mantel_haenszel(moved).chi2 == pytest.approx(one.chi2, rel=1e-9, abs=1e-12)
    assert (turned.value, turned.lower, turned.upper) == pytest.approx(
        (1 / found.value, 1 / found.upper, 1 / found.lower), rel=1e-9
    )
    # Each stratum twice: the statistic doubles, and the variance of the log odds ratio halves.
    assert mantel_haenszel(tables + tables).chi2 == pytest.approx(2 * one.chi2, rel=1e-9, abs=1e-12)
    twice = common_odds_ratio(tables + tables)
    assert twice.value == pytest.approx(found.value, rel=1e-12)
    assert math.log(twice.upper / twice.value) * math.sqrt(2) == pytest.approx(
        math.log(found.upper / found.value), rel=1e-9
    )
    # A stratum of one patient, or of one group, tells nothing.
    assert mantel_haenszel([*tables, [[1, 0], [0, 0]], [[5, 3], [0, 0]]]).chi2 == pytest.approx(one.chi2)


def test_strata_that_tell_nothing():
    with pytest.raises(CannotEstimate, match="no stratum has two groups and two categories"):
        mantel_haenszel([[[3, 4], [0, 0]], [[2, 0], [5, 0]]])
    with pytest.raises(CannotEstimate, match="no stratum holds two patients"):
        mantel_haenszel([[[1, 0], [0, 0]], [[0, 0], [0, 0]]])
    with pytest.raises(CannotEstimate, match="a cell is zero in every stratum"):
        common_odds_ratio([[[3, 0], [2, 4]], [[0, 4], [0, 4]]])
    with pytest.raises(CannotEstimate, match="only one group or one category"):
        general_association([[[3, 4], [0, 0]], [[2, 9], [0, 0]]])
    with pytest.raises(CannotEstimate, match="no stratum compares some of the groups"):
        general_association([[[3, 4], [5, 1], [0, 0]], [[0, 0], [0, 0], [4, 4]]])
    with pytest.raises(ValueError, match="these are 2x3"):
        mantel_haenszel([[[1, 2, 3], [4, 5, 6]]])
    with pytest.raises(ValueError, match="expected one shape"):
        general_association([[[1, 2], [3, 4]], [[1, 2, 3], [4, 5, 6]]])
    with pytest.raises(ValueError, match="expected one shape"):
        general_association([])
