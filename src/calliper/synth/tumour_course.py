"""How the viable tumour of an invented patient changes from scan to scan, so that mRECIST gives back each scan's
recorded category.

All sizes are whole tenths of a millimetre. The thresholds are those of Lencioni and Llovet (2010), typed here and
not taken from the rules that the report applies, so that an error in either shows as a disagreement. Ordinary
scans keep a distance from every threshold; a few, `ON_THE_LIMIT`, lie on one or just beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from calliper.synth.draws import Draws

Progress = Literal["sum", "new", "others"]
"""What shows the progression: the sum of the targets, a new lesion, or a lesion that is no target."""

Limit = Literal["-30", "-29.9", "+20", "+19.9"]
ON_THE_LIMIT: Mapping[str, Limit] = {
    "INV-LY-014": "-30",
    "INV-DL-002": "-30",
    "INV-BJ-004": "-30",
    "INV-LY-011": "-29.9",
    "INV-DL-001": "-29.9",
    "INV-LY-017": "+20",
    "INV-DL-017": "+20",
    "INV-BJ-014": "+20",
    "INV-LY-007": "+19.9",
    "INV-DL-016": "+19.9",
}
"""Patients with a sum exactly 30.0 % below baseline (a partial response) or one step of 0.1 mm short of it (stable),
exactly 20.0 % above the nadir (progression) or one step short of it (stable)."""

WHOLE_MM = 10
"""The baseline of a course with a limit, so that 70 % of it are whole tenths of a millimetre."""
REENHANCES = (120, 350)
"""Viable tumour that comes back after a complete response; from 10 mm on it is progression."""
DEEP_PR, LATE_PR, PR_AGAIN, SHALLOW_PR = (0.25, 0.60), (0.45, 0.66), (0.75, 1.05), (0.635, 0.68)
FIRST_SD, SD_AGAIN, SD_AFTER_PR = (0.78, 1.03), (0.94, 1.05), (0.72, 0.745)
GROWS_BEFORE_PD = (1.03, 1.12)
PROGRESSES = (1.25, 1.60)
SMALLEST_PR, LARGEST_PR = 0.10, 0.68
SMALLEST_SD = 0.735
LARGEST_GROWTH = 1.14
"""On the nadir, of a scan that is no progression."""


@dataclass(frozen=True)
class TumourCourse:
    """What the sums of the targets must show: `responses` of the evaluable scans in order, against `baseline`.

    `others` tells whether there are lesions besides the targets; `limit` a threshold to lie on or beside.
    """

    baseline: int
    responses: tuple[str, ...]
    progress: Progress
    others: bool
    limit: Limit | None = None

    @property
    def is_shallow(self) -> bool:
        """Whether stable disease follows a partial response: then no sum may fall far, or it were progression."""
        first = self.responses.index("PR") if "PR" in self.responses else len(self.responses)
        return "SD" in self.responses[first:]

    def comes_next(self, at: int) -> str | None:
        """The response of the scan after this one."""
        return self.responses[at + 1] if at + 1 < len(self.responses) else None


def target_sums(course: TumourCourse, draws: Draws) -> list[int]:
    """The sum of the viable diameters of the targets at each evaluable scan."""
    sums: list[int] = []
    for at, response in enumerate(course.responses):
        held = [course.baseline, *sums]
        sums.append(_NEXT[response](course, at, held, draws))
    return sums


def _complete(_course: TumourCourse, _at: int, _held: list[int], _draws: Draws) -> int:
    return 0


def _partial(course: TumourCourse, at: int, held: list[int], draws: Draws) -> int:
    baseline, last = course.baseline, held[-1]
    if course.comes_next(at) == "CR" and course.others:
        return 0  # nothing viable is left in the targets, and the others keep it from being complete
    if course.is_shallow:
        return round(baseline * draws.within(*SHALLOW_PR))
    if "PR" not in course.responses[:at]:
        share = draws.within(*(LATE_PR if at else DEEP_PR))
        return baseline * 7 // 10 if course.limit == "-30" else _in_steps(course, baseline * share)
    size = last * draws.within(*PR_AGAIN)
    if course.comes_next(at) == "PD" and course.progress == "sum":
        size = min(held) * draws.within(*GROWS_BEFORE_PD)
    size = min(max(size, SMALLEST_PR * baseline), LARGEST_PR * baseline, LARGEST_GROWTH * min(held))
    return _in_steps(course, size)


def _stable(course: TumourCourse, at: int, held: list[int], draws: Draws) -> int:
    baseline, nadir = course.baseline, min(held)
    earlier = course.responses[:at]
    if "PR" in earlier:
        drawn = round(baseline * draws.within(*SD_AFTER_PR))
        is_first = "SD" not in earlier[earlier.index("PR") :]
        return -(-nadir * 6 // 5) - 1 if course.limit == "+19.9" and is_first else drawn
    if not earlier:
        drawn = round(baseline * draws.within(*FIRST_SD))
        return baseline * 7 // 10 + 1 if course.limit == "-29.9" else drawn
    least, most = SD_AGAIN
    size = held[-1] * draws.within(least, 1.0 if "PR" in course.responses else most)
    if course.comes_next(at) == "PD" and course.progress == "sum":
        size = nadir * draws.within(*GROWS_BEFORE_PD)
    return round(max(min(size, LARGEST_GROWTH * nadir), SMALLEST_SD * baseline))


def _progressed(course: TumourCourse, _at: int, held: list[int], draws: Draws) -> int:
    nadir, last = min(held), held[-1]
    if course.progress != "sum":
        return round(min(last * draws.within(0.97, 1.06), LARGEST_GROWTH * nadir))
    if nadir == 0:
        return draws.between(*REENHANCES)
    if course.limit == "+20":
        return nadir * 6 // 5
    return round(max(nadir * draws.within(*PROGRESSES), last * 1.05))


_NEXT = {"CR": _complete, "PR": _partial, "SD": _stable, "PD": _progressed}


def _in_steps(course: TumourCourse, size: float) -> int:
    """Tenths of a millimetre, or half millimetres where 120 % of the size must be whole tenths."""
    return 5 * round(size / 5) if course.limit == "+20" else round(size)
