"""Exposure to a drug in a short paragraph, and what was read of it in a sentence from the study file."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.specs import Exposure, ExposureAnalysis, Protocol
from calliper.results import Results


def exposed(protocol: Protocol, spec: Exposure) -> str:
    """Which rows were read, from when to when, and until when one without an end is taken to last."""
    start = labels.in_sentence(labels.variable(protocol, spec.start))
    dates = "; ".join(dict.fromkeys(source.reason for source in spec.until))
    ends = "to the data cut-off" if protocol.study.cutoff else ""
    if dates:
        ends = (
            f"{ends} or, if sooner, to the first date of: {dates}"
            if ends
            else f"to the first date of: {dates}"
        )
    lasts = f"; one without a recorded end lasts {ends}" if ends else ""
    drugs = f" ({labels.listed(spec.drugs)})" if spec.drugs != (spec.label,) else ""
    arms = f", of patients with {labels.listed([labels.arm(protocol, arm) for arm in spec.arms])}" * bool(
        spec.arms
    )
    return (
        f"Exposure to {labels.in_sentence(spec.label)}{drugs} was read from {start} on{arms}: periods of a daily dose, "
        f"both days inside{lasts}. Doses before {start} are not counted; {spec.planned_mg_per_day:g} mg a day were "
        "planned."
    )


def exposure(spec: ExposureAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """Who started, for how long and with what intensity, whose dose was reduced or paused; patients described."""
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.endpoint]
    started = Shelf(results, spec.id, "started")
    failure = started.failure_of("summary")
    if failure:
        return (Text(f"No exposure is described: {labels.ended(failure)}", "note"),)
    words = Sentences(forms)
    drug = labels.in_sentence(endpoint.label)
    for arm in labels.ordered(protocol, started.groups()):
        for sentence in _arm(words, arm, drug, spec=spec, protocol=protocol, results=results):
            words.add(sentence)
    words.add("This describes what was taken; the arms were not compared.")
    return words.text()


def _arm(
    words: Sentences, arm: str, drug: str, *, spec: ExposureAnalysis, protocol: Protocol, results: Results
) -> list[str]:
    forms = numbers.forms(protocol)
    included, started = (Shelf(results, spec.id, name) for name in ("included", "started"))

    def share(name: str, level: str = "", *, shelf: Shelf = started) -> str:
        rows = (shelf.row(arm, name, level, stat) for stat in ("count", "proportion"))
        return words.quote(lambda k, p: f"{forms.count(k)} ({forms.percent(p)}%)", *rows)

    def middle(name: str, unit: str) -> str:
        rows = (started.row(arm, name, "", stat) for stat in ("median", "min", "max"))
        form = forms.whole_or_tenth
        return words.quote(
            lambda m, low, high: f"{form(m)}{unit} (range {forms.interval(low, high, form)})", *rows
        )

    n = words.quote(forms.count, included.row(arm, "", "", "n"))
    begun = share("started", shelf=included)
    told = [f"Of {n} patients with {labels.arm(protocol, arm)}, {begun} started {drug}"] if begun else []
    days, intensity = middle("duration_days", " days"), middle("rdi_percent", "%")
    if days and intensity:
        told.append(f"Median duration was {days}, and median relative dose intensity {intensity}")
    reduced, paused = share("reduced"), share("interrupted")
    if reduced and paused:
        told.append(f"The dose was lowered in {reduced} and interrupted in {paused} of those who started")
    if spec.delay_days is not None and (inside := share("delay", "in time")):
        low, high = spec.delay_days
        told.append(f"The first dose fell on day {low} to {high} in {inside}")
    return [f"{sentence}." for sentence in told]
