"""The Cox model of many rows equals that of risk sets, which is held against R, by either set of kernels."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.kernels import CompiledKernels, NumpyKernels, is_built
from calliper.stats.cox import fit_cox
from calliper.stats.cox_counted import counted_likelihood, counted_rows, fit_cox_rows
from calliper.stats.cox_summed import fit_cox_summed, summed_likelihood
from calliper.summaries.cox_rows import cox_rows
from calliper.summaries.risk_set_sums import risk_set_sums

BUILT = pytest.mark.skipif(
    not is_built(), reason="no compiler was found at set-up: the C kernels are not built"
)
KERNELS = [
    pytest.param(NumpyKernels(), id="numpy"),
    pytest.param(CompiledKernels(), id="compiled", marks=BUILT),
]
COVARIATES = ["a", "b", "c"]


def cohort(seed: int, n: int, *, times: str, third: str) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    time = rng.exponential(20, n)
    time = {
        "months": np.floor(time),
        "tenths": np.floor(time) * 0.1,
        "continuous": time,
        "far": np.ceil(time) * 1e6,
    }[times]
    c = {"whole": rng.integers(-3, 4, n), "real": rng.normal(size=n)}[third]
    return pl.DataFrame(
        {
            "time": time,
            "event": rng.integers(0, 2, n),
            "a": rng.integers(0, 2, n),
            "b": rng.integers(20, 80, n),
            "c": c,
            "centre": rng.integers(0, 3, n),
        }
    )


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("times", ["months", "tenths", "continuous", "far"])
@pytest.mark.parametrize("third", ["whole", "real"])
@pytest.mark.parametrize("stratum", [None, "centre"])
def test_equal_to_the_fit_of_risk_sets(kernels, ties, times, third, stratum):
    held = cohort(7, 240, times=times, third=third)
    X = held.select(COVARIATES).to_numpy().astype(float)
    strata = None if stratum is None else held[stratum]
    expected = fit_cox(held["time"], held["event"], X, ties=ties, strata=strata)
    rows = cox_rows(held, time="time", event="event", covariates=COVARIATES, stratum=stratum)
    fit = fit_cox_rows(rows, ties=ties, kernels=kernels)
    assert (fit.n, fit.n_events, fit.ties) == (expected.n, expected.n_events, ties)
    assert fit.coefficients == pytest.approx(expected.coefficients, rel=1e-9)
    assert fit.covariance == pytest.approx(expected.covariance, rel=1e-9, abs=1e-15)
    assert (fit.loglik_null, fit.loglik) == pytest.approx((expected.loglik_null, expected.loglik), rel=1e-12)
    for name in ("score_test", "wald_test", "lrt"):
        assert getattr(fit, name).chi2 == pytest.approx(getattr(expected, name).chi2, rel=1e-9)


@pytest.mark.parametrize("kernels", KERNELS)
@given(seed=st.integers(0, 10_000), n=st.integers(8, 40))
def test_the_likelihood_of_any_small_cohort(kernels, seed, n):
    # Loops over patients: Cox (1972), Efron's denominators.
    held = cohort(seed, n, times="months", third="whole")
    assume(held["event"].sum() > 0)
    rows = counted_rows(cox_rows(held, time="time", event="event", covariates=COVARIATES), kernels=kernels)
    b = np.array([0.4, -0.01, 0.2]) * rows.spread
    found = counted_likelihood(rows, b, efron=True, kernels=kernels)
    x = held.select(COVARIATES).to_numpy().astype(float)
    x = (x - x.mean(axis=0)) / rows.spread
    risk, time, event = np.exp(x @ b), held["time"].to_numpy(), held["event"].to_numpy()
    value, score, information = 0.0, np.zeros(3), np.zeros((3, 3))
    for t in sorted(set(time[event == 1])):
        there, died = time >= t, (time == t) & (event == 1)
        d = died.sum()
        for k in range(d):
            share = there * risk - k / d * died * risk
            total = share.sum()
            mean = share @ x / total
            value -= np.log(total)
            score -= mean
            information += (share[:, None] * x).T @ x / total - np.outer(mean, mean)
        value += (x[died] @ b).sum()
        score += x[died].sum(axis=0)
    assert found.value == pytest.approx(value, rel=1e-11, abs=1e-10)
    assert found.score == pytest.approx(score, rel=1e-9, abs=1e-9)
    assert found.information == pytest.approx(information, rel=1e-9, abs=1e-9)


def test_many_rows_take_the_same_road_from_arrays():
    held = cohort(3, 25_000, times="months", third="real")
    X = held.select(COVARIATES).to_numpy().astype(float)
    counted = fit_cox(held["time"], held["event"], X, strata=held["centre"], names=COVARIATES)
    # Weights of one change nothing and take the way of risk sets.
    plain = fit_cox(held["time"], held["event"], X, strata=held["centre"], weights=np.ones(25_000))
    assert counted.coefficients == pytest.approx(plain.coefficients, rel=1e-9, abs=1e-12)
    assert counted.standard_errors == pytest.approx(plain.standard_errors, rel=1e-10)
    assert counted.loglik == pytest.approx(plain.loglik, rel=1e-12)
    assert counted.names == tuple(COVARIATES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": pl.lit(0)}, "there is no event"),
        ({"a": pl.lit(1)}, "no Cox model: a has one value in all patients at risk"),
        ({"c": pl.col("a") * 2 + 1}, "no Cox model: c is determined by a"),
        (
            {"a": pl.col("event")},
            "no finite hazard ratio for a: every patient with the event had its highest",
        ),
    ],
)
def test_what_cannot_be_estimated_is_said_as_of_few_rows(change, message):
    held = cohort(1, 400, times="months", third="whole").with_columns(**change)
    rows = cox_rows(held, time="time", event="event", covariates=COVARIATES)
    with pytest.raises(CannotEstimate, match=message):
        fit_cox_rows(rows)
    with pytest.raises(CannotEstimate):
        fit_cox_summed(lambda b, centre: risk_set_sums(rows, b, centre=centre), p=3)
    many = pl.concat([held] * 60)
    with pytest.raises(CannotEstimate, match=message):
        fit_cox(
            many["time"], many["event"], many.select(COVARIATES).to_numpy().astype(float), names=COVARIATES
        )


@pytest.mark.parametrize("kernels", KERNELS)
def test_combinations_that_nobody_has_do_not_count(kernels):
    # Two days a day apart at the most: of a million combinations few occur, and exp(x'b) of the others is beyond
    # floating point.
    rng = np.random.default_rng(3)
    n = 150_000
    first, later = rng.integers(0, 900, n), rng.integers(0, 2, n)
    time = np.ceil(rng.exponential(50 * np.exp(-later)))
    held = pl.DataFrame({"time": time, "event": np.ones(n, bool), "a": first, "b": first + later})
    b = np.array([-1.0, 1.0])
    found = []
    for covariates in (held, held.with_columns(pl.col("a", "b") + 0.5)):
        rows = cox_rows(covariates, time="time", event="event", covariates=["a", "b"])
        counted = counted_rows(rows, kernels=kernels)
        found.append(counted_likelihood(counted, b * counted.spread, efron=True, kernels=kernels))
    assert found[0].value == pytest.approx(found[1].value, rel=1e-12)
    assert found[0].score == pytest.approx(found[1].score, rel=1e-6)
    assert found[0].information == pytest.approx(found[1].information, rel=1e-6)


def test_whole_numbers_that_floating_point_does_not_tell_apart():
    held = pl.DataFrame({"time": [1, 2, 3, 4], "event": [1, 1, 1, 1], "a": [2**60, 2**60 + 1] * 2})
    with pytest.raises(CannotEstimate, match="a has one value in all patients"):
        fit_cox_rows(cox_rows(held, time="time", event="event", covariates=["a"]))


@pytest.mark.parametrize("unit", [1e200, 1e-200])
def test_a_covariate_that_cannot_be_squared_is_refused(unit):
    held = cohort(1, 40, times="months", third="real").with_columns(c=pl.col("c") * unit)
    message = "c is up to .*; give it in another unit"
    with pytest.raises(CannotEstimate, match=message):
        fit_cox_rows(cox_rows(held, time="time", event="event", covariates=COVARIATES))
    with pytest.raises(CannotEstimate, match=message):
        fit_cox(held["time"], held["event"], held.select(COVARIATES).to_numpy(), names=COVARIATES)


def test_no_patient_and_other_ties_are_refused():
    held = cohort(1, 30, times="months", third="whole")
    with pytest.raises(CannotEstimate, match="there is no patient"):
        fit_cox_rows(cox_rows(held[:0], time="time", event="event", covariates=COVARIATES))
    rows = cox_rows(held, time="time", event="event", covariates=COVARIATES)
    with pytest.raises(ValueError, match="expected efron or breslow"):
        fit_cox_rows(rows, ties="exact")
    with pytest.raises(ValueError, match="expected efron or breslow"):
        fit_cox_summed(lambda b, centre: risk_set_sums(rows, b, centre=centre), p=3, ties="discrete")


def test_the_worked_example_of_the_methods_page():
    held = pl.DataFrame({"t": [2, 2, 5], "e": [1, 0, 1], "x": [1, 0, 3]})
    sums = risk_set_sums(cox_rows(held, time="t", event="e", covariates=["x"]), [np.log(2)])
    found = summed_likelihood(sums, ties="efron")
    assert found.value == pytest.approx(4 * np.log(2) - np.log(8) - np.log(11), rel=1e-14)
    assert found.score == pytest.approx([4 - 24 / 8 - 26 / 11], rel=1e-14)
    assert found.information == pytest.approx(np.array([[74 / 11 - (26 / 11) ** 2]]), rel=1e-13)


def test_sums_of_covariates_whose_combinations_lie_far_apart():
    # Day of diagnosis and of treatment, a few days apart: most combinations of the two nobody has.
    rng = np.random.default_rng(8)
    diagnosed = rng.integers(0, 900, 300)
    held = pl.DataFrame(
        {
            "time": rng.integers(1, 60, 300),
            "event": rng.integers(0, 2, 300),
            "a": diagnosed,
            "b": diagnosed + rng.integers(0, 4, 300),
        }
    )
    rows = cox_rows(held, time="time", event="event", covariates=["a", "b"])
    X = held.select("a", "b").to_numpy().astype(float)
    b, centre = np.array([-2.0, 2.0]), X.mean(axis=0)
    sums = risk_set_sums(rows, b, centre=centre)
    assert sums.left[:, 0].sum() == pytest.approx(np.exp((X - centre) @ b).sum(), rel=1e-10)
    fit = fit_cox_summed(lambda b, centre: risk_set_sums(rows, b, centre=centre), p=2)
    expected = fit_cox(held["time"], held["event"], X)
    assert fit.coefficients == pytest.approx(expected.coefficients, rel=1e-7)
    with pytest.raises(ValueError, match="expected one at which hazards can be told"):
        risk_set_sums(rows, np.array([5.0, 5.0]))
