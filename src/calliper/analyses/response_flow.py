"""Who goes from which response to which between two landmarks, by arm: counts that add up to the landmarks' own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

import polars as pl

from calliper.analyses.groups import Groups
from calliper.analyses.places import Entry, Place
from calliper.analyses.wording import listed
from calliper.protocol.specs import RESPONSE_CATEGORIES, Response, ResponseAnalysis
from calliper.results import Method
from calliper.summaries.crosstab import crosstab

LEVELS = tuple(f"{first} to {then}" for first, then in product(RESPONSE_CATEGORIES, repeat=2))


def flow(
    spec: ResponseAnalysis, endpoint: Response, patients: pl.DataFrame, frame: pl.DataFrame, arms: Groups
) -> Iterator[Entry]:
    """Count the included patients by their responses at each landmark and the next that is a moment in time.

    `frame` has the endpoint's columns (RESPONSES). All five categories are counted, for each arm and `overall`; a
    patient without a row is not evaluable, as in the counts of a landmark.
    """
    moments = endpoint.moments(spec.landmarks or tuple(endpoint.landmarks))
    if len(moments) < 2:
        return
    for first, then in pairwise(moments):
        pair = pl.concat_str(
            *(_at(patients, frame, landmark) for landmark in (first, then)), separator=" to "
        )
        counts = crosstab(arms.of_patient, pl.select(pair).to_series(), rows=arms.names, columns=LEVELS)
        held = dict(zip(counts.rows, counts.counts, strict=True))
        for group, row in (*held.items(), ("overall", counts.column_totals)):
            place = Place(spec.id, "all", group, f"{first} to {then}")
            for level, count in zip(LEVELS, row, strict=True):
                yield from place.on(level=level).rows({"count": count})
    between = listed([endpoint.landmarks[name].label for name in moments])
    yield Method(
        spec.id,
        "flow",
        f"How many included patients went from each response to each other is counted between {between}; those not "
        "evaluable stay among them. This is described and not tested.",
        parameters={"landmarks": " ".join(moments)},
        n_used=len(patients),
    )


def _at(patients: pl.DataFrame, frame: pl.DataFrame, landmark: str) -> pl.Series:
    """The response of each patient at a landmark, in the order of the cohort."""
    rows = frame.filter(pl.col("landmark") == landmark).select("patient", "response")
    known = patients.select("patient").join(rows, on="patient", how="left", maintain_order="left")
    return known["response"].fill_null("NE")
