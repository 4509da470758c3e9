"""Invented contacts: when each patient was last known to be alive, and how the centre knew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from calliper.synth.draws import Draws
from calliper.synth.patients import Patient

FIRST_CLINIC_DAYS = (7, 14)
BETWEEN_CALLS_DAYS = (50, 90)
ANSWERED_BY_CLINIC = 0.4


@dataclass(frozen=True)
class Contact:
    """One contact: CLINIC, PHONE or IMAGING, with the patient ALIVE or known to be DEAD since that day."""

    patient_id: str
    day: date
    kind: str
    status: str


def invent_contacts(patients: Sequence[Patient]) -> list[Contact]:
    """Every contact of the cohort by patient and date; the last of each patient ends the observation."""
    draws = Draws("contacts")
    return [contact for patient in patients for contact in _contacts(patient, draws)]


def _contacts(patient: Patient, draws: Draws) -> Iterator[Contact]:
    def on(day: int, kind: str, status: str = "ALIVE") -> Contact:
        return Contact(patient.patient_id, patient.on_day(day), kind, status)

    yield on(draws.between(*FIRST_CLINIC_DAYS), "CLINIC")
    for scan in patient.scans[::3]:
        yield on(scan.day, "IMAGING")
    day = max(scan.day for scan in patient.scans[::3]) + draws.between(*BETWEEN_CALLS_DAYS)
    while day < patient.os_days - 5:
        yield on(day, "CLINIC" if draws.uniform() < ANSWERED_BY_CLINIC else "PHONE")
        day += draws.between(*BETWEEN_CALLS_DAYS)
    yield on(patient.os_days, "PHONE", "DEAD") if patient.died else on(patient.os_days, "CLINIC")
