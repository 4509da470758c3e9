"""Visits against the schedule: the worked examples, the ends of each window, and what must not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.derivations.due_visits import Schedule, Visit, judge_visits, visits_due

SIX_WEEKS = Schedule(due=(28, 42), on_time=(21, 49), late_until=98)


def test_worked_examples() -> None:
    assert judge_visits([30, 65, 100, 160, 290], SIX_WEEKS) == (
        Visit(30, 30, "on time"),
        Visit(65, 35, "on time"),
        Visit(100, 35, "on time"),
        Visit(160, 60, "late"),
        Visit(290, 130, "missed"),
    )
    assert [visit.timing for visit in judge_visits([30, 45], SIX_WEEKS)] == ["on time", "early"]


@pytest.mark.parametrize(
    ("day", "timing"),
    [
        (20, "early"),
        (21, "on time"),
        (49, "on time"),
        (50, "late"),
        (98, "late"),
        (99, "missed"),
    ],
)
def test_the_ends_of_each_window(day: int, timing: str) -> None:
    assert judge_visits([day], SIX_WEEKS)[0].timing == timing


def test_visits_on_or_before_the_start_are_none() -> None:
    assert judge_visits([-10, 0, 30], SIX_WEEKS) == (Visit(30, 30, "on time"),)
    assert judge_visits([], SIX_WEEKS) == ()


def test_visits_due() -> None:
    assert [visits_due(day, SIX_WEEKS) for day in (-3, 0, 41, 42, 83, 84, 126)] == [0, 0, 0, 1, 1, 2, 3]


@given(st.lists(st.integers(1, 900)))
def test_intervals_add_up_and_order_does_not_matter(days: list[int]) -> None:
    visits = judge_visits(days, SIX_WEEKS)
    assert sum(visit.interval for visit in visits) == max(days, default=0)
    assert judge_visits([*reversed(days), *days], SIX_WEEKS) == visits


def test_a_schedule_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match=r"found due \[28, 42\], on time \[30, 49\], late until 98"):
        Schedule(due=(28, 42), on_time=(30, 49), late_until=98)
