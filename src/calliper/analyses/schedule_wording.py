"""The method sentences of a follow-up schedule, from the protocol; and what unlike scanning does to times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from calliper.analyses.convention import resolve
from calliper.analyses.wording import inside, percent
from calliper.protocol.specs import Protocol, Schedule, ScheduleAnalysis
from calliper.results import Method


def summary_method(
    spec: ScheduleAnalysis, endpoint: Schedule, protocol: Protocol, held: pl.DataFrame
) -> Method:
    """When a visit was due, on time, late and missed; who is left out."""
    one, (first, last), (earliest, latest) = endpoint.visit, endpoint.due, endpoint.on_time
    start = inside(protocol.variable(endpoint.start).label)
    sentence = (
        f"{_due(endpoint, start)} A {one} that came later was held to come after missed ones. Due are the "
        f"{one}s on time, late and after missed ones, and those missed: nobody came by the last day on time. "
        f"An early {one} was not due yet. Completeness is the {one}s on time of those due. As {one}s of one "
        f"patient are not independent, shares of {one}s carry no interval."
    )
    without = Counter(held.filter(pl.col("attended").is_null())["reason"])
    used = held.height - without.total()
    return Method(
        analysis=spec.id,
        name="summary",
        sentence=sentence,
        parameters={
            "due_first": first,
            "due_last": last,
            "on_time_first": earliest,
            "on_time_last": latest,
            "late_until": endpoint.late_until,
            "anchor": endpoint.anchor,
            "quantile_type": resolve(protocol).quantile,
        },
        n_used=used,
        n_excluded=without.total(),
        why_excluded=", ".join(f"{reason} ({n})" for reason, n in sorted(without.items())),
        failure="" if used else "the follow-up of no patient is known",
    )


def _due(endpoint: Schedule, start: str) -> str:
    """When a visit was due, by what it is counted from."""
    one, (first, last), (earliest, latest) = endpoint.visit, endpoint.due, endpoint.on_time
    article = "An" if one[0] in "aeiou" else "A"
    if endpoint.anchor == "start":
        return (
            f"{one.capitalize()} k was due k times {first} to k times {last} days after {start}, the first on "
            f"time after {earliest} to {latest} days and late up to {endpoint.late_until} days, the others with "
            "as many days of grace."
        )
    return (
        f"{article} {one} was due {first} to {last} days after the one before it, the first after {start}; it "
        f"was on time after {earliest} to {latest} days and late up to {endpoint.late_until} days."
    )


def rate_method(spec: ScheduleAnalysis, endpoint: Schedule, protocol: Protocol) -> Method:
    """How often visits came."""
    level = percent(protocol.confidence)
    return Method(
        spec.id,
        "exact_poisson",
        f"How often {endpoint.visit}s came is their number per patient-year of follow-up, early ones too, with exact "
        f"Poisson {level} confidence intervals.",
        parameters={"confidence": protocol.confidence},
    )


def ratio_method(
    spec: ScheduleAnalysis, endpoint: Schedule, protocol: Protocol, unlike: Mapping[str, bool]
) -> Method:
    """The ratio of two rates; `unlike` has the arms whose interval leaves out 1, and whether more often than in the
    reference.
    """
    level = percent(protocol.confidence)
    return Method(
        spec.id,
        "rate_ratio",
        f"Rates of arms are compared by their ratio, with exact conditional {level} confidence intervals.",
        parameters={"confidence": protocol.confidence},
        warnings=tuple(_unlike(endpoint, protocol, arm, is_more=is_more) for arm, is_more in unlike.items()),
    )


def _unlike(endpoint: Schedule, protocol: Protocol, arm: str, *, is_more: bool) -> str:
    """What follows where visits did not come alike."""
    names = [protocol.arms.groups[name].label for name in (arm, protocol.arms.reference)]
    often, seldom = names if is_more else names[::-1]
    seen = "what is seen at a contact" if endpoint.visits == "contacts" else "progression"
    one = endpoint.visit
    return (
        f"{one.capitalize()}s came more often with {often} than with {seldom}: {seen} is found earlier where "
        f"{one}s come more often, so times to it are not measured alike in the two arms."
    )
