"""Firth's penalised Cox model of factors: what a study gives beside a fit whose likelihood has no maximum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calliper.analyses.cox_model import Factor, complete_cases
from calliper.analyses.follow_up import FollowUp
from calliper.errors import CannotEstimate
from calliper.stats.cox import cox_data
from calliper.stats.design import Design, design_of
from calliper.stats.firth import FirthFit, firth_hazard_ratio, fit_firth
from calliper.stats.profile_likelihood import ProfileRatio
from calliper.stats.risk_sets import CoxTies


@dataclass(frozen=True, eq=False)
class Penalised:
    """A penalised fit: the design of its patients, the fit, and the hazard ratio of each coefficient."""

    model: Design
    firth: FirthFit
    ratios: tuple[ProfileRatio, ...]


def fit_penalised(
    factors: Sequence[Factor], follow_up: FollowUp, *, ties: CoxTies, confidence: float
) -> Penalised:
    """Fit the factors together to their complete cases by Firth's penalised likelihood.

    Raises:
        CannotEstimate: ties of which the penalty is not defined, a hazard ratio or a limit that is not finite,
            or as `stats.firth`.
    """
    if ties not in ("efron", "breslow"):
        raise CannotEstimate(
            f"no penalised hazard ratio: Firth's penalised likelihood is not defined for {ties} ties; set ties to "
            "efron or breslow"
        )
    used = complete_cases(factors, follow_up)
    model = design_of(factors, used)
    time, event = follow_up.time[used], follow_up.event[used].astype(np.int64)
    firth = fit_firth(time, event, model.matrix, ties=ties, names=model.names)
    data = cox_data(time, event, model.matrix)
    ratios = []
    for index, name in enumerate(firth.names):
        ratio = firth_hazard_ratio(firth, data, index, confidence=confidence)
        if not all(math.isfinite(number) for number in (ratio.value, ratio.lower, ratio.upper)):
            raise CannotEstimate(f"no penalised hazard ratio for {name}: it is too large; use a larger unit")
        ratios.append(ratio)
    return Penalised(model, firth, tuple(ratios))
