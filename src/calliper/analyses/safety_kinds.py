"""Serious events, related ones, and what they led to: patients with at least one, of any term and of each."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.places import Entry, Place
from calliper.analyses.safety_counts import compare, share
from calliper.analyses.safety_parts import Harm
from calliper.analyses.safety_wording import kinds_method
from calliper.protocol.safety_specs import ANY_EVENT, KIND_ROLES, KINDS_IN_WORDS, EventKind, EventWords


def count_kinds(harm: Harm) -> Iterator[Entry]:
    """For each of `kinds`, of any event and of every listed term, the patients with such an event, by arm.

    The arms are tested for any event alone: a test of every kind and term would be many.
    """
    spec = harm.spec
    if not spec.kinds:
        return
    said = {kind: is_of_kind(kind, spec.words) for kind in spec.kinds}
    events = harm.events.with_columns(expression.alias(kind) for kind, expression in said.items())
    for kind in spec.kinds:
        yield kinds_method(spec, kind, unmatched_words(kind, harm))
    whole = harm.frame.filter(pl.col("term").is_in(harm.terms))
    yield from _of_event(ANY_EVENT, whole, events.filter(pl.col("term").is_in(harm.terms)), harm)
    by_term = events.partition_by("term", as_dict=True)
    for term in harm.listed:
        yield from _of_event(term, harm.of_term(term), by_term.get((term,), events.clear()), harm)


def _of_event(variable: str, frame: pl.DataFrame, events: pl.DataFrame, harm: Harm) -> Iterator[Entry]:
    for kind in harm.spec.kinds:
        rows = _patients(kind, frame, events)
        yield from _count(Place(harm.spec.id, variable=variable, level=kind), rows, harm)


def is_of_kind(kind: EventKind, words: EventWords) -> pl.Expr:
    """Of a row of EVENTS, whether it is of this kind; null where nothing recorded says so.

    A fatal event is one of grade 5 or with that outcome; it is unknown only where neither is recorded.
    """
    if kind == "fatal":
        grade, outcome = pl.col("grade") == 5, pl.col("outcome") == "fatal"
        either = grade.fill_null(value=False) | outcome.fill_null(value=False)
        return pl.when(grade.is_not_null() | outcome.is_not_null()).then(either)
    if kind in KINDS_IN_WORDS:
        return pl.col(kind).is_in(list(getattr(words, kind)))
    return pl.col("action") == kind


def unmatched_words(kind: EventKind, harm: Harm) -> tuple[str, ...]:
    """Where no event is recorded in any of the words asked for, the words that are recorded; else none."""
    if kind not in KINDS_IN_WORDS:
        return ()
    found = harm.events[KIND_ROLES[kind]].drop_nulls().unique().sort().to_list()
    asked = getattr(harm.spec.words, kind)
    return () if any(word in asked for word in found) else tuple(found)


def _patients(kind: EventKind, frame: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row a patient of the frame: `occurred` (null: unknown) and `events` of this kind.

    Without such an event it is unknown where one of the events does not say, or a term itself is unknown. Of an event
    that follows from laboratory values none of this is recorded, and none is expected.
    """
    is_silent = pl.col(kind).is_null() & (pl.col("origin") == "recorded")
    own = events.group_by("patient").agg(
        pl.col(kind).sum().cast(pl.Int64).alias("events"), is_silent.any().alias("is_silent")
    )
    known = frame.group_by("patient", maintain_order=True)
    held = known.agg(pl.col("occurred").is_not_null().all().alias("is_known")).join(
        own, on="patient", how="left", maintain_order="left"
    )
    happened, is_told = pl.col("events") > 0, pl.col("is_known") & ~pl.col("is_silent").fill_null(value=False)
    return held.select(
        "patient",
        pl.when(happened).then(pl.lit(value=True)).when(is_told).then(pl.lit(value=False)).alias("occurred"),
        pl.col("events").fill_null(0),
    )


def _count(place: Place, rows: pl.DataFrame, harm: Harm) -> Iterator[Entry]:
    reached: dict[str, int] = {}
    n: dict[str, int] = {}
    for arm, held in harm.by_arm(rows).items():
        here = place.on(group=arm)
        reached[arm] = int(held["occurred"].sum())
        n[arm] = held["occurred"].count()
        yield from here.rows({"n": n[arm], "unknown": held.height - n[arm]})
        yield from share(here, reached[arm], n[arm], harm.confidence)
        yield from here.rows({"events": int(held["events"].sum())})
    if place.variable == ANY_EVENT:
        is_tested = harm.spec.test
        yield from compare(place, reached, n, harm.arms, is_tested=is_tested, confidence=harm.confidence)
