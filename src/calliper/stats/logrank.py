"""Log-rank tests of two or more groups, weighted and stratified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.estimates import chi_square
from calliper.summaries.risk_table import RiskTable
from calliper.summaries.tied_times import time_cells

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LogRank:
    """The test, and by group (in order of `groups`) the observed and expected events and their covariance.

    With rho other than 0 the observed and expected numbers are weighted. `df` counts the groups in which an
    event was possible, less one. p is two-sided.
    """

    chi2: float
    df: int
    p: float
    groups: tuple[str, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    variance: tuple[tuple[float, ...], ...]


def logrank(tables: Mapping[str, RiskTable], *, rho: float = 0.0) -> LogRank:
    """Compare the groups' hazards; see `stratified_logrank`, of which this is the case of one stratum."""
    return stratified_logrank([tables], rho=rho)


def stratified_logrank(strata: Sequence[Mapping[str, RiskTable]], *, rho: float = 0.0) -> LogRank:
    """Compare the groups' hazards within strata, by the G-rho family of Harrington and Fleming.

    At each event time of a stratum, with d events among n at risk, n_g of them in group g, the expected
    number is w d n_g / n and the covariance w^2 d (n - d) / (n - 1) (n_g / n)(1{g = h} - n_h / n); the
    weight w is S(t-)^rho of the stratum's pooled curve. Sums over times and strata; the statistic is (O -
    E)' V^- (O - E). Mantel (1966, Cancer Chemother Rep 50, 163-170); Harrington and Fleming (1982,
    Biometrika 69, 553-566), as R's `survdiff`.

    Args:
        strata: for each stratum, the risk table of every group; the groups are the same in all.
        rho: 0 for the log-rank test, 1 for Peto and Peto's modification of Gehan and Wilcoxon.

    Raises:
        CannotEstimate: no event, or fewer than two groups with a patient at risk at an event.
        ValueError: no stratum, fewer than two groups, or groups that differ between strata.
    """
    groups = tuple(strata[0]) if strata else ()
    if len(groups) < 2 or any(set(tables) != set(groups) for tables in strata):
        raise ValueError("expected the same two or more groups in every stratum")
    observed, expected = np.zeros(len(groups)), np.zeros(len(groups))
    variance = np.zeros((len(groups), len(groups)))
    for tables in strata:
        o, e, v = _stratum([tables[group] for group in groups], rho)
        observed, expected, variance = observed + o, expected + e, variance + v
    chi2, df = _statistic(observed, expected, variance)
    test = chi_square(chi2, df)
    return LogRank(
        chi2=test.chi2,
        df=test.df,
        p=test.p,
        groups=groups,
        observed=tuple(observed.tolist()),
        expected=tuple(expected.tolist()),
        variance=tuple(tuple(row) for row in variance.tolist()),
    )


def _stratum(tables: Sequence[RiskTable], rho: float) -> tuple[Floats, Floats, Floats]:
    pooled = sum(tables, RiskTable())
    cells = time_cells(pooled.time_array)
    events, at_risk = np.zeros((len(tables), cells.size)), np.zeros((len(tables), cells.size))
    for g, table in enumerate(tables):
        own = time_cells(table.time_array)
        events[g, np.searchsorted(cells, own)] = table.event_array
        at_risk[g] = np.append(table.at_risk, 0)[np.searchsorted(own, cells)]
    weight = np.ones(cells.size)
    if rho and cells.size:
        survival = np.cumprod(1 - pooled.event_array / pooled.at_risk)
        weight = np.concatenate([[1.0], survival[:-1]]) ** rho
    happened = pooled.event_array > 0
    d, n, w = pooled.event_array[happened], pooled.at_risk[happened], weight[happened]
    share = at_risk[:, happened] / n
    spread = w**2 * d * (n - d) / np.maximum(n - 1, 1)
    variance = np.diag(share @ spread) - (share * spread) @ share.T
    return events[:, happened] @ w, share @ (w * d), variance


def _statistic(observed: Floats, expected: Floats, variance: Floats) -> tuple[float, int]:
    if not observed.any():
        raise CannotEstimate("no log-rank test: no event in any group")
    possible = np.flatnonzero(expected > 0)
    if possible.size < 2:
        raise CannotEstimate("no log-rank test: at every event only one group had patients at risk")
    free = possible[1:]
    difference, matrix = (observed - expected)[free], variance[np.ix_(free, free)]
    if np.linalg.matrix_rank(matrix) < free.size:
        raise CannotEstimate("no log-rank test: too few events at which the groups could be compared")
    return float(difference @ np.linalg.solve(matrix, difference)), int(free.size)
