"""Slips in adverse events and laboratory values that no cell alone shows: each is a query, and what is none is none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from raw_study import HEADER, PATIENTS, Cell, checked, lines, study, write_text

HARM: dict[str, Any] = {"kind": "toxicity", "label": "Harm", "dictionary": "CTCAE", "version": "5.0"}
FEVER = {**HARM, "terms": {"fever": {"label": "Fever", "values": ["Fever", "High fever"]}}}
WINDOW = {"start": "start", "window_days": [0, 30]}
DAY = date(2018, 3, 10)


def queries(
    folder: Path, rows: list[tuple[Cell, ...]], *, roles: tuple[str, ...], **endpoints: Any
) -> list[str]:
    write_text(folder / "one.csv", [HEADER, *PATIENTS])
    write_text(folder / "events.csv", [roles, *rows])
    table = {"files": [{"path": "events.csv"}], "columns": {role: role for role in roles}}
    return lines(checked(study(tables={"adverse_events": table}, endpoints=endpoints), folder), "query")


@pytest.mark.parametrize("word", ["FEVER", " fever ", "Ｆever", "HighFever", "F ever"])
def test_a_term_written_otherwise_than_an_endpoint_asks_for_it(tmp_path: Path, word: str) -> None:
    (query,) = queries(
        tmp_path, [("P1", word), ("P1", "Fever"), ("P1", "High fever")], roles=("patient", "term"), harm=FEVER
    )
    assert query.startswith(f"events.csv, row 2, column 'term': '{word.strip()}' is no term of an endpoint")


@pytest.mark.parametrize(
    ("endpoints", "roles", "row"),
    [
        ({"harm": FEVER}, ("patient", "term"), ("P1", "Feverish")),
        ({"harm": FEVER, "other": {**HARM, "terms": {"f": {"label": "f", "values": ["fever"]}}}},
         ("patient", "term"), ("P1", "fever")),
        ({"harm": {**FEVER, "by": "category"}}, ("patient", "term", "category"), ("P1", "fever", "Fever")),
    ],
)  # fmt: skip
def test_other_words_and_words_that_something_asks_for_are_none(
    tmp_path: Path, endpoints: dict[str, Any], roles: tuple[str, ...], row: tuple[Cell, ...]
) -> None:
    asked = [(*row[:1], word, *([word] if len(row) > 2 else [])) for word in ("Fever", "High fever")]
    assert queries(tmp_path, [row, *asked], roles=roles, **endpoints) == []


def test_a_category_written_otherwise(tmp_path: Path) -> None:
    (query,) = queries(
        tmp_path,
        [("P1", "pyrexia", "fever"), ("P1", "pyrexia", "Fever"), ("P1", "pyrexia", "High fever")],
        roles=("patient", "term", "category"),
        harm={**FEVER, "by": "category"},
    )
    assert query.startswith(
        "events.csv, row 2, column 'category': 'fever' is no category of an endpoint, which asks for 'Fever'"
    )


AS_RECORDED = {**HARM, "terms": "as recorded"}


def test_two_ways_of_writing_a_term_are_told_once_each(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", word) for word in ("Fever", "fever", "fever", "Fe ver", "Pain", "Fever")
    ]
    says = " looks like 'Fever', and the two are counted as two terms; write both alike, or gather them under terms "
    says += "of the endpoint"
    assert queries(tmp_path, rows, roles=("patient", "term"), harm=AS_RECORDED) == [
        f"events.csv, row 3, column 'term': 'fever'{says}",
        f"events.csv, row 5, column 'term': 'Fe ver'{says}",
    ]


@pytest.mark.parametrize("word", ["any", "category: liver"])
def test_a_term_of_the_records_is_no_word_of_results(tmp_path: Path, word: str) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    write_text(tmp_path / "events.csv", [("patient", "term"), ("P1", word), ("P1", "Any")])
    table = {"files": [{"path": "events.csv"}], "columns": {"patient": "patient", "term": "term"}}
    made = study(tables={"adverse_events": table}, endpoints={"harm": AS_RECORDED})
    assert lines(checked(made, tmp_path)) == [
        f"events.csv, row 2, column 'term': '{word}' is a word by which results name other lines; "
        "write it otherwise, or give it a code under adverse_events.codes"
    ]


@pytest.mark.parametrize(("spec", "number"), [(FEVER, 0), ({**FEVER, **WINDOW}, 1)])
def test_a_start_is_missed_where_a_window_needs_it(tmp_path: Path, spec: dict[str, Any], number: int) -> None:
    found = queries(tmp_path, [("P1", "Fever", None)], roles=("patient", "term", "start"), harm=spec)
    assert len(found) == number
    assert all(
        line.startswith("events.csv, row 2, column 'start': the start is not recorded") for line in found
    )


def test_rows_repeated_are_told_once_with_their_number(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", "Fever", 1, DAY),
        ("P2", "Fever", 1, DAY),
        ("P1", "Fever", 2, DAY),
        ("P1", "Fever", 1, DAY),
        ("P1", "Fever", 1, DAY),
        ("P2", "Fever", 1, DAY),
    ]
    roles = ("patient", "term", "grade", "start")
    assert queries(tmp_path, rows, roles=roles, harm=FEVER) == [
        "events.csv, row 5, column 'term': the row says what events.csv, row 2 says, and 2 more rows repeat earlier "
        "ones; remove it if it is a copy; until then it is an event more"
    ]


def test_without_a_day_the_same_may_well_have_happened_twice(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [("P1", "Fever", 1, None)] * 2
    assert queries(tmp_path, rows, roles=("patient", "term", "grade", "start"), harm=FEVER) == []


@pytest.mark.parametrize(
    ("test", "value", "unit", "words"),
    [
        ("creatinine", 1.1, "umol/L", "'1.1' umol/L is outside what creatinine can be (10 to 1500 umol/L)"),
        ("creatinine", 1.1, "mg/dL", None),
        ("creatinine", 10, "umol/L", None),
        ("albumin", 3.8, "g/L", "'3.8' g/L is outside what albumin can be (10 to 60 g/L)"),
        ("albumin", 38, "g/dL", "'38' g/dL is outside what albumin can be (10 to 60 g/L)"),
        ("WBC", 5000, "10^9/L", "'5000' 10^9/L is outside what leukocytes can be (0.2 to 100 10^9/L)"),
        ("WBC", 5000, "/uL", None),
        ("INR", 50, "1", "'50' is outside what inr can be (0.5 to 12)"),
        ("glucose", 5000, "mmol/L", None),
    ],
)
def test_a_value_that_cannot_be_is_likely_in_another_unit(
    tmp_path: Path, test: str, value: float, unit: str, words: str | None
) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    roles = ("patient", "date", "test", "value", "unit")
    write_text(tmp_path / "labs.csv", [roles, ("P1", DAY, test, value, unit)])
    table = {"files": [{"path": "labs.csv"}], "columns": {role: role for role in roles}}
    records = checked(study(tables={"labs": table}), tmp_path)
    assert lines(records) == []
    action = "; confirm the value and its unit; they are used as they stand"
    expected = [] if words is None else [f"labs.csv, row 2, column 'value': {words}{action}"]
    assert lines(records, "query") == expected


def silent(folder: Path, counts: dict[str, tuple[int, int]], **endpoints: Any) -> list[str]:
    """The queries of centres with so many patients, and so many of them with an event."""
    people = [(f"{centre}{n}", centre) for centre, (many, _) in counts.items() for n in range(many)]
    write_text(
        folder / "one.csv",
        [(*HEADER, "Where"), *((name, *PATIENTS[0][1:], centre) for name, centre in people)],
    )
    rows = [(f"{centre}{n}", "Fever") for centre, (_, told) in counts.items() for n in range(told)]
    write_text(folder / "events.csv", [("patient", "term"), *rows])
    table = {"files": [{"path": "events.csv"}], "columns": {"patient": "patient", "term": "term"}}
    made = study(
        {"path": "one.csv"},
        roles={"patient": "ID", "centre": "Where"},
        centres={name: {"label": f"Hospital {name}"} for name in counts},
        tables={"adverse_events": table},
        endpoints=endpoints,
    )
    return [line for line in lines(checked(made, folder), "query") if "adverse event is recorded" in line]


def test_a_centre_that_recorded_no_event_of_many_patients(tmp_path: Path) -> None:
    action = "; confirm that events were asked for and that their rows are read; until then these patients had none"
    counts = {"a": (12, 1), "b": (10, 0), "c": (9, 0)}
    assert silent(tmp_path, counts, harm=FEVER) == [
        "of none of the 10 patients of Hospital b an adverse event is recorded" + action
    ]


def test_where_silence_is_not_taken_for_none_it_is_no_query(tmp_path: Path) -> None:
    counts = {"a": (12, 1), "b": (10, 0)}
    assert silent(tmp_path, counts, harm={**FEVER, "not_listed": "unknown"}) == []
    assert silent(tmp_path, counts) == []
