"""Tests of a category against the groups, and which of them is the headline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from calliper.analyses.places import Entry, Place, Refusal, attempt
from calliper.analyses.wording import TESTS, capital
from calliper.results import Method
from calliper.stats.contingency import pearson
from calliper.stats.counts import min_expected
from calliper.stats.fisher import fisher
from calliper.summaries.crosstab import Crosstab

FEWEST_EXPECTED = 5.0
"""Below this expected count Fisher's exact test is the headline (Cochran 1954, Biometrics 10, 417-451)."""

WORK_IF_SPARSE = 1_000_000
WORK_OTHERWISE = 50_000
# Where the chi-square test is the headline, the exact test is a courtesy and may not hold up the report.


def associate(
    place: Place, counts: Crosstab, *, subject: str, n_excluded: int, why_excluded: str
) -> Iterator[Entry]:
    """Pearson's and Fisher's tests of `counts` (groups by levels), and the headline P value, at `place`.

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
    fewest = min_expected(counts.counts)
    yield from place.rows({"statistic.pearson": chi2.chi2, "df.pearson": chi2.df, "p.pearson": chi2.p})
    yield from place.rows({"min_expected": fewest})
    sparse = fewest < FEWEST_EXPECTED
    exact = attempt(fisher, counts.counts, work_limit=WORK_IF_SPARSE if sparse else WORK_OTHERWISE)
    warnings: tuple[str, ...] = ()
    test, p = "pearson", chi2.p
    if isinstance(exact, Refusal):
        yield exact_test_refused(place.analysis, subject, exact)
        warnings = ("An expected count is below 5 and the exact test was not feasible.",) if sparse else ()
    else:
        yield from place.rows({"p.fisher": exact})
        test, p = ("fisher", exact) if sparse else (test, p)
    yield from place.rows({"p": p})
    yield replace(
        headline,
        sentence=f"{capital(TESTS[test])}, two-sided; the smallest expected count is {fewest:.1f}.",
        parameters={"test": test, "min_expected": fewest, "sides": 2},
        warnings=warnings,
    )


def exact_test_refused(analysis: str, subject: str, refusal: Refusal) -> Method:
    """The method that says why Fisher's test of one subject was not made."""
    sentence = f"{capital(TESTS['fisher'])}, two-sided."
    return Method(analysis, "fisher", sentence, subject=subject, failure=refusal.sentence)
