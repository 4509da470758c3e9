"""The new lesions of one patient's assessments; one confirmed later counts from the day it was first seen."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from calliper.derivations.overall_response import NewLesion, new_lesion
from calliper.derivations.patient_rows import Held, ScanRow
from calliper.disease.response_criteria import ResponseCriteria
from calliper.records.measured import PER_MM


class Finding(NamedTuple):
    """The new lesions of an assessment: YES, EQUIVOCAL, NO or NE, the day of the first that counts, and why."""

    new: str
    day: datetime.date | None
    reason: str


def find_new(
    groups: Sequence[tuple[ScanRow, ...]],
    seen: Sequence[Held],
    at_baseline: Collection[str],
    rules: ResponseCriteria,
) -> list[Finding]:
    """What each assessment shows that baseline did not; one confirmed later counts from the day it was first seen."""
    first_seen: dict[str, tuple[int, datetime.date, Decimal | None]] = {}
    found: list[dict[str, tuple[str, datetime.date, str]]] = []
    for at, held in enumerate(seen):
        here: dict[str, tuple[str, datetime.date, str]] = {}
        for name, (scan, row) in held.items():
            # one that was once new stays so, under whatever role it is followed
            if name in at_baseline or (row.role != "new" and name not in first_seen):
                continue
            size = None if row.longest is None else Decimal(row.longest) / PER_MM
            _, first_day, first_size = first_seen.setdefault(name, (at, scan.date, size))
            finding = new_lesion(
                rules, NewLesion(row.organ, row.kind, row.status, row.pattern, size, first_size)
            )
            here[name] = (finding.new, scan.date, finding.reason)
            earlier, _, _ = first_seen[name]
            if finding.new == "YES" and earlier < at and found[earlier][name][0] == "EQUIVOCAL":
                confirmed = f"{finding.reason}, confirmed on {scan.date}"
                found[earlier][name] = ("YES", first_day, confirmed)
        found.append(here)
    return [_finding(group, here, held) for group, here, held in zip(groups, found, seen, strict=True)]


def _finding(
    group: tuple[ScanRow, ...], here: Mapping[str, tuple[str, datetime.date, str]], held: Held
) -> Finding:
    for wanted in ("YES", "EQUIVOCAL"):
        days = [(day, name, why) for name, (new, day, why) in here.items() if new == wanted]
        if days:
            day, name, why = min(days)
            return Finding(wanted, day, f"new lesion {name}: {why}")
    is_read = any(row.is_assessable for _, row in held.values())
    return Finding("NO" if is_read or not held else "NE", None, "")
