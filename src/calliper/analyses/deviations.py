"""Deviations from the protocol, counted by rule and arm; described and not tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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
        by_rule = of_group.partition_by("rule", as_dict=True)
        for rule in (*(rule.id for rule in endpoint.rules), ANY):
            held = of_group if rule == ANY else by_rule.get((rule,), of_group.clear())
            yield from _rule(place.on(variable=rule), held)
        n = patients.filter(is_here).height
        here = place.on(variable=ANY)
        yield from here.rows({"n": n})
        severity = _severities(of_group)
        for level, severities in (("any", ("minor", "major")), ("major", ("major",))):
            with_any = {patient for patient, held in severity if held in severities}
            yield from here.on(level=level).rows(proportion(len(with_any), n))


def _rule(place: Place, held: pl.DataFrame) -> Iterator[Entry]:
    """Records judged, deviating, not recorded; the patients with a deviation; deviations by severity."""
    counts = Counter(held["status"])
    severity = _severities(held)
    yield from place.rows(
        {
            "judged": counts["met"] + counts["deviation"],
            "deviations": counts["deviation"],
            "not_recorded": counts["not_recorded"],
            "patients": len({patient for patient, _ in severity}),
        }
    )
    for level in ("minor", "major"):
        many = sum(held_as == level for _, held_as in severity)
        yield from place.on(level=level).rows({"deviations": many})


def _severities(held: pl.DataFrame) -> list[tuple[str, str]]:
    """The patient and the severity of each deviation."""
    return [row for row in zip(held["patient"], held["severity"], strict=True) if row[1] is not None]


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
