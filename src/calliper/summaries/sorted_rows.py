"""The rows of a Cox model in runs: by stratum, from the last time to the first, events before censorings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from calliper.kernels import KERNELS, Kernels
from calliper.summaries.columns import Flags, Floats, Integers
from calliper.summaries.cox_rows import CoxRows
from calliper.summaries.patterns import Rows
from calliper.summaries.tied_times import is_new, time_cells

Order: TypeAlias = "Rows | Integers"


@dataclass(frozen=True, eq=False)
class SortedRows:
    """Rows in two runs for each of B blocks of one time in one stratum: its events, then its censorings.

    `rows` (n,) names two entries a row, of the lists `high` (A, p) and `low` (B, p) of covariates, whose sum is the
    row's; the first `split` covariates are those of `high`. Where covariates have too many values for lists,
    `rows` and `low` are None and row i has entry i of `high`. `starts` (2B + 1,) is the first row of each run,
    `events` (B,) how many each block has, `fresh` (B,) True for the first block of a stratum.
    """

    rows: Rows | None
    starts: Integers
    events: Integers
    fresh: Flags
    high: Floats
    low: Floats | None
    split: int

    @property
    def n(self) -> int:
        """How many rows there are."""
        return int(self.starts[-1])

    def less(self, centre: Floats) -> tuple[Floats, Floats | None]:
        """Return the lists of the covariates less `centre`, (p,), each of its own covariates."""
        if self.low is None:
            return self.high - centre, None
        own = np.arange(centre.size) < self.split
        return self.high - np.where(own, centre, 0.0), self.low - np.where(own, 0.0, centre)

    def counted(self, marks: tuple[float, float], kernels: Kernels = KERNELS) -> Floats:
        """Return how many rows have each pattern, (A B,): an event counts as the first mark, a censoring as the other.

        Without patterns, the mark of each row.
        """
        value, low = np.tile(np.array(marks), self.events.size), 1 if self.low is None else len(self.low)
        return kernels.spread(self.rows, self.starts, value, high=len(self.high), low=low)

    def total(self, weight: Floats, high: Floats, low: Floats | None) -> Floats:
        """Return the sum over patterns of weight, (A B,), times what the lists, as long as the rows', hold for them."""
        if low is None:
            return np.asarray(np.einsum("i,ij->j", weight, high))
        cells = weight.reshape(len(high), len(low))
        return np.asarray(cells.sum(axis=1) @ high + cells.sum(axis=0) @ low)


def sorted_rows(rows: CoxRows, *, kernels: Kernels = KERNELS) -> SortedRows:
    """Sort rows into runs; near-equal times are one time, as `tied_times` decides."""
    order, sizes, fresh = _counted(rows, kernels) or _compared(rows)
    starts = np.concatenate([[0], np.cumsum(sizes.ravel())])
    events = np.ascontiguousarray(sizes[:, 0])
    if rows.combinations is None:
        return SortedRows(
            None, starts, events, fresh, rows.matrix(order.astype(np.int64)), None, len(rows.names)
        )
    high, low = rows.combinations.lists()
    return SortedRows(
        order.astype(np.int32, copy=False), starts, events, fresh, high, low, rows.combinations.split
    )


def _counted(rows: CoxRows, kernels: Kernels) -> tuple[Order, Integers, Flags] | None:
    """Each row's pattern, or number, in the order of the runs; the runs' sizes, (B, 2); the strata's first blocks.

    None where times are no whole numbers of a short range.
    """
    strata, slots = len(rows.strata), int(rows.time.max()) + 1
    if rows.time.dtype.kind != "i" or strata * slots > 4 * rows.n + 4096:
        return None
    found = kernels.sort_rows(rows.time, rows.event, rows.stratum, rows.pattern, groups=strata, slots=slots)
    if found is None:
        return None
    counts, order = found
    held = counts.any(axis=2)
    owner = np.broadcast_to(np.arange(strata)[:, None], held.shape)[held]
    return order, counts[held], is_new(owner)


def _compared(rows: CoxRows) -> tuple[Order, Integers, Flags]:
    """The same for any times."""
    cells = time_cells(rows.time.astype(np.float64, copy=False))
    # One whole number a row that rises in the order of the runs.
    moment = 2 * (cells.max() - cells) + ~rows.event
    if rows.stratum is not None:
        moment = rows.stratum * (moment.max() // 2 * 2 + 2) + moment
    digits = max(rows.n - 1, 1).bit_length()
    if int(moment.max()).bit_length() + digits < 63:
        # With the row's number behind it, numbers alone are sorted, which is the quickest to do.
        key = np.sort((moment << digits) | np.arange(rows.n))
        order, moment = key & ((1 << digits) - 1), key >> digits
    else:
        order = np.argsort(moment, kind="stable")
        moment = moment[order]
    first = np.flatnonzero(is_new(moment >> 1))
    owner = np.zeros(first.size, dtype=np.int32) if rows.stratum is None else rows.stratum[order[first]]
    sizes = np.diff(np.append(first, rows.n))
    events = np.add.reduceat(moment & 1 == 0, first, dtype=np.int64)
    named = order if rows.pattern is None else rows.pattern[order]
    return named, np.column_stack([events, sizes - events]), is_new(owner)
