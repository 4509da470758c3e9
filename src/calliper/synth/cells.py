"""What a sheet is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

Cell = str | int | float | date | None
Row = tuple[Cell, ...]
Sheet = tuple[Sequence[str], list[Row]]
"""Columns and rows."""


def yes(value: bool) -> str:
    """Y or N."""
    return "Y" if value else "N"


def millimetres(tenths: int | None) -> float | None:
    """Tenths of a millimetre, as they are held, in the unit of the sheets."""
    return None if tenths is None else tenths / 10
