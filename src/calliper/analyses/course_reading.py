"""The courses of the patients from their endpoints, one at a time: scans, treatments, the end of follow-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from calliper.endpoints import Derived, Endpoint
from calliper.protocol.spec import DAYS_PER_UNIT
from calliper.protocol.specs import CoursesAnalysis, Protocol, Response, TimeToEvent
from calliper.results import Course, Seen, Treated

EVALUABLE = ("CR", "PR", "SD", "PD")


class Scan(NamedTuple):
    """A scan not after new anticancer therapy; `counts` up to and including the first progression.

    `change` is null without a whole sum; `has_baseline` says whether baseline had one.
    """

    day: int
    response: str
    change: float | None
    has_baseline: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class Read:
    """The courses in the order of the cohort's frame, and why each has no best change (empty where it has one)."""

    courses: tuple[Course, ...]
    why_without: tuple[str, ...]


def best_landmark(response: Response) -> str | None:
    """The landmark whose response is the best one: an unconfirmed best before a confirmed, None where there is none."""
    found = {held.best: name for name, held in reversed(response.landmarks.items()) if held.best is not None}
    return found.get("unconfirmed") or found.get("confirmed")


def read_courses(spec: CoursesAnalysis, protocol: Protocol, derived: Derived) -> Read:
    """The course of every patient of the cohort whose arm is known."""
    response = protocol.endpoints[spec.response]
    if not isinstance(response, Response):
        raise ValueError(f"{spec.response} is not a response endpoint")
    endpoint = derived.endpoints[spec.response]
    scans = _scans(endpoint, response)
    best = _best_of(endpoint, best_landmark(response))
    treated = _treated(derived.endpoints[spec.treatments]) if spec.treatments else {}
    ends = _ends(spec.follow_up, protocol, derived) if spec.follow_up else {}
    courses, why = [], []
    for patient, arm in derived.cohort.patients.select("patient", "arm").iter_rows():
        seen = scans.get(patient, [])
        counted = [scan for scan in seen if scan.counts]
        changes = [scan.change for scan in counted if scan.change is not None]
        last_day, ending = ends.get(patient, (None, ""))
        courses.append(
            Course(
                analysis=spec.id,
                patient=patient,
                arm=arm,
                best=best[patient]
                if patient in best
                else best_of(counted, sd_min_days=response.rules.sd_min_days),
                best_change=min(changes, default=None),
                scans=tuple(Seen(scan.day, scan.response, scan.change) for scan in seen),
                treatments=tuple(treated.get(patient, ())),
                last_day=last_day,
                ending=ending,
            )
        )
        why.append("" if changes else _why_without(counted))
    return Read(tuple(courses), tuple(why))


def best_of(scans: Sequence[Scan], *, sd_min_days: int) -> str:
    """The best response of the scans that count: CR, PR, SD (from `sd_min_days` on), PD, else NE."""
    shown = {scan.response for scan in scans if scan.response != "SD" or scan.day >= sd_min_days}
    return next((response for response in EVALUABLE if response in shown), "NE")


def _why_without(counted: Sequence[Scan]) -> str:
    """Why a patient has no best change."""
    if not counted:
        return "no scan before new anticancer therapy or the cut-off"
    if not any(scan.has_baseline for scan in counted):
        return "no sum of target lesions at baseline"
    return "target lesions not all assessed on a scan that counts"


def _scans(endpoint: Endpoint, response: Response) -> dict[str, list[Scan]]:
    """The scans of each patient in the order of their days: those derived, or else those that a landmark took."""
    held: dict[str, list[Scan]] = {}
    rows = _derived(endpoint.scans) if endpoint.scans is not None else _recorded(endpoint.frame, response)
    for patient, scan in rows:
        held.setdefault(patient, []).append(scan)
    return held


def _derived(scans: pl.DataFrame) -> Iterator[tuple[str, Scan]]:
    columns = ("patient", "day", "response", "change_from_baseline", "baseline_mm", "flags")
    for patient, day, response, change, baseline, flagged in (
        scans.sort("patient", "day", maintain_order=True).select(columns).iter_rows()
    ):
        flags = (flagged or "").split("; ")
        if "AFTER_NEW_THERAPY" in flags:
            continue
        whole = None if "SUM_PARTIAL" in flags else change
        yield patient, Scan(day, response, whole, baseline is not None, "AFTER_PD" not in flags)


def _recorded(frame: pl.DataFrame, response: Response) -> Iterator[tuple[str, Scan]]:
    """Days on which a landmark found a response; a confirmed best says more than its scan showed, and is no scan."""
    scans = [name for name, held in response.landmarks.items() if held.best != "confirmed"]
    rows = (
        frame.filter(
            pl.col("landmark").is_in(scans) & pl.col("response").is_in(EVALUABLE) & (pl.col("day") >= 0)
        )
        .select("patient", "day", "response")
        .unique(maintain_order=True)
        .sort("patient", "day", maintain_order=True)
    )
    progressed: set[str] = set()
    for patient, day, shown in rows.iter_rows():
        yield patient, Scan(day, shown, None, has_baseline=False, counts=patient not in progressed)
        if shown == "PD":
            progressed.add(patient)


def _best_of(endpoint: Endpoint, landmark: str | None) -> Mapping[str, str]:
    """The response of each patient at a landmark; empty without one."""
    if landmark is None:
        return {}
    rows = endpoint.frame.filter(pl.col("landmark") == landmark)
    return dict(rows.select("patient", "response").iter_rows())


def _treated(endpoint: Endpoint) -> dict[str, list[Treated]]:
    held: dict[str, list[Treated]] = {}
    rows = endpoint.frame.drop_nulls("first_day").sort(
        "patient", "first_day", "treatment", maintain_order=True
    )
    for patient, *treatment in rows.select("patient", "treatment", "first_day", "last_day").iter_rows():
        held.setdefault(patient, []).append(Treated(*treatment))
    return held


def _ends(name: str, protocol: Protocol, derived: Derived) -> dict[str, tuple[int, str]]:
    """The last day of follow-up of each patient who has one, and what ended it."""
    spec = protocol.endpoints[name]
    if not isinstance(spec, TimeToEvent):
        raise ValueError(f"{name} is not a time-to-event endpoint")
    days = DAYS_PER_UNIT[spec.unit]
    rows = derived.endpoints[name].frame.drop_nulls(["time", "event"]).select("patient", "time", "cause")
    return {
        patient: (round(time * days) - spec.add_one_day, cause or "censored")
        for patient, time, cause in rows.iter_rows()
    }
