"""Invented laboratory values: on admission, in the days after the first session, and at the visits.

Bilirubin and albumin on admission agree with the patient's Child-Pugh class, were the other three items of the score
at one point each. After the first session enzymes and bilirubin rise and albumin falls for some days. Each centre has
units and limits of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from calliper.synth.draws import Draws
from calliper.synth.patients import Patient
from calliper.synth.visits import Visit

AFTER_SESSION_DAYS = (2, 4)
ALT, AST, BILIRUBIN, ALBUMIN, PLATELETS, CREATININE = TESTS = (
    "ALT", "AST", "Bilirubin", "Albumin", "Platelets", "Creatinine",
)  # fmt: skip
RISES = {
    ALT: (1.1, 4.0), AST: (1.2, 4.5), BILIRUBIN: (1.0, 1.35), ALBUMIN: (0.84, 0.97), PLATELETS: (0.75, 1.0),
    CREATININE: (0.9, 1.2),
}  # fmt: skip
"""By how much a value of admission is multiplied after the first session, the lower ends more often."""
VARIES = {ALT: 0.4, AST: 0.4, BILIRUBIN: 0.2, ALBUMIN: 0.07, PLATELETS: 0.2, CREATININE: 0.14}
"""The largest share by which a value of a visit differs from the one of admission."""
COMPENSATED = {BILIRUBIN: (6.0, 50.0), ALBUMIN: (28.5, 50.0)}
"""What no value of a visit lies outside: in nobody does the liver fail."""

PER_MG_BILIRUBIN, PER_MG_CREATININE = 1 / 17.1, 1 / 88.4
"""One umol/L in mg/dL."""


@dataclass(frozen=True)
class Measured:
    """How a centre reports a test: its unit, its limits in it (None: it has none), decimals, and the unit's size."""

    unit: str
    lower: float | None
    upper: float | None
    decimals: int = 0
    factor: float = 1.0


BY_CENTRE: Mapping[str, Mapping[str, Measured]] = {
    "linyi": {
        ALT: Measured("U/L", None, 40),
        AST: Measured("U/L", None, 40),
        BILIRUBIN: Measured("umol/L", 3.4, 20.5, 1),
        ALBUMIN: Measured("g/L", 35, 55, 1),
        PLATELETS: Measured("10^9/L", 125, 350),
        CREATININE: Measured("umol/L", 44, 97),
    },
    "dalian": {
        ALT: Measured("U/L", None, 50),
        AST: Measured("U/L", None, 40),
        BILIRUBIN: Measured("mg/dL", 0.2, 1.2, 2, PER_MG_BILIRUBIN),
        ALBUMIN: Measured("g/dL", 3.5, 5.2, 2, 0.1),
        PLATELETS: Measured("10^3/uL", 125, 350),
        CREATININE: Measured("mg/dL", 0.5, 1.1, 2, PER_MG_CREATININE),
    },
    "beijing": {
        ALT: Measured("U/L", 7, 40),
        AST: Measured("U/L", 13, 35),
        BILIRUBIN: Measured("umol/L", 5.1, 22.2, 1),
        ALBUMIN: Measured("g/L", 40, 55, 1),
        PLATELETS: Measured("10^9/L", 100, 300),
        CREATININE: Measured("umol/L", 41, 106),
    },
}


@dataclass(frozen=True)
class LabValue:
    """One value in the unit of the centre, with the limits of its laboratory."""

    patient_id: str
    day: date
    test: str
    value: float
    measured: Measured


def invent_laboratory(patients: Sequence[Patient], visits: Sequence[Visit]) -> list[LabValue]:
    """Every value by patient, day and test; a patient's are the same in any cohort."""
    return [value for patient in patients for value in _of_patient(patient, visits)]


def _of_patient(patient: Patient, visits: Sequence[Visit]) -> Iterator[LabValue]:
    draws = Draws(f"laboratory {patient.patient_id}")
    usual = _on_admission(patient, draws)
    yield from _reported(patient, patient.admission, usual)
    yield from _reported(patient, patient.on_day(draws.between(*AFTER_SESSION_DAYS)), _rise(usual, draws))
    for visit in visits:
        if visit.patient_id == patient.patient_id and visit.has_blood:
            yield from _reported(patient, visit.day, _vary(usual, draws))


def _on_admission(patient: Patient, draws: Draws) -> dict[str, float]:
    """In U/L, umol/L, g/L and 10^9/L."""
    is_b = patient.child_pugh == "B"
    alt = (22.0 if is_b else 15.0) + 75.0 * draws.uniform() ** 2
    platelets = (70.0, 165.0) if patient.has_cirrhosis else (125.0, 290.0)
    return {
        ALT: alt,
        AST: alt * draws.within(0.9, 1.6),
        BILIRUBIN: draws.within(35.5, 46.0) if is_b else draws.within(8.0, 25.0),
        ALBUMIN: draws.within(29.5, 34.4) if is_b else draws.within(35.8, 45.0),
        PLATELETS: draws.within(*platelets),
        CREATININE: draws.within(52.0, 92.0) - (8.0 if patient.sex == "F" else 0.0),
    }


def _rise(usual: Mapping[str, float], draws: Draws) -> dict[str, float]:
    found = {}
    for test, value in usual.items():
        low, high = RISES[test]
        found[test] = value * (low + (high - low) * draws.uniform() ** 2)
    return found


def _vary(usual: Mapping[str, float], draws: Draws) -> dict[str, float]:
    found = {test: value * draws.within(1 - VARIES[test], 1 + VARIES[test]) for test, value in usual.items()}
    for test, (low, high) in COMPENSATED.items():
        found[test] = min(high, max(low, found[test]))
    return found


def _reported(patient: Patient, day: date, values: Mapping[str, float]) -> Iterator[LabValue]:
    for test, value in values.items():
        measured = BY_CENTRE[patient.centre][test]
        made = round(value * measured.factor, measured.decimals)
        yield LabValue(patient.patient_id, day, test, made, measured)
