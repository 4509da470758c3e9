"""Adverse events under their categories (system organ classes): a patient counts once a category, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from calliper.analyses.places import Entry, Place
from calliper.analyses.safety_counts import count_event
from calliper.analyses.safety_parts import NO_CATEGORY, Harm, any_of
from calliper.analyses.wording import listed
from calliper.protocol.safety_specs import CATEGORY
from calliper.results import Method


def category_of(harm: Harm) -> Mapping[str, tuple[str, ...]]:
    """The categories under which the events of each listed term are recorded, alphabetical, none where it had none."""
    held = harm.events.with_columns(pl.col("category").fill_null(NO_CATEGORY))
    found = dict(held.group_by("term").agg(pl.col("category").unique().sort()).iter_rows())
    return {term: tuple(found.get(term, ())) for term in harm.listed}


def by_category(harm: Harm, placed: Mapping[str, tuple[str, ...]]) -> Iterator[Entry]:
    """Each category in alphabetical order, then its terms; a term stands under the first of its categories.

    A patient had an event of a category where an event of a listed term is recorded under it; whether one had is
    unknown where no such event is known and one of the category's terms is unknown. Terms that nobody had are last.
    """
    names = sorted({name for found in placed.values() for name in found}, key=lambda n: (n == NO_CATEGORY, n))
    for name in names:
        place = Place(harm.spec.id, variable=f"{CATEGORY}{name}")
        yield from count_event(place, _of_category(harm, name, placed), harm)
        for term in (term for term in harm.listed if placed[term][:1] == (name,)):
            yield from count_event(Place(harm.spec.id, variable=term), harm.of_term(term), harm)
    for term in (term for term in harm.listed if not placed[term]):
        yield from count_event(Place(harm.spec.id, variable=term), harm.of_term(term), harm)
    for term, found in placed.items():
        if len(found) > 1:
            yield Method(
                analysis=harm.spec.id,
                name="summary",
                sentence="A term stands under the first of its categories.",
                subject=term,
                warnings=(f"recorded under {listed(found)}: its line stands under {found[0]}.",),
            )


def _of_category(harm: Harm, name: str, placed: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """One row a patient: any listed term, where its event is recorded under the category."""
    terms = [term for term, found in placed.items() if name in found]
    held = harm.events.filter(
        pl.col("term").is_in(terms) & (pl.col("category").fill_null(NO_CATEGORY) == name)
    )
    own = held.group_by("patient", "term").agg(
        pl.col("grade").max().alias("own_grade"), pl.len().cast(pl.Int64).alias("own_events")
    )
    rows = harm.frame.filter(pl.col("term").is_in(terms)).join(own, on=["patient", "term"], how="left")
    is_own = pl.col("own_events").is_not_null()
    return any_of(
        rows.with_columns(
            pl.when(pl.col("occurred").is_null()).then(None).otherwise(is_own).alias("occurred"),
            pl.col("own_grade").alias("grade"),
            pl.col("own_events").fill_null(0).alias("events"),
        )
    )
