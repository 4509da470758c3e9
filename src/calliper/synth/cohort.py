"""Invented baselines that give back Table 1 to the last count, and its means and deviations to the printed
decimal.

What the paper leaves open is settled here: which levels meet in one patient. BCLC follows from ECOG, invasion
and metastasis (B is ECOG 0 with neither), read as centres did before 2018: a single tumour over 10 cm is B.
Child-Pugh B is given to cirrhotic patients, metastasis mostly to patients with invasion, and every patient
meets the eligibility criteria: one nodule over 10.0 cm, or several that add up to more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from calliper.synth.draws import Draws
from calliper.synth.patients import Baseline
from calliper.synth.targets import ARMS, Arm, Moments

AGE_LIMITS = (26, 80)
SINGLE_TENTHS = (101, 195)
"""Largest diameter of a single nodule, in tenths of a cm: over 10.0 cm by the eligibility criteria."""
MARGIN_TENTHS = 14
"""Each patient's lower limit is raised by up to this, lest the fit leave a crowd at 10.1 cm."""
SHARE_OF_SINGLE = 0.6
"""Of the patients with at most three nodules, those with one."""
SHARE_OF_METASTASIS_WITH_INVASION = 0.65
MOMENT_TOLERANCE = 0.015
"""How far a fitted mean or deviation may lie from the printed value; rounding would allow 0.05."""


def invent_baselines(arm: Arm, draws: Draws) -> list[Baseline]:
    """Patients of one arm whose joint levels are invented and whose margins are those of Table 1.

    Raises:
        ValueError: the margins of the arm contradict one another, or its moments cannot be met.
    """
    target = ARMS[arm]
    table = target.table_1
    ecog, invasion, metastasis = _ecog_invasion_metastasis(table, draws)
    aetiology = _spread(table["aetiology"], draws)
    cirrhosis, child = _cirrhosis_child(table, aetiology, draws)
    nodules = _nodules(table["nodules"], draws)
    largest = _fit_moments(
        target.largest_diameter_cm,
        [_largest_limits(count, draws) for count in nodules],
        unit=0.1,
        draws=draws,
    )
    ages = _fit_moments(target.age_years, [AGE_LIMITS] * target.patients, unit=1.0, draws=draws)
    sexes = _spread(table["sex"], draws)
    treated = _spread(table["previous_treatment"], draws)
    afps = [_afp(level, draws) for level in _spread(table["afp"], draws)]
    return [
        Baseline(
            arm=arm,
            sex=sexes[i],
            age=ages[i],
            aetiology=aetiology[i],
            has_cirrhosis=cirrhosis[i],
            largest_cm=largest[i] / 10,
            sum_cm=_sum_of_diameters(largest[i], nodules[i], draws) / 10,
            nodules=nodules[i],
            has_vascular_invasion=invasion[i],
            has_metastasis=metastasis[i],
            ecog=ecog[i],
            child_pugh=child[i],
            bclc="B" if ecog[i] == 0 and not invasion[i] and not metastasis[i] else "C",
            afp=afps[i],
            was_treated_before=treated[i] == "Y",
            diagnosis="BIOPSY" if draws.uniform() < 0.3 else "CLINICAL",
        )
        for i in range(target.patients)
    ]


def _spread(counts: Mapping[str, int], draws: Draws) -> list[str]:
    return draws.shuffled([level for level, count in counts.items() for _ in range(count)])


def _ecog_invasion_metastasis(
    table: Mapping[str, Mapping[str, int]], draws: Draws
) -> tuple[list[int], list[bool], list[bool]]:
    """ECOG, invasion and metastasis such that exactly the published number of patients is BCLC B."""
    ecog = [int(level) for level in _spread(table["ecog"], draws)]
    fit = [i for i, score in enumerate(ecog) if score == 0]
    unfit = [i for i, score in enumerate(ecog) if score > 0]
    fit_but_c = len(fit) - table["bclc"]["B"]
    if fit_but_c < 0:
        raise ValueError(f"{table['bclc']['B']} patients of stage B but only {len(fit)} with ECOG 0")
    invaded = draws.some(fit, fit_but_c) + draws.some(unfit, table["vascular_invasion"]["Y"] - fit_but_c)
    spread = table["metastasis"]["Y"]
    both = round(SHARE_OF_METASTASIS_WITH_INVASION * spread)
    not_invaded = [i for i in unfit if i not in invaded]
    metastatic = draws.some([i for i in unfit if i in invaded], both) + draws.some(not_invaded, spread - both)
    everyone = range(len(ecog))
    return ecog, [i in invaded for i in everyone], [i in metastatic for i in everyone]


def _cirrhosis_child(
    table: Mapping[str, Mapping[str, int]], aetiology: Sequence[str], draws: Draws
) -> tuple[list[bool], list[str]]:
    chronic = [i for i, cause in enumerate(aetiology) if cause != "OTHER"]
    cirrhotic = draws.some(chronic, table["cirrhosis"]["Y"])
    class_b = draws.some(cirrhotic, table["child_pugh"]["B"])
    everyone = range(len(aetiology))
    return [i in cirrhotic for i in everyone], ["B" if i in class_b else "A" for i in everyone]


def _nodules(counts: Mapping[str, int], draws: Draws) -> list[int]:
    single = round(SHARE_OF_SINGLE * counts["<=3"])
    few = [2 + i % 2 for i in range(counts["<=3"] - single)]
    many = [4 + draws.between(0, 2) + draws.between(0, 3) for _ in range(counts[">3"])]
    return draws.shuffled([1] * single + few + many)


def _largest_limits(nodules: int, draws: Draws) -> tuple[int, int]:
    """Limits of the largest diameter (tenths of a cm) with which so many nodules can add up to over 10 cm."""
    low, high = SINGLE_TENTHS if nodules == 1 else (max(45, math.ceil(125 / nodules)), 170)
    return low + draws.between(0, MARGIN_TENTHS), high


def _sum_of_diameters(largest: int, nodules: int, draws: Draws) -> int:
    """Sum of all diameters in tenths of a cm; no nodule is larger than the largest."""
    others = [min(largest, draws.between(8, 35)) for _ in range(nodules - 1)]
    while largest + sum(others) <= 100:
        smallest = others.index(min(others))
        others[smallest] = min(largest, others[smallest] + draws.between(1, 12))
    return largest + sum(others)


def _afp(level: str, draws: Draws) -> float:
    """AFP in ng/mL; 400 itself is low, and some patients have exactly that."""
    if level == "<=400":
        if draws.uniform() < 0.12:
            return 400.0
        low = math.exp(math.log(4.0) + draws.uniform() * math.log(398.0 / 4.0))
        return round(low, 1 if low < 100 else 0)
    return float(round(math.exp(math.log(402.0) + draws.uniform() * math.log(60000.0 / 402.0))))


def _fit_moments(
    target: Moments, limits: Sequence[tuple[int, int]], *, unit: float, draws: Draws
) -> list[int]:
    """Whole numbers of `unit` within their limits, with the mean and deviation (divisor n - 1) of `target`.

    Starts from normal deviates within the limits and moves one value a little whenever that brings the
    farther of the two moments nearer.

    Raises:
        ValueError: the moments cannot be met within the limits.
    """
    mean, sd = target.mean / unit, target.sd / unit
    values = [_normal_within(low, high, mean, sd, draws) for low, high in limits]
    off = _off(values, mean, sd)
    for _ in range(60_000):
        if off < MOMENT_TOLERANCE / unit:
            return values
        i = draws.between(0, len(values) - 1)
        step = draws.one_of((-3, -2, -1, 1, 2, 3))
        moved = values[i] + step
        if not limits[i][0] <= moved <= limits[i][1]:
            continue
        trial = [*values[:i], moved, *values[i + 1 :]]
        trial_off = _off(trial, mean, sd)
        if trial_off <= off:
            values, off = trial, trial_off
    raise ValueError(f"mean {target.mean} and deviation {target.sd} cannot be met: {off * unit:.3f} away")


def _normal_within(low: int, high: int, mean: float, sd: float, draws: Draws) -> int:
    while True:
        value = round(mean + sd * draws.normal())
        if low <= value <= high:
            return value


def _off(values: Sequence[int], mean: float, sd: float) -> float:
    n = len(values)
    found = sum(values) / n
    found_sd = math.sqrt(sum((value - found) ** 2 for value in values) / (n - 1))
    return max(abs(found - mean), abs(found_sd - sd))
