"""The cohort and its endpoints as shapes: who is in, and what happened to them.

Frames hold one row a patient (or a patient and landmark, or a patient and term). Each row keeps `reason` - why it is an
event, censored, evaluable or not - and `source`, the record it came from (`file, sheet 'S', row n`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

SCREENED: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "centre": pl.String,
    "arm": pl.String,
    "decision": pl.String,  # included | excluded | pending
    "left_at": pl.String,  # the first criterion, in protocol order, at which the patient left; null if included
    "reason": pl.String,
}

VERDICTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "criterion": pl.String,
    "verdict": pl.String,  # pass | fail | unknown
    "source": pl.String,
}

TIMES: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "time": pl.Float64,  # in the endpoint's unit
    "event": pl.Int64,  # 1 event, 0 censored or a competing event
    "cause": pl.String,  # `event`, the name of the competing event that came first, or null where censored
    "reason": pl.String,  # in words that many patients share, and by which they are counted
    "detail": pl.String,  # what is this patient's own: the dates behind the reason; null where it says all
    "source": pl.String,
}

RESPONSES: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "landmark": pl.String,
    "response": pl.String,  # CR, PR, SD, PD, or NE (not evaluable)
    "day": pl.Int64,
    "reason": pl.String,
    "source": pl.String,
}

SCANS: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "date": pl.Date,  # on which the response counts
    "day": pl.Int64,  # from the endpoint's start
    "scan": pl.String,  # identifiers, `; ` between those of one assessment
    "visit": pl.String,
    "modality": pl.String,
    "sum_mm": pl.Float64,  # of the target lesions; null where it is not whole, unless PD as it is (SUM_PARTIAL)
    "baseline_mm": pl.Float64,
    "nadir_mm": pl.Float64,  # the smallest sum before this scan
    "nadir_date": pl.Date,
    "change_from_baseline": pl.Float64,  # percent
    "change_from_nadir": pl.Float64,  # percent; null on a nadir of 0
    "target": pl.String,  # CR, PR, SD, PD, NE, NOTL
    "non_target": pl.String,  # CR, NONCR_NONPD, PD, NE, NONE
    "new": pl.String,  # NO, EQUIVOCAL, YES, NE
    "new_site": pl.String,  # where YES: liver, vessel, node, effusion, extrahepatic, `; ` between them; else null
    "overall": pl.String,  # CR, PR, SD, NONCR_NONPD, PD, NE
    "rule": pl.String,  # O1 to O11, the rule that gave it
    "response": pl.String,  # the same as CR, PR, SD, PD or NE
    "reason": pl.String,
    "flags": pl.String,  # `; ` between them
    "recorded": pl.String,  # the category a centre recorded on its days
    "agrees": pl.Boolean,  # whether the two are the same; null where none was recorded
    "source": pl.String,
    "_centre": pl.String,
    "_file": pl.String,
    "_sheet": pl.String,
    "_row": pl.Int64,
}
"""The scans of a response endpoint that is derived from lesions, one row an assessment."""

TOXICITIES: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "term": pl.String,  # the term's name in study.yaml, or the recorded term
    "grade": pl.Int64,  # worst grade; 0 when it did not occur; null when it is unknown
    "occurred": pl.Boolean,  # null: not known whether it occurred
    "events": pl.Int64,  # rows of the table; null for a patients' column
    "reason": pl.String,
    "source": pl.String,
    "day": pl.Int64,  # of the first occurrence, from the endpoint's start
    "days_at_risk": pl.Int64,  # to the first occurrence, or to the end of the window or of follow-up, both days in
    "baseline_grade": pl.Int64,  # before the first window opens; 0 where nothing was, null where it is not known
}

EVENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "term": pl.String,  # as in TOXICITIES
    "category": pl.String,
    "day": pl.Int64,  # from the start of its own window: of the session, or of the first dose; null: not dated
    "study_day": pl.Int64,  # from the endpoint's start, or else that of the patient's first window
    "end_day": pl.Int64,  # like study_day; null: no end recorded
    "grade": pl.Int64,  # 1 to 5; null: not recorded
    "baseline_grade": pl.Int64,  # of the same term before its window opens; 0: absent, null: not known
    "serious": pl.String,  # as recorded, like the next three
    "related": pl.String,
    "action": pl.String,
    "outcome": pl.String,
    "origin": pl.String,  # recorded | laboratory
    "session": pl.Int64,  # number, from 1, of the session in whose window it lies; null where windows have none
    "source": pl.String,
}
"""The events that count, one row an event and term: of a toxicity endpoint, beside each patient's worst grade."""

TREATMENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "treatment": pl.String,  # its name in study.yaml
    "first_day": pl.Int64,  # from the endpoint's start
    "last_day": pl.Int64,  # the same as first_day of a session; null where it is not known to have ended
    "reason": pl.String,
    "source": pl.String,
}

EXPOSURES: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "first_day": pl.Int64,  # with a dose, from the endpoint's start; null, like all numbers below: never started
    "last_day": pl.Int64,  # with a dose
    "duration_days": pl.Int64,  # from the first to the last, both inside, pauses too
    "on_drug_days": pl.Int64,  # of these, with a dose
    "cumulative_mg": pl.Float64,
    "mean_daily_mg": pl.Float64,  # over the duration
    "mean_daily_mg_without_pauses": pl.Float64,  # over the days with a dose
    "rdi_percent": pl.Float64,  # relative dose intensity: taken, of the planned dose on every day of the duration
    "reductions": pl.Int64,
    "first_reduction_day": pl.Int64,
    "interruptions": pl.Int64,
    "longest_interruption_days": pl.Int64,  # 0 where there was none
    "days_unrecorded": pl.Int64,  # between periods, counted as without a dose
    "was_on_before": pl.Boolean,  # a dose on the day before the start and on the start: the delay is not known
    "is_ongoing": pl.Boolean,  # not known to have ended by the cut-off, or when last seen
    "reason": pl.String,  # what ended it, or why there is none, in words that many patients share
    "detail": pl.String,  # dates of the records that were completed; null where none was
    "source": pl.String,
}
"""Exposure to a drug, one row a patient of the endpoint's arms."""

SCHEDULES: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "days_followed": pl.Int64,  # from the start to the end of follow-up; null, like all numbers below: not known
    "due": pl.Int64,  # on time, late, after missed ones, and missed
    "attended": pl.Int64,  # days with a visit; the early ones too, which were not due yet
    "on_time": pl.Int64,
    "early": pl.Int64,
    "late": pl.Int64,
    "after_missed": pl.Int64,  # visits later than `late_until`
    "missed": pl.Int64,  # overdue, and nobody came
    "days_since_last": pl.Int64,  # from the last visit, or else the start, to the end of follow-up
    "complete": pl.Int64,  # visits at which all the content was done; null, like the next two: none is asked for
    "incomplete": pl.Int64,  # visits at which something was not
    "content_not_recorded": pl.Int64,  # neither of the two can be told
    "share": pl.Float64,  # on_time / due; null where none was due
    "reason": pl.String,  # what ended follow-up, or why nothing can be counted, in words that many patients share
    "detail": pl.String,  # the date of the end
    "source": pl.String,  # of the end; the patient's own record where the cut-off was it
}
"""Visits held against their schedule, one row a patient."""

VISITS: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "day": pl.Int64,  # from the endpoint's start
    "interval": pl.Int64,  # days since the visit before, or else the start
    "timing": pl.String,  # early | on time | late | after missed
    "done": pl.String,  # roles of the content, `; ` between them; like the next two empty where there is none
    "not_done": pl.String,
    "not_recorded": pl.String,
    "source": pl.String,
}
"""The visits of a schedule that count, one row a day."""

NO_START = "start not recorded"
"""The reason of a patient whose days cannot be counted, as the start is not known."""

DEVIATIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "rule": pl.String,  # its id in study.yaml
    "date": pl.Date,  # of the row that is judged; null where it has none
    "status": pl.String,  # met | deviation | not_recorded
    "severity": pl.String,  # minor | major; null unless a deviation
    "affects": pl.String,  # response | ttp | safety | none
    "expected": pl.String,
    "observed": pl.String,
    "source": pl.String,
}
"""Rules of the protocol held against the records, one row a rule and record judged."""

MEASUREMENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "item": pl.String,  # its name in study.yaml
    "window": pl.String,  # likewise
    "value": pl.Float64,  # in the item's unit; null where the window holds none
    "day": pl.Int64,  # of the value, from the endpoint's start
    "reason": pl.String,
    "source": pl.String,
}
"""Measurements over time, one row a patient, item and window."""

SCHEMAS = {
    "deviations": DEVIATIONS,
    "time_to_event": TIMES,
    "response": RESPONSES,
    "toxicity": TOXICITIES,
    "treatments": TREATMENTS,
    "exposure": EXPOSURES,
    "schedule": SCHEDULES,
    "measurements": MEASUREMENTS,
}


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who is in the study.

    `patients` is the included patients, one row each: `patient`, `centre`, `arm` (arm names of study.yaml), every
    variable and derived variable, provenance. `screened` (columns SCREENED) has every patient of the records and
    `verdicts` (columns VERDICTS) every criterion of every patient.
    """

    patients: pl.DataFrame
    screened: pl.DataFrame
    verdicts: pl.DataFrame

    def __add__(self, other: Cohort) -> Cohort:
        """Both cohorts' patients, this one's first."""
        return Cohort(
            patients=pl.concat([self.patients, other.patients]),
            screened=pl.concat([self.screened, other.screened]),
            verdicts=pl.concat([self.verdicts, other.verdicts]),
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the included patients; the frame's columns are SCHEMAS[kind].

    `scans` (columns SCANS) is what a response was derived from, where it was derived from lesions; `events` (columns
    EVENTS) are the single events of a toxicity, `visits` (columns VISITS) the single visits of a schedule. Raises
    ValueError when a frame has other columns or types: a derivation that drifts fails at once.
    """

    name: str
    kind: Literal[
        "time_to_event",
        "response",
        "toxicity",
        "treatments",
        "exposure",
        "schedule",
        "deviations",
        "measurements",
    ]
    frame: pl.DataFrame
    scans: pl.DataFrame | None = None
    events: pl.DataFrame | None = None
    visits: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        held = (
            (self.frame, SCHEMAS[self.kind]),
            (self.scans, SCANS),
            (self.events, EVENTS),
            (self.visits, VISITS),
        )
        for frame, schema in held:
            if frame is not None and dict(frame.schema) != schema:
                raise ValueError(f"endpoint {self.name}: columns {dict(frame.schema)}, expected {schema}")

    def __add__(self, other: Endpoint) -> Endpoint:
        """The same endpoint of more patients, this one's first."""
        frame = pl.concat([self.frame, other.frame])
        scans, events = _both(self.scans, other.scans), _both(self.events, other.events)
        return Endpoint(self.name, self.kind, frame, scans, events, _both(self.visits, other.visits))


def _both(mine: pl.DataFrame | None, theirs: pl.DataFrame | None) -> pl.DataFrame | None:
    held = [frame for frame in (mine, theirs) if frame is not None]
    return pl.concat(held) if held else None


@dataclass(frozen=True, slots=True)
class Derived:
    """Everything the analyses see besides the protocol: the cohort and its endpoints by name."""

    cohort: Cohort
    endpoints: Mapping[str, Endpoint]

    def __add__(self, other: Derived) -> Derived:
        """The cohorts and endpoints of two parts of one study's patients, this one's first."""
        endpoints = {name: mine + other.endpoints[name] for name, mine in self.endpoints.items()}
        return Derived(cohort=self.cohort + other.cohort, endpoints=endpoints)
