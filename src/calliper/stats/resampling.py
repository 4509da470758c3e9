"""Patients drawn again, left out or shuffled for `fit_many`, and what the fits then say.

Efron and Tibshirani (1993, An Introduction to the Bootstrap); Davison and Hinkley (1997, Bootstrap Methods and
their Application).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.estimates import one_tail
from calliper.stats.many_fits import ManyFits
from calliper.summaries.columns import Column

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PercentileLimits:
    """Limits from B resamples, of which `n_failed` had no fit; a limit may be infinite."""

    lower: float
    upper: float
    n_resamples: int
    n_failed: int


def bootstrap_counts(
    n: int,
    resamples: int,
    rng: np.random.Generator,
    *,
    cluster: Column | None = None,
    stratum: Column | None = None,
) -> Integers:
    """Return how often each of n rows is drawn in each resample, with replacement, (resamples, n).

    Args:
        n: the number of rows.
        resamples: how many to draw.
        rng: where chance comes from.
        cluster: each row's cluster (patient, centre), shape (n,): whole clusters are drawn, as many as there
            are, so that resamples differ in their number of rows where clusters do in size.
        stratum: each row's stratum, shape (n,): as many rows, or clusters, as a stratum has are drawn within
            it.

    Raises:
        ValueError: no row or no resample, as many labels as rows are expected, or a cluster in two strata.
    """
    if n < 1 or resamples < 1:
        raise ValueError(f"{n} rows and {resamples} resamples; expected one or more of each")
    unit = np.arange(n) if cluster is None else _codes(cluster, n, "cluster")
    strata = np.zeros(n, dtype=np.int64) if stratum is None else _codes(stratum, n, "stratum")
    home = np.zeros(unit.max() + 1, dtype=np.int64)
    home[unit] = strata
    if (home[unit] != strata).any():
        row = int(np.flatnonzero(home[unit] != strata)[0])
        raise ValueError(f"the cluster of row {row} is in two strata; expected every cluster in one")
    drawn = np.zeros((resamples, home.size), dtype=np.int64)
    for label in range(strata.max() + 1):
        members = np.flatnonzero(home == label)
        picks = rng.integers(members.size, size=(resamples, members.size))
        cells = picks + members.size * np.arange(resamples)[:, None]
        times = np.bincount(cells.ravel(), minlength=resamples * members.size)
        drawn[:, members] = times.reshape(resamples, members.size)
    return drawn[:, unit]


def leave_out_counts(group: Column) -> tuple[tuple[object, ...], Integers]:
    """Return the groups, sorted, and for each the counts that leave it out, (groups, n): a centre, a patient.

    Raises:
        ValueError: there are fewer than two groups.
    """
    labels, code = np.unique(np.asarray(group), return_inverse=True)
    if labels.size < 2:
        raise ValueError(f"{labels.size} groups to leave out; expected two or more")
    return tuple(labels.tolist()), (code != np.arange(labels.size)[:, None]).astype(np.int64)


def shuffled(
    X: npt.ArrayLike, shuffles: int, rng: np.random.Generator, *, stratum: Column | None = None
) -> Floats:
    """Return the rows of X, (n, p), dealt out anew to the patients of their stratum, (shuffles, n, p).

    Covariates are dealt out independently of time and event together. A small p of `permutation_p` speaks
    against that, which holds under no effect only where censoring does not depend on the covariates either.

    Raises:
        ValueError: X is not patients by covariates, or strata are not as many as patients.
    """
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2:
        raise ValueError(f"X has shape {rows.shape}; expected patients by covariates")
    n = len(rows)
    strata = np.zeros(n, dtype=np.int64) if stratum is None else _codes(stratum, n, "stratum")
    place = np.empty((shuffles, n), dtype=np.int64)
    for label in np.unique(strata):
        members = np.flatnonzero(strata == label)
        place[:, members] = rng.permuted(np.tile(members, (shuffles, 1)), axis=1)
    return np.asarray(rows[place])


def permutation_p(observed: float, statistics: npt.ArrayLike) -> float:
    """Return (1 + the number at least as large as observed) / (1 + their number), for statistics (B,).

    A statistic that is NaN, that of a fit its data do not support, counts as larger. Phipson and Smyth (2010,
    Stat Appl Genet Mol Biol 9, 39): it is never zero.

    >>> permutation_p(3.0, [1.0, 3.0, float("nan")])
    0.75
    """
    values = np.asarray(statistics, dtype=np.float64)
    # Statistics that are equal in exact arithmetic differ in their last digits.
    larger = np.isnan(values) | (values >= observed - 1e-9 * abs(observed))
    return (1 + int(larger.sum())) / (1 + values.size)


def percentile_limits(fits: ManyFits, index: int, *, confidence: float = 0.95) -> PercentileLimits:
    """Return the percentile interval of the coefficient at `index`, on the log hazard ratio's scale.

    The limits are the k-th lowest and highest of the B coefficients, k = (B + 1) tail rounded down: Davison
    and Hinkley (1997, section 5.3.1). Choose B so that (B + 1) tail is whole: 999, 1999. A resample
    without a fit counts as beyond either limit, because most such have no finite coefficient: too many, and a
    limit is infinite.

    Raises:
        CannotEstimate: there are too few resamples for this confidence.
    """
    values = fits.coefficients[:, index]
    size, failed = values.size, int(np.isnan(values).sum())
    k = math.floor((size + 1) * one_tail(confidence) * (1 + 1e-12))
    if k < 1:
        raise CannotEstimate(
            f"no percentile interval: {size} resamples are too few for {confidence:.4g} confidence"
        )
    lowest = np.sort(np.where(np.isnan(values), -np.inf, values))
    highest = np.sort(np.where(np.isnan(values), np.inf, values))
    return PercentileLimits(float(lowest[k - 1]), float(highest[size - k]), size, failed)


def _codes(labels: Column, n: int, name: str) -> Integers:
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    if codes.size != n:
        raise ValueError(f"{codes.size} {name} labels; expected one for each of the {n} rows")
    return codes.astype(np.int64)
