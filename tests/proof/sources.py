"""Every source of numbers that are not ours, and what came of comparing each."""

from __future__ import annotations

from functools import cache

from proof import (
    known_answers,
    nist,
    random_cohorts,
    reporting_examples,
    response_examples,
    settled_cox,
    survival_examples,
    tern,
    trials,
)
from proof.ledger import Ledger, Source

SOURCES: dict[str, Source] = {
    module.SOURCE.name: module.SOURCE
    for module in (
        known_answers,
        settled_cox,
        trials,
        nist,
        tern,
        survival_examples,
        response_examples,
        reporting_examples,
        random_cohorts,
    )
}


@cache
def tally(source: str, case: str) -> Ledger:
    """Run a case once; it fails, each time it is asked for, where a number does not agree."""
    ledger = Ledger()
    SOURCES[source].cases[case](ledger)
    return ledger
