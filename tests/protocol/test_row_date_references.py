"""A date taken from a table: what it names must be there, and it may not limit the cells it is made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import changed, load_text, mistakes_of

OLD = "  survived: {from_date: first_tace"
AT = "study.yaml:51: derived.event.{}"


def study(entry: str, *, text: str | None = None) -> str:
    return (text or changed(OLD, OLD)).replace(OLD, f"  event: {entry}\n{OLD}")


def test_an_endpoint_a_span_a_rule_and_a_check_may_use_it(tmp_path: Path) -> None:
    text = study("{first: adverse_events, where: {term: [Fever]}, label: First fever}")
    text = text.replace("    start: first_tace\n    window_days", "    start: event\n    window_days")
    text = text.replace("to_date: death", "to_date: event").replace(
        "rule: age >= 18}", "rule: event is not missing}"
    )
    text = text.replace(
        "arms:\n  column", "checks: [{id: F1, text: Late, rule: event > first_tace}]\narms:\n  column"
    )
    text = text.replace("{date: death, reason: death}", "{date: event, reason: fever}")
    assert load_text(tmp_path, text).protocol.derived["event"].label == "First fever"


@pytest.mark.parametrize(
    ("entry", "key", "words"),
    [
        (
            "{first: visits, label: E}",
            "first",
            "found no table data.visits; expected it, as this variable reads it",
        ),
        (
            "{last: adverse_events, role: end, label: E}",
            "last",
            "found no role 'end' in data.adverse_events.columns; expected it, as this variable reads it",
        ),
        (
            "{first: contacts, where: {statu: [dead]}, label: E}",
            "where.statu",
            "found 'statu'; expected a role of data.contacts.columns: patient, date or status "
            "(did you mean 'status'?)",
        ),
        (
            "{first: contacts, label: E, wher: {status: [dead]}}",
            "wher",
            "found the key 'wher'; expected first, last, role, where or label (did you mean 'where'?)",
        ),
    ],
)
def test_mistakes(tmp_path: Path, entry: str, key: str, words: str) -> None:
    assert mistakes_of(tmp_path, study(entry)) == [f"{AT.format(key)}: {words}"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            "not_before: first_tace, impute",
            "not_before: event, impute",
            "41: variables.death.not_before",
        ),
        (
            "impute: {field: death}",
            "impute: {field: death, not_after: [event]}",
            "41: variables.death.impute.not_after[1]",
        ),
        (
            "columns: {patient: ID, date: Date, status: Status}",
            "columns: {patient: ID, date: Date, status: Status}\n    not_before: {date: [event]}",
            "30: data.contacts.not_before.date[1]",
        ),
    ],
)
def test_cells_are_read_before_it_is_known(tmp_path: Path, old: str, new: str, place: str) -> None:
    text = study("{first: contacts, label: E}").replace(old, new)
    assert mistakes_of(tmp_path, text) == [
        f"study.yaml:{place}: found the date of a row 'event'; expected the name of a date variable"
    ]


def test_one_from_further_down_is_named_as_such(tmp_path: Path) -> None:
    later = "\n  event: {first: contacts, label: E}"
    text = changed("to_date: death, label: Survived}", "to_date: event, label: Survived}" + later)
    assert mistakes_of(tmp_path, text) == [
        "study.yaml:51: derived.survived.to_date: found 'event', which is derived here or below; "
        "expected a date variable from above"
    ]
