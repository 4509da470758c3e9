"""Harrell's C: how often the patient with the higher predicted risk has the event first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.summaries.columns import Column, complete_numbers, follow_up
from calliper.summaries.tied_times import distinct_times

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Concordance:
    """C with its standard error, and the pairs of patients it counts."""

    value: float
    standard_error: float
    concordant: int
    discordant: int
    tied_risk: int


def concordance(time: Column, event: Column, risk: Column, *, strata: Column | None = None) -> Concordance:
    """Return the share of comparable pairs in which the higher risk has the event first, ties of risk half.

    A pair is comparable when one patient has the event and the other is known to have lived longer: a later
    time, or a censoring at the same time. Pairs are formed within strata. The standard error is the
    infinitesimal jackknife, as R's `survival::concordance(..., reverse = TRUE)`. Harrell et al. (1982, JAMA
    247, 2543-2546); Therneau and Watson (2015, Mayo Clinic technical report 85).

    Args:
        time: follow-up, shape (n,).
        event: 1 or True where it ends in the event.
        risk: any number that rises with the risk, such as x'b.
        strata: each patient's stratum.

    Raises:
        CannotEstimate: no pair is comparable.
        ValueError: a value is not finite, a time negative, a flag not 0 or 1, or lengths differ.
    """
    times, flags = follow_up(time, event)
    scores = complete_numbers(risk, name="risk")
    stratum = np.zeros(times.size, dtype=np.int64)
    if strata is not None:
        stratum = np.unique(np.asarray(strata), return_inverse=True)[1].astype(np.int64)
    if not times.size == flags.size == scores.size == stratum.size:
        raise ValueError(
            f"{times.size} times, {flags.size} flags, {scores.size} risks, {stratum.size} strata"
        )
    pairs = np.zeros((times.size, 3), dtype=np.int64)
    for label in np.unique(stratum):
        rows = stratum == label
        pairs[rows] = _pairs(times[rows], flags[rows], scores[rows])
    # Each pair is counted once at either patient.
    concordant, discordant, tied = (int(total) // 2 for total in pairs.sum(axis=0))
    comparable = concordant + discordant + tied
    if not comparable:
        raise CannotEstimate("no concordance: no two patients can be compared")
    somers = (concordant - discordant) / comparable
    influence = (pairs[:, 0] - pairs[:, 1] - somers * pairs.sum(axis=1)) / comparable
    error = math.sqrt(float(influence @ influence)) / 2
    return Concordance((somers + 1) / 2, error, concordant, discordant, tied)


def _pairs(times: Floats, event: Flags, risk: Floats) -> Integers:
    """Each patient's concordant, discordant and risk-tied pairs, (n, 3); a pair counts at both patients."""
    _, slot = distinct_times(times)
    _, level = np.unique(risk, return_inverse=True)
    # Events come before the censorings of their time, which outlived them.
    moment = 2 * slot + ~event
    n, top = times.size, int(level.max()) + 1
    place, later = _order(moment, level), np.zeros((n, 3), dtype=np.int64)
    lower, equal = _after(level[place], np.ones(n, dtype=np.bool_))
    after = n - np.searchsorted(np.sort(moment), moment[place], side="right")
    own = _same_after(moment[place] * top + level[place])
    later[place] = np.column_stack([lower, after - lower - (equal - own), equal - own])
    later[~event] = 0
    backward = _order(-moment, top - 1 - level)
    higher, same = _after((top - 1 - level)[backward], event[backward])
    own = _same_after((moment * top + level)[backward])
    same = same - np.where(event[backward], own, 0)
    moments_of_events = np.sort(moment[event])
    before = np.searchsorted(moments_of_events, moment[backward], side="left")
    earlier = np.zeros((n, 3), dtype=np.int64)
    earlier[backward] = np.column_stack([higher, before - higher - same, same])
    return later + earlier


def _order(moment: Integers, level: Integers) -> Integers:
    return np.lexsort((level, moment))


def _same_after(key: Integers) -> Integers:
    """How many later positions hold the same key; equal keys stand together."""
    starts = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    sizes = np.diff(np.append(starts, key.size))
    return np.repeat(starts + sizes, sizes) - np.arange(key.size) - 1


def _after(level: Integers, counted: Flags) -> tuple[Integers, Integers]:
    """For each position, how many of the later counted positions have a lower level, and how many the same.

    Blocks of 1, 2, 4, ... positions: each position in an even block is compared with the odd block that
    follows.
    """
    n, top = level.size, int(level.max()) + 1
    position = np.arange(n)
    lower, equal = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    width = 1
    while width < n:
        block = position // width
        following = np.sort((block * top + level)[counted & (block % 2 == 1)])
        asking = position[block % 2 == 0]
        base = (block[asking] + 1) * top
        start = np.searchsorted(following, base)
        below = np.searchsorted(following, base + level[asking])
        through = np.searchsorted(following, base + level[asking], side="right")
        lower[asking] += below - start
        equal[asking] += through - below
        width *= 2
    return lower, equal
