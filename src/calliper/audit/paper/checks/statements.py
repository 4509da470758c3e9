"""One quantity that a paper states in several places."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.audit.paper.checks.tests import said
from calliper.audit.paper.findings import Finding, Verdict
from calliper.audit.paper.limits import of_printed
from calliper.audit.paper.specs import Paper, Same
from calliper.audit.printed import read_printed


def check(_paper: Paper, claim: Same) -> Iterator[Finding]:
    """Each later statement against the one of most digits."""
    finest = max(claim.statements, key=lambda each: read_printed(each.printed).decimals)
    for each in claim.statements:
        if each is finest:
            continue
        agrees = of_printed(each.printed).meets(of_printed(finest.printed))
        how = f"{each.place} has {each.printed}, {finest.place} has {finest.printed}."
        verdict: Verdict = "match" if agrees else "inconsistent"
        about = f"the same in {each.place} and {finest.place}"
        yield said(claim, about, each.printed, verdict, how, found=finest.printed)
