"""Medians and their limits, test statistics, follow-up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from calliper.audit.paper.checks.tests import judged, said, statistic_and_p
from calliper.audit.paper.findings import Finding, Verdict
from calliper.audit.paper.limits import Limits, of_printed, told
from calliper.audit.paper.specs import FollowUp, Median, Paper, Statistic
from calliper.audit.printed import NOT_REACHED


def check_median(_paper: Paper, claim: Median) -> Iterator[Finding]:
    """A median lies between its limits, and in the middle of a symmetric interval."""
    limits = [text for text in (claim.lower, claim.upper) if text not in (None, NOT_REACHED)]
    if not limits or claim.median == NOT_REACHED:
        yield said(
            claim, "median", claim.median, "not checkable", "A median without limits has nothing beside it."
        )
        return
    yield _between(claim, "median between its limits", claim.median, (claim.lower, claim.upper))
    if claim.interval == "symmetric" and claim.lower and claim.upper and len(limits) == 2:
        middle = (of_printed(claim.lower) + of_printed(claim.upper)).scaled(0.5)
        how = f"The interval {claim.lower} to {claim.upper} is the median plus and minus the same."
        yield judged(claim, "median in the middle of its interval", claim.median, middle, how, ways=[])


def check_statistic(_paper: Paper, claim: Statistic) -> Iterator[Finding]:
    """A P value that follows from its statistic."""
    if claim.df is None and claim.distribution != "normal":
        yield said(claim, "P", claim.p, "not checkable", "Without degrees of freedom no P value follows.")
        return
    yield statistic_and_p(
        claim, "P from its statistic", (claim.statistic, claim.df), claim.p, claim.distribution
    )


def check_follow_up(paper: Paper, claim: FollowUp) -> Iterator[Finding]:
    """Mean and median between shortest and longest; and a mean no larger than the medians of survival allow.

    The Kaplan-Meier estimate is nowhere below the share of patients followed longer, so at most half of a group is
    followed past its median survival: the other half adds at most that median each, this half the longest each.
    """
    for name, text in (("mean", claim.mean), ("median", claim.median)):
        if text is not None and (claim.shortest or claim.longest):
            yield _between(claim, f"{name} within the range", text, (claim.shortest, claim.longest))
    if claim.mean is None or claim.longest is None or set(claim.medians) != set(paper.groups):
        return
    longest = of_printed(claim.longest).high
    total, n, parts = 0.0, 0, []
    for name, text in claim.medians.items():
        size, median = int(paper.groups[name].n), of_printed(text).high
        if not math.isfinite(median) or median > longest:
            median = longest
        total += math.ceil(size / 2) * median + (size // 2) * longest
        n += size
        parts.append(f"{math.ceil(size / 2)} x {text} + {size // 2} x {claim.longest}")
    most = total / n
    how = (
        f"At most half of a group is followed past its median survival, so the mean is at most "
        f"({' + '.join(parts)}) / {n}."
    )
    verdict: Verdict = "match" if of_printed(claim.mean).low <= most else "impossible"
    found = f"at most {told(Limits(most, most), claim.mean)}"
    yield said(claim, "mean follow-up against survival", claim.mean, verdict, how, found=found)


def _between(claim: Median | FollowUp, about: str, text: str, ends: tuple[str | None, str | None]) -> Finding:
    low, high = (None if end is None else of_printed(end) for end in ends)
    value = of_printed(text)
    inside = (low is None or value.high >= low.low) and (high is None or value.low <= high.high)
    how = f"It lies from {ends[0] or 'anything'} to {ends[1] or 'anything'}."
    return said(claim, about, text, "match" if inside else "impossible", how)
