"""Endpoints and analyses that a form adds to a study file, and any entry of one as text.

There is a form for what most studies ask; what else docs/study_file.md has is written as text, entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calliper.app.edit import UNREADABLE, Document, EditError, lines_of, loaded
from calliper.intake.endpoints import progression_from, response_from, slug
from calliper.intake.written import styled

Form = Mapping[str, str]
SECTIONS = ("endpoints", "analyses")


def add_endpoint(study: Document, form: Form) -> str:
    """An endpoint of a kind the page has a form for; its name."""
    label = form.get("label", "").strip()
    if not label:
        raise EditError("found no name; give the endpoint one, as Overall survival")
    way = WAYS.get(form.get("way", ""))
    if way is None:
        raise EditError("found no kind of endpoint; choose one")
    held = study.setdefault("endpoints", {})
    short = form.get("short", "").strip() or "".join(word[0] for word in label.split())[:6].upper()
    name = slug(short if short.isascii() and short.isidentifier() else label, held, "endpoint")
    held[name] = styled(way(form, label, short or "E"))
    return name


def _timed(form: Form, label: str, short: str) -> dict[str, Any]:
    """The head of a time-to-event endpoint."""
    head = {"kind": "time_to_event", "label": label, "short": short, "unit": form.get("unit") or "months"}
    said = form.get("event_label", "").strip()
    return {**head, "event_label": said} if said else head


def _recorded(form: Form, label: str, short: str) -> dict[str, Any]:
    wanted = _needs(form, time="the column of the time", event="the column of the event")
    return {**_timed(form, label, short), "recorded": wanted}


def _parameter(form: Form, label: str, short: str) -> dict[str, Any]:
    wanted = _needs(form, parameter="the endpoint's value in the table of times")
    return {**_timed(form, label, short), "recorded": wanted}


def _dates(form: Form, label: str, short: str) -> dict[str, Any]:
    told = _needs(form, start="the date from which time runs", event_date="the date of the event")
    censor = _last(form)
    if censor is None:
        raise EditError("found no last contact; choose where those without the event were last seen")
    reason = form.get("event_label", "").strip() or "event"
    return {
        **_timed(form, label, short),
        "start": told["start"],
        "events": [{"date": told["event_date"], "reason": reason}],
        "censor": [censor],
    }


def _last(form: Form) -> dict[str, str] | None:
    """When a patient was last seen: the last row of a table, or a date."""
    held = form.get("last", "")
    source = {"last": held.removeprefix("table:")} if held.startswith("table:") else {"date": held}
    return {**source, "reason": "last contact"} if held else None


def _progression(form: Form, label: str, short: str) -> dict[str, Any]:
    """Time to progression, or progression-free survival, by the assessments of a response endpoint."""
    told = _needs(form, start="the date from which time runs", response="the response endpoint")
    how = form.get("death_is", "")
    death = _needs(form, death="the date of death")["death"] if how in ("event", "competing") else ""
    made = {**_timed(form, label, short), **progression_from(told["start"], told["response"])}
    if how == "event":
        made["events"].append({"date": death, "reason": "death"})
    elif how == "competing":
        made["competing"] = [{"date": death, "name": "death", "reason": "death"}]
    return made


def _response(form: Form, label: str, _short: str) -> dict[str, Any]:
    start = _needs(form, start="the date from which time runs")["start"]
    return response_from(start, label, form.get("criteria") or "mRECIST (2010)")


def _harm(form: Form, label: str, _short: str) -> dict[str, Any]:
    """Adverse events of every recorded term, within days from a date where they are given."""
    version = _needs(form, version="the version of the criteria")["version"]
    made: dict[str, Any] = {"kind": "toxicity", "label": label, "dictionary": "CTCAE", "version": version}
    days = [form.get(key, "").strip() for key in ("first_day", "last_day")]
    if any(days):
        made["start"] = _needs(form, start="the date from which time runs")["start"]
        made["window_days"] = [_day(text) for text in days]
    return {**made, "terms": "as recorded"}


def _day(text: str) -> int | None:
    if not text:
        return None
    if not text.removeprefix("-").isdecimal():
        raise EditError(f"found '{text[:20]}'; expected a day, as 0 or 30")
    return int(text)


def _exposure(form: Form, label: str, _short: str) -> dict[str, Any]:
    told = _needs(form, start="the date from which time runs", drugs="the drugs", dose="the planned dose")
    try:
        dose = float(told["dose"])
    except ValueError:
        raise EditError(f"found '{told['dose'][:20]}'; expected a dose in mg a day, as 800") from None
    planned = int(dose) if dose.is_integer() else dose
    until = [{"date": form["death"], "reason": "death"}] if form.get("death") else []
    last = _last(form)
    until += [last] if last is not None else []
    return {
        "kind": "exposure",
        "label": label,
        "start": told["start"],
        "drugs": lines_of(told["drugs"]),
        "planned_mg_per_day": planned,
        **({"until": until} if until else {}),
    }


WAYS: dict[str, Callable[[Form, str, str], dict[str, Any]]] = {
    "recorded": _recorded,
    "dates": _dates,
    "progression": _progression,
    "parameter": _parameter,
    "response": _response,
    "harm": _harm,
    "exposure": _exposure,
}
"""By the form's choice, an endpoint from its fields, its label and its short name."""


def _needs(form: Form, **keys: str) -> dict[str, str]:
    """Keys of a form that must be filled in, with what each is."""
    missing = [what for key, what in keys.items() if not form.get(key, "").strip()]
    if missing:
        raise EditError(f"found nothing for {' and '.join(missing)}; choose it")
    return {key: form[key].strip() for key in keys}


KINDS = {
    "survival": "curves",
    "cox": "cox",
    "subgroups": "subgroups",
    "competing_risks": "incidence",
    "response": "rates",
    "courses": "courses",
    "safety": "safety",
    "exposure": "exposure",
    "treatment": "sessions",
    "trend": "trend",
    "follow_up_schedule": "visits",
    "deviations": "deviations",
}
"""Analyses of one endpoint that the page has a form for, and what their names end in."""

WITH_FACTORS = ("cox", "subgroups")


def add_analysis(study: Document, form: Form, variables: Sequence[str]) -> str:
    """An analysis of a kind the page has a form for; its id."""
    held = study.setdefault("analyses", [])
    kind = form.get("kind", "")
    if kind == "baseline":
        if not variables:
            raise EditError("found no variables; choose those to be described")
        made: dict[str, Any] = {"kind": kind, "variables": list(variables)}
        name = kind
    elif kind in KINDS:
        endpoint = _needs(form, endpoint="the endpoint")["endpoint"]
        name = f"{endpoint}_{KINDS[kind]}"
        made = {"kind": kind, "response" if kind == "courses" else "endpoint": endpoint}
        if kind == "response":
            spec = study["endpoints"].get(endpoint) or {}
            made["landmarks"] = [key for key in spec.get("landmarks", {}) if key != "best"]
        if kind in WITH_FACTORS:
            if not variables:
                raise EditError("found no factors; choose those of the model")
            made["factors"] = list(variables)
    else:
        raise EditError("found no kind of analysis; choose one")
    identifier = slug(name, [spec["id"] for spec in held], "analysis")
    held.append(styled({"id": identifier, **made}))
    return identifier


def set_entry(study: Document, section: str, key: str, text: str) -> None:
    """An endpoint (by its name) or an analysis (by its place) as it was written; a new one where there is none."""
    if section not in SECTIONS:
        raise EditError("this entry is not in the study file any more; load the page again")
    try:
        made = loaded(text)
    except UNREADABLE as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise EditError(f"this text cannot be read as YAML{where}; correct it") from error
    if not isinstance(made, dict):
        raise EditError("found no keys with values; expected lines such as kind: survival")
    held = study.setdefault(section, {} if section == "endpoints" else [])
    if section == "endpoints":
        name = key.strip()
        if not name:
            raise EditError("found no name; give the endpoint one, as Overall survival")
        held[name if name in held else slug(name, held, "endpoint")] = made
    elif not key:
        held.append(made)
    elif key.isdecimal() and int(key) < len(held):
        held[int(key)] = made
    else:
        raise EditError("this entry is not in the study file any more; load the page again")
