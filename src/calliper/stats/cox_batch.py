"""Many small Cox fits in one call: bootstrap, leave-one-out, permutation, univariable screens.

Every fit is that of `fit_cox` to the patients it draws, and one that its data do not support is refused in
the same words. The fits climb together (batch_likelihood.py); one that comes near what `fit_cox` looks at
more closely, collinear covariates or a monotone likelihood, is handed to `fit_cox` itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from calliper.errors import CannotEstimate
from calliper.stats.batch_likelihood import batch
from calliper.stats.batch_newton import Maxima, maxima
from calliper.stats.conventions import Ties
from calliper.stats.cox import fit_cox
from calliper.stats.cox_data import CoxData
from calliper.stats.cox_fit import CoxFit
from calliper.stats.many_fits import ChiSquares, ManyFits

__all__ = ["ChiSquares", "ManyFits", "fit_many"]

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

_CHUNK_BYTES = 8e6


def fit_many(
    data: CoxData,
    *,
    counts: npt.ArrayLike | None = None,
    X: npt.ArrayLike | None = None,
    ties: Ties = "efron",
    names: Sequence[str] | None = None,
    tolerance: float = 1e-8,
    max_iterations: int = 50,
) -> ManyFits:
    """Fit B Cox models to the same patients, drawn in different numbers, or with other covariates, or both.

    Args:
        data: the patients, with strata if they have any.
        counts: how often each fit draws each patient, whole numbers >= 0 of shape (B, n); True and False for
            subsets. A patient drawn twice is two patients, in Efron's ties as well: a count is no case
            weight. Everyone once if not given.
        X: the covariates of each fit, shape (B, n, p), finite wherever the fit draws the patient; those of
            `data` if not given.
        ties: "efron" or "breslow".
        names: of the covariates; x1, x2, ... if not given.
        tolerance: as `fit_cox`.
        max_iterations: as `fit_cox`.

    Raises:
        ValueError: neither counts nor covariates, an array that is not as above, late entry, weights, or
            other ties.
    """
    _check_data(data, ties)
    draws, covariates = _counts(counts, data.n), _covariates(X, data)
    if counts is None:
        if X is None:
            raise ValueError("neither counts nor X; expected what differs between the fits")
        draws = np.ones(covariates.shape[:2], dtype=np.int64)
    if X is not None:
        _check_covariates(covariates, draws)
    size, p = len(draws), covariates.shape[2]
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(p))
    if len(labels) != p:
        raise ValueError(f"{len(labels)} names for {p} columns")
    found = _Numbers(size, p)
    if data.event.any():
        sets = data.risk_sets(ties)
        fits = max(1, int(_CHUNK_BYTES / (8 * data.n * (4 * p + 10))))
        for start in range(0, size, fits):
            chunk = slice(start, start + fits)
            X_chunk = covariates if X is None else covariates[chunk]
            counts_chunk = draws[chunk, sets.order].astype(np.float64)
            columns, spread = _scaled(np.moveaxis(X_chunk[:, sets.order], 2, 0), counts_chunk)
            together = batch(sets, counts_chunk, columns, ties=ties)
            found.put_all(start, maxima(together, tolerance=tolerance, max_iterations=max_iterations), spread)
    failure: list[str | None] = [None] * size
    for place in np.flatnonzero(found.iterations == 0).tolist():
        rows = np.repeat(np.arange(data.n), draws[place])
        try:
            fit = fit_cox(
                data.time[rows],
                data.event[rows],
                covariates[0 if X is None else place][rows],
                ties=ties,
                strata=data.stratum[rows],
                names=labels,
                tolerance=tolerance,
                max_iterations=max_iterations,
            )
        except CannotEstimate as refusal:
            failure[place] = str(refusal)
        else:
            found.put(place, fit)
    return ManyFits(
        names=labels,
        coefficients=found.coefficients,
        covariance=found.covariance,
        standard_errors=np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2)),
        loglik_null=found.loglik_null,
        loglik=found.loglik,
        score_test=_chi_squares(found.score, p),
        wald_test=_chi_squares(found.wald, p),
        lrt=_chi_squares(np.maximum(2 * (found.loglik - found.loglik_null), 0), p),
        n=draws.sum(axis=1),
        n_events=draws[:, data.event].sum(axis=1),
        iterations=found.iterations,
        ties=ties,
        failure=tuple(failure),
    )


class _Numbers:
    """The numbers of all fits, NaN with no iteration until found."""

    def __init__(self, size: int, p: int) -> None:
        self.coefficients = np.full((size, p), np.nan)
        self.covariance = np.full((size, p, p), np.nan)
        self.loglik_null, self.loglik, self.score, self.wald = np.full((4, size), np.nan)
        self.iterations = np.zeros(size, dtype=np.int64)

    def put_all(self, first: int, top: Maxima, spread: Floats) -> None:
        """Fill in the fits of a batch that begins at `first`, on covariates scaled by `spread`, (B or 1, p)."""
        places, null, best = first + top.fits, top.null, top.best
        unit = spread if len(spread) == 1 else spread[top.fits]
        pull = np.linalg.solve(null.information, null.score[..., None])[..., 0]
        self.coefficients[places] = top.b / unit
        self.covariance[places] = np.linalg.inv(best.information) / (unit[:, :, None] * unit[:, None, :])
        self.loglik_null[places], self.loglik[places] = null.value, best.value
        self.score[places] = (null.score * pull).sum(axis=1)
        self.wald[places] = np.einsum("bi,bij,bj->b", top.b, best.information, top.b)
        self.iterations[places] = top.iterations

    def put(self, place: int, fit: CoxFit) -> None:
        self.coefficients[place], self.covariance[place] = fit.coefficients, fit.covariance
        self.loglik_null[place], self.loglik[place] = fit.loglik_null, fit.loglik
        self.score[place], self.wald[place] = fit.score_test.chi2, fit.wald_test.chi2
        self.iterations[place] = fit.iterations


def _scaled(columns: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Centre and scale covariates, (p, B, n) by the patients drawn, and (p, 1, n), shared, by all; and the
    scales, (B or 1, p). A covariate need not be known where it is not used, and is zero there."""
    share = counts if columns.shape[1] == len(counts) else np.ones((1, counts.shape[1]))
    used = share > 0
    size = np.maximum(share.sum(axis=1), 1)
    columns = np.where(used, columns, 0.0)
    columns -= ((share * columns).sum(axis=2) / size)[..., None]
    spread = np.sqrt((share * columns**2).sum(axis=2) / size)
    spread = np.where(spread > 0, spread, 1.0)
    return np.where(used, columns / spread[..., None], 0.0), spread.T


def _chi_squares(chi2: Floats, df: int) -> ChiSquares:
    return ChiSquares(chi2, df, np.asarray(chdtrc(df, chi2)))


def _check_data(data: CoxData, ties: Ties) -> None:
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties is {ties!r}; expected efron or breslow")
    if data.entry is not None:
        raise ValueError("late entry in many fits; expected patients at risk from time 0, or fit_cox")
    if data.weights is not None:
        raise ValueError("weights in many fits; expected none, or fit_cox")


def _counts(counts: npt.ArrayLike | None, n: int) -> Integers:
    if counts is None:
        return np.zeros((0, n), dtype=np.int64)
    given = np.asarray(counts)
    if given.ndim != 2 or given.shape[1] != n:
        raise ValueError(f"counts have shape {given.shape}; expected fits by the {n} patients of the data")
    with np.errstate(invalid="ignore"):
        whole = given.astype(np.int64)
    wrong = (whole != given) | (whole < 0)
    if wrong.any():
        fit, row = (int(place[0]) for place in np.nonzero(wrong))
        raise ValueError(f"counts[{fit}, {row}] is {given[fit, row]}; expected a whole number, zero or more")
    return np.asarray(whole)


def _covariates(X: npt.ArrayLike | None, data: CoxData) -> Floats:
    """The covariates of each fit, or those of the data for all, (1, n, p)."""
    if X is None:
        return data.X[None]
    given = np.asarray(X, dtype=np.float64)
    if given.ndim != 3 or given.shape[1] != data.n or not given.shape[2]:
        raise ValueError(f"X has shape {given.shape}; expected fits by the {data.n} patients by covariates")
    return given


def _check_covariates(X: Floats, draws: Integers) -> None:
    if len(X) != len(draws):
        raise ValueError(f"covariates of {len(X)} fits and counts of {len(draws)}; expected as many of each")
    wrong = ~np.isfinite(X) & (draws > 0)[..., None]
    if wrong.any():
        fit, row, column = (int(place[0]) for place in np.nonzero(wrong))
        raise ValueError(f"X[{fit}, {row}, {column}] is {X[fit, row, column]}; expected a finite number")
