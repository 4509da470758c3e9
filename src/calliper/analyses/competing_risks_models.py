"""The hazard ratios of an analysis of competing risks: of each cause, and of its subdistribution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from calliper.analyses.cause_models import (
    CHOICES,
    fit_cause,
    fit_cause_penalised,
    fit_subdistribution,
    wald_effect,
)
from calliper.analyses.competing_risks_wording import cause_specific_method, fine_gray_method, firth_method
from calliper.analyses.cox_model import Factor
from calliper.analyses.cox_rows import examine, penalised_effect, penalised_warnings, warnings_of
from calliper.analyses.groups import Groups
from calliper.analyses.outcomes import Outcomes
from calliper.analyses.places import Entry, Place, Refusal, attempt
from calliper.analyses.wording import capital
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol
from calliper.results import Method
from calliper.stats.conventions import Convention
from calliper.stats.design import Design

ADJUSTED = "adjusted"
"""The first word of the group of an adjusted model's rows; the cause is the second."""


@dataclass(frozen=True, eq=False)
class CompetingStudy:
    """What every number of one analysis shares.

    `models` has the factors of each model by its name: `""` for the group alone, ADJUSTED where others stand beside it.
    """

    spec: CompetingRisksAnalysis
    unit: str
    confidence: float
    alpha: float
    convention: Convention
    groups: Groups
    outcomes: Outcomes
    models: Mapping[str, Sequence[Factor]]

    @property
    def words(self) -> Mapping[str, str]:
        """Each cause in words, by its name in results."""
        return self.outcomes.words


@dataclass(frozen=True, slots=True)
class _Methods:
    """The methods of the hazard ratios, as they speak for the whole analysis."""

    cause_specific: Method
    firth: Method
    fine_gray: Method


@dataclass(frozen=True, slots=True)
class _Effects:
    """What a fit gives: the method's name, the design, the stats of a coefficient by its place, the counts."""

    method: str
    design: Design
    at: Callable[[int], Mapping[str, float | None]]
    counts: Mapping[str, int]


def hazard_ratios(place: Place, study: CompetingStudy, protocol: Protocol) -> Iterator[Entry]:
    """The group's hazard ratios, alone and adjusted, of each cause and of its subdistribution."""
    methods = _Methods(
        cause_specific_method(study.spec, protocol),
        firth_method(study.spec, protocol),
        fine_gray_method(study.spec, protocol),
    )
    if len(study.groups.names) < 2:
        for method in (methods.cause_specific, methods.fine_gray):
            yield replace(method, failure="no hazard ratio: there is only one group")
        return
    fits: list[Entry] = []
    for model in study.models:
        for cause in study.words:
            fits += _cause_specific(place, study, model, cause, methods)
            fits += _fine_gray(place, study, model, cause, methods.fine_gray)
    yield methods.cause_specific
    yield methods.fine_gray
    if any(isinstance(made, Method) and made.name == "firth" and not made.failure for made in fits):
        yield methods.firth
    yield from fits


def _cause_specific(
    place: Place, study: CompetingStudy, model: str, cause: str, methods: _Methods
) -> Iterator[Entry]:
    method, ties = _on(methods.cause_specific, model, cause), study.convention.ties
    fit = attempt(fit_cause, study.models[model], study.outcomes, cause, ties=ties)
    if isinstance(fit, Refusal):
        yield _refused(method, study, cause, fit)
        if fit.no_maximum:
            yield from _penalised(place, study, model, cause, _on(methods.firth, model, cause))
        return
    warnings = warnings_of(examine(fit, study.outcomes.one_cause(cause)), alpha=study.alpha)
    yield _made(method, study, cause, fit.cox.n, warnings)
    effects = partial(wald_effect, fit.cox, method=method.name, confidence=study.confidence)
    counts = {"n": fit.cox.n, "events": fit.cox.n_events}
    yield from _rows(place, study, model, cause, of=_Effects(method.name, fit.model, effects, counts))


def _penalised(
    place: Place, study: CompetingStudy, model: str, cause: str, method: Method
) -> Iterator[Entry]:
    """Firth's hazard ratios, beside the ordinary ones whose likelihood has no maximum."""
    ties, confidence = study.convention.ties, study.confidence
    factors = study.models[model]
    found = attempt(fit_cause_penalised, factors, study.outcomes, cause, ties=ties, confidence=confidence)
    if isinstance(found, Refusal):
        yield _refused(method, study, cause, found)
        return
    yield _made(method, study, cause, found.firth.n, penalised_warnings(found))
    effects = partial(penalised_effect, found)
    counts = {"n": found.firth.n, "events": found.firth.n_events}
    yield from _rows(place, study, model, cause, of=_Effects(method.name, found.model, effects, counts))


def _fine_gray(
    place: Place, study: CompetingStudy, model: str, cause: str, method: Method
) -> Iterator[Entry]:
    method, choices = _on(method, model, cause), CHOICES[study.spec.fine_gray]
    found = attempt(fit_subdistribution, study.models[model], study.outcomes, cause, choices=choices)
    if isinstance(found, Refusal):
        yield _refused(method, study, cause, found)
        return
    fit = found.fit
    yield _made(method, study, cause, fit.n, ())
    effects = partial(wald_effect, fit, method=method.name, confidence=study.confidence)
    counts = {"n": fit.n, "events": fit.n_events, "competing": fit.n_competing}
    yield from _rows(place, study, model, cause, of=_Effects(method.name, found.model, effects, counts))


def _on(method: Method, model: str, cause: str) -> Method:
    """The method of one fit, with its subject: the method, the cause, and first the model where it is adjusted."""
    return replace(method, subject=" ".join(word for word in (model, method.name, cause) if word))


def _refused(method: Method, study: CompetingStudy, cause: str, refusal: Refusal) -> Method:
    return replace(method, failure=f"{capital(study.words[cause])}: {refusal.sentence}")


def _made(method: Method, study: CompetingStudy, cause: str, n: int, warnings: Iterable[str]) -> Method:
    told = tuple(f"{capital(study.words[cause])}: {warning}" for warning in warnings)
    return replace(method, n_used=n, n_excluded=study.outcomes.times.known.size - n, warnings=told)


def _rows(place: Place, study: CompetingStudy, model: str, cause: str, *, of: _Effects) -> Iterator[Entry]:
    """The group's effects as contrasts; of an adjusted model its size and the effects of every factor."""
    if not model:
        for index, level in enumerate(of.design.columns[0].levels):
            here = place.on(group=f"{level} vs {study.groups.reference}", level=cause)
            yield from here.rows(of.at(index))
        return
    here = place.on(group=f"{model} {cause}", variable="")
    yield from here.rows({f"{stat}.{of.method}": n for stat, n in of.counts.items()})
    for term in of.design.columns:
        of_factor = here.on(variable=term.factor.name)
        if term.factor.levels:
            yield from of_factor.on(level=term.factor.levels[0]).rows({f"reference.{of.method}": 1.0})
        for index, level in zip(of.design.places[term.factor.name], term.levels, strict=True):
            yield from of_factor.on(level=level).rows(of.at(index))
