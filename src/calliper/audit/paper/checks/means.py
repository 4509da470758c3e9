"""Means and standard deviations: their test, what integers allow, and what a range allows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from scipy.special import fdtrc, stdtr

from calliper.audit.paper.checks.tests import Test, check_test, said
from calliper.audit.paper.findings import Finding, Verdict, Way
from calliper.audit.paper.limits import Limits, exactly, hull, of_printed, told
from calliper.audit.paper.specs import Mean, Means, Paper


def check(paper: Paper, claim: Means) -> Iterator[Finding]:
    """Every number of a claim of means."""
    for name, held in claim.groups.items():
        n = int(held.n or paper.groups[name].n)
        label = paper.groups[name].label
        if claim.integers != "false":
            yield from _integers(claim, label, held, n)
        yield from _range(claim, label, held, n)
    if claim.p is None and claim.statistic is None:
        return
    if len(claim.groups) < 2 or any(held.sd is None for held in claim.groups.values()):
        why = "A test needs the mean and the standard deviation of two groups or more."
        yield said(claim, "P", claim.p or claim.statistic or "", "not checkable", why)
        return
    groups = [
        (int(held.n or paper.groups[name].n), of_printed(held.mean), of_printed(held.sd or "0"))
        for name, held in claim.groups.items()
    ]
    if any(n < 2 for n, _, _ in groups):
        why = "A test needs two patients or more in each group."
        yield said(claim, "P", claim.p or claim.statistic or "", "not checkable", why)
        return
    groups = [(n, mean, Limits(max(sd.low, 0.0), sd.high)) for n, mean, sd in groups]
    yield from check_test(claim, "test of the means", claim, _tests(groups), slips=_slips(groups))


Group = tuple[int, Limits, Limits]
"""Patients, mean, standard deviation."""


def _tests(groups: list[Group]) -> tuple[Test, ...]:
    if len(groups) == 2:
        return _pooled(groups), _welch(groups), _anova(groups)
    return (_anova(groups),)


def _pooled(groups: list[Group]) -> Test:
    (n, mean, sd), (m, other, spread) = groups
    df = n + m - 2
    pooled = (sd.squared().scaled(n - 1) + spread.squared().scaled(m - 1)).scaled(1 / df)
    variance = pooled.scaled(1 / n + 1 / m)
    return _t("pooled", (mean - other).size(), variance, exactly(df))


def _welch(groups: list[Group]) -> Test:
    """As degrees of freedom depend on the ratio of the variances alone, they are largest at one ratio or at an end."""
    (n, mean, sd), (m, other, spread) = groups
    a, b = sd.squared().scaled(1 / n), spread.squared().scaled(1 / m)
    ends = [_satterthwaite(x, y, n, m) for x in (a.low, a.high) for y in (b.low, b.high) if x + y > 0]
    peak = (n - 1) / (m - 1)
    holds_peak = a.over(b).meets(exactly(peak))
    df = Limits(min(ends, default=1.0), float(n + m - 2) if holds_peak else max(ends, default=1.0))
    return _t("welch", (mean - other).size(), a + b, df)


def _satterthwaite(a: float, b: float, n: int, m: int) -> float:
    return (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))


def _t(name: str, difference: Limits, variance: Limits, df: Limits) -> Test:
    error = Limits(math.sqrt(variance.low), math.sqrt(variance.high))
    t = difference.over(error)
    p = Limits(_both_tails(t.high, df.high), _both_tails(t.low, df.low))
    return Test(name, p, t, df)


def _both_tails(t: float, df: float) -> float:
    return 0.0 if math.isinf(t) else float(2 * stdtr(df, -t))


def _anova(groups: list[Group]) -> Test:
    """The root of the sum of squares between is a length, so that means off by h change it by at most that of h."""
    k, n = len(groups), sum(size for size, _, _ in groups)
    middles = [(size, (mean.low + mean.high) / 2, (mean.high - mean.low) / 2) for size, mean, _ in groups]
    grand = sum(size * mean for size, mean, _ in middles) / n
    length = math.sqrt(sum(size * (mean - grand) ** 2 for size, mean, _ in middles))
    reach = math.sqrt(sum(size * half**2 for size, _, half in middles))
    between = Limits(max(length - reach, 0.0), length + reach).squared().scaled(1 / (k - 1))
    within = exactly(0.0)
    for size, _, sd in groups:
        within += sd.squared().scaled(size - 1)
    f = between.over(within.scaled(1 / (n - k)))
    p = Limits(
        0.0 if math.isinf(f.high) else float(fdtrc(k - 1, n - k, f.high)), float(fdtrc(k - 1, n - k, f.low))
    )
    return Test("anova", p, f, exactly(k - 1))


def _slips(groups: list[Group]) -> list[Way]:
    """Standard errors printed as deviations; the sizes of the groups exchanged."""
    ways = []
    as_errors = [(n, mean, sd.scaled(math.sqrt(n))) for n, mean, sd in groups]
    ways.append(Way(2, "Reading the deviations as standard errors", _tests(as_errors)[0].p))
    if len(groups) == 2:
        (n, mean, sd), (m, other, spread) = groups
        if n != m:
            ways.append(
                Way(2, "Exchanging the sizes of the groups", _tests([(m, mean, sd), (n, other, spread)])[0].p)
            )
        ways.append(
            Way(
                3, "Exchanging the deviations of the groups", _tests([(n, mean, spread), (m, other, sd)])[0].p
            )
        )
    return ways


def _integers(claim: Means, label: str, held: Mean, n: int) -> Iterator[Finding]:
    """Brown and Heathers (2017, Soc Psychol Personal Sci 8, 363-369): the sum of whole numbers is one. And the sum of
    their squares is odd where the sum is odd (Anaya 2016, PeerJ Preprints 4, e2400v1). Of zeros and ones the mean
    decides the deviation (Heathers and Brown 2019, DEBIT).
    """
    sums = _whole(of_printed(held.mean).scaled(n) if n else exactly(0.0))
    about = f"mean of whole numbers, {label}"
    how = f"The mean of {n} whole numbers is a whole number over {n}."
    if not sums:
        yield said(claim, about, held.mean, "impossible", how, found=_near(held.mean, n))
        return
    yield said(claim, about, held.mean, "match", how, found=f"{sums[0]}/{n}")
    if held.sd is None or n < 2:
        return
    sd = of_printed(held.sd)
    if claim.integers == "binary":
        spreads = [math.sqrt(k * (n - k) / (n * (n - 1))) for k in sums if 0 <= k <= n]
        is_there = any(sd.meets(exactly(spread)) for spread in spreads)
        how = f"Of k ones among {n} the deviation is the root of k (n - k) / (n (n - 1))."
        found = told(hull(map(exactly, spreads)), held.sd) if spreads else ""
        verdict: Verdict = "match" if is_there else "impossible"
        yield said(claim, f"deviation of zeros and ones, {label}", held.sd, verdict, how, found=found)
        return
    variance = Limits(max(sd.low, 0.0), sd.high).squared().scaled(n - 1)
    is_there = any(
        (square - total) % 2 == 0
        for total in sums
        for square in _whole(variance + exactly(total**2 / n), at_most=2)
    )
    how = f"The squares of {n} whole numbers add up to a whole number, odd where their sum is odd."
    yield said(
        claim, f"deviation of whole numbers, {label}", held.sd, "match" if is_there else "impossible", how
    )


def _whole(limits: Limits, at_most: int = 10_000) -> list[int]:
    """The whole numbers within limits, the first of them."""
    room = 1e-9 * max(1.0, abs(limits.high))
    first, last = math.ceil(limits.low - room), math.floor(limits.high + room)
    return list(range(first, min(last, first + at_most - 1) + 1))


def _near(text: str, n: int) -> str:
    value = of_printed(text)
    middle = (value.low + value.high) / 2 * n
    return f"{told(exactly(math.floor(middle) / n), text)} or {told(exactly(math.ceil(middle) / n), text)}"


def _range(claim: Means, label: str, held: Mean, n: int) -> Iterator[Finding]:
    """A mean lies in the range; the deviation is at most what the mean and the range allow.

    Bhatia and Davis (2000, Am Math Monthly 107, 353-357): variance <= (most - mean)(mean - least), here times
    n / (n - 1).
    """
    least = None if claim.least is None else of_printed(claim.least).low
    most = None if claim.most is None else of_printed(claim.most).high
    mean = of_printed(held.mean)
    if least is not None or most is not None:
        inside = (least is None or mean.high >= least) and (most is None or mean.low <= most)
        how = "A mean lies between the least and the greatest value."
        yield said(
            claim, f"mean within its range, {label}", held.mean, "match" if inside else "impossible", how
        )
        if not inside:
            return
    if least is None or most is None or held.sd is None or n < 2:
        return
    middle = min(max((least + most) / 2, mean.low), mean.high)
    most_sd = math.sqrt(max((most - middle) * (middle - least), 0.0) * n / (n - 1))
    how = f"With this mean and range the deviation is at most {told(exactly(most_sd), held.sd)}."
    verdict: Verdict = "match" if of_printed(held.sd).low <= most_sd * (1 + 1e-9) else "impossible"
    yield said(claim, f"deviation within its range, {label}", held.sd, verdict, how)
