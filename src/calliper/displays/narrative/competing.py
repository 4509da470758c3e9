"""Competing risks in words: the incidences at the last time asked for, Gray's test and the hazard ratios."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels
from calliper.displays.competing import Competing, read_competing
from calliper.displays.effects import FIRTH
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol
from calliper.results import Results


def competing(spec: CompetingRisksAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """A paragraph an event; no number of one event is told without that of the others beside it."""
    held = read_competing(spec, protocol, results)
    paragraphs = [text for cause in held.causes for text in _event(held, cause)]
    if paragraphs and len(held.groups) > 1:
        paragraphs.append(
            Text(
                "These comparisons are unadjusted. A cause-specific hazard ratio compares the rates among patients "
                "still free of every event; the incidence of one event also depends on the rates of the others."
            )
        )
    return tuple(paragraphs)


def _event(held: Competing, cause: str) -> tuple[Text, ...]:
    words, label = Sentences(held.forms), labels.in_sentence(held.causes[cause])
    at = held.last
    if at is not None:
        found = [told for group in held.groups if (told := _incidence(words, held, group, cause, at))]
        when = f"at {at:g} {held.endpoint.unit}"
        words.add(f"The cumulative incidence of {label} {when} was {labels.listed(found)}." if found else "")
    p = words.quote(held.forms.p_equation, held.row("between", cause, "p.gray"))
    words.add(f"Gray's test of {label}, two-sided: {p}." if p else "")
    for group in held.groups:
        if group != held.reference:
            words.add(_ratios(words, held, group, cause))
    return words.text()


def _incidence(words: Sentences, held: Competing, group: str, cause: str, at: float) -> str:
    """`4.0% (95% CI 2.7 to 5.8) with A (59 of 631 patients)`; without limits where there are none."""
    value, *limits = held.incidence(group, cause, at)
    level, name = labels.confidence(held.protocol), labels.group(held.protocol, group, held.spec.by)
    if all(row is not None and row.value is not None for row in limits):
        told = words.quote(
            lambda v, low, high: (
                f"{words.forms.percent(v)}% ({level} CI {words.forms.interval(low, high, words.forms.percent)})"
            ),
            value,
            *limits,
        )
    else:
        told = words.quote(lambda v: f"{words.forms.percent(v)}%", value)
    if not told:
        return ""
    events = words.quote(
        lambda k, n: f"{words.forms.count(k)} of {labels.counted_patients(int(n))}",
        held.row(group, cause, "events"),
        held.row(group, "", "n"),
    )
    return f"{told} with {labels.in_sentence(name) if held.spec.by else name} ({events} in all)"


def _ratios(words: Sentences, held: Competing, group: str, cause: str) -> str:
    """Both hazard ratios of a group, the subdistribution's as secondary."""
    told = []
    for method, name in (("cause_specific", "cause-specific"), ("fine_gray", "subdistribution (secondary)")):
        found = held.ratio(group, cause, method)
        if found is not None:
            ratio = words.quote(
                lambda v, low, high: (
                    f"{words.forms.sharper(words.forms.ratio, low, high)(v)}, {labels.confidence(held.protocol)} CI "
                    f"{words.forms.interval(low, high, words.forms.ratio)}"
                ),
                *found.rows[:3],
            )
            p = words.quote(words.forms.p_equation, found.p)
            told.append(f"{name} {ratio}, {p}{f', {FIRTH}' if found.is_firth else ''}")
    versus = labels.contrast(held.protocol, group, held.reference, held.spec.by)
    return f"Hazard ratios, {versus}: {'; '.join(told)}." if told else ""
