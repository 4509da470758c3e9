"""The Cox model of many rows: each pattern of covariates is worked out once, and rows are only counted and added up.

The formulas are those of partial_likelihood.py. Rows are sorted into runs - by stratum, from the last time to the
first, events before censorings - and one pass over them, from the last run to the first time, sums up everyone at
risk and what the events of each time add. With H the cumulative hazard up to each row's time and c Efron's
correction of the events' own, the sum over events of S2 / S0 is the one product X' diag(w (H - c)) X over the
patterns. The passes are those of `kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.kernels import KERNELS, Kernels
from calliper.stats.conventions import Ties
from calliper.stats.cox_data import CoxData
from calliper.stats.cox_design import NO_EVENT, TOO_LITTLE, check_design, check_direction, least_information
from calliper.stats.cox_fit import CoxFit, maximum_fit
from calliper.stats.newton import maximum
from calliper.stats.partial_likelihood import Likelihood
from calliper.summaries.cox_rows import CoxRows, is_new, rows_of
from calliper.summaries.patterns import Rows, pattern_values

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CountedRows:
    """Rows in runs, two for each of B blocks of one time in one stratum: its events, then its censorings.

    `rows` (n,) is the pattern of each row; None where each row is its own. `starts` (2B + 1,) is the first row
    of each run, `events` (B,) how many each block has, `fresh` (B,) True for the first block of a stratum.
    `table` (P, q) holds of each pattern a one, its covariates centred and of unit deviation over the rows, and
    zeros up to a multiple of four; `spread` (p,) is what the covariates were divided by. `of_events` (q,) is the
    sum of the table's entries over the events.
    """

    rows: Rows | None
    starts: Integers
    events: Integers
    fresh: Flags
    table: Floats
    spread: Floats
    of_events: Floats


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
        span=lambda v: float(np.ptp(kernels.dot(counted.table, _after_one(v)))),
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
    """Sort rows into runs; near-equal times are one time, as `summaries.tied_times` decides."""
    order, sizes, fresh = rows.runs(kernels)
    starts = np.concatenate([[0], np.cumsum(sizes.ravel())])
    events = np.ascontiguousarray(sizes[:, 0])
    if rows.pattern is None or rows.covariates is None:
        X, named = rows.matrix(order.astype(np.int64)), None
        weight = np.ones(rows.n)
        died = kernels.spread(None, starts, _marks(events.size), size=rows.n)
    else:
        size = int(np.prod([covariate.size for covariate in rows.covariates]))
        weight = kernels.spread(order, starts, np.ones(starts.size - 1), size=size)
        died = kernels.spread(order, starts, _marks(events.size), size=size)
        used = np.flatnonzero(weight)
        X, named, weight, died = pattern_values(rows.covariates, used), order, weight[used], died[used]
        if used.size < size:
            place = np.zeros(size, dtype=np.int32)
            place[used] = np.arange(used.size)
            named = place[order]
    centre = weight @ X / rows.n
    X -= centre
    spread = np.sqrt(weight @ X**2 / rows.n)
    spread = np.where(spread > 1e-12 * np.abs(centre), spread, 1.0)
    p = len(rows.names)
    table = np.zeros((len(X), 4 * (1 + p // 4)))
    table[:, 0] = 1
    np.divide(X, spread, out=table[:, 1 : 1 + p])
    return CountedRows(named, starts, events, fresh, table, spread, died @ table)


def counted_likelihood(
    rows: CountedRows, b: Floats, *, efron: bool, kernels: Kernels = KERNELS
) -> Likelihood:
    """Return the log-likelihood, score and information at b."""
    covariates = slice(1, 1 + b.size)
    log_risk = kernels.dot(rows.table, _after_one(b))
    # Hazard ratios are unchanged by a common factor, which keeps exp from overflowing.
    scale = float(log_risk.max())
    risk = np.exp(log_risk - scale)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = kernels.risk_pass(
            rows.rows, rows.starts, rows.table, risk, events=rows.events, fresh=rows.fresh, efron=efron
        )
        expected = risk * kernels.spread(rows.rows, rows.starts, found.experienced, size=risk.size)
        information = kernels.gram(rows.table, expected) - found.second
    return Likelihood(
        value=float(rows.of_events[covariates] @ b) - scale * int(rows.events.sum()) - found.log_sum,
        score=(rows.of_events - found.first)[covariates],
        information=information[covariates, covariates],
    )


def _after_one(b: Floats) -> Floats:
    """Coefficients of a table's columns: none for the column of ones."""
    return np.concatenate([[0.0], b])


def _marks(blocks: int) -> Floats:
    """One for the events of each block, zero for its censorings."""
    return np.tile([1.0, 0.0], blocks)


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
