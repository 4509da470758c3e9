"""Tests of a category against the groups, and which of them is the headline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from calliper.analyses.places import Entry, Place, Refusal, attempt
from calliper.analyses.wording import TESTS, capital
from calliper.results import Method
from calliper.stats.contingency import likelihood_ratio, pearson, yates
from calliper.stats.conventions import ChiSquareTest
from calliper.stats.counts import min_expected
from calliper.stats.estimates import ChiSquare
from calliper.stats.fisher import fisher
from calliper.summaries.crosstab import Crosstab

FEWEST_EXPECTED = 5.0
"""Below this expected count Fisher's exact test is the headline (Cochran 1954, Biometrics 10, 417-451)."""

WORK_IF_SPARSE = 200_000
WORK_OTHERWISE = 30_000
# Where the chi-square test is the headline, the exact test is a courtesy and may not hold up the report.

MOST_PATIENTS = 5_000
# The steps of the exact test of a table larger than 2x2 are in whole numbers as long as its counts are large.


def associate(
    place: Place,
    counts: Crosstab,
    *,
    subject: str,
    n_excluded: int,
    why_excluded: str,
    chi_square: ChiSquareTest = "pearson",
    is_exact_first: bool = False,
) -> Iterator[Entry]:
    """The chi-square and Fisher's tests of `counts` (groups by levels), and the headline P value, at `place`.

    Pearson's and the likelihood ratio test, of a 2x2 table also Yates's, and Fisher's. The headline is the
    one `chi_square` names (of a larger table Pearson's), but Fisher's where an expected count is below 5, or
    everywhere with `is_exact_first`; an exact test that is not feasible is replaced with a warning.
    Where no test can be made there is no row, and the headline's method has the reason.
    """
    headline = Method(
        analysis=place.analysis,
        name="headline",
        sentence="No test was made.",
        subject=subject,
        n_used=counts.total,
        n_excluded=n_excluded,
        why_excluded=why_excluded if n_excluded else "",
    )
    chi2 = attempt(pearson, counts.counts)
    if isinstance(chi2, Refusal):
        yield replace(headline, failure=chi2.sentence)
        return
    tests = {"pearson": chi2, "likelihood_ratio": likelihood_ratio(counts.counts)}
    if _size(counts) == (2, 2):
        tests["yates"] = yates(counts.counts)
    for name, made in tests.items():
        yield from _rows(place, name, made)
    fewest = min_expected(counts.counts)
    yield from place.rows({"min_expected": fewest})
    is_sparse = fewest < FEWEST_EXPECTED
    exact = _exact(counts, work_limit=WORK_IF_SPARSE if is_sparse else WORK_OTHERWISE)
    warnings: tuple[str, ...] = ()
    test: str = chi_square if chi_square in tests else "pearson"
    p, reason = tests[test].p, ""
    if isinstance(exact, Refusal):
        yield exact_test_refused(place.analysis, subject, exact)
        if is_sparse or is_exact_first:
            warnings = (f"{subject}: the exact test was not feasible; the chi-square test replaces it.",)
    else:
        yield from place.rows({"p.fisher": exact})
        if is_sparse or is_exact_first:
            test, p = "fisher", exact
            reason = "" if is_exact_first else f", because an expected count is below {FEWEST_EXPECTED:g}"
    yield from place.rows({"p": p})
    yield replace(
        headline,
        sentence=f"{capital(TESTS[test])}, two-sided{reason}.",
        parameters={"test": test, "min_expected": fewest, "sides": 2},
        warnings=warnings,
    )


def _rows(place: Place, name: str, test: ChiSquare) -> Iterator[Entry]:
    yield from place.rows({f"statistic.{name}": test.chi2, f"df.{name}": test.df, f"p.{name}": test.p})


def _size(counts: Crosstab) -> tuple[int, int]:
    """How many groups and how many levels somebody has."""
    return sum(total > 0 for total in counts.row_totals), sum(total > 0 for total in counts.column_totals)


def _exact(counts: Crosstab, *, work_limit: int) -> float | Refusal:
    groups, levels = _size(counts)
    if (groups, levels) != (2, 2) and counts.total > MOST_PATIENTS:
        size = f"{groups}x{levels} table of {counts.total} patients"
        return Refusal(f"no exact test: a {size} is larger than it can be computed for")
    return attempt(fisher, counts.counts, work_limit=work_limit)


def exact_test_refused(analysis: str, subject: str, refusal: Refusal) -> Method:
    """The method that says why Fisher's test of one subject was not made."""
    sentence = f"{capital(TESTS['fisher'])}, two-sided."
    return Method(analysis, "fisher", sentence, subject=subject, failure=refusal.sentence)
