"""Whether hazards are proportional: the score test for a coefficient that changes with time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.cox_data import CoxData, cox_data
from calliper.stats.cox_fit import CoxFit, check_same_patients
from calliper.stats.estimates import ChiSquare, chi_square
from calliper.stats.partial_likelihood import risk_sums, weighted_information, weighted_score
from calliper.summaries.columns import Column
from calliper.summaries.tied_times import distinct_times

Floats: TypeAlias = npt.NDArray[np.float64]


# The smallest share of the information on c that b may leave, in any direction.
_TOO_LITTLE = 1e-9


@dataclass(frozen=True)
class ProportionalHazards:
    """The test of each term, by name, and of all together."""

    terms: dict[str, ChiSquare]
    overall: ChiSquare


def cox_zph(
    fit: CoxFit,
    time: Column,
    event: Column,
    X: npt.ArrayLike,
    *,
    strata: Column | None = None,
    entry: Column | None = None,
    weights: Column | None = None,
    terms: Mapping[str, Sequence[int]] | None = None,
    transform: Literal["km", "identity", "log"] = "km",
) -> ProportionalHazards:
    """Test b(t) = b + c g(t) against c = 0, by the score test at the fitted b, as R's `cox.zph` since 3.0.

    Args:
        fit: the model, as fitted to the patients that follow.
        time: as `fit_cox`.
        event: as `fit_cox`.
        X: as `fit_cox`.
        strata: as `fit_cox`.
        entry: as `fit_cox`.
        weights: as `fit_cox`.
        terms: the columns tested together, by name (the levels of one factor); each column alone if not
            given.
        transform: g: 1 - S(t-) of all patients, the time, or its logarithm; g is centred on the event times.

    Grambsch and Therneau (1994, Biometrika 81, 515-526).

    Raises:
        CannotEstimate: the events fall at too few times to tell a trend in b from b itself.
        ValueError: as `fit_cox`.
    """
    data = cox_data(time, event, X, strata=strata, entry=entry, weights=weights)
    check_same_patients(fit, data)
    if fit.ties == "discrete":
        raise ValueError("ties is 'discrete'; expected a fit with efron or breslow")
    sets = data.risk_sets(fit.ties)
    spread = data.X.std(axis=0)
    scaled = ((data.X - data.X.mean(axis=0)) / spread)[sets.order]
    g = _transformed(data, transform)[sets.order][sets.event_rows]
    g = g - g.mean()
    sums = risk_sums(sets, scaled, fit.coefficients * spread)
    score = weighted_score(sets, scaled, sums, g)
    plain, cross, square = (weighted_information(sets, scaled, sums, g**power) for power in range(3))
    every = list(range(len(fit.names)))
    groups = terms if terms is not None else {name: [j] for j, name in enumerate(fit.names)}
    return ProportionalHazards(
        terms={name: _tested(score, plain, cross, square, list(columns)) for name, columns in groups.items()},
        overall=_tested(score, plain, cross, square, every),
    )


def _tested(score: Floats, plain: Floats, cross: Floats, square: Floats, columns: list[int]) -> ChiSquare:
    across, chosen = cross[:, columns], score[columns]
    own = square[np.ix_(columns, columns)]
    # Given b at its maximum, what is left of the information on c.
    left = own - across.T @ np.linalg.solve(plain, across)
    scale = np.sqrt(np.diag(own))
    if not scale.all() or np.linalg.eigvalsh(left / np.outer(scale, scale))[0] < _TOO_LITTLE:
        raise CannotEstimate("no test of proportional hazards: the events fall at too few distinct times")
    return chi_square(float(chosen @ np.linalg.solve(left, chosen)), len(columns))


def _transformed(data: CoxData, transform: str) -> Floats:
    distinct, index = distinct_times(data.time)
    match transform:
        case "identity":
            return distinct[index]
        case "log":
            return np.asarray(np.log(distinct)[index])
        case "km":
            return np.asarray(1 - _survival_before(data)[index])
        case _:
            raise ValueError(f"transform is {transform!r}; expected km, identity or log")


def _survival_before(data: CoxData) -> Floats:
    """Kaplan and Meier's S(t-) of all rows at each distinct time, whatever the strata and weights, as R."""
    n = data.n
    late = data.time if data.entry is None else np.concatenate([data.time, data.entry])
    distinct, slots = distinct_times(late)
    leaves, size = np.bincount(slots[:n], minlength=distinct.size), distinct.size
    events = np.bincount(slots[:n][data.event], minlength=size)
    enters = np.bincount(slots[n:], minlength=size)
    # At risk at t: time >= t, less the rows that enter at t or later.
    at_risk = np.cumsum((leaves - enters)[::-1])[::-1]
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    return np.asarray(np.concatenate([[1.0], survival[:-1]])[leaves > 0])
