"""Measurements over time in the study file: each mistake told on the line where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import STUDY, load_text, mistakes_of

LABS = "  labs: {files: [{path: l.csv}], columns: {patient: ID, date: Date, test: Test, value: Value, unit: Unit}}\n"
VISITS = "  visits: {files: [{path: v.csv}], columns: {patient: ID, date: Date, ecog: ECOG}}\n"


def study(
    item: str = "alt: {label: ALT, lab: alt, unit: U/L}",
    *,
    days: str = "[15, 42]",
    tables: str = LABS + VISITS,
    analysis: str = "endpoint: labs",
) -> str:
    endpoint = (
        "  labs:\n    kind: measurements\n    label: Laboratory values\n    start: first_tace\n    items:\n"
        f"      {item}\n    windows:\n      before: {{label: Before, days: [-28, 0]}}\n"
        f"      month: {{label: 1 month, days: {days}, day: 28}}\n"
    )
    text = STUDY.replace("  harm:\n    kind: toxicity\n", f"{endpoint}  harm:\n    kind: toxicity\n", 1)
    text = text.replace("  contacts:\n", f"{tables}  contacts:\n", 1)
    return text.replace("analyses:\n", f"analyses:\n  - {{id: trend, kind: trend, {analysis}}}\n", 1)


CASES = {
    "two places": (
        study("alt: {label: ALT, lab: alt, visit: ecog, unit: U/L}"),
        "endpoints.labs.items.alt: found lab and visit; expected one of lab (a test of the labs table), visit (a role "
        "of the visits table) and score",
    ),
    "no unit": (
        study("alt: {label: ALT, lab: alt}"),
        "endpoints.labs.items.alt: found lab without unit; expected unit:, in which its values are shown",
    ),
    "a unit of another test": (
        study("alt: {label: ALT, lab: alt, unit: g/L}"),
        "endpoints.labs.items.alt.unit: found 'g/L'; expected a unit of alt: U/L, IU/L, ukat/L or µkat/L (did you mean "
        "'U/L'?)",
    ),
    "no table": (
        study(tables=VISITS),
        "endpoints.labs.items.alt.lab: found no table data.labs; expected it, as this endpoint reads it",
    ),
    "a role that is no number": (
        study("kind: {label: Kind, visit: kind}"),
        "endpoints.labs.items.kind.visit: found 'kind'; expected a role of visits that is a number: child_points, "
        "ecog, nodules or afp",
    ),
    "a role that is not there": (
        study("points: {label: Points, visit: child_points}"),
        "endpoints.labs.items.points.visit: found no role 'child_points' in data.visits.columns; expected it, as this "
        "endpoint reads it",
    ),
    "a day outside": (
        study(days="[29, 42]"),
        "endpoints.labs.windows.month: found day 28 outside [29, 42]; expected days that hold it",
    ),
    "windows that overlap": (
        study(days="[0, 42]"),
        "endpoints.labs: found window 'month' from day 0, and 'before' up to day 0; expected windows one after the "
        "other, so that no value counts twice",
    ),
    "an item that is not there": (
        study(analysis="endpoint: labs, items: [ast]"),
        "analyses.trend.items[1]: found 'ast'; expected an item of 'labs': alt (did you mean 'alt'?)",
    ),
    "an endpoint of another kind": (
        study(analysis="endpoint: harm"),
        "analyses.trend.endpoint: found the toxicity endpoint 'harm'; expected a measurements endpoint",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_mistake(name: str, tmp_path: Path) -> None:
    text, expected = CASES[name]
    (line,) = mistakes_of(tmp_path, text)
    assert line.split(": ", 1)[1] == expected


def test_all_is_well(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, study("ecog: {label: ECOG, visit: ecog, decimals: 0}"))
    assert loaded.protocol.analyses[0].kind == "trend"
