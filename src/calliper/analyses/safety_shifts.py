"""Shift tables: the worst grade of each patient by the grade before treatment."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.places import Entry, Place, proportion
from calliper.analyses.safety_parts import Harm
from calliper.analyses.safety_wording import shifts_method

GRADES = ("0", "1", "2", "3", "4", "5", "unknown")
"""A grade before, or the worst after; `unknown` where it is not recorded or cannot be told."""
WORSENED = "worsened"


def shift_entries(harm: Harm) -> Iterator[Entry]:
    """For each term of `shifts` and arm, the patients by grade before and worst grade; those who got worse."""
    if not harm.spec.shifts:
        return
    yield shifts_method(harm.spec)
    for term in harm.spec.shifts:
        place = Place(harm.spec.id, variable=term)
        for arm, held in harm.by_arm(harm.of_term(term)).items():
            yield from _arm(place.on(group=arm), held)


def _arm(place: Place, held: pl.DataFrame) -> Iterator[Entry]:
    named = held.select(
        pl.col("baseline_grade").cast(pl.String).fill_null("unknown").alias("before"),
        pl.col("grade").cast(pl.String).fill_null("unknown").alias("worst"),
    )
    counts = {
        (before, worst): many for before, worst, many in named.group_by("before", "worst").len().iter_rows()
    }
    yield from place.on(level="shift").rows({"n": held.height})
    for before in GRADES:
        for worst in GRADES:
            yield from place.on(level=f"{before} to {worst}").rows({"count": counts.get((before, worst), 0)})
    known = held.drop_nulls(["baseline_grade", "grade"])
    worse = int((known["grade"] > known["baseline_grade"]).sum())
    yield from place.on(level=WORSENED).rows({"n": known.height, **proportion(worse, known.height)})
