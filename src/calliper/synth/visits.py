"""Invented visits: one on the day of each scan, with what was examined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from calliper.synth.draws import Draws
from calliper.synth.lesions import ImagingScan
from calliper.synth.patients import Patient

WITHOUT_BLOOD, WITHOUT_AFP, WITHOUT_CHEST = 0.01, 0.02, 0.02
WORSE_WITH_PROGRESSION, LARGEST_ECOG = 0.35, 2


@dataclass(frozen=True)
class Visit:
    """One visit and the scan of its day."""

    patient_id: str
    day: date
    ecog: int
    has_blood: bool
    has_afp: bool
    has_chest_ct: bool
    abdomen: str
    has_contrast: bool


def invent_visits(patients: Sequence[Patient], scans: Sequence[ImagingScan]) -> list[Visit]:
    """Every visit after the first session, by patient and day; a patient's are the same in any cohort."""
    return [visit for patient in patients for visit in _of_patient(patient, scans)]


def _of_patient(patient: Patient, scans: Sequence[ImagingScan]) -> Iterator[Visit]:
    draws = Draws(f"visits {patient.patient_id}")
    seen = [scan for scan in scans if scan.patient_id == patient.patient_id][1:]
    ecog = patient.ecog
    for scan, made in zip(patient.scans, seen, strict=True):
        if scan.response == "PD" and draws.uniform() < WORSE_WITH_PROGRESSION:
            ecog = min(LARGEST_ECOG, ecog + 1)
        yield Visit(
            patient_id=patient.patient_id,
            day=made.day,
            ecog=ecog,
            has_blood=draws.uniform() >= WITHOUT_BLOOD,
            has_afp=draws.uniform() >= WITHOUT_AFP,
            has_chest_ct=draws.uniform() >= WITHOUT_CHEST,
            abdomen=made.modality,
            has_contrast=made.has_arterial_phase,
        )
