"""The cause table: events of each cause, and censorings, at each distinct time, for one group of patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calliper.summaries.columns import (
    Codes,
    Column,
    Floats,
    Integers,
    frequencies,
    level_codes,
    no_counts,
    no_numbers,
    survival_times,
)
from calliper.summaries.frozen import FrozenArrays
from calliper.summaries.risk_table import RiskTable
from calliper.summaries.tied_times import tallied_times


@dataclass(frozen=True, eq=False)
class CauseTable(FrozenArrays):
    """Counts of one group at its distinct times, ascending, where the event has several exclusive causes.

    `events[j, i]` patients had the event by `causes[j]` at `times[i]`, and `censored[i]` left follow-up then
    without any; shapes (causes, k) and (k,). A patient censored at a time was still at risk at that time. Tables
    of the same causes add; the empty table `CauseTable()` changes nothing.
    """

    causes: tuple[str, ...] = ()
    times: Floats = field(default_factory=no_numbers)
    events: Integers = field(default_factory=no_counts)
    censored: Integers = field(default_factory=no_counts)

    def __post_init__(self) -> None:
        if len(set(self.causes)) != len(self.causes):
            raise ValueError(f"causes are {self.causes}; expected each once")
        self._freeze(times=np.float64, events=np.int64, censored=np.int64)
        if not self.times.size and not self.events.size:
            object.__setattr__(self, "events", np.zeros((len(self.causes), 0), dtype=np.int64))
        if (
            self.events.shape != (len(self.causes), self.times.size)
            or self.censored.shape != self.times.shape
        ):
            found = (
                f"{self.times.size} times, {self.censored.size} censored and events of {self.events.shape}"
            )
            raise ValueError(f"{len(self.causes)} causes, {found}; expected as many of each")

    def __add__(self, other: CauseTable) -> CauseTable:
        if not other.times.size and other.causes in ((), self.causes):
            return self
        if not self.times.size and self.causes in ((), other.causes):
            return other
        if self.causes != other.causes:
            raise ValueError(f"causes differ: {self.causes} and {other.causes}")
        return _tallied(
            self.causes,
            np.concatenate([self.times, other.times]),
            np.hstack([self.events, other.events]),
            np.concatenate([self.censored, other.censored]),
        )

    @property
    def n(self) -> int:
        """How many patients the table describes."""
        return int(self.events.sum() + self.censored.sum())

    def n_events(self, cause: str) -> int:
        """Return how many had the event by that cause.

        Raises:
            ValueError: the table knows no such cause.
        """
        return int(self.events[self.place(cause)].sum())

    def place(self, cause: str) -> int:
        """Return the row of a cause in `events`.

        Raises:
            ValueError: the table knows no such cause.
        """
        if cause not in self.causes:
            raise ValueError(f"cause is {cause!r}; expected one of {', '.join(map(repr, self.causes))}")
        return self.causes.index(cause)

    def any_cause(self) -> RiskTable:
        """Return the risk table of the event by whatever cause: that of survival free of them all."""
        return RiskTable(self.times, self.events.sum(axis=0), self.censored)

    def one_cause(self, cause: str) -> RiskTable:
        """Return the risk table in which the other causes censor: that of the cause-specific hazard.

        Raises:
            ValueError: the table knows no such cause.
        """
        own = self.events[self.place(cause)]
        return RiskTable(self.times, own, self.events.sum(axis=0) + self.censored - own)


def cause_table(
    time: Column,
    cause: Column,
    *,
    causes: Sequence[str],
    censored: str = "censored",
    count: Column | None = None,
) -> CauseTable:
    """Count the events by cause and the censorings of one group.

    Args:
        time: follow-up of each patient, finite and >= 0, in any one unit.
        cause: the name of the cause where the time ends in the event, `censored` where it does not.
        causes: every cause that may occur, in the order the table keeps.
        censored: the word for a patient without the event; null is refused.
        count: how many patients each row stands for; one each without it.

    Raises:
        ValueError: a time is negative or not finite, a cause is none of the names, a count is not a whole number
            of patients, or the lengths differ.

    >>> table = cause_table(np.array([3, 5, 3]), np.array(["pd", "censored", "death"]), causes=["pd", "death"])
    >>> table.times.tolist(), table.events.tolist(), table.censored.tolist()
    ([3.0, 5.0], [[1, 0], [1, 0]], [0, 1])
    """
    times = survival_times(time)
    codes = _cause_codes(cause, times, causes, censored)
    many = frequencies(count, times.size)
    return _counted(
        tuple(causes), times, codes, np.ones(times.size, dtype=np.int64) if many is None else many
    )


def cause_tables(
    time: Column,
    cause: Column,
    group: Column,
    *,
    causes: Sequence[str],
    groups: Sequence[str],
    censored: str = "censored",
    count: Column | None = None,
) -> dict[str, CauseTable]:
    """Count each group; the result has every one of `groups`, in that order.

    Raises:
        ValueError: as `cause_table`, or a patient's group is null or not among `groups`.
    """
    times = survival_times(time)
    codes, owner = _cause_codes(cause, times, causes, censored), level_codes(group, groups, name="group")
    if owner.size != times.size:
        raise ValueError(f"{times.size} times and {owner.size} groups; expected one of each a patient")
    many = frequencies(count, times.size)
    weights = np.ones(times.size, dtype=np.int64) if many is None else many
    rows = {name: owner == place for place, name in enumerate(groups)}
    return {name: _counted(tuple(causes), times[row], codes[row], weights[row]) for name, row in rows.items()}


def _cause_codes(cause: Column, times: Floats, causes: Sequence[str], censored: str) -> Codes:
    if isinstance(causes, str) or len(set(causes)) < len(causes):
        raise ValueError(f"causes are {causes!r}; expected a list, each once")
    if censored in causes:
        raise ValueError(f"{censored!r} means censored and is among the causes")
    codes = level_codes(cause, [*causes, censored], name="cause")
    if codes.size != times.size:
        raise ValueError(f"{times.size} times but {codes.size} causes; expected one of each a patient")
    return codes


def _counted(causes: tuple[str, ...], times: Floats, codes: Codes, weights: Integers) -> CauseTable:
    rows = np.array([np.where(codes == place, weights, 0) for place in range(len(causes) + 1)])
    return _tallied(causes, times, rows[:-1], rows[-1])


def _tallied(causes: tuple[str, ...], times: Floats, events: Integers, censored: Integers) -> CauseTable:
    distinct, sums = tallied_times(times, *events, censored)
    held = np.sum(sums, axis=0) > 0
    totals = np.array(sums).reshape(len(causes) + 1, distinct.size)[:, held]
    return CauseTable(causes, distinct[held], totals[:-1], totals[-1])
