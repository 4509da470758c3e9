"""Everybody twice: estimates stay, variances halve; and a case weight of 2 is two patients, by Breslow's rule."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings

from calliper.stats.competing_risks import cumulative_incidence
from calliper.stats.cox import fit_cox
from calliper.stats.logrank import logrank
from calliper.stats.nelson_aalen import nelson_aalen
from calliper.stats.survival import kaplan_meier, quantile, rmst
from properties.cohorts import GROUPS, cohorts, late_cohorts, possible
from properties.same import same_fit

several = settings(deadline=None, max_examples=40)


def twice(cohort):
    return cohort.rows(np.tile(np.arange(cohort.time.size), 2))


@several
@given(late_cohorts)
def test_curves(cohort):
    one, two = cohort.table, twice(cohort).table
    km, other = kaplan_meier(one), kaplan_meier(two)
    assert other.survival.tolist() == km.survival.tolist()
    halved = km.standard_error / math.sqrt(2)
    assert other.standard_error == pytest.approx(halved, rel=1e-12, nan_ok=True)
    assert quantile(other).value == quantile(km).value
    na, doubled = nelson_aalen(one), nelson_aalen(two)
    assert doubled.hazard == pytest.approx(na.hazard, rel=1e-14)
    assert doubled.standard_error == pytest.approx(na.standard_error / math.sqrt(2), rel=1e-12)


@several
@given(cohorts)
def test_restricted_means_and_incidence(cohort):
    tau = float(cohort.time.max())
    one, two = (rmst(kaplan_meier(c.table), tau) for c in (cohort, twice(cohort)))
    assert two.value == one.value
    assert two.standard_error == pytest.approx(one.standard_error / math.sqrt(2), rel=1e-12)
    for name, table in cohort.causes.items():
        if table.n:
            curves = [cumulative_incidence(t, "death") for t in (table, twice(cohort).causes[name])]
            assert curves[1].incidence == pytest.approx(curves[0].incidence, rel=1e-14)
            expected = curves[0].standard_error / math.sqrt(2)
            assert curves[1].standard_error == pytest.approx(expected, rel=1e-10)


@several
@given(cohorts)
def test_log_rank(cohort):
    """O - E doubles. At one time the variance is d (n - d) / (n - 1) of something that doubles nothing, and so
    goes from that to 4 d (n - d) / (2 n - 1): at most twice as much, and the statistic at least doubles."""
    one, two = (possible(logrank, c.tables) for c in (cohort, twice(cohort)))
    if one is None:
        return
    assert two is not None
    assert two.observed == pytest.approx([2 * o for o in one.observed], rel=1e-12)
    assert two.expected == pytest.approx([2 * e for e in one.expected], rel=1e-12)
    for g in range(len(GROUPS)):
        assert two.variance[g][g] <= 2 * one.variance[g][g] * (1 + 1e-12)
    if np.linalg.cond(np.array(one.variance)[1:, 1:] + 1e-300) < 1e6:
        assert two.chi2 >= 2 * one.chi2 * (1 - 1e-7) - 1e-9


@several
@given(late_cohorts)
def test_cox(cohort):
    one, two = cohort.cox("breslow"), twice(cohort).cox("breslow")
    assert (one is None) == (two is None)
    if one is None or two is None:
        return
    off = np.abs(two.coefficients - one.coefficients)
    assert (off <= 1e-7 * np.maximum(one.standard_errors, np.abs(one.coefficients))).all()
    assert two.standard_errors == pytest.approx(one.standard_errors / math.sqrt(2), rel=1e-7)
    assert two.lrt.chi2 == pytest.approx(2 * one.lrt.chi2, rel=1e-7, abs=1e-9)
    entry = cohort.entry if cohort.entry.any() else None
    weights = np.full(cohort.time.size, 2.0)
    weighted = fit_cox(cohort.time, cohort.event, cohort.X, ties="breslow", entry=entry, weights=weights)
    assert weighted.coefficients == pytest.approx(two.coefficients, rel=1e-7, abs=1e-9)
    assert weighted.covariance == pytest.approx(two.covariance, rel=1e-7, abs=1e-12)


@several
@given(cohorts)
def test_two_strata_of_the_same_patients(cohort):
    strata = np.repeat([0, 1], cohort.time.size)
    for ties in ("efron", "breslow", "discrete"):
        one, two = cohort.cox(ties), twice(cohort).cox(ties, strata=strata)
        assert (one is None) == (two is None)
        if one and two:
            assert two.loglik == pytest.approx(2 * one.loglik, rel=1e-9, abs=1e-12)
            assert two.covariance == pytest.approx(one.covariance / 2, rel=1e-7, abs=1e-12)
    same_fit(cohort.cox(strata=np.zeros(cohort.time.size)), cohort.cox(), rel=1e-9)
