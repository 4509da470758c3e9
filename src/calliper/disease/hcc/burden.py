"""Tumour burden: the largest whole diameter d in cm and the number of nodules n.

    up-to-seven          d + n         in (up to 7), out                 Mazzaferro et al., Lancet Oncol 2009;10:35
    six-and-twelve       d + n         low (up to 6), mid (to 12), high  Wang et al., J Hepatol 2019;70:893
    seven-eleven         d + n         low (up to 7), mid (to 11), high  Hung et al., Liver Cancer 2021 (not verified)
    tumour burden score  sqrt(d2+n2)   low (below 3.36), mid (to 13.74)  Sasaki et al., Ann Surg 2018;267:132

They need the exact number of nodules: with one recorded only as over 3 there is no score. Sums are compared in exact
decimals.
"""

from __future__ import annotations

import math
from decimal import Decimal

from calliper.disease.staged import Staged, not_recorded
from calliper.disease.units import convert

UP_TO_SEVEN = Decimal(7)
SIX_AND_TWELVE = (Decimal(6), Decimal(12))
SEVEN_ELEVEN = (Decimal(7), Decimal(11))
TUMOUR_BURDEN = (Decimal("3.36"), Decimal("13.74"))
GROUPS = ("low", "mid", "high")


def up_to_seven(
    diameter: float | None, nodules: int | None, macrovascular: bool | None, *, diameter_unit: str
) -> Staged:
    """d + n and whether it is `in` (up to 7) or `out`; macrovascular invasion (True) is out whatever the sum.

    Null where an item is None, unless the others put the patient out.
    """
    summed = _sum(diameter, nodules, diameter_unit)
    if summed.score is not None and exceeds(diameter, nodules, diameter_unit, UP_TO_SEVEN):
        return Staged(summed.score, "out", summed.reason)
    if macrovascular:
        return Staged(summed.score, "out", "macrovascular invasion")
    if summed.score is None or macrovascular is None:
        items = {"diameter": diameter, "number of nodules": nodules, "macrovascular invasion": macrovascular}
        return Staged(summed.score, None, not_recorded(items).reason)
    return Staged(summed.score, "in", summed.reason)


def six_and_twelve(diameter: float | None, nodules: int | None, *, diameter_unit: str) -> Staged:
    """d + n in three groups; null where one is None."""
    return _in_groups(diameter, nodules, diameter_unit, SIX_AND_TWELVE)


def seven_eleven(diameter: float | None, nodules: int | None, *, diameter_unit: str) -> Staged:
    """d + n in three groups; null where one is None."""
    return _in_groups(diameter, nodules, diameter_unit, SEVEN_ELEVEN)


def tumour_burden_score(diameter: float | None, nodules: int | None, *, diameter_unit: str) -> Staged:
    """The root of d squared + n squared in three groups; null where one is None."""
    if diameter is None or nodules is None:
        return not_recorded({"diameter": diameter, "number of nodules": nodules})
    squared = convert("diameter", diameter, diameter_unit) ** 2 + Decimal(nodules) ** 2
    low, high = TUMOUR_BURDEN
    group = "low" if squared < low**2 else "mid" if squared <= high**2 else "high"
    score = math.sqrt(squared)
    return Staged(score, group, f"{diameter:g} {diameter_unit} and n = {nodules}: {score:.2f}")


def exceeds(diameter: float | None, nodules: int | None, diameter_unit: str, limit: Decimal) -> bool:
    """Whether d + n is above a limit; False where one is None."""
    if diameter is None or nodules is None:
        return False
    return convert("diameter", diameter, diameter_unit) + nodules > limit


def _sum(diameter: float | None, nodules: int | None, diameter_unit: str) -> Staged:
    if diameter is None or nodules is None:
        return not_recorded({"diameter": diameter, "number of nodules": nodules})
    total = convert("diameter", diameter, diameter_unit) + nodules
    return Staged(
        float(total), None, f"{diameter:g} {diameter_unit} and n = {nodules}: {total.normalize():f}"
    )


def _in_groups(
    diameter: float | None, nodules: int | None, diameter_unit: str, limits: tuple[Decimal, Decimal]
) -> Staged:
    summed = _sum(diameter, nodules, diameter_unit)
    if summed.score is None:
        return summed
    passed = sum(exceeds(diameter, nodules, diameter_unit, limit) for limit in limits)
    return Staged(summed.score, GROUPS[passed], summed.reason)
