"""Cuts, flags, regrouped and ruled categories, spans: by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from polars.exceptions import PolarsError

from calliper.derivations.baseline import derive_baseline
from hand_records import records, study


def derived(rows: list[dict[str, Any]], **specs: Any) -> pl.DataFrame:
    return derive_baseline(study(derived=specs), records(rows))


def ages(*values: float | None) -> list[dict[str, Any]]:
    return [{"patient": f"P{at}", "age": value} for at, value in enumerate(values)]


@pytest.mark.parametrize(
    ("closed", "groups"),
    [
        ("right", ["<65", "<65", "65-80", "65-80", ">80", None]),
        ("left", ["<65", "65-80", "65-80", ">80", ">80", None]),
    ],
)
def test_a_value_on_a_cut_belongs_to_the_closed_side(closed: str, groups: list[str | None]) -> None:
    cut = {"cut": "age", "at": [65, 80], "labels": ["<65", "65-80", ">80"], "label": "Age", "closed": closed}
    assert derived(ages(64, 65, 66, 80, 81, None), group=cut)["group"].to_list() == groups


def test_400_itself_is_not_above_400() -> None:
    cut = {"cut": "afp", "at": [400], "labels": ["≤400", ">400"], "label": "AFP"}
    rows = [{"patient": str(value), "afp": value} for value in (399.9, 400.0, 400.1)]
    assert derived(rows, group=cut)["group"].to_list() == ["≤400", "≤400", ">400"]


def test_a_flag_is_unknown_where_its_rule_is() -> None:
    rows = [
        {"patient": "old", "age": 90, "child": None},
        {"patient": "known", "age": 50, "child": "A"},
        {"patient": "unknown", "age": 50, "child": None},
    ]
    flag = {"rule": 'age > 80 or child = "B"', "label": "Frail", "labels": ["frail", "not frail"]}
    frame = derived(rows, frail=flag)
    assert frame["frail"].to_list() == ["frail", "not frail", None]
    assert frame.schema["frail"] == pl.String


def test_levels_put_together() -> None:
    rows = [{"patient": str(at), "child": level} for at, level in enumerate(["A", "B", "C", None])]
    spec = {"regroup": "child", "groups": {"A": ["A"], "B or C": ["B", "C"]}, "label": "Child-Pugh"}
    assert derived(rows, group=spec)["group"].to_list() == ["A", "B or C", "B or C", None]


def test_a_level_in_no_group_is_never_dropped() -> None:
    spec = {"regroup": "child", "groups": {"A": ["A"]}, "label": "Child-Pugh"}
    with pytest.raises(PolarsError):
        derived([{"patient": "1", "child": "C"}], group=spec)


def test_the_first_true_case_gives_the_level() -> None:
    rows: list[dict[str, Any]] = [
        {"patient": "1", "age": 85, "child": "A"},
        {"patient": "2", "age": 50, "child": "A"},
        {"patient": "3", "age": None, "child": "A"},
        {"patient": "4", "age": 50, "child": "B"},
        {"patient": "5", "age": 85, "child": None},
    ]
    spec = {
        "label": "Group",
        "cases": [{"when": "age > 80", "level": "old"}, {"when": 'child = "A"', "level": "fit"}],
    }
    assert derived(rows, group=spec)["group"].to_list() == ["old", "fit", None, None, "old"]


def test_spans_in_each_unit() -> None:
    rows = [
        {"patient": "1", "first_tace": date(2018, 1, 10), "death_date": date(2018, 6, 4)},
        {"patient": "2", "first_tace": date(2018, 1, 10), "death_date": None},
    ]
    ends = {"from_date": "first_tace", "to_date": "death_date", "label": "To death"}
    specs = {unit: {**ends, "unit": unit} for unit in ("days", "weeks", "months", "years")}
    frame = derived(rows, **specs)
    # 21 + 28 + 31 + 30 + 31 + 4 = 145 days
    assert frame.row(0, named=True)["days"] == 145.0
    assert frame.row(0, named=True)["weeks"] == pytest.approx(145 / 7, rel=1e-15)
    assert frame.row(0, named=True)["months"] == pytest.approx(4.7638604, abs=1e-7)
    assert frame.row(0, named=True)["years"] == pytest.approx(0.39698836, abs=1e-8)
    assert [frame.row(1, named=True)[unit] for unit in specs] == [None] * 4


@pytest.mark.parametrize(("unit", "days_in_unit"), [("weeks", 7.0), ("months", 30.4375), ("years", 365.25)])
def test_a_span_is_correctly_rounded_in_any_number_of_rows(unit: str, days_in_unit: float) -> None:
    rows = [
        {
            "patient": str(day),
            "first_tace": date(2018, 1, 10),
            "death_date": date(2018, 1, 10) + timedelta(days=day),
        }
        for day in range(1500)
    ]
    span = {"from_date": "first_tace", "to_date": "death_date", "label": "To death", "unit": unit}
    assert derived(rows, span=span)["span"].to_list() == [day / days_in_unit for day in range(1500)]
    assert derived(rows[835:836], span=span)["span"].to_list() == [835 / days_in_unit]


def test_a_derived_variable_may_use_an_earlier_one() -> None:
    frame = derived(
        [{"patient": "1", "age": 70, "child": "B"}],
        group={"cut": "age", "at": [65], "labels": ["young", "old"], "label": "Age"},
        frail={"rule": 'group = "old" and child = "B"', "label": "Frail"},
    )
    assert frame["frail"].to_list() == ["Yes"]


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (date(1937, 1, 10), date(2018, 1, 9), 80.0),
        (date(1937, 1, 10), date(2018, 1, 10), 81.0),
        (date(1937, 12, 31), date(2018, 1, 1), 80.0),
        (date(1960, 2, 29), date(2018, 2, 28), 57.0),
        (date(1960, 2, 29), date(2018, 3, 1), 58.0),
        (date(1960, 2, 29), date(2020, 2, 29), 60.0),
        (date(2018, 1, 10), date(2018, 1, 10), 0.0),
        (None, date(2018, 1, 10), None),
    ],
)
def test_whole_years_are_birthdays(birth: date | None, day: date, years: float | None) -> None:
    span = {
        "from_date": "death_date",
        "to_date": "first_tace",
        "label": "Age",
        "unit": "years",
        "whole": True,
    }
    frame = derived([{"patient": "1", "death_date": birth, "first_tace": day}], age=span)
    assert frame["age"].to_list() == [years]


def test_only_years_are_whole() -> None:
    span = {
        "from_date": "death_date",
        "to_date": "first_tace",
        "label": "Age",
        "unit": "months",
        "whole": True,
    }
    with pytest.raises(ValueError, match="whole: true with unit months; expected unit: years"):
        derived([], age=span)
