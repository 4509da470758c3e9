"""The checklist: every item once, its status that of the study, its places those of the report."""

from __future__ import annotations

import csv
import io

import pytest

from calliper.blocks import Table
from calliper.displays.checklists import RECORD, STROBE
from calliper.displays.narrative.checklist import RECORD_JUDGES, STROBE_JUDGES
from calliper.report.checklist_file import checklist_file
from displays.reported import NAMES, run

STATUSES = {"DONE", "PARTIAL", "AUTHOR MUST SUPPLY", "NOT APPLICABLE"}


def lines(name: str) -> dict[tuple[str, str], dict[str, str]]:
    """The lines of checklist.csv by guideline and item."""
    (content,) = checklist_file(run(name).document).values()
    read = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    return {(line["guideline"], line["item"]): line for line in read}


def status(name: str, item: str, guideline: str = "STROBE") -> str:
    return lines(name)[guideline, item]["status"]


def test_every_item_has_a_judge() -> None:
    assert list(STROBE_JUDGES) == list(STROBE)
    assert list(RECORD_JUDGES) == list(RECORD)
    # the cohort checklist has 22 items, and these have parts
    assert {item.rstrip("abcde") for item in STROBE} == {str(number) for number in range(1, 23)}
    assert len(STROBE) == 34
    assert len(RECORD) == 13


@pytest.mark.parametrize("name", NAMES)
def test_every_item_stands_once_with_a_status_a_reason_and_a_place_that_is_there(name: str) -> None:
    held = lines(name)
    assert [item for guideline, item in held if guideline == "STROBE"] == list(STROBE)
    assert [item for guideline, item in held if guideline == "RECORD"] == list(RECORD)
    document = run(name).document
    assert document.sections[-1].id == "checklist"
    titles = {section.title for section in document.sections}
    numbers = {
        block.number for section in document.sections for block in section.blocks if hasattr(block, "number")
    }
    for line in held.values():
        assert line["status"] in STATUSES
        assert line["why"].endswith(".")
        for place in filter(None, line["where"].split("; ")):
            kind, _, which = place.partition(" ")
            listed = [f"{kind.rstrip('s')} {number}" for number in which.split(", ")]
            assert place in titles or set(listed) <= numbers, place
        if line["status"] in ("AUTHOR MUST SUPPLY", "NOT APPLICABLE"):
            assert not line["where"]


@pytest.mark.parametrize(
    ("item", "bare", "stated"),
    [
        ("1b", "PARTIAL", "DONE"),
        ("2", "AUTHOR MUST SUPPLY", "DONE"),
        ("3", "AUTHOR MUST SUPPLY", "PARTIAL"),
        ("5", "PARTIAL", "DONE"),
        ("7", "PARTIAL", "DONE"),
        ("9", "PARTIAL", "DONE"),
        ("10", "PARTIAL", "DONE"),
        ("20", "AUTHOR MUST SUPPLY", "AUTHOR MUST SUPPLY"),
        ("22", "AUTHOR MUST SUPPLY", "DONE"),
    ],
)
def test_what_the_authors_state_changes_the_status(item: str, bare: str, stated: str) -> None:
    assert (status("small", item), status("stated", item)) == (bare, stated)


def test_what_the_study_is_decides_what_applies() -> None:
    assert status("demo", "3") == "DONE"  # objective and primary test
    assert status("demo", "8") == "PARTIAL"  # nobody says who read the scans
    assert status("demo", "16a") == "DONE"  # a model has the arm beside other factors
    assert status("demo", "16b") == "DONE"
    assert status("small", "16b") == "NOT APPLICABLE"  # no number is grouped
    assert status("small", "13b") == "NOT APPLICABLE"  # nobody left
    assert status("minimal", "15") == "NOT APPLICABLE"
    assert status("minimal", "14a") == "DONE"
    assert status("competing", "14a") == "AUTHOR MUST SUPPLY"
    assert status("competing", "16a") == "PARTIAL"  # unadjusted alone
    assert status("competing", "16c") == "DONE"
    assert status("small", "22.1", "RECORD") == "AUTHOR MUST SUPPLY"
    assert status("stated", "22.1", "RECORD") == "DONE"
    assert {line["status"] for key, line in lines("single").items() if key[0] == "RECORD"} == {
        "NOT APPLICABLE"
    }


def test_the_checklist_has_no_result_in_it() -> None:
    (table,) = [block for block in run("demo").document.sections[-1].blocks if isinstance(block, Table)]
    assert not any(cell.keys for row in table.rows for cell in row.cells)
