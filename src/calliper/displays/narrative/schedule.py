"""Which visits were held against which schedule, from the study file; and what came of it in a short paragraph."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.displays.tables.schedule import schedule_of
from calliper.protocol.specs import Protocol, Schedule, ScheduleAnalysis
from calliper.results import Results

ROWS_OF = {
    "imaging": "the days with a scan",
    "responses": "the days with an assessment of response",
    "visits": "the days with a visit",
    "contacts": "the days with a contact",
}


def scheduled(protocol: Protocol, spec: Schedule) -> str:
    """Which rows are visits, from when to when."""
    start = labels.in_sentence(labels.variable(protocol, spec.start))
    named = (
        f"{role.replace('_', ' ')} {labels.listed(words, 'or')}".replace("_", " ")
        for role, words in spec.where.items()
    )
    of_which = f" ({labels.listed(list(named))})" if spec.where else ""
    ends = [labels.in_sentence(source.reason) for source in spec.until]
    ends += ["the data cut-off"] if protocol.study.cutoff else []
    ends = list(dict.fromkeys(ends))
    until = ends[0] if len(ends) == 1 else f"the earliest of {labels.listed(ends)}"
    held = f"{ROWS_OF[spec.visits]}{of_which} after {start}"
    return f"{spec.label}: {held} were held against the schedule, up to {until}."


def schedule(spec: ScheduleAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """Completeness by arm, how often visits came, and whether that differed; a difference not seen is not none."""
    forms = numbers.forms(protocol)
    endpoint, shelf = schedule_of(spec, protocol), Shelf(results, spec.id, "included")
    failure = shelf.failure_of("summary")
    if failure:
        return (Text(f"No follow-up is described: {labels.ended(failure)}", "note"),)
    words = Sentences(forms)
    for arm in labels.ordered(protocol, shelf.groups()):
        words.add(_arm(words, shelf, arm, endpoint, protocol))
    warned = shelf.method("rate_ratio")
    for arm, base in shelf.contrasts():
        words.add(_contrast(words, shelf, (arm, base), endpoint, protocol))
    for warning in warned.warnings if warned is not None else ():
        words.add(labels.ended(warning))
    return words.text()


def _arm(words: Sentences, shelf: Shelf, arm: str, endpoint: Schedule, protocol: Protocol) -> str:
    forms = numbers.forms(protocol)
    many = f"{endpoint.visit}s"
    due = words.quote(forms.count, shelf.row(arm, "visits", "due", "count"))
    on_time, missed = (
        words.quote(
            lambda k, p: f"{forms.count(k)} ({forms.percent(p)}%)",
            *(shelf.row(arm, "visits", level, stat) for stat in ("count", "proportion")),
        )
        for level in ("on time", "missed")
    )
    if not due or not on_time or not missed:
        return f"With {labels.arm(protocol, arm)} no {endpoint.visit} was due."
    rows = (shelf.row(arm, "interval", "", stat) for stat in ("median", "q1", "q3"))
    apart = words.quote(lambda m, low, high: forms.median_range(m, low, high, forms.whole_or_tenth), *rows)
    between = f"; the median interval was {apart} days (IQR)" if apart else ""
    return (
        f"With {labels.arm(protocol, arm)}, of {due} {many} due {on_time} came on time and {missed} were missed"
        f"{between}."
    )


def _contrast(
    words: Sentences, shelf: Shelf, pair: tuple[str, str], endpoint: Schedule, protocol: Protocol
) -> str:
    """The ratio; where its interval holds 1, that no difference was seen."""
    forms = numbers.forms(protocol)
    group = " vs ".join(pair)
    rows = [shelf.row(group, "rate", "", f"{name}") for name in _RATIO]
    told = words.quote(lambda v, low, high: forms.estimate(v, low, high, forms.ratio), *rows)
    differs = shelf.row(group, "rate", "", "differs")
    if not told or differs is None:
        return ""
    ratio = f"{endpoint.visit.capitalize()}s per patient-year, {labels.contrast(protocol, *pair)}: rate ratio {told}"
    if differs.value:
        return f"{ratio}."
    return (
        f"{ratio}; no difference in how often {endpoint.visit}s came was seen, which does not show that there "
        "is none."
    )


_RATIO = ("rate_ratio", "lower.rate_ratio", "upper.rate_ratio")
