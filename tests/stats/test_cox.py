from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.cox import concordance, cox_zph, fit_cox, hazard_ratio, lrt, wald_test
from calliper.stats.logrank import logrank
from calliper.summaries.risk_table import risk_tables
from stats.r_fixture import R

# A: 6, 9+, 13, 18, 22+, 30. B: 4, 7, 8, 12, 15+, 20; no ties.
TIME = np.array([6, 9, 13, 18, 22, 30, 4, 7, 8, 12, 15, 20])
EVENT = np.array([1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1])
ARM = np.array([[1.0]] * 6 + [[0.0]] * 6)


def test_the_score_equation_by_hand():
    # Untied: at each event, w = exp(b) for A, the share of risk in A is n_A w / (n_A w + n_B). Its sum over
    # events is the 4 events of A, and the sum of share (1 - share) is 1 / SE^2.
    fit = fit_cox(TIME, EVENT, ARM, names=["arm"])
    assert (fit.names, fit.n, fit.n_events) == (("arm",), 12, 9)
    w = math.exp(fit.coefficients[0])
    at_risk = [(int((TIME[:6] >= t).sum()), int((TIME[6:] >= t).sum())) for t in TIME[EVENT == 1]]
    share = [a * w / (a * w + b) for a, b in at_risk]
    assert sum(share) == pytest.approx(4, rel=1e-12)
    assert sum(s * (1 - s) for s in share) == pytest.approx(fit.standard_errors[0] ** -2, rel=1e-10)
    assert fit.loglik_null == pytest.approx(-sum(math.log(a + b) for a, b in at_risk), rel=1e-12)


def test_one_event_time_shows_no_trend():
    # With events at one time only g has one value, so that b + c g is b alone.
    time, event = np.array([3.0, 3.0, 3.0, 5.0, 6.0, 7.0]), np.array([1, 1, 1, 0, 0, 0])
    x = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])
    fit = fit_cox(time, event, x)
    with pytest.raises(CannotEstimate, match="the events fall at too few distinct times"):
        cox_zph(fit, time, event, x)


def test_without_ties_efron_is_breslow():
    efron, breslow = (fit_cox(TIME, EVENT, ARM, ties=ties) for ties in ("efron", "breslow"))
    assert efron.coefficients == pytest.approx(breslow.coefficients, rel=1e-12)


def test_the_score_test_of_untied_arms_is_the_log_rank_test():
    groups = np.array(["A"] * 6 + ["B"] * 6, dtype=object)
    tables = risk_tables(TIME, EVENT, groups, groups=["A", "B"])
    assert fit_cox(TIME, EVENT, ARM).score_test.chi2 == pytest.approx(logrank(tables).chi2, rel=1e-10)


def cohort():
    data = R["cohort"]
    X = np.column_stack([data["x"], data["z"]]).astype(float)
    return np.array(data["time"]), np.array(data["event"]), X, np.array(data["centre"])


@pytest.mark.parametrize("case", R["cox"], ids=lambda case: case["ties"])
def test_a_stratified_fit_of_r(case):
    time, event, X, centre = cohort()
    fit = fit_cox(time, event, X, strata=centre, ties=case["ties"], names=["x", "z"])
    assert fit.coefficients == pytest.approx(case["coef"], rel=1e-8)
    assert fit.covariance == pytest.approx(np.array(case["var"]), rel=1e-8)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(case["loglik"], rel=1e-12)
    assert (fit.score_test.chi2, fit.wald_test.chi2) == pytest.approx((case["score"], case["wald"]), rel=1e-8)
    reduced = fit_cox(time, event, X[:, :1], strata=centre, ties=case["ties"], names=["x"])
    assert lrt(fit, reduced).chi2 == pytest.approx(2 * (case["loglik"][1] - case["reduced_loglik"]), rel=1e-7)
    assert lrt(fit, reduced).df == 1
    assert wald_test(fit, [0, 1]).chi2 == pytest.approx(fit.wald_test.chi2, rel=1e-12)
    assert wald_test(fit, [1]).p == pytest.approx(hazard_ratio(fit, 1).p, rel=1e-12)
    for transform, table in zip(("km", "identity", "log"), case["zph"]):
        zph = cox_zph(fit, time, event, X, strata=centre, transform=transform)
        found = [(t.chi2, t.df, t.p) for t in (*zph.terms.values(), zph.overall)]
        assert np.array(found) == pytest.approx(np.array(table), rel=1e-6)
    together = cox_zph(fit, time, event, X, strata=centre, terms={"both": [0, 1]})
    assert together.terms["both"] == together.overall
    c = concordance(time, event, X @ fit.coefficients, strata=centre)
    assert [c.value, c.standard_error] == pytest.approx(case["concordance"], rel=1e-8)
    assert [c.concordant, c.discordant, c.tied_risk] == [
        sum(row[i] for row in case["counts"]) for i in range(3)
    ]


def pairs_one_by_one(time, event, risk):
    concordant = discordant = tied = 0
    for i, j in itertools.permutations(range(len(time)), 2):
        if event[i] and (time[j] > time[i] or (time[j] == time[i] and not event[j])):
            concordant += risk[i] > risk[j]
            discordant += risk[i] < risk[j]
            tied += risk[i] == risk[j]
    return concordant, discordant, tied


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 1), st.integers(0, 4)), min_size=2, max_size=25))
def test_concordance_against_every_pair(patients):
    time, event, risk = (np.array(column) for column in zip(*patients))
    expected = pairs_one_by_one(time, event, risk)
    if not sum(expected):
        with pytest.raises(CannotEstimate, match="no two patients can be compared"):
            concordance(time, event, risk)
        return
    found = concordance(time, event, risk)
    assert (found.concordant, found.discordant, found.tied_risk) == expected


def random_cohort(seed):
    rng = np.random.default_rng(seed)
    covariates = np.column_stack([rng.normal(size=40), rng.integers(0, 2, 40)])
    return np.ceil(rng.exponential(10, 40)), rng.integers(0, 2, 40), covariates


COHORTS = st.integers(0, 10_000).map(random_cohort)


def fitted(*args, **kwargs):
    try:
        return fit_cox(*args, **kwargs)
    except CannotEstimate:
        assume(False)
        raise


@settings(max_examples=40, deadline=None)
@given(COHORTS, st.randoms(), st.sampled_from([0.1, 30.4375]))
def test_order_unit_and_coding_do_not_matter(patients, random, factor):
    time, event, X = patients
    one = fitted(time, event, X)
    order = random.sample(range(40), 40)
    two = fitted(time[order] * factor, event[order], X[order])
    assert two.coefficients == pytest.approx(one.coefficients, rel=1e-8, abs=1e-10)
    other_way = fitted(time, event, np.column_stack([X[:, 0] * 10 + 500, 1 - X[:, 1]]))
    assert other_way.coefficients == pytest.approx(one.coefficients * [0.1, -1], rel=1e-7, abs=1e-10)
    assert other_way.loglik == pytest.approx(one.loglik, rel=1e-10)


@settings(max_examples=20, deadline=None)
@given(COHORTS)
def test_everybody_twice(patients):
    # Breslow: every sum over events doubles, and every log S0 moves by log 2.
    time, event, X = patients
    one = fitted(time, event, X, ties="breslow")
    two = fitted(np.tile(time, 2), np.tile(event, 2), np.tile(X, (2, 1)), ties="breslow")
    assert two.coefficients == pytest.approx(one.coefficients, rel=1e-7, abs=1e-9)
    assert two.covariance == pytest.approx(one.covariance / 2, rel=1e-7, abs=1e-12)
    assert two.lrt.chi2 == pytest.approx(2 * one.lrt.chi2, rel=1e-7, abs=1e-9)
    # Two strata alike: likewise, under either rule for ties.
    half = fitted(time, event, X)
    strata = fitted(np.tile(time, 2), np.tile(event, 2), np.tile(X, (2, 1)), strata=np.repeat([0, 1], 40))
    assert strata.coefficients == pytest.approx(half.coefficients, rel=1e-7, abs=1e-9)
    assert strata.loglik == pytest.approx(2 * half.loglik, rel=1e-12)


def test_an_arm_without_events_has_no_hazard_ratio():
    event = np.where(ARM[:, 0] == 1, 0, EVENT)
    with pytest.raises(
        CannotEstimate, match="no finite hazard ratio for arm A: every patient with the event had its lowest"
    ):
        fit_cox(TIME, event, ARM, names=["arm A"])


def test_separation_by_two_covariates_together():
    # The sum of x and z orders the events perfectly; neither does alone.
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=30), rng.normal(size=30)
    time = np.argsort(np.argsort(-(x + z))) + 1.0
    with pytest.raises(CannotEstimate, match="no finite hazard ratio for x and z: taken together"):
        fit_cox(time, np.ones(30), np.column_stack([x, z]), names=["x", "z"])


def test_a_rare_level_without_events_beside_other_covariates():
    time, event, X, centre = cohort()
    rare = np.zeros(time.size)
    rare[np.flatnonzero(event == 0)[:3]] = 1
    with pytest.raises(CannotEstimate, match="no finite hazard ratio for Child-Pugh C"):
        fit_cox(time, event, np.column_stack([X, rare]), strata=centre, names=["x", "z", "Child-Pugh C"])


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ([np.ones(12)], "no Cox model: a has one value in all patients at risk"),
        ([np.ones(12), ARM[:, 0], np.zeros(12)], "no Cox model: a and c have one value each in all patients"),
        ([ARM[:, 0], 1 - ARM[:, 0]], "no Cox model: b is determined by a; leave one of them out$"),
        (
            [ARM[:, 0], TIME / 7, ARM[:, 0] + 2 * TIME / 7],
            "no Cox model: c is determined by a and b; leave one of them out$",
        ),
        (
            [np.arange(12) / 1e6, TIME / 7, 5 + TIME],
            "no Cox model: c is determined by b; leave one of them out$",
        ),
    ],
)
def test_covariates_that_say_nothing_are_named(columns, sentence):
    with pytest.raises(CannotEstimate, match=sentence):
        fit_cox(TIME, EVENT, np.column_stack(columns), names="abc"[: len(columns)])


def test_a_covariate_constant_within_strata_is_refused():
    with pytest.raises(CannotEstimate, match="no Cox model: centre has one value"):
        fit_cox(TIME, EVENT, ARM, strata=ARM[:, 0], names=["centre"])


def test_what_is_no_cohort_is_refused():
    with pytest.raises(CannotEstimate, match="there is no event"):
        fit_cox(TIME, np.zeros(12), ARM)
    with pytest.raises(CannotEstimate, match="there is no patient"):
        fit_cox(np.array([]), np.array([]), np.empty((0, 1)))
    with pytest.raises(ValueError, match=r"X\[2, 0\] is nan"):
        fit_cox(TIME, EVENT, np.where(np.arange(12)[:, None] == 2, np.nan, ARM))
    with pytest.raises(ValueError, match="12 times, 11 rows of X, 12 strata"):
        fit_cox(TIME, EVENT, ARM[1:])
    with pytest.raises(ValueError, match="2 names for 1 columns"):
        fit_cox(TIME, EVENT, ARM, names=["a", "b"])
    with pytest.raises(ValueError, match="expected efron or breslow"):
        fit_cox(TIME, EVENT, ARM, ties="exact")


def test_models_that_are_not_nested():
    time, event, X, centre = cohort()
    x, z = (fit_cox(time, event, X[:, j : j + 1], names=[name]) for j, name in enumerate("xz"))
    with pytest.raises(ValueError, match="z is not nested in x"):
        lrt(x, z)
    with pytest.raises(ValueError, match="not fitted to the same patients"):
        lrt(x, fit_cox(time, event, X[:, :1], strata=centre, names=["x"]))


def test_large_hazard_ratios_and_far_covariates_do_not_overflow():
    rng = np.random.default_rng(2)
    x = rng.normal(size=400) * 5
    time = rng.exponential(np.exp(-2 * x))
    fit = fit_cox(time, np.ones(400), (1e6 + x)[:, None])
    assert fit.coefficients[0] == pytest.approx(2, abs=0.3)


def test_a_covariate_in_a_minute_unit_is_no_constant():
    fit, minute = fit_cox(TIME, EVENT, ARM), fit_cox(TIME, EVENT, 1e-12 * ARM)
    assert minute.coefficients[0] == pytest.approx(1e12 * fit.coefficients[0], rel=1e-10)
