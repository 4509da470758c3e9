"""Rates per 100 patient-years, shares of sessions and shift tables, each from published or hand-worked numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.hand_cohort import analyse, failures, patients, value
from analyses.hand_harm import event, harm, implied, known, sessions, study
from calliper.results import Results

YEAR = 365.25


def _rates(
    *arms: tuple[int, float],
    n: int = 40,
    any_event: bool = False,
    names: tuple[str, ...] = ("test", "control"),
) -> Results:
    """Arms of `n` patients: `x` with the event, and so many years in all, to the nearest day."""
    rows, place = [], []
    for arm, (x, years) in zip(names, arms, strict=False):
        days = round(years * YEAR)
        for i in range(n):
            own = days // n + (i < days % n)
            rows.append(known(f"p{len(rows)}", "rash", i < x, days_at_risk=own))
            place.append(arm)
    return analyse(study("rash", patient_years=True, any_event=any_event), patients(arm=place), harm(rows))


@pytest.mark.parametrize(
    ("x", "years", "rate", "lower", "upper"),
    [(5, 25.0, 20.0, 6.49, 46.67), (0, 30.0, 0.0, 0.0, 12.30), (24, 12.5, 192.0, 123.0, 285.7)],
)
def test_exact_limits_of_a_rate(x: int, years: float, rate: float, lower: float, upper: float) -> None:
    made = _rates((x, years), (1, 10.0))
    here = "safety/included/test/rash/first event/"
    stats = ("rate", "lower.exact_poisson", "upper.exact_poisson")
    assert [value(made, here + stat) for stat in stats] == pytest.approx(
        [rate, lower, upper], rel=5e-4, abs=0.005
    )
    assert value(made, here + "person_time") == pytest.approx(years, abs=1 / YEAR)
    assert value(made, here + "events") == x


def test_the_incidence_rate_of_tern() -> None:
    """Six times in months, four with an event: 9.058333 patient-years, 44.15823 per 100 (tern, s_incidence_rate)."""
    months, happened = (10.1, 20.4, 15.3, 20.8, 18.7, 23.4), (True, False, False, True, True, True)
    rows = [
        known(f"p{i}", "rash", event, days_at_risk=round(month / 12 * YEAR))
        for i, (month, event) in enumerate(zip(months, happened, strict=True))
    ]
    made = analyse(study("rash", patient_years=True), patients(arm=["test"] * 6), harm(rows))
    here = "safety/included/test/rash/first event/"
    assert value(made, here + "person_time") == pytest.approx(9.058333, abs=3 / YEAR)
    assert value(made, here + "rate") == pytest.approx(44.15823, rel=1e-3)


def test_two_rates_compared_as_poisson_test_in_r_does() -> None:
    """poisson.test(c(11, 10), c(800, 3011)): 4.14 (1.596 to 10.874). The difference: 1.0429 -/+ 1.96 x 0.4276."""
    made = _rates((11, 800.0), (10, 3011.0))
    here = "safety/included/test vs control/rash/first event/"
    found = [value(made, here + stat) for stat in ("rate_ratio", "lower.rate_ratio", "upper.rate_ratio")]
    assert found == pytest.approx([4.14, 1.596, 10.874], rel=3e-4)
    difference = 100 * (11 / 800 - 10 / 3011)
    reach = 1.959964 * 100 * (11 / 800**2 + 10 / 3011**2) ** 0.5
    stats = ("rate_difference", "lower.rate_difference", "upper.rate_difference")
    assert [value(made, here + stat) for stat in stats] == pytest.approx(
        [difference, difference - reach, difference + reach], rel=1e-5
    )


def test_no_ratio_to_an_arm_without_an_event() -> None:
    made = _rates((3, 10.0), (0, 12.0))
    subject = "rash first event test vs control"
    assert failures(made)["rate_ratio", subject] == (
        "no rate ratio: no patient of the reference arm had the event"
    )
    assert value(made, "safety/included/test vs control/rash/first event/rate_difference") == pytest.approx(
        30, rel=1e-3
    )
    neither = _rates((0, 10.0), (0, 12.0))
    assert "no event in either group" in failures(neither)["rate_ratio", subject]


def test_who_is_not_known_gives_no_time() -> None:
    """p1's days are not known, p2 is not known to have had it; p0 and p3 give 100 days, one event."""
    rows = [
        known("p0", "rash", True, days_at_risk=10),
        known("p1", "rash", True),
        known("p2", "rash", None, days_at_risk=50),
        known("p3", "rash", False, days_at_risk=90),
    ]
    made = analyse(study("rash", patient_years=True), patients(arm=["test"] * 4), harm(rows))
    here = "safety/included/test/rash/first event/"
    assert [value(made, here + stat) for stat in ("n", "unknown", "events")] == [2, 2, 1]
    assert value(made, here + "rate") == pytest.approx(100 * 1 / (100 / YEAR))
    # of the control arm nobody is there
    assert failures(made)["exact_poisson", "rash first event control"] == (
        "no rate: nobody was at risk for any time"
    )


def test_any_event_ends_the_time_at_the_first_of_them() -> None:
    """p0: rash on day 10, fever on day 4, so 4 days; p1: rash alone on day 7; p2: neither in 30."""
    rows = [
        known("p0", "rash", True, days_at_risk=10), known("p0", "fever", True, days_at_risk=4),
        known("p1", "rash", True, days_at_risk=7), known("p1", "fever", False, days_at_risk=30),
        known("p2", "rash", False, days_at_risk=30), known("p2", "fever", False, days_at_risk=30),
    ]  # fmt: skip
    made = analyse(
        study("rash", "fever", patient_years=True, any_event=True), patients(arm=["test"] * 3), harm(rows)
    )
    here = "safety/included/test/any/first event/"
    assert value(made, here + "events") == 2
    assert value(made, here + "person_time") == pytest.approx((4 + 7 + 30) / YEAR)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 3000), st.sampled_from(["test", "control"])),
        min_size=2,
        max_size=12,
    )
)
def test_a_rate_is_events_over_time_whatever_the_order(held: list[tuple[bool, int, str]]) -> None:
    def made(order: list[tuple[bool, int, str]]) -> dict[str, float | None]:
        rows = [
            known(f"p{i}", "rash", happened, days_at_risk=days) for i, (happened, days, _) in enumerate(order)
        ]
        frame = patients(arm=[arm for *_, arm in order])
        return {row.key: row.value for row in analyse(study("rash", patient_years=True), frame, harm(rows))}

    one = made(held)
    assert one == pytest.approx(made(held[::-1]), nan_ok=True)
    for arm in ("test", "control"):
        days = sum(days for _, days, own in held if own == arm)
        if days:
            x = sum(happened for happened, _, own in held if own == arm)
            assert one[f"safety/included/{arm}/rash/first event/rate"] == pytest.approx(100 * x * YEAR / days)


TREATMENTS = {
    "kind": "treatments",
    "label": "Treatments",
    "start": "start",
    "items": {"tace": {"label": "DEB-TACE", "drugs": ["DEB-TACE"], "as": "session"}},
}
AFTER_EACH: dict[str, Any] = {"window_days": None, "after_each": {"drugs": ["DEB-TACE"], "days": [0, 30]}}


def test_sessions_with_an_event_of_all_sessions() -> None:
    """p0: three sessions, fever twice after the first and once after the third; p1: one, none; p2: two, not known.

    p3, of control: two sessions, fever after the second, and one without a date.
    """
    events = [
        event("p0", "fever", grade=1, session=1), event("p0", "fever", grade=2, session=1),
        event("p0", "fever", grade=1, session=3),
        event("p3", "fever", grade=1, session=2), event("p3", "fever", grade=1),
    ]  # fmt: skip
    rows = [*implied(["p0", "p1", "p3"], ("fever",), events), known("p2", "fever", None)]
    spec = study(
        "fever",
        endpoint=AFTER_EACH,
        endpoints={"treatments": TREATMENTS},
        sessions="treatments",
        any_event=True,
    )
    made = analyse(
        spec,
        patients(arm=["test", "test", "test", "control"]),
        harm(rows, events),
        sessions({"p0": [0, 42, 90], "p1": [0], "p2": [0, 30], "p3": [0, 60]}),
    )
    for variable in ("fever", "any"):
        for arm, expected in (("test", [4, 2, 0.5]), ("control", [2, 1, 0.5])):
            here = f"safety/included/{arm}/{variable}/session/"
            assert [value(made, here + stat) for stat in ("n", "count", "proportion")] == expected
    (method,) = [held for held in made.methods if held.name == "sessions"]
    assert method.warnings == (
        "1 event without a date: after which session is not known, counted by patient alone.",
    )


def test_a_session_without_a_value_is_said_to_count() -> None:
    alt = {"alt": {"label": "ALT increased", "lab": "alt"}}
    spec = study(
        endpoint={**AFTER_EACH, "terms": alt}, endpoints={"treatments": TREATMENTS}, sessions="treatments"
    )
    events = [event("p0", "alt", grade=1, session=1, origin="laboratory")]
    made = analyse(
        spec,
        patients(arm=["test"]),
        harm(implied(["p0"], ("alt",), events), events),
        sessions({"p0": [0, 42]}),
    )
    (method,) = [held for held in made.methods if held.name == "sessions"]
    assert method.warnings == (
        "A session after which nothing was measured counts as one without ALT increased.",
    )


def test_shifts_from_the_grade_before_to_the_worst() -> None:
    """Five on test: 0 to 0, 0 to 2, 2 to 2, 2 to 3, not known to 1; of the four known two got worse."""
    pairs = [(0, 0), (0, 2), (2, 2), (2, 3), (None, 1)]
    rows = [
        known(f"p{i}", "alt", worst > 0, grade=worst, baseline_grade=before)
        for i, (before, worst) in enumerate(pairs)
    ]
    made = analyse(study("alt", shifts=["alt"]), patients(arm=["test"] * 5), harm(rows))
    here = "safety/included/test/alt/"
    counts = {
        row.level: row.value
        for row in made
        if row.group == "test" and row.stat == "count" and " to " in row.level
    }
    assert len(counts) == 49
    assert {level for level, count in counts.items() if count} == {
        "0 to 0", "0 to 2", "2 to 2", "2 to 3", "unknown to 1",
    }  # fmt: skip
    assert sum(count or 0 for count in counts.values()) == value(made, here + "shift/n") == 5
    assert [value(made, here + f"worsened/{stat}") for stat in ("n", "count", "proportion")] == [4, 2, 0.5]
