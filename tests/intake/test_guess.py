"""What a column's cells are: worked by eye, one odd column at a time."""

from __future__ import annotations

import pytest

from calliper.intake.guess import guess
from calliper.intake.words import bare, load_words


@pytest.mark.parametrize(
    ("texts", "kind", "more"),
    [
        (["61", "48", "70"], "integer", {"low": "48", "high": "70"}),
        (["61", "48.5", "70"], "number", {}),
        (["12,5", "9", "20,5"], "number", {"has_comma": True}),
        (["400", ">1210", "<0.6", "20", "30"], "number", {"limits": (">1210", "<0.6")}),
        (["2018-02-01", "2018-03-05"], "date", {"order": "iso"}),
        (["2018年2月1日", "2018年3月5日"], "date", {"order": "iso", "has_signs": True}),
        (["01/02/2018", "25/03/2018"], "date", {"order": "day_first"}),
        (["02/01/2018", "03/25/2018"], "date", {"order": "month_first"}),
        (["01/02/18", "25/03/18"], "date", {"order": "day_first", "has_short_years": True}),
        (["男", "女", "男", "男"], "category", {}),
        (["1", "0", "1", "1", "0"], "category", {}),
        (["1.0", "0.0", "1.0", "1.0", "0.0"], "category", {}),
        (["a text", "another", "a third"], "text", {}),
        ([None, None], "blank", {}),
        (["1", "2", "不详", None], "integer", {"missing": ("不详",)}),
        ([*map(str, range(20, 60)), "6l"], "integer", {}),
    ],
)
def test_a_column(texts: list[str | None], kind: str, more: dict[str, object]) -> None:
    found = guess(texts)
    assert found.kind == kind
    assert {name: getattr(found, name) for name in more} == more


def test_the_order_of_dates_is_told_where_it_cannot_be_known() -> None:
    assert any(
        "cannot be told from the cells" in part for part in guess(["01/02/2018", "03/04/2018"]).evidence
    )
    assert any("must be found out" in part for part in guess(["25/02/2018", "03/25/2018"]).evidence)


def test_serials_are_dates_only_where_the_header_says_so() -> None:
    assert guess(["43159", "43200", "43011"]).kind == "integer"
    assert guess(["43159", "43200", "43011"], is_date=True).order == "excel_serial"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("年龄（岁）", "age"), ("AGE", "age"), ("Gender", "sex"), ("性别", "sex"), ("AFP", "afp"),
        ("甲胎蛋白（ng/mL）", "afp"), ("ECOG PS", "ecog"), ("Child-Pugh分级", "child"),
        ("总胆红素(umol/L)", "bilirubin"),
        ("Serum albumin (g/L)", "albumin"), ("AFP at baseline", "afp"),
    ],
)  # fmt: skip
def test_headers_in_two_languages(header: str, name: str) -> None:
    found = load_words().concept(header)
    assert found is not None
    assert found[0].name == name


def test_a_user_s_own_words_come_beside(tmp_path) -> None:  # type: ignore[no-untyped-def]
    own = tmp_path / "mine.toml"
    own.write_text(
        '[variables.age]\nwords = ["lebensalter"]\n[sheets]\npatients = ["stamm"]\n', encoding="utf-8"
    )
    words = load_words(own)
    assert words.concept("Lebensalter") == (words.variables["age"], True)
    assert words.concept("Age") is not None
    assert "stamm" in words.sheets["patients"]


def test_every_word_means_one_variable() -> None:
    words = load_words()
    seen: dict[str, str] = {}
    for concept in words.variables.values():
        for word in concept.words:
            assert seen.setdefault(bare(word), concept.name) == concept.name, word
