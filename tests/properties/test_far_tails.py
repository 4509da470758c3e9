"""p-values down to 1e-300, against the logarithms that R computes (tests/fixtures/r/make_tails.R)."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calliper.stats.cox import fit_cox, hazard_ratio, wald_test
from calliper.stats.estimates import chi_square
from calliper.stats.logrank import logrank, logrank_trend
from calliper.stats.means import anova, t_pooled
from calliper.stats.ranks import kruskal_wallis, mann_whitney
from calliper.stats.survival import kaplan_meier, rmst_difference
from calliper.summaries.moments import Moments, value_counts
from calliper.summaries.risk_table import RiskTable

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "tails.json").read_text())


def check(p: float, log_p: float) -> None:
    """R prints 15 digits of the logarithm, which at -690 leaves 1e-12 of p."""
    assert p > 0
    assert math.log(p) == pytest.approx(log_p, rel=1e-13, abs=1e-12)


@pytest.mark.parametrize("case", R["chi"])
def test_chi_square(case):
    check(chi_square(case["chi2"], case["df"]).p, case["log_p"])


@pytest.mark.parametrize("case", R["normal"])
def test_a_hazard_ratio(case):
    fit = fit_cox(np.arange(1, 7), np.ones(6), np.array([[0.0], [1], [0], [1], [1], [0]]))
    far = replace(
        fit,
        coefficients=np.array([-case["z"] / 4]),
        standard_errors=np.array([0.25]),
        covariance=np.array([[0.0625]]),
    )
    check(hazard_ratio(far, 0).p, case["log_p"])
    check(wald_test(far, [0]).p, case["log_p"])


@pytest.mark.parametrize("case", R["t"])
def test_two_means(case):
    n, d = case["n"], case["d"]
    check(t_pooled(Moments(n, d, n - 1), Moments(n, 0.0, n - 1)).p, case["log_p"])


@pytest.mark.parametrize("case", R["f"])
def test_three_means(case):
    n, d = case["n"], case["d"]
    check(anova([Moments(n, 0.0, n - 1), Moments(n, 0.0, n - 1), Moments(n, d, n - 1)]).p, case["log_p"])


def test_every_route_to_a_p_keeps_its_tail():
    """Two arms, one wholly before the other: statistics by hand, p by the error function."""
    n = 250
    early = RiskTable(np.arange(n) + 1.0, np.ones(n, dtype=int), np.zeros(n, dtype=int))
    late = RiskTable(np.arange(n) + n + 1.0, np.ones(n, dtype=int), np.zeros(n, dtype=int))
    # Until the first arm is used up n late patients are at risk beside k early ones; after it no event compares.
    expected = sum(k / (k + n) for k in range(1, n + 1))
    variance = sum(k * n / (k + n) ** 2 for k in range(1, n + 1))
    test = logrank({"early": early, "late": late})
    chi2 = (n - expected) ** 2 / variance
    assert test.chi2 == pytest.approx(chi2, rel=1e-10)
    two_sided = math.erfc(math.sqrt(chi2 / 2))
    assert 0 < two_sided < 1e-100
    assert (test.p, logrank_trend(test, [1, 2]).p) == pytest.approx((two_sided, two_sided), rel=1e-8)
    # U is 0; its variance n^2 (2 n + 1) / 12.
    one, two = (value_counts(table.times) for table in (early, late))
    z = (n**2 / 2 - 0.5) / math.sqrt(n**2 * (2 * n + 1) / 12)
    assert mann_whitney(one, two).p == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-10)
    h = (n**2 / 2) ** 2 / (n**2 * (2 * n + 1) / 12)
    assert kruskal_wallis([one, two]).p == pytest.approx(math.erfc(math.sqrt(h / 2)), rel=1e-8)
    # To n the early arm lived (n + 1) / 2 on average, with the variance (n^2 - 1) / 12 of one patient.
    tau, far = float(n), rmst_difference(kaplan_meier(early), kaplan_meier(late), float(n))
    error = math.sqrt((tau**2 - 1) / 12 / n)
    z = (tau - (tau + 1) / 2) / error
    assert far.standard_error == pytest.approx(error, rel=1e-10)
    assert far.p == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-9)
