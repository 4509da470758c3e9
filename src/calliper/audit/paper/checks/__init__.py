"""The checks, one file a family: a claims file in, a finding for every printed number out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from calliper.audit.paper import specs
from calliper.audit.paper.checks import counts, curves, means, ratios, response, safety, statements, survival
from calliper.audit.paper.findings import Finding

Check = Callable[[specs.Paper, Any], Iterator[Finding]]

CHECKS: dict[type[specs.Claim], Check] = {
    specs.Means: means.check,
    specs.Counts: counts.check_counts,
    specs.Rates: counts.check_rates,
    specs.Percent: counts.check_percent,
    specs.Paired: counts.check_paired,
    specs.Sum: counts.check_sum,
    specs.Union: counts.check_union,
    specs.Response: response.check,
    specs.Median: survival.check_median,
    specs.Statistic: survival.check_statistic,
    specs.FollowUp: survival.check_follow_up,
    specs.Ratio: ratios.check,
    specs.Toxicity: safety.check_toxicity,
    specs.Highest: safety.check_highest,
    specs.Same: statements.check,
    specs.Curves: curves.check,
}
"""The check of each kind of claim."""


def check_paper(paper: specs.Paper) -> tuple[Finding, ...]:
    """What can be said of every printed number, in the order of the file."""
    return tuple(finding for claim in paper.claims for finding in CHECKS[type(claim)](paper, claim))
