"""Every printed number gets the verdict that a careful reader with the table of results would give it."""

from __future__ import annotations

import csv
from pathlib import Path

import docx
import pytest

from calliper.cli.main import run_command
from calliper.manuscript.held import Held
from calliper.manuscript.paper import read_paper
from calliper.manuscript.verify import Verdict, verify


def verdicts(tmp_path: Path, held: Held, text: str) -> tuple[Verdict, ...]:
    path = tmp_path / "paper.md"
    path.write_text(text, encoding="utf-8")
    return verify(read_paper(path), held, None)


def statuses(tmp_path: Path, held: Held, text: str) -> list[tuple[str, str]]:
    return [(verdict.number, verdict.status) for verdict in verdicts(tmp_path, held, text)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Median survival was 12.7 months (95% CI 11.9 to 17.9).", ["12.7", "11.9", "17.9"]),
        ("HR 0.54 (0.33–0.87; P=0.012)", ["0.54", "0.33", "0.87", "0.012"]),
        ("hazard ratio 0.536, 95% CI: 0.331-0.868", ["0.536", "0.331", "0.868"]),
        ("the log-rank test, P = 0.011", ["0.011"]),
        ("P < 0.001", ["<0.001"]),
        ("responses in 32 of 40 patients (80.0%)", ["32", "40", "80.0"]),
        ("80% (32/40)", ["80", "32", "40"]),
        ("32/40 (80.0; 64.4 to 91.0)", ["32", "40", "80.0", "64.4", "91.0"]),
        ("31 deaths in 42 patients", ["31", "42"]),
        ("aged 60.3 (14.0)", ["60.3", "14.0"]),
        ("aged 60.3 ± 14.0 years", ["60.3", "14.0"]),
        ("of 31，12.7,11.9 and 17.9", ["31", "12.7", "11.9", "17.9"]),
        ("18.6 months (17.6 to NR)", ["18.6", "17.6"]),
        ("aged 61.3 [50.0 to 71.0]", ["61.3", "50.0", "71.0"]),
        ("中位生存期为12.7个月（95%可信区间11.9至17.9）", ["12.7", "11.9", "17.9"]),
        ("客观缓解率为８０.０％（３２／４０），Ｐ＜０.００１", ["80.0", "32", "40"]),
    ],
)
def test_what_the_results_print_is_supported(
    tmp_path: Path, held: Held, text: str, numbers: list[str]
) -> None:
    said = [one for one in statuses(tmp_path, held, text) if one[1] != "not a result"]
    assert [one for one in said if one[0] in numbers] == [(number, "supported") for number in numbers]


@pytest.mark.parametrize(
    ("text", "wrong", "why"),
    [
        ("12.7 months (95% CI 11.9 to 17.8)", "17.8", "the result is 17.9"),
        ("12.8 months (95% CI 11.9 to 17.9)", "12.8", "the result is 12.7"),
        ("HR 0.54 (0.33 to 0.87, P = 0.021)", "0.021", "the result is 0.012 or 0.011"),
        ("80.0% (31/40)", "31", "the result is 32"),
        ("82.0% (32/40)", "82.0", "the result is 80.0"),
        ("50.0% (21/44)", "50.0", "21 of 44 is 47.7%"),
    ],
)
def test_one_wrong_number_among_those_of_a_result_is_in_conflict(
    tmp_path: Path, held: Held, text: str, wrong: str, why: str
) -> None:
    found = [one for one in verdicts(tmp_path, held, text) if one.status == "conflict"]
    assert [(one.number, one.why) for one in found] == [(wrong, why)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Median 14.2 months", "14.2"),
        ("P = 0.030", "0.030"),
        ("P < 0.02", "<0.02"),
        ("HR 0.71 (0.20 to 0.90)", "0.71"),
        ("curve 93.3%", "93.3"),
        ("12.7 months (11.9 to NR)", "11.9"),
    ],
)
def test_what_no_result_prints_is_unsupported(tmp_path: Path, held: Held, text: str, number: str) -> None:
    assert (number, "unsupported") in statuses(tmp_path, held, text)


@pytest.mark.parametrize(
    "text",
    [
        "In 2019 the guideline [12, 14-16] of Liu et al. (2021) was used.",
        "From January 2017 to 30 June 2019 (cut-off 2020-06-30)",
        "See Table 3, Figures 2 and 4, and Supplementary Table S1; section 2.3.",
        "With 95% confidence intervals; P < 0.05 was the level of significance.",
        "CTCAE version 5.0, mRECIST, RECIST 1.1, SPSS 26.0; grade 3 or 4 events; IL-6 and B12",
        "https://doi.org/10.1000/182.5 or a.b2@c3.org",
        "## 3.2 Results",
        "按表2，2019年1月至2020年6月，3级",
    ],
)
def test_what_is_no_result_is_not_judged(tmp_path: Path, held: Held, text: str) -> None:
    assert {status for _, status in statuses(tmp_path, held, text)} <= {"not a result"}


@pytest.mark.parametrize(
    "text", ["1" * 60, f"0.{'3' * 600}", "1" * 100_000, f"7{'a' * 50_000}", "\x00\u0663"]
)
def test_what_is_no_measurement_does_no_harm(tmp_path: Path, held: Held, text: str) -> None:
    assert len(verdicts(tmp_path, held, f"{text} and 12.7 months")) <= 2


def test_a_small_whole_number_claims_nothing(tmp_path: Path, held: Held) -> None:
    said = {one.number: one for one in verdicts(tmp_path, held, "We saw 23 of them.\n\nWe saw 18 of them.")}
    assert said["23"].status == "unsupported"
    assert (said["18"].status, said["18"].why) == ("ambiguous", "2 results"), "the limits 17.551 and 17.9"


def test_tables_of_word_are_read_and_raised_numbers_are_references(tmp_path: Path, held: Held) -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("As was shown")
    paragraph.add_run(" 12.7 months")
    paragraph.add_run("77").font.superscript = True
    table = word.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "0.54 (0.33 to 0.87)"
    table.cell(0, 1).text = "0.55 (0.33 to 0.87)"
    path = tmp_path / "paper.docx"
    word.save(str(path))
    said = [(one.number, one.status, one.place) for one in verify(read_paper(path), held, None)]
    assert said[0][:2] == ("12.7", "supported")
    assert "77" not in [number for number, _, _ in said]
    assert ("0.54", "supported", "table 1, row 1, cell 1") in said
    assert ("0.55", "conflict", "table 1, row 1, cell 2") in said


def test_the_command_lists_and_fails_where_a_number_has_no_result(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper, out = tmp_path / "paper.md", tmp_path / "list"
    paper.write_text("HR 0.54 (0.33 to 0.87).\n\n=1+1 is 9.87\x1b[2J.\n", encoding="utf-8")
    assert run_command(["verify", str(paper), "--results", str(folder), "--out", str(out)]) == 1
    said = capsys.readouterr().out
    assert "line 3: 9.87: no result prints so: " in said
    assert "\x1b" not in said
    assert "own numbers are not known" in said
    with (out / "verify.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == ["0.54", "0.33", "0.87", "1", "1", "9.87", "2"]
    assert rows[0]["keys"] == "os/included/new vs old/os//hr.cox"
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    paper.write_text("HR 0.54 (0.33 to 0.87).\n", encoding="utf-8")
    assert run_command(["verify", str(paper), "--results", str(folder)]) == 0
