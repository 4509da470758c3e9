"""What counts as an adverse event, read day by day in plain loops: a slow twin of the derivation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from calliper.disease.ctcae.labs import LabValue, grade_lab
from calliper.disease.ctcae.versions import Version
from hand_records import CUTOFF

DAY = timedelta(days=1)


@dataclass
class Patient:
    """A patient's start and rows, as dicts."""

    name: str
    start: date
    events: list[dict[str, Any]]
    exposure: list[dict[str, Any]]


@dataclass
class Told:
    """What one term came to: single events as (study day, session, grade, grade before), and the days at risk."""

    events: list[tuple[int, int | None, int | None, int | None]] = field(default_factory=list)
    days_at_risk: int | None = None


def open_days(patient: Patient, spec: dict[str, Any]) -> dict[date, tuple[int | None, date]] | None:
    """Every day on which an event counts, with the session and the day before its window opened; None: no window."""
    found: dict[date, tuple[int | None, date]] = {}
    if "after_each" in spec:
        low, high = spec["after_each"]["days"]
        days = sorted(
            {
                row["start"]
                for row in patient.exposure
                if row["drug"] == "DEB-TACE" and row["start"] >= patient.start
            }
        )
        for number, day in enumerate((day for day in days if day <= CUTOFF), start=1):
            for offset in range(low, high + 1):
                found[day + offset * DAY] = (number, day + (low - 1) * DAY)
        if not days:
            return None
    elif "on_drug" in spec:
        doses = [
            row
            for row in patient.exposure
            if row["drug"] == "Sorafenib" and row["dose"] != 0 and patient.start <= row["start"] <= CUTOFF
        ]
        if not doses:
            return None
        first = min(row["start"] for row in doses)
        latest = max(row["start"] for row in doses)
        if any(row["end"] is None for row in doses if row["start"] == latest):
            last = CUTOFF
        else:
            ends = [row["end"] for row in doses if row["end"] is not None]
            last = max([*ends, latest]) + spec["on_drug"]["days_after"] * DAY
        day = first
        while day <= last:
            found[day] = (None, first - DAY)
            day += DAY
    else:
        low, high = spec["window_days"] if "window_days" in spec else spec["until_next"]["days"]
        for offset in range(low, high + 1):
            day = patient.start + offset * DAY
            later = [row["start"] for row in patient.exposure if row["drug"] == "DEB-TACE"]
            if "until_next" in spec and any(patient.start < session <= day for session in later):
                break
            found[day] = (None, patient.start + (low - 1) * DAY)
    return {day: held for day, held in found.items() if day <= CUTOFF}


def there(patient: Patient, values: tuple[str, ...], eve: date) -> int | None:
    """The grade of a term on a day, 0 where it was not there, None where a grade is missing."""
    grades = [
        row["grade"]
        for row in patient.events
        if row["term"] in values
        and row["start"] is not None
        and row["start"] <= eve
        and (row["end"] is None or row["end"] >= eve)
    ]
    return None if None in grades else max(grades, default=0)


def tell(patient: Patient, values: tuple[str, ...], spec: dict[str, Any]) -> Told | None:
    """One term of one patient; None where there is no window."""
    days = open_days(patient, spec)
    if days is None:
        return None
    made = Told()
    first: date | None = None
    for row in patient.events:
        if row["term"] not in values or row["start"] not in days or row["grade"] == 0:
            continue
        if spec.get("related") and row["related"] not in spec["related"]:
            continue
        session, eve = days[row["start"]]
        before = there(patient, values, eve)
        if "baseline" in spec and row["grade"] is not None and before and row["grade"] <= before:
            continue
        made.events.append(((row["start"] - patient.start).days, session, row["grade"], before))
        first = row["start"] if first is None else min(first, row["start"])
    made.days_at_risk = sum(first is None or day <= first for day in days)
    return made


@dataclass
class Measured:
    """What one test came to: events as (study day, end day, grade, session, grade before), whether it occurred."""

    events: list[tuple[int, int | None, int, int | None, int | None]]
    occurred: bool | None


def tell_values(
    patient: Patient, rows: list[dict[str, Any]], spec: dict[str, Any], version: Version
) -> Measured | None:
    """ALT of one patient, `rows` in the order of their file; None where there is no window."""
    days = open_days(patient, spec)
    if days is None:
        return None
    low = 0 if "on_drug" in spec else next(iter(window_of(spec)))
    rows = sorted((row for row in rows if row["date"] <= CUTOFF), key=lambda row: row["date"])

    def as_value(row: dict[str, Any]) -> LabValue:
        return LabValue(row["value"], row["unit"], None, row["upper_limit"])

    early = [row for row in rows if row["date"] <= patient.start]
    baseline = as_value(early[-1]) if early else None
    graded = [
        (row["date"], grade_lab("alt", as_value(row), version=version, baseline=baseline).grade)
        for row in rows
    ]
    made = Measured([], None)
    run: list[tuple[date, int]] = []
    opened: tuple[int | None, int | None] = (None, None)
    inside = []
    for day, grade in graded:
        if day not in days:
            continue
        session, eve = days[day]
        anchor = eve + (1 - low) * DAY
        if day <= max(anchor, patient.start):
            continue
        inside.append(grade)
        if grade is None:
            continue
        earlier = [found for when, found in graded if when <= anchor]
        before = earlier[-1] if earlier else None
        if grade > 0 and not ("baseline" in spec and before is not None and grade <= before):
            opened = opened if run else (session, before)
            run.append((day, grade))
        elif run:
            made.events.append(as_event(run, opened, patient.start, is_open=False))
            run = []
    if run:
        made.events.append(as_event(run, opened, patient.start, is_open=True))
    if made.events:
        made.occurred = True
    elif inside and None not in inside:
        made.occurred = False
    return made


def window_of(spec: dict[str, Any]) -> list[int]:
    """The first and last day of a window counted from its day 0."""
    held = spec.get("after_each") or spec.get("until_next")
    days: list[int] = held["days"] if held else spec["window_days"]
    return days


def as_event(
    run: list[tuple[date, int]], opened: tuple[int | None, int | None], start: date, *, is_open: bool
) -> tuple[int, int | None, int, int | None, int | None]:
    last = None if is_open else (run[-1][0] - start).days
    return (run[0][0] - start).days, last, max(grade for _, grade in run), *opened
