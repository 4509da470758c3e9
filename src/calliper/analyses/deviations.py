"""Deviations from the protocol, counted by rule and arm; described and not tested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from calliper.analyses.places import Entry, Place, collect, proportion
from calliper.analyses.wording import counted
from calliper.endpoints import Derived
from calliper.protocol.specs import Deviations, DeviationsAnalysis, Protocol
from calliper.results import Listing, Method, Results

ANY = "any"
"""The variable of what holds for all rules together."""

COLUMNS = (
    "patient", "arm", "centre", "rule", "date", "severity", "affects", "expected", "observed", "source",
)  # fmt: skip
"""The columns of the listing `deviations`."""


def analyse_deviations(spec: DeviationsAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Count the records judged by each rule, those that deviate and those that could not be judged, by arm.

    The listing `deviations` is the register: each deviation, by patient, then in the order of the rules. Raises
    ValueError when the endpoint is not one of deviations.
    """
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Deviations):
        raise ValueError(f"{spec.endpoint} is not an endpoint of deviations")
    own = derived.cohort.patients.select("patient", "arm", "centre")
    frame = derived.endpoints[spec.endpoint].frame.join(own, on="patient", how="inner", maintain_order="left")
    made = collect(_entries(spec, protocol, endpoint, own, frame))
    return replace(made, listings=(_register(spec, frame),))


def _entries(
    spec: DeviationsAnalysis,
    protocol: Protocol,
    endpoint: Deviations,
    patients: pl.DataFrame,
    frame: pl.DataFrame,
) -> Iterator[Entry]:
    yield _method(spec, endpoint, frame, n=patients.height)
    for group in (*protocol.arms.groups, "overall"):
        is_here = pl.lit(value=True) if group == "overall" else pl.col("arm") == group
        of_group = frame.filter(is_here)
        place = Place(spec.id, group=group)
        for rule in (*(rule.id for rule in endpoint.rules), ANY):
            held = of_group if rule == ANY else of_group.filter(pl.col("rule") == rule)
            yield from _rule(place.on(variable=rule), held)
        n = patients.filter(is_here).height
        here = place.on(variable=ANY)
        yield from here.rows({"n": n})
        for level, severities in (("any", ("minor", "major")), ("major", ("major",))):
            yield from here.on(level=level).rows(proportion(_patients(of_group, severities), n))


def _rule(place: Place, held: pl.DataFrame) -> Iterator[Entry]:
    """Records judged, deviating, not recorded; the patients with a deviation; deviations by severity."""
    counts = dict(held.group_by("status").len().iter_rows())
    deviations = counts.get("deviation", 0)
    yield from place.rows(
        {
            "judged": counts.get("met", 0) + deviations,
            "deviations": deviations,
            "not_recorded": counts.get("not_recorded", 0),
            "patients": _patients(held, ("minor", "major")),
        }
    )
    for severity in ("minor", "major"):
        yield from place.on(level=severity).rows({"deviations": held.filter(severity=severity).height})


def _patients(held: pl.DataFrame, severities: Sequence[str]) -> int:
    return held.filter(pl.col("severity").is_in(list(severities)))["patient"].n_unique()


def _method(spec: DeviationsAnalysis, endpoint: Deviations, frame: pl.DataFrame, *, n: int) -> Method:
    unread = frame.filter(status="not_recorded").height
    sentence = (
        f"The {counted(len(endpoint.rules), 'rule')} of {endpoint.label[:1].lower()}{endpoint.label[1:]} "
        f"{'was' if len(endpoint.rules) == 1 else 'were'} held against each record that they are about. A record of "
        "which a rule is false is a deviation; one of which it is unknown, because a value was not recorded, is "
        "counted as not recorded and is no deviation."
    )
    warnings: tuple[str, ...] = ()
    if unread:
        words = f"{counted(unread, 'judgement')} could not be made, for want of a record"
        warnings = (f"{words}: what was not recorded may hide deviations.",)
    return Method(
        analysis=spec.id,
        name="summary",
        sentence=sentence,
        parameters={"rules": len(endpoint.rules), "not_recorded": unread},
        n_used=n,
        warnings=warnings,
    )


def _register(spec: DeviationsAnalysis, frame: pl.DataFrame) -> Listing:
    rows = (
        frame.filter(status="deviation").with_columns(pl.col("date").cast(pl.String)).select(COLUMNS).rows()
    )
    return Listing(spec.id, "deviations", COLUMNS, tuple(rows))
