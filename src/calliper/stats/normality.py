"""How far a measurement is from normal, described: skewness, excess kurtosis, Shapiro and Wilk's W.

It is described only. Nothing here, and nothing that calls it, chooses a test: a test chosen by the data it
then tests no longer keeps its error, and which test is printed is the study file's to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from calliper.errors import CannotEstimate
from calliper.summaries.columns import Column, Floats
from calliper.summaries.moments import ValueCounts, value_counts

MomentKind: TypeAlias = Literal[1, 2, 3]


@dataclass(frozen=True)
class ShapeMoment:
    """Skewness or excess kurtosis, zero for a normal distribution, with its standard error under normality."""

    value: float
    standard_error: float


@dataclass(frozen=True)
class ShapiroWilk:
    """W, at most 1 and lower the further from normal, and p: how often a normal sample has a lower one."""

    w: float
    p: float


def skewness(values: Column | ValueCounts, *, kind: MomentKind = 2) -> ShapeMoment:
    """Return the skewness: above zero with a long tail of high values.

    With m_k the mean k-th power of the deviations from the mean, g1 = m3 / m2^1.5 is kind 1. Kind 2, G1 = g1
    sqrt(n (n - 1)) / (n - 2), is that of SAS, SPSS and Excel; kind 3, m3 / s^3, with s the sample standard
    deviation, that of Minitab. The numbers are those of R's e1071, whose default is 3. Joanes and Gill (1998,
    The Statistician 47, 183-189). SE(g1)^2 = 6 (n - 2) / ((n + 1)(n + 3)), Cramer (1946, section 29.3).

    Args:
        values: the measurements, nulls left out, or their counts.
        kind: see above.

    Raises:
        CannotEstimate: fewer than three values are known, or all are the same.
        ValueError: a value is NaN or infinite, or the kind is another.
    """
    counted = _varying(values, least=3, what="skewness", kind=kind)
    n, m = counted.n, _central_moments(counted)
    scale = {1: 1.0, 2: math.sqrt(n * (n - 1)) / (n - 2), 3: ((n - 1) / n) ** 1.5}[kind]
    error = math.sqrt(6 * (n - 2) / ((n + 1) * (n + 3)))
    return ShapeMoment(scale * m[3] / m[2] ** 1.5, scale * error)


def kurtosis(values: Column | ValueCounts, *, kind: MomentKind = 2) -> ShapeMoment:
    """Return the excess kurtosis: above zero with tails heavier than a normal distribution's.

    g2 = m4 / m2^2 - 3 is kind 1; kind 2, G2 = (n - 1) ((n + 1) g2 + 6) / ((n - 2)(n - 3)), and kind 3, m4 / s^4 -
    3, as in `skewness`. SE(g2)^2 = 24 n (n - 2)(n - 3) / ((n + 1)^2 (n + 3)(n + 5)).

    Args:
        values: the measurements, nulls left out, or their counts.
        kind: see above.

    Raises:
        CannotEstimate: fewer than four values are known, or all are the same.
        ValueError: as `skewness`.
    """
    counted = _varying(values, least=4, what="kurtosis", kind=kind)
    n, m = counted.n, _central_moments(counted)
    g2 = m[4] / m[2] ** 2 - 3
    share = (1 - 1 / n) ** 2
    scale = {1: 1.0, 2: (n - 1) * (n + 1) / ((n - 2) * (n - 3)), 3: share}[kind]
    added = {1: 0.0, 2: 6 * (n - 1) / ((n - 2) * (n - 3)), 3: 3 * share - 3}[kind]
    error = math.sqrt(24 * n * (n - 2) * (n - 3) / ((n + 3) * (n + 5))) / (n + 1)
    return ShapeMoment(scale * g2 + added, scale * error)


def shapiro_wilk(values: Column | ValueCounts) -> ShapiroWilk:
    """Return Shapiro and Wilk's W and its p, for 3 to 5,000 values.

    Shapiro and Wilk (1965, Biometrika 52, 591-611), by Royston's approximation (1995, Applied Statistics 44,
    algorithm AS R94), as R's `shapiro.test`; computed by SciPy. In large samples p is small for departures
    that change no conclusion, in small ones large for any: read W and a picture.

    Args:
        values: the measurements, nulls left out, or their counts.

    Raises:
        CannotEstimate: fewer than three values are known, or more than 5,000, or all are the same.
        ValueError: a value is NaN or infinite.
    """
    from scipy.stats import shapiro

    counted = _varying(values, least=3, what="Shapiro-Wilk test")
    if counted.n > 5000:
        raise CannotEstimate(
            f"no Shapiro-Wilk test: {counted.n} known values; its approximation holds up to 5000"
        )
    # One scale and place for all, which W does not depend on.
    centred = counted.values - counted.quantile(0.5)
    w, p = shapiro(np.repeat(centred / np.abs(centred).max(), counted.counts))
    return ShapiroWilk(float(w), float(p))


def _varying(values: Column | ValueCounts, *, least: int, what: str, kind: int = 2) -> ValueCounts:
    if kind not in (1, 2, 3):
        raise ValueError(f"kind is {kind!r}; expected 1, 2 or 3")
    counted = values if isinstance(values, ValueCounts) else value_counts(values)
    if counted.n < least:
        word = "value" if counted.n == 1 else "values"
        raise CannotEstimate(f"no {what}: {counted.n} known {word}, {least} are needed")
    if counted.values.size < 2:
        raise CannotEstimate(f"no {what}: the values do not vary")
    return counted


def _central_moments(counted: ValueCounts) -> Floats:
    """The mean of the k-th powers of the deviations, k = 0 to 4, in units of the largest: (5,)."""
    n = counted.n
    deviations = counted.values - float(counted.counts @ counted.values) / n
    deviations -= float(counted.counts @ deviations) / n
    deviations /= np.abs(deviations).max()
    return np.array([float(counted.counts @ deviations**k) / n for k in range(5)])
