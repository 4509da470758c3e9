"""Which times are the same time: decided here and nowhere else.

Arithmetic on times makes 0.1 * 3 and 0.3 two different floats, and two patients who died on one day two
event times. R's `survival` merges such times (`timefix`), with a tolerance that depends on the mean of the
data at hand, so that the answer for two cohorts together is not settled by the answers for each. Here every
time falls into a cell of a fixed grid with a relative width of about 1e-9 (30 binary digits); times in one
cell are one time. The cell of a time depends on nothing but that time, so summaries of any partition of the
patients add up exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from calliper.summaries.columns import Flags, Floats, Integers

_DIGITS = 30
# Of the 53 digits of a number in floating point, those that a cell leaves out.
_DROPPED = 53 - _DIGITS
# The golden section keeps the edges of the cells away from every short decimal number.
_OFFSET = int((3 - 5**0.5) / 2 * 2**_DROPPED)
# Whole numbers up to here are each in a cell of their own.
WHOLE = 2 ** (_DIGITS - 1)


def time_cells(times: Floats) -> Integers:
    """Return the cell of each time, a whole number that sorts like the times. Zero is in cell 0.

    The digits of a number in floating point, read with its exponent before them as one whole number, rise with
    it: a cell is that number, shifted by the offset, without its last digits.

    >>> cells = time_cells(np.array([0.1 * 3, 0.3, 0.3001]))
    >>> bool(cells[0] == cells[1]), bool(cells[1] < cells[2])
    (True, True)
    """
    # Adding zero turns minus zero into zero.
    return np.asarray(((times + 0.0).view(np.int64) + _OFFSET) >> _DROPPED)


def distinct_times(times: Floats) -> tuple[Floats, Integers]:
    """Return the distinct times, ascending, and for each given time its index among them.

    A distinct time is the smallest of the times in its cell, as given.
    """
    order, starts = _runs(times)
    index = np.empty(times.size, dtype=np.int64)
    index[order] = np.repeat(np.arange(starts.size), np.diff(np.append(starts, times.size)))
    return _smallest(times[order], starts), index


def tallied_times(times: Floats, *counts: Integers) -> tuple[Floats, list[Integers]]:
    """Return the distinct times, ascending, and the sum of each of the counts, (times,), at each of them."""
    order, starts = _runs(times)
    sums = [np.add.reduceat(count[order], starts) if starts.size else count[:0] for count in counts]
    return _smallest(times[order], starts), sums


def is_new(values: npt.NDArray[np.generic]) -> Flags:
    """Return True where a value is the first, or differs from that before it."""
    found = np.ones(values.size, dtype=np.bool_)
    found[1:] = values[1:] != values[:-1]
    return found


def _runs(times: Floats) -> tuple[Integers, Integers]:
    """An order in which times ascend by cell, and where in it each cell starts."""
    cells = time_cells(times)
    order = np.argsort(cells, kind="stable")
    return order, np.flatnonzero(is_new(cells[order]))


def _smallest(ordered: Floats, starts: Integers) -> Floats:
    return np.minimum.reduceat(ordered, starts) if starts.size else ordered
