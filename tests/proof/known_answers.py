"""93 analyses of public cohorts by R: every number of every answer."""

from __future__ import annotations

from typing import Any

from proof import known_counts, known_cox, known_fine_gray, known_survival
from proof.ledger import Source

SOURCE = Source(
    name="R's known answers",
    what="93 analyses of public cohorts, every number of every answer",
    reference="R 4.2.2 with survival 3.5-3 and cmprsk 2.2-11",
    cases={**known_survival.CASES, **known_cox.CASES, **known_fine_gray.CASES, **known_counts.CASES},
)


def numbers_in(result: Any) -> int:
    """How many numbers an answer holds, NA included: the times that were asked for are none of its own."""
    if isinstance(result, dict):
        return sum(numbers_in(held) for key, held in result.items() if key not in {"time", "tau"})
    if isinstance(result, list):
        return sum(numbers_in(held) for held in result)
    return 0 if isinstance(result, str) else 1
