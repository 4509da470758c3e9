"""Hazard and odds ratios: limits around the estimate, the coefficient, the middle on the log scale, the P value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from scipy.special import ndtr, ndtri

from calliper.audit.paper.checks.tests import judged, said
from calliper.audit.paper.findings import Finding, Verdict, Way
from calliper.audit.paper.limits import Limits, middle, of_printed
from calliper.audit.paper.specs import Paper, Ratio


def check(_paper: Paper, claim: Ratio) -> Iterator[Finding]:
    """Every number of a ratio."""
    ratio = of_printed(claim.ratio)
    if claim.coefficient is not None:
        yield _coefficient(claim)
    if claim.lower is None or claim.upper is None:
        yield from _in_part(claim, ratio)
        return
    lower, upper = of_printed(claim.lower), of_printed(claim.upper)
    about = "ratio between its limits"
    how = f"It lies from {claim.lower} to {claim.upper}."
    if ratio.high < lower.low or ratio.low > upper.high:
        yield said(claim, about, claim.ratio, "impossible", how)
        return
    yield said(claim, about, claim.ratio, "match", how)
    if claim.interval != "wald":
        return
    if lower.low <= 0 or ratio.low <= 0:
        why = "The lower limit may be as near to 0 as it likes, as it is printed: nothing follows."
        yield said(claim, "middle of the interval", claim.ratio, "not checkable", why)
        return
    centre = middle(lower, upper)
    how = f"The square root of {claim.lower} x {claim.upper}: such an interval is symmetric on the log scale."
    ways = None
    if claim.coefficient is not None and of_printed(claim.coefficient).exp().meets(centre):
        words = f"The interval is that of exp({claim.coefficient}), not of the printed ratio: it"
        ways = [Way(1, words, centre)]
    yield judged(claim, "middle of the interval", claim.ratio, centre, how, ways=ways)
    if claim.p is not None:
        yield _p(claim, (ratio, lower, upper))


def _in_part(claim: Ratio, ratio: Limits) -> Iterator[Finding]:
    """A ratio without its interval, or with one limit of it: on which side it lies, and that no more follows."""
    is_beyond = False
    for side, limit in (("the lower", claim.lower), ("the upper", claim.upper)):
        if limit is None:
            continue
        held = of_printed(limit)
        is_beyond = ratio.high < held.low if side == "the lower" else ratio.low > held.high
        verdict: Verdict = "impossible" if is_beyond else "not checkable"
        how = f"One limit is given: {side}, {limit}."
        yield said(claim, "ratio between its limits", claim.ratio, verdict, how)
    if claim.p is not None and not is_beyond:
        why = "Without both limits no P value follows."
        yield said(claim, "P from the ratio and its interval", claim.p, "not checkable", why)


def _coefficient(claim: Ratio) -> Finding:
    b = of_printed(claim.coefficient or "")
    ways = [Way(1, "The other sign, exp(-b),", Limits(-b.high, -b.low).exp())]
    if claim.lower is not None and claim.upper is not None and of_printed(claim.lower).low > 0:
        centre = middle(of_printed(claim.lower), of_printed(claim.upper))
        ways.append(Way(2, "The middle of the printed interval, and not the coefficient,", centre))
    how = f"exp({claim.coefficient})."
    return judged(claim, "ratio from its coefficient", claim.ratio, b.exp(), how, ways=ways)


def _p(claim: Ratio, limits: tuple[Limits, Limits, Limits]) -> Finding:
    """The P value of log ratio over its error, the error being the width of the interval on the log scale."""
    p = claim.p or ""
    found = _wald(limits, float(claim.confidence) / 100)
    ways = [Way(1, "A one-sided P value (half of it)", found.scaled(0.5))]
    ways += [
        Way(2, f"Reading the interval as one of {other}%", _wald(limits, other / 100))
        for other in (90, 95, 99)
        if other != float(claim.confidence)
    ]
    if claim.coefficient is not None:
        exp = of_printed(claim.coefficient).exp()
        ways.append(Way(2, "Taking exp(b) with the printed interval", _wald((exp, *limits[1:]), 0.95)))
    how = "log(ratio) over its standard error, the width of the interval on the log scale over twice its quantile."
    if claim.test == "any":
        found = _near(found)
        how += " As the test is not named, a likelihood-ratio, score or log-rank test may be meant, which are near."
    made = judged(claim, "P from the ratio and its interval", p, found, how, ways=ways, is_p=True)
    holds_one = limits[1].low <= 1 <= limits[2].high
    is_sure = limits[1].high < 1 < limits[2].low or limits[1].low > 1 or limits[2].high < 1
    level = 1 - float(claim.confidence) / 100
    if made.verdict == "inconsistent" and is_sure:
        is_small = of_printed(p, is_p=True).high < level
        if holds_one and is_small:
            return _with(made, f"The interval holds 1, and the P value is below {level:.2g}.")
        if not holds_one and of_printed(p, is_p=True).low >= level:
            return _with(made, f"The interval does not hold 1, and the P value is not below {level:.2g}.")
    return made


def _with(made: Finding, words: str) -> Finding:
    return replace(made, explanation=f"{words} {made.explanation}".strip())


NEAR = (0.15, 0.1)
"""How far the z of another test of a ratio may be from Wald's: this share of it, and this much."""


def _near(p: Limits) -> Limits:
    """The P values of tests that are near Wald's."""
    share, more = NEAR
    low = -float(ndtri(p.high / 2)) * (1 - share) - more
    high = math.inf if p.low <= 0 else -float(ndtri(p.low / 2)) * (1 + share) + more
    return Limits(0.0 if math.isinf(high) else float(2 * ndtr(-high)), float(2 * ndtr(-max(low, 0.0))))


def _wald(limits: tuple[Limits, Limits, Limits], confidence: float) -> Limits:
    """From every ratio that prints so with every interval that does."""
    ratio, lower, upper = limits
    quantile = float(ndtri(0.5 + confidence / 2))
    b = Limits(math.log(ratio.low), math.log(ratio.high)).size()
    width = Limits(
        math.log(upper.low / lower.high) if upper.low > lower.high else 0.0, math.log(upper.high / lower.low)
    )
    z = b.over(width.scaled(1 / (2 * quantile)))
    return Limits(0.0 if math.isinf(z.high) else float(2 * ndtr(-z.high)), float(2 * ndtr(-z.low)))
