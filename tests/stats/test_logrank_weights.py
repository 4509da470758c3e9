from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.logrank import LogRank, logrank, logrank_trend, stratified_logrank
from calliper.summaries.risk_table import RiskTable, risk_table, risk_tables

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
PEERS: list[dict[str, Any]] = json.loads((FIXTURES / "peers" / "weighted_logrank.json").read_text())["cases"]
# What each peer calls the weights, and the keys of its powers.
NAMES = {
    "gb": "gehan",
    "wilcoxon": "gehan",
    "tw": "tarone-ware",
    "tarone-ware": "tarone-ware",
    "peto": "peto-peto",
    "fh": "fleming-harrington",
    "fleming-harrington": "fleming-harrington",
}
POWERS = {"fh_p": "rho", "p": "rho", "q": "gamma"}

# A: 6, 9+, 13, 18, 22+, 30. B: 4, 7, 8, 12, 15+, 20.
A = risk_table(np.array([6, 9, 13, 18, 22, 30]), np.array([1, 0, 1, 1, 0, 1]))
B = risk_table(np.array([4, 7, 8, 12, 15, 20]), np.array([1, 1, 1, 1, 0, 1]))
# At each event: those at risk, those of them in A, and 1 where the event was in A.
EVENTS = [
    (12, 6, 0),
    (11, 6, 1),
    (10, 5, 0),
    (9, 5, 0),
    (7, 4, 0),
    (6, 4, 1),
    (4, 3, 1),
    (3, 2, 0),
    (1, 1, 1),
]
ARM = st.lists(st.tuples(st.integers(1, 20).map(float), st.integers(0, 1)), min_size=2, max_size=30)
WEIGHTS = ["logrank", "gehan", "tarone-ware", "peto-peto", "modified-peto-peto", "fleming-harrington"]


def arm_of(patients: list[tuple[float, int]]) -> RiskTable:
    return risk_table(np.array([t for t, _ in patients]), np.array([e for _, e in patients]))


def by_hand(weight: list[float]) -> tuple[float, float]:
    """The weighted sum of observed less expected in A, and its variance; no two events are tied."""
    score = sum(w * (o - a / n) for w, (n, a, o) in zip(weight, EVENTS, strict=True))
    return score, sum(w**2 * a / n * (1 - a / n) for w, (n, a, _) in zip(weight, EVENTS, strict=True))


def test_every_weight_by_hand():
    n = [row[0] for row in EVENTS]
    kaplan_meier = [math.prod(1 - 1 / m for m in n[:i]) for i in range(9)]
    prentice = [math.prod(m / (m + 1) for m in n[: i + 1]) for i in range(9)]
    expected = {
        "logrank": [1.0] * 9,
        "gehan": [float(m) for m in n],
        "tarone-ware": [math.sqrt(m) for m in n],
        "peto-peto": prentice,
        "modified-peto-peto": [s * m / (m + 1) for s, m in zip(prentice, n)],
    }
    for name, weight in expected.items():
        score, variance = by_hand(weight)
        test = logrank({"A": A, "B": B}, weight=name)
        assert test.observed[0] - test.expected[0] == pytest.approx(score, rel=1e-12)
        assert (test.variance[0][0], test.chi2) == pytest.approx((variance, score**2 / variance), rel=1e-12)
    for rho, gamma in ((0, 0), (1, 0), (0, 1), (0.5, 2)):
        score, variance = by_hand([s**rho * (1 - s) ** gamma for s in kaplan_meier])
        test = logrank({"A": A, "B": B}, weight="fleming-harrington", rho=rho, gamma=gamma)
        assert test.chi2 == pytest.approx(score**2 / variance, rel=1e-12)


@pytest.mark.parametrize("case", PEERS)
def test_statsmodels_and_lifelines(case):
    time, event, group, stratum = (np.array(case[key]) for key in ("time", "event", "group", "stratum"))
    groups = sorted(set(case["group"]))
    for peer in case["tests"]:
        rows = [stratum == s for s in ("s0", "s1")] if peer["stratified"] else [stratum != ""]
        strata = [risk_tables(time[row], event[row], group[row], groups=groups) for row in rows]
        powers = {POWERS[key]: power for key, power in peer["extra"].items()}
        test = stratified_logrank(strata, weight=NAMES[peer["weight"]], **powers)
        assert (test.chi2, test.p) == pytest.approx((peer["chi2"], peer["p"]), rel=1e-9), peer


@given(ARM, ARM, ARM, st.sampled_from(WEIGHTS))
def test_the_names_and_order_of_arms_do_not_matter(a, b, c, weight):
    arms = [arm_of(arm) for arm in (a, b, c)]
    try:
        one = logrank(dict(zip("xyz", arms)), weight=weight)
    except CannotEstimate:
        return
    two = logrank(dict(zip("pqr", arms[::-1])), weight=weight)
    assert (one.chi2, one.df) == pytest.approx((two.chi2, two.df), rel=1e-6, abs=1e-9)
    assert sum(one.observed) == pytest.approx(sum(one.expected))


@given(ARM, ARM, st.sampled_from(WEIGHTS))
def test_strata_of_one_cohort_twice_double_the_statistic(a, b, weight):
    tables = {"a": arm_of(a), "b": arm_of(b)}
    try:
        one = logrank(tables, weight=weight)
    except CannotEstimate:
        return
    two = stratified_logrank([tables, tables], weight=weight)
    assert two.chi2 == pytest.approx(2 * one.chi2, rel=1e-9, abs=1e-12)


@given(ARM, ARM, st.sampled_from(WEIGHTS))
def test_the_trend_over_two_groups_is_the_test_of_two_groups(a, b, weight):
    try:
        test = logrank({"a": arm_of(a), "b": arm_of(b)}, weight=weight)
    except CannotEstimate:
        return
    found = logrank_trend(test, [3, 7])
    assert (found.z**2, found.p) == pytest.approx((test.chi2, test.p), rel=1e-9, abs=1e-12)
    assert logrank_trend(test, [7, 3]).z == pytest.approx(-found.z, abs=1e-12)


def test_a_trend_by_hand():
    # Groups of one patient each, events at 1, 2, 3 in the order of the scores: E = 1/3, 5/6, 11/6; sum a (O - E) =
    # 2/3 x 1 + 1/6 x 2 - 5/6 x 3 = -3/2; the variances of the score among those at risk, 2/3 + 1/4, add up.
    arms = {name: risk_table(np.array([t]), np.array([1])) for name, t in (("a", 1), ("b", 2), ("c", 3))}
    found = logrank_trend(logrank(arms), [1, 2, 3])
    assert found.z == pytest.approx(-1.5 / math.sqrt(2 / 3 + 1 / 4), rel=1e-12)
    assert logrank_trend(logrank(arms), [101, 102, 103]).z == pytest.approx(found.z, rel=1e-12)


def test_tests_that_cannot_be_made():
    tables = {"A": A, "B": B}
    with pytest.raises(ValueError, match="weight is 'wilcoxon'; expected one of logrank, gehan"):
        logrank(tables, weight="wilcoxon")
    with pytest.raises(ValueError, match="rho = 1 and gamma = 0 with weight 'gehan'"):
        logrank(tables, weight="gehan", rho=1)
    with pytest.raises(ValueError, match="rho = -1 and gamma = 0"):
        logrank(tables, rho=-1)
    with pytest.raises(ValueError, match="expected 2 finite numbers, not all alike"):
        logrank_trend(logrank(tables), [1, 1])
    with pytest.raises(ValueError, match="expected 2 finite numbers"):
        logrank_trend(logrank(tables), [1, 2, 3])
    flat = LogRank(0, 1, 1, ("a", "b", "c"), (1, 1, 1), (1, 1, 1), ((1, -1, 0), (-1, 1, 0), (0, 0, 0)))
    with pytest.raises(CannotEstimate, match="no test for trend"):
        logrank_trend(flat, [1, 1, 2])
    # With gamma alone the first event weighs nothing, and here there is no other.
    once = {name: risk_table(np.array([2, 3]), np.array([1, 0])) for name in ("a", "b")}
    with pytest.raises(CannotEstimate, match="no log-rank test"):
        logrank(once, gamma=1)
