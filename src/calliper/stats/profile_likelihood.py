"""Confidence intervals from the profile of a likelihood, which need no symmetry of the estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.cox_data import CoxData
from calliper.stats.cox_fit import CoxFit, check_same_patients
from calliper.stats.cox_objective import Objective, cox_objective
from calliper.stats.estimates import chi_square, normal_quantile
from calliper.stats.newton import climb, newton_step
from calliper.stats.partial_likelihood import Likelihood

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ProfileRatio:
    """exp(b) for one covariate, with its profile limits, and the likelihood ratio test of b = 0."""

    value: float
    lower: float
    upper: float
    chi2: float
    p: float


def profile_hazard_ratio(fit: CoxFit, data: CoxData, index: int, *, confidence: float = 0.95) -> ProfileRatio:
    """Return the hazard ratio of the covariate at `index` with its profile likelihood interval.

    The interval holds every b whose likelihood, with the other coefficients at their best, falls short of
    the maximum by no more than half the chi-square quantile. Venzon and Moolgavkar (1988, Appl Stat 37,
    87-94, equation 2).

    Raises:
        CannotEstimate: the profile does not settle.
        ValueError: the model was fitted to other data.
    """
    check_same_patients(fit, data)
    objective = cox_objective(data, ties=fit.ties)
    return profile_ratio(objective, fit.coefficients * objective.spread, index, confidence=confidence)


def profile_ratio(objective: Objective, b: Floats, index: int, *, confidence: float) -> ProfileRatio:
    """Return the interval of the coefficient at `index`; b (p,), in units of the objective, is its maximum.

    Raises:
        CannotEstimate: the profile does not settle.
    """
    best = objective.evaluate(b)
    error = math.sqrt(float(np.linalg.inv(best.information)[index, index]))
    drop = normal_quantile(confidence) ** 2 / 2
    lower, upper = (
        _limit(objective, b, index, target=best.value - drop, step=sign * error * math.sqrt(2 * drop))
        for sign in (-1, 1)
    )
    without = _constrained(objective, np.where(np.arange(b.size) == index, 0.0, b), index)[1]
    test, unit = chi_square(max(2 * (best.value - without.value), 0.0), 1), float(objective.spread[index])
    return ProfileRatio(_exp(b[index] / unit), _exp(lower / unit), _exp(upper / unit), test.chi2, test.p)


def _limit(objective: Objective, b: Floats, index: int, *, target: float, step: float) -> float:
    """Where the profile falls to the target, on the side of b that `step` points to."""
    peak = inside = float(b[index])
    outside: float | None = None
    place, current = peak + step, b
    for _ in range(200):
        start = np.where(np.arange(b.size) == index, place, current)
        reached, found = _constrained(objective, start, index)
        current = reached if np.isfinite(found.value) else b
        height, slope = found.value - target, float(found.score[index])
        if height >= 0:
            inside = place
        else:
            outside = place
        # The profile's slope is the score of the coefficient, as the others are at their best.
        aim = place - height / slope if slope * step < 0 else math.inf * step
        if outside is None:
            reach = 2 * (place - peak)
            aim = aim if abs(aim - peak) < abs(reach) else peak + reach
        elif not min(inside, outside) < aim < max(inside, outside):
            aim = (inside + outside) / 2
        if abs(aim - place) <= 1e-10 * abs(step):
            return aim
        place = aim
    raise CannotEstimate("no profile likelihood interval: the profile does not fall to its limit")


def _constrained(objective: Objective, b: Floats, index: int) -> tuple[Floats, Likelihood]:
    """The maximum over the coefficients but the one at `index`, which stays as it is in b."""
    rest = np.flatnonzero(np.arange(b.size) != index)

    def evaluate(free: Floats) -> Likelihood:
        full = b.copy()
        full[rest] = free
        found = objective.evaluate(full)
        return Likelihood(found.value, found.score[rest], found.information[np.ix_(rest, rest)])

    free = b[rest]
    for _ in range(200 if rest.size else 0):
        current = evaluate(free)
        if not np.isfinite(current.value):
            break
        step = newton_step(current)
        if step is None:
            raise CannotEstimate("no profile likelihood interval: the other coefficients do not settle")
        before = free
        free, _ = climb(evaluate, free, step[0], current)
        if step[1] <= 1e-16 or np.array_equal(free, before):
            break
    full = b.copy()
    full[rest] = free
    return full, objective.evaluate(full)


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
