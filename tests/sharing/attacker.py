"""A reader who wants to know a hidden count: every sum as a linear equation, every range, solved by a linear program.

Independent of the product: it is given tables and their totals, and uses scipy's solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linprog

Sum = tuple[str, tuple[str, ...]]


def ranges(
    shared: Mapping[str, float], small: Mapping[str, tuple[float, float]], equations: Sequence[Sum]
) -> dict[str, tuple[float, float]]:
    """For each hidden count of these sums, the least and the most it can be.

    `shared` are the counts that are printed; `small` the range that is told of some hidden ones.
    """
    held = [each for each in equations if any(key not in shared for key in (each[0], *each[1]))]
    unknown = list(
        dict.fromkeys(key for total, parts in held for key in (total, *parts) if key not in shared)
    )
    place = {key: at for at, key in enumerate(unknown)}
    left, right = np.zeros((len(held), len(unknown))), np.zeros(len(held))
    for at, (total, parts) in enumerate(held):
        for key, sign in ((total, -1.0), *((part, 1.0) for part in parts)):
            if key in place:
                left[at, place[key]] += sign
            else:
                right[at] -= sign * shared[key]
    bounds = [small.get(key, (0.0, None)) for key in unknown]
    found = {}
    for key, at in place.items():
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(len(unknown))
            aim[at] = sign
            solved = linprog(aim, A_eq=left, b_eq=right, bounds=bounds, method="highs")
            assert solved.status in (0, 3), solved.message  # solved, or without bound
            ends.append(sign * solved.fun if solved.status == 0 else sign * -np.inf)
        found[key] = (ends[0], ends[1])
    return found
