"""The Cox model of many rows: each pattern of covariates is worked out once, and rows are only counted and added up.

The formulas are those of partial_likelihood.py. Rows are sorted into runs - by stratum, from the last time to the
first, events before censorings - and one pass over them, from the last run to the first time, sums up everyone at
risk and what the events of each time add. With H the cumulative hazard up to each row's time and c Efron's
correction of the events' own, the sum over events of S2 / S0 is the one product X' diag(w (H - c)) X over the
patterns. The passes are those of `kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.kernels import KERNELS, Kernels, Table
from calliper.kernels.shape import entries_of
from calliper.stats.conventions import Ties
from calliper.stats.cox_data import CoxData
from calliper.stats.cox_design import NO_EVENT, TOO_LITTLE, check_design, check_direction, least_information
from calliper.stats.cox_fit import CoxFit, maximum_fit
from calliper.stats.newton import maximum
from calliper.stats.partial_likelihood import Likelihood
from calliper.summaries.cox_rows import CoxRows, rows_of
from calliper.summaries.patterns import FAR
from calliper.summaries.sorted_rows import SortedRows, sorted_rows
from calliper.summaries.tied_times import is_new

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

# Of so many more patterns than rows, most stand for nobody, and the rows themselves are less work.
_SPARSE = 8


@dataclass(frozen=True, eq=False)
class CountedRows:
    """Rows in runs, with their covariates as a table.

    `high` (A, q) and `low` (B, q) hold, for the two lists of `runs`, their covariates, centred and of unit deviation
    over the rows, after a column of ones (`high`) or zeros (`low`), and zeros up to a multiple of four; `spread`
    (p,) is what the covariates were divided by. `used` (A B,) is True for the patterns that a row has; None where
    each row is its own. `of_events` (q,) is the sum of the entries over the events.
    """

    runs: SortedRows
    high: Floats
    low: Floats | None
    used: Flags | None
    spread: Floats
    of_events: Floats

    def linear(self, b: Floats) -> tuple[Floats, Floats | None]:
        """Return x'b of each entry of either list."""
        columns = slice(1, 1 + b.size)
        high = np.einsum("ij,j->i", self.high[:, columns], b)
        return high, None if self.low is None else np.einsum("ij,j->i", self.low[:, columns], b)

    def span(self, b: Floats) -> float:
        """Return how far apart the rows' x'b are at the most."""
        high, low = self.linear(b)
        if low is None or self.used is None:
            return float(np.ptp(high))
        return float(np.ptp((high[:, None] + low).ravel()[self.used]))

    @cached_property
    def by_row(self) -> CountedRows:
        """The same rows, each with covariates of its own."""
        if self.low is None or self.runs.rows is None:
            return self
        entries = entries_of(self.runs.rows, self.high, self.low)
        return replace(
            self,
            runs=replace(self.runs, rows=None, high=entries, low=None),
            high=entries,
            low=None,
            used=None,
        )


def fit_cox_rows(
    rows: CoxRows,
    *,
    ties: Ties = "efron",
    tolerance: float = 1e-8,
    max_iterations: int = 50,
    kernels: Kernels = KERNELS,
) -> CoxFit:
    """Fit a Cox model to rows, as `cox.fit_cox` does to arrays; it takes the same time a row, however many.

    Args:
        rows: from `summaries.cox_rows`: of a frame, of the partitions of a larger one, or of counts.
        ties: "efron" or "breslow".
        tolerance: as `fit_cox`.
        max_iterations: as `fit_cox`.
        kernels: what does the sums.

    Raises:
        CannotEstimate: as `fit_cox`.
        ValueError: other ties.
    """
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties is {ties!r}; expected efron or breslow: cox.fit_cox has others")
    if not rows.n:
        raise CannotEstimate("no Cox model: there is no patient")
    if not rows.n_events:
        raise CannotEstimate(NO_EVENT)
    counted = counted_rows(rows, kernels=kernels)

    def evaluate(b: Floats) -> Likelihood:
        return counted_likelihood(counted, b, efron=ties == "efron", kernels=kernels)

    null = evaluate(np.zeros(len(rows.names)))
    if least_information(null.information) < TOO_LITTLE:
        _check(rows, None, ties=ties)
    b, best, iterations = maximum(
        evaluate,
        null,
        names=rows.names,
        span=counted.span,
        explain=lambda step: _check(rows, step / counted.spread, ties=ties),
        tolerance=tolerance,
        max_iterations=max_iterations,
    )
    return maximum_fit(
        rows.names,
        b,
        counted.spread,
        best=best,
        null=null,
        n=rows.n,
        n_events=rows.n_events,
        iterations=iterations,
        ties=ties,
    )


def rows_of_data(data: CoxData, names: tuple[str, ...]) -> CoxRows:
    """Return the rows of arrays without late entry and weights."""
    stratum = data.stratum.astype(np.int32) if len(data.strata) > 1 else None
    strata = tuple(str(label) for label in data.strata) if stratum is not None else ("",)
    columns = list(np.ascontiguousarray(data.X.T))
    return rows_of(data.time, data.event, columns, names=names, stratum=stratum, strata=strata)


def counted_rows(rows: CoxRows, *, kernels: Kernels = KERNELS) -> CountedRows:
    """Sort rows into runs and scale their covariates."""
    runs = sorted_rows(rows, kernels=kernels)
    everyone, died = (runs.counted(marks, kernels) for marks in ((1.0, 1.0), (1.0, 0.0)))
    centre = runs.total(everyone, runs.high, runs.low) / runs.n
    high, low = runs.less(centre)
    with np.errstate(over="ignore"):  # such a covariate is refused by name
        spread = np.sqrt(runs.total(everyone, high**2, None if low is None else low**2) / runs.n)
    spread = np.where(spread > 1e-12 * np.abs(centre), spread, 1.0)
    table = _entries(1.0, high / spread), None if low is None else _entries(0.0, low / spread)
    found = CountedRows(
        runs=runs,
        high=table[0],
        low=table[1],
        used=None if low is None else everyone > 0,
        spread=spread,
        of_events=runs.total(died, *table),
    )
    return found.by_row if everyone.size > _SPARSE * runs.n else found


def counted_likelihood(
    rows: CountedRows, b: Floats, *, efron: bool, kernels: Kernels = KERNELS
) -> Likelihood:
    """Return the log-likelihood, score and information at b."""
    runs, covariates = rows.runs, slice(1, 1 + b.size)
    # Hazard ratios are unchanged by a common factor, which keeps exp from overflowing.
    first, second = rows.linear(b)
    if second is not None and np.ptp(first) + np.ptp(second) > FAR:
        return counted_likelihood(rows.by_row, b, efron=efron, kernels=kernels)
    scale = float(first.max()) + (0.0 if second is None else float(second.max()))
    high, low = np.exp(first - first.max()), None if second is None else np.exp(second - second.max())
    table = Table(rows.high, rows.low, high, low)
    risk = high if low is None else np.outer(high, low).ravel()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = kernels.risk_pass(
            runs.rows, runs.starts, table, events=runs.events, fresh=runs.fresh, efron=efron
        )
        spread = kernels.spread(
            runs.rows,
            runs.starts,
            found.experienced,
            high=len(rows.high),
            low=1 if rows.low is None else len(rows.low),
        )
        information = kernels.gram(table, risk * spread) - found.second
    return Likelihood(
        value=float(rows.of_events[covariates] @ b) - scale * int(runs.events.sum()) - found.log_sum,
        score=(rows.of_events - found.first)[covariates],
        information=information[covariates, covariates],
    )


def _entries(first: float, X: Floats) -> Floats:
    table = np.zeros((len(X), 4 * (1 + X.shape[1] // 4)))
    table[:, 0] = first
    table[:, 1 : 1 + X.shape[1]] = X
    return table


def _check(rows: CoxRows, direction: Floats | None, *, ties: Ties) -> None:
    """Refuse a design, or a direction, as the fit to arrays does; what matters is who is there, not how many."""
    data = _distinct(rows)
    sets = data.risk_sets(ties)
    X = data.X[sets.order]
    check_design(sets, X, names=rows.names)
    if direction is not None:
        check_direction(sets, X, direction, names=rows.names)


def _distinct(rows: CoxRows) -> CoxData:
    """One row of each stratum, time, event and pattern."""
    kept = np.arange(rows.n)
    if rows.pattern is not None:
        stratum = np.zeros(rows.n, dtype=np.int32) if rows.stratum is None else rows.stratum
        keys = (rows.pattern, rows.event, rows.time, stratum)
        order = np.lexsort(keys)
        kept = order[np.any([is_new(key[order]) for key in keys], axis=0)]
    return CoxData(
        time=rows.time[kept].astype(np.float64),
        event=rows.event[kept],
        X=rows.matrix(kept),
        stratum=np.zeros(kept.size, dtype=np.int64)
        if rows.stratum is None
        else rows.stratum[kept].astype(np.int64),
        strata=rows.strata,
        entry=None,
        weights=None,
    )
