"""Invented DEB-TACE sessions: how the beads were prepared, what was given and in which order, what was seen.

A session is as the paper's Materials and method has it unless `OTHERWISE` says what was done in another way; where
they are silent (how often stain was left, who saw no stasis) it is invented. A few values were not written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from calliper.synth.draws import Draws
from calliper.synth.patients import Patient
from calliper.synth.treatments import SESSION, Treatment

SETTLING_MIN = (2, 3)
OXALIPLATIN_MG = (100, 100, 120, 120, 150)
STAIN_LEFT, LEFT_AGAIN, LEFT_AT_THE_END = 0.25, 0.3, 0.3
"""Chances of residual stain: at the first angiography, after additional beads, and after plain microspheres."""
NOT_WRITTEN = 0.01
MAY_LACK = ("settling_min", "loading_min", "waiting_min", "oxaliplatin_mg", "rate_ml_per_min", "pause_min")

OTHERWISE: Mapping[tuple[str, int], Mapping[str, Any]] = {
    ("INV-LY-012", 2): {"smallest_um": 100, "largest_um": 300},
    ("INV-LY-024", 2): {"smallest_um": 100, "largest_um": 300},
    ("INV-DL-010", 3): {"smallest_um": 500, "largest_um": 700},
    ("INV-LY-003", 1): {"loading_min": 25},
    ("INV-LY-020", 2): {"loading_min": 20},
    ("INV-BJ-016", 1): {"loading_min": 25},
    ("INV-DL-028", 1): {"ratio": "2:1"},
    ("INV-LY-036", 1): {"waiting_min": 3},
    ("INV-BJ-004", 2): {"waiting_min": 2},
    ("INV-BJ-008", 1): {"settling_min": 5},
    ("INV-DL-005", 1): {"oxaliplatin_mg": 160},
    ("INV-DL-016", 2): {"oxaliplatin_mg": 75},
    ("INV-LY-019", 1): {"rate_ml_per_min": 2},
    ("INV-BJ-021", 1): {"rate_ml_per_min": 2},
    ("INV-LY-011", 1): {"pause_min": 3},
    ("INV-BJ-003", 1): {"access": "left femoral"},
    ("INV-BJ-017", 3): {"access": "radial"},
    ("INV-BJ-019", 2): {"access": "radial"},
    ("INV-LY-010", 1): {"has_microcatheter": False},
    ("INV-DL-018", 2): {"ended_by": "near stasis"},
    ("INV-LY-028", 3): {"ended_by": "near stasis"},
    ("INV-DL-020", 1): {"ended_by": "planned dose"},
    ("INV-DL-025", 2): {"stains": ("partial",), "has_plain_microspheres": True, "is_stain_gone": True},
}
"""What was done otherwise, by patient and number of the session."""


@dataclass(frozen=True)
class Procedure:
    """One session; the values are those of the protocol, None where nobody wrote one down.

    `stains` is what each angiography after the beads still showed, `is_stain_gone` whether none was left in the end.
    """

    patient_id: str
    session: str
    day: date
    indication: str
    drug_mg: int
    settling_min: int | None
    oxaliplatin_mg: int | None
    stains: tuple[str, ...]
    has_plain_microspheres: bool
    is_stain_gone: bool
    smallest_um: int = 300
    largest_um: int = 500
    solvent_ml: int = 5
    shaken_every_min: int = 5
    loading_min: int | None = 30
    ratio: str = "1:1"
    waiting_min: int | None = 5
    access: str = "right femoral"
    has_microcatheter: bool = True
    rate_ml_per_min: int | None = 1
    pause_min: int | None = 5
    ended_by: str = "stasis"

    @property
    def steps(self) -> tuple[tuple[str, str | None], ...]:
        """What was done one after the other, each angiography with the stain it still showed."""
        seen: list[tuple[str, str | None]] = [("infuse drug", None), ("inject beads", None)]
        if self.ended_by == "stasis":
            seen.append(("stasis", None))
        seen.append(("wait", None))
        for number, stain in enumerate(self.stains):
            seen += [("additional beads", None)] * (number > 0) + [("angiography", stain)]
        return (*seen, *[("plain microspheres", None)] * self.has_plain_microspheres)


def invent_procedures(patients: Sequence[Patient], treatments: Sequence[Treatment]) -> list[Procedure]:
    """Every session of `treatments`, by patient and day; a patient's are the same in any cohort."""
    return [procedure for patient in patients for procedure in _of_patient(patient, treatments)]


def _of_patient(patient: Patient, treatments: Sequence[Treatment]) -> Iterator[Procedure]:
    draws = Draws(f"procedures {patient.patient_id}")
    rows = [row for row in treatments if row.patient_id == patient.patient_id and row.drug == SESSION]
    for number, row in enumerate(rows, start=1):
        made = _after_the_protocol(row, number, draws)
        changes: dict[str, Any] = {name: None for name in MAY_LACK if draws.uniform() < NOT_WRITTEN}
        yield replace(made, **{**changes, **OTHERWISE.get((patient.patient_id, number), {})})


def _after_the_protocol(row: Treatment, number: int, draws: Draws) -> Procedure:
    stains = _stains(draws)
    has_plain = stains[-1] == "partial"
    return Procedure(
        patient_id=row.patient_id,
        session=f"T{number}",
        day=row.start,
        indication="first" if number == 1 else "residual",
        drug_mg=row.dose_mg,
        settling_min=draws.between(*SETTLING_MIN),
        oxaliplatin_mg=draws.one_of(OXALIPLATIN_MG),
        stains=stains,
        has_plain_microspheres=has_plain,
        is_stain_gone=not has_plain or draws.uniform() >= LEFT_AT_THE_END,
    )


def _stains(draws: Draws) -> tuple[str, ...]:
    """One angiography, or a second after additional beads."""
    if draws.uniform() >= STAIN_LEFT:
        return ("none",)
    return "partial", "partial" if draws.uniform() < LEFT_AGAIN else "none"
