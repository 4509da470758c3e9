"""Competing risks on cohorts small enough to work by hand, and what is said where the data cannot support them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl
import pytest

from analyses.hand_cohort import analyse, category, failures, number, patients, protocol, value
from calliper.endpoints import TIMES, Endpoint
from calliper.results import Results

ENDPOINT = {
    "kind": "time_to_event",
    "label": "Progression",
    "short": "TTP",
    "unit": "months",
    "event_label": "progression",
    "recorded": {
        "time": "months",
        "cause": "ended_by",
        "causes": {"pd": "event", "dead": "death", "alive": "censored"},
    },
}
VARIABLES = {
    "months": number("Months"),
    "ended_by": category("Ended by", "pd", "dead", "alive"),
    "age": number("Age"),
}

K3_TIMES = [3, 5, 6, 8, 9, 11, 12, 14, 16, 20]
K3_CAUSES = ["event", "death", "event", None, "event", "death", "event", None, "death", None]


def ended(time: Sequence[float | None], cause: Sequence[str | None]) -> Endpoint:
    """Patients p0, p1, ...; without a time nothing is known."""
    columns = {
        "patient": [f"p{i}" for i in range(len(time))],
        "time": [None if t is None else float(t) for t in time],
        "event": [None if t is None else int(c == "event") for t, c in zip(time, cause, strict=True)],
        "cause": list(cause),
        "reason": ["recorded" if t is not None else "time not recorded" for t in time],
        "detail": [None] * len(time),
        "source": ["hand"] * len(time),
    }
    return Endpoint("ttp", "time_to_event", pl.DataFrame(columns, schema=TIMES))


def made(
    arm: Sequence[str | None],
    time: Sequence[float | None],
    cause: Sequence[str | None],
    *,
    arms: Sequence[str] = ("test", "control"),
    age: Sequence[float] | None = None,
    **options: object,
) -> Results:
    spec = {"id": "ttp", "kind": "competing_risks", "endpoint": "ttp", **options}
    study = protocol(spec, arms=arms, reference=arms[-1], variables=VARIABLES, endpoints={"ttp": ENDPOINT})
    frame = patients(arm=arm, **({"age": age} if age is not None else {}))
    return analyse(study, frame, ended(time, cause))


@pytest.fixture(scope="module")
def k3() -> Results:
    """The ten patients of K3, all in one arm."""
    return made(["only"] * 10, K3_TIMES, K3_CAUSES, arms=["only"], at=[6, 12, 16, 24], ticks=[0, 6, 12])


def test_k3_by_hand(k3: Results) -> None:
    # 1/10 at 3 and at 6; S(9-) = 7/10 with 6 at risk, S(12-) = 7/15 with 4 at risk; S(16-) = 0.35 with 2 at risk
    progression = {6: 0.2, 12: 0.2 + 0.7 / 6 + 0.7 / 6, 16: 0.2 + 1.4 / 6}
    death = {6: 0.1, 12: 0.1 + 0.7 / 6, 16: 0.1 + 0.7 / 6 + 0.35 / 2}
    for cause, expected in (("event", progression), ("death", death)):
        for at, share in expected.items():
            found = value(k3, f"ttp/included/only/ttp/{cause}/incidence@{at}")
            assert found == pytest.approx(share, rel=1e-12), (cause, at)
    for at, share in progression.items():
        free = value(k3, f"ttp/included/only/ttp//event_free@{at}")
        assert free == pytest.approx(1 - share - death[at], rel=1e-12)
    # nobody is censored before 6: the error is that of a share of ten
    error = math.sqrt(0.2 * 0.8 / 10)
    assert value(k3, "ttp/included/only/ttp/event/incidence_se@6") == pytest.approx(error, rel=1e-12)
    lower = value(k3, "ttp/included/only/ttp/event/incidence_lower@6")
    assert lower == pytest.approx(0.2 * math.exp(-1.959963984540054 * error / 0.2), rel=1e-12)


def test_who_had_what_first(k3: Results) -> None:
    stem = "ttp/included/only/ttp"
    assert value(k3, f"{stem}//n") == 10
    assert value(k3, f"{stem}//censored") == 3
    assert [value(k3, f"{stem}/{cause}/events") for cause in ("event", "death")] == [4, 3]
    assert [value(k3, f"{stem}//at_risk@{at}") for at in (0, 6, 12)] == [10, 8, 4]
    assert [value(k3, f"{stem}/event/cumulative_events@{at}") for at in (0, 6, 12)] == [0, 2, 4]
    assert [value(k3, f"{stem}/death/cumulative_events@{at}") for at in (0, 6, 12)] == [0, 1, 2]


def test_the_curve_starts_at_0_and_is_read_at_every_time(k3: Results) -> None:
    rows = [row for row in k3 if row.stat == "curve" and row.level == "event"]
    assert [row.at for row in rows] == [0, *K3_TIMES]
    assert [round(row.value or 0, 4) for row in rows] == [
        0, 0.1, 0.1, 0.2, 0.2, 0.3167, 0.3167, 0.4333, 0.4333, 0.4333, 0.4333,
    ]  # fmt: skip
    at_0 = k3.get("ttp/included/only/ttp/event/curve_lower@0")
    assert at_0 is not None
    assert at_0.value is None


def test_one_group_has_no_comparison_and_says_so(k3: Results) -> None:
    found = failures(k3)
    assert found["gray", ""] == "no Gray test: fewer than two groups have patients"
    assert found["cause_specific", ""] == found["fine_gray", ""] == "no hazard ratio: there is only one group"
    late = "no cumulative incidence at 24 months: the follow-up of ONLY ends before"
    assert found["summary", "ttp only at 24"] == late
    assert not any(row.at == 24 for row in k3)


def test_two_groups_by_hand() -> None:
    """Gray's worked example: a has progression 1, death 2, progression 4; b death 1, progression 3, censored 4."""
    found = made(
        ["a", "a", "a", "b", "b", "b"],
        [1, 2, 4, 1, 3, 4],
        ["event", "death", "event", "death", "event", None],
        arms=["a", "b"],
    )
    stem = "ttp/included"
    assert value(found, f"{stem}/a/ttp/event/observed.gray") == 2
    assert value(found, f"{stem}/a/ttp/event/expected.gray") == pytest.approx(
        1 / 2 + 2 / 5 + 1 / 2, rel=1e-12
    )
    # Cox of progression: at 1 one of three against three, at 3 one against two, at 4 one of one against one; with
    # w = exp(b) the score is 2 - 3w/(3w + 3) - w/(w + 2) - w/(w + 1), and its root is where that is 0.
    b = value(found, f"{stem}/a vs b/ttp/event/coefficient.cause_specific")
    w = math.exp(b)
    assert 2 - 3 * w / (3 * w + 3) - w / (w + 2) - w / (w + 1) == pytest.approx(0, abs=1e-8)
    hr = value(found, f"{stem}/a vs b/ttp/event/hr.cause_specific")
    assert hr == pytest.approx(w, rel=1e-12)


def test_fine_and_gray_by_hand() -> None:
    """1 pd a; 2 death a; 3 censored b; 4 pd b; 5 pd a: 15 w^2 = 6 (docs/methods/fine_gray.md)."""
    found = made(
        ["a", "a", "b", "b", "a"],
        [1, 2, 3, 4, 5],
        ["event", "death", None, "event", "event"],
        arms=["a", "b"],
    )
    b = value(found, "ttp/included/a vs b/ttp/event/coefficient.fine_gray")
    assert b == pytest.approx(math.log(math.sqrt(6 / 15)), abs=1e-7)


def test_patients_without_a_time_or_an_arm_are_counted() -> None:
    found = made(
        ["a", "b", "a", "b", None],
        [1, 2, None, 4, 5],
        ["event", "death", None, "event", "event"],
        arms=["a", "b"],
    )
    summary = next(method for method in found.methods if method.name == "summary" and not method.subject)
    assert (summary.n_used, summary.n_excluded) == (3, 2)
    assert summary.why_excluded == "no time: time not recorded (1); group not known (1)"
    assert value(found, "ttp/included/overall/ttp//n") == 3


def test_a_cause_that_nobody_had_is_refused_in_its_words() -> None:
    found = made(["a", "a", "b", "b"], [1, 2, 3, 4], ["event", None, "event", None], arms=["a", "b"], at=[2])
    refused = failures(found)
    assert refused["gray", "gray death"] == "no Gray test: no event of cause 'death' in any group"
    assert refused["cause_specific", "cause_specific death"].startswith("Death: no Cox model")
    assert refused["fine_gray", "fine_gray death"].startswith(
        "Death: no Fine-Gray model: no patient has the event"
    )
    # an incidence of 0 has no interval on the log scale
    assert value(found, "ttp/included/a/ttp/death/incidence@2") == 0
    lower = found.get("ttp/included/a/ttp/death/incidence_lower@2")
    assert lower is not None
    assert lower.value is None


def test_separation_brings_firths_ratio_beside_the_refusal() -> None:
    """Nobody of b progresses: the likelihood rises for ever."""
    found = made(
        ["a"] * 5 + ["b"] * 5,
        [1, 2, 3, 4, 5, 1.5, 2.5, 3.5, 4.5, 5.5],
        ["event", "event", "event", "death", None, "death", None, "death", None, None],
        arms=["a", "b"],
    )
    assert ("cause_specific", "cause_specific event") in failures(found)
    stem = "ttp/included/a vs b/ttp/event"
    assert found.get(f"{stem}/hr.cause_specific") is None
    lower, hr, upper = (value(found, f"{stem}/{stat}.firth") for stat in ("lower", "hr", "upper"))
    assert 0 < lower < hr < upper < math.inf
    assert ("fine_gray", "fine_gray event") in failures(found)


def test_an_adjusted_model_stands_beside_the_unadjusted_one() -> None:
    arm = ["a", "b", "b", "a"] * 2 + ["b", "a", "a", "b"] * 2
    age = [50, 61, 47, 70, 66, 58, 72, 44, 59, 63, 51, 68, 55, 49, 74, 60]
    time = [3, 5, 6, 8, 9, 11, 12, 14, 16, 20, 4, 7, 10, 13, 15, 17]
    cause = ["event", "death", "event", None, "event", "death", "event", None] * 2
    found = made(arm, time, cause, arms=["a", "b"], age=age, adjust=["age"])
    for method in ("cause_specific", "fine_gray"):
        assert value(found, f"ttp/included/a vs b/ttp/event/hr.{method}") > 0
        assert value(found, f"ttp/included/adjusted event/age//hr.{method}") > 0
        assert value(found, f"ttp/included/adjusted event/arm/b/reference.{method}") == 1
        assert value(found, f"ttp/included/adjusted event///n.{method}") == 16
    told = next(
        method.sentence for method in found.methods if method.name == "cause_specific" and not method.subject
    )
    assert "the adjusted ones have age beside it" in told
