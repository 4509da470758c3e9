"""The cells of each table, worked out by hand from the typed results."""

from __future__ import annotations

from calliper.blocks import Table
from calliper.displays.tables.baseline import baseline_table
from calliper.displays.tables.cox import cox_table
from calliper.displays.tables.response import response_table
from calliper.displays.tables.safety import safety_table
from calliper.displays.tables.survival import survival_table
from calliper.protocol.specs import Protocol
from calliper.results import Results, Row
from displays import hand_results
from displays.hand_results import analysis

STUDY = hand_results.protocol()
RESULTS = hand_results.results()


def lines(table: Table) -> dict[str, list[str]]:
    """The texts of each row by its first cell; the first row of a name wins."""
    found: dict[str, list[str]] = {}
    for row in table.rows:
        found.setdefault(row.cells[0].text, [cell.text for cell in row.cells[1:]])
    return found


def headers(table: Table) -> list[str]:
    return [column.header for column in table.columns]


def test_baseline() -> None:
    table = baseline_table(analysis(STUDY, "baseline"), STUDY, RESULTS)
    assert headers(table) == [
        "Characteristic", "New drug (n = 4)", "Old drug (n = 6)", "Overall (n = 10)", "SMD", "P value",
    ]  # fmt: skip
    found = lines(table)
    assert found["Age, years, mean (SD)"] == ["60.3 (14.0)", "60.0 (14.0)", "60.1 (14.0)", "0.022", "0.976"]
    assert found["Sex"] == ["", "", "", "0.900", "<0.001"]
    assert found["Male"] == ["1 (25.0)", "4 (66.7)", "5 (50.0)", "", ""]
    # n differs from the header where a value is missing, and is then printed
    assert found["Fit, yes"] == ["1 (25.0)", "3/5 (60.0)", "4/9 (44.4)", "—", "—"]
    assert found["Missing, n"] == ["0", "1", "1", "", ""]
    assert sum(row.cells[0].text == "Missing, n" for row in table.rows) == 1


def test_baseline_footnotes_name_the_test_of_every_p_and_why_there_is_none() -> None:
    table = baseline_table(analysis(STUDY, "baseline"), STUDY, RESULTS)
    notes = {note.mark: note.text for note in table.footnotes}
    named = {row.cells[0].text: notes[mark] for row in table.rows for mark in row.cells[-1].notes}
    assert named == {
        "Age, years, mean (SD)": "Welch's t test, two-sided.",
        "Sex": "Pearson chi-square test without continuity correction.",
        "Fit, yes": "No test: nobody knows.",
    }


def test_baseline_header_n_is_the_n_divided_by() -> None:
    table = baseline_table(analysis(STUDY, "baseline"), STUDY, RESULTS)
    for column, group in zip(table.columns[1:4], ("new", "old", "overall"), strict=True):
        row = RESULTS.get(f"baseline/included/{group}/sex//n")
        assert row is not None
        assert column.header.endswith(f"(n = {row.value:.0f})")


def test_baseline_of_one_arm_has_no_tests() -> None:
    alone = [row for row in RESULTS.rows if row.group in {"new"} or row.analysis == "flow"]
    table = baseline_table(analysis(STUDY, "baseline"), STUDY, Results(tuple(alone), ()))
    assert headers(table) == ["Characteristic", "New drug (n = 4)"]


def test_response() -> None:
    table = response_table(analysis(STUDY, "response"), STUDY, RESULTS)
    found = lines(table)
    assert found["Complete response"] == ["3/4 (75.0)", "1/5 (20.0)", "", ""]
    assert found["Not evaluable"] == ["0/4 (0.0)", "1/6 (16.7)", "", ""]
    assert found["Objective response (CR + PR), evaluable patients"] == [
        "3/4 (75.0)",
        "1/5 (20.0)",
        "55.0",
        "0.028",
    ]
    assert found["Objective response (CR + PR), all patients"] == [
        "3/4 (75.0)",
        "1/6 (16.7)",
        "55.0",
        "0.028",
    ]
    assert found["95% CI"] == ["19.4 to 99.4", "19.4 to 99.4", "−8.5 to 83.0", ""]
    assert found["Disease control (CR + PR + SD), evaluable patients"][2:] == ["—", "—"]
    assert table.caption == "Tumour response by RECIST 1.1"


def test_survival() -> None:
    table = survival_table(analysis(STUDY, "os"), STUDY, RESULTS)
    found = lines(table)
    assert found["Deaths, n"] == ["0", "4", "4"]
    assert found["Person-time, months"] == ["101.3", "101.3", "101.3"]
    assert found["Median (95% CI)"] == ["NR", "12.7 (9.6 to NR)", "18.6 (9.6 to NR)"]
    assert found["12 months"] == ["100.0 (11.8 to 94.1)", "33.3 (11.8 to 94.1)", ""]
    assert found["24 months"] == ["—", "—", ""]
    assert found["Hazard ratio (95% CI)"] == ["—", "reference", ""]
    assert found["Log-rank test, two-sided"] == ["", "", "χ² = 6.470, df = 1, P = 0.011"]
    notes = [note.text for note in table.footnotes]
    assert "No finite hazard ratio: no event in one arm." in notes
    assert "No survival at 24: follow-up ends at 20." in notes


def test_survival_without_any_event_has_no_interval() -> None:
    rows = [
        Row("os", "included", "new", "os", "", stat, 1.0, 12.0)
        for stat in ("survival", "survival_lower", "survival_upper")
    ]
    rows.append(Row("os", "included", "new", "os", "", "n", 4.0))
    table = survival_table(analysis(STUDY, "os"), STUDY, Results(tuple(rows), ()))
    (cell,) = [row.cells[1] for row in table.rows if row.cells[0].text == "12 months"]
    (note,) = [note.text for note in table.footnotes if note.mark == cell.notes[0]]
    assert cell.text == "100.0"
    assert note.startswith("No event so far")


def test_safety() -> None:
    table = safety_table(analysis(STUDY, "safety"), STUDY, RESULTS)
    assert table.caption == "Adverse events (CTCAE version 5.0)"
    assert headers(table) == [
        "Adverse event", "N", "1", "2", "3", "4", "5", "n (%)", "95% CI, %", "n (%)", "95% CI, %", "Any grade",
    ]  # fmt: skip
    found = lines(table)
    assert found["Rash"][-1] == "0.033"
    # Grades that nobody had stand in the table: a zero tells as much as a count.
    zero = "0 (0.0)"
    sums = ["0.0 to 90.0", zero, "0.0 to 4.0", ""]
    assert found["New drug"] == ["4", "3 (75.0)", zero, zero, zero, zero, "3 (75.0)", *sums]
    assert found["Old drug"] == ["6", zero, zero, zero, zero, zero, zero, *sums]


def test_safety_without_grades_speaks_of_none() -> None:
    spec = analysis(STUDY, "safety").model_copy(update={"grades": False})
    table = safety_table(spec, STUDY, RESULTS)
    assert [(column.spanner, column.header) for column in table.columns[1:]] == [
        ("New drug", "n/N (%)"),
        ("New drug", "95% CI, %"),
        ("Old drug", "n/N (%)"),
        ("Old drug", "95% CI, %"),
        ("", "P value"),
    ]
    assert lines(table) == {"Rash": ["3/4 (75.0)", "0.0 to 90.0", "0/6 (0.0)", "0.0 to 90.0", "0.033"]}
    assert not any("grade" in note.text for note in table.footnotes)


def test_a_chosen_category_is_printed_level_by_level() -> None:
    chosen = {
        "label": "Size",
        "cases": [{"level": "Small", "when": "age < 50"}, {"level": "Large", "when": "age >= 50"}],
    }
    written = STUDY.model_dump(mode="json", exclude_none=True)
    written["derived"] = {"size": chosen}
    written["analyses"][0]["variables"] = ["size"]
    study = Protocol.model_validate(written)
    rows = [
        Row("baseline", "included", "new", "size", level, stat, value)
        for level, stat, value in (
            ("", "n", 4.0), ("", "missing", 0.0), ("Small", "count", 1.0), ("Small", "proportion", 0.25),
            ("Large", "count", 3.0), ("Large", "proportion", 0.75),
        )
    ]  # fmt: skip
    table = baseline_table(analysis(study, "baseline"), study, Results(tuple(rows), ()))
    assert lines(table) == {"Size": [""], "Small": ["1/4 (25.0)"], "Large": ["3/4 (75.0)"]}


def test_survival_by_a_category_says_of_what_the_columns_are_levels() -> None:
    spec = analysis(STUDY, "os").model_copy(update={"by": "fit"})
    rows = [
        Row("os", "included", group, "os", "", "n", n)
        for group, n in (("Yes", 6.0), ("No", 4.0), ("overall", 10.0))
    ]
    table = survival_table(spec, STUDY, Results(tuple(rows), ()))
    assert table.caption == "Overall survival by fit"
    heads = [(column.spanner, column.header) for column in table.columns[1:]]
    assert heads == [("Fit", "Yes"), ("Fit", "No"), ("", "Overall")]


def test_cox() -> None:
    table = cox_table(analysis(STUDY, "cox"), STUDY, RESULTS)
    assert headers(table) == ["Factor", "n/events", "HR (95% CI)", "P", "β", "HR (95% CI)", "P"]
    assert [column.spanner for column in table.columns[1:]] == ["Univariable"] * 3 + ["Main model"] * 3
    found = lines(table)
    effect = ["0.56 (0.33 to 0.97)", "0.037"]
    assert found["Age, per year"] == ["10/4", *effect, "", "", ""]
    assert found["Stage"] == ["10/4", "", "<0.001", "", "", "<0.001"]
    assert found["A"] == ["", "reference", "", "", "reference", ""]
    assert found["B"] == ["", *effect, "−0.578", *effect]
    # two levels: the factor's P is its coefficient's, and is not printed twice
    assert found["Treatment arm"] == ["10/4", "", "", "", "", ""]
    assert found["New drug"] == ["", *effect, "−0.578", *effect]
    notes = " ".join(note.text for note in table.footnotes)
    assert (
        "Main model: 10 patients, 4 events, 3 parameters, 1.3 events a parameter, concordance 0.712." in notes
    )
    assert "Tied times: Efron." in notes
