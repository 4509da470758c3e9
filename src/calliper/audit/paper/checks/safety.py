"""Adverse events by grade, and words about grades."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.audit.paper.checks.counts import at_most
from calliper.audit.paper.checks.tests import said
from calliper.audit.paper.findings import Finding, Verdict
from calliper.audit.paper.specs import Highest, Paper, Toxicity


def check_toxicity(paper: Paper, claim: Toxicity) -> Iterator[Finding]:
    """Grades that add up to the total, and no more patients than there are."""
    n = int(claim.of or paper.groups[claim.group].n)
    counted = sum(int(count) for count in claim.grades.values())
    if claim.total is not None:
        yield at_most(claim, "any grade", claim.total, n)
        how = f"{' + '.join(claim.grades.values())} = {counted}."
        verdict: Verdict = "match" if counted == int(claim.total) else "inconsistent"
        yield said(claim, "sum of the grades", claim.total, verdict, how, found=str(counted))
    else:
        yield at_most(claim, "any grade", str(counted), n)


def check_highest(paper: Paper, claim: Highest) -> Iterator[Finding]:
    """Words that no event was above a grade, against the tables of grades."""
    held = {each.id: each for each in paper.claims if isinstance(each, Toxicity)}
    above = [
        f"{count} of grade {grade} ({held[name].what})"
        for name in claim.events
        for grade, count in held[name].grades.items()
        if int(grade) > int(claim.grade) and int(count)
    ]
    how = f"The tables have {', '.join(above)}." if above else "The tables have none above it."
    verdict: Verdict = "inconsistent" if above else "match"
    yield said(claim, "highest grade, in words", claim.grade, verdict, how)
