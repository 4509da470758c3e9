"""Courses of single patients from endpoints written by hand: which scans count, the best change, why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hand_records
from analyses.hand_cohort import OS, analyse, failures, patients, protocol, responses, times, value
from calliper.analyses.course_reading import Scan, best_of
from calliper.derivations import DERIVE
from calliper.endpoints import RESPONSES, SCANS, TREATMENTS, Endpoint
from calliper.protocol.specs import Protocol, Response
from calliper.results import Course, Results, Seen, Treated

START = {"type": "date", "column": "start", "label": "First TACE"}
RESPONSE: dict[str, Any] = {
    "kind": "response",
    "label": "Response",
    "criteria": "mRECIST (2010)",
    "start": "start",
    "lesions": {"rules": "mRECIST_2010"},
    "landmarks": {"m1": {"label": "1 month", "day": 30, "window": [20, 40]}},
}
RECORDED = {name: held for name, held in RESPONSE.items() if name != "lesions"}
DAY_0 = date(2018, 1, 10)


class Shown(NamedTuple):
    """A scan: its day, its response, the change; None for no sum."""

    day: int
    response: str
    change: float | None
    flags: str = ""
    baseline: float | None = 100.0


def study(
    response: dict[str, Any] = RESPONSE, arms: Sequence[str] = ("test", "control"), **analysis: Any
) -> Protocol:
    held = {"id": "courses", "kind": "courses", "response": "r", **analysis}
    endpoints: dict[str, Any] = {"r": response, "os": OS}
    return protocol(held, arms=arms, variables={"start": START}, endpoints=endpoints)


def endpoint(
    *people: Sequence[Shown], landmarks: Sequence[tuple[str, str, str, int | None]] = ()
) -> Endpoint:
    """The scans of p0, p1, ...; `landmarks` are rows of patient, landmark, response, day."""
    rows = [
        {
            "patient": f"p{at}",
            "day": seen.day,
            "response": seen.response,
            "change_from_baseline": seen.change,
            "baseline_mm": seen.baseline,
            "flags": seen.flags,
        }
        for at, scans in enumerate(people)
        for seen in scans
    ]
    frame = pl.DataFrame([(*row, "", "hand") for row in landmarks], schema=RESPONSES, orient="row")
    return Endpoint("r", "response", frame, pl.DataFrame(rows, schema=SCANS))


def courses(*people: Sequence[Shown], held: Protocol | None = None, **more: Any) -> tuple[Course, ...]:
    frame = patients(arm=["test"] * len(people))
    return analyse(held or study(), frame, endpoint(*people, **more)).courses


def best_change(*scans: Shown) -> float | None:
    (course,) = courses(scans)
    return course.best_change


# --- which scans count ------------------------------------------------------------------------------------------


def test_the_best_change_is_the_smallest_of_the_scans_that_count() -> None:
    """The example of the methods page: 100, then 80, 50, 62 (progression), 30 mm."""
    scans = (
        Shown(30, "SD", -20.0),
        Shown(90, "PR", -50.0),
        Shown(150, "PD", -38.0),
        Shown(210, "PD", -70.0, "AFTER_PD"),
    )
    (course,) = courses(scans)
    assert (course.best, course.best_change) == ("PR", -50.0)
    assert course.scans == tuple(Seen(seen.day, seen.response, seen.change) for seen in scans)


def test_progression_before_the_best_fall_leaves_what_was_before_it() -> None:
    assert best_change(Shown(30, "PD", 35.0), Shown(90, "PR", -60.0, "MODALITY_SWITCH; AFTER_PD")) == 35.0


def test_progression_by_a_new_lesion_has_the_change_of_its_sum() -> None:
    """The scan of progression counts, and its targets may have shrunk."""
    (course,) = courses([Shown(40, "PD", -45.0)])
    assert (course.best, course.best_change) == ("PD", -45.0)


def test_scans_after_new_therapy_are_no_part_of_the_course() -> None:
    (course,) = courses([Shown(30, "SD", -20.0), Shown(90, "PR", -50.0, "AFTER_NEW_THERAPY")])
    assert (course.best, course.best_change, len(course.scans)) == ("SD", -20.0, 1)


def test_a_sum_of_zero_is_a_fall_of_100_percent() -> None:
    assert best_change(Shown(30, "PR", -60.0), Shown(70, "CR", -100.0)) == -100.0


def test_a_scan_without_a_sum_is_passed_over_and_its_course_goes_on() -> None:
    (course,) = courses([Shown(30, "NE", None), Shown(70, "PR", -40.0), Shown(120, "NE", None)])
    assert (course.best, course.best_change) == ("PR", -40.0)
    assert [seen.change for seen in course.scans] == [None, -40.0, None]


def test_the_sum_of_some_targets_is_no_change_although_it_is_progression() -> None:
    (course,) = courses([Shown(30, "SD", -5.0), Shown(70, "PD", 24.0, "SUM_PARTIAL")])
    assert (course.best, course.best_change, course.scans[1].change) == ("SD", -5.0, None)
    (alone,) = courses([Shown(30, "PD", 24.0, "SUM_PARTIAL; BL_OLD")])
    assert (alone.best, alone.best_change) == ("PD", None)


def test_why_there_is_no_change_is_counted_by_reason() -> None:
    people: tuple[list[Shown], ...] = (
        [Shown(30, "PR", -40.0)],
        [],
        [Shown(90, "SD", -10.0, "AFTER_NEW_THERAPY")],
        [Shown(30, "SD", None, baseline=None)],
        [Shown(30, "NE", None), Shown(60, "PD", 30.0, "SUM_PARTIAL"), Shown(90, "SD", -50.0, "AFTER_PD")],
    )
    found = analyse(study(), patients(arm=["test"] * 5), endpoint(*people))
    method = next(method for method in found.methods if method.name == "best_change")
    assert (method.n_used, method.n_excluded, method.failure) == (1, 4, "")
    assert method.why_excluded == (
        "no scan before new anticancer therapy or the cut-off (2), no sum of target lesions at baseline (1), target "
        "lesions not all assessed on a scan that counts (1)"
    )


# --- the best response ------------------------------------------------------------------------------------------


def test_stable_disease_before_its_day_is_no_best_response() -> None:
    assert [course.best for course in courses([Shown(27, "SD", -5.0)], [Shown(28, "SD", -5.0)])] == [
        "NE",
        "SD",
    ]


@pytest.mark.parametrize(
    ("landmarks", "best"),
    [
        ({"b": {"label": "Best", "best": "confirmed"}, "a": {"label": "Any", "best": "unconfirmed"}}, "PR"),
        ({"a": {"label": "Any", "best": "unconfirmed"}, "b": {"label": "Best", "best": "confirmed"}}, "PR"),
        ({"b": {"label": "Best", "best": "confirmed"}}, "SD"),
        ({}, "CR"),
    ],
    ids=["unconfirmed second", "unconfirmed first", "confirmed alone", "none: the scans"],
)
def test_the_best_response_is_that_of_the_landmark_where_there_is_one(landmarks: Any, best: str) -> None:
    held = study({**RESPONSE, "landmarks": {**RESPONSE["landmarks"], **landmarks}})
    rows = [("p0", "a", "PR", 30), ("p0", "b", "SD", 30), ("p0", "m1", "NE", None)]
    (course,) = courses([Shown(30, "CR", -100.0)], held=held, landmarks=rows)
    assert course.best == best


@given(st.lists(st.sampled_from(("CR", "PR", "SD", "PD", "NE")), max_size=8), st.integers(0, 60))
def test_the_best_of_the_scans_is_the_unconfirmed_best_response(shown: list[str], first: int) -> None:
    """What the derivation gives for a landmark of recorded scans, reached here without it."""
    days = [first + 20 * at for at in range(len(shown))]
    spec = {
        **RECORDED,
        "start": "first_tace",
        "landmarks": {"best": {"label": "Best", "best": "unconfirmed"}},
    }
    held = hand_records.study(endpoints={"r": spec})
    rows = hand_records.scans(DAY_0, "p", *zip(days, shown, strict=True))
    recorded = hand_records.records([{"patient": "p", "first_tace": DAY_0}], responses=rows)
    judged = DERIVE[Response]("r", held.endpoints["r"], held, recorded, recorded.patients).frame["response"][
        0
    ]
    last = shown.index("PD") if "PD" in shown else len(shown)
    counted = [Scan(day, seen, None, True, True) for day, seen in zip(days, shown, strict=True)][: last + 1]
    assert best_of(counted, sd_min_days=28) == judged


# --- rows -------------------------------------------------------------------------------------------------------

CHANGES = {"test": (-50.0, -20.0, 0.0, 40.0), "control": (-30.0, -29.9)}
"""Type 7 quartiles of the first: ranks 1.75, 2.5 and 3.25, so -27.5, -10 and 10; of both the ranks 2.25, 3.5, 4.75."""


def two_arms(held: Protocol | None = None, *, order: Sequence[int] = (0, 1, 2, 3, 4, 5, 6)) -> Results:
    arms = [arm for arm, changes in CHANGES.items() for _ in changes] + ["control"]
    people = [[Shown(30, "SD", change)] for changes in CHANGES.values() for change in changes] + [[]]
    frame = patients(arm=arms)[list(order)]
    return analyse(held or study(), frame, endpoint(*people))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("included/test///n", 4), ("included/control///n", 3), ("included/overall///n", 7),
        ("measured/test///n", 4), ("measured/control///n", 2), ("measured/overall///n", 6),
        ("measured/test/best_change/fall/count", 1), ("measured/test/best_change/fall/proportion", 0.25),
        ("measured/control/best_change/fall/count", 1), ("measured/control/best_change/fall/proportion", 0.5),
        ("measured/overall/best_change/fall/proportion", 2 / 6),
        ("measured/test/best_change//median", -10), ("measured/test/best_change//q1", -27.5),
        ("measured/test/best_change//q3", 10), ("measured/test/best_change//min", -50),
        ("measured/test/best_change//max", 40),
        ("measured/overall/best_change//median", (-29.9 - 20) / 2),
        ("measured/overall/best_change//q1", -30 + 0.25 * 0.1), ("measured/overall/best_change//q3", -5),
    ],
)  # fmt: skip
def test_rows_by_hand(key: str, expected: float) -> None:
    assert value(two_arms(), f"courses/{key}") == pytest.approx(expected, abs=1e-12)


def test_the_threshold_is_that_of_the_criteria_with_its_changes() -> None:
    changed = {**RESPONSE, "lesions": {"rules": "mRECIST_2010", "change": {"pr_decrease_percent": 20}}}
    assert value(two_arms(study(changed)), "courses/measured/test/best_change/fall/count") == 2


def test_the_quantile_is_that_of_the_convention() -> None:
    """SPSS, type 6: ranks 1.25 and 3.75 of -50, -20, 0 and 40."""
    spss = study().model_copy(update={"convention": "spss"})
    found = two_arms(spss)
    assert value(found, "courses/measured/test/best_change//q1") == pytest.approx(-42.5)
    assert value(found, "courses/measured/test/best_change//q3") == pytest.approx(30)


def test_an_arm_where_nobody_is_measured_has_counts_alone() -> None:
    found = analyse(study(), patients(arm=["test", "control"]), endpoint([Shown(30, "SD", 1.0)], []))
    assert value(found, "courses/measured/control///n") == 0
    assert value(found, "courses/measured/control/best_change/fall/count") == 0
    assert found.get("courses/measured/control/best_change/fall/proportion") is None
    assert found.get("courses/measured/control/best_change//median") is None


@given(st.permutations(range(7)))
def test_the_order_of_the_patients_changes_no_row(order: list[int]) -> None:
    assert two_arms(order=order).by_key == two_arms().by_key


def test_renamed_arms_change_names_alone() -> None:
    people = [[Shown(30, "SD", change)] for change in (-50.0, -20.0, 3.0)]
    one = analyse(study(), patients(arm=["test", "control", "test"]), endpoint(*people))
    other = analyse(study(arms=("x", "control")), patients(arm=["x", "control", "x"]), endpoint(*people))
    assert [replace(row, group=row.group.replace("x", "test")) for row in other.rows if row.group == "x"] == [
        row for row in one.rows if row.group == "test"
    ]
    assert [course.best_change for course in one.courses] == [course.best_change for course in other.courses]


# --- responses that were recorded, follow-up, treatments ---------------------------------------------------------


def test_recorded_responses_have_no_sums_and_the_method_says_so() -> None:
    frame = patients(arm=["test", "control"])
    found = analyse(study(RECORDED), frame, responses("r", ["p0", "p1"], {"m1": ["PR", "SD"]}))
    assert failures(found) == {
        (
            "best_change",
            "",
        ): "no change of the tumour is known: the responses were recorded, without sums of diameters"
    }
    assert value(found, "courses/measured/overall///n") == 0


def test_recorded_responses_are_seen_on_the_days_of_their_landmarks() -> None:
    """A confirmed best names no scan's response, NE no response; the scan of two landmarks is one."""
    landmarks = {
        "m1": RESPONSE["landmarks"]["m1"],
        "m3": {"label": "3 months", "day": 90, "window": [70, 110]},
        "best": {"label": "Best", "best": "unconfirmed"},
        "sure": {"label": "Sure", "best": "confirmed"},
    }
    rows = [
        ("p0", "m1", "PR", 30),
        ("p0", "m3", "PD", 88),
        ("p0", "best", "PR", 30),
        ("p0", "sure", "SD", 30),
        ("p1", "m1", "NE", None),
        ("p1", "best", "NE", 12),
    ]
    frame = pl.DataFrame([(*row, "", "hand") for row in rows], schema=RESPONSES, orient="row")
    held = study({**RECORDED, "landmarks": landmarks})
    found = analyse(held, patients(arm=["test", "test"]), Endpoint("r", "response", frame)).courses
    assert found[0].scans == (Seen(30, "PR", None), Seen(88, "PD", None))
    assert [course.best for course in found] == ["PR", "NE"]
    assert found[1].scans == ()


@pytest.mark.parametrize(
    ("unit", "days_in"), [("days", 1.0), ("weeks", 7.0), ("months", 30.4375), ("years", 365.25)]
)
def test_follow_up_ends_on_its_day_whatever_the_unit(unit: str, days_in: float) -> None:
    held = study(follow_up="os")
    changed = held.model_copy(
        update={"endpoints": {**held.endpoints, "os": held.endpoints["os"].model_copy(update={"unit": unit})}}
    )
    days = [0, 1, 29, 364, 3651]
    ended = times("os", [f"p{at}" for at in range(5)], [day / days_in for day in days], [1, 0, 0, 1, 0])
    found = analyse(changed, patients(arm=["test"] * 5), endpoint(), ended).courses
    assert [course.last_day for course in found] == days
    assert [course.ending for course in found] == ["event", "censored", "censored", "event", "censored"]


def test_a_first_day_that_counts_as_one_is_taken_off() -> None:
    held = study(follow_up="os")
    added = held.endpoints["os"].model_copy(update={"unit": "days", "add_one_day": True})
    changed = held.model_copy(update={"endpoints": {**held.endpoints, "os": added}})
    found = analyse(changed, patients(arm=["test"]), endpoint(), times("os", ["p0"], [31.0], [1])).courses
    assert found[0].last_day == 30


def test_a_patient_without_a_time_has_no_end_and_a_competing_event_keeps_its_name() -> None:
    ended = times("os", ["p0", "p1"], [None, 2.0], [None, 0])
    frame = ended.frame.with_columns(pl.Series("cause", [None, "death"], dtype=pl.String))
    found = analyse(
        study(follow_up="os"), patients(arm=["test"] * 2), endpoint(), replace(ended, frame=frame)
    ).courses
    assert [(course.last_day, course.ending) for course in found] == [(None, ""), (61, "death")]


def test_treatments_stand_in_the_order_of_their_days() -> None:
    rows = [("p0", "drug", 5, None, "", ""), ("p0", "tace", 0, 0, "", ""), ("p0", "tace", 40, 40, "", "")]
    given_ = Endpoint("t", "treatments", pl.DataFrame(rows, schema=TREATMENTS, orient="row"))
    held = study()
    spec = held.analyses[0].model_copy(update={"treatments": "t"})
    held = held.model_copy(update={"analyses": (spec,)})
    (course,) = analyse(held, patients(arm=["test"]), endpoint([]), given_).courses
    assert course.treatments == (Treated("tace", 0, 0), Treated("drug", 5, None), Treated("tace", 40, 40))
