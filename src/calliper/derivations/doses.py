"""The doses of one drug in one patient: how long, how much, how much of what was planned, what was reduced or paused.

Pure: values in, values out. Days are counted with both ends inside; a period ends the day before the next begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple


class Period(NamedTuple):
    """A stretch of days, both ends inside, on one daily dose in mg; 0 is a pause."""

    first: date
    last: date
    mg_per_day: Decimal

    @property
    def days(self) -> int:
        """Both ends counted."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Doses:
    """What the periods of a drug come to.

    `duration_days` runs from the first to the last day with a dose, pauses inside; `on_drug_days` are those with one.
    `rdi_percent` is the relative dose intensity: what was taken, of the planned daily dose on every day of the duration
    (Hryniuk and Bush, J Clin Oncol 1984;2:1281). A reduction is a step down between doses, a pause between or not; an
    interruption a pause that a dose follows. `days_unrecorded` lie between periods and count as without a dose.
    """

    first_day: date
    last_day: date
    duration_days: int
    on_drug_days: int
    cumulative_mg: Decimal
    rdi_percent: Decimal
    reductions: tuple[date, ...]
    interruptions: tuple[tuple[date, int], ...]
    days_unrecorded: int

    @property
    def mean_daily_mg(self) -> Decimal:
        """Over the duration."""
        return self.cumulative_mg / self.duration_days

    @property
    def mean_daily_mg_without_pauses(self) -> Decimal:
        """Over the days with a dose."""
        return self.cumulative_mg / self.on_drug_days

    @property
    def longest_interruption_days(self) -> int:
        """0 where there was none."""
        return max((days for _, days in self.interruptions), default=0)


def sum_doses(periods: Sequence[Period], *, planned_mg_per_day: Decimal) -> Doses | None:
    """Sum the periods of one drug, in any order; None where no day has a dose.

    Raises:
        ValueError: two periods share a day, a period ends before it begins, a dose is negative, or more was
            taken than planned, naming the days.
    """
    held = sorted(periods)
    _refuse(held, planned_mg_per_day)
    taken = [period for period in held if period.mg_per_day > 0]
    if not taken:
        return None
    first, last = taken[0].first, taken[-1].last
    duration = (last - first).days + 1
    cumulative = sum((period.days * period.mg_per_day for period in taken), Decimal(0))
    inside = [period for period in held if first <= period.first <= last]
    unrecorded = sum((after.first - before.last).days - 1 for before, after in pairwise(inside))
    return Doses(
        first_day=first,
        last_day=last,
        duration_days=duration,
        on_drug_days=sum(period.days for period in taken),
        cumulative_mg=cumulative,
        rdi_percent=100 * cumulative / (planned_mg_per_day * duration),
        reductions=tuple(
            after.first for before, after in pairwise(taken) if after.mg_per_day < before.mg_per_day
        ),
        interruptions=tuple(_interruptions(taken)),
        days_unrecorded=unrecorded,
    )


def _interruptions(taken: Sequence[Period]) -> Iterator[tuple[date, int]]:
    """The first day and the length of each pause between two doses."""
    for before, after in pairwise(taken):
        days = (after.first - before.last).days - 1
        if days:
            yield before.last + timedelta(days=1), days


def _refuse(held: Sequence[Period], planned: Decimal) -> None:
    for period in held:
        if period.last < period.first:
            raise ValueError(f"a period from {period.first} ends on {period.last}; expected an end after it")
        if period.mg_per_day < 0:
            raise ValueError(f"{period.mg_per_day} mg a day from {period.first}; expected 0 or more")
        if period.mg_per_day > planned:
            raise ValueError(
                f"{period.mg_per_day} mg a day from {period.first}; expected at most the {planned} mg planned"
            )
    for before, after in pairwise(held):
        if after.first <= before.last:
            raise ValueError(
                f"the periods from {before.first} to {before.last} and from {after.first} to {after.last} "
                "share days; expected one to end before the other begins"
            )
