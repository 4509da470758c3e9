from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats import cox_batch
from calliper.stats.cox import cox_data, fit_cox, hazard_ratio, wald_test
from calliper.stats.cox_batch import fit_many
from calliper.stats.cox_screen import univariable
from calliper.stats.estimates import chi_square
from calliper.stats.resampling import bootstrap_counts, leave_out_counts, shuffled

TIME = np.array([6, 9, 13, 18, 22, 30, 4, 7, 8, 12, 15, 20])
EVENT = np.array([1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1])
ARM = np.array([[1.0]] * 6 + [[0.0]] * 6)
AGE = np.array([61.0, 45, 70, 52, 66, 58, 49, 73, 64, 55, 60, 68])


def test_a_patient_drawn_twice_is_two_patients():
    # At 1: an event with x = 1 drawn twice, one with x = 0; at risk besides, one of each. With w = exp(b),
    # Breslow's score equation 2 = 3 * 3w / (3w + 2) gives w = 4/3.
    data = cox_data(np.array([1, 1, 2, 2]), np.array([1, 1, 0, 0]), np.array([[1.0], [0], [0], [1]]))
    counts = np.array([[2, 1, 1, 1]])
    breslow = fit_many(data, counts=counts, ties="breslow")
    assert breslow.coefficients[0, 0] == pytest.approx(math.log(4 / 3), rel=1e-12)
    assert breslow.loglik_null[0] == pytest.approx(-3 * math.log(5), rel=1e-12)
    # Efron's three terms are 3w + 2 less 0, 1/3, 2/3 of 2w + 1, a third of them for each replica.
    efron = fit_many(data, counts=counts)
    w = math.exp(efron.coefficients[0, 0])
    terms = [(3 * w - f * 2 * w) / (3 * w + 2 - f * (2 * w + 1)) for f in (0, 1 / 3, 2 / 3)]
    assert sum(terms) == pytest.approx(2, rel=1e-12)
    assert efron.loglik_null[0] == pytest.approx(-math.log(5 * 4 * 3), rel=1e-12)
    assert 1 / efron.covariance[0, 0, 0] == pytest.approx(sum(q * (1 - q) for q in terms), rel=1e-10)
    assert (efron.n[0], efron.n_events[0]) == (5, 3)
    weighted = fit_cox(data.time, data.event, data.X, weights=counts[0])
    assert abs(weighted.coefficients[0] - efron.coefficients[0, 0]) > 0.01


def written_out(rows, data, X, *, names, ties):
    """What `fit_cox` makes of the rows, or its sentence."""
    strata = data.stratum[rows] if rows.size else None
    try:
        return fit_cox(data.time[rows], data.event[rows], X[rows], ties=ties, strata=strata, names=names)
    except CannotEstimate as refusal:
        return str(refusal)


def assert_same(many, place, rows, data, X):
    """Compare one of the fits with that of its rows written out; True if there is one."""
    tolerance = 1e-10
    one = written_out(rows, data, X, names=many.names, ties=many.ties)
    if isinstance(one, str):
        assert many.failure[place] == one
        assert not many.fitted[place]
        assert np.isnan(many.coefficients[place]).all()
        assert np.isnan(many.covariance[place]).all()
        assert np.isnan([many.loglik[place], many.lrt.chi2[place], many.wald_test.p[place]]).all()
        with pytest.raises(CannotEstimate) as again:
            many.fit(place)
        assert str(again.value) == one
        return False
    found = many.fit(place)
    assert (found.n, found.n_events, found.names, found.ties) == (one.n, one.n_events, one.names, one.ties)
    error = one.standard_errors
    assert (found.coefficients - one.coefficients) / error == pytest.approx(0, abs=tolerance)
    assert found.covariance / np.outer(error, error) == pytest.approx(
        one.covariance / np.outer(error, error), abs=tolerance
    )
    assert found.standard_errors == pytest.approx(one.standard_errors, rel=tolerance)
    assert (found.loglik, found.loglik_null) == pytest.approx((one.loglik, one.loglik_null), rel=tolerance)
    for name in ("score_test", "wald_test", "lrt"):
        ours, theirs = getattr(found, name), getattr(one, name)
        assert ours.df == theirs.df
        assert ours.chi2 == pytest.approx(theirs.chi2, rel=tolerance, abs=tolerance)
        assert ours.p == chi_square(ours.chi2, ours.df).p
    return True


def random_data(rng, *, n, p, levels, tied, censored=0.3):
    X = np.column_stack([rng.normal(50, 10, n) if j % 2 else rng.integers(0, 2, n) for j in range(p)])
    time = rng.exponential(10, n) * np.exp(-0.5 * X[:, 0])
    strata = rng.integers(0, levels, n) if levels > 1 else None
    event = rng.random(n) > censored
    return cox_data(np.ceil(time) if tied else time, event, X.astype(float), strata=strata)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(8, 60),
    st.integers(1, 4),
    st.sampled_from([1, 2, 5]),
    st.sampled_from([("efron", True), ("breslow", True), ("efron", False)]),
)
def test_every_fit_is_that_of_the_rows_written_out(seed, n, p, levels, rule):
    ties, tied = rule
    rng = np.random.default_rng(seed)
    data = random_data(rng, n=n, p=p, levels=levels, tied=tied)
    counts = np.concatenate(
        [bootstrap_counts(n, 6, rng), rng.integers(0, 2, (2, n)), 3 * np.eye(1, n, dtype=int)]
    )
    many = fit_many(data, counts=counts, ties=ties)
    for place, drawn in enumerate(counts):
        assert_same(many, place, np.repeat(np.arange(n), drawn), data, data.X)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3), st.sampled_from([1, 3]), st.booleans())
def test_covariates_that_differ_by_fit(seed, p, levels, drawn_too):
    rng = np.random.default_rng(seed)
    data = random_data(rng, n=40, p=p, levels=levels, tied=True)
    X = shuffled(data.X, 5, rng)
    counts = bootstrap_counts(40, 5, rng) if drawn_too else None
    if drawn_too:
        X[counts == 0] = np.nan
    many = fit_many(data, counts=counts, X=X, names=[f"c{j}" for j in range(p)])
    for place in range(5):
        rows = np.arange(40) if counts is None else np.repeat(np.arange(40), counts[place])
        assert_same(many, place, rows, data, X[place])


def test_a_thousand_resamples_of_ninety(monkeypatch):
    rng = np.random.default_rng(7)
    data = random_data(rng, n=90, p=4, levels=1, tied=True)
    counts = bootstrap_counts(90, 1000, rng)
    with monkeypatch.context() as patch:
        patch.setattr(cox_batch, "fit_cox", None)  # none is handed to it
        many = fit_many(data, counts=counts)
    same = [
        assert_same(many, place, np.repeat(np.arange(90), counts[place]), data, data.X)
        for place in range(0, 1000, 9)
    ]
    assert all(same)
    assert many.fitted.all()
    # The bootstrap's spread is near the model's standard error: right to a few tenths, not a proof.
    one = fit_cox(data.time, data.event, data.X)
    assert many.coefficients.std(axis=0) == pytest.approx(one.standard_errors, rel=0.35)


def test_the_size_of_a_chunk_does_not_matter(monkeypatch):
    rng = np.random.default_rng(3)
    data = random_data(rng, n=30, p=2, levels=2, tied=True)
    counts = bootstrap_counts(30, 23, rng)
    whole = fit_many(data, counts=counts)
    assert whole.fitted.all()
    monkeypatch.setattr(cox_batch, "_CHUNK_BYTES", 1)
    monkeypatch.setattr(cox_batch, "fit_cox", None)  # none is handed to it
    single = fit_many(data, counts=counts)
    assert single.failure == whole.failure
    assert single.coefficients == pytest.approx(whole.coefficients, rel=1e-12, nan_ok=True)
    assert single.iterations.tolist() == whole.iterations.tolist()
    unknown = np.where((counts > 0)[..., None], data.X, np.nan)
    own = fit_many(data, counts=counts, X=unknown)
    assert own.failure == whole.failure
    assert own.coefficients == pytest.approx(whole.coefficients, rel=1e-10, nan_ok=True)
    first = fit_many(data, counts=counts[:1], X=unknown[:1])
    assert first.coefficients == pytest.approx(whole.coefficients[:1], rel=1e-10)


def test_leave_one_centre_out():
    rng = np.random.default_rng(11)
    data = random_data(rng, n=60, p=2, levels=1, tied=False)
    centre = np.array(["Bern", "Chur", "Genf"])[rng.integers(0, 3, 60)]
    groups, counts = leave_out_counts(centre)
    assert groups == ("Bern", "Chur", "Genf")
    many = fit_many(data, counts=counts)
    for place, group in enumerate(groups):
        assert assert_same(many, place, np.flatnonzero(centre != group), data, data.X)


def test_what_a_resample_cannot_support_is_said_as_fit_cox_says_it():
    X = np.column_stack([ARM[:, 0], AGE, ARM[:, 0] * 2])
    data = cox_data(TIME, EVENT, X[:, :2])
    everyone, censored = np.ones(12, dtype=int), 1 - EVENT
    arm_a = (ARM[:, 0] == 1).astype(int)
    spared = np.where((ARM[:, 0] == 1) & (EVENT == 1), 0, 1)
    many = fit_many(data, counts=[everyone, censored, 0 * everyone, arm_a, spared], names=["arm", "age"])
    assert many.failure == (
        None,
        "no Cox model: there is no event; follow patients longer, or check how events are coded",
        "no Cox model: there is no patient",
        "no Cox model: arm has one value in all patients at risk at an event; leave it out",
        "no finite hazard ratio for arm: every patient with the event had its lowest value among the patients "
        "at risk at that time; Firth's penalised likelihood would give a finite one",
    )
    assert many.fitted.tolist() == [True, False, False, False, False]
    assert many.n.tolist() == [12, 3, 0, 6, 8]
    assert many.n_events.tolist() == [9, 0, 0, 4, 5]
    collinear = fit_many(data, X=X[None, :, [0, 2]])
    assert collinear.failure == ("no Cox model: x2 is determined by x1; leave one of them out",)
    nobody = cox_data(TIME, 0 * EVENT, ARM)
    assert fit_many(nobody, counts=[everyone]).failure == (
        "no Cox model: there is no event; follow patients longer, or check how events are coded",
    )


def test_separation_by_two_covariates_together():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(30, 2))
    time = np.argsort(np.argsort(-X.sum(axis=1))) + 1.0
    data = cox_data(time, np.ones(30), X)
    many = fit_many(data, counts=bootstrap_counts(30, 4, rng), names=["x", "z"])
    assert all(
        sentence.startswith("no finite hazard ratio for x and z: taken together") for sentence in many.failure
    )


def test_hazards_far_apart_are_left_to_fit_cox():
    rng = np.random.default_rng(2)
    x = rng.normal(size=200) * 5
    data = cox_data(rng.exponential(np.exp(-2 * x)), np.ones(200), (1e6 + x)[:, None])
    counts = bootstrap_counts(200, 3, rng)
    many = fit_many(data, counts=counts)
    assert many.coefficients[:, 0] == pytest.approx(2, abs=0.6)
    for place in range(3):
        assert assert_same(many, place, np.repeat(np.arange(200), counts[place]), data, data.X)


@pytest.mark.parametrize("unit", [1e-12, 1e9])
def test_the_unit_of_a_covariate_does_not_matter(unit):
    plain, scaled = (fit_many(cox_data(TIME, EVENT, ARM * by), counts=np.ones((1, 12))) for by in (1, unit))
    assert scaled.coefficients * unit == pytest.approx(plain.coefficients, rel=1e-10)
    assert scaled.loglik == pytest.approx(plain.loglik, rel=1e-12)


def test_wrong_arguments_are_refused():
    data = cox_data(TIME, EVENT, ARM)
    everyone = np.ones((1, 12))
    with pytest.raises(ValueError, match="neither counts nor X"):
        fit_many(data)
    with pytest.raises(ValueError, match=r"counts have shape \(12,\); expected fits by the 12 patients"):
        fit_many(data, counts=everyone[0])
    with pytest.raises(ValueError, match=r"counts\[0, 3\] is 0.5; expected a whole number"):
        fit_many(data, counts=np.where(np.arange(12) == 3, 0.5, everyone))
    with pytest.raises(ValueError, match=r"counts\[0, 3\] is -1; expected a whole number"):
        fit_many(data, counts=np.where(np.arange(12) == 3, -1, np.ones((1, 12), dtype=int)))
    with pytest.raises(ValueError, match=r"counts\[0, 3\] is nan; expected a whole number"):
        fit_many(data, counts=np.where(np.arange(12) == 3, np.nan, everyone))
    with pytest.raises(ValueError, match=r"X\[0, 2, 0\] is inf; expected a finite number"):
        fit_many(data, X=np.where(np.arange(12)[:, None] == 2, np.inf, ARM)[None])
    with pytest.raises(
        ValueError, match=r"X has shape \(12, 1\); expected fits by the 12 patients by covariates"
    ):
        fit_many(data, X=ARM)
    with pytest.raises(ValueError, match="covariates of 1 fits and counts of 2"):
        fit_many(data, X=ARM[None], counts=np.ones((2, 12)))
    with pytest.raises(ValueError, match="2 names for 1 columns"):
        fit_many(data, counts=everyone, names=["a", "b"])
    with pytest.raises(ValueError, match="ties is 'discrete'; expected efron or breslow"):
        fit_many(data, counts=everyone, ties="discrete")
    with pytest.raises(ValueError, match="late entry in many fits"):
        fit_many(cox_data(TIME, EVENT, ARM, entry=0 * TIME), counts=everyone)
    with pytest.raises(ValueError, match="weights in many fits"):
        fit_many(cox_data(TIME, EVENT, ARM, weights=1.0 * TIME), counts=everyone)


def test_no_fit_at_all():
    none = fit_many(cox_data(TIME, EVENT, ARM), counts=np.ones((0, 12)))
    assert (none.coefficients.shape, none.failure) == ((0, 1), ())


def test_a_screen_of_factors_with_levels_and_unknown_values():
    rng = np.random.default_rng(5)
    data = random_data(rng, n=80, p=1, levels=2, tied=True)
    stage = rng.integers(0, 3, 80)
    levels = np.column_stack([stage == 1, stage == 2]).astype(float)
    age = np.where(rng.random(80) < 0.1, np.nan, rng.normal(60, 10, 80))
    constant, other = np.ones(80), rng.normal(size=(80, 2))
    found = univariable(data, [age, levels, constant, data.X[:, 0], other])
    assert isinstance(found[2], CannotEstimate)
    assert str(found[2]) == "no Cox model: x1 has one value in all patients at risk at an event; leave it out"
    known = ~np.isnan(age)
    for fit, matrix in ((found[0], age[:, None]), (found[1], levels), (found[3], data.X), (found[4], other)):
        rows = known if matrix.shape[1] == 1 and np.isnan(matrix).any() else np.ones(80, dtype=bool)
        one = fit_cox(data.time[rows], data.event[rows], matrix[rows], strata=data.stratum[rows])
        assert fit.n == rows.sum()
        assert fit.coefficients == pytest.approx(one.coefficients, rel=1e-9)
        indices = list(range(matrix.shape[1]))
        assert wald_test(fit, indices).p == pytest.approx(wald_test(one, indices).p, rel=1e-8)
        assert hazard_ratio(fit, 0).upper == pytest.approx(hazard_ratio(one, 0).upper, rel=1e-9)
    with pytest.raises(ValueError, match=r"factors\[1\] has shape \(3,\)"):
        univariable(data, [age, np.ones(3)])
    with pytest.raises(ValueError, match=r"factors\[0\] holds an infinite value"):
        univariable(data, [np.where(known, age, np.inf)])
