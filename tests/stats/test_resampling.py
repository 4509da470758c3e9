from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.cox import cox_data, fit_cox
from calliper.stats.cox_batch import fit_many
from calliper.stats.resampling import (
    bootstrap_counts,
    leave_out_counts,
    percentile_limits,
    permutation_p,
    shuffled,
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(1, 4))
def test_a_resample_keeps_its_clusters_whole_and_its_strata_full(seed, n, levels):
    rng = np.random.default_rng(seed)
    assert (bootstrap_counts(n, 7, rng).sum(axis=1) == n).all()
    cluster = rng.integers(0, 6, n)
    stratum = cluster % levels
    counts = bootstrap_counts(n, 7, rng, cluster=cluster, stratum=stratum)
    for row in counts:
        for label in np.unique(stratum):
            members = np.unique(cluster[stratum == label])
            times = [set(row[cluster == member].tolist()) for member in members]
            assert all(len(of_one) == 1 for of_one in times)
            assert sum(next(iter(of_one)) for of_one in times) == members.size


def test_every_row_is_as_likely():
    # A row's count is binomial (n, 1/n): mean 1, variance 1 - 1/n; and absent with probability (1 - 1/n)^n.
    counts = bootstrap_counts(10, 40_000, np.random.default_rng(1))
    assert counts.mean(axis=0) == pytest.approx(1, abs=0.02)
    assert counts.var(axis=0) == pytest.approx(0.9, abs=0.03)
    assert (counts == 0).mean() == pytest.approx(0.9**10, abs=0.005)


def test_the_seed_decides():
    one, two = (bootstrap_counts(20, 5, np.random.default_rng(8)) for _ in range(2))
    assert (one == two).all()


def test_wrong_arguments_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="0 rows and 5 resamples"):
        bootstrap_counts(0, 5, rng)
    with pytest.raises(ValueError, match="3 cluster labels; expected one for each of the 4 rows"):
        bootstrap_counts(4, 5, rng, cluster=np.arange(3))
    with pytest.raises(ValueError, match="the cluster of row 0 is in two strata"):
        bootstrap_counts(4, 5, rng, cluster=np.array([1, 1, 2, 2]), stratum=np.array([1, 2, 3, 3]))
    with pytest.raises(ValueError, match="1 groups to leave out"):
        leave_out_counts(np.array(["a", "a"]))
    with pytest.raises(ValueError, match="expected patients by covariates"):
        shuffled(np.arange(3), 2, rng)


def test_shuffles_stay_in_their_stratum_and_reach_every_order():
    X, stratum = np.arange(5.0)[:, None], np.array([0, 1, 0, 1, 0])
    found = shuffled(X, 500, np.random.default_rng(2), stratum=stratum)[:, :, 0]
    assert {tuple(row) for row in found[:, stratum == 0]} == set(permutations((0.0, 2.0, 4.0)))
    assert {tuple(row) for row in found[:, stratum == 1]} == set(permutations((1.0, 3.0)))


def test_permutation_p_against_every_order():
    # All orders of four values over the times 1, 2, 3, 4+. The score statistic: at each event x less the mean of
    # those at risk, squared sum over the sum of their variances. Separated orders have no fit.
    X = np.array([[0.0], [1.0], [2.0], [0.5]])
    time, event = np.array([1, 2, 3, 4]), np.array([1, 1, 1, 0])
    orders = np.array([X[list(order)] for order in permutations(range(4))])
    many = fit_many(cox_data(time, event, X), X=orders)

    def statistic(x):
        score = variance = 0.0
        for place in range(3):
            at_risk = x[place:]
            score += x[place] - at_risk.mean()
            variance += at_risk.var()
        return score**2 / variance

    expected = np.array([statistic(x[:, 0]) for x in orders])
    fitted = many.fitted
    assert many.score_test.chi2[fitted] == pytest.approx(expected[fitted], rel=1e-10)
    assert 0 < fitted.sum() < 24
    observed = expected[fitted][0]
    larger = int((expected[fitted] >= observed - 1e-12).sum() + (~fitted).sum())
    assert permutation_p(observed, many.score_test.chi2) == (1 + larger) / 25


def test_percentile_limits_are_order_statistics():
    rng = np.random.default_rng(6)
    time, event = rng.exponential(5, 50), rng.random(50) < 0.8
    X = rng.normal(size=(50, 2))
    fits = fit_many(cox_data(time, event, X), counts=bootstrap_counts(50, 39, rng))
    in_order = sorted(fits.coefficients[:, 1].tolist())
    found = percentile_limits(fits, 1)
    assert (found.lower, found.upper) == (in_order[0], in_order[-1])
    assert (found.n_resamples, found.n_failed) == (39, 0)
    tenth = percentile_limits(fits, 1, confidence=0.9)
    assert (tenth.lower, tenth.upper) == (in_order[1], in_order[-2])
    one = fit_cox(time, event, X)
    assert found.lower < one.coefficients[1] < found.upper
    with pytest.raises(CannotEstimate, match=r"39 resamples are too few for 0\.99 confidence"):
        percentile_limits(fits, 1, confidence=0.99)


def test_resamples_without_a_fit_widen_the_interval():
    time, event = np.arange(1.0, 9.0), np.array([1, 1, 1, 1, 1, 1, 0, 0])
    arm = np.array([[0.0], [1], [0], [0], [0], [0], [1], [1]])
    without = np.array([1, 0, 1, 1, 1, 1, 1, 1])
    counts = np.array([np.ones(8, dtype=int)] * 37 + [without] * 2)
    found = percentile_limits(fit_many(cox_data(time, event, arm), counts=counts), 0)
    assert (found.lower, found.upper, found.n_failed) == (-np.inf, np.inf, 2)
