"""Invented scans and lesions: what the reader of each centre measured, from which mRECIST gives back every category."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from calliper.synth.draws import Draws
from calliper.synth.patients import CENTRES, Patient
from calliper.synth.tumour_course import target_sums
from calliper.synth.tumours import Tumours, invent_tumours

READ_BY_MRI, OTHER_MODALITY = 0.3, 0.03
WITHOUT_ARTERIAL_PHASE = 0.6
"""Of the scans that are not evaluable; on the others a target could not be measured."""
HALF_SHRUNK_DAYS = 60
MEASURED_WITHIN = (0.985, 1.015)
LOSES_ENHANCEMENT = 0.15
"""Chance by scan that a small nodule no longer enhances, while the response is partial."""
NORMAL_NODE = (55, 92)
NEW_LESION, NEW_NODE = (115, 320), (155, 240)
NEW_ORGANS = ("LIVER", "LIVER", "LIVER", "VESSEL", "LUNG", "LN")


@dataclass(frozen=True)
class ImagingScan:
    """One scan: its name within the patient (S0 is baseline), with or without an arterial phase, and the reader."""

    patient_id: str
    scan: str
    day: date
    modality: str
    has_arterial_phase: bool
    reader: str


@dataclass(frozen=True)
class Lesion:
    """One lesion at one scan; diameters in tenths of a millimetre, None where not measured.

    `viable` is the part that enhances in the arterial phase. Role: target, non-target or new.
    """

    patient_id: str
    scan: str
    lesion: str
    organ: str
    role: str
    status: str
    kind: str = "nodule"
    whole: int | None = None
    viable: int | None = None
    short_axis: int | None = None
    pattern: str | None = None


def invent_lesions(patients: Sequence[Patient]) -> tuple[list[ImagingScan], list[Lesion]]:
    """Every scan and every lesion at it, by patient and day; a patient's are the same in any cohort."""
    scans: list[ImagingScan] = []
    lesions: list[Lesion] = []
    for patient in patients:
        draws = Draws(f"lesions {patient.patient_id}")
        seen = _scans(patient, draws)
        scans += seen
        lesions += _lesions(patient, invent_tumours(patient, draws), seen, draws)
    return scans, lesions


def _scans(patient: Patient, draws: Draws) -> list[ImagingScan]:
    usual, other = ("MRI", "CT") if draws.uniform() < READ_BY_MRI else ("CT", "MRI")
    waited = (patient.first_tace - patient.admission).days
    days = [patient.admission + timedelta(days=draws.between(1, waited - 1))]
    days += [patient.on_day(scan.day) for scan in patient.scans]
    responses = ["baseline", *(scan.response for scan in patient.scans)]
    return [
        ImagingScan(
            patient.patient_id,
            f"S{number}",
            day,
            other if number and draws.uniform() < OTHER_MODALITY else usual,
            not (response == "NE" and draws.uniform() < WITHOUT_ARTERIAL_PHASE),
            f"{CENTRES[patient.centre]} reader",
        )
        for number, (day, response) in enumerate(zip(days, responses, strict=True))
    ]


def _lesions(
    patient: Patient, tumours: Tumours, scans: Sequence[ImagingScan], draws: Draws
) -> Iterator[Lesion]:
    """Every row of one patient, scan by scan: targets, the other lesions, and what is new."""
    yield from _at_baseline(tumours, scans[0])
    sums = iter(target_sums(tumours.course, draws))
    current, dead = tumours.course.baseline, [False] * len(tumours.wholes)
    new: Lesion | None = None
    for seen, scan in zip(scans[1:], patient.scans, strict=True):
        current = current if scan.response == "NE" else next(sums)
        yield from _targets(tumours, seen, scan.day, current, draws, is_evaluable=scan.response != "NE")
        if scan.response in ("CR", "PR"):
            dead = _after(scan.response, dead, tumours.targets, draws)
        is_pd = scan.response == "PD"
        yield from _others(
            tumours, seen, dead, draws, has_progressed=is_pd and tumours.course.progress == "others"
        )
        if is_pd and tumours.course.progress == "new":
            new = _new_lesion(seen, tumours, draws) if new is None else replace(new, scan=seen.scan)
            yield new


def _after(response: str, dead: Sequence[bool], targets: int, draws: Draws) -> list[bool]:
    """Which nodules no longer enhance: all in a complete response; in a partial one, by chance, some that are small."""
    if response == "CR":
        return [True] * len(dead)
    return [was or (at >= targets and draws.uniform() < LOSES_ENHANCEMENT) for at, was in enumerate(dead)]


def _row(scan: ImagingScan, lesion: str, organ: str, role: str, status: str) -> Lesion:
    return Lesion(scan.patient_id, scan.scan, lesion, organ, role, status)


def _at_baseline(tumours: Tumours, scan: ImagingScan) -> Iterator[Lesion]:
    for at, (whole, viable) in enumerate(zip(tumours.wholes, tumours.viable, strict=True)):
        role = "target" if at < tumours.targets else "non-target"
        yield replace(_row(scan, f"L{at + 1}", "LIVER", role, "measured"), whole=whole, viable=viable)
    if tumours.has_thrombus:
        yield replace(_row(scan, "V1", "VESSEL", "non-target", "present"), kind="thrombus")
    if tumours.metastasis is not None:
        organ, size = tumours.metastasis
        yield _extrahepatic(_row(scan, "M1", organ, "non-target", "measured"), size)


def _targets(
    tumours: Tumours, scan: ImagingScan, day: int, current: int, draws: Draws, *, is_evaluable: bool
) -> Iterator[Lesion]:
    """The targets, whose viable diameters add up to `current`; not all of them measured where not evaluable."""
    share = tumours.viable[1] / tumours.course.baseline if tumours.targets > 1 else 0.0
    second = round(current * share * draws.within(0.6, 1.1))
    viable = [current - second, second][: tumours.targets]
    for at, size in enumerate(viable):
        lost = tumours.shrinks[at] * day / (day + HALF_SHRUNK_DAYS)
        whole = max(round(tumours.wholes[at] * (1 - lost) * draws.within(*MEASURED_WITHIN)), size)
        row = _row(scan, f"L{at + 1}", "LIVER", "target", "measured")
        if not scan.has_arterial_phase:
            yield replace(row, whole=whole)
        elif at == 0 and not is_evaluable:
            yield replace(row, status="not assessed")
        else:
            yield replace(row, whole=whole, viable=size)


def _others(
    tumours: Tumours, scan: ImagingScan, dead: Sequence[bool], draws: Draws, *, has_progressed: bool
) -> Iterator[Lesion]:
    """The lesions that are no targets; of small nodules only whether they enhance, 0 where they do not.

    Where every nodule is dead the response is or was complete: the thrombus is gone and the node normal.
    """
    is_complete = all(dead)
    rows: list[Lesion] = []
    for at in range(tumours.targets, len(tumours.wholes)):
        nodule = _row(scan, f"L{at + 1}", "LIVER", "non-target", "present")
        rows.append(replace(nodule, viable=0) if dead[at] and scan.has_arterial_phase else nodule)
    if tumours.has_thrombus:
        status = "absent" if is_complete else "present"
        rows.append(replace(_row(scan, "V1", "VESSEL", "non-target", status), kind="thrombus"))
    if tumours.metastasis is not None:
        organ, size = tumours.metastasis
        axis = draws.between(*NORMAL_NODE) if is_complete else round(size * draws.within(0.92, 1.0))
        metastasis = _row(scan, "M1", organ, "non-target", "measured" if organ == "LN" else "present")
        rows.append(_extrahepatic(metastasis, axis) if organ == "LN" else metastasis)
    worst = next((at for at, row in enumerate(rows) if row.kind == "thrombus"), 0)
    for at, row in enumerate(rows):
        yield replace(row, status="progressed", viable=None) if has_progressed and at == worst else row


def _new_lesion(scan: ImagingScan, tumours: Tumours, draws: Draws) -> Lesion:
    organ = draws.one_of(NEW_ORGANS)
    if organ == "VESSEL" and tumours.has_thrombus:
        organ = "LIVER"
    row = _row(scan, "N1", organ, "new", "measured")
    if organ == "VESSEL":
        return replace(row, kind="thrombus", status="present")
    size = draws.between(*(NEW_NODE if organ == "LN" else NEW_LESION))
    if organ == "LIVER":
        return replace(row, whole=size, viable=size, pattern="typical")
    return _extrahepatic(row, size)


def _extrahepatic(row: Lesion, size: int) -> Lesion:
    """Of a node the short axis, of any other lesion the whole diameter."""
    if row.organ == "LN":
        return replace(row, kind="node", short_axis=size)
    return replace(row, whole=size)
