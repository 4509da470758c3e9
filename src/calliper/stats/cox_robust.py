"""Variance of a Cox model that does not trust the model: the sandwich, by row or by cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.cox_data import CoxData
from calliper.stats.cox_fit import CoxFit
from calliper.stats.cox_residuals import dfbeta
from calliper.stats.estimates import chi_square
from calliper.summaries.columns import Column

Floats: TypeAlias = npt.NDArray[np.float64]


def robust_fit(fit: CoxFit, data: CoxData, *, cluster: Column | None = None) -> CoxFit:
    """Return the fit with the sandwich D'D for its covariance; D sums the `dfbeta` rows of each cluster.

    It holds where the rows of a cluster (a patient, a centre) depend on each other, where weights are
    sampling weights, and where hazards are not proportional; it is for many clusters. Standard errors and
    Wald's test follow it, the score and likelihood ratio tests do not. Lin and Wei (1989, JASA 84,
    1074-1078); Lee, Wei and Amato (1992, in Survival Analysis: State of the Art, 237-247).

    Args:
        fit: the model, as fitted to the data.
        data: the rows.
        cluster: each row's cluster; a cluster of its own if not given.

    Raises:
        CannotEstimate: too few clusters to tell the coefficients' variances from zero.
        ValueError: a length that differs, or as `cox_residuals.event_means`.
    """
    influence = dfbeta(fit, data)
    index = np.arange(data.n)
    if cluster is not None:
        index = np.unique(np.asarray(cluster), return_inverse=True)[1]
    if index.size != data.n:
        raise ValueError(f"{data.n} times and {index.size} clusters; expected as many of each")
    clusters, p = int(index.max()) + 1, len(fit.names)
    if clusters <= p:
        raise CannotEstimate(f"no robust variance of {p} coefficients from {clusters} clusters")
    totals = np.column_stack([np.bincount(index, weights=column) for column in influence.T])
    covariance = np.asarray(totals.T @ totals, dtype=np.float64)
    errors = np.sqrt(np.diag(covariance))
    if not errors.all() or np.linalg.cond(covariance / np.outer(errors, errors)) > 1e14:
        raise CannotEstimate("no robust variance: the clusters do not vary in every direction")
    b = fit.coefficients
    return replace(
        fit,
        covariance=covariance,
        standard_errors=errors,
        wald_test=chi_square(float(b @ np.linalg.solve(covariance, b)), p),
        variance="robust",
    )
