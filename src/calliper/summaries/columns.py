"""A column, checked at the door: numbers, follow-up, levels, frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[Any]
Codes: TypeAlias = npt.NDArray[np.integer[Any]]
Column: TypeAlias = "pl.Series | npt.NDArray[Any]"


# Up to here every whole number is one in floating point as well.
_MOST_PATIENTS = 2**53


def no_numbers() -> Floats:
    """Return no number."""
    return np.zeros(0)


def no_counts() -> Integers:
    """Return no count."""
    return np.zeros(0, dtype=np.int64)


def complete_numbers(values: Column, *, name: str) -> Floats:
    """Return the column as floats; `name` is the word used for it in an error.

    Raises:
        ValueError: a value is null, NaN or infinite; the column holds dates, spans of time, texts or complex
            numbers, or has more than one dimension.
    """
    given = np.asarray(values)
    if given.dtype.kind not in "biufO" or (given.dtype.kind == "O" and _holds_text(given)):
        kind = values.dtype if given.dtype.kind == "O" else given.dtype
        raise ValueError(f"{name} holds {kind}, not numbers; expected numbers: convert the column first")
    numbers = given.astype(np.float64, copy=False)
    if numbers.ndim != 1:
        raise ValueError(f"{name} has shape {numbers.shape}; expected one dimension")
    # A sum is finite only where every number is; it overflows at worst, and then each is looked at.
    with np.errstate(over="ignore", invalid="ignore"):
        total = numbers.sum()
    if not np.isfinite(total) and not np.isfinite(numbers).all():
        place = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise ValueError(f"{name}[{place}] is {numbers[place]}; expected a finite number")
    return numbers


def _holds_text(values: npt.NDArray[Any]) -> bool:
    return any(isinstance(value, str | bytes) for value in values.ravel())


def known_numbers(values: Column) -> Floats:
    """Return the values that are not null, as floats. Null means not known and is left out; NaN is refused.

    Raises:
        ValueError: a value is NaN or infinite.
    """
    known = values
    if not isinstance(values, np.ndarray) and values.null_count():
        known = values.drop_nulls()
    return complete_numbers(known, name="values")


def event_flags(event: Column) -> Flags:
    """Return the column of event flags as booleans; True means that the event happened.

    Raises:
        ValueError: a flag is null or neither 0 nor 1.
    """
    given = np.asarray(event)
    if given.dtype == np.bool_ and given.ndim == 1:
        return given
    # Small whole numbers are flags already.
    if given.dtype == np.uint8 and given.ndim == 1 and (not given.size or given.max() <= 1):
        return given.view(np.bool_)
    flags = complete_numbers(event, name="event")
    wrong = (flags != 0) & (flags != 1)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        remedy = "subtract 1 from a status of 1 (censored) and 2 (event)" if set(flags) == {1.0, 2.0} else ""
        raise ValueError(
            f"event[{place}] is {flags[place]:g}; expected 0 (censored) or 1 (event)"
            + f"; {remedy}" * bool(remedy)
        )
    happened: Flags = flags == 1
    return happened


def survival_times(time: Column) -> Floats:
    """Return the column of follow-up times as floats.

    Raises:
        ValueError: a time is null, infinite or negative.
    """
    times = complete_numbers(time, name="time")
    if times.size and times.min() < 0:
        place = int(np.flatnonzero(times < 0)[0])
        raise ValueError(f"time[{place}] is {times[place]:g}; expected zero or more")
    return times


def follow_up(time: Column, event: Column) -> tuple[Floats, Flags]:
    """Return the times and the event flags of patients.

    Raises:
        ValueError: as `survival_times` and `event_flags`; there are not as many of each; or they look as if one
            stood for the other.
    """
    times = survival_times(time)
    try:
        flags = event_flags(event)
    except ValueError as wrong:
        if times.size and np.isin(times, (0, 1)).all():
            raise ValueError(
                f"time and event look swapped: every time is 0 or 1, and {wrong}; give the times first"
            ) from wrong
        raise
    if times.size != flags.size:
        raise ValueError(f"{times.size} times but {flags.size} event flags; expected one of each a patient")
    return times, flags


def follow_up_as_given(time: Column, event: Column) -> tuple[Numbers, Flags]:
    """Return the times, left as whole numbers where they are of that kind, and the event flags of patients.

    Raises:
        ValueError: as `follow_up`.
    """
    times = np.asarray(time)
    if times.dtype.kind in "iu" and times.shape == (len(event),) and times.size and times.min() >= 0:
        try:
            return times, event_flags(event)
        except ValueError:
            # What is wrong with the two together is said in one place.
            pass
    return follow_up(time, event)


def frequencies(count: Column | None, size: int) -> Integers | None:
    """Return how many patients each row stands for; None where each is one patient.

    Raises:
        ValueError: a count is negative or not whole, there are not `size` of them, or they are 2^53 together.
    """
    if count is None:
        return None
    numbers = complete_numbers(count, name="count")
    if numbers.size != size:
        raise ValueError(f"{size} rows but {numbers.size} counts; expected one a row")
    wrong = (numbers < 0) | (numbers != np.floor(numbers))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"count[{place}] is {numbers[place]:g}; expected a whole number of patients, zero or more"
        )
    if numbers.sum() >= _MOST_PATIENTS:
        raise ValueError(f"count adds up to {numbers.sum():g}; expected fewer patients than 2^53")
    return numbers.astype(np.int64)


def level_codes(values: Column, levels: Sequence[object], *, name: str) -> Codes:
    """Return the place of each value among the levels; whole numbers of whatever width.

    A Polars Enum of these levels, in their order, costs nothing.

    Raises:
        ValueError: a value is null or none of the levels, or a level is given twice.
    """
    import polars as pl

    if isinstance(levels, str) or len(set(levels)) < len(levels):
        raise ValueError(f"the levels of {name} are {levels!r}; expected a list that has each once")
    if not isinstance(values, pl.Series):
        return _looked_up(np.asarray(values).tolist(), levels, name=name)
    if isinstance(values.dtype, pl.Enum) and not values.null_count():
        categories = values.dtype.categories.to_list()
        places = {level: place for place, level in enumerate(levels)}
        codes: Codes = values.to_physical().to_numpy()
        if categories == list(levels)[: len(categories)]:
            return codes
        if set(categories) <= set(places):
            return np.array([places[category] for category in categories], dtype=np.int64)[codes]
    if values.dtype == pl.String and values.len() > _FEW:
        coded = values.cast(pl.Enum([str(level) for level in levels]), strict=False)
        if not coded.null_count():
            return coded.to_physical().to_numpy()
    return _looked_up(values.to_list(), levels, name=name)


# Of fewer texts than this a dictionary finds the places sooner.
_FEW = 1_000


def _looked_up(values: Sequence[object], levels: Sequence[object], *, name: str) -> Integers:
    places = {level: place for place, level in enumerate(levels)}
    try:
        return np.fromiter((places[value] for value in values), dtype=np.int64, count=len(values))
    except KeyError:
        place = next(i for i, value in enumerate(values) if value not in places)
        known = ", ".join(map(repr, levels))
        raise ValueError(f"{name}[{place}] is {values[place]!r}; expected one of {known}") from None
