"""Newton's method on the likelihoods of many fits together, each stopping by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.batch_likelihood import Batch, Likelihoods

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

_HALVINGS = 10
_LONGEST = 5.0  # of a step, as newton.py
_FARTHEST = 15.0  # of two patients' x'b before a monotone likelihood is looked for, as cox.py
_NEARLY_SINGULAR = 1e-8


@dataclass(frozen=True, eq=False)
class Maxima:
    """The fits that settled without a doubt: their places in the batch, b (k, p), likelihoods there and at
    b = 0, and numbers of iterations (k,)."""

    fits: Integers
    b: Floats
    null: Likelihoods
    best: Likelihoods
    iterations: Integers


def maxima(batch: Batch, *, tolerance: float, max_iterations: int) -> Maxima:
    """Return the maxima of a batch on covariates centred and scaled to unit deviation.

    The steps and the rule to stop are those of `fit_cox`. A fit is left out, for `fit_cox` to decide, when its
    covariates are nearly constant or collinear, when two of its patients differ by more than exp(15) in hazard,
    or when it does not settle.
    """
    width, p = _widths(batch), len(batch.X)
    null = batch.evaluate(np.zeros((len(batch.counts), p)))
    fits = np.flatnonzero(_is_informative(null, batch))
    b, current, some = np.zeros((fits.size, p)), null.at(fits), batch.some(fits)
    found = [Maxima(fits[:0], b[:0], null.at(fits[:0]), null.at(fits[:0]), fits[:0])]
    for iteration in range(1, max_iterations + 1):
        if not fits.size:
            break
        step: Floats = np.asarray(np.linalg.solve(current.information, current.score[..., None])[..., 0])
        squared_length = (current.score * step).sum(axis=1)
        b, current, rose = _climb(some, b, step, current)
        sound = rose & (squared_length >= 0) & (some.reach(b) <= _FARTHEST) & _is_regular(current.information)
        # The sum is at least the largest change of x'b between two patients.
        short = (squared_length <= tolerance**2) & ((np.abs(step) * width[fits]).sum(axis=1) <= 1e-3)
        done, left = np.flatnonzero(sound & short), np.flatnonzero(sound & ~short)
        if done.size:
            count = np.full(done.size, iteration)
            found.append(Maxima(fits[done], b[done], null.at(fits[done]), current.at(done), count))
        if left.size < fits.size:
            fits, b, current, some = fits[left], b[left], current.at(left), some.some(left)
    return Maxima(
        fits=np.concatenate([part.fits for part in found]),
        b=np.concatenate([part.b for part in found]),
        null=Likelihoods.joined([part.null for part in found]),
        best=Likelihoods.joined([part.best for part in found]),
        iterations=np.concatenate([part.iterations for part in found]),
    )


def _climb(some: Batch, b: Floats, step: Floats, current: Likelihoods) -> tuple[Floats, Likelihoods, Flags]:
    """Take of each step the longest share 1, 1/2, 1/4, ... that does not lower its likelihood; True if one."""
    share = np.minimum(1.0, _LONGEST / np.maximum(np.abs(step).max(axis=1), _LONGEST))
    # At the maximum the likelihood can fall by its own rounding.
    floor = current.value - 1e-11 * np.abs(current.value)
    for _ in range(_HALVINGS):
        there = b + share[:, None] * step
        candidate = some.evaluate(there)
        rose = candidate.value >= floor
        if rose.all():
            break
        share = np.where(rose, share, share / 2)
    return there, candidate, rose


def _widths(batch: Batch) -> Floats:
    """How far apart each covariate is among those drawn, (B, p)."""
    drawn = batch.counts > 0
    widths = [
        np.where(drawn, column, -np.inf).max(axis=1) - np.where(drawn, column, np.inf).min(axis=1)
        for column in batch.X
    ]
    return np.column_stack(widths)


def _is_informative(null: Likelihoods, batch: Batch) -> Flags:
    """True where the information at b = 0 is more than the rounding of covariates that say nothing, (B,)."""
    events = batch.counts[:, batch.sets.event_rows].sum(axis=1)
    largest = np.column_stack(
        [np.where(batch.counts > 0, np.abs(column), 0).max(axis=1) for column in batch.X]
    )
    variance = np.diagonal(null.information, axis1=1, axis2=2)
    with np.errstate(invalid="ignore"):
        varies = (variance > _NEARLY_SINGULAR * events[:, None] * largest**2).all(axis=1)
    return np.asarray((events > 0) & varies & _is_regular(null.information))


def _is_regular(information: Floats) -> Flags:
    """True where the information (B, p, p) is finite, and far from singular for its own diagonal, (B,)."""
    variance = np.diagonal(information, axis1=1, axis2=2)
    usable: Flags = np.asarray(np.isfinite(information).all(axis=(1, 2)) & (variance > 0).all(axis=1))
    if information.shape[1] > 1 and usable.any():
        root = np.sqrt(variance[usable])
        correlation = information[usable] / (root[:, :, None] * root[:, None, :])
        usable[usable] = np.linalg.eigvalsh(correlation)[:, 0] > _NEARLY_SINGULAR
    return usable
