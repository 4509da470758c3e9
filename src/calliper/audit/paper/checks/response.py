"""Tumour response: categories that add up, ORR = CR + PR, DCR = CR + PR + SD, their percentages and tests."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.audit.paper.checks.counts import adds_up, compared, percent
from calliper.audit.paper.findings import Finding
from calliper.audit.paper.specs import Paper, Response
from calliper.results import RATES


def check(paper: Paper, claim: Response) -> Iterator[Finding]:
    """Every number of a claim of responses."""
    groups = list(dict.fromkeys(name for held in claim.categories.values() for name in held))
    totals = {name: int(claim.of.get(name, paper.groups[name].n)) for name in groups}
    for name in groups:
        column = [int(held.get(name, "0")) for held in claim.categories.values()]
        yield adds_up(claim, paper.groups[name].label, column, totals[name])
    for rate, printed, test in (("ORR", claim.orr, claim.orr_test), ("DCR", claim.dcr, claim.dcr_test)):
        counts = {
            name: sum(int(held.get(name, "0")) for at, held in claim.categories.items() if at in RATES[rate])
            for name in groups
        }
        for name, text in printed.items():
            sizes = {"evaluable": totals[name]}
            sizes |= {group.label: int(group.n) for group in paper.groups.values()}
            yield percent(claim, f"{rate}, {paper.groups[name].label}", text, (counts[name], sizes))
        if test is not None and len(groups) > 1:
            yield from compared(paper, claim, (f"test of {rate}", test), counts, totals)
