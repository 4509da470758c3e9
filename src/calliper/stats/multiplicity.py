"""p-values adjusted for how many there are; each result is in the order of its argument, and at most 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """Adjust by Holm's step-down method: the running maximum of (m - i + 1) p(i), p(1) the smallest.

    Controls the family-wise error under any dependence. Holm (1979, Scand J Stat 6, 65-70).

    Raises:
        ValueError: a p is not from 0 to 1.

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    values, order = _ordered(p)
    return _restored(np.maximum.accumulate(np.arange(values.size, 0, -1) * values), order)


def hochberg(p: Sequence[float]) -> tuple[float, ...]:
    """Adjust by Hochberg's step-up method: the running minimum, from the largest, of (m - i + 1) p(i).

    Controls the family-wise error of independent or positively dependent tests. Hochberg (1988, Biometrika
    75, 800-802). Raises as `holm`.
    """
    values, order = _ordered(p)
    return _restored(_minimum_from_largest(np.arange(values.size, 0, -1) * values), order)


def benjamini_hochberg(p: Sequence[float]) -> tuple[float, ...]:
    """Adjust for the false discovery rate: the running minimum, from the largest, of (m / i) p(i).

    Benjamini and Hochberg (1995, J R Stat Soc B 57, 289-300). Raises as `holm`.
    """
    values, order = _ordered(p)
    return _restored(_minimum_from_largest(values.size / np.arange(1, values.size + 1) * values), order)


def _ordered(p: Sequence[float]) -> tuple[Floats, npt.NDArray[np.intp]]:
    values = np.array(p, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p-values {list(p)}; expected numbers from 0 to 1")
    order = np.argsort(values, kind="stable")
    return values[order], order


def _minimum_from_largest(values: Floats) -> Floats:
    return np.asarray(np.minimum.accumulate(values[::-1])[::-1])


def _restored(adjusted: Floats, order: npt.NDArray[np.intp]) -> tuple[float, ...]:
    result = np.empty_like(adjusted)
    result[order] = np.minimum(adjusted, 1.0)
    return tuple(result.tolist())
