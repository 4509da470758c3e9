"""The risk table: events and censorings at each distinct time, for one group of patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from calliper.summaries.columns import Column, Floats, Integers, event_flags, survival_times
from calliper.summaries.tied_times import distinct_times, time_cells


@dataclass(frozen=True)
class RiskTable:
    """Counts of one group at its distinct times, ascending; all that Kaplan-Meier and log-rank need.

    `events[i]` patients had the event at `times[i]`, and `censored[i]` left follow-up then without it. A
    patient censored at a time was still at risk at that time. Tables add: the sum describes both groups'
    patients together.
    """

    times: tuple[float, ...] = ()
    events: tuple[int, ...] = ()
    censored: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.times) == len(self.events) == len(self.censored):
            sizes = f"{len(self.times)} times, {len(self.events)} events, {len(self.censored)} censored"
            raise ValueError(f"{sizes}; expected as many of each")

    def __add__(self, other: RiskTable) -> RiskTable:
        return _gather(
            np.concatenate([self.time_array, other.time_array]),
            np.concatenate([self.event_array, other.event_array]),
            np.concatenate([self.censored_array, other.censored_array]),
        )

    @cached_property
    def time_array(self) -> Floats:
        """`times` as an array, shape (k,)."""
        return np.array(self.times, dtype=np.float64)

    @cached_property
    def event_array(self) -> Integers:
        """`events` as an array, shape (k,)."""
        return np.array(self.events, dtype=np.int64)

    @cached_property
    def censored_array(self) -> Integers:
        """`censored` as an array, shape (k,)."""
        return np.array(self.censored, dtype=np.int64)

    @cached_property
    def at_risk(self) -> Integers:
        """How many patients have a time >= t, at each distinct time t; shape (k,)."""
        leaving = self.event_array + self.censored_array
        return np.cumsum(leaving[::-1])[::-1]

    @property
    def n(self) -> int:
        """How many patients the table describes."""
        return sum(self.events) + sum(self.censored)

    @property
    def n_events(self) -> int:
        """How many of them had the event."""
        return sum(self.events)

    @property
    def person_time(self) -> float:
        """The total follow-up, in the unit of the times."""
        return float(self.time_array @ (self.event_array + self.censored_array))

    def at_risk_at(self, t: float) -> int:
        """Return how many patients have a time >= t, for any t."""
        place = int(np.searchsorted(time_cells(self.time_array), time_cells(np.array([t]))[0], side="left"))
        return int(self.at_risk[place]) if place < len(self.times) else 0

    def events_by(self, t: float) -> int:
        """Return how many events had happened by t, t included."""
        place = int(np.searchsorted(time_cells(self.time_array), time_cells(np.array([t]))[0], side="right"))
        return sum(self.events[:place])


def risk_table(time: Column, event: Column) -> RiskTable:
    """Count the events and censorings of one group.

    Args:
        time: follow-up of each patient, finite and >= 0, in any one unit.
        event: 1 or True where the time ends in the event, 0 or False where it is censored.

    Raises:
        ValueError: a time is negative or not finite, a flag is not 0 or 1, or the lengths differ.

    >>> risk_table(np.array([6, 9, 6]), np.array([1, 0, 0]))
    RiskTable(times=(6.0, 9.0), events=(1, 0), censored=(1, 1))
    """
    times, flags = survival_times(time), event_flags(event)
    if times.size != flags.size:
        raise ValueError(f"{times.size} times but {flags.size} event flags")
    return _gather(times, flags.astype(np.int64), (~flags).astype(np.int64))


def risk_tables(time: Column, event: Column, group: Column, *, groups: Sequence[str]) -> dict[str, RiskTable]:
    """Count the events and censorings of each group; the result has every one of `groups`, in that order.

    Raises:
        ValueError: as `risk_table`, or a patient's group is null or not among `groups`.
    """
    times, flags = survival_times(time), event_flags(event)
    labels: npt.NDArray[Any] = np.asarray(group, dtype=object)
    unknown = sorted({str(label) for label in set(labels.tolist()) - set(groups)})
    if unknown:
        raise ValueError(f"group {unknown[0]!r} is not one of {', '.join(map(repr, groups))}")
    return {name: risk_table(times[labels == name], flags[labels == name]) for name in groups}


def _gather(times: Floats, events: Integers, censored: Integers) -> RiskTable:
    distinct, index = distinct_times(times)
    return RiskTable(
        times=tuple(distinct.tolist()),
        events=_count(index, events, distinct.size),
        censored=_count(index, censored, distinct.size),
    )


def _count(index: Integers, counts: Integers, size: int) -> tuple[int, ...]:
    totals = np.zeros(size, dtype=np.int64)
    np.add.at(totals, index, counts)
    return tuple(totals.tolist())
