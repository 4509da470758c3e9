"""Results and methods without what is hidden, and without the courses and listings of single patients."""

from __future__ import annotations

import re
from dataclasses import replace

from calliper.results import Method, Results
from calliper.sharing.numbers import HIDDEN, Shared

FEW = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine|\d+)( more| other| included| screened)? "
    r"(patients?|records?|rows?|judgements?|deaths?|levels?|scans?|sessions?|visits?)\b",
    re.IGNORECASE,
)
"""A number of patients or records in running text."""

USED = re.compile(r"\b(Used|left out): (\d+)")
"""How many a method used and left out, as it is told under a table."""

WITHHELD = "Not shared: it quotes a number that is hidden."


def tells_a_count(text: str, shared: Shared) -> bool:
    """Whether a text without keys names a number of patients other than those that anyone may know.

    >>> held = Shared(5, frozenset(), frozenset(), frozenset(), frozenset({90}))
    >>> tells_a_count("The 90 screened patients", held), tells_a_count("2 patients were left out", held)
    (False, True)
    """
    numbers = [found[1] for found in FEW.finditer(text)] + [found[2] for found in USED.finditer(text)]
    return any(not (number.isdigit() and int(number) in shared.sizes | {0}) for number in numbers)


def shared_results(results: Results, shared: Shared) -> Results:
    """The results that may leave the hospital."""
    return Results(
        rows=tuple(row for row in results if row.key not in shared.hidden),
        methods=tuple(_method(method, shared) for method in results.methods),
        flips=tuple(flip for flip in results.flips if not shared.hidden & set(flip.keys)),
        populations=results.populations,
    )


def _method(method: Method, shared: Shared) -> Method:
    """A method without how many were used and left out, unless that is everybody."""
    is_known = method.n_used in shared.sizes and not method.n_excluded
    warnings = tuple(without_counts(text, shared) for text in method.warnings)
    return replace(
        method,
        sentence=without_counts(method.sentence, shared),
        parameters={
            name: value
            for name, value in method.parameters.items()
            if not isinstance(value, int) or isinstance(value, bool)
        },
        n_used=method.n_used if is_known else None,
        n_excluded=0,
        why_excluded="" if is_known else HIDDEN,
        warnings=warnings,
        failure=without_counts(method.failure, shared),
    )


def without_counts(text: str, shared: Shared) -> str:
    """The text without the sentences that tell a count."""
    if not tells_a_count(text, shared):
        return text
    kept = [part for part in re.split(r"(?<=[.;]) ", text) if not tells_a_count(part, shared)]
    return " ".join((*kept, WITHHELD))
