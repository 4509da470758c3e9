"""The endpoints of a patient: what each came to, why, and from which record; and the scans of a response."""

from __future__ import annotations

from collections.abc import Mapping

from calliper.blocks import TableRow
from calliper.endpoints import Endpoint
from calliper.explain.values import headed, label_of, text_of
from calliper.protocol.specs import Protocol, Spec, TimeToEvent

WORDS = {
    "cause": "Ended by",
    "grade": "Worst grade",
    "events": "Events",
    "cumulative_mg": "Cumulative dose, mg",
    "mean_daily_mg": "Mean daily dose, mg",
    "mean_daily_mg_without_pauses": "Mean daily dose without pauses, mg",
    "rdi_percent": "Relative dose intensity, %",
    "share": "On time, of those due",
    "was_on_before": "Taken before the start already",
    "is_ongoing": "Ongoing",
    "source": "Record",
}
"""Columns of the endpoints' frames whose name does not say what they are."""


NAMES = ("landmark", "term", "treatment", "rule", "item", "window")
"""Columns of the endpoints' frames that say what a row is of."""


def endpoint_rows(protocol: Protocol, endpoint: Endpoint, baseline: Mapping[str, object]) -> list[TableRow]:
    """Each row of the endpoint under a heading (the endpoint, a landmark, a term), then its scans or events.

    `baseline` is the patient's record, from which the day 0 is read.
    """
    spec = protocol.endpoints[endpoint.name]
    beside = getattr(spec, "unit", "") or getattr(spec, "criteria", "")
    label = f"{spec.label}, {beside}" if beside else spec.label
    keys = [name for name in NAMES if name in endpoint.frame.columns]
    start = getattr(spec, "start", None)
    begun = {"Start": f"{label_of(protocol, start)}, {text_of(baseline[start])}"} if start else {}
    lines: list[TableRow] = []
    absent = met = 0
    for row in endpoint.frame.drop("patient").iter_rows(named=True):
        if row.get("occurred") is False:
            absent += 1
            continue
        if row.get("status") == "met":
            met += 1
            continue
        head = ", ".join([label, *(_named(spec, str(row[name])) for name in keys)])
        told = dict(row)
        if endpoint.kind == "deviations":
            told["status"] = str(row["status"]).replace("_", " ")
        if isinstance(spec, TimeToEvent) and told.pop("event") is not None:
            told["cause"] = (
                "censored" if row["cause"] is None else spec.causes.get(row["cause"], row["cause"])
            )
        shown = {name: value for name, value in told.items() if name not in keys and value is not None}
        lines += headed(head, {**begun, **{_words(name): text_of(value) for name, value in shown.items()}})
    if endpoint.kind == "treatments" and not lines:
        lines += headed(label, {**begun, "Treatments": "none from then on"})
    if met:
        lines += headed(spec.label, {"Met": f"{met} {'judgement' if met == 1 else 'judgements'}"})
    if absent:
        lines += headed(spec.label, {"Did not occur": f"{absent} {'term' if absent == 1 else 'terms'}"})
    if endpoint.scans is not None:
        for scan in endpoint.scans.sort("date").iter_rows(named=True):
            lines += _scan(label, scan)
    if endpoint.events is not None and endpoint.events.height:
        single = enumerate(endpoint.events.iter_rows(named=True), start=1)
        events = {f"{at}. {_named(spec, str(row['term']))}": _event(row) for at, row in single}
        lines += headed(f"{spec.label}, the events that count", events)
    if endpoint.visits is not None and endpoint.visits.height:
        visits = enumerate(endpoint.visits.iter_rows(named=True), start=1)
        lines += headed(
            f"{spec.label}, the visits that count", {f"{at}.": _visit(visit, at) for at, visit in visits}
        )
    return lines


def _visit(visit: Mapping[str, object], at: int) -> str:
    """`day 290, after missed ones, 130 days since the one before; visits.csv, row 6`."""
    timing = "after missed ones" if visit["timing"] == "after missed" else str(visit["timing"])
    since = "the one before" if at > 1 else "the start"
    parts = [f"day {visit['day']}, {timing}, {visit['interval']} days since {since}"]
    for name in ("not_done", "not_recorded"):
        items = str(visit[name]).replace("; ", ", ").replace("_", " ")
        parts += [f"{name.replace('_', ' ')}: {items}"] if items else []
    return "; ".join([*parts, str(visit["source"])])


def _named(spec: Spec, name: str) -> str:
    """A landmark, a term or a treatment by its label; a term as recorded by itself."""
    declared = next(
        (held for key in ("landmarks", "terms", "items") if (held := getattr(spec, key, None))), None
    )
    return str(declared[name].label) if isinstance(declared, dict) and name in declared else name


def _words(column: str) -> str:
    return WORDS.get(column, column.replace("_", " ").capitalize())


def _event(event: Mapping[str, object]) -> str:
    """`grade 2 (before 1), day 43, session 2 day 3, from values; events.csv, row 3`."""
    before = f" (before {event['baseline_grade']})" if event["baseline_grade"] else ""
    grade = "grade not recorded" if event["grade"] is None else f"grade {event['grade']}"
    day = "start not recorded" if event["study_day"] is None else f"day {event['study_day']}"
    session = f"session {event['session']} day {event['day']}" if event["session"] is not None else ""
    origin = "from values" if event["origin"] == "laboratory" else ""
    said = ", ".join(part for part in (f"{grade}{before}", day, session, origin) if part)
    return f"{said}; {event['source']}"


def _scan(label: str, scan: Mapping[str, object]) -> list[TableRow]:
    """One assessment: its sum beside baseline and nadir, the response of each part, and how the whole follows."""
    when = [f"day {scan['day']}" if scan["day"] is not None else "", str(scan["visit"] or "")]
    beside = ", ".join(word for word in when if word)
    lines = {
        "Sum": _sums(scan),
        "Target, non-target, new": ", ".join(text_of(scan[part]) for part in ("target", "non_target", "new")),
        "Overall": f"{text_of(scan['overall'])}, rule {text_of(scan['rule'])}",
        "Reason": text_of(scan["reason"]),
    }
    if scan["recorded"] is not None:
        lines["Recorded"] = f"{scan['recorded']}, {'the same' if scan['agrees'] else 'not the same'}"
    if scan["flags"]:
        lines["Flags"] = str(scan["flags"])
    lines["Record"] = text_of(scan["source"])
    return headed(f"{label}, scan {text_of(scan['date'])}{f' ({beside})' if beside else ''}", lines)


def _sums(scan: Mapping[str, object]) -> str:
    """`48 mm; baseline 60 mm (-20%); nadir 40 mm on 2018-03-19 (+20%)`."""
    if scan["sum_mm"] is None:
        return "not whole"
    parts = [f"{text_of(scan['sum_mm'])} mm"]
    for name, when in (("baseline", None), ("nadir", scan["nadir_date"])):
        value, change = scan[f"{name}_mm"], scan[f"change_from_{name}"]
        if value is not None:
            on = f" on {when}" if when is not None else ""
            by = f" ({change:+.4g}%)" if isinstance(change, float) else ""
            parts.append(f"{name} {text_of(value)} mm{on}{by}")
    return "; ".join(parts)
