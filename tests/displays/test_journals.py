"""The styles of journals: known answers by hand, what holds in each, and whole reports re-read number by number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.blocks import Document, Figure, Label, Table
from calliper.displays.document import document
from calliper.displays.numbers import PLAIN, THIN_SPACE, Forms
from calliper.protocol.report_specs import Journal, Report, journal_named, journal_names
from calliper.protocol.specs import Protocol
from displays import hand_results
from displays.printed import LINES, NOT_RESULTS, NUMBER, is_rounding, values

NAMED = {name: Forms(journal_named(name)) for name in journal_names()}
P_VALUES = {
    # by hand, from the rules in docs/journals.md
    0.64: {"plain": "0.640", "jama": ".64", "lancet": "0·64", "nejm": "0.64"},
    0.0281: {"plain": "0.028", "jama": ".03", "lancet": "0·028", "nejm": "0.03"},
    0.0459: {"plain": "0.046", "jama": ".046", "lancet": "0·046", "nejm": "0.046"},
    0.045: {"plain": "0.045", "jama": ".045", "lancet": "0·045", "nejm": "0.045"},
    0.0449: {"plain": "0.045", "jama": ".04", "lancet": "0·045", "nejm": "0.04"},
    0.0042: {"plain": "0.004", "jama": ".004", "lancet": "0·0042", "nejm": "0.004"},
    0.00051: {"plain": "<0.001", "jama": "<.001", "lancet": "0·0005", "nejm": "<0.001"},
    0.00004: {"plain": "<0.001", "jama": "<.001", "lancet": "<0·0001", "nejm": "<0.001"},
    0.996: {"plain": "0.996", "jama": ">.99", "lancet": ">0·99", "nejm": ">0.99"},
    1.0: {"plain": ">0.999", "jama": ">.99", "lancet": ">0·99", "nejm": ">0.99"},
}


def test_three_journals_beside_the_plain_style() -> None:
    assert set(journal_names()) == {"plain", "jama", "lancet", "nejm"}
    assert all(journal_named(name).checked for name in journal_names() if name != "plain")


@pytest.mark.parametrize("value", P_VALUES)
def test_p_values_by_hand(value: float) -> None:
    assert {name: forms.p_value(value) for name, forms in NAMED.items()} == P_VALUES[value]


def test_estimates_by_hand() -> None:
    def ratio(name: str) -> str:
        return NAMED[name].estimate(0.561, 0.327, 0.965, NAMED[name].ratio)

    assert ratio("lancet") == "0·56 (0·33–0·97)"
    assert ratio("jama") == "0.56 (0.33-0.97)"
    assert NAMED["lancet"].interval(-0.085, 0.031, NAMED["lancet"].percent) == "−8·5 to 3·1"
    assert NAMED["lancet"].count(12345.0) == f"12{THIN_SPACE}345"
    assert NAMED["lancet"].p_equation(0.00004) == "P < 0·0001"
    assert NAMED["jama"].p_equation(0.0281) == "P = .03"
    assert Forms(Journal(percent_decimals=0)).count_percent(32, 32 / 42) == "32 (76)"
    assert Forms(Journal(ratio_decimals=3)).ratio(0.561) == "0.561"


def test_a_ratio_prints_as_1_only_where_it_is_1() -> None:
    assert PLAIN.interval(0.5, 0.9999969, PLAIN.ratio) == "0.50000 to >0.99999"
    assert PLAIN.interval(1.0000031, 2.0, PLAIN.ratio) == "<1.00001 to 2.00000"


@pytest.mark.parametrize("name", NAMED)
@given(value=st.floats(min_value=0.0, max_value=1.0))
def test_no_style_prints_p_as_0_or_1_or_on_the_wrong_side_of_5_percent(name: str, value: float) -> None:
    text = NAMED[name].p_value(value).replace("·", ".")
    exact = Fraction(text.lstrip("<>"))
    assert 0 < exact < 1
    if text[0] not in "<>":
        decimals = len(text.partition(".")[2])
        assert abs(exact - Fraction(repr(value))) <= Fraction(1, 2 * 10**decimals)
        assert not (value < 0.0495 and exact >= Fraction(1, 20))


def test_an_unknown_journal_and_an_unknown_key_of_a_style_are_refused() -> None:
    with pytest.raises(ValueError, match="found journal 'lancett'; expected plain, jama, lancet or nejm"):
        Report(journal="lancett")
    with pytest.raises(ValueError, match="extra_forbidden"):
        Report.model_validate({"style": {"p_decimal": 2}})


def test_a_study_changes_what_it_names_and_no_more() -> None:
    held = Report.model_validate({"journal": "lancet", "style": {"limits": "to", "percent_decimals": 0}}).held
    assert (held.limits, held.percent_decimals, held.decimal, held.p_digits) == ("to", 0, "·", 2)


def made(report: dict[str, object]) -> Document:
    held = hand_results.protocol().model_dump(exclude_unset=True) | {"report": report}
    return document(Protocol.model_validate(held), hand_results.results(), (), {"calliper": "0.1.0"})


def tables_of(held: Document) -> Iterator[Table]:
    for section in held.sections:
        yield from (block for block in section.blocks if isinstance(block, Table))


def figures_of(held: Document) -> Iterator[Figure]:
    for section in held.sections:
        yield from (block for block in section.blocks if isinstance(block, Figure))


def as_plain(text: str) -> str:
    """The text with the marks of the plain style, read by rules of its own."""
    text = text.replace("·", ".").replace(THIN_SPACE, "")
    text = re.sub(r"(?<=[\d.])[–-](?=[\d.])", " to ", text)
    return re.sub(r"(?<![\d.])\.(?=\d)", "0.", text)


@pytest.mark.parametrize("name", [*NAMED, "whole"])
def test_every_number_of_a_table_is_its_result_rounded(name: str) -> None:
    report = {"style": {"percent_decimals": 0, "ratio_decimals": 3}} if name == "whole" else {"journal": name}
    results, checked = hand_results.results(), 0
    for table in tables_of(made(report)):
        if table.id in NOT_RESULTS or table.id.endswith(LINES):
            continue
        for row in table.rows:
            for cell in row.cells[1:]:
                for token in NUMBER.findall(as_plain(cell.text)):
                    assert any(is_rounding(token, v) for v in values(results, cell.keys)), (table.id, cell)
                    checked += 1
    assert checked > 150


def test_no_number_of_a_lancet_report_has_a_point() -> None:
    """Neither in tables nor in figures; sentences may name a version or a level of significance."""
    held = made({"journal": "lancet"})
    cells = [
        cell.text for t in tables_of(held) if t.id not in NOT_RESULTS for r in t.rows for cell in r.cells[1:]
    ]
    letters = [shape.text for f in figures_of(held) for shape in f.scene.shapes if isinstance(shape, Label)]
    pointed = [text for text in cells + letters if re.search(r"\d\.\d", text)]
    assert cells
    assert letters
    assert not [text for text in pointed if "version" not in text and not re.search(r"\d\.\d\.\d", text)]


def test_columns_and_curves_follow_the_order_of_a_journal() -> None:
    def heads(report: dict[str, object]) -> list[str]:
        table = next(table for table in tables_of(made(report)) if table.id.startswith("table-base"))
        return [column.header.partition(" (")[0] for column in table.columns]

    assert heads({}) == ["Characteristic", "New drug", "Old drug", "Overall", "SMD", "P value"]
    assert heads({"style": {"arms": "reference_first"}})[1:3] == ["Old drug", "New drug"]
    assert heads({"style": {"overall": "first"}})[1] == "Overall"
    assert heads({"journal": "nejm"}) == ["Characteristic", "New drug", "Old drug", "SMD"]


def test_a_grey_figure_has_no_colour() -> None:
    from calliper.report import svg

    coloured, grey = made({}), made({"style": {"grey": True}})
    assert any(is_coloured(svg.render(figure.scene)) for figure in figures_of(coloured))
    for figure in figures_of(grey):
        assert not is_coloured(svg.render(figure.scene)), figure.id


def is_coloured(drawing: str) -> bool:
    """Whether a colour of the drawing is more than a shade: its red, green and blue differ by more than a tint."""
    for colour in re.findall(r'"#([0-9a-f]{6})"', drawing):
        parts = [int(colour[at : at + 2], 16) for at in (0, 2, 4)]
        if max(parts) - min(parts) > 12:
            return True
    return False
