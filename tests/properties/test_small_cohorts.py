"""One subject, one event, nobody with the event: what can be said, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.competing_risks import cumulative_incidence
from calliper.stats.cox import concordance, fit_cox
from calliper.stats.estimates import Estimate
from calliper.stats.fine_gray import fine_gray
from calliper.stats.firth import fit_firth
from calliper.stats.gray import gray_test
from calliper.stats.logrank import logrank
from calliper.stats.nelson_aalen import nelson_aalen
from calliper.stats.survival import kaplan_meier, quantile, reverse_kaplan_meier, rmst
from calliper.summaries.risk_table import risk_table
from properties.cohorts import CAUSES, TIES, cohorts, possible

several = settings(deadline=None, max_examples=40)


@given(st.floats(0.01, 1e6))
def test_one_subject_with_the_event(t):
    km = kaplan_meier(risk_table(np.array([t]), np.array([1])))
    assert (km.at_risk.tolist(), km.survival.tolist()) == ([1], [0])
    assert np.isnan(km.standard_error).all()
    assert np.isnan(km.lower).all()
    assert quantile(km) == Estimate(t, None, None)
    mean = rmst(km, t)
    assert (mean.value, mean.standard_error) == (t, 0)
    na = nelson_aalen(risk_table(np.array([t]), np.array([1])))
    assert (na.hazard.tolist(), na.standard_error.tolist()) == ([1], [1])


@given(st.floats(0.01, 1e6))
def test_one_subject_without_the_event(t):
    table = risk_table(np.array([t]), np.array([0]))
    km = kaplan_meier(table)
    assert (km.survival.tolist(), km.standard_error.tolist()) == ([1], [0])
    assert quantile(km) == Estimate(None, None, None)
    assert quantile(reverse_kaplan_meier(table)).value == t
    with pytest.raises(CannotEstimate, match="follow-up ends at"):
        rmst(km, 2 * t)


@given(st.floats(0.01, 1e6), st.floats(-1e6, 1e6), st.booleans())
@example(1.0, 3.8e-275, True)
def test_no_model_of_one_subject(t, x, event):
    reasons = ["x1 has one value", "x1 has one value", "everyone at risk had the event"]
    for ties, reason in zip(TIES, reasons, strict=True):
        with pytest.raises(CannotEstimate, match=reason if event else "there is no event"):
            fit_cox(np.array([t]), np.array([event]), np.array([[x]]), ties=ties)
    with pytest.raises(CannotEstimate, match="no two patients can be compared"):
        concordance(np.array([t]), np.array([event]), np.array([x]))
    alone = {"a": risk_table(np.array([t]), np.array([event])), "b": risk_table(np.array([]), np.array([]))}
    with pytest.raises(CannotEstimate, match="no log-rank test"):
        logrank(alone)


@several
@given(cohorts)
def test_nobody_with_the_event(cohort):
    cohort = cohort.rows(np.arange(cohort.time.size))
    cohort.cause[:] = "censored"
    km = kaplan_meier(cohort.table)
    assert (km.survival == 1).all()
    assert (km.standard_error == 0).all()
    assert quantile(km) == Estimate(None, None, None)
    assert nelson_aalen(cohort.table).hazard.tolist() == [0] * km.time.size
    for table in cohort.causes.values():
        if table.n:
            assert (cumulative_incidence(table, "pd").incidence == 0).all()
    with pytest.raises(CannotEstimate, match="no event in any group"):
        logrank(cohort.tables)
    with pytest.raises(CannotEstimate, match="no event of cause 'pd' in any group"):
        gray_test(cohort.causes, "pd")
    for ties in TIES:
        with pytest.raises(CannotEstimate, match="there is no event"):
            fit_cox(cohort.time, cohort.event, cohort.X, ties=ties)
    with pytest.raises(CannotEstimate, match="there is no event"):
        fit_firth(cohort.time, cohort.event, cohort.X)
    with pytest.raises(CannotEstimate, match="no patient has the event by 'pd'"):
        fine_gray(cohort.time, cohort.cause, cohort.X, of="pd", causes=CAUSES)
    with pytest.raises(CannotEstimate, match="no two patients can be compared"):
        concordance(cohort.time, cohort.event, cohort.X[:, 0])


@several
@given(cohorts, st.data())
def test_one_event(cohort, data):
    """By hand: of n at risk, n_a of them in the event's group, chi2 = (1 - n_a / n) / (n_a / n) of two groups."""
    who = data.draw(st.integers(0, cohort.time.size - 1))
    cohort = cohort.rows(np.arange(cohort.time.size))
    cohort.cause[:], cohort.cause[who] = "censored", "pd"
    exposed = cohort.time >= cohort.time[who]
    n = int(exposed.sum())
    km = kaplan_meier(cohort.table)
    assert km.survival[-1] == pytest.approx(1 - 1 / n, rel=1e-15)
    if n > 1:
        assert km.standard_error[-1] == pytest.approx(math.sqrt((n - 1) / n**3), rel=1e-12)
    own = cohort.group == cohort.group[who]
    share = (own & exposed).sum() / n
    names = np.where(own, "a", "b").astype(object)
    two = cohort.with_patient(1, "censored", "c", (0, 0)).rows(np.arange(cohort.time.size))
    two.group[:] = names
    test = possible(logrank, {name: two.tables[name] for name in "ab"})
    assert (test is None) == (share == 1)
    if test:
        assert test.chi2 == pytest.approx((1 - share) / share, rel=1e-12)


@several
@given(st.lists(st.integers(-5, 5), min_size=2, max_size=12), st.integers(-5, 5))
def test_a_model_of_one_event(others, x):
    """b has a maximum where the event's x lies between others'; there x is the mean by exp(b x)."""
    values = np.array([x, *others], dtype=float)
    event = np.arange(values.size) == 0
    fit = possible(fit_cox, np.ones(values.size), event, values[:, None])
    assert (fit is not None) == (values.min() < x < values.max())
    if fit:
        risk = np.exp(fit.coefficients[0] * (values - x))
        assert float(risk @ (values - x)) == pytest.approx(0, abs=1e-8 * risk.sum())
        assert fit.loglik == pytest.approx(-math.log(risk.sum()), rel=1e-9, abs=1e-12)
