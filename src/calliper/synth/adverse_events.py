"""Invented adverse events whose patients, counted once at their worst grade, are those of Tables 3 and 4.

Rows are what a centre writes: one for each grade an event went through and one for each time it came back, so
there are more rows than patients with the event. Nausea and vomiting are two terms here; the paper counts
patients with either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from calliper.synth.draws import Draws
from calliper.synth.patients import Patient
from calliper.synth.targets import (
    ARMS,
    DOSE_REDUCED,
    INTERRUPTED_FOR_HYPERTENSION,
    SORAFENIB_WORST_GRADES,
)

NAUSEA_AND_VOMITING = "Nausea and vomiting"
ONSET_AFTER_TACE_DAYS = (0, 3)
ONSET_ON_SORAFENIB_DAYS = (5, 80)
LASTS_AFTER_TACE_DAYS = (5, 7)
LASTS_ON_SORAFENIB_DAYS = (10, 35)
RETURNS_ON_DAY = 7
"""A second episode after the first session begins on its seventh day, inside the week of onset."""
HELD_DAYS = 7
"""Severe hypertension lasts as long as the drug is held: about a week (Materials and method)."""
WAS_MILDER_FIRST = 0.6
CAME_BACK = 0.2
REDUCED_FOR = ("Hand-foot syndrome", "Diarrhoea")


@dataclass(frozen=True)
class AdverseEvent:
    """One row of a centre's list; grade by CTCAE 3.0, related to TACE or SORAFENIB."""

    patient_id: str
    term: str
    grade: int
    start: date
    end: date
    related_to: str
    action: str


def invent_adverse_events(patients: Sequence[Patient]) -> list[AdverseEvent]:
    """Every row of the cohort by patient and start; the same patients give the same rows."""
    draws = Draws("adverse events")
    rows = [
        row
        for patient, term, grade in _after_tace(patients, draws)
        for row in _tace_rows(patient, term, grade, draws)
    ]
    worst = _on_sorafenib(patients, draws)
    actions = _actions(worst)
    rows += [
        row
        for (patient, term), grade in worst.items()
        for row in _sorafenib_rows(patient, term, grade, actions.get((patient, term), "none"), draws)
    ]
    return sorted(rows, key=lambda row: (row.patient_id, row.start, row.term, row.grade))


def _after_tace(patients: Sequence[Patient], draws: Draws) -> Iterator[tuple[Patient, str, int]]:
    """Patient, term and worst grade of every event after the first session."""
    for arm, target in ARMS.items():
        members = [patient for patient in patients if patient.arm == arm]
        for printed, count in target.tace_events.items():
            for patient in draws.some(members, count):
                terms = [printed]
                if printed == NAUSEA_AND_VOMITING:
                    terms = draws.one_of((["Nausea"], ["Vomiting"], ["Nausea", "Vomiting"]))
                for term in terms:
                    yield patient, term, draws.one_of((1, 1, 1, 1, 2, 2, 2, 3))


def _tace_rows(patient: Patient, term: str, grade: int, draws: Draws) -> Iterator[AdverseEvent]:
    onset = draws.between(*ONSET_AFTER_TACE_DAYS)
    if grade > 1 and draws.uniform() < WAS_MILDER_FIRST:
        yield _tace_row(patient, term, 1, onset, 1)
        onset += 2
    lasts = draws.between(*LASTS_AFTER_TACE_DAYS)
    yield _tace_row(patient, term, grade, onset, lasts)
    if grade == 1 and onset == 0 and lasts < RETURNS_ON_DAY:
        yield _tace_row(patient, term, 1, RETURNS_ON_DAY, lasts)


def _on_sorafenib(patients: Sequence[Patient], draws: Draws) -> dict[tuple[Patient, str], int]:
    """The worst grade of every patient and term of Table 4."""
    treated = [patient for patient in patients if patient.first_sorafenib is not None]
    worst: dict[tuple[Patient, str], int] = {}
    for term, by_grade in SORAFENIB_WORST_GRADES.items():
        grades = [grade for grade, count in enumerate(by_grade, start=1) for _ in range(count)]
        chosen = draws.some(treated, len(grades))
        worst |= {
            (patient, term): grade for patient, grade in zip(draws.shuffled(chosen), grades, strict=True)
        }
    return worst


def _actions(worst: Mapping[tuple[Patient, str], int]) -> dict[tuple[Patient, str], str]:
    """Sorafenib held for severe hypertension, and reduced in the six patients with the worst grades."""
    severe = [key for key, grade in worst.items() if key[1] == "Hypertension" and grade == 3]
    found = dict.fromkeys(severe[:INTERRUPTED_FOR_HYPERTENSION], "interrupted")
    reduced: set[str] = set()
    for key in sorted(worst, key=lambda key: (-worst[key], key[1], key[0].patient_id)):
        patient, term = key
        if term in REDUCED_FOR and len(reduced) < DOSE_REDUCED and patient.patient_id not in reduced:
            reduced.add(patient.patient_id)
            found[key] = "reduced"
    return found


def _tace_row(patient: Patient, term: str, grade: int, onset: int, lasts: int) -> AdverseEvent:
    start, end = patient.on_day(onset), patient.on_day(onset + lasts)
    return AdverseEvent(patient.patient_id, term, grade, start, end, "TACE", "none")


def _sorafenib_rows(
    patient: Patient, term: str, grade: int, action: str, draws: Draws
) -> Iterator[AdverseEvent]:
    if patient.first_sorafenib is None:
        raise ValueError(f"{patient.patient_id} took no sorafenib")

    def row(of_grade: int, begins: date, days: int, done: str = "none") -> AdverseEvent:
        ends = begins + timedelta(days=days)
        return AdverseEvent(patient.patient_id, term, of_grade, begins, ends, "SORAFENIB", done)

    start = patient.first_sorafenib + timedelta(days=draws.between(*ONSET_ON_SORAFENIB_DAYS))
    if grade > 1 and draws.uniform() < WAS_MILDER_FIRST:
        yield row(grade - 1, start, 6)
        start += timedelta(days=7)
    lasts = HELD_DAYS if action == "interrupted" else draws.between(*LASTS_ON_SORAFENIB_DAYS)
    yield row(grade, start, lasts, action)
    if draws.uniform() < CAME_BACK:
        again = start + timedelta(days=lasts + draws.between(10, 40))
        yield row(1, again, draws.between(*LASTS_ON_SORAFENIB_DAYS))
