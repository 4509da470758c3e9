"""Measurements over time by arm, described: the spread of the values of each window, and of their change."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.convention import resolve
from calliper.analyses.places import Entry, Place, collect
from calliper.analyses.spread import spread_rows
from calliper.analyses.wording import inside
from calliper.endpoints import Derived
from calliper.protocol.specs import Measurements, Protocol, TrendAnalysis
from calliper.results import Method, Results


def analyse_trend(spec: TrendAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Describe the values of the included patients by window; nothing is compared or tested.

    Who has a value in a later window was followed so far and was measured: the windows hold other patients. The change
    from the first window is of those who have both values.
    """
    return collect(_entries(spec, protocol, derived))


def _entries(spec: TrendAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Measurements):
        raise ValueError(f"{spec.endpoint} is not an endpoint of measurements")
    yield _method(spec, endpoint, protocol)
    kind, first = resolve(protocol).quantile, next(iter(endpoint.windows))
    frame = derived.endpoints[spec.endpoint].frame
    patients = derived.cohort.patients.select("patient", "arm")
    arms = tuple(protocol.arms.groups)
    for group in (*arms, *(("overall",) if len(arms) > 1 else ())):
        own = patients if group == "overall" else patients.filter(pl.col("arm") == group)
        place = Place(spec.id, group=group)
        yield from place.rows({"n": own.height})
        held = _with_change(frame.join(own, on="patient", how="semi"), first)
        by_place = held.partition_by("item", "window", as_dict=True)
        for name in spec.items or endpoint.items:
            unit = endpoint.items[name].unit or ""
            for window in endpoint.windows:
                here = place.on(variable=name, level=window)
                rows = by_place.get((name, window), held.clear())
                yield from spread_rows(here, rows["value"], kind=kind, unit=unit)
                if window != first:
                    at = here.on(level=f"{window} change")
                    yield from spread_rows(at, rows["change"], kind=kind, unit=unit)


def _with_change(rows: pl.DataFrame, first: str) -> pl.DataFrame:
    """The rows with `change`, from the patient's value of the first window; null without one of the two."""
    before = rows.filter(pl.col("window") == first).select("patient", "item", before="value")
    joined = rows.join(before, on=["patient", "item"], how="left", maintain_order="left")
    return joined.with_columns(change=pl.col("value") - pl.col("before"))


def _method(spec: TrendAnalysis, endpoint: Measurements, protocol: Protocol) -> Method:
    """How a value of a window is chosen, and what a change is."""
    first = next(iter(endpoint.windows.values()))
    start = inside(protocol.variable(endpoint.start).label)
    sentence = (
        f"{endpoint.label} are described by window of days from {start}, with medians and quartiles; of each patient "
        "one value of a window counts."
    )
    if len(endpoint.windows) > 1:
        sentence += (
            f" Changes are those of patients with a value in the window and {inside(first.label)}; they were not "
            "compared between arms."
        )
    return Method(spec.id, "summary", sentence)
