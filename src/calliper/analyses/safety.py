"""Adverse events by arm: each patient counted once a term, by the worst grade."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.places import Entry, Place, collect
from calliper.analyses.safety_categories import by_category, category_of
from calliper.analyses.safety_counts import count_event
from calliper.analyses.safety_kinds import count_kinds
from calliper.analyses.safety_parts import Harm, any_of, harm_of
from calliper.analyses.safety_rates import rate_entries, session_entries
from calliper.analyses.safety_shifts import shift_entries
from calliper.analyses.safety_wording import general_methods
from calliper.endpoints import Derived
from calliper.protocol.safety_specs import ANY_EVENT
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Results


def analyse_safety(spec: SafetyAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Count the patients of each arm with each adverse event, by worst grade, and compare the arms.

    The denominator of a term is the patients of whom it is known whether it occurred. A patient counts once, however
    many rows the records have; `events` alone counts rows.
    """
    return collect(_entries(harm_of(spec, protocol, derived), protocol, derived))


def _entries(harm: Harm, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    spec = harm.spec
    yield from general_methods(spec, harm.endpoint, protocol, harm.arms)
    whole = any_of(harm.frame.filter(pl.col("term").is_in(harm.terms)))
    anything = Place(spec.id, variable=ANY_EVENT)
    if spec.any_event or spec.kinds:
        yield from count_event(anything, whole, harm)
    if spec.categories:
        placed = category_of(harm)
        yield from by_category(harm, placed)
    else:
        for term in harm.listed:
            yield from count_event(Place(spec.id, variable=term), harm.of_term(term), harm)
    yield from count_kinds(harm)
    yield from rate_entries(harm, whole)
    yield from session_entries(harm, protocol, derived)
    yield from shift_entries(harm)
