"""Alpha-fetoprotein as laboratories write it: `35.2`, `<0.6`, `>1210`, in ng/mL or IU/mL (1 IU/mL is 1.21 ng/mL)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from calliper.disease.staged import Staged, not_recorded
from calliper.disease.units import convert

_WRITTEN = re.compile(r"\s*([<>]?)\s*([0-9]+(?:\.[0-9]+)?)\s*")

CUT_NG_ML = Decimal(400)
"""The cut of the paper and of HAP; 400 itself is low."""

RESPONSE_DAYS = (28, 56)
"""After a treatment, both inside: when a fall is a response."""

RESPONSE_FROM_NG_ML = Decimal(20)
"""Up to this before treatment, a fall says nothing."""

GROUPS = ("≤400", ">400")
"""In ng/mL."""


@dataclass(frozen=True, slots=True)
class Afp:
    """A value in ng/mL. `sign` is `<` below, `>` above what could be measured, `=` for a value measured."""

    ng_ml: Decimal
    sign: Literal["<", "=", ">"] = "="

    def is_above(self, cut_ng_ml: Decimal = CUT_NG_ML) -> bool | None:
        """Whether it lies above a cut, the cut itself below; None where `>200` or `<500` cannot say of 400."""
        if self.sign == "<":
            return False if self.ng_ml <= cut_ng_ml else None
        if self.sign == ">":
            return True if self.ng_ml >= cut_ng_ml else None
        return self.ng_ml > cut_ng_ml


def read_afp(text: str, *, unit: str) -> Afp:
    """A value as written, with its sign, in ng/mL.

    Raises ValueError for a unit that is not known and for text that is no value.

    >>> read_afp("300", unit="IU/mL").ng_ml
    Decimal('363.00')
    >>> read_afp(">200", unit="ng/mL").is_above() is None
    True
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"found '{text}'; expected a number, or one after < or >")
    value = convert("afp", 1, unit) * Decimal(found[2])
    match found[1]:
        case "<":
            return Afp(value, "<")
        case ">":
            return Afp(value, ">")
        case _:
            return Afp(value)


def has_responded(before: Afp, after: Afp, *, days: int, fall_percent: int = 20) -> bool | None:
    """Whether AFP fell by `fall_percent` or more, `days` after the treatment.

    None where the value before is not above 20 ng/mL, where `days` lie outside RESPONSE_DAYS, and where a limit cannot
    say. A fall of 20% is exact: from 100 to 80 is a response.
    """
    if before.is_above(RESPONSE_FROM_NG_ML) is not True or not RESPONSE_DAYS[0] <= days <= RESPONSE_DAYS[1]:
        return None
    has_fallen = 100 * after.ng_ml <= (100 - fall_percent) * before.ng_ml
    if before.sign in ("=", ">") and after.sign in ("=", "<") and has_fallen:
        return True
    return False if before.sign == after.sign == "=" else None


def afp_400(afp: str | None, *, version: str) -> Staged:
    """The group, up to or above 400 ng/mL, of a value as written in the unit `version`.

    Null where it is not recorded, is no value, or is a limit that cannot say. Raises ValueError for an unknown unit.
    """
    if afp is None:
        return not_recorded({"AFP": afp})
    told = f"AFP {afp} {version}"
    convert("afp", 1, version)
    try:
        held = read_afp(afp, unit=version)
    except ValueError:
        return Staged(None, None, f"{told}: neither a number nor one after < or >")
    is_above = held.is_above()
    if is_above is None:
        return Staged(None, None, f"{told}: may lie on either side of 400 ng/mL")
    return Staged(None, GROUPS[is_above], told)
