"""What a set of kernels can do.

Rows stand in runs: run r is the rows `starts[r]` to before `starts[r + 1]`, and may be empty. A row names a
pattern, its entry in a table. Where time is counted in whole numbers, runs go by group, then from the last time
to the first, then events before censorings: the run of a row is 2 (group slots + slots - 1 - time) + 1 - event.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Rows: TypeAlias = npt.NDArray[np.int32]
Flags: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[Any]


class Kernels(Protocol):
    """Sums over n rows in R runs, with tables of P patterns."""

    def count_runs(
        self, time: Numbers, event: Flags, group: Numbers | None, *, groups: int, slots: int
    ) -> Integers | None:
        """Return how many rows are in each run, (groups, slots, 2).

        None where a time is not a whole number of 0 to slots - 1. Groups are whole numbers below `groups`.
        """

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
        """Return the counts of `count_runs`, and each row's pattern (or number) in the order of the runs, (n,)."""

    def gather(self, rows: Rows | None, starts: Integers, table: Floats) -> Floats:
        """Return the sum of the table's entries, (P, q), over the rows of each run, (R, q).

        Without `rows` the table has an entry a row.
        """

    def spread(self, rows: Rows | None, starts: Integers, value: Floats, *, size: int) -> Floats:
        """Return, for each of `size` patterns, the sum over its rows of the value, (R,), of their run."""

    def efron_sums(self, at_risk: Floats, with_event: Floats, events: Integers) -> Floats:
        """Return, for each time, (m,), the sums over its d events of what Efron's likelihood needs, (m, 6).

        With f = 0, 1/d, ..., (d - 1)/d and D = at_risk - f with_event: log D, 1/D, f/D, 1/D^2, f/D^2, f^2/D^2.
        """
