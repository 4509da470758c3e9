"""Invented survival: who dies when, so that the curves, tests and models of the Results come out.

The paper gives medians, a log-rank chi-square and hazard ratios; the patients behind them are invented. Times
are drawn from a proportional-hazards model that begins at the shortest published follow-up, then moved and
exchanged between patients a little at a time for as long as the misfit to the targets shrinks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calliper.synth.draws import Draws
from calliper.synth.estimators import Days, Flags, Floats, cox_each, cox_together, log_rank, median_crossing
from calliper.synth.patients import Baseline
from calliper.synth.targets import (
    ARMS,
    COX_MULTIVARIABLE,
    COX_SIGNIFICANT,
    DAYS_PER_MONTH,
    FOLLOW_UP_MONTHS,
    OS_LOG_RANK,
    Arm,
)

SHORTEST = math.ceil(FOLLOW_UP_MONTHS[0] * DAYS_PER_MONTH)
LONGEST = math.floor(FOLLOW_UP_MONTHS[1] * DAYS_PER_MONTH)
ALIVE: dict[Arm, int] = {"combination": 11, "control": 7}
"""Patients alive at their last contact; the paper prints no number of deaths."""
LOST: dict[Arm, int] = {"combination": 2, "control": 2}
"""Of the patients alive, those lost long before the cut-off, so that no curve rests on 0.5."""
SHORTEST_AT_CUTOFF = 372
"""A patient who entered last and is seen at the cut-off has about a year of follow-up; shorter is lost."""

FIRST_HAZARD_RATIOS = {
    "nodules_over_3": 1.96,
    "vascular_invasion": 1.97,
    "metastasis": 1.5,
    "treatment": 0.56,
}
CLEARLY_SIGNIFICANT = 2.15
"""Smallest |z| asked of a factor with published P < 0.05."""
CLEARLY_NOT_SIGNIFICANT = 1.55
"""Largest |z| allowed to a factor with published P >= 0.05."""
LARGEST_TREND = 1.2
"""Largest |z| allowed to a change of a hazard ratio with time: the models of Table 5 assume there is none."""
MOVES = 25_000
TOLERATED_WORSENING = 0.05
"""A move may raise the misfit by this at first and by none at the end (threshold accepting, Dueck 1990)."""


@dataclass(frozen=True)
class Survival:
    """Days from the first session to death (`died`) or last contact, arrays of shape (n,)."""

    days: Days
    died: Flags


def factors(patients: Sequence[Baseline]) -> dict[str, Floats]:
    """The candidate factors of the Cox models, one array of shape (n,) each; two levels as 0 and 1."""
    found = {
        "age": [p.age for p in patients],
        "female": [p.sex == "F" for p in patients],
        "not_hbv": [p.aetiology != "HBV" for p in patients],
        "hcv": [p.aetiology == "HCV" for p in patients],
        "alcohol": [p.aetiology == "ALCOHOL" for p in patients],
        "ecog": [p.ecog for p in patients],
        "ecog_1": [p.ecog == 1 for p in patients],
        "ecog_2": [p.ecog == 2 for p in patients],
        "child_b": [p.child_pugh == "B" for p in patients],
        "bclc_c": [p.bclc == "C" for p in patients],
        "afp_over_400": [p.afp > 400 for p in patients],
        "nodules_over_3": [p.nodules > 3 for p in patients],
        "vascular_invasion": [p.has_vascular_invasion for p in patients],
        "metastasis": [p.has_metastasis for p in patients],
        "treatment": [p.arm == "combination" for p in patients],
    }
    return {name: np.asarray(values, dtype=float) for name, values in found.items()}


def invent_survival(patients: Sequence[Baseline], draws: Draws, *, moves: int = MOVES) -> Survival:
    """Times and deaths for the patients; the same draws give the same times. `moves` bounds the search.

    Returns the best found; `misfit` of it says how near it is (0 when every target is met).
    """
    columns = factors(patients)
    here = best = _first_times(patients, columns, draws)
    off = best_off = misfit(here, columns)
    for move in range(moves):
        if best_off == 0.0:
            break
        trial = _moved(here, columns["treatment"] == 1, draws)
        if trial is None:
            continue
        trial_off = misfit(trial, columns)
        if trial_off <= off + TOLERATED_WORSENING * (1 - move / moves):
            here, off = trial, trial_off
        if off < best_off:
            best, best_off = here, off
    return best


def misfit(survival: Survival, columns: dict[str, Floats]) -> float:
    """How far the times are from the targets: 0 when all are met, otherwise a sum of shortfalls."""
    days, died = survival.days, survival.died
    combined = columns["treatment"] == 1
    arms: tuple[tuple[Arm, Flags], ...] = (("combination", combined), ("control", ~combined))
    off = 10 * _outside(log_rank(days, died, combined), OS_LOG_RANK - 0.004, OS_LOG_RANK + 0.004)
    for arm, members in arms:
        off += median_misfit(days[members], died[members], ARMS[arm].median_os_months)
    off += _outside(int(days.min()), SHORTEST, SHORTEST + 8) / 5
    off += _outside(int(days.max()), LONGEST - 10, LONGEST) / 5
    return off + _cox_misfit(survival, columns)


def median_misfit(days: Days, event: Flags, months: float) -> float:
    """How far the Kaplan-Meier median is from `months` as printed, and from crossing 0.5 in one step."""
    try:
        day, before, after = median_crossing(days, event)
    except ValueError:
        return 100.0
    touching = _outside(before, 0.504, 1.0) + _outside(after, 0.0, 0.496)
    return _outside(day / DAYS_PER_MONTH, months - 0.045, months + 0.045) + 20 * touching


def _cox_misfit(survival: Survival, columns: dict[str, Floats]) -> float:
    alone = cox_each(survival.days, survival.died, np.column_stack(list(columns.values()))).z
    off = 0.0
    for name, z in zip(columns, alone, strict=True):
        if name in COX_SIGNIFICANT:
            harmful = -z if name == "treatment" else z
            off += _outside(float(harmful), CLEARLY_SIGNIFICANT, 9.0)
        else:
            off += _outside(float(z), -CLEARLY_NOT_SIGNIFICANT, CLEARLY_NOT_SIGNIFICANT)
    together = cox_together(
        survival.days, survival.died, np.column_stack([columns[name] for name in COX_SIGNIFICANT])
    )
    off += float(np.maximum(np.abs(together.trend_z) - LARGEST_TREND, 0.0).sum())
    for name, beta, z in zip(COX_SIGNIFICANT, together.coefficient, together.z, strict=True):
        if name in COX_MULTIVARIABLE:
            published = math.log(COX_MULTIVARIABLE[name])
            off += 5 * _outside(float(beta), published - 0.04, published + 0.04)
            off += _outside(abs(float(z)), CLEARLY_SIGNIFICANT, 9.0)
        else:
            off += _outside(float(z), 0.5, CLEARLY_NOT_SIGNIFICANT)
    return off


def _first_times(patients: Sequence[Baseline], columns: dict[str, Floats], draws: Draws) -> Survival:
    """Exponential times from the shortest follow-up on, stretched to each arm's published median."""
    hazard = np.ones(len(patients))
    for name, ratio in FIRST_HAZARD_RATIOS.items():
        hazard *= ratio ** columns[name]
    waits = np.array([-math.log(1 - draws.uniform()) for _ in patients]) / hazard
    died = np.ones(len(patients), dtype=np.bool_)
    days = np.zeros(len(patients), dtype=np.int64)
    taken: set[int] = set()
    for arm, alive in ALIVE.items():
        members = np.flatnonzero([patient.arm == arm for patient in patients])
        scale = (ARMS[arm].median_os_months * DAYS_PER_MONTH - SHORTEST) / float(np.median(waits[members]))
        days[members] = np.minimum(LONGEST, SHORTEST + np.rint(scale * waits[members]))
        risk = {i: hazard[i] * (0.2 - math.log(1 - draws.uniform())) for i in members.tolist()}
        survivors = sorted(risk, key=risk.__getitem__)[:alive]
        died[survivors] = False
        for rank, i in enumerate(survivors):
            lost = (SHORTEST + 20, SHORTEST_AT_CUTOFF - 1)
            days[i] = draws.between(*(lost if rank < LOST[arm] else (SHORTEST_AT_CUTOFF, LONGEST)))
        for i in members.tolist():
            while int(days[i]) in taken:
                days[i] += 1 if days[i] < LONGEST else -40
            taken.add(int(days[i]))
    return Survival(days, died)


def _moved(survival: Survival, combined: Flags, draws: Draws) -> Survival | None:
    """The times with two patients exchanged or one moved a few days; None where the rules forbid it."""
    days, died = survival.days.copy(), survival.died.copy()
    n = len(days)
    i = draws.between(0, n - 1)
    if draws.uniform() < 0.5:
        j = draws.between(0, n - 1)
        if i == j or (died[i] != died[j] and combined[i] != combined[j]):
            return None
        days[[i, j]] = days[[j, i]]
        died[[i, j]] = died[[j, i]]
        return Survival(days, died)
    day = int(days[i]) + draws.between(-25, 25)
    becomes_lost = (day < SHORTEST_AT_CUTOFF) != (days[i] < SHORTEST_AT_CUTOFF) and not died[i]
    if not SHORTEST <= day <= LONGEST or day in days or becomes_lost:
        return None
    days[i] = day
    return Survival(days, died)


def _outside(value: float, low: float, high: float) -> float:
    return max(low - value, 0.0, value - high)
