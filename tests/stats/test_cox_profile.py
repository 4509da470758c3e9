"""Profile likelihood and Firth's penalty, against R's likelihood climbed otherwise, and by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.cox import cox_data, fit_cox
from calliper.stats.firth import firth_hazard_ratio, fit_firth
from calliper.stats.profile_likelihood import profile_hazard_ratio

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "cox.json").read_text())
COHORT = {name: np.array(values) for name, values in R["cohort"].items()}
TIME, EVENT = COHORT["time"], COHORT["event"]
X = np.column_stack([COHORT["x"], COHORT["z"]]).astype(float)
HALF = 3.841458820694124 / 2


@pytest.mark.parametrize("case", R["profiles"])
def test_profile_limits(case):
    ties = {"exact": "discrete"}.get(case["ties"], case["ties"])
    entry = COHORT["entry"] if case["entry"] else None
    fit, data = fit_cox(TIME, EVENT, X, ties=ties, entry=entry), cox_data(TIME, EVENT, X, entry=entry)
    for index, (lower, upper, chi2) in enumerate(case["limits"]):
        ratio = profile_hazard_ratio(fit, data, index)
        assert ratio.value == pytest.approx(math.exp(fit.coefficients[index]), rel=1e-12)
        assert [ratio.lower, ratio.upper] == pytest.approx([math.exp(lower), math.exp(upper)], rel=1e-8)
        assert ratio.chi2 == pytest.approx(chi2, rel=1e-8)


def test_profile_limits_of_one_covariate_by_hand():
    # A: 6, 9+, 13, 18, 22+, 30; B: 4, 7, 8, 12, 15+, 20. At risk in A and B at each event, as in cox.md.
    time = np.array([6, 9, 13, 18, 22, 30, 4, 7, 8, 12, 15, 20.0])
    event = np.array([1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1])
    at_risk = [(6, 6), (6, 5), (5, 5), (5, 4), (4, 3), (4, 2), (3, 1), (2, 1), (1, 0)]

    def loglik(b):
        return 4 * b - sum(math.log(a * math.exp(b) + c) for a, c in at_risk)

    arm = np.repeat([1.0, 0.0], 6)[:, None]
    fit = fit_cox(time, event, arm)
    ratio = profile_hazard_ratio(fit, cox_data(time, event, arm), 0)
    best = loglik(math.log(ratio.value))
    for limit in (ratio.lower, ratio.upper):
        assert best - loglik(math.log(limit)) == pytest.approx(HALF, rel=1e-9)
    assert ratio.lower < ratio.value < ratio.upper
    assert (ratio.chi2, ratio.p) == pytest.approx((fit.lrt.chi2, fit.lrt.p), rel=1e-9)
    wide = profile_hazard_ratio(fit, cox_data(time, event, arm), 0, confidence=0.99)
    assert wide.lower < ratio.lower < ratio.upper < wide.upper


def rare():
    level = np.zeros(60)
    level[np.flatnonzero(EVENT == 0)[:4]] = 1
    return np.column_stack([COHORT["x"], level])


@pytest.mark.parametrize("case", R["firth"])
def test_a_level_without_events(case):
    columns = {
        "entry": COHORT["entry"] if case["entry"] else None,
        "strata": COHORT["centre"] if case["strata"] else None,
    }
    with pytest.raises(CannotEstimate, match="no finite hazard ratio for x2"):
        fit_cox(TIME, EVENT, rare(), ties=case["ties"], **columns)
    fit = fit_firth(TIME, EVENT, rare(), ties=case["ties"], **columns)
    # R's optimum is only as sharp as optim makes it; its limits are roots.
    assert fit.coefficients == pytest.approx(case["coef"], abs=2e-6)
    assert fit.covariance == pytest.approx(np.array(case["var"]), rel=2e-6)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(case["loglik"], rel=1e-10)
    for index, (lower, upper, chi2) in enumerate(case["limits"]):
        ratio = firth_hazard_ratio(fit, cox_data(TIME, EVENT, rare(), **columns), index)
        assert np.log([ratio.lower, ratio.upper]) == pytest.approx([lower, upper], rel=1e-7)
        assert ratio.chi2 == pytest.approx(chi2, rel=1e-8)


def test_one_patient_against_another_by_hand():
    # The only event is that of the patient with x = 1: with q = w / (w + 1), l* = log q + log(q (1 - q)) / 2,
    # which is highest where 3 / (2 q) = 1 / (2 (1 - q)): q = 3/4, b = log 3, I = 3/16.
    time, event, x = np.array([1.0, 2.0]), np.array([1, 0]), np.array([[1.0], [0.0]])
    fit = fit_firth(time, event, x)
    assert fit.coefficients[0] == pytest.approx(math.log(3), rel=1e-9)
    assert fit.standard_errors[0] == pytest.approx(4 / math.sqrt(3), rel=1e-9)

    def penalised(b):
        q = 1 / (1 + math.exp(-b))
        return 1.5 * math.log(q) + 0.5 * math.log(1 - q)

    best = penalised(math.log(3))
    assert fit.loglik == pytest.approx(best, rel=1e-12)
    assert fit.loglik_null == pytest.approx(2 * math.log(0.5), rel=1e-12)
    ratio = firth_hazard_ratio(fit, cox_data(time, event, x), 0)
    for limit in (ratio.lower, ratio.upper):
        assert best - penalised(math.log(limit)) == pytest.approx(HALF, rel=1e-8)
    assert ratio.chi2 == pytest.approx(2 * (best - penalised(0)), rel=1e-10)
    assert ratio.chi2 == pytest.approx(fit.lrt.chi2, rel=1e-10)


def slow_penalised(time, event, columns, stratum, b, *, ties):
    """l + log|I| / 2, one event and one patient at a time."""
    value, information = 0.0, np.zeros((b.size, b.size))
    for s in np.unique(stratum):
        for t in np.unique(time[(event == 1) & (stratum == s)]):
            rows = np.flatnonzero((time >= t) & (stratum == s))
            happened = [i for i in rows if time[i] == t and event[i]]
            for k, own in enumerate(happened):
                f = k / len(happened) if ties == "efron" else 0.0
                weight = {i: math.exp(columns[i] @ b) * (1 - f * (i in happened)) for i in rows}
                total = sum(weight.values())
                mean = sum(weight[i] * columns[i] for i in rows) / total
                value += columns[own] @ b - math.log(total)
                for i in rows:
                    information += weight[i] / total * np.outer(columns[i] - mean, columns[i] - mean)
    return value + np.linalg.slogdet(information)[1] / 2


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["efron", "breslow"]))
def test_the_penalised_likelihood_is_level_at_the_fit(seed, ties):
    rng = np.random.default_rng(seed)
    time, event, stratum = np.ceil(rng.exponential(5, 24)), rng.integers(0, 2, 24), rng.integers(0, 2, 24)
    columns = np.column_stack([rng.normal(size=24), rng.integers(0, 2, 24)])
    try:
        fit = fit_firth(time, event, columns, strata=stratum, ties=ties)
    except CannotEstimate:
        assume(False)
    b = fit.coefficients

    def at(point):
        return slow_penalised(time, event, columns, stratum, point, ties=ties)

    assert fit.loglik == pytest.approx(at(b), rel=1e-9)
    for j in range(2):
        # In standard errors, so that a step of 1e-4 is small for the coefficient.
        step = 1e-4 * fit.standard_errors[j] * np.eye(2)[j]
        assert (at(b + step) - at(b - step)) / 2e-4 == pytest.approx(0, abs=1e-5)
        assert at(b + 500 * step) < at(b) > at(b - 500 * step)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.randoms())
def test_order_unit_and_coding_do_not_matter(seed, random):
    rng = np.random.default_rng(seed)
    level = rng.integers(0, 2, 60)
    columns = np.column_stack([COHORT["x"], level])
    one = fit_firth(TIME, EVENT, columns)
    order = random.sample(range(60), 60)
    two = fit_firth(TIME[order] * 30.4375, EVENT[order], columns[order])
    assert two.coefficients == pytest.approx(one.coefficients, rel=1e-6, abs=1e-8)
    other = fit_firth(TIME, EVENT, np.column_stack([10 * COHORT["x"] + 500, 1 - level]))
    assert other.coefficients == pytest.approx(one.coefficients * [0.1, -1], rel=1e-6, abs=1e-8)
    assert other.lrt.chi2 == pytest.approx(one.lrt.chi2, rel=1e-7, abs=1e-8)


def test_a_hundred_times_the_patients_need_no_penalty():
    # The penalty stays while the likelihood grows, in strata alike: the penalised fit nears the ordinary one.
    copies = 100
    strata = np.repeat(np.arange(copies), 60)
    many = np.tile(TIME, copies), np.tile(EVENT, copies), np.tile(X, (copies, 1))
    plain, penalised = fit_cox(*many, strata=strata), fit_firth(*many, strata=strata)
    single = fit_firth(TIME, EVENT, X)
    gap = np.abs(penalised.coefficients - plain.coefficients)
    assert (gap < 0.02 * np.abs(single.coefficients - plain.coefficients)).all()


def test_what_is_refused():
    with pytest.raises(ValueError, match="ties is 'discrete'; expected efron or breslow"):
        fit_firth(TIME, EVENT, X, ties="discrete")
    with pytest.raises(CannotEstimate, match="no Cox model: x2 is determined by x1"):
        fit_firth(TIME, EVENT, np.column_stack([X[:, 0], 2 * X[:, 0]]))
    with pytest.raises(CannotEstimate, match="there is no event"):
        fit_firth(TIME, 0 * EVENT, X)
    fit, data = fit_cox(TIME, EVENT, X), cox_data(TIME[1:], EVENT[1:], X[1:])
    with pytest.raises(ValueError, match="the model was fitted to"):
        profile_hazard_ratio(fit, data, 0)
    with pytest.raises(ValueError, match="fitted to other data"):
        firth_hazard_ratio(fit_firth(TIME, EVENT, X), data, 0)
    with pytest.raises(ValueError, match="weights with a penalised likelihood"):
        firth_hazard_ratio(fit_firth(TIME, EVENT, X), cox_data(TIME, EVENT, X, weights=COHORT["w"]), 0)
