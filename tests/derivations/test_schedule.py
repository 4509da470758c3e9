"""Visits against their schedule from rows to the frame: worked examples, ends of follow-up, content, invariances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import calliper
from calliper.derivations import DERIVE
from calliper.endpoints import Endpoint
from calliper.protocol.specs import Schedule
from calliper.records.tables import Records
from hand_records import CUTOFF, moved, records, scans, shuffled, study
from lesion_study import IMAGING, LESIONS, LESIONS_HEADER, STUDY, changed, write_study

START = date(2018, 1, 1)
SPEC: dict[str, Any] = {
    "kind": "schedule",
    "label": "Imaging follow-up",
    "start": "first_tace",
    "visits": "visits",
    "where": {"kind": ["imaging"]},
    "due": [28, 42],
    "on_time": [21, 49],
    "late_until": 98,
    "until": [
        {"first": "responses", "where": {"response": ["PD"]}, "reason": "progression"},
        {"date": "death_date", "reason": "death"},
    ],
}
COUNTS = ("due", "attended", "on_time", "early", "late", "after_missed", "missed", "days_since_last")


def day(at: int) -> date:
    return START + timedelta(days=at)


def derive(held: Records, *, cutoff: date | None = CUTOFF, **spec: Any) -> Endpoint:
    protocol = study(endpoints={"plan": {**SPEC, **spec}}, cutoff=cutoff)
    return DERIVE[Schedule]("plan", protocol.endpoints["plan"], protocol, held, held.patients)


def person(patient: str = "P1", **more: Any) -> dict[str, Any]:
    return {"patient": patient, "first_tace": START, **more}


def visits(patient: str, *days: int, kind: str = "imaging", **more: Any) -> list[dict[str, Any]]:
    return [{"patient": patient, "date": day(at), "kind": kind, **more} for at in days]


def one(endpoint: Endpoint) -> Mapping[str, Any]:
    (found,) = endpoint.frame.to_dicts()
    return found


def counts(endpoint: Endpoint) -> tuple[Any, ...]:
    return tuple(one(endpoint)[name] for name in COUNTS)


# --- worked by hand -----------------------------------------------------------------------------------------


def test_the_first_worked_example() -> None:
    """On time on days 30, 65 and 100, late on 160; then 130 days, in which two visits were missed."""
    held = records([person()], visits=visits("P1", 30, 65, 100, 160, 290))
    made = derive(held, cutoff=day(300))
    assert counts(made) == (7, 5, 3, 0, 1, 1, 2, 10)
    assert one(made)["share"] == pytest.approx(3 / 7)
    assert one(made)["reason"] == "data cut-off"
    assert made.visits is not None
    assert made.visits.select("day", "interval", "timing").rows() == [
        (30, 30, "on time"),
        (65, 35, "on time"),
        (100, 35, "on time"),
        (160, 60, "late"),
        (290, 130, "after missed"),
    ]


def test_the_second_worked_example() -> None:
    """Day 45 is 15 days after day 30: early, and not due; from then on 55 days pass without the next."""
    held = records([person()], visits=visits("P1", 30, 45))
    assert counts(derive(held, cutoff=day(100))) == (2, 2, 1, 1, 0, 0, 1, 55)


def test_the_first_example_counted_from_the_start() -> None:
    """The fifth was due on day 140 to 210; six were overdue by day 300."""
    held = records([person()], visits=visits("P1", 30, 65, 100, 160, 290))
    assert counts(derive(held, cutoff=day(300), anchor="start")) == (6, 5, 4, 0, 0, 1, 1, 10)


def test_nobody_came() -> None:
    """Overdue after days 49, 91 and 133; the patient was followed for 133."""
    assert counts(derive(records([person()]), cutoff=day(133))) == (2, 0, 0, 0, 0, 0, 2, 133)


def test_follow_up_too_short_for_a_visit() -> None:
    made = one(derive(records([person()]), cutoff=day(49)))
    assert (made["due"], made["share"], made["days_followed"]) == (0, None, 49)


# --- what ends follow-up ------------------------------------------------------------------------------------


def test_progression_death_and_the_cut_off_end_follow_up() -> None:
    """Visits on days 30, 65 and 100 each; the scan that shows progression is inside, later ones are not."""
    people = [
        person("P1"),
        person("P2", death_date=day(80)),
        person("P3"),
        person("P4", death_date=day(400)),
    ]
    held = records(
        people,
        visits=[row for who in ("P1", "P2", "P3", "P4") for row in visits(who, 30, 65, 100)],
        responses=[
            *scans(START, "P1", (30, "SD"), (65, "PD"), (100, "PD")),
            *scans(START, "P3", (350, "PD")),
        ],
    )
    made = derive(held, cutoff=day(300))
    assert made.frame.select("days_followed", "attended", "reason", "detail").rows() == [
        (65, 2, "progression", "progression on 2018-03-07"),
        (80, 2, "death", "death on 2018-03-22"),
        (300, 3, "data cut-off", "data cut-off on 2018-10-28"),
        (300, 3, "data cut-off", "data cut-off on 2018-10-28"),
    ]
    assert made.frame["source"].to_list()[:2] == ["two.xlsx, sheet 'responses', row 3", "one.csv, row 3"]


def test_of_two_ends_on_one_day_the_one_listed_first_is_named() -> None:
    held = records([person(death_date=day(65))], responses=scans(START, "P1", (65, "PD")))
    assert one(derive(held))["reason"] == "progression"
    assert one(derive(held, until=SPEC["until"][::-1]))["reason"] == "death"
    assert one(derive(held, cutoff=day(65)))["reason"] == "progression"


@pytest.mark.parametrize(
    ("patient", "cutoff", "reason"),
    [
        ({"first_tace": None}, CUTOFF, "start not recorded"),
        ({}, None, "end of follow-up not recorded"),
        ({"death_date": day(-1)}, CUTOFF, "death before First DEB-TACE"),
        ({}, day(-10), "data cut-off before First DEB-TACE"),
    ],
)
def test_what_cannot_be_counted_has_a_reason(
    patient: dict[str, Any], cutoff: date | None, reason: str
) -> None:
    held = records([{**person(), **patient}], visits=visits("P1", 30))
    made = derive(held, cutoff=cutoff)
    assert {value for name, value in one(made).items() if name in (*COUNTS, "share", "complete")} == {None}
    assert one(made)["reason"] == reason
    assert made.visits is not None
    assert made.visits.height == 0


def test_without_a_cut_off_a_patients_own_end_counts() -> None:
    held = records([person()], visits=visits("P1", 30), contacts=[{"patient": "P1", "date": day(60)}])
    made = one(derive(held, cutoff=None, until=[{"last": "contacts", "reason": "last contact"}]))
    assert (made["days_followed"], made["attended"], made["reason"]) == (60, 1, "last contact")


# --- which rows are visits, and what was done at them -------------------------------------------------------


def test_rows_of_one_day_are_one_visit_and_other_kinds_are_none() -> None:
    rows = [*visits("P1", 30, 30, 0, -5), *visits("P1", 40, kind="phone"), *visits("P9", 30)]
    made = derive(records([person()], visits=rows), cutoff=day(60))
    assert one(made)["attended"] == 1
    assert made.visits is not None
    assert made.visits["source"].to_list() == [
        "two.xlsx, sheet 'visits', row 2; two.xlsx, sheet 'visits', row 3"
    ]
    assert one(derive(records([person()], visits=rows), cutoff=day(60), where={}))["attended"] == 2


def test_scans_themselves_and_contacts_can_be_the_visits() -> None:
    held = records(
        [person()],
        imaging=[{"patient": "P1", "scan": f"S{at}", "date": day(at)} for at in (30, 30, 70)],
        contacts=[{"patient": "P1", "date": day(at)} for at in (20, 40, 60, 80)],
        responses=scans(START, "P1", (30, "SD")),
    )
    attended = {
        table: one(derive(held, cutoff=day(100), visits=table, where={}, until=[]))["attended"]
        for table in ("imaging", "contacts", "responses")
    }
    assert attended == {"imaging": 2, "contacts": 4, "responses": 1}


def test_content_of_each_visit() -> None:
    """Day 30: all done; 65: no AFP; 100: AFP blank; 135: no abdomen, AFP blank, so incomplete; 170: two records."""
    done = {"blood_count": "yes", "afp_measured": "yes", "abdomen": "MRI"}
    rows = [
        *visits("P1", 30, **done),
        *visits("P1", 65, **{**done, "afp_measured": "no"}),
        *visits("P1", 100, **{**done, "afp_measured": None}),
        *visits("P1", 135, **{**done, "afp_measured": None, "abdomen": "none"}),
        *visits("P1", 170, blood_count="yes", afp_measured="no", abdomen=None),
        *visits("P1", 170, blood_count=None, afp_measured="yes", abdomen="CT"),
    ]
    content = ["blood_count", "afp_measured", "abdomen"]
    made = derive(records([person(), person("P2")], visits=rows), cutoff=day(180), content=content)
    assert made.frame.select("complete", "incomplete", "content_not_recorded").rows() == [
        (2, 2, 1),
        (0, 0, 0),
    ]
    assert made.visits is not None
    assert made.visits.select("day", "done", "not_done", "not_recorded").rows() == [
        (30, "blood_count; afp_measured; abdomen", "", ""),
        (65, "blood_count; abdomen", "afp_measured", ""),
        (100, "blood_count; abdomen", "", "afp_measured"),
        (135, "blood_count", "abdomen", "afp_measured"),
        (170, "blood_count; afp_measured; abdomen", "", ""),
    ]


def test_without_content_nothing_is_said_of_it() -> None:
    made = derive(records([person()], visits=visits("P1", 30, afp_measured="no")))
    assert one(made)["complete"] is one(made)["incomplete"] is one(made)["content_not_recorded"] is None


# --- what must not matter -----------------------------------------------------------------------------------


def cohort() -> Records:
    people = [person(f"P{at}", death_date=day(100 + 40 * at) if at % 2 else None) for at in range(6)]
    rows = [
        row
        for at in range(6)
        for row in visits(f"P{at}", *range(25 + at, 400, 30 + 7 * at), afp_measured="yes" if at % 3 else None)
    ]
    return records(people, visits=rows, responses=scans(START, "P2", (95, "SD"), (180, "PD")))


def shown(endpoint: Endpoint) -> tuple[pl.DataFrame, pl.DataFrame]:
    assert endpoint.visits is not None
    return endpoint.frame.drop("detail").sort("patient"), endpoint.visits.sort("patient", "day")


def test_shifted_dates_and_shuffled_rows_change_nothing() -> None:
    before = shown(derive(cohort(), content=["afp_measured"], cutoff=day(350)))
    late = shown(derive(moved(cohort(), days=400), content=["afp_measured"], cutoff=day(750)))
    for one_frame, other in zip(before, late, strict=True):
        assert_frame_equal(one_frame, other)
    for seed in (1, 2):
        mixed = shown(derive(shuffled(cohort(), seed=seed), content=["afp_measured"], cutoff=day(350)))
        for one_frame, other in zip(before, mixed, strict=True):
            assert_frame_equal(one_frame, other)


def test_parts_of_the_patients_put_together_are_the_whole() -> None:
    held = cohort()
    protocol = study(endpoints={"plan": SPEC})
    parts = [
        DERIVE[Schedule]("plan", protocol.endpoints["plan"], protocol, held, part)
        for part in (held.patients[:2], held.patients[2:])
    ]
    for one_frame, other in zip(shown(parts[0] + parts[1]), shown(derive(held)), strict=True):
        assert_frame_equal(one_frame, other)


def test_every_count_is_that_of_the_visits() -> None:
    made = derive(cohort(), cutoff=day(350))
    assert made.visits is not None
    for row in made.frame.iter_rows(named=True):
        own = made.visits.filter(pl.col("patient") == row["patient"])
        timings = own["timing"].to_list()
        assert row["attended"] == len(timings)
        assert row["due"] == sum(timing != "early" for timing in timings) + row["missed"]
        assert row["days_followed"] == own["interval"].sum() + row["days_since_last"]


# --- responses derived from lesions -------------------------------------------------------------------------

PLAN = """\
  plan:
    {kind: schedule, label: Imaging follow-up, start: first_tace, visits: TABLE, due: [28, 42], on_time: [21, 49],
     late_until: 98, response: response, until: [{first: responses, where: {response: [PD]}, reason: progression}]}
analyses:"""


@pytest.mark.parametrize("table", ["imaging", "responses"])
def test_progression_derived_from_lesions_ends_follow_up(tmp_path: Path, table: str) -> None:
    """P1: 60 mm on day 33, 100 mm on day 68, a growth by two thirds; the scan of day 110 comes after the end."""
    late = ("P1", "S3", "2018-04-30", "CT", "yes", "A")
    grown = [
        *changed(LESIONS, 4, LESIONS_HEADER, Viable=100),
        ("P1", "S3", "T", "liver", "target", None, 110, 60, None),
    ]
    text = STUDY.replace("analyses:", PLAN.replace("TABLE", table))
    path = write_study(tmp_path, text=text, imaging=(*IMAGING, late), lesions=grown)
    made = calliper.load(path).outcome.derived.endpoints["plan"]
    first, second = made.frame.to_dicts()
    assert (first["days_followed"], first["attended"], first["reason"]) == (68, 2, "progression")
    assert first["detail"] == "progression on 2018-03-19"
    # P2: one scan on day 32, then none to the cut-off
    assert (second["attended"], second["on_time"], second["reason"]) == (1, 1, "data cut-off")
