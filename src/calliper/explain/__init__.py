"""One patient, from the cells to the endpoints: what was recorded, what was derived, and which rule decided.

patient.py    the patient's records and derivations, and what to do where there is no such patient
recorded.py   every value and every row with its file, sheet and row
decided.py    eligibility criterion by criterion, derived variables, endpoints
trace.py      one number: its value, its methods, the patients behind it
behind.py     which patients a number counts, or rests on
values.py     values and records in words
"""

from __future__ import annotations

from calliper.blocks import Section
from calliper.explain.decided import derived_section, eligibility_section
from calliper.explain.patient import find_patient
from calliper.explain.recorded import recorded_section
from calliper.pipeline import Progress, silent
from calliper.protocol.load import Loaded


def explain(loaded: Loaded, patient: str, progress: Progress = silent) -> tuple[Section, ...]:
    """What was recorded of a patient, whether the patient is in the study, and what was derived.

    Nothing is analysed, and no other patient is derived. Raises DataError as `find_patient`.
    """
    found = find_patient(loaded, patient, progress)
    return recorded_section(found), eligibility_section(found), derived_section(found)
