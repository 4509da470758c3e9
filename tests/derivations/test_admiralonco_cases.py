"""Best response, unconfirmed and confirmed, and confirmed responders: the unit cases of admiralonco, with their dates.

Where it differs: MISSING is our NE; NON-CR/NON-PD is our SD; what comes after progression is never read, so subject 9
without a source of progression is left out.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from calliper.disease.response_criteria import criteria
from derivations.one_scan import Best, Scan, best_confirmed, best_unconfirmed
from shared import shared_data

OURS = {"MISSING": "NE", "NON-CR/NON-PD": "SD"}


def cases(function: str) -> dict[tuple[str, str], list[list[Any]]]:
    path = shared_data("02_pharmaverse_onco/expected/admiralonco_unit_cases.json")
    held = json.loads(path.read_text(encoding="utf-8"))[function]["tables"]
    found: dict[tuple[str, str], list[list[Any]]] = {}
    for table in held:
        found.setdefault((table["test"], table["assigned_to"]), table["rows"])
    return found


def judged(
    function: str, changes: dict[str, object], *, confirmed: bool
) -> dict[str, tuple[Best, str | None]]:
    """Each subject's best response and the date of the scan that gave it."""
    held = cases(function)
    rules = criteria("RECIST_1_1", changes)
    judge = best_confirmed if confirmed else best_unconfirmed
    found = {}
    for subject, start, *_ in held["setup", "adsl"]:
        rows = [row for row in held["setup", "adrs"] if row[0] == subject]
        first = date.fromisoformat(start)
        scans = [
            Scan((date.fromisoformat(day) - first).days, OURS.get(seen, seen)) for _, day, seen, *_ in rows
        ]
        best = judge(scans, rules)
        found[subject] = (best, None if best.at is None else rows[best.at][1])
    return found


def test_best_response() -> None:
    found = judged("derive_param_bor", {}, confirmed=False)
    expected = cases("derive_param_bor")["setup", "expected_01"]
    assert {subject: (best.response, day) for subject, (best, day) in found.items()} == {
        subject: (OURS.get(seen, seen), day or None) for subject, day, seen, *_ in expected
    }


@pytest.mark.parametrize(
    ("test", "assigned_to", "changes", "left_out"),
    [
        ("Test 1: default confirmed BOR", "expected", {"takes_sd_between": False}, ()),
        ("Test 4: No source_pd", "expected_no_source_pd", {"takes_sd_between": False}, ("9",)),
        # subject 7 has another assessment there, not done
        (
            "Test 2: accept SD, ND handling, missing as NE",
            "expected",
            {"confirm_days": 14, "max_ne_between": 0},
            ("7",),
        ),
    ],
)
def test_confirmed_best_response(
    test: str, assigned_to: str, changes: dict[str, object], left_out: tuple[str, ...]
) -> None:
    found = judged("derive_param_confirmed_bor", changes, confirmed=True)
    expected = cases("derive_param_confirmed_bor")[test, assigned_to]
    assert len(expected) == 9
    for subject, day, seen, _ in expected:
        if subject not in left_out:
            best, given = found[subject]
            assert (subject, best.response, given) == (subject, OURS.get(seen, seen), day)


@pytest.mark.parametrize(
    ("test", "changes"),
    [
        ("Test 1: default confirmed response", {"takes_sd_between": False}),
        ("Test 2: accept SD", {"confirm_days": 14, "max_ne_between": 0}),
    ],
)
def test_who_has_a_confirmed_response(test: str, changes: dict[str, object]) -> None:
    found = judged("derive_param_confirmed_resp", changes, confirmed=True)
    expected = cases("derive_param_confirmed_resp")[test, "expected"]
    assert {subject: best.response in ("CR", "PR") for subject, (best, _) in found.items()} == {
        subject: flag == "Y" for subject, _, flag, _ in expected
    }
