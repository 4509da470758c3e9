from __future__ import annotations

import pytest

from proof import known_answers
from proof.cohorts import answers
from proof.page import PAGE, ledgers, page, read_bounds
from proof.sources import SOURCES, tally


@pytest.mark.parametrize(
    ("source", "case"), [(name, case) for name, source in SOURCES.items() for case in source.cases]
)
def test_case(source: str, case: str) -> None:
    tally(source, case)


def test_every_number_of_every_known_answer_is_met() -> None:
    source = known_answers.SOURCE
    assert set(source.cases) == set(answers())
    met = {case: tally(source.name, case).numbers for case in source.cases}
    assert met == {name: known_answers.numbers_in(result) for name, result in answers().items()}


def test_the_page_says_what_was_compared() -> None:
    """Counts equal, and no difference larger than the page says; another machine's last bits change nothing."""
    text, found = PAGE.read_text(encoding="utf-8"), ledgers()
    bounds = read_bounds(text)
    stale = "docs/proof.md is stale: run make proof, and read what it changed"
    for name, ledger in found.items():
        for what, compared in ledger.compared.items():
            assert compared.largest <= bounds.get((name, what), -1.0), f"{name}, {what}: {stale}"
    assert page(found, bounds) == text, stale
