"""How an endpoint is counted, in the words of the Methods section: each rule of the study file is told, no other."""

from __future__ import annotations

from typing import Any

from calliper.displays.narrative.times import partial_dates, time_to_event
from calliper.protocol.specs import TimeToEvent
from hand_records import study

DEATH = {"date": "death_date", "reason": "death"}
PD = {"first": "responses", "where": {"response": ["PD"]}, "reason": "progression"}
BASE = {"kind": "time_to_event", "label": "Time to progression", "short": "TTP", "unit": "months"}


def words(**entry: Any) -> str:
    protocol = study(endpoints={"e": {**BASE, **entry}})
    spec = protocol.endpoints["e"]
    assert isinstance(spec, TimeToEvent)
    return time_to_event(protocol, spec)


def test_dates_alone() -> None:
    assert words(start="first_tace", events=[DEATH], censor=[{"last": "contacts", "reason": "alive"}]) == (
        "Time to progression (TTP) was counted from first DEB-TACE to death. Without an event, time is censored at "
        "the last date among contacts (alive), and never after the data cut-off."
    )


def test_rules_that_an_earlier_endpoint_has_too_are_told_once() -> None:
    same = {"events": [PD], "start": "first_tace", "assessments": {"adequate": ["PD"], "max_gap_days": 98}}
    protocol = study(
        endpoints={
            "ttp": {**BASE, **same},
            "pfs": {
                **BASE,
                **same,
                "label": "Progression-free survival",
                "short": "PFS",
                "events": [PD, DEATH],
            },
        }
    )
    told = [
        time_to_event(protocol, spec) for spec in protocol.endpoints.values() if isinstance(spec, TimeToEvent)
    ]
    rule = "An event more than 98 days after the last adequate scan"
    assert rule in told[0]
    assert told[1] == (
        "Progression-free survival (PFS) was counted from first DEB-TACE to the earliest of the first date among "
        "responses with response PD (progression) or death. A scan is adequate with the response PD. The other rules "
        "are those of TTP."
    )


def test_every_rule() -> None:
    told = words(
        start="first_tace",
        counted_from={"first": "responses", "where": {"response": ["CR", "PR"]}, "reason": "first response"},
        events=[PD],
        competing=[{**DEATH, "name": "death"}],
        assessments={"adequate": ["CR", "PD"], "baseline": "baseline_scan", "max_gap_days": 98},
        new_therapy={
            "first_of": [
                {
                    "first": "exposure",
                    "role": "end",
                    "where": {"drug": ["S"]},
                    "arms": ["a"],
                    "reason": "a drug",
                }
            ]
        },
        add_one_day=True,
    )
    assert told == (
        "Time to progression (TTP) was counted from the first date among responses with response CR or PR (first "
        "response) after first DEB-TACE to the first date among responses with response PD (progression). If it came "
        "first, death ended the time as a competing event. Without an event, time is censored at the last adequate "
        "scan, or without one on day 0, and never after the data cut-off. A scan is adequate with the response CR or "
        "PD. Without baseline scan by the start no scan counts. An event more than 98 days after the last adequate "
        "scan before it (or after the start) does not count; time is censored at that scan. Scans and events after a "
        "new therapy (the first end date among exposure with drug S (a drug), of A alone) do not count; time is "
        "censored at the last adequate scan up to its start. The first day counts as day 1."
    )


def test_a_therapy_that_is_ignored() -> None:
    told = words(
        start="first_tace",
        events=[PD],
        assessments={"adequate": ["CR"]},
        new_therapy={"first_of": [{"date": "death_date", "reason": "death"}], "effect": "ignore"},
    )
    assert told.endswith("A scan is adequate with the response CR. A new therapy (death) changes nothing.")


def test_recorded_causes() -> None:
    told = words(
        recorded={
            "time": "months",
            "cause": "child",
            "causes": {"A": "event", "B": "liver_death", "C": "censored"},
        }
    )
    assert told == (
        "Time to progression (TTP), in months: time and event were taken as the records give them. If it came first, "
        "liver death ended the time as a competing event."
    )


def test_partial_dates_are_told_where_they_are_completed() -> None:
    protocol = study()
    assert partial_dates(protocol) == ""
    held = protocol.model_dump(exclude_defaults=True)
    held["variables"]["death_date"]["impute"] = {"field": "death"}
    held["data"]["contacts"] = {
        "files": [{"path": "c.csv"}],
        "columns": {"patient": "ID", "date": "D"},
        "impute": {"date": {"field": "last_contact"}},
    }
    assert partial_dates(type(protocol).model_validate(held)) == (
        "A date without its day, or without month and day, was completed: death, the 15th of its month or 1 July of "
        "its year; date of contacts, the first day of its month or year; within its month or year it was moved to "
        "the limits that the study file names. Each is listed as a query."
    )
