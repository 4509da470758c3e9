"""Restricted means in a survival analysis, and where its curves are drawn to: by hand, and R's."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from analyses.hand_cohort import OS, analyse, failures, patients, protocol, times, value
from calliper.results import Results
from shared import ROOT

R: dict[str, Any] = json.loads((ROOT / "tests/fixtures/r/subgroups.json").read_text())
K1 = {
    "test": ([6, 9, 13, 18, 22, 30], [1, 0, 1, 1, 0, 1]),
    "control": ([4, 7, 8, 12, 15, 20], [1, 1, 1, 1, 0, 1]),
}
Z = 1.959963984540054


def found(arms: dict[str, tuple[list[int], list[int]]], **spec: Any) -> Results:
    study = protocol({"id": "os", "kind": "survival", "endpoint": "os", **spec}, endpoints={"os": OS})
    arm = [name for name, (time, _) in arms.items() for _ in time]
    frame = patients(arm=arm)
    time, event = ([one for held in arms.values() for one in held[part]] for part in (0, 1))
    return analyse(study, frame, times("os", frame["patient"].to_list(), time, event))


def at(results: Results, group: str, stat: str, tau: float = 20) -> float:
    return value(results, f"os/included/{group}/os//{stat}@{tau:g}")


def test_two_small_arms_by_hand() -> None:
    results = found(K1, rmst=20)
    a, b = 6 + 7 * 5 / 6 + 5 * 5 / 8 + 2 * 5 / 12, 4 + 3 * 5 / 6 + 4 / 6 + 4 * 3 / 6 + 8 * 2 / 6
    assert (round(a, 4), round(b, 4)) == (15.7917, 11.8333)
    assert at(results, "test", "mean.rmst") == pytest.approx(a, rel=1e-12)
    assert at(results, "control", "mean.rmst") == pytest.approx(b, rel=1e-12)
    # areas after 6, 13 and 18: 9.7917, 3.9583, 0.8333, with d / (n (n - d)) = 1/30, 1/12, 1/6
    error_a = math.sqrt((a - 6) ** 2 / 30 + (a - 6 - 7 * 5 / 6) ** 2 / 12 + (2 * 5 / 12) ** 2 / 6)
    assert at(results, "test", "se.rmst") == pytest.approx(error_a, rel=1e-12)
    assert at(results, "test", "upper.rmst") == pytest.approx(a + Z * error_a, rel=1e-12)
    error_b = at(results, "control", "se.rmst")
    pair = "test vs control"
    assert at(results, pair, "difference.rmst") == pytest.approx(a - b, rel=1e-12)
    assert at(results, pair, "lower.rmst") == pytest.approx(
        a - b - Z * math.hypot(error_a, error_b), rel=1e-12
    )
    z = (a - b) / math.hypot(error_a, error_b)
    assert at(results, pair, "p.rmst") == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-10)
    assert at(results, pair, "ratio.rmst_ratio") == pytest.approx(a / b, rel=1e-12)
    log_error = math.hypot(error_a / a, error_b / b)
    assert at(results, pair, "upper.rmst_ratio") == pytest.approx(a / b * math.exp(Z * log_error), rel=1e-12)
    assert {method.name for method in results.methods} >= {"rmst", "rmst_ratio"}


def test_equal_to_r_on_a_cohort() -> None:
    cohort = R["cohort"]
    rows = list(zip(cohort["arm"], cohort["time"], cohort["status"], strict=True))
    arms = {
        name: (
            [time for arm, time, _ in rows if arm == name],
            [status for arm, _, status in rows if arm == name],
        )
        for name in ("test", "control")
    }
    results, answer = found(arms, rmst=R["made_rmst"]["tau"]), R["made_rmst"]
    for arm, mean, error in zip(answer["arm"], answer["mean"], answer["se"], strict=True):
        assert at(results, arm, "mean.rmst") == pytest.approx(mean, rel=1e-10)
        assert at(results, arm, "se.rmst") == pytest.approx(error, rel=1e-10)


def test_swapping_the_reference_turns_the_difference_and_inverts_the_ratio() -> None:
    one = found(K1, rmst=15)
    study = protocol(
        {"id": "os", "kind": "survival", "endpoint": "os", "rmst": 15}, reference="test", endpoints={"os": OS}
    )
    frame = patients(arm=["test"] * 6 + ["control"] * 6)
    time, event = (K1["test"][part] + K1["control"][part] for part in (0, 1))
    other = analyse(study, frame, times("os", frame["patient"].to_list(), time, event))
    pairs = "test vs control", "control vs test"
    for stat, turned in (("difference.rmst", -1.0), ("p.rmst", 1.0)):
        assert at(other, pairs[1], stat, 15) == pytest.approx(turned * at(one, pairs[0], stat, 15), rel=1e-12)
    ratio = at(one, pairs[0], "ratio.rmst_ratio", 15)
    assert at(other, pairs[1], "ratio.rmst_ratio", 15) == pytest.approx(1 / ratio, rel=1e-12)


def test_no_mean_past_the_follow_up_of_an_arm_and_the_time_that_is_possible() -> None:
    cut = {"test": (K1["test"][0], [1, 0, 1, 1, 0, 0]), "control": (K1["control"][0], [1, 1, 1, 1, 0, 0])}
    results = found(cut, rmst=31)
    assert failures(results)["rmst", ""] == (
        "no restricted mean to 31 months: follow-up ends with patients free of the event at 30 months in TEST and at "
        "20 months in CONTROL; it can be estimated to 20 months or less"
    )
    assert not any("rmst" in row.stat for row in results)
    assert not failures(found(cut, rmst=20))


def test_past_the_last_time_of_a_curve_at_zero_the_mean_is_known() -> None:
    results = found(K1, rmst=25)
    assert at(results, "control", "mean.rmst", 25) == pytest.approx(71 / 6, rel=1e-12)


@pytest.mark.parametrize(
    ("fewest", "test", "control"),
    # at risk in test at 6, 9, 13, 18, 22, 30: 6, 5, 4, 3, 2, 1; of six a half is 3, and 0.51 of them more than 3
    [(1, 30, 20), (2, 22, 15), (0.5, 18, 12), (0.51, 13, 8), (6, 6, 4), (7, 0, 0)],
)
def test_a_curve_is_drawn_to_the_last_time_with_enough_at_risk(
    fewest: float, test: float, control: float
) -> None:
    results = found(K1, stop_below=fewest)
    assert value(results, "os/included/test/os//drawn_to") == test
    assert value(results, "os/included/control/os//drawn_to") == control


def test_without_the_options_there_are_no_such_rows() -> None:
    assert not any("rmst" in row.stat or row.stat == "drawn_to" for row in found(K1))
