"""Mistakes of one line stand in the order a person reads them."""

from __future__ import annotations

from calliper.protocol.mistakes import Mistake, listed_mistakes


def test_lines_and_columns_sort_as_numbers() -> None:
    mistakes = [
        Mistake(10, "a"),
        Mistake(3, "rule: column 15"),
        Mistake(3, "rule: column 8"),
        Mistake(3, "arms: x"),
    ]
    expected = ["s.yaml:3: arms: x", "s.yaml:3: rule: column 8", "s.yaml:3: rule: column 15", "s.yaml:10: a"]
    assert listed_mistakes(mistakes, file="s.yaml") == expected
