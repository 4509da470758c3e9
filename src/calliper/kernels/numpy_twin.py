"""The kernels in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from calliper.kernels.shape import Flags, Floats, Integers, Numbers, RiskPass, Rows


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

    def gather(self, rows: Rows | None, starts: Integers, table: Floats, weight: Floats | None) -> Floats:
        """See `shape.Kernels`."""
        if weight is not None:
            table = weight[:, None] * table
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

    def risk_pass(
        self,
        rows: Rows | None,
        starts: Integers,
        table: Floats,
        weight: Floats | None,
        *,
        events: Integers,
        fresh: Flags,
        efron: bool,
    ) -> RiskPass:
        """See `shape.Kernels`."""
        sums = self.gather(rows, starts, table, weight)
        died, everyone = sums[::2], sums[::2] + sums[1::2]
        for first, last in pairwise([*np.flatnonzero(fresh).tolist(), events.size]):
            np.cumsum(everyone[first:last], axis=0, out=everyone[first:last])
        held = np.flatnonzero(events)
        S, T, d = everyone[held], died[held], events[held]
        moment = np.repeat(np.arange(held.size), d)
        first_of = np.cumsum(d) - d
        f = (np.arange(moment.size) - first_of[moment]) / d[moment] if efron else np.zeros(moment.size)
        denominator = S[moment, 0] - f * T[moment, 0]

        def summed(terms: Floats) -> Floats:
            return np.add.reduceat(terms, first_of) if held.size else np.zeros(0)

        one, f1 = summed(1 / denominator), summed(f / denominator)
        two, f2, ff2 = (summed(f**power / denominator**2) for power in range(3))
        a, c = np.zeros(events.size), np.zeros(events.size)
        a[held], c[held] = one, f1
        up_to: Floats = np.empty(events.size)
        for first, last in pairwise([*np.flatnonzero(fresh).tolist(), events.size]):
            up_to[first:last] = np.cumsum(a[first:last][::-1])[::-1]
        experienced = np.column_stack([up_to - c, up_to]).ravel()
        mixed = S.T @ (f2[:, None] * T)
        second = S.T @ (two[:, None] * S) - mixed - mixed.T + T.T @ (ff2[:, None] * T)
        return RiskPass(float(np.log(denominator).sum()), experienced, one @ S - f1 @ T, second)

    def dot(self, table: Floats, v: Floats) -> Floats:
        """See `shape.Kernels`."""
        return table[:, : v.size] @ v

    def gram(self, table: Floats, weight: Floats) -> Floats:
        """See `shape.Kernels`."""
        return table.T @ (weight[:, None] * table)


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
