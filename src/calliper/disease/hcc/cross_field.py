"""Values of one patient that cannot both be right (an error), or rarely are (a warning): XF01 to XF24.

Each `rule` is true where the values disagree. It is written in the rule language of the study file over plain names, so
a study's `checks:` takes it as it stands, its own names put in their place. A rule with no text is held elsewhere,
as `held_by` says: it compares stages, dates, rows or patients.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True, slots=True)
class CrossField:
    """One rule. It is true of a patient whose record must be looked at."""

    id: str
    severity: Literal["error", "warning"]
    message: str
    rule: str = ""
    held_by: str = "checks"


CROSS_FIELD = (
    CrossField(
        "XF01",
        "error",
        "BCLC C needs ECOG 1-2, macrovascular invasion or spread",
        'bclc = "C" and ecog = "0" and macrovascular = "No" and spread = "No"',
    ),
    CrossField(
        "XF02",
        "error",
        "BCLC B needs ECOG 0, no macrovascular invasion, no spread",
        'bclc = "B" and (ecog != "0" or macrovascular = "Yes" or spread = "Yes")',
    ),
    CrossField(
        "XF03", "error", "the recorded stage is not the one its items give", held_by="derived: compare_with"
    ),
    CrossField(
        "XF04",
        "error",
        "the Child-Pugh class is not that of the points",
        'child = "A" and child_points > 6 or child = "B" and not (child_points between 7 and 9) '
        'or child = "C" and child_points < 10',
    ),
    CrossField(
        "XF05",
        "error",
        "Child-Pugh B or C with fewer than 7 points",
        'child in ("B", "C") and child_points < 7',
    ),
    CrossField(
        "XF06",
        "warning",
        "no cirrhosis, but Child-Pugh B by albumin or ascites",
        'cirrhosis = "No" and child = "B" and (albumin <= 35 or ascites != "None")',
    ),
    CrossField(
        "XF07",
        "error",
        "one nodule, but the sum of diameters is not the largest",
        "nodules = 1 and diameter_sum != diameter",
    ),
    CrossField(
        "XF08",
        "error",
        "several nodules, but the sum of diameters is not above the largest",
        "nodules >= 2 and diameter_sum <= diameter",
    ),
    CrossField(
        "XF09",
        "error",
        "recorded as eligible, but a criterion is not met",
        held_by="the eligibility ledger, which judges every patient on every criterion",
    ),
    CrossField(
        "XF10",
        "error",
        "spread outside the liver, where any metastasis excludes",
        'spread = "Yes"',
    ),
    CrossField(
        "XF11",
        "warning",
        "thrombus of the portal vein, but no vascular invasion",
        'vp in ("Vp1", "Vp2", "Vp3", "Vp4") and macrovascular = "No"',
    ),
    CrossField(
        "XF12",
        "warning",
        "aetiology hepatitis B, but HBsAg negative",
        'aetiology = "HBV" and hbsag = "Negative"',
    ),
    CrossField(
        "XF13",
        "warning",
        "several aetiologies where one is asked for",
        'hbv = "Yes" and hcv = "Yes" or alcohol = "Yes" and (hbv = "Yes" or hcv = "Yes")',
    ),
    CrossField(
        "XF14",
        "error",
        "sorafenib in the control arm, or none in the combination arm",
        'treatment = "control" and first_sorafenib is not missing and switched != "Yes" '
        'or treatment = "combination" and first_sorafenib is missing',
    ),
    CrossField(
        "XF15",
        "error",
        "sorafenib before the first TACE or more than 90 days after it",
        "days_to_sorafenib < 0 or days_to_sorafenib > 90",
    ),
    CrossField(
        "XF15W",
        "warning",
        "sorafenib not on days 3 to 5 after the first TACE",
        "not (days_to_sorafenib between 3 and 5)",
    ),
    CrossField(
        "XF16",
        "error",
        "dead before a visit, a scan or a dose",
        "death_date < last_visit or death_date < last_scan or death_date < last_dose",
    ),
    CrossField("XF17", "error", "a scan before birth, or long after the cut-off", held_by="checks: dates"),
    CrossField(
        "XF18",
        "warning",
        "pregnant above 55 years",
        'sex = "Female" and pregnancy = "Yes" and age > 55',
    ),
    CrossField(
        "XF19",
        "error",
        "two patients with one birth date, sex, first TACE and centre",
        held_by="checks: same",
    ),
    CrossField(
        "XF20",
        "warning",
        "AFP above 400 ng/mL changes more than tenfold within 7 days",
        held_by="checks: jump",
    ),
    CrossField("XF21", "error", "more viable than there is lesion", "viable_diameter > diameter"),
    CrossField(
        "XF22",
        "error",
        "no daily dose of sorafenib",
        "daily_dose not in (0, 200, 400, 600, 800)",
    ),
    CrossField(
        "XF23",
        "warning",
        "no previous treatment, but earlier TACE sessions",
        'previous = "No" and previous_tace > 0',
    ),
    CrossField("XF24", "warning", "ALBI grade 3 with Child-Pugh A", 'albi_grade = "3" and child = "A"'),
)
"""In the order of their numbers. XF15 has an outer limit, an error, and an inner one, XF15W."""


def same_patient(keys: Sequence[tuple[Hashable, ...] | None]) -> list[tuple[int, ...]]:
    """XF19: the positions of patients that share a key of birth date, sex, first TACE and centre.

    A key with a None in it, or None, is not compared.
    """
    places: dict[tuple[Hashable, ...], list[int]] = {}
    for at, key in enumerate(keys):
        if key is not None and None not in key:
            places.setdefault(key, []).append(at)
    return [tuple(held) for held in places.values() if len(held) > 1]


AFP_JUMP, AFP_JUMP_DAYS, AFP_JUMP_FROM_NG_ML = 10, 7, 400


def afp_jumps(
    series: Sequence[tuple[date, float]],
    *,
    fold: float = AFP_JUMP,
    within_days: int = AFP_JUMP_DAYS,
    above: float = AFP_JUMP_FROM_NG_ML,
) -> list[date]:
    """XF20: the dates at which AFP (ng/mL) is more than ten times, or less than a tenth of, the value before.

    Two values at most 7 days apart are compared, where the larger is above 400.
    """
    ordered = sorted(series)
    found = []
    for (day, value), (next_day, next_value) in pairwise(ordered):
        low, high = sorted((value, next_value))
        is_near = (next_day - day).days <= within_days
        if is_near and high > above and high > fold * low:
            found.append(next_day)
    return found
