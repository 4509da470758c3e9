"""Columns that name people are found by their cells or their header, and ordinary columns of a study are not."""

from __future__ import annotations

import csv

import pytest

from calliper.intake.guess import guess
from calliper.intake.identifiers import screen
from calliper.intake.words import load_words
from intake.messy import CHINESE, WESTERN, identity
from shared import DATA, shared_data

WORDS = load_words()


@pytest.mark.parametrize(
    ("header", "texts", "kind"),
    [
        ("c1", [identity(number) for number in range(20)], "national_id"),
        ("c1", CHINESE, "name"),
        ("c1", WESTERN, "name"),
        ("c1", [f"138{10000000 + at}" for at in range(9)], "phone"),
        ("c1", [f"a{at}@b.org" for at in range(9)], "email"),
        ("c1", ["123-45-6789", "987-65-4321", "111-22-3333"], "national_id"),
        # NHS numbers of the standard's own examples: 943 476 5919, 401 023 2137; and one worked here: 987 654 4321
        ("c1", ["943 476 5919", "401 023 2137", "987 654 4321"], "national_id"),
        ("姓名", ["a", "b", "c"], "name"),
        ("MRN", ["1", "2", "3"], "hospital_number"),
        ("Date of birth", ["1950-01-02", "1961-03-04", "1949-05-06"], "birth_date"),
        ("transferred on", ["2018-03-05", "2019-01-02", *[None] * 30], "rare_date"),
        ("c1", [f"seen with her daughter in house {at}, walks well" for at in range(9)], "free_text"),
    ],
)
def test_an_identifier_is_found(header: str, texts: list[str | None], kind: str) -> None:
    found = screen(header, guess(texts, is_date="birth" in header), WORDS)
    assert found is not None
    assert found.kind == kind
    assert not any(text in found.told for text in texts if text and len(text) > 2)


def test_a_number_with_a_wrong_check_digit_is_no_identity_card() -> None:
    wrong = [
        text[:-1] + ("0" if text[-1] != "0" else "1") for text in (identity(number) for number in range(20))
    ]
    found = screen("c1", guess(wrong), WORDS)
    assert found is None or found.kind != "national_id"


def test_real_studies_have_no_false_alarm() -> None:
    """The classical data sets hold nobody's name; none of their columns is taken for one."""
    shared_data("03_survival_classic/survival_colon.csv")
    paths = [*sorted((DATA / "03_survival_classic").glob("*.csv")), *sorted((DATA / "04_hcc").glob("*.csv"))]
    alarms = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        for header, *texts in zip(*rows):
            found = screen(header, guess(texts), WORDS)
            if found is not None:
                alarms.append((path.name, header, found.told))
    assert len(paths) > 25
    assert alarms == []
