"""A measurement of some patients in numbers: how many, mean and standard deviation, median, quartiles and range."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.places import Entry, Place
from calliper.stats.conventions import QuantileKind
from calliper.summaries.moments import moments, value_counts

QUARTILES = {"median": 0.5, "q1": 0.25, "q3": 0.75}


def spread_rows(place: Place, values: pl.Series, *, kind: QuantileKind, unit: str = "") -> Iterator[Entry]:
    """`n`, then the statistics that as many values have; null is left out."""
    counts = value_counts(values)
    # of the sorted values, so that the order of the patients changes no digit
    spread = moments(counts.values, count=counts.counts)
    yield from place.rows({"n": counts.n})
    if counts.n:
        yield from place.rows({"mean": spread.mean}, unit=unit)
    if counts.n > 1:
        yield from place.rows({"sd": spread.sd}, unit=unit)
    if counts.n:
        quartiles = {name: counts.quantile(p, kind=kind) for name, p in QUARTILES.items()}
        yield from place.rows({**quartiles, "min": counts.minimum, "max": counts.maximum}, unit=unit)
