from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calliper.errors import CannotEstimate
from calliper.stats.survival import KaplanMeier, kaplan_meier, rmst, rmst_difference
from calliper.stats.survival_difference import rmst_ratio, survival_difference
from calliper.summaries.risk_table import risk_table

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "r" / "survival.json"
R: dict[str, Any] = json.loads(FIXTURE.read_text())
Z = 1.959963984540054
A = kaplan_meier(risk_table(np.array([6, 9, 13, 18, 22, 30]), np.array([1, 0, 1, 1, 0, 1])))
B = kaplan_meier(risk_table(np.array([4, 7, 8, 12, 15, 20]), np.array([1, 1, 1, 1, 0, 1])))


def curves(data: dict[str, Any], column: str, values: tuple[int, int]) -> list[KaplanMeier]:
    time, event, group = (np.array(data[name], dtype=float) for name in ("time", "event", column))
    return [kaplan_meier(risk_table(time[group == value], event[group == value])) for value in values]


def test_a_difference_by_hand():
    # At 12: S_A = 5/6 and S_B = 1/3 of six each, nobody censored before an event.
    found = survival_difference(A, B, 12)
    error = math.sqrt(5 / 216 + 8 / 216)
    assert (found.value, found.standard_error) == pytest.approx((0.5, error), rel=1e-12)
    assert (found.lower, found.upper) == pytest.approx((0.5 - Z * error, 0.5 + Z * error), rel=1e-12)
    shift = math.log(math.log(6 / 5) / math.log(3))
    variance = (1 / 30) / math.log(6 / 5) ** 2 + (1 / 3) / math.log(3) ** 2
    assert found.chi2 == pytest.approx(shift**2 / variance, rel=1e-12)


def test_swapped_groups_change_only_the_sign():
    one, two = survival_difference(A, B, 12), survival_difference(B, A, 12)
    assert (one.value, one.lower, one.p) == pytest.approx((-two.value, -two.upper, two.p), rel=1e-12)
    assert rmst_ratio(A, B, 20).value == pytest.approx(1 / rmst_ratio(B, A, 20).value, rel=1e-12)
    assert rmst_ratio(A, B, 20).lower == pytest.approx(1 / rmst_ratio(B, A, 20).upper, rel=1e-12)


def test_lung_cancer_by_sex():
    lung = R["lung"]
    men, women = curves(lung, "sex", (1, 2))
    for i, t in enumerate(lung["points"]):
        found = survival_difference(men, women, t)
        assert (found.value, found.standard_error) == pytest.approx(
            (lung["difference"][i], lung["se"][i]), rel=1e-10
        )
        assert (found.chi2, found.p) == pytest.approx((lung["chi2"][i], lung["p"][i]), rel=1e-10)


def test_restricted_means_of_biliary_cirrhosis():
    # The vignette of R's survRM2 prints these for tau = 10 years.
    treated, placebo = curves(R["pbc"], "arm", (1, 0))
    first, second = rmst(treated, 10), rmst(placebo, 10)
    assert (first.value, first.standard_error, first.lower, first.upper) == pytest.approx(
        (7.146, 0.283, 6.592, 7.701), abs=5.1e-4
    )
    assert (second.value, second.standard_error, second.lower, second.upper) == pytest.approx(
        (7.283, 0.295, 6.704, 7.863), abs=5.1e-4
    )
    difference, ratio = rmst_difference(treated, placebo, 10), rmst_ratio(treated, placebo, 10)
    assert (difference.value, difference.lower, difference.upper, difference.p) == pytest.approx(
        (-0.137, -0.939, 0.665, 0.738), abs=5.1e-4
    )
    assert (ratio.value, ratio.lower, ratio.upper, ratio.p) == pytest.approx(
        (0.981, 0.878, 1.096, 0.738), abs=5.1e-4
    )


def test_the_ratio_is_the_difference_of_logs():
    a, b, ratio = rmst(A, 20), rmst(B, 20), rmst_ratio(A, B, 20)
    error = math.hypot(a.standard_error / a.value, b.standard_error / b.value)
    assert ratio.log_error == pytest.approx(error, rel=1e-12)
    assert math.log(ratio.upper) == pytest.approx(math.log(a.value / b.value) + Z * error, rel=1e-12)


def test_comparisons_that_cannot_be_made():
    with pytest.raises(CannotEstimate, match="no difference at 25: follow-up of a group ends at 20"):
        survival_difference(A, B, 25)
    with pytest.raises(CannotEstimate, match="nobody of a group is left free of the event"):
        survival_difference(A, B, 20)
    with pytest.raises(CannotEstimate, match="no event by then in either group"):
        survival_difference(A, B, 3)
    early = survival_difference(A, B, 5)
    assert (early.value, early.chi2, early.p) == (pytest.approx(1 / 6), None, None)
    with pytest.raises(CannotEstimate, match="no event before 3 in either group"):
        rmst_ratio(A, B, 3)
    gone = kaplan_meier(risk_table(np.array([0.0]), np.array([1])))
    with pytest.raises(CannotEstimate, match="the mean of a group is 0"):
        rmst_ratio(gone, A, 3)
