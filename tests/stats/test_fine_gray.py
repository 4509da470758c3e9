"""Fine and Gray's model, against cmprsk::crr, survival::finegray, its own definition in loops, and by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.cox import cox_data, fit_cox, hazard_ratio, wald_test
from calliper.stats.cox_robust import robust_fit
from calliper.stats.fine_gray import fine_gray, predicted_incidence
from stats.competing_cases import causes, finegray_pieces, known_answer, mgus2

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "fine_gray.json").read_text())
SURVIVAL = {"tied_censoring": "after", "variance": "known"}

# pd with x = 1, death with x = 1, censored with x = 0, pd with x = 0, pd with x = 1.
HAND_TIME, HAND_X = np.array([1.0, 2, 3, 4, 5]), np.array([[1.0], [1], [0], [0], [1]])
HAND_CAUSE = np.array(["pd", "death", "censored", "pd", "pd"])


def columns(case):
    data = case["data"]
    cause = np.array([str(code) if code else "censored" for code in data["cause"]], dtype=object)
    return np.array(data["time"], dtype=float), cause, np.column_stack([data["x"], data["z"]]).astype(float)


def assert_same(fit, answer):
    assert fit.coefficients == pytest.approx(np.array(answer["coef"]), rel=1e-8)
    assert fit.covariance == pytest.approx(np.array(answer["var"]), rel=1e-8)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(answer["loglik"], rel=1e-12)
    assert fit.lrt.chi2 == pytest.approx(2 * (answer["loglik"][1] - answer["loglik"][0]), rel=1e-8)
    for x, incidence in zip(R["at"], np.array(answer.get("incidence", [])).T):
        curve = predicted_incidence(fit, x)
        assert curve.time == pytest.approx(answer["time"], rel=1e-12)
        assert curve.incidence == pytest.approx(incidence, rel=1e-9)


@pytest.mark.parametrize("case", R["cases"])
def test_cmprsk(case):
    for of, answer in (("1", case["crr"]), ("2", case["other"])):
        fit = fine_gray(*columns(case), of=of, causes=causes(case))
        assert_same(fit, answer)
        b = np.array(answer["coef"])
        chi2 = b @ np.linalg.solve(np.array(answer["var"]), b)
        assert (fit.wald_test.chi2, wald_test(fit, [0, 1]).chi2) == pytest.approx((chi2, chi2), rel=1e-8)
        ratio = hazard_ratio(fit, 1)
        assert ratio.value == pytest.approx(math.exp(b[1]), rel=1e-8)
        assert ratio.z == pytest.approx(b[1] / math.sqrt(answer["var"][1][1]), rel=1e-8)


@pytest.mark.parametrize("case", R["cases"])
def test_survival_finegray(case):
    for answer in case["finegray"]:
        fit = fine_gray(*columns(case), of="1", causes=causes(case), ties=answer["ties"], **SURVIVAL)
        assert_same(fit, answer)


def test_groups_of_censoring():
    case = R["cases"][-1]
    time, cause, X = columns(case)
    centre = np.array(case["data"]["centre"])
    known, estimated = (
        fine_gray(time, cause, X, of="1", causes=causes(case), censoring_group=centre, variance=variance)
        for variance in ("known", "estimated")
    )
    assert_same(known, case["cox_grouped"])
    crr = case["crr_grouped"]
    assert estimated.coefficients == pytest.approx(crr["coef"], rel=1e-8)
    assert [estimated.loglik_null, estimated.loglik] == pytest.approx(crr["loglik"], rel=1e-12)
    for x, incidence in zip(R["at"], np.array(crr["incidence"]).T):
        assert predicted_incidence(estimated, x).incidence == pytest.approx(incidence, rel=1e-8)
    # crr's variance with groups is another, by up to 1 % here; ours is the one of the definition.
    expected = sandwich(time, cause, X, estimated.coefficients, centre, of="1")
    assert estimated.covariance == pytest.approx(expected, rel=1e-8)
    assert estimated.standard_errors == pytest.approx(np.sqrt(np.diag(crr["var"])), rel=2e-3)


def sandwich(time, cause, X, b, group, *, of):
    """The variance by its definition: untidy, slow and without any sum that is used twice."""
    n, patients, p = time.size, range(time.size), X.shape[1]
    left = cause == "censored"

    def censoring_curve(g, t):
        value = 1.0
        for u in sorted({time[j] for j in patients if left[j] and group[j] == g and time[j] < t}):
            gone = sum(left[j] and group[j] == g and time[j] == u for j in patients)
            value *= 1 - gone / sum(group[j] == g and time[j] >= u for j in patients)
        return value if any(group[j] == g and time[j] >= t for j in patients) else 0.0

    def weight(i, t):
        if time[i] >= t:
            return 1.0
        if left[i] or cause[i] == of:
            return 0.0
        return censoring_curve(group[i], t) / censoring_curve(group[i], time[i])

    events = [k for k in patients if cause[k] == of]
    weights = {k: np.array([weight(i, time[k]) for i in patients]) for k in events}
    risk = np.exp(X @ b)
    total = {k: float(weights[k] @ risk) for k in events}
    mean = {k: (weights[k] * risk) @ X / total[k] for k in events}
    information = np.zeros((p, p))
    for k in events:
        information += ((weights[k] * risk)[:, None] * (X - mean[k])).T @ (X - mean[k]) / total[k]
    score = np.zeros((n, p))
    for i in patients:
        for k in events:
            score[i] += (float(i == k) - weights[k][i] * risk[i] / total[k]) * (X[i] - mean[k])

    def q(u, g):
        found = np.zeros(p)
        for i in patients:
            if time[i] < u and not left[i] and cause[i] != of and group[i] == g:
                for k in events:
                    if time[k] >= u:
                        found += weights[k][i] * risk[i] * (X[i] - mean[k]) / total[k]
        return found

    for j in patients:
        if left[j]:
            exposed = [i for i in patients if group[i] == group[j] and time[i] >= time[j]]
            moved = q(time[j], group[j]) / len(exposed)
            score[j] += moved
            for i in exposed:
                score[i] -= moved / len(exposed)
    inverse = np.linalg.inv(information)
    return inverse @ score.T @ score @ inverse


def test_a_gammopathy_cohort():
    frame, answer = mgus2(), known_answer("mgus2_fg")
    X = np.column_stack([frame["age"], frame["sex"] == "M"]).astype(float)
    arguments = {"of": "pcm", "causes": ["pcm", "death"], "ties": "efron", **SURVIVAL}
    fit = fine_gray(frame["etime"], frame["event"], X, **arguments)
    assert (fit.n, fit.n_events, fit.n_competing) == (1384, 115, 860)
    assert fit.coefficients == pytest.approx(answer["coef"], rel=2e-8)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(answer["loglik"], rel=1e-12)
    # R's robust errors take each piece of a patient for a patient (tests/proof); by patient they are these.
    time, cause = frame["etime"].to_numpy(), frame["event"].to_numpy()
    patient, start, stop, event, weight = finegray_pieces(time, cause, "pcm")
    cox = fit_cox(stop, event, X[patient], entry=start, weights=weight)
    data = cox_data(stop, event, X[patient], entry=start, weights=weight)
    assert robust_fit(cox, data, cluster=patient).standard_errors == pytest.approx(
        fit.standard_errors, rel=1e-8
    )


def test_five_patients_by_hand():
    # At 3 one of three leaves, so that from then on the death counts for G(4-) / G(2-) = 2/3. With w = exp(b)
    # the share of x = 1 in the risk is 3 w / (3 w + 2) at 1, (5/3) w / ((5/3) w + 1) at 4 and all of it at 5;
    # two of the three events have x = 1. 1 = 3 w / (3 w + 2) + 5 w / (5 w + 3) is 15 w^2 = 6.
    fit = fine_gray(HAND_TIME, HAND_CAUSE, HAND_X, of="pd", causes=["pd", "death"], variance="known")
    w = math.sqrt(2 / 5)
    assert math.exp(fit.coefficients[0]) == pytest.approx(w, rel=1e-10)
    assert fit.loglik_null == pytest.approx(-math.log(5) - math.log(1 + 5 / 3) - math.log(5 / 3), rel=1e-12)
    steps = np.array([1 / (3 * w + 2), 1 / (5 * w / 3 + 1), 1 / (5 * w / 3)])
    for x, ratio in ((0, 1), (1, w)):
        curve = predicted_incidence(fit, [x])
        assert curve.time.tolist() == [1, 4, 5]
        assert curve.incidence == pytest.approx(1 - np.exp(-ratio * np.cumsum(steps)), rel=1e-10)
    # The parts of the score, x less its mean times what was seen less what was expected, as the death is in
    # all three risk sets; at 5 all of them have x = 1.
    one, four = 3 * w / (3 * w + 2), 5 * w / (5 * w + 3)
    parts = [
        (1 - one) * (1 - w * steps[0]),
        -(1 - one) * w * steps[0] - (1 - four) * w * steps[1] * 2 / 3,
        one * steps[0],
        one * steps[0] - four * (1 - steps[1]),
        -(1 - one) * w * steps[0] - (1 - four) * w * steps[1],
    ]
    information = one * (1 - one) + four * (1 - four)
    assert sum(parts) == pytest.approx(0, abs=1e-12)
    assert fit.standard_errors[0] == pytest.approx(
        math.sqrt(sum(u * u for u in parts)) / information, rel=1e-9
    )


def random_cohort(seed):
    rng = np.random.default_rng(seed)
    n = 30
    cause = rng.choice(np.array(["pd", "death", "censored"]), n)
    return np.ceil(rng.exponential(8, n)), cause, rng.normal(size=(n, 2)), rng.choice(np.array(["a", "b"]), n)


def fitted(*args, **kwargs):
    try:
        return fine_gray(*args, of="pd", causes=["pd", "death"], **kwargs)
    except CannotEstimate:
        assume(False)
        raise


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_variance_by_its_definition(seed):
    time, cause, X, group = random_cohort(seed)
    fit = fitted(time, cause, X, censoring_group=group)
    expected = sandwich(time, cause, X, fit.coefficients, group, of="pd")
    assert fit.covariance == pytest.approx(expected, rel=1e-7, abs=1e-10 * np.abs(expected).max())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.randoms(), st.sampled_from([0.1, 30.4375]))
def test_order_unit_and_coding_do_not_matter(seed, random, factor):
    time, cause, X, _ = random_cohort(seed)
    one = fitted(time, cause, X)
    order = random.sample(range(30), 30)
    two = fitted(time[order] * factor, cause[order], X[order] * [10, -1] + [500, 1])
    assert two.coefficients * [10, -1] == pytest.approx(one.coefficients, rel=1e-6, abs=1e-8)
    assert two.standard_errors * [10, 1] == pytest.approx(one.standard_errors, rel=1e-6)
    x = X[0]
    assert predicted_incidence(two, x * [10, -1] + [500, 1]).incidence == pytest.approx(
        predicted_incidence(one, x).incidence, rel=1e-7
    )


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_without_competing_events_it_is_the_cox_model(ties):
    time, cause, X, _ = random_cohort(11)
    cause = np.where(cause == "death", "censored", cause)
    fit = fine_gray(time, cause, X, of="pd", causes=["pd"], ties=ties, variance="known")
    cox = fit_cox(time, cause == "pd", X, ties=ties)
    assert fit.coefficients == pytest.approx(cox.coefficients, rel=1e-8)
    assert fit.loglik == pytest.approx(cox.loglik, rel=1e-12)
    robust = robust_fit(cox, cox_data(time, cause == "pd", X))
    assert fit.covariance == pytest.approx(robust.covariance, rel=1e-7)


def test_without_censoring_the_others_stay_for_ever():
    # Nobody is censored, so that weights are 1 and an incidence is a share of everybody: the Cox model of
    # those who never have the event of interest, followed past the end.
    time, cause, X, _ = random_cohort(12)
    cause = np.where(cause == "censored", "death", cause)
    fit = fine_gray(time, cause, X, of="pd", causes=["pd", "death"])
    cox = fit_cox(np.where(cause == "pd", time, 1000.0), cause == "pd", X, ties="breslow")
    assert fit.coefficients == pytest.approx(cox.coefficients, rel=1e-8)
    assert fit.loglik == pytest.approx(cox.loglik, rel=1e-12)


def test_a_group_that_leaves_early_counts_for_nothing_after():
    # All of b are censored by 3 or have died; at 5 they are no more at risk, and the fit does not see b's death.
    time = np.array([1.0, 2, 3, 3, 4, 5, 6, 7, 5])
    cause = np.array(["pd", "death", "censored", "pd", "pd", "pd", "censored", "pd", "death"])
    x = np.array([0.0, 1, 0, 1, 1, 0, 1, 0, 0])[:, None]
    group = np.array(["a", "b", "b", "a", "a", "a", "a", "a", "a"])
    fit = fine_gray(time, cause, x, of="pd", causes=["pd", "death"], censoring_group=group, variance="known")
    # b's death counts in full at 3, where one of b leaves, and not at all after it: it is censored at 3.
    gone = np.where(cause == "death", np.where(group == "b", 3.0, 7.0), time)
    cause_a = np.where(group == "b", "censored", cause)
    assert fit.loglik_null == pytest.approx(
        -sum(
            math.log(sum((gone >= t) | ((cause_a == "death") & (time < t))) - carried_less(t))
            for t in (1, 3, 4, 5, 7)
        ),
        rel=1e-12,
    )


def carried_less(t):
    """In a one of two is censored at 6, after which the death at 5 counts for a half."""
    return 0.5 if t == 7 else 0.0


def test_models_that_cannot_be_fitted():
    arguments = {"of": "pd", "causes": ["pd", "death"]}
    with pytest.raises(CannotEstimate, match="no patient has the event by 'pd'"):
        fine_gray(HAND_TIME, np.where(HAND_CAUSE == "pd", "death", HAND_CAUSE), HAND_X, **arguments)
    with pytest.raises(CannotEstimate, match="arm has one value in all patients at risk"):
        fine_gray(HAND_TIME, HAND_CAUSE, np.ones((5, 1)), names=["arm"], **arguments)
    both = np.column_stack([HAND_X[:, 0], 1 - HAND_X[:, 0]])
    with pytest.raises(CannotEstimate, match="control is determined by arm"):
        fine_gray(HAND_TIME, HAND_CAUSE, both, names=["arm", "control"], **arguments)
    with pytest.raises(CannotEstimate, match="no finite hazard ratio for x1"):
        fine_gray(HAND_TIME, HAND_CAUSE, (HAND_CAUSE == "pd")[:, None].astype(float), **arguments)


def test_separation_counts_those_who_stay_at_risk():
    # Without the death of x = 2, which stays at risk, every event has the highest x: a Cox model that censors
    # it has no maximum, this one has.
    time, x = np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 2, 1, 1, 0])[:, None]
    cause = np.array(["pd", "death", "pd", "pd", "censored"])
    with pytest.raises(CannotEstimate, match="no finite hazard ratio"):
        fit_cox(time, cause == "pd", x)
    assert np.isfinite(fine_gray(time, cause, x, of="pd", causes=["pd", "death"]).coefficients).all()


def test_separation_by_two_covariates_together():
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=30), rng.normal(size=30)
    time = np.argsort(np.argsort(-(x + z))) + 1.0
    cause = np.where(time <= 20, "pd", "death")
    with pytest.raises(CannotEstimate, match="no finite hazard ratio for x and z: taken together"):
        fine_gray(time, cause, np.column_stack([x, z]), of="pd", causes=["pd", "death"], names=["x", "z"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"of": "relapse"}, "of is 'relapse'; expected one of 'pd', 'death'"),
        ({"causes": ["pd"]}, r"cause\[1\] is 'death'; expected one of 'pd', 'censored'"),
        ({"censored": "death"}, "'death' means censored and is among the causes"),
        ({"ties": "exact"}, "ties is 'exact'; expected breslow or efron"),
        ({"tied_censoring": "before"}, "tied_censoring is 'before'; expected with or after"),
        ({"variance": "robust"}, "variance is 'robust'; expected estimated or known"),
        ({"censoring_group": np.array(["a"])}, "5 times and 1 groups of censoring"),
        ({"names": ["a", "b"]}, "2 names for 1 columns"),
    ],
)
def test_what_is_no_request_is_refused(change, sentence):
    arguments = {"of": "pd", "causes": ["pd", "death"]} | change
    with pytest.raises(ValueError, match=sentence):
        fine_gray(HAND_TIME, HAND_CAUSE, HAND_X, **arguments)


def test_predictions_of_the_wrong_shape_are_refused():
    fit = fine_gray(HAND_TIME, HAND_CAUSE, HAND_X, of="pd", causes=["pd", "death"])
    with pytest.raises(ValueError, match="expected 1 finite numbers"):
        predicted_incidence(fit, [1.0, 2.0])
    with pytest.raises(ValueError, match="expected 1 finite numbers"):
        predicted_incidence(fit, [math.nan])
