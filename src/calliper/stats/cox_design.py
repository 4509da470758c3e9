"""What a Cox model cannot be fitted to: no events, covariates that say nothing, and monotone likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate, NoMaximum
from calliper.stats.risk_sets import RiskSets

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

# A column is a combination of others when this share of its length, or less, is left, as in R's lm.
_COLLINEAR = 1e-7
# Covariates that keep less than this share of their information in some direction are looked at for collinearity.
TOO_LITTLE = 1e-6
# A covariate of smaller numbers is lost where it is squared.
_SMALLEST = 1e-153
NO_EVENT = "no Cox model: there is no event; follow patients longer, or check how events are coded"
_FINITE = "; Firth's penalised likelihood would give a finite one"


def check_design(sets: RiskSets, X: Floats, *, names: Sequence[str]) -> None:
    """Refuse a design whose coefficients the data cannot estimate; X (n, p) is in the order of the sets.

    Raises:
        CannotEstimate: as `check_varying`.
        NoMaximum: a covariate on which the likelihood is monotone, so that its coefficient would be infinite.
    """
    check_varying(sets, X, names=names)
    for monotone, extreme in zip(monotone_columns(sets, X, tolerance=0.0), ("highest", "lowest")):
        if monotone.any():
            name = names[int(np.flatnonzero(monotone)[0])]
            raise NoMaximum(
                f"no finite hazard ratio for {name}: every patient with the event had its {extreme} value "
                f"among the patients at risk at that time{_FINITE}"
            )


def check_varying(sets: RiskSets, X: Floats, *, names: Sequence[str]) -> None:
    """Refuse covariates that say nothing; X (n, p) is in the order of the sets.

    What counts is how covariates vary among the patients at risk at the first event of their stratum: a
    model cannot learn from a covariate that is constant there, nor tell apart covariates that are collinear
    there. Columns are taken in turn, as in R's pivoted QR, so that the later of two equal columns is the
    one named.

    Raises:
        CannotEstimate: no event, or a constant or collinear covariate, or one too large or small to be squared.
    """
    if not sets.event_rows.size:
        raise CannotEstimate(NO_EVENT)
    varying = _within_risk_sets(sets, X)
    basis = np.zeros(varying.shape)
    size = np.abs(X).max(axis=0)
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(varying, axis=0)
    # Of one value, however small, is all that need be said.
    varied = X.max(axis=0) > X.min(axis=0)
    beyond = ~np.isfinite(lengths) | (varied & (size < _SMALLEST))
    if beyond.any():
        place = int(np.flatnonzero(beyond)[0])
        raise CannotEstimate(
            f"no Cox model: {names[place]} is up to {size[place]:g}, whose square is beyond floating point; give it "
            "in another unit"
        )
    # A constant column is left with the rounding of its own mean, whatever its unit.
    constant = lengths <= 1e-12 * size * np.sqrt(len(X))
    if constant.any():
        have, them = ("has one value", "it") if constant.sum() == 1 else ("have one value each", "them")
        raise CannotEstimate(
            f"no Cox model: {_named(constant, names)} {have} in all patients at risk at an event; leave {them} out"
        )
    for column, name in enumerate(names):
        earlier, rest = basis[:, :column], varying[:, column]
        for _ in range(2):  # once more for what rounding left
            rest = rest - earlier @ (earlier.T @ rest)
        if np.linalg.norm(rest) <= _COLLINEAR * lengths[column]:
            others = _named(_combination(varying, column), names[:column])
            raise CannotEstimate(f"no Cox model: {name} is determined by {others}; leave one of them out")
        basis[:, column] = rest / np.linalg.norm(rest)


def monotone_columns(sets: RiskSets, X: Floats, *, tolerance: float) -> tuple[Flags, Flags]:
    """Return on which columns of X, (n, p), the likelihood rises for ever, and on which it falls; both (p,).

    X is in the order of the sets. It rises when every patient with an event has the highest value of those
    at risk, and at some event not all share it; it falls when every one has the lowest. With discrete ties
    the events of a time are compared with the others at risk, not with each other. Bryson and Johnson (1981,
    Technometrics 23, 381-383).
    """
    highest, lowest = sets.at_risk(X, np.maximum), sets.at_risk(X, np.minimum)
    varied = (highest > lowest + tolerance).any(axis=0)
    if sets.ties == "discrete":
        highest, lowest = sets.without_event(X, np.maximum), sets.without_event(X, np.minimum)
    rises = (sets.with_event(X, np.minimum) >= highest - tolerance).all(axis=0)
    falls = (sets.with_event(X, np.maximum) <= lowest + tolerance).all(axis=0)
    return np.asarray(rises & varied), np.asarray(falls & varied)


def check_direction(sets: RiskSets, X: Floats, direction: Floats, *, names: Sequence[str]) -> None:
    """Refuse a fit that runs off along a direction, (p,), on which the likelihood is monotone.

    Raises:
        NoMaximum: the likelihood is monotone on X @ direction; the sentence names the covariates in it.
    """
    score = X @ direction
    spread = float(np.ptp(score))
    if not (spread > 0 and np.isfinite(spread)):
        return
    rises, _ = monotone_columns(sets, score[:, None] / spread, tolerance=1e-6)
    if rises[0]:
        weights = np.abs(direction) * X.std(axis=0)
        involved = _named(weights > 0.01 * weights.max(), names)
        raise NoMaximum(
            f"no finite hazard ratio for {involved}: taken together, every patient with the event had the "
            f"most extreme values among the patients at risk at that time{_FINITE}"
        )


def least_information(information: Floats) -> float:
    """Return the least share of its information, (p, p), that a covariate keeps beside the others, in any direction."""
    scale = np.sqrt(np.diag(information))
    if not (np.isfinite(information).all() and scale.all()):
        return 0.0
    return float(np.linalg.eigvalsh(information / np.outer(scale, scale))[0])


def _within_risk_sets(sets: RiskSets, X: Floats) -> Floats:
    """The rows at risk at an event, less the mean of those that risk sets link to them.

    Without late entry the rows at risk at a stratum's first event are linked; with it, rows that no chain of
    overlapping risk sets joins are never compared.
    """
    used = sets.first < sets.end
    first, end = sets.first[used], sets.end[used]
    bridges = np.cumsum(
        np.bincount(first, minlength=sets.moments.size) - np.bincount(end - 1, minlength=sets.moments.size)
    )
    group = np.concatenate([[0], np.cumsum(bridges[:-1] == 0)])[first]
    rows, size = X[used], np.bincount(group)
    sums = np.column_stack([np.bincount(group, weights=column) for column in rows.T])
    return np.asarray(rows - (sums / size[:, None])[group])


def _combination(varying: Floats, column: int) -> Flags:
    earlier = varying[:, :column]
    weights = np.linalg.lstsq(earlier, varying[:, column], rcond=None)[0] * np.linalg.norm(earlier, axis=0)
    return np.asarray(np.abs(weights) > 1e-6 * np.abs(weights).max())


def _named(chosen: Flags, names: Sequence[str]) -> str:
    words = [name for name, wanted in zip(names, chosen) if wanted]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
