"""Newton's method on a log-likelihood, with steps that never lower it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.partial_likelihood import Likelihood

Floats: TypeAlias = npt.NDArray[np.float64]
Evaluate: TypeAlias = Callable[[Floats], Likelihood]

_LONGEST = 5.0
# The range of log hazard ratios beyond which a likelihood is looked at for having no maximum.
_RUNAWAY = 15.0


def maximum(
    evaluate: Evaluate,
    null: Likelihood,
    *,
    names: Sequence[str],
    span: Callable[[Floats], float],
    explain: Callable[[Floats], None],
    tolerance: float,
    max_iterations: int,
) -> tuple[Floats, Likelihood, int]:
    """Return the maximum of a Cox model's likelihood from b = 0, the likelihood there and the steps it took.

    Args:
        evaluate: the likelihood at b.
        null: the likelihood at b = 0.
        names: of the covariates, which have unit deviation.
        span: how far apart the rows' x'v are at the most.
        explain: raises what is the matter with a direction along which the fit runs off; returns if nothing is.
        tolerance: the length in standard errors of the last step.
        max_iterations: how many steps to try.

    Raises:
        CannotEstimate: as `explain`; or the fit does not settle.
    """
    b: Floats = np.zeros(len(names))
    step: Floats = np.zeros(len(names))
    current = null
    for iteration in range(1, max_iterations + 1):
        found = newton_step(current)
        if found is None:
            break
        step, squared_length = found
        b, current = climb(evaluate, b, step, current)
        # Along a monotone likelihood standard errors grow without bound, so that any step is short in them:
        # the step must be short on the scale of the hazard ratios as well.
        if squared_length <= tolerance**2 and span(step) <= 1e-3:
            return b, current, iteration
        if span(b) > _RUNAWAY:
            explain(step)
    explain(step)
    raise CannotEstimate(
        f"no Cox model: the fit to {', '.join(names)} does not settle in {max_iterations} steps"
    )


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
