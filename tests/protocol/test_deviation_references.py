"""Mistakes in rules of deviations and in populations: each named with its place, what was found, what was expected."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from calliper.errors import ProtocolError
from deviation_study import STUDY, load_study

RULE = {"id": "X1", "text": "A rule", "table": "bead_preparation", "rule": "drug_mg = 60"}


def mistakes(folder: Path, **change: Any) -> list[str]:
    """The mistakes of the study with these keys of its first rule, without the file and line."""
    endpoints = copy.deepcopy(STUDY["endpoints"])
    rule = {**RULE, **change}
    endpoints["protocol"]["rules"] = [{key: value for key, value in rule.items() if value is not None}]
    return refused(folder, {"endpoints": endpoints})


def refused(folder: Path, change: dict[str, Any]) -> list[str]:
    try:
        load_study(folder, change)
    except ProtocolError as error:
        return [text.split(": ", 1)[1] for text in error.mistakes]
    return []


def test_a_rule_may_name_its_row_its_session_the_patient_and_counts(tmp_path: Path) -> None:
    rule = 'drug_mg = 60 and session_number = 1 and size > 5 and arm = "tace" and nth = 1 and day >= 0'
    assert mistakes(tmp_path, rule=rule, where="session_number >= 1 and day >= 0") == []


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "a name that is none": ({"rule": "drug_gm = 60"}, "found 'drug_gm'; expected the name of a variable"),
    "a role the study does not map": (
        {"rule": "vials = 1"},
        "found 'vials'; expected the name of a variable",
    ),
    "a word that is none": ({"rule": 'drug = "epirubicine"'}, "expected a level of 'drug'"),
    "a word put in order": ({"rule": 'drug > "a"'}, "found category 'drug' put in order"),
    "a code compared with a number": ({"rule": "session = 1"}, 'found 1; expected text in quotes ("1")'),
    "counts in where": ({"where": "nth = 1"}, "found 'nth'; expected the name of a variable"),
    "no such table": ({"table": "beads"}, "found 'beads'; expected the name of a table"),
    "a table the study has not": ({"table": "angiography"}, "found no table data.angiography"),
    "two sources": ({"order": "embolisation"}, "found table and order; expected exactly one of"),
    "no rule": ({"rule": None}, "found none of its keys; expected a rule, or the order of the steps alone"),
    "no source": ({"table": None}, "found none of its keys; expected exactly one of"),
    "order without the table": (
        {"table": None, "rule": None, "order": "embolisation"},
        "found no table data.embol",
    ),
    "every session of patients": (
        {"table": "sessions", "every": "session", "rule": "number = 1"},
        "every: session",
    ),
    "every patient of patients": (
        {"table": "patients", "every": "patient", "rule": "size > 1"},
        "every: patient",
    ),
    "major twice": (
        {"severity": "major", "major_unless": "drug_mg > 1"},
        "found severity: major with major_unless",
    ),
    "dated by a number": ({"dated_by": "drug_mg"}, "found 'drug_mg'; expected a date that the rule may name"),
    "no such endpoint": (
        {"table": None, "endpoint": "dose"},
        "found 'dose'; expected the name of an endpoint",
    ),
    "the id any": ({"id": "any"}, "found the id 'any', which results use"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named(name: str, tmp_path: Path) -> None:
    change, expected = CASES[name]
    found = mistakes(tmp_path, **change)
    assert any(expected in text for text in found), found
    assert all("found" in text and "expected" in text for text in found)


def test_an_id_twice_and_dates_without_a_start(tmp_path: Path) -> None:
    endpoints = copy.deepcopy(STUDY["endpoints"])
    held = endpoints["protocol"]
    held["rules"] = [RULE, RULE]
    del held["start"]
    held["dates"] = {"size": {"date": "sorafenib", "reason": "first tablet"}}
    found = " | ".join(refused(tmp_path, {"endpoints": endpoints}))
    assert "found the id 'X1' a second time" in found
    assert "found no start in this endpoint" in found
    assert "found the name 'size', which a variable has" in found


POPULATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing said": ({"label": "A"}, "found neither; expected rule, without_major or both"),
    "no such endpoint": ({"label": "A", "without_major": "protocl"}, "did you mean 'protocol'?"),
    "no such variable": ({"label": "A", "rule": "sise > 1"}, "did you mean 'size'?"),
    "no such arm": ({"label": "A", "rule": 'arm = "tase"'}, 'did you mean "tace"?'),
}


@pytest.mark.parametrize("name", POPULATIONS)
def test_a_mistake_of_a_population_is_named(name: str, tmp_path: Path) -> None:
    spec, expected = POPULATIONS[name]
    found = refused(tmp_path, {"populations": {"some": spec}, "analyses": STUDY["analyses"][:2]})
    assert any(expected in text for text in found), found


def test_names_of_populations(tmp_path: Path) -> None:
    taken = {"included": {"label": "A", "rule": "size > 1"}}
    found = refused(tmp_path, {"populations": taken})
    assert any("found the name 'included', which results use" in text for text in found)
    assert any("found 'per_protocol'; expected the name of a population" in text for text in found)
