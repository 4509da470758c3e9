"""Invented treatments: every DEB-TACE session, and the periods of sorafenib by daily dose.

Doses follow the paper's Materials and method: 60 mg of epirubicin in the first session, sorafenib at 400 mg twice a
day, half of it or a pause of about a week for an adverse event. What it leaves open is invented: how often a session
was repeated, who went back to the full dose, and when and why the drug was stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from calliper.synth.adverse_events import AdverseEvent
from calliper.synth.draws import Draws
from calliper.synth.patients import Patient

SESSION, SORAFENIB = "DEB-TACE", "Sorafenib"
EPIRUBICIN_MG = 60
REPEATED_WITH_MG = (60,) * 29 + (50,)
REPEATED_FOR = ("PR", "SD")
"""A session is repeated while a scan shows viable tumour and no progression."""
REPEATED, LESS_EACH_TIME = 0.7, 0.75
"""Chance that the first such scan leads to a session, and by how much it falls with every session."""
AFTER_SCAN_DAYS = (2, 9)
BETWEEN_SESSIONS_DAYS = 42
BEFORE_NEXT_SCAN_DAYS = 21
FULL_MG, REDUCED_MG, NOTHING_MG = 800, 400, 0
"""Sorafenib a day."""
BEGUN, FOR_EVENT, FULL_AGAIN = "start", "AE", "resume"
AT_PROGRESSION, AT_DECOMPENSATION = "progression", "decompensation"
"""Why a period of sorafenib began."""
BACK_TO_FULL_DOSE = 0.5
RELIEVED_AFTER_DAYS = (1, 7)
STOPPED_AFTER_PD_DAYS = (1, 7)
STOPPED_BEFORE_DEATH_DAYS = (3, 21)
DAY = timedelta(days=1)
LATE_PROGRESSION_DAYS = 365
"""Who progressed only after this and is alive goes on with sorafenib: the last period has no end."""


@dataclass(frozen=True)
class Treatment:
    """A session (one day; mg of epirubicin in the beads) or a period of sorafenib.

    Of a period the dose is mg a day, 0 while it is held or after it was stopped; no end: it goes on. `reason` is why it
    began.
    """

    patient_id: str
    drug: str
    start: date
    end: date | None
    dose_mg: int
    reason: str | None = None


def invent_treatments(patients: Sequence[Patient], events: Sequence[AdverseEvent]) -> list[Treatment]:
    """Every treatment of the cohort by patient, drug and start; a patient's are the same in any cohort.

    `events` are those of `invent_adverse_events`: their actions are the reductions and pauses.
    """
    rows: list[Treatment] = []
    for patient in patients:
        draws = Draws(f"treatments {patient.patient_id}")
        rows += _sessions(patient, draws)
        rows += _sorafenib(
            patient, [event for event in events if event.patient_id == patient.patient_id], draws
        )
    return rows


def _sessions(patient: Patient, draws: Draws) -> Iterator[Treatment]:
    yield _session(patient, 0, EPIRUBICIN_MG)
    last, chance = 0, REPEATED
    progression = _progression_day(patient)
    following = [scan.day for scan in patient.scans[1:]] + [patient.os_days]
    for scan, next_day in zip(patient.scans, following, strict=True):
        day = scan.day + draws.between(*AFTER_SCAN_DAYS)
        is_due = scan.response in REPEATED_FOR and day - last >= BETWEEN_SESSIONS_DAYS
        is_early = next_day - day >= BEFORE_NEXT_SCAN_DAYS and (progression is None or day < progression)
        if is_due and is_early and draws.uniform() < chance:
            yield _session(patient, day, draws.one_of(REPEATED_WITH_MG))
            last, chance = day, chance * LESS_EACH_TIME


def _session(patient: Patient, day: int, dose_mg: int) -> Treatment:
    on = patient.on_day(day)
    return Treatment(patient.patient_id, SESSION, on, on, dose_mg)


def _sorafenib(patient: Patient, events: Sequence[AdverseEvent], draws: Draws) -> Iterator[Treatment]:
    """The periods, one after the other: the day after one ends the next begins."""
    if patient.first_sorafenib is None:
        return

    def period(start: date, end: date | None, dose_mg: int, reason: str) -> Treatment:
        return Treatment(patient.patient_id, SORAFENIB, start, end, dose_mg, reason)

    stops = _stop(patient, draws)
    start, dose, reason = patient.first_sorafenib, FULL_MG, BEGUN
    for event in (event for event in events if event.action != "none"):
        yield period(start, event.start, dose, reason)
        start = event.start + DAY
        if event.action == "interrupted":
            yield period(start, event.end, NOTHING_MG, FOR_EVENT)
            start, reason = event.end + DAY, FULL_AGAIN
            continue
        dose, reason = REDUCED_MG, FOR_EVENT
        if draws.uniform() < BACK_TO_FULL_DOSE:
            relieved = event.end + timedelta(days=draws.between(*RELIEVED_AFTER_DAYS))
            yield period(start, relieved, dose, reason)
            start, dose, reason = relieved + DAY, FULL_MG, FULL_AGAIN
    yield period(start, stops, dose, reason)
    if stops is not None:
        why = AT_DECOMPENSATION if _progression_day(patient) is None else AT_PROGRESSION
        yield period(stops + DAY, None, NOTHING_MG, why)


def _stop(patient: Patient, draws: Draws) -> date | None:
    """The last day on sorafenib; None where it goes on."""
    progression = _progression_day(patient)
    if progression is None:
        return patient.on_day(patient.os_days - draws.between(*STOPPED_BEFORE_DEATH_DAYS))
    if progression > LATE_PROGRESSION_DAYS and not patient.died:
        return None
    return patient.on_day(progression + draws.between(*STOPPED_AFTER_PD_DAYS))


def _progression_day(patient: Patient) -> int | None:
    return next((scan.day for scan in patient.scans if scan.response == "PD"), None)
