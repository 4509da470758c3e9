"""Gray's test: do groups differ in the cumulative incidence of one cause?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.estimates import chi_square
from calliper.summaries.cause_table import CauseTable
from calliper.summaries.tied_times import time_cells

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GrayTest:
    """The test of one cause, and by group (in order of `groups`) the observed and expected weighted events.

    `df` counts the groups in which an event of the cause was possible, less one. p is two-sided.
    """

    cause: str
    chi2: float
    df: int
    p: float
    groups: tuple[str, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    variance: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class _Counts:
    """One stratum at its times with any event; arrays of shape (groups, k), the last two of shape (k,).

    `own` events of the cause, `other` events, `at_risk`; `before` and `after` are each group's curve free of
    every event at t- and t. `pooled_before` and `pooled_step` are the incidence of the cause under the null.
    """

    own: Floats
    other: Floats
    at_risk: Floats
    before: Floats
    after: Floats
    incidence_before: Floats
    pooled_before: Floats
    pooled_step: Floats


def gray_test(tables: Mapping[str, CauseTable], cause: str, *, rho: float = 0.0) -> GrayTest:
    """Compare the groups' cumulative incidence; see `stratified_gray_test`, of which this is one stratum."""
    return stratified_gray_test([tables], cause, rho=rho)


def stratified_gray_test(
    strata: Sequence[Mapping[str, CauseTable]], cause: str, *, rho: float = 0.0
) -> GrayTest:
    """Compare the groups' hazards of the subdistribution of one cause, within strata.

    With n_g at risk in group g, S_g its curve free of every event and F_g its incidence of the cause, the
    adjusted number at risk is R_g(t) = n_g (1 - F_g(t-)) / S_g(t-); the score of a group is the sum over times
    of w (d_g - d R_g / R), where w = (1 - F(t-))^rho of the pooled incidence F = sum of d / sum of n_g /
    S_g(t-). Its covariance is the plug-in of Gray's asymptotic one, with the factors for tied events given in
    docs/methods/gray.md. Gray (1988, Ann Stat 16, 1141-1154), sec. 2 and 3, as R's
    `cmprsk::cuminc`.

    Args:
        strata: for each stratum, the cause table of every group; the groups are the same in all.
        cause: the cause of interest.
        rho: 0 weighs all times alike; above 0, the early ones more.

    Raises:
        CannotEstimate: no event of the cause, or too few events at which groups could be compared.
        ValueError: no stratum, fewer than two groups, groups that differ between strata, an unknown cause.
    """
    groups = tuple(strata[0]) if strata else ()
    if len(groups) < 2 or any(set(tables) != set(groups) for tables in strata):
        raise ValueError(f"groups are {groups}; expected the same two or more groups in every stratum")
    observed, expected = np.zeros(len(groups)), np.zeros(len(groups))
    variance = np.zeros((len(groups), len(groups)))
    for tables in strata:
        counts = _counts([tables[group] for group in groups], cause)
        o, e, v = _scores(counts, rho)
        observed, expected, variance = observed + o, expected + e, variance + v
    if not observed.any():
        raise CannotEstimate(f"no Gray test: no event of cause {cause!r} in any group")
    free = np.flatnonzero(expected > 0)[1:]
    difference, matrix = (observed - expected)[free], variance[np.ix_(free, free)]
    if not free.size or np.linalg.matrix_rank(matrix) < free.size:
        raise CannotEstimate(f"no Gray test: too few events of cause {cause!r} with two groups at risk")
    chi2 = float(difference @ np.linalg.solve(matrix, difference))
    if chi2 < 0:
        raise CannotEstimate(f"no Gray test: too many events of cause {cause!r} at one time for its variance")
    test = chi_square(chi2, int(free.size))
    return GrayTest(
        cause=cause,
        chi2=test.chi2,
        df=test.df,
        p=test.p,
        groups=groups,
        observed=tuple(observed.tolist()),
        expected=tuple(expected.tolist()),
        variance=tuple(tuple(row) for row in variance.tolist()),
    )


def _counts(tables: Sequence[CauseTable], cause: str) -> _Counts:
    places = [table.place(cause) for table in tables]
    pooled = sum(tables, CauseTable())
    cells = time_cells(pooled.times)
    own, everything, at_risk = np.zeros((3, len(tables), cells.size))
    for g, (table, row) in enumerate(zip(tables, places)):
        risk = table.any_cause()
        mine = time_cells(table.times)
        where = np.searchsorted(cells, mine)
        own[g, where], everything[g, where] = table.events[row], risk.events
        at_risk[g] = np.append(risk.at_risk, 0)[np.searchsorted(mine, cells)]
    happened = everything.sum(axis=0) > 0
    own, everything, at_risk = own[:, happened], everything[:, happened], at_risk[:, happened]
    n = np.maximum(at_risk, 1)
    after: Floats = np.cumprod(1 - everything / n, axis=1, dtype=np.float64)
    before = _shifted(after, 1.0)
    # A group of which nobody is at risk weighs nothing, whatever its curve has come to.
    adjusted = np.divide(at_risk, before, out=np.zeros_like(before), where=at_risk > 0)
    step = own.sum(axis=0) / adjusted.sum(axis=0)
    return _Counts(
        own=own,
        other=everything - own,
        at_risk=at_risk,
        before=before,
        after=after,
        incidence_before=_shifted(np.cumsum(before * own / n, axis=1), 0.0),
        pooled_before=_shifted(np.cumsum(step)[None, :], 0.0)[0],
        pooled_step=step,
    )


def _scores(c: _Counts, rho: float) -> tuple[Floats, Floats, Floats]:
    present = c.at_risk > 0
    h = np.divide(c.at_risk, c.before, out=np.zeros_like(c.before), where=present)
    risk = h * (1 - c.incidence_before)
    # The pooled incidence of the paper may pass 1 once a group is used up; it counts as 1 from there.
    free_before = np.where(c.pooled_before < 1 - 1e-12, 1 - c.pooled_before, 0.0)
    free_after = np.maximum(free_before - c.pooled_step, 0.0)
    weight = free_before**rho
    d, h_all = c.own.sum(axis=0), h.sum(axis=0)
    observed, expected = c.own @ weight, (risk / risk.sum(axis=0)) @ (weight * d)
    # direct[i, k]: how an event of the cause in group k moves the score of group i at once; later[i, k]: what
    # its absence from then on still moves.
    direct = weight * (np.eye(len(h))[:, :, None] * h[:, None, :] - h[:, None, :] * h[None, :, :] / h_all)
    hazard = np.divide(c.pooled_step, free_before, out=np.zeros(d.size), where=free_before > 0)
    moved = np.cumsum(direct * hazard, axis=2)
    later = moved[:, :, -1:] - moved if d.size else moved
    with np.errstate(divide="ignore", invalid="ignore"):
        survivors = np.where(c.after > 0, free_after / c.after, 0.0)
    own_variance = np.where(
        present, _tied(d, h_all * c.before) * c.pooled_step / np.where(present, h, 1.0), 0.0
    )
    spread = c.before**2 * c.other / np.maximum(c.at_risk, 1) ** 2
    other_variance = np.where(c.after > 0, _tied(c.other, c.at_risk) * spread, 0.0)
    by_own, by_other = direct + (1 - survivors) * later, survivors * later
    variance = np.einsum("ikt,jkt,kt->ij", by_own, by_own, own_variance)
    variance += np.einsum("ikt,jkt,kt->ij", by_other, by_other, other_variance)
    return observed, expected, variance


def _tied(events: Floats, at_risk: Floats) -> Floats:
    """Return 1 - (d - 1) / (n - 1) where more than one event is tied, and 1 elsewhere."""
    shape = np.broadcast_shapes(events.shape, at_risk.shape)
    several = np.broadcast_to((events > 1) & (at_risk > 1), shape)
    share = np.divide(np.broadcast_to(events - 1, shape), at_risk - 1, out=np.zeros(shape), where=several)
    return 1 - share


def _shifted(curve: Floats, start: float) -> Floats:
    """Return the curve just before each time."""
    return np.concatenate([np.full((len(curve), 1), start), curve], axis=1)[:, :-1]
