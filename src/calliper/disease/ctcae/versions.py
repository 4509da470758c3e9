"""The versions of the criteria, and what a grade means in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Version: TypeAlias = Literal["3.0", "4.03", "5.0"]
VERSIONS: tuple[Version, ...] = get_args(Version)

GRADES: Mapping[int, str] = {
    0: "absent",
    1: "mild",
    2: "moderate",
    3: "severe",
    4: "life-threatening or disabling",
    5: "death related to the event",
}
"""NCI CTCAE v3.0 (2003, revised 2006), v4.03 (2010), v5.0 (2017)."""

HIGHEST_GRADE = max(GRADES)
