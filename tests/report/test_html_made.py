"""How the numbers of a table were made, under it: every method of its numbers, as text, without a script."""

from __future__ import annotations

import re
from html import unescape

import pytest

from calliper.blocks import Cell, Column, Document, Section, Table, TableRow
from calliper.displays.document import document
from calliper.report import html
from displays import hand_results


def of(table: Table) -> str:
    return html.render(Document("T", "", (), (Section("s", "S", (table,)),)))


def test_the_methods_of_the_numbers_are_told_under_their_table() -> None:
    results = hand_results.results()
    made = document(hand_results.protocol(), results, (), {"calliper": "0"})
    page = html.render(made)
    told = 0
    for section in made.sections:
        for block in section.blocks:
            if not isinstance(block, Table):
                continue
            analyses = {key.split("/")[0] for row in block.rows for cell in row.cells for key in cell.keys}
            sentences = {method.sentence for name in analyses for method in results.methods_of(name)}
            assert all(any(line.startswith(known.rstrip(".")) for known in sentences) for line in block.made)
            told += len(block.made)
            for line in block.made:
                assert f"<li>{html._text(line)}</li>" in page
    assert told > 1
    assert page.count("<details") == page.count("</details>") > 0
    assert "<script" not in page
    assert "script-src" not in html.POLICY, "no script is allowed: default-src is none"


def test_a_table_without_methods_has_no_panel() -> None:
    table = Table("t", "Table 1", "C", (Column("A"),), (TableRow((Cell("1"),)),))
    assert "<details" not in of(table)


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</details><b>"]
)
def test_a_hostile_sentence_stays_text(hostile: str) -> None:
    table = Table("t", "Table 1", "C", (Column("A"),), (TableRow((Cell("1"),)),), made=(hostile,))
    page = of(table)
    assert hostile not in page
    panel = re.search(r'<details class="made">.*?<li>(.*?)</li>', page, re.DOTALL)
    assert panel is not None
    assert unescape(panel[1]) == hostile
