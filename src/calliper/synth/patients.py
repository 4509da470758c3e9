"""The demonstration patient: one row of `demo_patients.csv`, which `calibrate` wrote and `demo` unfolds into
workbooks.

Nobody in the file exists. Each row carries the whole truth about one invented patient: baseline, dates, time
to death or to last contact, and every scan with its response, so that any estimate from the workbooks can be
checked against it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from importlib.resources import files
from io import StringIO
from typing import cast

from calliper.synth.targets import ARMS, Arm

CENTRES = {"linyi": "LY", "dalian": "DL", "beijing": "BJ"}
"""The three centres, in the order of their workbooks, and the code inside their patient identifiers."""


@dataclass(frozen=True)
class Scan:
    """One scan: days since the first session, and the overall mRECIST category (CR, PR, SD, PD or NE)."""

    day: int
    response: str


@dataclass(frozen=True)
class Baseline:
    """A patient before the first session. Diameters in cm to one decimal, AFP in ng/mL."""

    arm: Arm
    sex: str
    age: int
    aetiology: str
    has_cirrhosis: bool
    largest_cm: float
    sum_cm: float
    nodules: int
    has_vascular_invasion: bool
    has_metastasis: bool
    ecog: int
    child_pugh: str
    bclc: str
    afp: float
    was_treated_before: bool
    diagnosis: str


@dataclass(frozen=True)
class Patient(Baseline):
    """An invented patient. `os_days` runs from the first session to death (`died`) or to the last contact."""

    patient_id: str
    centre: str
    admission: date
    first_tace: date
    first_sorafenib: date | None
    os_days: int
    died: bool
    scans: tuple[Scan, ...]

    @property
    def treatment(self) -> str:
        """The treatment in the words of the published tables."""
        return ARMS[self.arm].treatment

    @property
    def last_known(self) -> date:
        """The day of death, or of the last contact of a patient not known to have died."""
        return self.on_day(self.os_days)

    def on_day(self, day: int) -> date:
        """The calendar date `day` days after the first session."""
        return self.first_tace + timedelta(days=day)


def read_patients() -> tuple[Patient, ...]:
    """The 90 patients of the demonstration cohort, in the order of centre and patient identifier."""
    text = files("calliper.synth").joinpath("demo_patients.csv").read_text(encoding="utf-8")
    return tuple(_from_cells(cells) for cells in csv.DictReader(StringIO(text)))


def to_csv(patients: Iterable[Patient]) -> str:
    """The patients as the text of `demo_patients.csv`: a heading line and one line a patient."""
    names = sorted(
        (field.name for field in fields(Patient)), key=("patient_id", "centre").__contains__, reverse=True
    )
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_to_cell(getattr(patient, name)) for name in names] for patient in patients)
    return out.getvalue()


def _to_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, tuple):
        return " ".join(f"{scan.day}{scan.response}" for scan in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _from_cells(cells: dict[str, str]) -> Patient:
    delay = cells["first_sorafenib"]
    return Patient(
        arm=cast(Arm, cells["arm"]),
        sex=cells["sex"],
        age=int(cells["age"]),
        aetiology=cells["aetiology"],
        has_cirrhosis=cells["has_cirrhosis"] == "Y",
        largest_cm=float(cells["largest_cm"]),
        sum_cm=float(cells["sum_cm"]),
        nodules=int(cells["nodules"]),
        has_vascular_invasion=cells["has_vascular_invasion"] == "Y",
        has_metastasis=cells["has_metastasis"] == "Y",
        ecog=int(cells["ecog"]),
        child_pugh=cells["child_pugh"],
        bclc=cells["bclc"],
        afp=float(cells["afp"]),
        was_treated_before=cells["was_treated_before"] == "Y",
        diagnosis=cells["diagnosis"],
        patient_id=cells["patient_id"],
        centre=cells["centre"],
        admission=date.fromisoformat(cells["admission"]),
        first_tace=date.fromisoformat(cells["first_tace"]),
        first_sorafenib=date.fromisoformat(delay) if delay else None,
        os_days=int(cells["os_days"]),
        died=cells["died"] == "Y",
        scans=tuple(Scan(int(scan[:-2]), scan[-2:]) for scan in cells["scans"].split()),
    )
