"""The marginal likelihood of tied times, against every order that a tie can hide: in loops, by R, and by hand."""

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
from calliper.stats.baseline_hazard import cumulative_hazard
from calliper.stats.cox import cox_data, cox_zph, fit_cox, lrt
from calliper.stats.cox_marginal import marginal_likelihood
from calliper.stats.cox_residuals import martingale_residuals
from calliper.stats.cox_robust import robust_fit
from calliper.stats.firth import fit_firth
from calliper.stats.profile_likelihood import profile_hazard_ratio

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "cox_marginal.json").read_text())

# Treated: 2, 2, 3+, 5, 5, 7+, 8, 9+; control: 1, 2, 3, 3, 4+, 5, 6, 7.
TIME = np.array([2, 2, 3, 5, 5, 7, 8, 9, 1, 2, 3, 3, 4, 5, 6, 7])
EVENT = np.array([1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1])
ARM = np.array([[1.0]] * 8 + [[0.0]] * 8)


def order_by_order(time, event, columns, entry, b):
    """At each time: the probability of each order of its events, one after the other, added up."""
    risk, total = np.exp(columns @ b), 0.0
    for t in np.unique(time[event == 1]):
        at_risk = (time >= t) & (entry < t)
        tied = np.flatnonzero(at_risk & (time == t) & (event == 1))
        probability = 0.0
        for order in itertools.permutations(tied):
            left, chance = at_risk.copy(), 1.0
            for patient in order:
                chance *= risk[patient] / risk[left].sum()
                left[patient] = False
            probability += chance
        total += math.log(probability)
    return total


def slopes(f, b, h=1e-3):
    """Slopes of f at b by differences of fourth order."""
    return np.array(
        [(8 * (f(b + u) - f(b - u)) - (f(b + 2 * u) - f(b - 2 * u))) / (12 * h) for u in h * np.eye(b.size)]
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([0.1, 1.0, 3.0]))
def test_against_every_order(seed, late, size):
    rng = np.random.default_rng(seed)
    n = 14
    entry = rng.integers(0, 3, n).astype(float) if late else np.zeros(n)
    time, event = entry + rng.integers(1, 5, n), rng.integers(0, 2, n)
    time[0], event[0], entry[0] = 20, 0, 0
    assume(event.any())
    assume(max((event[time == t]).sum() for t in np.unique(time)) <= 5)
    columns, b = rng.normal(size=(n, 2)), size * rng.normal(size=2)
    sets = cox_data(time, event, columns, entry=entry).risk_sets("discrete")
    X = columns[sets.order]
    found = marginal_likelihood(sets, X, b)
    assert found.value == pytest.approx(order_by_order(time, event, columns, entry, b), rel=1e-11, abs=1e-11)
    by_order = slopes(lambda c: order_by_order(time, event, columns, entry, c), b)
    assert found.score == pytest.approx(by_order, rel=1e-7, abs=1e-7)
    curvature = slopes(lambda c: marginal_likelihood(sets, X, c).score, b)
    assert found.information == pytest.approx(-curvature, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("case", R["cases"])
def test_orders_fitted_by_r(case):
    data = {name: np.array(values) for name, values in case["data"].items()}
    X = np.column_stack([data[name] for name in case["names"]]).astype(float)
    columns = {"strata": data["stratum"], "entry": data.get("entry")}
    fit = fit_cox(data["time"], data["event"], X, ties="marginal", **columns)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(case["loglik"], rel=1e-11)
    # R's climber knows no slope, and leaves the coefficients where the likelihood is flat to its rounding.
    assert fit.coefficients == pytest.approx(case["coef"], abs=1e-6)
    sets = cox_data(data["time"], data["event"], X, **columns).risk_sets("discrete")
    found = marginal_likelihood(sets, X[sets.order], np.array(case["at"], dtype=float))
    assert found.value == pytest.approx(case["loglik_at"], rel=1e-11)


def test_two_likelihoods_are_called_exact():
    # The answer printed as "exact", -1.03009 (0.68710), is that of discrete ties.
    discrete, marginal = (fit_cox(TIME, EVENT, ARM, ties=ties) for ties in ("discrete", "marginal"))
    found = (discrete.coefficients[0], discrete.standard_errors[0])
    assert found == pytest.approx((-1.03009, 0.68710), abs=1e-5)
    assert marginal.coefficients[0] == pytest.approx(-0.892362309580199, abs=1e-6)
    assert marginal.ties == "marginal"
    with pytest.raises(
        ValueError, match="marginal, which is what SAS calls exact: two likelihoods go by that name"
    ):
        fit_cox(TIME, EVENT, ARM, ties="exact")


def test_one_tie_by_hand():
    # Events with x = 1 and x = 0 at one time, spared are x = 1, 1, 0. One order has w/(3w + 2) 1/(2w + 2), the
    # other 1/(3w + 2) w/(3w + 1): L = w (5w + 3) / (2 (3w + 2) (w + 1) (3w + 1)), at its top where
    # 1 + 5w/(5w + 3) = 3w/(3w + 2) + w/(w + 1) + 3w/(3w + 1).
    time, event = np.array([1, 1, 2, 2, 2]), np.array([1, 1, 0, 0, 0])
    fit = fit_cox(time, event, np.array([1.0, 0, 1, 1, 0])[:, None], ties="marginal")
    w = math.exp(fit.coefficients[0])
    assert 1 + 5 * w / (5 * w + 3) == pytest.approx(
        3 * w / (3 * w + 2) + w / (w + 1) + 3 * w / (3 * w + 1), rel=1e-12
    )
    assert fit.loglik == pytest.approx(
        math.log(w * (5 * w + 3) / (2 * (3 * w + 2) * (w + 1) * (3 * w + 1))), rel=1e-12
    )
    assert fit.loglik_null == pytest.approx(-math.log(10), rel=1e-12)
    # The second derivative in log w of log(a w + c) is a c w / (a w + c)^2.
    bend = sum(s * a * c * w / (a * w + c) ** 2 for s, a, c in ((1, 3, 2), (1, 1, 1), (1, 3, 1), (-1, 5, 3)))
    assert fit.standard_errors[0] == pytest.approx(bend**-0.5, rel=1e-9)


def test_many_tied_events_of_equal_risk_are_a_number_of_orders():
    # At b = 0 each of d! orders has the probability (n - d)! / n!.
    n, d = 5000, 1500
    x, event = np.arange(n) % 2.0, (np.arange(n) < d).astype(int)
    sets = cox_data(np.ones(n), event, x[:, None]).risk_sets("discrete")
    found = marginal_likelihood(sets, x[sets.order][:, None], np.zeros(1))
    log_choose = math.lgamma(n + 1) - math.lgamma(d + 1) - math.lgamma(n - d + 1)
    assert found.value == pytest.approx(-log_choose, rel=1e-11)


@pytest.mark.parametrize("b", [-30.0, -8.0, 8.0, 30.0])
def test_risks_of_every_size(b):
    # Events x = 1, 0, 0; spared 1, 0, 0: the first sum by orders has terms 26 powers of ten apart.
    time, event = np.array([1, 1, 1, 2, 2, 2]), np.array([1, 1, 1, 0, 0, 0])
    columns = np.array([1.0, 0, 0, 1, 0, 0])[:, None]
    sets = cox_data(time, event, columns).risk_sets("discrete")
    found = marginal_likelihood(sets, columns[sets.order], np.array([b]))
    expected = order_by_order(time, event, columns, np.zeros(6), np.array([b]))
    assert found.value == pytest.approx(expected, rel=1e-12)


def test_without_ties_it_is_the_same_likelihood():
    rng = np.random.default_rng(1)
    time, event, X = rng.permutation(60) + 1.0, rng.integers(0, 2, 60), rng.normal(size=(60, 2))
    marginal, breslow = (fit_cox(time, event, X, ties=ties) for ties in ("marginal", "breslow"))
    assert marginal.coefficients == pytest.approx(breslow.coefficients, rel=1e-9)
    assert marginal.covariance == pytest.approx(breslow.covariance, rel=1e-9)
    assert marginal.loglik == pytest.approx(breslow.loglik, rel=1e-12)


def test_profiles_and_nested_models():
    rng = np.random.default_rng(3)
    time, event, X = np.ceil(rng.exponential(4, 80)), rng.integers(0, 2, 80), rng.normal(size=(80, 2))
    fit, data = fit_cox(time, event, X, ties="marginal"), cox_data(time, event, X)
    ratio, reduced = (
        profile_hazard_ratio(fit, data, 0),
        fit_cox(time, event, X[:, 1:], ties="marginal", names=["x2"]),
    )
    assert ratio.chi2 == pytest.approx(lrt(fit, reduced).chi2, rel=1e-8)
    # At a limit the likelihood, the other coefficient at its best there, is 1.92 short of its height.
    sets = data.risk_sets("discrete")
    others = np.linspace(-2, 2, 4001)
    for limit in (ratio.lower, ratio.upper):
        heights = [
            marginal_likelihood(sets, X[sets.order], np.array([math.log(limit), other])).value
            for other in others[np.abs(others - fit.coefficients[1]) < 0.05]
        ]
        assert fit.loglik - max(heights) == pytest.approx(3.841458820694124 / 2, abs=1e-5)


def test_events_that_nobody_was_spared_say_nothing():
    time, event = np.append(TIME, [90.0, 90.0]), np.append(EVENT, [1, 1])
    columns = np.vstack([ARM, [[3.0], [-2.0]]])
    one = fit_cox(time, event, columns, ties="marginal")
    two = fit_cox(time, np.append(EVENT, [0, 0]), columns, ties="marginal")
    assert one.coefficients.tolist() == two.coefficients.tolist()
    with pytest.raises(CannotEstimate, match="at every event time everyone at risk had the event"):
        fit_cox(np.ones(4), np.ones(4), np.arange(4.0)[:, None], ties="marginal")


def test_events_above_the_others_but_not_equal_are_monotone():
    # 3 and 2 come before 1, 0 and 1 the more surely the greater b, whichever of them is first.
    time, event, x = np.array([1, 1, 2, 3, 4.0]), np.array([1, 1, 0, 0, 0]), np.array([3.0, 2, 1, 0, 1])
    with pytest.raises(CannotEstimate, match=r"no finite hazard ratio for x: .* highest"):
        fit_cox(time, event, x[:, None], ties="marginal", names=["x"])


def test_what_marginal_ties_do_not_have():
    with pytest.raises(ValueError, match="weights with ties 'marginal'"):
        fit_cox(TIME, EVENT, ARM, ties="marginal", weights=np.ones(16))
    fit, data = fit_cox(TIME, EVENT, ARM, ties="marginal"), cox_data(TIME, EVENT, ARM)
    for use in (
        lambda: cox_zph(fit, TIME, EVENT, ARM),
        lambda: martingale_residuals(fit, data),
        lambda: cumulative_hazard(fit, data),
        lambda: robust_fit(fit, data),
        lambda: fit_firth(TIME, EVENT, ARM, ties="marginal"),
    ):
        with pytest.raises(ValueError, match=r"ties is 'marginal'; expected .*efron or breslow"):
            use()
