"""A first or last date of a table's rows as a variable of the patient: by hand, and against a plain loop."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calliper.derivations import derive_endpoints
from calliper.derivations.baseline import derive_baseline
from calliper.protocol.specs import RowDate
from hand_records import records, study

PATIENTS = [{"patient": name, "first_tace": date(2019, 1, 1)} for name in ("P1", "P2", "P3")]
DOSES = [
    {"patient": "P1", "drug": "sorafenib", "start": date(2019, 3, 1), "end": date(2019, 4, 30)},
    {"patient": "P1", "drug": "sorafenib", "start": date(2019, 1, 5), "end": date(2019, 2, 28)},
    {"patient": "P1", "drug": "DEB-TACE", "start": date(2018, 12, 1), "end": None},
    {"patient": "P2", "drug": "DEB-TACE", "start": date(2019, 1, 1), "end": None},
    {"patient": "P9", "drug": "sorafenib", "start": date(2017, 1, 1), "end": None},
]
TABLET = {"drug": ["sorafenib"]}


def derived(spec: dict[str, Any], *, doses: list[dict[str, Any]] = DOSES, **others: Any) -> pl.DataFrame:
    made = study(derived={"day": {"label": "A day", **spec}, **others})
    return derive_baseline(made, records(PATIENTS, exposure=doses))


@pytest.mark.parametrize(
    ("spec", "days"),
    [
        ({"first": "exposure"}, [date(2018, 12, 1), date(2019, 1, 1), None]),
        ({"last": "exposure"}, [date(2019, 3, 1), date(2019, 1, 1), None]),
        ({"first": "exposure", "where": TABLET}, [date(2019, 1, 5), None, None]),
        ({"last": "exposure", "where": TABLET, "role": "end"}, [date(2019, 4, 30), None, None]),
        ({"first": "exposure", "where": TABLET, "role": "end"}, [date(2019, 2, 28), None, None]),
        ({"first": "visits"}, [None, None, None]),
    ],
)
def test_the_first_and_the_last_of_a_patients_rows(spec: dict[str, Any], days: list[date | None]) -> None:
    frame = derived(spec)
    assert frame["patient"].to_list() == ["P1", "P2", "P3"]
    assert frame["day"].to_list() == days
    assert frame.schema["day"] == pl.Date


def test_what_is_below_it_may_use_it() -> None:
    delay = {"from_date": "first_tace", "to_date": "day", "label": "Delay"}
    treated = {"rule": "day is not missing", "label": "Had a tablet"}
    frame = derived({"first": "exposure", "where": TABLET}, delay=delay, treated=treated)
    assert frame["delay"].to_list() == [4.0, None, None]
    assert frame["treated"].to_list() == ["Yes", "No", "No"]


def test_the_row_is_named_and_of_two_on_one_day_the_first_of_the_file() -> None:
    doses = [
        {"patient": "P1", "drug": drug, "start": date(2019, 1, 5)} for drug in ("sorafenib", "regorafenib")
    ]
    for spec in ({"first": "exposure"}, {"last": "exposure"}):
        assert derived(spec, doses=doses)["_source.day"].to_list() == [
            "two.xlsx, sheet 'exposure', row 2",
            None,
            None,
        ]


def test_a_completed_date_keeps_its_flag() -> None:
    held = records(PATIENTS, exposure=DOSES)
    marked = held.tables["exposure"].with_columns(pl.Series("_imputed.start", [None, "D", None, None, None]))
    made = study(derived={"day": {"label": "A day", "first": "exposure", "where": TABLET}})
    frame = derive_baseline(made, type(held)({**held.tables, "exposure": marked}, (), (), (), {}))
    assert frame["_imputed.day"].to_list() == ["D", None, None]


def test_an_endpoint_that_ends_on_it_names_the_row() -> None:
    time = {"kind": "time_to_event", "label": "A time", "short": "T", "unit": "days", "start": "first_tace",
            "events": [{"date": "day", "reason": "first tablet"}]}  # fmt: skip
    time["censor"] = [{"date": "first_tace", "reason": "no tablet"}]
    first = {"first": "exposure", "where": TABLET, "label": "First tablet"}
    made = study(derived={"day": first}, endpoints={"time": time})
    held = records(PATIENTS, exposure=DOSES)
    frame = derive_endpoints(made, held, derive_baseline(made, held))["time"].frame
    assert frame.select("patient", "time", "source").rows() == [
        ("P1", 4.0, "two.xlsx, sheet 'exposure', row 3"),
        ("P2", 0.0, "one.csv, row 3"),
        ("P3", 0.0, "one.csv, row 4"),
    ]


rows = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P2", "P3"]),
        st.sampled_from(["sorafenib", "DEB-TACE", None]),
        st.none() | st.integers(0, 30),
    ),
    max_size=12,
)


@given(rows=rows, is_first=st.booleans(), shift=st.integers(-400, 400))
def test_as_a_plain_loop_has_it_and_shifted_as_the_dates_are(
    rows: list[tuple[str, str | None, int | None]], *, is_first: bool, shift: int
) -> None:
    day_0 = date(2019, 1, 1) + timedelta(days=shift)
    doses = [
        {
            "patient": patient,
            "drug": drug,
            "start": None if after is None else day_0 + timedelta(days=after),
        }
        for patient, drug, after in rows
    ]
    found = derived({"first" if is_first else "last": "exposure", "where": TABLET}, doses=doses)
    for patient, day in found.select("patient", "day").iter_rows():
        held = [
            after
            for name, drug, after in rows
            if name == patient and drug == "sorafenib" and after is not None
        ]
        pick = min if is_first else max
        assert day == (day_0 + timedelta(days=pick(held)) if held else None)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"label": "A day"}, "expected exactly one of first and last"),
        ({"label": "A day", "first": "visits", "last": "visits"}, "expected exactly one of first and last"),
        (
            {"label": "A day", "first": "visits", "role": "end"},
            "found role: end; expected it only with first or last of adverse_events, exposure or other_therapy",
        ),
    ],
)
def test_one_table_and_a_role_that_it_has(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        RowDate.model_validate(spec)
