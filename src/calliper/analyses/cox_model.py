"""A Cox model of factors, fitted to its complete cases; the design is `stats.design`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calliper.analyses.follow_up import Flags, Floats, FollowUp
from calliper.errors import CannotEstimate
from calliper.stats.cox import CoxFit, fit_cox
from calliper.stats.design import Columns, Design, design_of
from calliper.stats.factors import Factor, level_factor, number_factor
from calliper.stats.factors import complete_cases as all_known
from calliper.stats.risk_sets import CoxTies

__all__ = [
    "Columns",
    "Factor",
    "Fit",
    "complete_cases",
    "fit_model",
    "level_factor",
    "number_factor",
]


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model: the design of its patients, and the fit."""

    model: Design
    cox: CoxFit

    @property
    def terms(self) -> tuple[Columns, ...]:
        """Its factors' columns, in order."""
        return self.model.columns

    @property
    def used(self) -> Flags:
        """True for its patients, over the cohort."""
        return self.model.used

    @property
    def design(self) -> Floats:
        """The covariates of its patients, one column a coefficient."""
        return self.model.matrix

    def places(self, term: Columns) -> list[int]:
        """Where the term's coefficients stand in the fit."""
        return self.model.places[term.factor.name]


def complete_cases(factors: Sequence[Factor], follow_up: FollowUp) -> Flags:
    """True for the patients with a time, an event flag and every factor known."""
    return all_known(factors, follow_up.known)


def fit_model(
    factors: Sequence[Factor],
    follow_up: FollowUp,
    *,
    ties: CoxTies,
    interactions: Sequence[tuple[str, str]] = (),
) -> Fit:
    """Fit the factors together to their complete cases; `interactions` are pairs of their names.

    Raises:
        CannotEstimate: no complete case, a factor without variation or without patients at its reference
            level, or as `stats.cox.fit_cox`; the sentence names the factor.
    """
    used = complete_cases(factors, follow_up)
    if not used.any():
        labels = ", ".join(factor.label for factor in factors)
        raise CannotEstimate(f"no Cox model: no patient has a time and {labels} known")
    model = design_of(factors, used, interactions)
    cox = fit_cox(
        follow_up.time[used],
        follow_up.event[used].astype(np.int64),
        model.matrix,
        ties=ties,
        names=model.names,
    )
    return Fit(model, cox)
