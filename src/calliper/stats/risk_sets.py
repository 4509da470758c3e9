"""Who is at risk at each event, under strata and left truncation, and how much each patient counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.interval_tree import IntervalTree, interval_tree
from calliper.summaries.tied_times import distinct_times

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
CoxTies: TypeAlias = Literal["efron", "breslow", "discrete", "marginal"]
"""`discrete` is the conditional logistic likelihood, "exact" in R's `coxph`; `marginal` the sum over the orders of
tied events, TIES=EXACT in SAS."""


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Who is at risk at each event. Rows are sorted by stratum, then from the last time to the first.

    `order` (n,) takes the rows as given to this order, in which `event` and the case weight `weight` (n,)
    stand. A block is the rows of one time in one stratum: `block` (n,) is the block of each row, `starts` the
    first row of each block, `strata` the first and end block of each stratum. `moments` (m,) are the blocks
    with an event, `moment` (k,) the index among them of each event, `event_rows` (k,) its row, `fraction`
    (k,) its f and `mean_weight` (k,) the mean weight of the events of its moment. A row is at risk at the
    moments from `first` (n,) to before `end` (n,); `tree` holds these intervals where patients enter late,
    and is None where all rows of a stratum up to the end of a moment's block are at risk at it.
    """

    ties: CoxTies
    order: Integers
    event: Flags
    weight: Floats
    block: Integers
    starts: Integers
    strata: tuple[tuple[int, int], ...]
    moments: Integers
    moment: Integers
    event_rows: Integers
    fraction: Floats
    mean_weight: Floats
    first: Integers
    end: Integers
    tree: IntervalTree | None

    def at_risk(self, values: Floats, operation: np.ufunc = np.add) -> Floats:
        """Return the sum, or other accumulation, of values (n, ...) over those at risk at each moment."""
        if self.tree is not None:
            return self.tree.over_intervals(values, operation)
        total = operation.reduceat(values, self.starts, axis=0)
        for first, end in self.strata:
            operation.accumulate(total[first:end], axis=0, out=total[first:end])
        return np.asarray(total[self.moments])

    def without_event(self, values: Floats, operation: np.ufunc) -> Floats:
        """Return the accumulation over those at risk at each moment who do not have the event at it."""
        return self._spared.over_intervals(values, operation)

    def with_event(self, values: Floats, operation: np.ufunc = np.add) -> Floats:
        """Return the sum, or other accumulation, over those with the event at each moment."""
        return np.asarray(operation.reduceat(values[self.event_rows], self.first_events, axis=0))

    def over_events(self, values: Floats) -> Floats:
        """Return the sum of values per event, (k, ...), at each moment, (m, ...)."""
        return np.asarray(np.add.reduceat(values, self.first_events, axis=0), dtype=np.float64)

    def up_to(self, values: Floats) -> Floats:
        """Return, for each row, the sum of values per moment, (m, ...), over those it was at risk at."""
        if self.tree is not None:
            return self.tree.over_points(values)
        total: Floats = np.zeros((self.starts.size, *values.shape[1:]))
        total[self.moments] = values
        for first, end in self.strata:
            total[first:end] = np.cumsum(total[first:end][::-1], axis=0)[::-1]
        return np.asarray(total[self.block])

    @cached_property
    def _spared(self) -> IntervalTree:
        return interval_tree(self.first + self.event, self.end, points=self.moments.size)

    @property
    def first_events(self) -> Integers:
        """The first event of each moment, (m,)."""
        return np.flatnonzero(np.diff(self.moment, prepend=-1))


def risk_sets(
    time: Floats,
    event: Flags,
    strata: Integers,
    *,
    ties: CoxTies,
    entry: Floats | None = None,
    weights: Floats | None = None,
) -> RiskSets:
    """Sort patients into risk sets; near-equal times are one time, as `summaries.tied_times` decides.

    At risk at t are the patients of the stratum with entry < t <= time: one who enters at t is not. Weights
    are 1 if not given; strata are integers, a number for each.

    Raises:
        ValueError: an entry that is not before its time, or marginal ties: their likelihood takes the sets of
            discrete ties, and what else takes risk sets has no meaning under it.
    """
    if ties == "marginal":
        raise ValueError("ties is 'marginal'; expected a fit with efron or breslow")
    slot, entry_slot = _slots(time, entry)
    order = np.lexsort((-slot, strata))
    slot, stratum, happened = slot[order], strata[order], event[order]
    weight = np.ones(time.size) if weights is None else weights[order]
    new_stratum = np.diff(stratum, prepend=stratum[0] - 1) != 0
    new_block = new_stratum | (np.diff(slot, prepend=slot[0] - 1) != 0)
    block, starts = np.cumsum(new_block) - 1, np.flatnonzero(new_block)
    edges = [*block[new_stratum].tolist(), starts.size]
    event_rows = np.flatnonzero(happened)
    moments, moment, size = np.unique(block[event_rows], return_inverse=True, return_counts=True)
    rank = np.arange(moment.size) - np.repeat(np.cumsum(size) - size, size)
    total = np.bincount(moment, weights=weight[event_rows], minlength=size.size)
    # A key that rises along the rows: by stratum, then from the last time to the first.
    top = int(slot.max()) + 1
    base = (np.cumsum(new_stratum) - 1) * (top + 1)
    keys = (base + top - slot)[starts[moments]]
    first = np.searchsorted(keys, base + top - slot, side="left")
    end = np.searchsorted(keys, base + top - entry_slot[order], side="left")
    nested = bool((end == np.searchsorted(keys, base + top, side="right")).all())
    return RiskSets(
        ties=ties,
        order=order,
        event=happened,
        weight=weight,
        block=block,
        starts=starts,
        strata=tuple(pairwise(edges)),
        moments=moments,
        moment=moment,
        event_rows=event_rows,
        fraction=rank / size[moment] if ties == "efron" else np.zeros(moment.size),
        mean_weight=(total / size)[moment],
        first=first,
        end=end,
        tree=None if nested else interval_tree(first, end, points=moments.size),
    )


def _slots(time: Floats, entry: Floats | None) -> tuple[Integers, Integers]:
    """The rank of each time and of each entry among them all; an entry not given is before every time."""
    if entry is None:
        return distinct_times(time)[1], np.full(time.size, -1, dtype=np.int64)
    slots = distinct_times(np.concatenate([time, entry]))[1]
    slot, entry_slot = slots[: time.size], slots[time.size :]
    if (entry_slot >= slot).any():
        place = int(np.flatnonzero(entry_slot >= slot)[0])
        raise ValueError(
            f"entry[{place}] is {entry[place]:g} and time[{place}] is {time[place]:g}; expected an entry "
            "before the time"
        )
    return slot, entry_slot
