"""Tables of agreement, of disagreements, and of bounds: the right number at the right place, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from analyses.hand_cohort import analyse, patients, protocol, responses
from analyses.test_agreement import ALL, FIRST, PAIRS, SECOND, TABLE, of_scans, run, study
from calliper.blocks import Cell, Table
from calliper.displays import labels
from calliper.displays.addresses import described
from calliper.displays.document import document
from calliper.displays.narrative.agreement import agreement
from calliper.displays.tables.agreement import agreement_table, square_table
from calliper.displays.tables.response import response_table
from calliper.protocol.readings import told_apart
from calliper.protocol.specs import Protocol
from calliper.results import Results
from displays.printed import NUMBER, cells, is_rounding, texts, values


@pytest.fixture(scope="module")
def found() -> Results:
    first, second = ({name: [pair[at] for pair in PAIRS] for name in ("m1", "m3")} for at in (0, 1))
    return run(first, second, {"m1": ["SD"] * 20, "m3": first["m3"]}, adjudicated="third")


def by_label(table: Table, group: str) -> dict[str, list[Cell]]:
    """The cells of the rows under a heading, by their label."""
    under: dict[str, list[Cell]] = {}
    heading = ""
    for row in table.rows:
        heading = row.cells[0].text if row.role == "group" else heading
        if row.role != "group" and heading == group:
            under[row.cells[0].text] = list(row.cells[1:])
    return under


def test_the_square_table(found: Results) -> None:
    made = study(adjudicated="third")
    table = square_table(made.analyses[0], made, found)
    assert [column.header for column in table.columns] == ["First reader", *ALL, "Total"]
    assert {column.spanner for column in table.columns[1:6]} == {"Second reader"}
    rows = by_label(table, "m1")
    for category, counts in TABLE.items():
        shown = [cell.text for cell in rows[labels.RESPONSE_WORDS[category]]]
        assert shown == [*map(str, counts), str(sum(counts))]
    assert [cell.text for cell in rows["Total"]] == ["3", "8", "4", "3", "2", "20"]


def test_the_measures(found: Results) -> None:
    made = study(adjudicated="third")
    table = agreement_table(made.analyses[0], made, found)
    assert [column.header for column in table.columns] == ["Measure", "Evaluable by both", "All patients"]
    rows = {label: [cell.text for cell in held] for label, held in by_label(table, "m1").items()}
    assert rows["Patients"] == ["18", "20"]
    assert rows["Categorised alike"] == ["12/18 (66.7; 41.0 to 86.7)", "13/20 (65.0; 40.8 to 84.6)"]
    # 121/229 and 31/59; 109/163
    assert [text[:6] for text in rows["Kappa (95% CI)"]] == ["0.53 (", "0.53 ("]
    assert [text[:6] for text in rows["Kappa, linear weights (95% CI)"]] == ["0.67 (", ""]
    assert [text[:5] for text in rows["Objective response, second reader"]] == ["11/18", "11/20"]
    assert rows["Objective response by the first only, the second only"] == ["1, 2", "2, 2"]
    assert rows["P value (McNemar, exact, two-sided)"] == [">0.999", ">0.999"]
    assert rows["Patients on whom the two differ"] == ["", "7"]
    # the third says SD of all: the first's in (SD, PR) twice and (SD, PD), the second's in (PR, SD)
    taken = [rows[f"Adjudicated as {name}, n (%)"] for name in ("first reader", "second reader", "neither")]
    assert taken == [["", "3 (42.9)"], ["", "1 (14.3)"], ["", "3 (42.9)"]]


def test_nobody_differs_and_nobody_is_followed() -> None:
    made = study(adjudicated="third", landmarks=["m1"])
    same = {"m1": ["SD", "PD"]}
    table = agreement_table(
        made.analyses[0], made, run(same, same, same, adjudicated="third", landmarks=["m1"])
    )
    assert by_label(table, "m1")["Adjudicated as neither, n (%)"][1].text == "0"


def test_why_there_is_no_kappa_stands_in_a_footnote() -> None:
    made = study(landmarks=["m1"])
    held = run({"m1": ["SD", "PD"]}, {"m1": ["SD", "SD"]}, landmarks=["m1"])
    table = agreement_table(made.analyses[0], made, held)
    cell = by_label(table, "m1")["Kappa (95% CI)"][0]
    notes = {note.mark: note.text for note in table.footnotes}
    assert cell.text == "—"
    assert "could not differ from chance" in notes[cell.notes[0]]
    p = by_label(table, "m1")["P value (McNemar, exact, two-sided)"][0]
    assert notes[p.notes[0]] == "No patient responded by one of the two only."


def test_every_number_of_the_report_is_its_result_rounded(found: Results) -> None:
    made = study(adjudicated="third")
    paper = document(made, found, (), {})
    checked = 0
    for table, cell in cells(paper):
        for token in NUMBER.findall(cell.text):
            assert any(is_rounding(token, value) for value in values(found, cell.keys)), (table.id, cell.text)
            checked += 1
    assert checked > 100
    quoted = [text for text in texts(paper) if text.keys]
    assert len(quoted) == 2
    for text in quoted:
        tokens = NUMBER.findall(text.text.replace("> ", ">").replace("< ", "<"))
        for value in values(found, text.keys):
            assert any(is_rounding(token, value) for token in tokens), (text.text, value)


def test_no_row_is_without_words(found: Results) -> None:
    made = study(adjudicated="third")
    told = {row.key: described(made, row) for row in found}
    assert told["readers/evaluable/between/m1/ORR/p.mcnemar"] == (
        "Objective response (CR + PR), m1, evaluable patients, P value, McNemar's exact test"
    )
    assert told["readers/all/second/m1/PD/count"].startswith(
        "Progressive disease, m1, all patients, Second reader"
    )


def named(one: Mapping[str, object], two: Mapping[str, object]) -> tuple[str, ...]:
    base = {
        "kind": "response",
        "label": "Response",
        "criteria": "mRECIST (2010)",
        "landmarks": {"m": {"label": "m", "only_record": True}},
    }
    made: Protocol = protocol(
        {"id": "r", "kind": "agreement", "endpoints": ["one", "two"]},
        endpoints={"one": {**base, **one}, "two": {**base, **two}},
    )
    return told_apart(made, ["one", "two"])


def test_readings_are_told_apart_by_the_first_thing_that_differs() -> None:
    landmark = {"landmarks": {"m": {"label": "m", "best": "unconfirmed"}}}
    lesions = landmark | {"lesions": {"rules": "mRECIST_2010"}}

    def read(*names: str) -> Mapping[str, object]:
        return landmark | {"lesions": {"rules": "mRECIST_2010", "readers": list(names)}}

    assert named({"label": "Response, reader 1"}, {"label": "Response, mRECIST"}) == ("Reader 1", "mRECIST")
    assert named({}, {"label": "Response, reader 2"}) == ("Response", "Response, reader 2")
    assert named({}, {"label": "Final", "criteria": "RECIST 1.1"}) == ("Response", "Final")
    assert named({}, {"criteria": "RECIST 1.1"}) == ("mRECIST (2010)", "RECIST 1.1")
    assert named(read("A"), read("B", "A")) == ("Reader A", "Reader B, else A")
    assert named({}, lesions) == ("Recorded category", "Derived category")
    assert named(lesions, lesions) == ("one", "two")


def bounded(not_evaluable: int) -> Table:
    """Ten patients an arm; in the test arm 6 respond and some are not evaluable, in the control arm 4 respond."""
    made = protocol(
        {"id": "r", "kind": "response", "endpoint": "best"},
        endpoints={
            "best": {
                "kind": "response",
                "label": "Response",
                "criteria": "RECIST 1.1",
                "landmarks": {"m1": {"label": "1 month", "only_record": True}},
            }
        },
    )
    frame = patients(arm=["test"] * 10 + ["control"] * 10)
    test = ["PR"] * 6 + ["PD"] * (4 - not_evaluable) + ["NE"] * not_evaluable
    held = responses("best", frame["patient"].to_list(), {"m1": [*test, *["PR"] * 4, *["PD"] * 6]})
    return response_table(made.analyses[0], made, analyse(made, frame, held))  # type: ignore[arg-type]


def test_the_bounds_stand_under_the_rate_of_all_patients() -> None:
    """Three of ten not evaluable: 60 to 90%; the difference from 40% is 20 to 50 points."""
    table = bounded(3)
    at = [row.cells[0].text for row in table.rows]
    first = at.index("Bounds for those not evaluable")
    assert at[first - 2 : first] == ["Objective response (CR + PR), all patients", "95% CI"]
    assert at.count("Bounds for those not evaluable") == 2
    assert [cell.text for cell in table.rows[first].cells[1:]] == [
        "60.0 to 90.0", "40.0 to 40.0", "20.0 to 50.0", "",
    ]  # fmt: skip
    assert any(
        note.text.startswith("Bounds for those not evaluable: the rate if all") for note in table.footnotes
    )


def test_no_bounds_where_everybody_is_evaluable() -> None:
    table = bounded(0)
    assert not [row for row in table.rows if row.cells[0].text.startswith("Bounds")]
    assert not [note for note in table.footnotes if note.text.startswith("Bounds")]


def test_scans_without_a_counterpart_are_told() -> None:
    found = of_scans(FIRST, SECOND)
    made = study()
    (*_, text) = agreement(made.analyses[0], made, found)
    assert text.text == (
        "The category is the same on 1 of 3 scans that both have (33.3%; kappa 0.14). Without a counterpart are 3 "
        "scans of first reader and 2 scans of second reader."
    )
    alone = of_scans(FIRST.head(1), FIRST.head(1))
    (*_, text) = agreement(made.analyses[0], made, alone)
    assert text.text == "The category is the same on the 1 scan that both have."
