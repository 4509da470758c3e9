"""Entries of time-to-event endpoints that cannot be meant: one broken at a time, its line of words found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import changed, mistakes_of

CASES: dict[str, tuple[str, str, str]] = {
    "neither censor nor assessments": (
        "    censor:\n      - {last: contacts, where: {status: [alive]}, reason: alive}\n",
        "",
        "endpoints.os: found start and events; expected recorded alone, or start with events and censor (or "
        "assessments)",
    ),
    "recorded and counted at once": (
        "short: OS, unit: days, recorded: {parameter: 1}}",
        "short: OS, unit: days, recorded: {parameter: 1}, add_one_day: true}",
        "endpoints.listed: found recorded and add_one_day; expected recorded alone",
    ),
    "therapy without scans": (
        "    assessments: {adequate: [CR, PD], response: response, baseline: first_tace, max_gap_days: 98}\n",
        "    censor: [{last: contacts, reason: alive}]\n",
        "endpoints.progression: found new_therapy without assessments; expected assessments:",
    ),
    "cause that is the event": (
        "competing: [{date: death, name: death,",
        "competing: [{date: death, name: event,",
        "endpoints.progression.competing[1]: found the name 'event', which results use; expected another name",
    ),
    "competing event without a name": (
        "competing: [{date: death, name: death,",
        "competing: [{date: death,",
        "endpoints.progression.competing[1].name: found nothing",
    ),
    "arm of a date": (
        "arms: [control], reason",
        "arms: [controll], reason",
        "endpoints.progression.competing[1].arms[1]: found 'controll'; expected the name of an arm",
    ),
    "role of a table that has none": (
        "{first: adverse_events, role: start,",
        "{first: contacts, role: start,",
        "found role: start; expected it only with first or last of adverse_events or exposure",
    ),
    "end that is not mapped": (
        "{first: adverse_events, role: start,",
        "{first: adverse_events, role: end,",
        "endpoints.progression.new_therapy.first_of[1].first: found no role 'end' in data.adverse_events.columns",
    ),
    "response that is none": (
        "response: response, baseline",
        "response: harm, baseline",
        "endpoints.progression.assessments.response: found 'harm'; expected the name of a response endpoint",
    ),
    "baseline that is no date": (
        "baseline: first_tace, max",
        "baseline: stage, max",
        "endpoints.progression.assessments.baseline: found the category 'stage'; expected the name of a date variable",
    ),
    "gap of no days": (
        "max_gap_days: 98",
        "max_gap_days: 0",
        "endpoints.progression.assessments.max_gap_days: found 0; expected a number of at least 1",
    ),
    "nothing adequate": (
        "adequate: [CR, PD]",
        "adequate: []",
        "endpoints.progression.assessments.adequate: found an empty list; expected at least 1 entry",
    ),
    "effect that is none": (
        "effect: ignore",
        "effect: censor",
        "endpoints.progression.new_therapy.effect: found 'censor'; expected censor_at_last_assessment or ignore",
    ),
    "day 0 without a table": (
        "counted_from: {first: responses, where: {response: [CR]}",
        "counted_from: {first: exposure, where: {drug: [S]}",
        "endpoints.progression.counted_from.first: found no table data.exposure",
    ),
    "cause and event": (
        "recorded: {time: months, cause: best,",
        "recorded: {time: months, event: dead, cause: best,",
        "endpoints.caused.recorded: found time and event and cause; expected time and event (two variables), "
        "time and cause, or parameter",
    ),
    "cause without causes": (
        "recorded: {time: months, cause: best, causes: {CR: event, PR: event, SD: censored, PD: other_death}}",
        "recorded: {time: months, cause: best}",
        "endpoints.caused.recorded: found cause without causes; expected both together",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_entry(tmp_path: Path, case: str) -> None:
    old, new, words = CASES[case]
    lines = mistakes_of(tmp_path, changed(old, new))
    assert any(words in line for line in lines), lines
