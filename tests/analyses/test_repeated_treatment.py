"""Responses read after a repeated treatment, counted by hand."""

from __future__ import annotations

from typing import Any

import polars as pl

from analyses.hand_cohort import analyse, patients, protocol, value
from calliper.displays.tables.response import response_table
from calliper.endpoints import RESPONSES, SCANS, Endpoint
from calliper.protocol.specs import Protocol, ResponseAnalysis
from calliper.results import Results

WORDS = "Read after a repeated treatment"


def study(**lesions: Any) -> Protocol:
    spec = {
        "kind": "response",
        "label": "Response",
        "criteria": "mRECIST (2010)",
        "start": "start",
        "lesions": {"rules": "mRECIST_2010", **lesions},
        "landmarks": {
            "m1": {"label": "1 month", "day": 30, "window": [20, 40]},
            "m3": {"label": "3 months", "day": 90, "window": [70, 110]},
        },
    }
    start = {"type": "date", "column": "start", "label": "First TACE"}
    held = {"id": "response", "kind": "response", "endpoint": "r"}
    return protocol(held, variables={"start": start}, endpoints={"r": spec})


def endpoint() -> Endpoint:
    """p0 is treated again before day 90, p1 before day 30, p2 never; p3 is flagged on a scan that no landmark takes."""
    flags = {
        ("p0", 30): "", ("p0", 90): "RETACE_BEFORE_SCAN; BL_OLD", ("p1", 30): "RETACE_BEFORE_SCAN",
        ("p1", 91): "RETACE_BEFORE_SCAN", ("p2", 30): "", ("p2", 90): "BL_OLD", ("p3", 28): "",
        ("p3", 60): "RETACE_BEFORE_SCAN",
    }  # fmt: skip
    scans = [
        {"patient": who, "day": day, "response": "PR", "flags": text} for (who, day), text in flags.items()
    ]
    taken = {"m1": {"p0": 30, "p1": 30, "p2": 30, "p3": 28}, "m3": {"p0": 90, "p1": 91, "p2": 90, "p3": None}}
    rows = [
        (who, landmark, "PR" if day else "NE", day, "", "hand")
        for landmark, held in taken.items()
        for who, day in held.items()
    ]
    frame = pl.DataFrame(rows, schema=RESPONSES, orient="row")
    return Endpoint("r", "response", frame, pl.DataFrame(scans, schema=SCANS))


def results(held: Protocol) -> Results:
    return analyse(held, patients(arm=["test", "test", "control", "control"]), endpoint())


def test_patients_whose_landmark_scan_followed_a_repeated_treatment_are_counted_by_arm() -> None:
    found = results(study(repeat_treatment=["DEB-TACE"]))
    counted = {
        (group, landmark): value(found, f"response/all/{group}/{landmark}/after repeated treatment/count")
        for group in ("test", "control", "overall")
        for landmark in ("m1", "m3")
    }
    assert counted == {
        ("test", "m1"): 1, ("control", "m1"): 0, ("overall", "m1"): 1,
        ("test", "m3"): 2, ("control", "m3"): 0, ("overall", "m3"): 2,
    }  # fmt: skip
    assert value(found, "response/all/test/m1/after repeated treatment/proportion") == 0.5


def test_they_stand_in_the_table_and_change_no_response() -> None:
    held = study(repeat_treatment=["DEB-TACE"])
    found, without = results(held), results(study())
    spec = held.analyses[0]
    assert isinstance(spec, ResponseAnalysis)
    rows = [row for row in response_table(spec, held, found).rows if row.cells[0].text == WORDS]
    assert [[cell.text for cell in row.cells[1:3]] for row in rows] == [
        ["1/2 (50.0)", "0/2 (0.0)"],
        ["2/2 (100.0)", "0/2 (0.0)"],
    ]
    assert all(found.get(key) == row for key, row in without.by_key.items())


def test_without_a_declared_repeat_nothing_is_counted() -> None:
    assert not [row for row in results(study()).rows if row.level == "after repeated treatment"]
