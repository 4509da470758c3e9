"""How tumour response was categorised, in sentences from the study file: as recorded, or derived from lesions."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.displays import labels
from calliper.protocol import specs
from calliper.protocol.specs import Protocol


def response(protocol: Protocol, spec: specs.Response) -> str:
    """By which criteria, from what, at which landmarks, and the rules of windows and of the best response."""
    moments = [_moment(landmark) for landmark in spec.landmarks.values()]
    start = f" after {labels.in_sentence(labels.variable(protocol, spec.start))}" if spec.start else ""
    alone = [held.label.casefold() for held in spec.landmarks.values()] == [spec.label.casefold()]
    when = "" if alone else f", at {labels.listed(moments)}"
    if spec.lesions is not None:
        how = f"was derived from the measured lesions {labels.criteria(spec.criteria)}"
    else:
        recorded = "" if spec.criteria.startswith("as ") else " as the centres recorded it"
        how = f"was categorised {labels.criteria(spec.criteria)}{recorded}"
    return f"{spec.label} {how}{when}{start}.{''.join(_rules(protocol, spec))}"


def _moment(landmark: specs.Landmark) -> str:
    if landmark.day is not None and landmark.window is not None:
        low, high = landmark.window
        return f"{landmark.label} (day {landmark.day}, window day {low} to {high})"
    if landmark.visit is not None:
        return f"{landmark.label} (visit {landmark.visit})"
    if landmark.best is not None:
        return f"{landmark.label} (best response, {landmark.best})"
    return landmark.label


def _rules(protocol: Protocol, spec: specs.Response) -> Iterator[str]:
    if spec.lesions is not None:
        yield from _derived(protocol, spec, spec.lesions)
    if any(landmark.window for landmark in spec.landmarks.values()):
        yield (
            " Within a window the evaluable scan nearest to the day counts, the earlier of two equally near; "
            "progression at or before it is carried forward."
        )
    ways = {landmark.best for landmark in spec.landmarks.values()} - {None}
    rules = spec.rules
    if ways:
        yield (
            " The best response is that of the scans up to the first progression; stable disease counts from day "
            f"{rules.sd_min_days} on."
        )
    if "confirmed" in ways:
        yield f" A response is confirmed by another at least {rules.confirm_days} days later."
    if spec.new_therapy is not None:
        therapy = labels.in_sentence(labels.variable(protocol, spec.new_therapy))
        yield f" Scans after {therapy} do not count."


def _derived(protocol: Protocol, spec: specs.Response, lesions: specs.FromLesions) -> Iterator[str]:
    rules = spec.rules
    if rules.measures == "viable":
        yield (
            " Hepatic lesions count by the longest diameter of the part that enhances in the arterial phase, nodes "
            "by the short axis, others by the longest diameter."
        )
    else:
        yield " Lesions count by the longest diameter, nodes by the short axis."
    least = f" and {rules.pd_absolute_mm} mm" if rules.pd_absolute_mm else ""
    yield (
        f" Partial response is a sum of target lesions at least {rules.pr_decrease_percent}% below baseline; "
        f"progression is one at least {rules.pd_increase_percent}%{least} above the smallest sum before it, a new "
        "lesion, or unequivocal progression of another."
    )
    start = labels.in_sentence(labels.variable(protocol, spec.start or ""))
    yield (
        f" Baseline is the last scan with lesions in the {rules.baseline_oldest_days} days up to {start}; without "
        "one no scan can be evaluated."
    )
    if lesions.readers:
        readers = labels.listed(lesions.readers)
        yield f" All scans of a patient are those of one reader, the first of {readers} who read any."
