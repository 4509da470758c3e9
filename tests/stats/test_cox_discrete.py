"""The discrete partial likelihood, against R's ties = "exact", its own definition, and an exact 2 x 2 table."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.cox import cox_data, cox_zph, fit_cox
from calliper.stats.cox_discrete import discrete_likelihood
from calliper.stats.cox_residuals import martingale_residuals

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "cox.json").read_text())
COHORT = {name: np.array(values) for name, values in R["cohort"].items()}
X = np.column_stack([COHORT["x"], COHORT["z"]]).astype(float)


@pytest.mark.parametrize("case", [case for case in R["cases"] if case["ties"] == "exact"])
def test_strata_and_late_entry_of_r(case):
    entry = COHORT["entry"] if case["entry"] else None
    strata = COHORT["centre"] if case["strata"] else None
    fit = fit_cox(COHORT["time"], COHORT["event"], X, ties="discrete", strata=strata, entry=entry)
    assert fit.coefficients == pytest.approx(case["coef"], rel=1e-8)
    assert fit.covariance == pytest.approx(np.array(case["var"]), rel=1e-8)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(case["loglik"], rel=1e-10)
    assert fit.score_test.chi2 == pytest.approx(case["score_test"], rel=1e-8)
    assert fit.wald_test.chi2 == pytest.approx(case["wald_test"], rel=1e-8)


def test_one_time_is_the_conditional_odds_ratio_of_a_table():
    # Fisher's tea: 3 of 4 and 1 of 4. Of the 70 ways to choose 4, C(4,k) C(4,4-k) = 1, 16, 36, 16, 1 hold k
    # with x = 1, so that sum (k - 3) C w^k = w^4 - 36 w^2 - 32 w - 3 = 0 has w at its positive root. R's manual
    # page of fisher.test prints the conditional estimate 6.408309, a root to about 1e-5.
    x, event = np.repeat([1.0, 0.0], 4)[:, None], np.array([1, 1, 1, 0, 1, 0, 0, 0])
    fit = fit_cox(np.ones(8), event, x, ties="discrete")
    w = max(np.roots([1, 0, -36, -32, -3]).real)
    assert w == pytest.approx(6.408309, abs=2e-5)
    assert math.exp(fit.coefficients[0]) == pytest.approx(w, rel=1e-10)
    assert fit.loglik_null == pytest.approx(-math.log(70), rel=1e-12)
    total = sum(count * w**k for k, count in enumerate([1, 16, 36, 16, 1]))
    assert fit.loglik == pytest.approx(3 * math.log(w) - math.log(total), rel=1e-10)


def by_definition(time, event, columns, entry, b):
    value, score, information = 0.0, np.zeros(b.size), np.zeros((b.size, b.size))
    for t in np.unique(time[event == 1]):
        rows = np.flatnonzero((time >= t) & (entry < t))
        happened = np.flatnonzero((time == t) & (event == 1))
        sums = np.array([columns[list(s)].sum(axis=0) for s in itertools.combinations(rows, happened.size)])
        weight = np.exp(sums @ b)
        share, own = weight / weight.sum(), columns[happened].sum(axis=0)
        value += own @ b - math.log(weight.sum())
        score += own - share @ sums
        information += (sums * share[:, None]).T @ sums - np.outer(share @ sums, share @ sums)
    return value, score, information


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_against_every_set(seed, late):
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 3, 12).astype(float) if late else np.zeros(12)
    time, event = entry + rng.integers(1, 5, 12), rng.integers(0, 2, 12)
    assume(event.any())
    columns, b = rng.normal(size=(12, 2)), rng.normal(size=2)
    sets = cox_data(time, event, columns, entry=entry).risk_sets("discrete")
    found = discrete_likelihood(sets, columns[sets.order], b)
    value, score, information = by_definition(time, event, columns, entry, b)
    assert found.value == pytest.approx(value, rel=1e-10, abs=1e-10)
    assert found.score == pytest.approx(score, rel=1e-9, abs=1e-9)
    assert found.information == pytest.approx(information, rel=1e-9, abs=1e-9)


def test_without_ties_it_is_the_same_likelihood():
    time = np.random.default_rng(1).permutation(60) + 1.0
    discrete, breslow = (fit_cox(time, COHORT["event"], X, ties=ties) for ties in ("discrete", "breslow"))
    assert discrete.coefficients == pytest.approx(breslow.coefficients, rel=1e-10)
    assert discrete.loglik == pytest.approx(breslow.loglik, rel=1e-12)


def test_events_that_nobody_was_spared_say_nothing():
    time, event = np.append(COHORT["time"], [900.0, 900.0]), np.append(COHORT["event"], [1, 1])
    last = np.append(COHORT["time"], [900.0, 900.0]), np.append(COHORT["event"], [0, 0])
    columns = np.vstack([X, [[3.0, 0.0], [-2.0, 1.0]]])
    one, two = (fit_cox(*pair, columns, ties="discrete") for pair in ((time, event), last))
    assert one.coefficients.tolist() == two.coefficients.tolist()
    assert (one.n_events, two.n_events) == (COHORT["event"].sum() + 2, COHORT["event"].sum())
    with pytest.raises(CannotEstimate, match="at every event time everyone at risk had the event"):
        fit_cox(np.ones(4), np.ones(4), np.arange(4.0)[:, None], ties="discrete")


def test_events_above_the_others_but_not_equal_are_monotone():
    # The pair (3, 2) has the highest sum of all pairs, so that b grows for ever; Breslow's has a maximum.
    time, event, x = np.array([1, 1, 2, 3, 4.0]), np.array([1, 1, 0, 0, 0]), np.array([3.0, 2, 1, 0, 1])
    with pytest.raises(CannotEstimate, match=r"no finite hazard ratio for x: .* highest"):
        fit_cox(time, event, x[:, None], ties="discrete", names=["x"])
    assert np.isfinite(fit_cox(time, event, x[:, None], ties="breslow").coefficients).all()


def test_many_events_at_one_time_do_not_overflow():
    n, d = 3000, 600
    x, event = np.arange(n) % 2.0, (np.arange(n) < d).astype(int)
    fit = fit_cox(np.ones(n), event, (x + (np.arange(n) % 7 == 0))[:, None], ties="discrete")
    log_choose = math.lgamma(n + 1) - math.lgamma(d + 1) - math.lgamma(n - d + 1)
    assert fit.loglik_null == pytest.approx(-log_choose, rel=1e-10)


def test_what_discrete_ties_do_not_have():
    time, event = COHORT["time"], COHORT["event"]
    with pytest.raises(ValueError, match="weights with ties 'discrete'"):
        fit_cox(time, event, X, ties="discrete", weights=COHORT["w"])
    with pytest.raises(ValueError, match="or discrete, which is what R's coxph calls exact"):
        fit_cox(time, event, X, ties="exact")
    fit = fit_cox(time, event, X, ties="discrete")
    with pytest.raises(ValueError, match="expected a fit with efron or breslow"):
        cox_zph(fit, time, event, X)
    with pytest.raises(ValueError, match="expected a fit with efron or breslow"):
        martingale_residuals(fit, cox_data(time, event, X))
