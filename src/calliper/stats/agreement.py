"""Agreement of two readers of the same patients: a square table, first reader by second, same categories."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from calliper.errors import CannotEstimate
from calliper.stats.counts import Counts, Integers, whole_counts
from calliper.stats.estimates import Interval, normal_quantile
from calliper.stats.proportions import clopper_pearson

Floats: TypeAlias = npt.NDArray[np.float64]
Weights: TypeAlias = Literal["none", "linear", "quadratic"]

# Rounding leaves less than this where the variance is 0, and a million patients more where it is not.
_NO_SPREAD = 1e-25


@dataclass(frozen=True)
class Kappa:
    """Agreement beyond chance: 1 is full agreement, 0 what chance gives.

    `error` and the limits hold whatever the agreement; `z` and the two-sided `p` test that it is chance.
    """

    value: float
    error: float
    lower: float
    upper: float
    z: float
    p: float


def agreement(counts: Counts, *, confidence: float = 0.95) -> Interval:
    """Return the share of patients read alike, with Clopper and Pearson's interval.

    Raises:
        CannotEstimate: the table is empty.
        ValueError: the table is not square, a count is negative or not whole, or the confidence is not
            between 0 and 1.
    """
    table = _square(counts)
    return clopper_pearson(int(np.trace(table)), int(table.sum()), confidence)


def kappa(counts: Counts, *, weights: Weights = "none", confidence: float = 0.95) -> Kappa:
    """Return Cohen's kappa, (o - e) / (1 - e): o the agreement seen, e that of independent readers.

    Agreement is sum w p. The weights of categories i and j of k are 1 if i = j, else 0; `linear`, 1 - |i - j|
    / (k - 1); `quadratic`, 1 - (i - j)^2 / (k - 1)^2. Cohen (1960, Educ Psychol Meas 20, 37-46; 1968, Psychol
    Bull 70, 213-220). The error is the standard deviation of w - (wi. + w.j) (1 - kappa) over the shares p,
    wi. and w.j the means of the weights over the other reader's shares, by sqrt(n) (1 - e); that of the test
    has for p the product of both readers' shares, and kappa 0. Fleiss, Cohen and Everitt (1969, Psychol Bull
    72, 323-327). All the categories of the scale count, those nobody used also: they set the distance between
    the others.

    Raises:
        CannotEstimate: the table is empty, or agreement could not differ from chance: a reader puts everybody
            in one category (or, with linear weights, the readers use separate parts of the scale).
        ValueError: as `agreement`, fewer than two categories, or unknown weights.

    >>> found = kappa([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    >>> round(found.value, 2), round(found.error, 3)
    (0.68, 0.088)
    """
    table = _square(counts)
    n = int(table.sum())
    if not n:
        raise CannotEstimate("no kappa: no patient was read twice")
    w, p = _weights(table.shape[0], weights), table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance = float(rows @ w @ columns)
    means = (w @ columns)[:, None] + (rows @ w)[None, :]
    null_spread = _variance(w - means, np.outer(rows, columns))
    if null_spread < _NO_SPREAD:
        raise CannotEstimate(
            "no kappa: agreement could not differ from chance, as where a reader puts all in one category"
        )
    value = (float((w * p).sum()) - chance) / (1 - chance)
    scale = math.sqrt(n) * (1 - chance)
    error = math.sqrt(_variance(w - means * (1 - value), p)) / scale
    z = value * scale / math.sqrt(null_spread)
    reach = normal_quantile(confidence) * error
    return Kappa(
        value=value,
        error=error,
        lower=max(value - reach, -1.0),
        upper=min(value + reach, 1.0),
        z=z,
        p=2 * float(ndtr(-abs(z))),
    )


def _variance(values: Floats, shares: Floats) -> float:
    return float((shares * (values - (shares * values).sum()) ** 2).sum())


def _weights(categories: int, weights: Weights) -> Floats:
    places = np.arange(categories)
    apart = np.abs(places[:, None] - places[None, :]) / (categories - 1)
    if weights == "none":
        return np.eye(categories)
    if weights == "linear":
        linear: Floats = 1 - apart
        return linear
    if weights == "quadratic":
        quadratic: Floats = 1 - apart**2
        return quadratic
    raise ValueError(f"weights are {weights!r}; expected 'none', 'linear' or 'quadratic'")


def _square(counts: Counts) -> Integers:
    table = whole_counts(counts)
    if table.shape[0] != table.shape[1] or table.shape[0] < 2:
        raise ValueError(
            f"expected a square table of two categories or more; this one is {table.shape[0]}x{table.shape[1]}"
        )
    return table
