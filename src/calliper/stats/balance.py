"""How far apart two groups are at baseline, in standard deviations; not a test, and free of sample size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from calliper.errors import CannotEstimate
from calliper.summaries.moments import Moments


def smd_means(a: Moments, b: Moments) -> float:
    """Return (mean a - mean b) / sqrt((va + vb) / 2). Austin (2009, Stat Med 28, 3083-3107), sec. 3.1.

    Raises:
        CannotEstimate: a group has fewer than two values, or the means differ and neither group varies.
    """
    difference, spread = a.mean - b.mean, math.sqrt((a.variance + b.variance) / 2)
    if spread == 0:
        if difference == 0:
            return 0.0
        raise CannotEstimate("no standardised difference: the values do not vary within either group")
    return difference / spread


def smd_proportions(counts_a: Sequence[int], counts_b: Sequence[int]) -> float:
    """Return the standardised difference of a categorical variable, from the counts of its levels.

    The Mahalanobis distance sqrt(d' S^-1 d) of all levels but one, S the mean of the groups' multinomial
    covariances; with two levels |pa - pb| / sqrt((pa qa + pb qb) / 2). It has no sign and does not depend on
    the level left out. Yang and Dalton (2012, SAS Global Forum, paper 335). A level that neither group has is
    left out first.

    Raises:
        CannotEstimate: a group holds nobody, or the groups differ on levels that do not vary within either.
        ValueError: the counts differ in length or are negative.

    >>> round(smd_proportions([32, 8], [26, 19]), 3)
    0.494
    """
    if len(counts_a) != len(counts_b) or min((*counts_a, *counts_b), default=0) < 0:
        raise ValueError(
            f"levels {list(counts_a)} and {list(counts_b)}; expected as many counts, zero or more"
        )
    both = np.array([counts_a, counts_b], dtype=np.float64)
    both = both[:, both.sum(axis=0) > 0]
    if not both.sum(axis=1).all() or not both.size:
        raise CannotEstimate("no standardised difference: a group has no known value")
    shares = both / both.sum(axis=1, keepdims=True)
    kept = shares[:, 1:]
    difference = kept[0] - kept[1]
    if not difference.any():
        return 0.0
    covariance = (np.diag(kept[0] + kept[1]) - kept.T @ kept) / 2
    if np.linalg.matrix_rank(covariance) < kept.shape[1]:
        raise CannotEstimate("no standardised difference: each group is wholly in levels of its own")
    return math.sqrt(float(difference @ np.linalg.solve(covariance, difference)))
