"""The Cox model: its fit. Hazard ratios, tests and checks of the fit are re-exported from beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calliper.stats.concordance import Concordance, concordance
from calliper.stats.cox_counted import fit_cox_rows, rows_of_data
from calliper.stats.cox_data import CoxData, column_names, cox_data
from calliper.stats.cox_design import check_design, check_direction
from calliper.stats.cox_fit import CoxFit, HazardRatio, hazard_ratio, lrt, maximum_fit, wald_test
from calliper.stats.cox_objective import cox_objective
from calliper.stats.newton import maximum
from calliper.stats.proportional_hazards import ProportionalHazards, cox_zph
from calliper.stats.risk_sets import CoxTies
from calliper.summaries.columns import Column

__all__ = [
    "Concordance",
    "CoxData",
    "CoxFit",
    "HazardRatio",
    "ProportionalHazards",
    "concordance",
    "cox_data",
    "cox_zph",
    "fit_cox",
    "fit_cox_rows",
    "hazard_ratio",
    "lrt",
    "wald_test",
]

# From so many rows on, counting patterns of covariates is quicker than sorting rows into risk sets.
_MANY = 20_000


def fit_cox(
    time: Column,
    event: Column,
    X: npt.ArrayLike,
    *,
    ties: CoxTies = "efron",
    strata: Column | None = None,
    entry: Column | None = None,
    weights: Column | None = None,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-8,
    max_iterations: int = 50,
) -> CoxFit:
    """Fit log h(t | x) = log h0(t) + x'b by maximum partial likelihood (see partial_likelihood.py).

    Newton's method from b = 0 on covariates centred and scaled to unit deviation, halving a step that does
    not raise the likelihood. It stops after a step shorter than `tolerance` in standard errors.

    Args:
        time: the end of each patient's follow-up, shape (n,), finite and >= 0.
        event: 1 or True where it ends in the event.
        X: the covariates, shape (n, p), finite, with no column of ones.
        ties: "efron" (R's default), "breslow" (SAS, SPSS), "discrete" (cox_discrete.py; "exact" in R) or
            "marginal" (cox_marginal.py; "exact" in SAS).
        strata: each patient's stratum; every stratum has a baseline hazard of its own.
        entry: when each patient, or each interval of a patient, comes under observation: it is at risk at t
            where entry < t <= time. Everyone from time 0 if not given.
        weights: how much each row counts, > 0. They are not numbers of replicated rows: with Efron's ties
            the events of one time share their mean weight, as in R; and the variance is the model's, so that
            weights that are not counts need `cox_robust`.
        names: of the columns; x1, x2, ... if not given.
        tolerance: see above.
        max_iterations: how many steps to try.

    Raises:
        CannotEstimate: no event, a covariate that is constant or determined by others, a likelihood that
            has no maximum (separation), or no convergence; the sentence names the covariates.
        ValueError: a time, entry, flag, weight or covariate that is not as above, or lengths that differ.
    """
    data = cox_data(time, event, X, strata=strata, entry=entry, weights=weights)
    labels = column_names(names, data)
    if data.n >= _MANY and entry is None and weights is None and ties in ("efron", "breslow"):
        return fit_cox_rows(
            rows_of_data(data, labels), ties=ties, tolerance=tolerance, max_iterations=max_iterations
        )
    objective = cox_objective(data, ties=ties)
    sets = objective.sets
    check_design(sets, data.X[sets.order], names=labels)
    null = objective.evaluate(np.zeros(len(labels)))
    b, best, iterations = maximum(
        objective.evaluate,
        null,
        names=labels,
        span=lambda v: float(np.ptp(objective.X @ v)),
        explain=lambda step: check_direction(sets, objective.X, step, names=labels),
        tolerance=tolerance,
        max_iterations=max_iterations,
    )
    return maximum_fit(
        labels,
        b,
        objective.spread,
        best=best,
        null=null,
        n=data.n,
        n_events=int(data.event.sum()),
        iterations=iterations,
        ties=ties,
    )
