"""Late entry, weights, residuals, robust variance and baseline hazards against R, and their properties."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.baseline_hazard import cumulative_hazard
from calliper.stats.cox import cox_data, cox_zph, fit_cox, wald_test
from calliper.stats.cox_discrete import discrete_likelihood
from calliper.stats.cox_residuals import (
    deviance_residuals,
    dfbeta,
    martingale_residuals,
    scaled_schoenfeld_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from calliper.stats.cox_robust import robust_fit
from calliper.stats.partial_likelihood import likelihood

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "cox.json").read_text())
CASES = [case for case in R["cases"] if case["ties"] != "exact"]
COHORT = {name: np.array(values) for name, values in R["cohort"].items()}
X = np.column_stack([COHORT["x"], COHORT["z"]]).astype(float)


def name_of(case):
    return " ".join([case["ties"], *(word for word in ("entry", "strata", "weighted") if case[word])])


def columns(case):
    return {
        "entry": COHORT["entry"] if case["entry"] else None,
        "strata": COHORT["centre"] if case["strata"] else None,
        "weights": COHORT["w"] if case["weighted"] else None,
    }


def fitted(case):
    time, event = COHORT["time"], COHORT["event"]
    fit = fit_cox(time, event, X, ties=case["ties"], names=["x", "z"], **columns(case))
    return fit, cox_data(time, event, X, **columns(case))


def close(found, expected, rel=1e-8):
    assert np.asarray(found) == pytest.approx(np.array(expected, dtype=float), rel=rel, abs=1e-11)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_fit_with_late_entry_and_weights(case):
    fit, _ = fitted(case)
    close(fit.coefficients, case["coef"])
    close(fit.covariance, case["var"])
    close([fit.loglik_null, fit.loglik], case["loglik"])
    close([fit.score_test.chi2, fit.wald_test.chi2], [case["score_test"], case["wald_test"]])
    for transform, table in zip(("km", "identity"), case["zph"]):
        zph = cox_zph(fit, COHORT["time"], COHORT["event"], X, transform=transform, **columns(case))
        close([(test.chi2, test.df, test.p) for test in (*zph.terms.values(), zph.overall)], table)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_residuals(case):
    fit, data = fitted(case)
    close(martingale_residuals(fit, data), case["martingale"])
    close(deviance_residuals(fit, data), case["deviance"])
    close(score_residuals(fit, data), case["score"])
    close(dfbeta(fit, data), case["dfbeta"])
    plain, scaled = schoenfeld_residuals(fit, data), scaled_schoenfeld_residuals(fit, data)
    close(plain.time, case["schoenfeld_time"])
    close(plain.values, case["schoenfeld"])
    close(scaled.values, case["scaledsch"])


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_robust_variance(case):
    fit, data = fitted(case)
    close(robust_fit(fit, data).covariance, case["robust"])
    clustered = robust_fit(fit, data, cluster=COHORT["id"])
    close(clustered.covariance, case["clustered"])
    close(clustered.standard_errors**2, np.diag(case["clustered"]))
    close(clustered.wald_test.chi2, case["clustered_wald"])
    close(wald_test(clustered, [0, 1]).chi2, case["clustered_wald"])
    assert (fit.variance, clustered.variance) == ("model", "robust")
    # What the sandwich is made of does not depend on the variance that the fit reports.
    close(robust_fit(clustered, data, cluster=COHORT["id"]).covariance, case["clustered"])


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_cumulative_hazard(case):
    fit, data = fitted(case)
    for column, at in enumerate(R["at"]):
        curves = cumulative_hazard(fit, data, at=at)
        assert len(curves) == len(case["curve"])
        for curve, theirs in zip(curves, case["curve"]):
            # R has a row for each time, ours only those with an event.
            rows = [theirs["time"].index(time) for time in curve.time]
            close(curve.hazard, np.array(theirs["cumhaz"])[rows, column])
            close(curve.standard_error, np.array(theirs["se"])[rows, column])
            close(curve.survival, np.exp(-curve.hazard))
    baseline = cumulative_hazard(fit, data)
    close(baseline[0].hazard, cumulative_hazard(fit, data, at=[0, 0])[0].hazard)


def test_late_entry_by_hand():
    # (0, 2] event, x = 1; (0, 4] event, x = 0; (3, 5] event, x = 1; (2, 6] censored, x = 0. At 2 the first
    # two are at risk: the last enters then. At 4: all but the first; at 5: the last two. With w = exp(b):
    # 2 events with x = 1 = w / (w + 1) + w / (w + 2) + w / (w + 1), so that w^2 - w - 4 = 0.
    time, event, entry = np.array([2, 4, 5, 6.0]), np.array([1, 1, 1, 0]), np.array([0, 0, 3, 2.0])
    fit = fit_cox(time, event, np.array([[1.0], [0], [1], [0]]), entry=entry)
    assert np.exp(fit.coefficients[0]) == pytest.approx((1 + 17**0.5) / 2, rel=1e-10)
    assert fit.loglik_null == pytest.approx(-np.log(2 * 3 * 2), rel=1e-12)


def random_intervals(seed):
    rng = np.random.default_rng(seed)
    entry = np.floor(rng.exponential(4, 40))
    time = entry + np.ceil(rng.exponential(8, 40))
    design = np.column_stack([rng.normal(size=40), rng.integers(0, 2, 40)])
    return time, rng.integers(0, 2, 40), design, entry, rng.integers(0, 2, 40), rng.uniform(0.5, 2, 40)


COHORTS = st.integers(0, 10_000).map(random_intervals)
TIES = st.sampled_from(["efron", "breslow"])


def settled(*args, **kwargs):
    try:
        return fit_cox(*args, **kwargs)
    except CannotEstimate:
        assume(False)
        raise


@settings(max_examples=25, deadline=None)
@given(COHORTS, TIES)
def test_cutting_follow_up_changes_nothing(rows, ties):
    # One row (entry, time] is two rows, (entry, cut] without an event and (cut, time]; one cluster.
    time, event, design, entry, stratum, weight = rows
    one = settled(time, event, design, entry=entry, strata=stratum, weights=weight, ties=ties)
    cut = (entry + time) / 2
    two = {
        "time": np.concatenate([cut, time]),
        "event": np.concatenate([0 * event, event]),
        "X": np.tile(design, (2, 1)),
        "entry": np.concatenate([entry, cut]),
        "strata": np.tile(stratum, 2),
        "weights": np.tile(weight, 2),
    }
    both = settled(**two, ties=ties)
    close(both.coefficients, one.coefficients, rel=1e-7)
    close(both.loglik, one.loglik)
    close(both.covariance, one.covariance, rel=1e-7)
    data = cox_data(time, event, design, entry=entry, strata=stratum, weights=weight)
    again = robust_fit(both, cox_data(**two), cluster=np.tile(np.arange(40), 2))
    close(again.covariance, robust_fit(one, data).covariance, rel=1e-6)
    whole, halves = martingale_residuals(one, data), martingale_residuals(both, cox_data(**two))
    assert halves[:40] + halves[40:] == pytest.approx(whole, abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(COHORTS, TIES)
def test_residuals_sum_to_nothing_and_weights_of_one_are_none(rows, ties):
    time, event, design, entry, stratum, weight = rows
    fit = settled(time, event, design, entry=entry, strata=stratum, weights=weight, ties=ties)
    data = cox_data(time, event, design, entry=entry, strata=stratum, weights=weight)
    assert weight @ martingale_residuals(fit, data) == pytest.approx(0, abs=1e-9)
    assert weight @ score_residuals(fit, data) == pytest.approx(np.zeros(2), abs=1e-6)
    plain = settled(time, event, design, entry=entry, strata=stratum, ties=ties)
    ones = settled(time, event, design, entry=entry, strata=stratum, weights=np.ones(40), ties=ties)
    threes = settled(time, event, design, entry=entry, strata=stratum, weights=np.full(40, 3.0), ties=ties)
    assert ones.coefficients.tolist() == plain.coefficients.tolist()
    close(threes.coefficients, plain.coefficients, rel=1e-7)
    close(threes.covariance, plain.covariance / 3, rel=1e-7)
    # The sandwich does not take three for thrice the patients.
    loose = cox_data(time, event, design, entry=entry, strata=stratum)
    tripled = cox_data(time, event, design, entry=entry, strata=stratum, weights=np.full(40, 3.0))
    close(robust_fit(threes, tripled).covariance, robust_fit(plain, loose).covariance, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(COHORTS, TIES, st.randoms())
def test_order_and_names_of_strata_and_clusters_do_not_matter(rows, ties, random):
    time, event, design, entry, stratum, weight = rows
    cluster = np.arange(40) % 15
    fit = settled(time, event, design, entry=entry, strata=stratum, weights=weight, ties=ties)
    data = cox_data(time, event, design, entry=entry, strata=stratum, weights=weight)
    order = random.sample(range(40), 40)
    named = np.array(["west", "east"], dtype=object)[stratum]
    moved = {"entry": entry[order], "strata": named[order], "weights": weight[order]}
    other = settled(time[order], event[order], design[order], ties=ties, **moved)
    other_data = cox_data(time[order], event[order], design[order], **moved)
    close(other.coefficients, fit.coefficients, rel=1e-6)
    residual, other_residual = martingale_residuals(fit, data), martingale_residuals(other, other_data)
    assert other_residual == pytest.approx(residual[order], abs=1e-7)
    robust = robust_fit(fit, data, cluster=cluster)
    again = robust_fit(other, other_data, cluster=np.array([f"patient {label}" for label in cluster[order]]))
    close(again.covariance, robust.covariance, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(COHORTS, st.sampled_from(["efron", "breslow", "discrete"]))
def test_likelihoods_of_strata_add(rows, ties):
    time, event, design, entry, stratum, _ = rows
    b, parts = np.array([0.3, -0.8]), [stratum == label for label in np.unique(stratum)]
    assume(all(event[part].any() for part in parts))
    function = discrete_likelihood if ties == "discrete" else likelihood

    def at(chosen):
        data = cox_data(
            time[chosen], event[chosen], design[chosen], entry=entry[chosen], strata=stratum[chosen]
        )
        sets = data.risk_sets(ties)
        return function(sets, data.X[sets.order], b)

    whole, each = at(np.ones(40, dtype=bool)), [at(part) for part in parts]
    assert whole.value == pytest.approx(sum(part.value for part in each), rel=1e-11)
    assert whole.score == pytest.approx(sum(part.score for part in each), abs=1e-9)
    assert whole.information == pytest.approx(sum(part.information for part in each), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(COHORTS)
def test_breslow_weights_are_replicated_rows_in_the_estimate(rows):
    time, event, design, entry, stratum, _ = rows
    counts = 1 + stratum
    weighted = settled(time, event, design, entry=entry, weights=counts, ties="breslow")
    rep = np.repeat(np.arange(40), counts)
    replicated = settled(time[rep], event[rep], design[rep], entry=entry[rep], ties="breslow")
    close(weighted.coefficients, replicated.coefficients, rel=1e-7)
    close(weighted.covariance, replicated.covariance, rel=1e-7)


def test_a_hazard_of_hundreds_of_patients_who_come_later_leaves_no_rounding():
    # Two small patients early, then a late and enormous risk: taking the latter off again would lose them.
    time = np.array([1.0, 2, 12, 13, 14])
    design = np.array([[0.0], [0.1], [60], [60.5], [59.5]])
    data = cox_data(time, np.ones(5), design, entry=np.array([0.0, 0, 10, 10, 10]))
    sums = data.risk_sets("breslow").at_risk(np.exp(design[::-1, 0]))
    assert sums[-1] == pytest.approx(1 + np.exp(0.1), rel=1e-14)


def test_separation_among_those_who_had_come():
    # The higher values come after the first events: at each event its own is the highest of those at risk.
    time, entry = np.array([2.0, 3, 5, 6, 7, 8]), np.array([0.0, 0, 0, 3, 3, 3])
    x, event = np.array([2.0, 1, 0, 9, 8, 7])[:, None], np.array([1, 1, 0, 1, 1, 0])
    with pytest.raises(CannotEstimate, match=r"no finite hazard ratio for x: .* had its highest value"):
        fit_cox(time, event, x, entry=entry, names=["x"])
    assert np.isfinite(fit_cox(time, event, x, names=["x"]).coefficients).all()


def test_covariates_never_compared_are_refused():
    # Nobody of the first epoch is at risk in the second: a covariate that tells the epochs apart says nothing.
    time, entry = np.array([2, 3, 4, 12, 13, 14.0]), np.array([0, 0, 0, 10, 10, 10.0])
    x, epoch = np.array([0, 1, 0, 1, 0, 1.0]), np.array([0, 0, 0, 1, 1, 1.0])
    with pytest.raises(CannotEstimate, match="no Cox model: epoch has one value in all patients at risk"):
        fit_cox(time, np.ones(6), np.column_stack([x, epoch]), entry=entry, names=["x", "epoch"])


def test_what_is_no_interval_is_refused():
    time, event, design = COHORT["time"], COHORT["event"], X
    late = np.where(np.arange(60) == 3, time, 0)
    with pytest.raises(ValueError, match=r"entry\[3\] is .* expected an entry before the time"):
        fit_cox(time, event, design, entry=late)
    with pytest.raises(ValueError, match=r"entry\[3\] is -1; expected zero or more"):
        fit_cox(time, event, design, entry=np.where(np.arange(60) == 3, -1, 0))
    with pytest.raises(ValueError, match=r"weights\[3\] is 0; expected more than zero"):
        fit_cox(time, event, design, weights=np.where(np.arange(60) == 3, 0, 1))
    with pytest.raises(ValueError, match="60 times and 59 weights"):
        fit_cox(time, event, design, weights=np.ones(59))
    with pytest.raises(ValueError, match="60 times and 59 entries"):
        fit_cox(time, event, design, entry=np.zeros(59))
    fit, data = fitted(CASES[0])
    with pytest.raises(CannotEstimate, match="no robust variance of 2 coefficients from 2 clusters"):
        robust_fit(fit, data, cluster=COHORT["z"])
    with pytest.raises(ValueError, match="60 times and 59 clusters"):
        robust_fit(fit, data, cluster=COHORT["id"][1:])
    with pytest.raises(ValueError, match="the model was fitted to"):
        dfbeta(fit, cox_data(time[1:], event[1:], design[1:]))
    with pytest.raises(ValueError, match="expected 2 finite numbers"):
        cumulative_hazard(fit, data, at=[1.0])
