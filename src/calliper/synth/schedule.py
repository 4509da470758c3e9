"""The scans of one invented patient: every four to six weeks, until progression or the last good scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from calliper.synth.draws import Draws
from calliper.synth.patients import Scan
from calliper.synth.targets import MONTH_1_DAYS, MONTH_3_DAYS

INTERVAL_DAYS = (28, 42)
LONGEST_GAP = 91
"""No two evaluable scans lie further apart, so that no rule for missed assessments changes the endpoint."""
MISSED = 0.05
"""Probability that a scan outside the landmark windows was not made."""
NOT_EVALUABLE = 0.02
WORSENS = {"PR": ("SD", 0.04)}
IMPROVES = {"PR": ("CR", 0.04), "SD": ("PR", 0.05)}


@dataclass(frozen=True)
class Course:
    """What a patient's scans must show: `day` is the progression, or the last evaluable scan without one."""

    month_1: str
    month_3: str
    day: int
    progressed: bool


def scan_course(course: Course, draws: Draws) -> tuple[Scan, ...]:
    """Scans in order that give the course its two landmark responses and its day of progression or last good
    scan.

    Raises:
        ValueError: the course cannot be shown by scans 28 to 42 days apart.
    """
    if course.month_1 == "PD":
        return Scan(course.day, "PD"), Scan(draws.between(84, 98), "PD")
    if course.month_3 == "PD":
        return _progression_at_month_3(course, draws)
    for _ in range(1_000):
        scans = _with_omissions(course, _chain(course.day, draws), draws)
        if _longest_gap(scans) <= LONGEST_GAP:
            return scans
    raise ValueError(f"no scans 28 to 42 days apart show {course}")


def _progression_at_month_3(course: Course, draws: Draws) -> tuple[Scan, ...]:
    shortest, longest = INTERVAL_DAYS
    second = draws.between(
        max(course.day - longest, 2 * shortest), min(course.day - shortest, MONTH_3_DAYS[0] - 1)
    )
    first = draws.between(max(shortest, second - longest), min(longest, second - shortest))
    between = "SD" if course.month_1 == "PR" else course.month_1
    return Scan(first, course.month_1), Scan(second, between), Scan(course.day, "PD")


def _chain(last: int, draws: Draws) -> list[int]:
    """Days up to `last`, each 28 to 42 after the one before."""
    shortest, longest = INTERVAL_DAYS
    count = min(last // shortest, max(-(-last // longest), round(last / draws.between(32, 39))))
    gaps = [shortest] * count
    for _ in range(last - shortest * count):
        gaps[draws.one_of([i for i, gap in enumerate(gaps) if gap < longest])] += 1
    return [sum(gaps[: i + 1]) for i in range(count)]


def _with_omissions(course: Course, days: Sequence[int], draws: Draws) -> tuple[Scan, ...]:
    """The chain with its responses; where a landmark was not evaluable, and a few others, missed or NE."""
    landmark = min(
        (day for day in days if _in(day, MONTH_3_DAYS)), key=lambda day: abs(day - MONTH_3_DAYS[1])
    )
    shows_ne = draws.uniform() < 0.5
    scans: list[Scan] = []
    state = course.month_3 if course.month_1 == "NE" else course.month_1
    for day in days:
        if day == landmark and course.month_3 != "NE":
            state = course.month_3
        elif day > landmark:
            state = _next(state, draws)
        is_month_1, is_month_3 = _in(day, MONTH_1_DAYS), _in(day, MONTH_3_DAYS)
        if (is_month_1 and course.month_1 == "NE") or (is_month_3 and course.month_3 == "NE"):
            if shows_ne:
                scans.append(Scan(day, "NE"))
        elif day == course.day:
            scans.append(Scan(day, "PD" if course.progressed else state))
        elif is_month_1 or is_month_3 or draws.uniform() >= MISSED:
            not_evaluable = not (is_month_1 or is_month_3) and draws.uniform() < NOT_EVALUABLE
            scans.append(Scan(day, "NE" if not_evaluable else state))
    return tuple(scans)


def _next(state: str, draws: Draws) -> str:
    for changes in (WORSENS, IMPROVES):
        following, probability = changes.get(state, (state, 0.0))
        if draws.uniform() < probability:
            return following
    return state


def _in(day: int, window: tuple[int, int, int]) -> bool:
    return window[0] <= day <= window[2]


def _longest_gap(scans: Sequence[Scan]) -> int:
    days = [0, *(scan.day for scan in scans if scan.response != "NE")]
    return max(later - earlier for earlier, later in pairwise(days))
