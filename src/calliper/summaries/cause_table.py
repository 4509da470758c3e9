"""The cause table: events of each cause, and censorings, at each distinct time, for one group of patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from calliper.summaries.columns import Column, Floats, Integers, survival_times
from calliper.summaries.risk_table import RiskTable
from calliper.summaries.tied_times import distinct_times


@dataclass(frozen=True)
class CauseTable:
    """Counts of one group at its distinct times, ascending, where the event has several exclusive causes.

    `events[j][i]` patients had the event by `causes[j]` at `times[i]`, and `censored[i]` left follow-up then
    without any. A patient censored at a time was still at risk at that time. Tables of the same causes add;
    the empty table `CauseTable()` changes nothing.
    """

    causes: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    events: tuple[tuple[int, ...], ...] = ()
    censored: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.causes)) != len(self.causes):
            raise ValueError(f"causes are {self.causes}; expected each once")
        lengths = {len(self.times), len(self.censored), *map(len, self.events)}
        if len(self.events) != len(self.causes) or len(lengths) != 1:
            sizes = f"{len(self.causes)} causes, {len(self.times)} times, {len(self.censored)} censored"
            raise ValueError(f"{sizes} and events of {[len(row) for row in self.events]}; expected as many")

    def __add__(self, other: CauseTable) -> CauseTable:
        if not other.times and other.causes in ((), self.causes):
            return self
        if not self.times and self.causes in ((), other.causes):
            return other
        if self.causes != other.causes:
            raise ValueError(f"causes differ: {self.causes} and {other.causes}")
        return _gather(
            self.causes,
            np.concatenate([self.time_array, other.time_array]),
            np.hstack([self.event_array, other.event_array]),
            np.concatenate([self.censored_array, other.censored_array]),
        )

    @cached_property
    def time_array(self) -> Floats:
        """`times` as an array, shape (k,)."""
        return np.array(self.times, dtype=np.float64)

    @cached_property
    def event_array(self) -> Integers:
        """`events` as an array, shape (causes, k)."""
        return np.array(self.events, dtype=np.int64).reshape(len(self.causes), len(self.times))

    @cached_property
    def censored_array(self) -> Integers:
        """`censored` as an array, shape (k,)."""
        return np.array(self.censored, dtype=np.int64)

    @property
    def n(self) -> int:
        """How many patients the table describes."""
        return int(self.event_array.sum() + self.censored_array.sum())

    def n_events(self, cause: str) -> int:
        """Return how many had the event by that cause.

        Raises:
            ValueError: the table knows no such cause.
        """
        return sum(self.events[self.place(cause)])

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
        return RiskTable(self.times, tuple(self.event_array.sum(axis=0).tolist()), self.censored)

    def one_cause(self, cause: str) -> RiskTable:
        """Return the risk table in which the other causes censor: that of the cause-specific hazard.

        Raises:
            ValueError: the table knows no such cause.
        """
        own = self.events[self.place(cause)]
        everyone = self.event_array.sum(axis=0) + self.censored_array
        return RiskTable(self.times, own, tuple((everyone - np.array(own, dtype=np.int64)).tolist()))


def cause_table(
    time: Column, cause: Column, *, causes: Sequence[str], censored: str = "censored"
) -> CauseTable:
    """Count the events by cause and the censorings of one group.

    Args:
        time: follow-up of each patient, finite and >= 0, in any one unit.
        cause: the name of the cause where the time ends in the event, `censored` where it does not.
        causes: every cause that may occur, in the order the table keeps.
        censored: the word for a patient without the event; null is refused.

    Raises:
        ValueError: a time is negative or not finite, a cause is none of the names, or the lengths differ.

    >>> cause_table(np.array([3, 5, 3]), np.array(["pd", "censored", "death"]), causes=["pd", "death"])
    CauseTable(causes=('pd', 'death'), times=(3.0, 5.0), events=((1, 0), (1, 0)), censored=(0, 1))
    """
    times, labels = survival_times(time), _labels(cause)
    if times.size != labels.size:
        raise ValueError(f"{times.size} times but {labels.size} causes")
    if censored in causes:
        raise ValueError(f"{censored!r} means censored and is among the causes")
    _refuse_unknown(labels, [*causes, censored], name="cause")
    happened = np.array([labels == name for name in causes]).reshape(len(causes), times.size)
    return _gather(
        tuple(causes), times, happened.astype(np.int64), np.asarray(labels == censored).astype(np.int64)
    )


def cause_tables(
    time: Column,
    cause: Column,
    group: Column,
    *,
    causes: Sequence[str],
    groups: Sequence[str],
    censored: str = "censored",
) -> dict[str, CauseTable]:
    """Count each group; the result has every one of `groups`, in that order.

    Raises:
        ValueError: as `cause_table`, or a patient's group is null or not among `groups`.
    """
    times, labels, owner = survival_times(time), _labels(cause), _labels(group)
    if not times.size == labels.size == owner.size:
        raise ValueError(f"{times.size} times, {labels.size} causes and {owner.size} groups")
    _refuse_unknown(owner, groups, name="group")
    return {
        name: cause_table(times[owner == name], labels[owner == name], causes=causes, censored=censored)
        for name in groups
    }


def _labels(column: Column) -> npt.NDArray[Any]:
    return np.asarray(column, dtype=object)


def _refuse_unknown(labels: npt.NDArray[Any], known: Sequence[str], *, name: str) -> None:
    for place, label in enumerate(labels.tolist()):
        if label not in known:
            raise ValueError(f"{name}[{place}] is {label!r}; expected one of {', '.join(map(repr, known))}")


def _gather(causes: tuple[str, ...], times: Floats, events: Integers, censored: Integers) -> CauseTable:
    distinct, index = distinct_times(times)
    totals = np.zeros((len(causes) + 1, distinct.size), dtype=np.int64)
    for row, counts in enumerate([*events, censored]):
        np.add.at(totals[row], index, counts)
    return CauseTable(
        causes=causes,
        times=tuple(distinct.tolist()),
        events=tuple(tuple(row) for row in totals[:-1].tolist()),
        censored=tuple(totals[-1].tolist()),
    )
