"""Sessions and periods of treatment by arm, described: how many a patient had, when the first, how far apart."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.convention import resolve
from calliper.analyses.places import Entry, Place, collect, proportion
from calliper.analyses.spread import spread_rows
from calliper.analyses.wording import inside
from calliper.endpoints import Derived
from calliper.protocol.specs import Protocol, TreatmentAnalysis, Treatments
from calliper.results import Method, Results
from calliper.stats.conventions import QuantileKind

SEVERAL = 3
"""Patients with as many sessions or more are counted together."""

DAYS = "days"


def analyse_treatment(spec: TreatmentAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Count the sessions and periods of the included patients whose start is known; nothing is compared or tested.

    A patient without a row had none. How many one had depends on how long one was followed.
    """
    return collect(_entries(spec, protocol, derived))


def _entries(spec: TreatmentAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Treatments):
        raise ValueError(f"{spec.endpoint} is not an endpoint of treatments")
    everyone = derived.cohort.patients
    patients = everyone.filter(pl.col(endpoint.start).is_not_null()).select("patient", "arm")
    frame, kind = derived.endpoints[spec.endpoint].frame, resolve(protocol).quantile
    yield _method(spec, endpoint, protocol, n=everyone.height, n_used=patients.height)
    arms = tuple(protocol.arms.groups)
    for group in (*arms, *(("overall",) if len(arms) > 1 else ())):
        own = patients if group == "overall" else patients.filter(pl.col("arm") == group)
        place = Place(spec.id, group=group)
        yield from place.rows({"n": own.height})
        for name in spec.items or endpoint.items:
            rows = frame.filter(pl.col("treatment") == name).join(own, on="patient", how="semi")
            here = place.on(variable=name)
            if endpoint.items[name].taken == "session":
                yield from _sessions(here, rows, own, kind=kind)
            else:
                yield from _periods(here, rows, own, kind=kind)


def _sessions(place: Place, rows: pl.DataFrame, own: pl.DataFrame, *, kind: QuantileKind) -> Iterator[Entry]:
    many = own.join(rows.group_by("patient").len(), on="patient", how="left")["len"].fill_null(0)
    yield from place.rows(proportion(int((many > 0).sum()), own.height))
    yield from place.rows({"sessions": rows.height})
    yield from spread_rows(place.on(level="a patient"), many, kind=kind)
    for n in range(SEVERAL):
        yield from place.on(level=str(n)).rows(proportion(int((many == n).sum()), own.height))
    yield from place.on(level=f"{SEVERAL} or more").rows(proportion(int((many >= SEVERAL).sum()), own.height))
    yield from spread_rows(place.on(level="first day"), _first_days(rows), kind=kind, unit=DAYS)
    between = rows.sort("patient", "first_day").select(pl.col("first_day").diff().over("patient"))
    yield from spread_rows(place.on(level="interval"), between.to_series(), kind=kind, unit=DAYS)


def _periods(place: Place, rows: pl.DataFrame, own: pl.DataFrame, *, kind: QuantileKind) -> Iterator[Entry]:
    yield from place.rows(proportion(rows["patient"].n_unique(), own.height))
    yield from place.rows({"periods": rows.height})
    yield from spread_rows(place.on(level="first day"), _first_days(rows), kind=kind, unit=DAYS)
    endless = rows.filter(pl.col("last_day").is_null())["patient"].n_unique()
    yield from place.on(level="no end").rows(proportion(endless, own.height))


def _first_days(rows: pl.DataFrame) -> pl.Series:
    return rows.group_by("patient").agg(pl.col("first_day").min())["first_day"]


def _method(
    spec: TreatmentAnalysis, endpoint: Treatments, protocol: Protocol, *, n: int, n_used: int
) -> Method:
    start = inside(protocol.variable(endpoint.start).label)
    sentence = (
        f"Sessions and periods of treatment are counted in days from {start}, of all patients in whom it is known; a "
        "patient without a record of one had none. They are described and not compared: how many a patient had depends "
        "on how long the patient lived and was followed."
    )
    return Method(
        analysis=spec.id,
        name="summary",
        sentence=sentence,
        parameters={"quantile_type": resolve(protocol).quantile},
        n_used=n_used,
        n_excluded=n - n_used,
        why_excluded=f"{start} not recorded" if n > n_used else "",
    )
