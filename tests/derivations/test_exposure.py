"""Exposure to a drug: worked examples from rows to the frame, what ends it, what is refused, what must not matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from calliper.protocol.specs import Exposure
from calliper.records.dates import flag_column
from calliper.records.tables import Records
from hand_records import CUTOFF, moved, records, shuffled, study

START = date(2018, 1, 1)
"""The first chemoembolisation; the drug begins on day 3 unless said."""

SPEC: dict[str, Any] = {
    "kind": "exposure",
    "label": "Sorafenib",
    "start": "first_tace",
    "drugs": ["Sorafenib", "Nexavar"],
    "planned_mg_per_day": 800,
    "until": [{"date": "death_date", "reason": "death"}, {"last": "contacts", "reason": "the last contact"}],
}


def derive(
    held: Records, *, cutoff: date | None = CUTOFF, patients: pl.DataFrame | None = None, **spec: Any
) -> Endpoint:
    protocol = study(endpoints={"drug": {**SPEC, **spec}}, cutoff=cutoff)
    included = held.patients if patients is None else patients
    return DERIVE[Exposure]("drug", protocol.endpoints["drug"], protocol, held, included)


def day(at: int) -> date:
    return START + timedelta(days=at)


def row(patient: str, first: int, last: int | None, dose: float | None, **more: Any) -> dict[str, Any]:
    end = None if last is None else day(last)
    return {"patient": patient, "drug": "Sorafenib", "start": day(first), "end": end, "dose": dose, **more}


def stretches(patient: str, *held: tuple[int, float], first: int = 3) -> list[dict[str, Any]]:
    """Rows one after the other, (days, mg a day); the last has an end as all have."""
    made = []
    for days, mg in held:
        made.append(row(patient, first, first + days - 1, mg))
        first += days
    return made


def person(patient: str = "P1", **more: Any) -> dict[str, Any]:
    return {"patient": patient, "first_tace": START, **more}


def one(endpoint: Endpoint) -> Mapping[str, Any]:
    (found,) = endpoint.frame.to_dicts()
    return found


def problems(held: Records, **more: Any) -> list[str]:
    with pytest.raises(DataError) as raised:
        derive(held, **more)
    return list(raised.value.problems)


# --- worked examples ----------------------------------------------------------------------------------------

WORKED = {
    "D1": (((60, 800),), (60, 60, 48000, 100.0, 800.0, 800.0), (0, None, 0, 0)),
    "D2": (
        ((30, 800), (7, 0), (20, 400), (33, 800)),
        (90, 83, 58400, 81.11, 648.89, 703.61),
        (1, 40, 1, 7),
    ),
    "D3": (((30, 800), (30, 400)), (60, 60, 36000, 75.0, 600.0, 600.0), (1, 33, 0, 0)),
    "D4": (((21, 800), (7, 0), (62, 800)), (90, 83, 66400, 92.22, 737.78, 800.0), (0, None, 1, 7)),
    "D5": (((10, 800), (50, 0), (30, 400)), (90, 40, 20000, 27.78, 222.22, 500.0), (1, 63, 1, 50)),
}
"""Days x mg; duration, days on the drug, mg in all, RDI %, mg a day, without pauses; reductions and the day of the
first (the drug begins on day 3), pauses and the longest."""


@pytest.mark.parametrize("name", WORKED)
def test_worked_examples(name: str) -> None:
    held, sums, changes = WORKED[name]
    found = one(derive(records([person()], exposure=stretches("P1", *held))))
    assert (found["duration_days"], found["on_drug_days"], found["cumulative_mg"]) == sums[:3]
    rates = (found["rdi_percent"], found["mean_daily_mg"], found["mean_daily_mg_without_pauses"])
    assert tuple(round(rate, 2) for rate in rates) == sums[3:]
    names = ("reductions", "first_reduction_day", "interruptions", "longest_interruption_days")
    assert tuple(found[name] for name in names) == changes
    assert (found["first_day"], found["last_day"]) == (3, 2 + sums[0])
    assert (found["is_ongoing"], found["reason"], found["days_unrecorded"]) == (False, "stopped", 0)


def test_the_records_are_named() -> None:
    found = one(derive(records([person()], exposure=stretches("P1", *WORKED["D3"][0]))))
    assert found["source"] == "two.xlsx, sheet 'exposure', row 2; two.xlsx, sheet 'exposure', row 3"
    assert found["detail"] is None


# --- who, and from when -------------------------------------------------------------------------------------


def test_patients_of_the_arms_alone_have_a_row_and_one_who_never_started_has_nulls() -> None:
    held = records(
        [person("P1"), person("P2"), person("P3", arm="b"), {"patient": "P4", "first_tace": None}],
        exposure=[
            *stretches("P1", (5, 800)),
            row("P2", 3, 9, 0.0),
            row("P3", 3, 9, 800.0),
            row("P4", 3, 9, 800.0),
        ],
    )
    frame = derive(held, arms=["a"]).frame
    assert frame.select("patient", "first_day", "is_ongoing", "reason").rows() == [
        ("P1", 3, False, "stopped"),
        ("P2", None, None, "never started"),
        ("P4", None, None, "start not recorded"),
    ]
    numbers = frame.drop("patient", "reason", "detail", "source").rows()
    assert set(numbers[1]) == set(numbers[2]) == {None}
    assert derive(held).frame["patient"].to_list() == ["P1", "P2", "P3", "P4"]


def test_doses_before_the_start_are_left_out_and_said() -> None:
    """Ten days from day -5: five of them from the start on; and a patient whose earlier course had ended."""
    held = records(
        [person("P1"), person("P2")],
        exposure=[
            row("P1", -5, 4, 800),
            row("P1", 5, 9, 400),
            row("P2", -90, -60, 800),
            row("P2", 3, 12, 800),
        ],
    )
    first, second = derive(held).frame.to_dicts()
    assert (first["first_day"], first["duration_days"], first["cumulative_mg"]) == (0, 10, 6000)
    assert (first["was_on_before"], second["was_on_before"]) == (True, False)
    assert (second["first_day"], second["duration_days"]) == (3, 10)


def test_other_drugs_and_rows_without_a_start_or_after_the_cut_off_do_not_count() -> None:
    after = (CUTOFF - START).days + 1
    rows = [
        row("P1", 3, 9, 800),
        row("P1", 1, 30, 100, drug="Lenvatinib"),
        {**row("P1", 0, 40, 800), "start": None},
        row("P1", after, None, 9999),
        row("P1", 10, 19, 400, drug="Nexavar"),
    ]
    found = one(derive(records([person()], exposure=rows)))
    assert (found["duration_days"], found["cumulative_mg"]) == (17, 7 * 800 + 10 * 400)


# --- what ends it -------------------------------------------------------------------------------------------

LAST = (CUTOFF - START).days


@pytest.mark.parametrize(
    ("end", "more", "contact", "expected"),
    [
        (40, {}, None, (40, False, "stopped")),
        (None, {}, None, (LAST, True, "ongoing at the data cut-off")),
        (LAST, {}, None, (LAST, True, "ongoing at the data cut-off")),
        (LAST + 30, {}, None, (LAST, True, "ongoing at the data cut-off")),
        (None, {}, 100, (100, True, "ongoing when last seen: the last contact")),
        (None, {}, LAST + 5, (LAST, True, "ongoing at the data cut-off")),
        (None, {"death_date": day(90)}, None, (90, False, "no end recorded, taken until: death")),
        # who died was last seen that day
        (None, {"death_date": day(90)}, 90, (90, False, "no end recorded, taken until: death")),
        (None, {"death_date": day(90)}, 60, (60, True, "ongoing when last seen: the last contact")),
        (None, {"death_date": CUTOFF}, None, (LAST, False, "no end recorded, taken until: death")),
        (None, {"death_date": day(LAST + 1)}, None, (LAST, True, "ongoing at the data cut-off")),
        # an end that is recorded needs no contact after it
        (80, {}, 40, (80, False, "stopped")),
    ],
)
def test_what_ends_a_period(
    end: int | None, more: dict[str, Any], contact: int | None, expected: tuple[int, bool, str]
) -> None:
    contacts = [{"patient": "P1", "date": day(contact)}] if contact is not None else []
    held = records([person(**more)], exposure=[row("P1", 3, end, 800)], contacts=contacts)
    found = one(derive(held))
    assert (found["last_day"], found["is_ongoing"], found["reason"]) == expected


def test_a_pause_that_no_dose_followed_says_why_it_was_stopped() -> None:
    rows = [row("P1", 3, 40, 800, reason="start"), row("P1", 41, None, 0, reason="adverse_event")]
    found = one(derive(records([person(death_date=day(41))], exposure=rows)))
    assert (found["last_day"], found["duration_days"]) == (40, 38)
    assert (found["is_ongoing"], found["reason"]) == (False, "stopped: adverse event")
    assert found["interruptions"] == 0


def test_without_a_cut_off_the_last_contact_ends_an_open_period() -> None:
    held = records(
        [person()], exposure=[row("P1", 3, None, 800)], contacts=[{"patient": "P1", "date": day(50)}]
    )
    assert one(derive(held, cutoff=None))["last_day"] == 50


def test_days_between_rows_are_counted_as_unrecorded_and_without_a_dose() -> None:
    found = one(derive(records([person()], exposure=[row("P1", 3, 12, 800), row("P1", 20, 29, 800)])))
    assert (found["days_unrecorded"], found["duration_days"], found["on_drug_days"]) == (7, 27, 20)
    assert (found["interruptions"], found["longest_interruption_days"]) == (1, 7)


def test_a_date_that_was_completed_is_said_to_be() -> None:
    held = records([person()], exposure=[row("P1", 3, 12, 800), row("P1", 13, 29, 800)])
    table = held.tables["exposure"].with_columns(
        pl.Series(flag_column("start"), ["D", None]), pl.Series(flag_column("end"), [None, None], pl.String)
    )
    found = one(derive(Records({**held.tables, "exposure": table}, (), (), (), {})))
    assert (
        found["detail"] == "start of 2018-01-04: day of the month imputed (two.xlsx, sheet 'exposure', row 2)"
    )


# --- what is refused ----------------------------------------------------------------------------------------

HERE = "two.xlsx, sheet 'exposure', row {}: patient {}: Sorafenib from {} {}"


def test_every_fault_is_told_at_once_with_its_row() -> None:
    held = records(
        [person("P1"), person("P2"), person("P3", death_date=day(30)), person("P4", death_date=day(30))],
        exposure=[
            row("P1", 3, 30, 800),
            row("P1", 30, 40, 400),
            row("P2", 3, 30, None),
            row("P2", 31, 40, 1000),
            row("P3", 3, 31, 800),
            row("P4", 31, None, 800),
        ],
    )
    assert problems(held) == [
        HERE.format(
            3, "P1", "2018-01-31",
            "shares days with the period from 2018-01-04, which ends on 2018-01-31 (two.xlsx, sheet 'exposure', "
            "row 2); end one of them the day before the other begins",
        ),
        HERE.format(4, "P2", "2018-01-04", "has no dose; fill in the mg of a day, 0 for a pause"),
        HERE.format(
            5, "P2", "2018-02-01",
            "is of 1000 mg a day, more than the 800 mg planned; correct the dose, or planned_mg_per_day in the study "
            "file",
        ),
        HERE.format(
            6, "P3", "2018-01-04", "ends on 2018-02-01, after 2018-01-31 (death); correct one of the dates"
        ),
        HERE.format(
            7, "P4", "2018-02-01",
            "has no end, and begins after 2018-01-31 (death); fill in the end, or correct one of the dates",
        ),
    ]  # fmt: skip


def test_a_period_without_an_end_cannot_be_followed_by_another() -> None:
    held = records(
        [person()], exposure=[row("P1", 3, None, 800), row("P1", 10, 12, 400), row("P1", 50, 60, 0)]
    )
    assert [line.split(" shares days ")[1] for line in problems(held)] == [
        "with the period from 2018-01-04, which has no end (two.xlsx, sheet 'exposure', row 2); end one of them the "
        "day before the other begins"
    ] * 2


def test_a_period_whose_end_nothing_tells() -> None:
    held = records([person()], exposure=[row("P1", 3, None, 800)])
    (told,) = problems(held, cutoff=None)
    assert told == HERE.format(
        2, "P1", "2018-01-04",
        "has no end, and nothing says until when it lasted; fill in the end, or declare study.cutoff or until",
    )  # fmt: skip


def test_a_period_that_begins_after_the_patient_was_last_seen() -> None:
    held = records(
        [person()], exposure=[row("P1", 30, None, 800)], contacts=[{"patient": "P1", "date": day(29)}]
    )
    (told,) = problems(held)
    assert "has no end, and begins after 2018-01-30 (the last contact); fill in the end" in told


def test_rows_of_patients_who_are_not_in_the_arms_are_not_judged() -> None:
    held = records([person(), person("P2", arm="b")], exposure=[row("P1", 3, 9, 800), row("P2", 3, 9, 9999)])
    assert derive(held, arms=["a"]).frame["patient"].to_list() == ["P1"]


# --- what must not matter -----------------------------------------------------------------------------------

MIXED = records(
    [person(f"P{at}") for at in range(1, 5)],
    exposure=[
        *stretches("P1", *WORKED["D2"][0]),
        *stretches("P2", *WORKED["D5"][0], first=-4),
        row("P3", 7, None, 400),
    ],
    contacts=[{"patient": "P3", "date": day(60)}],
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    again = derive(shuffled(MIXED, seed=seed), patients=MIXED.patients)
    assert_frame_equal(again.frame, derive(MIXED).frame)


def test_dates_that_all_move_leave_the_days() -> None:
    later = derive(moved(MIXED, days=100), cutoff=CUTOFF + timedelta(days=100))
    assert_frame_equal(later.frame, derive(MIXED).frame)


def test_the_parts_of_a_cohort_add_up_to_it() -> None:
    parts = [derive(MIXED, patients=MIXED.patients.slice(at, n)) for at, n in ((0, 1), (1, 3))]
    assert_frame_equal((parts[0] + parts[1]).frame, derive(MIXED).frame)


DAYS = st.lists(
    st.tuples(st.integers(1, 20), st.sampled_from([0.0, 200.0, 400.0, 800.0])), min_size=1, max_size=6
)


@given(DAYS, st.integers(-30, 30))
def test_periods_cut_into_days_are_the_same_exposure(held: Sequence[tuple[int, float]], first: int) -> None:
    """Whatever the rows are cut into; and a slow count of the days from the start on agrees."""
    whole = stretches("P1", *held, first=first)
    single = [
        row("P1", at, at, piece["dose"])
        for piece in whole
        for at in range((piece["start"] - START).days, (piece["end"] - START).days + 1)
    ]
    found, cut = (derive(records([person()], exposure=rows)).frame for rows in (whole, single))
    assert_frame_equal(found.drop("source"), cut.drop("source"))
    taken = {first + at: mg for at, mg in enumerate(mg for days, mg in held for _ in range(days))}
    on = [at for at, mg in taken.items() if mg and at >= 0]
    values = one(Endpoint("drug", "exposure", found))
    if not on:
        assert values["reason"] == "never started"
        return
    assert (values["first_day"], values["last_day"]) == (on[0], on[-1])
    assert values["cumulative_mg"] == sum(taken[at] for at in on)
    assert values["was_on_before"] == (on[0] == 0 and taken.get(-1, 0) > 0)
    assert values["rdi_percent"] == pytest.approx(
        100 * values["cumulative_mg"] / (800 * (on[-1] - on[0] + 1)), rel=1e-12
    )
