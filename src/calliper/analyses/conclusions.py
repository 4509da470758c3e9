"""What is concluded from a comparison of two arms, and whether another comparison concludes the same.

Nothing is estimated here: a conclusion is read off rows that other analyses made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from calliper.protocol.definitions import Definition
from calliper.results import Row

NO_EFFECT = 1e-9
"""How near to no effect (a log hazard ratio, a difference of proportions) an estimate counts as none."""

EFFECTS = {
    "hazard": ("cox", "cause_specific", "firth"),
    "incidence": ("fine_gray",),
    "rate": ("newcombe",),
}
"""The methods whose estimate stands for a reading; of a hazard the first that could be made."""

Rows = Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The side of no effect on which an estimate lies (-1, 0, 1), and whether chance is a poor account of it.

    `is_beyond`: the P value is below the level of significance or, of three and more arms, the interval of the
    contrast holds no effect.
    """

    direction: int
    is_beyond: bool


def conclude(
    rows: Rows, place: Row, definition: Definition, *, alpha: float, by_test: bool
) -> Conclusion | None:
    """The conclusion of a definition about the contrast at `place`; None where a number for it is absent.

    Args:
        rows: rows of results by key.
        place: any row of the analysis whose group is the contrast; its other parts are set here.
        definition: what is read.
        alpha: the level of significance; P equal to it is not below it.
        by_test: read the P value of the test between the arms, and not the interval of the contrast.
    """
    here = replace(
        place, population=definition.population, variable=definition.variable, level=definition.level, at=None
    )
    effect = _effect(rows, here, definition)
    if effect is None:
        return None
    value, lower, upper = effect
    direction = 0 if abs(value) < NO_EFFECT else int(math.copysign(1, value))
    if not by_test:
        return Conclusion(direction, is_beyond=lower > 0 or upper < 0)
    p = rows.get(_test(here, definition).key)
    return None if p is None or p.value is None else Conclusion(direction, is_beyond=p.value < alpha)


def _test(here: Row, definition: Definition) -> Row:
    """The place of the P value of the test between the arms."""
    if definition.reading == "hazard":
        return replace(here, group="between", level="", stat="p.logrank")
    return replace(here, group="between", stat="p.gray" if definition.reading == "incidence" else "p")


def _effect(rows: Rows, here: Row, definition: Definition) -> tuple[float, float, float] | None:
    """The estimate and its limits, on a scale on which no effect is 0."""
    measure, scale = ("difference", _same) if definition.reading == "rate" else ("hr", math.log)
    for method in EFFECTS[definition.reading]:
        half = "" if definition.reading == "rate" else f".{method}"
        found = [
            rows.get(replace(here, stat=stat).key)
            for stat in (f"{measure}{half}", f"lower.{method}", f"upper.{method}")
        ]
        values = [row.value for row in found if row is not None and row.value is not None]
        if len(values) == len(found):
            value, lower, upper = (_on(scale, number) for number in values)
            return value, lower, upper
    return None


def _same(number: float) -> float:
    return number


def _on(scale: Callable[[float], float], number: float) -> float:
    """The number on a scale; a limit of 0 of a ratio lies below every other."""
    return -math.inf if scale is math.log and number <= 0 else scale(number)


def agreement(main: Conclusion, other: Conclusion) -> dict[str, float | None]:
    """Whether the other conclusion is the main one, and which half of it is not where it is not."""
    same = (main.direction == other.direction, main.is_beyond == other.is_beyond)
    return {"holds": float(all(same)), "same_direction": float(same[0]), "same_side": float(same[1])}
