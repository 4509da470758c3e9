"""Counts by category and group, rates and percentages: sums, denominators, tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from calliper.audit.paper.checks.tests import Printed, check_test, judged, paired_tests, said, tests_of
from calliper.audit.paper.findings import Finding, Verdict, Way
from calliper.audit.paper.limits import exactly
from calliper.audit.paper.specs import Claim, Counts, Paired, Paper, Percent, Rates, Sum, Union


def check_counts(paper: Paper, claim: Counts) -> Iterator[Finding]:
    """Categories that add up, percentages of their columns, and a test."""
    groups = list(dict.fromkeys(name for level in claim.levels.values() for name in level))
    totals = {name: int(claim.of.get(name, paper.groups[name].n)) for name in groups}
    for name in groups:
        label = paper.groups[name].label
        if claim.whole == "true":
            yield categories_of(claim, label, claim.levels.items(), name, totals[name])
        else:
            for level, held in claim.levels.items():
                if name in held:
                    yield at_most(claim, f"{level}, {label}", held[name], totals[name])
        sizes = _sizes(paper, name, totals[name])
        for level, percents in claim.percents.items():
            if name in percents and name in claim.levels.get(level, {}):
                count = int(claim.levels[level][name])
                yield percent(claim, f"{level}, {label}", percents[name], (count, sizes))
    if len(groups) < 2 or (claim.p is None and claim.statistic is None):
        return
    why = ""
    if claim.whole == "false" and len(claim.levels) > 1:
        why = "Categories that overlap have no one test; give each its own claim."
    elif any(len(level) < len(groups) for level in claim.levels.values()):
        why = "A test needs the count of every category in every group."
    if why:
        yield said(claim, "test of the groups", claim.p or claim.statistic or "", "not checkable", why)
        return
    table = [[int(level[name]) for name in groups] for level in claim.levels.values()]
    if claim.whole == "false":
        table = _yes_and_no(dict(zip(groups, table[0], strict=True)), totals)
    yield from _tested(claim, "test of the groups", claim, table, [])


def check_rates(paper: Paper, claim: Rates) -> Iterator[Finding]:
    """A count of each group, its percentage, and the test against those without."""
    totals = {name: int(claim.of.get(name, paper.groups[name].n)) for name in claim.counts}
    for name, count in claim.counts.items():
        label = paper.groups[name].label
        yield at_most(claim, label, count, totals[name])
        if name in claim.percents:
            sizes = _sizes(paper, name, totals[name])
            yield percent(claim, label, claim.percents[name], (int(count), sizes))
    if len(claim.counts) > 1:
        counts = {name: int(count) for name, count in claim.counts.items()}
        yield from compared(paper, claim, ("test of the groups", claim), counts, totals)


def check_percent(paper: Paper, claim: Percent) -> Iterator[Finding]:
    """One count out of a number."""
    yield at_most(claim, "count", claim.count, int(claim.of))
    sizes = {claim.of: int(claim.of), **{group.label: int(group.n) for group in paper.groups.values()}}
    sizes["all groups"] = sum(int(group.n) for group in paper.groups.values())
    yield percent(claim, "", claim.percent, (int(claim.count), sizes))


def check_paired(_paper: Paper, claim: Paired) -> Iterator[Finding]:
    """McNemar's test of those who changed."""
    tests = paired_tests(int(claim.first_only), int(claim.second_only))
    yield from check_test(claim, "test of the pairs", claim, tests)


def check_sum(_paper: Paper, claim: Sum) -> Iterator[Finding]:
    """Parts that make up the whole."""
    total = sum(int(part) for part in claim.parts)
    how = f"{' + '.join(claim.parts)} = {total}"
    verdict: Verdict = "match" if total == int(claim.whole) else "inconsistent"
    yield said(claim, "sum", claim.whole, verdict, how, found=str(total))


def check_union(_paper: Paper, claim: Union) -> Iterator[Finding]:
    """Patients with any of several features: no fewer than the largest, no more than all together."""
    parts = [int(part) for part in claim.parts]
    low, high, whole = max(parts), sum(parts), int(claim.whole)
    found = f"{low} to {high}"
    if low <= whole <= high:
        spare = high - whole
        how = f"At least the largest of {', '.join(claim.parts)}, at most their sum; here they overlap {spare} times."
        yield said(claim, "patients with any of the features", claim.whole, "match", how, found=found)
        return
    how = f"Whoever has a feature counts: at least {low}, the largest of them, and at most {high}, their sum."
    yield said(claim, "patients with any of the features", claim.whole, "impossible", how, found=found)


def compared(
    paper: Paper,
    claim: Claim,
    printed: tuple[str, Printed],
    counts: Mapping[str, int],
    totals: Mapping[str, int],
) -> Iterator[Finding]:
    """The test of a rate between groups; and with the sizes of other groups, where the print has none of these."""
    if any(counts[name] > totals[name] for name in counts):
        return
    slips = []
    headers = {name: int(group.n) for name, group in paper.groups.items()}
    for name in counts:
        for other, size in headers.items():
            if size != totals[name] and size >= counts[name]:
                label, of = paper.groups[name].label, paper.groups[other].label
                whose = "its own number elsewhere" if other == name else f"the number of {of}"
                words = f"with {label} as {size} patients ({whose})"
                slips += _with(words, counts, {**totals, name: size})
    if any(totals[name] != headers[name] for name in counts) and all(
        counts[name] <= headers[name] for name in counts
    ):
        slips += _with("with everyone in the groups", counts, {name: headers[name] for name in counts})
    if len(counts) == 2:
        exchanged = dict(zip(counts, list(counts.values())[::-1], strict=True))
        if all(exchanged[name] <= totals[name] for name in exchanged):
            ways = _with("with the counts of the groups exchanged", exchanged, totals)
            slips += [replace(way, cost=3) for way in ways]
    yield from _tested(claim, printed[0], printed[1], _yes_and_no(counts, totals), slips)


def _with(words: str, counts: Mapping[str, int], totals: Mapping[str, int]) -> list[Way]:
    return [Way(2, f"{test.title} {words}", test.p) for test in tests_of(_yes_and_no(counts, totals))]


def _yes_and_no(counts: Mapping[str, int], totals: Mapping[str, int]) -> list[list[int]]:
    return [list(counts.values()), [max(totals[name] - count, 0) for name, count in counts.items()]]


def _tested(
    claim: Claim, about: str, printed: Printed, table: Sequence[Sequence[int]], slips: list[Way]
) -> Iterator[Finding]:
    if printed.p is None and printed.statistic is None:
        return
    rows = [row for row in table if sum(row)]
    if len(rows) < 2 or not all(sum(column) for column in zip(*rows, strict=True)):
        why = "No test compares groups in which all patients are alike, or one that is empty."
        yield said(claim, about, printed.p or printed.statistic or "", "not checkable", why)
        return
    yield from check_test(claim, about, printed, tests_of(rows), slips=slips)


def categories_of(
    claim: Claim, label: str, levels: Iterable[tuple[str, Mapping[str, str]]], name: str, total: int
) -> Finding:
    """Whether a group's categories make up its number of patients; where one has no count, whether they can."""
    held = list(levels)
    column = [int(counts[name]) for _, counts in held if name in counts]
    absent = [level for level, counts in held if name not in counts]
    found, why = sum(column), ""
    verdict: Verdict = "inconsistent"
    if found > total:
        verdict = "impossible"
    elif absent:
        verdict, why = "not checkable", no_count(absent)
    elif found == total:
        verdict = "match"
    else:
        why = f"{total - found} patients are in no category: not known, or left out without a word."
    how = f"{' + '.join(map(str, column))} = {found}; {label} has {total}."
    return said(claim, f"sum, {label}", str(total), verdict, how, found=str(found), explanation=why)


def no_count(absent: Sequence[str]) -> str:
    """What is said of counts that are not printed."""
    return f"No count is given of {', '.join(absent)}."


def at_most(claim: Claim, about: str, count: str, total: int) -> Finding:
    """A count is no larger than what it is out of."""
    how = f"No more than {total} patients."
    verdict: Verdict = "match" if int(count) <= total else "impossible"
    return said(claim, f"count, {about}", count, verdict, how)


def percent(claim: Claim, about: str, text: str, of: tuple[int, Mapping[str, int]]) -> Finding:
    """A percentage of a count; `of` has the count and the sizes it may be out of, the right one first."""
    count, sizes = of
    (_, size), *others = sizes.items()
    about = f"percentage, {about}" if about else "percentage"
    if not size:
        return said(claim, about, text, "not checkable", "A percentage of no patients.")
    ways = [
        Way(1, f"{count} of {other} ({name})", exactly(100 * count / other))
        for name, other in others
        if other >= count > 0
    ]
    return judged(claim, about, text, exactly(100 * count / size), f"{count} of {size}.", ways=ways)


def _sizes(paper: Paper, name: str, size: int) -> dict[str, int]:
    """What a count of a group may be out of: the right number first, then the sizes of all groups."""
    sizes = {f"{name} as it should be": size}
    sizes |= {group.label: int(group.n) for group in paper.groups.values()}
    sizes["all groups"] = sum(int(group.n) for group in paper.groups.values())
    return sizes
