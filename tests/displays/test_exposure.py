"""Exposure and treatment in print: each cell leads to its result, what it shows, and the words."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from analyses.hand_cohort import protocol
from analyses.test_exposure import NEVER, PEOPLE, SPEC, START, TREATED, person, results, study, treated
from calliper.blocks import Document, Table
from calliper.displays.addresses import described
from calliper.displays.document import document
from calliper.displays.narrative.exposure import exposed
from calliper.displays.numbers import PLAIN
from calliper.protocol.specs import Exposure, Protocol
from calliper.results import Results
from displays.printed import NUMBER, cells, is_rounding, texts, values
from displays.test_every_number import CAUSAL

STUDY = study(delay_days=[3, 5], at=[10, 50])
BOTH = (*PEOPLE, ("control", person(2, 20, cut=7)))


def made(found: Results, held: Protocol = STUDY) -> Document:
    return document(held, found, (), {})


def table(held: Document, name: str) -> Table:
    return next(b for s in held.sections for b in s.blocks if isinstance(b, Table) and b.id == name)


def lines(held: Table) -> dict[str, list[str]]:
    """The cells under the words of their row; a level under those of its heading as well."""
    found: dict[str, list[str]] = {}
    above = ""
    for row in held.rows:
        words = row.cells[0].text
        above = words if row.role != "level" else above
        name = f"{above}: {words}" if row.role == "level" else words
        found[name] = [cell.text for cell in row.cells[1:]]
    return found


@pytest.fixture(scope="module")
def printed() -> tuple[Document, Results]:
    found = results(STUDY, BOTH)
    return made(found), found


def test_the_table_of_exposure(printed: tuple[Document, Results]) -> None:
    """Arms test and control, then all: 10, 40, 60, 90 days; and 30, 20."""
    shown = lines(table(printed[0], "table-ex"))
    assert shown["Patients"] == ["5", "3", "8"]
    assert shown["Started, n (%)"] == ["4 (80.0)", "2 (66.7)", "6 (75.0)"]
    assert shown["Duration, days: Mean (SD)"] == ["50.0 (33.7)", "25.0 (7.1)", "41.7 (29.3)"]
    assert shown["Duration, days: Median (range)"] == ["50 (10 to 90)", "25 (20 to 30)", "35 (10 to 90)"]
    assert shown["Cumulative dose, mg: Median (range)"][0] == "33,600 (8000 to 72,000)"
    assert shown["Cumulative dose, mg: Mean (SD)"][1] == "20,000 (5657)"
    assert shown["Relative dose intensity, %: Median (range)"][0] == "95 (75 to 100)"
    assert shown["Dose reduced, n (%)"] == ["2 (50.0)", "1 (50.0)", "3 (50.0)"]
    assert shown["Dose reduced, n (%): Days to the first reduction, median (95% CI)"][0].startswith("90 (")
    assert shown["Interrupted, n (%): Longest, days, median (range)"] == ["8 (6 to 10)", "—", "8 (6 to 10)"]
    assert shown["Still on the drug when last known, n (%): Ongoing at the data cut-off"] == [
        "1 (25.0)", "0 (0.0)", "1 (16.7)",
    ]  # fmt: skip
    assert shown["Ended, n (%): Stopped: adverse event"] == ["1 (25.0)", "0 (0.0)", "1 (16.7)"]
    assert shown["Ended, n (%): Stopped, no reason recorded"] == ["2 (50.0)", "2 (100.0)", "4 (66.7)"]
    assert shown["Days to the first dose, median (range)"] == ["4.5 (3 to 10)", "2 (2 to 2)", "4 (2 to 10)"]
    due = shown["Days to the first dose, median (range): On day 3 to 5, n/N (%)"]
    assert due == ["3/4 (75.0)", "0/1 (0.0)", "3/5 (60.0)"]


def test_the_notes_say_what_is_described_and_who_is_missing(printed: tuple[Document, Results]) -> None:
    notes = [note.text for note in table(printed[0], "table-ex").footnotes]
    assert any("taken, of 800 mg on every day from the first to the last dose" in note for note in notes)
    assert any("no measure here is a baseline factor of survival" in note for note in notes)
    assert "Not among those who started: never started (2), start not recorded (1)." in notes
    assert "—: no patient of whom it could be told." in notes


def test_exposure_in_a_paragraph(printed: tuple[Document, Results]) -> None:
    (paragraph,) = [text.text for text in texts(printed[0]) if text.text.startswith("Of 5 patients")]
    assert paragraph.startswith(
        "Of 5 patients with TEST, 4 (80.0%) started sorafenib. Median duration was 50 days (range 10 to 90), and "
        "median relative dose intensity 95% (range 75 to 100). The dose was lowered in 2 (50.0%) and interrupted in "
        "2 (50.0%) of those who started. The first dose fell on day 3 to 5 in 3 (75.0%). Of 3 patients with CONTROL, "
    )
    assert paragraph.endswith("This describes what was taken; the arms were not compared.")


def test_nobody_who_started_is_said() -> None:
    held = made(results(STUDY, [("test", NEVER), ("control", NEVER)]))
    assert "No exposure is described: no patient started the drug." in [text.text for text in texts(held)]
    shown = lines(table(held, "table-ex"))
    assert shown["Started, n (%)"] == ["0 (0.0)"] * 3
    assert shown["Dose reduced, n (%)"] == shown["Duration, days: Mean (SD)"] == ["—"] * 3


def test_one_arm_has_one_column() -> None:
    held = study(spec={**SPEC, "arms": ["test"]}, delay_days=[4, 4])
    shown = lines(table(made(results(held, PEOPLE[:6]), held), "table-ex"))
    assert shown["Patients"] == ["5"]
    assert shown["Days to the first dose, median (range): On day 4, n/N (%)"] == ["1/4 (25.0)"]
    assert "Dose reduced, n (%): Reduced by 10 days, % (95% CI)" not in shown


def test_a_share_of_none_or_all_has_no_limits_and_one_after_the_last_dose_is_not_told() -> None:
    """One patient, reduced after 4 days; and one on the drug for a day."""
    people = [("test", person(3, 10, cut=7)), ("control", person(3, 1))]
    held = study(at=[2, 4, 20])
    shown = lines(table(made(results(held, people), held), "table-ex"))
    stem = "Dose reduced, n (%): Reduced by"
    assert shown[f"{stem} 2 days, % (95% CI)"] == ["0.0", "—", "0.0"]
    assert shown[f"{stem} 4 days, % (95% CI)"] == ["100.0", "—", "100.0"]
    assert shown[f"{stem} 20 days, % (95% CI)"] == ["—"] * 3


def test_what_was_read_is_told_from_the_study_file() -> None:
    held = study(
        spec={
            **SPEC,
            "label": "Sorafenib",
            "drugs": ["Sorafenib", "Nexavar"],
            "arms": ["test"],
            "until": [{"date": "start", "reason": "death"}, {"last": "contacts", "reason": "last contact"}],
        }
    )
    spec = held.endpoints["drug"]
    assert isinstance(spec, Exposure)
    assert exposed(held, spec) == (
        "Exposure to sorafenib (Sorafenib and Nexavar) was read from first TACE on, of patients with TEST: periods of "
        "a daily dose, both days inside; one without a recorded end lasts to the first date of: death; last contact. "
        "Doses before first TACE are not counted; 800 mg a day were planned."
    )


SESSIONS = treated()


@pytest.fixture(scope="module")
def given() -> Document:
    held = protocol(
        {"id": "tr", "kind": "treatment", "endpoint": "given"},
        variables={"start": START},
        endpoints={"given": TREATED},
    )
    return made(SESSIONS, held)


def test_the_table_of_treatment(given: Document) -> None:
    shown = lines(table(given, "table-tr"))
    assert shown["Patients"] == ["3", "2", "5"]
    assert shown["DEB-TACE: Patients with a session, n (%)"] == ["3 (100.0)", "1 (50.0)", "4 (80.0)"]
    assert shown["DEB-TACE: Sessions"] == ["8", "2", "10"]
    assert shown["DEB-TACE: Sessions a patient, median (range)"] == ["3 (1 to 4)", "1 (0 to 2)", "2 (0 to 4)"]
    assert shown["DEB-TACE: No session, n (%)"] == ["0 (0.0)", "1 (50.0)", "1 (20.0)"]
    assert shown["DEB-TACE: 3 or more sessions, n (%)"] == ["2 (66.7)", "0 (0.0)", "2 (40.0)"]
    assert shown["DEB-TACE: Days between sessions, median (range)"] == [
        "40 (28 to 50)", "30 (30 to 30)", "35 (28 to 50)",
    ]  # fmt: skip
    assert shown["Sorafenib: Patients treated, n (%)"] == ["2 (66.7)", "0 (0.0)", "2 (40.0)"]
    assert shown["Sorafenib: First day, median (range)"] == ["4 (3 to 5)", "—", "4 (3 to 5)"]
    notes = [note.text for note in table(given, "table-tr").footnotes]
    assert "Left out: 1 patient (first TACE not recorded)." in notes


def test_sessions_in_a_paragraph(given: Document) -> None:
    assert (
        "Sessions of DEB-TACE: 8 in 3 patients with TEST, median 3 (1 to 4) a patient; 2 in 2 patients with CONTROL, "
        "median 1 (0 to 2) a patient. This describes what was given; the arms were not compared."
    ) in [text.text for text in texts(given)]


def test_every_number_is_its_result_rounded(printed: tuple[Document, Results], given: Document) -> None:
    checked = 0
    for held, found in (printed, (given, SESSIONS)):
        for _, cell in cells(held):
            tokens = NUMBER.findall(cell.text)
            assert bool(tokens) <= bool(cell.keys), cell.text
            known = values(found, cell.keys)
            assert all(any(is_rounding(token, value) for value in known) for token in tokens), cell.text
            checked += len(tokens)
        for text in texts(held):
            _are_quoted(text.text, values(found, text.keys))
            assert not CAUSAL.search(text.text), text.text
    assert checked > 100


def _are_quoted(text: str, known: Iterable[float | None]) -> None:
    tokens = NUMBER.findall(re.sub(r"([<>]) (?=\d)", r"\1", text))
    for value in known:
        assert value is not None
        assert any(is_rounding(token, value) for token in tokens), (text, value)


def test_an_address_in_words() -> None:
    words = {
        "ex/started/test/first_reduction//median": "time to the first reduction, TEST, median, days (95% CI)",
        "ex/started/overall/rdi_percent//median": "relative dose intensity, Overall, median, %",
    }
    for key, expected in words.items():
        row = results(STUDY, BOTH).get(key)
        assert row is not None
        assert described(STUDY, row) == expected


def test_forms() -> None:
    assert PLAIN.median_range(75.5, 3, 412, PLAIN.whole_or_tenth) == "75.5 (3 to 412)"
    assert tuple(map(PLAIN.whole_or_tenth, (None, 800.0, 473.25))) == ("NR", "800", "473.3")
