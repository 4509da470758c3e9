"""Visits against the schedule: the worked examples, the ends of each window, and what must not matter."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.derivations.due_visits import Schedule, Visit, judge_visits, visits_missed

SIX_WEEKS = Schedule(due=(28, 42), on_time=(21, 49), late_until=98)
FROM_START = replace(SIX_WEEKS, anchor="start")


def test_worked_examples() -> None:
    assert judge_visits([30, 65, 100, 160, 290], SIX_WEEKS) == (
        Visit(30, 30, "on time"),
        Visit(65, 35, "on time"),
        Visit(100, 35, "on time"),
        Visit(160, 60, "late"),
        Visit(290, 130, "after missed"),
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
        (99, "after missed"),
    ],
)
def test_the_ends_of_each_window(day: int, timing: str) -> None:
    assert judge_visits([day], SIX_WEEKS)[0].timing == timing
    # the first visit is held against the same days, whatever the anchor
    assert judge_visits([day], FROM_START)[0].timing == timing


@pytest.mark.parametrize(
    ("day", "timing"),
    # the third: due on day 84 to 126; a week of grace on either side; late up to 56 days after the last due
    [(76, "early"), (77, "on time"), (133, "on time"), (134, "late"), (182, "late"), (183, "after missed")],
)
def test_the_third_visit_from_the_start(day: int, timing: str) -> None:
    assert judge_visits([30, 60, day], FROM_START)[2].timing == timing


def test_the_worked_examples_from_the_start() -> None:
    """Due 28-42, 56-84, 84-126, 112-168, 140-210; on time to 217 and late to 266 of the fifth."""
    timings = [visit.timing for visit in judge_visits([30, 65, 100, 160, 290], FROM_START)]
    assert timings == ["on time", "on time", "on time", "on time", "after missed"]
    # the second is on time from day 49
    assert [visit.timing for visit in judge_visits([30, 45], FROM_START)] == ["on time", "early"]


def test_visits_on_or_before_the_start_are_none() -> None:
    assert judge_visits([-10, 0, 30], SIX_WEEKS) == (Visit(30, 30, "on time"),)
    assert judge_visits([], SIX_WEEKS) == ()


@pytest.mark.parametrize(
    ("days", "last_day", "missed"),
    [
        # a visit is overdue after day 49, the next after day 91, the third after day 133
        ([], -3, 0), ([], 49, 0), ([], 50, 1), ([], 91, 1), ([], 92, 2), ([], 133, 2), ([], 134, 3),
        # 130 days between the last two: two were missed; then 10 days, 49, 50
        ([30, 65, 100, 160, 290], 300, 2), ([30, 65, 100, 160, 290], 339, 2), ([30, 65, 100, 160, 290], 340, 3),
        # a late visit is the one that was due
        ([98], 98, 0), ([99], 99, 2),
    ],
)  # fmt: skip
def test_visits_that_nobody_came_to(days: list[int], last_day: int, missed: int) -> None:
    assert visits_missed(judge_visits(days, SIX_WEEKS), last_day, SIX_WEEKS) == missed


@pytest.mark.parametrize(
    ("days", "last_day", "missed"),
    # overdue after 49, 91, 133, 175, 217, 259, 301
    [
        ([], 50, 1),
        ([30, 65, 100, 160, 290], 300, 1),
        ([30, 65, 100, 160, 290], 302, 2),
        ([30, 31, 32], 91, 0),
    ],
)
def test_visits_that_nobody_came_to_from_the_start(days: list[int], last_day: int, missed: int) -> None:
    assert visits_missed(judge_visits(days, FROM_START), last_day, FROM_START) == missed


@given(st.lists(st.integers(1, 900)), st.sampled_from([SIX_WEEKS, FROM_START]))
def test_intervals_add_up_and_order_does_not_matter(days: list[int], schedule: Schedule) -> None:
    visits = judge_visits(days, schedule)
    assert sum(visit.interval for visit in visits) == max(days, default=0)
    assert judge_visits([*reversed(days), *days], schedule) == visits


@given(st.integers(0, 2000))
def test_overdue_visits_are_counted_one_by_one(days: int) -> None:
    """The slow way: the k-th visit is overdue when its last due day, 42 k, and a week of grace have passed."""
    assert SIX_WEEKS.overdue(days) == sum(42 * k + 7 < days for k in range(1, 100))


@given(st.lists(st.integers(21, 49), max_size=20), st.integers(0, 49))
def test_who_always_comes_on_time_misses_nothing(intervals: list[int], after: int) -> None:
    days = [sum(intervals[: at + 1]) for at in range(len(intervals))]
    visits = judge_visits(days, SIX_WEEKS)
    assert {visit.timing for visit in visits} <= {"on time"}
    assert visits_missed(visits, sum(intervals) + after, SIX_WEEKS) == 0


def test_a_schedule_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match=r"found due \[28, 42\], on time \[30, 49\], late until 98"):
        Schedule(due=(28, 42), on_time=(30, 49), late_until=98)


def day_by_day(days: set[int], last_day: int) -> tuple[dict[str, int], int]:
    """The slow way: a clock that walks through follow-up, and a list of visits for which nobody has come yet."""
    came = dict.fromkeys(("early", "on time", "late", "after missed"), 0)
    missed, awaited, since = 0, 0, 0
    for day in range(1, last_day + 1):
        since += 1
        # the first is awaited to day 49; nobody came, so the next is awaited six weeks longer, and so on
        if since > 49 and (since - 50) % 42 == 0:
            awaited += 1
        if day in days:
            timing = (
                "early" if since <= 20
                else "on time" if since <= 49
                else "late" if since <= 98
                else "after missed"
            )  # fmt: skip
            came[timing] += 1
            missed += awaited if timing == "after missed" else 0
            awaited = since = 0
    return came, missed + awaited


@given(st.sets(st.integers(1, 700), max_size=15), st.integers(0, 700))
def test_a_walk_through_the_days_finds_the_same(days: set[int], last_day: int) -> None:
    inside = [day for day in days if day <= last_day]
    visits = judge_visits(inside, SIX_WEEKS)
    came, missed = day_by_day(days, last_day)
    assert {timing: sum(visit.timing == timing for visit in visits) for timing in came} == came
    assert visits_missed(visits, last_day, SIX_WEEKS) == missed
