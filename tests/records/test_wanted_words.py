"""Words that an endpoint asks for and the rows write otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from raw_study import HEADER, PATIENTS, checked, lines, study, write_text

TIME = {"kind": "time_to_event", "label": "A time", "short": "T", "unit": "days", "start": "start"}
DRUGS = {"files": [{"path": "drugs.csv"}], "columns": {"patient": "ID", "drug": "Drug", "start": "Day"}}
SEEN = {
    "files": [{"path": "scans.csv"}],
    "columns": {"patient": "ID", "date": "Day", "response": "Response", "visit": "Visit"},
}


def queries(folder: Path, event: dict[str, Any]) -> list[str]:
    write_text(folder / "one.csv", [HEADER, *PATIENTS])
    rows = [("P1", "DEB-TACE", "2018-02-01"), ("P1", "sorafenib", "2018-02-05")]
    write_text(folder / "drugs.csv", [("ID", "Drug", "Day"), *rows])
    write_text(folder / "scans.csv", [("ID", "Day", "Response", "Visit"), ("P1", "2018-03-01", "PD", "V1")])
    spec = {**TIME, "events": [{**event, "reason": "it"}], "assessments": {}}
    protocol = study(tables={"exposure": DRUGS, "responses": SEEN}, endpoints={"time": spec})
    return lines(checked(protocol, folder), "query")


@pytest.mark.parametrize(
    ("event", "asked", "role", "there"),
    [
        ({"first": "exposure", "where": {"drug": ["debtace"]}}, "debtace", "drug' of exposure", "DEB-TACE"),
        ({"first": "responses", "where": {"response": ["pd"]}}, "pd", "response' of responses", "PD"),
        ({"first": "responses", "where": {"visit": ["V 1", "V1"]}}, "V 1", "visit' of responses", "V1"),
        (
            {
                "first": "responses",
                "where": {"response": ["PD"]},
                "despite": {"drugs": ["DEB TACE"], "within_days": 90},
            },
            "DEB TACE",
            "drug' of exposure",
            "DEB-TACE",
        ),
    ],
)
def test_a_word_written_otherwise_is_a_query(
    tmp_path: Path, event: dict[str, Any], asked: str, role: str, there: str
) -> None:
    assert queries(tmp_path, event) == [
        f"endpoints.time asks for '{asked}' in the role '{role}, and no row has it; there is '{there}'; "
        "write the word as the rows do, or correct the rows"
    ]


def test_a_word_that_nobody_has_and_one_that_is_there_are_none(tmp_path: Path) -> None:
    assert queries(tmp_path, {"first": "exposure", "where": {"drug": ["regorafenib", "DEB-TACE"]}}) == []


def test_a_drug_of_an_arm_written_otherwise_is_a_query(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    write_text(tmp_path / "drugs.csv", [("ID", "Drug", "Day"), ("P2", "sorafenib", "2018-02-05")])
    table = {**DRUGS, "arms": {"Sorafenib": ["new"], "lenvatinib": ["new"]}}
    assert lines(checked(study(tables={"exposure": table}), tmp_path), "query") == [
        "data.exposure.arms asks for 'Sorafenib' in the role 'drug' of exposure, and no row has it; there is "
        "'sorafenib'; write the word as the rows do, or correct the rows"
    ]


def test_a_date_taken_from_a_table_asks_too(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    write_text(tmp_path / "drugs.csv", [("ID", "Drug", "Day"), ("P1", "Sorafenib", "2018-02-05")])
    first = {"first": "exposure", "where": {"drug": ["sorafenib"]}, "label": "First tablet"}
    protocol = study(tables={"exposure": DRUGS}, derived={"first_tablet": first})
    (query,) = lines(checked(protocol, tmp_path), "query")
    assert query.startswith(
        "derived.first_tablet asks for 'sorafenib' in the role 'drug' of exposure, and no row has it; "
        "there is 'Sorafenib'"
    )
