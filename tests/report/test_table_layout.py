"""Widths of printed tables: letters by the published metrics, columns that hold what must not break, pages kept to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.blocks import Align, Cell, Column, Table, TableRow
from calliper.report.table_layout import (
    LANDSCAPE_MM,
    PADDING_MM,
    PORTRAIT_MM,
    is_heading,
    layout,
    spanners,
    text_mm,
)


def table(*rows: tuple[str, ...], align: Align = "right", header: str = "h") -> Table:
    columns = (Column(header, "left"), *(Column(header, align) for _ in rows[0][1:]))
    return Table("t", "Table 1", "", columns, tuple(TableRow(tuple(map(Cell, row))) for row in rows))


@pytest.mark.parametrize(
    ("text", "bold", "units"),
    [
        # Adobe Font Metrics of Helvetica: H 722, g 556, 1 556, full stop 278, parenthesis 333, space 278
        ("Hg", False, 722 + 556),
        ("1.0 (1)", False, 556 + 278 + 556 + 278 + 333 + 556 + 333),
        # Helvetica-Bold: H 722, g 611
        ("Hg", True, 722 + 611),
        # an East Asian letter is as wide as it is high
        ("中文", False, 2000),
    ],
)
def test_letters_are_as_wide_as_the_published_metrics_say(text: str, bold: bool, units: int) -> None:
    # 10 points are 10 / 72 inches
    assert text_mm(text, 10, bold=bold) == pytest.approx(units / 1000 * 10 / 72 * 25.4, rel=0.002)


def test_a_small_table_is_as_wide_as_its_text_and_a_larger_one_as_the_page() -> None:
    slim = layout(table(("Patients", "42", "48")))
    assert slim.widths[0] == pytest.approx(text_mm("Patients", 8) + PADDING_MM)
    assert sum(slim.widths) < 40
    assert sum(layout(table(("Patients", "42", "48", "90"))).widths) == pytest.approx(PORTRAIT_MM)


def test_numbers_do_not_break_where_text_does() -> None:
    number = "0.54 (0.33 to 0.87)"
    held = layout(table(*[("a long text that may well break " * 3, number, number, number)] * 3))
    assert not held.is_landscape
    assert all(width >= text_mm(number, held.size) + PADDING_MM - 1e-9 for width in held.widths[1:])
    assert held.widths[0] < text_mm("a long text that may well break " * 3, held.size)


def test_many_numbers_turn_the_page_and_too_many_keep_to_it() -> None:
    number = "0.54 (0.33 to 0.87)"
    assert not layout(table(("Age", *[number] * 5))).is_landscape
    turned = layout(table(("Age", *[number] * 9)))
    assert turned.is_landscape
    assert all(width >= text_mm(number, turned.size) + PADDING_MM - 1e-9 for width in turned.widths[1:])
    crowded = layout(table(("Age", *[number] * 30)))
    assert crowded.is_landscape
    assert sum(crowded.widths) == pytest.approx(LANDSCAPE_MM)


def test_one_long_text_does_not_take_the_room_of_the_others() -> None:
    usual = "short words here"
    rows = [(usual, "some middling words", usual)] * 20 + [(usual, "w " * 300, usual)]
    held = layout(table(*rows, align="left"))
    assert held.widths[0] >= text_mm(usual, held.size)
    assert held.widths[2] >= text_mm(usual, held.size)


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)] * 5),
        min_size=1,
        max_size=6,
    )
)
def test_no_table_leaves_its_page(rows: list[tuple[str, ...]]) -> None:
    held = layout(table(*rows))
    assert len(held.widths) == 5
    assert all(width > 0 for width in held.widths)
    assert sum(held.widths) <= (LANDSCAPE_MM if held.is_landscape else PORTRAIT_MM) + 1e-6


def test_spanners_are_runs_of_equal_words() -> None:
    columns = [Column("x", spanner=word) for word in ("", "", "A", "A", "B", "", "A")]
    assert spanners(tuple(columns)) == [
        (0, 1, ""),
        (1, 2, ""),
        (2, 4, "A"),
        (4, 5, "B"),
        (5, 6, ""),
        (6, 7, "A"),
    ]


def test_a_group_with_numbers_beside_it_is_no_heading() -> None:
    assert is_heading(TableRow((Cell("Sex"), Cell("")), "group"))
    assert not is_heading(TableRow((Cell("Sex"), Cell("0.079")), "group"))
    assert not is_heading(TableRow((Cell("Sex"), Cell("")), "body"))


def test_a_spanner_over_narrow_columns_breaks_in_no_word() -> None:
    """`Placebo` over one column of `0.05`: the column is as wide as the word, others give the room."""
    columns = (
        Column("A", "left"),
        Column("SMD", "right", "Xanomeline vs Placebo"),
        Column("P", "right", "Xanomeline"),
    )
    columns += (Column("n", "right", "Other"), Column("m", "right", "Other"))
    rows = (TableRow(tuple(map(Cell, ("a long text that may well break " * 9, "0.054", "0.1", "2", "3")))),)
    held = layout(Table("t", "Table 1", "", columns, rows))
    for place in (1, 2):
        assert held.widths[place] >= text_mm("Xanomeline", held.size, bold=True) + PADDING_MM - 1e-9
    assert held.widths[3] + held.widths[4] >= text_mm("Other", held.size, bold=True) + PADDING_MM - 1e-9
    assert sum(held.widths) == pytest.approx(PORTRAIT_MM)
