"""The sheets of a centre's workbook: their columns, and a row for each patient, scan, lesion, event, contact,
treatment, visit and laboratory value; those of the sessions are in `session_sheets`.

Every row begins with the patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from calliper.synth.adverse_events import AdverseEvent, invent_adverse_events
from calliper.synth.cells import Row, Sheet, millimetres, yes
from calliper.synth.contacts import invent_contacts
from calliper.synth.laboratory import LabValue, invent_laboratory
from calliper.synth.lesions import ImagingScan, Lesion, invent_lesions
from calliper.synth.patients import Patient
from calliper.synth.procedures import invent_procedures
from calliper.synth.session_sheets import session_sheets
from calliper.synth.treatments import Treatment, invent_treatments
from calliper.synth.visits import Visit, invent_visits

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
IMAGING_COLUMNS = ("Patient ID", "Scan", "Scan date", "Modality", "Arterial phase", "Reader")
LESION_COLUMNS = (
    "Patient ID",
    "Scan",
    "Lesion",
    "Organ",
    "Role",
    "Kind",
    "Status",
    "Whole (mm)",
    "Viable (mm)",
    "Short axis (mm)",
    "Pattern",
)
TREATMENT_COLUMNS = ("Patient ID", "Drug", "Start date", "End date", "Dose (mg)", "Reason")
VISIT_COLUMNS = (
    "Patient ID",
    "Visit date",
    "ECOG",
    "Blood count",
    "Liver function",
    "Kidney function",
    "AFP",
    "Chest CT",
    "Abdomen",
    "Contrast",
)
LABORATORY_COLUMNS = ("Patient ID", "Date", "Test", "Value", "Unit", "Lower limit", "Upper limit")


def invent_sheets(patients: Sequence[Patient]) -> dict[str, Sheet]:
    """Columns and rows of every sheet by its name, the rows of all centres together."""
    events = invent_adverse_events(patients)
    scans, lesions = invent_lesions(patients)
    treatments = invent_treatments(patients, events)
    visits = invent_visits(patients, scans)
    return {
        "Patients": (PATIENT_COLUMNS, [_patient(patient) for patient in patients]),
        "Responses": (RESPONSE_COLUMNS, _scans(patients)),
        "Adverse events": (EVENT_COLUMNS, [_event(event) for event in events]),
        "Contacts": (
            CONTACT_COLUMNS,
            [(c.patient_id, c.day, c.kind, c.status) for c in invent_contacts(patients)],
        ),
        "Imaging": (IMAGING_COLUMNS, [_imaging(scan) for scan in scans]),
        "Lesions": (LESION_COLUMNS, [_lesion(lesion) for lesion in lesions]),
        "Treatments": (TREATMENT_COLUMNS, [_treatment(row) for row in treatments]),
        **session_sheets(invent_procedures(patients, treatments)),
        "Visits": (VISIT_COLUMNS, [_visit(visit) for visit in visits]),
        "Laboratory": (
            LABORATORY_COLUMNS,
            [_laboratory(value) for value in invent_laboratory(patients, visits)],
        ),
    }


def _patient(patient: Patient) -> Row:
    return (
        patient.patient_id,
        patient.sex,
        patient.age,
        patient.aetiology,
        yes(patient.has_cirrhosis),
        patient.largest_cm,
        patient.sum_cm,
        patient.nodules,
        yes(patient.has_vascular_invasion),
        yes(patient.has_metastasis),
        patient.ecog,
        patient.child_pugh,
        patient.bclc,
        patient.afp,
        yes(patient.was_treated_before),
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


def _scans(patients: Iterable[Patient]) -> list[Row]:
    return [
        (patient.patient_id, patient.on_day(scan.day), scan.day, scan.response)
        for patient in patients
        for scan in patient.scans
    ]


def _event(event: AdverseEvent) -> Row:
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


def _imaging(scan: ImagingScan) -> Row:
    return scan.patient_id, scan.scan, scan.day, scan.modality, yes(scan.has_arterial_phase), scan.reader


def _lesion(lesion: Lesion) -> Row:
    return (
        lesion.patient_id,
        lesion.scan,
        lesion.lesion,
        lesion.organ,
        lesion.role,
        lesion.kind,
        lesion.status,
        millimetres(lesion.whole),
        millimetres(lesion.viable),
        millimetres(lesion.short_axis),
        lesion.pattern,
    )


def _treatment(row: Treatment) -> Row:
    return row.patient_id, row.drug, row.start, row.end, row.dose_mg, row.reason


def _visit(visit: Visit) -> Row:
    blood = yes(visit.has_blood)
    return (
        visit.patient_id,
        visit.day,
        visit.ecog,
        blood,
        blood,
        blood,
        yes(visit.has_afp),
        yes(visit.has_chest_ct),
        visit.abdomen,
        yes(visit.has_contrast),
    )


def _laboratory(value: LabValue) -> Row:
    held = value.measured
    return value.patient_id, value.day, value.test, value.value, held.unit, held.lower, held.upper
