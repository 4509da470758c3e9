"""A column of numbers, checked at the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Column: TypeAlias = "pl.Series | npt.NDArray[Any]"


def complete_numbers(values: Column, *, name: str) -> Floats:
    """Return the column as floats; `name` is the word used for it in an error.

    Raises:
        ValueError: a value is null, NaN or infinite, or the column has more than one dimension.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        raise ValueError(f"{name} has shape {numbers.shape}; expected one dimension")
    if not np.isfinite(numbers).all():
        place = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise ValueError(f"{name}[{place}] is {numbers[place]}; expected a finite number")
    return numbers


def known_numbers(values: Column) -> Floats:
    """Return the values that are not null, as floats. Null means not known and is left out; NaN is refused.

    Raises:
        ValueError: a value is NaN or infinite.
    """
    known = values if isinstance(values, np.ndarray) else values.drop_nulls()
    return complete_numbers(known, name="values")


def event_flags(event: Column) -> npt.NDArray[np.bool_]:
    """Return the column of event flags as booleans; True means that the event happened.

    Raises:
        ValueError: a flag is null or neither 0 nor 1.
    """
    flags = complete_numbers(event, name="event")
    if not ((flags == 0) | (flags == 1)).all():
        place = int(np.flatnonzero((flags != 0) & (flags != 1))[0])
        raise ValueError(f"event[{place}] is {flags[place]:g}; expected 0 (censored) or 1 (event)")
    happened: npt.NDArray[np.bool_] = flags == 1
    return happened


def survival_times(time: Column) -> Floats:
    """Return the column of follow-up times as floats.

    Raises:
        ValueError: a time is null, infinite or negative.
    """
    times = complete_numbers(time, name="time")
    if (times < 0).any():
        place = int(np.flatnonzero(times < 0)[0])
        raise ValueError(f"time[{place}] is {times[place]:g}; expected zero or more")
    return times
