"""Everything a centre can get wrong, through the command line: the exit code and the sentence a person reads."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

import calliper
from calliper.cli.main import run_command
from calliper.errors import DataError, ProtocolError
from small_study import EVENTS, HEADER, NORTH, SOUTH, STUDY, changed, write_sheet, write_study


def checked(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code of `calliper check` and everything it printed."""
    code = run_command(["check", str(path)])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` prints about a study it refuses; `run` must refuse it too and write nothing."""
    code, text = checked(path, capsys)
    assert code == 1, text
    out = path.parent / "out"
    assert run_command(["run", str(path), "--out", str(out)]) == 1
    assert not out.exists()
    capsys.readouterr()
    return text


def test_the_unbroken_study_passes_and_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    code, text = checked(path, capsys)
    assert (code, text.splitlines()[-1]) == (
        0,
        "Rows read: patients 10, adverse_events 3. Errors: 0. Queries: 0.",
    )
    results = calliper.load(path).run()
    assert results.get("flow/screened/overall///included").value == 10  # type: ignore[union-attr]


# --- the study file --------------------------------------------------------------------------------------------

PROTOCOL_MISTAKES = {
    "unknown key": (
        STUDY.replace("arms:\n", "alfa: 0.05\narms:\n", 1),
        ["alfa", "alpha"],
    ),
    "duplicate key": (STUDY.replace("eligibility:\n", "eligibility: []\neligibility:\n"), ["eligibility"]),
    "unknown variable in a rule": (STUDY.replace("rule: age >= 18", "rule: agee >= 18"), ["agee", "age"]),
    "type mismatch in a rule": (STUDY.replace("rule: age >= 18", 'rule: age = "old"'), ["age", "number"]),
    "unknown level in a rule": (STUDY.replace("rule: age >= 18", 'rule: sex = "Mal"'), ["Mal", "Male"]),
    "unknown endpoint": (
        STUDY.replace("kind: survival, endpoint: os", "kind: survival, endpoint: ose"),
        ["ose", "os"],
    ),
    "reference is no arm": (STUDY.replace("reference: old", "reference: olde"), ["olde", "old"]),
}


@pytest.mark.parametrize("name", PROTOCOL_MISTAKES)
def test_a_mistake_in_the_study_file_names_its_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, words = PROTOCOL_MISTAKES[name]
    path = write_study(tmp_path, study=text)
    shown = refused(path, capsys)
    with pytest.raises(ProtocolError) as held:
        calliper.load(path)
    assert len(held.value.mistakes) == 1, held.value.mistakes
    line = held.value.mistakes[0]
    assert line in shown
    number = int(line.split(":")[1])
    written = text.splitlines()[number - 1]
    assert words[0] in written, (line, written)
    assert all(word in line for word in words), line


def test_all_mistakes_come_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = STUDY.replace("rule: age >= 18", "rule: agee >= 18").replace("reference: old", "reference: olde")
    text = text.replace("analyses:\n", "analysis: []\nanalyses:\n")
    with pytest.raises(ProtocolError) as held:
        calliper.load(write_study(tmp_path, study=text))
    numbers = [int(line.split(":")[1]) for line in held.value.mistakes]
    assert numbers == sorted(numbers)
    assert all(any(word in line for line in held.value.mistakes) for word in ("agee", "olde", "analysis"))


# --- files -----------------------------------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    (tmp_path / "north.csv").rename(tmp_path / "nroth.csv")
    text = refused(path, capsys)
    assert "north.csv" in text
    assert "nroth.csv" in text, "the file it may be is named"


def test_a_wrong_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    write_sheet(tmp_path / "south.xlsx", [HEADER, *SOUTH], "Patient")
    text = refused(path, capsys)
    assert "south.xlsx" in text
    assert "'Patients'" in text
    assert "'Patient'" in text


def test_a_missing_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path, header=[name if name != "Size" else "Sise" for name in HEADER])
    text = refused(path, capsys)
    assert "'Size'" in text
    assert "'Sise'" in text


def test_a_duplicated_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path, header=[name if name != "Note" else "Age" for name in HEADER])
    text = refused(path, capsys)
    assert "'Age'" in text
    assert "north.csv" in text


def test_an_empty_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    (tmp_path / "north.csv").write_bytes(b"")
    text = refused(path, capsys)
    assert "north.csv" in text
    assert "empty" in text


def test_a_workbook_that_is_not_a_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    (tmp_path / "south.xlsx").write_bytes(b"ID,Age\nS1,59\n")
    text = refused(path, capsys)
    assert "south.xlsx" in text
    assert "not an Excel workbook" in text


def test_a_sheet_of_ten_million_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused from a stream: the workbook is 10 million cells of XML, a few hundred kB zipped."""
    path = write_study(tmp_path)
    row = b"<row>" + b'<c t="n"><v>1</v></c>' * 1000 + b"</row>"
    small = tmp_path / "small.xlsx"
    write_sheet(small, [HEADER, *SOUTH])
    with (
        zipfile.ZipFile(small) as source,
        zipfile.ZipFile(tmp_path / "south.xlsx", "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for item in source.infolist():
            if item.filename != "xl/worksheets/sheet1.xml":
                target.writestr(item, source.read(item))
                continue
            before, after = source.read(item).split(b"<sheetData>")
            with target.open(item.filename, "w") as sheet:
                sheet.write(before + b"<sheetData>")
                for _ in range(10_000):
                    sheet.write(row)
                sheet.write(after)
    text = refused(path, capsys)
    assert "south.xlsx" in text
    assert "cells" in text


# --- cells -----------------------------------------------------------------------------------------------------

CELLS = {
    "an arm not declared": ("Arm", "NWE", ["'NWE'", "NEW"]),
    "status 2 where 0 or 1 is declared": ("Dead", "2", ["'2'"]),
    "a negative time": ("Months", "-3", ["'-3'"]),
    "text in a number": ("Size", "ten", ["'ten'"]),
    "a decimal comma not declared": ("Size", "10,5", ["'10,5'", "comma"]),
    "an impossible date": ("Start", "2018-02-30", ["'2018-02-30'"]),
    "an event before the start": ("Death", "2017-12-31", ["2017-12-31"]),
    "a code not declared": ("Sex", "X", ["'X'"]),
    "out of range": ("Age", "130", ["'130'"]),
    "a script in a number": ("Age", "<script>alert(1)</script>", ["<script>"]),
}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    ("patient", "place"), [("N3", "north.csv, row 4"), ("S2", "south.xlsx, sheet 'Patients', row 3")]
)
def test_a_bad_cell_is_named_by_file_sheet_row_and_column(
    name: str, patient: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    column, value, words = CELLS[name]
    north, south = changed_one(patient, column, value)
    text = refused(write_study(tmp_path, north=north, south=south), capsys)
    lines = [line for line in text.splitlines() if line.startswith("error")]
    assert len(lines) == 1, lines
    assert f"{place}, column '{column}'" in lines[0]
    assert all(word in lines[0] for word in words), lines[0]


def changed_one(patient: str, column: str, value: str) -> tuple[list[list[str]], list[list[str]]]:
    if patient.startswith("N"):
        return changed(NORTH, patient, column, value), SOUTH
    return NORTH, changed(SOUTH, patient, column, value)


def test_every_problem_comes_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    north = changed(changed(NORTH, "N1", "Age", "old"), "N2", "Sex", "?")
    south = changed(SOUTH, "S1", "Arm", "BOTH")
    text = refused(write_study(tmp_path, north=north, south=south), capsys)
    assert sum(line.startswith("error") for line in text.splitlines()) == 3


def test_a_patient_twice_and_a_patient_in_two_arms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = refused(write_study(tmp_path, north=[*NORTH, NORTH[0]]), capsys)
    assert "N1" in twice
    assert "row 7" in twice
    both = refused(write_study(tmp_path, south=[*SOUTH, ["N1", *SOUTH[0][1:]]]), capsys)
    assert "N1" in both
    assert "two arms" in both


def test_an_event_of_an_unknown_patient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = refused(write_study(tmp_path, events=[*EVENTS, ["N99", "Pain", "1"]]), capsys)
    assert "'N99'" in text
    assert "events.csv, row 5" in text


def test_excluding_the_record_is_counted_in_the_report(tmp_path: Path) -> None:
    study = STUDY.replace("data:\n", "reading: {on_error: exclude_record}\ndata:\n", 1)
    held = calliper.load(write_study(tmp_path, study=study, north=changed(NORTH, "N2", "Age", "old")))
    results = held.run()
    assert results.get("flow/screened/overall///included").value == 9  # type: ignore[union-attr]
    assert results.get("flow/screened/overall///records_excluded").value == 1  # type: ignore[union-attr]
    out = held.report(tmp_path / "out")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "north.csv, row 3, column Age</td>" in page
    assert "&#x27;old&#x27; is not a number" in page


def test_a_lost_adverse_event_is_unknown_and_not_absent(tmp_path: Path) -> None:
    """N1 keeps a pain of grade 2; S3 only had a row with an unreadable grade, so S3's pain is not known."""
    study = STUDY.replace("data:\n", "reading: {on_error: exclude_record}\ndata:\n", 1)
    events = [EVENTS[0], ["N1", "Pain", "2"], ["S3", "Pain", "?"]]
    held = calliper.load(write_study(tmp_path, study=study, events=events))
    results = held.run()
    # five patients an arm: of the old arm's, S3 is not known
    assert results.get("harm/included/old/pain//n").value == 4  # type: ignore[union-attr]
    assert results.get("harm/included/old/pain//unknown").value == 1  # type: ignore[union-attr]
    assert results.get("harm/included/new/pain/any grade/count").value == 1  # type: ignore[union-attr]
    frame = held.outcome.derived.endpoints["harm"].frame
    reasons = dict(zip(frame["patient"], frame["reason"], strict=True))
    assert reasons["S3"] == "a record was left out for an error, not known whether it occurred"


def test_records_that_go_with_their_patient_are_counted_apart(tmp_path: Path) -> None:
    """N1's own record has an error, so N1's two adverse events go with it; the other error is S3's."""
    study = STUDY.replace("data:\n", "reading: {on_error: exclude_record}\ndata:\n", 1)
    events = [*EVENTS[:3], ["S3", "Pain", "?"]]
    path = write_study(tmp_path, study=study, events=events, north=changed(NORTH, "N1", "Age", "old"))
    results = calliper.load(path).run()
    assert results.get("flow/screened/overall///records_excluded").value == 2  # type: ignore[union-attr]
    assert results.get("flow/screened/overall///excluded_with_patient").value == 2  # type: ignore[union-attr]
    page = (calliper.load(path).report(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "Other records of patients whose own record was left out: 2." in page


def test_who_is_left_out_of_a_fit_is_told_under_its_table(tmp_path: Path) -> None:
    north = changed(changed(NORTH, "N2", "Months", ""), "N4", "Size", "")
    path = write_study(tmp_path, north=north)
    page = (calliper.load(path).report(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "Left out: 1 patient (no time: time not recorded (1))." in page
    assert re.search(r"Full, left out: 2 patients \([^<]*Tumour size", page)


# --- data that cannot support an analysis ----------------------------------------------------------------------


def failures(path: Path, analysis: str) -> list[str]:
    return [method.failure for method in calliper.load(path).run().methods_of(analysis) if method.failure]


def test_a_landmark_at_which_nobody_is_evaluable(tmp_path: Path) -> None:
    columns = "{patient: ID, date: D, response: R}"
    table = f"  responses:\n    files: [{{path: r.csv, centre: north}}]\n    columns: {columns}\n"
    endpoint = (
        "  resp:\n    kind: response\n    label: Response\n    criteria: mRECIST\n    start: start\n"
        "    landmarks: {m1: {label: 1 month, day: 30, window: [21, 45]}}\n"
    )
    study = STUDY.replace("variables:\n", table + "variables:\n", 1).replace(
        "  harm:\n", endpoint + "  harm:\n", 1
    )
    path = write_study(tmp_path, study=study + "  - {id: resp, kind: response, endpoint: resp}\n")
    (tmp_path / "r.csv").write_text("ID,D,R\n", encoding="utf-8")
    assert "no test: the table is empty" in failures(path, "resp")
    results = calliper.load(path).run()
    assert results.get("resp/all/new/m1/NE/count").value == 5  # type: ignore[union-attr]
    calliper.load(path).report(tmp_path / "out")


def test_one_arm_only(tmp_path: Path) -> None:
    north, south = ([[*row[:-1], "NEW"] for row in rows] for rows in (NORTH, SOUTH))
    path = write_study(tmp_path, north=north, south=south)
    for analysis in ("baseline", "os", "cox"):
        assert failures(path, analysis), analysis
    assert any("arm" in sentence for sentence in failures(path, "os"))
    calliper.load(path).report(tmp_path / "out")


def test_no_events(tmp_path: Path) -> None:
    north, south = ([[*row[:8], "0", row[9]] for row in rows] for rows in (NORTH, SOUTH))
    path = write_study(tmp_path, north=north, south=south)
    assert any("event" in sentence for sentence in failures(path, "os"))
    assert any("event" in sentence for sentence in failures(path, "cox"))
    calliper.load(path).report(tmp_path / "out")


def test_a_constant_covariate(tmp_path: Path) -> None:
    at = HEADER.index("Size")
    north, south = ([[*row[:at], "10", *row[at + 1 :]] for row in rows] for rows in (NORTH, SOUTH))
    sentences = failures(write_study(tmp_path, north=north, south=south), "cox")
    assert any("Tumour size" in sentence or "size" in sentence for sentence in sentences), sentences


def test_two_collinear_covariates(tmp_path: Path) -> None:
    at = HEADER.index("Size")
    north, south = (
        [[*row[:at], str(2 * int(row[1])), *row[at + 1 :]] for row in rows] for rows in (NORTH, SOUTH)
    )
    path = write_study(tmp_path, north=north, south=south)
    sentences = failures(path, "cox")
    assert "no Cox model: Tumour size is determined by Age; leave one of them out" in sentences
    page = (calliper.load(path).report(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "Tumour size is determined by Age" in page


# --- hostile cells ---------------------------------------------------------------------------------------------


def test_hostile_text_reaches_no_page_and_no_spreadsheet_as_code(tmp_path: Path) -> None:
    study = STUDY.replace(
        'version: "5.0"\n    terms:\n      pain: {label: Pain, values: [Pain]}',
        'version: "5.0"\n    terms: as recorded',
    )
    assert "as recorded" in study
    hostile = ['=HYPERLINK("http://example.org","x")', "<script>alert(1)</script>", "@SUM(A1)"]
    events = [EVENTS[0], *(["N1", text, "1"] for text in hostile)]
    out = calliper.load(write_study(tmp_path, study=study, events=events)).report(tmp_path / "out")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert page.count("<script") == 2, "the data of the numbers, and the page's own script"
    assert "&lt;script&gt;alert(1)" in page
    for name in ("results.csv", "methods.csv", "problems.csv"):
        for line in (out / name).read_text(encoding="utf-8-sig").splitlines():
            for cell in line.split(","):
                assert not cell.strip('"').startswith(("=", "@")), (name, line)


def test_bad_records_from_python_raise_with_every_line(tmp_path: Path) -> None:
    north = changed(changed(NORTH, "N1", "Age", "old"), "N2", "Sex", "?")
    with pytest.raises(DataError) as held:
        calliper.load(write_study(tmp_path, north=north)).run()
    assert len(held.value.problems) == 2
