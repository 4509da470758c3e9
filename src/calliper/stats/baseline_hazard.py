"""The cumulative hazard and the survival that a Cox model gives one patient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.cox_data import CoxData
from calliper.stats.cox_fit import CoxFit
from calliper.stats.cox_residuals import event_means

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CumulativeHazard:
    """H(t | x) in one stratum at its event times, with its standard error; all have shape (times,)."""

    stratum: object
    time: Floats
    hazard: Floats
    standard_error: Floats

    @property
    def survival(self) -> Floats:
        """exp(-H)."""
        return np.asarray(np.exp(-self.hazard))


def cumulative_hazard(
    fit: CoxFit, data: CoxData, *, at: npt.ArrayLike | None = None
) -> tuple[CumulativeHazard, ...]:
    """Return H(t | x) = exp(x'b) sum of u_k / D_k over the events up to t, for each stratum with an event.

    With Breslow's ties it is Breslow's estimate, sum of d / S0; with Efron's it is the one that follows from
    his likelihood, as in R's `survfit(coxph(...))`. The variance is exp(2 x'b) (sum of u_k / D_k^2 + q'Vq), q
    the sum of (x - z_k) u_k / D_k and V the model's covariance. Breslow (1972, J R Stat Soc B 34, 216-217);
    Tsiatis (1981, Ann Stat 9, 93-108); Therneau and Grambsch (2000, Modeling Survival Data, section 10.2).

    Args:
        fit: the model, as fitted to the data.
        data: the rows.
        at: the patient's covariates x, shape (p,); all zero, the baseline, if not given. Where zero is far
            from the data the hazard there can be as far from sense, as with age.

    Raises:
        ValueError: `at` is not p finite numbers, or as `cox_residuals.event_means`.
    """
    p = len(fit.names)
    x = np.zeros(p) if at is None else np.asarray(at, dtype=np.float64)
    if x.shape != (p,) or not np.isfinite(x).all():
        raise ValueError(f"at is {x.tolist()}; expected {p} finite numbers")
    means = event_means(fit, data)
    sets, x = means.sets, x - means.centre
    scale = math.exp(float(x @ fit.coefficients) - means.sums.log_scale)
    steps = scale * sets.over_events(means.hazard)
    own = scale**2 * sets.over_events(means.hazard / means.sums.denominator)
    drift = scale * sets.over_events(means.hazard[:, None] * (x - means.mean))
    time = np.minimum.reduceat(data.time[sets.order][sets.event_rows], sets.first_events)
    covariance = means.covariance()
    found = []
    for label, (first, end) in zip(data.strata, sets.strata):
        # Moments run from the last time to the first.
        chosen = np.flatnonzero((sets.moments >= first) & (sets.moments < end))[::-1]
        if chosen.size:
            q = np.cumsum(drift[chosen], axis=0)
            variance = np.cumsum(own[chosen]) + np.einsum("tj,jl,tl->t", q, covariance, q)
            found.append(CumulativeHazard(label, time[chosen], np.cumsum(steps[chosen]), np.sqrt(variance)))
    return tuple(found)
