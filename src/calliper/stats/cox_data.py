"""The patients of a Cox model, checked at the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.risk_sets import CoxTies, RiskSets, risk_sets
from calliper.summaries.columns import Column, complete_numbers, follow_up

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CoxData:
    """Patients, or the intervals (entry, time] of patients, one a row.

    `X` has shape (n, p), the others (n,). `stratum` is an index into `strata`, one without strata. `entry`
    is None where everyone is at risk from time 0; `weights` is None where everyone counts once.
    """

    time: Floats
    event: Flags
    X: Floats
    stratum: Integers
    strata: tuple[object, ...]
    entry: Floats | None
    weights: Floats | None

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.time.size

    def risk_sets(self, ties: CoxTies) -> RiskSets:
        """Return who is at risk at each event."""
        return risk_sets(
            self.time, self.event, self.stratum, ties=ties, entry=self.entry, weights=self.weights
        )


def cox_data(
    time: Column,
    event: Column,
    X: npt.ArrayLike,
    *,
    strata: Column | None = None,
    entry: Column | None = None,
    weights: Column | None = None,
) -> CoxData:
    """Check the columns of a Cox model.

    Args:
        time: the end of each row's follow-up, shape (n,), finite and >= 0.
        event: 1 or True where it ends in the event.
        X: the covariates, shape (n, p), finite.
        strata: each row's stratum.
        entry: when each row comes under observation, finite and >= 0, before its time; it is at risk at t
            where entry < t <= time.
        weights: how much each row counts, finite and > 0.

    Raises:
        CannotEstimate: there is no row.
        ValueError: a value that is not as above, or lengths that differ.
    """
    times, flags = follow_up(time, event)
    design = np.asarray(X, dtype=np.float64)
    if design.ndim != 2 or not design.shape[1]:
        raise ValueError(f"X has shape {design.shape}; expected patients by one or more covariates")
    if not np.isfinite(design).all():
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(design)))
        raise ValueError(f"X[{row}, {column}] is {design[row, column]}; expected a finite number")
    stratum, labels = np.zeros(times.size, dtype=np.int64), np.zeros(1, dtype=np.int64)
    if strata is not None:
        labels, stratum = np.unique(np.asarray(strata), return_inverse=True)
    if not times.size == design.shape[0] == stratum.size:
        sizes = f"{times.size} times, {design.shape[0]} rows of X, {stratum.size} strata"
        raise ValueError(f"{sizes}; expected as many of each")
    if not times.size:
        raise CannotEstimate("no Cox model: there is no patient")
    levels = tuple(labels.tolist())
    return CoxData(
        times, flags, design, stratum, levels, _entries(entry, times.size), _weights(weights, times.size)
    )


def _entries(entry: Column | None, size: int) -> Floats | None:
    if entry is None:
        return None
    found = complete_numbers(entry, name="entry")
    if found.size != size:
        raise ValueError(f"{size} times and {found.size} entries; expected as many of each")
    if (found < 0).any():
        place = int(np.flatnonzero(found < 0)[0])
        raise ValueError(f"entry[{place}] is {found[place]:g}; expected zero or more")
    return found


def _weights(weights: Column | None, size: int) -> Floats | None:
    if weights is None:
        return None
    found = complete_numbers(weights, name="weights")
    if found.size != size:
        raise ValueError(f"{size} times and {found.size} weights; expected as many of each")
    if not (found > 0).all():
        place = int(np.flatnonzero(~(found > 0))[0])
        raise ValueError(f"weights[{place}] is {found[place]:g}; expected more than zero")
    return found


def column_names(names: Sequence[str] | None, data: CoxData) -> tuple[str, ...]:
    """Return the names of the covariates: x1, x2, ... if not given.

    Raises:
        ValueError: as many names as covariates are expected.
    """
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(data.X.shape[1]))
    if len(labels) != data.X.shape[1]:
        raise ValueError(f"{len(labels)} names for {data.X.shape[1]} columns")
    return labels
