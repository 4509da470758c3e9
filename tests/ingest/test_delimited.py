"""Text files that a hospital may send, and the line printed for each."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.ingest import delimited
from calliper.ingest.delimited import read_delimited
from raw_study import checked, lines, only, study, write_text

HEADER = "ID,Age,Size,Sex,Start,Death,Arm,Note\n"
FIRST = "P1,61,10.5,M,2018-02-01,,NEW,\n"


def saved(folder: Path, content: bytes | str) -> Path:
    (folder / "one.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_line_break_in_quotes_and_blank_rows_keep_the_spreadsheet_rows(tmp_path: Path) -> None:
    text = (
        HEADER + 'P1,61,10.5,M,2018-02-01,,NEW,"two\nlines"\n' + "\n" + " , ,,,,,,\n" + "P2,old,9,F,,,OLD,\n"
    )
    records = checked(study(), saved(tmp_path, text))
    # the record with two lines is row 2, the blank rows are 3 and 4
    assert lines(records) == ["one.csv, row 5, column 'Age': 'old' is not a number; correct the cell"]
    assert records.patients["_row"].to_list() == [2, 5]
    assert records.patients["note"].to_list() == ["two\nlines", None]
    assert records.n_read == {"patients": 2}


def test_blank_rows_before_the_header_are_passed_over(tmp_path: Path) -> None:
    records = checked(study(), saved(tmp_path, "\n,,,,,,,\n" + HEADER + FIRST))
    assert records.problems == ()
    assert records.patients["_row"].to_list() == [4]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(ending: str, tmp_path: Path) -> None:
    records = checked(study(), saved(tmp_path, (HEADER + FIRST).replace("\n", ending)))
    assert records.problems == ()
    assert records.patients["_row"].to_list() == [2]


def test_ragged_rows_are_named_and_the_others_read(tmp_path: Path) -> None:
    text = HEADER + FIRST + "P2,48,12\n" + "P3,50,9,M,,,NEW,,\n" + "P4,51,9,M,,,NEW,a,b\n"
    records = checked(study(), saved(tmp_path, text))
    action = "put cells that hold the separator in quotation marks"
    assert lines(records) == [
        f"one.csv, row 3: the row has 3 fields and the header 8; {action}",
        f"one.csv, row 5: the row has 9 fields and the header 8; {action}",
    ]
    assert records.patients["patient"].to_list() == ["P1", "P3"]
    assert records.n_read == {"patients": 4}


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty; give a file with a header and rows"),
    "blank": (b"\n \n,,\n", "the file is empty; give a file with a header and rows"),
    "latin 1": (
        (HEADER + "P1,61,10.5,M,,,NEW,Müller\n").encode("latin-1"),
        "byte 57 (line 2) is 0xFC, which is not UTF-8; save the file as CSV UTF-8 (in Excel: Save As, CSV UTF-8)",
    ),
    "latin 1 after a byte-order mark": (
        b"\xef\xbb\xbfID\nM\xfcller\n",
        "byte 7 (line 2) is 0xFC, which is not UTF-8; save the file as CSV UTF-8 (in Excel: Save As, CSV UTF-8)",
    ),
    "UTF-16": (
        (HEADER + FIRST).encode("utf-16"),
        "the file is UTF-16, not UTF-8; save the file as CSV UTF-8 (in Excel: Save As, CSV UTF-8)",
    ),
    "NUL": (
        b"ID,Age\nP1,6\x001\n",
        "byte 11 (line 2) is a NUL, which no text holds; save the file as CSV UTF-8 (in Excel: Save As, CSV UTF-8)",
    ),
    "open quote": (
        (HEADER + FIRST + 'P2,"48,12\n').encode(),
        "the file cannot be read from row 3 on (unexpected end of data); "
        "close every quotation mark, and write a quotation mark inside a quoted cell twice",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    content, line = REFUSED[name]
    problem = only(checked(study(), saved(tmp_path, content)))
    assert problem.line == f"one.csv: {line}"
    assert (problem.severity, problem.row) == ("error", None)


def test_a_header_without_rows_is_a_table_without_rows(tmp_path: Path) -> None:
    records = checked(study(), saved(tmp_path, HEADER))
    assert records.patients.height == 0
    assert only(records).line == "one.csv: there is a header and no row under it; give the table's rows"


def test_a_cell_longer_than_the_reader_takes_is_a_problem(tmp_path: Path) -> None:
    text = HEADER + "P1,61,10.5,M,2018-02-01,,NEW," + "x" * 140_000 + "\n"
    assert "field larger than field limit" in only(checked(study(), saved(tmp_path, text))).message


def test_hostile_text_is_text(tmp_path: Path) -> None:
    hostile = [
        "<script>alert(1)</script>",
        '=HYPERLINK("http://example.org")',
        "../../etc/passwd",
        "x" * 30_000,
    ]
    hostile += ["tab\tand\x1b[31mcolour", "שלום", "'; DROP TABLE patients; --", " outer space "]
    rows = [(f"P{n}", None, None, None, None, None, "NEW", text) for n, text in enumerate(hostile)]
    write_text(tmp_path / "one.csv", [tuple(HEADER.strip().split(",")), *rows])
    records = checked(study(), tmp_path)
    assert records.problems == ()
    assert records.patients["note"].to_list() == hostile


def test_hostile_text_in_a_number_is_one_printable_line(tmp_path: Path) -> None:
    hostile = ["\x1b[31mred", "\u202e16", "1\n2", "y" * 500]
    rows = [(f"P{n}", text, None, None, None, None, "NEW", None) for n, text in enumerate(hostile)]
    write_text(tmp_path / "one.csv", [tuple(HEADER.strip().split(",")), *rows])
    records = checked(study(), tmp_path)
    assert all(line.isprintable() for line in lines(records))
    assert [problem.value for problem in records.problems] == [*hostile[:3], "y" * 79 + "…"]
    assert (
        lines(records)[0] == r"one.csv, row 2, column 'Age': '\x1b[31mred' is not a number; correct the cell"
    )


def test_the_separator_is_the_one_that_finds_the_columns() -> None:
    content = b"ID;Size (cm, largest)\nP1;3\n"
    cells = read_delimited(content, ("ID", "Size (cm, largest)"), extension=".csv")
    assert cells.faults == ()
    assert cells.frame.rows() == [(2, "P1", "3")]


def test_batches_join_up() -> None:
    rows = 120_001
    content = b"ID\n" + b"".join(b"P%d\n" % n for n in range(rows))
    frame = read_delimited(content, ("ID",), extension=".csv").frame
    assert frame.height == rows
    assert frame.row(-1) == (rows + 1, f"P{rows - 1}")


CELLS = st.text(alphabet=list('ab1 .\u00a0\u3000\u0085\x0b\x1c\u2028"男\t'), max_size=4)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12)
ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])


@given(rows=ROWS, endings=st.lists(ENDINGS, min_size=13, max_size=13), separator=st.sampled_from(",;\t"))
def test_a_text_split_as_a_whole_is_as_the_csv_module_reads_it(
    rows: list[list[str]], endings: list[str], separator: str
) -> None:
    """Blank rows, rows too long or too short, white space of every kind, line ends of every kind, quotation marks."""
    lines_of = [separator.join(row) for row in [["ID", "A", "B"], *rows]]
    text = "".join(line + ending for line, ending in zip(lines_of, endings))
    extension = ".tsv" if separator == "\t" else ".csv"

    def read() -> delimited.Cells:
        return read_delimited(text.encode(), ["ID", "B"], extension=extension)

    found = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_lines", lambda _: None)
        slow = read()
    assert found.frame.equals(slow.frame)
    assert found.frame.schema == slow.frame.schema
    assert (found.n_read, found.faults, found.positions) == (slow.n_read, slow.faults, slow.positions)


def test_a_plain_text_is_split_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way is taken where it may be: else its test would compare the slow way with itself."""

    def never(*_: object) -> None:
        raise AssertionError("read row by row")

    monkeypatch.setattr(delimited, "_batches", never)
    found = read_delimited("ID;A\r\n\r\n1;x\r\n ; \r\n2;男\r\n".encode(), ["A", "ID"], extension=".csv")
    assert found.frame.rows() == [(3, "x", "1"), (5, "男", "2")]
    with pytest.raises(AssertionError, match="row by row"):
        read_delimited(b'ID,A\n1,"x"\n', ["A", "ID"], extension=".csv")
