"""mRECIST (Lencioni and Llovet, 2010), and RECIST 1.1 beside it, read from the rows of the workbooks, slowly, in exact
decimals.

Nothing here comes from `calliper`; only what the demonstration's rows can hold is written out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from synth.by_hand import Demo, Row, of_patient


@dataclass(frozen=True)
class Read:
    """One scan after the start: its category, the sums behind it, and what showed a progression."""

    patient: str
    scan: Row
    category: str
    baseline: Decimal
    nadir: Decimal
    current: Decimal | None
    shown_by: frozenset[str]

    @property
    def changes(self) -> tuple[Decimal, Decimal] | None:
        """Percent from baseline and on the nadir; None without a sum or on a nadir of 0."""
        if self.current is None or not self.nadir:
            return None
        return tuple(100 * (self.current - held) / held for held in (self.baseline, self.nadir))  # type: ignore[return-value]


def millimetres(cell: float) -> Decimal:
    return Decimal(repr(float(cell)))


def read(demo: Demo, patient: Row) -> list[Read]:
    """Every scan of a patient after baseline, in the order of days."""
    scans = sorted(of_patient(demo.imaging, patient), key=lambda row: row["Scan date"])
    lesions = of_patient(demo.lesions, patient)
    at = {
        scan["Scan"]: {row["Lesion"]: row for row in lesions if row["Scan"] == scan["Scan"]} for scan in scans
    }
    first = at[scans[0]["Scan"]]
    targets = [name for name, row in first.items() if row["Role"] == "target"]
    others = [name for name, row in first.items() if row["Role"] == "non-target"]
    baseline = nadir = sum((millimetres(first[name]["Viable (mm)"]) for name in targets), Decimal(0))
    found: list[Read] = []
    for scan in scans[1:]:
        rows = at[scan["Scan"]]
        sizes = [_viable(scan, rows[name]) for name in targets]
        known = [size for size in sizes if size is not None]
        current = sum(known, Decimal(0)) if len(known) == len(sizes) else None
        shown_by = _progression(sum(known, Decimal(0)), nadir, [rows[name] for name in others], rows)
        category = "PD" if shown_by else _no_progression(current, baseline, [rows[name] for name in others])
        found.append(Read(patient["Patient ID"], scan, category, baseline, nadir, current, shown_by))
        if current is not None:
            nadir = min(nadir, current)
    return found


def _viable(scan: Row, row: Row) -> Decimal | None:
    if scan["Arterial phase"] == "N" or row["Status"] == "not assessed":
        return None
    return millimetres(row["Viable (mm)"])


def _progression(seen: Decimal, nadir: Decimal, others: list[Row], rows: dict[str, Row]) -> frozenset[str]:
    """What is progression: the sum of what was seen, a lesion that is no target, a new lesion."""
    by_sum = seen >= nadir * Decimal("1.2") if nadir else seen >= 10
    ways = {
        "sum": by_sum,
        "others": any(row["Status"] == "progressed" for row in others),
        "new": any(row["Role"] == "new" and _counts_as_new(row) for row in rows.values()),
    }
    return frozenset(way for way, holds in ways.items() if holds)


def _counts_as_new(row: Row) -> bool:
    if row["Organ"] == "LIVER":
        return bool(row["Pattern"] == "typical" and row["Viable (mm)"] >= 10)
    if row["Organ"] == "LN":
        return bool(row["Short axis (mm)"] >= 15)
    return True


def _no_progression(current: Decimal | None, baseline: Decimal, others: list[Row]) -> str:
    if current is None:
        return "NE"
    if current == 0:
        return "CR" if all(_is_gone(row) for row in others) else "PR"
    return "PR" if current <= baseline * Decimal("0.7") else "SD"


def _is_gone(row: Row) -> bool:
    if row["Organ"] == "LN":
        return bool(row["Short axis (mm)"] < 10)
    return bool(row["Status"] == "absent" or (row["Organ"] == "LIVER" and row["Viable (mm)"] == 0))


def recist(demo: Demo, patient: Row) -> list[str]:
    """The category of every scan after baseline by RECIST 1.1 (Eisenhauer 2009): whole diameters, 5 mm for progression.

    No target of the demonstration is ever gone as a whole, so there is no complete response.
    """
    scans = sorted(of_patient(demo.imaging, patient), key=lambda row: row["Scan date"])
    lesions = of_patient(demo.lesions, patient)
    first = [row for row in lesions if row["Scan"] == scans[0]["Scan"] and row["Role"] == "target"]
    baseline = nadir = sum((millimetres(row["Whole (mm)"]) for row in first), Decimal(0))
    found = []
    for scan in scans[1:]:
        rows = [row for row in lesions if row["Scan"] == scan["Scan"]]
        wholes = [row["Whole (mm)"] for row in rows if row["Role"] == "target"]
        seen = sum((millimetres(size) for size in wholes if size is not None), Decimal(0))
        has_grown = seen >= nadir * Decimal("1.2") and seen - nadir >= 5
        if has_grown or any(row["Role"] == "new" or row["Status"] == "progressed" for row in rows):
            found.append("PD")
        elif None in wholes:
            found.append("NE")
        else:
            found.append("PR" if seen <= baseline * Decimal("0.7") else "SD")
        if None not in wholes:
            nadir = min(nadir, seen)
    return found
