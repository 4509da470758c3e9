"""The register of edge cases of response, E1 to E14, one test each; all are worked by hand. Index is day 0."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import calliper
from calliper.derivations import derive_endpoints
from calliper.records.tables import Records
from derivations.test_response_from_lesions import (
    RECIST,
    SPEC,
    START,
    at_landmarks,
    fresh,
    other,
    overall,
    person,
    scan,
    scans_of,
    target,
)
from hand_records import long_rows, study
from lesion_study import lesion, write_study
from raw_study import lines

TTP = {
    "kind": "time_to_event",
    "label": "Time to progression",
    "short": "TTP",
    "unit": "days",
    "start": "first_tace",
    "events": [{"first": "responses", "where": {"response": ["PD"]}, "reason": "progression"}],
    "assessments": {"response": "r"},
}


def ttp(held: Records, response: dict[str, Any] = SPEC) -> tuple[float, int]:
    protocol = study(endpoints={"ttp": TTP, "r": response})
    (row,) = derive_endpoints(protocol, held, held.patients)["ttp"].frame.to_dicts()
    return row["time"], row["event"]


def test_e1_a_scan_between_baseline_and_the_start_is_ignored() -> None:
    """It has no lesion of baseline: neither a new nadir nor a response; growth is held against 100 mm."""
    held = person(
        scan(-12, target("T", 100)), scan(-3, fresh("N", 20, "typical")), scan(30, target("T", 110))
    )
    assert scans_of(held).select("day", "baseline_mm", "nadir_mm", "overall").rows() == [
        (30, 100.0, 100.0, "SD")
    ]


def test_e2_of_two_scans_of_a_day_and_no_modality_of_baseline_the_one_with_arterial_phase_wins() -> None:
    held = person(
        scan(0, target("T", 50), modality="MRI"),
        scan(30, target("T", 10), arterial_phase="no"),
        scan(30, target("T", 40), arterial_phase="yes"),
    )
    assert scans_of(held).select("sum_mm", "overall").rows() == [(40.0, "SD")]


def test_e3_another_modality_is_allowed_and_flagged() -> None:
    held = person(scan(0, target("T", 50)), scan(30, target("T", 30), modality="MRI"))
    assert scans_of(held).select("overall", "flags").rows() == [("PR", "MODALITY_SWITCH")]


def test_e4_a_scan_without_contrast_is_not_evaluable_by_mrecist() -> None:
    held = person(scan(0, target("T", 50)), scan(30, target("T", 20), arterial_phase="no"))
    assert (overall(held), overall(held, RECIST)) == (["NE"], ["PR"])


def test_e5_a_scan_after_the_cut_off_is_ignored() -> None:
    held = person(scan(0, target("T", 50)), scan(902, target("T", 30)), scan(903, target("T", 90)))
    assert scans_of(held).select("day", "overall").rows() == [(902, "PR")]
    assert ttp(held) == (902, 0)


def test_e6_progression_by_clinical_judgement_is_no_objective_progression() -> None:
    seen = [
        {"patient": "P", "date": START + timedelta(days=day), "response": text}
        for day, text in ((30, "SD"), (60, "clinical"), (90, "SD"))
    ]
    held = person(scan(0, target("T", 50)), responses=seen)
    recorded = {
        **{key: SPEC[key] for key in ("kind", "label", "criteria", "start")},
        "codes": {"SD": "SD", "clinical": "NE"},
        "landmarks": {"best": {"label": "Best", "best": "unconfirmed"}},
    }
    assert ttp(held, recorded) == (90, 0)


def test_e7_a_rise_of_afp_alone_is_no_progression() -> None:
    held = person(scan(0, target("T", 50)), scan(30, target("T", 45)), scan(60, target("T", 45)))
    visits = [
        {"patient": "P", "date": START + timedelta(days=day), "afp": value}
        for day, value in ((-2, 30.0), (30, 900.0), (60, 20000.0))
    ]
    rising = Records({**held.tables, "visits": long_rows("visits", visits)}, (), (), (), {})
    assert overall(rising) == ["SD", "SD"]
    assert ttp(rising) == (60, 0)


def test_e8_a_target_treated_elsewhere_is_not_evaluable_from_then_on() -> None:
    held = person(
        scan(0, target("T", 50), target("U", 30)),
        scan(30, target("T", 0, status="removed"), target("U", 30)),
        scan(60, target("T", 0), target("U", 29)),
        scan(90, target("T", 0), target("U", 96)),
    )
    assert overall(held) == ["NE", "NE", "PD"], "96 mm of U alone are 20% above the 80 of baseline"


def test_e9_a_category_without_a_sum_is_kept_beside_the_derived_one() -> None:
    held = person(
        scan(0, target("T", 50)),
        scan(30, target("T", None)),
        responses=[{"patient": "P", "date": START + timedelta(days=30), "response": "PR"}],
    )
    found = scans_of(held).select("sum_mm", "response", "recorded", "agrees")
    assert found.rows() == [(None, "NE", "PR", False)]


def test_e10_a_baseline_sum_of_zero_is_an_error(tmp_path: Path) -> None:
    found = calliper.load(write_study(tmp_path, **lesion(2, Viable=0))).check()
    assert [line.partition(": ")[2] for line in lines(found)] == [
        "the target lesions add up to 0 mm at baseline; correct the diameters, or record them as non-target"
    ]


def test_e11_a_response_after_progression_changes_nothing() -> None:
    held = person(scan(0, target("T", 50)), scan(30, target("T", 60)), scan(85, target("T", 20)))
    assert scans_of(held).select("overall", "flags").rows() == [("PD", ""), ("PR", "AFTER_PD")]
    found = at_landmarks(held)
    assert [found[name][0] for name in ("month_1", "month_3", "best", "confirmed")] == ["PD"] * 4
    assert ttp(held) == (30, 1)


def test_e12_centimetres_are_a_query(tmp_path: Path) -> None:
    found = calliper.load(write_study(tmp_path, **lesion(2, Whole=2.9, Viable=2.9))).check()
    assert any(
        "target lesion T measures 2.9 mm, as if in centimetres" in line for line in lines(found, "query")
    )


@pytest.mark.parametrize(
    ("readers", "mm"), [(["A", "B", "adjudicator"], 40.0), (["adjudicator", "A", "B"], 20.0)]
)
def test_e13_the_adjudicator_wins_where_named_first(readers: list[str], mm: float) -> None:
    both = [
        scan(day, target("T", size), reader=reader)
        for day, sizes in ((0, (50, 48, 60)), (30, (40, 30, 20)))
        for reader, size in zip(("A", "B", "adjudicator"), sizes, strict=True)
    ]
    spec = SPEC | {"lesions": {"rules": "mRECIST_2010", "readers": readers}}
    assert scans_of(person(*both), spec)["sum_mm"].to_list() == [mm]


def test_e14_progression_of_another_lesion_counts_from_the_day_that_shows_it() -> None:
    lung = other("L", "present", organ="LUNG")
    held = person(
        scan(0, target("T", 50), lung),
        scan(30, {**lung, "status": "progressed"}, visit="V1"),
        scan(34, target("T", 50), visit="V1"),
    )
    assert scans_of(held).select("day", "overall", "rule").rows() == [(30, "PD", "O3")]
