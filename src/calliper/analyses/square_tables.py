"""The rows of a square table, one reading by another: its cells, how many are alike, kappa."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from calliper.analyses.places import Entry, Place, Refusal, attempt, proportion
from calliper.protocol.specs import RESPONSE_CATEGORIES
from calliper.results import Method
from calliper.stats.agreement import Kappa, Weights, kappa
from calliper.stats.proportions import clopper_pearson
from calliper.summaries.crosstab import Crosstab, crosstab

SCALE = RESPONSE_CATEGORIES[:-1]
"""The categories that are known, from best to worst: neighbours are a step apart."""

KAPPAS: Mapping[str, Weights] = {"unweighted": "none", "linear": "linear"}

_NO_ERROR = 1e-12


def square(first: pl.Series, second: pl.Series) -> Crosstab:
    """Count pairs of categories, the first reading in rows; nobody's category may be null."""
    return crosstab(first, second, rows=RESPONSE_CATEGORIES, columns=RESPONSE_CATEGORIES)


def known_to_both(table: Crosstab) -> Crosstab:
    """The part of a square table in which neither category is NE."""
    return Crosstab(SCALE, SCALE, tuple(row[:-1] for row in table.counts[:-1]))


def cells(place: Place, table: Crosstab) -> Iterator[Entry]:
    """Each cell as level `FIRST, SECOND`, stat `count`."""
    for first, row in zip(table.rows, table.counts, strict=True):
        for second, count in zip(table.columns, row, strict=True):
            yield from place.on(level=f"{first}, {second}").rows({"count": count})


def alike(place: Place, table: Crosstab, *, confidence: float | None) -> Iterator[Entry]:
    """`n`, and at level `alike` how many have one category in both; without `confidence` no interval."""
    n, same = table.total, sum(row[at] for at, row in enumerate(table.counts))
    yield from place.rows({"n": n})
    here = place.on(level="alike")
    yield from here.rows(proportion(same, n))
    interval = Refusal("") if confidence is None else attempt(clopper_pearson, same, n, confidence)
    if not isinstance(interval, Refusal):
        limits = {"lower.clopper_pearson": interval.lower, "upper.clopper_pearson": interval.upper}
        yield from here.rows(limits)


def kappas(
    place: Place, table: Crosstab, *names: str, confidence: float | None, subject: str
) -> Iterator[Entry]:
    """`kappa.NAME` of KAPPAS, with `se`, `lower` and `upper`; a failed method where there is no kappa.

    There are no limits without `confidence`, or where the error is 0, as in full agreement.
    """
    for name in names:
        found = attempt(kappa, table.counts, weights=KAPPAS[name], confidence=confidence or 0.95)
        if isinstance(found, Refusal):
            yield Method(place.analysis, name, kappa_in_words(name), subject=subject, failure=found.sentence)
        else:
            yield from place.rows(_stats(name, found, has_limits=confidence is not None))


def kappa_in_words(name: str) -> str:
    """The sentence of one of KAPPAS."""
    if name == "linear":
        return (
            "Kappa with linear weights takes CR, PR, SD and PD as an ordered scale; those not evaluable in either are "
            "no category of it and are left out."
        )
    return "Cohen's kappa is agreement beyond chance: 1 is full agreement, 0 what chance gives."


def _stats(name: str, found: Kappa, *, has_limits: bool) -> dict[str, float | None]:
    stats: dict[str, float | None] = {f"kappa.{name}": found.value}
    if has_limits and found.error > _NO_ERROR:
        stats |= {f"se.{name}": found.error, f"lower.{name}": found.lower, f"upper.{name}": found.upper}
    return stats
