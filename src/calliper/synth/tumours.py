"""The tumours of an invented patient before the first session, and how they will progress.

The nodules are as many as the patient's row says, the largest and the sum of all as large. The two largest are
targets; smaller ones, a tumour thrombus (vascular invasion) and an extrahepatic metastasis are not.
"""

from __future__ import annotations

from dataclasses import dataclass

from calliper.synth.draws import Draws
from calliper.synth.patients import Patient
from calliper.synth.tumour_course import ON_THE_LIMIT, WHOLE_MM, Limit, Progress, TumourCourse

MOST_TARGETS = 2
SMALLEST_NODULE, SMALLEST_TARGET = 80, 100
"""Tenths of a millimetre, as all sizes here; a target's part that enhances is 10 mm at least."""
VIABLE_UNTREATED, VIABLE_TREATED = (0.92, 1.0), (0.72, 0.92)
"""Share of a nodule that enhances before the first session, without and with earlier local treatment."""
SHRINKS = {"CR": (0.35, 0.70), "PR": (0.10, 0.50), "SD": (0.0, 0.10), "PD": (0.0, 0.0)}
"""Share of the whole diameter that is lost in the end, by the best response: dead tumour shrinks slowly."""
ORGANS_OF_METASTASIS = ("LUNG", "LUNG", "LUNG", "ADRENAL", "LN")
METASTASIS, NODE = (70, 240), (112, 148)
"""Diameter of a metastasis; of a node the short axis."""
BY_SUM, BY_NEW = 0.5, 0.8
"""Of the progressions, the share shown by the targets; up to the second, where there are others, by a new lesion."""


@dataclass(frozen=True)
class Tumours:
    """Sizes in tenths of a millimetre, the largest nodule first; the first `targets` nodules are targets.

    `viable` is what enhances of each nodule, `shrinks` the share of its whole diameter that it will lose;
    `metastasis` is an organ and a size.
    """

    wholes: tuple[int, ...]
    viable: tuple[int, ...]
    targets: int
    shrinks: tuple[float, ...]
    has_thrombus: bool
    metastasis: tuple[str, int] | None
    course: TumourCourse


def invent_tumours(patient: Patient, draws: Draws) -> Tumours:
    """What the first scan shows, and the course of the targets that gives the responses of the patient's scans."""
    limit = ON_THE_LIMIT.get(patient.patient_id)
    wholes = _nodules(patient, draws)
    targets = sum(whole * VIABLE_TREATED[0] >= SMALLEST_TARGET for whole in wholes[:MOST_TARGETS])
    viable = _viable(patient, wholes, draws)
    if limit is not None:
        viable[0] -= sum(viable[:targets]) % WHOLE_MM
    responses = tuple(scan.response for scan in patient.scans if scan.response != "NE")
    best = next(response for response in SHRINKS if response in responses)
    has_others = len(wholes) > targets or patient.has_vascular_invasion or patient.has_metastasis
    return Tumours(
        wholes=tuple(wholes),
        viable=tuple(viable),
        targets=targets,
        shrinks=tuple(draws.within(*SHRINKS[best]) for _ in wholes),
        has_thrombus=patient.has_vascular_invasion,
        metastasis=_metastasis(responses, draws) if patient.has_metastasis else None,
        course=TumourCourse(
            baseline=sum(viable[:targets]),
            responses=responses,
            progress=_progress(limit, draws, has_others=has_others),
            others=has_others,
            limit=limit,
        ),
    )


def _nodules(patient: Patient, draws: Draws) -> list[int]:
    """Whole diameters, none larger than the largest and all adding up to the sum of the patient's row."""
    largest, total = round(100 * patient.largest_cm), round(100 * patient.sum_cm)
    others = [SMALLEST_NODULE] * (patient.nodules - 1)
    left = total - largest - sum(others)
    while left > 0:
        at = draws.between(0, len(others) - 1)
        more = min(left, draws.between(1, 60), largest - others[at])
        others[at] += more
        left -= more
    return [largest, *sorted(others, reverse=True)]


def _viable(patient: Patient, wholes: list[int], draws: Draws) -> list[int]:
    share = VIABLE_TREATED if patient.was_treated_before else VIABLE_UNTREATED
    return [round(whole * draws.within(*share)) for whole in wholes]


def _metastasis(responses: tuple[str, ...], draws: Draws) -> tuple[str, int]:
    """Organ and size: where a response becomes complete a node, which can shrink to the size of a normal one."""
    organ = "LN" if "CR" in responses else draws.one_of(ORGANS_OF_METASTASIS)
    return organ, draws.between(*(NODE if organ == "LN" else METASTASIS))


def _progress(limit: Limit | None, draws: Draws, *, has_others: bool) -> Progress:
    drawn = draws.uniform()
    if limit == "+20" or drawn < BY_SUM:
        return "sum"
    return "others" if has_others and drawn > BY_NEW else "new"
