"""The method sentences of an exposure analysis, from the protocol; who is left out, and what must be known of them."""

from __future__ import annotations

from collections import Counter

import polars as pl

from calliper.analyses.convention import resolve
from calliper.analyses.survival_wording import scale
from calliper.analyses.wording import counted, inside, percent
from calliper.endpoints import NO_START
from calliper.protocol.specs import Exposure, ExposureAnalysis, Protocol
from calliper.results import Method

NO_BASELINE = (
    "Exposure is what happened after the start of treatment: who lives longer can take a drug for longer, so it is "
    "described, not compared between arms, and is no baseline factor of survival (immortal time)."
)


def summary_method(
    spec: ExposureAnalysis, endpoint: Exposure, protocol: Protocol, held: pl.DataFrame
) -> Method:
    """What each measure is; who never started; days that no record covers, doses before the start."""
    planned = f"{endpoint.planned_mg_per_day:g} mg"
    sentence = (
        f"The duration of exposure to {inside(endpoint.label)} runs from the first to the last day with a dose, both "
        "inside, pauses included. The cumulative dose is the sum of the daily doses, and the relative dose intensity "
        f"is the cumulative dose in percent of {planned} on every day of the duration. A reduction is a dose below the "
        f"one before it, an interruption days without a dose between two doses. {NO_BASELINE}"
    )
    without = Counter(held.filter(pl.col("first_day").is_null())["reason"])
    started = held.height - without.total()
    failure = "" if started else "no patient started the drug"
    return Method(
        analysis=spec.id,
        name="summary",
        sentence=sentence,
        parameters={
            "planned_mg_per_day": endpoint.planned_mg_per_day,
            "quantile_type": resolve(protocol).quantile,
        },
        n_used=started,
        n_excluded=without.total(),
        why_excluded=", ".join(f"{reason} ({n})" for reason, n in sorted(without.items())),
        warnings=tuple(_warnings(held)),
        failure=failure,
    )


def _warnings(held: pl.DataFrame) -> list[str]:
    told = []
    gaps = held["days_unrecorded"].drop_nulls()
    if (gaps > 0).any():
        days = counted(int(gaps.sum()), "day")
        told.append(
            f"{counted(int((gaps > 0).sum()), 'patient')} with {days} between records of the drug; they count as "
            "without a dose."
        )
    before = int(held["was_on_before"].sum())
    if before:
        told.append(
            f"{counted(before, 'patient')} took the drug before the start already; doses before it are not counted, "
            "and the delay is not known."
        )
    return told


def delay_method(
    spec: ExposureAnalysis, endpoint: Exposure, protocol: Protocol, held: pl.DataFrame
) -> Method:
    """From when to when, and in which days it was due."""
    sentence = (
        f"The delay is the days from {inside(protocol.variable(endpoint.start).label)} to the first dose"
    )
    if spec.delay_days is not None:
        low, high = spec.delay_days
        sentence += (
            f"; the first dose was due on day {low} to {high}" if low < high else f"; due on day {low}"
        )
    known = held.filter(~pl.col("was_on_before"))
    parameters = dict(zip(("first_day", "last_day"), spec.delay_days or (None, None)))
    return Method(spec.id, "delay", f"{sentence}.", parameters=parameters, n_used=known.height)


def reduction_method(
    spec: ExposureAnalysis, endpoint: Exposure, protocol: Protocol, held: pl.DataFrame
) -> Method:
    """Kaplan-Meier of the first reduction."""
    convention, level = resolve(protocol), percent(protocol.confidence)
    sentence = (
        f"The time from the first dose of {inside(endpoint.label)} to the first reduction was estimated by the "
        f"Kaplan-Meier method with {level} confidence intervals {scale(convention)}; a patient without one is censored "
        "on the last day with a dose, so a drug that was stopped for its toxicity ends the time as any other end does."
    )
    started = held.filter(pl.col("first_day").is_not_null() & (pl.col("reason") != NO_START))
    parameters = {"survival_ci": convention.survival_ci, "median_ci": convention.median_ci}
    return Method(spec.id, "first_reduction", sentence, parameters=parameters, n_used=started.height)
