"""How the analysis met what can mislead - confounding, immortal time, missing values, many tests - or did not."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.blocks import Text
from calliper.displays import labels
from calliper.displays.cells import Shelf
from calliper.displays.narrative.deviations import deviations_in_methods
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.hypotheses import hypothesis
from calliper.displays.narrative.sentences import Sentences
from calliper.displays.narrative.statistics import told_methods
from calliper.displays.narrative.study_design import UNSTATED
from calliper.displays.populations import populations_in_methods
from calliper.protocol import specs

ADJUSTING = {"holm": "Holm's step-down", "hochberg": "Hochberg's step-up"}


def analysed_sets(facts: Facts) -> tuple[Text, ...]:
    """Of whom the analyses are, where nothing else is said, and each population of the study."""
    arms = ", in the arm of the record" if facts.compares else ""
    lead = Text(f"Unless its heading names a population, an analysis is of all included patients{arms}.")
    return (lead, *populations_in_methods(facts.results))


def survival(facts: Facts) -> tuple[Text, ...]:
    """The methods of survival and of Cox regression, or that there are none."""
    return told_methods(facts, "survival") or (
        Text("No survival curve was estimated and no hazard was modelled."),
    )


def confounding(facts: Facts) -> tuple[Text, ...]:
    """The authors' reasons, what each model adjusts the arms for, and what was not done."""
    if not facts.compares:
        return (Text("With one arm no comparison can be confounded."),)
    words = facts.protocol.study.confounding
    adjusted = adjustments(facts)
    rest = (
        "Every other comparison of arms is unadjusted"
        if adjusted
        else "No comparison of arms is adjusted for confounding"
    )
    told = [
        *([labels.ended(words)] if words else []),
        *adjusted,
        f"{rest}; no propensity score, matching or weighting was used.",
        *([] if words else [f"{UNSTATED}: which confounders were considered, and why."]),
    ]
    return (Text(" ".join(told)),)


def adjustments(facts: Facts) -> list[str]:
    """A sentence for each model that adjusts the comparison of the arms."""

    def listed(names: Sequence[str]) -> str:
        return labels.listed([labels.in_sentence(labels.variable(facts.protocol, name)) for name in names])

    def outcome(spec: specs.CoxAnalysis | specs.CompetingRisksAnalysis) -> str:
        return labels.in_sentence(labels.endpoint(facts.protocol, spec.endpoint))

    models = [
        f"The comparison of arms in {outcome(spec)} was adjusted for "
        f"{listed([name for name in model.factors if name != 'arm'])} ({labels.in_sentence(model.label)})."
        for spec, model in facts.adjusting_models()
    ]
    return models + [
        f"The hazard ratios of arms in {outcome(risks)} are given also adjusted for {listed(risks.adjust)}."
        for risks in facts.analyses(specs.CompetingRisksAnalysis)
        if risks.adjust and risks.by is None
    ]


def immortal_time(facts: Facts) -> tuple[Text, ...]:
    """Drugs that began after time zero, how late, and that those patients had to live until then."""
    if not facts.compares:
        return (Text("With one arm no treatment after time zero decides to which arm a patient belongs."),)
    if facts.is_randomised:
        return (
            Text("Patients are compared in the arm drawn by lot, which nothing after time zero changes."),
        )
    words = Sentences(facts.forms)
    for held in late_starts(facts, words):
        words.add(held)
    words.add(
        "Arms are compared from time zero by the treatment of the whole course; no landmark and no time-dependent "
        "covariate was used."
        if words.sentences
        else f"{UNSTATED}: whether anything that decides a patient's arm happened after time zero."
    )
    return words.text()


def late_starts(facts: Facts, words: Sentences) -> list[str]:
    """A sentence for each drug of some arms that began after time zero; `words` keeps the keys of the days quoted."""
    found = []
    for spec in facts.analyses(specs.ExposureAnalysis):
        endpoint = facts.protocol.endpoints[spec.endpoint]
        if not isinstance(endpoint, specs.Exposure) or not 0 < len(endpoint.arms) < len(
            facts.protocol.arms.groups
        ):
            continue
        start = labels.in_sentence(labels.variable(facts.protocol, endpoint.start))
        for arm in endpoint.arms:
            shelf = Shelf(facts.results, spec.id, "started")
            median, low, high = (shelf.row(arm, "delay", "", stat) for stat in ("median", "min", "max"))
            if high is None or not high.value:
                continue
            days = words.quote(
                lambda middle, least, most: facts.forms.median_range(
                    middle, least, most, facts.forms.whole_or_tenth
                ),
                median,
                low,
                high,
            )
            found.append(
                f"Patients with {labels.arm(facts.protocol, arm)} began {labels.in_sentence(endpoint.label)} a median "
                f"of {days} days after {start}, and had to live until then to be in that arm (immortal time)."
            )
    return found


def competing(facts: Facts) -> tuple[Text, ...]:
    """The methods of competing risks, or how other endings are taken."""
    if held := told_methods(facts, "competing"):
        return held
    with_causes = [spec for spec in facts.endpoints(specs.TimeToEvent) if spec.competing_causes]
    if with_causes:
        names = labels.listed([labels.in_sentence(spec.label) for spec in with_causes])
        compared = any(
            facts.protocol.endpoints.get(name) in with_causes
            for spec in facts.analyses(specs.DefinitionsAnalysis)
            for name in spec.endpoints
        )
        further = " The sensitivity analyses compare its cumulative incidence." if compared else ""
        return (Text(f"Competing events are declared of one endpoint or more: {names}.{further}"),)
    return (Text("No competing event is declared: whatever ends a time other than its event censors it."),)


def missing(facts: Facts) -> tuple[Text, ...]:
    """That nothing is imputed, and what becomes of a patient without a value in each kind of analysis."""
    told = ["No missing value was imputed."]
    if facts.analyses(specs.BaselineAnalysis):
        told.append("At baseline missing values are counted beside each variable.")
    if facts.analyses(specs.CoxAnalysis):
        told.append("A regression is of the patients without a missing value among its factors.")
    if facts.analyses(specs.ResponseAnalysis):
        told.append(
            "A patient whose response is not known is not evaluable: left out of one rate, and a failure in the other."
        )
    if facts.endpoints(specs.TimeToEvent):
        told.append(
            "Patients lost to follow-up are censored, which takes them to be like those still followed."
        )
    return (Text(" ".join(told)),)


def multiplicity(facts: Facts) -> tuple[Text, ...]:
    """The declared hierarchy of tests, or that there is none and no P value is adjusted."""
    held, protocol = facts.protocol.multiplicity, facts.protocol
    if held is None:
        return (
            Text(
                "No P value is adjusted for multiplicity, and the study file names no primary test; the report counts "
                "the P values that it prints."
            ),
        )
    told = (
        f"The primary test is that of {hypothesis(protocol, held.primary)}, at the level {protocol.alpha:g}."
    )
    if held.secondary:
        names = labels.listed([hypothesis(protocol, name) for name in held.secondary])
        told += (
            f" The secondary tests ({names}) are one family, adjusted for their number by {ADJUSTING[held.method]} "
            "method; they are confirmatory only where the primary P value is below that level."
        )
    return (Text(f"{told} All other P values are unadjusted, and descriptive."),)


def sensitivity(facts: Facts) -> tuple[Text, ...]:
    """Every analysis that was made again in another way."""
    told = []
    if facts.results.conventions:
        told.append("All analyses were repeated with the choices of other statistical programs.")
    for name, population in facts.protocol.populations.items():
        again = [spec for spec in facts.protocol.analyses if spec.population == name]
        if again:
            endpoints = [
                labels.in_sentence(labels.endpoint(facts.protocol, spec.endpoint))
                for spec in again
                if hasattr(spec, "endpoint")
            ]
            of = f" of {labels.listed(list(dict.fromkeys(endpoints)))}" if endpoints else ""
            told.append(f"The analysis{of} was made again in the {labels.in_sentence(population.label)}.")
    lead = (Text(" ".join(told)),) if told else ()
    held = (*lead, *told_methods(facts, "sensitivity"))
    return held or (Text("No sensitivity analysis was made."),)


def subgroups(facts: Facts) -> tuple[Text, ...]:
    """By what other than the arm patients were divided; the tests of interaction, or that there was none."""
    told = []
    for spec in facts.protocol.analyses:
        by = getattr(spec, "by", None)
        if by is not None:
            outcome = labels.in_sentence(labels.endpoint(facts.protocol, getattr(spec, "endpoint", "")))
            told.append(f"{labels.variable(facts.protocol, by)} divides {outcome}.")
    tested = told_methods(facts, "subgroups")
    if tested:
        return (*tested, *((Text(" ".join(told)),) if told else ()))
    lead = " ".join(told) if told else "No subgroup was analysed."
    return (Text(f"{lead} No interaction with the arm was tested."),)


def study_size(facts: Facts) -> tuple[Text, ...]:
    """The authors' reason for the size; without one, that none was calculated."""
    size = facts.protocol.study.sample_size
    if size:
        return (Text(labels.ended(size)),)
    words = Sentences(facts.forms)
    n = words.quote(
        facts.forms.count, Shelf(facts.results, "flow", "screened").row("overall", "", "", "included")
    )
    words.add(
        f"No sample size was calculated: all {n + ' ' if n else ''}eligible patients were included, and the width of "
        "each confidence interval says how much they can tell."
    )
    return words.text()


def departures(facts: Facts) -> tuple[Text, ...]:
    """Deviations read off the records, and changes of the plan, in the authors' words or that none is stated."""
    held = [Text(deviations_in_methods(spec)) for spec in facts.endpoints(specs.Deviations)]
    lost = () if held else (Text("Deviations from the protocol were not read off the records."),)
    changes = facts.protocol.study.changes
    told = labels.ended(changes) if changes else f"{UNSTATED}: changes of the plan after the study began."
    return (*held, *told_methods(facts, "deviations"), *lost, Text(told))
