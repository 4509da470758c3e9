"""The ledger refuses what it should: a book that balances whatever is written in it proves nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proof.ledger import Compared, Ledger, Remark
from proof.page import page, read_bounds, upper_bounds
from proof.sources import SOURCES


def test_it_counts_and_keeps_the_largest() -> None:
    ledger = Ledger()
    ledger.agree("a", [100.0, None], [101.0, None], rel=0.01)
    ledger.agree("a", float("nan"), None, rel=0.01)
    ledger.agree("a", 1e-9, -1e-9, rel=0.01, scale=1.0)
    assert ledger.compared["a"] == Compared("relative", 0.01, 4, pytest.approx(1 / 101))
    ledger.printed("b", [0.12345, -1.5], "0.123 -1.5")
    assert ledger.compared["b"] == Compared("printed", 0.5, 2, pytest.approx(0.45, abs=1e-5))
    ledger.wrong(0.1256, "0.125", "cut, not rounded")
    ledger.leave_out(2, "no such function")
    assert (ledger.numbers, ledger.left_out) == (9, [Remark(2, "no such function")])
    both = ledger + ledger
    assert (both.numbers, both.compared["a"].numbers) == (18, 8)


@pytest.mark.parametrize(
    "entry",
    [
        lambda book: book.agree("a", 100.0, 102.0, rel=0.01),
        lambda book: book.agree("a", None, 1.0, rel=0.01),
        lambda book: book.agree("a", 1.0, None, rel=0.01),
        lambda book: book.agree("a", 1e-12, 0.0, rel=0.01),
        lambda book: book.agree("a", [], [], rel=0.01),
        lambda book: book.equal("a", 1.0 + 1e-15, 1.0),
        lambda book: book.near("a", 1.0, 1.2, within=0.1),
        lambda book: book.printed("a", 0.1236, "0.123"),
        lambda book: book.wrong(0.1254, "0.125", "it is right"),
        lambda book: (book.agree("a", 1.0, 1.0, rel=0.1), book.agree("a", 1.0, 1.0, rel=0.2)),
    ],
)
def test_it_refuses(entry: Callable[[Ledger], None]) -> None:
    with pytest.raises(AssertionError):
        entry(Ledger())


def test_a_different_number_of_numbers_is_a_difference() -> None:
    with pytest.raises(ValueError, match="zip"):
        Ledger().agree("a", [1.0], [1.0, 1.0], rel=0.1)


def test_the_page_keeps_what_it_is_told() -> None:
    names = list(SOURCES)
    ledger = Ledger()
    ledger.agree("medians (log, plain)", 3e-12, 0.0, rel=1e-9, scale=1.0)
    ledger.near("z, of two decimals", 1.004, 1.0, within=5.1e-3)
    ledger.equal("counts", 1, 1)
    ledger.printed("rates", 0.5, "0.5")
    found = dict.fromkeys(names, ledger)
    bounds = upper_bounds(found)
    assert bounds[names[0], "medians (log, plain)"] == 1e-10
    assert bounds[names[0], "z, of two decimals"] == 5.1e-3
    text = page(found, bounds)
    assert read_bounds(text) == bounds
    assert page(found, read_bounds(text)) == text
