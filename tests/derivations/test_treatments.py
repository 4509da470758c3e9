"""Sessions and periods of treatment, counted by hand in days from the start; and rows that cannot be so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from calliper.derivations import DERIVE
from calliper.endpoints import Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Treatments
from calliper.records.dates import flag_column
from calliper.records.tables import Records
from hand_records import CUTOFF, moved, records, shuffled, study

START = date(2018, 1, 10)
ITEMS: dict[str, Any] = {
    "tace": {"label": "DEB-TACE", "drugs": ["DEB-TACE", "cTACE"], "as": "session"},
    "sorafenib": {"label": "Sorafenib", "drugs": ["Sorafenib"], "as": "period"},
}


def derive(
    held: Records, *, cutoff: date | None = CUTOFF, items: Mapping[str, Any] = ITEMS, patients: Any = None
) -> Endpoint:
    spec = {"kind": "treatments", "label": "Treatments", "start": "first_tace", "items": items}
    protocol = study(endpoints={"given": spec}, cutoff=cutoff)
    included = held.patients if patients is None else patients
    return DERIVE[Treatments]("given", protocol.endpoints["given"], protocol, held, included)


def given(patient: str, drug: str, first: int | None, last: int | None = None) -> dict[str, Any]:
    """A row by days from the start."""
    start, end = (None if day is None else START + timedelta(days=day) for day in (first, last))
    return {"patient": patient, "drug": drug, "start": start, "end": end}


def cohort(*rows: dict[str, Any], patients: int = 1) -> Records:
    people = [{"patient": f"P{at}", "first_tace": START} for at in range(1, patients + 1)]
    return records(people, exposure=rows)


def facts(endpoint: Endpoint) -> list[tuple[Any, ...]]:
    return endpoint.frame.select("patient", "treatment", "first_day", "last_day", "reason").rows()


def test_sessions_are_days_and_periods_have_two_ends() -> None:
    held = cohort(
        given("P2", "Sorafenib", 5, 40),
        given("P1", "Sorafenib", 3, 30),
        given("P1", "cTACE", 60, 60),
        given("P1", "DEB-TACE", 0),
        patients=3,
    )
    made = derive(held)
    assert facts(made) == [
        ("P1", "tace", 0, 0, "session"),
        ("P1", "tace", 60, 60, "session"),
        ("P1", "sorafenib", 3, 30, "period"),
        ("P2", "sorafenib", 5, 40, "period"),
    ]
    assert made.frame["source"].to_list() == [f"two.xlsx, sheet 'exposure', row {n}" for n in (5, 4, 3, 2)]


def test_what_began_before_the_start_or_after_the_cut_off_is_not_read() -> None:
    after = (CUTOFF - START).days
    held = cohort(
        given("P1", "DEB-TACE", -1),
        given("P1", "Sorafenib", -30, 20),
        given("P1", "DEB-TACE", after),
        given("P1", "DEB-TACE", after + 1),
        given("P1", "Sorafenib", after + 1, after + 9),
    )
    assert facts(derive(held)) == [("P1", "tace", after, after, "session")]


def test_an_end_after_the_cut_off_is_cut_and_said_and_one_not_recorded_is_not_known() -> None:
    after = (CUTOFF - START).days
    held = cohort(
        given("P1", "Sorafenib", 10, after + 50),
        given("P2", "Sorafenib", 10),
        given("P3", "Sorafenib", 10, after),
        patients=3,
    )
    assert facts(derive(held)) == [
        ("P1", "sorafenib", 10, after, "period, cut at the data cut-off"),
        ("P2", "sorafenib", 10, None, "period, no end recorded"),
        ("P3", "sorafenib", 10, after, "period"),
    ]
    assert facts(derive(held, cutoff=None))[0] == ("P1", "sorafenib", 10, after + 50, "period")


def test_rows_of_one_day_are_one_session_of_both_records() -> None:
    held = cohort(given("P1", "DEB-TACE", 7), given("P1", "cTACE", 7))
    made = derive(held)
    assert facts(made) == [("P1", "tace", 7, 7, "session of 2 records")]
    assert (
        made.frame["source"].item() == "two.xlsx, sheet 'exposure', row 2; two.xlsx, sheet 'exposure', row 3"
    )


def test_rows_without_a_start_patients_without_one_and_other_drugs_count_for_nothing() -> None:
    held = records(
        [{"patient": "P1", "first_tace": None}, {"patient": "P2", "first_tace": START}],
        exposure=[given("P1", "DEB-TACE", 0), given("P2", "DEB-TACE", None), given("P2", "Aspirin", 1)],
    )
    assert facts(derive(held)) == []


def test_the_day_a_dose_changes_closes_one_period_and_opens_the_next() -> None:
    held = cohort(given("P1", "Sorafenib", 0, 30), given("P1", "Sorafenib", 30, 60))
    assert [row[2:4] for row in facts(derive(held))] == [(0, 30), (30, 60)]


def test_every_overlap_is_listed_with_both_rows() -> None:
    held = cohort(
        given("P1", "Sorafenib", 0, 30),
        given("P1", "Sorafenib", 10),
        given("P1", "Sorafenib", 29, 29),
        given("P2", "Sorafenib", 5, 9),
        given("P2", "Nexavar", 8, 20),
        given("P3", "Sorafenib", 0, 9),
        given("P3", "Sorafenib", 9, 12),
        patients=3,
    )
    items = {"drug": {"label": "Sorafenib", "drugs": ["Sorafenib", "Nexavar"], "as": "period"}}
    with pytest.raises(DataError) as raised:
        derive(held, items=items)
    first = "begins before the period of two.xlsx, sheet 'exposure', row 2 has ended, on 2018-02-09"
    assert list(raised.value.problems) == [
        f"two.xlsx, sheet 'exposure', row 3: patient P1: Sorafenib from 2018-01-20 {first}; correct one of the dates",
        f"two.xlsx, sheet 'exposure', row 4: patient P1: Sorafenib from 2018-02-08 {first}; correct one of the dates",
        "two.xlsx, sheet 'exposure', row 6: patient P2: Sorafenib from 2018-01-18 begins before the period of "
        "two.xlsx, sheet 'exposure', row 5 has ended, on 2018-01-19; correct one of the dates",
    ]


def test_a_session_that_ends_on_another_day_is_an_error() -> None:
    with pytest.raises(DataError) as raised:
        derive(cohort(given("P1", "DEB-TACE", 0, 3)))
    assert list(raised.value.problems) == [
        "two.xlsx, sheet 'exposure', row 2: patient P1: the session of DEB-TACE on 2018-01-10 ends on 2018-01-13; "
        "correct the end, or declare the treatment as: period"
    ]


def test_a_date_that_was_completed_is_said_to_be() -> None:
    held = cohort(given("P1", "DEB-TACE", 7), given("P1", "Sorafenib", 9, 20))
    table = held.tables["exposure"].with_columns(
        pl.Series(flag_column("start"), ["D", None]), pl.Series(flag_column("end"), [None, "M"])
    )
    made = derive(Records({**held.tables, "exposure": table}, (), (), (), {}))
    assert made.frame["reason"].to_list() == [
        "session; start: day of the month imputed",
        "period; end: month and day imputed",
    ]


MIXED = cohort(
    given("P1", "DEB-TACE", 0),
    given("P1", "DEB-TACE", 42),
    given("P1", "Sorafenib", 3, 30),
    given("P1", "Sorafenib", 30),
    given("P2", "cTACE", 1),
    given("P3", "Sorafenib", 2, 90),
    patients=3,
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    again = derive(shuffled(MIXED, seed=seed), patients=MIXED.patients)
    assert_frame_equal(again.frame, derive(MIXED).frame)


def test_dates_that_all_move_leave_the_days() -> None:
    later = derive(moved(MIXED, days=100), cutoff=CUTOFF + timedelta(days=100))
    assert_frame_equal(later.frame, derive(MIXED).frame)


def test_the_parts_of_a_cohort_add_up_to_it() -> None:
    parts = [derive(MIXED, patients=MIXED.patients.slice(at, n)) for at, n in ((0, 1), (1, 2))]
    assert_frame_equal((parts[0] + parts[1]).frame, derive(MIXED).frame)


def test_a_pause_is_no_period_and_overlaps_with_none() -> None:
    """Held for a week, then stopped for good: rows of 0 mg. A session of beads without a drug is a session."""
    rows = [
        {**given("P1", "Sorafenib", 3, 30), "dose": 800.0},
        {**given("P1", "Sorafenib", 31, 37), "dose": 0.0},
        {**given("P1", "Sorafenib", 38, 90), "dose": 800.0},
        {**given("P1", "Sorafenib", 91), "dose": 0.0},
        {**given("P1", "DEB-TACE", 0, 0), "dose": 0.0},
    ]
    made = derive(cohort(*rows))
    assert made.frame.select("treatment", "first_day", "last_day").rows() == [
        ("tace", 0, 0),
        ("sorafenib", 3, 30),
        ("sorafenib", 38, 90),
    ]
