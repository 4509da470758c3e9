"""Only the order of the times matters to rank statistics; only differences of times to the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.stats.competing_risks import cumulative_incidence
from calliper.stats.cox import concordance, cox_zph
from calliper.stats.fine_gray import fine_gray
from calliper.stats.gray import gray_test
from calliper.stats.logrank import logrank
from calliper.stats.nelson_aalen import nelson_aalen
from calliper.stats.survival import kaplan_meier, quantile, rmst
from properties.cohorts import CAUSES, TIES, Cohort, cohorts, late_cohorts, possible
from properties.same import same_concordance, same_fit, same_test

Clock = Callable[[np.ndarray], np.ndarray]
CLOCKS: dict[str, Clock] = {
    "later": lambda t: t + 7,
    "months": lambda t: t / 30.4375,
    "squared": lambda t: t**2,
    "logarithmic": np.log1p,
    "stretched": lambda t: np.expm1(t / 3),
}
clocks = st.sampled_from(sorted(CLOCKS)).map(lambda name: CLOCKS[name])
several = settings(deadline=None, max_examples=40)


def moved(cohort: Cohort, clock: Clock) -> Cohort:
    return replace(cohort, time=clock(cohort.time), entry=clock(cohort.entry))


def later(cohort: Cohort, clock: Clock) -> Cohort:
    """Everybody still at risk from the start, whatever the start is called."""
    return replace(cohort, time=clock(cohort.time))


@several
@given(cohorts, clocks)
def test_curves(cohort, clock):
    one, two = cohort.table, later(cohort, clock).table
    km, other = kaplan_meier(one), kaplan_meier(two)
    assert km.survival.tolist() == other.survival.tolist()
    assert np.array_equal(km.standard_error, other.standard_error, equal_nan=True)
    assert nelson_aalen(one).hazard.tolist() == nelson_aalen(two).hazard.tolist()
    first = quantile(km, median_flat="first").value
    expected = None if first is None else pytest.approx(float(clock(np.array(first))), rel=1e-12)
    assert quantile(other, median_flat="first").value == expected


@several
@given(late_cohorts, clocks)
def test_log_rank(cohort, clock):
    one, two = (possible(logrank, c.tables) for c in (cohort, moved(cohort, clock)))
    same_test(one, two)


@several
@given(cohorts, clocks)
def test_competing_risks(cohort, clock):
    other = later(cohort, clock)
    for name, table in cohort.causes.items():
        if table.n:
            curves = (cumulative_incidence(t, "pd") for t in (table, other.causes[name]))
            one, two = curves
            assert one.incidence.tolist() == two.incidence.tolist()
            assert one.standard_error.tolist() == two.standard_error.tolist()
    same_test(*(possible(gray_test, c.causes, "pd") for c in (cohort, other)))


@several
@given(late_cohorts, clocks, st.sampled_from(TIES))
def test_cox_with_late_entry(cohort, clock, ties):
    same_fit(cohort.cox(ties), moved(cohort, clock).cox(ties), rel=1e-9)


@several
@given(cohorts, clocks, st.sampled_from(TIES))
def test_cox(cohort, clock, ties):
    same_fit(cohort.cox(ties), later(cohort, clock).cox(ties), rel=1e-9)


@several
@given(cohorts, clocks)
def test_fine_gray(cohort, clock):
    fits = [
        possible(fine_gray, c.time, c.cause, c.X, of="pd", causes=CAUSES)
        for c in (cohort, later(cohort, clock))
    ]
    assert (fits[0] is None) == (fits[1] is None)
    if fits[0]:
        assert fits[1].coefficients == pytest.approx(fits[0].coefficients, rel=1e-9, abs=1e-12)
        assert fits[1].covariance == pytest.approx(fits[0].covariance, rel=1e-9)


@several
@given(cohorts, clocks)
def test_concordance(cohort, clock):
    risk = cohort.X[:, 0]
    same_concordance(*(possible(concordance, c.time, c.event, risk) for c in (cohort, later(cohort, clock))))


@several
@given(cohorts, st.sampled_from(["km", "identity"]), st.sampled_from([0.1, 365.25]), st.integers(0, 9))
def test_proportional_hazards(cohort, transform, unit, start):
    """On the identity scale g is centred and its unit cancels, so that a line through time is a line."""
    fit = cohort.cox()
    if fit is None:
        return
    found = [
        possible(cox_zph, fit, time, cohort.event, cohort.X, transform=transform)
        for time in (cohort.time, (cohort.time + start) * unit)
    ]
    assert (found[0] is None) == (found[1] is None)
    if found[0]:
        assert found[1].overall.chi2 == pytest.approx(found[0].overall.chi2, rel=1e-6, abs=1e-9)


@several
@given(cohorts, st.sampled_from([0.1, 30.4375]), st.integers(0, 9))
def test_a_restricted_mean_is_measured_on_the_clock(cohort, unit, start):
    tau = float(cohort.time.max())
    one = rmst(kaplan_meier(cohort.table), tau)
    two = rmst(kaplan_meier(replace(cohort, time=(cohort.time + start) * unit).table), (tau + start) * unit)
    assert two.value == pytest.approx((one.value + start) * unit, rel=1e-12)
    assert two.standard_error == pytest.approx(one.standard_error * unit, rel=1e-9, abs=1e-12)
