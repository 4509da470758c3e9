"""The Methods section: the study file in words, then the sentence of every method that made a number."""

from __future__ import annotations

from collections.abc import Mapping, Set

from calliper.blocks import Text
from calliper.displays import labels
from calliper.displays.narrative.deviations import deviations_in_methods
from calliper.displays.narrative.exposure import exposed
from calliper.displays.narrative.measurements import measured
from calliper.displays.narrative.responses import response
from calliper.displays.narrative.schedule import scheduled
from calliper.displays.narrative.times import dates_of_rows, partial_dates, time_to_event
from calliper.displays.narrative.toxicities import toxicity
from calliper.displays.narrative.treatments import treatments
from calliper.displays.populations import populations_in_methods
from calliper.protocol import specs
from calliper.protocol.specs import Protocol
from calliper.results import Method, Results

UNKNOWN_WORDS = {
    "pending": "the patient is pending and not included",
    "include": "the patient stays in",
    "exclude": "the patient is excluded",
}
CONVENTION_WORDS = {"r": "R (survival package)", "sas": "SAS", "spss": "SPSS"}
CONVENTION_FIELDS = {
    "ties": "tied times in Cox regression",
    "survival_ci": "scale of survival intervals",
    "median_ci": "intervals of medians",
    "median_flat": "median where the curve is flat at 0.5",
    "means": "test of two means",
    "rank_p": "P value of the Mann-Whitney test",
    "rank_continuity": "its normal approximation",
    "chi_square": "chi-square test of a two by two table",
    "quantile": "type of the quantiles of a measurement",
}


def methods(
    protocol: Protocol, results: Results, versions: Mapping[str, str], *, printed: Set[str]
) -> tuple[Text, ...]:
    """Design, eligibility, arms, endpoints, statistics, software.

    `printed` are the keys of the results that the report shows: a method none of whose numbers is shown is
    not told.
    """
    return (
        *design(protocol),
        *eligibility(protocol),
        Text(_arms(protocol)),
        *(Text(_endpoint(protocol, spec)) for spec in protocol.endpoints.values()),
        *populations_in_methods(results),
        *_dates_of_rows(protocol),
        *_units(protocol),
        *_partial_dates(protocol),
        *statistics(protocol, results, printed),
        *software(versions),
    )


def design(protocol: Protocol) -> tuple[Text, ...]:
    """What kind of study, where, when, under which approval."""
    study = protocol.study
    sentences = [f"This is a {study.design}"]
    if protocol.centres:
        centres = [centre.label for centre in protocol.centres.values()]
        plural = "centre" if len(centres) == 1 else "centres"
        sentences[0] += f" at {len(centres)} {plural}: {labels.listed(centres)}"
    parts = [
        labels.ended(sentences[0]),
        f"Objective: {labels.ended(labels.in_sentence(study.objective))}" if study.objective else "",
        f"Recruitment period: {labels.ended(study.period)}" if study.period else "",
        f"Data cut-off: {labels.day(study.cutoff)}." if study.cutoff else "",
        f"Source of the records: {labels.ended(study.source)}" if study.source else "",
        f"Registration: {labels.ended(study.registration)}" if study.registration else "",
    ]
    paragraphs = [Text(" ".join(part for part in parts if part))]
    if study.ethics is not None:
        consent = f" Consent: {labels.ended(study.ethics.consent)}" if study.ethics.consent else ""
        paragraphs.append(Text(f"Ethical approval: {labels.ended(study.ethics.approval)}{consent}"))
    if study.funding:
        paragraphs.append(Text(f"Funding: {labels.ended(study.funding)}"))
    return tuple(paragraphs)


def eligibility(protocol: Protocol) -> tuple[Text, ...]:
    """Every criterion with its rule, and what happens where a rule cannot be told."""
    if not protocol.eligibility:
        return (
            Text("Every patient with a recorded arm was included; no eligibility criterion is declared."),
        )
    ways = dict.fromkeys(criterion.unknown for criterion in protocol.eligibility)
    common = next(iter(ways)) if len(ways) == 1 else None
    told = f" Where a rule cannot be told, {UNKNOWN_WORDS[common]}." if common else ""
    lead = (
        "Eligibility was decided by rule, in this order; a patient who fails several criteria is counted "
        f"at the first. An inclusion rule must be true and an exclusion rule false.{told}"
    )
    return (Text(lead), *(Text(_criterion(held, common), "item") for held in protocol.eligibility))


def _criterion(criterion: specs.Criterion, common: str | None) -> str:
    told = "" if common else f"; where it cannot be told, {UNKNOWN_WORDS[criterion.unknown]}"
    text = labels.in_sentence(criterion.text)
    return f"{criterion.id}, {criterion.kind}: {text}. Rule: {criterion.rule}{told}."


def _arms(protocol: Protocol) -> str:
    arms = protocol.arms
    names = [arm.label for arm in arms.groups.values()]
    if len(names) == 1:
        return f"All patients belong to one arm, {names[0]}."
    given = "as randomised" if protocol.study.design == "randomised trial" else "by the treatment recorded"
    reference = arms.groups[arms.reference].label
    return f"Patients were compared {given}: {labels.listed(names)}. The reference arm is {reference}."


def _endpoint(protocol: Protocol, spec: specs.Endpoint) -> str:
    if isinstance(spec, specs.TimeToEvent):
        return time_to_event(protocol, spec)
    if isinstance(spec, specs.Response):
        return response(protocol, spec)
    if isinstance(spec, specs.Measurements):
        return measured(protocol, spec)
    if isinstance(spec, specs.Treatments):
        return treatments(protocol, spec)
    if isinstance(spec, specs.Deviations):
        return deviations_in_methods(spec)
    if isinstance(spec, specs.Exposure):
        return exposed(protocol, spec)
    if isinstance(spec, specs.Schedule):
        return scheduled(protocol, spec)
    return toxicity(protocol, spec)


def _units(protocol: Protocol) -> tuple[Text, ...]:
    """How the times that were counted are shown, each unit once."""
    counted: dict[str, list[str]] = {}
    for spec in protocol.endpoints.values():
        if isinstance(spec, specs.TimeToEvent) and spec.recorded is None:
            counted.setdefault(spec.unit, []).append(spec.short)
    if not counted:
        return ()
    shown = [f"in {unit}{_divisor(unit)}" for unit in counted]
    if len(counted) > 1:
        shown = [
            f"{labels.listed(names)} {words}" for names, words in zip(counted.values(), shown, strict=True)
        ]
    return (Text(f"Times were counted in days and are shown {labels.listed(shown)}."),)


def _dates_of_rows(protocol: Protocol) -> tuple[Text, ...]:
    words = dates_of_rows(protocol)
    return (Text(words),) if words else ()


def _partial_dates(protocol: Protocol) -> tuple[Text, ...]:
    words = partial_dates(protocol)
    return (Text(words),) if words else ()


def _divisor(unit: str) -> str:
    days = {
        "weeks": "a week is 7 days",
        "months": "a month is 30.4375 days",
        "years": "a year is 365.25 days",
    }
    return f" ({days[unit]})" if unit in days else ""


def statistics(protocol: Protocol, results: Results, printed: Set[str]) -> tuple[Text, ...]:
    """The level of significance and the convention, then a paragraph a kind of analysis, no sentence twice."""
    fields = protocol.conventions.model_dump(exclude_none=True)
    changed = "; ".join(f"{CONVENTION_FIELDS[name]}: {value}" for name, value in fields.items())
    convention = (
        "Where statistical software differs, the choices are those of "
        f"{CONVENTION_WORDS[protocol.convention]}{f', except {changed}' if changed else ''}."
    )
    level = (
        f"P values are two-sided; the level of significance is {protocol.alpha:g} and intervals are "
        f"{labels.confidence(protocol)} confidence intervals. No P value is adjusted for multiplicity."
    )
    told: dict[type[specs.AnalysisSpec], dict[str, None]] = {}
    for spec in protocol.analyses:
        sentences = told.setdefault(type(spec), {})
        models = {model.id for model in spec.models} if isinstance(spec, specs.CoxAnalysis) else set()
        for method in results.methods_of(spec.id):
            general = not method.subject or method.subject in models
            if method.sentence and general and not method.failure and _is_shown(method, results, printed):
                sentences[labels.ended(method.sentence)] = None
    paragraphs = (Text(" ".join(sentences)) for sentences in told.values() if sentences)
    return (Text(f"{level} {convention}"), *paragraphs)


def _is_shown(method: Method, results: Results, printed: Set[str]) -> bool:
    """False where the method made rows, `measure.name`, and the report shows none of them."""
    made = [row.key for row in results.of(method.analysis) if row.stat.rsplit(".", 1)[-1] == method.name]
    return not made or any(key in printed for key in made)


def software(versions: Mapping[str, str]) -> tuple[Text, ...]:
    """The software and its versions in one sentence."""
    if not versions:
        return ()
    named = [f"{name} {version}" for name, version in versions.items()]
    return (Text(f"Software: {labels.listed(named)}."),)
