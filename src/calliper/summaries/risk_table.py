"""The risk table: events and censorings at each distinct time, for one group of patients, or for each of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from calliper.kernels import KERNELS, Kernels
from calliper.summaries.columns import (
    Codes,
    Column,
    Flags,
    Floats,
    Integers,
    Numbers,
    complete_numbers,
    follow_up_as_given,
    frequencies,
    level_codes,
    no_counts,
    no_numbers,
)
from calliper.summaries.frozen import FrozenArrays
from calliper.summaries.tied_times import WHOLE, tallied_times, time_cells


@dataclass(frozen=True, eq=False)
class RiskTable(FrozenArrays):
    """Counts of one group at its distinct times, ascending; all that Kaplan-Meier and log-rank need.

    Arrays have shape (k,). `events[i]` patients had the event at `times[i]`, and `censored[i]` left follow-up
    then without it. A patient censored at a time was still at risk at that time. `entries[i]` came under
    observation at `times[i]` (left truncation) and were at risk after it, not at it; they may be left out where
    everybody was followed from the start. Tables add: the sum describes both groups' patients together.
    """

    times: Floats = field(default_factory=no_numbers)
    events: Integers = field(default_factory=no_counts)
    censored: Integers = field(default_factory=no_counts)
    entries: Integers = field(default_factory=no_counts)

    def __post_init__(self) -> None:
        if not len(self.entries):
            object.__setattr__(self, "entries", np.zeros(len(self.times), dtype=np.int64))
        self._freeze(times=np.float64, events=np.int64, censored=np.int64, entries=np.int64)
        sizes = {name: getattr(self, name).size for name in ("times", "events", "censored", "entries")}
        if len(set(sizes.values())) > 1:
            found = ", ".join(f"{size} {name}" for name, size in sizes.items())
            raise ValueError(f"{found}; expected as many of each, or no entries")
        if self.times.size and not (np.isfinite(self.times).all() and (np.diff(self.times) > 0).all()):
            raise ValueError(
                f"times are {self.times.tolist()[:9]} ...; expected finite ones, each later than the last"
            )
        if min((int(counts.min()) for counts in self._counts if counts.size), default=0) < 0:
            raise ValueError("a number of events, censored or entries is below zero; expected counts")

    def __add__(self, other: RiskTable) -> RiskTable:
        if not self.times.size or not other.times.size:
            return self if self.times.size else other
        pairs = zip(self._counts, other._counts)
        return _tallied(np.concatenate([self.times, other.times]), *map(np.concatenate, pairs))

    @property
    def _counts(self) -> tuple[Integers, Integers, Integers]:
        return self.events, self.censored, self.entries

    @cached_property
    def cells(self) -> Integers:
        """The cell of each time, as `tied_times` tells times apart; shape (k,)."""
        return time_cells(self.times)

    @cached_property
    def at_risk(self) -> Integers:
        """How many patients entered before t and have a time >= t, at each distinct time t; shape (k,)."""
        still_to_come = self.events + self.censored - self.entries
        return np.cumsum(still_to_come[::-1])[::-1]

    @property
    def n(self) -> int:
        """How many patients the table describes."""
        return int(self.events.sum() + self.censored.sum())

    @property
    def n_events(self) -> int:
        """How many of them had the event."""
        return int(self.events.sum())

    @property
    def person_time(self) -> float:
        """The total time under observation, in the unit of the times."""
        return float(self.times @ (self.events + self.censored - self.entries))

    def at_risk_at(self, t: float) -> int:
        """Return how many patients entered before t and have a time >= t, for any t."""
        place = int(np.searchsorted(self.cells, time_cells(np.array([t]))[0], side="left"))
        return int(self.at_risk[place]) if place < self.times.size else 0

    def events_by(self, t: float) -> int:
        """Return how many events had happened by t, t included."""
        place = int(np.searchsorted(self.cells, time_cells(np.array([t]))[0], side="right"))
        return int(self.events[:place].sum())


@dataclass(frozen=True)
class StratifiedRiskTables:
    """The risk table of each group in each stratum. Those of the same groups add; strata that differ are united."""

    groups: tuple[str, ...]
    strata: Mapping[str, Mapping[str, RiskTable]]

    def __add__(self, other: StratifiedRiskTables) -> StratifiedRiskTables:
        if self.groups != other.groups:
            raise ValueError(f"groups differ: {self.groups} and {other.groups}")
        strata = {name: dict(tables) for name, tables in self.strata.items()}
        for name, tables in other.strata.items():
            own = strata.setdefault(name, {group: RiskTable() for group in self.groups})
            strata[name] = {group: own[group] + tables[group] for group in self.groups}
        return StratifiedRiskTables(self.groups, strata)

    def by_group(self) -> dict[str, RiskTable]:
        """Return the risk table of each group, whatever the stratum."""
        return {
            group: sum((tables[group] for tables in self.strata.values()), RiskTable())
            for group in self.groups
        }


def risk_table(
    time: Column, event: Column, *, entry: Column | None = None, count: Column | None = None
) -> RiskTable:
    """Count the events and censorings of one group.

    Args:
        time: when follow-up ended, for each patient; finite and >= 0, in any one unit.
        event: 1 or True where the time ends in the event, 0 or False where it is censored.
        entry: when each patient came under observation, on the same clock; 0 for from the start. Without it
            everybody was followed from the start.
        count: how many patients each row stands for, where rows are counts already; one each without it.

    Raises:
        ValueError: a time is negative or not finite, a flag is not 0 or 1, a count is not a whole number of
            patients, the lengths differ, or a patient entered at or after the end of follow-up.

    >>> table = risk_table(np.array([6, 9, 6]), np.array([1, 0, 0]))
    >>> table.times.tolist(), table.events.tolist(), table.censored.tolist()
    ([6.0, 9.0], [1, 0], [1, 1])
    >>> risk_table(np.array([6, 9]), np.array([1, 0]), entry=np.array([0, 6])).at_risk.tolist()
    [1, 1]
    """
    times, flags = follow_up_as_given(time, event)
    many = frequencies(count, times.size)
    return _tables(times, flags, None, groups=1, entered=_entries(entry, times), count=many)[0]


def risk_tables(
    time: Column,
    event: Column,
    group: Column,
    *,
    groups: Sequence[str],
    entry: Column | None = None,
    count: Column | None = None,
) -> dict[str, RiskTable]:
    """Count the events and censorings of each group; the result has every one of `groups`, in that order.

    Raises:
        ValueError: as `risk_table`, or a patient's group is null or not among `groups`.
    """
    times, flags = follow_up_as_given(time, event)
    codes = level_codes(group, groups, name="group")
    if codes.size != times.size:
        raise ValueError(f"{times.size} times but {codes.size} groups; expected one of each a patient")
    entered, many = _entries(entry, times), frequencies(count, times.size)
    return dict(zip(groups, _tables(times, flags, codes, groups=len(groups), entered=entered, count=many)))


def stratified_risk_tables(
    time: Column,
    event: Column,
    group: Column,
    stratum: Column,
    *,
    groups: Sequence[str],
    strata: Sequence[str],
    entry: Column | None = None,
    count: Column | None = None,
) -> StratifiedRiskTables:
    """Count the events and censorings of each group in each stratum.

    Raises:
        ValueError: as `risk_tables`, or a patient's stratum is null or not among `strata`.
    """
    times, flags = follow_up_as_given(time, event)
    codes, cells = level_codes(group, groups, name="group"), level_codes(stratum, strata, name="stratum")
    if not codes.size == cells.size == times.size:
        found = f"{times.size} times, {codes.size} groups and {cells.size} strata"
        raise ValueError(f"{found}; expected one of each a patient")
    both = cells.astype(np.int64) * len(groups) + codes
    tables = _tables(
        times,
        flags,
        both,
        groups=len(groups) * len(strata),
        entered=_entries(entry, times),
        count=frequencies(count, times.size),
    )
    rows = (tables[at * len(groups) :][: len(groups)] for at in range(len(strata)))
    return StratifiedRiskTables(
        tuple(groups), {name: dict(zip(groups, row)) for name, row in zip(strata, rows)}
    )


def _tables(
    times: Numbers,
    flags: Flags,
    codes: Codes | None,
    *,
    groups: int,
    entered: Floats | None,
    count: Integers | None,
    kernels: Kernels = KERNELS,
) -> list[RiskTable]:
    """The table of each group: by counting where times are whole numbers in a short range, else by sorting."""
    if entered is None and count is None and times.size:
        slots = int(times.max()) + 1
        if slots * groups <= min(4 * times.size + 4096, WHOLE):
            runs = kernels.count_runs(times, flags, codes, groups=groups, slots=slots)
            if runs is not None:
                return [_counted(own[::-1]) for own in runs]
    times = times.astype(np.float64, copy=False)
    if codes is None:
        return [_sorted(times, flags, entered, count)]
    rows = (codes == code for code in range(groups))
    return [
        _sorted(
            times[row],
            flags[row],
            None if entered is None else entered[row],
            None if count is None else count[row],
        )
        for row in rows
    ]


def _counted(counts: Integers) -> RiskTable:
    """The table of the events and censorings, (slots, 2), at 0, 1, 2, ..."""
    held = np.flatnonzero(counts.any(axis=1))
    return RiskTable(held.astype(np.float64), counts[held, 0], counts[held, 1])


def _sorted(times: Floats, flags: Flags, entered: Floats | None, count: Integers | None) -> RiskTable:
    many = np.ones(times.size, dtype=np.int64) if count is None else count
    if entered is None:
        # Sorted numbers are quick to sort again by cell, which brings events and censorings together.
        died, left = np.argsort(times[flags]), np.argsort(times[~flags])
        numbers = np.concatenate([times[flags][died], times[~flags][left]])
        weights = np.concatenate([many[flags][died], many[~flags][left]])
        happened = np.arange(times.size) < died.size
        return _tallied(numbers, weights * happened, weights * ~happened, np.zeros_like(weights))
    late = entered > 0
    nobody, nowhere = np.zeros(int(late.sum()), dtype=np.int64), np.zeros(times.size, dtype=np.int64)
    return _tallied(
        np.concatenate([times, entered[late]]),
        np.concatenate([many * flags, nobody]),
        np.concatenate([many * ~flags, nobody]),
        np.concatenate([nowhere, many[late]]),
    )


def _tallied(times: Floats, events: Integers, censored: Integers, entries: Integers) -> RiskTable:
    distinct, sums = tallied_times(times, events, censored, entries)
    # Rows that stand for nobody leave no time behind.
    held = (sums[0] + sums[1] + sums[2]) > 0
    if held.all():
        return RiskTable(distinct, *sums)
    return RiskTable(distinct[held], *(total[held] for total in sums))


def _entries(entry: Column | None, times: Numbers) -> Floats | None:
    if entry is None:
        return None
    entered = complete_numbers(entry, name="entry")
    if entered.size != times.size:
        raise ValueError(f"{times.size} times but {entered.size} entries; expected one of each a patient")
    wrong = (entered < 0) | ((entered > 0) & (time_cells(entered) >= time_cells(times.astype(np.float64))))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        end = f"expected zero or more, and less than the end of follow-up, {times[place]:g}"
        raise ValueError(f"entry[{place}] is {entered[place]:g}; {end}")
    return entered
