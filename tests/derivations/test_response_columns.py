"""Whole columns against the rules applied scan by scan, in exact decimals: every column of every scan is the same."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from calliper.derivations import lesions
from calliper.derivations.best_response import best_responses
from calliper.derivations.lesions import derive_scans
from calliper.disease.response_criteria import criteria
from calliper.protocol.specs import Protocol, Response
from calliper.records.tables import Records
from derivations.random_lesions import random_records
from derivations.slow_twin import lesions as slow_twin
from derivations.slow_twin.best_response import Scan, best_confirmed, best_unconfirmed
from hand_records import shuffled, study

CASES: dict[str, dict[str, Any]] = {
    "mRECIST": {"rules": "mRECIST_2010"},
    "RECIST": {"rules": "RECIST_1_1"},
    "first day, a charter's 5 mm": {
        "rules": "mRECIST_2010",
        "change": {"pd_absolute_mm": 5, "pd_sum_date": "first", "counts_nn_as_sd": False},
    },
    "thresholds of many decimals": {
        "rules": "mRECIST_2010",
        "change": {
            "pr_decrease_percent": "33.333333333333",
            "pd_increase_percent": "12.5",
            "node_normal_mm": "9.99995",
            "reappear_mm": "6.00001",
        },
    },
    "reappearance is progression": {"rules": "mRECIST_2010", "change": {"reappear_mm": 0}},
    "readers, repeated treatment": {
        "rules": "RECIST_1_1",
        "readers": ["B", "A"],
        "repeat_treatment": ["DEB-TACE"],
        "change": {"assessment_days": 3, "baseline_oldest_days": 60},
    },
}


def protocol_of(rules: dict[str, Any], *, cutoff: date | None = None) -> Protocol:
    spec = {
        "kind": "response",
        "label": "Response",
        "criteria": "as the lesions' rules",
        "start": "first_tace",
        "new_therapy": "death_date",
        "codes": {"C": "CR", "P": "PR", "S": "SD"},
        "lesions": rules,
        "landmarks": {"best": {"label": "Best", "best": "unconfirmed"}},
    }
    return study(endpoints={"r": spec}, cutoff=cutoff)


def scans(protocol: Protocol, held: Records) -> pl.DataFrame:
    spec = protocol.endpoints["r"]
    assert isinstance(spec, Response)
    assert spec.lesions is not None
    return derive_scans(spec, spec.lesions, protocol, held, held.patients)


def twin(protocol: Protocol, held: Records) -> pl.DataFrame:
    spec = protocol.endpoints["r"]
    assert isinstance(spec, Response)
    assert spec.lesions is not None
    return slow_twin.derive_scans(spec, spec.lesions, protocol, held, held.patients)


@pytest.mark.parametrize("case", CASES)
def test_as_scan_by_scan(case: str) -> None:
    protocol = protocol_of(CASES[case], cutoff=date(2018, 7, 1) if "readers" in case else None)
    held = random_records(len(case), n=1_500)
    expected = twin(protocol, held)
    assert expected.height > 1_000
    assert_frame_equal(scans(protocol, held), expected, check_exact=True)


def test_the_random_patients_reach_every_rule_and_flag() -> None:
    found = scans(protocol_of(CASES["mRECIST"]), random_records(7, n=1_500))
    assert set(found["rule"]) == {*(f"O{at}" for at in range(1, 12)), "-"}
    assert set(found["target"]) == {"CR", "PR", "SD", "PD", "NE", "NOTL"}
    assert set(found["new"]) == {"NO", "EQUIVOCAL", "YES", "NE"}
    flags = set("; ".join(found["flags"]).split("; ")) - {""}
    about_scans = {"BL_OLD", "MODALITY_SWITCH", "UNTREATED_TL", "AFTER_PD", "AFTER_NEW_THERAPY"}
    assert flags == about_scans | {"REENH_SMALL", "SUM_PARTIAL", "NEW_EQUIVOCAL", "NEW_NE"}
    assert found["reason"].str.contains("confirmed on").any()


def test_a_patient_alone_is_as_among_the_others() -> None:
    protocol = protocol_of(CASES["mRECIST"])
    held = random_records(11, n=300)
    whole = scans(protocol, held)
    spec = protocol.endpoints["r"]
    assert isinstance(spec, Response)
    assert spec.lesions is not None
    parts = [
        derive_scans(spec, spec.lesions, protocol, held, part)
        for part in held.patients.sort("patient").iter_slices(37)
    ]
    assert_frame_equal(pl.concat(parts), whole, check_exact=True)


def test_patients_are_derived_in_parts_and_it_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = protocol_of(CASES["RECIST"])
    held = random_records(13, n=300)
    whole = scans(protocol, held)
    monkeypatch.setattr(lesions, "PATIENTS_AT_A_TIME", 41)
    assert_frame_equal(scans(protocol, held), whole, check_exact=True)


def test_the_order_of_scans_and_patients_is_nothing() -> None:
    protocol = protocol_of(CASES["RECIST"])
    held = random_records(12, n=300)
    mixed = shuffled(held, seed=5)
    same_lesions = Records({**mixed.tables, "lesions": held.tables["lesions"]}, (), (), (), {})
    assert_frame_equal(scans(protocol, same_lesions), scans(protocol, held), check_exact=True)


@pytest.mark.parametrize("is_confirmed", [False, True])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"takes_sd_between": False, "max_ne_between": 0},
        {"confirm_days": 60, "max_ne_between": 2},
        {"sd_min_days": 90},
    ],
    ids=str,
)
def test_the_best_of_each_patient_as_of_one(changes: dict[str, Any], is_confirmed: bool) -> None:
    rules = criteria("RECIST_1_1", changes)
    draw = random.Random(str(changes))  # noqa: S311  # repeatable, and nobody's secret
    rows, expected = [], []
    for patient in range(2_000):
        days = sorted(draw.sample(range(1, 200), k=draw.randrange(1, 8)))
        weights = draw.choice(((1, 1, 1, 1, 1), (3, 3, 1, 0.2, 1), (0, 1, 4, 0.3, 4)))
        seen = [Scan(day, draw.choices(("CR", "PR", "SD", "PD", "NE"), weights)[0]) for day in days]
        best = (best_confirmed if is_confirmed else best_unconfirmed)(seen, rules)
        assert best.at is not None
        rows += [(patient, *scan) for scan in seen]
        expected.append((patient, *seen[best.at], best.response, best.reason))
    names = ("patient", "day", "response")
    found = best_responses(pl.DataFrame(rows, schema=names, orient="row"), rules, is_confirmed=is_confirmed)
    assert_frame_equal(found, pl.DataFrame(expected, schema=(*names, "best", "reason"), orient="row"))
