"""Response at landmarks: worked windows W1-W6, progression carried forward, visits, variables, refusals."""

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
from calliper.protocol.specs import Response
from calliper.records.tables import Records
from hand_records import CUTOFF, moved, records, scans, shuffled, study

START = date(2018, 1, 10)
MONTH_1 = {"label": "1 month", "day": 30, "window": [21, 45]}
MONTH_3 = {"label": "3 months", "day": 91, "window": [70, 112]}
WINDOWS = {"start": "first_tace", "landmarks": {"month_1": MONTH_1, "month_3": MONTH_3}}


def derive(spec: dict[str, Any], held: Records, *, cutoff: date | None = CUTOFF) -> Endpoint:
    full = {"kind": "response", "label": "Response", "criteria": "mRECIST (2010)", **spec}
    protocol = study(endpoints={"r": full}, cutoff=cutoff)
    return DERIVE[Response]("r", protocol.endpoints["r"], protocol, held, held.patients)


def person(*days: tuple[int, str]) -> Records:
    return records([{"patient": "P", "first_tace": START}], responses=scans(START, "P", *days))


def at_landmarks(held: Records, **options: Any) -> list[tuple[str, int | None, str]]:
    return [
        (row["response"], row["day"], row["reason"])
        for row in derive(WINDOWS, held, **options).frame.to_dicts()
    ]


NOTHING = {
    "month_1": ("NE", None, "no scan in days 21-45"),
    "month_3": ("NE", None, "no scan in days 70-112"),
}


@pytest.mark.parametrize(
    ("seen", "month_1", "month_3"),
    [
        ([(28, "PR"), (56, "SD"), (84, "CR")], ("PR", 28, "scan on day 28"), ("CR", 84, "scan on day 84")),
        ([(42, "SD"), (84, "PR")], ("SD", 42, "scan on day 42"), ("PR", 84, "scan on day 84")),
        ([(35, "PR"), (70, "CR"), (105, "SD")], ("PR", 35, "scan on day 35"), ("SD", 105, "scan on day 105")),
        ([(20, "PR"), (60, "PR"), (120, "PR")], NOTHING["month_1"], NOTHING["month_3"]),
        ([(32, "PD"), (90, "SD")], ("PD", 32, "scan on day 32"), ("PD", 32, "PD on day 32, carried forward")),
        ([(31, "SD"), (29, "CR")], ("CR", 29, "scan on day 29"), NOTHING["month_3"]),
    ],
    ids=["W1", "W2", "W3", "W4", "W5", "W6"],
)
def test_worked_windows(
    seen: list[tuple[int, str]], month_1: tuple[str, int | None, str], month_3: tuple[str, int | None, str]
) -> None:
    assert at_landmarks(person(*seen)) == [month_1, month_3]


@pytest.mark.parametrize("day", [21, 45])
def test_both_ends_of_the_window_are_inside(day: int) -> None:
    assert at_landmarks(person((day, "PR")))[0] == ("PR", day, f"scan on day {day}")


@pytest.mark.parametrize("day", [20, 46])
def test_a_day_outside_the_window_is_outside(day: int) -> None:
    assert at_landmarks(person((day, "PR")))[0] == NOTHING["month_1"]


def test_progression_before_the_window_without_a_later_scan_is_carried_forward() -> None:
    carried = ("PD", 15, "PD on day 15, carried forward")
    assert at_landmarks(person((15, "PD"))) == [carried, carried]


def test_progression_after_the_landmark_scan_is_not_yet_there() -> None:
    assert at_landmarks(person((88, "SD"), (105, "PD")))[1] == ("SD", 88, "scan on day 88")


def test_progression_in_the_window_before_the_nearest_scan_is_absorbing() -> None:
    assert at_landmarks(person((72, "PD"), (91, "PR")))[1] == ("PD", 72, "PD on day 72, carried forward")


def test_what_is_not_evaluable_neither_counts_nor_hides_the_next_scan() -> None:
    assert at_landmarks(person((30, "NE"), (44, "SD")))[0] == ("SD", 44, "scan on day 44")
    assert at_landmarks(person((30, "NE")))[0] == ("NE", None, "scan on day 30 not evaluable")


def test_scans_before_the_start_are_baseline() -> None:
    assert at_landmarks(person((-10, "PD"))) == list(NOTHING.values())


def test_scans_after_the_cut_off_are_not_read() -> None:
    found = at_landmarks(person((28, "PR"), (84, "PR")), cutoff=START + timedelta(days=80))
    assert found == [
        ("PR", 28, "scan on day 28"),
        ("NE", None, "no scan in days 70-112 (cut-off on day 80)"),
    ]


def test_without_a_start_nothing_is_placed() -> None:
    held = records([{"patient": "P", "first_tace": None}], responses=scans(START, "P", (28, "PR")))
    assert at_landmarks(held) == [("NE", None, "First DEB-TACE not recorded")] * 2


def test_sources_lead_to_the_scan_or_to_the_patient() -> None:
    held = person((32, "PD"), (90, "SD"))
    assert derive(WINDOWS, held).frame["source"].to_list() == ["two.xlsx, sheet 'responses', row 2"] * 2
    assert derive(WINDOWS, person()).frame["source"].to_list() == ["one.csv, row 2"] * 2


def test_recorded_words_are_coded() -> None:
    codes = {"complete": "CR", "progressive disease": "PD", "n/a": "NE"}
    held = person((28, "complete"), (84, "progressive disease"))
    assert derive({**WINDOWS, "codes": codes}, held).frame["response"].to_list() == ["CR", "PD"]


def test_words_without_a_code_are_refused_all_at_once() -> None:
    with pytest.raises(DataError) as caught:
        derive(WINDOWS, person((28, "Partial"), (84, "PR"), (120, "stable")))
    expected = "has no code; expected one of CR, PR, SD, PD, NE"
    assert caught.value.problems == (
        f"two.xlsx, sheet 'responses', row 2: patient P: the response 'Partial' {expected}",
        f"two.xlsx, sheet 'responses', row 4: patient P: the response 'stable' {expected}",
    )


def test_two_scans_of_one_day_must_agree() -> None:
    assert at_landmarks(person((28, "PR"), (28, "PR")))[0] == ("PR", 28, "scan on day 28")
    assert at_landmarks(person((28, "NE"), (28, "PR")))[0] == ("PR", 28, "scan on day 28")
    with pytest.raises(DataError) as caught:
        at_landmarks(person((28, "PR"), (28, "SD")))
    assert caught.value.problems == (
        "two.xlsx, sheet 'responses', row 2; two.xlsx, sheet 'responses', row 3: "
        "patient P has PR and SD on day 28; keep one",
    )


# --- visits, only records, variables ----------------------------------------------------------------------

VISITS = {
    "landmarks": {
        "month_1": {"label": "1 month", "visit": "M1"},
        "month_3": {"label": "3 months", "visit": "M3"},
    }
}


def visits(*rows: tuple[str, str | None]) -> Records:
    return records(
        [{"patient": "P", "first_tace": START}],
        responses=[{"patient": "P", "visit": visit, "response": response} for visit, response in rows],
    )


def test_visits_stand_for_themselves() -> None:
    found = derive(VISITS, visits(("M3", "SD"), ("M1", "PD"))).frame
    assert [tuple(row) for row in found.rows()] == [
        ("P", "month_1", "PD", None, "record of visit M1", "two.xlsx, sheet 'responses', row 3"),
        ("P", "month_3", "SD", None, "record of visit M3", "two.xlsx, sheet 'responses', row 2"),
    ]


def test_a_visit_that_did_not_happen_or_was_not_evaluable() -> None:
    found = derive(VISITS, visits(("M1", "NE"))).frame
    assert found.select("response", "reason", "source").rows() == [
        ("NE", "record of visit M1: not evaluable", "two.xlsx, sheet 'responses', row 2"),
        ("NE", "no record of visit M3", "one.csv, row 2"),
    ]
    blank = derive(VISITS, visits(("M1", None))).frame
    assert blank.row(0)[2:5] == ("NE", None, "record of visit M1 without a response")


def test_two_rows_of_one_visit_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        derive(VISITS, visits(("M1", "PR"), ("M3", "PR"), ("M1", "SD")))
    assert caught.value.problems == (
        "two.xlsx, sheet 'responses', row 2; two.xlsx, sheet 'responses', row 4: "
        "patient P has 2 rows; expected one record of visit M1",
    )


def test_the_day_of_a_dated_visit() -> None:
    held = records(
        [{"patient": "P", "first_tace": START}],
        responses=[{"patient": "P", "visit": "M1", "response": "PR", "date": START + timedelta(days=33)}],
    )
    assert derive({"start": "first_tace", **VISITS}, held).frame["day"].to_list() == [33, None]


def test_an_only_record() -> None:
    spec = {"landmarks": {"best": {"label": "Best response", "only_record": True}}}
    held = records(
        [{"patient": "P"}, {"patient": "Q"}], responses=[{"patient": "P", "visit": "any", "response": "CR"}]
    )
    assert derive(spec, held).frame.select("patient", "response", "reason").rows() == [
        ("P", "CR", "record"),
        ("Q", "NE", "no record"),
    ]
    with pytest.raises(DataError, match=r"patient P has 2 rows; expected one record$"):
        derive(spec, visits(("M1", "PR"), ("M3", "PR")))


def test_a_variable_of_the_patients_table() -> None:
    spec = {"landmarks": {"best": {"label": "Best response", "variable": "best"}}}
    held = records([{"patient": str(at), "best": best} for at, best in enumerate(["CR", "NE", None])])
    assert derive(spec, held).frame.select("response", "reason", "source").rows() == [
        ("CR", "as recorded", "one.csv, row 2"),
        ("NE", "recorded as not evaluable", "one.csv, row 3"),
        ("NE", "response not recorded", "one.csv, row 4"),
    ]


# --- invariances ------------------------------------------------------------------------------------------

SEEN = st.lists(
    st.tuples(st.integers(-10, 130), st.sampled_from(["CR", "PR", "SD", "PD", "NE"])),
    max_size=6,
    unique_by=lambda scan: scan[0],
)


def cohort(seen: list[list[tuple[int, str]]]) -> Records:
    return records(
        [{"patient": f"P{at}", "first_tace": START} for at in range(len(seen))],
        responses=[row for at, days in enumerate(seen) for row in scans(START, f"P{at}", *days)],
    )


def slow_landmark(days: list[tuple[int, str]], day: int, window: tuple[int, int]) -> str:
    """The rule read aloud, one patient at a time."""
    known = sorted((at, seen) for at, seen in days if at >= 0 and seen != "NE")
    inside = [(abs(at - day), at, seen) for at, seen in known if window[0] <= at <= window[1]]
    last = min(inside)[1] if inside else window[0]
    if any(seen == "PD" and at <= last for at, seen in known):
        return "PD"
    return min(inside)[2] if inside else "NE"


@given(seen=st.lists(SEEN, min_size=1, max_size=5), seed=st.integers(0, 99), days=st.integers(-900, 900))
def test_as_the_rule_read_aloud_in_any_order_and_at_any_date(
    seen: list[list[tuple[int, str]]], seed: int, days: int
) -> None:
    held = cohort(seen)
    found = derive(WINDOWS, held).frame
    assert found["response"].to_list() == [
        slow_landmark(patient, day, window)
        for patient in seen
        for day, window in ((30, (21, 45)), (91, (70, 112)))
    ]
    assert_frame_equal(derive(WINDOWS, shuffled(held, seed=seed)).frame, found)
    later = derive(WINDOWS, moved(held, days=days), cutoff=CUTOFF + timedelta(days=days)).frame
    assert_frame_equal(later, found)


@given(seen=st.lists(SEEN, min_size=2, max_size=6), cut=st.integers(0, 6))
def test_partitions_of_patients_put_together_are_the_whole(
    seen: list[list[tuple[int, str]]], cut: int
) -> None:
    held = cohort(seen)
    protocol = study(
        endpoints={"r": {"kind": "response", "label": "R", "criteria": "mRECIST (2010)", **WINDOWS}}
    )
    parts = [
        DERIVE[Response]("r", protocol.endpoints["r"], protocol, held, patients).frame
        for patients in (held.patients.head(cut), held.patients.slice(cut))
    ]
    assert_frame_equal(pl.concat(parts).sort("patient", "landmark"), derive(WINDOWS, held).frame)
