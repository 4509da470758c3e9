"""What a result's address says, in words: whose number of what, wherever it is printed apart from its table."""

from __future__ import annotations

from dataclasses import replace

from calliper.displays import labels, readings, safety_words
from calliper.displays.definition_words import DEFINITIONS, rate_in_words, times_in_words
from calliper.displays.populations import named, plain
from calliper.protocol import specs
from calliper.protocol.definitions import rate_definitions
from calliper.protocol.readings import told_apart
from calliper.protocol.specs import Protocol
from calliper.results import Row

MEASURES = {
    "hr": "hazard ratio",
    "difference": "difference, percentage points",
    "median": "median",
    "q1": "first quartile",
    "q3": "third quartile",
    "follow_up": "median follow-up",
    "parameters": "factors",
    "rate_ratio": "ratio of rates",
    "rate_difference": "difference of rates",
}

EXPOSURE_WORDS = {
    "started": "started",
    "duration_days": "duration",
    "on_drug_days": "days with a dose",
    "cumulative_mg": "cumulative dose",
    "mean_daily_mg": "mean daily dose",
    "mean_daily_mg_without_pauses": "mean daily dose without pauses",
    "rdi_percent": "relative dose intensity",
    "reduced": "dose reduced",
    "interrupted": "interrupted",
    "ongoing": "still on the drug",
    "stopped": "stopped",
    "ending": "ended",
    "longest_interruption_days": "longest interruption",
    "delay": "delay of the first dose",
    "first_reduction": "time to the first reduction",
}
"""The variables of an analysis of exposure."""

SCHEDULE_WORDS = {
    "": "patients",
    "followed": "days followed",
    "visits": "visits",
    "patients": "patients with a visit due",
    "completeness": "completeness a patient",
    "interval": "days between visits",
    "since_last": "days from the last visit to the end",
    "content": "content",
    "item": "done",
    "rate": "how often visits came",
    "ending": "follow-up ended by",
}
"""The variables of a follow-up schedule."""

HAZARDS = {
    "firth": ", Firth",
    "cause_specific": ", cause-specific",
    "fine_gray": ", subdistribution",
}

P_VALUES = {
    "": "P value",
    "cox": "P value, Wald",
    "firth": "P value, Firth's penalised likelihood",
    "logrank": "P value, log-rank test",
    "interaction": "P value, test of interaction",
    "rmst": "P value, difference of restricted means",
    "rmst_ratio": "P value, ratio of restricted means",
    "gray": "P value, Gray's test",
    "mcnemar": "P value, McNemar's exact test",
    "cause_specific": "P value, Wald, cause-specific",
    "fine_gray": "P value, Wald, subdistribution",
    "factor": "overall P of the factor",
    "zph": "P value, proportional hazards",
    "likelihood_ratio": "P value, likelihood ratio test",
    "wald": "P value, Wald test of the model",
    "score": "P value, score test",
    "levene": "P value, Levene's test",
}


def spec_of(protocol: Protocol, row: Row) -> specs.AnalysisSpec:
    """The analysis that a row belongs to."""
    return next(spec for spec in protocol.analyses if spec.id == row.analysis)


def heading(protocol: Protocol, spec: specs.AnalysisSpec) -> str:
    """What the analysis is of: its title, or the endpoint and by what it is divided; and its population, if its own."""
    return named(protocol, spec, _of_all(protocol, spec))


def _of_all(protocol: Protocol, spec: specs.AnalysisSpec) -> str:
    if spec.title:
        return spec.title
    if isinstance(spec, specs.BaselineAnalysis):
        return "Baseline characteristics"
    if isinstance(spec, specs.CoursesAnalysis):
        return f"{labels.endpoint(protocol, spec.response)}: best change of the tumour"
    if isinstance(spec, specs.AgreementAnalysis):
        return readings.heading(protocol, spec)
    if isinstance(spec, specs.DefinitionsAnalysis):
        return DEFINITIONS
    endpoint = labels.endpoint(protocol, getattr(spec, "endpoint", ""))
    if isinstance(spec, specs.ExposureAnalysis):
        return f"Exposure to {labels.in_sentence(endpoint)}"
    if isinstance(spec, specs.SubgroupsAnalysis):
        return f"{endpoint} in subgroups"
    if isinstance(spec, specs.CoxAnalysis):
        return f"Factors associated with {labels.in_sentence(endpoint)}"
    return labels.divided(endpoint, protocol, getattr(spec, "by", None))


def described(protocol: Protocol, row: Row) -> str:
    """Whose number, and which: `New drug, median (95% CI)`."""
    spec = spec_of(protocol, row)
    row = replace(row, population=plain(protocol, row.population)[0])
    whose, measure = _whose(protocol, row, spec), _measure(protocol, row, spec)
    return f"{whose}, {measure}" if whose else f"{measure[0].upper()}{measure[1:]}"


def _measure(protocol: Protocol, row: Row, spec: specs.AnalysisSpec) -> str:
    name, _, method = row.stat.partition(".")
    if name == "p":
        test = labels.TEST_WORDS.get(method, method).split(",", maxsplit=1)[0]
        return P_VALUES.get(method, f"P value, {test}")
    words = MEASURES.get(name, name) + (HAZARDS.get(method, "") if name == "hr" else "")
    if name == "parameters":
        return words
    if isinstance(spec, specs.BaselineAnalysis):
        return f"{words} [IQR]"
    if isinstance(spec, specs.CoursesAnalysis):
        return f"{words} best change [IQR], %"
    if isinstance(
        spec,
        specs.ExposureAnalysis | specs.TreatmentAnalysis | specs.ScheduleAnalysis | specs.TrendAnalysis,
    ) and row.variable not in ("first_reduction", "rate"):
        return f"{words}, {row.unit}" if row.unit else words
    if row.unit:
        words = f"{words}, {row.unit}"
    if row.at is not None:
        words = f"survival at {row.at:g} {_unit(protocol, spec)}, %"
    return f"{words} ({labels.confidence(protocol)} CI)"


def _unit(protocol: Protocol, spec: specs.AnalysisSpec) -> str:
    endpoint = protocol.endpoints[getattr(spec, "endpoint", "")]
    return endpoint.unit if isinstance(endpoint, specs.TimeToEvent) else ""


def _whose(protocol: Protocol, row: Row, spec: specs.AnalysisSpec) -> str:
    if isinstance(spec, specs.SurvivalAnalysis):
        return _group(protocol, row.group, spec.by)
    if isinstance(spec, specs.CoxAnalysis):
        return _factor(protocol, row, spec)
    if isinstance(spec, specs.SubgroupsAnalysis):
        factor = spec.labels.get(row.variable) or (
            labels.variable(protocol, row.variable) if row.variable else "all patients"
        )
        return ", ".join(part for part in (factor, row.level, _group(protocol, row.group, None)) if part)
    if isinstance(spec, specs.CompetingRisksAnalysis):
        return _event(protocol, row, spec)
    if isinstance(spec, specs.ResponseAnalysis):
        return _rate(protocol, row, spec)
    if isinstance(spec, specs.CoursesAnalysis):
        return _group(protocol, row.group, None)
    if isinstance(spec, specs.AgreementAnalysis):
        return _reading(protocol, row, spec)
    if isinstance(spec, specs.DefinitionsAnalysis):
        return _definition(protocol, row, spec)
    if isinstance(spec, specs.ScheduleAnalysis):
        variable = SCHEDULE_WORDS.get(row.variable, row.variable)
        held = (variable, row.level.replace("_", " "), _group(protocol, row.group, None))
        return ", ".join(part for part in held if part)
    if isinstance(spec, specs.ExposureAnalysis):
        named = (EXPOSURE_WORDS.get(row.variable, row.variable), row.level, labels.group(protocol, row.group))
        return ", ".join(part for part in named if part)
    parts = [_term(protocol, row.variable, spec), row.level, _group(protocol, row.group, None)]
    return ", ".join(part for part in parts if part)


def _group(protocol: Protocol, group: str, by: str | None) -> str:
    if group == "between":
        return ""
    if " vs " in group:
        one, other = group.split(" vs ", maxsplit=1)
        return labels.contrast(protocol, one, other, by)
    return labels.group(protocol, group, by)


def _factor(protocol: Protocol, row: Row, spec: specs.CoxAnalysis) -> str:
    models = {model.id: model.label for model in spec.models}
    parts = [models.get(row.group, "alone")]
    if row.variable:
        parts.insert(0, labels.variable(protocol, row.variable))
        parts.insert(1, labels.level(protocol, row.variable, row.level))
    return ", ".join(part for part in parts if part)


def _event(protocol: Protocol, row: Row, spec: specs.CompetingRisksAnalysis) -> str:
    """The event and the group; of an adjusted model the event, the factor and its level."""
    endpoint = protocol.endpoints[spec.endpoint]
    causes = endpoint.causes if isinstance(endpoint, specs.TimeToEvent) else {}
    model, _, cause = row.group.partition(" ")
    if cause not in causes:
        parts = [causes.get(row.level, row.level), _group(protocol, row.group, spec.by)]
    elif row.variable:
        level = labels.level(protocol, row.variable, row.level)
        parts = [causes[cause], labels.variable(protocol, row.variable), level, model]
    else:
        parts = [causes[cause], model]
    return ", ".join(part for part in parts if part)


def _rate(protocol: Protocol, row: Row, spec: specs.ResponseAnalysis) -> str:
    endpoint = protocol.endpoints[spec.endpoint]
    landmark = row.variable
    if isinstance(endpoint, specs.Response):
        held = endpoint.landmarks.get(row.variable)
        landmark = row.variable if held is None else held.label
    patients = row.population if row.population == "scans" else f"{row.population} patients"
    rate = labels.RESPONSE_WORDS.get(row.level, row.level)
    return ", ".join(part for part in (rate, landmark, patients, _group(protocol, row.group, None)) if part)


def _definition(protocol: Protocol, row: Row, spec: specs.DefinitionsAnalysis) -> str:
    """The definition, of response with the rate, and the arm."""
    rates = [one for one in rate_definitions(spec, protocol, row.level) if one.variable == row.variable]
    if rates:
        rate = labels.in_sentence(rate_in_words(spec, protocol, replace(rates[0], population=row.population)))
        words = ", ".join(part for part in (labels.RESPONSE_WORDS.get(row.level, ""), rate) if part)
    else:
        words = times_in_words(spec, protocol).get(row.variable, "")
    return ", ".join(part for part in (words, _group(protocol, row.group, None)) if part)


def _reading(protocol: Protocol, row: Row, spec: specs.AgreementAnalysis) -> str:
    """Whose categories, of the two, at which landmark, among whom."""
    names = dict(zip(("first", "second"), told_apart(protocol, spec.endpoints), strict=True))
    endpoint = protocol.endpoints[spec.endpoints[0]]
    held = endpoint.landmarks.get(row.variable) if isinstance(endpoint, specs.Response) else None
    landmark = row.variable if held is None else held.label
    patients = row.population if row.population == "scans" else f"{row.population} patients"
    rate = labels.RESPONSE_WORDS.get(row.level, row.level)
    return ", ".join(part for part in (rate, landmark, patients, names.get(row.group, "")) if part)


def _term(protocol: Protocol, name: str, spec: specs.AnalysisSpec) -> str:
    if isinstance(spec, specs.SafetyAnalysis):
        endpoint = protocol.endpoints[spec.endpoint]
        return safety_words.event(endpoint, name) if isinstance(endpoint, specs.Toxicity) else name
    if isinstance(spec, specs.TrendAnalysis):
        measurements = protocol.endpoints[spec.endpoint]
        followed = measurements.items if isinstance(measurements, specs.Measurements) else {}
        return followed[name].label if name in followed else name
    if isinstance(spec, specs.TreatmentAnalysis):
        treatments = protocol.endpoints[spec.endpoint]
        items = treatments.items if isinstance(treatments, specs.Treatments) else {}
        return items[name].label if name in items else name
    if isinstance(spec, specs.DeviationsAnalysis):
        return f"rule {name}" if name != "any" else "all rules"
    return labels.variable(protocol, name)
