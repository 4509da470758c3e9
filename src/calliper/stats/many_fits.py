"""What many Cox fits made in one call are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.conventions import Ties
from calliper.stats.cox_fit import CoxFit
from calliper.stats.estimates import ChiSquare

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ChiSquares:
    """A statistic of each fit, (B,), referred to the chi-square distribution with `df` degrees of freedom."""

    chi2: Floats
    df: int
    p: Floats

    def at(self, place: int) -> ChiSquare:
        """Return that of one fit."""
        return ChiSquare(float(self.chi2[place]), self.df, float(self.p[place]))


@dataclass(frozen=True, eq=False)
class ManyFits:
    """B fits of p covariates: `coefficients` and `standard_errors` (B, p), `covariance` (B, p, p), others (B,).

    The fields are those of `CoxFit`. `failure` holds None, or the sentence that says why the data of a fit
    do not support it; then all its numbers but `n` and `n_events` are NaN, and `iterations` is 0.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    standard_errors: Floats
    loglik_null: Floats
    loglik: Floats
    score_test: ChiSquares
    wald_test: ChiSquares
    lrt: ChiSquares
    n: Integers
    n_events: Integers
    iterations: Integers
    ties: Ties
    failure: tuple[str | None, ...]

    @property
    def fitted(self) -> Flags:
        """True for the fits that their data support, (B,)."""
        return np.array([sentence is None for sentence in self.failure], dtype=np.bool_)

    def fit(self, place: int) -> CoxFit:
        """Return one of the fits.

        Raises:
            CannotEstimate: its data do not support it.
        """
        sentence = self.failure[place]
        if sentence is not None:
            raise CannotEstimate(sentence)
        return CoxFit(
            names=self.names,
            coefficients=self.coefficients[place],
            covariance=self.covariance[place],
            standard_errors=self.standard_errors[place],
            loglik_null=float(self.loglik_null[place]),
            loglik=float(self.loglik[place]),
            score_test=self.score_test.at(place),
            wald_test=self.wald_test.at(place),
            lrt=self.lrt.at(place),
            n=int(self.n[place]),
            n_events=int(self.n_events[place]),
            iterations=int(self.iterations[place]),
            ties=self.ties,
        )
