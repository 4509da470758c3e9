"""The statistics of the Methods section: what holds for all of them, and the sentence of every method that was used."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels
from calliper.displays.narrative.facts import Facts
from calliper.protocol import specs
from calliper.results import Method

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
ELSEWHERE = {
    specs.SurvivalAnalysis: "survival",
    specs.CoxAnalysis: "survival",
    specs.SubgroupsAnalysis: "subgroups",
    specs.CompetingRisksAnalysis: "competing",
    specs.DefinitionsAnalysis: "sensitivity",
    specs.DeviationsAnalysis: "deviations",
}
"""The kinds of analysis whose methods are told at a point of their own; all others are told with the statistics."""


def level(facts: Facts) -> tuple[Text, ...]:
    """The sides of the tests, the level of significance, the convention."""
    protocol = facts.protocol
    fields = protocol.conventions.model_dump(exclude_none=True)
    changed = "; ".join(f"{CONVENTION_FIELDS[name]}: {value}" for name, value in fields.items())
    text = (
        f"P values are two-sided; the level of significance is {protocol.alpha:g} and intervals are "
        f"{labels.confidence(protocol)} confidence intervals. Where statistical software differs, the choices are "
        f"those of {CONVENTION_WORDS[protocol.convention]}{f', except {changed}' if changed else ''}."
    )
    return (Text(text),)


def told_methods(facts: Facts, point: str) -> tuple[Text, ...]:
    """A paragraph a kind of analysis of this point (empty: the statistics at large), no sentence twice."""
    told: dict[type[specs.AnalysisSpec], dict[str, None]] = {}
    for spec in facts.protocol.analyses:
        if ELSEWHERE.get(type(spec), "") != point:
            continue
        sentences = told.setdefault(type(spec), {})
        models = {model.id for model in spec.models} if isinstance(spec, specs.CoxAnalysis) else set()
        for method in facts.results.methods_of(spec.id):
            general = not method.subject or method.subject in models
            if method.sentence and general and not method.failure and _is_shown(facts, method):
                sentences[labels.ended(method.sentence)] = None
    return tuple(Text(" ".join(sentences)) for sentences in told.values() if sentences)


def statistics(facts: Facts) -> tuple[Text, ...]:
    """What holds for every test, then the methods of what has no point of its own."""
    return (*level(facts), *told_methods(facts, ""))


def _is_shown(facts: Facts, method: Method) -> bool:
    """False where the method made rows, `measure.name`, and the report shows none of them."""
    rows = facts.results.of(method.analysis)
    made = [row.key for row in rows if row.stat.rsplit(".", 1)[-1] == method.name]
    return not made or any(key in facts.printed for key in made)


def software(facts: Facts) -> tuple[Text, ...]:
    """The software and its versions, and that nothing is drawn at random."""
    named = [f"{name} {version}" for name, version in facts.versions.items()]
    made = (
        f"The report was made by {labels.listed(named)}."
        if named
        else "The manifest of the report names the software and its versions."
    )
    return (
        Text(
            f"{made} No step draws random numbers, so there is no seed to state; the manifest has the SHA-256 hashes "
            "of the study file and of every file of records, from which a second run gives the same report."
        ),
    )
