"""Dates taken from other therapy, sessions and laboratory values: which row counts, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from calliper.derivations import DERIVE
from calliper.protocol.specs import TimeToEvent
from hand_records import records, scans, study

START = date(2018, 1, 10)


def on(day: int) -> date:
    return START + timedelta(days=day)


HELD = records(
    [{"patient": "P1", "first_tace": START}],
    responses=scans(START, "P1", (40, "SD"), (80, "SD"), (120, "SD"), (160, "PD")),
    other_therapy=[
        {"patient": "P1", "type": "RFA", "start": on(-20), "end": on(-20)},  # before the start
        {"patient": "P1", "type": "surgery", "start": on(130), "end": on(135)},
        {"patient": "P1", "type": "TKI", "start": on(90), "end": on(150)},
    ],
    sessions=[
        {"patient": "P1", "session": "S1", "date": on(0), "technique": "DEB_TACE"},
        {"patient": "P1", "session": "S2", "date": on(45), "technique": "DEB_TACE"},
        {"patient": "P1", "session": "S3", "date": on(100), "technique": "HAIC"},
    ],
    labs=[{"patient": "P1", "date": on(day), "test": "alt", "value": 30.0} for day in (-1, 170, 95)],
)


def censored(source: Mapping[str, Any]) -> tuple[float | None, bool | None]:
    """Time to progression where this date is a new therapy: censored at the last scan before it."""
    spec = {
        "kind": "time_to_event",
        "label": "Time to progression",
        "short": "TTP",
        "unit": "days",
        "start": "first_tace",
        "events": [{"first": "responses", "where": {"response": ["PD"]}, "reason": "progression"}],
        "assessments": {"adequate": ["CR", "PR", "SD", "PD"]},
        "new_therapy": {"first_of": [{**source, "reason": "new therapy"}]},
    }
    protocol = study(endpoints={"e": spec})
    held = protocol.endpoints["e"]
    assert isinstance(held, TimeToEvent)
    row = DERIVE[TimeToEvent]("e", held, protocol, HELD, HELD.tables["patients"]).frame.row(0, named=True)
    return row["time"], bool(row["event"])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"first": "other_therapy"}, (80, False)),  # the TKI of day 90; the RFA was before the start
        ({"first": "other_therapy", "where": {"type": ["surgery"]}}, (120, False)),  # day 130
        ({"first": "other_therapy", "where": {"type": ["TKI"]}, "role": "end"}, (120, False)),  # day 150
        ({"last": "other_therapy"}, (120, False)),  # day 130, the later start
        ({"first": "other_therapy", "where": {"type": ["RFA"]}}, (160, True)),  # none from the start on
        ({"first": "sessions", "where": {"technique": ["HAIC"]}}, (80, False)),  # day 100
        ({"first": "labs"}, (80, False)),  # day 95
    ],
)
def test_a_new_therapy_from_each_table(source: Mapping[str, Any], expected: tuple[float, bool]) -> None:
    assert censored(source) == expected
