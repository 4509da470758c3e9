"""Left truncation: Kaplan-Meier, Nelson-Aalen and log-rank of patients who came under observation late."""

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
from calliper.stats.logrank import logrank, logrank_trend, stratified_logrank
from calliper.stats.nelson_aalen import nelson_aalen
from calliper.stats.survival import kaplan_meier, quantile, reverse_kaplan_meier, survival_at
from calliper.summaries.risk_table import RiskTable, risk_table, risk_tables

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "r" / "survival.json"
LATE: list[dict[str, Any]] = json.loads(FIXTURE.read_text())["late"]


def columns(case: dict[str, Any]) -> dict[str, Any]:
    kinds = {"entry": float, "time": float, "event": int, "group": object, "stratum": object}
    return {name: np.array(case["data"][name], dtype=kind) for name, kind in kinds.items()}


def test_a_curve_by_hand():
    # Entry 0, 0, 2, 5; event at 2, 4, 6+, 7. At 2 the third is not at risk yet: 1/2. At 4 two are: 1/4. At 7 one.
    table = risk_table(np.array([2, 4, 6, 7]), np.array([1, 1, 0, 1]), entry=np.array([0, 0, 2, 5]))
    km, hazard = kaplan_meier(table), nelson_aalen(table)
    assert km.time.tolist() == [2, 4, 5, 6, 7]
    assert km.at_risk.tolist() == [2, 2, 1, 2, 1]
    assert km.survival.tolist() == [0.5, 0.25, 0.25, 0.25, 0]
    assert km.standard_error[1] == pytest.approx(0.25 * math.sqrt(1 / 2 + 1 / 2))
    assert hazard.hazard.tolist() == [0.5, 1, 1, 1, 2]
    assert hazard.standard_error[1] == pytest.approx(math.sqrt(1 / 4 + 1 / 4))
    assert (km.n, quantile(km).value) == (4, 3)
    assert survival_at(km, 5.5).at_risk == 2


def test_a_curve_that_has_ended_does_not_rise_again():
    # The first is alone and dies; two enter later. S is 0 for good, and no number is invented for it.
    table = risk_table(np.array([2, 6, 7]), np.array([1, 1, 0]), entry=np.array([1, 4, 4]))
    km = kaplan_meier(table)
    assert km.at_risk.tolist() == [0, 1, 0, 2, 1]
    assert km.survival.tolist() == [1, 0, 0, 0, 0]
    assert np.isnan(km.lower[1:]).all()
    assert km.standard_error[0] == 0
    assert nelson_aalen(table).hazard.tolist() == [0, 1, 1, 1.5, 1.5]


@pytest.mark.parametrize("case", LATE)
def test_curves_of_r(case):
    data = columns(case)
    table = risk_table(data["time"], data["event"], entry=data["entry"])
    km, hazard = kaplan_meier(table), nelson_aalen(table)
    ends = (table.events + table.censored) > 0
    assert km.time[ends] == pytest.approx(case["at"], rel=1e-12)
    assert km.at_risk[ends].tolist() == case["n_risk"]
    alive = ends & (km.survival > 1e-12)
    kept = alive[ends]
    for ours, theirs in ((km.survival, "surv"), (km.standard_error, "se"), (km.lower, "lower")):
        assert ours[alive] == pytest.approx(np.array(case[theirs], dtype=float)[kept], rel=1e-10)
    assert hazard.hazard[ends] == pytest.approx(case["cumhaz"], rel=1e-10)
    assert hazard.standard_error[ends] == pytest.approx(case["se_cumhaz"], rel=1e-10)


@pytest.mark.parametrize("case", LATE)
def test_log_rank_is_the_score_test_of_r(case):
    data = columns(case)
    groups = sorted(set(data["group"].tolist()))

    def tables(row: np.ndarray) -> dict[str, RiskTable]:
        kept = {name: column[row] for name, column in data.items()}
        return risk_tables(kept["time"], kept["event"], kept["group"], groups=groups, entry=kept["entry"])

    whole = logrank(tables(data["time"] > 0))
    strata = stratified_logrank([tables(data["stratum"] == name) for name in ("A", "B")])
    for test, answer in ((whole, case["logrank"]), (strata, case["stratified"])):
        assert (test.chi2, test.df, test.p) == pytest.approx(
            (answer["chi2"], answer["df"], answer["p"]), rel=1e-9
        )
    scores = range(1, len(groups) + 1)
    for test, answer in ((whole, case["trend"]), (strata, case["trend_stratified"])):
        found = logrank_trend(test, scores)
        assert (found.z**2, found.p) == pytest.approx((answer["chi2"], answer["p"]), rel=1e-9)


SPANS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(0, 1)), min_size=1, max_size=25)


def table_of(spans: list[tuple[int, int, int]]) -> RiskTable:
    entry, length, event = (np.array([span[i] for span in spans], dtype=float) for i in range(3))
    return risk_table(entry + length, event, entry=entry)


@given(SPANS, SPANS, st.randoms(use_true_random=False))
def test_risk_tables_add(a, b, random):
    both = a + b
    random.shuffle(both)
    assert table_of(a) + table_of(b) == table_of(both) == table_of(b) + table_of(a)
    assert RiskTable() + table_of(a) == table_of(a)


@given(SPANS)
def test_at_risk_by_counting(spans):
    table = table_of(spans)
    for t in np.arange(0, 20, 0.5):
        assert table.at_risk_at(t) == sum(e < t <= e + length for e, length, _ in spans if e > 0) + sum(
            t <= length for e, length, _ in spans if e == 0
        )
    assert table.person_time == sum(length for _, length, _ in spans)
    assert table.n == len(spans)


@given(SPANS)
def test_a_patient_cut_into_spells_is_the_same_patient(spans):
    # (0, 7] is (0, 3] censored and (3, 7]: the counting process adds up to the same numbers at risk.
    cut = [piece for e, n, d in spans for piece in ([(e, n, d)] if n < 2 else [(e, 1, 0), (e + 1, n - 1, d)])]
    whole, pieces = kaplan_meier(table_of(spans)), kaplan_meier(table_of(cut))
    events = whole.events > 0
    assert whole.survival[events].tolist() == pieces.survival[pieces.events > 0].tolist()


@given(SPANS)
def test_everybody_twice_halves_the_variance(spans):
    once, twice = nelson_aalen(table_of(spans)), nelson_aalen(table_of(spans * 2))
    assert twice.hazard == pytest.approx(once.hazard, rel=1e-12)
    assert twice.standard_error * math.sqrt(2) == pytest.approx(once.standard_error, rel=1e-12)


def test_follow_up_keeps_the_entries():
    table = risk_table(np.array([4, 6]), np.array([1, 0]), entry=np.array([0, 5]))
    assert reverse_kaplan_meier(table).at_risk.tolist() == kaplan_meier(table).at_risk.tolist()


def test_limits_of_the_cumulative_hazard_by_hand():
    # 1/4 + 1/3 at the second event; its variance 1/16 + 1/9.
    hazard = nelson_aalen(risk_table(np.array([1, 2, 3, 4]), np.array([0, 1, 1, 0])))
    assert np.isnan(hazard.lower[0])
    value, error = 1 / 3 + 1 / 2, math.sqrt(1 / 9 + 1 / 4)
    reach = math.exp(1.959963984540054 * error / value)
    assert (hazard.hazard[2], hazard.lower[2], hazard.upper[2]) == pytest.approx(
        (value, value / reach, value * reach), rel=1e-12
    )
    with pytest.raises(CannotEstimate, match="no patient has a follow-up time"):
        nelson_aalen(RiskTable())


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([0, 4], r"entry\[1\] is 4; expected zero or more, and less than the end of follow-up, 4"),
        ([-1, 0], r"entry\[0\] is -1"),
        ([0, float("nan")], r"entry\[1\] is nan"),
        ([0], "2 times but 1 entries"),
    ],
)
def test_what_is_no_entry_is_refused(entry, message):
    with pytest.raises(ValueError, match=message):
        risk_table(np.array([3, 4]), np.array([1, 1]), entry=np.array(entry))
    with pytest.raises(ValueError, match=message):
        risk_tables(np.array([3, 4]), np.array([1, 1]), ["a", "a"], groups=["a"], entry=np.array(entry))


def test_a_table_with_too_few_entries_is_refused():
    with pytest.raises(ValueError, match="2 censored, 1 entries; expected as many of each, or no entries"):
        RiskTable((1.0, 2.0), (1, 1), (0, 0), (1,))
