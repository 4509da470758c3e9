"""A univariable screen: a Cox model of each factor alone, all in a call for each number of columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.conventions import Ties
from calliper.stats.cox_batch import fit_many
from calliper.stats.cox_data import CoxData
from calliper.stats.cox_fit import CoxFit

Floats: TypeAlias = npt.NDArray[np.float64]


def univariable(
    data: CoxData, factors: Sequence[npt.ArrayLike], *, ties: Ties = "efron"
) -> tuple[CoxFit | CannotEstimate, ...]:
    """Fit each factor alone to the patients who have it; `wald_test` and `hazard_ratio` take the fits.

    Args:
        data: the patients; their own covariates are not used.
        factors: the columns of each, shape (n,) or (n, p), p its own; NaN where it is not known. Such
            patients are left out of this fit alone, and `n` of a fit counts the others.
        ties: "efron" or "breslow".

    Returns:
        For each factor its fit, with covariates named x1, x2, ..., or, not raised, what refuses it.

    Raises:
        ValueError: a factor that is not as above, late entry, weights, or other ties.
    """
    columns = [_columns(factor, place, data.n) for place, factor in enumerate(factors)]
    together: dict[int, list[int]] = defaultdict(list)
    for place, matrix in enumerate(columns):
        together[matrix.shape[1]].append(place)
    found: dict[int, CoxFit | CannotEstimate] = {}
    for places in together.values():
        X = np.stack([columns[place] for place in places])
        fits = fit_many(data, counts=~np.isnan(X).any(axis=2), X=X, ties=ties)
        for i, place in enumerate(places):
            sentence = fits.failure[i]
            found[place] = fits.fit(i) if sentence is None else CannotEstimate(sentence)
    return tuple(found[place] for place in range(len(columns)))


def _columns(factor: npt.ArrayLike, place: int, n: int) -> Floats:
    given = np.asarray(factor, dtype=np.float64)
    matrix = given[:, None] if given.ndim == 1 else given
    if matrix.ndim != 2 or len(matrix) != n or not matrix.shape[1]:
        raise ValueError(
            f"factors[{place}] has shape {given.shape}; expected the {n} patients by its columns"
        )
    if np.isinf(matrix).any():
        raise ValueError(
            f"factors[{place}] holds an infinite value; expected finite numbers, or NaN where unknown"
        )
    return np.asarray(matrix)
