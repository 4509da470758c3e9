"""Which value of a window counts: worked by hand, and held against plain loops over each patient's rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.derivations import DERIVE
from calliper.protocol.specs import Measurements
from derivations.toxicity_cases import CUTOFF, START, held, on
from hand_records import records, study

SPEC: dict[str, Any] = {
    "kind": "measurements",
    "label": "Laboratory values",
    "start": "first_tace",
    "items": {
        "alt": {"label": "ALT", "lab": "alt", "unit": "U/L"},
        "albumin": {"label": "Albumin", "lab": "albumin", "unit": "g/dL"},
        "ecog": {"label": "ECOG", "visit": "ecog"},
    },
    "windows": {
        "before": {"label": "Before", "days": [-28, 0]},
        "month": {"label": "1 month", "day": 28, "days": [15, 42]},
    },
}

Told = dict[tuple[str, str, str], tuple[float | None, int | None, str]]


def lab(
    day: int, value: float | None, *, test: str = "alt", unit: str | None = "U/L", patient: str = "P1"
) -> Any:
    return {"patient": patient, "date": on(day), "test": test, "value": value, "unit": unit}


def derive(*labs: Any, visits: Any = (), patients: int = 1, found: Any = None, **more: Any) -> Told:
    """By patient, item and window: the value, its day, the reason."""
    protocol = study(endpoints={"m": {**SPEC, **more}}, cutoff=CUTOFF)
    read = found if found is not None else held(patients=patients, labs=list(labs), visits=list(visits))
    frame = DERIVE[Measurements]("m", protocol.endpoints["m"], protocol, read, read.patients).frame
    return {
        (row["patient"], row["item"], row["window"]): (row["value"], row["day"], row["reason"])
        for row in frame.iter_rows(named=True)
    }


def test_the_last_before_and_the_nearest_after() -> None:
    """Days -30 (too early), -20 and 0 before; days 14 (too early), 20, 36 and 50 after: 36 and 20 are as near to 28."""
    told = derive(lab(-30, 1), lab(-20, 2), lab(0, 3), lab(14, 4), lab(20, 5), lab(36, 6), lab(50, 7))
    assert told["P1", "alt", "before"] == (3, 0, "measured")
    assert told["P1", "alt", "month"] == (5, 20, "measured")
    nearer = derive(lab(20, 5), lab(35, 6))
    assert nearer["P1", "alt", "month"] == (6, 35, "measured")


def test_of_two_on_one_day_the_later_row() -> None:
    told = derive(lab(0, 1), lab(0, 2), lab(28, 8), lab(28, 9))
    assert told["P1", "alt", "before"][0] == 2
    assert told["P1", "alt", "month"][0] == 9


def test_units_are_converted_and_one_that_is_not_known_does_not_count() -> None:
    told = derive(
        lab(0, 38, test="albumin", unit="g/L"),
        lab(-1, 12, test="albumin", unit="g/dL"),
        lab(28, 30, test="albumin", unit=None),
        lab(0, 2, unit="furlong"),
        lab(-3, 41),
    )
    assert told["P1", "albumin", "before"] == (3.8, 0, "measured")
    assert told["P1", "albumin", "month"] == (None, None, "no value with a known unit in the window")
    # the one in an unknown unit gives way to the one before it
    assert told["P1", "alt", "before"] == (41, -3, "measured")
    assert told["P1", "alt", "month"] == (None, None, "no value in the window")


def test_numbers_of_visits() -> None:
    visits = [{"patient": "P1", "date": on(30), "ecog": 1}, {"patient": "P1", "date": on(29), "ecog": None}]
    assert derive(visits=visits)["P1", "ecog", "month"] == (1, 30, "measured")


def test_without_a_start_there_are_no_days() -> None:
    found = records([{"patient": "P1", "first_tace": None}], labs=[lab(0, 3)])
    assert set(derive(found=found).values()) == {(None, None, "start not recorded")}


def test_nothing_after_the_cutoff() -> None:
    late = (CUTOFF - START).days + 1
    windows = {"late": {"label": "Late", "days": [late - 1, late]}}
    told = derive(lab(late - 1, 5), lab(late, 6), windows=windows)
    assert told["P1", "alt", "late"] == (5, late - 1, "measured")


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        ({"a": {"label": "A", "days": [5, 1]}}, "lower end first"),
        ({"a": {"label": "A", "days": [1, 5], "day": 6}}, "outside"),
        ({"a": {"label": "A", "days": [1, 5]}, "b": {"label": "B", "days": [5, 9]}}, "no value counts twice"),
    ],
)
def test_windows_that_cannot_be(windows: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        derive(windows=windows)


_labs = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P2"]),
        st.integers(-40, 60),
        st.integers(1, 500),
        st.sampled_from(["U/L", None]),
    ),
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(_labs)
def test_held_against_plain_loops(rows: list[tuple[str, int, int, str | None]]) -> None:
    told = derive(*(lab(day, value, unit=unit, patient=who) for who, day, value, unit in rows), patients=2)
    for who in ("P1", "P2"):
        own = [(day, at, value) for at, (p, day, value, unit) in enumerate(rows) if p == who and unit]
        before = [row for row in own if -28 <= row[0] <= 0]
        after = [row for row in own if 15 <= row[0] <= 42]
        last = max(before, default=None)
        nearest = min(after, key=lambda row: (abs(row[0] - 28), row[0], -row[1]), default=None)
        for window, chosen in (("before", last), ("month", nearest)):
            expected = (None, None) if chosen is None else (chosen[2], chosen[0])
            assert told[who, "alt", window][:2] == expected


@given(_labs, st.integers(-4000, 4000))
@settings(max_examples=20, deadline=None)
def test_all_dates_moved_together_move_nothing(
    rows: list[tuple[str, int, int, str | None]], days: int
) -> None:
    def at(shift: int) -> Told:
        moved = timedelta(days=shift)
        people = [{"patient": who, "first_tace": START + moved} for who in ("P1", "P2")]
        labs = [lab(day, value, unit=unit, patient=who) for who, day, value, unit in rows]
        for row in labs:
            row["date"] += moved
        protocol_cutoff = CUTOFF + moved
        protocol = study(endpoints={"m": SPEC}, cutoff=protocol_cutoff)
        read = records(people, labs=labs)
        frame = DERIVE[Measurements]("m", protocol.endpoints["m"], protocol, read, read.patients).frame
        return {
            (row["patient"], row["item"], row["window"]): (row["value"], row["day"], row["reason"])
            for row in frame.iter_rows(named=True)
        }

    assert at(0) == at(days)


ALBI = {"albi": {"label": "ALBI", "score": "hcc.albi", "decimals": 2}}


def test_albi_of_bilirubin_and_albumin_of_one_day() -> None:
    """0.66 log10(20) - 0.085 x 40 = 0.85868 - 3.4 = -2.54132, in whatever units; on day 28 albumin alone."""
    told = derive(
        lab(0, 20, test="bilirubin", unit="umol/L"),
        lab(0, 4.0, test="albumin", unit="g/dL"),
        lab(-1, 900, test="bilirubin", unit="umol/L"),
        lab(28, 40, test="albumin", unit="g/L"),
        items=ALBI,
    )
    score, day, reason = told["P1", "albi", "before"]
    assert score == pytest.approx(-2.54132, abs=1e-5)
    assert (day, reason) == (0, "measured")
    assert told["P1", "albi", "month"] == (None, None, "no value in the window")


def test_of_two_albumins_of_one_day_the_later_row_and_no_score_that_no_patient_has() -> None:
    told = derive(
        lab(0, 10, test="bilirubin", unit="umol/L"),
        lab(0, 30, test="albumin", unit="g/L"),
        lab(0, 40, test="albumin", unit="g/L"),
        lab(28, 10, test="bilirubin", unit="umol/L"),
        lab(28, 40, test="albumin", unit="g/dL"),
        items=ALBI,
    )
    assert told["P1", "albi", "before"][0] == pytest.approx(0.66 - 3.4)
    assert told["P1", "albi", "month"] == (
        None,
        None,
        "no score in the window: its values or units cannot be right",
    )
