"""Cox regression: each factor alone, then each model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from calliper.analyses.convention import resolve
from calliper.analyses.cox_model import (
    Columns,
    Factor,
    Fit,
    complete_cases,
    fit_model,
    level_factor,
    number_factor,
)
from calliper.analyses.cox_penalised import Penalised, fit_penalised
from calliper.analyses.cox_rows import (
    examine,
    factor_rows,
    model_rows,
    penalised_alone_rows,
    penalised_factor_rows,
    penalised_model_rows,
    penalised_warnings,
    warnings_of,
)
from calliper.analyses.follow_up import FollowUp, follow_up
from calliper.analyses.groups import is_number, levels_of
from calliper.analyses.places import Entry, Place, Refusal, attempt, collect
from calliper.analyses.wording import TIES, firth_in_words, inside, listed, percent
from calliper.endpoints import Derived
from calliper.protocol.specs import CoxAnalysis, Model, Protocol
from calliper.results import Method, Results
from calliper.stats.cox import wald_test
from calliper.stats.risk_sets import CoxTies


@dataclass(frozen=True, eq=False)
class _Study:
    """What every fit of one analysis shares."""

    spec: CoxAnalysis
    label: str
    confidence: float
    alpha: float
    ties: CoxTies
    times: FollowUp
    factors: dict[str, Factor]

    def excluded(self, factors: Sequence[Factor]) -> tuple[int, str]:
        """How many patients a fit of these factors leaves out, and why."""
        used = complete_cases(factors, self.times)
        reasons = [self.times.why_without()] if not self.times.known.all() else []
        unknown = [
            f"{factor.label} ({missing})"
            for factor in factors
            if (missing := int((self.times.known & ~factor.known).sum()))
        ]
        if unknown:
            reasons.append("not recorded: " + ", ".join(unknown))
        return int((~used).sum()), "; ".join(reasons)


def analyse_cox(spec: CoxAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Fit each factor alone and each model of `spec`, every fit to its own complete cases.

    A fit that the data cannot support becomes a failed method, with subject `univariable FACTOR` or the
    model's id. One whose likelihood has no maximum is also fitted by Firth's penalised likelihood, with method
    `firth` and the same subject.
    """
    return collect(_entries(spec, protocol, derived))


def _entries(spec: CoxAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    patients = derived.cohort.patients
    study = _Study(
        spec=spec,
        label=protocol.endpoints[spec.endpoint].label,
        confidence=protocol.confidence,
        alpha=protocol.alpha,
        ties=resolve(protocol).ties,
        times=follow_up(patients, derived.endpoints[spec.endpoint]),
        factors={name: factor_of(name, protocol, patients, spec.references) for name in _named(spec)},
    )
    alone = {
        name: attempt(fit_model, [study.factors[name]], study.times, ties=study.ties) for name in spec.factors
    }
    fits: list[Entry] = []
    if spec.univariable:
        for name, fit in alone.items():
            fits += _alone(study, name, fit)
    for model in spec.models:
        fits += _model(study, model, alone)
    yield _general_method(study)
    if any(isinstance(made, Method) and made.name == "firth" and not made.failure for made in fits):
        yield _firth_method(study)
    yield from fits


def _named(spec: CoxAnalysis) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*spec.factors, *(name for model in spec.models for name in model.factors))))


def factor_of(name: str, protocol: Protocol, patients: pl.DataFrame, references: Mapping[str, str]) -> Factor:
    """A factor of a model by its name; the reference is the one given, else the first level that a patient has."""
    if name != "arm" and is_number(protocol.variable(name)):
        return number_factor(name, protocol.variable(name).label, patients[name])
    levels = tuple(protocol.arms.groups) if name == "arm" else levels_of(protocol, name)
    default = protocol.arms.reference if name == "arm" else _first_present(levels, patients[name])
    return level_factor(
        name,
        "Treatment arm" if name == "arm" else protocol.variable(name).label,
        patients[name],
        levels=levels,
        level_labels=[protocol.arms.groups[arm].label for arm in levels] if name == "arm" else levels,
        reference=references.get(name, default),
    )


def _first_present(levels: Sequence[str], values: pl.Series) -> str:
    """The first level that a patient has: eligibility may leave nobody at the first of all (BCLC stage 0)."""
    found = set(values.drop_nulls())
    return next((level for level in levels if level in found), levels[0])


def _alone(study: _Study, name: str, fit: Fit | Refusal) -> Iterator[Entry]:
    factor = study.factors[name]
    method = _fit_method(study, f"univariable {name}", [factor], f"{factor.label} was the only covariate.")
    place = Place(study.spec.id, group="univariable", variable=name)
    if isinstance(fit, Refusal):
        yield replace(method, failure=fit.sentence)
        if fit.no_maximum:
            found = _penalised(study, [factor])
            yield _penalised_method(method, found)
            if not isinstance(found, Refusal):
                yield from penalised_alone_rows(place, found)
                yield from penalised_factor_rows(place, found, found.model.columns[0], study.times)
        return
    fitted = examine(fit, study.times)
    yield replace(method, n_used=fit.cox.n, warnings=tuple(warnings_of(fitted, alpha=study.alpha)))
    yield from place.rows({"n": fit.cox.n, "events": fit.cox.n_events})
    yield from factor_rows(place, fitted, fit.terms[0], confidence=study.confidence)


def _model(study: _Study, model: Model, alone: dict[str, Fit | Refusal]) -> Iterator[Entry]:
    names, sentence, warnings = _chosen(study, model, alone)
    if not names:
        method = _fit_method(study, model.id, [], sentence)
        yield replace(
            method, warnings=warnings, failure=f"no model: no factor had P < {model.p_below:g} alone"
        )
        return
    factors = [study.factors[name] for name in names]
    method = _fit_method(study, model.id, factors, sentence)
    fit = attempt(fit_model, factors, study.times, ties=study.ties)
    place = Place(study.spec.id, group=model.id)
    if isinstance(fit, Refusal):
        yield replace(method, warnings=warnings, failure=fit.sentence)
        if fit.no_maximum:
            found = _penalised(study, factors)
            yield _penalised_method(method, found)
            if not isinstance(found, Refusal):
                yield from penalised_model_rows(place, found)
                for term in found.model.columns:
                    here = place.on(variable=term.factor.name)
                    yield from penalised_factor_rows(here, found, term, study.times)
        return
    fitted = examine(fit, study.times)
    warnings = (*warnings, *warnings_of(fitted, alpha=study.alpha))
    yield replace(method, n_used=fit.cox.n, warnings=warnings)
    yield from model_rows(place, fitted)
    for term in fit.terms:
        here = place.on(variable=term.factor.name)
        yield from factor_rows(here, fitted, term, confidence=study.confidence)


def _penalised(study: _Study, factors: Sequence[Factor]) -> Penalised | Refusal:
    return attempt(fit_penalised, factors, study.times, ties=study.ties, confidence=study.confidence)


def _penalised_method(ordinary: Method, found: Penalised | Refusal) -> Method:
    """The method of a penalised fit, from that of the ordinary fit it stands beside."""
    sentence = f"{ordinary.sentence} The model was fitted by Firth's penalised likelihood."
    if isinstance(found, Refusal):
        return replace(ordinary, name="firth", sentence=sentence, failure=found.sentence)
    return replace(ordinary, name="firth", sentence=sentence, warnings=tuple(penalised_warnings(found)))


def _chosen(
    study: _Study, model: Model, alone: dict[str, Fit | Refusal]
) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """The model's factors, the sentence that says how they were chosen, and warnings."""
    if model.p_below is None:
        labels = listed([study.factors[name].label for name in model.factors])
        return model.factors, f"{_model_name(study, model)}: {labels}, named in advance.", ()
    chosen = tuple(
        name
        for name, fit in alone.items()
        if not isinstance(fit, Refusal) and _overall(fit, fit.terms[0]) < model.p_below
    )
    failed = [study.factors[name].label for name, fit in alone.items() if isinstance(fit, Refusal)]
    words = listed([study.factors[name].label for name in chosen]) if chosen else "no factor"
    warnings = [
        "Factors were chosen by their univariable P value; the P values and intervals do not allow for it."
    ]
    if failed:
        warnings.append(f"Not considered, because no univariable fit was possible: {listed(failed)}.")
    rule = f"chosen by P < {model.p_below:g} in the Wald test of the factor alone"
    return chosen, f"{_model_name(study, model)}: {words}, {rule}.", tuple(warnings)


def _model_name(study: _Study, model: Model) -> str:
    return f"Multivariable model of {inside(study.label)}, {inside(model.label)}"


def _overall(fit: Fit, term: Columns) -> float:
    return wald_test(fit.cox, fit.places(term)).p


def _general_method(study: _Study) -> Method:
    sentence = (
        "Prognostic factors were examined by Cox proportional hazards regression of the complete cases of "
        f"each fit, with {TIES[study.ties]} and Wald {percent(study.confidence)} confidence intervals and "
        "tests of each coefficient and of each factor as a whole"
    )
    if study.ties in ("efron", "breslow"):
        sentence += "; proportional hazards were examined by the Grambsch-Therneau test."
    else:
        sentence += ". Proportional hazards were not tested: the test is not defined for these ties."
    parameters = {"ties": study.ties, "confidence": study.confidence, "sides": 2}
    return Method(
        study.spec.id, "summary", sentence, parameters=parameters, n_used=int(study.times.known.sum())
    )


def _firth_method(study: _Study) -> Method:
    sentence = (
        "Where the partial likelihood of a fit has no maximum (separation), the hazard ratios are those of "
        f"{firth_in_words(study.ties, percent(study.confidence))} of each coefficient."
    )
    parameters = {"ties": study.ties, "confidence": study.confidence, "sides": 2}
    return Method(study.spec.id, "firth", sentence, parameters=parameters)


def _fit_method(study: _Study, subject: str, factors: Sequence[Factor], sentence: str) -> Method:
    n_excluded, why = study.excluded(factors)
    return Method(
        analysis=study.spec.id,
        name="summary",
        sentence=sentence,
        subject=subject,
        parameters={"ties": study.ties, "factors": ", ".join(factor.name for factor in factors)},
        n_used=int(complete_cases(factors, study.times).sum()),
        n_excluded=n_excluded,
        why_excluded=why,
    )
