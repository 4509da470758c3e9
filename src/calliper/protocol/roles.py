"""The tables of a study and the roles of their columns: one place that says what each may hold.

The study file's checks, the types of the records and the checks of every cell are read off it.
"""

from __future__ import annotations

from collections.abc import Mapping

from calliper.protocol.role import (
    AMOUNT,
    COUNT,
    DAY,
    TEXT,
    YES_OR_NO,
    Role,
    needed,
    whole,
    words,
)
from calliper.protocol.treatment_roles import LABORATORY, TREATMENT

PATIENT = needed(TEXT)
GRADE = whole(0, 5, "a grade")

ORGANS = ("LIVER", "LN", "LUNG", "ADRENAL", "BONE", "PERITONEUM", "VESSEL", "OTHER")
"""Organs; all nodes are one, LN."""

KINDS = (
    "nodule", "infiltrative", "atypical", "thrombus", "bland_thrombus", "node", "porta_hepatis_node", "effusion",
    "malignant_effusion", "bone_blastic", "leptomeningeal", "cystic",
)  # fmt: skip

STATES = (
    "measured", "present", "absent", "too_small", "fragment", "merged", "not_assessed", "removed", "progressed",
    "equivocal", "unequivocal",
)  # fmt: skip
"""What a reader says of a lesion at a scan. `removed`: resected, ablated or transplanted, and not assessed from then
on; `fragment`: one of the parts it split into; `merged`: grown into another, whose diameter holds both."""

ROLES_OF: Mapping[str, Mapping[str, Role]] = {
    # the arm's column is named in `arms`, the study's variables under `variables`
    "patients": {"patient": PATIENT, "centre": TEXT},
    "responses": {
        "patient": PATIENT,
        "date": Role("date", blank="query"),
        "visit": TEXT,
        "response": needed(TEXT, blank=""),
    },
    "adverse_events": {
        "patient": PATIENT,
        "term": needed(TEXT),
        "category": TEXT,
        "grade": GRADE,
        "start": DAY,
        "end": DAY,
        "ongoing": YES_OR_NO,
        "related": TEXT,
        "serious": TEXT,
        "action": words("none", "reduced", "interrupted", "stopped", "not_applicable", na="not_applicable"),
        "outcome": words("recovered", "sequelae", "ongoing", "fatal", "unknown"),
        "treatment_given": TEXT,
        "found_by": words("clinic", "laboratory", lab_derived="laboratory"),
        "dictionary_version": TEXT,
    },
    "times": {
        "patient": PATIENT,
        "endpoint": needed(TEXT),
        "time": needed(Role("number"), blank="query"),
        "event": needed(Role("event"), blank="query"),
    },
    "contacts": {"patient": PATIENT, "date": needed(DAY, blank="query"), "status": TEXT},
    "exposure": {
        "patient": PATIENT,
        "drug": TEXT,
        "start": needed(DAY, blank="query"),
        "end": DAY,
        "dose": AMOUNT,
        "schedule": words("BID", "QD", "QOD", "none"),
        "reason": words(
            "start",
            "adverse_event",
            "tace_pause",
            "resume",
            "progression",
            "decompensation",
            "patient",
            "cost",
            "death",
            "unknown",
            ae="adverse_event",
        ),
        "tablets": COUNT,
    },
    "imaging": {
        "patient": PATIENT,
        "scan": needed(TEXT),
        "date": needed(DAY),
        "visit": TEXT,
        "modality": words("CT", "MRI", "PET", "US", "CEUS", "XRAY", "OTHER", mr="MRI"),
        "arterial_phase": YES_OR_NO,
        "reader": TEXT,
        "slice_mm": AMOUNT,
    },
    "lesions": {
        "patient": PATIENT,
        "scan": needed(TEXT),
        "lesion": needed(TEXT),
        "organ": needed(words(*ORGANS)),
        "role": needed(
            words(
                "target", "non_target", "new", nontarget="non_target", tl="target", ntl="non_target", nl="new"
            )
        ),
        "kind": words(*KINDS),
        "status": words(*STATES),
        "pattern": words("typical", "atypical"),
        "delineated": YES_OR_NO,
        "prior_treatment": words("none", "treated", "progressed"),
        "treated": DAY,
        "whole_mm": AMOUNT,
        "viable_mm": AMOUNT,
        "short_axis_mm": AMOUNT,
    },
    "visits": {
        "patient": PATIENT,
        "date": needed(DAY, blank="query"),
        "kind": words("clinic", "phone", "imaging", "inpatient", "other"),
        "ecog": whole(0, 5, "a performance status"),
        "child_pugh": words("A", "B", "C"),
        "child_points": whole(5, 15, "a sum of Child-Pugh points"),
        "nodules": COUNT,
        "afp": AMOUNT,
        "blood_count": YES_OR_NO,
        "liver_function": YES_OR_NO,
        "kidney_function": YES_OR_NO,
        "afp_measured": YES_OR_NO,
        "chest_ct": YES_OR_NO,
        "abdomen": words("CT", "MRI", "none", mr="MRI"),
        "contrast": YES_OR_NO,
    },
    **TREATMENT,
    **LABORATORY,
}
"""Every table of the study, with the roles of its columns."""

OF_SESSIONS = tuple(table for table in TREATMENT if "session" in TREATMENT[table] and table != "sessions")
"""The tables whose rows name a session of the table `sessions`."""


def dates_of(table: str) -> tuple[str, ...]:
    """The roles of a table that hold dates.

    >>> dates_of("exposure")
    ('start', 'end')
    """
    return tuple(name for name, role in ROLES_OF[table].items() if role.kind == "date")
