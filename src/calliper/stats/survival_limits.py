"""Confidence limits of a probability that a curve estimates, on five scales."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.conventions import SurvivalInterval

Floats: TypeAlias = npt.NDArray[np.float64]


def probability_limits(
    probability: Floats, error: Floats, *, interval: SurvivalInterval, z: float
) -> tuple[Floats, Floats]:
    """Return the lower and upper limits at each time, within 0 and 1; NaN where they do not exist.

    The limits are symmetric on the scale named: log p, log(-log p), p, logit p or arcsin(sqrt(p)). Borgan and
    Liestol (1990, Scand J Stat 17, 35-41), as R's `survfit`.

    Args:
        probability: S(t), or the cumulative incidence of a cause; shape (k,).
        error: its standard error; shape (k,).
        interval: the scale.
        z: the normal quantile, 1.96 for 95%.

    Raises:
        ValueError: the scale is unknown.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p, log_error = np.log(probability), error / probability
        match interval:
            case "plain":
                lower, upper = probability - z * error, probability + z * error
            case "log":
                lower, upper = np.exp(log_p - z * log_error), np.exp(log_p + z * log_error)
            case "log-log":
                centre, reach = np.log(-log_p), z * log_error / log_p
                lower, upper = np.exp(-np.exp(centre - reach)), np.exp(-np.exp(centre + reach))
            case "logit":
                centre, reach = log_p - np.log1p(-probability), z * log_error / (1 - probability)
                lower, upper = 1 / (1 + np.exp(reach - centre)), 1 / (1 + np.exp(-centre - reach))
            case "arcsine":
                centre = np.arcsin(np.sqrt(probability))
                reach = 0.5 * z * log_error * np.sqrt(probability / (1 - probability))
                lower = np.sin(np.maximum(centre - reach, 0)) ** 2
                upper = np.sin(np.minimum(centre + reach, np.pi / 2)) ** 2
            case _:
                raise ValueError(f"interval is {interval!r}; expected log, log-log, plain, logit or arcsine")
    return np.maximum(lower, 0), np.minimum(upper, 1)
