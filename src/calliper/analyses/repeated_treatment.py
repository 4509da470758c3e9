"""How many responses at a landmark were read on a scan that followed a repeated treatment; they stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from calliper.analyses.groups import Groups
from calliper.analyses.places import Entry, Place, proportion
from calliper.analyses.wording import listed
from calliper.endpoints import Endpoint
from calliper.protocol.specs import Response
from calliper.results import Method

FLAG, LEVEL = "RETACE_BEFORE_SCAN", "after repeated treatment"


def after_repeats(
    place: Place,
    spec: Response,
    endpoint: Endpoint,
    patients: pl.DataFrame,
    arms: Groups,
    *,
    landmarks: Sequence[str],
) -> Iterator[Entry]:
    """Population `all`, for each arm and `overall`: patients whose scan at a landmark has the flag, and their share.

    Nothing where responses are not derived from lesions, or no repeated treatment is declared.
    """
    if endpoint.scans is None or spec.lesions is None or not spec.lesions.repeat_treatment:
        return
    flagged = endpoint.scans.filter(pl.col("flags").str.split("; ").list.contains(FLAG))
    rows = endpoint.frame.join(flagged.select("patient", "day").unique(), on=["patient", "day"], how="semi")
    for landmark in landmarks:
        here = rows.filter(pl.col("landmark") == landmark)["patient"]
        is_after = patients["patient"].is_in(here.implode())
        for arm in arms.names:
            is_own = (arms.of_patient == arm).fill_null(value=False)
            counts = proportion(int((is_after & is_own).sum()), arms.sizes[arm])
            yield from place.on(population="all", group=arm, variable=landmark, level=LEVEL).rows(counts)
        everyone = proportion(int(is_after.sum()), patients.height)
        yield from place.on(population="all", group="overall", variable=landmark, level=LEVEL).rows(everyone)
    yield Method(
        place.analysis,
        "repeated_treatment",
        f"A response that was read after a repeated {listed(spec.lesions.repeat_treatment)} is the response to the "
        "whole strategy; the baseline is not set anew, and how many there are is given by arm.",
    )
