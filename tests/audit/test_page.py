"""The comparison as blocks and as terminal lines: counts add up, results keep their keys, text stays text."""

from __future__ import annotations

from calliper.audit.claims import Claim, Published
from calliper.audit.compare import Comparison, compare
from calliper.audit.page import page, short_table, summary_lines
from calliper.blocks import Section, Table, Text
from calliper.results import Results, Row

HOSTILE = "<script>alert('x')</script> & \"quotes\" \x1b[31m\n| pipe \u202e 中文"


def _claim(name: str, where: str, printed: str, key: str | None, *, headline: bool = False) -> Claim:
    return Claim(
        id=name, where=where, what=f"Number {name}", kind="number", printed=printed, key=key,
        not_checkable=None if key else "no data", note="a note", headline=headline,
    )  # fmt: skip


PUBLISHED = Published(
    calliper="1",
    citation="Author A. A paper.",
    remarks=("The table cannot be true.",),
    claims=(
        _claim("a", "Table 1", "1.50", "x/included/arm/v//mean", headline=True),
        _claim("b", "Table 1", "1.49", "x/included/arm/v//mean"),
        _claim("c", "Results", "9.99", "x/included/arm/v//mean", headline=True),
        _claim("d", "Table 1", "NR", "x/included/arm/v//median"),
        _claim("e", "Results", "28.5", None),
    ),
)
RESULTS = Results(
    rows=(
        Row("x", "included", "arm", "v", "", "mean", 1.5),
        Row("x", "included", "arm", "v", "", "median", None),
    ),
    methods=(),
)


def tables(section: Section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table)]


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_the_page_counts_verdicts_by_place_and_puts_what_does_not_match_first() -> None:
    section = page(compare(PUBLISHED, RESULTS), PUBLISHED, invented=False)
    counts, others, matches = tables(section)
    assert texts(counts) == [
        ["Table 1", "3", "2", "1", "0", "0"],
        ["Results", "2", "0", "0", "1", "1"],
        ["All", "5", "2", "1", "1", "1"],
    ]
    assert [row.role for row in counts.rows] == ["body", "body", "total"]
    assert texts(others) == [
        ["Table 1", "", "", "", ""],
        ["Number b", "1.49", "1.500", "rounding", "At most one unit apart in the last printed digit."],
        ["Results", "", "", "", ""],
        ["Number c", "9.99", "1.500", "differs", "a note"],
        ["Number e", "28.5", "-", "not checkable", "no data"],
    ]
    assert texts(matches) == [["Table 1", "", ""], ["Number a", "1.50", "1.500"], ["Number d", "NR", "NR"]]
    assert others.rows[1].cells[2].keys == ("x/included/arm/v//mean",)
    assert others.rows[4].cells[2].keys == ()
    assert matches.rows[1].cells[2].keys == ("x/included/arm/v//mean",)


def test_a_reason_is_said_once_for_the_lines_of_a_place_that_share_it() -> None:
    places = ("A", "A", "B", "A", "B")
    made = [
        Comparison(_claim(f"n{i}", place, "1", None), None, "not checkable", "no data")
        for i, place in enumerate(places)
    ]
    (_, others) = tables(page(made, PUBLISHED, invented=False))
    assert [[row[0], row[4]] for row in texts(others)] == [
        ["A", ""], ["Number n0", "no data"], ["Number n1", "As above."], ["Number n3", "As above."],
        ["B", ""], ["Number n2", "no data"], ["Number n4", "As above."],
    ]  # fmt: skip


def test_the_summary_adds_up_in_good_grammar() -> None:
    assert summary_lines(compare(PUBLISHED, RESULTS)) == (
        "5 printed numbers: 2 match, 1 agrees up to rounding, 1 differs, 1 cannot be checked.",
    )
    assert summary_lines(compare(PUBLISHED, RESULTS)[:1]) == (
        "1 printed number: 1 matches, 0 agree up to rounding, 0 differ, 0 cannot be checked.",
    )


def test_invented_records_are_said_to_be_invented() -> None:
    made = compare(PUBLISHED, RESULTS)

    def warnings(*, invented: bool) -> list[str]:
        blocks = page(made, PUBLISHED, invented=invented).blocks
        return [block.text for block in blocks if isinstance(block, Text) and block.role == "warning"]

    assert warnings(invented=False) == []
    (warning,) = warnings(invented=True)
    assert "invented" in warning
    assert "says nothing about the patients of the paper" in warning


def test_remarks_and_the_citation_are_printed() -> None:
    blocks = page(compare(PUBLISHED, RESULTS), PUBLISHED, invented=True).blocks
    said = [block.text for block in blocks if isinstance(block, Text)]
    assert said[0] == "Published numbers: Author A. A paper."
    assert said[-1] == "The table cannot be true."


def test_hostile_text_stays_text() -> None:
    claim = Claim(
        id="a", where=HOSTILE, what=HOSTILE, kind="p", printed="<0.001", not_checkable=HOSTILE, headline=True
    )
    published = Published(calliper="1", citation=HOSTILE, remarks=(HOSTILE,), claims=(claim,))
    made = compare(published, RESULTS)
    _, every = tables(page(made, published, invented=True))
    assert texts(every)[1] == [HOSTILE, "<0.001", "-", "not checkable", HOSTILE]
    shown = short_table(made)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown.splitlines()) == 5


def test_the_short_table_lines_up_and_holds_the_headlines() -> None:
    assert short_table(compare(PUBLISHED, RESULTS)).splitlines() == [
        "Printed number      Paper  This run  Verdict",
        "--------------------------------------------",
        "Number a (Table 1)   1.50     1.500  match",
        "Number c (Results)   9.99     1.500  differs",
        "",
        "5 printed numbers: 2 match, 1 agrees up to rounding, 1 differs, 1 cannot be checked.",
    ]


def test_without_headlines_the_first_numbers_stand() -> None:
    made = tuple(Comparison(_claim(f"n{i}", "T", "1", None), None, "not checkable") for i in range(100))
    assert len(short_table(made).splitlines()) == 2 + 24 + 2
    assert short_table(()) == ""
