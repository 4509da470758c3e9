"""The rows of one fitted Cox model, ordinary or penalised, and what a reader should be warned of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from calliper.analyses.cox_model import Columns, Fit
from calliper.analyses.cox_penalised import Penalised
from calliper.analyses.follow_up import Flags, FollowUp
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
    yield from _level_rows(place, term, fit.used, fitted.times)
    for index, level in zip(fit.places(term), term.levels, strict=True):
        hr = hazard_ratio(fit.cox, index, confidence=confidence)
        coefficient = {"coefficient": fit.cox.coefficients[index], "se": fit.cox.standard_errors[index]}
        ratio = {"hr": hr.value, "lower": hr.lower, "upper": hr.upper, "statistic": hr.z, "p": hr.p}
        yield from place.on(level=level).rows({**coefficient, **ratio})
    yield from _test_rows(place, "factor", wald_test(fit.cox, fit.places(term)))
    if not isinstance(fitted.hazards, Refusal):
        yield from _test_rows(place, "zph", fitted.hazards.terms[factor.name])


def _level_rows(
    place: Place, term: Columns, used: Flags, times: FollowUp, *, method: str = ""
) -> Iterator[Entry]:
    """The levels of a category: which is the reference, and the patients and events of each."""
    factor = term.factor
    if not factor.levels:
        return
    yield from place.on(level=factor.levels[0]).rows({f"reference{method}": 1.0})
    values, events = factor.values[used], times.event[used]
    for position, level in enumerate(factor.levels):
        has = values == position
        counts = {f"n{method}": has.sum(), f"events{method}": events[has].sum()}
        yield from place.on(level=level).rows(counts)


def penalised_factor_rows(place: Place, found: Penalised, term: Columns, times: FollowUp) -> Iterator[Entry]:
    """A factor of a penalised fit, at `place`: its levels with their patients and hazard ratios."""
    yield from _level_rows(place, term, found.model.used, times, method=".firth")
    for index, level in zip(found.model.places[term.factor.name], term.levels, strict=True):
        yield from place.on(level=level).rows(penalised_effect(found, index))


def penalised_effect(found: Penalised, index: int) -> dict[str, float | None]:
    """The coefficient at `index`: its hazard ratio with the profile interval, and the test that it is 0."""
    ratio = found.ratios[index]
    return {
        "coefficient.firth": found.firth.coefficients[index],
        "hr.firth": ratio.value,
        "lower.firth": ratio.lower,
        "upper.firth": ratio.upper,
        "statistic.firth": ratio.chi2,
        "p.firth": ratio.p,
    }


def penalised_model_rows(place: Place, found: Penalised) -> Iterator[Entry]:
    """The penalised model as a whole, at `place`: its size, and the test of all its coefficients."""
    firth, parameters = found.firth, len(found.firth.names)
    yield from place.rows(
        {"n.firth": firth.n, "events.firth": firth.n_events, "parameters.firth": parameters}
    )
    yield from place.rows({"events_per_parameter.firth": firth.n_events / parameters})
    yield from place.rows({"loglik_null.firth": firth.loglik_null, "loglik.firth": firth.loglik})
    yield from _test_rows(place, "firth", firth.lrt)


def penalised_alone_rows(place: Place, found: Penalised) -> Iterator[Entry]:
    """A factor alone, at `place`: the size of its penalised fit, and the test of its several coefficients."""
    yield from place.rows({"n.firth": found.firth.n, "events.firth": found.firth.n_events})
    if len(found.firth.names) > 1:
        yield from _test_rows(place, "firth", found.firth.lrt)


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
    yield from _left_out(fit.terms)
    if isinstance(hazards, Refusal):
        yield f"Proportional hazards were not tested: {hazards.sentence}."
    else:
        doubtful = [term.factor.label for term in fit.terms if hazards.terms[term.factor.name].p < alpha]
        if doubtful:
            yield f"Hazards may not be proportional for {listed(doubtful)} (Grambsch-Therneau test)."
    yield from _few_events(fit.cox.n_events, len(fit.cox.names))


def penalised_warnings(found: Penalised) -> Iterator[str]:
    """Sentences on the fit, whose hazards are not tested, levels left out, and few events per parameter."""
    factors = listed([term.factor.label for term in found.model.columns])
    yield f"{instead_of(factors)}; proportional hazards were not tested."
    yield from _left_out(found.model.columns)
    yield from _few_events(found.firth.n_events, len(found.firth.names))


def instead_of(factors: str) -> str:
    """That the factors' hazard ratios are penalised ones, without its full stop."""
    return (
        f"The hazard ratios of {factors} are those of Firth's penalised likelihood, as the likelihood itself has "
        "no maximum"
    )


def _left_out(terms: Sequence[Columns]) -> Iterator[str]:
    for term in terms:
        if term.unused:
            yield f"{term.factor.label}: levels without patients were left out: {', '.join(term.unused)}."


def _few_events(n_events: int, parameters: int) -> Iterator[str]:
    if n_events < FEWEST_EVENTS_PER_PARAMETER * parameters:
        yield (
            f"{counted(n_events, 'event')} for {counted(parameters, 'parameter')}, fewer than "
            f"{FEWEST_EVENTS_PER_PARAMETER} for each: estimates may be unstable."
        )
