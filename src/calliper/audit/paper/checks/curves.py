"""Kaplan-Meier curves read off a figure: patients reconstructed from them, against what is printed beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import chdtrc

from calliper.audit.paper.checks.tests import judged, said
from calliper.audit.paper.findings import Finding, Way
from calliper.audit.paper.limits import Limits, of_printed
from calliper.audit.paper.specs import Curve, Curves, Paper
from calliper.audit.printed import NOT_REACHED, read_printed
from calliper.errors import CannotEstimate
from calliper.stats.cox import fit_cox
from calliper.stats.reconstruction import Reconstructed, reconstruct

LOG_RATIO_ERROR = {True: 0.05, False: 0.15}
"""How far the log hazard ratio of reconstructed patients may be from the true one: with the number of events, without.

Of 197 published comparisons, reconstructed from curves read to three decimals and eight numbers at risk, half were
off by 0.003, and the farthest by 0.03 with the number of events and by 0.11 without it.
"""


def check(paper: Paper, claim: Curves) -> Iterator[Finding]:
    """The numbers at the start, the medians off the curves, and the test and ratio of the reconstructed patients."""
    for name, curve in claim.groups.items():
        label = paper.groups[name].label
        first = curve.at_risk[0][1]
        same = int(_value(first)) == int(paper.groups[name].n)
        how = f"{label} has {paper.groups[name].n} patients."
        yield said(
            claim, f"number at risk at the start, {label}", first, "match" if same else "inconsistent", how
        )
        if curve.median is not None:
            yield _median(claim, label, curve)
    if claim.p is None and claim.statistic is None and claim.ratio is None:
        return
    about = claim.ratio or claim.p or claim.statistic or ""
    if len(claim.groups) < 2:
        yield said(
            claim, "test of the curves", about, "not checkable", "A test needs the curves of two groups."
        )
        return
    try:
        arms = [_patients(curve) for curve in claim.groups.values()]
        yield from _compared(claim, arms)
    except CannotEstimate as error:
        yield said(claim, "test of the curves", about, "not checkable", f"{str(error).capitalize()}.")


def _value(text: str) -> float:
    return float(read_printed(text).number or 0)


def _patients(curve: Curve) -> Reconstructed:
    steps = [(_value(time), _value(survival)) for time, survival in curve.steps]
    at_risk = [(_value(time), int(_value(number))) for time, number in curve.at_risk]
    return reconstruct(steps, at_risk, events=None if curve.events is None else int(curve.events))


def _median(claim: Curves, label: str, curve: Curve) -> Finding:
    """The first time at which the curve, read with its error, may be at a half or below, and that at which it must."""
    error = of_printed(claim.error).high
    steps = [(_value(time), _value(survival)) for time, survival in curve.steps]
    low = next((time for time, survival in steps if survival - error <= 0.5), math.inf)
    high = next((time for time, survival in steps if survival + error <= 0.5), math.inf)
    about, how = f"median off the curve, {label}", "Where the curve, as read, reaches a half."
    if curve.median in (None, NOT_REACHED):
        reached = math.isfinite(high)
        return said(claim, about, NOT_REACHED, "inconsistent" if reached else "match", how)
    if not math.isfinite(low):
        return said(claim, about, curve.median or "", "inconsistent", f"{how} It does not.")
    return judged(claim, about, curve.median or "", Limits(low, high), how)


def _compared(claim: Curves, arms: list[Reconstructed]) -> Iterator[Finding]:
    time = np.concatenate([arm.time for arm in arms])
    event = np.concatenate([arm.event for arm in arms])
    second = np.repeat([0.0, 1.0], [len(arm.time) for arm in arms])
    fit = fit_cox(time, event.astype(float), second[:, None], names=("group",))
    most = LOG_RATIO_ERROR[all(curve.events is not None for curve in claim.groups.values())]
    log_ratio, error = float(fit.coefficients[0]), float(fit.standard_errors[0])
    how = (
        f"By Cox's model of {len(time)} patients reconstructed from the curves and the numbers at risk (Guyot 2012), "
        f"{int(event.sum())} with an event; the log ratio within {most:g}."
    )
    reach = Limits(log_ratio - most, log_ratio + most)
    if claim.ratio is not None:
        found = reach.exp()
        ways = [Way(1, "The first group over the second", Limits(1 / found.high, 1 / found.low))]
        yield judged(claim, "ratio from the curves", claim.ratio, found, how, ways=ways)
    chi2 = float(fit.score_test.chi2)
    z = Limits(math.sqrt(chi2) - most / error, math.sqrt(chi2) + most / error)
    squares = Limits(max(z.low, 0.0) ** 2, z.high**2)
    how = how.replace("By Cox's model", "By the log-rank test")
    if claim.statistic is not None:
        yield judged(claim, "log-rank statistic from the curves", claim.statistic, squares, how)
    if claim.p is not None:
        p = Limits(float(chdtrc(1, squares.high)), float(chdtrc(1, squares.low)))
        ways = [Way(1, "A one-sided P value (half of it)", p.scaled(0.5))]
        yield judged(claim, "log-rank P from the curves", claim.p, p, how, ways=ways, is_p=True)
