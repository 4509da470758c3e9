"""Order of rows, names, intervals cut in two, and patients who leave before anything happens change nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.stats.competing_risks import cumulative_incidence
from calliper.stats.cox import concordance, cox_data, cox_zph, fit_cox
from calliper.stats.cox_residuals import martingale_residuals
from calliper.stats.cox_robust import robust_fit
from calliper.stats.fine_gray import fine_gray
from calliper.stats.firth import fit_firth
from calliper.stats.gray import gray_test
from calliper.stats.logrank import logrank
from calliper.stats.nelson_aalen import nelson_aalen
from calliper.stats.survival import kaplan_meier, quantile, rmst
from properties.cohorts import CAUSES, GROUPS, TIES, Cohort, cohorts, late_cohorts, possible
from properties.same import same_concordance, same_fit, same_test

several = settings(deadline=None, max_examples=40)


@several
@given(late_cohorts, st.randoms(use_true_random=False), st.sampled_from(TIES))
def test_order_of_rows(cohort, random, ties):
    order = np.array(random.sample(range(cohort.time.size), cohort.time.size))
    other = cohort.rows(order)
    assert kaplan_meier(cohort.table).survival.tolist() == kaplan_meier(other.table).survival.tolist()
    same_test(*(possible(logrank, c.tables) for c in (cohort, other)), rel=1e-12)
    same_fit(cohort.cox(ties), other.cox(ties))


@several
@given(cohorts, st.sampled_from([0.1, 1 / 3, 1 / 30.4375]), st.integers(0, 10**6), st.sampled_from(TIES))
def test_ties_survive_the_rounding_of_a_unit(cohort, unit, seed, ties):
    """Times that are one, each multiplied and then off by another rounding error, are one time still."""
    noise = np.random.default_rng(seed).uniform(-3e-15, 3e-15, cohort.time.size)
    other = replace(cohort, time=cohort.time * unit * (1 + noise))
    km, rounded = kaplan_meier(cohort.table), kaplan_meier(other.table)
    assert km.survival.tolist() == rounded.survival.tolist()
    assert (km.events.tolist(), km.censored.tolist()) == (rounded.events.tolist(), rounded.censored.tolist())
    same_test(*(possible(logrank, c.tables) for c in (cohort, other)), rel=1e-12)
    same_test(*(possible(gray_test, c.causes, "pd") for c in (cohort, other)))
    same_fit(cohort.cox(ties), other.cox(ties), rel=1e-9)
    same_concordance(*(possible(concordance, c.time, c.event, c.X[:, 0]) for c in (cohort, other)))
    fits = [possible(fine_gray, c.time, c.cause, c.X, of="pd", causes=CAUSES) for c in (cohort, other)]
    assert (fits[0] is None) == (fits[1] is None)
    if fits[0] and fits[1]:
        assert fits[1].covariance == pytest.approx(fits[0].covariance, rel=1e-9)


@several
@given(cohorts, st.permutations(GROUPS))
def test_names_of_groups(cohort, names):
    renamed = dict(zip(GROUPS, names, strict=True))
    for test, tables in ((logrank, cohort.tables), (lambda t: gray_test(t, "pd"), cohort.causes)):
        # Named by `renamed`, and in the order of the new names.
        others = {renamed[name]: table for name, table in tables.items()}
        one, two = possible(test, tables), possible(test, dict(sorted(others.items())))
        assert (one is None) == (two is None)
        if one and two and np.linalg.cond(np.array(one.variance)[1:, 1:] + 1e-300) < 1e6:
            assert (two.chi2, two.df) == (pytest.approx(one.chi2, rel=1e-6, abs=1e-9), one.df)
            moved = dict(zip(two.groups, two.expected))
            assert [moved[renamed[g]] for g in one.groups] == pytest.approx(one.expected, abs=1e-12)


def cut(cohort: Cohort, places: list[float]) -> tuple[Cohort, np.ndarray]:
    """Each patient's interval (entry, time] in two, at a share of it; the first piece ends without event."""
    n = cohort.time.size
    shares = np.resize(np.array(places), n)
    middle = cohort.entry + shares * (cohort.time - cohort.entry)
    censored = np.full(n, "censored", dtype=object)
    pieces = Cohort(
        entry=np.concatenate([cohort.entry, middle]),
        time=np.concatenate([middle, cohort.time]),
        cause=np.concatenate([censored, cohort.cause]),
        group=np.tile(cohort.group, 2),
        X=np.tile(cohort.X, (2, 1)),
    )
    return pieces, np.tile(np.arange(n), 2)


@several
@given(
    late_cohorts, st.lists(st.sampled_from([0.25, 0.5, 0.8]), min_size=1, max_size=5), st.sampled_from(TIES)
)
def test_intervals_cut_in_two(cohort, places, ties):
    pieces, patient = cut(cohort, places)
    km, other = kaplan_meier(cohort.table), kaplan_meier(pieces.table)
    assert km.survival[km.events > 0].tolist() == other.survival[other.events > 0].tolist()
    assert np.array_equal(
        km.standard_error[km.events > 0], other.standard_error[other.events > 0], equal_nan=True
    )
    same_test(*(possible(logrank, c.tables) for c in (cohort, pieces)))
    one, two = cohort.cox(ties), pieces.cox(ties)
    same_fit(one, two)
    if one is None or two is None or ties == "discrete":
        return
    whole = cox_data(cohort.time, cohort.event, cohort.X, entry=cohort.entry)
    parts = cox_data(pieces.time, pieces.event, pieces.X, entry=pieces.entry)
    own = martingale_residuals(one, whole)
    found = np.bincount(patient, weights=martingale_residuals(two, parts))
    assert found == pytest.approx(own, rel=1e-6, abs=1e-7)
    robust = [
        possible(robust_fit, one, whole),
        possible(robust_fit, two, parts, cluster=patient),
    ]
    if robust[0] and robust[1]:
        assert robust[1].standard_errors == pytest.approx(robust[0].standard_errors, rel=1e-5)


@several
@given(cohorts, st.sampled_from(GROUPS), st.integers(-9, 9), st.sampled_from(TIES))
def test_a_patient_censored_at_time_zero(cohort, group, x, ties):
    other = cohort.with_patient(0, "censored", group, (float(x), 1.0))
    km, more = kaplan_meier(cohort.table), kaplan_meier(other.table)
    assert more.survival[1:].tolist() == km.survival.tolist()
    assert np.array_equal(more.standard_error[1:], km.standard_error, equal_nan=True)
    assert quantile(more) == quantile(km)
    tau = float(cohort.time.max())
    assert rmst(more, tau).value == pytest.approx(rmst(km, tau).value, rel=1e-14)
    assert nelson_aalen(other.table).hazard[1:].tolist() == nelson_aalen(cohort.table).hazard.tolist()
    same_test(*(possible(logrank, c.tables) for c in (cohort, other)), rel=1e-12)
    same_test(*(possible(gray_test, c.causes, "pd") for c in (cohort, other)))
    one, two = cohort.cox(ties), other.cox(ties)
    same_fit(one, two)
    if one and two and ties != "discrete":
        data = cox_data(other.time, other.event, other.X)
        assert martingale_residuals(two, data)[-1] == 0
        zph = [
            possible(cox_zph, fit, c.time, c.event, c.X, transform="identity")
            for fit, c in ((one, cohort), (two, other))
        ]
        assert (zph[0] is None) == (zph[1] is None)
        if zph[0] and zph[1]:
            assert zph[1].overall.chi2 == pytest.approx(zph[0].overall.chi2, rel=1e-5, abs=1e-8)
    same_concordance(*(possible(concordance, c.time, c.event, c.X[:, 0]) for c in (cohort, other)))


@several
@given(cohorts, st.sampled_from(GROUPS), st.integers(-9, 9))
def test_a_patient_censored_at_time_zero_of_competing_risks(cohort, group, x):
    other = cohort.with_patient(0, "censored", group, (float(x), 1.0))
    for name, table in cohort.causes.items():
        if table.n:
            one, two = (cumulative_incidence(t, "pd") for t in (table, other.causes[name]))
            extra = two.time.size - one.time.size
            assert two.incidence[extra:].tolist() == one.incidence.tolist()
            assert two.standard_error[extra:].tolist() == one.standard_error.tolist()
    fits = [possible(fine_gray, c.time, c.cause, c.X, of="pd", causes=CAUSES) for c in (cohort, other)]
    assert (fits[0] is None) == (fits[1] is None)
    if fits[0] and fits[1]:
        assert fits[1].coefficients == pytest.approx(fits[0].coefficients, rel=1e-7, abs=1e-9)
        assert fits[1].standard_errors == pytest.approx(fits[0].standard_errors, rel=1e-6)
    penalised = [possible(fit_firth, c.time, c.event, c.X) for c in (cohort, other)]
    assert (penalised[0] is None) == (penalised[1] is None)
    if penalised[0] and penalised[1]:
        assert penalised[1].coefficients == pytest.approx(penalised[0].coefficients, rel=1e-6, abs=1e-7)


@several
@given(cohorts)
def test_someone_who_leaves_before_the_first_event(cohort):
    """Left before anything happened: not at risk at any event, so that no estimate moves."""
    first = cohort.time[cohort.event].min(initial=np.inf)
    stays = cohort.event | (cohort.time >= first)
    if not stays.any():
        return
    other = cohort.rows(np.flatnonzero(stays))
    same_test(*(possible(logrank, c.tables) for c in (cohort, other)), rel=1e-12)
    for ties in TIES:
        one, two = (possible(fit_cox, c.time, c.event, c.X, ties=ties) for c in (cohort, other))
        same_fit(one, two)
