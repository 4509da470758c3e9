"""The visits of one patient against the schedule: which came on time, early or late, and how many nobody came to.

Pure: days from the start in, values out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Timing: TypeAlias = Literal["early", "on time", "late", "after missed"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a visit is due, and which of them still count as on time; days, both ends inside.

    With `anchor` previous the days are counted from the visit before (the first: from the start). With `start` visit k
    is due k times `due` after the start, with as many days of grace as the first has. A visit later than `late_until`
    comes after missed ones.
    """

    due: tuple[int, int]
    on_time: tuple[int, int]
    late_until: int
    anchor: Literal["previous", "start"] = "previous"

    def __post_init__(self) -> None:
        earliest, latest = self.on_time
        if not 0 < earliest <= self.due[0] <= self.due[1] <= latest <= self.late_until:
            raise ValueError(
                f"found due {list(self.due)}, on time {list(self.on_time)}, late until {self.late_until}; "
                "expected the days due inside those on time, and late beyond both"
            )

    def timing(self, days: int, k: int = 1) -> Timing:
        """When the k-th visit from the anchor came, `days` after it."""
        earliest, latest = self.on_time
        if days < earliest + (k - 1) * self.due[0]:
            return "early"
        later = (k - 1) * self.due[1]
        if days <= latest + later:
            return "on time"
        return "late" if days <= self.late_until + later else "after missed"

    def overdue(self, days: int) -> int:
        """How many visits are overdue after so many days without one: their last day on time has passed.

        >>> every_six_weeks = Schedule(due=(28, 42), on_time=(21, 49), late_until=98)
        >>> [every_six_weeks.overdue(days) for days in (49, 50, 91, 92, 130)]
        [0, 1, 1, 2, 2]
        """
        grace = self.on_time[1] - self.due[1]
        return max(days - grace - 1, 0) // self.due[1]


class Visit(NamedTuple):
    """A visit: its day, the days since the one before it (or the start), and when it came."""

    day: int
    interval: int
    timing: Timing


def judge_visits(days: Sequence[int], schedule: Schedule) -> tuple[Visit, ...]:
    """Each visit after the start, held against the schedule; two on one day are one.

    >>> every_six_weeks = Schedule(due=(28, 42), on_time=(21, 49), late_until=98)
    >>> [visit.timing for visit in judge_visits([30, 65, 100, 160, 290], every_six_weeks)]
    ['on time', 'on time', 'on time', 'late', 'after missed']
    """
    visits = []
    before = 0
    for k, day in enumerate(sorted({day for day in days if day > 0}), start=1):
        is_previous = schedule.anchor == "previous"
        timing = schedule.timing(day - before) if is_previous else schedule.timing(day, k)
        visits.append(Visit(day, day - before, timing))
        before = day
    return tuple(visits)


def visits_missed(visits: Sequence[Visit], last_day: int, schedule: Schedule) -> int:
    """How many visits were overdue and nobody came, up to `last_day` of follow-up.

    From the visit before: those inside each interval that ended after missed ones, and those since the last visit.
    From the start: those overdue by the last day beyond as many as came.

    >>> every_six_weeks = Schedule(due=(28, 42), on_time=(21, 49), late_until=98)
    >>> visits_missed(judge_visits([30, 65, 100, 160, 290], every_six_weeks), 300, every_six_weeks)
    2
    """
    if schedule.anchor == "start":
        return max(schedule.overdue(last_day) - len(visits), 0)
    inside = sum(schedule.overdue(visit.interval) for visit in visits if visit.timing == "after missed")
    return inside + schedule.overdue(last_day - (visits[-1].day if visits else 0))
