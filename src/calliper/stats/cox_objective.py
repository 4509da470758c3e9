"""What a Cox model maximises, on covariates centred and scaled to unit deviation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.cox_data import CoxData
from calliper.stats.cox_discrete import certain_events, discrete_likelihood
from calliper.stats.cox_marginal import marginal_likelihood
from calliper.stats.newton import Evaluate
from calliper.stats.partial_likelihood import likelihood
from calliper.stats.risk_sets import CoxTies, RiskSets

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Objective:
    """A log-likelihood of b `spread`; `X` (n, p) is scaled and in the order of the sets."""

    sets: RiskSets
    X: Floats
    spread: Floats
    evaluate: Evaluate


def cox_objective(data: CoxData, *, ties: CoxTies) -> Objective:
    """Return the log partial likelihood of the data. A covariate of one value is left as it is.

    Raises:
        CannotEstimate: discrete or marginal ties, and everyone at risk has the event at each event time.
        ValueError: an unknown rule for ties, or weights with discrete or marginal ties.
    """
    if ties not in get_args(CoxTies):
        raise ValueError(
            f"ties is {ties!r}; expected efron or breslow, or discrete, which is what R's coxph calls exact, or "
            "marginal, which is what SAS calls exact: two likelihoods go by that name"
        )
    if ties in ("efron", "breslow"):
        sets, function = data.risk_sets(ties), likelihood
    else:
        sets = _uncertain(data, ties)
        function = discrete_likelihood if ties == "discrete" else marginal_likelihood
    with np.errstate(over="ignore"):  # such a covariate is refused by name
        spread = data.X.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = ((data.X - data.X.mean(axis=0)) / spread)[sets.order]
    return Objective(sets, scaled, spread, lambda b: function(sets, scaled, b))


def _uncertain(data: CoxData, ties: CoxTies) -> RiskSets:
    """The risk sets of the events that somebody at risk was spared.

    Events of one time are compared with the others at risk and not with each other, under discrete and under
    marginal ties alike.
    """
    if data.weights is not None:
        raise ValueError(f"weights with ties {ties!r}; expected efron or breslow")
    sets = data.risk_sets("discrete")
    certain = certain_events(sets) if sets.event_rows.size else np.zeros(0, dtype=np.int64)
    if not certain.size:
        return sets
    event = data.event.copy()
    event[certain] = False
    if not event.any():
        raise CannotEstimate("no Cox model: at every event time everyone at risk had the event")
    return replace(data, event=event).risk_sets("discrete")
