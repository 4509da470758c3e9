"""Newton's method on a log-likelihood, with steps that never lower it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.partial_likelihood import Likelihood

Floats: TypeAlias = npt.NDArray[np.float64]
Evaluate: TypeAlias = Callable[[Floats], Likelihood]

_LONGEST = 5.0


def climb(evaluate: Evaluate, b: Floats, step: Floats, current: Likelihood) -> tuple[Floats, Likelihood]:
    """Take the longest of the step, its half, its quarter, ... that does not lower the likelihood.

    A step that ends with half its first slope downhill, as happens where the information is not the whole
    curvature, is cut to where the slope would be zero.
    """
    # Covariates have unit deviation: a longer step only leads where the information is lost in its rounding.
    share = min(1.0, _LONGEST / max(float(np.abs(step).max(initial=0.0)), _LONGEST))
    # At the maximum the likelihood can fall by its own rounding.
    floor = current.value - 1e-11 * abs(current.value)
    while share > 1e-6:
        candidate = evaluate(b + share * step)
        if candidate.value >= floor and np.isfinite(candidate.information).all():
            before, after = float(current.score @ step), float(candidate.score @ step)
            if after < -before / 2:
                level = share * before / (before - after)
                cut = evaluate(b + level * step)
                if cut.value >= candidate.value and np.isfinite(cut.information).all():
                    return b + level * step, cut
            return b + share * step, candidate
        share /= 2
    return b, current


def newton_step(current: Likelihood) -> tuple[Floats, float] | None:
    """Return information^-1 score and its squared length in standard errors; None where there is no step."""
    try:
        step = np.asarray(np.linalg.solve(current.information, current.score), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    squared_length = float(current.score @ step)
    return (step, squared_length) if squared_length >= 0 else None
