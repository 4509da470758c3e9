"""The values that measurements usually have and can have, by names that a study file can give in place of bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from calliper.disease.hcc.plausibility import USUAL as HCC
from calliper.disease.hcc.plausibility import Usual
from calliper.disease.units import FACTORS, exact

PLAUSIBLE: Mapping[str, Usual] = {f"hcc.{name}": usual for name, usual in HCC.items()}
"""By disease and measurement: `hcc.diameter`."""


def bounds(name: str, which: Literal["soft", "hard"], unit: str | None) -> tuple[float, float]:
    """The lower and the upper end of a measurement's usual (`soft`) or possible (`hard`) values, in `unit`.

    Raises:
        ValueError: the measurement has no such unit.

    >>> bounds("hcc.diameter", "soft", "mm")
    (30.0, 200.0)
    """
    usual = PLAUSIBLE[name]
    ends = usual.soft if which == "soft" else usual.hard
    factors = FACTORS.get(usual.item, {})
    if (unit or "") == usual.unit:
        return ends
    if unit is None or unit not in factors:
        known = list(factors) or ([usual.unit] if usual.unit else [])
        found = f"the unit '{unit}'" if unit else "no unit"
        expected = f"of '{name}' {' or '.join(known)}" if known else "none"
        raise ValueError(f"found {found}; expected {expected}")
    low, high = (float(exact(end) / factors[unit]) for end in ends)
    return low, high
