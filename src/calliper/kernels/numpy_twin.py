"""The kernels in NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calliper.kernels.shape import Flags, Floats, Integers, Numbers, Rows


@dataclass(frozen=True)
class NumpyKernels:
    """See `shape.Kernels`."""

    def count_runs(
        self, time: Numbers, event: Flags, group: Numbers | None, *, groups: int, slots: int
    ) -> Integers | None:
        """See `shape.Kernels`."""
        run = _runs(time, event, group, slots)
        if run is None:
            return None
        return np.bincount(run, minlength=groups * slots * 2).reshape(groups, slots, 2)

    def sort_rows(
        self,
        time: Numbers,
        event: Flags,
        group: Numbers | None,
        pattern: Rows | None,
        *,
        groups: int,
        slots: int,
    ) -> tuple[Integers, Rows] | None:
        """See `shape.Kernels`."""
        run = _runs(time, event, group, slots)
        if run is None:
            return None
        order = np.argsort(run, kind="stable")
        counts = np.bincount(run, minlength=groups * slots * 2).reshape(groups, slots, 2)
        return counts, order.astype(np.int32) if pattern is None else pattern[order]

    def gather(self, rows: Rows | None, starts: Integers, table: Floats) -> Floats:
        """See `shape.Kernels`."""
        out: Floats = np.zeros((starts.size - 1, table.shape[1]))
        held = np.flatnonzero(np.diff(starts))
        if rows is None:
            if held.size:
                out[held] = np.add.reduceat(table, starts[held], axis=0)
            return out
        # As many runs at a time as make a block of entries that stays in the processor's cache.
        while held.size:
            first = starts[held[0]]
            many = max(int(np.searchsorted(starts[held + 1], first + _BLOCK, side="right")), 1)
            these, held = held[:many], held[many:]
            entries = table[rows[first : starts[these[-1] + 1]]]
            out[these] = np.add.reduceat(entries, starts[these] - first, axis=0)
        return out

    def spread(self, rows: Rows | None, starts: Integers, value: Floats, *, size: int) -> Floats:
        """See `shape.Kernels`."""
        given = np.repeat(value, np.diff(starts))
        if rows is None:
            return given
        return np.asarray(np.bincount(rows, weights=given, minlength=size), dtype=np.float64)

    def efron_sums(self, at_risk: Floats, with_event: Floats, events: Integers) -> Floats:
        """See `shape.Kernels`."""
        if not events.size:
            return np.zeros((0, 6))
        starts = np.cumsum(events) - events
        moment = np.repeat(np.arange(events.size), events)
        f = (np.arange(moment.size) - starts[moment]) / events[moment]
        left = at_risk[moment] - f * with_event[moment]
        terms = (np.log(left), 1 / left, f / left, 1 / left**2, f / left**2, (f / left) ** 2)
        return np.column_stack([np.add.reduceat(term, starts) for term in terms])


_BLOCK = 16_384


def _runs(time: Numbers, event: Flags, group: Numbers | None, slots: int) -> Integers | None:
    if not time.size:
        return np.zeros(0, dtype=np.int64)
    if not (time.min() >= 0 and time.max() < slots):
        return None
    slot = time.astype(np.int64)
    if time.dtype.kind == "f" and (slot != time).any():
        return None
    base = 0 if group is None else group.astype(np.int64) * slots
    return np.asarray((base + (slots - 1 - slot)) * 2 + 1 - event)
