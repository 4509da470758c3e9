from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.paired_tables import bowker, mcnemar, mcnemar_exact
from stats.tables_fixture import TABLES


@pytest.mark.parametrize("case", TABLES["pairs"])
def test_pairs_of_r(case):
    test = mcnemar(case["counts"])
    assert (test.chi2, test.df, test.p) == pytest.approx((case["chi2"], 1, case["p"]), rel=1e-10)
    corrected = mcnemar(case["counts"], corrected=True)
    assert (corrected.chi2, corrected.p) == pytest.approx((case["corrected"], case["corrected_p"]), rel=1e-10)
    assert mcnemar_exact(case["counts"]) == pytest.approx(case["exact"], rel=1e-10)
    assert mcnemar_exact(case["counts"], mid_p=True) == pytest.approx(case["mid_p"], rel=1e-10)


@pytest.mark.parametrize("case", TABLES["symmetry"])
def test_symmetry_of_r(case):
    test = bowker(case["counts"])
    assert (test.chi2, test.df, test.p) == pytest.approx((case["chi2"], case["df"], case["p"]), rel=1e-10)


def test_approval_of_the_prime_minister():
    # Agresti (2013, Categorical Data Analysis, 3rd ed., sec. 11.1): (86 - 150)^2 / (86 + 150) = 17.36.
    assert mcnemar([[794, 86], [150, 570]]).chi2 == pytest.approx(64**2 / 236, rel=1e-14)


def test_fagerland_2013():
    # Bentur et al.'s 21 patients, (1, 1; 7, 12): exact p 0.070, mid-p 0.039, asymptotic 0.034, corrected 0.077.
    table = [[1, 1], [7, 12]]
    assert mcnemar_exact(table) == pytest.approx(18 / 256, rel=1e-14)
    assert mcnemar_exact(table, mid_p=True) == pytest.approx(10 / 256, rel=1e-14)
    assert mcnemar(table).p == pytest.approx(0.034, abs=5e-4)
    assert mcnemar(table, corrected=True).p == pytest.approx(0.077, abs=5e-4)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 9), st.integers(0, 9))
def test_only_those_who_changed_count(up, down, a, d):
    table = [[a, up], [down, d]]
    if not up + down:
        for test in (mcnemar, mcnemar_exact, bowker):
            with pytest.raises(CannotEstimate, match="no patient changed"):
                test(table)
        return
    n = up + down
    tail = sum(Fraction(math.comb(n, k), 2**n) for k in range(min(up, down) + 1))
    own = Fraction(math.comb(n, up), 2**n)
    assert mcnemar_exact(table) == pytest.approx(float(min(Fraction(1), 2 * tail)), rel=1e-12)
    assert mcnemar_exact(table, mid_p=True) == pytest.approx(float(2 * tail - own), rel=1e-12)
    assert mcnemar_exact(table) == mcnemar_exact([[0, down], [up, 99]])
    assert mcnemar(table) == mcnemar([[0, down], [up, 99]]) == bowker(table)
    assert mcnemar([[a, 2 * up], [2 * down, d]]).chi2 == pytest.approx(2 * mcnemar(table).chi2, rel=1e-12)


def test_pairs_of_levels_between_which_nobody_changed():
    # Three levels, of which the first two exchange 4 and 9 patients and no other pair does: 25 / 13, df 1.
    test = bowker([[5, 4, 0], [9, 6, 0], [0, 0, 7]])
    assert (test.chi2, test.df) == (pytest.approx(25 / 13), 1)
    with pytest.raises(ValueError, match="this one is 2x3"):
        bowker([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="this one is 3x3"):
        mcnemar([[1, 2, 3], [4, 5, 6], [7, 8, 9]])


def test_a_vanishing_p_is_not_zero():
    assert 0 < mcnemar_exact([[0, 0], [900, 0]]) < 1e-200
