"""How tumour response was categorised, in sentences from the study file: as recorded, or derived from lesions."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.displays import labels
from calliper.protocol import specs
from calliper.protocol.specs import Protocol


def response(protocol: Protocol, spec: specs.Response) -> str:
    """By which criteria, from what, at which landmarks, and the rules of windows and of the best response."""
    moments = [_moment(landmark) for landmark in spec.landmarks.values() if landmark.best is None]
    bests = [_best(landmark) for landmark in spec.landmarks.values() if landmark.best is not None]
    start = f" after {labels.in_sentence(labels.variable(protocol, spec.start))}" if spec.start else ""
    alone = [held.label.casefold() for held in spec.landmarks.values()] == [spec.label.casefold()]
    when = "" if alone or not moments else f", at {labels.listed(moments)}"
    summed_up = (
        f"{',' if when else ''}{' and' if moments else ','} as {labels.listed(bests)}" if bests else ""
    )
    if spec.lesions is not None:
        how = f"was derived from the measured lesions {labels.criteria(spec.criteria)}"
    else:
        recorded = "" if spec.criteria.startswith("as ") else " as the centres recorded it"
        how = f"was categorised {labels.criteria(spec.criteria)}{recorded}"
    return f"{spec.label} {how}{when}{start}{summed_up}.{''.join(_told(protocol, spec))}"


def _told(protocol: Protocol, spec: specs.Response) -> Iterator[str]:
    """The rules of an endpoint; of those that an earlier one has too, only which one that is."""
    rules = list(_rules(protocol, spec))
    for earlier in protocol.endpoints.values():
        if earlier is spec:
            break
        if isinstance(earlier, specs.Response) and (shared := set(rules) & set(_rules(protocol, earlier))):
            yield from (rule for rule in rules if rule not in shared)
            name = f"{labels.in_sentence(earlier.label)} {labels.criteria(earlier.criteria)}"
            yield f" The other rules are those of {name}."
            return
    yield from rules


def _moment(landmark: specs.Landmark) -> str:
    if landmark.day is not None and landmark.window is not None:
        low, high = landmark.window
        return f"{landmark.label} (day {landmark.day}, window day {low} to {high})"
    if landmark.visit is not None:
        return f"{landmark.label} (visit {landmark.visit})"
    return landmark.label


def _best(landmark: specs.Landmark) -> str:
    """`best response (unconfirmed)`; of another label also what it is: `deepest response (best, confirmed)`."""
    label = labels.in_sentence(landmark.label)
    return f"{label} ({landmark.best})" if "best" in label.casefold() else f"{label} (best, {landmark.best})"


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
    if protocol.data.tumours is not None:
        yield " Scans and lesions were read from the SDTM domains TU and TR."
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
    if len(lesions.readers) == 1:
        yield f" All scans are those of reader {lesions.readers[0]}."
    elif lesions.readers:
        readers = labels.listed(lesions.readers)
        yield f" All scans of a patient are those of one reader, the first of {readers} who read any."
