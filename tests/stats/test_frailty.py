"""Gamma frailties, against R's coxph, and against the likelihood with the frailties integrated out numerically."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad

from calliper.errors import CannotEstimate
from calliper.stats.cox import fit_cox, hazard_ratio, wald_test
from calliper.stats.frailty import gamma_frailty
from shared import shared_data

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "frailty.json").read_text())


def cgd():
    frame = pl.read_csv(shared_data("03_survival_classic/survival_cgd.csv"))
    treated = frame["treat"] == "rIFN-g"
    columns = {"time": frame["tstop"], "event": frame["status"], "x": treated, "z": frame["age"]}
    return columns | {"entry": frame["tstart"], "cluster": frame["id"]}


def rhdnase():
    # The time to the first exacerbation that began after entry.
    frame = pl.read_csv(shared_data("03_survival_classic/survival_rhDNase.csv"), null_values=["NA", ""])
    first = frame.unique("id", keep="first", maintain_order=True)
    days = first["end.dt"].str.to_date() - first["entry.dt"].str.to_date()
    event = (first["ivstart"] > 0).fill_null(value=False)
    return {
        "time": np.where(event, first["ivstart"], days.dt.total_days()),
        "event": event,
        "x": first["trt"],
        "z": first["fev"],
        "cluster": first["inst"],
    }


def arguments(case):
    data = {"cgd": cgd, "rhDNase": rhdnase}[case["name"]]() if case["name"] else case["data"]
    data = {name: np.array(column) for name, column in data.items()}
    X = np.column_stack([data["x"], data["z"]]).astype(float)
    strata = data["stratum"] if case.get("strata") else None
    known = {"ties": case.get("ties", "efron"), "strata": strata, "entry": data.get("entry")}
    return (data["time"].astype(float), data["event"], X, data["cluster"]), known


@pytest.mark.parametrize(
    "case", R["cases"], ids=lambda case: case["name"] or f"{case['ties']}, {case['strata']}"
)
def test_fits_of_r(case):
    columns, known = arguments(case)
    for answer in (*case["given"], case["best"]):
        fit = gamma_frailty(*columns, theta=answer["theta"], **known)
        assert fit.coefficients == pytest.approx(answer["coef"], rel=1e-8)
        assert fit.covariance == pytest.approx(np.array(answer["var"]), rel=1e-8)
        assert np.log(fit.frailties) == pytest.approx(answer["log_frailty"], rel=1e-8, abs=1e-8)
        assert fit.log_frailty_errors == pytest.approx(answer["log_frailty_se"], rel=1e-8)
        assert fit.loglik == pytest.approx(answer["loglik"], rel=1e-11)
        assert fit.theta_test is None
    fit, best = gamma_frailty(*columns, **known), case["best"]
    # R's climber sees the likelihood only, which is level to its rounding within this of the top.
    assert fit.theta == pytest.approx(best["theta"], rel=1e-5)
    assert fit.loglik == pytest.approx(best["loglik"], rel=1e-12)
    assert fit.loglik >= best["loglik"] - 1e-11
    assert fit.loglik_cox == pytest.approx(case["loglik_cox"], rel=1e-12)
    gain = 2 * (best["loglik"] - case["loglik_cox"])
    assert fit.theta_test.chi2 == pytest.approx(gain, rel=1e-8)
    assert fit.theta_test.p == pytest.approx(math.erfc(math.sqrt(gain / 2)) / 2, rel=1e-8)
    # coxph as it comes: it stops early, and its errors leave out how frailties depend on each other.
    assert fit.theta == pytest.approx(case["em"]["theta"], rel=0.05)
    assert 0 <= fit.loglik - case["em"]["loglik"] < 0.002
    assert (np.abs(fit.coefficients - case["em"]["coef"]) < 0.02 * fit.standard_errors).all()
    assert fit.standard_errors == pytest.approx(case["em"]["se"], rel=0.01)


def test_clusters_alike():
    columns, known = arguments({"name": None, "data": R["none"]["data"]})
    fit = gamma_frailty(*columns, **known)
    assert R["none"]["theta"] < 1e-6
    assert (fit.theta, fit.theta_test.chi2, fit.theta_test.p, fit.kendall_tau) == (0, 0, 1, 0)
    cox = fit_cox(*columns[:3])
    assert fit.coefficients == pytest.approx(R["none"]["coef"], rel=1e-6)
    assert fit.coefficients.tolist() == cox.coefficients.tolist()
    assert (fit.loglik, fit.frailties.tolist()) == (cox.loglik, [1] * 10)
    # A variance near 0 is as good as none, and a larger one worse.
    small, large = (gamma_frailty(*columns, theta=theta) for theta in (1e-7, 0.1))
    assert small.loglik == pytest.approx(cox.loglik, abs=1e-5)
    assert small.coefficients == pytest.approx(cox.coefficients, rel=1e-5)
    assert large.loglik < small.loglik < cox.loglik


def untied(seed=5, clusters=4, size=5):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), size)
    x = rng.normal(size=cluster.size)
    time = rng.exponential(1 / (rng.gamma(0.8, 1.25, clusters)[cluster] * np.exp(0.5 * x)))
    return time, rng.random(cluster.size) < 0.8, x[:, None], cluster


def integrated(data, theta, b, steps):
    """log of prod over clusters of the integral over u of the likelihood of its patients times u's density.

    `steps` is how far the cumulative hazard of x = 0 and u = 1 rises at each event time, ascending.
    """
    time, event, x, cluster = data
    times, total, nu = np.sort(time[event]), 0.0, 1 / theta
    for i in np.unique(cluster):
        own = cluster == i
        hazards = [
            steps[times == t][0] * math.exp(b * z) for t, z in zip(time[own & event], x[own & event, 0])
        ]
        cumulative = sum(steps[times <= t].sum() * math.exp(b * z) for t, z in zip(time[own], x[own, 0]))

        d = len(hazards)

        def density(u, power=nu - 1 + d, rate=nu + cumulative):
            return u**power * math.exp(-rate * u) * nu**nu / math.gamma(nu)

        total += sum(map(math.log, hazards)) + math.log(quad(density, 0, np.inf, epsabs=0, epsrel=1e-12)[0])
    return total


@pytest.mark.parametrize("theta", [None, 0.4])
def test_it_is_the_top_of_the_integrated_likelihood(theta):
    data = time, event, x, cluster = untied()
    fit = gamma_frailty(*data, theta=theta)
    assert fit.theta > 0.1
    risk = fit.frailties[cluster] * np.exp(x @ fit.coefficients)
    steps = np.array([1 / risk[time >= t].sum() for t in np.sort(time[event])])
    b = fit.coefficients[0]
    top = integrated(data, fit.theta, b, steps)
    # Cox's partial likelihood is the full one at its best steps, where hazards sum to the number of events.
    assert top + event.sum() == pytest.approx(fit.loglik, rel=1e-10)

    def slope(along):
        h = 1e-4
        return (along(h) - along(-h)) / (2 * h)

    assert slope(lambda h: integrated(data, fit.theta, b + h, steps)) == pytest.approx(0, abs=1e-5)
    for k in range(steps.size):
        unit = np.eye(steps.size)[k]
        raised = slope(lambda h, u=unit: integrated(data, fit.theta, b, steps * np.exp(h * u)))
        assert raised == pytest.approx(0, abs=1e-5)
    in_theta = slope(lambda h: integrated(data, fit.theta * math.exp(h), b, steps))
    assert (abs(in_theta) < 1e-5) == (theta is None)


def test_frailties_are_pulled_towards_one():
    # The mean of u given a cluster's d events where L were expected at u = 1: (1 / theta + d) / (1 / theta + L).
    time, event, x, cluster = untied(seed=8)
    fit = gamma_frailty(time, event, x, cluster, theta=0.5)
    risk = np.exp(x @ fit.coefficients)
    expected = np.zeros(4)
    for t in time[event]:
        at_risk = time >= t
        step = 1 / (fit.frailties[cluster] * risk)[at_risk].sum()
        expected += np.bincount(cluster, weights=risk * at_risk * step)
    d = np.bincount(cluster, weights=event)
    assert fit.frailties == pytest.approx((2 + d) / (2 + expected), rel=1e-9)
    assert fit.frailties.mean() == pytest.approx(1, rel=1e-9)
    assert fit.kendall_tau == pytest.approx(0.2)


def test_names_order_unit_and_coding_do_not_matter():
    columns, known = arguments(R["cases"][0])
    time, event, X, cluster = columns
    one = gamma_frailty(*columns, **known)
    order = np.random.default_rng(2).permutation(time.size)
    names = np.array([f"centre {k:02d}" for k in cluster], dtype=object)
    two = gamma_frailty(time[order] * 30.4375, event[order], X[order] * [10, -1] + [500, 1], names[order])
    assert two.theta == pytest.approx(one.theta, rel=1e-7)
    assert two.coefficients * [10, -1] == pytest.approx(one.coefficients, rel=1e-8)
    assert two.frailties == pytest.approx(one.frailties, rel=1e-7)
    assert (two.clusters[0], one.clusters[0]) == ("centre 01", 1)
    assert hazard_ratio(one, 1).z == pytest.approx(one.coefficients[1] / one.standard_errors[1])
    assert wald_test(one, [0, 1]).chi2 == pytest.approx(one.wald_test.chi2, rel=1e-10)


def test_a_cluster_without_events_and_a_covariate_of_clusters():
    time, event, x, cluster = untied(seed=9, clusters=6)
    event = event & (cluster != 2)
    of_cluster = np.array([0.0, 0, 1, 1, 1, 0])[cluster]
    fit = gamma_frailty(time, event, np.column_stack([x, of_cluster]), cluster, theta=0.7)
    assert 0 < fit.frailties[2] < 1
    assert np.isfinite(fit.standard_errors).all()
    # The errors know that the covariate varies between clusters alone.
    cox = fit_cox(time, event, np.column_stack([x, of_cluster]))
    assert fit.standard_errors[1] > 1.2 * cox.standard_errors[1]


def test_models_that_cannot_be_fitted():
    time, event, x, cluster = untied()
    with pytest.raises(CannotEstimate, match="all patients are of one cluster"):
        gamma_frailty(time, event, x, np.zeros(20))
    with pytest.raises(CannotEstimate, match="there is no event"):
        gamma_frailty(time, np.zeros(20), x, cluster)
    with pytest.raises(CannotEstimate, match="arm has one value"):
        gamma_frailty(time, event, np.ones((20, 1)), cluster, names=["arm"])
    with pytest.raises(ValueError, match="20 times and 3 clusters"):
        gamma_frailty(time, event, x, cluster[:3])
    with pytest.raises(ValueError, match="ties is 'discrete'; expected efron or breslow"):
        gamma_frailty(time, event, x, cluster, ties="discrete")
    for theta in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="expected a number above zero"):
            gamma_frailty(time, event, x, cluster, theta=theta)


def test_a_large_variance_is_climbed_to():
    # Clusters die one after the other: beyond the ladder of variances that is tried first.
    cluster = np.repeat(np.arange(8), 10)
    time, x = cluster + 1 + np.tile(np.arange(10) / 100, 8), np.random.default_rng(1).normal(size=(80, 1))
    fit = gamma_frailty(time, np.ones(80), x, cluster)
    assert fit.theta > 16
    for theta in (0.98 * fit.theta, 1.02 * fit.theta):
        assert gamma_frailty(time, np.ones(80), x, cluster, theta=theta).loglik < fit.loglik
