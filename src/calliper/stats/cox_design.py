"""What a Cox model cannot be fitted to: no events, covariates that say nothing, and monotone likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.partial_likelihood import RiskSets

Floats: TypeAlias = npt.NDArray[np.float64]

# A column is a combination of others when this share of its length, or less, is left, as in R's lm.
_COLLINEAR = 1e-7


def check_design(sets: RiskSets, X: Floats, *, names: Sequence[str]) -> None:
    """Refuse a design whose coefficients the data cannot estimate; X (n, p) is in the order of the sets.

    What counts is how covariates vary among the patients at risk at the first event of their stratum: a
    model cannot learn from a covariate that is constant there, nor tell apart covariates that are collinear
    there. Columns are taken in turn, as in R's pivoted QR, so that the later of two equal columns is the
    one named.

    Raises:
        CannotEstimate: no event; a constant or collinear covariate; or a covariate on which the likelihood is
            monotone, so that its coefficient would be infinite.
    """
    if not sets.event_rows.size:
        raise CannotEstimate("no Cox model: there is no event")
    varying = _within_strata(sets, X)
    basis = np.empty((varying.shape[0], 0))
    for column, name in enumerate(names):
        length = np.linalg.norm(varying[:, column])
        if length <= _COLLINEAR * max(1.0, float(np.abs(X[:, column]).max())):
            raise CannotEstimate(f"no Cox model: {name} has one value in every patient at risk at an event")
        rest = varying[:, column] - basis @ (basis.T @ varying[:, column])
        rest -= basis @ (basis.T @ rest)
        if np.linalg.norm(rest) <= _COLLINEAR * length:
            others = _named(_combination(varying, column), names[:column])
            raise CannotEstimate(f"no Cox model: {name} is determined by {others}")
        basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    for column, name in enumerate(names):
        for sign, extreme in ((1.0, "highest"), (-1.0, "lowest")):
            if is_monotone(sets, sign * X[:, column], tolerance=0.0):
                raise CannotEstimate(
                    f"no finite hazard ratio for {name}: every patient with the event had its {extreme} "
                    "value among the patients at risk at that time"
                )


def is_monotone(sets: RiskSets, score: Floats, *, tolerance: float) -> bool:
    """Return whether the likelihood rises for ever along a score, (n,) in the order of the sets.

    It does when the patient with each event has the highest score of those at risk, and at some event not
    all of them share it. Bryson and Johnson (1981, Technometrics 23, 381-383).
    """
    own = score[sets.event_rows]
    highest, lowest = sets.running(score, np.maximum), sets.running(score, np.minimum)
    return bool((own >= highest - tolerance).all() and (own > lowest + tolerance).any())


def check_direction(sets: RiskSets, X: Floats, direction: Floats, *, names: Sequence[str]) -> None:
    """Refuse a fit that runs off along a direction, (p,), on which the likelihood is monotone.

    Raises:
        CannotEstimate: the likelihood is monotone on X @ direction; the sentence names the covariates in it.
    """
    score = X @ direction
    spread = float(np.ptp(score))
    if spread > 0 and np.isfinite(spread) and is_monotone(sets, score / spread, tolerance=1e-6):
        weights = np.abs(direction) * X.std(axis=0)
        involved = _named(weights > 0.01 * weights.max(), names)
        raise CannotEstimate(
            f"no finite hazard ratio for {involved}: taken together, every patient with the event had the "
            "most extreme values among the patients at risk at that time"
        )


def _within_strata(sets: RiskSets, X: Floats) -> Floats:
    """The rows at risk at their stratum's first event, less the stratum's mean."""
    parts = []
    for first, end in sets.strata:
        ends = sets.last_at_risk[(sets.event_rows >= first) & (sets.event_rows < end)]
        if ends.size:
            rows = X[first : ends.max() + 1]
            parts.append(rows - rows.mean(axis=0))
    return np.concatenate(parts)


def _combination(varying: Floats, column: int) -> npt.NDArray[np.bool_]:
    earlier = varying[:, :column]
    weights = np.linalg.lstsq(earlier, varying[:, column], rcond=None)[0] * np.linalg.norm(earlier, axis=0)
    return np.asarray(np.abs(weights) > 1e-6 * np.abs(weights).max())


def _named(chosen: npt.NDArray[np.bool_], names: Sequence[str]) -> str:
    words = [name for name, wanted in zip(names, chosen) if wanted]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
