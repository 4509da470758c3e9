"""Tests of a measurement between groups, and which of them is the headline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calliper.analyses.places import Entry, Place, Refusal, attempt
from calliper.analyses.wording import TESTS, capital, rank_p_in_words
from calliper.results import Method
from calliper.stats.conventions import Convention
from calliper.stats.means import FTest, anova, levene, t_pooled, t_welch
from calliper.stats.ranks import kruskal_wallis, mann_whitney
from calliper.summaries.moments import Moments, ValueCounts


@dataclass(frozen=True, slots=True)
class Measured:
    """One group's measurements, summarised for the tests of means and of ranks."""

    spread: Moments
    values: ValueCounts


def compare_numbers(
    place: Place,
    groups: Sequence[Measured],
    *,
    test: str,
    convention: Convention,
    n_excluded: int,
    why_excluded: str,
) -> Iterator[Entry]:
    """Every test of the groups at `place`, and the one named `test` as the headline P value.

    Two groups: `welch`, `pooled`, `mann_whitney`; three or more: `anova`, `kruskal_wallis`; and `levene`, of the
    equality of variances. A test that cannot be made has a method with its reason and no row.
    """
    tests = _two_groups(groups, convention) if len(groups) == 2 else _more_groups(groups)
    tests["levene"] = _equal_variances(groups)
    how = f" {rank_p_in_words(convention)}" if test == "mann_whitney" else ""
    headline = Method(
        analysis=place.analysis,
        name="headline",
        sentence=f"{capital(TESTS[test])}, two-sided.{how}",
        subject=place.variable,
        parameters={"test": test, "sides": 2},
        n_used=sum(group.values.n for group in groups),
        n_excluded=n_excluded,
        why_excluded=why_excluded if n_excluded else "",
    )
    for name, stats in tests.items():
        if isinstance(stats, Refusal):
            sentence = f"{capital(TESTS[name])}, two-sided."
            yield Method(place.analysis, name, sentence, subject=place.variable, failure=stats.sentence)
        else:
            yield from place.rows({f"{measure}.{name}": value for measure, value in stats.items()})
    chosen = tests[test]
    if isinstance(chosen, Refusal):
        yield replace(headline, failure=chosen.sentence)
    else:
        yield from place.rows({"p": chosen["p"]})
        yield headline


def headline_test(groups: int, *, convention: Convention, by_rank: bool) -> str:
    """The test whose P value is printed: of ranks for numbers shown as median, of means otherwise."""
    if groups == 2:
        return "mann_whitney" if by_rank else convention.means
    return "kruskal_wallis" if by_rank else "anova"


Stats = Mapping[str, float] | Refusal


def _two_groups(groups: Sequence[Measured], convention: Convention) -> dict[str, Stats]:
    a, b = groups
    tests: dict[str, Stats] = {}
    for name, kernel in (("welch", t_welch), ("pooled", t_pooled)):
        t = attempt(kernel, a.spread, b.spread)
        tests[name] = t if isinstance(t, Refusal) else {"statistic": t.t, "df": t.df, "p": t.p}
    ranks = attempt(
        mann_whitney,
        a.values,
        b.values,
        continuity=convention.rank_continuity == "corrected",
        exact=None if convention.rank_p == "exact" else False,
    )
    tests["mann_whitney"] = ranks if isinstance(ranks, Refusal) else {"statistic": ranks.u, "p": ranks.p}
    return tests


def _more_groups(groups: Sequence[Measured]) -> dict[str, Stats]:
    f = attempt(anova, [group.spread for group in groups])
    h = attempt(kruskal_wallis, [group.values for group in groups])
    return {
        "anova": f if isinstance(f, Refusal) else _variance_ratio(f),
        "kruskal_wallis": h if isinstance(h, Refusal) else {"statistic": h.chi2, "df": h.df, "p": h.p},
    }


def _equal_variances(groups: Sequence[Measured]) -> Stats:
    spread = [np.repeat(group.values.values, group.values.counts) for group in groups]
    f = attempt(levene, spread)
    return f if isinstance(f, Refusal) else _variance_ratio(f)


def _variance_ratio(f: FTest) -> dict[str, float]:
    return {"statistic": f.f, "df1": f.df1, "df2": f.df2, "p": f.p}
