"""The sums of diameters that TR records, held against the diameters; nothing else reads them."""

from __future__ import annotations

from decimal import Decimal

from calliper.ingest.sdtm_measured import Measured, Seen
from calliper.ingest.sdtm_result import number_of
from calliper.ingest.sdtm_rows import Findings
from calliper.ingest.sdtm_words import plain
from calliper.records.column import Verdict
from calliper.records.wording import quoted


def check_sums(found: Measured, findings: Findings) -> None:
    """A query on each recorded sum of targets that the diameters of its visit do not add up to.

    Sums are held against the targets that have a diameter, or are absent; where one has neither there is nothing
    to compare. A recorded sum may be rounded: half a unit of its last place is no difference.
    """
    of_visit: dict[tuple[str, str, str], list[Decimal | None]] = {}
    for (scan, _), seen in found.seen.items():
        if seen.lesion.role == "target":
            of_visit.setdefault(scan[:3], []).append(_counted(seen))
    for row in found.sums:
        recorded = number_of(row["TRSTRESN"])
        sizes = of_visit.get((row["USUBJID"], row.evaluator, row.visit), [None])
        known = [size for size in sizes if size is not None]
        if recorded is None or len(known) < len(sizes):
            findings.leave(row, f"with TRTESTCD {quoted(row['TRTESTCD'])}, which nothing can be held against")
            continue
        recorded_mm = recorded * (10 if plain(row["TRSTRESU"]) == "CM" else 1)
        slack = Decimal(5).scaleb(_exponent(recorded_mm) - 1)
        if abs(sum(known) - recorded_mm) > slack:
            message = (
                f"{quoted(row['TRSTRESN'])} is not the sum of the targets of the visit, {sum(known):f} mm"
            )
            action = "confirm the diameters; they are used, and the recorded sum is not"
            findings.query(row, "TRSTRESN", Verdict("sum_differs", message, action))
        else:
            findings.leave(row, f"with TRTESTCD {quoted(row['TRTESTCD'])}, equal to the sum of the diameters")


def _counted(seen: Seen) -> Decimal | None:
    if seen.status is not None and seen.status.text in ("absent", "merged"):
        return Decimal(0)
    return None if seen.diameter is None else number_of(seen.diameter.text)


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    # 120 may be whole millimetres, but never tens of them
    return min(exponent, 0) if isinstance(exponent, int) else 0
