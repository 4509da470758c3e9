"""The new lesions of one patient's assessments; one confirmed later counts from the day it was first seen."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from calliper.derivations.overall_response import NewLesion, new_lesion, site_of
from calliper.disease.response_criteria import SITES, ResponseCriteria
from calliper.records.measured import PER_MM
from derivations.slow_twin.patient_rows import Held, ScanRow


class Finding(NamedTuple):
    """The new lesions of an assessment: YES, EQUIVOCAL, NO or NE, the day of the first that counts, and why.

    `site`, where YES, is where those lie that make it so.
    """

    new: str
    day: datetime.date | None
    reason: str
    site: str | None = None


class _Seen(NamedTuple):
    """A new lesion at one assessment."""

    new: str
    day: datetime.date
    reason: str
    site: str


def find_new(
    groups: Sequence[tuple[ScanRow, ...]],
    seen: Sequence[Held],
    at_baseline: Collection[str],
    rules: ResponseCriteria,
) -> list[Finding]:
    """What each assessment shows that baseline did not; one confirmed later counts from the day it was first seen."""
    first_seen: dict[str, tuple[int, datetime.date, Decimal | None]] = {}
    found: list[dict[str, _Seen]] = []
    for at, held in enumerate(seen):
        here: dict[str, _Seen] = {}
        for name, (scan, row) in held.items():
            # one that was once new stays so, under whatever role it is followed
            if name in at_baseline or (row.role != "new" and name not in first_seen):
                continue
            size = None if row.longest is None else Decimal(row.longest) / PER_MM
            _, first_day, first_size = first_seen.setdefault(name, (at, scan.date, size))
            finding = new_lesion(
                rules, NewLesion(row.organ, row.kind, row.status, row.pattern, size, first_size)
            )
            here[name] = _Seen(finding.new, scan.date, finding.reason, site_of(row.organ, row.kind))
            earlier, _, _ = first_seen[name]
            if finding.new == "YES" and earlier < at and found[earlier][name].new == "EQUIVOCAL":
                confirmed = f"{finding.reason}, confirmed on {scan.date}"
                found[earlier][name] = _Seen("YES", first_day, confirmed, here[name].site)
        found.append(here)
    return [_finding(group, here, held) for group, here, held in zip(groups, found, seen, strict=True)]


def _finding(group: tuple[ScanRow, ...], here: Mapping[str, _Seen], held: Held) -> Finding:
    for wanted in ("YES", "EQUIVOCAL"):
        those = {name: seen for name, seen in here.items() if seen.new == wanted}
        if those:
            day, name = min((seen.day, name) for name, seen in those.items())
            sites = {seen.site for seen in those.values()}
            site = "; ".join(site for site in SITES if site in sites) if wanted == "YES" else None
            return Finding(wanted, day, f"new lesion {name}: {those[name].reason}", site)
    is_read = any(row.is_assessable for _, row in held.values())
    return Finding("NO" if is_read or not held else "NE", None, "")
