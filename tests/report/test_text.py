"""A section in plain text: aligned, one line a row, and nothing in it moves a cursor."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Figure, Footnote, Scene, Section, Table, TableRow, Text
from calliper.report.text import render_section, width

TABLE = Table(
    id="t",
    number="Table 1",
    caption="Survival",
    columns=(Column("Result", "left"), Column("R"), Column("Note", "left")),
    rows=(
        TableRow((Cell("Overall survival of everybody in the cohort"), Cell(""), Cell("")), "group"),
        TableRow((Cell("median"), Cell("9.5 (4.0 to NR)"), Cell("reached")), "level"),
        TableRow((Cell("first"), Cell("4.0", notes=("a",)), Cell("")), "level"),
        TableRow((Cell("未达到"), Cell("1"), Cell("x")), "body"),
    ),
    footnotes=(Footnote("", "NR: not reached."), Footnote("a", "Another conclusion.")),
)


def test_a_table_is_aligned_and_its_group_heads_run_on() -> None:
    text = render_section(Section("s", "A title", (TABLE,)))
    assert text == (
        "A title\n"
        "=======\n\n"
        "Table 1. Survival\n"
        "-------------------------------------------\n"
        "Result                      R  Note\n"
        "-------------------------------------------\n"
        "Overall survival of everybody in the cohort\n"
        "  median  9.5 (4.0 to NR)      reached\n"
        "  first               4.0 (a)\n"
        "未达到                  1      x\n"
        "-------------------------------------------\n"
        "NR: not reached.\n"
        "(a) Another conclusion.\n"
    )


def test_long_paragraphs_are_folded_and_figures_named() -> None:
    figure = Figure("f", "Figure 1", "A curve", Scene(1, 1, ()), "alt")
    text = render_section(Section("s", "Long", (Text("word " * 60), figure)))
    assert all(width(line) <= 100 for line in text.splitlines())
    assert "Figure 1. A curve" in text


def test_no_text_moves_the_cursor() -> None:
    table = Table("t", "Table 1", "\x1b[2J", (Column("a\rb"),), (TableRow((Cell("c\x08\nd"),)),))
    text = render_section(Section("s", "t\x07", (table, Text("e\x1b]0;f"))))
    assert all(letter == "\n" or letter.isprintable() for letter in text)
