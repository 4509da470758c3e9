"""Endpoints that the columns and tables of a draft suggest, each with what it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from calliper.intake.place import Placed
from calliper.intake.words import bare

Suggested = tuple[dict[str, Any], dict[str, str]]
"""Endpoints by name as a study file has them, and by section what they rest on."""

TO_COMPLETE = "TO COMPLETE"
_RESERVED = {"patient", "centre", "arm"}
_KINDS = {"os": ("Overall survival", "OS", "deaths"), "ttp": ("Time to progression", "TTP", "progressions")}


def slug(text: str, taken: Iterable[str], fallback: str = "column") -> str:
    """A name for rules and result keys, unlike those taken.

    >>> slug("Largest diameter (cm)", ()), slug("肿瘤", ()), slug("Age", ("age",))
    ('largest_diameter', 'column_1', 'age_2')
    """
    name = re.sub(r"[^a-z0-9]+", "_", bare(text).encode("ascii", "ignore").decode()).strip("_")[:30]
    name = name if re.match(r"[a-z]", name) else ""
    used = {*taken, *_RESERVED}
    if name and name not in used:
        return name
    base, number = (name, 2) if name else (fallback, 1)
    while f"{base}_{number}" in used:
        number += 1
    return f"{base}_{number}"


def suggest_endpoints(
    variables: Mapping[str, Mapping[str, Any]], sheets: Mapping[str, Sequence[Placed]]
) -> Suggested:
    """The endpoints of a study with these variables and tables."""
    made: dict[str, Any] = {}
    why: dict[str, str] = {}
    start = next((name for name in ("first_tace", "admission") if name in variables), "")
    parts = (
        _recorded(variables),
        _survival(variables, start, has_contacts="contacts" in sheets),
        _parameters(sheets.get("times", ())),
        _response(start) if start and "responses" in sheets else ({}, {}),
        _harm() if "adverse_events" in sheets else ({}, {}),
    )
    for endpoints, evidence in parts:
        for name, spec in endpoints.items():
            if name not in made:
                made[name] = spec
                why[f"endpoints.{name}"] = evidence[name]
    return made, why


def _timed(name: str, unit: str, **keys: Any) -> dict[str, Any]:
    label, short, events = _KINDS[name]
    head = {"kind": "time_to_event", "label": label, "short": short, "unit": unit, "event_label": events}
    return {**head, **keys}


def _recorded(variables: Mapping[str, Mapping[str, Any]]) -> Suggested:
    """Times and events that stand in columns of the patients."""
    made, why = {}, {}
    for name in _KINDS:
        time, event = f"{name}_time", f"{name}_event"
        if time in variables and event in variables:
            unit = _unit_of_time(variables[time])
            made[name] = _timed(name, unit, recorded={"time": time, "event": event})
            why[name] = f"the columns of time and event are there; that the time is in {unit} is a guess"
    return made, why


def _unit_of_time(variable: Mapping[str, Any]) -> str:
    """Days, months or years, by the header."""
    said = f"{variable['column']} {variable.get('unit', '')}".casefold()
    if re.search(r"day|天|日", said):
        return "days"
    return "years" if re.search(r"year|年", said) else "months"


def _survival(variables: Mapping[str, Mapping[str, Any]], start: str, *, has_contacts: bool) -> Suggested:
    """Survival from dates."""
    if not start or "death_date" not in variables or not (has_contacts or "last_contact" in variables):
        return {}, {}
    last = {"last": "contacts"} if has_contacts else {"date": "last_contact"}
    events = [{"date": "death_date", "reason": "death"}]
    censor = [{**last, "reason": "alive at last contact"}]
    made = _timed("os", "months", start=start, events=events, censor=censor)
    return {"os": made}, {"os": f"from {start} to death; others are alive at their last contact"}


def _parameters(sheets: Sequence[Placed]) -> Suggested:
    """An endpoint for each parameter of a table of recorded times."""
    made: dict[str, Any] = {}
    for sheet in sheets:
        known = sheet.with_role("endpoint")
        for value in known.guess.values if known is not None else ():
            head = {"kind": "time_to_event", "label": value, "short": value[:8], "unit": "days"}
            made[slug(value, made, "endpoint")] = {**head, "recorded": {"parameter": value}}
    return made, dict.fromkeys(
        made, "a parameter of the table of times; its label and the unit days are guesses"
    )


def response_from(start: str, label: str, criteria: str) -> dict[str, Any]:
    """Response by recorded categories, at one and three months and at its best."""
    landmarks = {
        "month_1": {"label": "1 month", "day": 30, "window": [21, 45]},
        "month_3": {"label": "3 months", "day": 91, "window": [70, 112]},
        "best": {"label": "Best response", "best": "unconfirmed"},
    }
    return {"kind": "response", "label": label, "criteria": criteria, "start": start, "landmarks": landmarks}


def progression_from(start: str, response: str | None = None) -> dict[str, Any]:
    """From a date to the first progression; others are followed to their last evaluable scan.

    `response` names the endpoint whose assessments they are; without it they are the recorded ones.
    """
    evaluable = {"response": ["CR", "PR", "SD"]}
    assessed = {"response": response, "adequate": ["CR", "PR", "SD", "PD"]} if response else None
    return {
        "start": start,
        "events": [
            {"first": "responses", "where": {"response": ["PD"]}, "reason": "radiological progression"}
        ],
        **({"assessments": assessed} if assessed else {}),
        "censor": [
            {"last": "responses", "where": evaluable, "reason": "no progression at last evaluable scan"},
            {"date": start, "reason": "no evaluable scan"},
        ],
    }


def _response(start: str) -> Suggested:
    """Response at one and three months, and time to the first recorded progression."""
    response = response_from(start, "Tumour response", "mRECIST (2010)")
    ttp = _timed("ttp", "months", **progression_from(start))
    why = {
        "response": "criteria, landmarks and their windows are guesses",
        "ttp": "the first progression recorded",
    }
    return {"response": response, "ttp": ttp}, why


def _harm() -> Suggested:
    """Adverse events as they are recorded."""
    head = {"kind": "toxicity", "label": "Adverse events", "dictionary": "CTCAE", "version": TO_COMPLETE}
    return {"harm": {**head, "terms": "as recorded"}}, {
        "harm": "every recorded term; complete the dictionary's version"
    }
