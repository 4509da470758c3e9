"""Work cut into threads: one for each processor, where there is enough of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar

Made = TypeVar("Made")

# Fewer rows are done before a second thread is under way.
_ROWS_A_THREAD = 500_000


def threads_for(rows: int, most: int | None = None) -> int:
    """Return how many threads are worth their start for so many rows, `most` or the processors at the most."""
    return max(1, min(most if most is not None else os.cpu_count() or 1, rows // _ROWS_A_THREAD))


def even_parts(size: int, parts: int) -> list[tuple[int, int]]:
    """Return the first and the end of each of so many parts of about one size.

    >>> even_parts(10, 3)
    [(0, 3), (3, 6), (6, 10)]
    """
    return list(pairwise(size * part // parts for part in range(parts + 1)))


def together(function: Callable[..., Made], jobs: Iterable[tuple[Any, ...]]) -> list[Made]:
    """Return what the function makes of the arguments of each job, in their order: a thread each, one of them ours."""
    own, *others = list(jobs)
    if not others:
        return [function(*own)]
    with ThreadPoolExecutor(len(others)) as pool:
        started = [pool.submit(function, *arguments) for arguments in others]
        return [function(*own), *(job.result() for job in started)]
