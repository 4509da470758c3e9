"""The summary at the top: objective, methods in short, main results, no conclusion; its numbers are the body's."""

from __future__ import annotations

from dataclasses import replace

from calliper.blocks import Section, Text
from calliper.displays import labels
from calliper.displays.cells import Shelf
from calliper.displays.narrative import results as told
from calliper.displays.narrative.competing import competing
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.hypotheses import hypothesis
from calliper.displays.narrative.sentences import Sentences
from calliper.displays.narrative.study_design import UNSTATED
from calliper.protocol import specs
from calliper.protocol.multiplicity_specs import parts

Main = specs.SurvivalAnalysis | specs.CompetingRisksAnalysis | specs.ResponseAnalysis


def summary(facts: Facts) -> Section:
    """The section Summary."""
    study = facts.protocol.study
    objective = (
        labels.ended(study.objective) if study.objective else f"{UNSTATED}: the objective of the study."
    )
    background = (Text(f"Background. {labels.ended(study.background)}"),) if study.background else ()
    return Section(
        "summary",
        "Summary",
        (
            *background,
            Text(f"Objective. {objective}"),
            *_headed("Methods", _methods(facts)),
            *_results(facts),
        ),
    )


def _headed(name: str, texts: tuple[Text, ...]) -> tuple[Text, ...]:
    if not texts:
        return ()
    return (replace(texts[0], text=f"{name}. {texts[0].text}"), *texts[1:])


def main_analysis(facts: Facts) -> Main | None:
    """The analysis of the declared primary test; without one, the first of survival between arms, or of response."""
    held = facts.protocol.multiplicity
    if held is not None:
        name = parts(held.primary)[0]
        found = next(spec for spec in facts.protocol.analyses if spec.id == name)
        return found if isinstance(found, Main) else None
    survival = (spec for spec in facts.analyses(specs.SurvivalAnalysis) if spec.by is None)
    return next(survival, next(iter(facts.analyses(specs.ResponseAnalysis)), None))


def _methods(facts: Facts) -> tuple[Text, ...]:
    words, protocol, study = Sentences(facts.forms), facts.protocol, facts.protocol.study
    flow = Shelf(facts.results, "flow", "screened")
    n = words.quote(facts.forms.count, flow.row("overall", "", "", "included"))
    centres = len(protocol.centres)
    place = f" at {centres} centres" if centres > 1 else ""
    frame = "; ".join(labels.ended(text)[:-1] for text in (study.setting, study.period) if text)
    who = f"{n + ' ' if n else ''}patients{place}{f' ({frame})' if frame else ''}"
    arms = []
    for name in protocol.arms.groups:
        size = words.quote(facts.forms.count, flow.row(name, "", "", "included"))
        arms.append(f"{labels.arm(protocol, name)}{f' ({size})' if size else ''}")
    if facts.compares:
        given = "as randomised" if facts.is_randomised else "by the treatment recorded"
        words.add(f"In this {study.design} of {who}, {labels.listed(arms)} were compared {given}.")
    else:
        words.add(f"This {study.design} describes {who}, all with {arms[0]}.")
    words.add(_measured(facts))
    words.add(f"Source of the records: {labels.ended(study.source)}" if study.source else "")
    return words.text()


def _measured(facts: Facts) -> str:
    main, protocol = main_analysis(facts), facts.protocol
    if main is None:
        return "No survival and no response was analysed."
    if protocol.multiplicity is not None:
        lead = f"The primary test was that of {hypothesis(protocol, protocol.multiplicity.primary)}"
    else:
        what = labels.in_sentence(labels.endpoint(protocol, main.endpoint))
        lead = f"The study file names no primary endpoint; the first that was analysed is {what}"
    start = getattr(protocol.endpoints[main.endpoint], "start", None)
    counted = f", counted from {labels.in_sentence(labels.variable(protocol, start))}" if start else ""
    level = f"; intervals are {labels.confidence(protocol)} confidence intervals"
    return f"{lead}{counted}{level}{' and P values two-sided' if facts.compares else ''}."


def _results(facts: Facts) -> tuple[Text, ...]:
    """What the body says of the main analysis, and of the first of response."""
    main = main_analysis(facts)
    other = next(iter(facts.analyses(specs.ResponseAnalysis)), None)
    chosen = [main, *([other] if other is not main else [])]
    texts = [text for spec in chosen if spec is not None for text in _told(facts, spec)]
    return _headed("Results", tuple(texts))


def _told(facts: Facts, spec: Main) -> tuple[Text, ...]:
    if isinstance(spec, specs.SurvivalAnalysis):
        return told.survival(spec, facts.protocol, facts.results)
    if isinstance(spec, specs.ResponseAnalysis):
        return told.response(spec, facts.protocol, facts.results)
    return competing(spec, facts.protocol, facts.results)
