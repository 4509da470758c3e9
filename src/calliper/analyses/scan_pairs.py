"""Scans that two readings share, what each makes of them, and the list of those on which they differ.

Scans of one patient are not independent, so neither the share alike nor kappa has an interval here.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.places import Entry, Place
from calliper.analyses.square_tables import alike, cells, kappas, square
from calliper.endpoints import Endpoint
from calliper.protocol.specs import RESPONSE_CATEGORIES
from calliper.results import Listing, Method

POPULATION = "scans"
TOLD = ("response", "rule", "reason", "source")
APART = (
    "patient", "centre", "date", "visit", "first", "second", "first_rule", "second_rule", "first_reason",
    "second_reason", "first_source", "second_source",
)  # fmt: skip
"""The columns of the listing `scans_apart`."""

DISAGREEMENTS = ("patient", "centre", "date", "recorded", "derived", "rule", "reason", "source")
"""The columns of the listing `disagreements`."""

WITHOUT = "without intervals, as the scans of one patient are not independent"
"""Why shares and kappas of scans have no limits."""


def pair_scans(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """The scans that both have (columns SCANS), one row each: of one patient and day, else of one visit.

    `patient`, `centre`, `date` (the first's), `visit`, and of each reading `first_` and `second_` TOLD, by patient and
    date. A day or visit that a patient has twice in either names no scan.
    """
    ours, theirs = _of("first", first), _of("second", second)
    on_day = _paired(ours, theirs, "date")
    rest = ours.join(on_day, on="first_at", how="anti")
    others = theirs.join(on_day, on="second_at", how="anti")
    on_visit = _paired(rest, others, "visit")
    facts = [f"{who}_{name}" for who in ("first", "second") for name in TOLD]
    columns = ["patient", "centre", "date", "visit", *facts]
    return pl.concat([on_day.select(columns), on_visit.select(columns)]).sort("patient", "date")


def compare_scans(place: Place, first: Endpoint, second: Endpoint) -> Iterator[Entry]:
    """Rows of the scans that both endpoints have, and how many only one has; none unless both have scans."""
    if first.scans is None or second.scans is None:
        return
    pairs = pair_scans(first.scans, second.scans)
    yield Method(
        place.analysis,
        "scans",
        "Scan by scan, the responses of one patient on one day (else at one visit) were compared, whether or not they "
        f"count at a landmark: the share alike and Cohen's kappa, with those not evaluable a category, {WITHOUT}.",
        n_used=pairs.height,
    )
    here = place.on(population=POPULATION, group="overall")
    yield from _rows(here, pairs, "first_response", "second_response")
    for group, held in (("first", first.scans), ("second", second.scans)):
        for category in RESPONSE_CATEGORIES:
            count = int((pairs[f"{group}_response"] == category).sum())
            yield from here.on(group=group, level=category).rows({"count": count})
        yield from here.on(group=group).rows({"unpaired": held.height - pairs.height})


def scans_apart(analysis: str, first: Endpoint, second: Endpoint) -> tuple[Listing, ...]:
    """The scans on which two endpoints differ, with both reasons: the listing `scans_apart`."""
    if first.scans is None or second.scans is None:
        return ()
    pairs = pair_scans(first.scans, second.scans)
    apart = pairs.filter(pl.col("first_response") != pl.col("second_response"))
    renamed = apart.rename({"first_response": "first", "second_response": "second"})
    return (_listing(analysis, "scans_apart", renamed.select(APART)),)


def compare_recorded(place: Place, endpoint: Endpoint) -> Iterator[Entry]:
    """Rows of the scans with a recorded category beside the derived one; none where nothing was recorded."""
    both = _recorded(endpoint)
    if not both.height:
        return
    yield Method(
        place.analysis,
        "scans",
        "Where the centres recorded a category on the days of a scan, it was compared with the derived one: the share "
        f"alike and Cohen's kappa, with those not evaluable a category, {WITHOUT}.",
        n_used=both.height,
    )
    yield from _rows(place.on(population=POPULATION, group="overall"), both, "recorded", "response")


def disagreements(analysis: str, endpoint: Endpoint) -> tuple[Listing, ...]:
    """The scans whose recorded category is not the derived one: the listing `disagreements`, none if none recorded."""
    both = _recorded(endpoint)
    if not both.height:
        return ()
    apart = both.filter(pl.col("recorded") != pl.col("response")).sort("patient", "date")
    renamed = apart.rename({"_centre": "centre", "response": "derived"})
    return (_listing(analysis, "disagreements", renamed.select(DISAGREEMENTS)),)


def _rows(place: Place, scans: pl.DataFrame, first: str, second: str) -> Iterator[Entry]:
    table = square(scans[first], scans[second])
    yield from alike(place, table, confidence=None)
    yield from place.rows({"patients": scans["patient"].n_unique()})
    yield from cells(place, table)
    yield from kappas(place, table, "unweighted", confidence=None, subject="scans")


def _of(who: str, scans: pl.DataFrame) -> pl.DataFrame:
    facts = [pl.col(name).alias(f"{who}_{name}") for name in TOLD]
    told = scans.select("patient", pl.col("_centre").alias("centre"), "date", "visit", *facts)
    return told.with_row_index(f"{who}_at")


def _paired(ours: pl.DataFrame, theirs: pl.DataFrame, key: str) -> pl.DataFrame:
    """The scans of one patient that share `key`, where neither has it twice of that patient."""
    is_one = pl.col(key).is_not_null() & (pl.len().over("patient", key) == 1)
    return ours.filter(is_one).join(theirs.filter(is_one), on=["patient", key], how="inner", suffix="_theirs")


def _recorded(endpoint: Endpoint) -> pl.DataFrame:
    scans = endpoint.scans
    return pl.DataFrame() if scans is None else scans.drop_nulls(["recorded", "response"])


def _listing(analysis: str, name: str, frame: pl.DataFrame) -> Listing:
    rows = frame.with_columns(pl.col("date").cast(pl.String)).rows()
    return Listing(analysis, name, tuple(frame.columns), tuple(rows))
