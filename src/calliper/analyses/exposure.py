"""Exposure to a drug by arm, described: how long, how much, what was changed, and the time to the first reduction."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from calliper.analyses.convention import resolve
from calliper.analyses.exposure_wording import delay_method, reduction_method, summary_method
from calliper.analyses.places import Entry, Place, collect, proportion
from calliper.analyses.spread import spread_rows
from calliper.endpoints import NO_START, Derived
from calliper.protocol.specs import Exposure, ExposureAnalysis, Protocol
from calliper.results import Results
from calliper.stats.survival import kaplan_meier, quantile, survival_at
from calliper.summaries.risk_table import RiskTable, risk_table

UNITS = {
    "duration_days": "days",
    "on_drug_days": "days",
    "cumulative_mg": "mg",
    "mean_daily_mg": "mg",
    "mean_daily_mg_without_pauses": "mg",
    "rdi_percent": "%",
}
"""The measures of all who started, in printing order."""

DAYS = "days"


def analyse_exposure(spec: ExposureAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Describe the exposure of the included patients of the endpoint's arms; nothing is compared or tested.

    Population `started` are those with a dose. What is measured after the start depends on how long a patient lived
    and was followed, so no measure here is a factor of any model.
    """
    return collect(_entries(spec, protocol, derived))


def _entries(spec: ExposureAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Exposure):
        raise ValueError(f"{spec.endpoint} is not an exposure endpoint")
    arms = tuple(arm for arm in protocol.arms.groups if not endpoint.arms or arm in endpoint.arms)
    patients = derived.cohort.patients.select("patient", "arm").filter(pl.col("arm").is_in(arms))
    held = patients.join(
        derived.endpoints[spec.endpoint].frame, on="patient", how="inner", maintain_order="left"
    )
    yield summary_method(spec, endpoint, protocol, held)
    yield delay_method(spec, endpoint, protocol, held)
    yield reduction_method(spec, endpoint, protocol, held)
    endings = tuple(held.filter(pl.col("first_day").is_not_null())["reason"].unique().sort())
    for group in (*arms, *(("overall",) if len(arms) > 1 else ())):
        own = held if group == "overall" else held.filter(pl.col("arm") == group)
        yield from _group(Place(spec.id, group=group), own, spec=spec, protocol=protocol)
        yield from _endings(Place(spec.id, "started", group, "ending"), own, endings)


def _group(place: Place, own: pl.DataFrame, *, spec: ExposureAnalysis, protocol: Protocol) -> Iterator[Entry]:
    known = own.filter(pl.col("reason") != NO_START)
    started = own.filter(pl.col("first_day").is_not_null())
    yield from place.rows({"n": known.height})
    yield from place.on(variable="started").rows(proportion(started.height, known.height))
    here, n, kind = place.on(population="started"), started.height, resolve(protocol).quantile
    yield from here.rows({"n": n})
    for name, unit in UNITS.items():
        yield from spread_rows(here.on(variable=name), started[name], kind=kind, unit=unit)
    counts = {
        "reduced": started["reductions"] > 0,
        "interrupted": started["interruptions"] > 0,
        "ongoing": started["is_ongoing"],
        "stopped": ~started["is_ongoing"],
    }
    for name, flags in counts.items():
        yield from here.on(variable=name).rows(proportion(int(flags.sum()), n))
    longest = started.filter(pl.col("interruptions") > 0)["longest_interruption_days"]
    yield from spread_rows(here.on(variable="longest_interruption_days"), longest, kind=kind, unit=DAYS)
    yield from _delay(here.on(variable="delay"), started, spec=spec, protocol=protocol)
    yield from _first_reduction(here.on(variable="first_reduction"), started, spec=spec, protocol=protocol)


def _endings(place: Place, own: pl.DataFrame, endings: tuple[str, ...]) -> Iterator[Entry]:
    """How many who started had each of the endings that any patient had."""
    reasons = own.filter(pl.col("first_day").is_not_null())["reason"]
    for ending in endings:
        many = int((reasons == ending).sum())
        yield from place.on(level=ending).rows(proportion(many, len(reasons)))


def _delay(
    place: Place, started: pl.DataFrame, *, spec: ExposureAnalysis, protocol: Protocol
) -> Iterator[Entry]:
    """Days from the start to the first dose, of those who did not take the drug already."""
    days = started.filter(~pl.col("was_on_before"))["first_day"]
    yield from spread_rows(place, days, kind=resolve(protocol).quantile, unit=DAYS)
    if spec.delay_days is not None:
        inside = int(days.is_between(*spec.delay_days).sum())
        yield from place.on(level="in time").rows(proportion(inside, len(days)))


def _first_reduction(
    place: Place, started: pl.DataFrame, *, spec: ExposureAnalysis, protocol: Protocol
) -> Iterator[Entry]:
    """Kaplan-Meier from the first dose; who had none is censored on the last day with a dose."""
    table = reduction_table(started)
    yield from place.rows({"n": table.n, "events": table.n_events})
    if not table.n:
        return
    convention = resolve(protocol)
    curve = kaplan_meier(table, confidence=protocol.confidence, interval=convention.survival_ci)
    found = quantile(curve, 0.5, median_flat=convention.median_flat, median_ci=convention.median_ci)
    medians = {"median": found.value, "median_lower": found.lower, "median_upper": found.upper}
    yield from place.rows(medians, unit=DAYS)
    for t in spec.at:
        read = survival_at(curve, t)
        if read is not None:
            shares = {
                "share": 1 - read.survival,
                "share_lower": None if read.upper is None else 1 - read.upper,
                "share_upper": None if read.lower is None else 1 - read.lower,
            }
            yield from place.rows(shares, at=t)


def reduction_table(started: pl.DataFrame) -> RiskTable:
    """Times in days from the first dose to the first reduction, or else to the last dose."""
    until = pl.coalesce("first_reduction_day", "last_day")
    times = started.select(
        time=until - pl.col("first_day"), event=pl.col("first_reduction_day").is_not_null()
    )
    return risk_table(times["time"].to_numpy().astype(np.float64), times["event"].to_numpy())
