from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.contingency import (
    expected,
    fisher,
    fisher_2x2,
    likelihood_ratio,
    min_expected,
    odds_ratio,
    pearson,
    relative_risk,
    risk_difference,
    yates,
)
from calliper.stats.fisher import _fewest_steps, _listed, _multinomial, _Network
from stats.r_fixture import R


def test_pearson_by_hand():
    # n (ad - bc)^2 / (row and column totals): 85 (32 x 19 - 8 x 26)^2 / (40 x 45 x 58 x 27).
    assert pearson([[32, 8], [26, 19]]).chi2 == pytest.approx(85 * 400**2 / (40 * 45 * 58 * 27), rel=1e-14)


def test_yates_never_overshoots_what_is_expected():
    # E of the first cell is 3 x 3 / 8: an eighth of a patient off, and so all of it is taken off, as in R.
    assert (yates([[1, 2], [2, 3]]).chi2, yates([[1, 2], [2, 3]]).p) == (0, 1)


def test_ratios_by_hand():
    table = [[32, 8], [26, 19]]
    z = 1.959963984540054
    error = math.sqrt(1 / 32 + 1 / 8 + 1 / 26 + 1 / 19)
    found = odds_ratio(table)
    assert found.value == pytest.approx(32 * 19 / (8 * 26), rel=1e-14)
    assert found.lower == pytest.approx(found.value * math.exp(-z * error), rel=1e-12)
    risk = relative_risk(table)
    assert (risk.value, risk.lower, risk.upper) == pytest.approx((1.385, 1.032, 1.858), abs=5e-4)
    difference = risk_difference(table)
    reach = z * math.sqrt(0.8 * 0.2 / 40 + 26 * 19 / 45**3)
    assert (difference.value, difference.upper - difference.value) == pytest.approx((0.8 - 26 / 45, reach))


@pytest.mark.parametrize("case", R["tables"])
def test_tables_of_r(case):
    counts = case["counts"]
    test = pearson(counts)
    assert (test.chi2, test.df, test.p) == pytest.approx(
        (case["pearson"], case["df"], case["pearson_p"]), rel=1e-10
    )
    assert min_expected(counts) == pytest.approx(case["min_expected"], rel=1e-12)
    assert likelihood_ratio(counts).chi2 == pytest.approx(case["g"], rel=1e-10, abs=1e-12)
    assert fisher(counts, work_limit=1_000_000) == pytest.approx(case["fisher"], rel=1e-10)
    if "yates" in case:
        corrected = yates(counts)
        assert (corrected.chi2, corrected.p) == pytest.approx((case["yates"], case["yates_p"]), rel=1e-10)


def every_table(rows, columns):
    """All tables with these margins, cell by cell: the slow obvious twin."""
    ranges = [range(min(r, c) + 1) for r in rows[:-1] for c in columns[:-1]]
    for cells in itertools.product(*ranges):
        inner = np.array(cells).reshape(len(rows) - 1, len(columns) - 1)
        table = np.zeros((len(rows), len(columns)), dtype=int)
        table[:-1, :-1] = inner
        table[:-1, -1] = np.array(rows[:-1]) - inner.sum(axis=1)
        table[-1] = np.array(columns) - table[:-1].sum(axis=0)
        if (table >= 0).all() and table[-1].sum() == rows[-1]:
            yield table


def weight(table):
    return Fraction(1, math.prod(math.factorial(x) for x in table.ravel().tolist()))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=3))
def test_fisher_against_every_table(counts):
    table = np.array(counts)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape, default=0) < 2:
        with pytest.raises(CannotEstimate, match="no test"):
            fisher(counts)
        return
    every = [weight(t) for t in every_table(table.sum(axis=1).tolist(), table.sum(axis=0).tolist())]
    seen = weight(table) * (1 + Fraction(1, 10**7))
    assert fisher(counts) == pytest.approx(float(sum(w for w in every if w <= seen) / sum(every)), rel=1e-12)


@given(st.lists(st.lists(st.integers(0, 8), min_size=3, max_size=3), min_size=3, max_size=3), st.randoms())
def test_order_and_side_of_levels_do_not_matter(counts, random):
    table = np.array(counts)
    moved = table[random.sample(range(3), 3)][:, random.sample(range(3), 3)].T
    try:
        p = fisher(table)
    except CannotEstimate:
        return
    assert fisher(moved) == pytest.approx(p, rel=1e-12)
    assert pearson(moved).chi2 == pytest.approx(pearson(table).chi2, rel=1e-10, abs=1e-12)
    assert pearson(2 * table).chi2 == pytest.approx(2 * pearson(table).chi2, rel=1e-10, abs=1e-12)


def test_empty_levels_are_dropped():
    with_empty = [[37, 0, 3, 2], [0, 0, 0, 0], [43, 0, 3, 2]]
    without = [[37, 3, 2], [43, 3, 2]]
    assert pearson(with_empty) == pearson(without)
    assert fisher(with_empty) == fisher(without)
    assert expected(with_empty).shape == (3, 4)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ([[0, 42], [0, 48]], "no test: every patient is in one category"),
        ([[12, 42], [0, 0]], "no test: only one group holds any patient"),
        ([[0, 0], [0, 0]], "no test: the table is empty"),
    ],
)
def test_no_test_where_nothing_varies(counts, sentence):
    for test in (pearson, yates, likelihood_ratio, fisher, fisher_2x2, min_expected):
        with pytest.raises(CannotEstimate, match=sentence):
            test(counts)


def test_ratios_that_do_not_exist():
    with pytest.raises(CannotEstimate, match="a cell of the table is zero"):
        odds_ratio([[0, 5], [3, 4]])
    with pytest.raises(CannotEstimate, match="a group has no event"):
        relative_risk([[0, 5], [3, 4]])
    with pytest.raises(CannotEstimate, match="a group holds no patient"):
        risk_difference([[0, 0], [3, 4]])
    with pytest.raises(ValueError, match="expected a 2x2 table; this one is 2x3"):
        odds_ratio([[1, 2, 3], [3, 4, 5]])
    with pytest.raises(ValueError, match="whole numbers"):
        pearson([[1.5, 2], [3, 4]])


def test_an_exact_test_too_large_says_so():
    table = np.random.default_rng(1).integers(5, 30, size=(5, 6))
    with pytest.raises(CannotEstimate, match=r"a 5x6 table of \d+ patients needs more than 20,000 steps"):
        fisher(table, work_limit=20_000)


@pytest.mark.parametrize(
    ("counts", "p"),
    # R 4.2.2, fisher.test(workspace = 2e8)$p.value: sex, and a response of three levels, in three arms.
    [
        ([[149, 166], [133, 177], [163, 141]], 0.028438347019078471),
        ([[14, 42, 30], [8, 47, 29], [11, 55, 18]], 0.13555093305505064),
        ([[59, 21, 6], [47, 27, 10], [44, 28, 12]], 0.2293936052588951),
    ],
)
@pytest.mark.parametrize("work_limit", [30_000, 700_000])
def test_three_arms_of_a_large_trial(counts, p, work_limit):
    if work_limit < 100_000 and len(counts[0]) > 2:
        with pytest.raises(CannotEstimate, match="a 3x3 table of 254 patients needs more than 30,000 steps"):
            fisher(counts, work_limit=work_limit)
    else:
        assert fisher(counts, work_limit=work_limit) == pytest.approx(p, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=2, max_size=3))
def test_listed_tables_and_the_network_agree(counts):
    table = np.array(counts)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape, default=0) < 2:
        return
    network = _Network(
        rows=tuple(sorted(table.sum(axis=1).tolist())),
        columns=tuple(table.sum(axis=0).tolist()),
        seen=math.prod(_multinomial(tuple(column)) for column in table.T.tolist()),
        work_limit=10**7,
    )
    assert _listed(table) == pytest.approx(network.p, rel=1e-10)


@pytest.mark.parametrize("work_limit", [30_000, 200_000])
@pytest.mark.parametrize(
    "counts",
    [
        [[27, 229, 52], [37, 219, 44], [29, 215, 54]],
        [[8, 38, 249, 20], [3, 36, 259, 12], [10, 32, 251, 11]],
        [[300, 200, 500], [400, 210, 420], [1000, 900, 800]],
        [[500, 400, 300, 200, 100]] * 5,
    ],
)
def test_a_hopeless_table_is_refused_before_the_work(counts, work_limit, monkeypatch):
    monkeypatch.setattr(_Network, "_spend", lambda *_: pytest.fail("the network was begun"))
    with pytest.raises(CannotEstimate, match=f"needs more than {work_limit:,} steps"):
        fisher(counts, work_limit=work_limit)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=4), min_size=3, max_size=3).filter(
        lambda rows: len({len(row) for row in rows}) == 1
    )
)
def test_the_fewest_steps_are_no_more_than_those_taken(counts):
    table = np.array(counts)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape, default=0) < 2:
        return
    rows = tuple(sorted(table.sum(axis=1).tolist()))
    columns = tuple(sorted(table.sum(axis=0).tolist(), reverse=True))
    network = _Network(rows=rows, columns=columns, seen=1, work_limit=10**7)
    assert 0 <= network.p <= 1
    assert _fewest_steps(rows, columns) <= network._work


def test_a_vanishing_p_is_not_zero():
    assert 0 < fisher_2x2([[400, 0], [0, 400]]) < 1e-200
    assert 0 < pearson([[400, 0], [0, 400]]).p < 1e-170
