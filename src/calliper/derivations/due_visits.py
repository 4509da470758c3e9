"""The visits of one patient against the schedule: which came on time, early or late, and how many were due.

Pure: days from the start in, values out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Timing: TypeAlias = Literal["early", "on time", "late", "missed"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a visit is due after the one before it, and which of them still count as on time; days, both ends inside.

    A visit later than `late_until` comes after missed ones.
    """

    due: tuple[int, int]
    on_time: tuple[int, int]
    late_until: int

    def __post_init__(self) -> None:
        earliest, latest = self.on_time
        if not 0 < earliest <= self.due[0] <= self.due[1] <= latest <= self.late_until:
            raise ValueError(
                f"found due {list(self.due)}, on time {list(self.on_time)}, late until {self.late_until}; "
                "expected the days due inside those on time, and late beyond both"
            )


class Visit(NamedTuple):
    """A visit: its day, the days since the one before it (or the start), and when it came."""

    day: int
    interval: int
    timing: Timing


def judge_visits(days: Sequence[int], schedule: Schedule) -> tuple[Visit, ...]:
    """Each visit after the start, held against the day of the one before it; two on one day are one.

    >>> every_six_weeks = Schedule(due=(28, 42), on_time=(21, 49), late_until=98)
    >>> [visit.timing for visit in judge_visits([30, 65, 100, 160, 290], every_six_weeks)]
    ['on time', 'on time', 'on time', 'late', 'missed']
    """
    visits = []
    before = 0
    for day in sorted(set(days)):
        if day > 0:
            visits.append(Visit(day, day - before, _timing(day - before, schedule)))
            before = day
    return tuple(visits)


def _timing(interval: int, schedule: Schedule) -> Timing:
    earliest, latest = schedule.on_time
    if interval < earliest:
        return "early"
    if interval <= latest:
        return "on time"
    return "late" if interval <= schedule.late_until else "missed"


def visits_due(last_day: int, schedule: Schedule) -> int:
    """How many visits were due by `last_day` of follow-up, each at the latest day of its window.

    >>> visits_due(126, Schedule(due=(28, 42), on_time=(21, 49), late_until=98))
    3
    """
    return max(last_day, 0) // schedule.due[1]
