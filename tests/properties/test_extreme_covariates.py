"""The unit of a covariate, and where its zero is, change its coefficient and nothing else, however far they go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper.stats.balance import smd_means
from calliper.stats.cox import cox_data, cox_zph, hazard_ratio
from calliper.stats.cox_robust import robust_fit
from calliper.stats.fine_gray import fine_gray
from calliper.stats.firth import fit_firth
from calliper.stats.means import anova, levene, t_pooled, t_welch
from calliper.stats.ranks import kruskal_wallis, mann_whitney
from calliper.summaries.moments import moments, value_counts
from properties.cohorts import CAUSES, TIES, cohorts, late_cohorts, possible
from properties.same import same_fit

several = settings(deadline=None, max_examples=40)
units = st.sampled_from([1e8, 1e-8, 1e150, 1e-150])


@several
@given(late_cohorts, units, units, st.sampled_from(TIES))
def test_units_of_a_model(cohort, one, two, ties):
    scale = np.array([one, two])
    fit, other = cohort.cox(ties), cohort.rows(np.arange(cohort.time.size))
    other.X[:] = cohort.X * scale
    far = other.cox(ties)
    same_fit(fit, far, factor=1 / scale)
    if fit and far:
        for j in range(2):
            assert hazard_ratio(far, j).p == pytest.approx(hazard_ratio(fit, j).p, rel=1e-6)


@several
@given(late_cohorts, st.sampled_from([1e6, -1e6, 1e9]), st.sampled_from(TIES))
def test_a_far_zero_of_a_model(cohort, zero, ties):
    """The covariates are whole numbers, so that nothing is lost in adding."""
    other = cohort.rows(np.arange(cohort.time.size))
    other.X[:] = cohort.X + zero
    same_fit(cohort.cox(ties), other.cox(ties), rel=1e-6)


@several
@given(cohorts, st.sampled_from([1e8, 1e-8]), st.sampled_from([0.0, 1e6]))
def test_what_follows_a_fit(cohort, unit, zero):
    fit = cohort.cox()
    assume(fit is not None)
    X = cohort.X * unit + zero * unit
    other = cohort.rows(np.arange(cohort.time.size))
    other.X[:] = X
    far = other.cox()
    assert far is not None
    tests = [possible(cox_zph, f, cohort.time, cohort.event, x) for f, x in ((fit, cohort.X), (far, X))]
    assert (tests[0] is None) == (tests[1] is None)
    if tests[0] and tests[1]:
        assert tests[1].overall.chi2 == pytest.approx(tests[0].overall.chi2, rel=1e-5, abs=1e-8)
    robust = [
        possible(robust_fit, f, cox_data(cohort.time, cohort.event, x))
        for f, x in ((fit, cohort.X), (far, X))
    ]
    assert (robust[0] is None) == (robust[1] is None)
    if robust[0] and robust[1]:
        assert robust[1].standard_errors * unit == pytest.approx(robust[0].standard_errors, rel=1e-5)


@several
@given(cohorts, st.sampled_from([1e8, 1e-8]), st.sampled_from([0.0, 1e6]))
def test_penalised_and_competing_models(cohort, unit, zero):
    X = cohort.X * unit + zero * unit
    for one, two in (
        [possible(fit_firth, cohort.time, cohort.event, x) for x in (cohort.X, X)],
        [possible(fine_gray, cohort.time, cohort.cause, x, of="pd", causes=CAUSES) for x in (cohort.X, X)],
    ):
        assert (one is None) == (two is None)
        if one and two:
            off = np.abs(two.coefficients * unit - one.coefficients)
            assert (off <= 1e-5 * np.maximum(one.standard_errors, np.abs(one.coefficients))).all()
            assert two.standard_errors * unit == pytest.approx(one.standard_errors, rel=1e-5)


VALUES = st.lists(st.integers(-40, 40).map(float), min_size=2, max_size=25)


@several
@given(VALUES, VALUES, VALUES, st.sampled_from([1e8, 1e-8, 1e100]), st.sampled_from([0.0, 1e6]))
def test_means(a, b, c, unit, zero):
    """Whole numbers, moved before they are scaled: no value is rounded."""
    groups = [np.array(values) for values in (a, b, c)]
    moved = [(values + zero) * unit for values in groups]
    for test in (t_pooled, t_welch):
        one, two = (possible(test, moments(x), moments(y)) for x, y, _ in (groups, moved))
        assert (one is None) == (two is None)
        if one and two:
            assert (two.t, two.df) == pytest.approx((one.t, one.df), rel=1e-7, abs=1e-9)
            assert two.difference == pytest.approx(one.difference * unit, rel=1e-7, abs=1e-9 * unit)
    one, two = (possible(anova, [moments(x) for x in values]) for values in (groups, moved))
    assert (one is None) == (two is None)
    if one and two:
        assert two.f == pytest.approx(one.f, rel=1e-6, abs=1e-9)
    one, two = (possible(smd_means, moments(x), moments(y)) for x, y, _ in (groups, moved))
    assert two == (None if one is None else pytest.approx(one, rel=1e-6, abs=1e-9))
    one, two = (possible(levene, values) for values in (groups, moved))
    if one and two:
        assert two.f == pytest.approx(one.f, rel=1e-5, abs=1e-8)


@several
@given(VALUES, VALUES, VALUES, st.sampled_from([np.exp, np.arctan, lambda x: 1e8 * x + 1e6, lambda x: x**3]))
def test_ranks_know_only_the_order(a, b, c, rising):
    groups = [value_counts(np.array(values)) for values in (a, b, c)]
    moved = [value_counts(rising(np.array(values))) for values in (a, b, c)]
    for exact in (None, False):
        one, two = (possible(mann_whitney, x, y, exact=exact) for x, y, _ in (groups, moved))
        assert one == two
    assert possible(kruskal_wallis, groups) == possible(kruskal_wallis, moved)
