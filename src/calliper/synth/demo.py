"""The demonstration: what three centres would keep of an invented cohort, one workbook each, and its study
file.

The workbooks are raw records, not results: nothing in them is an endpoint or a count of the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from calliper.errors import OutputError
from calliper.synth.adverse_events import AdverseEvent, invent_adverse_events
from calliper.synth.contacts import Contact, invent_contacts
from calliper.synth.patients import CENTRES, Patient, read_patients

if TYPE_CHECKING:
    from xlsxwriter import Workbook

Cell = str | int | float | date | None

PACKAGED = {"demo_study.yaml": "study.yaml", "demo_published.yaml": "published.yaml"}
CREATED = datetime(2020, 7, 1)
"""Written into the workbooks instead of the clock, so that every run gives the same bytes."""

READ_ME = (
    "ALL DATA ARE INVENTED",
    "No patient in this workbook exists or existed: a computer program made identifiers, dates and values.",
    "The cohort is calibrated to give the figures published by Liu et al. (2021), Tables 1 to 4.",
    "It shows how a study is run from records to report. It is no evidence about any treatment.",
    "Patients: one row a patient. Responses: one row a scan, overall mRECIST category.",
    "Adverse events: one row an episode or change of grade, CTCAE 3.0. Contacts: one row a contact.",
    "Data cut-off: 2020-06-30.",
)
PATIENT_COLUMNS = (
    "Patient ID",
    "Sex",
    "Age",
    "Aetiology",
    "Cirrhosis",
    "Largest diameter (cm)",
    "Sum of diameters (cm)",
    "Nodules",
    "Vascular invasion",
    "Extrahepatic metastasis",
    "ECOG",
    "Child-Pugh",
    "BCLC",
    "AFP (ng/mL)",
    "Previous treatment",
    "Progressed after previous treatment",
    "Diagnosis",
    "Expected survival > 3 months",
    "Secondary liver tumour",
    "Severe organ dysfunction",
    "Mental disorder or pregnancy",
    "Admission date",
    "First DEB-TACE",
    "Treatment",
    "First sorafenib",
    "Death date",
)
RESPONSE_COLUMNS = ("Patient ID", "Scan date", "Day", "mRECIST")
EVENT_COLUMNS = ("Patient ID", "Term", "Grade", "Start date", "End date", "Related to", "Action", "Outcome")
CONTACT_COLUMNS = ("Patient ID", "Contact date", "Kind", "Status")


def write_demo(folder: Path) -> list[Path]:
    """Write the three workbooks and the study files into `folder`, made if absent; returns what was written.

    The same bytes every time, so a folder that already holds the demonstration is left as it is.

    Raises:
        OutputError: a file of one of these names holds something else (an edited study, say), or a file cannot be
            written.
    """
    patients = read_patients()
    events = invent_adverse_events(patients)
    contacts = invent_contacts(patients)
    contents = {
        f"{centre}.xlsx": _workbook([p for p in patients if p.centre == centre], events, contacts)
        for centre in CENTRES
    }
    contents |= _packaged()
    files_to_write = {folder / name: content for name, content in contents.items()}
    try:
        changed = [
            path.name
            for path, content in files_to_write.items()
            if path.exists() and path.read_bytes() != content
        ]
        if changed:
            raise OutputError(
                f"{folder} holds a changed {' and '.join(changed)}, which would be lost; "
                "choose another folder with --out, or run the changed study with: calliper run"
            )
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files_to_write.items():
            path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"the demonstration cannot be written to {folder}: {error.strerror}") from error
    return list(files_to_write)


def _packaged() -> dict[str, bytes]:
    found = {name: files("calliper.synth").joinpath(packaged) for packaged, name in PACKAGED.items()}
    return {name: resource.read_bytes() for name, resource in found.items() if resource.is_file()}


def _workbook(
    patients: Sequence[Patient], events: Iterable[AdverseEvent], contacts: Iterable[Contact]
) -> bytes:
    # Imported here: the demonstration alone writes workbooks, and every other command would wait for it.
    from xlsxwriter import Workbook

    known = {patient.patient_id for patient in patients}
    buffer = BytesIO()
    with Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as workbook:
        workbook.set_properties({"title": "Invented data", "comments": READ_ME[1], "created": CREATED})
        notes = workbook.add_worksheet("Read me")
        notes.set_column(0, 0, 110)
        notes.write_column(0, 0, READ_ME)
        _sheet(workbook, "Patients", PATIENT_COLUMNS, [_patient(patient) for patient in patients])
        _sheet(workbook, "Responses", RESPONSE_COLUMNS, _scans(patients))
        _sheet(
            workbook,
            "Adverse events",
            EVENT_COLUMNS,
            [_event(event) for event in events if event.patient_id in known],
        )
        _sheet(
            workbook,
            "Contacts",
            CONTACT_COLUMNS,
            [(c.patient_id, c.day, c.kind, c.status) for c in contacts if c.patient_id in known],
        )
    return buffer.getvalue()


def _sheet(workbook: Workbook, name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    sheet = workbook.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(columns) - 1, 14)
    sheet.write_row(0, 0, columns)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, row)


def _patient(patient: Patient) -> tuple[Cell, ...]:
    return (
        patient.patient_id,
        patient.sex,
        patient.age,
        patient.aetiology,
        _yes(patient.has_cirrhosis),
        patient.largest_cm,
        patient.sum_cm,
        patient.nodules,
        _yes(patient.has_vascular_invasion),
        _yes(patient.has_metastasis),
        patient.ecog,
        patient.child_pugh,
        patient.bclc,
        patient.afp,
        _yes(patient.was_treated_before),
        "Y" if patient.was_treated_before else None,
        patient.diagnosis,
        "Y",
        "N",
        "N",
        "N",
        patient.admission,
        patient.first_tace,
        patient.treatment,
        patient.first_sorafenib,
        patient.last_known if patient.died else None,
    )


def _scans(patients: Iterable[Patient]) -> list[tuple[Cell, ...]]:
    return [
        (patient.patient_id, patient.on_day(scan.day), scan.day, scan.response)
        for patient in patients
        for scan in patient.scans
    ]


def _event(event: AdverseEvent) -> tuple[Cell, ...]:
    return (
        event.patient_id,
        event.term,
        event.grade,
        event.start,
        event.end,
        event.related_to,
        event.action,
        "recovered",
    )


def _yes(value: bool) -> str:
    return "Y" if value else "N"
