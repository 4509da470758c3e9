"""Adverse events over time at risk, and over sessions of treatment."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.places import Entry, Place, Refusal, attempt, proportion
from calliper.analyses.safety_parts import Harm
from calliper.analyses.safety_wording import rate_methods, sessions_method
from calliper.endpoints import Derived
from calliper.protocol.check_safety import sessions_item
from calliper.protocol.safety_specs import ANY_EVENT
from calliper.protocol.specs import Protocol, Treatments
from calliper.results import Method
from calliper.stats.proportions import exact_poisson
from calliper.stats.rates import rate_difference, rate_ratio

FIRST_EVENT = "first event"
SESSION = "session"
DAYS_IN_A_YEAR = 365.25
PER = 100.0
"""Rates are of so many patient-years."""
PER_UNIT = "per 100 patient-years"


def rate_entries(harm: Harm, whole: pl.DataFrame) -> Iterator[Entry]:
    """Rates of the first event of each listed term, and with `any_event` of any; `whole` is any of all terms.

    Exposure-adjusted: each patient gives the days to the first event, or else all of the days at risk. One whose days
    are not known is left out.
    """
    spec = harm.spec
    if not spec.patient_years:
        return
    yield from rate_methods(spec, harm.confidence, harm.arms)
    if spec.any_event:
        yield from _rates(Place(spec.id, variable=ANY_EVENT, level=FIRST_EVENT), whole, harm)
    for term in harm.listed:
        yield from _rates(Place(spec.id, variable=term, level=FIRST_EVENT), harm.of_term(term), harm)


def _rates(place: Place, rows: pl.DataFrame, harm: Harm) -> Iterator[Entry]:
    counted: dict[str, tuple[int, float]] = {}
    for arm, held in harm.by_arm(rows.select("patient", "occurred", "days_at_risk")).items():
        here = place.on(group=arm)
        known = held.drop_nulls(["occurred", "days_at_risk"])
        x, years = int(known["occurred"].sum()), float(known["days_at_risk"].sum()) / DAYS_IN_A_YEAR
        counted[arm] = x, years
        yield from here.rows({"n": known.height, "unknown": held.height - known.height, "events": x})
        yield from here.rows({"person_time": years}, unit="years")
        made = attempt(exact_poisson, x, years / PER, harm.confidence)
        if isinstance(made, Refusal):
            subject = f"{place.variable} {place.level} {arm}"
            yield Method(place.analysis, "exact_poisson", "No rate was made.", subject, failure=made.sentence)
        else:
            limits = {"lower.exact_poisson": made.lower, "upper.exact_poisson": made.upper}
            yield from here.rows({"rate": made.value, **limits}, unit=PER_UNIT)
    for arm, base, contrast in harm.arms.contrasts:
        yield from _contrast(place.on(group=contrast), counted[arm], counted[base], harm.confidence)


def _contrast(
    place: Place, first: tuple[int, float], second: tuple[int, float], confidence: float
) -> Iterator[Entry]:
    """The ratio and the difference of two rates, of (events, years); no ratio where the second has no event."""
    (x1, years1), (x2, years2) = first, second
    subject = f"{place.variable} {place.level} {place.group}"
    ratio = attempt(rate_ratio, x1, years1, x2, years2, confidence)
    if not isinstance(ratio, Refusal) and not x2:
        ratio = Refusal("no rate ratio: no patient of the reference arm had the event")
    if isinstance(ratio, Refusal):
        yield Method(place.analysis, "rate_ratio", "No rate ratio was made.", subject, failure=ratio.sentence)
    else:
        limits = {"lower.rate_ratio": ratio.lower, "upper.rate_ratio": ratio.upper}
        yield from place.rows({"rate_ratio": ratio.value, **limits})
    difference = attempt(rate_difference, x1, years1 / PER, x2, years2 / PER, confidence)
    if not isinstance(difference, Refusal):
        limits = {
            "lower.rate_difference": difference.lower,
            "upper.rate_difference": difference.upper,
        }
        yield from place.rows({"rate_difference": difference.value, **limits}, unit=PER_UNIT)


def session_entries(harm: Harm, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    """The sessions after which each listed term occurred, of all sessions of the patients of whom that is known."""
    spec = harm.spec
    if spec.sessions is None:
        return
    treatments = protocol.endpoints[spec.sessions]
    item = sessions_item(treatments, harm.endpoint) if isinstance(treatments, Treatments) else None
    if not isinstance(treatments, Treatments) or item is None:
        raise ValueError(f"{spec.sessions} has no sessions after which {spec.endpoint} counts")
    frame = derived.endpoints[spec.sessions].frame
    held = frame.filter(pl.col("treatment") == item).group_by("patient").agg(pl.len().alias("sessions"))
    undated = harm.events.filter(pl.col("term").is_in(harm.listed) & pl.col("session").is_null()).height
    declared = {} if isinstance(harm.endpoint.terms, str) else harm.endpoint.terms
    measured = tuple(declared[term].label for term in harm.listed if term in declared and declared[term].lab)
    yield sessions_method(spec, treatments.items[item].label, undated, measured)
    terms = ((ANY_EVENT, harm.terms),) if spec.any_event else ()
    for variable, of in (*terms, *((term, (term,)) for term in harm.listed)):
        rows = _sessions(harm, of).join(held, on="patient", how="left")
        for arm, own in harm.by_arm(rows).items():
            n, with_event = int(own["sessions"].sum()), int(own["with_event"].sum())
            place = Place(spec.id, group=arm, variable=variable, level=SESSION)
            yield from place.rows({"n": n, **proportion(with_event, n)})


def _sessions(harm: Harm, terms: tuple[str, ...]) -> pl.DataFrame:
    """The patients of whom every one of the terms is known, and after how many of their sessions one occurred."""
    own = harm.events.filter(pl.col("term").is_in(terms) & pl.col("session").is_not_null())
    happened = own.group_by("patient").agg(pl.col("session").n_unique().alias("with_event"))
    known = harm.frame.filter(pl.col("term").is_in(terms)).group_by("patient")
    told = known.agg(pl.col("occurred").is_not_null().all().alias("is_known")).filter("is_known")
    return told.select("patient").join(happened, on="patient", how="left")
