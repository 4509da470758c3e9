"""Means restricted to a time: of each group, and their differences and ratios against the reference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from calliper.analyses.groups import Groups
from calliper.analyses.places import Entry, Place, Refusal, attempt
from calliper.analyses.survival_wording import rmst_methods
from calliper.protocol.specs import Protocol, SurvivalAnalysis
from calliper.stats.survival import KaplanMeier, kaplan_meier, rmst, rmst_difference
from calliper.stats.survival_difference import rmst_ratio
from calliper.summaries.risk_table import RiskTable


def restricted_means(
    spec: SurvivalAnalysis, protocol: Protocol, groups: Groups, tables: Mapping[str, RiskTable]
) -> Iterator[Entry]:
    """The restricted means of the groups, and of each contrast their difference and ratio, at `spec.rmst`.

    Where the follow-up of a group ends before with the curve above 0, nothing is estimated for any: the means would not
    be of one time. The failure says to what time they could be.
    """
    if spec.rmst is None:
        return
    tau, unit = float(spec.rmst), _unit_of(spec, protocol)
    means, ratios = rmst_methods(spec, protocol, unit=unit)
    place = Place(spec.id, variable=spec.endpoint)
    curves = {
        name: kaplan_meier(table, confidence=protocol.confidence) for name, table in tables.items() if table.n
    }
    short = _short(curves, tau)
    if short or not curves:
        labels = dict(zip(groups.names, groups.labels, strict=True))
        yield replace(means, failure=_refusal(short, labels, tau, unit))
        return
    yield replace(means, n_used=sum(table.n for table in tables.values()))
    for name, curve in curves.items():
        held = rmst(curve, tau)
        limits = {"lower.rmst": held.lower, "upper.rmst": held.upper}
        stats = {"mean.rmst": held.value, "se.rmst": held.standard_error, **limits}
        yield from place.on(group=name).rows(stats, at=tau, unit=unit)
    made = []
    for name, pair in groups.contrasts:
        if name not in curves or groups.reference not in curves:
            continue
        two = curves[name], curves[groups.reference]
        difference, ratio = attempt(rmst_difference, *two, tau), attempt(rmst_ratio, *two, tau)
        here = place.on(group=pair)
        if isinstance(difference, Refusal):
            yield replace(means, subject=pair, failure=difference.sentence)
        else:
            limits = {"lower.rmst": difference.lower, "upper.rmst": difference.upper}
            yield from here.rows({"difference.rmst": difference.value, **limits}, at=tau, unit=unit)
            yield from here.rows({"p.rmst": difference.p}, at=tau)
        if isinstance(ratio, Refusal):
            # of the same lack of events as the difference, which says it
            continue
        made.append(pair)
        limits = {"lower.rmst_ratio": ratio.lower, "upper.rmst_ratio": ratio.upper}
        yield from here.rows({"ratio.rmst_ratio": ratio.value, **limits, "p.rmst_ratio": ratio.p}, at=tau)
    if made:
        yield ratios


def _unit_of(spec: SurvivalAnalysis, protocol: Protocol) -> str:
    """The unit of the endpoint's times."""
    return str(getattr(protocol.endpoints[spec.endpoint], "unit", ""))


def _short(curves: Mapping[str, KaplanMeier], tau: float) -> dict[str, float]:
    """The groups whose curve does not reach to tau, and where it ends."""
    refused = {name: attempt(rmst, curve, tau) for name, curve in curves.items()}
    return {name: float(curves[name].time[-1]) for name, held in refused.items() if isinstance(held, Refusal)}


def _refusal(short: Mapping[str, float], labels: Mapping[str, str], tau: float, unit: str) -> str:
    if not short:
        return f"no restricted mean to {tau:g} {unit}: no patient has a follow-up time"
    ends = " and ".join(f"at {last:.6g} {unit} in {labels[name]}" for name, last in short.items())
    # not rounded up, or the time that is said to be possible would be refused in turn
    possible = math.floor(min(short.values()) * 100) / 100
    held = f"; it can be estimated to {possible:g} {unit} or less" if possible > 0 else ""
    return (
        f"no restricted mean to {tau:g} {unit}: follow-up ends with patients free of the event {ends}{held}"
    )
