"""A number as it stands in print, and a result brought to as many digits, in exact decimals throughout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Literal

NOT_REACHED = "NR"
P_DECIMALS = 3
"""Decimals of a P value printed as a bare 0 or 1 (a program's 0.000 or 1.000 with its zeros cut off)."""

_PRINTED = re.compile(r"([<>]?) ?([-−]?)(\d{1,3}(?:,\d{3})+|\d+|)(?:[.·](\d+))?")


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number: `<0.001` has bound `<`, number 0.001 and 3 decimals. `number` is None for `NR`."""

    number: Decimal | None
    decimals: int
    bound: Literal["", "<", ">"] = ""

    @property
    def unit(self) -> Decimal:
        """One unit in the last printed digit."""
        return Decimal(1).scaleb(-self.decimals)


def read_printed(text: str) -> Printed:
    """Read a printed number as journals set it: `1,250`, `.04`, `0·04` (a raised point), `−1.405`.

    Raises ValueError for anything else: a range is two claims, and plus-minus or percent signs are left out.

    >>> read_printed("<0.001")
    Printed(number=Decimal('0.001'), decimals=3, bound='<')
    """
    if text == NOT_REACHED:
        return Printed(None, 0)
    found = _PRINTED.fullmatch(text)
    if found is None or not (found[3] or found[4]):
        raise ValueError(f"found {text!r}; expected one number as printed (60.3, <0.001) or {NOT_REACHED}")
    bound, minus, whole, fraction = found[1], found[2], found[3].replace(",", ""), found[4] or ""
    number = Decimal(f"{'-' if minus else ''}{whole or '0'}.{fraction or '0'}")
    number = number.quantize(Decimal(1).scaleb(-len(fraction)))
    return Printed(number, len(fraction), "<" if bound == "<" else ">" if bound == ">" else "")


def exact(value: float) -> Decimal:
    """A result as the shortest decimal that reads back as the same float, which is what the report rounds."""
    return Decimal(repr(float(value)))


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Round half away from zero, the schoolbook rule.

    >>> rounded(Decimal("-0.0005"), 3)
    Decimal('-0.001')
    """
    return _to(value, decimals, ROUND_HALF_UP)


def truncated(value: Decimal, decimals: int) -> Decimal:
    """Cut off the digits past `decimals`.

    >>> truncated(Decimal("0.9757"), 3)
    Decimal('0.975')
    """
    return _to(value, decimals, ROUND_DOWN)


def _to(value: Decimal, decimals: int, how: str) -> Decimal:
    # The default context holds 28 digits, and a value near 1e308 has more before its point.
    with localcontext() as context:
        context.prec = 400
        return value.quantize(Decimal(1).scaleb(-decimals), rounding=how)
