"""The shapes that statistics come in."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import chdtrc, ndtri


@dataclass(frozen=True)
class Estimate:
    """An estimate and its confidence limits; None where the data do not reach it (a median not reached)."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Interval:
    """An estimate and its confidence limits, all of which exist; a limit may be infinite."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ChiSquare:
    """A statistic referred to the chi-square distribution with `df` degrees of freedom; p is two-sided."""

    chi2: float
    df: int
    p: float


def chi_square(chi2: float, df: int) -> ChiSquare:
    """Refer a statistic to the chi-square distribution.

    >>> round(chi_square(3.841458820694124, 1).p, 12)
    0.05
    """
    return ChiSquare(chi2=float(chi2), df=df, p=float(chdtrc(df, chi2)))


def normal_quantile(confidence: float) -> float:
    """Return the z of a two-sided interval: 1.96 for 0.95.

    Raises:
        ValueError: the confidence is not between 0 and 1.
    """
    return float(-ndtri(one_tail(confidence)))


def one_tail(confidence: float) -> float:
    """Return the probability left in each tail by a two-sided interval: 0.025 for 0.95.

    Raises:
        ValueError: the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a number between 0 and 1, such as 0.95")
    return (1 - confidence) / 2
