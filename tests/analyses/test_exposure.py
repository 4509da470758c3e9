"""Exposure and sessions by arm, worked by hand from frames; what must not change a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.hand_cohort import analyse, failures, patients, protocol, value
from calliper.endpoints import EXPOSURES, TREATMENTS, Endpoint
from calliper.protocol.specs import Protocol
from calliper.results import Results
from calliper.stats.survival import kaplan_meier, quantile, survival_at
from calliper.summaries.risk_table import risk_table

START = {"type": "date", "column": "start", "label": "First TACE"}
SPEC: dict[str, Any] = {
    "kind": "exposure",
    "label": "Sorafenib",
    "start": "start",
    "drugs": ["Sorafenib"],
    "planned_mg_per_day": 800,
}


def study(*, arms: Sequence[str] = ("test", "control"), spec: dict[str, Any] = SPEC, **more: Any) -> Protocol:
    held = {"id": "ex", "kind": "exposure", "endpoint": "drug", **more}
    return protocol(held, arms=arms, variables={"start": START}, endpoints={"drug": spec})


def person(first: int, days: int, *, off: int = 0, cut: int | None = None, **more: Any) -> dict[str, Any]:
    """A patient on 800 mg from `first` for `days`, of which `off` are one pause, reduced on day `cut`."""
    on = days - off
    return {
        "first_day": first, "last_day": first + days - 1, "duration_days": days, "on_drug_days": on,
        "cumulative_mg": 800.0 * on, "mean_daily_mg": 800.0 * on / days, "mean_daily_mg_without_pauses": 800.0,
        "rdi_percent": 100.0 * on / days, "reductions": 0 if cut is None else 1, "first_reduction_day": cut,
        "interruptions": 1 if off else 0, "longest_interruption_days": off, "days_unrecorded": 0,
        "was_on_before": False, "is_ongoing": False, "reason": "stopped", "source": "hand", **more,
    }  # fmt: skip


NEVER: dict[str, Any] = {"reason": "never started"}
NO_START: dict[str, Any] = {"reason": "start not recorded"}

PEOPLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("test", person(3, 10)),
    ("test", person(4, 40, off=10, cut=24)),
    ("test", person(5, 90, cut=95, is_ongoing=True, reason="ongoing at the data cut-off")),
    ("test", person(10, 60, off=6, reason="stopped: adverse event")),
    ("test", NEVER),
    ("test", NO_START),
    ("control", person(0, 30, was_on_before=True, days_unrecorded=3)),
    ("control", NEVER),
)


def endpoint(people: Sequence[tuple[str, dict[str, Any]]]) -> Endpoint:
    rows = [{"patient": f"p{at}", **held} for at, (_, held) in enumerate(people)]
    return Endpoint("drug", "exposure", pl.DataFrame(rows, schema=EXPOSURES))


def results(
    held: Protocol | None = None,
    people: Sequence[tuple[str, dict[str, Any]]] = PEOPLE,
    *,
    order: Sequence[int] | None = None,
) -> Results:
    frame = patients(arm=[arm for arm, _ in people])[list(order or range(len(people)))]
    return analyse(held or study(delay_days=[3, 5], at=[10, 50]), frame, endpoint(people))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # five of six have a known start, four of them a dose
        ("included/test///n", 5), ("included/test/started//count", 4), ("included/test/started//proportion", 0.8),
        ("included/control/started//proportion", 0.5), ("included/overall///n", 7),
        ("started/test///n", 4), ("started/overall///n", 5),
        # 10, 40, 60 and 90 days
        ("started/test/duration_days//mean", 50), ("started/test/duration_days//median", 50),
        ("started/test/duration_days//min", 10), ("started/test/duration_days//max", 90),
        # deviations 40, 10, 10, 40: 3400 over 3
        ("started/test/duration_days//sd", (3400 / 3) ** 0.5),
        ("started/test/on_drug_days//mean", (10 + 30 + 90 + 54) / 4),
        ("started/test/cumulative_mg//max", 72000), ("started/test/rdi_percent//median", (90 + 100) / 2),
        ("started/test/rdi_percent//min", 75), ("started/test/mean_daily_mg//min", 600),
        ("started/overall/duration_days//mean", 46), ("started/control/duration_days//n", 1),
        ("started/test/reduced//count", 2), ("started/test/reduced//proportion", 0.5),
        ("started/test/interrupted//count", 2), ("started/control/interrupted//count", 0),
        ("started/test/longest_interruption_days//median", 8), ("started/test/longest_interruption_days//n", 2),
        ("started/test/ongoing//count", 1), ("started/test/stopped//count", 3),
        ("started/test/ending/stopped/count", 2), ("started/test/ending/stopped: adverse event/count", 1),
        ("started/control/ending/stopped: adverse event/count", 0),
        ("started/test/ending/ongoing at the data cut-off/proportion", 0.25),
        # days 3, 4, 5 and 10; who took it before has no delay
        ("started/test/delay//median", 4.5), ("started/test/delay//max", 10),
        ("started/test/delay/in time/count", 3), ("started/test/delay/in time/proportion", 0.75),
        ("started/control/delay//n", 0), ("started/overall/delay//n", 4),
        # from the first dose: reduced after 20 and 90 days, censored after 9 and 59; S = 2/3 from 20, 0 from 90
        ("started/test/first_reduction//n", 4), ("started/test/first_reduction//events", 2),
        ("started/test/first_reduction//median", 90),
        ("started/test/first_reduction//share@10", 0), ("started/test/first_reduction//share@50", 1 / 3),
    ],
)  # fmt: skip
def test_rows_by_hand(key: str, expected: float) -> None:
    assert value(results(), f"ex/{key}") == pytest.approx(expected, abs=1e-12)


def test_the_time_to_the_first_reduction_is_that_of_the_kernel() -> None:
    """The same numbers from times written by hand; limits turn over with the share."""
    curve = kaplan_meier(risk_table(np.array([9.0, 20, 90, 59]), np.array([0, 1, 1, 0])))
    read, middle = survival_at(curve, 50), quantile(curve)
    assert read is not None
    assert read.lower is not None
    assert read.upper is not None
    found = results().by_key
    stem = "ex/started/test/first_reduction//"
    assert found[f"{stem}share_lower@50"].value == pytest.approx(1 - read.upper)
    assert found[f"{stem}share_upper@50"].value == pytest.approx(1 - read.lower)
    assert found[f"{stem}median_lower"].value == middle.lower
    assert found[f"{stem}median_upper"].value == middle.upper


def test_a_share_after_the_last_dose_of_all_has_no_row() -> None:
    assert results(study(at=[91])).get("ex/started/test/first_reduction//share@91") is None


def test_who_is_left_out_and_what_must_be_known_is_told() -> None:
    method = next(method for method in results().methods if method.name == "summary")
    assert (method.n_used, method.n_excluded) == (5, 3)
    assert method.why_excluded == "never started (2), start not recorded (1)"
    assert method.warnings == (
        "1 patient with 3 days between records of the drug; they count as without a dose.",
        "1 patient took the drug before the start already; doses before it are not counted, and the delay is not "
        "known.",
    )
    assert "in percent of 800 mg on every day" in method.sentence
    assert "no baseline factor of survival (immortal time)" in method.sentence


def test_an_arm_that_was_not_to_have_the_drug_has_no_rows() -> None:
    held = study(spec={**SPEC, "arms": ["test"]})
    found = results(held, PEOPLE[:6])
    assert {row.group for row in found.rows} == {"test"}


def test_nobody_who_started_leaves_counts_and_a_sentence() -> None:
    found = results(people=[("test", NEVER), ("control", NEVER)])
    assert failures(found) == {("summary", ""): "no patient started the drug"}
    assert value(found, "ex/included/test/started//count") == 0
    assert found.get("ex/started/test/reduced//proportion") is None
    assert found.get("ex/started/test/duration_days//median") is None


@given(st.permutations(range(len(PEOPLE))))
def test_the_order_of_the_patients_changes_no_row(order: list[int]) -> None:
    assert results(order=order).by_key == results().by_key


def test_renamed_arms_change_names_alone() -> None:
    renamed = [("x" if arm == "test" else arm, held) for arm, held in PEOPLE]
    other = results(study(arms=("x", "control"), delay_days=[3, 5], at=[10, 50]), renamed)
    assert [replace(row, group=row.group.replace("x", "test")) for row in other.rows] == list(results().rows)


# --- sessions and periods ---------------------------------------------------------------------------------------

TREATED: dict[str, Any] = {
    "kind": "treatments",
    "label": "Treatments",
    "start": "start",
    "items": {
        "tace": {"label": "DEB-TACE", "drugs": ["DEB-TACE"], "as": "session"},
        "drug": {"label": "Sorafenib", "drugs": ["Sorafenib"], "as": "period"},
    },
}
SESSIONS = {"p0": (0, 40, 90), "p1": (0,), "p2": (1, 31), "p3": (), "p4": (0, 28, 56, 100)}
PERIODS = {"p0": ((3, 30), (31, None)), "p1": ((5, 9),)}


def treated(*, order: Sequence[int] | None = None, **more: Any) -> Results:
    """p5, of the control arm, has no start and counts for nothing."""
    held = {"id": "tr", "kind": "treatment", "endpoint": "given", **more}
    made = protocol(held, variables={"start": START}, endpoints={"given": TREATED})
    arms = ["test", "test", "control", "control", "test", "control"]
    starts = [date(2018, 1, 1) + timedelta(days=at) for at in range(5)]
    frame = patients(arm=arms, start=[*starts, None])[list(order or range(6))]
    rows = [(who, "tace", day, day, "", "") for who, days in SESSIONS.items() for day in days]
    rows += [(who, "drug", *ends, "", "") for who, held in PERIODS.items() for ends in held]  # type: ignore[misc]
    return analyse(
        made, frame, Endpoint("given", "treatments", pl.DataFrame(rows, schema=TREATMENTS, orient="row"))
    )


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("test///n", 3), ("control///n", 2), ("overall///n", 5),
        ("test/tace//count", 3), ("control/tace//count", 1), ("control/tace//proportion", 0.5),
        ("test/tace//sessions", 8), ("overall/tace//sessions", 10),
        ("test/tace/a patient/median", 3), ("test/tace/a patient/min", 1), ("test/tace/a patient/max", 4),
        ("control/tace/a patient/median", 1), ("control/tace/a patient/min", 0), ("control/tace/a patient/n", 2),
        ("test/tace/0/count", 0), ("control/tace/0/count", 1), ("test/tace/1/count", 1), ("control/tace/2/count", 1),
        ("test/tace/3 or more/count", 2), ("test/tace/3 or more/proportion", 2 / 3),
        ("control/tace/first day/median", 1), ("test/tace/first day/max", 0),
        # 40, 50; 28, 28, 44; and 30
        ("test/tace/interval/n", 5), ("test/tace/interval/median", 40), ("test/tace/interval/max", 50),
        ("control/tace/interval/median", 30), ("overall/tace/interval/n", 6), ("overall/tace/interval/median", 35),
        ("test/drug//count", 2), ("test/drug//proportion", 2 / 3), ("control/drug//count", 0),
        ("test/drug//periods", 3), ("test/drug/first day/median", 4), ("test/drug/no end/count", 1),
    ],
)  # fmt: skip
def test_sessions_and_periods_by_hand(key: str, expected: float) -> None:
    assert value(treated(), f"tr/included/{key}") == pytest.approx(expected, abs=1e-12)


def test_the_levels_of_sessions_add_up_to_the_patients() -> None:
    found = treated()
    for group in ("test", "control", "overall"):
        levels = ("0", "1", "2", "3 or more")
        counted = sum(value(found, f"tr/included/{group}/tace/{level}/count") for level in levels)
        assert counted == value(found, f"tr/included/{group}///n")


def test_a_patient_without_a_start_is_left_out_and_told() -> None:
    (method,) = treated().methods
    assert (method.n_used, method.n_excluded, method.why_excluded) == (5, 1, "first TACE not recorded")


def test_some_treatments_can_be_asked_for() -> None:
    assert {row.variable for row in treated(items=["drug"]).rows} == {"", "drug"}


@given(st.permutations(range(6)))
def test_the_order_of_treated_patients_changes_no_row(order: list[int]) -> None:
    assert treated(order=order).by_key == treated().by_key
