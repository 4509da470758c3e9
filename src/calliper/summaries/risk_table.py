"""The risk table: events and censorings at each distinct time, for one group of patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from calliper.summaries.columns import (
    Column,
    Floats,
    Integers,
    complete_numbers,
    event_flags,
    survival_times,
)
from calliper.summaries.tied_times import distinct_times, time_cells


@dataclass(frozen=True)
class RiskTable:
    """Counts of one group at its distinct times, ascending; all that Kaplan-Meier and log-rank need.

    `events[i]` patients had the event at `times[i]`, and `censored[i]` left follow-up then without it. A
    patient censored at a time was still at risk at that time. `entries[i]` came under observation at
    `times[i]` (left truncation) and were at risk after it, not at it; `entries` is empty where everybody was
    followed from the start. Tables add: the sum describes both groups' patients together.
    """

    times: tuple[float, ...] = ()
    events: tuple[int, ...] = ()
    censored: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.entries and len(self.entries) != len(self.times):
            raise ValueError(
                f"{len(self.times)} times, {len(self.entries)} entries; expected as many, or none"
            )
        if not len(self.times) == len(self.events) == len(self.censored):
            sizes = f"{len(self.times)} times, {len(self.events)} events, {len(self.censored)} censored"
            raise ValueError(f"{sizes}; expected as many of each")

    def __add__(self, other: RiskTable) -> RiskTable:
        return _gather(
            np.concatenate([self.time_array, other.time_array]),
            np.concatenate([self.event_array, other.event_array]),
            np.concatenate([self.censored_array, other.censored_array]),
            np.concatenate([self.entry_array, other.entry_array]),
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
    def entry_array(self) -> Integers:
        """`entries` as an array, shape (k,); zeros where it is empty."""
        return np.array(self.entries or [0] * len(self.times), dtype=np.int64)

    @cached_property
    def at_risk(self) -> Integers:
        """How many patients entered before t and have a time >= t, at each distinct time t; shape (k,)."""
        still_to_come = self.event_array + self.censored_array - self.entry_array
        return np.cumsum(still_to_come[::-1])[::-1]

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
        """The total time under observation, in the unit of the times."""
        return float(self.time_array @ (self.event_array + self.censored_array - self.entry_array))

    def at_risk_at(self, t: float) -> int:
        """Return how many patients entered before t and have a time >= t, for any t."""
        place = int(np.searchsorted(time_cells(self.time_array), time_cells(np.array([t]))[0], side="left"))
        return int(self.at_risk[place]) if place < len(self.times) else 0

    def events_by(self, t: float) -> int:
        """Return how many events had happened by t, t included."""
        place = int(np.searchsorted(time_cells(self.time_array), time_cells(np.array([t]))[0], side="right"))
        return sum(self.events[:place])


def risk_table(time: Column, event: Column, *, entry: Column | None = None) -> RiskTable:
    """Count the events and censorings of one group.

    Args:
        time: when follow-up ended, for each patient; finite and >= 0, in any one unit.
        event: 1 or True where the time ends in the event, 0 or False where it is censored.
        entry: when each patient came under observation, on the same clock; 0 for from the start. Without it
            everybody was followed from the start.

    Raises:
        ValueError: a time is negative or not finite, a flag is not 0 or 1, the lengths differ, or a patient
            entered at or after the end of follow-up.

    >>> risk_table(np.array([6, 9, 6]), np.array([1, 0, 0]))
    RiskTable(times=(6.0, 9.0), events=(1, 0), censored=(1, 1), entries=())
    >>> risk_table(np.array([6, 9]), np.array([1, 0]), entry=np.array([0, 6])).at_risk.tolist()
    [1, 1]
    """
    times, flags = survival_times(time), event_flags(event)
    if times.size != flags.size:
        raise ValueError(f"{times.size} times but {flags.size} event flags")
    entered = np.zeros(times.size) if entry is None else _entries(entry, times)
    late = entered[entered > 0]
    nobody, nowhere = np.zeros(late.size, dtype=np.int64), np.zeros(times.size, dtype=np.int64)
    return _gather(
        np.concatenate([times, late]),
        np.concatenate([flags.astype(np.int64), nobody]),
        np.concatenate([(~flags).astype(np.int64), nobody]),
        np.concatenate([nowhere, nobody + 1]),
    )


def risk_tables(
    time: Column, event: Column, group: Column, *, groups: Sequence[str], entry: Column | None = None
) -> dict[str, RiskTable]:
    """Count the events and censorings of each group; the result has every one of `groups`, in that order.

    Raises:
        ValueError: as `risk_table`, or a patient's group is null or not among `groups`.
    """
    times, flags = survival_times(time), event_flags(event)
    entered = None if entry is None else _entries(entry, times)
    labels: npt.NDArray[Any] = np.asarray(group, dtype=object)
    unknown = sorted({str(label) for label in set(labels.tolist()) - set(groups)})
    if unknown:
        raise ValueError(f"group {unknown[0]!r} is not one of {', '.join(map(repr, groups))}")
    rows = {name: labels == name for name in groups}
    return {
        name: risk_table(times[row], flags[row], entry=None if entered is None else entered[row])
        for name, row in rows.items()
    }


def _entries(entry: Column, times: Floats) -> Floats:
    entered = complete_numbers(entry, name="entry")
    if entered.size != times.size:
        raise ValueError(f"{times.size} times but {entered.size} entries")
    wrong = (entered < 0) | ((entered > 0) & (time_cells(entered) >= time_cells(times)))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        end = f"expected zero or more, and less than the end of follow-up, {times[place]:g}"
        raise ValueError(f"entry[{place}] is {entered[place]:g}; {end}")
    return entered


def _gather(times: Floats, events: Integers, censored: Integers, entries: Integers) -> RiskTable:
    distinct, index = distinct_times(times)
    return RiskTable(
        times=tuple(distinct.tolist()),
        events=_count(index, events, distinct.size),
        censored=_count(index, censored, distinct.size),
        entries=_count(index, entries, distinct.size) if entries.any() else (),
    )


def _count(index: Integers, counts: Integers, size: int) -> tuple[int, ...]:
    totals = np.zeros(size, dtype=np.int64)
    np.add.at(totals, index, counts)
    return tuple(totals.tolist())
