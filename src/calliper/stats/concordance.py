"""Harrell's C: how often the patient with the higher predicted risk has the event first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.summaries.columns import Column, complete_numbers, follow_up
from calliper.summaries.tied_times import distinct_times, time_cells

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
# Whole where everybody counts once.
Counts: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Concordance:
    """C with its standard error, and the pairs of patients it counts; with weights each by their product."""

    value: float
    standard_error: float
    concordant: float
    discordant: float
    tied_risk: float


def concordance(
    time: Column,
    event: Column,
    risk: Column,
    *,
    strata: Column | None = None,
    entry: Column | None = None,
    weights: Column | None = None,
    cluster: Column | None = None,
) -> Concordance:
    """Return the share of comparable pairs in which the higher risk has the event first, ties of risk half.

    A pair is comparable when one patient has the event and the other, at risk then, is known to have lived
    longer: a later time, or a censoring at the same time. Pairs are formed within strata. The standard error is
    the infinitesimal jackknife, as R's `survival::concordance(..., reverse = TRUE)`. Harrell et al. (1982, JAMA
    247, 2543-2546); Therneau and Watson (2015, Mayo Clinic technical report 85).

    Args:
        time: follow-up, shape (n,).
        event: 1 or True where it ends in the event.
        risk: any number that rises with the risk, such as x'b.
        strata: each patient's stratum.
        entry: when each row comes under observation: it is at risk at t where entry < t <= time. Everyone from
            time 0 if not given.
        weights: how much each row counts, > 0; a pair counts by the product.
        cluster: each row's cluster, whose rows the jackknife takes together; one of its own if not given.

    Raises:
        CannotEstimate: no pair is comparable.
        ValueError: a value is not finite, a time negative, a flag not 0 or 1, an entry not before its time, a
            weight not above 0, or lengths differ.
    """
    times, flags = follow_up(time, event)
    scores, n = complete_numbers(risk, name="risk"), times.size
    stratum = _index(strata) if strata is not None else np.zeros(n, dtype=np.int64)
    owner = _index(cluster) if cluster is not None else np.arange(n)
    if not n == scores.size == stratum.size == owner.size:
        sizes = f"{n} times, {flags.size} flags, {scores.size} risks, {stratum.size} strata, {owner.size} clusters"
        raise ValueError(f"{sizes}; expected as many of each")
    entered = None if entry is None else _entries(entry, times)
    weight: Counts = np.ones(n, dtype=np.int64)
    pairs = _partners(times, flags, scores, weight=weight, stratum=stratum, entry=entered)
    if weights is not None:
        weight = _weights(weights, n)
        weighed = _partners(times, flags, scores, weight=weight, stratum=stratum, entry=entered)
        # The sums of weights are differences: where there is no partner their rounding is not one.
        pairs = np.where(pairs > 0, weighed, 0.0)
    # Each pair is counted once at either patient.
    twice = (weight @ pairs).tolist()
    concordant, discordant, tied = (total // 2 if weights is None else total / 2 for total in twice)
    comparable = concordant + discordant + tied
    if not comparable:
        raise CannotEstimate("no concordance: no two patients can be compared")
    somers = (concordant - discordant) / comparable
    influence = weight * (pairs[:, 0] - pairs[:, 1] - somers * pairs.sum(axis=1)) / comparable
    influence = np.bincount(owner, weights=influence)
    error = math.sqrt(float(influence @ influence)) / 2
    return Concordance((somers + 1) / 2, error, concordant, discordant, tied)


def _partners(
    times: Floats, event: Flags, risk: Floats, *, weight: Counts, stratum: Integers, entry: Floats | None
) -> Counts:
    """The weight of each patient's concordant, discordant and risk-tied partners in its stratum, (n, 3)."""
    found = np.zeros((times.size, 3), dtype=weight.dtype)
    for label in np.unique(stratum):
        rows = stratum == label
        found[rows] = _pairs(times[rows], event[rows], risk[rows], weight[rows])
        if entry is not None:
            found[rows] -= _too_early(times[rows], event[rows], risk[rows], weight[rows], entry[rows])
    return found


def _pairs(times: Floats, event: Flags, risk: Floats, weight: Counts) -> Counts:
    """The same of one stratum in which everybody is at risk from the start."""
    _, slot = distinct_times(times)
    _, level = np.unique(risk, return_inverse=True)
    # Events come before the censorings of their time, which outlived them.
    moment = 2 * slot + ~event
    n, top = times.size, int(level.max()) + 1
    later, earlier = np.zeros((2, n, 3), dtype=weight.dtype)
    place = np.lexsort((level, moment))
    lower, equal = _after(level[place], weight[place])
    equal = equal - _same_after(moment[place] * top + level[place], weight[place])
    sums = _sums(weight[place])
    after = sums[-1] - sums[np.searchsorted(moment[place], moment[place], side="right")]
    later[place] = np.column_stack([lower, after - lower - equal, equal])
    later[~event] = 0
    happened = weight * event
    place = np.lexsort((top - 1 - level, -moment))
    higher, same = _after((top - 1 - level)[place], happened[place])
    same = same - _same_after(moment[place] * top + level[place], happened[place])
    sums = _sums(happened[place])
    before = sums[-1] - sums[np.searchsorted(-moment[place], -moment[place], side="right")]
    earlier[place] = np.column_stack([higher, before - higher - same, same])
    return later + earlier


def _too_early(times: Floats, event: Flags, risk: Floats, weight: Counts, entry: Floats) -> Counts:
    """The weight of the partners of `_pairs` of which one had the event before the other entered, (n, 3).

    Events and entries are compared as events and censorings are; pairs of two events do not belong here.
    """
    happened = np.flatnonzero(event)
    who = np.concatenate([happened, np.arange(times.size)])
    is_event = np.arange(who.size) < happened.size
    moments = np.concatenate([times[happened], entry])
    found = _pairs(moments, is_event, risk[who], weight[who])
    if happened.size:
        found[is_event] -= _pairs(times[happened], event[happened], risk[happened], weight[happened])
    early = found[~is_event]
    early[happened] += found[is_event]
    return early


def _after(level: Integers, weight: Counts) -> tuple[Counts, Counts]:
    """For each position, the weight of the later positions with a lower level, and with the same.

    Blocks of 1, 2, 4, ... positions: each position in an even block is compared with the odd block that
    follows.
    """
    n, top = level.size, int(level.max()) + 1
    position, counted = np.arange(n), weight != 0
    # Weights that are whole are 0 or 1: how many there are before a place is the place.
    whole = weight.dtype == np.int64
    lower, equal = np.zeros((2, n), dtype=weight.dtype)
    width = 1
    while width < n:
        block = position // width
        odd = np.flatnonzero(counted & (block % 2 == 1))
        key = (block * top + level)[odd]
        order = None if whole else np.argsort(key, kind="stable")
        following = np.sort(key) if order is None else key[order]
        asking = position[block % 2 == 0]
        base = (block[asking] + 1) * top
        start: Counts = np.searchsorted(following, base)
        below: Counts = np.searchsorted(following, base + level[asking])
        through: Counts = np.searchsorted(following, base + level[asking], side="right")
        if order is not None:
            sums = _sums(weight[odd[order]])
            start, below, through = sums[start], sums[below], sums[through]
        lower[asking] += below - start
        equal[asking] += through - below
        width *= 2
    return lower, equal


def _same_after(key: Integers, weight: Counts) -> Counts:
    """The weight of the later positions with the same key; equal keys stand together."""
    starts = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    sizes = np.diff(np.append(starts, key.size))
    sums = _sums(weight)
    return sums[np.repeat(starts + sizes, sizes)] - sums[1:]


def _sums(weight: Counts) -> Counts:
    """The sums of the first 0, 1, ..., n weights."""
    return np.concatenate([np.zeros(1, dtype=weight.dtype), np.cumsum(weight)])


def _index(labels: Column) -> Integers:
    return np.unique(np.asarray(labels), return_inverse=True)[1].astype(np.int64)


def _entries(entry: Column, times: Floats) -> Floats:
    found = complete_numbers(entry, name="entry")
    if found.size != times.size:
        raise ValueError(f"{times.size} times and {found.size} entries; expected as many of each")
    wrong = np.flatnonzero((found < 0) | ((found > 0) & (time_cells(found) >= time_cells(times))))
    if wrong.size:
        place = int(wrong[0])
        end = f"expected zero or more, and less than the end of follow-up, {times[place]:g}"
        raise ValueError(f"entry[{place}] is {found[place]:g}; {end}")
    return found


def _weights(weights: Column, size: int) -> Floats:
    found = complete_numbers(weights, name="weights")
    if found.size != size:
        raise ValueError(f"{size} times and {found.size} weights; expected as many of each")
    if not (found > 0).all():
        place = int(np.flatnonzero(~(found > 0))[0])
        raise ValueError(f"weights[{place}] is {found[place]:g}; expected more than zero")
    return found
