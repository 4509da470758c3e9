"""Tumour response: categories that add up, ORR = CR + PR, DCR = CR + PR + SD, their percentages and tests."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.audit.paper.checks.counts import categories_of, compared, no_count, percent
from calliper.audit.paper.checks.tests import said
from calliper.audit.paper.findings import Finding
from calliper.audit.paper.specs import Paper, Response
from calliper.results import RATES


def check(paper: Paper, claim: Response) -> Iterator[Finding]:
    """Every number of a claim of responses."""
    groups = list(dict.fromkeys(name for held in claim.categories.values() for name in held))
    totals = {name: int(claim.of.get(name, paper.groups[name].n)) for name in groups}
    for name in groups:
        yield categories_of(claim, paper.groups[name].label, claim.categories.items(), name, totals[name])
    for rate, printed, test in (("ORR", claim.orr, claim.orr_test), ("DCR", claim.dcr, claim.dcr_test)):
        of_rate = {at: held for at, held in claim.categories.items() if at in RATES[rate]}
        absent = {name: [at for at, held in of_rate.items() if name not in held] for name in groups}
        counts = {
            name: sum(int(held[name]) for held in of_rate.values()) for name in groups if not absent[name]
        }
        for name, text in printed.items():
            if name not in counts:
                about = f"percentage, {rate}, {paper.groups[name].label}"
                yield said(claim, about, text, "not checkable", no_count(absent.get(name, [rate])))
                continue
            sizes = {"evaluable": totals[name]}
            sizes |= {group.label: int(group.n) for group in paper.groups.values()}
            yield percent(claim, f"{rate}, {paper.groups[name].label}", text, (counts[name], sizes))
        if test is None or len(groups) < 2:
            continue
        about = f"test of {rate}"
        if len(counts) == len(groups):
            yield from compared(paper, claim, (about, test), counts, totals)
        elif test.p is not None or test.statistic is not None:
            why = "A test needs the count of every category in every group."
            yield said(claim, about, test.p or test.statistic or "", "not checkable", why)
