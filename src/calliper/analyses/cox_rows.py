"""The rows of one fitted Cox model, and what a reader should be warned of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from calliper.analyses.cox_model import Columns, Fit
from calliper.analyses.follow_up import FollowUp
from calliper.analyses.places import Entry, Place, Refusal, attempt
from calliper.analyses.wording import counted, listed
from calliper.stats.cox import ProportionalHazards, concordance, cox_zph, hazard_ratio, wald_test
from calliper.stats.estimates import ChiSquare

FEWEST_EVENTS_PER_PARAMETER = 10
"""Peduzzi et al. (1995, J Clin Epidemiol 48, 1503-1510)."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fit with the times it was fitted to and its test of proportional hazards."""

    fit: Fit
    times: FollowUp
    hazards: ProportionalHazards | Refusal


def examine(fit: Fit, times: FollowUp) -> Fitted:
    """Test the proportional hazards of the fit, each factor and all together."""
    if fit.cox.ties not in ("efron", "breslow"):
        return Fitted(fit, times, Refusal(f"the test is not defined for {fit.cox.ties} ties"))
    terms = {term.factor.name: fit.places(term) for term in fit.terms}
    used = fit.used
    hazards = attempt(cox_zph, fit.cox, times.time[used], times.event[used], fit.design, terms=terms)
    return Fitted(fit, times, hazards)


def factor_rows(place: Place, fitted: Fitted, term: Columns, *, confidence: float) -> Iterator[Entry]:
    """A factor of the fit, at `place`: its levels with their patients and hazard ratios, and its tests."""
    fit, factor = fitted.fit, term.factor
    if factor.levels:
        yield from place.on(level=factor.levels[0]).rows({"reference": 1.0})
        values, events = factor.values[fit.used], fitted.times.event[fit.used]
        for position, level in enumerate(factor.levels):
            has = values == position
            yield from place.on(level=level).rows({"n": has.sum(), "events": events[has].sum()})
    for index, level in zip(fit.places(term), term.levels, strict=True):
        hr = hazard_ratio(fit.cox, index, confidence=confidence)
        coefficient = {"coefficient": fit.cox.coefficients[index], "se": fit.cox.standard_errors[index]}
        ratio = {"hr": hr.value, "lower": hr.lower, "upper": hr.upper, "statistic": hr.z, "p": hr.p}
        yield from place.on(level=level).rows({**coefficient, **ratio})
    yield from _test_rows(place, "factor", wald_test(fit.cox, fit.places(term)))
    if not isinstance(fitted.hazards, Refusal):
        yield from _test_rows(place, "zph", fitted.hazards.terms[factor.name])


def model_rows(place: Place, fitted: Fitted) -> Iterator[Entry]:
    """The model as a whole, at `place`: its size, fit and tests."""
    cox, used, times = fitted.fit.cox, fitted.fit.used, fitted.times
    parameters = len(cox.names)
    yield from place.rows({"n": cox.n, "events": cox.n_events, "parameters": parameters})
    yield from place.rows({"events_per_parameter": cox.n_events / parameters})
    yield from place.rows({"loglik_null": cox.loglik_null, "loglik": cox.loglik})
    agreement = attempt(
        concordance, times.time[used], times.event[used], fitted.fit.design @ cox.coefficients
    )
    if not isinstance(agreement, Refusal):
        yield from place.rows({"concordance": agreement.value})
    for name, test in (("likelihood_ratio", cox.lrt), ("wald", cox.wald_test), ("score", cox.score_test)):
        yield from _test_rows(place, name, test)
    if not isinstance(fitted.hazards, Refusal):
        yield from _test_rows(place, "zph", fitted.hazards.overall)


def _test_rows(place: Place, name: str, test: ChiSquare) -> Iterator[Entry]:
    yield from place.rows({f"statistic.{name}": test.chi2, f"df.{name}": test.df, f"p.{name}": test.p})


def warnings_of(fitted: Fitted, *, alpha: float) -> Iterator[str]:
    """Sentences on levels left out, hazards that may not be proportional, and few events per parameter."""
    fit, hazards = fitted.fit, fitted.hazards
    for term in fit.terms:
        if term.unused:
            yield f"{term.factor.label}: levels without patients were left out: {', '.join(term.unused)}."
    if isinstance(hazards, Refusal):
        yield f"Proportional hazards were not tested: {hazards.sentence}."
    else:
        doubtful = [term.factor.label for term in fit.terms if hazards.terms[term.factor.name].p < alpha]
        if doubtful:
            yield f"Hazards may not be proportional for {listed(doubtful)} (Grambsch-Therneau test)."
    parameters = len(fit.cox.names)
    if fit.cox.n_events < FEWEST_EVENTS_PER_PARAMETER * parameters:
        yield (
            f"{counted(fit.cox.n_events, 'event')} for {counted(parameters, 'parameter')}, fewer than "
            f"{FEWEST_EVENTS_PER_PARAMETER} for each: estimates may be unstable."
        )
