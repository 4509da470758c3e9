"""Invented scans: responses at one and three months as Table 2 counts them, and progression as the Results
time it.

Table 2 gives the margins; who moves from which category to which, and who was not scanned, is invented
(`COURSES`). Progression is always seen on a scan, scans come every four to six weeks, and after progression a
patient is scanned for the landmark only, where it stays progression.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calliper.synth.draws import Draws
from calliper.synth.estimators import Days, Flags, log_rank
from calliper.synth.patients import Baseline, Scan
from calliper.synth.schedule import Course, scan_course
from calliper.synth.survival import TOLERATED_WORSENING, Survival, median_misfit
from calliper.synth.targets import ARMS, MONTH_3_DAYS, TTP_LOG_RANK, Arm

COURSES: dict[Arm, dict[tuple[str, str], int]] = {
    "combination": {
        ("CR", "CR"): 7,
        ("PR", "CR"): 3,
        ("PR", "PR"): 20,
        ("SD", "PR"): 2,
        ("SD", "SD"): 7,
        ("PR", "PD"): 1,
        ("PR", "NE"): 1,
        ("SD", "NE"): 1,
    },
    "control": {
        ("CR", "CR"): 5,
        ("PR", "PR"): 20,
        ("NE", "PR"): 1,
        ("PR", "SD"): 4,
        ("NE", "SD"): 1,
        ("SD", "SD"): 7,
        ("PR", "NE"): 2,
        ("SD", "NE"): 1,
        ("SD", "PD"): 3,
        ("PR", "PD"): 1,
        ("CR", "PD"): 1,
        ("PD", "PD"): 2,
    },
}
"""Patients by response at one and at three months (NE: none evaluable), from the best course to the worst."""

NO_PROGRESSION: dict[Arm, int] = {"combination": 8, "control": 5}
"""Patients never seen to progress; the paper prints no number of progressions."""
LONGEST_TTP = 640
MONTH_1_PROGRESSION = (28, 42)
MONTH_3_PROGRESSION = (84, 111)
"""Days on which a progression of that landmark is seen: no earlier scan of the window comes nearer."""
FIRST_LATE_PROGRESSION = MONTH_3_DAYS[2] + 7
MOVES = 60_000
LOG_RANK_TOLERANCE = 0.0004
"""How far the log-rank chi-square may lie from the printed value; rounding would allow 0.0005."""


def invent_scans(patients: Sequence[Baseline], survival: Survival, draws: Draws) -> list[tuple[Scan, ...]]:
    """Every patient's scans, in order, none after the end of observation.

    Raises:
        ValueError: no times to progression within the survival times meet the published medians and test.
    """
    landmarks = _assign_courses(patients, survival, draws)
    days, progressed = _invent_progression(patients, survival, landmarks, draws)
    return [
        scan_course(Course(*landmark, int(day), bool(event)), draws)
        for landmark, day, event in zip(landmarks, days, progressed, strict=True)
    ]


def _assign_courses(patients: Sequence[Baseline], survival: Survival, draws: Draws) -> list[tuple[str, str]]:
    """Better courses to those who live longer, loosely."""
    found: dict[int, tuple[str, str]] = {}
    for arm, counts in COURSES.items():
        members = [i for i, patient in enumerate(patients) if patient.arm == arm]
        score = {i: float(np.log(survival.days[i])) + 0.5 * draws.normal() for i in members}
        courses = [course for course, count in counts.items() for _ in range(count)]
        found |= dict(zip(sorted(members, key=lambda i: -score[i]), courses, strict=True))
    return [found[i] for i in range(len(patients))]


def _invent_progression(
    patients: Sequence[Baseline], survival: Survival, landmarks: Sequence[tuple[str, str]], draws: Draws
) -> tuple[Days, Flags]:
    combined = np.array([patient.arm == "combination" for patient in patients])
    progressed = _who_progressed(patients, survival, landmarks, draws)
    limits = [
        _limits(landmark, int(day), is_seen=bool(event))
        for landmark, day, event in zip(landmarks, survival.days, progressed, strict=True)
    ]
    days = np.array([_first_day(*limit, draws) for limit in limits])
    off = _misfit(days, progressed, combined)
    for move in range(MOVES):
        if off == 0.0:
            return days, progressed
        i = draws.between(0, len(days) - 1)
        low, high = limits[i]
        day = int(days[i]) + draws.between(-30, 30)
        if not low <= day <= high:
            continue
        trial = days.copy()
        trial[i] = day
        trial_off = _misfit(trial, progressed, combined)
        if trial_off <= off + TOLERATED_WORSENING * (1 - move / MOVES):
            days, off = trial, trial_off
    raise ValueError(f"times to progression stay {off:.4f} away from the published medians and test")


def _limits(landmark: tuple[str, str], os_days: int, *, is_seen: bool) -> tuple[int, int]:
    """First and last day of the progression of this course, or of its last good scan when none is seen."""
    if landmark[0] == "PD":
        return MONTH_1_PROGRESSION
    if landmark[1] == "PD":
        return MONTH_3_PROGRESSION
    last = min(LONGEST_TTP, os_days - 14)
    return (FIRST_LATE_PROGRESSION if is_seen else last - 50), last


def _who_progressed(
    patients: Sequence[Baseline], survival: Survival, landmarks: Sequence[tuple[str, str]], draws: Draws
) -> Flags:
    """All but a few of each arm, drawn from those whose good follow-up ends within the longest time."""
    progressed = np.ones(len(patients), dtype=np.bool_)
    for arm, free in NO_PROGRESSION.items():
        able = [
            i
            for i, patient in enumerate(patients)
            if patient.arm == arm and "PD" not in landmarks[i] and survival.days[i] < LONGEST_TTP
        ]
        progressed[draws.some(able, free)] = False
    return progressed


def _first_day(low: int, high: int, draws: Draws) -> int:
    return min(high, low + round(0.5 * (high - low) * draws.uniform() + 90 * draws.uniform()))


def _misfit(days: Days, progressed: Flags, combined: Flags) -> float:
    chi_square = log_rank(days, progressed, combined)
    off = 0.5 * max(0.0, abs(chi_square - TTP_LOG_RANK) - LOG_RANK_TOLERANCE)
    arms: tuple[tuple[Arm, Flags], ...] = (("combination", combined), ("control", ~combined))
    return off + sum(
        median_misfit(days[members], progressed[members], ARMS[arm].median_ttp_months)
        for arm, members in arms
    )
