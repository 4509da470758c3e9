"""The section on software conventions, from results typed by hand."""

from __future__ import annotations

from dataclasses import replace

from calliper.blocks import Section, Table, Text
from calliper.displays.document import document
from calliper.displays.tables.conventions import choices_table, compared, flips_table, headline_table
from calliper.results import Flip, Method, Results, Row
from displays import hand_results

STUDY = hand_results.protocol()
HAND = hand_results.results()
CHOICES = {
    "ties": "efron", "survival_ci": "log", "median_ci": "brookmeyer-crowley", "median_flat": "midpoint",
    "means": "welch", "rank_p": "exact", "rank_continuity": "corrected", "chi_square": "pearson", "quantile": 7,
}  # fmt: skip
SPSS = {"ties": "breslow", "survival_ci": "plain", "median_ci": "spss", "quantile": 6}
MEDIAN = Row("os", "included", "old", "os", "", "median", 12.65, unit="months")
HR = Row("cox", "included", "main", "arm", "new", "hr", 0.561)
SIZE = Row("cox", "included", "main", "", "", "parameters", 3.0)
AGE_P = Row("baseline", "included", "between", "age", "", "p", 0.9757)


def under(name: str, row: Row, stat: str, value: float | None) -> Row:
    group = f"{row.analysis}/{row.population}/{row.group}"
    return replace(row, analysis="conventions", population=name, group=group, stat=stat, value=value)


def results(*flips: Flip, own: str | None = "r", others: tuple[str, ...] = ("sas", "spss")) -> Results:
    """The hand results, with a median and a hazard ratio that differ under the other conventions."""
    counts = [Row("conventions", "study", "", "", "", s, v) for s, v in (("compared", 40), ("differ", 6))]
    rows = [*counts, Row("conventions", "study", "", "", "", "flips", len(flips))]
    for name in others:
        rows += [under(name, MEDIAN, "median", 12.65), under(name, MEDIAN, "median_lower", 9.61)]
        rows += [under(name, MEDIAN, "median_upper", 20.04 if name == "spss" else None)]
        rows += [
            under(name, HR, stat, value) for stat, value in (("hr", 0.58), ("lower", 0.332), ("upper", 1.012))
        ]
    methods = [Method("conventions", "summary", "", parameters={"own": own})]
    methods += [Method("conventions", "choices", "", subject="study", parameters=CHOICES)]
    methods += [
        Method("conventions", "choices", "", subject=name, parameters=CHOICES | SPSS) for name in others
    ]
    return Results(HAND.rows + tuple(rows), HAND.methods + tuple(methods), flips)


FLIPS = (
    Flip(
        "limit", MEDIAN, tuple(f"{MEDIAN.key}_{side}" for side in ("lower", "upper")),
        {"study": "not reached: upper limit", "sas": "not reached: upper limit", "spss": "reached"},
    ),
    Flip(
        "interval", HR, tuple(HR.key.removesuffix("hr") + side for side in ("lower", "upper")),
        {"study": "interval below 1", "sas": "interval holds 1", "spss": "interval holds 1"},
    ),
    Flip("factors", SIZE, (), {"study": "stage, arm", "sas": "arm", "spss": "none"}),
    Flip("estimate", AGE_P, (), {"study": "P >= 0.05", "sas": "not estimated", "spss": "P >= 0.05"}),
)  # fmt: skip


def table_of_flips(made: Results) -> Table:
    held = compared(made)
    assert held is not None
    table = flips_table(STUDY, held)
    assert table is not None
    return table


def test_a_flip_shows_its_number_under_each_convention_and_marks_the_other_conclusion() -> None:
    table = table_of_flips(results(*FLIPS))
    assert [column.header for column in table.columns] == [
        "Result", "R (this study)", "SAS", "SPSS", "What changes",
    ]  # fmt: skip
    mark = "a"
    lines = [[(cell.text, *cell.notes) for cell in row.cells] for row in table.rows]
    assert lines == [
        [("Overall survival",), ("",), ("",), ("",), ("",)],
        [
            ("Old drug, median, months (95% CI)",), ("12.7 (9.6 to NR)",), ("12.7 (9.6 to NR)",),
            ("12.7 (9.6 to 20.0)", mark), ("Limit reached, or not",),
        ],
        [("Factors associated with overall survival",), ("",), ("",), ("",), ("",)],
        [
            ("Treatment arm, New drug, Main model, hazard ratio (95% CI)",), ("0.56 (0.33 to 0.97)",),
            ("0.58 (0.33 to 1.01)", mark), ("0.58 (0.33 to 1.01)", mark), ("Interval across no effect",),
        ],
        [
            ("Main model, factors",), ("stage and treatment arm",), ("treatment arm", mark), ("none", mark),
            ("Other factors chosen",),
        ],
        [("Baseline characteristics",), ("",), ("",), ("",), ("",)],
        [("Age, P value",), ("0.976",), ("—", mark), ("0.976",), ("Estimated, or not",)],
    ]  # fmt: skip
    notes = {note.mark: note.text for note in table.footnotes}
    assert notes[mark] == "Another conclusion than that of this study."
    assert "Level of significance: 0.05." in notes[""]


def test_every_number_leads_to_its_row() -> None:
    made = results(*FLIPS)
    row = table_of_flips(made).rows[1]
    stem = "os/included/old/os//median"
    assert row.cells[1].keys == (stem, f"{stem}_lower", f"{stem}_upper")
    assert row.cells[3].keys == tuple(f"conventions/spss/{key}" for key in row.cells[1].keys)
    assert all(
        made.get(key) is not None for row in table_of_flips(made).rows for c in row.cells for key in c.keys
    )


def test_a_mixed_study_has_a_column_of_its_own() -> None:
    flips = tuple(
        replace(flip, conclusions={"r": flip.conclusions["study"], **flip.conclusions}) for flip in FLIPS
    )
    table = table_of_flips(results(*flips, own=None, others=("r", "sas", "spss")))
    assert [column.header for column in table.columns[1:5]] == ["This study", "R", "SAS", "SPSS"]


def test_headlines_that_print_alike_are_left_out() -> None:
    held = compared(results())
    assert held is not None
    table = headline_table(STUDY, held)
    assert table is not None
    lines = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.rows}
    assert list(lines) == [
        "Overall survival", "Old drug, median (95% CI)",
        "Factors associated with overall survival", "Treatment arm, New drug, Main model, hazard ratio (95% CI)",
    ]  # fmt: skip
    assert lines["Old drug, median (95% CI)"] == [
        "12.7 (9.6 to NR)",
        "12.7 (9.6 to NR)",
        "12.7 (9.6 to 20.0)",
    ]
    assert flips_table(STUDY, held) is None


def test_the_choices_stand_in_words() -> None:
    held = compared(results())
    assert held is not None
    lines = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in choices_table(held).rows}
    assert lines["Tied times in Cox regression"] == ["Efron", "Breslow", "Breslow"]
    assert lines["Intervals of medians"][2] == "from the standard error"
    assert len(lines) == len(CHOICES)


def section(made: Results) -> Section | None:
    return next((held for held in document(STUDY, made, (), {}).sections if held.id == "conventions"), None)


def test_the_section_counts_what_was_compared_and_says_so_where_nothing_changes() -> None:
    for flips, told in (
        (FLIPS, "4 conclusions change."),
        (FLIPS[:1], "1 conclusion changes."),
        ((), "no conclusion changes."),
    ):
        held = section(results(*flips))
        assert held is not None
        lead = held.blocks[0]
        assert isinstance(lead, Text)
        assert f"Of 40 numbers compared, 6 differ under some convention; {told}" in lead.text
        assert (
            "The choices of this study are those of R; the analyses were repeated with those of SAS and SPSS"
            in lead.text
        )


def test_the_log_rank_test_is_the_same_where_it_is() -> None:
    held = section(results())
    assert held is not None
    texts = [block.text for block in held.blocks if isinstance(block, Text)]
    assert "The log-rank test and Fisher's exact test are the same under every convention" in texts[1]


def test_results_without_a_comparison_have_no_section() -> None:
    assert section(HAND) is None
