"""Response from lesions, patient by patient: baseline, nadir, new lesions dated back, landmarks, flags."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from calliper.derivations import DERIVE, derive_endpoints
from calliper.endpoints import Endpoint
from calliper.protocol.specs import Response
from calliper.records.tables import Records
from hand_records import CUTOFF, records, shuffled, study

START = date(2018, 1, 10)
LANDMARKS = {
    "month_1": {"label": "1 month", "day": 30, "window": [21, 45]},
    "month_3": {"label": "3 months", "day": 91, "window": [70, 112]},
    "best": {"label": "Best", "best": "unconfirmed"},
    "confirmed": {"label": "Best, confirmed", "best": "confirmed"},
}
SPEC: dict[str, Any] = {
    "kind": "response",
    "label": "Response",
    "criteria": "mRECIST (2010)",
    "start": "first_tace",
    "lesions": {"rules": "mRECIST_2010"},
    "landmarks": LANDMARKS,
}
RECIST = SPEC | {"criteria": "RECIST 1.1", "lesions": {"rules": "RECIST_1_1"}}

Lesion = dict[str, Any]


def target(name: str, viable: float | None, whole: float | None = None, **more: Any) -> Lesion:
    held = {"lesion": name, "role": "target", "organ": "LIVER", "viable_mm": viable}
    return {**held, "whole_mm": viable if whole is None else whole, **more}


def other(name: str, status: str, **more: Any) -> Lesion:
    return {"lesion": name, "role": "non_target", "organ": "LIVER", "status": status, **more}


def fresh(name: str, size: float, pattern: str | None = None, **more: Any) -> Lesion:
    return {"lesion": name, "role": "new", "organ": "LIVER", "whole_mm": size, "pattern": pattern, **more}


def scan(day: int, *lesions: Lesion, **more: Any) -> tuple[int, tuple[Lesion, ...], dict[str, Any]]:
    return day, lesions, more


def person(*scans: tuple[int, tuple[Lesion, ...], dict[str, Any]], name: str = "P", **more: Any) -> Records:
    imaging, rows = [], []
    for at, (day, lesions, facts) in enumerate(scans, start=1):
        held = {"patient": name, "scan": f"S{at}", "date": START + timedelta(days=day), "modality": "CT"}
        imaging.append({**held, **facts})
        rows += [{"patient": name, "scan": f"S{at}", **lesion} for lesion in lesions]
    tables = {table: more.pop(table) for table in ("responses", "exposure") if table in more}
    patient = {"patient": name, "first_tace": START, **more}
    return records([patient], imaging=imaging, lesions=rows, **tables)


def derive(held: Records, spec: dict[str, Any] = SPEC, *, cutoff: date | None = CUTOFF) -> Endpoint:
    protocol = study(endpoints={"r": spec}, cutoff=cutoff)
    return DERIVE[Response]("r", protocol.endpoints["r"], protocol, held, held.patients)


def scans_of(held: Records, spec: dict[str, Any] = SPEC, **more: Any) -> pl.DataFrame:
    frame = derive(held, spec, **more).scans
    assert frame is not None
    return frame


def at_landmarks(held: Records, spec: dict[str, Any] = SPEC) -> dict[str, tuple[str, int | None, str]]:
    frame = derive(held, spec).frame
    return {row["landmark"]: (row["response"], row["day"], row["reason"]) for row in frame.to_dicts()}


def overall(held: Records, spec: dict[str, Any] = SPEC) -> list[str]:
    return scans_of(held, spec)["overall"].to_list()


def test_sums_changes_and_reasons_scan_by_scan() -> None:
    held = person(
        scan(-12, target("T1", 60), target("T2", 40)),
        scan(33, target("T1", 30), target("T2", 10)),
        scan(68, target("T1", 25), target("T2", 15)),
        scan(110, target("T1", 38), target("T2", 10)),
    )
    found = scans_of(held)
    columns = (
        "day",
        "sum_mm",
        "baseline_mm",
        "nadir_mm",
        "change_from_baseline",
        "change_from_nadir",
        "overall",
    )
    assert found.select(columns).rows() == [
        (33, 40.0, 100.0, 100.0, -60.0, -60.0, "PR"),
        (68, 40.0, 100.0, 40.0, -60.0, 0.0, "PR"),
        (110, 48.0, 100.0, 40.0, -52.0, 20.0, "PD"),
    ]
    assert found["reason"][2] == "sum 48 mm is +20.0% on the nadir of 40 mm (scan 2018-02-12)"
    assert found["source"][2] == "two.xlsx, sheet 'imaging', row 5"
    assert at_landmarks(held) == {
        "month_1": ("PR", 33, "scan on day 33"),
        "month_3": ("PD", 110, "scan on day 110"),
        "best": ("PR", 33, "scan on day 33"),
        "confirmed": ("PR", 33, "scan on day 33, confirmed on day 68"),
    }


def test_the_current_scan_is_no_nadir_of_its_own() -> None:
    held = person(scan(-1, target("T", 50)), scan(30, target("T", 20)), scan(60, target("T", 23)))
    assert scans_of(held)["nadir_mm"].to_list() == [50.0, 20.0]


def test_float_traps_are_exact() -> None:
    ten = person(scan(0, target("T", 28.0)), scan(30, target("T", 19.6)))
    eleven = person(
        scan(0, target("T", 115)), scan(30, target("T", 31.5)), scan(60, target("T", 12.6), target("T", 25.2))
    )
    assert overall(ten) == ["PR"]
    assert overall(eleven) == ["PR", "PR"], "two rows of one lesion are not added unless they are fragments"
    parts = [target("T", 12.6, status="fragment"), target("T", 25.2, status="fragment")]
    split = person(scan(0, target("T", 115)), scan(30, target("T", 31.5)), scan(60, *parts))
    assert overall(split) == ["PR", "PD"]


def test_the_fragments_of_one_patient_add_nothing_of_another() -> None:
    parts = [target("T", 12.0, status="fragment"), target("T", 20.0, status="fragment")]
    split = person(scan(0, target("T", 50)), scan(30, *parts), name="A")
    twice = person(scan(0, target("T", 50)), scan(30, target("T", 12.0), target("T", 20.0)), name="B")
    both = Records(
        {name: pl.concat([split.tables[name], twice.tables[name]]) for name in split.tables}, (), (), (), {}
    )
    assert scans_of(both)["sum_mm"].to_list() == [32.0, 12.0]


def test_both_criteria_from_one_data_set() -> None:
    held = person(scan(-3, target("T", 115, 115)), scan(30, target("T", 30, 110)))
    assert (overall(held), overall(held, RECIST)) == (["PR"], ["SD"])


def test_a_lesion_outside_the_liver_counts_whole_and_a_node_by_its_short_axis() -> None:
    lung = {"lesion": "L", "role": "target", "organ": "LUNG"}
    node = {"lesion": "N", "role": "target", "organ": "LN"}
    held = person(
        scan(
            -3,
            target("T", 50, 60),
            {**lung, "whole_mm": 20.0},
            {**node, "short_axis_mm": 18.0, "whole_mm": 40.0},
        ),
        scan(30, target("T", 0, 55), {**lung, "whole_mm": 0.0}, {**node, "short_axis_mm": 8.0}),
    )
    found = scans_of(held)
    assert found.select("sum_mm", "baseline_mm", "overall").rows() == [(8.0, 88.0, "CR")]
    assert found["reason"][0] == "no enhancement is left beyond nodes, the largest 8 mm"


# --- baseline -------------------------------------------------------------------------------------------------


def test_baseline_is_the_last_scan_with_lesions_on_or_before_the_start() -> None:
    held = person(scan(-30, target("T", 90)), scan(-5, target("T", 100)), scan(-2), scan(30, target("T", 70)))
    assert scans_of(held).select("scan", "baseline_mm", "overall").rows() == [("S4", 100.0, "PR")]


@pytest.mark.parametrize(
    ("day", "flags", "response"),
    [(-28, "", "PR"), (-29, "BL_OLD", "PR"), (-42, "BL_OLD", "PR"), (-43, "", "NE")],
)
def test_the_age_of_baseline(day: int, flags: str, response: str) -> None:
    found = scans_of(person(scan(day, target("T", 100)), scan(30, target("T", 50))))
    assert found.select("flags", "overall").rows() == [(flags, response)]


def test_without_a_baseline_nothing_can_be_evaluated() -> None:
    held = person(scan(30, target("T", 50), fresh("N", 30, "typical")))
    assert scans_of(held).select("overall", "reason", "sum_mm").rows() == [
        ("NE", "no baseline scan in the 42 days before First DEB-TACE", None)
    ]
    assert at_landmarks(held)["month_1"] == ("NE", 30, "scan on day 30 not evaluable") or (
        at_landmarks(held)["month_1"][0] == "NE"
    )


def test_a_target_without_a_size_at_baseline_or_a_sum_of_zero() -> None:
    lost = person(scan(0, target("T", 50), target("U", None)), scan(30, target("T", 10), target("U", 5)))
    assert scans_of(lost)["reason"][0] == "target lesion U was not measured at baseline"
    zero = person(scan(0, target("T", 0, 30)), scan(30, target("T", 10)))
    assert scans_of(zero).select("overall", "reason").rows() == [
        ("NE", "the target lesions add up to 0 mm at baseline")
    ]


def test_a_target_that_baseline_did_not_have_counts_for_nothing() -> None:
    held = person(scan(0, target("T", 50)), scan(30, target("T", 50), target("U", 40)))
    assert scans_of(held)["sum_mm"].to_list() == [50.0]


# --- what cannot be evaluated -----------------------------------------------------------------------------------


def test_a_missing_target_is_not_carried_forward() -> None:
    held = person(
        scan(0, target("T", 50), target("U", 40)),
        scan(30, target("T", 60)),
        scan(60, target("T", 112)),
    )
    assert scans_of(held).select("target", "overall", "sum_mm").rows() == [
        ("NE", "NE", None),
        ("PD", "PD", 112.0),
    ]


def test_a_scan_that_is_not_whole_is_no_nadir() -> None:
    held = person(
        scan(0, target("T", 50), target("U", 40)),
        scan(30, target("T", 10)),
        scan(60, target("T", 30), target("U", 20)),
    )
    assert scans_of(held)["nadir_mm"].to_list() == [90.0, 90.0]


def test_no_arterial_phase_or_another_modality_is_not_evaluable() -> None:
    held = person(scan(0, target("T", 50)), scan(30, target("T", 10), arterial_phase="no"))
    assert (overall(held), overall(held, RECIST)) == (["NE"], ["PR"])
    assert overall(person(scan(0, target("T", 50)), scan(30, target("T", 10), modality="US"))) == ["NE"]


def test_a_lesion_removed_elsewhere_is_not_assessed_from_then_on() -> None:
    held = person(
        scan(0, target("T", 50), target("U", 30)),
        scan(30, target("T", 0, status="removed"), target("U", 10)),
        scan(60, target("T", 0), target("U", 10)),
    )
    assert overall(held) == ["NE", "NE"]


def test_too_small_to_measure_is_5_mm_and_merged_lesions_are_one() -> None:
    held = person(
        scan(0, target("T", 50), target("U", 30)),
        scan(30, target("T", None, status="too_small"), target("U", None, status="absent")),
        scan(60, target("T", 70), target("U", None, status="merged")),
    )
    assert scans_of(held)["sum_mm"].to_list() == [5.0, 70.0]


# --- other and new lesions --------------------------------------------------------------------------------------


def test_other_lesions_decide_beside_the_targets() -> None:
    held = person(
        scan(0, target("T", 50), other("V", "present", organ="VESSEL", kind="thrombus")),
        scan(30, target("T", 0), other("V", "present", organ="VESSEL", kind="thrombus")),
        scan(60, target("T", 0), other("V", "absent", organ="VESSEL", kind="thrombus")),
        scan(90, target("T", 0), other("V", "progressed", organ="VESSEL", kind="thrombus")),
    )
    assert scans_of(held).select("non_target", "overall", "rule", "reason").rows() == [
        ("NONCR_NONPD", "PR", "O6", "no enhancement is left; non-target lesion V persists"),
        ("CR", "CR", "O5", "no enhancement is left"),
        ("PD", "PD", "O3", "non-target lesion V progressed"),
    ]


def test_patients_without_targets() -> None:
    held = person(
        scan(0, other("V", "present")), scan(30, other("V", "present")), scan(60, other("V", "absent"))
    )
    assert scans_of(held).select("target", "overall", "response").rows() == [
        ("NOTL", "NONCR_NONPD", "SD"),
        ("NOTL", "CR", "CR"),
    ]
    strict = SPEC | {"lesions": {"rules": "mRECIST_2010", "change": {"counts_nn_as_sd": False}}}
    assert scans_of(held, strict)["response"].to_list() == ["NE", "CR"]


def test_te10_an_equivocal_lesion_confirmed_later_counts_from_the_day_it_was_seen() -> None:
    def day(when: date) -> int:
        return (when - START).days

    held = person(
        scan(-5, target("T", 50)),
        scan(day(date(2018, 3, 21)), target("T", 30)),
        scan(day(date(2018, 5, 2)), target("T", 30), fresh("N", 8)),
        scan(day(date(2018, 6, 13)), target("T", 30), fresh("N", 19, "typical")),
    )
    found = scans_of(held)
    assert found.select("day", "new", "overall").rows() == [
        (70, "NO", "PR"),
        (112, "YES", "PD"),
        (154, "YES", "PD"),
    ]
    assert found["reason"][1] == (
        "new lesion N: a new hepatic lesion of 19 mm with the typical pattern, confirmed on 2018-06-13"
    )
    before = scans_of(held, cutoff=date(2018, 6, 1))
    assert before.select("new", "overall", "flags").rows()[1] == ("EQUIVOCAL", "PR", "NEW_EQUIVOCAL")


def test_a_new_lesion_that_is_followed_as_a_target_is_still_new() -> None:
    grown = {**fresh("N", 19, "typical"), "role": "target"}
    held = person(
        scan(0, target("T", 50)), scan(30, target("T", 50), fresh("N", 8)), scan(60, target("T", 50), grown)
    )
    assert overall(held) == ["PD", "PD"]


@pytest.mark.parametrize(
    ("lesion", "site"),
    [
        (fresh("N", 12, "typical"), "liver"),
        (fresh("N", 12, "typical", kind="infiltrative"), "liver"),
        ({**fresh("N", 5), "kind": "thrombus"}, "vessel"),
        (fresh("N", 5, organ="VESSEL"), "vessel"),
        ({**fresh("N", 5), "organ": "LN", "short_axis_mm": 21.0, "kind": "porta_hepatis_node"}, "node"),
        (fresh("N", 5, organ="PERITONEUM", kind="malignant_effusion"), "effusion"),
        (fresh("N", 5, organ="LUNG"), "extrahepatic"),
    ],
)
def test_where_a_new_lesion_lies(lesion: Lesion, site: str) -> None:
    held = person(scan(0, target("T", 50)), scan(30, target("T", 50), lesion), scan(60, target("T", 50)))
    assert scans_of(held).select("new", "new_site").rows() == [("YES", site), ("NO", None)]


def test_new_lesions_in_several_places_are_named_once_each_and_in_order() -> None:
    bone, lung = fresh("A", 5, organ="BONE"), fresh("B", 5, organ="LUNG")
    held = person(
        scan(0, target("T", 50)),
        scan(30, target("T", 50), bone, lung, fresh("C", 12, "typical"), fresh("D", 8)),
        scan(60, target("T", 50), fresh("E", 8), {**fresh("F", 0), "status": "equivocal"}),
        scan(90, target("T", 50), fresh("E", 8), {**fresh("F", 4), "kind": "thrombus"}),
    )
    assert scans_of(held).select("new", "new_site").rows() == [
        ("YES", "liver; extrahepatic"),
        ("YES", "vessel"),
        ("YES", "vessel"),
    ]


# --- assessments of several scans -------------------------------------------------------------------------------


def test_e2_two_scans_of_a_day_the_modality_of_baseline_wins_and_the_other_fills_in() -> None:
    lung = {"lesion": "L", "role": "target", "organ": "LUNG"}
    held = person(
        scan(0, target("T", 50), {**lung, "whole_mm": 20.0}, modality="MRI"),
        scan(30, target("T", 40), {**lung, "whole_mm": 18.0}, modality="CT"),
        scan(30, target("T", 20), modality="MRI"),
    )
    assert scans_of(held).select("scan", "sum_mm").rows() == [("S2; S3", 38.0)]


@pytest.mark.parametrize(("which", "day"), [("last", 34), ("first", 30)])
def test_e14_the_day_of_an_assessment_of_several_days(which: str, day: int) -> None:
    spec = SPEC | {"lesions": {"rules": "mRECIST_2010", "change": {"pd_sum_date": which}}}
    lung = {"lesion": "L", "role": "target", "organ": "LUNG"}
    first = scan(0, target("T", 50), {**lung, "whole_mm": 20.0})
    grown = person(
        first,
        scan(30, {**lung, "whole_mm": 20.0}, visit="V1"),
        scan(34, target("T", 90), visit="V1"),
    )
    assert scans_of(grown, spec).select("day", "overall").rows() == [(day, "PD")]
    new = person(
        first,
        scan(30, {**lung, "whole_mm": 20.0}, fresh("N", 6, organ="LUNG"), visit="V1"),
        scan(34, target("T", 90), visit="V1"),
    )
    assert scans_of(new, spec).select("day", "overall").rows() == [(30, "PD")]
    better = person(
        first, scan(30, {**lung, "whole_mm": 10.0}, visit="V1"), scan(34, target("T", 10), visit="V1")
    )
    assert scans_of(better, spec).select("day", "overall").rows() == [(34, "PR")]


def test_visits_of_one_name_far_apart_are_two_assessments() -> None:
    held = person(
        scan(0, target("T", 50)),
        scan(30, target("T", 40), visit="extra"),
        scan(45, target("T", 30), visit="extra"),
    )
    assert scans_of(held)["day"].to_list() == [30, 45]


# --- flags, therapies, death, readers ---------------------------------------------------------------------------


def test_flags() -> None:
    held = person(
        scan(-2, target("T", 50, treated=START), target("U", 30, treated=START + timedelta(days=50))),
        scan(30, target("T", 50), target("U", 30), modality="MRI"),
        scan(60, target("T", 50), target("U", 30)),
        exposure=[
            {"patient": "P", "drug": "DEB-TACE", "start": START},
            {"patient": "P", "drug": "DEB-TACE", "start": START + timedelta(days=50)},
        ],
    )
    repeat = SPEC | {"lesions": {"rules": "mRECIST_2010", "repeat_treatment": ["DEB-TACE"]}}
    assert scans_of(held, repeat)["flags"].to_list() == [
        "MODALITY_SWITCH; UNTREATED_TL",
        "RETACE_BEFORE_SCAN",
    ]


def test_small_reenhancement_and_scans_after_progression_are_flagged() -> None:
    held = person(
        scan(0, target("T", 50)),
        scan(30, target("T", 0)),
        scan(60, target("T", 6)),
        scan(90, target("T", 14)),
        scan(120, target("T", 0)),
    )
    assert scans_of(held).select("overall", "flags").rows() == [
        ("CR", ""),
        ("PR", "REENH_SMALL"),
        ("PD", ""),
        ("CR", "AFTER_PD"),
    ]
    assert at_landmarks(held)["best"][0] == "CR"


def test_scans_after_new_therapy_do_not_count() -> None:
    spec = SPEC | {"new_therapy": "death_date"}
    held = person(
        scan(0, target("T", 50)),
        scan(25, target("T", 20)),
        scan(60, target("T", 0)),
        death_date=START + timedelta(days=40),
    )
    assert scans_of(held, spec)["flags"].to_list() == ["", "AFTER_NEW_THERAPY"]
    found = at_landmarks(held, spec)
    assert (found["best"][0], found["confirmed"][0]) == ("PR", "NE"), "Q10"


def test_who_died_before_a_scan_is_said_to_have() -> None:
    spec = SPEC | {"death": "death_date"}
    held = person(scan(0, target("T", 50)), scan(30, target("T", 40)), death_date=START + timedelta(days=80))
    found = at_landmarks(held, spec)
    assert found["month_1"] == ("SD", 30, "scan on day 30")
    assert found["month_3"] == ("NE", None, "died on day 80, without a scan in days 70-112")
    alone = person(death_date=START + timedelta(days=80))
    assert at_landmarks(alone, spec)["best"] == ("NE", None, "died on day 80, without a scan")


def test_e13_one_reader_reads_all_scans_of_a_patient() -> None:
    held = person(
        scan(0, target("T", 50), reader="A"),
        scan(0, target("T", 60), reader="B"),
        scan(30, target("T", 40), reader="A"),
        scan(30, target("T", 20), reader="B"),
    )
    spec = SPEC | {"lesions": {"rules": "mRECIST_2010", "readers": ["adjudicator", "B", "A"]}}
    assert scans_of(held, spec).select("scan", "baseline_mm", "sum_mm").rows() == [("S4", 60.0, 20.0)]


def test_w5_progression_is_absorbing() -> None:
    held = person(scan(0, target("T", 50)), scan(32, target("T", 60)), scan(90, target("T", 55)))
    assert overall(held) == ["PD", "SD"]
    found = at_landmarks(held)
    assert found["month_1"][:2] == ("PD", 32)
    assert found["month_3"] == ("PD", 32, "PD on day 32, carried forward")


# --- what the centre recorded -----------------------------------------------------------------------------------


def test_recorded_categories_stand_beside_the_derived() -> None:
    held = person(
        scan(0, target("T", 50)),
        scan(30, target("T", 35)),
        scan(60, target("T", 36)),
        scan(90, target("T", 36)),
        responses=[
            {"patient": "P", "date": START + timedelta(days=30), "response": "partial"},
            {"patient": "P", "date": START + timedelta(days=60), "response": "stable"},
        ],
    )
    spec = SPEC | {"codes": {"partial": "PR", "stable": "SD"}}
    assert scans_of(held, spec).select("response", "recorded", "agrees").rows() == [
        ("PR", "PR", True),
        ("SD", "SD", True),
        ("SD", None, None),
    ]
    unlike = SPEC | {"codes": {"partial": "SD", "stable": "SD"}}
    assert scans_of(held, unlike)["agrees"].to_list() == [False, True, None]


# --- invariances ------------------------------------------------------------------------------------------------


def test_patients_apart_and_together_and_in_any_order() -> None:
    one = person(scan(0, target("T", 50)), scan(30, target("T", 35)), name="A")
    two = person(scan(0, target("T", 50)), scan(40, target("T", 70)), name="B")
    both = Records(
        {name: pl.concat([one.tables[name], two.tables[name]]) for name in one.tables}, (), (), (), {}
    )
    whole = derive(both)
    parts = derive(one) + derive(two)
    assert_frame_equal(whole.frame, parts.frame)
    assert whole.scans is not None
    assert parts.scans is not None
    assert_frame_equal(whole.scans, parts.scans)
    assert_frame_equal(scans_of(shuffled(both, seed=3)), whole.scans)


# --- endpoints that read the derived scans ----------------------------------------------------------------------


def times(held: Records) -> dict[str, list[tuple[float | None, int | None]]]:
    of_scans = {
        "kind": "time_to_event",
        "unit": "days",
        "start": "first_tace",
        "assessments": {"response": "r"},
    }
    seen = {
        name: {"first": "responses", "where": {"response": list(found)}, "reason": name}
        for name, found in (("response", ("CR", "PR")), ("progression", ("PD",)))
    }
    died = {"date": "death_date", "reason": "death"}
    endpoints = {
        "ttp": {**of_scans, "label": "TTP", "short": "TTP", "events": [seen["progression"]]},
        "ttr": {**of_scans, "label": "TTR", "short": "TTR", "events": [seen["response"]]},
        "dor": {
            **of_scans,
            "label": "DoR",
            "short": "DoR",
            "events": [seen["progression"], died],
            "counted_from": seen["response"],
        },
        "r": SPEC,
    }
    made = derive_endpoints(study(endpoints=endpoints), held, held.patients)
    assert list(made) == list(endpoints)
    return {name: made[name].frame.select("time", "event").rows() for name in ("ttp", "ttr", "dor")}


def test_time_to_response_and_its_duration() -> None:
    base = scan(0, target("T", 50))
    ended = person(base, scan(30, target("T", 30)), scan(72, target("T", 30)), scan(160, target("T", 40)))
    assert times(ended) == {"ttp": [(160.0, 1)], "ttr": [(30.0, 1)], "dor": [(130.0, 1)]}
    lasting = person(base, scan(42, target("T", 0)), scan(200, target("T", 0)))
    assert times(lasting)["dor"] == [(158.0, 0)]
    died = person(base, scan(42, target("T", 0)), death_date=START + timedelta(days=150))
    assert times(died)["dor"] == [(108.0, 1)]


def test_te10_time_to_progression_counts_from_the_day_the_lesion_was_first_seen() -> None:
    held = person(
        scan(-5, target("T", 50)),
        scan(112, target("T", 50), fresh("N", 8)),
        scan(154, target("T", 50), fresh("N", 19, "typical")),
    )
    assert times(held)["ttp"] == [(112.0, 1)]


# --- edges and a slow twin --------------------------------------------------------------------------------------


def test_nobody_has_a_scan_or_a_start() -> None:
    empty = records([{"patient": "P", "first_tace": START}, {"patient": "Q", "first_tace": None}])
    assert scans_of(empty).height == 0
    found = derive(empty).frame.filter(pl.col("landmark") == "best")
    assert found.select("patient", "response", "reason").rows() == [
        ("P", "NE", "no scan"),
        ("Q", "NE", "First DEB-TACE not recorded"),
    ]


SIZES = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 40)), st.one_of(st.none(), st.integers(0, 40))),
    min_size=1,
    max_size=6,
)


def slow_twin(baseline: tuple[int, int], sizes: list[tuple[int | None, int | None]]) -> list[str]:
    """The rules of mRECIST read aloud, in whole millimetres and fractions."""
    seen, nadir = [], sum(baseline)
    for scan_sizes in sizes:
        total = sum(size for size in scan_sizes if size is not None)
        is_whole = None not in scan_sizes
        is_pd = total >= 10 if nadir == 0 else Fraction(total, nadir) >= Fraction(6, 5)
        if not is_whole:
            seen.append("PD" if is_pd else "NE")
            continue
        if total == 0:
            seen.append("CR")
        elif is_pd:
            seen.append("PD")
        elif nadir == 0 or Fraction(total, sum(baseline)) <= Fraction(7, 10):
            seen.append("PR")
        else:
            seen.append("SD")
        nadir = min(nadir, total)
    return seen


@given(baseline=st.tuples(st.integers(10, 40), st.integers(10, 40)), sizes=SIZES)
def test_as_the_rules_read_aloud(
    baseline: tuple[int, int], sizes: list[tuple[int | None, int | None]]
) -> None:
    scans = [
        scan(30 * at, target("T", first), target("U", second))
        for at, (first, second) in enumerate([baseline, *sizes])
    ]
    assert overall(person(*scans)) == slow_twin(baseline, sizes)
