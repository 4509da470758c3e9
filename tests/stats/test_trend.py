from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.contingency import pearson
from calliper.stats.trend import cochran_armitage, linear_by_linear
from stats.tables_fixture import TABLES

tables = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=6)


@pytest.mark.parametrize("case", TABLES["trends"])
def test_trends_of_r(case):
    test = cochran_armitage(case["counts"], scores=case["scores"])
    assert (test.chi2, test.df, test.p) == pytest.approx((case["chi2"], 1, case["p"]), rel=1e-10)
    linear = linear_by_linear(case["counts"], row_scores=case["scores"])
    assert linear.chi2 == pytest.approx(case["linear"], rel=1e-10)


@pytest.mark.parametrize("case", TABLES["linear"])
def test_linear_association_of_r(case):
    assert linear_by_linear(case["counts"]).chi2 == pytest.approx(case["chi2"], rel=1e-10)


def test_job_satisfaction_by_income():
    # Agresti (2002, Categorical Data Analysis, 2nd ed., table 2.8): M^2 = 2.98, p = 0.084.
    table = [[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]]
    test = linear_by_linear(table)
    assert (test.chi2, test.p) == pytest.approx((2.983, 0.0842), abs=5e-4)


def test_by_hand():
    # Two groups: the trend is Pearson's test. Three of scores 1, 2, 3: T = sum t (x - n p).
    assert cochran_armitage([[32, 8], [26, 19]]).chi2 == pytest.approx(
        pearson([[32, 8], [26, 19]]).chi2, rel=1e-12
    )
    p, n = 28 / 128, np.array([42, 46, 40])
    distance = 15 + 2 * 10 + 3 * 3 - p * (42 + 2 * 46 + 3 * 40)
    variance = p * (1 - p) * (42 + 4 * 46 + 9 * 40 - (42 + 2 * 46 + 3 * 40) ** 2 / 128)
    assert cochran_armitage([[15, 27], [10, 36], [3, 37]]).chi2 == pytest.approx(distance**2 / variance)
    assert n.sum() == 128


@given(tables, st.floats(-5, 5), st.floats(0.1, 5), st.randoms())
def test_scale_of_scores_and_order_do_not_matter(rows, shift, scale, random):
    scores = np.arange(len(rows), dtype=float)
    try:
        one = cochran_armitage(rows, scores=scores.tolist())
    except CannotEstimate:
        return
    order = random.sample(range(len(rows)), len(rows))
    moved = cochran_armitage([rows[i][::-1] for i in order], scores=(shift - scale * scores[order]).tolist())
    assert moved.chi2 == pytest.approx(one.chi2, rel=1e-6, abs=1e-9)
    doubled = cochran_armitage([(2 * x, 2 * y) for x, y in rows], scores=scores.tolist())
    assert doubled.chi2 == pytest.approx(2 * one.chi2, rel=1e-9, abs=1e-12)
    assert one.chi2 <= pearson(rows).chi2 + 1e-9
    assert cochran_armitage([*rows, (0, 0)], scores=[*scores, 99]).chi2 == pytest.approx(one.chi2, abs=1e-9)


def test_no_trend():
    for table in ([[0, 4], [0, 5]], [[3, 4], [0, 0]], [[1, 0], [0, 0]]):
        with pytest.raises(CannotEstimate, match="every patient has the same score"):
            cochran_armitage(table)
    with pytest.raises(CannotEstimate, match="the table is empty"):
        linear_by_linear([[0, 0], [0, 0]])
    with pytest.raises(CannotEstimate, match="the same score"):
        cochran_armitage([[3, 4], [5, 1]], scores=[0.1, 0.1])
    with pytest.raises(ValueError, match="this table has 3"):
        cochran_armitage([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="expected 2 finite numbers"):
        cochran_armitage([[1, 2], [4, 5]], scores=[1, 2, 3])
    with pytest.raises(ValueError, match="expected 2 finite numbers"):
        linear_by_linear([[1, 2], [4, 5]], column_scores=[1, float("nan")])
