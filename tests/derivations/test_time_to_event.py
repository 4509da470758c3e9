"""Times and events: worked patients TE01-TE08, and every reason for a time that ends early or is not there.

Index 2018-01-10 and cut-off 2020-06-30 (day 902) throughout, as in the worked patients.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from calliper.derivations import DERIVE
from calliper.endpoints import Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import TimeToEvent
from calliper.records.tables import Records
from hand_records import CUTOFF, moved, records, scans, shuffled, study

START = date(2018, 1, 10)
PD = {"first": "responses", "where": {"response": ["PD"]}, "reason": "radiological progression"}
DEATH = {"date": "death_date", "reason": "death"}
LAST_SCAN = {
    "last": "responses",
    "where": {"response": ["CR", "PR", "SD"]},
    "reason": "no progression at last evaluable scan",
}
NO_SCAN = {"date": "first_tace", "reason": "no evaluable scan"}
LAST_CONTACT = {"last": "contacts", "reason": "alive at last contact"}


def endpoint(events: list[Any], censor: list[Any], *, unit: str = "days") -> dict[str, Any]:
    return {
        "kind": "time_to_event",
        "label": "An endpoint",
        "short": "E",
        "unit": unit,
        "start": "first_tace",
        "events": events,
        "censor": censor,
    }


OS = endpoint([DEATH], [LAST_CONTACT])
TTP = endpoint([PD], [LAST_SCAN, NO_SCAN])
PFS = endpoint([PD, DEATH], [LAST_SCAN, NO_SCAN])


def derive(spec: dict[str, Any], held: Records, *, cutoff: date | None = CUTOFF) -> Endpoint:
    protocol = study(endpoints={"e": spec}, cutoff=cutoff)
    return DERIVE[TimeToEvent]("e", protocol.endpoints["e"], protocol, held, held.patients)


def rows(spec: dict[str, Any], held: Records, *, cutoff: date | None = CUTOFF) -> list[dict[str, Any]]:
    return derive(spec, held, cutoff=cutoff).frame.to_dicts()


def one(spec: dict[str, Any], held: Records, *, cutoff: date | None = CUTOFF) -> dict[str, Any]:
    (row,) = rows(spec, held, cutoff=cutoff)
    return row


def worked() -> Records:
    """The worked patients, in what the endpoints can see of them (not a new therapy, nor a gap)."""
    every_5_weeks = [(day, "SD") for day in range(35, 883, 35)]
    facts: dict[str, tuple[date | None, date | None, list[tuple[int, str]]]] = {
        "TE01": (date(2019, 5, 1), None, [(33, "PR"), (68, "PR"), (105, "SD"), (145, "PD")]),
        "TE02": (date(2018, 4, 15), None, [(33, "PR"), (69, "PR")]),
        "TE03": (date(2018, 2, 20), None, []),
        "TE04": (None, date(2018, 9, 1), []),
        "TE05": (None, date(2018, 12, 31), [(33, "SD"), (243, "PD")]),
        "TE06": (None, date(2020, 8, 1), [(35, "SD"), (77, "SD"), (115, "PD")]),
        "TE07": (date(2020, 7, 20), None, [*every_5_weeks, (882, "SD"), (917, "PD")]),
        "TE08": (None, date(2018, 9, 1), [(31, "PR"), (75, "PR"), (117, "PR"), (159, "SD"), (201, "PD")]),
    }
    return records(
        [
            {"patient": patient, "first_tace": START, "death_date": death}
            for patient, (death, _, _) in facts.items()
        ],
        contacts=[
            {"patient": patient, "date": contact} for patient, (_, contact, _) in facts.items() if contact
        ],
        responses=[row for patient, (_, _, seen) in facts.items() for row in scans(START, patient, *seen)],
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            OS,
            {
                "TE01": (476, 1),
                "TE02": (95, 1),
                "TE03": (41, 1),
                "TE04": (234, 0),
                "TE05": (355, 0),
                "TE06": (902, 0),
                "TE07": (902, 0),
                "TE08": (234, 0),
            },
        ),
        (
            TTP,
            {
                "TE01": (145, 1),
                "TE02": (69, 0),
                "TE03": (0, 0),
                "TE04": (0, 0),
                "TE05": (243, 1),  # the sensitivity analysis: gaps between scans and new therapies ignored
                "TE06": (115, 1),
                "TE07": (882, 0),
                "TE08": (201, 1),
            },
        ),
        (
            PFS,
            {
                "TE01": (145, 1),
                "TE02": (95, 1),
                "TE03": (41, 1),
                "TE04": (0, 0),
                "TE05": (243, 1),
                "TE06": (115, 1),
                "TE07": (882, 0),
                "TE08": (201, 1),
            },
        ),
    ],
    ids=["OS", "TTP", "PFS"],
)
def test_worked_patients(spec: dict[str, Any], expected: dict[str, tuple[int, int]]) -> None:
    assert {row["patient"]: (row["time"], row["event"]) for row in rows(spec, worked())} == expected


def test_months_have_30_4375_days() -> None:
    held = worked()
    months = {row["patient"]: row["time"] for row in rows({**OS, "unit": "months"}, held)}
    printed = {"TE01": 15.64, "TE02": 3.12, "TE03": 1.35, "TE04": 7.69, "TE05": 11.66, "TE06": 29.63}
    assert {patient: round(months[patient], 2) for patient in printed} == printed
    weeks = {row["patient"]: row["time"] for row in rows({**OS, "unit": "weeks"}, held)}
    assert weeks["TE01"] == 68.0


def test_reasons_and_the_records_that_decided() -> None:
    found = {row["patient"]: (row["reason"], row["source"]) for row in rows(OS, worked())}
    assert found["TE01"] == ("death", "one.csv, row 2")
    assert found["TE04"] == ("alive at last contact", "two.xlsx, sheet 'contacts', row 2")
    assert found["TE06"] == ("alive at last contact (cut-off)", "two.xlsx, sheet 'contacts', row 4")
    assert found["TE07"] == ("death after the cut-off (cut-off)", "one.csv, row 8")
    seen = {row["patient"]: (row["reason"], row["source"]) for row in rows(TTP, worked())}
    assert seen["TE01"] == ("radiological progression", "two.xlsx, sheet 'responses', row 5")
    assert seen["TE02"] == ("no progression at last evaluable scan", "two.xlsx, sheet 'responses', row 7")
    assert seen["TE03"] == ("no evaluable scan", "one.csv, row 4")


def person(**facts: Any) -> dict[str, Any]:
    return {"patient": "P", "first_tace": START, **facts}


def test_an_event_on_the_day_of_the_cut_off_counts() -> None:
    row = one(OS, records([person(death_date=CUTOFF)]))
    assert (row["time"], row["event"], row["reason"]) == (902.0, 1, "death")


def test_without_a_cut_off_nothing_is_truncated() -> None:
    row = one(OS, records([person(death_date=date(2021, 1, 1))]), cutoff=None)
    assert (row["time"], row["event"], row["reason"]) == (1087.0, 1, "death")


def test_an_event_on_day_0_takes_half_a_day() -> None:
    row = one({**OS, "unit": "months"}, records([person(death_date=START)]))
    assert row["time"] == 0.5 / 30.4375
    assert (row["event"], row["reason"]) == (1, "death (on day 0, counted as half a day)")


def test_censoring_on_day_0_stays_0() -> None:
    row = one(OS, records([person()], contacts=[{"patient": "P", "date": START}]))
    assert (row["time"], row["event"], row["reason"]) == (0.0, 0, "alive at last contact")


def test_of_two_events_on_one_day_the_one_listed_first_is_the_reason() -> None:
    held = records([person(death_date=date(2018, 6, 4))], responses=scans(START, "P", (145, "PD")))
    assert one(PFS, held)["reason"] == "radiological progression"
    assert one(endpoint([DEATH, PD], [LAST_SCAN, NO_SCAN]), held)["reason"] == "death"


@pytest.mark.parametrize(
    ("patient", "contact", "reason"),
    [
        (person(first_tace=None, death_date=date(2019, 1, 1)), None, "First DEB-TACE not recorded"),
        (person(), None, "no event and no date of follow-up"),
        (person(), date(2017, 12, 31), "alive at last contact, before First DEB-TACE"),
        (person(first_tace=date(2020, 7, 1)), date(2020, 8, 1), "First DEB-TACE after the cut-off"),
    ],
)
def test_a_patient_without_a_time_keeps_a_reason(
    patient: dict[str, Any], contact: date | None, reason: str
) -> None:
    row = one(OS, records([patient], contacts=[{"patient": "P", "date": contact}] if contact else []))
    assert (row["time"], row["event"], row["reason"]) == (None, None, reason)
    assert row["source"] is not None


def test_events_before_the_start_are_refused_all_at_once() -> None:
    held = records(
        [
            {"patient": "P1", "first_tace": START, "death_date": date(2018, 1, 9)},
            {"patient": "P2", "first_tace": START, "death_date": date(2018, 1, 10)},
            {"patient": "P3", "first_tace": START, "death_date": date(2017, 1, 10)},
        ]
    )
    with pytest.raises(DataError) as caught:
        derive(OS, held)
    assert caught.value.problems == (
        "one.csv, row 2: patient P1: death on 2018-01-09 is before First DEB-TACE on 2018-01-10; "
        "correct one of the dates",
        "one.csv, row 4: patient P3: death on 2017-01-10 is before First DEB-TACE on 2018-01-10; "
        "correct one of the dates",
    )


def test_scans_from_before_the_start_are_baseline() -> None:
    held = records([person()], responses=scans(START, "P", (-20, "PD"), (-3, "SD"), (30, "PR")))
    assert (one(TTP, held)["time"], one(TTP, held)["event"]) == (30.0, 0)


def test_a_scan_on_the_day_of_the_start_is_follow_up() -> None:
    held = records([person()], responses=scans(START, "P", (0, "SD")))
    assert (one(TTP, held)["time"], one(TTP, held)["reason"]) == (
        0.0,
        "no progression at last evaluable scan",
    )
    held = records([person()], responses=scans(START, "P", (0, "PD"), (40, "SD")))
    assert (one(TTP, held)["time"], one(TTP, held)["event"]) == (0.5, 1)


def test_a_scan_after_the_cut_off_censors_no_one_at_the_cut_off() -> None:
    held = records([person()], responses=scans(START, "P", (800, "SD"), (910, "SD")))
    assert (one(TTP, held)["time"], one(TTP, held)["reason"]) == (
        800.0,
        "no progression at last evaluable scan",
    )


def test_first_of_several_rows_and_last_of_several_rows() -> None:
    held = records(
        [person()],
        adverse_events=[
            {"patient": "P", "term": "Rash", "grade": 3, "start": START + timedelta(days=50)},
            {"patient": "P", "term": "Rash", "grade": 3, "start": START + timedelta(days=40)},
            {"patient": "P", "term": "Rash", "grade": 2, "start": START + timedelta(days=10)},
            {"patient": "P", "term": "Rash", "grade": 4, "start": None},
        ],
        contacts=[{"patient": "P", "date": START + timedelta(days=day)} for day in (300, 200)],
    )
    severe = {
        "first": "adverse_events",
        "where": {"term": ["Rash"], "grade": ["3", "4"]},
        "reason": "severe rash",
    }
    row = one(endpoint([severe], [LAST_CONTACT]), held)
    assert (row["time"], row["event"]) == (40.0, 1)
    assert row["source"] == "two.xlsx, sheet 'adverse_events', row 3"
    assert one(OS, held)["time"] == 300.0


def test_the_order_of_rows_changes_nothing() -> None:
    for spec in (OS, TTP, PFS):
        assert_frame_equal(derive(spec, shuffled(worked(), seed=5)).frame, derive(spec, worked()).frame)


@given(days=st.integers(-2000, 2000))
def test_moving_every_date_and_the_cut_off_changes_no_time(days: int) -> None:
    for spec in (OS, TTP, PFS):
        later = derive(spec, moved(worked(), days=days), cutoff=CUTOFF + timedelta(days=days))
        assert_frame_equal(later.frame, derive(spec, worked()).frame)


@given(sides=st.lists(st.booleans(), min_size=8, max_size=8))
def test_partitions_of_patients_put_together_are_the_whole(sides: list[bool]) -> None:
    held = worked()
    protocol = study(endpoints={"e": PFS})
    whole = DERIVE[TimeToEvent]("e", protocol.endpoints["e"], protocol, held, held.patients).frame
    parts = [
        DERIVE[TimeToEvent](
            "e", protocol.endpoints["e"], protocol, held, held.patients.filter(pl.Series(sides) == side)
        ).frame
        for side in (True, False)
    ]
    assert_frame_equal(pl.concat(parts).sort("patient"), whole)


# --- recorded times ---------------------------------------------------------------------------------------


def recorded(**how: str) -> dict[str, Any]:
    return {"kind": "time_to_event", "label": "E", "short": "E", "unit": "months", "recorded": how}


def test_recorded_variables_are_taken_as_they_stand() -> None:
    held = records(
        [
            {"patient": "A", "months": 12.5, "died": 1},
            {"patient": "B", "months": 0.0, "died": 1},
            {"patient": "C", "months": 3.0, "died": 0},
            {"patient": "D", "months": None, "died": 0},
            {"patient": "E", "months": 4.0, "died": None},
            {"patient": "F", "months": None, "died": None},
        ]
    )
    found = rows(recorded(time="months", event="died"), held)
    assert [tuple(row.values()) for row in found] == [
        ("A", 12.5, 1, "event", "event, as recorded", None, "one.csv, row 2"),
        ("B", 0.0, 1, "event", "event, as recorded", None, "one.csv, row 3"),
        ("C", 3.0, 0, None, "censored, as recorded", None, "one.csv, row 4"),
        ("D", None, None, None, "time not recorded", None, "one.csv, row 5"),
        ("E", None, None, None, "event not recorded", None, "one.csv, row 6"),
        ("F", None, None, None, "time and event not recorded", None, "one.csv, row 7"),
    ]


def test_recorded_rows_of_the_times_table() -> None:
    held = records(
        [{"patient": "A"}, {"patient": "B"}],
        times=[
            {"patient": "A", "endpoint": "PFS", "time": 2.0, "event": 1},
            {"patient": "A", "endpoint": "OS", "time": 9.0, "event": 0},
            {"patient": "Z", "endpoint": "OS", "time": 9.0, "event": 0},
        ],
    )
    found = rows(recorded(parameter="OS"), held)
    assert [tuple(row.values()) for row in found] == [
        ("A", 9.0, 0, None, "censored, as recorded", None, "two.xlsx, sheet 'times', row 3"),
        ("B", None, None, None, "no time in the records", None, "one.csv, row 3"),
    ]


def test_two_rows_of_one_endpoint_are_refused() -> None:
    twice = [{"patient": "A", "endpoint": "OS", "time": time, "event": 0} for time in (9.0, 8.0)]
    with pytest.raises(DataError) as caught:
        derive(recorded(parameter="OS"), records([{"patient": "A"}], times=twice))
    assert caught.value.problems == (
        "two.xlsx, sheet 'times', row 2; two.xlsx, sheet 'times', row 3: "
        "patient A has 2 rows of OS; keep one",
    )


@pytest.mark.parametrize(("months", "died"), [(-0.5, 0), (5.0, 2)])
def test_impossible_recorded_values_are_refused(months: float, died: int) -> None:
    held = records(
        [{"patient": "A", "months": months, "died": died}, {"patient": "B", "months": 1.0, "died": 0}]
    )
    with pytest.raises(
        DataError, match=r"^one\.csv, row 2: patient A: time .*; expected time >= 0, event 0 or 1$"
    ):
        derive(recorded(time="months", event="died"), held)
