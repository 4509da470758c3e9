"""One patient's rows of the tables of scans and lesions, and which of them are one assessment.

Diameters are whole steps of 0.0001 mm.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from calliper.disease.response_criteria import ResponseCriteria


class ScanRow(NamedTuple):
    """A row of the table of scans; `row` is its position there."""

    row: int
    scan: str
    date: datetime.date
    visit: str | None
    modality: str | None
    has_arterial: bool
    is_baseline: bool


class LesionRow(NamedTuple):
    """A lesion at a scan. `counted` is the diameter that counts (None: not assessed), `longest` the one recorded."""

    scan: str
    lesion: str
    role: str
    organ: str
    kind: str | None
    status: str | None
    pattern: str | None
    is_assessable: bool
    counted: int | None
    longest: int | None


Held = Mapping[str, tuple[ScanRow, LesionRow]]
"""Each lesion of an assessment with the scan that measured it."""


def together(scans: Sequence[ScanRow], rules: ResponseCriteria) -> list[tuple[ScanRow, ...]]:
    """Scans of one day, or of one visit within some days, are one assessment."""
    groups: list[list[ScanRow]] = []
    for scan in scans:
        if groups:
            first = groups[-1][0]
            is_of_visit = scan.visit is not None and scan.visit == first.visit
            within = (scan.date - first.date).days
            if (
                within == 0
                or scan.date == groups[-1][-1].date
                or (is_of_visit and within <= rules.assessment_days)
            ):
                groups[-1].append(scan)
                continue
        groups.append([scan])
    return [tuple(group) for group in groups]


def lesions_of(
    scans: Sequence[ScanRow], at_scan: Mapping[str, list[LesionRow]], modality: str | None
) -> dict[str, tuple[ScanRow, LesionRow]]:
    """Each lesion as the best of the scans measured it: of baseline's modality, with arterial phase, in file order."""
    ranked = scans
    if len(scans) > 1:
        ranked = sorted(scans, key=lambda scan: (scan.modality != modality, not scan.has_arterial, scan.row))
    held: dict[str, tuple[ScanRow, LesionRow]] = {}
    for scan in ranked:
        for row in at_scan.get(scan.scan, ()):
            before = held.get(row.lesion)
            if before is None or (before[1].counted is None and row.counted is not None):
                held[row.lesion] = (scan, row)
    return held
