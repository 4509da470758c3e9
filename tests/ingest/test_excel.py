"""Workbooks: the right cell on the right row, nothing dropped in silence, nothing too large loaded."""

from __future__ import annotations

import resource
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from calliper.ingest import excel, workbook
from calliper.protocol.specs import Protocol
from calliper.records.tables import Records
from raw_study import (
    AFTER,
    BEFORE,
    HEADER,
    PATIENTS,
    SHEET,
    Cell,
    checked,
    lines,
    only,
    study,
    write_by_hand,
    write_workbook,
)

ROWS = [HEADER, *PATIENTS]
SAVE_AGAIN = "open it in Excel and save it again as .xlsx"


def two_columns(
    path: str = "one.xlsx", *, sheet: str | None = None, missing: tuple[str, ...] = ()
) -> Protocol:
    """A study that reads only `ID`, `Size` and `Arm`."""
    protocol = study({"path": path, "sheet": sheet}, reading={"missing": missing})
    return protocol.model_copy(update={"variables": {"size": protocol.variables["size"]}})


def by_hand(folder: Path, data: str) -> Records:
    write_by_hand(folder / "one.xlsx", data)
    return checked(two_columns(), folder)


def text(address: str, value: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{value}</t></is></c>'


HEAD = f'<row r="1">{text("A1", "ID")}{text("B1", "Size")}{text("C1", "Arm")}</row>'
REST = f"{text('A2', 'P1')}%s{text('C2', 'NEW')}"


def test_blank_rows_and_columns_do_not_move_a_value_from_its_cell(tmp_path: Path) -> None:
    rows = [HEADER, *((PATIENTS[0],) + ((None,) * 8,) * 2 + PATIENTS[1:])]
    write_workbook(tmp_path / "one.xlsx", {"S": rows}, at=(3, 2))
    records = checked(study({"path": "one.xlsx"}), tmp_path)
    assert records.problems == ()
    # the header is on row 4, the patients on rows 5, 8 and 9
    assert records.patients.select("patient", "age", "_row").rows() == [
        ("P1", 61, 5),
        ("P2", 48, 8),
        ("P3", None, 9),
    ]
    assert records.n_read == {"patients": 3}


def test_error_values_are_reported_and_not_read_as_blank(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("ID", "Size", "Arm"),
        ("P1", 1.5, "NEW"),
        (None, None, None),
        ("P2", "#DIV/0!", "NEW"),
        ("P3", "#N/A", "OLD"),
    ]
    write_workbook(tmp_path / "one.xlsx", {"S": rows}, at=(0, 1))
    records = checked(two_columns(), tmp_path)
    say = "is a spreadsheet's error, not a value; correct the formula, or clear the cell"
    assert lines(records) == [
        f"one.xlsx, sheet 'S', row 4, column 'Size': '#DIV/0!' {say}",
        f"one.xlsx, sheet 'S', row 5, column 'Size': '#N/A' {say}",
    ]
    assert [problem.rule for problem in records.problems] == ["error_value", "error_value"]
    declared = checked(two_columns(missing=("#N/A",)), tmp_path)
    assert [problem.row for problem in declared.problems] == [4]


def test_an_error_value_of_a_newer_excel_is_named(tmp_path: Path) -> None:
    problem = only(
        by_hand(tmp_path, HEAD + f'<row r="2">{REST % """<c r="B2" t="e"><v>#SPILL!</v></c>"""}</row>')
    )
    assert problem.line == (
        "one.xlsx, sheet 'S': the sheet cannot be read; error values in cells B2 (#SPILL!); "
        f"correct these cells or {SAVE_AGAIN}"
    )


def test_a_formula_that_was_never_calculated_is_an_error_not_a_blank(tmp_path: Path) -> None:
    cell = '<c r="B2"><f>A1&amp;"x"</f></c>'
    assert only(by_hand(tmp_path, HEAD + f'<row r="2">{REST % cell}</row>')).line == (
        "one.xlsx, sheet 'S', row 2, column 'Size': cell B2 holds the formula '=A1&\"x\"' without its "
        "result; "
        "open the workbook in Excel, let it calculate, and save it"
    )


def test_a_formula_with_an_empty_text_is_blank(tmp_path: Path) -> None:
    cell = '<c r="B2" t="str"><f>IF(TRUE,"","")</f><v></v></c>'
    records = by_hand(tmp_path, HEAD + f'<row r="2">{REST % cell}</row>')
    assert records.problems == ()
    assert records.patients["size"].to_list() == [None]


def test_dates_are_days_whatever_their_clock_and_serials_are_named(tmp_path: Path) -> None:
    starts: list[Cell] = [date(2018, 2, 1), datetime(2018, 2, 1, 13, 30), "2018-02-01", 44600, "2018-02-30"]
    rows: list[tuple[Cell, ...]] = [
        HEADER,
        *((f"P{n}", None, None, "M", start, None, "NEW", None) for n, start in enumerate(starts)),
    ]
    write_workbook(tmp_path / "one.xlsx", {"S": rows})
    records = checked(study({"path": "one.xlsx"}), tmp_path)
    assert records.patients["start"].to_list() == [date(2018, 2, 1)] * 3 + [None] * 2
    assert lines(records) == [
        "one.xlsx, sheet 'S', row 5, column 'Start': "
        "44600 may be the Excel serial of 2022-02-08; format the cell as a date, "
        "or declare reading.dates: excel_serial",
        "one.xlsx, sheet 'S', row 6, column 'Start': '2018-02-30' is a day that does not exist; correct "
        "the date",
    ]


def test_a_date_in_a_number_is_an_error(tmp_path: Path) -> None:
    write_workbook(tmp_path / "one.xlsx", {"S": [("ID", "Size", "Arm"), ("P1", date(2018, 5, 10), "NEW")]})
    assert only(checked(two_columns(), tmp_path)).line == (
        "one.xlsx, sheet 'S', row 2, column 'Size': '2018-05-10' is not a number; format the cell as a number"
    )


def test_numbers_that_look_like_codes_match_as_text_and_truth_values_as_shown(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("ID", "Size", "Arm", "Yes"),
        ("P1", 1, "NEW", True),
        ("P2", 0, "NEW", False),
        ("P3", "1.0", "NEW", "true"),
    ]
    write_workbook(tmp_path / "one.xlsx", {"S": rows})
    code = {"type": "category", "column": "Size", "label": "S", "codes": {"0": "no", "1": "yes"}}
    yes = {"type": "category", "column": "Yes", "label": "Y", "codes": {"TRUE": "yes", "FALSE": "no"}}
    protocol = study({"path": "one.xlsx"}, variables={"code": code, "yes": yes})
    kept = {name: protocol.variables[name] for name in ("code", "yes")}
    records = checked(protocol.model_copy(update={"variables": kept}), tmp_path)
    assert records.patients.select("code", "yes").rows() == [("yes", "yes"), ("no", "no"), (None, None)]
    assert lines(records) == [
        "one.xlsx, sheet 'S', row 4, column 'Size': '1.0' is not a code of code (did you mean '1'?); "
        "declared are '0', '1'; correct the cell, or declare it under variables.code.codes",
        "one.xlsx, sheet 'S', row 4, column 'Yes': 'true' is not a code of yes (did you mean 'TRUE'?); "
        "declared are 'TRUE', 'FALSE'; correct the cell, or declare it under variables.yes.codes",
    ]


def test_a_workbook_of_another_maker_is_read(tmp_path: Path) -> None:
    """No addresses, single quotes, a namespace prefix: all allowed by ISO/IEC 29500-1."""
    head = "".join(
        f"<x:c t='inlineStr'><x:is><x:t>{name}</x:t></x:is></x:c>" for name in ("ID", "Size", "Arm")
    )
    row = "<x:c t='inlineStr'><x:is><x:t>P1</x:t></x:is></x:c><x:c t='e'><x:v>#NUM!</x:v></x:c>"
    row += "<x:c t='inlineStr'><x:is><x:t>NEW</x:t></x:is></x:c>"
    path = write_by_hand(tmp_path / "one.xlsx", None)
    with zipfile.ZipFile(path, "a") as archive:
        namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        sheet = f"<x:sheetData><x:row>{head}</x:row><x:row>{row}</x:row></x:sheetData>"
        archive.writestr(SHEET, f'<x:worksheet xmlns:x="{namespace}">{sheet}</x:worksheet>')
    records = checked(two_columns(), tmp_path)
    assert [(problem.row, problem.column, problem.value) for problem in records.problems] == [
        (2, "Size", "#NUM!")
    ]


# --- workbooks that are refused -----------------------------------------------------------------------------


def test_a_missing_sheet_lists_the_sheets(tmp_path: Path) -> None:
    write_workbook(tmp_path / "one.xlsx", {"Patients": ROWS, "Events": ROWS})
    assert only(checked(study({"path": "one.xlsx", "sheet": "Patient"}), tmp_path)).line == (
        "one.xlsx: there is no sheet 'Patient' (did you mean 'Patients'?); "
        "correct the name in the study file; the sheets are 'Patients', 'Events'"
    )
    assert only(checked(study({"path": "one.xlsx"}), tmp_path)).line == (
        "one.xlsx: the workbook has 2 sheets: 'Patients', 'Events'; name one under sheet: in the study file"
    )


COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
REFUSED = {
    "empty": (b"", "the file is empty; give a workbook with a header and rows"),
    "no zip": (b"ID,Age\n", f"the file is not an Excel workbook, or it is damaged; {SAVE_AGAIN}"),
    "cut short": (
        b"PK\x03\x04" + b"\0" * 50,
        f"the file is not an Excel workbook, or it is damaged; {SAVE_AGAIN}",
    ),
    "old": (COMPOUND, "the workbook is in the old .xls format; save it as .xlsx"),
    "encrypted": (
        COMPOUND + "EncryptedPackage".encode("utf-16-le"),
        "the workbook is protected by a password; save it without a password",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_workbook_is_refused(name: str, tmp_path: Path) -> None:
    content, line = REFUSED[name]
    (tmp_path / "one.xlsx").write_bytes(content)
    assert only(checked(study({"path": "one.xlsx"}), tmp_path)).line == f"one.xlsx: {line}"


def test_a_zip_without_a_workbook_or_with_a_damaged_sheet_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.xlsx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert only(checked(two_columns(), tmp_path)).rule == "unreadable"
    path = write_by_hand(tmp_path / "one.xlsx", HEAD * 50)
    content = bytearray(path.read_bytes())
    at = content.index(SHEET.encode()) + len(SHEET) + 20
    content[at : at + 8] = b"\xff" * 8
    path.write_bytes(content)
    assert (
        only(checked(two_columns(), tmp_path)).line
        == f"one.xlsx, sheet 'S': the sheet is damaged; {SAVE_AGAIN}"
    )


@pytest.mark.parametrize(
    "data", ["", '<row r="1"><c r="A1" s="1"/></row>', f'<row r="1">{text("A1", " ")}</row>']
)
def test_an_empty_sheet_is_refused(data: str, tmp_path: Path) -> None:
    assert only(by_hand(tmp_path, data)).line == (
        "one.xlsx, sheet 'S': the sheet is empty; give a sheet with a header and rows"
    )


def never_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        raise AssertionError("the sheet was loaded")

    monkeypatch.setattr(excel, "_grid", load)


def test_ten_million_cells_are_refused_from_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_loaded(monkeypatch)
    path = write_by_hand(tmp_path / "one.xlsx", None)
    row = b"<row>" + b"<c><v>1</v></c>" * 1000 + b"</row>"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(SHEET, "w") as sheet:
        sheet.write(BEFORE.encode())
        for _ in range(10_000):
            sheet.write(row)
        sheet.write(AFTER.encode())
    assert path.stat().st_size < 2_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    problem = only(checked(two_columns(), tmp_path))
    assert problem.line == (
        "one.xlsx, sheet 'S': the sheet has more than 5,000,000 cells; the most that is read is 5,000,000; "
        "save the table as CSV or Parquet, or delete cells far outside it"
    )
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000, "kilobytes: the sheet's XML is 150 MB"


def test_a_cell_at_the_far_corner_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cells: the reader would lay out the seventeen thousand million between them."""
    never_loaded(monkeypatch)
    data = HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert only(by_hand(tmp_path, data)).message == (
        "the sheet has an area of 17,179,869,184 cells; the most that is read is 5,000,000"
    )


def test_formats_far_out_are_not_cells(tmp_path: Path) -> None:
    data = HEAD + f'<row r="2">{REST % ""}</row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    records = by_hand(tmp_path, data)
    assert records.problems == ()
    assert records.patients["patient"].to_list() == ["P1"]


def test_xml_beyond_the_limit_is_refused_before_it_is_unfolded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_BYTES", 100_000)
    write_workbook(tmp_path / "one.xlsx", {"S": [HEADER, *PATIENTS * 500]})
    monkeypatch.setattr(excel, "sheets", None)  # nothing in the zip may be read
    problem = only(checked(study({"path": "one.xlsx"}), tmp_path))
    assert problem.rule == "too_large"
    assert problem.message.endswith("the most that is read is 0 MB")
